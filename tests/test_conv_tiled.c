/* The convolution's product in local memory, in all its forms, against the naive reference; and the
 * parameters that GPUs get for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/conv/conv_tiled.h"
#include "ref/ref.h"
#include "support/guarded.h"
#include "support/isa.h"
#include "support/support.h"
#include "support/tiled.h"

#define SMALL "pb=16 kb=4 ip=4 ik=4 "

/* n, c, h, w, k, window, stride, padding (before; behind it is one less), dilation */
typedef struct conv_row_tiled {
    const char *name, *params;
    int64_t n, c, h, w, k, size, stride, pad, dilation;
} conv_row_tiled;

static const conv_row_tiled convs[] = {
    {"1x1, one step, one pixel", SMALL, 1, 4, 1, 1, 1, 1, 1, 0, 1},
    {"1x1, a step and a half", SMALL, 1, 12, 3, 5, 17, 1, 1, 0, 1},
    {"1x1, stride 2, two pictures in a work-group", SMALL, 2, 9, 5, 6, 19, 1, 2, 0, 1},
    {"1x1, steps of one block", SMALL "ks=4", 1, 9, 4, 5, 16, 1, 1, 0, 1},
    {"3x3, padding", SMALL, 1, 5, 5, 6, 20, 3, 1, 1, 1},
    {"3x3, stride and dilation 2, padding wider than the picture", SMALL, 2, 13, 4, 3, 33, 3, 2, 5, 2},
    {"prefetch: one step", SMALL "buffering=1", 1, 8, 3, 3, 5, 1, 1, 0, 1},
    {"prefetch: 3x3, padding", SMALL "buffering=1", 1, 11, 7, 5, 17, 3, 1, 1, 1},
    {"two buffers: 5x5, stride 2", SMALL "buffering=2 unroll=8", 1, 9, 8, 7, 20, 5, 2, 2, 1},
    {"sums of 4 lanes", "pb=16 kb=8 ip=4 ik=8 lanes=4 buffering=1", 2, 9, 5, 5, 37, 2, 1, 1, 1},
    {"steps of 16 channels", SMALL "ks=16 unroll=16", 1, 20, 4, 6, 18, 3, 1, 1, 1},
    {"two parts, 1x1", SMALL "split=1", 1, 128, 3, 5, 16, 1, 1, 0, 1},
    {"three parts, the last one shorter, 3x3, two pictures", SMALL "split=1 buffering=1", 2, 21, 3, 4, 9, 3,
     1, 1, 1},
    {"parts of several blocks of filters", SMALL "ks=4 split=1", 1, 41, 2, 7, 35, 3, 2, 1, 1},
    {"as many parts as there may be", SMALL "split=1 buffering=2", 1, 160, 1, 1, 3, 1, 1, 0, 1},
    {"8x8 sums, 32 pixels, 128 filters", "pb=32 kb=32 buffering=1", 3, 9, 3, 3, 130, 2, 1, 1, 1},
    {"8x8 sums, 64 x 64", "pb=64 kb=16", 1, 9, 9, 8, 65, 3, 1, 1, 1},
    {"8x8 sums, 128 x 128, prefetch", "pb=128 kb=32 buffering=1 unroll=8", 1, 12, 13, 11, 129, 3, 1, 1, 1},
};

enum { X, W, BIAS, Y, PARTS, BUFFERS };

typedef struct fixture {
    const conv_row_tiled *row;
    wcl__conv_tiled_params params;
    wcl__conv conv;
    wcl__conv_slots slots;
    int64_t counts[BUFFERS];
    wcl__conv_tiled_sizes sizes;
    float *host[Y]; /* as the device has them */
    float *x, *w;   /* as the reference wants them */
} fixture;

static int64_t blocked(const wcl__format *layout, const wcl__shape *shape, wcl__view *view)
{
    assert_int_equal(wcl__format_view(layout, shape, view), WCL_OK);
    return wcl__format_count(layout, shape);
}

