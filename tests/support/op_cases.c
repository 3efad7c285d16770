#include "support/op_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ref/ref.h"

static int64_t or_one(int64_t value)
{
    return value ? value : 1;
}

static void add_attr(op_case *test, op_attr attr)
{
    size_t i = 0;
    while (i < OP_MOST_ATTRS && test->attrs[i].name)
        i++;
    assert_true(i < OP_MOST_ATTRS);
    test->attrs[i] = attr;
}

/* (n, c, h, w), or (n, c, w) */
static wcl__shape picture(bool one_d, int64_t n, int64_t c, int64_t h, int64_t w)
{
    return one_d ? wcl__shape_of(3, (int64_t[]){n, c, w}) : wcl__shape_of(4, (int64_t[]){n, c, h, w});
}

/* An attribute of one or two numbers for each dimension of the picture. */
static op_attr plane_attr(bool one_d, const char *name, const int64_t *values, size_t groups)
{
    op_attr attr = {.name = name, .kind = WCL_ATTRIBUTE_INTS};
    for (size_t i = 0; i < groups; i++)
        for (size_t d = one_d ? 1 : 0; d < 2; d++)
            attr.ints[attr.count++] = values[2 * i + d];
    return attr;
}

static void add_window(op_case *test, bool one_d, const int64_t kernel[2], const int64_t strides[2],
                       const int64_t dilations[2], const int64_t pads[4], const char *auto_pad)
{
    add_attr(test, plane_attr(one_d, "kernel_shape", kernel, 1));
    if (strides[0] != 1 || strides[1] != 1)
        add_attr(test, plane_attr(one_d, "strides", strides, 1));
    if (dilations[0] != 1 || dilations[1] != 1)
        add_attr(test, plane_attr(one_d, "dilations", dilations, 1));
    if (auto_pad)
        add_attr(test, (op_attr)OP_STRING("auto_pad", auto_pad));
    else if (pads[0] || pads[1] || pads[2] || pads[3])
        add_attr(test, plane_attr(one_d, "pads", pads, 2));
}

static int64_t window_places(int64_t size, int64_t kernel, int64_t stride, int64_t dilation, int64_t pads)
{
    return (size + pads - (kernel - 1) * dilation - 1) / stride + 1;
}

/* ---- Conv */

static void conv_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_conv(&test->desc.conv, inputs[0], inputs[1], inputs[2], y);
}

op_case conv_case(const conv_row *row)
{
    const int64_t n = or_one(row->n), groups = or_one(row->groups);
    const int64_t strides[2] = {or_one(row->strides[0]), or_one(row->strides[1])};
    const int64_t dilations[2] = {or_one(row->dilations[0]), or_one(row->dilations[1])};
    const int64_t oh = window_places(row->h, row->kh, strides[0], dilations[0], row->pads[0] + row->pads[2]);
    const int64_t ow = window_places(row->w, row->kw, strides[1], dilations[1], row->pads[1] + row->pads[3]);
    op_case test = {.name = row->name,
                    .op = "Conv",
                    .input_count = row->no_bias ? 2 : 3,
                    .output = picture(row->one_d, n, row->k, oh, ow),
                    .scale = row->scale,
                    .shift = row->shift,
                    .act = row->act,
                    .cache = row->cache,
                    .reduction = row->c / groups * row->kh * row->kw,
                    .must = row->must,
                    .reference = conv_reference};
    if (row->pool) {
        test.pool = true;
        test.unpooled = test.output;
        test.output = picture(false, n, row->k, oh / 2, ow / 2);
    }
    test.inputs[0].shape = picture(row->one_d, n, row->c, row->h, row->w);
    test.inputs[1].shape = picture(row->one_d, row->k, row->c / groups, row->kh, row->kw);
    if (!row->no_bias)
        test.inputs[2].shape = wcl__shape_of(1, &row->k);
    add_window(&test, row->one_d, (int64_t[]){row->kh, row->kw}, strides, dilations, row->pads,
               row->auto_pad);
    if (groups != 1)
        add_attr(&test, (op_attr)OP_INT("group", groups));
    test.desc.conv = (wcl__conv){n,
                                 row->c,
                                 row->h,
                                 row->w,
                                 row->k,
                                 oh,
                                 ow,
                                 row->kh,
                                 row->kw,
                                 strides[0],
                                 strides[1],
                                 dilations[0],
                                 dilations[1],
                                 row->pads[0],
                                 row->pads[1],
                                 row->pads[2],
                                 row->pads[3],
                                 groups,
                                 {WCL__ACT_NONE, 0, 0}};
    return test;
}

