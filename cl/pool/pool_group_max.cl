/* The largest cell of each plane by a work-group, for GPUs, where an item a plane would leave most idle.
 *
 *   y[n][c][0][0] = max over the plane; NaN wins
 *
 *   x  [N][C/CB][H][W][CB] (view.clh)
 *   y  [N][C/CB][1][1][CB]; the tail lanes of the last block become 0
 *
 * A work-group computes CB channels of one image: each item reduces every ITEMS-th pixel, then all of them
 * theirs in local memory, pairwise. Global size: N * C/CB * ITEMS, work-group (ITEMS).
 * Local memory: 4 CB ITEMS bytes.
 */
#if !defined(CB) || !defined(ITEMS)
#error "pool_group_max.cl: CB and ITEMS come from wcl__pool_group_params"
#endif
#include "pool/plane_group.clh"
#include "cells.clh"
#include "tail.clh"

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
