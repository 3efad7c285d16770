/* Gather along an axis (cl/shape/gather.cl). */
#ifndef WCL_KERNELS_SHAPE_GATHER_H
#define WCL_KERNELS_SHAPE_GATHER_H

#include "kernels/shape/nd.h"

typedef struct wcl__gather {
    int64_t outer, length, count, inner;
} wcl__gather;

/* field, least, most, standard, meaning */
#define WCL__GATHER_PARAMS(X) WCL__ND_GROUP(X)

typedef struct wcl__gather_params {
    WCL__GATHER_PARAMS(WCL__PARAM_MEMBER)
} wcl__gather_params;
extern const wcl__param_table wcl__gather_table;

/* Fills `call`; index: the slot of `count` of cl_int, each within 0 ... length - 1. */
wcl_status wcl__gather_call(wcl__call *call, const wcl__gather_params *params, const wcl__gather *gather,
                            int x, int index, int y);

#endif
