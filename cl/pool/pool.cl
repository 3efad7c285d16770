/* Pooling windows, and pools over whole planes.
 *
 *   pool_max       y[n][c][oy][ox] = max over r < KH, s < KW of x[n][c][oy*SH - PT + r*DH][ox*SW - PL + s*DW]
 *                  cells outside the picture are left out; NaN wins
 *   pool_average   the sum of the same cells, divided by how many of them are in the picture or, with include_pad, in the padded
 *                  picture (a last window of ceil_mode may stick out of both)
 *   pool_global_*  y[n][c][0][0] = max or mean over the plane
 *
 *   x  [N][C/CB][H][W][CB] (view.clh)
 *   y  [N][C/CB][OH][OW][CB]; the tail lanes of the last block become 0
 *
 * pool_max, pool_average: a work-item computes one output pixel of CB channels. Global size: cells of y (cells.clh).
 * pool_global_*: a work-item computes CB channels of one image. Global size: N * C/CB. Local memory: none.
 */
#if !defined(CB)
#error "pool.cl: CB comes from wcl__pool_params"
#endif
#include "pool/larger.clh"
#include "vector.clh"
#include "cells.clh"

/* as in host/kernels/pool/pool.c */
typedef struct {
    int kh, kw, stride_h, stride_w, dilation_h, dilation_w;
    int pad_top, pad_left, pad_bottom, pad_right, include_pad;
} window;

kernel void pool_max(global const float *restrict x, global float *restrict y, const view xv, const view yv, const window win)
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

/* How many of the `taps` cells first, first + step, ... are in low <= cell < high. */
static inline int taps_within(int first, int taps, int step, int low, int high)
{
    int count = 0;
    for (int t = 0; t < taps; t++)
        count += first + t * step >= low && first + t * step < high;
    return count;
}

kernel void pool_average(global const float *restrict x, global float *restrict y, const view xv, const view yv, const window win)
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
    const int rows = taps_within(top, win.kh, win.dilation_h, pads ? -win.pad_top : 0, xv.h + (pads ? win.pad_bottom : 0));
    const int columns = taps_within(left, win.kw, win.dilation_w, pads ? -win.pad_left : 0, xv.w + (pads ? win.pad_right : 0));
    sum /= fmax((float)rows * (float)columns, 1.0f); /* a dilated window can miss the picture */
    vec_store(zero_tail(sum, yv.c - at.chunk * CB), y + view_at(yv, at.n, at.chunk, at.y, at.x));
}

/* Max or sum over a plane. Four accumulators: independent chains keep the adders busy and round less. */
static inline vec reduce_plane(global const float *x, const view v, int n, int block, bool sum)
{
    const bool gapless = v.row == v.w * v.pixel; /* rows follow each other: one long run */
    const int rows = gapless ? 1 : v.h, columns = gapless ? v.h * v.w : v.w;
    const size_t pixel = (size_t)v.pixel;
    vec a = (vec)(sum ? 0.0f : -INFINITY), b = a, c = a, d = a;
    for (int r = 0; r < rows; r++) {
        global const float *p = x + view_at(v, n, block, r, 0);
        int i = 0;
        for (; i + 4 <= columns; i += 4, p += 4 * pixel) {
            const vec xa = vec_load(p), xb = vec_load(p + pixel), xc = vec_load(p + 2 * pixel), xd = vec_load(p + 3 * pixel);
            a = sum ? a + xa : larger(a, xa);
            b = sum ? b + xb : larger(b, xb);
            c = sum ? c + xc : larger(c, xc);
            d = sum ? d + xd : larger(d, xd);
        }
        for (; i < columns; i++, p += pixel) {
            const vec xa = vec_load(p);
            a = sum ? a + xa : larger(a, xa);
        }
    }
    if (sum)
        return (a + b) + (c + d);
    a = larger(a, b);
    c = larger(c, d);
    return larger(a, c);
}

kernel void pool_global_max(global const float *restrict x, global float *restrict y, const view xv, const view yv)
{
    const size_t item = get_global_id(0);
    const int blocks = CHUNKS(yv.c, CB), n = (int)(item / blocks), block = (int)(item - (size_t)n * blocks);
    if (n >= yv.n)
        return;
    vec_store(zero_tail(reduce_plane(x, xv, n, block, false), yv.c - block * CB), y + view_at(yv, n, block, 0, 0));
}

kernel void pool_global_average(global const float *restrict x, global float *restrict y, const view xv, const view yv)
{
    const size_t item = get_global_id(0);
    const int blocks = CHUNKS(yv.c, CB), n = (int)(item / blocks), block = (int)(item - (size_t)n * blocks);
    if (n >= yv.n)
        return;
    const vec mean = reduce_plane(x, xv, n, block, true) / ((float)xv.h * (float)xv.w);
    vec_store(zero_tail(mean, yv.c - block * CB), y + view_at(yv, n, block, 0, 0));
}
