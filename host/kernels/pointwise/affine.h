/* Scale and shift by channel: cl/pointwise/affine.cl. */
#ifndef WCL_KERNELS_POINTWISE_AFFINE_H
#define WCL_KERNELS_POINTWISE_AFFINE_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__AFFINE_PARAMS(X)                                    \
    X(cb, 1, 16, 16, "channels in a vector: the format's block") \
    WCL__ACT_FIELD(X)                                            \
    WCL__GROUP_FIELD(X)

typedef struct wcl__affine_params {
    WCL__AFFINE_PARAMS(WCL__PARAM_MEMBER)
} wcl__affine_params;
extern const wcl__param_table wcl__affine_table;

/* y = act(scale[c] * x + shift[c]). */
typedef struct wcl__affine {
    wcl__act act;
    wcl__operand x, y;
    int scale, shift; /* slots that hold the channels, rounded up to the parameters' cb */
} wcl__affine;

/* Fills `call`. params->act is affine->act.kind. */
wcl_status wcl__affine_call(wcl__call *call, const wcl__affine_params *params, const wcl__affine *affine);

#endif
