/* Winograd's output transform for F(m x m, 3x3), m = WINO_M (winograd.clh has the matrices), behind
 * winograd_input and winograd_gemm:
 *
 *   y = act(A^T M A + bias)         the m x m pixels of tile p; with s.pool the largest of each 2 x 2 of them
 *
 *   M     [XI][P][K/CB][CB]         XI = (m + 2)^2; P tiles of this call, rounded up; K rounded up to a
 *                                 multiple of CB
 *   bias  [K rounded up to CB]
 *   y     [N][K/CB][H][W][CB] by its view
 *
 * A work-item makes the pixels of one tile of PART_LANES filters: CB, or 1 on GPUs.
 * Global size (K/PART_LANES, tiles).
 * Local memory: none.
 */
#if !defined(CB)
#error "winograd_output.cl: CB comes from wcl__winograd_params"
#endif
#include "conv/winograd_output.clh"

kernel void winograd_output(global const float *restrict m, global const float *restrict bias,
                            global float *restrict y, const view yv, const wino_shape s)
{
    const int k = (int)get_global_id(0), p = (int)get_global_id(1);
    if (k / PARTS * CB >= yv.c || p >= s.tiles)
        return;
    part t[WINO_M][WINO_TILE];
    global const float *mp = m + (size_t)p * s.k_blocks * CB + (size_t)k * PART_LANES;
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
