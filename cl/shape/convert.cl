/* The same tensor in another layout.
 *
 *   y[n][c][h][w] = x[n][c][h][w]
 *
 *   x  any layout with blocks of FROM channels (view.clh)
 *   y  any layout with blocks of TO channels; the tail lanes of its last block become 0
 *
 * A work-item moves max(FROM, TO) channels of one pixel, so that the side with the larger blocks is touched
 * in whole blocks.
 * Global size (cells of y with chunks of max(FROM, TO) channels, N): cells.clh. Local memory: none.
 */
#if !defined(FROM) || !defined(TO)
#error "convert.cl: FROM and TO come from wcl__convert_params"
#endif
#include "cells.clh"

#define LANES (FROM > TO ? FROM : TO)

kernel void convert(global const float *restrict x, global float *restrict y, const view xv, const view yv)
{
    cell at;
    if (!find_cell(yv, CHUNKS(yv.c, LANES), get_global_id(0), &at))
        return;
    const int first = at.chunk * LANES, used = yv.c - first, written = CHUNKS(yv.c, TO) * TO - first;
    const size_t from = view_at(xv, at.n, first / FROM, at.y, at.x),
                 to = view_at(yv, at.n, first / TO, at.y, at.x);
#pragma unroll
    for (int lane = 0; lane < LANES; lane++)
        if (lane < written)
            y[to + (size_t)(lane / TO) * yv.plane + lane % TO] =
                lane < used ? x[from + (size_t)(lane / FROM) * xv.plane + lane % FROM] : 0.0f;
}
