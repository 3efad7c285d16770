/* pool.cl's pools over whole planes by work-groups, for GPUs, where a plane each would leave most work-items idle.
 *
 *   pool_group_max      y[n][c][0][0] = max over the plane; NaN wins
 *   pool_group_average  y[n][c][0][0] = mean over the plane
 *
 *   x  [N][C/CB][H][W][CB] (view.clh)
 *   y  [N][C/CB][1][1][CB]; the tail lanes of the last block become 0
 *
 * A work-group computes CB channels of one image: each item reduces every ITEMS-th pixel, then all of them theirs in local memory,
 * pairwise. Global size: N * C/CB * ITEMS, work-group (ITEMS). Local memory: 4 CB ITEMS bytes.
 */
#if !defined(CB) || !defined(ITEMS)
#error "pool_group.cl: CB and ITEMS come from wcl__pool_group_params"
#endif
#include "pool/larger.clh"
#include "vector.clh"
#include "cells.clh"

/* Leaves the largest, or the sum, in shared[0], for item 0 to read. */
static inline void reduce_plane(global const float *x, local vec *shared, const view v, int item, bool sum)
{
    const int pixels = v.h * v.w;
    vec all = (vec)(sum ? 0.0f : -INFINITY);
    for (int i = item; i < pixels; i += ITEMS) {
        const int row = i / v.w;
        const vec here = vec_load(x + (size_t)row * v.row + (size_t)(i - row * v.w) * v.pixel);
        all = sum ? all + here : larger(all, here);
    }
    shared[item] = all;
    for (int width = ITEMS / 2; width > 0; width /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < width) {
            const vec other = shared[item + width];
            all = sum ? all + other : larger(all, other);
            shared[item] = all;
        }
    }
}

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
pool_group_max(global const float *restrict x, global float *restrict y, const view xv, const view yv)
{
    local vec shared[ITEMS];
    const size_t plane = get_global_id(0) / ITEMS;
    const int item = (int)get_local_id(0), blocks = CHUNKS(yv.c, CB), n = (int)(plane / blocks),
              block = (int)(plane - (size_t)n * blocks);
    reduce_plane(x + view_at(xv, n, block, 0, 0), shared, xv, item, false);
    if (item == 0)
        vec_store(zero_tail(shared[0], yv.c - block * CB), y + view_at(yv, n, block, 0, 0));
}

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
pool_group_average(global const float *restrict x, global float *restrict y, const view xv, const view yv)
{
    local vec shared[ITEMS];
    const size_t plane = get_global_id(0) / ITEMS;
    const int item = (int)get_local_id(0), blocks = CHUNKS(yv.c, CB), n = (int)(plane / blocks),
              block = (int)(plane - (size_t)n * blocks);
    reduce_plane(x + view_at(xv, n, block, 0, 0), shared, xv, item, true);
    if (item == 0) {
        const vec mean = shared[0] / ((float)xv.h * (float)xv.w);
        vec_store(zero_tail(mean, yv.c - block * CB), y + view_at(yv, n, block, 0, 0));
    }
}
