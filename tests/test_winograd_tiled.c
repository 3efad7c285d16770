/* The tiled product of the Winograd domain against a naive one, and the parameters that GPUs get for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/conv/winograd_tiled.h"
#include "support/guarded.h"
#include "support/isa.h"
#include "support/support.h"
#include "support/tiled.h"

/* xi, blocks of tiles, channels, blocks of filters */
typedef struct product_row {
    const char *name, *params;
    int64_t xi, p, c, k;
} product_row;

static const product_row products[] = {
    {"fewer channels than a step", "pb=16 kb=4 ip=4 ik=4", 1, 1, 4, 1},
    {"one step", "pb=16 kb=4 ip=4 ik=4", 2, 1, 8, 1},
    {"a step and a half", "pb=16 kb=4 ip=4 ik=4", 1, 2, 12, 3},
    {"three steps", "pb=16 kb=4 ip=4 ik=4", 3, 1, 24, 2},
    {"prefetch: fewer channels than a step", "pb=16 kb=4 ip=4 ik=4 buffering=1", 1, 1, 4, 2},
    {"prefetch: two steps and a half", "pb=16 kb=4 ip=4 ik=4 buffering=1", 2, 2, 20, 1},
    {"two buffers: one step", "pb=16 kb=4 ip=4 ik=4 buffering=2", 1, 1, 8, 1},
    {"two buffers: two steps", "pb=16 kb=4 ip=4 ik=4 buffering=2", 1, 2, 16, 2},
    {"two buffers: three steps and a half", "pb=16 kb=4 ip=4 ik=4 buffering=2 unroll=8", 2, 1, 28, 1},
    {"sums of 4 lanes", "pb=16 kb=4 ip=4 ik=8 ks=4 lanes=4 buffering=1", 2, 1, 12, 2},
    {"blocks of 8 channels", "cb=8 pb=16 kb=4 ip=8 ik=4 ks=8", 1, 2, 24, 1},
    {"blocks of 16 channels, two buffers", "cb=16 pb=16 kb=1 ip=4 ik=4 ks=16 buffering=2 lanes=4", 2, 1, 32,
     2},
    {"steps of two blocks", "pb=16 kb=8 ip=4 ik=8 ks=16 unroll=2", 1, 1, 20, 1},
    {"8x8 sums, tiles few", "pb=32 kb=32 buffering=1", 1, 1, 12, 1},
    {"8x8 sums, Intel's steps", "pb=64 kb=16 ks=16 unroll=16", 1, 1, 20, 1},
    {"8x8 sums, an item loads 16 float4s of both", "pb=16 kb=4 ks=16", 1, 1, 20, 1},
    {"8x8 sums, an item loads 32 float4s of weights", "pb=16 kb=16 ks=32", 1, 1, 20, 1},
    {"16x16 sums", "pb=64 kb=16 ip=16 ik=16 ks=16", 1, 1, 20, 1},
    {"8x8 sums, the largest work-group", "pb=128 kb=32 buffering=2 unroll=8", 1, 1, 20, 1},
};

typedef struct sizes {
    wcl__tiled_params params;
    wcl__winograd_product product;
    int64_t width;   /* filters of a work-group */
    int64_t v, u, m; /* floats */
} sizes;

static sizes sizes_of(const product_row *row)
{
    enum { V, U, M };
    sizes s;
    wcl__params_standard(&wcl__tiled_table, &s.params);
    if (wcl__params_parse(&wcl__tiled_table, row->params, &s.params) != WCL_OK)
        fail_msg("%s: %s", row->name, wcl_last_error()->message);
    s.width = s.params.cb * s.params.kb;
    s.product = (wcl__winograd_product){row->xi, row->p * s.params.pb, row->c, row->k * s.width, V, U, M};
    s.v = row->xi * s.product.padded * row->c;
    s.u = row->xi * s.product.filters * row->c;
    s.m = row->xi * s.product.padded * s.product.filters;
    return s;
}

/* V [xi][P/PB][C/CB][PB][CB] and U [xi][K/(CB KB)][C][KB][CB] */
static double naive(const sizes *s, const float *v, const float *u, int64_t xi, int64_t p, int64_t k)
{
    const int64_t pb = s->params.pb, cb = s->params.cb, channels = s->product.channels;
    const float *vp = v + (xi * s->product.padded + p / pb * pb) * channels;
    const float *up = u + (xi * s->product.filters + k / s->width * s->width) * channels;
    double sum = 0;
    for (int64_t c = 0; c < channels; c++)
        sum += (double)vp[(c / cb * pb + p % pb) * cb + c % cb] * (double)up[c * s->width + k % s->width];
    return sum;
}

static void run(wcl_device *device, cl_command_queue queue, const sizes *s, const cl_mem *slots)
{
    wcl__call call;
    wcl__launch launch = {0};
    if (wcl__winograd_tiled_call(&call, &s->params, &s->product) != WCL_OK ||
        wcl__launch_create(device, &call, slots, &launch) != WCL_OK ||
        wcl__launch_enqueue(&launch, queue, 0, NULL, NULL) != WCL_OK)
        fail_msg("%s", wcl_last_error()->message);
    assert_int_equal(clFinish(queue), CL_SUCCESS);
    wcl__launch_destroy(&launch);
}

static void upload(cl_command_queue queue, cl_mem memory, const float *values, int64_t count)
{
    assert_int_equal(
        clEnqueueWriteBuffer(queue, memory, CL_TRUE, 0, (size_t)count * sizeof(float), values, 0, NULL, NULL),
        CL_SUCCESS);
}

