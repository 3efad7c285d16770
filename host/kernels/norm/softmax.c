#include "kernels/norm/softmax.h"

WCL__PARAM_TABLE(wcl__softmax_table, "softmax", WCL__SOFTMAX_PARAMS, NULL);
static const wcl__kernel by_item = {"softmax", "log"};

wcl_status wcl__softmax_call(wcl__call *call, const wcl__softmax_params *params, const wcl__softmax *softmax,
                             int x, int y)
{
    const cl_ulong rows = (cl_ulong)(softmax->outer * softmax->inner);
    const cl_ulong length = (cl_ulong)softmax->length, inner = (cl_ulong)softmax->inner;
    const wcl_status status = wcl__cells_begin(call, &by_item, &wcl__softmax_table, params);
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

static const char *group_constraint(const int *values)
{
    return (values[1] & (values[1] - 1)) == 0 ? NULL : "items must be a power of two";
}

WCL__PARAM_TABLE(wcl__softmax_group_table, "softmax_group", WCL__SOFTMAX_GROUP_PARAMS, group_constraint);
static const wcl__kernel by_group = {"softmax_group", "log items"};

/* Where neighbouring rows lie side by side (inner > 1) and are many, an item a row reads as well, and waits
 * for nobody. */
bool wcl__softmax_by_group(const wcl__facts *facts, const wcl__softmax *softmax,
                           wcl__softmax_group_params *params)
{
    enum { LEAST = 32, MOST = 256, FEW_ROWS = 1024 };
    const uint64_t allowed = WCL__MIN(facts->max_work_group, facts->max_item[0]);
    const bool gpu = facts->type & CL_DEVICE_TYPE_GPU && !(facts->type & CL_DEVICE_TYPE_CPU);
    *params = (wcl__softmax_group_params){.log = softmax->log, .items = LEAST};
    while (params->items < MOST && params->items < softmax->length && (uint64_t)params->items * 2 <= allowed)
        params->items *= 2;
    return gpu && softmax->length > LEAST && softmax->length <= INT32_MAX - MOST &&
           (softmax->inner == 1 || softmax->outer * softmax->inner < FEW_ROWS) &&
           (uint64_t)params->items <= allowed &&
           sizeof(cl_float) * (uint64_t)params->items <= facts->local_bytes;
}

wcl_status wcl__softmax_group_call(wcl__call *call, const wcl__softmax_group_params *params,
                                   const wcl__softmax *softmax, int x, int y)
{
    const size_t local[3] = {(size_t)params->items, 1, 1};
    const cl_int length = (cl_int)softmax->length;
    const cl_ulong inner = (cl_ulong)softmax->inner;
    const wcl_status status = wcl__cells_begin(call, &by_group, &wcl__softmax_group_table, params);
    if (status)
        return status;
    wcl__call_slot(call, x);
    wcl__call_slot(call, y);
    WCL__CALL_VALUE(call, length);
    WCL__CALL_VALUE(call, inner);
    wcl__call_fixed_range(call, softmax->outer * softmax->inner * params->items, 1, 1, local);
    return WCL_OK;
}
