/* Local response normalisation: cl/norm/lrn.cl. */
#ifndef WCL_KERNELS_NORM_LRN_H
#define WCL_KERNELS_NORM_LRN_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__LRN_PARAMS(X)                                \
    X(cb, 1, 16, 16, "channels in a block of the format") \
    WCL__GROUP_FIELD(X)

typedef struct wcl__lrn_params {
    WCL__LRN_PARAMS(WCL__PARAM_MEMBER)
} wcl__lrn_params;
extern const wcl__param_table wcl__lrn_table;

/* Fills `call`. */
wcl_status wcl__lrn_call(wcl__call *call, const wcl__lrn_params *params, const wcl__lrn *lrn,
                         const wcl__operand *x, const wcl__operand *y);

#endif
