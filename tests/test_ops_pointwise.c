/* Activations, arithmetic with broadcasting and batch-norm on the device, against the naive references. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ref/ref.h"
#include "support/op_run.h"
#include "support/support.h"

#define RELU                \
    {                       \
        WCL__ACT_RELU, 0, 0 \
    }

/* ---- activations */

static void act_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_act(&test->desc.act, inputs[0], wcl__shape_count(&test->output), y);
}

static const struct {
    const char *name, *op;
    wcl__act act;
    op_attr attrs[2];
    int opset;
    float bounds[2]; /* inputs of Clip from opset 11; NAN: absent */
} activations[] = {
    {"relu", "Relu", RELU, {{0}}, 14, {NAN, NAN}},
    {"relu, opset 7", "Relu", RELU, {{0}}, 7, {NAN, NAN}},
    {"leaky relu, usual slope", "LeakyRelu", {WCL__ACT_LEAKY_RELU, 0.01f, 0}, {{0}}, 16, {NAN, NAN}},
    {"leaky relu", "LeakyRelu", {WCL__ACT_LEAKY_RELU, 0.3f, 0}, {OP_FLOAT("alpha", 0.3f)}, 7, {NAN, NAN}},
    {"sigmoid", "Sigmoid", {WCL__ACT_SIGMOID, 0, 0}, {{0}}, 13, {NAN, NAN}},
    {"hard sigmoid", "HardSigmoid", {WCL__ACT_HARD_SIGMOID, 0.2f, 0.5f}, {{0}}, 6, {NAN, NAN}},
    {"hard sigmoid, steeper",
     "HardSigmoid",
     {WCL__ACT_HARD_SIGMOID, 0.75f, -0.25f},
     {OP_FLOAT("alpha", 0.75f), OP_FLOAT("beta", -0.25f)},
     21,
     {NAN, NAN}},
    {"tanh", "Tanh", {WCL__ACT_TANH, 0, 0}, {{0}}, 13, {NAN, NAN}},
    {"clip by attributes",
     "Clip",
     {WCL__ACT_CLIP, -0.5f, 0.75f},
     {OP_FLOAT("min", -0.5f), OP_FLOAT("max", 0.75f)},
     7,
     {NAN, NAN}},
    {"clip by inputs", "Clip", {WCL__ACT_CLIP, -0.5f, 0.75f}, {{0}}, 13, {-0.5f, 0.75f}},
    {"clip at 6", "Clip", {WCL__ACT_CLIP, 0, 6}, {{0}}, 11, {0, 6}},
    {"clip above zero: a padding lane would not stay zero",
     "Clip",
     {WCL__ACT_CLIP, 0.25f, 1},
     {{0}},
     13,
     {0.25f, 1}},
    {"clip below zero", "Clip", {WCL__ACT_CLIP, -2, -0.25f}, {{0}}, 13, {-2, -0.25f}},
    {"clip without a lower bound", "Clip", {WCL__ACT_CLIP, -INFINITY, 0.5f}, {{0}}, 13, {NAN, 0.5f}},
    {"clip without an upper bound", "Clip", {WCL__ACT_CLIP, -0.5f, INFINITY}, {{0}}, 13, {-0.5f, NAN}},
    {"clip without bounds", "Clip", {WCL__ACT_CLIP, -INFINITY, INFINITY}, {{0}}, 13, {NAN, NAN}},
};

static const wcl__shape act_shapes[] = {
    OP_SHAPE(1, 1, 1, 1),    OP_SHAPE(2, 17, 5, 3), OP_SHAPE(1, 16, 3, 7), OP_SHAPE(5, 3, 2, 2),
    OP_SHAPE(2, 33, 7),      OP_SHAPE(3, 10),       OP_SHAPE(257),         OP_SCALAR,
    OP_SHAPE(2, 1, 3, 2, 5),
};

static op_case activation_case(size_t row, const wcl__shape *shape)
{
    const float *bounds = activations[row].bounds;
    op_case test = {
        .name = activations[row].name,
        .op = activations[row].op,
        .opset = activations[row].opset,
        .inputs = {{.shape = *shape}, {.absent = isnan(bounds[0]) != 0}, {.absent = isnan(bounds[1]) != 0}},
        .input_count = strcmp(activations[row].op, "Clip") == 0 && activations[row].opset >= 11 ? 3 : 1,
        .output = *shape,
        .reference = act_reference};
    test.inputs[1].floats = &bounds[0];
    test.inputs[2].floats = &bounds[1];
    memcpy(test.attrs, activations[row].attrs, sizeof activations[row].attrs);
    test.desc.act = activations[row].act;
    return test;
}

