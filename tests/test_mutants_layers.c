/* Broken kernels must be noticed (support/mutants.h): pools and all that has no weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ref/ref.h"
#include "support/mutants.h"
#include "support/op_cases.h"
#include "support/support.h"

/* ---- what runs: small tables with tails everywhere */

static const pool_row max_rows[] = {
    {"max", "MaxPool", 2, 5, 7, 6, 3, 3, .pads = {1, 1, 1, 1}, .strides = {2, 2}},
    {"max of few", "MaxPool", 2, 5, 3, 4, 1, 1, .strides = {2, 2}},
};
static const pool_row average_rows[] = {
    {"average", "AveragePool", 1, 5, 6, 5, 3, 3, .pads = {1, 1, 1, 1}, .strides = {2, 2}, .ceil = true,
     .count_include_pad = true, .out = {4, 3}},
    {"average, not counted", "AveragePool", 1, 5, 6, 5, 3, 3, .pads = {1, 1, 1, 1}, .strides = {1, 1}},
};
static const pool_row global_rows[] = {
    {"global max", "GlobalMaxPool", 1, 5, 3, 3, .one_d = false},
    {"global average", "GlobalAveragePool", 1, 5, 3, 3, .one_d = false},
};

/* A table of cases, which mutants name. */
typedef enum table {
    MAX,
    AVERAGE,
    GLOBAL,
    LEAKY_RELU,
    HARD_SIGMOID,
    SAME_SHAPE,
    BY_CHANNEL,
    BROADCAST,
    BATCH_NORM,
    LRN,
    SOFTMAX,
    LOG_SOFTMAX,
    GATHER,
    SLICE,
    TOP_K,
    TABLES
} table;
static mutant_table tables[TABLES];

static void act_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_act(&test->desc.act, inputs[0], wcl__shape_count(&test->output), y);
}

static void binary_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__ref_array a = {test->inputs[0].shape, inputs[0]}, b = {test->inputs[1].shape, inputs[1]};
    wcl__ref_binary('-', &a, &b, y);
}

static void batchnorm_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__ref_batchnorm norm = {1, 19, 9, inputs[1], inputs[2], inputs[3], inputs[4], 1e-5f};
    (void)test;
    wcl__ref_batchnorm_run(&norm, inputs[0], y);
}

static void lrn_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_lrn(&test->desc.lrn, inputs[0], y);
}

static void softmax_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_softmax(&test->desc.softmax, inputs[0], y);
}

static void gather_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__ref_array x = {test->inputs[0].shape, inputs[0]};
    wcl__ref_gather(&x, 1, test->inputs[1].ints, 2, y);
}

static void slice_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__ref_array x = {test->inputs[0].shape, inputs[0]};
    wcl__ref_slice(&x, (const int64_t[]){1, 2}, (const int64_t[]){1, 1}, &test->output, y);
}

#define PICTURE OP_RANDOM(1, 19, 3, 3)
#define OUT .output = OP_SHAPE(1, 19, 3, 3)
#define CHANNELS OP_RANDOM(19)

static const float equal_values[] = {2, 1, 2, 2, 0, 1, -3, -3, -3, -3, 7, 7};

static void topk_values(const op_case *test, const float *const *inputs, double *y)
{
    int64_t indices[8];
    wcl__ref_topk(&test->desc.topk, inputs[0], y, indices);
}

static void topk_indices(const op_case *test, const float *const *inputs, int64_t *y)
{
    double values[8];
    wcl__ref_topk(&test->desc.topk, inputs[0], values, y);
}

