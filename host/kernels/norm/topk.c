/* The k largest elements of each row: parameters and launch. */
#include "kernels/norm/topk.h"

WCL__PARAM_TABLE(wcl__topk_table, "topk", WCL__TOPK_PARAMS, .follows = "largest");

static const wcl__kernel kernel = {"topk", "largest"};

wcl_status wcl__topk_call(wcl__call *call, const wcl__topk_params *params, const wcl__topk *topk,
                          const wcl__topk_slots *slots)
{
    const size_t local[3] = {(size_t)params->group, 1, 1};
    const cl_ulong rows = (cl_ulong)(topk->outer * topk->inner), inner = (cl_ulong)topk->inner;
    const cl_int length = (cl_int)topk->length, k = (cl_int)topk->k;
    const wcl_status status = wcl__call_begin(call, &kernel, &wcl__topk_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, slots->x);
    wcl__call_slot(call, slots->values);
    wcl__call_slot(call, slots->indices);
    WCL__CALL_VALUE(call, rows);
    WCL__CALL_VALUE(call, inner);
    WCL__CALL_VALUE(call, length);
    WCL__CALL_VALUE(call, k);
    wcl__call_range(call, (int64_t)rows, 1, 1, local);
    return WCL_OK;
}
