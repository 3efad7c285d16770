/* Transforms 3x3 filters for Winograd's products (conv/winograd.clh), rows of the source at a time
 * (host/ops/steps.h, wcl__packing).
 *
 *   src    [rows][C][3][3]    rows first ... first + rows - 1 of [K][C][3][3]
 *   dst    [XI][ceil(K/(CB KB))][C rounded up to CB][KB][CB]    U = G g G^T, times scale[k]; floats,
 *          or halves with HALF = 1; starts as zeros where K or C has a tail
 *   scale  [K]
 *
 * A work-item packs one channel of filter first + z.
 * Global size (channels, 1, rows). Local memory: none.
 */
#if !defined(CB) || !defined(KB) || !defined(WINO_M) || !defined(HALF)
#error "pack_winograd.cl: CB, KB, WINO_M and HALF come from wcl__pack_params"
#endif
#include "weights.clh"
#include "conv/winograd.clh"

kernel void pack_winograd(global const float *restrict src, global stored_weight *restrict dst,
                          global const float *restrict scale, const int channels, const int c_padded,
                          const int k_padded, const int first, const int rows)
{
    const size_t c = get_global_id(0), z = get_global_id(2);
    if (c >= (size_t)channels || z >= (size_t)rows)
        return;
    const size_t k = first + z;
    global const float *g = src + (z * channels + c) * 9;
    float t[WINO_TILE][3];
#define S(i) g[3 * (i) + j]
#define D(i, e) t[i][j] = (e);
#pragma unroll
    for (int j = 0; j < 3; j++) {
        WINO_G(D, S)
    }
#undef S
#undef D
    global stored_weight *out = dst + ((k / (CB * KB)) * c_padded + c) * (CB * KB) + k % (CB * KB);
#define S(j) t[i][j]
#define D(j, e) weights_store((e)*scale[k], out + (size_t)(i * WINO_TILE + j) * c_padded * k_padded);
#pragma unroll
    for (int i = 0; i < WINO_TILE; i++) {
        WINO_G(D, S)
    }
#undef S
#undef D
}
