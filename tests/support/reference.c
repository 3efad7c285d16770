#include "support/reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ref/ref.h"
#include "support/network.h"
#include "support/support.h"

static const float norm_epsilon = 1e-5f, leak = 0.01f; /* what ONNX takes where the attribute is absent */

const net_array *reference_find(const reference_run *run, const char *name)
{
    for (int i = 0; i < run->count; i++)
        if (strcmp(run->arrays[i].name, name) == 0)
            return &run->arrays[i];
    fail_msg("the reference has no %s", name);
    return NULL;
}

void reference_clear(reference_run *run)
{
    for (int i = 0; i < run->count; i++)
        free(run->arrays[i].data);
    run->count = 0;
}

static net_array *add_array(reference_run *run, const char *name, const wcl__shape *shape)
{
    assert_true(run->count < ARRAY_MOST);
    net_array *array = &run->arrays[run->count++];
    snprintf(array->name, sizeof array->name, "%s", name);
    array->shape = *shape;
    array->data = malloc((size_t)wcl__shape_count(shape) * sizeof(float));
    assert_non_null(array->data);
    return array;
}

/* Seeded by the place in the table, so that model and reference agree. */
static void fill(net_array *array, uint64_t ordinal, bool positive)
{
    const int64_t count = wcl__shape_count(&array->shape);
    test_fill(array->data, count, ordinal, 0.5);
    for (int64_t i = 0; positive && i < count; i++)
        array->data[i] = fabsf(array->data[i]) + 0.5f;
}

static wcl__ref_array as_ref(const net_array *array)
{
    return (wcl__ref_array){array->shape, array->data};
}

/* ---- the operators: each gives the output's shape, and values where y is there */

typedef struct step {
    const net_row *row;
    const net_array *in[5];
    int inputs;
    wcl__shape shape;
    double *y; /* NULL: only the shape is wanted */
} step;

static void conv_step(step *s)
{
    const int64_t *x = s->in[0]->shape.dims, *w = s->in[1]->shape.dims, pad = s->row->ints[0];
    const int64_t stride = s->row->ints[1] ? s->row->ints[1] : 1,
                  groups = s->row->ints[2] ? s->row->ints[2] : 1;
    const wcl__conv conv = {.n = x[0],
                            .c = x[1],
                            .h = x[2],
                            .w = x[3],
                            .k = w[0],
                            .kh = w[2],
                            .kw = w[3],
                            .oh = (x[2] + 2 * pad - w[2]) / stride + 1,
                            .ow = (x[3] + 2 * pad - w[3]) / stride + 1,
                            .stride_h = stride,
                            .stride_w = stride,
                            .dilation_h = 1,
                            .dilation_w = 1,
                            .pad_top = pad,
                            .pad_left = pad,
                            .pad_bottom = pad,
                            .pad_right = pad,
                            .groups = groups};
    s->shape = (wcl__shape){4, {conv.n, conv.k, conv.oh, conv.ow}};
    if (s->y)
        wcl__ref_conv(&conv, s->in[0]->data, s->in[1]->data, s->inputs > 2 ? s->in[2]->data : NULL, s->y);
}

static void pool_step(step *s)
{
    const int64_t *x = s->in[0]->shape.dims;
    const bool global = strncmp(s->row->op, "Global", 6) == 0;
    const int64_t *v = s->row->ints, pad = global ? 0 : v[1], dilation = !global && v[2] ? v[2] : 1;
    const int64_t kh = global ? x[2] : v[0], kw = global ? x[3] : v[0];
    const wcl__pool pool = {.n = x[0],
                            .c = x[1],
                            .h = x[2],
                            .w = x[3],
                            .oh = (x[2] + 2 * pad - (kh - 1) * dilation - 1) / kh + 1,
                            .ow = (x[3] + 2 * pad - (kw - 1) * dilation - 1) / kw + 1,
                            .kh = kh,
                            .kw = kw,
                            .stride_h = kh,
                            .stride_w = kw,
                            .dilation_h = dilation,
                            .dilation_w = dilation,
                            .pad_top = pad,
                            .pad_left = pad,
                            .pad_bottom = pad,
                            .pad_right = pad,
                            .average = strstr(s->row->op, "Average") != NULL};
    s->shape = (wcl__shape){4, {pool.n, pool.c, pool.oh, pool.ow}};
    if (s->y)
        wcl__ref_pool(&pool, s->in[0]->data, s->y);
}

