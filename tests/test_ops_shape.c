/* Operators that move elements, and those along an axis (Softmax, LRN), on the device against the naive
 * references. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ref/ref.h"
#include "support/op_run.h"
#include "support/support.h"

/* ---- Softmax, LogSoftmax */

static void softmax_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_softmax(&test->desc.softmax, inputs[0], y);
}

static const struct {
    const char *name;
    wcl__shape shape;
    int64_t axis; /* 100: the attribute is absent */
    int opset;
    int64_t outer, length, inner;
} softmax_rows[] = {
    {"rows", OP_SHAPE(5, 10), 1, 13, 5, 10, 1},
    {"one row of 1000", OP_SHAPE(1, 1000), 1, 13, 1, 1000, 1},
    {"one element", OP_SHAPE(3, 1), 1, 13, 3, 1, 1},
    {"usual axis, from opset 13 the last", OP_SHAPE(2, 3, 7), 100, 13, 6, 7, 1},
    {"usual axis, before 13 all from 1 on", OP_SHAPE(2, 3, 7), 100, 7, 2, 21, 1},
    {"first axis", OP_SHAPE(5, 3), 0, 13, 1, 5, 3},
    {"channels", OP_SHAPE(2, 17, 3, 5), 1, 13, 2, 17, 15},
    {"rows of a picture", OP_SHAPE(2, 3, 5, 4), 2, 13, 6, 5, 4},
    {"negative axis", OP_SHAPE(2, 3, 5, 4), -2, 13, 6, 5, 4},
    {"before 13, axis 0: everything", OP_SHAPE(2, 3, 4), 0, 11, 1, 24, 1},
    {"before 13, axis 2", OP_SHAPE(2, 3, 4, 5), 2, 11, 6, 20, 1},
    {"before 13, last axis by a negative number", OP_SHAPE(2, 3, 33), -1, 11, 6, 33, 1},
    {"one dimension", OP_SHAPE(257), 0, 13, 1, 257, 1},
    {"columns of 37", OP_SHAPE(2, 37, 3), 1, 13, 2, 37, 3},
};

static void test_softmax(void **state)
{
    (void)state;
    op_case cases[4 * WCL__COUNT(softmax_rows)];
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        const size_t row = i / 4;
        cases[i] = (op_case){.name = softmax_rows[row].name,
                             .op = i % 2 ? "LogSoftmax" : "Softmax",
                             .opset = softmax_rows[row].opset,
                             .inputs = {{.shape = softmax_rows[row].shape}},
                             .input_count = 1,
                             .output = softmax_rows[row].shape,
                             .reduction = softmax_rows[row].length,
                             .gpu = i % 4 >= 2,
                             .reference = softmax_reference};
        if (softmax_rows[row].axis != 100)
            cases[i].attrs[0] = (op_attr)OP_INT("axis", softmax_rows[row].axis);
        cases[i].desc.softmax = (wcl__softmax){softmax_rows[row].outer, softmax_rows[row].length,
                                               softmax_rows[row].inner, i % 2 == 1};
    }
    op_check(cases, WCL__COUNT(cases));
}

static void test_softmax_of_large_values(void **state)
{
    (void)state;
    static const float x[] = {10000, 10001, 9999, -10000, -10001, -9999};
    op_case cases[2];
    for (int i = 0; i < 2; i++) {
        cases[i] = (op_case){.name = "large values",
                             .op = i ? "LogSoftmax" : "Softmax",
                             .inputs = {{.shape = OP_SHAPE(2, 3), .floats = x}},
                             .input_count = 1,
                             .output = OP_SHAPE(2, 3),
                             .reduction = 3,
                             .reference = softmax_reference};
        cases[i].desc.softmax = (wcl__softmax){2, 3, 1, i == 1};
    }
    op_check(cases, 2);
}

/* ---- LRN */

static void lrn_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_lrn(&test->desc.lrn, inputs[0], y);
}

