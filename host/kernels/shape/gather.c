/* Gather along an axis: parameters and launch. */
#include "kernels/shape/gather.h"

#include "base/error.h"

WCL__PARAM_TABLE(wcl__gather_table, "gather", WCL__GATHER_PARAMS, .follows = NULL);

static const wcl__kernel kernel = {"gather", ""};

wcl_status wcl__gather_call(wcl__call *call, const wcl__gather_params *params, const wcl__gather *gather,
                            int x, int index, int y)
{
    const size_t local[3] = {(size_t)params->group_x, (size_t)params->group_y, 1};
    if (gather->length > INT32_MAX || gather->count > INT32_MAX || gather->inner > INT32_MAX)
        return wcl__fail(WCL_UNSUPPORTED, "a dimension of more than %d", INT32_MAX);
    const cl_int length = (cl_int)gather->length, count = (cl_int)gather->count,
                 inner = (cl_int)gather->inner;
    const wcl_status status = wcl__call_begin(call, &kernel, &wcl__gather_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, x);
    wcl__call_slot(call, index);
    wcl__call_slot(call, y);
    WCL__CALL_VALUE(call, length);
    WCL__CALL_VALUE(call, count);
    WCL__CALL_VALUE(call, inner);
    wcl__call_range(call, inner, count, gather->outer, local);
    return WCL_OK;
}
