/* Packs filters for a convolution as a product (conv_gemm.cl, conv_gemm_tiled.cl), rows of the source at a
 * time (host/ops/steps.h, wcl__packing).
 *
 *   src    [rows][C][TAPS]    rows first ... first + rows - 1 of [K][C][TAPS]
 *   dst    [ceil(K/(CB KB))][ceil(C/STEP)][TAPS][STEP][KB][CB]    times scale[k]; floats, or halves
 *          with HALF = 1; starts as zeros where K or C has a tail
 *   scale  [K]
 *
 * A work-item packs one element of a source row, filter first + z; row = C TAPS.
 * Global size (elements of a row, 1, rows). Local memory: none.
 */
#if !defined(CB) || !defined(KB) || !defined(HALF)
#error "pack_gemm.cl: CB, KB and HALF come from wcl__pack_params"
#endif
#include "weights.clh"

kernel void pack_gemm(global const float *restrict src, global stored_weight *restrict dst,
                      global const float *restrict scale, const int row, const int taps, const int step,
                      const int first, const int rows)
{
    const size_t i = get_global_id(0), z = get_global_id(2);
    if (i >= (size_t)row || z >= (size_t)rows)
        return;
    const size_t k = first + z, c = i / taps, tap = i % taps, steps = (row / taps + step - 1) / step;
    const size_t product = ((k / (CB * KB)) * steps + c / step) * taps + tap;
    weights_store(src[z * row + i] * scale[k], dst + (product * step + c % step) * (CB * KB) + k % (CB * KB));
}
