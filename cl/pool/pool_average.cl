/* The mean of each window.
 *
 *   y[n][c][oy][ox] = sum over r < KH, s < KW of x[n][c][oy*SH - PT + r*DH][ox*SW - PL + s*DW] / count
 *
 * Cells outside the picture are left out; `count` is how many of the window's cells are in the picture or,
 * with include_pad, in the padded picture (a last window of ceil_mode may stick out of both).
 *
 *   x  [N][C/CB][H][W][CB] (view.clh)
 *   y  [N][C/CB][OH][OW][CB]; the tail lanes of the last block become 0
 *
 * A work-item computes one output pixel of CB channels. Global size: cells of y (cells.clh).
 * Local memory: none.
 */
#if !defined(CB)
#error "pool_average.cl: CB comes from wcl__pool_params"
#endif
#include "pool/window.clh"
#include "vector.clh"
#include "cells.clh"
#include "tail.clh"

/* How many of the `taps` cells first, first + step, ... are in low <= cell < high. */
static inline int taps_within(int first, int taps, int step, int low, int high)
{
    int count = 0;
    for (int t = 0; t < taps; t++)
        count += first + t * step >= low && first + t * step < high;
    return count;
}

kernel void pool_average(global const float *restrict x, global float *restrict y, const view xv,
                         const view yv, const window win)
{
    cell at;
    if (!find_cell(yv, CHUNKS(yv.c, CB), get_global_id(0), &at))
        return;
    const int top = at.y * win.stride_h - win.pad_top, left = at.x * win.stride_w - win.pad_left;
    const size_t plane = view_at(xv, at.n, at.chunk, 0, 0);
    vec sum = (vec)(0.0f);
    for (int r = 0; r < win.kh; r++) {
        const int iy = top + r * win.dilation_h;
        if (iy < 0 || iy >= xv.h)
            continue;
        const size_t row = plane + (size_t)iy * xv.row;
        vec row_sum = (vec)(0.0f); /* short chains of additions round less */
        for (int s = 0; s < win.kw; s++) {
            const int ix = left + s * win.dilation_w;
            if (ix >= 0 && ix < xv.w)
                row_sum += vec_load(x + row + (size_t)ix * xv.pixel);
        }
        sum += row_sum;
    }
    const int pads = win.include_pad;
    const int rows = taps_within(top, win.kh, win.dilation_h, pads ? -win.pad_top : 0,
                                 xv.h + (pads ? win.pad_bottom : 0));
    const int columns = taps_within(left, win.kw, win.dilation_w, pads ? -win.pad_left : 0,
                                    xv.w + (pads ? win.pad_right : 0));
    sum /= fmax((float)rows * (float)columns, 1.0f); /* a dilated window can miss the picture */
    vec_store(zero_tail(sum, yv.c - at.chunk * CB), y + view_at(yv, at.n, at.chunk, at.y, at.x));
}