static void test_activations(void **state)
{
    (void)state;
    enum { SHAPES = WCL__COUNT(act_shapes), ROWS = WCL__COUNT(activations) };
    static op_case cases[ROWS * SHAPES];
    for (size_t i = 0; i < ROWS; i++)
        for (size_t s = 0; s < SHAPES; s++)
            cases[i * SHAPES + s] = activation_case(i, &act_shapes[s]);
    op_check(cases, WCL__COUNT(cases));
}

/* What must come out exactly: signs of zero aside, the ends of the range, infinities and NaN. */
static void special_reference(const op_case *test, const float *const *inputs, double *y)
{
    act_reference(test, inputs, y);
    assert_true(isnan(y[0]));
}

static void test_activations_of_special_values(void **state)
{
    (void)state;
    enum { ROWS = WCL__COUNT(activations) };
    static op_case cases[ROWS];
    static const float x[] = {NAN, 0, -0.0f, INFINITY, -INFINITY, 1e-30f, -1e30f, 88};
    for (size_t i = 0; i < ROWS; i++) {
        const bool huge_out = activations[i].act.kind == WCL__ACT_RELU ||
                              activations[i].act.kind == WCL__ACT_LEAKY_RELU || isinf(activations[i].act.a) ||
                              isinf(activations[i].act.b);
        /* Infinities in the output would make the norms infinite: NaN and the small numbers have to
         * do there. */
        const int64_t count = huge_out ? 3 : 8;
        cases[i] = activation_case(i, &(wcl__shape){1, {count}});
        cases[i].inputs[0].floats = x;
        cases[i].reference = special_reference;
    }
    op_check(cases, ROWS);
}

/* ---- arithmetic */

static char kind_of(const char *op)
{
    return strcmp(op, "Sub") == 0 ? '-' : strcmp(op, "Mul") == 0 ? '*' : strcmp(op, "Div") == 0 ? '/' : '+';
}

static void binary_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__ref_array a = {test->inputs[0].shape, inputs[0]}, b = {test->inputs[1].shape, inputs[1]};
    wcl__ref_binary(kind_of(test->op), &a, &b, y);
}

static const struct {
    const char *name;
    wcl__shape a, b;
    bool a_known, b_known;
    wcl__act act;
} binary_rows[] = {
    {"same shape", OP_SHAPE(2, 17, 5, 3), OP_SHAPE(2, 17, 5, 3), false, false, {0}},
    {"same shape, whole blocks", OP_SHAPE(1, 32, 3, 3), OP_SHAPE(1, 32, 3, 3), false, false, {0}},
    {"same shape, relu", OP_SHAPE(5, 3, 5, 3), OP_SHAPE(5, 3, 5, 3), false, false, RELU},
    {"same shape, sigmoid: tails stay zero",
     OP_SHAPE(1, 17, 3, 2),
     OP_SHAPE(1, 17, 3, 2),
     false,
     false,
     {WCL__ACT_SIGMOID, 0, 0}},
    {"known channels, leaky relu",
     OP_SHAPE(2, 17, 3, 2),
     OP_SHAPE(17, 1, 1),
     false,
     true,
     {WCL__ACT_LEAKY_RELU, 0.1f, 0}},
    {"same shape, b known", OP_SHAPE(1, 5, 3, 3), OP_SHAPE(1, 5, 3, 3), false, true, {0}},
    {"one element", OP_SHAPE(1), OP_SHAPE(1), false, false, {0}},
    {"two scalars", OP_SCALAR, OP_SCALAR, false, false, {0}},
    {"a known number", OP_SHAPE(2, 17, 3, 3), OP_SCALAR, false, true, {0}},
    {"a known number, first", OP_SCALAR, OP_SHAPE(2, 17, 3, 3), true, false, {0}},
    {"a known number of one element", OP_SHAPE(1, 33, 3, 3), OP_SHAPE(1), false, true, {0}},
    {"a moving number", OP_SHAPE(2, 17, 3, 3), OP_SCALAR, false, false, {0}},
    {"known channels", OP_SHAPE(2, 17, 5, 3), OP_SHAPE(17, 1, 1), false, true, {0}},
    {"known channels, whole blocks, relu", OP_SHAPE(1, 16, 3, 3), OP_SHAPE(1, 16, 1, 1), false, true, RELU},
    {"known channels, first", OP_SHAPE(5, 1, 1), OP_SHAPE(2, 5, 4, 3), true, false, {0}},
    {"known channels, 1-D", OP_SHAPE(2, 33, 7), OP_SHAPE(33, 1), false, true, {0}},
    {"known channels of one picture's size", OP_SHAPE(1, 3, 1, 1), OP_SHAPE(3, 1, 1), false, true, {0}},
    {"known last dimension: bias of NHWC", OP_SHAPE(2, 3, 5, 17), OP_SHAPE(17), false, true, {0}},
    {"moving channels", OP_SHAPE(2, 17, 5, 3), OP_SHAPE(1, 17, 1, 1), false, false, {0}},
    {"a row, known", OP_SHAPE(5, 17), OP_SHAPE(17), false, true, RELU},
    {"a row", OP_SHAPE(5, 17), OP_SHAPE(1, 17), false, false, {0}},
    {"a column", OP_SHAPE(5, 17), OP_SHAPE(5, 1), false, false, {0}},
    {"both ways", OP_SHAPE(3, 1, 5), OP_SHAPE(4, 1), false, false, {0}},
    {"both ways, relu", OP_SHAPE(2, 1, 3, 1), OP_SHAPE(1, 5, 1, 4), false, false, RELU},
    {"picture and plane", OP_SHAPE(2, 3, 4, 5), OP_SHAPE(4, 5), false, false, {0}},
    {"picture and batch", OP_SHAPE(2, 3, 4, 5), OP_SHAPE(2, 1, 1, 1), false, false, {0}},
    {"6 dimensions", OP_SHAPE(2, 1, 3, 1, 2, 2), OP_SHAPE(1, 2, 1, 4, 1, 2), false, false, {0}},
};

