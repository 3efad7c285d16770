/* Gemm and MatMul: their shapes. */
#include "ops/dense/dense.h"
#include "ops/registry.h"
#include "base/error.h"

static wcl_status check_floats(const wcl__op_node *node)
{
    for (size_t i = 0; i < node->input_count; i++) {
        const wcl__value *value = wcl__input(node, i);
        const wcl_status status = value ? wcl__need_float(value, node->op->name) : WCL_OK;
        if (status != WCL_OK)
            return status;
    }
    return WCL_OK;
}

static wcl_status bad_shapes(const wcl__shape *a, const wcl__shape *b)
{
    return wcl__fail(WCL_BAD_SHAPE, "%s times %s do not fit", wcl__shape_print(a).text,
                     wcl__shape_print(b).text);
}

static wcl_status infer_gemm(wcl__op_node *node)
{
    const wcl__shape *a = &node->inputs[WCL__DENSE_A]->shape, *b = &node->inputs[WCL__DENSE_B]->shape;
    const wcl__value *c = wcl__input(node, WCL__DENSE_C);
    const bool trans_a = wcl__attr_int(node, "transA", 0) != 0,
               trans_b = wcl__attr_int(node, "transB", 0) != 0;
    wcl_status status = check_floats(node);
    if (status == WCL_OK)
        status = wcl__attr_dropped(node, "broadcast", 7); /* C is broadcast with or without it */
    if (status != WCL_OK)
        return status;
    if (a->rank != 2 || b->rank != 2)
        return wcl__fail(WCL_BAD_SHAPE, "Gemm needs matrices, has %s and %s", wcl__shape_print(a).text,
                         wcl__shape_print(b).text);
    const wcl__shape y = {2, {a->dims[trans_a ? 1 : 0], b->dims[trans_b ? 0 : 1]}};
    if (a->dims[trans_a ? 0 : 1] != b->dims[trans_b ? 1 : 0])
        return bad_shapes(a, b);
    wcl__shape all;
    if (c && (!wcl__shape_broadcast(&y, &c->shape, &all) || !wcl__shape_equal(&y, &all)))
        return wcl__fail(WCL_BAD_SHAPE, "C is %s, the product is %s", wcl__shape_print(&c->shape).text,
                         wcl__shape_print(&y).text);
    node->desc.gemm = (wcl__gemm){.batch = 1,
                                  .m = y.dims[0],
                                  .n = y.dims[1],
                                  .k = a->dims[trans_a ? 0 : 1],
                                  .trans_a = trans_a,
                                  .trans_b = trans_b,
                                  .alpha = wcl__attr_float(node, "alpha", 1.0f),
                                  .beta = wcl__attr_float(node, "beta", 1.0f)};
    wcl__output_set(node, 0, WCL_FLOAT32, &y);
    return WCL_OK;
}

/* numpy's matmul: a vector becomes a matrix of one row or column, which the result loses again; leading
 * dimensions broadcast. */
static wcl_status infer_matmul(wcl__op_node *node)
{
    const wcl__shape *a = &node->inputs[WCL__DENSE_A]->shape, *b = &node->inputs[WCL__DENSE_B]->shape;
    wcl__shape y, a_batch = {0}, b_batch = {0};
    wcl_status status = check_floats(node);
    if (status != WCL_OK)
        return status;
    if (a->rank < 1 || b->rank < 1)
        return wcl__fail(WCL_BAD_SHAPE, "MatMul of a scalar");
    if (a->rank > 2)
        a_batch = wcl__shape_of(a->rank - 2, a->dims);
    if (b->rank > 2)
        b_batch = wcl__shape_of(b->rank - 2, b->dims);
    const int64_t k = a->dims[a->rank - 1];
    if (k != b->dims[b->rank > 1 ? b->rank - 2 : 0] || !wcl__shape_broadcast(&a_batch, &b_batch, &y))
        return bad_shapes(a, b);
    node->desc.gemm = (wcl__gemm){.batch = wcl__shape_count(&y),
                                  .m = a->rank > 1 ? a->dims[a->rank - 2] : 1,
                                  .n = b->rank > 1 ? b->dims[b->rank - 1] : 1,
                                  .k = k,
                                  .alpha = 1.0f,
                                  .beta = 1.0f};
    if (a->rank > 1)
        y.dims[y.rank++] = node->desc.gemm.m;
    if (b->rank > 1)
        y.dims[y.rank++] = node->desc.gemm.n;
    wcl__output_set(node, 0, WCL_FLOAT32, &y);
    return WCL_OK;
}

static double work(const wcl__op_node *node)
{
    const wcl__gemm *gemm = &node->desc.gemm;
    return 2.0 * (double)gemm->batch * (double)gemm->m * (double)gemm->n * (double)gemm->k;
}

static bool has_weights(const wcl__op_node *node)
{
    wcl__dense dense;
    return !wcl__dense_read(node, &dense);
}

static float alpha(const wcl__op_node *node)
{
    return node->desc.gemm.alpha;
}

enum {
    DENSE_FLAGS =
        WCL__ABSORBS_ACT | WCL__ABSORBS_AFFINE | WCL__PACKS_HALF | WCL__CHANNELS_LAST | WCL__HEEDS_FLATTEN
};

const wcl__op wcl__op_gemm = {
    .name = "Gemm",
    .since = 1,
    .min_inputs = 2,
    .max_inputs = 3,
    .max_outputs = 1,
    .flags = DENSE_FLAGS,
    .packs = 1u << WCL__DENSE_B | 1u << WCL__DENSE_C,
    .forced_by = WCL__FORCED_BY_DENSE,
    .attributes = "alpha beta broadcast transA transB",
    .infer = infer_gemm,
    .work = work,
    .has_weights = has_weights,
    .weight_factor = alpha,
    .variants = wcl__dense_variants,
    .variant_count = WCL__DENSE_VARIANTS,
};

const wcl__op wcl__op_matmul = {
    .name = "MatMul",
    .since = 1,
    .min_inputs = 2,
    .max_inputs = 2,
    .max_outputs = 1,
    .flags = DENSE_FLAGS,
    .packs = 1u << WCL__DENSE_B,
    .forced_by = WCL__FORCED_BY_DENSE,
    .attributes = "",
    .infer = infer_matmul,
    .work = work,
    .has_weights = has_weights,
    .variants = wcl__dense_variants,
    .variant_count = WCL__DENSE_VARIANTS,
};
