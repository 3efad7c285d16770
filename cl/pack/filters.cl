/* Packing weights for the convolution and dense kernels, rows of the source at a time (host/ops/steps.h, wcl__packing).
 *
 * filters_direct   src [K][C][TAPS]     ->  dst [ceil(K/(CB KB))][C][TAPS][KB][CB]    times scale[k]
 * filters_gemm     src [K][C][TAPS]     ->  dst [ceil(K/(CB KB))][ceil(C/STEP)][TAPS][STEP][KB][CB]   times scale[k]
 * filters_winograd src [K][C][3][3]     ->  dst [XI][ceil(K/(CB KB))][C rounded up to CB][KB][CB]   U = G g G^T (winograd.clh), times scale[k]
 * dense_rows       src rows o: [O][I]    ->  dst[o DO + i' DI], i' = i taken from (H, W, C) to (C, H, W) order; times scale[o]
 * dense_columns    src rows i: [I][O]    ->  dst[(o - FIRST_O) DO + i' DI] for `outputs` columns from FIRST_O, the same
 *                  dst strides DO = I, DI = 1 make [O][I], DO = 1, DI = O make [I][O]; o counts within blocks of outputs: DO = 1 and
 *                  DI = a block's make [O/block][I][block]
 *
 * With HALF = 1 all but filters_direct store halves. A work-item packs one element (a 3x3 filter for winograd) of source row first + z. dst
 * starts as zeros where it has tails.
 * Global size (elements of a row, 1, rows). Local memory: none.
 */
#if !defined(CB) || !defined(KB) || !defined(WINO_M) || !defined(HALF)
#error "filters.cl: CB, KB, WINO_M and HALF come from wcl__filters_params"
#endif
#include "weights.clh"
#include "conv/winograd.clh"

kernel void filters_direct(global const float *restrict src, global float *restrict dst, global const float *restrict scale,
                           const int row, const int first, const int rows)
{
    const size_t i = get_global_id(0), z = get_global_id(2);
    if (i >= (size_t)row || z >= (size_t)rows)
        return;
    const size_t k = first + z;
    dst[((k / (CB * KB)) * row + i) * (CB * KB) + k % (CB * KB)] = src[z * row + i] * scale[k];
}

kernel void filters_gemm(global const float *restrict src, global stored_weight *restrict dst, global const float *restrict scale,
                         const int row, const int taps, const int step, const int first, const int rows)
{
    const size_t i = get_global_id(0), z = get_global_id(2);
    if (i >= (size_t)row || z >= (size_t)rows)
        return;
    const size_t k = first + z, c = i / taps, tap = i % taps, steps = (row / taps + step - 1) / step;
    const size_t product = ((k / (CB * KB)) * steps + c / step) * taps + tap;
    weights_store(src[z * row + i] * scale[k], dst + (product * step + c % step) * (CB * KB) + k % (CB * KB));
}

kernel void filters_winograd(global const float *restrict src, global stored_weight *restrict dst, global const float *restrict scale,
                             const int channels, const int c_padded, const int k_padded, const int first, const int rows)
{
    const size_t c = get_global_id(0), z = get_global_id(2);
    if (c >= (size_t)channels || z >= (size_t)rows)
        return;
    const size_t k = first + z;
    global const float *g = src + (z * channels + c) * 9;
    float t[WINO_TILE][3];
#define S(i) g[3 * (i) + j]
#define D(i, e) t[i][j] = (e);
#pragma unroll
    for (int j = 0; j < 3; j++) {
        WINO_G(D, S)
    }
#undef S
#undef D
    global stored_weight *out = dst + ((k / (CB * KB)) * c_padded + c) * (CB * KB) + k % (CB * KB);
#define S(j) t[i][j]
#define D(j, e) weights_store((e)*scale[k], out + (size_t)(i * WINO_TILE + j) * c_padded * k_padded);
#pragma unroll
    for (int i = 0; i < WINO_TILE; i++) {
        WINO_G(D, S)
    }
#undef S
#undef D
}

/* Where input i stands after (H, W, C) order became (C, H, W); hw = 0: where it was. */
static inline size_t flattened(size_t i, int hw, int c)
{
    return hw == 0 ? i : (i % c) * hw + i / c;
}

/* host/kernels/pack/filters.c has the same struct */
typedef struct {
    int inputs, outputs; /* packed */
    int row;             /* elements of a source row */
    int first_output;    /* of the source's columns */
    int output_stride, input_stride, block, block_stride; /* block: outputs */
    int hw, c; /* hw = 0: the inputs keep their order */
} dense_shape;

static inline size_t packed_at(const dense_shape s, size_t o, size_t i)
{
    return o / s.block * s.block_stride + o % s.block * s.output_stride + flattened(i, s.hw, s.c) * s.input_stride;
}

kernel void dense_rows(global const float *restrict src, global stored_weight *restrict dst, global const float *restrict scale,
                       const dense_shape s, const int first, const int rows)
{
    const size_t i = get_global_id(0), z = get_global_id(2);
    if (i >= (size_t)s.inputs || z >= (size_t)rows)
        return;
    const size_t o = first + z;
    weights_store(src[z * s.row + i] * scale[o], dst + packed_at(s, o, i));
}

kernel void dense_columns(global const float *restrict src, global stored_weight *restrict dst, global const float *restrict scale,
                          const dense_shape s, const int first, const int rows)
{
    const size_t o = get_global_id(0), z = get_global_id(2);
    if (o >= (size_t)s.outputs || z >= (size_t)rows)
        return;
    weights_store(src[z * s.row + s.first_output + o] * scale[o], dst + packed_at(s, o, first + z));
}
