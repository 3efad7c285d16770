/* Packs the weights of a dense layer that has them output by output, rows of the source at a time
 * (host/ops/steps.h, wcl__packing).
 *
 *   src    [rows][I]    rows first ... first + rows - 1 of the outputs that are packed: [O][I]
 *   dst    as dense.clh says, times scale[o]; floats, or halves with HALF = 1; starts as zeros where it has
 *          tails
 *   scale  [outputs that are packed]
 *
 * A work-item packs one element of a source row, output first + z.
 * Global size (elements of a row, 1, rows). Local memory: none.
 */
#if !defined(HALF)
#error "pack_dense_rows.cl: HALF comes from wcl__pack_params"
#endif
#include "weights.clh"
#include "pack/dense.clh"

kernel void pack_dense_rows(global const float *restrict src, global stored_weight *restrict dst,
                            global const float *restrict scale, const packed_dense s, const int first,
                            const int rows)
{
    const size_t i = get_global_id(0), z = get_global_id(2);
    if (i >= (size_t)s.inputs || z >= (size_t)rows)
        return;
    const size_t o = first + z;
    weights_store(src[z * s.row + i] * scale[o], dst + packed_at(s, o, i));
}
