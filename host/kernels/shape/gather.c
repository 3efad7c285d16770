#include "kernels/shape/gather.h"

#include "kernels/shape/nd.h"
#include "base/error.h"

wcl_status wcl__gather_call(wcl__call *call, const wcl__gather *gather, int x, int index, int y)
{
    size_t local[3];
    if (gather->length > INT32_MAX || gather->count > INT32_MAX || gather->inner > INT32_MAX)
        return wcl__fail(WCL_UNSUPPORTED, "a dimension of more than %d", INT32_MAX);
    const cl_int length = (cl_int)gather->length, count = (cl_int)gather->count,
                 inner = (cl_int)gather->inner;
    wcl__call_slot(call, x);
    wcl__call_slot(call, index);
    wcl__call_slot(call, y);
    WCL__CALL_VALUE(call, length);
    WCL__CALL_VALUE(call, count);
    WCL__CALL_VALUE(call, inner);
    wcl__nd_local(inner, local);
    wcl__call_range(call, inner, count, gather->outer, local);
    return WCL_OK;
}