/* ---- pools */

static void pool_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_pool(&test->desc.pool, inputs[0], y);
}

static op_case global_pool_case(const pool_row *row)
{
    op_case test = {.name = row->name, .op = row->op, .input_count = 1, .reference = pool_reference};
    test.inputs[0].shape = picture(row->one_d, or_one(row->n), row->c, row->h, row->w);
    test.output = picture(row->one_d, or_one(row->n), row->c, 1, 1);
    test.reduction = row->h * row->w;
    test.desc.pool = (wcl__pool){or_one(row->n),
                                 row->c,
                                 row->h,
                                 row->w,
                                 1,
                                 1,
                                 row->h,
                                 row->w,
                                 1,
                                 1,
                                 1,
                                 1,
                                 0,
                                 0,
                                 0,
                                 0,
                                 strcmp(row->op, "GlobalAveragePool") == 0,
                                 false};
    return test;
}

op_case pool_case(const pool_row *row)
{
    if (strncmp(row->op, "Global", 6) == 0)
        return global_pool_case(row);
    const int64_t n = or_one(row->n);
    const int64_t strides[2] = {or_one(row->strides[0]), or_one(row->strides[1])};
    const int64_t dilations[2] = {or_one(row->dilations[0]), or_one(row->dilations[1])};
    int64_t oh = window_places(row->h, row->kh, strides[0], dilations[0], row->pads[0] + row->pads[2]);
    int64_t ow = window_places(row->w, row->kw, strides[1], dilations[1], row->pads[1] + row->pads[3]);
    if (row->out[0])
        oh = row->out[0], ow = row->out[1];
    op_case test = {
        .name = row->name, .op = row->op, .opset = row->opset, .input_count = 1, .reference = pool_reference};
    test.inputs[0].shape = picture(row->one_d, n, row->c, row->h, row->w);
    test.output = picture(row->one_d, n, row->c, oh, ow);
    test.reduction = row->kh * row->kw;
    add_window(&test, row->one_d, (int64_t[]){row->kh, row->kw}, strides, dilations, row->pads,
               row->auto_pad);
    if (row->ceil)
        add_attr(&test, (op_attr)OP_INT("ceil_mode", 1));
    if (row->count_include_pad)
        add_attr(&test, (op_attr)OP_INT("count_include_pad", 1));
    test.desc.pool = (wcl__pool){n,
                                 row->c,
                                 row->h,
                                 row->w,
                                 oh,
                                 ow,
                                 row->kh,
                                 row->kw,
                                 strides[0],
                                 strides[1],
                                 dilations[0],
                                 dilations[1],
                                 row->pads[0],
                                 row->pads[1],
                                 row->pads[2],
                                 row->pads[3],
                                 strcmp(row->op, "AveragePool") == 0,
                                 row->count_include_pad};
    return test;
}

/* ---- matrix products */

/* Whether a bias of this shape has something of its own in the dimension that is `from_last` before
 * the last. */
static int64_t spreads(const wcl__shape *shape, int from_last)
{
    return shape->rank > from_last && shape->dims[shape->rank - 1 - from_last] > 1;
}

static void gemm_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__shape *bias = &test->inputs[2].shape;
    const int64_t columns = spreads(bias, 0),
                  strides[2] = {spreads(bias, 1) * (columns ? test->desc.gemm.n : 1), columns};
    wcl__ref_gemm(&test->desc.gemm, inputs[0], inputs[1], inputs[2], strides, y);
}

