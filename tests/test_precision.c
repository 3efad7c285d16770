/* Half-stored weights in whole networks: which layers take them, what the plan says of it, and how far the
 * results move. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/planner.h"
#include "support/network.h"
#include "support/support.h"

static const double half_tolerance = 3e-3; /* of the largest output */

static wcl_session_options half_options(wcl_dense_choice dense)
{
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.precision = WCL_HALF_WEIGHTS;
    options.dense = dense;
    options.plan_as = WCL_PLAN_AS_CPU; /* on GPUs CLBlast and other convolutions are as good */
    return options;
}

static wcl_session_options full_options(wcl_dense_choice dense)
{
    wcl_session_options options = half_options(dense);
    options.precision = WCL_FP32;
    return options;
}

static bool stores_halves(const wcl_plan_node *node)
{
    return strstr(node->parameters, "half=1") != NULL;
}

/* ---- the range of a half */

enum { INPUTS = 19, OUTPUTS = 21 };

typedef struct range_row {
    const char *name;
    float weight, alpha, scale; /* one weight has this value, all others are small; alpha and scale 0: none */
    bool half;
} range_row;

static const range_row range_rows[] = {
    {"ordinary weights", 1, 0, 0, true},
    {"a subnormal half", 1e-7f, 0, 0, true},
    {"a quarter of the largest half", 16376, 0, 0, true},
    {"more than that", 16377, 0, 0, false},
    {"far out", -1e5f, 0, 0, false},
    {"far out, scaled down", 1e5f, 0, 0.01f, true},
    {"scaled up", -1000, 0, 100, false},
    {"by alpha", 9000, -2, 0, false},
    {"infinity", INFINITY, 0, 0, false},
    {"NaN", NAN, 0, 0, false},
};

static wcl_model *range_model(const range_row *row)
{
    wcl_builder *builder = net_begin();
    float weights[OUTPUTS * INPUTS], scale[OUTPUTS];
    const wcl_attribute attributes[] = {{.name = "transB", .kind = WCL_ATTRIBUTE_INT, .i = 1},
                                        {.name = "alpha", .kind = WCL_ATTRIBUTE_FLOAT, .f = row->alpha}};
    test_fill(weights, OUTPUTS * INPUTS, 1, 0.1);
    weights[7] = row->weight;
    for (int i = 0; i < OUTPUTS; i++)
        scale[i] = i % 2 ? row->scale : -row->scale;
    net_input(builder, "x", NET_DIMS(1, INPUTS));
    net_floats(builder, "w", NET_DIMS(OUTPUTS, INPUTS), weights);
    assert_int_equal(net_try(builder, "Gemm", "dense", "x w", "product", attributes, row->alpha != 0 ? 2 : 1),
                     WCL_OK);
    if (row->scale == 0)
        return net_end(builder, "product");
    net_floats(builder, "scale", NET_DIMS(OUTPUTS), scale);
    net_node(builder, "Mul", "scaling", "product scale", "scaled");
    return net_end(builder, "scaled");
}

static void check_range(const range_row *row)
{
    wcl_model *model = range_model(row);
    const wcl_session_options options = half_options(WCL_DENSE_GEMV), floats = full_options(WCL_DENSE_GEMV);
    wcl_session *half = open_session(model, &options), *full = open_session(model, &floats);
    float *input = seeded_input(INPUTS);
    float *got = run_network(half, input, 1, OUTPUTS), *expected = run_network(full, input, 1, OUTPUTS);
    const wcl_plan_node node = plan_find(wcl_session_plan(half), "dense");
    if (stores_halves(&node) != row->half || (strstr(node.reason, "too large for half") != NULL) == row->half)
        fail_msg("%s: %s; %s", row->name, node.parameters, node.reason);
    if (isfinite(row->weight))
        check_values(row->name, got, expected, OUTPUTS, row->half ? half_tolerance : 0);
    const wcl_plan_node other = plan_find(wcl_session_plan(full), "dense");
    assert_false(stores_halves(&other));
    free(got);
    free(expected);
    free(input);
    wcl_session_destroy(half);
    wcl_session_destroy(full);
    wcl_model_destroy(model);
}

static void test_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(range_rows); i++)
        check_range(&range_rows[i]);
}

/* Seeded weights are never read for that: the largest that the generator can make decides. */
static void test_seeded_range(void **state)
{
    static const struct {
        double deviation;
        bool half;
    } rows[] = {{1, true}, {4000, true}, {6000, false}};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_builder *builder = net_begin();
        net_input(builder, "x", NET_DIMS(1, INPUTS));
        net_random(builder, "w", NET_DIMS(INPUTS, OUTPUTS), 2, rows[i].deviation);
        net_node(builder, "MatMul", "dense", "x w", "y");
        wcl_model *model = net_end(builder, "y");
        const wcl_session_options options = half_options(WCL_DENSE_AUTO);
        wcl_plan *plan = make_plan(model, &options, NULL);
        const wcl_plan_node node = plan_find(plan, "dense");
        assert_int_equal(stores_halves(&node), rows[i].half);
        wcl_plan_destroy(plan);
        wcl_model_destroy(model);
    }
}

/* ---- what the plan says */

