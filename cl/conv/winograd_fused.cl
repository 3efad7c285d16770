/* Winograd convolution F(m x m, 3x3) in one kernel, m = WINO_M, for layers whose filters stay in a cache: a
 * work-item alone in its work-group takes TB tiles, transforms all their channels once, then makes their
 * pixels filter block by filter block. Its V and M are local memory, which a CPU's driver keeps in a buffer
 * of each thread, in the second-level cache (L3 fusion: Gelashvili, Shavit and Zlateski, 2020).
 *
 *   V[xi][p][c] = (B^T d B)[xi]                               the three kernels have the terms
 *   M[xi][p][k] = sum over c of V[xi][p][c] * U[xi][k][c]     for KB * CB filters k at a time
 *   y           = act(A^T M A + bias), with s.pool the largest of each 2 x 2
 *
 *   x, y  [N][C/CB][H][W][CB] by their views
 *   U     [XI][K/(CB KB)][C][KB][CB]        halves with HALF = 1
 *   V     local [XI][TB/PB][C/CB][PB][CB]
 *   M     local [TB][XI][KB][CB], a vector apart
 *
 * Global size (tiles / TB), work-groups of one. Local memory: XI * TB * (C + KB * CB) floats.
 */
#if !defined(CB) || !defined(PB) || !defined(KB) || !defined(ACT) || !defined(HALF)
#error "winograd_fused.cl: CB, PB, KB, ACT and HALF come from wcl__winograd_params"
#endif
#define PART_LANES CB /* a work-item takes whole blocks, in rolled loops */
#define WRITTEN_OUT 0
#include "weights.clh"
#include "conv/winograd_input.clh"
#include "conv/winograd_output.clh"
#include "multiply_add.clh"

/* A tile's floats in M: a vector more than there are, so that the tiles of a block do not share the sets of a
 * cache. */
#define M_TILE ((WINO_XI * KB + 1) * CB)

/* V of a block of PB tiles: v points to its first xi. */
static inline void fill_block(local float *restrict v, global const float *restrict x, const view xv,
                              const wino_shape s, int p0, size_t xi)
{
    for (int c = 0; c < s.c_blocks; c++)
        for (int i0 = 0; i0 < PB; i0++) {
            vec t[WINO_TILE][WINO_TILE];
            input_columns(t, x, xv, s, c, p0 + i0);
            local float *out = v + (c * PB + i0) * CB;
#define S(j) t[i][j]
#define D(j, e) vec_store((e), out + (i * WINO_TILE + j) * xi);
WINO_LOOP
            for (int i = 0; i < WINO_TILE; i++) {
                WINO_BT(D, S)
            }
#undef S
#undef D
        }
}

/* M = V U for PB tiles, KB * CB filters and one xi. */
static inline void multiply_block(local const float *restrict v, global const stored_weight *restrict u,
                                  local float *restrict m, int c_blocks)
{
    vec acc[PB][KB];
#pragma unroll
    for (int i = 0; i < PB; i++)
#pragma unroll
        for (int k = 0; k < KB; k++)
            acc[i][k] = (vec)(0.0f);
    for (int c = 0; c < c_blocks; c++) {
#pragma unroll
        for (int lane = 0; lane < CB; lane++) {
            vec weight[KB];
#pragma unroll
            for (int k = 0; k < KB; k++)
                weight[k] = weights_load(u + (lane * KB + k) * CB);
#pragma unroll
            for (int i = 0; i < PB; i++) {
                const vec value = (vec)(v[i * CB + lane]);
#pragma unroll
                for (int k = 0; k < KB; k++)
                    acc[i][k] = multiply_add(value, weight[k], acc[i][k]);
            }
        }
        v += PB * CB;
        u += CB * KB * CB;
    }
#pragma unroll
    for (int i = 0; i < PB; i++)
#pragma unroll
        for (int k = 0; k < KB; k++)
            vec_store(acc[i][k], m + i * M_TILE + k * CB);
}

kernel void winograd_fused(global const float *restrict x, global const stored_weight *restrict u,
                           global const float *restrict bias, global float *restrict y,
                           local float *restrict v, local float *restrict m, const view xv, const view yv,
                           const wino_shape s)
{
    const int p0 = (int)get_global_id(0) * s.tb, left = min(s.tiles - p0, s.tb);
    const size_t block = (size_t)s.c_blocks * PB * CB, v_xi = s.tb / PB * block;
    for (int b = 0; b * PB < left; b++)
        fill_block(v + b * block, x, xv, s, p0 + b * PB, v_xi);
    for (int kb = 0; kb < s.k_blocks; kb += KB) {
        for (int xi = 0; xi < WINO_XI; xi++) {
            global const stored_weight *filters = u + ((size_t)xi * s.k_blocks + kb) * s.c_blocks * CB * CB;
            for (int b = 0; b * PB < left; b++)
                multiply_block(v + xi * v_xi + b * block, filters, m + b * PB * M_TILE + xi * KB * CB,
                               s.c_blocks);
        }
        for (int p = 0; p < left; p++)
            for (int k = 0; k < KB && (kb + k) * CB < yv.c; k++) {
                vec t[WINO_M][WINO_TILE];
                local const float *mp = m + p * M_TILE + k * CB;
#define S(i) vec_load(mp + ((i)*WINO_TILE + j) * KB * CB)
#define D(i, e) t[i][j] = (e);
WINO_LOOP
                for (int j = 0; j < WINO_TILE; j++) {
                    WINO_AT(D, S)
                }
#undef S
#undef D
                output_rows(t, bias, y, yv, s, kb + k, p0 + p);
            }
    }
}