static void describe(const conv_row_tiled *row, fixture *f)
{
    const int64_t window = row->dilation * (row->size - 1) + 1, after = row->pad > 0 ? row->pad - 1 : 0,
                  pads = row->pad + after;
    const wcl__format layout = wcl__blocked_format(4);
    *f = (fixture){.row = row};
    wcl__params_standard(&wcl__conv_tiled_table, &f->params);
    if (wcl__params_parse(&wcl__conv_tiled_table, row->params, &f->params) != WCL_OK)
        fail_msg("%s: %s", row->name, wcl_last_error()->message);
    f->params.act = WCL__ACT_LEAKY_RELU;
    f->conv = (wcl__conv){.n = row->n,
                          .c = row->c,
                          .h = row->h,
                          .w = row->w,
                          .k = row->k,
                          .kh = row->size,
                          .kw = row->size,
                          .oh = (row->h + pads - window) / row->stride + 1,
                          .ow = (row->w + pads - window) / row->stride + 1,
                          .stride_h = row->stride,
                          .stride_w = row->stride,
                          .dilation_h = row->dilation,
                          .dilation_w = row->dilation,
                          .pad_top = row->pad,
                          .pad_left = row->pad,
                          .pad_bottom = after,
                          .pad_right = after,
                          .groups = 1,
                          .act = {WCL__ACT_LEAKY_RELU, 0.5f, 0}};
    const wcl__shape x = {4, {row->n, row->c, row->h, row->w}},
                     y = {4, {row->n, row->k, f->conv.oh, f->conv.ow}};
    if (f->params.split)
        wcl__conv_tiled_split(&(wcl__profile){.units = 8}, &f->conv, &f->params);
    f->sizes = wcl__conv_tiled_sizes_of(&f->params, &f->conv);
    f->slots = (wcl__conv_slots){.x.slot = X, .y.slot = Y, .weights = W, .bias = BIAS};
    f->counts[X] = blocked(&layout, &x, &f->slots.x.view);
    f->counts[Y] = blocked(&layout, &y, &f->slots.y.view);
    f->counts[W] = f->sizes.weight_bytes / (int64_t)sizeof(float);
    f->counts[BIAS] = wcl__round_up(row->k, 4);
    f->counts[PARTS] = WCL__MAX(f->sizes.part_bytes / (int64_t)sizeof(float), 1);
    if (f->params.split && f->sizes.parts < 2)
        fail_msg("%s: it is not split", row->name);
}

static float *zeros(int64_t count)
{
    float *values = calloc((size_t)count, sizeof *values);
    assert_non_null(values);
    return values;
}

/* Packs x to [N][C/4][H][W][4], w to [K/width][C/KS][TAPS][KS][width]. */
static void fill(fixture *f)
{
    const conv_row_tiled *r = f->row;
    const int64_t taps = r->size * r->size, plane = r->h * r->w, ks = f->params.tiled.ks;
    const int64_t width = wcl__tiled_width(&f->params.tiled), steps = wcl__ceil_div(r->c, ks);
    f->x = zeros(r->n * r->c * plane);
    f->w = zeros(r->k * r->c * taps);
    for (int i = 0; i < Y; i++)
        f->host[i] = zeros(f->counts[i]);
    test_fill(f->x, r->n * r->c * plane, 1, 1);
    test_fill(f->w, r->k * r->c * taps, 2, 1);
    test_fill(f->host[BIAS], r->k, 3, 1);
    for (int64_t i = 0; i < r->n * r->c * plane; i++) {
        const int64_t n = i / plane / r->c, c = i / plane % r->c;
        f->host[X][((n * wcl__ceil_div(r->c, 4) + c / 4) * plane + i % plane) * 4 + c % 4] = f->x[i];
    }
    for (int64_t i = 0; i < r->k * r->c * taps; i++) {
        const int64_t k = i / taps / r->c, c = i / taps % r->c;
        const int64_t step = (k / width * steps + c / ks) * taps + i % taps;
        f->host[W][(step * ks + c % ks) * width + k % width] = f->w[i];
    }
}

static void launch(const fixture *f, cl_command_queue queue, const wcl__call *call, const cl_mem *slots)
{
    wcl__launch launch = {0};
    if (wcl__launch_create(test_device(), call, slots, &launch) != WCL_OK ||
        wcl__launch_enqueue(&launch, queue, 0, NULL, NULL) != WCL_OK)
        fail_msg("%s: %s", f->row->name, wcl_last_error()->message);
    assert_int_equal(clFinish(queue), CL_SUCCESS);
    wcl__launch_destroy(&launch);
}