static void norm_step(step *s)
{
    s->shape = s->in[0]->shape;
    const int64_t n = s->shape.dims[0], c = s->shape.dims[1];
    const wcl__ref_batchnorm norm = {n,
                                     c,
                                     wcl__shape_count(&s->shape) / (n * c),
                                     s->in[1]->data,
                                     s->in[2]->data,
                                     s->in[3]->data,
                                     s->in[4]->data,
                                     norm_epsilon};
    if (s->y)
        wcl__ref_batchnorm_run(&norm, s->in[0]->data, s->y);
}

static void binary_step(step *s)
{
    static const char kinds[] = "ASMD"; /* Add, Sub, Mul, Div */
    const wcl__ref_array a = as_ref(s->in[0]), b = as_ref(s->in[1]);
    assert_true(wcl__shape_broadcast(&a.shape, &b.shape, &s->shape));
    if (s->y)
        wcl__ref_binary("+-*/"[strchr(kinds, s->row->op[0]) - kinds], &a, &b, s -> y);
}

static void dense_step(step *s)
{
    const int64_t *a = s->in[0]->shape.dims, *b = s->in[1]->shape.dims, strides[2] = {0, 1};
    const wcl__gemm gemm = {.batch = 1, .m = a[0], .n = b[1], .k = a[1], .alpha = 1.0f, .beta = 1.0f};
    s->shape = (wcl__shape){2, {gemm.m, gemm.n}};
    if (s->y)
        wcl__ref_gemm(&gemm, s->in[0]->data, s->in[1]->data, s->inputs > 2 ? s->in[2]->data : NULL, strides,
                      s->y);
}

static void transpose_step(step *s)
{
    const wcl__ref_array x = as_ref(s->in[0]);
    s->shape = x.shape;
    for (int d = 0; d < x.shape.rank; d++)
        s->shape.dims[d] = x.shape.dims[s->row->ints[d]];
    if (s->y)
        wcl__ref_transpose(&x, s->row->ints, s->y);
}

static void concat_step(step *s)
{
    const int axis = (int)s->row->ints[0];
    wcl__ref_array inputs[5];
    s->shape = s->in[0]->shape;
    for (int i = 0; i < s->inputs; i++) {
        inputs[i] = as_ref(s->in[i]);
        s->shape.dims[axis] += i > 0 ? inputs[i].shape.dims[axis] : 0;
    }
    if (s->y)
        wcl__ref_concat(inputs, (size_t)s->inputs, axis, s->y);
}

/* Reshape, Flatten, Identity, Dropout: the same values. */
static void view_step(step *s)
{
    const wcl__shape *x = &s->in[0]->shape;
    const int64_t count = wcl__shape_count(x);
    s->shape = *x;
    if (strcmp(s->row->op, "Reshape") == 0) {
        s->shape = wcl__shape_of(s->row->count, s->row->ints);
        int64_t known = 1;
        for (int d = 0; d < s->shape.rank; d++)
            known *= s->shape.dims[d] > 0 ? s->shape.dims[d] : 1;
        for (int d = 0; d < s->shape.rank; d++)
            s->shape.dims[d] = s->shape.dims[d] < 0 ? count / known : s->shape.dims[d];
    } else if (strcmp(s->row->op, "Flatten") == 0) {
        s->shape = (wcl__shape){2, {x->dims[0], count / x->dims[0]}};
    }
    for (int64_t i = 0; s->y && i < count; i++)
        s->y[i] = (double)s->in[0]->data[i];
}

