/* What a product left in parts, added up, with its epilogue (conv_gemm_tiled.cl, SPLIT).
 *
 *   y[p][k] = act(bias[k] + sum over i of part[i][k][p])
 *
 *   part  [PARTS][K/4][P][4], p counts the pixels of all pictures
 *   bias  [K rounded up to 4]
 *   y     [N][K/4][H][W][4] by its view; tail lanes become 0
 *
 * A work-item makes 4 filters of a pixel. Global size (P, K/4). Buffers and the view's strides are aligned to
 * 16 bytes. Local memory: none.
 */
#if !defined(CB) || !defined(ACT)
#error "sum_parts.cl: CB and ACT come from host/kernels/conv/conv_tiled.c"
#endif
#include "vector.clh"
#include "pointwise/activation.clh"
#include "cells.clh"
#include "tail.clh"
#include "conv/pixels.clh"

kernel void sum_parts(global const float4 *restrict part, global const float4 *restrict bias,
                      global float *restrict y, const view yv, const int parts, const float a, const float b)
{
    const int pixel = (int)get_global_id(0), block = (int)get_global_id(1);
    const int pixels = yv.n * yv.h * yv.w, blocks = CHUNKS(yv.c, CB);
    if (pixel >= pixels || block >= blocks)
        return;
    float4 sum = bias[block];
    for (int i = 0; i < parts; i++)
        sum += part[((size_t)i * blocks + block) * pixels + pixel];
    const place at = place_of(yv, pixel);
    const float4 result = activate(sum, a, b);
    *(global float4 *)(y + view_at(yv, at.n, block, at.y, at.x)) = zero_tail(result, yv.c - block * CB);
}
