/* Winograd convolution F(2x2, 3x3) in three kernels, over blocks of CB channels and PB tiles (winograd.clh has the matrices):
 *
 *   V[xi][p][c] = (B^T d B)[xi]             d: the 4x4 cells of channel c that tile p reads, 0 outside the picture
 *   M[xi][p][k] = sum over c of V[xi][p][c] * U[xi][k][c]
 *   y           = act(A^T M A + bias)       the 2x2 pixels of tile p
 *
 *   x, y  [N][C/CB][H][W][CB] by their views
 *   V     [16][P/PB][C/CB][PB][CB]          P = N * TY * TX tiles, rounded up to PB; C and K rounded up to CB, K to CB * KB
 *   U     [16][K/(CB KB)][C][KB][CB]        by winograd_filter (filters.cl)
 *   M     [16][P][K/CB][CB]
 *
 * winograd_input   a work-item transforms one tile of CB channels. Global size (C/CB, P): tiles beyond the last one become 0.
 * winograd_gemm    a work-item multiplies PB tiles by CB * KB filters for one xi; every load is base + constant, no barrier.
 *                  Global size (P/PB, K/(CB KB), 16).
 * winograd_output  a work-item makes the pixels of one tile of CB filters. Global size (K/CB, tiles).
 * Local memory: none.
 */
#if !defined(CB) || !defined(PB) || !defined(KB) || !defined(ACT)
#error "winograd.cl: CB, PB, KB and ACT come from wcl__winograd_params"
#endif
#include "vector.clh"
#include "activation.clh"
#include "cells.clh"
#include "winograd.clh"

/* host/kernels/winograd.c has the same struct */
typedef struct {
    int tiles_y, tiles_x, tiles; /* of a picture's rows and columns; of all pictures */
    int padded;                  /* tiles, rounded up to PB */
    int c_blocks, k_blocks;      /* of CB channels; k_blocks is a multiple of KB */
    int pad_top, pad_left;
    float a, b;
} wino_shape;

kernel void winograd_input(global const float *restrict x, global float *restrict v, const view xv, const wino_shape s)
{
    const int c = (int)get_global_id(0), p = (int)get_global_id(1);
    if (c >= s.c_blocks || p >= s.padded)
        return;
    vec d[WINO_TILE][WINO_TILE], t[WINO_TILE][WINO_TILE];
    const int n = p / (s.tiles_y * s.tiles_x), in_picture = p % (s.tiles_y * s.tiles_x);
    const int y0 = in_picture / s.tiles_x * WINO_M - s.pad_top, x0 = in_picture % s.tiles_x * WINO_M - s.pad_left;
    const bool real = p < s.tiles;
#pragma unroll
    for (int i = 0; i < WINO_TILE; i++)
#pragma unroll
        for (int j = 0; j < WINO_TILE; j++) {
            const int iy = y0 + i, ix = x0 + j;
            const bool inside = real && iy >= 0 && iy < xv.h && ix >= 0 && ix < xv.w;
            d[i][j] = (vec)(0.0f);
            if (inside)
                d[i][j] = vec_load(x + view_at(xv, n, c, iy, ix));
        }
#pragma unroll
    for (int j = 0; j < WINO_TILE; j++)
        WINO_BT(d[0][j], d[1][j], d[2][j], d[3][j], t[0][j], t[1][j], t[2][j], t[3][j]);
    global float *out = v + (((size_t)(p / PB) * s.c_blocks + c) * PB + p % PB) * CB;
    const size_t xi = (size_t)s.padded * s.c_blocks * CB;
#pragma unroll
    for (int i = 0; i < WINO_TILE; i++) {
        vec o[WINO_TILE];
        WINO_BT(t[i][0], t[i][1], t[i][2], t[i][3], o[0], o[1], o[2], o[3]);
#pragma unroll
        for (int j = 0; j < WINO_TILE; j++)
            vec_store(o[j], out + (size_t)(i * WINO_TILE + j) * xi);
    }
}

kernel void winograd_gemm(global const float *restrict v, global const float *restrict u, global float *restrict m, const wino_shape s)
{
    const int pb = (int)get_global_id(0), kb = (int)get_global_id(1), xi = (int)get_global_id(2);
    const int channels = s.c_blocks * CB;
    if (pb * PB >= s.padded || kb * KB >= s.k_blocks)
        return;
    global const float *vp = v + ((size_t)xi * s.padded + (size_t)pb * PB) * channels;
    global const float *up = u + ((size_t)xi * s.k_blocks + (size_t)kb * KB) * channels * CB;
    vec acc[PB][KB];
#pragma unroll
    for (int i = 0; i < PB; i++)
#pragma unroll
        for (int k = 0; k < KB; k++)
            acc[i][k] = (vec)(0.0f);
    for (int c = 0; c < s.c_blocks; c++) {
#pragma unroll
        for (int lane = 0; lane < CB; lane++) {
            vec weight[KB];
#pragma unroll
            for (int k = 0; k < KB; k++)
                weight[k] = vec_load(up + (lane * KB + k) * CB);
#pragma unroll
            for (int i = 0; i < PB; i++) {
                const vec value = (vec)(vp[i * CB + lane]);
#pragma unroll
                for (int k = 0; k < KB; k++)
                    acc[i][k] = fma(value, weight[k], acc[i][k]);
            }
        }
        vp += PB * CB;
        up += CB * KB * CB;
    }
    global float *mp = m + (((size_t)xi * s.padded + (size_t)pb * PB) * s.k_blocks + (size_t)kb * KB) * CB;
#pragma unroll
    for (int i = 0; i < PB; i++)
#pragma unroll
        for (int k = 0; k < KB; k++)
            vec_store(acc[i][k], mp + ((size_t)i * s.k_blocks + k) * CB);
}

kernel void winograd_output(global const float *restrict m, global const float *restrict bias, global float *restrict y, const view yv,
                            const wino_shape s)
{
    const int k = (int)get_global_id(0), p = (int)get_global_id(1);
    if (k * CB >= yv.c || p >= s.tiles)
        return;
    vec t[WINO_M][WINO_TILE];
    global const float *mp = m + ((size_t)p * s.k_blocks + k) * CB;
    const size_t xi = (size_t)s.padded * s.k_blocks * CB;
#pragma unroll
    for (int j = 0; j < WINO_TILE; j++) {
        vec d[WINO_TILE];
#pragma unroll
        for (int i = 0; i < WINO_TILE; i++)
            d[i] = vec_load(mp + (size_t)(i * WINO_TILE + j) * xi);
        WINO_AT(d[0], d[1], d[2], d[3], t[0][j], t[1][j]);
    }
    const int n = p / (s.tiles_y * s.tiles_x), in_picture = p % (s.tiles_y * s.tiles_x);
    const int y0 = in_picture / s.tiles_x * WINO_M, x0 = in_picture % s.tiles_x * WINO_M;
    const vec shift = vec_load(bias + (size_t)k * CB);
#pragma unroll
    for (int i = 0; i < WINO_M; i++) {
        vec o[WINO_M];
        WINO_AT(t[i][0], t[i][1], t[i][2], t[i][3], o[0], o[1]);
#pragma unroll
        for (int j = 0; j < WINO_M; j++)
            if (y0 + i < yv.h && x0 + j < yv.w) {
                const vec pixel = o[j] + shift;
                const vec result = activate(pixel, s.a, s.b);
                vec_store(zero_tail(result, yv.c - k * CB), y + view_at(yv, n, k, y0 + i, x0 + j));
            }
    }
}
