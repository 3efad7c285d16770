/* Convolution as a matrix product whose left factor is never stored, for one group: any window, stride,
 * dilation and padding.
 *
 *   y[p][k] = act(bias[k] + sum over c, r, t of x[c][oy SH - PT + r DH][ox SW - PL + t DW] w[k][c][r][t])
 *
 *   p counts the output pixels (n, oy, ox) of all pictures, so that small ones share a work-item
 *   x     [N][C/CB][H][W][CB] by its view; cells outside read as 0
 *   w     [ceil(K/(CB KB))][ceil(C/CB)][KH][KW][CB][KB][CB]: a block of filters, of channels, the taps, then
 *         the rows of a product of CB channels by KB vectors of filters; by pack_gemm, tails are 0
 *   bias  [K rounded up to CB]
 *   y     [N][K/CB][OH][OW][CB] by its view; tail lanes become 0
 *
 * A work-item computes PB pixels by KB vectors of CB filters. For each block of channels and each tap it
 * multiplies PB vectors of x by CB x KB vectors of w; every load there is base + constant, so that a number
 * of x becomes the instruction's operand.
 * GATHER 1: it copies the PB vectors to local memory first, with zeros for padding.
 * GATHER 0: it reads them where they are: windows of one cell, stride 1, no padding, x without borders, and
 *           one picture, or pictures whose size is a multiple of PB, PB pixels at least. The last work-item
 *           begins PB pixels before the end: what it shares with the one before is computed twice and
 *           written once.
 *
 * Global size (ceil(P / PB), ceil(K / (CB KB))), or the other way round with FILTERS_FIRST: the factor that
 * varies fastest should be the one that stays in cache while the other passes. Work-groups of one: local
 * memory, PB CB floats, serves one work-item.
 */
#if !defined(CB) || !defined(PB) || !defined(KB) || !defined(GATHER) || !defined(FILTERS_FIRST)
#error "conv_gemm.cl: CB, PB, KB, GATHER and FILTERS_FIRST come from wcl__conv_gemm_params"
#endif
#include "vector.clh"
#include "pointwise/activation.clh"
#include "cells.clh"
#include "tail.clh"
#include "multiply_add.clh"
#include "conv/pixels.clh"

/* host/kernels/conv/conv_gemm.c has the same struct */
typedef struct {
    int kh, kw, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    float a, b;
} gemm_shape;

#if GATHER
#define SOURCE local
#else
#define SOURCE global
#endif

static inline place next_place(const view v, place at)
{
    if (++at.x == v.w) {
        at.x = 0;
        if (++at.y == v.h) {
            at.y = 0;
            at.n++;
        }
    }
    return at;
}

/* acc += the PB vectors at x times the CB x KB vectors at w. */
static inline void multiply(vec (*acc)[KB], SOURCE const float *x, global const float *w)
{
#pragma unroll
    for (int c = 0; c < CB; c++) {
        vec weight[KB];
#pragma unroll
        for (int k = 0; k < KB; k++)
            weight[k] = vec_load(w + (c * KB + k) * CB);
#pragma unroll
        for (int i = 0; i < PB; i++) {
            const vec value = (vec)(x[i * CB + c]);
#pragma unroll
            for (int k = 0; k < KB; k++)
                acc[i][k] = multiply_add(value, weight[k], acc[i][k]);
        }
    }
}

#if GATHER
/* Where the windows of the work-item's pixels begin: the first cell's row and column, and its offset in
 * channel block 0, which for a cell in the padding may be less than 0: modulo size_t. A pixel beyond the last
 * one has a row so far above the picture that all its cells read as 0. */
typedef struct {
    int y[PB], x[PB];
    size_t at[PB];
} corners;

static inline void find_corners(corners *w, const view xv, const view yv, const gemm_shape s, int first)
{
    place at = place_of(yv, first);
    for (int i = 0; i < PB; i++) {
        w->y[i] = at.n < yv.n ? at.y * s.stride_h - s.pad_top : -(1 << 30);
        w->x[i] = at.x * s.stride_w - s.pad_left;
        w->at[i] = view_at(xv, at.n, 0, w->y[i], w->x[i]);
        at = next_place(yv, at);
    }
}

static inline void gather(local float *cells, global const float *x, const corners *w, const view xv, int dy,
                          int dx, size_t step)
{
    /* Unrolled, compilers would keep some of the vectors in registers that the sums need. */
#pragma unroll 1
    for (int i = 0; i < PB; i++) {
        vec v = (vec)(0.0f);
        if ((uint)(w->y[i] + dy) < (uint)xv.h && (uint)(w->x[i] + dx) < (uint)xv.w)
            v = vec_load(x + (w->at[i] + step));
        vec_store(v, cells + i * CB);
    }
}
#endif

kernel void conv_gemm(global const float *restrict x, global const float *restrict w,
                      global const float *restrict bias, global float *restrict y,
                      local float *restrict cells, const view xv, const view yv, const gemm_shape s)
{
    const int pb = (int)get_global_id(FILTERS_FIRST), kb = (int)get_global_id(1 - FILTERS_FIRST);
    const int pixels = yv.n * yv.h * yv.w, c_blocks = CHUNKS(xv.c, CB), k_blocks = CHUNKS(yv.c, CB);
    if (pb * PB >= pixels || kb * KB >= k_blocks)
        return;
    global const float *wp = w + (size_t)kb * c_blocks * s.kh * s.kw * (CB * KB * CB);
    vec acc[PB][KB];
#pragma unroll
    for (int i = 0; i < PB; i++)
#pragma unroll
        for (int k = 0; k < KB; k++)
            acc[i][k] = (vec)(0.0f);
#if GATHER
    const int first = pb * PB;
    corners windows;
    find_corners(&windows, xv, yv, s, first);
    for (int c = 0; c < c_blocks; c++) {
        for (int r = 0; r < s.kh; r++)
            for (int t = 0; t < s.kw; t++) {
                const int dy = r * s.dilation_h, dx = t * s.dilation_w;
                gather(cells, x, &windows, xv, dy, dx, (size_t)dy * xv.row + (size_t)dx * xv.pixel);
                multiply(acc, cells, wp);
                wp += CB * KB * CB;
            }
        x += xv.plane;
    }
#else
    const int first = min(pb * PB, pixels - PB);
    const place start = place_of(yv, first);
    global const float *xp = x + view_at(xv, start.n, 0, start.y, start.x);
    for (int c = 0; c < c_blocks; c++) {
        multiply(acc, xp, wp);
        xp += xv.plane;
        wp += CB * KB * CB;
    }
#endif
    place at = place_of(yv, first);
#pragma unroll
    for (int i = 0; i < PB; i++) {
        const bool mine = first + i >= pb * PB && first + i < pixels;
#pragma unroll
        for (int k = 0; k < KB; k++) {
            const int block = kb * KB + k;
            if (mine && block < k_blocks) {
                const vec v = acc[i][k] + vec_load(bias + (size_t)block * CB);
                const vec result = activate(v, s.a, s.b);
                vec_store(zero_tail(result, yv.c - block * CB), y + view_at(yv, at.n, block, at.y, at.x));
            }
        }
        at = next_place(yv, at);
    }
}