static void run(const fixture *f, cl_command_queue queue, const guarded *buffers)
{
    cl_mem slots[BUFFERS];
    wcl__call call;
    for (int i = 0; i < BUFFERS; i++)
        slots[i] = buffers[i].memory;
    for (int i = 0; i < Y; i++)
        assert_int_equal(clEnqueueWriteBuffer(queue, slots[i], CL_TRUE, 0,
                                              (size_t)f->counts[i] * sizeof(float), f->host[i], 0, NULL,
                                              NULL),
                         CL_SUCCESS);
    if (wcl__conv_tiled_call(&call, &f->params, &f->conv, &f->sizes, &f->slots, PARTS) != WCL_OK)
        fail_msg("%s: %s", f->row->name, wcl_last_error()->message);
    launch(f, queue, &call, slots);
    if (!f->params.split)
        return;
    assert_int_equal(wcl__sum_parts_call(&call, &f->conv, &f->sizes, &f->slots, PARTS), WCL_OK);
    launch(f, queue, &call, slots);
}

/* Those of y and of the parts. */
static void check_guards(const fixture *f, cl_command_queue queue, const guarded *buffers)
{
    int64_t broken;
    for (int i = Y; i < BUFFERS; i++) {
        unsigned char *all = guarded_read(queue, &buffers[i]);
        if (!guarded_whole(&buffers[i], all, &broken))
            fail_msg("%s: byte %lld of guard bands is overwritten", f->row->name, (long long)broken);
        free(all);
    }
}

/* y [N][K/4][OH][OW][4] without its tails, and those must be 0. */
static void compare(const fixture *f, const float *y)
{
    const wcl__conv *conv = &f->conv;
    const int64_t plane = conv->oh * conv->ow, blocks = wcl__ceil_div(conv->k, 4),
                  count = conv->n * conv->k * plane;
    const wcl__shape shape = {4, {conv->n, conv->k, conv->oh, conv->ow}};
    float *got = zeros(count);
    double *expected = calloc((size_t)count, sizeof *expected);
    assert_non_null(expected);
    for (int64_t i = 0; i < conv->n * blocks * plane * 4; i++) {
        const int64_t n = i / 4 / plane / blocks, k = i / 4 / plane % blocks * 4 + i % 4;
        if (k < conv->k)
            got[(n * conv->k + k) * plane + i / 4 % plane] = y[i];
        else if (y[i] != 0)
            fail_msg("%s: a tail lane of filter %lld is %g", f->row->name, (long long)k, (double)y[i]);
    }
    wcl__ref_conv(conv, f->x, f->w, f->host[BIAS], expected);
    test_compare(f->row->name, got, expected, &shape, WCL__SUM, conv->c * conv->kh * conv->kw);
    free(got);
    free(expected);
}

static void check(const conv_row_tiled *row)
{
    fixture f;
    guarded buffers[BUFFERS];
    cl_command_queue queue;
    describe(row, &f);
    fill(&f);
    assert_int_equal(wcl__device_queue(test_device(), &queue), WCL_OK);
    for (int i = 0; i < BUFFERS; i++)
        guarded_create(test_device(), (size_t)f.counts[i] * sizeof(float), &buffers[i]);
    run(&f, queue, buffers);
    check_guards(&f, queue, buffers);
    unsigned char *all = guarded_read(queue, &buffers[Y]);
    compare(&f, (const float *)(const void *)(all + buffers[Y].origin));
    free(all);
    for (int i = 0; i < BUFFERS; i++)
        guarded_release(&buffers[i]);
    for (int i = 0; i < Y; i++)
        free(f.host[i]);
    free(f.x);
    free(f.w);
}

static void test_convs(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(convs); i++)
        check(&convs[i]);
}

/* ------------------------------------------------------------------ parameters */

static const tiled_illegal illegal[] = {
    {"cb=8", "cb must be 4"},
    {"pb=64 kb=8", "a multiple of pb"},
    {"kb=17", "of ik"},
    {"act=9", "act=9 is not in 0..."},
};

