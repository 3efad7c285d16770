/* Packs the weights of a dense layer that has them input by input, rows of the source at a time
 * (host/ops/steps.h, wcl__packing).
 *
 *   src    [rows][row]    rows first ... first + rows - 1 of [I][row], of which `outputs` columns from
 *          first_output on are packed
 *   dst    as dense.clh says, times scale[o]; floats, or halves with HALF = 1; starts as zeros where it has
 *          tails
 *   scale  [outputs that are packed]
 *
 * A work-item packs one element of a source row, input first + z.
 * Global size (packed elements of a row, 1, rows). Local memory: none.
 */
#if !defined(HALF)
#error "pack_dense_columns.cl: HALF comes from wcl__pack_params"
#endif
#include "weights.clh"
#include "pack/dense.clh"

kernel void pack_dense_columns(global const float *restrict src, global stored_weight *restrict dst,
                               global const float *restrict scale, const packed_dense s, const int first,
                               const int rows)
{
    const size_t o = get_global_id(0), z = get_global_id(2);
    if (o >= (size_t)s.outputs || z >= (size_t)rows)
        return;
    weights_store(src[z * s.row + s.first_output + o] * scale[o], dst + packed_at(s, o, first + z));
}
