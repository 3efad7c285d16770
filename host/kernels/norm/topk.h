/* The k largest elements of each row, and where they stand: cl/norm/topk.cl. */
#ifndef WCL_KERNELS_NORM_TOPK_H
#define WCL_KERNELS_NORM_TOPK_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__TOPK_PARAMS(X)                                \
    X(largest, 0, 1, 1, "1: the largest, 0: the smallest") \
    WCL__GROUP_FIELD(X)

typedef struct wcl__topk_params {
    WCL__TOPK_PARAMS(WCL__PARAM_MEMBER)
} wcl__topk_params;
extern const wcl__param_table wcl__topk_table;

/* Slots of a call. */
typedef struct wcl__topk_slots {
    int x, values, indices; /* indices: int64 */
} wcl__topk_slots;

/* Fills `call`. length and k fit 31 bits. */
wcl_status wcl__topk_call(wcl__call *call, const wcl__topk_params *params, const wcl__topk *topk,
                          const wcl__topk_slots *slots);

#endif