static const struct {
    const char *name;
    wcl__lrn lrn;
    bool usual; /* alpha, beta and bias left to the operator */
} lrn_rows[] = {
    {"AlexNet's", {1, 33, 5, 7, 5, 1e-4f, 0.75f, 2}, false},
    {"usual numbers", {2, 17, 3, 4, 5, 1e-4f, 0.75f, 1}, true},
    {"strong", {2, 17, 3, 4, 3, 2.0f, 0.5f, 0.5f}, false},
    {"even size", {1, 16, 3, 3, 4, 1.0f, 0.75f, 1}, false},
    {"size 1", {1, 5, 3, 3, 1, 1.0f, 0.75f, 1}, false},
    {"size larger than the channels", {5, 3, 2, 2, 7, 1.0f, 0.6f, 1}, false},
    {"one pixel, one channel", {1, 1, 1, 1, 3, 1.0f, 0.75f, 1}, false},
};

static void test_lrn(void **state)
{
    (void)state;
    op_case cases[WCL__COUNT(lrn_rows)];
    for (size_t i = 0; i < WCL__COUNT(lrn_rows); i++) {
        const wcl__lrn *lrn = &lrn_rows[i].lrn;
        const wcl__shape shape = OP_SHAPE(lrn->n, lrn->c, lrn->h, lrn->w);
        cases[i] = (op_case){.name = lrn_rows[i].name,
                             .op = "LRN",
                             .attrs = {OP_INT("size", lrn->size), {0}},
                             .inputs = {{.shape = shape}},
                             .input_count = 1,
                             .output = shape,
                             .reduction = lrn->size,
                             .reference = lrn_reference};
        if (!lrn_rows[i].usual) {
            cases[i].attrs[1] = (op_attr)OP_FLOAT("alpha", lrn->alpha);
            cases[i].attrs[2] = (op_attr)OP_FLOAT("beta", lrn->beta);
            cases[i].attrs[3] = (op_attr)OP_FLOAT("bias", lrn->bias);
        }
        cases[i].desc.lrn = *lrn;
    }
    op_check(cases, WCL__COUNT(cases));
}

/* ---- Concat */

static void concat_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_array arrays[OP_MOST_INPUTS];
    const int64_t axis = test->attrs[0].i < 0 ? test->attrs[0].i + test->output.rank : test->attrs[0].i;
    for (size_t i = 0; i < test->input_count; i++)
        arrays[i] = (wcl__ref_array){test->inputs[i].shape, inputs[i]};
    wcl__ref_concat(arrays, test->input_count, (int)axis, y);
}

#define CONCAT(at) .op = "Concat", .reference = concat_reference, .attrs = {OP_INT("axis", at)}

static const op_case concat_cases[] = {
    {.name = "one input",
     CONCAT(1),
     .inputs = {OP_RANDOM(2, 3, 4)},
     .input_count = 1,
     .output = OP_SHAPE(2, 3, 4)},
    {.name = "channels, whole blocks",
     CONCAT(1),
     .inputs = {OP_RANDOM(2, 16, 3, 5), OP_RANDOM(2, 32, 3, 5)},
     .input_count = 2,
     .output = OP_SHAPE(2, 48, 3, 5)},
    {.name = "channels, tails",
     CONCAT(1),
     .inputs = {OP_RANDOM(2, 17, 3, 5), OP_RANDOM(2, 3, 3, 5), OP_RANDOM(2, 1, 3, 5)},
     .input_count = 3,
     .output = OP_SHAPE(2, 21, 3, 5)},
    {.name = "the last input has the tail",
     CONCAT(1),
     .inputs = {OP_RANDOM(1, 16, 3, 3), OP_RANDOM(1, 5, 3, 3)},
     .input_count = 2,
     .output = OP_SHAPE(1, 21, 3, 3)},
    {.name = "batch",
     CONCAT(0),
     .inputs = {OP_RANDOM(1, 5, 2, 3), OP_RANDOM(3, 5, 2, 3)},
     .input_count = 2,
     .output = OP_SHAPE(4, 5, 2, 3)},
    {.name = "last axis, by a negative number",
     CONCAT(-1),
     .inputs = {OP_RANDOM(2, 3, 4), OP_RANDOM(2, 3, 1)},
     .input_count = 2,
     .output = OP_SHAPE(2, 3, 5)},
    {.name = "middle of 5 dimensions",
     CONCAT(2),
     .inputs = {OP_RANDOM(2, 1, 3, 2, 2), OP_RANDOM(2, 1, 2, 2, 2)},
     .input_count = 2,
     .output = OP_SHAPE(2, 1, 5, 2, 2)},
    {.name = "vectors",
     CONCAT(0),
     .inputs = {OP_RANDOM(3), OP_RANDOM(257)},
     .input_count = 2,
     .output = OP_SHAPE(260)},
    {.name = "a known one between",
     CONCAT(1),
     .inputs = {OP_RANDOM(2, 3), {.shape = OP_SHAPE(2, 2), .constant = true}, OP_RANDOM(2, 4)},
     .input_count = 3,
     .output = OP_SHAPE(2, 9)},
    {.name = "known ones among pictures",
     CONCAT(1),
     .inputs = {OP_RANDOM(1, 16, 2, 2), {.shape = OP_SHAPE(1, 16, 2, 2), .constant = true}},
     .input_count = 2,
     .output = OP_SHAPE(1, 32, 2, 2)},
};

