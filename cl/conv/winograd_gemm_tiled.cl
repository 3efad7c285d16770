/* The Winograd domain's batched product for GPUs: the same formula and buffers as winograd_gemm.cl, by
 * work-groups that share their operands in local memory (tiled.clh; Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks", 2015, 4.1).
 *
 *   M[xi][p][k] = sum over c of V[xi][p][c] * U[xi][k][c]
 *
 *   V  [XI][P/PB][C/CB][PB][CB]   P is a multiple of PB, C of CB
 *   U  [XI][K/(CB KB)][C][KB][CB], halves with HALF = 1
 *   M  [XI][P][K/CB][CB]
 *
 * A work-group makes PB tiles by CB KB filters for one xi: a step's part of V is one contiguous run, too.
 * Neighbouring work-items have neighbouring filters, and write neighbouring words of M.
 * Global size (K/FILTERS * FILTERS/IK, P/PB * PB/IP, XI), work-group (FILTERS/IK, PB/IP). V, U and M are
 * aligned to 16 bytes.
 * Local memory: tiled.clh.
 */
typedef struct {
    global const float4 *v;
} operand;
#include "conv/tiled.clh"

/* host/kernels/conv/winograd_tiled.c has the same struct */
typedef struct {
    int padded;   /* tiles, a multiple of PB */
    int channels; /* a multiple of CB */
    int k_blocks; /* blocks of CB filters, a multiple of KB */
} product_shape;

static inline void load_rows(loaded *next, operand *from, int item, int count)
{
#pragma unroll
    for (int i = 0; i < LOAD_A; i++) {
        next->a[i] = (float4)(0.0f);
        if (count == KS || item + i * ITEMS < count * (PB / 4))
            next->a[i] = from->v[item + i * ITEMS];
    }
    from->v += count * (PB / 4);
}

kernel __attribute__((reqd_work_group_size(GROUP_K, GROUP_P, 1))) SUBGROUP_ATTRIBUTE void
winograd_gemm_tiled(global const float4 *restrict v, global const weights4 *restrict u,
                    global float4 *restrict m, const product_shape s)
{
    local float4 a[BUFFERS * A4], b[BUFFERS * B4];
    const int x = (int)get_local_id(0), y = (int)get_local_id(1);
    const int kb = (int)get_group_id(0), pb = (int)get_group_id(1), xi = (int)get_group_id(2);
    operand from = {v + ((size_t)xi * s.padded + (size_t)pb * PB) * s.channels / 4};
    sums acc;
    multiply(&acc, &from, u + ((size_t)xi * s.k_blocks + (size_t)kb * KB) * CB * s.channels / 4, a, b,
             y * GROUP_K + x, y, x, (s.channels - 1) % KS + 1, s.channels);
    global float4 *mp =
        m + (((size_t)xi * s.padded + (size_t)pb * PB) * s.k_blocks + (size_t)kb * KB) * (CB / 4) + x;
#pragma unroll
    for (int i = 0; i < IP; i++) {
        const int tile = (i / 4 * GROUP_P + y) * 4 + i % 4;
#pragma unroll
        for (int j = 0; j < IK / 4; j++)
            mp[(size_t)tile * s.k_blocks * (CB / 4) + j * GROUP_K] = four_of(&acc, i, j);
    }
}
