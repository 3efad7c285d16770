/* Activations alone: parameters and launch. */
#include "kernels/pointwise/activation.h"

WCL__PARAM_TABLE(wcl__activation_table, "activation", WCL__ACTIVATION_PARAMS, .follows = "act",
                 .constraint = wcl__cells_constraint);

static const wcl__kernel kernel = {"activation", "cb act"};

wcl_status wcl__activation_call(wcl__call *call, const wcl__activation_params *params, const wcl__act *act,
                                int x, int y, int64_t count)
{
    const size_t local[3] = {(size_t)params->group, 1, 1};
    const cl_ulong elements = (cl_ulong)count;
    const wcl_status status = wcl__call_begin(call, &kernel, &wcl__activation_table, params);
    if (status)
        return status;
    wcl__call_slot(call, x);
    wcl__call_slot(call, y);
    WCL__CALL_VALUE(call, elements);
    WCL__CALL_VALUE(call, act->a);
    WCL__CALL_VALUE(call, act->b);
    wcl__call_range(call, wcl__ceil_div(count, params->cb), 1, 1, local);
    return WCL_OK;
}
