/* The Winograd domain's product for GPUs: cl/winograd_gemm_tiled.cl. */
#ifndef WCL_KERNELS_WINOGRAD_TILED_H
#define WCL_KERNELS_WINOGRAD_TILED_H

#include "runtime/launch.h"
#include "tune/params.h"

/* field, least, most, standard, meaning */
#define WCL__WINOGRAD_TILED_PARAMS(X)                                                                       \
    X(cb, 4, 16, 4, "channels in a vector: both layouts' block")                                            \
    X(pb, 16, 256, 64, "tiles of a work-group: V's block")                                                  \
    X(kb, 1, 64, 16, "vectors of filters of a work-group: U's block")                                       \
    X(ks, 4, 32, 8, "channels of a step")                                                                   \
    X(ip, 4, 16, 8, "tiles of a work-item")                                                                 \
    X(ik, 4, 16, 8, "filters of a work-item")                                                               \
    X(buffering, 0, 2, 0, "0: none; 1: the next step in registers; 2: and in a second local buffer")        \
    X(unroll, 1, 32, 4, "channels of a step that are written out")                                          \
    X(lanes, 1, 4, 1, "floats of a sum: 4 where one instruction makes two FMAs of neighbours, 1 elsewhere") \
    X(subgroup, 0, 32, 0, "Intel: work-items of a hardware thread; 0: the compiler's choice")

typedef struct wcl__winograd_tiled_params {
    WCL__WINOGRAD_TILED_PARAMS(WCL__PARAM_MEMBER)
} wcl__winograd_tiled_params;
extern const wcl__param_table wcl__winograd_tiled_table;

/* M = V U for each of `xi` products, by slots. `padded` is a multiple of pb, channels of cb, filters of cb * kb. */
typedef struct wcl__winograd_product {
    int64_t xi, padded, channels, filters;
    int v, u, m;
} wcl__winograd_product;

/* NULL, or why a GPU of these facts can't run it. */
const char *wcl__winograd_tiled_refuses(const wcl__facts *facts, const wcl__winograd_tiled_params *params);
/* For blocks of pb tiles and kb vectors of filters. What docs/gpu.md found in the vendors' compilers. */
void wcl__winograd_tiled_for(const wcl__facts *facts, int cb, int pb, int kb, wcl__winograd_tiled_params *params);
/* For `tiles` tiles and `filters` filters of `xi` products: chooses the blocks, too. */
void wcl__winograd_tiled_defaults(const wcl__facts *facts, int cb, int64_t xi, int64_t tiles, int64_t filters,
                                  wcl__winograd_tiled_params *params);
wcl_status wcl__winograd_tiled_call(wcl__call *call, const wcl__winograd_tiled_params *params,
                                    const wcl__winograd_product *product);

#endif