static void act_step(step *s)
{
    const wcl__act act = {strcmp(s->row->op, "Relu") == 0        ? WCL__ACT_RELU
                          : strcmp(s->row->op, "LeakyRelu") == 0 ? WCL__ACT_LEAKY_RELU
                          : strcmp(s->row->op, "Tanh") == 0      ? WCL__ACT_TANH
                                                                 : WCL__ACT_SIGMOID,
                          s->row->ints[0] ? (float)s->row->ints[0] / 100 : leak, 0};
    s->shape = s->in[0]->shape;
    if (s->y)
        wcl__ref_act(&act, s->in[0]->data, wcl__shape_count(&s->shape), s->y);
}

static void softmax_step(step *s)
{
    s->shape = s->in[0]->shape;
    const int64_t length = s->shape.dims[s->shape.rank - 1];
    const wcl__softmax softmax = {wcl__shape_count(&s->shape) / length, length, 1, false};
    if (s->y)
        wcl__ref_softmax(&softmax, s->in[0]->data, s->y);
}

static const struct {
    const char *op;
    void (*run)(step *s);
} operators[] = {
    {"Conv", conv_step},
    {"MaxPool", pool_step},
    {"AveragePool", pool_step},
    {"GlobalMaxPool", pool_step},
    {"GlobalAveragePool", pool_step},
    {"BatchNormalization", norm_step},
    {"Add", binary_step},
    {"Sub", binary_step},
    {"Mul", binary_step},
    {"Div", binary_step},
    {"MatMul", dense_step},
    {"Gemm", dense_step},
    {"Transpose", transpose_step},
    {"Concat", concat_step},
    {"Reshape", view_step},
    {"Flatten", view_step},
    {"Identity", view_step},
    {"Dropout", view_step},
    {"Relu", act_step},
    {"LeakyRelu", act_step},
    {"Tanh", act_step},
    {"Sigmoid", act_step},
    {"Softmax", softmax_step},
};

static void run_row(const net_row *row, reference_run *run)
{
    char names[256], *rest = NULL;
    step s = {.row = row};
    snprintf(names, sizeof names, "%s", row->in);
    for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        assert_true(s.inputs < 5);
        s.in[s.inputs++] = reference_find(run, name);
    }
    size_t i = 0;
    while (i < WCL__COUNT(operators) && strcmp(operators[i].op, row->op) != 0)
        i++;
    assert_true(i < WCL__COUNT(operators));
    operators[i].run(&s);
    const int64_t count = wcl__shape_count(&s.shape);
    s.y = calloc((size_t)count, sizeof *s.y);
    assert_non_null(s.y);
    operators[i].run(&s);
    net_array *out = add_array(run, row->out, &s.shape);
    for (int64_t k = 0; k < count; k++)
        out->data[k] = (float)s.y[k];
    free(s.y);
}

static bool reads(const net_table *table, const char *name)
{
    for (int i = 0; i < NODE_MOST && table->nodes[i].op; i++) {
        const char *at = strstr(table->nodes[i].in, name);
        if (at && (at == table->nodes[i].in || at[-1] == ' ') &&
            (at[strlen(name)] == ' ' || !at[strlen(name)]))
            return true;
    }
    return false;
}

static uint64_t ordinal_of(int constant)
{
    return 1000 + (uint64_t)constant;
}

void reference_compute(const net_table *table, reference_run *run)
{
    run->count = 0;
    fill(add_array(run, "x", &table->input), 1, false);
    if (reads(table, "z"))
        fill(add_array(run, "z", &table->input), 2, false);
    for (int i = 0; i < CONSTANT_MOST && table->constants[i].name; i++)
        fill(add_array(run, table->constants[i].name, &table->constants[i].shape), ordinal_of(i),
             table->constants[i].positive);
    for (int i = 0; i < NODE_MOST && table->nodes[i].op; i++)
        run_row(&table->nodes[i], run);
}

/* ---- the model */