static const op_case layers[TABLES] = {
    [LEAKY_RELU] = {.name = "leaky relu",
                    .op = "LeakyRelu",
                    .attrs = {OP_FLOAT("alpha", 0.5f)},
                    .inputs = {PICTURE},
                    .input_count = 1,
                    OUT,
                    .reference = act_reference,
                    .desc = {.act = {WCL__ACT_LEAKY_RELU, 0.5f, 0}}},
    [HARD_SIGMOID] = {.name = "hard sigmoid",
                      .op = "HardSigmoid",
                      .attrs = {OP_FLOAT("alpha", 0.5f)},
                      .inputs = {PICTURE},
                      .input_count = 1,
                      OUT,
                      .reference = act_reference,
                      .desc = {.act = {WCL__ACT_HARD_SIGMOID, 0.5f, 0.5f}}},
    [SAME_SHAPE] = {.name = "same shape",
                    .op = "Sub",
                    .inputs = {PICTURE, PICTURE},
                    .input_count = 2,
                    OUT,
                    .act = {WCL__ACT_RELU, 0, 0},
                    .reference = binary_reference},
    [BY_CHANNEL] = {.name = "by channel",
                    .op = "Sub",
                    .inputs = {{.shape = OP_SHAPE(19, 1, 1), .constant = true}, PICTURE},
                    .input_count = 2,
                    OUT,
                    .reference = binary_reference},
    [BROADCAST] = {.name = "broadcast",
                   .op = "Sub",
                   .inputs = {PICTURE, OP_RANDOM(3)},
                   .input_count = 2,
                   OUT,
                   .reference = binary_reference},
    [BATCH_NORM] =
        {.name = "batch-norm",
         .op = "BatchNormalization",
         .inputs = {PICTURE, CHANNELS, CHANNELS, CHANNELS, {.shape = OP_SHAPE(19), .fill = OP_POSITIVE}},
         .input_count = 5,
         OUT,
         .act = {WCL__ACT_SIGMOID, 0, 0},
         .reference = batchnorm_reference},
    [LRN] = {.name = "LRN",
             .op = "LRN",
             .attrs = {OP_INT("size", 3), OP_FLOAT("alpha", 1.0f)},
             .inputs = {PICTURE},
             .input_count = 1,
             OUT,
             .reference = lrn_reference,
             .desc = {.lrn = {1, 19, 3, 3, 3, 1.0f, 0.75f, 1}}},
    [SOFTMAX] = {.name = "softmax",
                 .op = "Softmax",
                 .attrs = {OP_INT("axis", 1)},
                 .inputs = {PICTURE},
                 .input_count = 1,
                 OUT,
                 .reference = softmax_reference,
                 .desc = {.softmax = {1, 19, 9, false}}},
    [LOG_SOFTMAX] = {.name = "log-softmax",
                     .op = "LogSoftmax",
                     .attrs = {OP_INT("axis", 1)},
                     .inputs = {PICTURE},
                     .input_count = 1,
                     OUT,
                     .reference = softmax_reference,
                     .desc = {.softmax = {1, 19, 9, true}}},
    [GATHER] = {.name = "gather",
                .op = "Gather",
                .attrs = {OP_INT("axis", 1)},
                .inputs = {OP_RANDOM(3, 5), OP_INT64(4, 1)},
                .input_count = 2,
                .output = OP_SHAPE(3, 2),
                .reference = gather_reference},
    [SLICE] = {.name = "slice",
               .op = "Slice",
               .inputs = {OP_RANDOM(5, 7), OP_INT64(1, 2), OP_INT64(4, 6)},
               .input_count = 3,
               .output = OP_SHAPE(3, 4),
               .reference = slice_reference},
    [TOP_K] = {.name = "TopK",
               .op = "TopK",
               .inputs = {{.shape = OP_SHAPE(2, 6), .floats = equal_values}, OP_INT64(4)},
               .input_count = 2,
               .output_count = 2,
               .output = OP_SHAPE(2, 4),
               .reference = topk_values,
               .indices = topk_indices,
               .desc = {.topk = {2, 6, 1, 4, true}}},
};

static void add(table at, op_case test)
{
    assert_true(tables[at].count < MUTANT_CASES);
    tables[at].cases[tables[at].count++] = test;
}

#define ADD_ROWS(at, make, rows)                  \
    for (size_t i = 0; i < WCL__COUNT(rows); i++) \
    add(at, make(&(rows)[i]))

static int make_tables(void **state)
{
    (void)state;
    ADD_ROWS(MAX, pool_case, max_rows);
    ADD_ROWS(AVERAGE, pool_case, average_rows);
    ADD_ROWS(GLOBAL, pool_case, global_rows);
    for (int at = LEAKY_RELU; at < TABLES; at++)
        add((table)at, layers[at]);
    return 0;
}

/* ---- mutants */

