/* The Winograd domain's product for GPUs: its launch. */
#include "kernels/conv/winograd_tiled.h"

/* cl/conv/winograd_gemm_tiled.cl: product_shape */
typedef struct product_shape {
    cl_int padded, channels, k_blocks;
} product_shape;

static const wcl__kernel kernel = {"winograd_gemm_tiled",
                                   "cb pb kb ks ip ik buffering unroll lanes subgroup half"};

wcl_status wcl__winograd_tiled_call(wcl__call *call, const wcl__tiled_params *params,
                                    const wcl__winograd_product *product)
{
    const int width = wcl__tiled_width(params);
    const size_t local[3] = {(size_t)(width / params->ik), (size_t)(params->pb / params->ip), 1};
    const product_shape shape = {(cl_int)product->padded, (cl_int)product->channels,
                                 (cl_int)(product->filters / params->cb)};
    const wcl_status status = wcl__call_begin(call, &kernel, &wcl__tiled_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, product->v);
    wcl__call_slot(call, product->u);
    wcl__call_slot(call, product->m);
    WCL__CALL_VALUE(call, shape);
    wcl__call_fixed_range(call, product->filters / params->ik, product->padded / params->ip, product->xi,
                          local);
    return WCL_OK;
}
