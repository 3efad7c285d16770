/* Activations alone: cl/pointwise/activation.cl. */
#ifndef WCL_KERNELS_POINTWISE_ACTIVATION_H
#define WCL_KERNELS_POINTWISE_ACTIVATION_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__ACTIVATION_PARAMS(X)                             \
    X(cb, 1, 16, 16, "elements of a work-item")               \
    X(act, 0, WCL__ACT_LAST, WCL__ACT_RELU, WCL__ACT_MEANING) \
    WCL__GROUP_FIELD(X)

typedef struct wcl__activation_params {
    WCL__ACTIVATION_PARAMS(WCL__PARAM_MEMBER)
} wcl__activation_params;
extern const wcl__param_table wcl__activation_table;

/* Fills `call`: slot y = act(slot x), `count` elements. params->act is act->kind. */
wcl_status wcl__activation_call(wcl__call *call, const wcl__activation_params *params, const wcl__act *act,
                                int x, int y, int64_t count);

#endif
