/* Winograd convolution F(m x m, 3x3), in three kernels (cl/conv/winograd_input.cl,
 * winograd_gemm.cl, winograd_output.cl) or in one (cl/conv/winograd_fused.cl). */
#ifndef WCL_KERNELS_CONV_WINOGRAD_H
#define WCL_KERNELS_CONV_WINOGRAD_H

#include "kernels/conv/conv_direct.h"
#include "kernels/conv/tiled.h"

/* What the transforms read beside cb, pb and wino_m. field, least, most, standard, meaning */
#define WCL__WINOGRAD_TRANSFORMS(X)                                                        \
    X(part_lanes, 1, 16, 16, "channels that a work-item of the transforms takes: cb or 1") \
    X(written_out, 0, 1, 0, "transforms written out: what GPUs need")                      \
    X(wino_m, 2, 6, 2, "a tile's outputs along a dimension: 2, 4 or 6")                    \
    WCL__ACT_FIELD(X)                                                                      \
    X(group, 1, 256, 1, "tiles of a work-group of the transforms")                         \
    X(chunk, 1, INT32_MAX, 6, "tiles that the three kernels handle at a time, a multiple of pb")

/* Three kernels, the product by work-items. */
#define WCL__WINOGRAD_PARAMS(X)                                          \
    X(cb, 1, 16, 16, "channels in a vector: both formats' block")        \
    X(pb, 1, 128, 6, "tiles that a work-item of the product multiplies") \
    X(kb, 1, 32, 1, "vectors of filters that it multiplies")             \
    X(half, 0, 1, 0, "1: U is stored as halves")                         \
    WCL__WINOGRAD_TRANSFORMS(X)

typedef struct wcl__winograd_params {
    WCL__WINOGRAD_PARAMS(WCL__PARAM_MEMBER)
} wcl__winograd_params;
extern const wcl__param_table wcl__winograd_table;

/* Three kernels, the product by work-groups in local memory. */
#define WCL__WINOGRAD_TILED_PARAMS(X) \
    WCL__TILED_PARAMS(X)              \
    WCL__WINOGRAD_TRANSFORMS(X)

typedef struct wcl__winograd_tiled_params {
    wcl__tiled_params tiled;
    WCL__WINOGRAD_TRANSFORMS(WCL__PARAM_MEMBER)
} wcl__winograd_tiled_params;
extern const wcl__param_table wcl__winograd_tiled_table;

/* One kernel. */
#define WCL__WINOGRAD_FUSED_PARAMS(X)                                   \
    X(cb, 1, 16, 16, "channels in a vector: both formats' block")       \
    X(pb, 1, 32, 6, "tiles that are multiplied at a time")              \
    X(kb, 1, 4, 1, "vectors of filters that they are multiplied with")  \
    X(wino_m, 2, 6, 4, "a tile's outputs along a dimension: 2, 4 or 6") \
    WCL__ACT_FIELD(X)                                                   \
    X(half, 0, 1, 0, "1: U is stored as halves")                        \
    X(chunk, 1, INT32_MAX, 6, "tiles of a work-item, a multiple of pb")

typedef struct wcl__winograd_fused_params {
    WCL__WINOGRAD_FUSED_PARAMS(WCL__PARAM_MEMBER)
} wcl__winograd_fused_params;
extern const wcl__param_table wcl__winograd_fused_table;

/* What the sizes follow from, of any of the three. */
typedef struct wcl__winograd_block {
    int m, cb, pb, kb;
    bool half, fused;
    int64_t chunk;
} wcl__winograd_block;
wcl__winograd_block wcl__winograd_block_of(const wcl__winograd_params *params);
wcl__winograd_block wcl__winograd_tiled_block(const wcl__winograd_tiled_params *params);
wcl__winograd_block wcl__winograd_fused_block(const wcl__winograd_fused_params *params);

/* Sizes that follow from the convolution and the block. Three kernels go over the tiles in chunks, so that V
 * and M of a chunk stay in a CPU's last cache, and are buffers of moderate size on a GPU; the fused kernel's
 * V and M are local memory. */
typedef struct wcl__winograd_sizes {
    int xi;                          /* products of a tile */
    int64_t tiles_y, tiles_x, tiles; /* of a picture; of the batch */
    int64_t chunk, chunks;           /* tiles of a chunk, or of a fused work-item; how many of them */
    int64_t c_padded, k_padded;      /* to cb, to cb * kb */
    int64_t v_bytes, m_bytes;        /* of a chunk, or of a fused work-group's local memory */
    int64_t u_bytes;
} wcl__winograd_sizes;
wcl__winograd_sizes wcl__winograd_sizes_of(const wcl__winograd_block *block, const wcl__conv *conv);

/* How a variant wants it. */
typedef struct wcl__winograd_form {
    int cb, m;
    bool half;
    wcl__act_kind act;
} wcl__winograd_form;

/* Halves save memory's bandwidth and cost a conversion at each use: they pay where the filters do not stay in
 * a CPU's cache. */
bool wcl__winograd_halves_pay(const wcl__profile *profile, const wcl__conv *conv, int m);
/* The block pb x kb follows from the device's vector registers (docs/winograd.md), on GPUs from the tiles and
 * filters (docs/gpu.md). All but the chunk. */
void wcl__winograd_defaults(const wcl__profile *profile, const wcl__conv *conv,
                            const wcl__winograd_form *form, wcl__winograd_params *params);
void wcl__winograd_tiled_defaults(const wcl__profile *profile, const wcl__conv *conv,
                                  const wcl__winograd_form *form, wcl__winograd_tiled_params *params);
void wcl__winograd_fused_defaults(const wcl__profile *profile, const wcl__conv *conv,
                                  const wcl__winograd_form *form, wcl__winograd_fused_params *params);
/* The chunk that suits the device, for a block whose other members are set. Of a fused block 0 where not even
 * pb tiles fit the local memory. */
int64_t wcl__winograd_chunk(const wcl__profile *profile, const wcl__winograd_block *block,
                            const wcl__conv *conv);

typedef struct wcl__winograd_slots {
    wcl__operand x, y; /* y: behind the pool, if there is one */
    bool pool;         /* a 2x2 max-pool follows the activation */
    int u, v, m, bias; /* bias rounded up to cb; v and m of the three kernels only */
} wcl__winograd_slots;

/* The three launches of chunk `chunk`, in this order. */
wcl_status wcl__winograd_calls(wcl__call calls[3], const wcl__winograd_params *params, const wcl__conv *conv,
                               int64_t chunk, const wcl__winograd_slots *slots);
wcl_status wcl__winograd_tiled_calls(wcl__call calls[3], const wcl__winograd_tiled_params *params,
                                     const wcl__conv *conv, int64_t chunk, const wcl__winograd_slots *slots);
wcl_status wcl__winograd_fused_call(wcl__call *call, const wcl__winograd_fused_params *params,
                                    const wcl__conv *conv, const wcl__winograd_slots *slots);

#endif