static op_case binary_case(const char *op, size_t row)
{
    op_case test = {
        .name = binary_rows[row].name,
        .op = op,
        .inputs = {{.shape = binary_rows[row].a, .constant = binary_rows[row].a_known},
                   {.shape = binary_rows[row].b, .constant = binary_rows[row].b_known, .fill = OP_POSITIVE}},
        .input_count = 2,
        .act = binary_rows[row].act,
        .reference = binary_reference};
    assert_true(wcl__shape_broadcast(&binary_rows[row].a, &binary_rows[row].b, &test.output));
    return test;
}

/* Activations behind Add alone: each is a program of its own. */
static void test_binary(void **state)
{
    (void)state;
    static const char *const ops[] = {"Add", "Sub", "Mul", "Div"};
    static op_case cases[4 * WCL__COUNT(binary_rows)];
    size_t count = 0;
    for (size_t o = 0; o < WCL__COUNT(ops); o++)
        for (size_t i = 0; i < WCL__COUNT(binary_rows); i++)
            if (o == 0 || binary_rows[i].act.kind == WCL__ACT_NONE)
                cases[count++] = binary_case(ops[o], i);
    op_check(cases, count);
}

static void sum_reference(const op_case *test, const float *const *inputs, double *y)
{
    for (int64_t i = 0; i < wcl__shape_count(&test->output); i++)
        y[i] = 0;
    for (size_t k = 0; k < test->input_count; k++) {
        const wcl__ref_array zero = {test->output, (const float[512]){0}},
                             x = {test->inputs[k].shape, inputs[k]};
        double spread[512];
        assert_true(wcl__shape_count(&test->output) <= 512);
        wcl__ref_binary('+', &zero, &x, spread);
        for (int64_t i = 0; i < wcl__shape_count(&test->output); i++)
            y[i] += spread[i];
    }
}

#define SUM .op = "Sum", .reference = sum_reference
#define SMALL OP_RANDOM(2, 5, 3, 4)

static const op_case sum_cases[] = {
    {.name = "one input", SUM, .inputs = {SMALL}, .input_count = 1, .output = OP_SHAPE(2, 5, 3, 4)},
    {.name = "two",
     SUM,
     .inputs = {SMALL, SMALL},
     .input_count = 2,
     .output = OP_SHAPE(2, 5, 3, 4),
     .reduction = 2},
    {.name = "three",
     SUM,
     .inputs = {SMALL, SMALL, SMALL},
     .input_count = 3,
     .output = OP_SHAPE(2, 5, 3, 4),
     .reduction = 3},
    {.name = "seven",
     SUM,
     .inputs = {SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL},
     .input_count = 7,
     .output = OP_SHAPE(2, 5, 3, 4),
     .reduction = 7},
    {.name = "17 channels",
     SUM,
     .inputs = {OP_RANDOM(1, 17, 3, 3), OP_RANDOM(1, 17, 3, 3), OP_RANDOM(1, 17, 3, 3)},
     .input_count = 3,
     .output = OP_SHAPE(1, 17, 3, 3),
     .reduction = 3},
    {.name = "broadcasting, the largest shape last",
     SUM,
     .inputs = {OP_RANDOM(4), OP_RANDOM(3, 1), SMALL},
     .input_count = 3,
     .output = OP_SHAPE(2, 5, 3, 4),
     .reduction = 3},
    {.name = "broadcasting, none has the whole shape",
     SUM,
     .inputs = {OP_RANDOM(4), OP_RANDOM(3, 1), OP_RANDOM(2, 1, 1)},
     .input_count = 3,
     .output = OP_SHAPE(2, 3, 4),
     .reduction = 3},
};

