/* Convolutions of well-known networks on CPUs of all rates: variants that are far from the fastest there must
 * not be chosen, whatever was measured. A rate moves the balance between arithmetic and traffic, and with it
 * each choice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/planner.h"
#include "runtime/device.h"
#include "support/network.h"
#include "support/support.h"

#define WINOGRAD "f2 f4 f6 fused-f4 fused-f6"
#define ANY_PRODUCT "gemm " WINOGRAD

typedef struct layer {
    const char *name;
    int64_t channels, filters, side, window, stride, groups;
    const char *right; /* the variants that may run it */
} layer;

static const layer layers[] = {
    {"VGG's first", 3, 64, 224, 3, 1, 1, "direct"},
    {"VGG's second", 64, 64, 224, 3, 1, 1, WINOGRAD},
    {"VGG's conv3_2", 256, 256, 56, 3, 1, 1, WINOGRAD},
    {"VGG's conv4_2", 512, 512, 28, 3, 1, 1, WINOGRAD},
    {"VGG's conv5_1", 512, 512, 14, 3, 1, 1, WINOGRAD},
    {"ResNet's first", 3, 64, 224, 7, 2, 1, "direct"},
    {"ResNet, 1x1 at 56", 64, 256, 56, 1, 1, 1, "gemm"},
    {"ResNet, 1x1 at 14", 1024, 256, 14, 1, 1, 1, "gemm"},
    {"ResNet, 1x1 at 7, fewer channels", 2048, 512, 7, 1, 1, 1, "gemm"},
    {"ResNet, 1x1 at 7, more channels", 512, 2048, 7, 1, 1, 1, "gemm"},
    {"ResNet, shortcut", 512, 1024, 28, 1, 2, 1, "gemm"},
    {"ResNet, 3x3 of stride 2", 256, 256, 28, 3, 2, 1, "gemm"},
    {"ResNet, 3x3 at 7", 512, 512, 7, 3, 1, 1, ANY_PRODUCT},
    {"MobileNet's first", 3, 32, 224, 3, 2, 1, "direct"},
    {"MobileNet, depthwise at 112", 96, 96, 112, 3, 2, 96, "direct"},
    {"MobileNet, depthwise at 14", 384, 384, 14, 3, 1, 384, "direct"},
    {"MobileNet, fewer channels at 7", 960, 160, 7, 1, 1, 1, "gemm"},
    {"MobileNet's last", 320, 1280, 7, 1, 1, 1, "gemm"},
    {"EfficientNet, fewer channels at 7", 1152, 192, 7, 1, 1, 1, "gemm"},
    {"EfficientNet, more channels at 7", 192, 1152, 7, 1, 1, 1, "gemm"},
    {"EfficientNet, 320 channels at 7", 1152, 320, 7, 1, 1, 1, "gemm"},
    {"EfficientNet, depthwise 5x5 at 7", 1152, 1152, 7, 5, 1, 1152, "direct"},
};

/* Between two 1x1 convolutions, so that it may choose its layouts. */
static wcl_model *make_model(const layer *l)
{
    const int64_t pad = l->window / 2, pads[] = {pad, pad, pad, pad}, strides[] = {l->stride, l->stride};
    const wcl_attribute attributes[] = {
        {.name = "pads", .kind = WCL_ATTRIBUTE_INTS, .ints = pads, .count = 4},
        {.name = "strides", .kind = WCL_ATTRIBUTE_INTS, .ints = strides, .count = 2},
        {.name = "group", .kind = WCL_ATTRIBUTE_INT, .i = l->groups},
    };
    const bool first = l->channels == 3;
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(1, l->channels, l->side, l->side));
    net_random(b, "w0", NET_DIMS(l->channels, l->channels, 1, 1), 1, 0.1);
    net_random(b, "w", NET_DIMS(l->filters, l->channels / l->groups, l->window, l->window), 2, 0.1);
    net_random(b, "w2", NET_DIMS(16, l->filters, 1, 1), 3, 0.1);
    if (!first)
        net_node(b, "Conv", "before", "x w0", "a");
    assert_int_equal(net_try(b, "Conv", "conv", first ? "x w" : "a w", "y", attributes, 3), WCL_OK);
    net_node(b, "Conv", "after", "y w2", "z");
    return net_end(b, "z");
}