static void test_illegal(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(illegal); i++) {
        wcl__conv_tiled_params params;
        tiled_check_illegal(&wcl__conv_tiled_table, &params, &illegal[i]);
    }
}

static const char *fits(const wcl__profile *profile, const wcl__conv_tiled_params *params)
{
    return wcl__conv_tiled_table.fits(profile, (const int *)params);
}

static void test_refuses(void **state)
{
    (void)state;
    wcl__conv_tiled_params params;
    wcl__params_standard(&wcl__conv_tiled_table,
                         &params); /* 64 x 64 sums by 64 items, 4 KiB, and a place for each pixel */
    wcl__profile profile = wcl__profile_of(&tiled_roomy);
    wcl__facts both = tiled_roomy;
    assert_null(fits(&profile, &params));
    profile.local_bytes = 4096 + 4 * 64 - 1;
    assert_non_null(strstr(fits(&profile, &params), "local memory"));
    profile.local_bytes++;
    assert_null(fits(&profile, &params));
    profile.max_group = 63;
    assert_non_null(strstr(fits(&profile, &params), "work-groups too small"));
    both.type = CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU; /* Oclgrind's */
    profile = wcl__profile_of(&both);
    assert_non_null(strstr(fits(&profile, &params), "only on GPUs"));
}

/* Layers that lead to each work-group. */
static const struct {
    const char *name, *group;
    int64_t pixels, channels, filters;
} layers[] = {
    {"56x56, 256 filters", "16x16", 56 * 56, 64, 256},    {"56x56, 64 filters", "8x8", 56 * 56, 256, 64},
    {"7x7, 512 filters, in parts", "8x8", 49, 512, 512},  {"32 pixels, 8192 filters", "4x16", 32, 512, 8192},
    {"5x5, 512 filters, in parts", "4x16", 25, 512, 512},
};

static void test_defaults(void **state)
{
    (void)state;
    for (size_t t = 0; t < isa_target_count; t++)
        for (size_t i = 0; i < 2 * WCL__COUNT(layers); i++) {
            const bool half = i % 2;
            const wcl__conv conv = {.n = 1,
                                    .c = layers[i / 2].channels,
                                    .kh = 1,
                                    .kw = 1,
                                    .oh = 1,
                                    .ow = layers[i / 2].pixels,
                                    .k = layers[i / 2].filters,
                                    .act = {WCL__ACT_RELU, 0, 0}};
            wcl__facts facts = tiled_roomy;
            wcl__conv_tiled_params params;
            facts.compute_units = 20;
            isa_facts(t, &facts);
            const wcl__profile profile = wcl__profile_of(&facts);
            wcl__conv_tiled_defaults(&profile, &conv, half, &params);
            wcl__conv_tiled_split(&profile, &conv, &params);
            assert_int_equal(wcl__params_validate(&wcl__conv_tiled_table, &params), WCL_OK);
            assert_null(fits(&profile, &params));
            isa_check_listed("conv_gemm_tiled.cl", t, layers[i / 2].group, &wcl__conv_tiled_table, &params,
                             "cb pb kb ks ip ik buffering unroll lanes subgroup half act split");
        }
}

/* What the parts leave is one buffer: a small one leaves fewer parts, or none. */
static void test_parts_fit(void **state)
{
    const wcl__conv conv = {.n = 1, .c = 2048, .kh = 1, .kw = 1, .oh = 7, .ow = 7, .k = 64};
    const uint64_t part = 49 * 64 * sizeof(float);
    wcl__profile profile = wcl__profile_of(&tiled_roomy);
    wcl__conv_tiled_params params;
    (void)state;
    for (uint64_t parts = 1; parts <= 4; parts++) {
        profile.max_alloc = parts * part + 100;
        wcl__conv_tiled_defaults(&profile, &conv, false, &params);
        wcl__conv_tiled_split(&profile, &conv, &params);
        const wcl__conv_tiled_sizes sizes = wcl__conv_tiled_sizes_of(&params, &conv);
        assert_int_equal(params.split, parts > 1);
        assert_int_equal(sizes.parts, parts);
        assert_true((uint64_t)sizes.part_bytes <= profile.max_alloc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convs),    cmocka_unit_test(test_illegal),   cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_parts_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
