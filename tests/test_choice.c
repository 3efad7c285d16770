/* Which variant the planner takes by cost, on devices that are given by their facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/planner.h"
#include "kernels/pool/pool_group.h"
#include "kernels/norm/softmax.h"
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
        const int64_t pad = rows[i].k / 2, pads[] = {pad, pad, pad, pad},
                      strides[] = {rows[i].stride, rows[i].stride};
        const int64_t two[] = {2, 2};
        const bool dilated = strcmp(rows[i].name, "dilated") == 0;
        const wcl_attribute attributes[] = {
            {.name = "pads", .kind = WCL_ATTRIBUTE_INTS, .ints = pads, .count = 4},
            {.name = dilated ? "dilations" : "strides",
             .kind = WCL_ATTRIBUTE_INTS,
             .ints = dilated ? two : strides,
             .count = 2},
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
        const wcl__facts facts = cpu_facts(widths[w]);
        const wcl__plan_request request = {&facts, model, &options, NULL, NULL, 0, NULL, NULL, NULL};
        wcl_plan *plan = NULL;
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
        const wcl__plan_request request = {&facts, model, &options, NULL, NULL, 0, NULL, NULL, NULL};
        wcl_plan *plan = NULL;
        options.conv = WCL_CONV_GEMM;
        options.dense = WCL_DENSE_GEMM;
        facts.type = rows[i].type;
        facts.local_bytes = rows[i].local_bytes;
        facts.max_work_group = rows[i].max_work_group;
        assert_int_equal(wcl__plan_make(&request, &plan), WCL_OK);
        if (!strstr(plan_find(plan, "conv").parameters, rows[i].conv) ||
            !strstr(plan_find(plan, "dense").parameters, rows[i].dense))
            fail_msg("%s: %s; %s", rows[i].name, plan_find(plan, "conv").parameters,
                     plan_find(plan, "dense").parameters);
        wcl_plan_destroy(plan);
    }
    wcl_model_destroy(model);
}

/* ---- plan_as */

/* Facts of one device as another kind's. */
static void test_facts_as(void **state)
{
    enum { CPU = CL_DEVICE_TYPE_CPU, GPU = CL_DEVICE_TYPE_GPU, EMULATOR = CL_DEVICE_TYPE_ACCELERATOR };
    static const struct {
        const char *name;
        cl_device_type type;
        unsigned width;
        wcl_plan_as kind;
        cl_device_type as;
        unsigned as_width;
        uint64_t as_cache;
    } rows[] = {
        {"a CPU as it is", CPU, 16, WCL_PLAN_AS_DEVICE, CPU, 16, 50 << 20},
        {"a CPU as a CPU", CPU, 4, WCL_PLAN_AS_CPU, CPU, 4, 50 << 20},
        {"a CPU as a GPU", CPU, 16, WCL_PLAN_AS_GPU, GPU, 1, 50 << 20},
        {"a GPU as a GPU", GPU, 4, WCL_PLAN_AS_GPU, GPU, 4, 50 << 20},
        {"a GPU as a CPU", GPU, 1, WCL_PLAN_AS_CPU, CPU, 8, 1 << 20},
        {"both, as a CPU", CPU | GPU, 1, WCL_PLAN_AS_CPU, CPU | GPU, 1, 50 << 20},
        {"both, as a GPU", CPU | GPU, 8, WCL_PLAN_AS_GPU, GPU, 1, 50 << 20},
        {"an accelerator as a CPU", EMULATOR, 16, WCL_PLAN_AS_CPU, CPU, 16, 1 << 20},
        {"an accelerator as a GPU", EMULATOR, 16, WCL_PLAN_AS_GPU, GPU, 1, 50 << 20},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl__facts facts = test_device()->facts;
        facts.type = rows[i].type;
        facts.vector_width = rows[i].width;
        facts.cache_bytes = 50 << 20;
        const wcl__facts as = wcl__facts_as(&facts, rows[i].kind);
        if (as.type != rows[i].as || as.vector_width != rows[i].as_width ||
            as.cache_bytes != rows[i].as_cache)
            fail_msg("%s: type %llu, %u lanes, %llu bytes of cache", rows[i].name,
                     (unsigned long long)as.type, as.vector_width, (unsigned long long)as.cache_bytes);
        if (as.max_alloc != facts.max_alloc || as.local_bytes != facts.local_bytes ||
            as.max_work_group != facts.max_work_group)
            fail_msg("%s: the device's limits changed", rows[i].name);
    }
}

