/* Direct convolution: any window, stride, dilation, padding and grouping.
 *
 *   y[n][k][oy][ox] = act(bias[k] + sum over c, r, s of
 *       x[n][g cg + c][oy SH - PT + r DH][ox SW - PL + s DW] * w[k][c][r][s])          g = k / (K / groups), cg = C / groups
 *
 *   x     [N][C/CBI][H][W][CBI] by its view; cells outside read as 0
 *   w     [ceil(K/CB)][cg][KH][KW][CB]   packed by filters.cl; tail filters are 0
 *   bias  [K rounded up to CB]
 *   y     [N][K/CB][OH][OW][CB] by its view; tail lanes become 0
 *
 * conv_direct: a work-item computes OUT_W neighbouring pixels of CB filters; the lanes are filters, so x is read as scalars.
 * conv_depthwise (groups = C = K, CBI = CB): the lanes are channels.
 * Global size: (ceil(OW / OUT_W), OH, N * ceil(K / CB)). With groups, CB divides K / groups or is 1. Local memory: none.
 */
#if !defined(CB) || !defined(CBI) || !defined(OUT_W) || !defined(ACT)
#error "conv_direct.cl: CB, CBI, OUT_W and ACT come from wcl__conv_direct_params"
#endif
#include "vector.clh"
#include "activation.clh"
#include "cells.clh"

/* host/kernels/conv_direct.c has the same struct */
typedef struct {
    int group_channels, group_filters;
    int kh, kw, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    float a, b;
} conv_shape;

/* Writes the pixels that exist. */
static inline void store_row(vec *acc, global const float *bias, global float *y, const view yv, const conv_shape s, int n, int kb, int oy,
                             int ox)
{
    const vec shift = vec_load(bias + (size_t)kb * CB);
#pragma unroll
    for (int i = 0; i < OUT_W; i++)
        if (ox + i < yv.w) {
            const vec v = acc[i] + shift;
            const vec result = activate(v, s.a, s.b);
            vec_store(zero_tail(result, yv.c - kb * CB), y + view_at(yv, n, kb, oy, ox + i));
        }
}

kernel void conv_direct(global const float *restrict x, global const float *restrict w, global const float *restrict bias,
                        global float *restrict y, const view xv, const view yv, const conv_shape s)
{
    const int ox = (int)get_global_id(0) * OUT_W, oy = (int)get_global_id(1);
    const int blocks = CHUNKS(yv.c, CB), n = (int)get_global_id(2) / blocks, kb = (int)get_global_id(2) % blocks;
    if (ox >= yv.w || oy >= yv.h || n >= yv.n)
        return;
    const int first = kb * CB / s.group_filters * s.group_channels;
    const size_t taps = (size_t)s.kh * s.kw;
    vec acc[OUT_W];
#pragma unroll
    for (int i = 0; i < OUT_W; i++)
        acc[i] = (vec)(0.0f);
    for (int c = 0; c < s.group_channels; c++) {
        const int channel = first + c;
        global const float *plane = x + view_at(xv, n, channel / CBI, 0, 0) + channel % CBI;
        global const float *filter = w + ((size_t)kb * s.group_channels + c) * taps * CB;
        for (int r = 0; r < s.kh; r++) {
            const int iy = oy * s.stride_h - s.pad_top + r * s.dilation_h;
            if (iy < 0 || iy >= xv.h)
                continue;
            for (int t = 0; t < s.kw; t++) {
                const vec weight = vec_load(filter + (size_t)(r * s.kw + t) * CB);
                const int ix = ox * s.stride_w - s.pad_left + t * s.dilation_w;
#pragma unroll
                for (int i = 0; i < OUT_W; i++) {
                    const int at = ix + i * s.stride_w;
                    const float value = at >= 0 && at < xv.w ? plane[(size_t)iy * xv.row + (size_t)at * xv.pixel] : 0.0f;
                    acc[i] = fma((vec)(value), weight, acc[i]);
                }
            }
        }
    }
    store_row(acc, bias, y, yv, s, n, kb, oy, ox);
}

kernel void conv_depthwise(global const float *restrict x, global const float *restrict w, global const float *restrict bias,
                           global float *restrict y, const view xv, const view yv, const conv_shape s)
{
    const int ox = (int)get_global_id(0) * OUT_W, oy = (int)get_global_id(1);
    const int blocks = CHUNKS(yv.c, CB), n = (int)get_global_id(2) / blocks, kb = (int)get_global_id(2) % blocks;
    if (ox >= yv.w || oy >= yv.h || n >= yv.n)
        return;
    global const float *filter = w + (size_t)kb * s.kh * s.kw * CB;
    vec acc[OUT_W];
#pragma unroll
    for (int i = 0; i < OUT_W; i++)
        acc[i] = (vec)(0.0f);
    for (int r = 0; r < s.kh; r++) {
        const int iy = oy * s.stride_h - s.pad_top + r * s.dilation_h;
        if (iy < 0 || iy >= xv.h)
            continue;
        for (int t = 0; t < s.kw; t++) {
            const vec weight = vec_load(filter + (size_t)(r * s.kw + t) * CB);
            const int ix = ox * s.stride_w - s.pad_left + t * s.dilation_w;
#pragma unroll
            for (int i = 0; i < OUT_W; i++) {
                const int at = ix + i * s.stride_w;
                if (at >= 0 && at < xv.w)
                    acc[i] = fma(vec_load(x + view_at(xv, n, kb, iy, at)), weight, acc[i]);
            }
        }
    }
    store_row(acc, bias, y, yv, s, n, kb, oy, ox);
}
