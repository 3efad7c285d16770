/* A short run over all kernels on small odd shapes, each buffer exactly as large as its tensor: for checkers
 * that see every access, such as Oclgrind (tests/oclgrind.sh), where a larger test would take hours.
 * CLBlast's kernels are left out: they are not ours. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/measure.h"
#include "ref/ref.h"
#include "support/op_cases.h"
#include "support/support.h"

#define RELU                \
    {                       \
        WCL__ACT_RELU, 0, 0 \
    }

/* n, c, h, w, k, kh, kw */
static const conv_row convs[] = {
    {"3x3", 1, 3, 5, 7, 5, 3, 3, .pads = {1, 1, 1, 1}, .must = "direct gemm f2"},
    {"3x3, batch 2, tails of blocks, relu", 2, 17, 3, 5, 17, 3, 3, .pads = {0, 1, 1, 0}, .act = RELU,
     .must = "direct gemm f2"},
    {"2x3, stride and dilation", 1, 3, 5, 7, 5, 2, 3, .pads = {1, 0, 1, 2}, .strides = {2, 1},
     .dilations = {1, 2}},
    {"1x1, affine", 1, 5, 5, 7, 3, 1, 1, .scale = true, .shift = true, .must = "direct gemm"},
    {"wide, stride 2", 1, 3, 3, 45, 17, 2, 3, .strides = {1, 2}, .must = "direct gemm"},
    {"groups", 1, 6, 5, 7, 4, 3, 3, .groups = 2},
    {"depthwise", 1, 5, 5, 7, 5, 3, 3, .pads = {1, 1, 1, 1}, .groups = 5},
    {"1-D", 1, 3, 1, 7, 5, 1, 3, .one_d = true},
};

static const pool_row pools[] = {
    {"max", "MaxPool", 1, 3, 5, 7, 2, 2, .strides = {2, 2}},
    {"max, padding", "MaxPool", 2, 17, 5, 7, 3, 3, .pads = {1, 1, 1, 1}, .strides = {2, 2}},
    {"average", "AveragePool", 1, 3, 5, 7, 3, 2, .pads = {1, 0, 1, 1}},
    {"global average", "GlobalAveragePool", 2, 5, 5, 7, .one_d = false},
    {"global max", "GlobalMaxPool", 1, 3, 5, 7, .one_d = false},
};

/* m, n, k, the bias' shape */
static const gemm_row gemms[] = {
    {"a row", 1, 5, 7, {1, {5}}, .trans_b = true},
    {"rows", 3, 5, 7, {1, {5}}, .act = RELU},
    {"no bias, transposed", 2, 17, 19, {.rank = -1}, .trans_a = true, .alpha = 0.5f},
    {"two moving matrices", 3, 5, 7, {2, {3, 1}}, .moving_b = true, .moving_bias = true},
};

enum { CASES = 16 };

static void test_convs(void **state)
{
    op_case cases[CASES];
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(convs); i++)
        cases[i] = conv_case(&convs[i]);
    op_check(cases, WCL__COUNT(convs));
}

/* The product in local memory and its transforms. */
static void test_convs_of_gpus(void **state)
{
    op_case cases[CASES];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        cases[i] = conv_case(&convs[i]);
        cases[i].gpu = true;
        cases[i].must = cases[i].only = "f2-tiled f4-tiled f2 f4";
    }
    op_check(cases, 2);
}

/* Direct kernels by large work-groups, gemm in local memory, and the same for dense layers. */
static void test_others_of_gpus(void **state)
{
    const gemm_row dense[] = {
        {"rows of 4s", 5, 8, 12, {1, {8}}, .act = RELU},
        {"few rows", 3, 5, 7, {1, {5}}, .act = RELU},
        {"a row", 1, 5, 135, {1, {5}}, .trans_b = true},
    };
    const conv_row parts = {"in parts", 1, 36, 3, 5, 5, 2, 2, .must = "gemm"};
    enum { OTHERS = WCL__COUNT(convs) + 1, DENSE = WCL__COUNT(dense) };
    op_case cases[OTHERS + 2 * DENSE];
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(convs); i++)
        cases[i] = conv_case(&convs[i]);
    cases[WCL__COUNT(convs)] = conv_case(&parts);
    for (size_t i = 0; i < 2 * DENSE; i++) {
        cases[OTHERS + i] = gemm_case(&dense[i / 2]);
        cases[OTHERS + i].half = i % 2;
    }
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        cases[i].gpu = true;
        cases[i].must = NULL;
        cases[i].only =
            i < OTHERS ? "depthwise direct gemm-tiled gemm" : "gemv-group gemv gemm-group gemm-tiled gemm";
    }
    op_check(cases, WCL__COUNT(cases));
}

static void test_pools(void **state)
{
    op_case cases[CASES];
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(pools); i++)
        cases[i] = pool_case(&pools[i]);
    op_check(cases, WCL__COUNT(pools));
}

static void softmax_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_softmax(&test->desc.softmax, inputs[0], y);
}

