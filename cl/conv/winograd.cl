/* Winograd convolution F(m x m, 3x3) in three kernels, m = WINO_M, over blocks of CB channels and PB tiles (winograd.clh has the
 * matrices):
 *
 *   V[xi][p][c] = (B^T d B)[xi]             d: the (m + 2) x (m + 2) cells of channel c that tile p reads, 0 outside the picture
 *   M[xi][p][k] = sum over c of V[xi][p][c] * U[xi][k][c]
 *   y           = act(A^T M A + bias)       the m x m pixels of tile p; with s.pool the largest of each 2 x 2 of them
 *
 *   x, y  [N][C/CB][H][W][CB] by their views
 *   V     [XI][P/PB][C/CB][PB][CB]          XI = (m + 2)^2; P tiles of this call, rounded up to PB; C and K rounded up to CB, K to CB * KB
 *   U     [XI][K/(CB KB)][C][KB][CB]        by filters_winograd (filters.cl), halves with HALF = 1
 *   M     [XI][P][K/CB][CB]
 *
 * winograd_input   a work-item transforms one tile of LANES channels: CB, or 1 on GPUs, whose registers F4's 36 values of 4 channels would not
 *                  fit. Global size (C/LANES, P): tiles beyond the last one become 0.
 * winograd_gemm    a work-item multiplies PB tiles by CB * KB filters for one xi; every load is base + constant, no barrier.
 *                  Global size (P/PB, K/(CB KB), XI). Not there with TILED: winograd_gemm_tiled.cl.
 * winograd_output  a work-item makes the pixels of one tile of LANES filters. Global size (K/LANES, tiles).
 * Local memory: none.
 */
#if !defined(CB) || !defined(PB) || !defined(KB) || !defined(TILED) || !defined(ACT) || !defined(HALF)
#error "winograd.cl: CB, PB, KB, TILED, ACT and HALF come from wcl__winograd_params"
#endif
#include "weights.clh"
#include "conv/winograd_tile.clh"
#include "multiply_add.clh"

kernel void winograd_input(global const float *restrict x, global float *restrict v, const view xv, const wino_shape s)
{
    const int c = (int)get_global_id(0), p = (int)get_global_id(1);
    if (c >= s.c_blocks * PARTS || p >= s.padded)
        return;
    part t[WINO_TILE][WINO_TILE];
    input_columns(t, x, xv, s, c, p);
    global float *out = v + (((size_t)(p / PB) * s.c_blocks + c / PARTS) * PB + p % PB) * CB + c % PARTS * LANES;
    const size_t xi = (size_t)s.padded * s.c_blocks * CB;
#define S(j) t[i][j]
#define D(j, e) part_store((e), out + (size_t)(i * WINO_TILE + j) * xi);
WINO_LOOP
    for (int i = 0; i < WINO_TILE; i++) {
        WINO_BT(D, S)
    }
#undef S
#undef D
}

#if !TILED /* winograd_gemm_tiled.cl has the other one */
kernel void winograd_gemm(global const float *restrict v, global const stored_weight *restrict u, global float *restrict m,
                          const wino_shape s)
{
    const int pb = (int)get_global_id(0), kb = (int)get_global_id(1), xi = (int)get_global_id(2);
    const int channels = s.c_blocks * CB;
    if (pb * PB >= s.padded || kb * KB >= s.k_blocks)
        return;
    global const float *vp = v + ((size_t)xi * s.padded + (size_t)pb * PB) * channels;
    global const stored_weight *up = u + ((size_t)xi * s.k_blocks + (size_t)kb * KB) * channels * CB;
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
                weight[k] = weights_load(up + (lane * KB + k) * CB);
#pragma unroll
            for (int i = 0; i < PB; i++) {
                const vec value = (vec)(vp[i * CB + lane]);
#pragma unroll
                for (int k = 0; k < KB; k++)
                    acc[i][k] = multiply_add(value, weight[k], acc[i][k]);
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
#endif

kernel void winograd_output(global const float *restrict m, global const float *restrict bias, global float *restrict y,
                            const view yv, const wino_shape s)
{
    const int k = (int)get_global_id(0), p = (int)get_global_id(1);
    if (k / PARTS * CB >= yv.c || p >= s.tiles)
        return;
    part t[WINO_M][WINO_TILE];
    global const float *mp = m + (size_t)p * s.k_blocks * CB + (size_t)k * LANES;
    const size_t xi = (size_t)s.padded * s.k_blocks * CB;
#define S(i) part_load(mp + (size_t)((i)*WINO_TILE + j) * xi)
#define D(i, e) t[i][j] = (e);
WINO_LOOP
    for (int j = 0; j < WINO_TILE; j++) {
        WINO_AT(D, S)
    }
#undef S
#undef D
    output_rows(t, bias, y, yv, s, k, p);
}