/* Whatever the test device is: plans of either kind are that kind's, and give the same values. */
static void test_plan_as(void **state)
{
    static const struct {
        const char *name;
        wcl_plan_as kind;
        bool cpu;
        const char *layout; /* of the convolutions, from its start */
    } rows[] = {{"as a CPU", WCL_PLAN_AS_CPU, true, NULL}, {"as a GPU", WCL_PLAN_AS_GPU, false, "NCHW4c"}};
    (void)state;
    wcl_model *model = load_network(data_path("zoo/narrow_vgg.onnx"));
    wcl_tensor input = load_values("zoo/narrow_vgg_input.npy");
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl_session *session = open_session(model, &options);
    float *expected = run_network(session, input.data, 2, 20);
    wcl_session_destroy(session);
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const bool is_cpu = test_device()->facts.type & CL_DEVICE_TYPE_CPU;
        const wcl__rates measured = {1e9, 1e9, 1e-6, true};
        const wcl__plan_request request = {
            &test_device()->facts, model, &options, NULL, NULL, 0, &measured, NULL, NULL};
        wcl_plan *plan = NULL;
        options.plan_as = rows[i].kind;
        session = open_session(model, &options);
        float *got = run_network(session, input.data, 2, 20);
        check_values(rows[i].name, got, expected, 20, 1e-5);
        const char *layout = plan_find(wcl_session_plan(session), "conv7").layout;
        if (rows[i].layout ? strcmp(layout, rows[i].layout) != 0 : strcmp(layout, "NCHW4c") == 0)
            fail_msg("%s: layout %s", rows[i].name, layout);
        assert_int_equal(wcl__plan_make(&request, &plan), WCL_OK);
        if (plan->rates.measured !=
            (is_cpu == rows[i].cpu)) /* rates measured on the other kind count for nothing */
            fail_msg("%s: rates of another kind", rows[i].name);
        wcl_plan_destroy(plan);
        free(got);
        wcl_session_destroy(session);
    }
    options.plan_as = (wcl_plan_as)3;
    wcl_plan *plan = NULL;
    assert_int_equal(wcl_plan_create(test_device(), model, &options, NULL, &plan), WCL_BAD_ARGUMENT);
    free(expected);
    wcl_tensor_clear(&input);
    wcl_model_destroy(model);
}

/* Dense layers of one input on a GPU: read by work-groups, whatever the sizes, the weights' type and the
 * rates. */
static void test_gemv_of_gpus(void **state)
{
    static const struct {
        const char *name;
        int64_t inputs, outputs;
    } layers[] = {
        {"VGG's last", 4096, 1000}, {"VGG's second", 4096, 4096}, {"LeNet's last", 84, 10},
        {"odd sizes", 4097, 1001},  {"one input", 1, 64},         {"one output", 300, 1},
    };
    static const wcl__rates h100 = {65e12, 2779e9, 5.9e-6, true};
    const wcl__rates *rates[] = {NULL, &h100};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(layers) * 4; i++) {
        const int64_t inputs = layers[i / 4].inputs, outputs = layers[i / 4].outputs;
        wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        wcl__facts facts = test_device()->facts;
        wcl_plan *plan = NULL;
        wcl_builder *b = net_begin();
        net_input(b, "x", NET_DIMS(1, inputs));
        net_random(b, "w", NET_DIMS(inputs, outputs), 1, 0.1);
        net_node(b, "MatMul", "dense", "x w", "y");
        wcl_model *model = net_end(b, "y");
        const wcl__plan_request request = {&facts, model, &options, NULL, NULL, 0, rates[i % 2], NULL, NULL};
        options.precision = i / 2 % 2 ? WCL_HALF_WEIGHTS : WCL_FP32;
        facts.type = CL_DEVICE_TYPE_GPU;
        facts.compute_units = 132;
        facts.clock_mhz = 1980;
        assert_int_equal(wcl__plan_make(&request, &plan), WCL_OK);
        if (strcmp(plan_algorithm(plan, "dense"), "gemv") != 0 ||
            !strstr(plan_find(plan, "dense").parameters, "items="))
            fail_msg("%s, %s, %s: %s %s", layers[i / 4].name, i / 2 % 2 ? "halves" : "fp32",
                     i % 2 ? "measured" : "guessed", plan_algorithm(plan, "dense"),
                     plan_find(plan, "dense").parameters);
        wcl_plan_destroy(plan);
        wcl_model_destroy(model);
    }
}

