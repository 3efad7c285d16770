/* The product in Winograd's domain, between winograd_input and winograd_output:
 *
 *   M[xi][p][k] = sum over c of V[xi][p][c] * U[xi][k][c]
 *
 *   V  [XI][P/PB][C/CB][PB][CB]     XI = (m + 2)^2; P tiles of this call, rounded up to PB; C rounded up to
 *                                   CB, K to CB * KB
 *   U  [XI][K/(CB KB)][C][KB][CB]   by pack_winograd, halves with HALF = 1
 *   M  [XI][P][K/CB][CB]
 *
 * A work-item multiplies PB tiles by CB * KB filters for one xi; every load is base + constant, no barrier.
 * It knows no m.
 * Global size (P/PB, K/(CB KB), XI). Local memory: none. GPUs run winograd_gemm_tiled.cl.
 */
#if !defined(CB) || !defined(PB) || !defined(KB) || !defined(HALF)
#error "winograd_gemm.cl: CB, PB, KB and HALF come from wcl__winograd_params"
#endif
#include "weights.clh"
#include "conv/winograd_shape.clh"
#include "multiply_add.clh"

kernel void winograd_gemm(global const float *restrict v, global const stored_weight *restrict u,
                          global float *restrict m, const wino_shape s)
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
