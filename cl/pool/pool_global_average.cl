/* The mean of each plane.
 *
 *   y[n][c][0][0] = mean over the plane
 *
 *   x  [N][C/CB][H][W][CB] (view.clh)
 *   y  [N][C/CB][1][1][CB]; the tail lanes of the last block become 0
 *
 * A work-item computes CB channels of one image. Global size: N * C/CB. Local memory: none.
 */
#if !defined(CB)
#error "pool_global_average.cl: CB comes from wcl__pool_params"
#endif
#include "pool/plane.clh"
#include "cells.clh"
#include "tail.clh"

kernel void pool_global_average(global const float *restrict x, global float *restrict y, const view xv,
                                const view yv)
{
    const size_t item = get_global_id(0);
    const int blocks = CHUNKS(yv.c, CB), n = (int)(item / blocks), block = (int)(item - (size_t)n * blocks);
    if (n >= yv.n)
        return;
    const vec mean = reduce_plane(x, xv, n, block, true) / ((float)xv.h * (float)xv.w);
    vec_store(zero_tail(mean, yv.c - block * CB), y + view_at(yv, n, block, 0, 0));
}