/* V and M of VGG's second layer, 1.8 GB each for 64 pictures, are made in chunks; none of a GPU's layers
 * takes a sixteenth of its memory. */
static void test_chunks_of_gpus(void **state)
{
    static const struct {
        const char *name;
        uint64_t max_alloc, global_bytes, most;
    } rows[] = {
        {"an H100", 20ull << 30, 80ull << 30, 256 << 20},
        {"largest buffer 1 GiB", 1ull << 30, 4ull << 30, 256 << 20},
        {"little memory", 1ull << 30, 3ull << 30, 192 << 20},
    };
    (void)state;
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(64, 64, 224, 224));
    net_conv(b, "conv", "x", "y", 64, 64, 3, 1);
    wcl_model *model = net_end(b, "y");
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        options.conv = WCL_CONV_F4;
        wcl__facts facts = test_device()->facts;
        const wcl__plan_request request = {&facts, model, &options, NULL, NULL, 0, NULL, NULL, NULL};
        wcl_plan *plan = NULL;
        facts.type = CL_DEVICE_TYPE_GPU;
        facts.local_bytes = 32768;
        facts.max_alloc = rows[i].max_alloc;
        facts.global_bytes = rows[i].global_bytes;
        assert_int_equal(wcl__plan_make(&request, &plan), WCL_OK);
        const wcl_plan_node node = plan_find(plan, "conv");
        if (plan_algorithm(plan, "conv")[0] != 'f' || node.launches < 12)
            fail_msg("%s: %s in %d launches", rows[i].name, plan_algorithm(plan, "conv"), node.launches);
        for (size_t t = 0; t < plan->steps.tensor_count; t++)
            if (plan->steps.tensors[t].kind == WCL__TENSOR_WORKSPACE &&
                plan->steps.tensors[t].bytes > rows[i].most)
                fail_msg("%s: %s has %zu bytes", rows[i].name, plan->steps.tensors[t].name,
                         plan->steps.tensors[t].bytes);
        wcl_plan_destroy(plan);
    }
    wcl_model_destroy(model);
}

/* Which softmax has a work-group a row. */
static void test_softmax(void **state)
{
    static const struct {
        const char *name;
        cl_device_type type;
        uint64_t max_work_group, local_bytes;
        wcl__softmax softmax;
        int items; /* 0: an item a row */
    } rows[] = {
        {"1000 classes", CL_DEVICE_TYPE_GPU, 1024, 32768, {1, 1000, 1, false}, 256},
        {"many rows", CL_DEVICE_TYPE_GPU, 1024, 32768, {5000, 100, 1, false}, 128},
        {"small work-groups", CL_DEVICE_TYPE_GPU, 64, 32768, {1, 1000, 1, false}, 64},
        {"too small ones", CL_DEVICE_TYPE_GPU, 16, 32768, {1, 1000, 1, false}, 0},
        {"hardly any local memory", CL_DEVICE_TYPE_GPU, 1024, 512, {1, 1000, 1, false}, 0},
        {"short rows", CL_DEVICE_TYPE_GPU, 1024, 32768, {4, 10, 1, false}, 0},
        {"few pixels of many classes", CL_DEVICE_TYPE_GPU, 1024, 32768, {1, 100, 49, false}, 128},
        {"many pixels", CL_DEVICE_TYPE_GPU, 1024, 32768, {1, 100, 50000, false}, 0},
        {"a CPU", CL_DEVICE_TYPE_CPU, 4096, 32768, {1, 1000, 1, false}, 0},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl__softmax_group_params params;
        const wcl__facts facts = {.type = rows[i].type,
                                  .max_work_group = rows[i].max_work_group,
                                  .max_item = {rows[i].max_work_group},
                                  .local_bytes = rows[i].local_bytes};
        const wcl__profile profile = wcl__profile_of(&facts);
        wcl__softmax_group_defaults(&profile, &rows[i].softmax, &params);
        const bool runs = !wcl__softmax_group_refuses(&rows[i].softmax) &&
                          !wcl__softmax_group_table.fits(&profile, (const int *)&params);
        const int items = runs ? params.items : 0;
        if (items != rows[i].items)
            fail_msg("%s: %d work-items", rows[i].name, items);
    }
}