static void test_sum(void **state)
{
    (void)state;
    op_check(sum_cases, WCL__COUNT(sum_cases));
}

/* ---- batch-norm */

static void batchnorm_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__shape *shape = &test->output;
    const int64_t c = shape->dims[1], inner = wcl__shape_count(shape) / shape->dims[0] / c;
    const double epsilon = test->attrs[0].name ? test->attrs[0].f : 1e-5f;
    const wcl__ref_batchnorm norm = {shape->dims[0], c,         inner,     inputs[1],
                                     inputs[2],      inputs[3], inputs[4], epsilon};
    wcl__ref_batchnorm_run(&norm, inputs[0], y);
}

#define NORM(c, ...)                                                                \
    .op = "BatchNormalization", .reference = batchnorm_reference, .input_count = 5, \
    .output = OP_SHAPE(__VA_ARGS__),                                                \
    .inputs = {OP_RANDOM(__VA_ARGS__),                                              \
               OP_RANDOM(c),                                                        \
               OP_RANDOM(c),                                                        \
               OP_RANDOM(c),                                                        \
               {.shape = OP_SHAPE(c), .fill = OP_POSITIVE}}

static const op_case batchnorm_cases[] = {
    {.name = "one channel", NORM(1, 1, 1, 1, 1)},
    {.name = "17 channels", NORM(17, 2, 17, 5, 3)},
    {.name = "33 channels, batch 5", NORM(33, 5, 33, 2, 3)},
    {.name = "16 channels, epsilon", NORM(16, 1, 16, 7, 5), .attrs = {OP_FLOAT("epsilon", 0.01f)}},
    {.name = "opset 9", NORM(5, 1, 5, 3, 4), .opset = 9},
    {.name = "opset 7", NORM(5, 1, 5, 3, 4), .opset = 7},
    {.name = "relu behind", NORM(17, 1, 17, 3, 4), .act = RELU},
    {.name = "sigmoid behind: tails stay zero", NORM(5, 2, 5, 3, 4), .act = {WCL__ACT_SIGMOID, 0, 0}},
    {.name = "1-D", NORM(17, 2, 17, 9)},
    {.name = "rows", NORM(10, 5, 10)},
    {.name = "5 dimensions", NORM(3, 2, 3, 2, 2, 3)},
};

static void test_batchnorm(void **state)
{
    (void)state;
    op_check(batchnorm_cases, WCL__COUNT(batchnorm_cases));
}

/* ---- what is refused */

static const op_refusal refusals[] = {
    {{.name = "shapes", .op = "Add", .inputs = {OP_RANDOM(2, 3), OP_RANDOM(2)}, .input_count = 2},
     WCL_BAD_SHAPE,
     "broadcast"},
    {{.name = "shapes of Sum",
      .op = "Sum",
      .inputs = {OP_RANDOM(2, 3), OP_RANDOM(2, 3), OP_RANDOM(4)},
      .input_count = 3},
     WCL_BAD_SHAPE,
     "broadcast"},
    {{.name = "training", NORM(3, 1, 3, 2, 2), .attrs = {OP_INT("training_mode", 1)}},
     WCL_UNSUPPORTED,
     "training"},
    {{.name = "spatial", NORM(3, 1, 3, 2, 2), .opset = 7, .attrs = {OP_INT("spatial", 0)}},
     WCL_UNSUPPORTED,
     "spatial"},
    {{.name = "channels", NORM(4, 1, 3, 2, 2)}, WCL_BAD_SHAPE, "3"},
};

static void test_refusals(void **state)
{
    (void)state;
    op_check_refused(refusals, WCL__COUNT(refusals));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activations), cmocka_unit_test(test_activations_of_special_values),
        cmocka_unit_test(test_binary),      cmocka_unit_test(test_sum),
        cmocka_unit_test(test_batchnorm),   cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