static void test_concat(void **state)
{
    (void)state;
    op_check(concat_cases, WCL__COUNT(concat_cases));
}

/* ---- Transpose */

static void transpose_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__ref_array x = {test->inputs[0].shape, inputs[0]};
    wcl__ref_transpose(&x, test->desc.list, y);
}

/* The permutation is given twice: as the attribute, and for the reference (an absent attribute reverses). */
#define TRANSPOSE .op = "Transpose", .input_count = 1, .reference = transpose_reference
#define PERM(...) .attrs = {OP_INTS("perm", __VA_ARGS__)}, .desc = {.list = {__VA_ARGS__}}

static const op_case transpose_cases[] = {
    {.name = "NCHW to NHWC",
     TRANSPOSE,
     .inputs = {OP_RANDOM(2, 17, 5, 3)},
     .output = OP_SHAPE(2, 5, 3, 17),
     PERM(0, 2, 3, 1)},
    {.name = "NHWC to NCHW",
     TRANSPOSE,
     .inputs = {OP_RANDOM(2, 5, 3, 17)},
     .output = OP_SHAPE(2, 17, 5, 3),
     PERM(0, 3, 1, 2)},
    {.name = "matrix", TRANSPOSE, .inputs = {OP_RANDOM(33, 17)}, .output = OP_SHAPE(17, 33), PERM(1, 0)},
    {.name = "without perm: reversed",
     TRANSPOSE,
     .inputs = {OP_RANDOM(2, 3, 5)},
     .output = OP_SHAPE(5, 3, 2),
     .desc = {.list = {2, 1, 0}}},
    {.name = "identity",
     TRANSPOSE,
     .inputs = {OP_RANDOM(2, 3, 5)},
     .output = OP_SHAPE(2, 3, 5),
     PERM(0, 1, 2)},
    {.name = "only a dimension of 1 moves",
     TRANSPOSE,
     .inputs = {OP_RANDOM(3, 1, 5)},
     .output = OP_SHAPE(1, 3, 5),
     PERM(1, 0, 2)},
    {.name = "a cycle of three",
     TRANSPOSE,
     .inputs = {OP_RANDOM(2, 3, 5, 7)},
     .output = OP_SHAPE(5, 2, 3, 7),
     PERM(2, 0, 1, 3)},
    {.name = "6 dimensions",
     TRANSPOSE,
     .inputs = {OP_RANDOM(2, 3, 1, 2, 3, 2)},
     .output = OP_SHAPE(2, 2, 3, 3, 2, 1),
     PERM(5, 0, 4, 1, 3, 2)},
    {.name = "8 dimensions",
     TRANSPOSE,
     .inputs = {OP_RANDOM(2, 1, 2, 1, 3, 1, 2, 2)},
     .output = OP_SHAPE(2, 2, 1, 3, 1, 2, 1, 2),
     PERM(7, 6, 5, 4, 3, 2, 1, 0)},
};

static void test_transpose(void **state)
{
    (void)state;
    op_check(transpose_cases, WCL__COUNT(transpose_cases));
}

/* ---- Gather, Slice */

static void gather_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__ref_array x = {test->inputs[0].shape, inputs[0]};
    wcl__ref_gather(&x, (int)test->desc.list[0], test->inputs[1].ints,
                    wcl__shape_count(&test->inputs[1].shape), y);
}