/* A work-group a row: on GPUs. */
static void test_softmax_of_gpus(void **state)
{
    const op_case softmax = {.name = "columns",
                             .op = "Softmax",
                             .attrs = {OP_INT("axis", 1)},
                             .inputs = {OP_RANDOM(2, 35, 2)},
                             .input_count = 1,
                             .output = OP_SHAPE(2, 35, 2),
                             .reduction = 35,
                             .gpu = true,
                             .reference = softmax_reference,
                             .desc = {.softmax = {2, 35, 2, false}}};
    (void)state;
    op_check(&softmax, 1);
}

static void test_dense(void **state)
{
    op_case cases[CASES];
    (void)state;
    for (size_t i = 0; i < 2 * WCL__COUNT(gemms); i++) {
        cases[i] = gemm_case(&gemms[i / 2]);
        cases[i].only = "gemv gemm direct";
        cases[i].half = i % 2;
    }
    op_check(cases, 2 * WCL__COUNT(gemms));
}

/* ------------------------------------------------------------------ a network that meets the kernels without
 * a table above */

typedef struct constant {
    const char *name;
    int rank;
    int64_t dims[4];
    double deviation;
} constant;

static const constant constants[] = {
    {"w1", 4, {5, 3, 3, 3}, 0.2}, {"b1", 1, {5}, 0.1}, {"w2", 4, {5, 5, 1, 1}, 0.4},
    {"w3", 2, {15, 4}, 0.2},      {"b3", 1, {4}, 0.1}, {"scale", 4, {1, 5, 1, 1}, 1},
    {"row", 1, {7}, 1},
};

typedef struct node {
    const char *op, *inputs[3], *output, *attr;
    int64_t ints[4];
    size_t count; /* of ints; 0: the attribute is a number, ints[0] */
} node;

/* x is [2][3][5][7] */
static const node nodes[] = {
    {"Conv", {"x", "w1", "b1"}, "c1", "pads", {1, 1, 1, 1}, 4},
    {"LRN", {"c1"}, "lrn", "size", {3}, 0},
    {"Conv", {"lrn", "w2"}, "c2", NULL, {0}, 0},
    {"Tanh", {"c2"}, "tanh", NULL, {0}, 0},
    {"Mul", {"tanh", "scale"}, "scaled", NULL, {0}, 0},
    {"Sub", {"scaled", "row"}, "less", NULL, {0}, 0},
    {"Add", {"less", "lrn"}, "sum", NULL, {0}, 0},
    {"Transpose", {"sum"}, "nhwc", "perm", {0, 2, 3, 1}, 4},
    {"Concat", {"nhwc", "nhwc"}, "both", "axis", {3}, 0},
    {"Sigmoid", {"both"}, "sigmoid", NULL, {0}, 0},
    {"Slice", {"sigmoid", "starts", "ends"}, "part", NULL, {0}, 0},
    {"Flatten", {"part"}, "flat", NULL, {0}, 0},
    {"Gemm", {"flat", "w3", "b3"}, "scores", NULL, {0}, 0},
    {"Softmax", {"scores"}, "y", "axis", {1}, 0},
};

static wcl_status add_constants(wcl_builder *builder)
{
    static const int64_t starts[4] = {0, 1, 2, 4}, ends[4] = {2, 2, 5, 9};
    const wcl_tensor bounds[] = {
        {.type = WCL_INT64, .rank = 1, .dims = {4}, .data = (void *)starts, .bytes = sizeof starts},
        {.type = WCL_INT64, .rank = 1, .dims = {4}, .data = (void *)ends, .bytes = sizeof ends},
    };
    wcl_status status = wcl_builder_constant(builder, "starts", &bounds[0]);
    if (!status)
        status = wcl_builder_constant(builder, "ends", &bounds[1]);
    for (size_t i = 0; i < WCL__COUNT(constants) && !status; i++)
        status = wcl_builder_random(builder, constants[i].name, constants[i].rank, constants[i].dims,
                                    test_seed() + i, constants[i].deviation);
    return status;
}

static wcl_status add_node(wcl_builder *builder, const node *n)
{
    const wcl_attribute attr = {.name = n->attr,
                                .kind = n->count ? WCL_ATTRIBUTE_INTS : WCL_ATTRIBUTE_INT,
                                .i = n->ints[0],
                                .ints = n->count ? n->ints : NULL,
                                .count = n->count};
    size_t inputs = 0;
    while (inputs < WCL__COUNT(n->inputs) && n->inputs[inputs])
        inputs++;
    return wcl_builder_node(builder, n->op, n->output, n->inputs, inputs, &n->output, 1, &attr,
                            n->attr != NULL);
}

static wcl_model *make_network(void)
{
    wcl_builder *builder = NULL;
    wcl_model *model = NULL;
    wcl_status status = wcl_builder_create(&builder);
    if (!status)
        status = wcl_builder_input(builder, "x", WCL_FLOAT32, 4, (const int64_t[]){2, 3, 5, 7});
    if (!status)
        status = add_constants(builder);
    for (size_t i = 0; i < WCL__COUNT(nodes) && !status; i++)
        status = add_node(builder, &nodes[i]);
    if (!status)
        status = wcl_builder_output(builder, "y");
    if (!status)
        status = wcl_builder_finish(builder, &model);
    wcl_builder_destroy(builder);
    if (status)
        fail_msg("%s", wcl_last_error()->message);
    return model;
}

