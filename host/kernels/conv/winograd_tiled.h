/* The Winograd domain's product for GPUs: cl/conv/winograd_gemm_tiled.cl. */
#ifndef WCL_KERNELS_CONV_WINOGRAD_TILED_H
#define WCL_KERNELS_CONV_WINOGRAD_TILED_H

#include "kernels/conv/tiled.h"

/* M = V U for each of `xi` products, by slots. `padded` is a multiple of pb, channels of cb, filters of cb *
 * kb. */
typedef struct wcl__winograd_product {
    int64_t xi, padded, channels, filters;
    int v, u, m;
} wcl__winograd_product;

wcl_status wcl__winograd_tiled_call(wcl__call *call, const wcl__tiled_params *params,
                                    const wcl__winograd_product *product);

#endif
