/* Scale and shift by channel: cl/affine.cl. */
#ifndef WCL_KERNELS_AFFINE_H
#define WCL_KERNELS_AFFINE_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__AFFINE_PARAMS(X)                                    \
    X(cb, 1, 16, 16, "channels in a vector: the layout's block") \
    X(act, 0, 5, 0, "wcl__act_kind")

typedef struct wcl__affine_params {
    WCL__AFFINE_PARAMS(WCL__PARAM_MEMBER)
} wcl__affine_params;
extern const wcl__param_table wcl__affine_table;

/* Fills `call`. Slots scale and shift hold the channels, rounded up to params->cb. params->act is act->kind. */
wcl_status wcl__affine_call(wcl__call *call, const wcl__affine_params *params, const wcl__act *act, const wcl__operand *x,
                            const wcl__operand *y, int scale, int shift);

#endif
