/* Pooling by work-items: parameters and launches. */
#include "kernels/pool/pool.h"

#define RULES .follows = "cb", .constraint = wcl__cells_constraint
WCL__PARAM_TABLE(wcl__pool_table, "pool", WCL__POOL_PARAMS, RULES);
WCL__PARAM_TABLE(wcl__pool_global_table, "pool_global", WCL__POOL_PARAMS, RULES);

static const wcl__kernel window_kernels[] = {{"pool_max", "cb"}, {"pool_average", "cb"}};
static const wcl__kernel global_kernels[] = {{"pool_global_max", "cb"}, {"pool_global_average", "cb"}};

/* as in cl/pool/window.clh */
typedef struct window {
    cl_int kh, kw, stride_h, stride_w, dilation_h, dilation_w;
    cl_int pad_top, pad_left, pad_bottom, pad_right, include_pad;
} window;

wcl_status wcl__pool_call(wcl__call *call, const wcl__pool_params *params, const wcl__pool *pool,
                          const wcl__operand *x, const wcl__operand *y)
{
    const window win = {
        .kh = (cl_int)pool->kh,
        .kw = (cl_int)pool->kw,
        .stride_h = (cl_int)pool->stride_h,
        .stride_w = (cl_int)pool->stride_w,
        .dilation_h = (cl_int)pool->dilation_h,
        .dilation_w = (cl_int)pool->dilation_w,
        .pad_top = (cl_int)pool->pad_top,
        .pad_left = (cl_int)pool->pad_left,
        .pad_bottom = (cl_int)pool->pad_bottom,
        .pad_right = (cl_int)pool->pad_right,
        .include_pad = pool->count_include_pad,
    };
    const wcl_status status = wcl__call_begin(call, &window_kernels[pool->average], &wcl__pool_table, params);
    if (status)
        return status;
    wcl__cells_args(call, x, y);
    WCL__CALL_VALUE(call, win);
    wcl__cells_range(call, &y->view, params->cb, 1, params->group);
    return WCL_OK;
}

wcl_status wcl__pool_global_call(wcl__call *call, const wcl__pool_params *params, const wcl__pool *pool,
                                 const wcl__operand *x, const wcl__operand *y)
{
    const size_t local[3] = {(size_t)params->group, 1, 1};
    const wcl_status status =
        wcl__call_begin(call, &global_kernels[pool->average], &wcl__pool_global_table, params);
    if (status)
        return status;
    wcl__cells_args(call, x, y);
    wcl__call_range(call, wcl__ceil_div(y->view.c, params->cb) * y->view.n, 1, 1, local);
    return WCL_OK;
}