enum { PIXELS = 2 * 3 * 5 * 7, SCORES = 2 * 4 };

static void run_network(wcl_model *model, const wcl_session_options *options, const float *x, float *y)
{
    const wcl_tensor input = {
        .type = WCL_FLOAT32, .rank = 4, .dims = {2, 3, 5, 7}, .data = (void *)x, .bytes = PIXELS * sizeof *x};
    wcl_tensor output = {.data = y, .bytes = SCORES * sizeof *y};
    wcl_session *session = NULL;
    for (int i = 0; i < SCORES; i++)
        y[i] = NAN;
    wcl_status status = wcl_session_create(test_device(), model, options, &session);
    if (!status)
        status = wcl_session_run_tensors(session, &input, &output);
    wcl_session_destroy(session);
    if (status)
        fail_msg("%s", wcl_last_error()->message);
}

/* A buffer for each tensor or one arena for all: the values are the same, bit for bit. */
static void test_network(void **state)
{
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    float x[PIXELS], shared[SCORES], separate[SCORES];
    wcl_model *model = make_network();
    (void)state;
    test_fill(x, PIXELS, 0, 1.0);
    options.dense = WCL_DENSE_GEMM;
    run_network(model, &options, x, shared);
    options.separate_buffers = 1;
    run_network(model, &options, x, separate);
    wcl_model_destroy(model);
    assert_memory_equal(shared, separate, sizeof shared);
    for (int row = 0; row < 2; row++) {
        double sum = 0;
        for (int i = 0; i < 4; i++)
            sum += separate[4 * row + i];
        assert_true(fabs(sum - 1) < 1e-5);
    }
}

/* The kernels of wcl_device_measure, side by side and in stretches: exact buffers of ones. */
static void test_measure(void **state)
{
    enum {
        ITEMS = 4,
        CB = 4,
        CHAINS = 3,
        COUNT = 2,
        FLOATS = ITEMS * COUNT * CHAINS * CB,
        STEPS = WCL__MEASURE_UNROLL
    };
    static const wcl__measure kinds[] = {
        {{CB, CHAINS}, ITEMS, 1, .steps = STEPS},
        {{CB, CHAINS},
         ITEMS,
         2,
         .item_step = CB,
         .chain_step = ITEMS * CB,
         .step = CHAINS * ITEMS * CB,
         .count = COUNT},
        {{CB, CHAINS},
         ITEMS,
         1,
         .item_step = CHAINS * COUNT * CB,
         .chain_step = COUNT * CB,
         .step = CB,
         .count = COUNT},
    };
    float x[FLOATS], y[ITEMS * CB];
    (void)state;
    for (int i = 0; i < FLOATS; i++)
        x[i] = 1;
    for (size_t k = 0; k < WCL__COUNT(kinds); k++) {
        const bool fma = kinds[k].steps > 0;
        const float expected = fma ? 1 + STEPS + CHAINS * (CHAINS - 1) / 2 : CHAINS * COUNT;
        cl_command_queue queue;
        cl_mem slots[2];
        wcl__launch launch;
        wcl__call call;
        assert_int_equal(
            fma ? wcl__measure_fma_call(&call, &kinds[k]) : wcl__measure_read_call(&call, &kinds[k]), WCL_OK);
        assert_int_equal(wcl__device_queue(test_device(), &queue), WCL_OK);
        assert_int_equal(wcl__buffer_create(test_device(), CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR,
                                            (fma ? CB : FLOATS) * sizeof *x, x, "x", &slots[0]),
                         WCL_OK);
        assert_int_equal(wcl__buffer_create(test_device(), CL_MEM_READ_WRITE, sizeof y, NULL, "y", &slots[1]),
                         WCL_OK);
        if (wcl__launch_create(test_device(), &call, slots, &launch) ||
            wcl__launch_enqueue(&launch, queue, 0, NULL, NULL))
            fail_msg("%s", wcl_last_error()->message);
        assert_int_equal(clEnqueueReadBuffer(queue, slots[1], CL_TRUE, 0, sizeof y, y, 0, NULL, NULL),
                         CL_SUCCESS);
        for (int i = 0; i < ITEMS * CB; i++)
            if (y[i] != expected)
                fail_msg("kind %zu: y[%d] is %g, expected %g", k, i, (double)y[i], (double)expected);
        wcl__launch_destroy(&launch);
        clReleaseMemObject(slots[0]);
        clReleaseMemObject(slots[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convs),          cmocka_unit_test(test_convs_of_gpus),
        cmocka_unit_test(test_others_of_gpus), cmocka_unit_test(test_pools),
        cmocka_unit_test(test_dense),          cmocka_unit_test(test_network),
        cmocka_unit_test(test_measure),        cmocka_unit_test(test_softmax_of_gpus),
    };
    setenv("WINOCL_TEST_EXACT", "1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
