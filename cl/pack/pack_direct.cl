/* Packs filters for conv_direct.cl, rows of the source at a time (host/ops/steps.h, wcl__packing); floats.
 *
 *   src    [rows][C][TAPS]                       rows first ... first + rows - 1 of [K][C][TAPS]
 *   dst    [ceil(K/(CB KB))][C][TAPS][KB][CB]    times scale[k]; starts as zeros where K has a tail
 *   scale  [K]
 *
 * A work-item packs one element of a source row, filter first + z; row = C TAPS.
 * Global size (elements of a row, 1, rows). Local memory: none.
 */
#if !defined(CB) || !defined(KB)
#error "pack_direct.cl: CB and KB come from wcl__pack_params"
#endif

kernel void pack_direct(global const float *restrict src, global float *restrict dst,
                        global const float *restrict scale, const int row, const int first, const int rows)
{
    const size_t i = get_global_id(0), z = get_global_id(2);
    if (i >= (size_t)row || z >= (size_t)rows)
        return;
    const size_t k = first + z;
    dst[((k / (CB * KB)) * row + i) * (CB * KB) + k % (CB * KB)] = src[z * row + i] * scale[k];
}
