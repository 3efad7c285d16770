/* Transpose: a copy with other steps, or a view where only the channels move. */
#include "ops/shape/region.h"
#include "ops/registry.h"
#include "ops/value.h"
#include "base/error.h"

static wcl_status infer(wcl__op_node *node)
{
    size_t count = 0;
    const wcl__value *x = node->inputs[0];
    const int64_t *perm = wcl__attr_ints(node, "perm", &count);
    wcl__shape shape = {.rank = x->shape.rank};
    unsigned seen = 0;
    if (perm && count != (size_t)x->shape.rank)
        return wcl__fail(WCL_BAD_SHAPE, "perm has %zu entries for a tensor of %d dimensions", count,
                         x->shape.rank);
    for (int d = 0; d < shape.rank; d++) {
        const int64_t from = perm ? perm[d] : shape.rank - 1 - d;
        if (from < 0 || from >= shape.rank || (seen >> from & 1))
            return wcl__fail(WCL_BAD_SHAPE, "perm is no permutation of %d dimensions", shape.rank);
        seen |= 1u << from;
        node->desc.perm[d] = from;
        shape.dims[d] = x->shape.dims[from];
    }
    wcl__output_set(node, 0, x->type, &shape);
    return wcl__need_float_or_known(node);
}

static bool moves_nothing(const wcl__op_node *node)
{
    for (int d = 0; d < node->outputs[0]->shape.rank; d++)
        if (node->desc.perm[d] != d)
            return false;
    return true;
}

static void transpose_region(const wcl__op_node *node, wcl__region *region)
{
    int64_t from[WCL_MAX_RANK];
    const wcl__shape *y = &node->outputs[0]->shape;
    *region = (wcl__region){.walk = {.rank = y->rank}};
    wcl__packed_steps(&node->inputs[0]->shape, from);
    wcl__packed_steps(y, region->walk.step[1]);
    for (int d = 0; d < y->rank; d++) {
        region->walk.dims[d] = y->dims[d];
        region->walk.step[0][d] = from[node->desc.perm[d]];
    }
}

static wcl_status fold(wcl__op_node *node)
{
    return wcl__region_fold(node, transpose_region);
}

static const char *configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                             void *params)
{
    wcl__region region;
    (void)target;
    (void)offer;
    transpose_region(node, &region);
    wcl__strided_configure(&region, params);
    return NULL;
}

static wcl_status emit_region(const wcl__emit *emit)
{
    wcl__region region;
    transpose_region(emit->node, &region);
    return wcl__region_emit(emit, WCL__CONFIG(wcl__strided_params, &emit->way->config), emit->in[0],
                            emit->out[0], &region);
}

/* ---- without moving anything: the same memory, whose dimensions are told in another order */

/* Does the Transpose bring the channels from the last dimension to dimension 1, or (to_last) the
 * other way? */
static bool moves_channels(const wcl__op_node *node, bool to_last)
{
    const int rank = node->outputs[0]->shape.rank;
    const int64_t *perm = node->desc.perm;
    if (rank < 3 || rank > 4 || perm[0] != 0 || node->outputs[0]->type != WCL_FLOAT32)
        return false;
    for (int d = 1; d < rank; d++) {
        const int64_t first = d == 1 ? rank - 1 : d - 1, last = d == rank - 1 ? 1 : d + 1;
        if (perm[d] != (to_last ? last : first))
            return false;
    }
    return true;
}

static int view_offers(const wcl__op_node *node, const wcl__target *target, wcl__offer out[WCL__MAX_OFFERS])
{
    const wcl__format_id plain = wcl__format_id_plain(WCL_FLOAT32), nhwc = wcl__format_id_nhwc();
    int count = 0;
    (void)target;
    if (moves_channels(node, false))
        out[count++] = wcl__offer_of(plain, nhwc);
    if (moves_channels(node, true))
        out[count++] = wcl__offer_of(nhwc, plain);
    return count;
}

static const wcl__variant variants[] = {
    {.name = "strided", .family = &wcl__strided_table, .configure = configure, .emit = emit_region},
    {.name = "view", .is_view = true, .offers = view_offers},
};

const wcl__op wcl__op_transpose = {.name = "Transpose",
                                   .since = 1,
                                   .min_inputs = 1,
                                   .max_inputs = 1,
                                   .max_outputs = 1,
                                   .flags = WCL__IS_TRANSPOSE,
                                   .attributes = "perm",
                                   .infer = infer,
                                   .fold = fold,
                                   .moves_nothing = moves_nothing,
                                   .variants = variants,
                                   .variant_count = WCL__COUNT(variants)};
