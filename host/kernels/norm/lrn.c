/* Local response normalisation: parameters and launch. */
#include "kernels/norm/lrn.h"

WCL__PARAM_TABLE(wcl__lrn_table, "lrn", WCL__LRN_PARAMS, .follows = "cb",
                 .constraint = wcl__cells_constraint);

static const wcl__kernel kernel = {"lrn", "cb"};

wcl_status wcl__lrn_call(wcl__call *call, const wcl__lrn_params *params, const wcl__lrn *lrn,
                         const wcl__operand *x, const wcl__operand *y)
{
    const cl_int before = (cl_int)((lrn->size - 1) / 2), after = (cl_int)(lrn->size - 1 - before);
    const cl_float factor = (cl_float)((double)lrn->alpha / (double)lrn->size);
    const wcl_status status = wcl__call_begin(call, &kernel, &wcl__lrn_table, params);
    if (status)
        return status;
    wcl__cells_args(call, x, y);
    WCL__CALL_VALUE(call, before);
    WCL__CALL_VALUE(call, after);
    WCL__CALL_VALUE(call, factor);
    WCL__CALL_VALUE(call, lrn->beta);
    WCL__CALL_VALUE(call, lrn->bias);
    wcl__cells_range(call, &y->view, params->cb, params->cb, params->group);
    return WCL_OK;
}