static void add_constant(wcl_builder *builder, const net_constant *constant, int index)
{
    reference_run one = {.count = 0};
    net_array *array = add_array(&one, constant->name, &constant->shape);
    fill(array, ordinal_of(index), constant->positive);
    net_floats(builder, constant->name, constant->shape.rank, constant->shape.dims, array->data);
    reference_clear(&one);
}

static wcl_status add_row(wcl_builder *builder, const net_row *row)
{
    const int64_t *v = row->ints;
    const int64_t pads[] = {v[0], v[0], v[0], v[0]}, strides[] = {v[1] ? v[1] : 1, v[1] ? v[1] : 1},
                  window[] = {v[0], v[0]}, sides[] = {v[1], v[1], v[1], v[1]},
                  dilations[] = {v[2] ? v[2] : 1, v[2] ? v[2] : 1};
    wcl_attribute list[4] = {{0}};
    char in[256];
    size_t count = 0;
    snprintf(in, sizeof in, "%s", row->in);
    if (strcmp(row->op, "Conv") == 0) {
        list[count++] = (wcl_attribute){.name = "pads", .kind = WCL_ATTRIBUTE_INTS, .ints = pads, .count = 4};
        list[count++] =
            (wcl_attribute){.name = "strides", .kind = WCL_ATTRIBUTE_INTS, .ints = strides, .count = 2};
        list[count++] = (wcl_attribute){.name = "group", .kind = WCL_ATTRIBUTE_INT, .i = v[2] ? v[2] : 1};
    } else if (strcmp(row->op, "MaxPool") == 0 || strcmp(row->op, "AveragePool") == 0) {
        list[count++] =
            (wcl_attribute){.name = "kernel_shape", .kind = WCL_ATTRIBUTE_INTS, .ints = window, .count = 2};
        list[count++] =
            (wcl_attribute){.name = "strides", .kind = WCL_ATTRIBUTE_INTS, .ints = window, .count = 2};
        list[count++] =
            (wcl_attribute){.name = "pads", .kind = WCL_ATTRIBUTE_INTS, .ints = sides, .count = 4};
        if (v[2])
            list[count++] = (wcl_attribute){
                .name = "dilations", .kind = WCL_ATTRIBUTE_INTS, .ints = dilations, .count = 2};
    } else if (strcmp(row->op, "LeakyRelu") == 0 && v[0]) {
        list[count++] = (wcl_attribute){.name = "alpha", .kind = WCL_ATTRIBUTE_FLOAT, .f = (float)v[0] / 100};
    } else if (strcmp(row->op, "Transpose") == 0) {
        list[count++] = (wcl_attribute){
            .name = "perm", .kind = WCL_ATTRIBUTE_INTS, .ints = v, .count = (size_t)row->count};
    } else if (strcmp(row->op, "Concat") == 0) {
        list[count++] = (wcl_attribute){.name = "axis", .kind = WCL_ATTRIBUTE_INT, .i = v[0]};
    } else if (strcmp(row->op, "Reshape") == 0) {
        char shape[64];
        snprintf(shape, sizeof shape, "%s_shape", row->name);
        net_ints(builder, shape, row->count, v);
        snprintf(in, sizeof in, "%s %s", row->in, shape);
    }
    return net_try(builder, row->op, row->name, in, row->out, list, count);
}

wcl_model *reference_model(const net_table *table)
{
    wcl_builder *builder = net_begin();
    wcl__shape input = table->input;
    if (input.rank > 1)
        input.dims[0] = -1;
    net_input(builder, "x", input.rank, input.dims);
    if (reads(table, "z"))
        net_input(builder, "z", input.rank, input.dims);
    for (int i = 0; i < CONSTANT_MOST && table->constants[i].name; i++)
        add_constant(builder, &table->constants[i], i);
    for (int i = 0; i < NODE_MOST && table->nodes[i].op; i++)
        if (add_row(builder, &table->nodes[i]) != WCL_OK)
            fail_msg("%s: %s", table->nodes[i].name, wcl_last_error()->message);
    return net_end(builder, table->outputs);
}
