/* Winograd convolution F(m x m, 3x3), in three kernels (cl/conv/winograd_input.cl,
 * winograd_gemm.cl, winograd_output.cl) or in one (cl/conv/winograd_fused.cl). */
#ifndef WCL_KERNELS_CONV_WINOGRAD_H
#define WCL_KERNELS_CONV_WINOGRAD_H

#include "kernels/conv/conv_direct.h"
#include "kernels/conv/winograd_tiled.h"

/* field, least, most, standard, meaning */
#define WCL__WINOGRAD_PARAMS(X)                                                       \
    X(cb, 1, 16, 16, "channels in a vector: both layouts' block")                     \
    X(pb, 1, 128, 6, "tiles that a work-item of the product multiplies")              \
    X(kb, 1, 32, 1, "vectors of filters that it multiplies")                          \
    X(tiled, 0, 1, 0, "a work-group multiplies pb by kb (kernels/tiled.h)")           \
    X(lanes, 1, 16, 16, "channels that a work-item of the transforms takes: cb or 1") \
    X(fused, 0, 1, 0, "one kernel, not three")                                        \
    X(unroll, 0, 1, 0, "transforms written out: what GPUs need")                      \
    X(wino_m, 2, 6, 2, "a tile's outputs along a dimension: 2, 4 or 6")               \
    X(act, 0, 5, 0, "wcl__act_kind")                                                  \
    X(half, 0, 1, 0, "1: U is stored as halves")

typedef struct wcl__winograd_params {
    WCL__WINOGRAD_PARAMS(WCL__PARAM_MEMBER)
} wcl__winograd_params;
extern const wcl__param_table wcl__winograd_table;

/* Sizes that follow from the convolution, the parameters and the device. Three kernels go over the tiles in
 * chunks, so that V and M of a chunk stay in a CPU's last cache, and are buffers of moderate size on a GPU;
 * the fused kernel's V and M are local memory. */
typedef struct wcl__winograd_sizes {
    int xi;                          /* products of a tile */
    int64_t tiles_y, tiles_x, tiles; /* of a picture; of the batch */
    int64_t chunk, chunks; /* tiles of a chunk, or of a fused work-item, a multiple of pb; 0: not even pb fit
                              the local memory */
    int64_t c_padded, k_padded; /* to cb, to cb * kb */
    int64_t v_bytes, m_bytes;   /* of a chunk, or of a fused work-group's local memory */
    int64_t u_bytes;
    wcl__tiled_params tiled; /* of the product where the parameters say tiled */
} wcl__winograd_sizes;

/* How a variant wants it. */
typedef struct wcl__winograd_form {
    int cb, m;
    bool fused, half;
    wcl__act_kind act;
} wcl__winograd_form;

/* The block pb x kb follows from the device's vector registers (docs/winograd.md), on GPUs from the tiles and
 * filters (docs/gpu.md). */
void wcl__winograd_defaults(const wcl__facts *facts, const wcl__conv *conv, const wcl__winograd_form *form,
                            wcl__winograd_params *params);
wcl__winograd_sizes wcl__winograd_sizes_of(const wcl__facts *facts, const wcl__winograd_params *params,
                                           const wcl__conv *conv);

typedef struct wcl__winograd_slots {
    wcl__operand x, y; /* y: behind the pool, if there is one */
    bool pool;         /* a 2x2 max-pool follows the activation */
    int u, v, m, bias; /* bias rounded up to cb; v and m of the three kernels only */
} wcl__winograd_slots;

/* The three launches of chunk `chunk`, in this order. */
wcl_status wcl__winograd_calls(wcl__call calls[3], const wcl__winograd_params *params, const wcl__conv *conv,
                               const wcl__winograd_sizes *sizes, int64_t chunk,
                               const wcl__winograd_slots *slots);
wcl_status wcl__winograd_fused_call(wcl__call *call, const wcl__winograd_params *params,
                                    const wcl__conv *conv, const wcl__winograd_sizes *sizes,
                                    const wcl__winograd_slots *slots);

#endif
