/* The largest cell of each window.
 *
 *   y[n][c][oy][ox] = max over r < KH, s < KW of x[n][c][oy*SH - PT + r*DH][ox*SW - PL + s*DW]
 *
 * Cells outside the picture are left out; NaN wins.
 *
 *   x  [N][C/CB][H][W][CB] (view.clh)
 *   y  [N][C/CB][OH][OW][CB]; the tail lanes of the last block become 0
 *
 * A work-item computes one output pixel of CB channels. Global size: cells of y (cells.clh).
 * Local memory: none.
 */
#if !defined(CB)
#error "pool_max.cl: CB comes from wcl__pool_params"
#endif
#include "pool/larger.clh"
#include "pool/window.clh"
#include "vector.clh"
#include "cells.clh"
#include "tail.clh"

kernel void pool_max(global const float *restrict x, global float *restrict y, const view xv, const view yv,
                     const window win)
{
    cell at;
    if (!find_cell(yv, CHUNKS(yv.c, CB), get_global_id(0), &at))
        return;
    const int top = at.y * win.stride_h - win.pad_top, left = at.x * win.stride_w - win.pad_left;
    const size_t plane = view_at(xv, at.n, at.chunk, 0, 0);
    vec most = (vec)(-INFINITY);
    for (int r = 0; r < win.kh; r++) {
        const int iy = top + r * win.dilation_h;
        if (iy < 0 || iy >= xv.h)
            continue;
        const size_t row = plane + (size_t)iy * xv.row;
        for (int s = 0; s < win.kw; s++) {
            const int ix = left + s * win.dilation_w;
            if (ix < 0 || ix >= xv.w)
                continue;
            const vec here = vec_load(x + row + (size_t)ix * xv.pixel);
            most = larger(most, here);
        }
    }
    vec_store(zero_tail(most, yv.c - at.chunk * CB), y + view_at(yv, at.n, at.chunk, at.y, at.x));
}