/* at: the axis made positive, for the reference */
#define GATHER(axis, at)                                                                              \
    .op = "Gather", .input_count = 2, .reference = gather_reference, .attrs = {OP_INT("axis", axis)}, \
    .desc = {.list = {at}}

static const op_case gather_cases[] = {
    {.name = "rows",
     GATHER(0, 0),
     .inputs = {OP_RANDOM(5, 7), OP_INT64(4, 0, 0, 2)},
     .output = OP_SHAPE(4, 7)},
    {.name = "columns, negative axis and indices",
     GATHER(-1, 1),
     .inputs = {OP_RANDOM(5, 7), OP_INT64(-1, 3, -7)},
     .output = OP_SHAPE(5, 3)},
    {.name = "one index: the dimension goes",
     GATHER(1, 1),
     .inputs = {OP_RANDOM(3, 4, 5), {.type = WCL_INT64, .shape = OP_SCALAR, .ints = {2}}},
     .output = OP_SHAPE(3, 5)},
    {.name = "a matrix of indices",
     GATHER(1, 1),
     .inputs = {OP_RANDOM(2, 5, 3), {.type = WCL_INT64, .shape = OP_SHAPE(2, 2), .ints = {0, 4, 2, 2}}},
     .output = OP_SHAPE(2, 2, 2, 3)},
    {.name = "channels of a picture",
     GATHER(1, 1),
     .inputs = {OP_RANDOM(2, 17, 3, 3), OP_INT64(16, 2)},
     .output = OP_SHAPE(2, 2, 3, 3)},
};

static void test_gather(void **state)
{
    (void)state;
    op_check(gather_cases, WCL__COUNT(gather_cases));
}

static void slice_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__ref_array x = {test->inputs[0].shape, inputs[0]};
    wcl__ref_slice(&x, test->desc.list, test->desc.list + OP_MOST_LIST, &test->output, y);
}

#define SLICE .op = "Slice", .reference = slice_reference
/* where the reference starts, for every dimension, and its steps from element OP_MOST_LIST on */
#define FROM(...) .desc = {.list = {__VA_ARGS__}}

static const op_case slice_cases[] = {
    {.name = "by inputs",
     SLICE,
     .inputs = {OP_RANDOM(5, 7), OP_INT64(1, 2), OP_INT64(4, 6), OP_INT64(0, 1), OP_INT64(1, 1)},
     .input_count = 5,
     .output = OP_SHAPE(3, 4),
     FROM(1, 2, [OP_MOST_LIST] = 1, 1)},
    {.name = "usual axes and steps",
     SLICE,
     .inputs = {OP_RANDOM(5, 7), OP_INT64(1, 2), OP_INT64(4, 6)},
     .input_count = 3,
     .output = OP_SHAPE(3, 4),
     FROM(1, 2, [OP_MOST_LIST] = 1, 1)},
    {.name = "by attributes, before opset 10",
     SLICE,
     .opset = 9,
     .attrs = {OP_INTS("starts", 1, 2), OP_INTS("ends", 4, 6), OP_INTS("axes", 0, 1)},
     .inputs = {OP_RANDOM(5, 7)},
     .input_count = 1,
     .output = OP_SHAPE(3, 4),
     FROM(1, 2, [OP_MOST_LIST] = 1, 1)},
    {.name = "ends past the end",
     SLICE,
     .inputs = {OP_RANDOM(5, 7), OP_INT64(3), OP_INT64(1000), OP_INT64(1)},
     .input_count = 4,
     .output = OP_SHAPE(5, 4),
     FROM(0, 3, [OP_MOST_LIST] = 1, 1)},
    {.name = "from the end, axis negative",
     SLICE,
     .inputs = {OP_RANDOM(5, 7), OP_INT64(-3), OP_INT64(-1), OP_INT64(-1)},
     .input_count = 4,
     .output = OP_SHAPE(5, 2),
     FROM(0, 4, [OP_MOST_LIST] = 1, 1)},
    {.name = "steps",
     SLICE,
     .inputs = {OP_RANDOM(9, 8), OP_INT64(1, 0), OP_INT64(9, 8), OP_INT64(0, 1), OP_INT64(2, 3)},
     .input_count = 5,
     .output = OP_SHAPE(4, 3),
     FROM(1, 0, [OP_MOST_LIST] = 2, 3)},
    {.name = "backwards",
     SLICE,
     .inputs = {OP_RANDOM(5, 7), OP_INT64(4, 6), OP_INT64(0, -1000), OP_INT64(0, 1), OP_INT64(-1, -2)},
     .input_count = 5,
     .output = OP_SHAPE(4, 4),
     FROM(4, 6, [OP_MOST_LIST] = -1, -2)},
    {.name = "channels of a picture",
     SLICE,
     .inputs = {OP_RANDOM(2, 17, 3, 5), OP_INT64(3), OP_INT64(16), OP_INT64(1)},
     .input_count = 4,
     .output = OP_SHAPE(2, 13, 3, 5),
     FROM(0, 3, 0, 0, [OP_MOST_LIST] = 1, 1, 1, 1)},
    {.name = "the middle of a picture",
     SLICE,
     .inputs = {OP_RANDOM(1, 3, 6, 7), OP_INT64(1, 2), OP_INT64(-1, -2), OP_INT64(2, 3)},
     .input_count = 4,
     .output = OP_SHAPE(1, 3, 4, 3),
     FROM(0, 0, 1, 2, [OP_MOST_LIST] = 1, 1, 1, 1)},
};