static void check_layer(const layer *l, wcl_model *model, unsigned width, const wcl__rates *rates)
{
    const wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    const wcl__facts facts = cpu_facts(width);
    const wcl__plan_request request = {&facts, model, &options, NULL, NULL, 0, rates, NULL, NULL};
    wcl_plan *plan = NULL;
    assert_int_equal(wcl__plan_make(&request, &plan), WCL_OK);
    const wcl_plan_node node = plan_find(plan, "conv");
    if (!test_listed(l->right, node.algorithm) ||
        (l->filters % 16 == 0 && strncmp(node.layout, "NCHW16c", 7) != 0))
        fail_msg("%s, vectors of %u floats, %g GFLOP/s, %g GB/s, %g us: %s in %s", l->name, width,
                 rates->flops * 1e-9, rates->bytes * 1e-9, rates->launch * 1e6, node.algorithm, node.layout);
    wcl_plan_destroy(plan);
}

static void test_layers(void **state)
{
    static const unsigned widths[] = {8, 16};
    static const double flops[] = {100e9, 150e9, 236e9, 400e9, 546e9, 1000e9},
                        bytes[] = {20e9, 35e9, 60e9, 100e9, 180e9, 300e9}, launches[] = {1e-6, 20e-6};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(layers); i++) {
        wcl_model *model = make_model(&layers[i]);
        for (size_t w = 0; w < WCL__COUNT(widths); w++)
            for (size_t f = 0; f < WCL__COUNT(flops); f++)
                for (size_t b = 0; b < WCL__COUNT(bytes); b++)
                    for (size_t l = 0; l < WCL__COUNT(launches); l++) {
                        const wcl__rates rates = {flops[f], bytes[b], launches[l], true};
                        check_layer(&layers[i], model, widths[w], &rates);
                    }
        wcl_model_destroy(model);
    }
}

/* On an H100 as it was measured: direct convolutions with few work-items take ten times as long
 * as products. */
static void test_layers_of_a_gpu(void **state)
{
    static const layer rows[] = {
        {"MobileNet, 1x1 at 28", 192, 32, 28, 1, 1, 1, "gemm"},
        {"MobileNet, fewer channels at 14", 384, 64, 14, 1, 1, 1, "gemm"},
        {"MobileNet, more channels at 14", 64, 384, 14, 1, 1, 1, "gemm"},
        {"MobileNet's last", 320, 1280, 7, 1, 1, 1, "gemm"},
        {"ResNet, 1x1 at 7", 512, 2048, 7, 1, 1, 1, "gemm"},
        {"depthwise at 14", 384, 384, 14, 3, 1, 384, "direct"},
    };
    static const wcl__rates h100 = {65e12, 2779e9, 5e-6, true};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        wcl__facts facts = wcl__facts_as(&test_device()->facts, WCL_PLAN_AS_GPU);
        wcl_model *model = make_model(&rows[i]);
        const wcl__plan_request request = {&facts, model, &options, NULL, NULL, 0, &h100, NULL, NULL};
        wcl_plan *plan = NULL;
        facts.compute_units = 132;
        facts.clock_mhz = 1980;
        facts.local_bytes = 49152;
        facts.max_work_group = 1024;
        assert_int_equal(wcl__plan_make(&request, &plan), WCL_OK);
        if (!test_listed(rows[i].right, plan_algorithm(plan, "conv")))
            fail_msg("%s: %s", rows[i].name, plan_algorithm(plan, "conv"));
        wcl_plan_destroy(plan);
        wcl_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_layers_of_a_gpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
