#include "kernels/softmax.h"

WCL__PARAM_TABLE(wcl__softmax_table, "softmax", WCL__SOFTMAX_PARAMS, NULL);

wcl_status wcl__softmax_call(wcl__call *call, const wcl__softmax_params *params, const wcl__softmax *softmax, int x, int y)
{
    const cl_ulong rows = (cl_ulong)(softmax->outer * softmax->inner);
    const cl_ulong length = (cl_ulong)softmax->length, inner = (cl_ulong)softmax->inner;
    const wcl_status status = wcl__cells_begin(call, "softmax.cl", "softmax", &wcl__softmax_table, params);
    if (status)
        return status;
    wcl__call_slot(call, x);
    wcl__call_slot(call, y);
    WCL__CALL_VALUE(call, rows);
    WCL__CALL_VALUE(call, length);
    WCL__CALL_VALUE(call, inner);
    wcl__rows_range(call, (int64_t)rows);
    return WCL_OK;
}
