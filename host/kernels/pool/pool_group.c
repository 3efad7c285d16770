#include "kernels/pool/pool_group.h"

static const char *constraint(const int *values)
{
    const char *wrong = wcl__cells_constraint(values);
    if (wrong)
        return wrong;
    return (values[1] & (values[1] - 1)) == 0 ? NULL : "items must be a power of two";
}

WCL__PARAM_TABLE(wcl__pool_group_table, "pool_group", WCL__POOL_GROUP_PARAMS, constraint);
static const wcl__kernel max = {"pool_group_max", "cb items"};
static const wcl__kernel average = {"pool_group_average", "cb items"};

bool wcl__pool_by_group(const wcl__facts *facts, const wcl__pool *pool, int cb,
                        wcl__pool_group_params *params)
{
    enum { LEAST = 32, MOST = 256 };
    const uint64_t allowed = WCL__MIN(facts->max_work_group, facts->max_item[0]);
    const bool gpu = facts->type & CL_DEVICE_TYPE_GPU && !(facts->type & CL_DEVICE_TYPE_CPU);
    const int64_t pixels = pool->h * pool->w;
    *params = (wcl__pool_group_params){.cb = cb, .items = LEAST};
    while (params->items < MOST && 2 * params->items <= pixels && (uint64_t)params->items * 2 <= allowed)
        params->items *= 2;
    return gpu && pixels >= LEAST && (uint64_t)params->items <= allowed &&
           sizeof(cl_float) * (uint64_t)(params->items * cb) <= facts->local_bytes;
}

wcl_status wcl__pool_group_call(wcl__call *call, const wcl__pool_group_params *params, const wcl__pool *pool,
                                const wcl__operand *x, const wcl__operand *y)
{
    const size_t local[3] = {(size_t)params->items, 1, 1};
    const wcl__kernel *kernel = pool->average ? &average : &max;
    const wcl_status status = wcl__cells_begin(call, kernel, &wcl__pool_group_table, params);
    if (status)
        return status;
    wcl__cells_args(call, x, y);
    wcl__call_range(call, wcl__ceil_div(y->view.c, params->cb) * y->view.n * params->items, 1, 1, local);
    return WCL_OK;
}
