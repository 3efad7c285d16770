/* Copies of regions with any steps: parameters and launch. */
#include "kernels/shape/strided.h"

static const char *rank_constraint(const int *values)
{
    return values[0] == 4 || values[0] == 8 ? NULL : "rank must be 4 or 8";
}

WCL__PARAM_TABLE(wcl__strided_table, "strided", WCL__STRIDED_PARAMS, .follows = "rank",
                 .constraint = rank_constraint);

static const wcl__kernel kernel = {"strided_copy", "rank"};

void wcl__strided_configure(const wcl__region *region, wcl__strided_params *params)
{
    wcl__nd walk = region->walk;
    wcl__nd_collapse(&walk);
    params->rank = wcl__nd_rank(&walk);
    wcl__nd_group(walk.rank > 0 ? walk.dims[walk.rank - 1] : 1, &params->group_x, &params->group_y);
}

wcl_status wcl__strided_call(wcl__call *call, const wcl__strided_params *params, int from, int to,
                             const wcl__region *region)
{
    wcl__nd walk = region->walk;
    wcl__nd_arg arg;
    const cl_long from_first = region->from_first, to_first = region->to_first;
    wcl__nd_collapse(&walk);
    wcl_status status = wcl__nd_pack(&walk, &arg);
    if (status == WCL_OK)
        status = wcl__call_begin(call, &kernel, &wcl__strided_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, from);
    wcl__call_slot(call, to);
    WCL__CALL_VALUE(call, arg);
    WCL__CALL_VALUE(call, from_first);
    WCL__CALL_VALUE(call, to_first);
    wcl__nd_range(call, &arg, params->group_x, params->group_y);
    return WCL_OK;
}