static void test_global_pools(void **state)
{
    static const struct {
        const char *name;
        cl_device_type type;
        uint64_t max_work_group, local_bytes;
        int64_t h, w;
        int cb, items; /* 0: a work-item for each block of channels */
    } rows[] = {
        {"7x7", CL_DEVICE_TYPE_GPU, 1024, 32768, 7, 7, 4, 32},
        {"a large plane", CL_DEVICE_TYPE_GPU, 1024, 32768, 112, 112, 4, 256},
        {"small work-groups", CL_DEVICE_TYPE_GPU, 64, 32768, 112, 112, 4, 64},
        {"too small ones", CL_DEVICE_TYPE_GPU, 16, 32768, 112, 112, 4, 0},
        {"hardly any local memory", CL_DEVICE_TYPE_GPU, 1024, 2048, 112, 112, 16, 0},
        {"a CPU", CL_DEVICE_TYPE_CPU, 4096, 32768, 112, 112, 16, 0},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl__pool_group_params params;
        const wcl__facts facts = {.type = rows[i].type,
                                  .max_work_group = rows[i].max_work_group,
                                  .max_item = {rows[i].max_work_group},
                                  .local_bytes = rows[i].local_bytes};
        const wcl__pool pool = {.h = rows[i].h, .w = rows[i].w};
        const wcl__profile profile = wcl__profile_of(&facts);
        wcl__pool_group_defaults(&profile, &pool, rows[i].cb, &params);
        const bool runs = !wcl__pool_group_table.fits(&profile, (const int *)&params);
        const int items = runs ? params.items : 0;
        if (items != rows[i].items)
            fail_msg("%s: %d work-items", rows[i].name, items);
    }
}

/* As a GPU plans them: by work-groups where the planes are large enough. */
static void test_global_pool_plans(void **state)
{
    static const struct {
        int64_t side;
        wcl_plan_as kind;
        const char *algorithm;
    } rows[] = {
        {14, WCL_PLAN_AS_GPU, "group"}, {5, WCL_PLAN_AS_GPU, "direct"}, {14, WCL_PLAN_AS_CPU, "direct"}};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_builder *b = net_begin();
        wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        wcl_plan *plan = NULL;
        net_input(b, "x", 4, (const int64_t[]){2, 5, rows[i].side, rows[i].side});
        net_conv(b, "conv", "x", "c", 5, 9, 3, 500);
        net_node(b, "GlobalAveragePool", "pool", "c", "y");
        wcl_model *model = net_end(b, "y");
        options.plan_as = rows[i].kind;
        assert_int_equal(wcl_plan_create(test_device(), model, &options, NULL, &plan), WCL_OK);
        assert_string_equal(plan_find(plan, "pool").algorithm, rows[i].algorithm);
        wcl_plan_destroy(plan);
        wcl_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_residual),          cmocka_unit_test(test_products),
        cmocka_unit_test(test_facts_as),          cmocka_unit_test(test_plan_as),
        cmocka_unit_test(test_gemv_of_gpus),      cmocka_unit_test(test_chunks_of_gpus),
        cmocka_unit_test(test_softmax),           cmocka_unit_test(test_global_pools),
        cmocka_unit_test(test_global_pool_plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