static const mutant mutants[] = {
    {"max: the last column left out", "pool_max.cl", MAX, "if (ix < 0 || ix >= xv.w)",
     "if (ix < 0 || ix + 1 >= xv.w)"},
    {"max: never below zero", "pool_max.cl", MAX, "vec most = (vec)(-INFINITY);", "vec most = (vec)(0.0f);"},
    {"max: the smaller one", "pool_max.cl", MAX, "((((b) > (a))", "((((b) < (a))"},
    {"average: the column behind the last one read", "pool_average.cl", AVERAGE, "if (ix >= 0 && ix < xv.w)",
     "if (ix >= 0 && ix <= xv.w)"},
    {"average: padding above not counted", "pool_average.cl", AVERAGE, "pads ? -win.pad_top : 0", "0"},
    {"average: cells past the padding counted", "pool_average.cl", AVERAGE,
     "xv.h + (pads ? win.pad_bottom : 0)", "xv.h + win.kh"},
    {"average: padding always counted", "pool_average.cl", AVERAGE, "const int pads = win.include_pad;",
     "const int pads = 1;"},
    {"global: the last cell left out", "pool_global_max.cl", GLOBAL, "for (; i < columns; i++, p += pixel) {",
     "for (; i + 1 < columns; i++, p += pixel) {"},
    {"global: a chain left out", "pool_global_average.cl", GLOBAL, "return (a + b) + (c + d);",
     "return (a + b) + c;"},
    {"leaky relu: no slope", "activation.cl", LEAKY_RELU,
     "#define activate(x, a, b) ((x) < 0.0f ? (a) * (x) : (x))",
     "#define activate(x, a, b) ((x) < 0.0f ? 0.0f : (x))"},
    {"hard sigmoid: no upper bound", "activation.cl", HARD_SIGMOID,
     "> 1.0f ? 1.0f :", "> 1.0f ? (a) * (x) + (b) :"},
    {"activation: the last elements left out", "activation.cl", LEAKY_RELU,
     "for (size_t i = first; i < count; i++) {", "for (size_t i = first; i + 1 < count; i++) {"},
    {"arithmetic: operands swapped", "binary_flat.cl", SAME_SHAPE, "#define compute(a, b) ((a) - (b))",
     "#define compute(a, b) ((b) - (a))"},
    {"arithmetic: reversal forgotten", "binary_channel.cl", BY_CHANNEL, "#define ordered(x, b) compute(b, x)",
     "#define ordered(x, b) compute(x, b)"},
    {"arithmetic: one channel's value for all", "binary_channel.cl", BY_CHANNEL,
     "b[(block * CB + lane) * b_step]", "b[block * CB * b_step]"},
    {"arithmetic: the last elements left out", "binary_flat.cl", SAME_SHAPE,
     "for (size_t i = first; i < count; i++) {", "for (int i = first; i + 1 < count; i++) {"},
    {"arithmetic: b read as if it had a's shape", "binary_broadcast.cl", BROADCAST, "b[nd_offset(walk, 1)]",
     "b[nd_offset(walk, 0)]"},
    {"batch-norm: no shift", "affine.cl", BATCH_NORM, " + vec_load(shift + channel);", ";"},
    {"batch-norm: no zeros in the tail lanes", "affine.cl", BATCH_NORM,
     "zero_tail(result, yv.c - at.chunk * CB)", "result"},
    {"TopK: the last of equal values", "topk.cl", TOP_K, "before(value, values[(at - 1) * inner])",
     "!before(values[(at - 1) * inner], value)"},
    {"TopK: indices that stay behind", "topk.cl", TOP_K, "indices[at * inner] = indices[(at - 1) * inner];",
     ""},
    {"TopK: compared with the newest", "topk.cl", TOP_K, "last = values[(kept - 1) * inner];",
     "last = value;"},
    {"TopK: the smallest", "topk.cl", TOP_K, "return LARGEST ? a_above : b_above;", "return b_above;"},
    {"TopK: the last element left out", "topk.cl", TOP_K, "l < length", "l + 1 < length"},
    {"LRN: the last neighbour left out", "lrn.cl", LRN, "for (int c = first; c <= last; c++) {",
     "for (int c = first; c < last; c++) {"},
    {"softmax: the last elements not shifted", "softmax.cl", SOFTMAX, "const float e = exp(*p - most);",
     "const float e = exp(*p);"},
    {"log-softmax: no logarithm", "softmax.cl", LOG_SOFTMAX, "*p - most - log_sum", "*p - most - sum"},
    {"gather: indices not looked at", "gather.cl", GATHER, "x[(o * length + index[i]) * inner + k]",
     "x[(o * length + i) * inner + k]"},
    {"strided copy: starts at the first element", "strided_copy.cl", SLICE, "x[x_first + nd_offset(walk, 0)]",
     "x[nd_offset(walk, 0)]"},
};

int main(void)
{
    const mutant_list list = {mutants, WCL__COUNT(mutants), tables, TABLES};
    return mutants_run(&list, make_tables);
}
