#include "kernels/shape/strided.h"
#include "kernels/cells.h"

static const char *rank_constraint(const int *values)
{
    return values[0] == 4 || values[0] == 8 ? NULL : "rank must be 4 or 8";
}

WCL__PARAM_TABLE(wcl__strided_table, "strided", WCL__STRIDED_PARAMS, rank_constraint);
static const wcl__kernel kernel = {"strided_copy", "rank"};

wcl_status wcl__strided_call(wcl__call *call, int from, int to, const wcl__region *region)
{
    wcl__nd walk = region->walk;
    wcl__nd_arg arg;
    wcl__nd_collapse(&walk);
    const wcl__strided_params params = {.rank = wcl__nd_rank(&walk)};
    const cl_long from_first = region->from_first, to_first = region->to_first;
    wcl_status status = wcl__nd_pack(&walk, &arg);
    if (status == WCL_OK)
        status = wcl__cells_begin(call, &kernel, &wcl__strided_table, &params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, from);
    wcl__call_slot(call, to);
    WCL__CALL_VALUE(call, arg);
    WCL__CALL_VALUE(call, from_first);
    WCL__CALL_VALUE(call, to_first);
    wcl__nd_range(call, &arg);
    return WCL_OK;
}