static void test_plan(void **state)
{
    static const struct {
        const char *name;
        wcl_dense_choice dense;
        const char *algorithm, *reason;
        bool half;
    } rows[] = {
        {"auto", WCL_DENSE_AUTO, "gemv", "", true},
        {"gemv", WCL_DENSE_GEMV, "gemv", "", true},
        {"gemm, which needs more rows", WCL_DENSE_GEMM, "gemv", "gemm: one input vector: gemv", true},
        {"clblast, which reads no halves", WCL_DENSE_CLBLAST, "clblast",
         "clblast: it reads fp32 weights only", false},
    };
    (void)state;
    wcl_model *model = load_network("zoo:lenet5");
    const wcl_session_options floats = full_options(WCL_DENSE_AUTO);
    wcl_plan *full = make_plan(model, &floats, NULL);
    const int64_t bytes = plan_find(full, "dense_1").weight_bytes,
                  bias = plan_find(full, "dense_1").dims[1] * 4;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const wcl_session_options options = half_options(rows[i].dense);
        wcl_plan *plan = make_plan(model, &options, NULL);
        const wcl_plan_node node = plan_find(plan, "dense_1");
        if (strcmp(node.algorithm, rows[i].algorithm) != 0 || strcmp(node.reason, rows[i].reason) != 0 ||
            stores_halves(&node) != rows[i].half)
            fail_msg("%s: %s, %s; %s", rows[i].name, node.algorithm, node.parameters, node.reason);
        if (rows[i].half)
            assert_int_equal(node.weight_bytes, (bytes - bias) / 2 + bias);
        wcl_plan_destroy(plan);
    }
    wcl_plan_destroy(full);
    wcl_model_destroy(model);
}

/* Convolutions: F6 keeps floats where it is forced, and is none of the choices where it is not; direct ones
 * keep floats, and so do all whose filters stay in the device's cache. */
static void test_convolutions(void **state)
{
    static const struct {
        const char *name;
        wcl_conv_choice conv;
        uint64_t cache;
        const char *algorithm, *reason; /* parts */
        bool half;
    } rows[] = {
        {"auto", WCL_CONV_AUTO, 1, "", "", true},
        {"f2", WCL_CONV_F2, 1, "f2", "", true},
        {"f4", WCL_CONV_F4, 1, "f4", "", true},
        {"f6", WCL_CONV_F6, 1, "f6", "f6: it keeps fp32 weights", false},
        {"direct", WCL_CONV_DIRECT, 1, "direct", "", false},
        {"f4 in a cache", WCL_CONV_F4, 1 << 30, "f4", "", false},
        {"f6 in a cache", WCL_CONV_F6, 1 << 30, "f6", "", false},
    };
    (void)state;
    wcl_model *model = load_network("zoo:vgg11?size=32&classes=10");
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_session_options options = half_options(WCL_DENSE_AUTO);
        options.conv = rows[i].conv;
        wcl__facts facts = cpu_facts(16);
        facts.cache_bytes = rows[i].cache;
        const wcl__plan_request request = {&facts, model, &options, NULL, NULL, 0, NULL, NULL, NULL};
        wcl_plan *plan;
        assert_int_equal(wcl__plan_make(&request, &plan), WCL_OK);
        const wcl_plan_node node = plan_find(plan, "conv2d_3");
        if (!strstr(node.algorithm, rows[i].algorithm) || !strstr(node.reason, rows[i].reason) ||
            (!rows[i].reason[0] && node.reason[0]) || stores_halves(&node) != rows[i].half)
            fail_msg("%s: %s, %s; %s", rows[i].name, node.algorithm, node.parameters, node.reason);
        wcl_plan_destroy(plan);
    }
    wcl_model_destroy(model);
}

/* ---- networks */

static void check_network(const char *name, int64_t batch, int64_t side, int64_t classes)
{
    wcl_model *model = load_network(name);
    const wcl_session_options options = half_options(WCL_DENSE_AUTO);
    wcl_session *half = open_session(model, &options), *full = open_session(model, NULL);
    float *input = seeded_input(batch * 3 * side * side);
    float *got = run_network(half, input, batch, batch * classes),
          *expected = run_network(full, input, batch, batch * classes);
    wcl_plan_bytes few = WCL_PLAN_BYTES_INIT, all = WCL_PLAN_BYTES_INIT;
    check_values(name, got, expected, batch * classes, half_tolerance);
    assert_int_not_equal(memcmp(got, expected, (size_t)(batch * classes) * sizeof *got),
                         0); /* the store kept them apart */
    assert_int_equal(wcl_plan_get_bytes(wcl_session_plan(half), &few), WCL_OK);
    assert_int_equal(wcl_plan_get_bytes(wcl_session_plan(full), &all), WCL_OK);
    assert_true(few.weights < all.weights);
    free(got);
    free(expected);
    free(input);
    wcl_session_destroy(half);
    wcl_session_destroy(full);
    wcl_model_destroy(model);
}

static void test_networks(void **state)
{
    (void)state;
    check_network("zoo:vgg11-bn?size=32&classes=10", 3, 32, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range),        cmocka_unit_test(test_seeded_range), cmocka_unit_test(test_plan),
        cmocka_unit_test(test_convolutions), cmocka_unit_test(test_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