op_case gemm_case(const gemm_row *row)
{
    const bool has_bias = row->bias.rank >= 0;
    const float alpha = row->alpha != 0 ? row->alpha : 1, beta = row->beta != 0 ? row->beta : 1;
    op_case test = {.name = row->name,
                    .op = "Gemm",
                    .input_count = has_bias ? 3 : 2,
                    .output = OP_SHAPE(row->m, row->n),
                    .scale = row->scale,
                    .shift = row->shift,
                    .act = row->act,
                    .reduction = row->k,
                    .must = row->must,
                    .reference = gemm_reference};
    test.inputs[0].shape =
        wcl__shape_of(2, row->trans_a ? (int64_t[]){row->k, row->m} : (int64_t[]){row->m, row->k});
    test.inputs[1].shape =
        wcl__shape_of(2, row->trans_b ? (int64_t[]){row->n, row->k} : (int64_t[]){row->k, row->n});
    test.inputs[1].constant = !row->moving_b;
    if (has_bias) {
        test.inputs[2].shape = row->bias;
        test.inputs[2].constant = !row->moving_bias;
    }
    if (row->trans_a)
        add_attr(&test, (op_attr)OP_INT("transA", 1));
    if (row->trans_b)
        add_attr(&test, (op_attr)OP_INT("transB", 1));
    if (alpha != 1)
        add_attr(&test, (op_attr)OP_FLOAT("alpha", alpha));
    if (beta != 1)
        add_attr(&test, (op_attr)OP_FLOAT("beta", beta));
    test.desc.gemm = (wcl__gemm){
        1, row->m, row->n, row->k, row->trans_a, row->trans_b, alpha, beta, {WCL__ACT_NONE, 0, 0}};
    return test;
}

/* Writes the matrices that an operand's batch dimensions are broadcast to, one after the other. */
static float *spread_batch(const float *data, const wcl__shape *own, const wcl__shape *batch, int64_t matrix)
{
    const int64_t count = wcl__shape_count(batch);
    float *all = malloc((size_t)(count * matrix) * sizeof *all);
    assert_non_null(all);
    for (int64_t b = 0; b < count; b++) {
        int64_t rest = b, offset = 0, stride = 1;
        for (int i = batch->rank - 1, j = own->rank - 1; j >= 0; i--, j--) {
            offset += own->dims[j] == 1 ? 0 : rest % batch->dims[i] * stride;
            stride *= own->dims[j];
            rest /= batch->dims[i];
        }
        memcpy(all + b * matrix, data + offset * matrix, (size_t)matrix * sizeof *all);
    }
    return all;
}

/* A shape without its last two dimensions. */
static wcl__shape batch_of(const wcl__shape *shape)
{
    return wcl__shape_of(WCL__MAX(shape->rank - 2, 0), shape->dims);
}

static void matmul_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__gemm *gemm = &test->desc.gemm;
    const wcl__shape a = batch_of(&test->inputs[0].shape), b = batch_of(&test->inputs[1].shape);
    const int64_t none[2] = {0, 0};
    wcl__shape batch;
    assert_true(wcl__shape_broadcast(&a, &b, &batch));
    float *left = spread_batch(inputs[0], &a, &batch, gemm->m * gemm->k);
    float *right = spread_batch(inputs[1], &b, &batch, gemm->k * gemm->n);
    wcl__ref_gemm(gemm, left, right, NULL, none, y);
    free(left);
    free(right);
}

op_case matmul_case(const matmul_row *row)
{
    const wcl__shape *a = &row->a, *b = &row->b, a_batch = batch_of(a), b_batch = batch_of(b);
    const int64_t k = a->dims[a->rank - 1], m = a->rank > 1 ? a->dims[a->rank - 2] : 1,
                  n = b->rank > 1 ? b->dims[b->rank - 1] : 1;
    op_case test = {.name = row->name,
                    .op = "MatMul",
                    .input_count = 2,
                    .shift = row->shift,
                    .act = row->act,
                    .reduction = k,
                    .must = row->must,
                    .reference = matmul_reference};
    test.inputs[0].shape = *a;
    test.inputs[1].shape = *b;
    test.inputs[1].constant = !row->moving_b;
    assert_true(wcl__shape_broadcast(&a_batch, &b_batch, &test.output));
    test.desc.gemm =
        (wcl__gemm){wcl__shape_count(&test.output), m, n, k, false, false, 1, 1, {WCL__ACT_NONE, 0, 0}};
    if (a->rank > 1)
        test.output.dims[test.output.rank++] = m;
    if (b->rank > 1)
        test.output.dims[test.output.rank++] = n;
    return test;
}
