/* Scale and shift by channel: batch normalisation with known statistics.
 *
 *   y[n][c][h][w] = act(x[n][c][h][w] * scale[c] + shift[c])
 *
 *   x, y          [N][C/CB][H][W][CB] (view.clh); the tail lanes of y's last block become 0
 *   scale, shift  [C rounded up to CB]
 *
 * A work-item computes one pixel of CB channels. Global size: cells of y (cells.clh). Local memory: none.
 */
#if !defined(CB) || !defined(ACT)
#error "affine.cl: CB and ACT come from wcl__affine_params"
#endif
#include "vector.clh"
#include "pointwise/activation.clh"
#include "cells.clh"
#include "tail.clh"

kernel void affine(global const float *restrict x, global float *restrict y, const view xv, const view yv,
                   global const float *restrict scale, global const float *restrict shift, const float a,
                   const float b)
{
    cell at;
    if (!find_cell(yv, CHUNKS(yv.c, CB), get_global_id(0), &at))
        return;
    const size_t channel = (size_t)at.chunk * CB;
    const vec here = vec_load(x + view_at(xv, at.n, at.chunk, at.y, at.x));
    const vec v = here * vec_load(scale + channel) + vec_load(shift + channel);
    const vec result = activate(v, a, b);
    vec_store(zero_tail(result, yv.c - at.chunk * CB), y + view_at(yv, at.n, at.chunk, at.y, at.x));
}