static void test_slice(void **state)
{
    (void)state;
    op_check(slice_cases, WCL__COUNT(slice_cases));
}

/* ---- views, where a copy is needed all the same */

static void copy_reference(const op_case *test, const float *const *inputs, double *y)
{
    for (int64_t i = 0; i < wcl__shape_count(&test->output); i++)
        y[i] = inputs[0][i];
}

#define VIEW(name) .op = name, .reference = copy_reference

static const op_case view_cases[] = {
    {.name = "Reshape, 0 and -1",
     VIEW("Reshape"),
     .inputs = {OP_RANDOM(2, 3, 4, 5), OP_INT64(0, -1, 5)},
     .input_count = 2,
     .output = OP_SHAPE(2, 12, 5)},
    {.name = "Reshape to one row",
     VIEW("Reshape"),
     .inputs = {OP_RANDOM(17, 3), OP_INT64(-1)},
     .input_count = 2,
     .output = OP_SHAPE(51)},
    {.name = "Flatten",
     VIEW("Flatten"),
     .inputs = {OP_RANDOM(2, 17, 3, 5)},
     .input_count = 1,
     .output = OP_SHAPE(2, 255)},
    {.name = "Flatten at 0",
     VIEW("Flatten"),
     .attrs = {OP_INT("axis", 0)},
     .inputs = {OP_RANDOM(2, 3)},
     .input_count = 1,
     .output = OP_SHAPE(1, 6)},
    {.name = "Flatten at -1",
     VIEW("Flatten"),
     .attrs = {OP_INT("axis", -1)},
     .inputs = {OP_RANDOM(2, 3, 4)},
     .input_count = 1,
     .output = OP_SHAPE(6, 4)},
    {.name = "Squeeze by attribute",
     VIEW("Squeeze"),
     .opset = 11,
     .attrs = {OP_INTS("axes", 0, 2)},
     .inputs = {OP_RANDOM(1, 3, 1, 5)},
     .input_count = 1,
     .output = OP_SHAPE(3, 5)},
    {.name = "Squeeze by input",
     VIEW("Squeeze"),
     .inputs = {OP_RANDOM(1, 3, 1, 5), OP_INT64(-2)},
     .input_count = 2,
     .output = OP_SHAPE(1, 3, 5)},
    {.name = "Squeeze everything",
     VIEW("Squeeze"),
     .inputs = {OP_RANDOM(1, 3, 1, 5)},
     .input_count = 1,
     .output = OP_SHAPE(3, 5)},
    {.name = "Unsqueeze by attribute",
     VIEW("Unsqueeze"),
     .opset = 11,
     .attrs = {OP_INTS("axes", 0, 3)},
     .inputs = {OP_RANDOM(3, 5)},
     .input_count = 1,
     .output = OP_SHAPE(1, 3, 5, 1)},
    {.name = "Unsqueeze by input",
     VIEW("Unsqueeze"),
     .inputs = {OP_RANDOM(3, 5), OP_INT64(1)},
     .input_count = 2,
     .output = OP_SHAPE(3, 1, 5)},
    {.name = "Identity",
     VIEW("Identity"),
     .inputs = {OP_RANDOM(2, 17, 3)},
     .input_count = 1,
     .output = OP_SHAPE(2, 17, 3)},
    {.name = "Dropout",
     VIEW("Dropout"),
     .inputs = {OP_RANDOM(2, 17, 3)},
     .input_count = 1,
     .output = OP_SHAPE(2, 17, 3)},
    {.name = "Dropout, opset 7",
     VIEW("Dropout"),
     .opset = 7,
     .attrs = {OP_FLOAT("ratio", 0.3f)},
     .inputs = {OP_RANDOM(2, 17)},
     .input_count = 1,
     .output = OP_SHAPE(2, 17)},
};

