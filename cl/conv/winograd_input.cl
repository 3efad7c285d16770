/* Winograd's input transform for F(m x m, 3x3), m = WINO_M (winograd.clh has the matrices): the first of
 * three kernels, winograd_gemm and winograd_output behind it.
 *
 *   V[xi][p][c] = (B^T d B)[xi]     d: the (m + 2) x (m + 2) cells of channel c that tile p reads, 0
 *                                   outside the picture
 *
 *   x  [N][C/CB][H][W][CB] by its view
 *   V  [XI][P/PB][C/CB][PB][CB]     XI = (m + 2)^2; P tiles of this call, rounded up to PB; C rounded up to
 *                                   CB
 *
 * A work-item transforms one tile of PART_LANES channels: CB, or 1 on GPUs, whose registers F4's 36 values of
 * 4 channels would not fit. Global size (C/PART_LANES, P): tiles beyond the last one become 0.
 * Local memory: none.
 */
#if !defined(CB) || !defined(PB)
#error "winograd_input.cl: CB and PB come from wcl__winograd_params"
#endif
#include "conv/winograd_input.clh"

kernel void winograd_input(global const float *restrict x, global float *restrict v, const view xv,
                           const wino_shape s)
{
    const int c = (int)get_global_id(0), p = (int)get_global_id(1);
    if (c >= s.c_blocks * PARTS || p >= s.padded)
        return;
    part t[WINO_TILE][WINO_TILE];
    input_columns(t, x, xv, s, c, p);
    global float *out =
        v + (((size_t)(p / PB) * s.c_blocks + c / PARTS) * PB + p % PB) * CB + c % PARTS * PART_LANES;
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
