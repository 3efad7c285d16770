/* Softmax by work-items and by work-groups: parameters and launches. */
#include "kernels/norm/softmax.h"

WCL__PARAM_TABLE(wcl__softmax_table, "softmax", WCL__SOFTMAX_PARAMS, .follows = "log");

static const wcl__kernel rows_kernel = {"softmax", "log"};
static const wcl__kernel group_kernel = {"softmax_group", "log items"};

wcl_status wcl__softmax_call(wcl__call *call, const wcl__softmax_params *params, const wcl__softmax *softmax,
                             int x, int y)
{
    const size_t local[3] = {(size_t)params->group, 1, 1};
    const cl_ulong rows = (cl_ulong)(softmax->outer * softmax->inner);
    const cl_ulong length = (cl_ulong)softmax->length, inner = (cl_ulong)softmax->inner;
    const wcl_status status = wcl__call_begin(call, &rows_kernel, &wcl__softmax_table, params);
    if (status)
        return status;
    wcl__call_slot(call, x);
    wcl__call_slot(call, y);
    WCL__CALL_VALUE(call, rows);
    WCL__CALL_VALUE(call, length);
    WCL__CALL_VALUE(call, inner);
    wcl__call_range(call, (int64_t)rows, 1, 1, local);
    return WCL_OK;
}

static const char *group_constraint(const int *values)
{
    return (values[1] & (values[1] - 1)) == 0 ? NULL : "items must be a power of two";
}

static const char *fits(const wcl__profile *profile, const int *values)
{
    if (!profile->simt)
        return "only on GPUs";
    if ((uint64_t)values[1] > wcl__profile_row(profile))
        return "work-groups too small";
    return sizeof(cl_float) * (uint64_t)values[1] > profile->local_bytes ? "too little local memory" : NULL;
}

WCL__PARAM_TABLE(wcl__softmax_group_table, "softmax_group", WCL__SOFTMAX_GROUP_PARAMS, .follows = "log",
                 .constraint = group_constraint, .fits = fits);

enum { LEAST_ITEMS = 32, MOST_ITEMS = 256 };

/* Where neighbouring rows lie side by side (inner > 1) and are many, an item a row reads as well, and waits
 * for nobody. */
const char *wcl__softmax_group_refuses(const wcl__softmax *softmax)
{
    enum { FEW_ROWS = 1024 };
    if (softmax->length <= LEAST_ITEMS)
        return "rows too short";
    if (softmax->length > INT32_MAX - MOST_ITEMS)
        return "rows too long";
    return softmax->inner == 1 || softmax->outer * softmax->inner < FEW_ROWS ? NULL
                                                                             : "many rows, side by side";
}

void wcl__softmax_group_defaults(const wcl__profile *profile, const wcl__softmax *softmax,
                                 wcl__softmax_group_params *params)
{
    const uint64_t allowed = wcl__profile_row(profile);
    *params = (wcl__softmax_group_params){.log = softmax->log, .items = LEAST_ITEMS};
    while (params->items < MOST_ITEMS && params->items < softmax->length &&
           (uint64_t)params->items * 2 <= allowed)
        params->items *= 2;
}

wcl_status wcl__softmax_group_call(wcl__call *call, const wcl__softmax_group_params *params,
                                   const wcl__softmax *softmax, int x, int y)
{
    const size_t local[3] = {(size_t)params->items, 1, 1};
    const cl_int length = (cl_int)softmax->length;
    const cl_ulong inner = (cl_ulong)softmax->inner;
    const wcl_status status = wcl__call_begin(call, &group_kernel, &wcl__softmax_group_table, params);
    if (status)
        return status;
    wcl__call_slot(call, x);
    wcl__call_slot(call, y);
    WCL__CALL_VALUE(call, length);
    WCL__CALL_VALUE(call, inner);
    wcl__call_fixed_range(call, softmax->outer * softmax->inner * params->items, 1, 1, local);
    return WCL_OK;
}