static void test_views(void **state)
{
    (void)state;
    op_check(view_cases, WCL__COUNT(view_cases));
}

/* ---- what is refused */

static const op_refusal refusals[] = {
    {{.name = "Softmax axis",
      .op = "Softmax",
      .attrs = {OP_INT("axis", 2)},
      .inputs = {OP_RANDOM(2, 3)},
      .input_count = 1},
     WCL_BAD_SHAPE,
     "axis"},
    {{.name = "LRN without size", .op = "LRN", .inputs = {OP_RANDOM(1, 2, 3, 4)}, .input_count = 1},
     WCL_BAD_MODEL,
     "size"},
    {{.name = "Concat shapes",
      .op = "Concat",
      .attrs = {OP_INT("axis", 1)},
      .inputs = {OP_RANDOM(2, 3), OP_RANDOM(3, 3)},
      .input_count = 2},
     WCL_BAD_SHAPE,
     "3"},
    {{.name = "Concat ranks",
      .op = "Concat",
      .attrs = {OP_INT("axis", 1)},
      .inputs = {OP_RANDOM(2, 3), OP_RANDOM(2, 3, 1)},
      .input_count = 2},
     WCL_BAD_SHAPE,
     "3"},
    {{.name = "Transpose perm twice",
      .op = "Transpose",
      .attrs = {OP_INTS("perm", 0, 0)},
      .inputs = {OP_RANDOM(2, 3)},
      .input_count = 1},
     WCL_BAD_SHAPE,
     "perm"},
    {{.name = "Transpose perm length",
      .op = "Transpose",
      .attrs = {OP_INTS("perm", 0, 1, 2)},
      .inputs = {OP_RANDOM(2, 3)},
      .input_count = 1},
     WCL_BAD_SHAPE,
     "perm"},
    {{.name = "Gather index", .op = "Gather", .inputs = {OP_RANDOM(2, 3), OP_INT64(2)}, .input_count = 2},
     WCL_BAD_SHAPE,
     "2"},
    {{.name = "Slice step 0",
      .op = "Slice",
      .inputs = {OP_RANDOM(5), OP_INT64(0), OP_INT64(3), OP_INT64(0), OP_INT64(0)},
      .input_count = 5},
     WCL_BAD_SHAPE,
     "step"},
    {{.name = "Reshape size", .op = "Reshape", .inputs = {OP_RANDOM(2, 3), OP_INT64(4, 2)}, .input_count = 2},
     WCL_BAD_SHAPE,
     "2x3"},
    {{.name = "Squeeze of a dimension that is not 1",
      .op = "Squeeze",
      .inputs = {OP_RANDOM(2, 3), OP_INT64(0)},
      .input_count = 2},
     WCL_BAD_SHAPE,
     "2"},
    {{.name = "Dropout's mask",
      .op = "Dropout",
      .opset = 7,
      .inputs = {OP_RANDOM(2, 3)},
      .input_count = 1,
      .output_count = 2},
     WCL_UNSUPPORTED,
     "mask"},
};

static void test_refusals(void **state)
{
    (void)state;
    op_check_refused(refusals, WCL__COUNT(refusals));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_softmax),   cmocka_unit_test(test_softmax_of_large_values),
        cmocka_unit_test(test_lrn),       cmocka_unit_test(test_concat),
        cmocka_unit_test(test_transpose), cmocka_unit_test(test_gather),
        cmocka_unit_test(test_slice),     cmocka_unit_test(test_views),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