static void check(const product_row *row)
{
    const sizes s = sizes_of(row);
    const int64_t counts[3] = {s.v, s.u, s.m}, padded = s.product.padded, filters = s.product.filters;
    wcl_device *device = test_device();
    cl_command_queue queue;
    guarded buffers[3];
    cl_mem slots[3];
    int64_t broken;
    float *v = calloc((size_t)s.v, sizeof *v), *u = calloc((size_t)s.u, sizeof *u);
    double *expected = calloc((size_t)s.m, sizeof *expected);
    assert_true(v && u && expected);
    test_fill(v, s.v, 1, 1);
    test_fill(u, s.u, 2, 1);
    for (int64_t i = 0; i < s.m; i++)
        expected[i] = naive(&s, v, u, i / (padded * filters), i / filters % padded, i % filters);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    for (int i = 0; i < 3; i++) {
        guarded_create(device, (size_t)counts[i] * sizeof(float), &buffers[i]);
        slots[i] = buffers[i].memory;
    }
    upload(queue, slots[0], v, s.v);
    upload(queue, slots[1], u, s.u);
    run(device, queue, &s, slots);
    unsigned char *all = guarded_read(queue, &buffers[2]);
    if (!guarded_whole(&buffers[2], all, &broken))
        fail_msg("%s: byte %lld of M's guard bands is overwritten", row->name, (long long)broken);
    const wcl__shape shape = {.rank = 3, .dims = {row->xi, padded, filters}};
    test_compare(row->name, (const float *)(const void *)(all + buffers[2].origin), expected, &shape,
                 WCL__SUM, row->c);
    free(all);
    for (int i = 0; i < 3; i++)
        guarded_release(&buffers[i]);
    free(v);
    free(u);
    free(expected);
}

static void test_products(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(products); i++)
        check(&products[i]);
}

/* ------------------------------------------------------------------ parameters */

static const tiled_illegal illegal[] = {
    {"cb=5", "cb must be"},
    {"cb=16 ks=8", "whole blocks"},
    {"ip=6", "multiples of 4"},
    {"ik=5", "multiples of 4"},
    {"pb=36", "pb must be a multiple of ip"},
    {"kb=17", "of ik"},
    {"pb=128 kb=32 ks=4", "each work-item must load"},
    {"pb=16 kb=4 ip=16 ik=8", "4 work-items at least"},
    {"lanes=2", "lanes"},
    {"subgroup=12", "subgroup"},
    {"buffering=3", "not in 0...2"},
};

static void test_illegal(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(illegal); i++) {
        wcl__tiled_params params;
        tiled_check_illegal(&wcl__tiled_table, &params, &illegal[i]);
    }
}

static void test_refuses(void **state)
{
    (void)state;
    wcl__tiled_params params;
    wcl__params_standard(&wcl__tiled_table, &params); /* 64 x 64 sums by 64 items, 4 KiB */
    const wcl__profile roomy = wcl__profile_of(&tiled_roomy);
    wcl__profile profile = roomy;
    assert_null(wcl__tiled_fits(&profile, &params, 0));
    profile.local_bytes = 4095;
    assert_non_null(strstr(wcl__tiled_fits(&profile, &params, 0), "local memory"));
    profile.local_bytes = 4096;
    assert_null(wcl__tiled_fits(&profile, &params, 0));
    params.buffering = 2;
    assert_non_null(strstr(wcl__tiled_fits(&profile, &params, 0), "local memory"));
    profile = roomy;
    profile.max_group = 63;
    assert_non_null(strstr(wcl__tiled_fits(&profile, &params, 0), "work-groups too small"));
    profile = roomy;
    profile.max_item[1] = 7;
    assert_non_null(strstr(wcl__tiled_fits(&profile, &params, 0), "one dimension"));
    profile = roomy;
    profile.simt = false;
    assert_non_null(strstr(wcl__tiled_fits(&profile, &params, 0), "only on GPUs"));
}

/* VGG-16's layers that lead to each work-group. */
static const struct {
    const char *name, *group;
    wcl__tiled_size size;
} layers[] = {
    {"conv2_2 by F4", "16x16", {36, 784, 128, false}},
    {"conv1_2 by F4: 64 filters", "8x8", {36, 3136, 64, false}},
    {"conv5_1 by F4: 16 tiles", "16x4", {36, 16, 512, false}},
    {"conv2_2 by F4, halves", "16x16", {36, 784, 128, true}},
    {"conv1_2 by F4, halves", "8x8", {36, 3136, 64, true}},
    {"conv5_1 by F4, halves", "16x4", {36, 16, 512, true}},
};

static void test_defaults(void **state)
{
    (void)state;
    for (size_t t = 0; t < isa_target_count; t++)
        for (size_t i = 0; i < WCL__COUNT(layers); i++) {
            wcl__facts facts = tiled_roomy;
            wcl__tiled_params params;
            isa_facts(t, &facts);
            const wcl__profile profile = wcl__profile_of(&facts);
            wcl__tiled_defaults(&profile, 4, &layers[i].size, &params);
            assert_int_equal(wcl__params_validate(&wcl__tiled_table, &params), WCL_OK);
            assert_null(wcl__tiled_fits(&profile, &params, 0));
            isa_check_listed("winograd_gemm_tiled.cl", t, layers[i].group, &wcl__tiled_table, &params, NULL);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_illegal),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
