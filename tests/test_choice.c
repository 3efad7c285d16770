/* Which variant the planner takes by cost, on devices that are given by their facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/device.h"
#include "support/network.h"
#include "support/support.h"

/* The layers of a residual network on CPUs: a first one of 3 channels, and a block's. */
static void test_residual(void **state)
{
    static const struct {
        const char *name, *input, *output;
        int64_t channels, filters, k, stride;
        const char *algorithm; /* NULL: Winograd's */
    } rows[] = {
        {"first", "x", "a", 3, 64, 7, 2, "direct"},
        {"reduce", "a", "b", 64, 64, 1, 1, "gemm"},
        {"middle", "b", "c", 64, 64, 3, 1, NULL},
        {"expand", "c", "d", 64, 256, 1, 1, "gemm"},
        {"smaller", "c", "e", 64, 128, 3, 2, "gemm"},
        {"dilated", "d", "f", 256, 64, 3, 1, "gemm"},
        {"shortcut", "d", "shorter", 256, 512, 1, 2, "gemm"},
    };
    static const unsigned widths[] = {8, 16};
    (void)state;
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(1, 3, 112, 112));
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const int64_t pad = rows[i].k / 2, pads[] = {pad, pad, pad, pad}, strides[] = {rows[i].stride, rows[i].stride};
        const int64_t two[] = {2, 2};
        const bool dilated = strcmp(rows[i].name, "dilated") == 0;
        const wcl_attribute attributes[] = {
            {.name = "pads", .kind = WCL_ATTRIBUTE_INTS, .ints = pads, .count = 4},
            {.name = dilated ? "dilations" : "strides", .kind = WCL_ATTRIBUTE_INTS, .ints = dilated ? two : strides, .count = 2},
        };
        char weight[32], inputs[64];
        snprintf(weight, sizeof weight, "%s_w", rows[i].name);
        snprintf(inputs, sizeof inputs, "%s %s", rows[i].input, weight);
        net_random(b, weight, NET_DIMS(rows[i].filters, rows[i].channels, rows[i].k, rows[i].k), i, 0.1);
        assert_int_equal(net_try(b, "Conv", rows[i].name, inputs, rows[i].output, attributes, 2), WCL_OK);
    }
    wcl_model *model = net_end(b, "e f shorter");
    for (size_t w = 0; w < WCL__COUNT(widths); w++) {
        const wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        wcl__facts facts = test_device()->facts;
        const wcl__plan_request request = {&facts, model, &options, NULL, NULL, 0, NULL};
        wcl_plan *plan = NULL;
        facts.type = CL_DEVICE_TYPE_CPU;
        facts.vector_width = widths[w];
        assert_int_equal(wcl__plan_make(&request, &plan), WCL_OK);
        for (size_t i = 0; i < WCL__COUNT(rows); i++) {
            const char *algorithm = plan_algorithm(plan, rows[i].name);
            if (rows[i].algorithm ? strcmp(algorithm, rows[i].algorithm) != 0 : algorithm[0] != 'f')
                fail_msg("vectors of %u floats, %s: %s", widths[w], rows[i].name, algorithm);
        }
        wcl_plan_destroy(plan);
    }
    wcl_model_destroy(model);
}

/* What a product runs as: in local memory on a GPU that has enough of it and of work-items. */
static void test_products(void **state)
{
    static const struct {
        const char *name;
        cl_device_type type;
        uint64_t local_bytes, max_work_group;
        const char *conv, *dense; /* among their parameters */
    } rows[] = {
        {"a GPU", CL_DEVICE_TYPE_GPU, 32768, 256, "split=", "split="},
        {"a GPU of little local memory", CL_DEVICE_TYPE_GPU, 2048, 256, "gather=", "batch="},
        {"a GPU of small work-groups", CL_DEVICE_TYPE_GPU, 32768, 32, "gather=", "batch="},
        {"a CPU", CL_DEVICE_TYPE_CPU, 1 << 20, 4096, "gather=", "batch="},
    };
    (void)state;
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(4, 64, 16, 16));
    net_conv(b, "conv", "x", "a", 64, 128, 1, 1);
    net_random(b, "w", NET_DIMS(16, 20), 3, 0.1);
    net_node(b, "MatMul", "dense", "a w", "y");
    wcl_model *model = net_end(b, "y");
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        wcl__facts facts = test_device()->facts;
        const wcl__plan_request request = {&facts, model, &options, NULL, NULL, 0, NULL};
        wcl_plan *plan = NULL;
        options.conv = WCL_CONV_GEMM;
        options.dense = WCL_DENSE_GEMM;
        facts.type = rows[i].type;
        facts.local_bytes = rows[i].local_bytes;
        facts.max_work_group = rows[i].max_work_group;
        assert_int_equal(wcl__plan_make(&request, &plan), WCL_OK);
        if (!strstr(plan_find(plan, "conv").parameters, rows[i].conv) ||
            !strstr(plan_find(plan, "dense").parameters, rows[i].dense))
            fail_msg("%s: %s; %s", rows[i].name, plan_find(plan, "conv").parameters, plan_find(plan, "dense").parameters);
        wcl_plan_destroy(plan);
    }
    wcl_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_residual),
        cmocka_unit_test(test_products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
