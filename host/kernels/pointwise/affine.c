/* Scale and shift by channel: parameters and launch. */
#include "kernels/pointwise/affine.h"

WCL__PARAM_TABLE(wcl__affine_table, "affine", WCL__AFFINE_PARAMS, .follows = "cb act",
                 .constraint = wcl__cells_constraint);

static const wcl__kernel kernel = {"affine", "cb act"};

wcl_status wcl__affine_call(wcl__call *call, const wcl__affine_params *params, const wcl__affine *affine)
{
    const wcl_status status = wcl__call_begin(call, &kernel, &wcl__affine_table, params);
    if (status)
        return status;
    wcl__cells_args(call, &affine->x, &affine->y);
    wcl__call_slot(call, affine->scale);
    wcl__call_slot(call, affine->shift);
    WCL__CALL_VALUE(call, affine->act.a);
    WCL__CALL_VALUE(call, affine->act.b);
    wcl__cells_range(call, &affine->y.view, params->cb, 1, params->group);
    return WCL_OK;
}
