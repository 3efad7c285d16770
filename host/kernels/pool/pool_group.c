/* Pools over whole planes by work-groups: parameters and launch. */
#include "kernels/pool/pool_group.h"

static const char *constraint(const int *values)
{
    const char *wrong = wcl__cells_constraint(values);
    if (wrong)
        return wrong;
    return (values[1] & (values[1] - 1)) == 0 ? NULL : "items must be a power of two";
}

static const char *fits(const wcl__profile *profile, const int *values)
{
    const int cb = values[0], items = values[1];
    if (!profile->simt)
        return "only on GPUs";
    if ((uint64_t)items > wcl__profile_row(profile))
        return "work-groups too small";
    return sizeof(cl_float) * (uint64_t)(items * cb) > profile->local_bytes ? "too little local memory"
                                                                            : NULL;
}

WCL__PARAM_TABLE(wcl__pool_group_table, "pool_group", WCL__POOL_GROUP_PARAMS, .follows = "cb",
                 .constraint = constraint, .fits = fits);

void wcl__pool_group_defaults(const wcl__profile *profile, const wcl__pool *pool, int cb,
                              wcl__pool_group_params *params)
{
    enum { LEAST = 32, MOST = 256 };
    const uint64_t allowed = wcl__profile_row(profile);
    const int64_t pixels = pool->h * pool->w;
    *params = (wcl__pool_group_params){.cb = cb, .items = LEAST};
    while (params->items < MOST && 2 * params->items <= pixels && (uint64_t)params->items * 2 <= allowed)
        params->items *= 2;
}

static const wcl__kernel kernels[] = {{"pool_group_max", "cb items"}, {"pool_group_average", "cb items"}};

wcl_status wcl__pool_group_call(wcl__call *call, const wcl__pool_group_params *params, const wcl__pool *pool,
                                const wcl__operand *x, const wcl__operand *y)
{
    const size_t local[3] = {(size_t)params->items, 1, 1};
    const wcl_status status = wcl__call_begin(call, &kernels[pool->average], &wcl__pool_group_table, params);
    if (status)
        return status;
    wcl__cells_args(call, x, y);
    wcl__call_range(call, wcl__ceil_div(y->view.c, params->cb) * y->view.n * params->items, 1, 1, local);
    return WCL_OK;
}
