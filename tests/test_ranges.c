/* Work-groups and grids within the limits of devices and kernels: runtime/range.h, and what launches make of
 * it. And what kernels with numbers of 31 bits are kept from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/shape/nd.h"
#include "ops/conv/conv.h"
#include "ref/ref.h"
#include "runtime/launch.h"
#include "support/fake_cl.h"
#include "support/op_cases.h"
#include "support/support.h"

/* ------------------------------------------------------------------ the work-group */

static wcl__facts facts_of(uint64_t group, uint64_t x, uint64_t y, uint64_t z)
{
    return (wcl__facts){.max_work_group = group, .max_item = {x, y, z}};
}

static const struct {
    const char *name;
    size_t wanted[3];
    uint64_t group, item[3];
    size_t kernel;
    size_t found[3]; /* 0: refused where the range is fixed */
    bool smaller;    /* so that a fixed range is refused */
} groups[] = {
    {"all is allowed", {64, 1, 1}, 1024, {1024, 1024, 64}, 1024, {64, 1, 1}, false},
    {"the kernel's limit is not known", {64, 1, 1}, 1024, {1024, 1024, 64}, 0, {64, 1, 1}, false},
    {"the kernel allows 32", {64, 1, 1}, 1024, {1024, 1024, 64}, 32, {32, 1, 1}, true},
    {"the kernel allows 33", {64, 1, 1}, 1024, {1024, 1024, 64}, 33, {32, 1, 1}, true},
    {"the device allows 32", {4, 16, 1}, 32, {32, 32, 32}, 0, {4, 8, 1}, true},
    {"z gives way before y, y before x", {16, 4, 4}, 64, {64, 64, 64}, 32, {16, 2, 1}, true},
    {"all but x gives way", {16, 4, 4}, 8, {64, 64, 64}, 0, {8, 1, 1}, true},
    {"short in one dimension", {4, 16, 1}, 256, {8, 8, 1}, 0, {4, 8, 1}, true},
    {"short in all", {64, 2, 3}, 64, {8, 8, 1}, 0, {8, 2, 1}, true},
    {"work-groups of one", {64, 2, 3}, 1, {1, 1, 1}, 1, {1, 1, 1}, true},
    {"no power of two", {12, 1, 1}, 7, {7, 7, 7}, 0, {6, 1, 1}, true},
    {"a prime", {13, 1, 1}, 12, {12, 12, 12}, 0, {1, 1, 1}, true},
    {"no limits known", {64, 1, 1}, 0, {0, 0, 0}, 0, {1, 1, 1}, true},
};

static void test_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(groups); i++) {
        const wcl__facts facts =
            facts_of(groups[i].group, groups[i].item[0], groups[i].item[1], groups[i].item[2]);
        const size_t *wanted = groups[i].wanted;
        wcl__range range = {
            {5 * wanted[0], 3 * wanted[1], 7 * wanted[2]}, {wanted[0], wanted[1], wanted[2]}, false};
        wcl__range fixed = range;
        assert_int_equal(wcl__range_fit(&range, &facts, groups[i].kernel), WCL_OK);
        if (memcmp(range.local, groups[i].found, sizeof range.local) != 0)
            fail_msg("%s: %zux%zux%zu", groups[i].name, range.local[0], range.local[1], range.local[2]);
        for (int d = 0; d < 3; d++) {
            assert_int_equal(range.global[d], fixed.global[d]);
            assert_int_equal(range.global[d] % range.local[d], 0);
        }
        fixed.fixed = true;
        if (wcl__range_fit(&fixed, &facts, groups[i].kernel) !=
            (groups[i].smaller ? WCL_UNSUPPORTED : WCL_OK))
            fail_msg("%s: a fixed range", groups[i].name);
        assert_memory_equal(fixed.local, wanted, sizeof fixed.local);
    }
}

/* ------------------------------------------------------------------ pieces */

static const struct {
    const char *name;
    size_t groups[3], local[3], pieces;
} grids[] = {
    {"one group", {1, 1, 1}, {1, 1, 1}, 1},
    {"the most of one piece", {1, 65535, 65535}, {64, 2, 3}, 1},
    {"one more in z", {3, 1, 65536}, {1, 1, 1}, 2},
    {"one more in y", {3, 65536, 1}, {4, 16, 1}, 2},
    {"much in both", {3, 3 * 65535, 2 * 65535 + 1}, {4, 16, 2}, 9},
    {"x has no such limit", {1 << 20, 1, 1}, {64, 1, 1}, 1},
};

/* Each piece is within the limits, starts where the one before it along y ended, and all have as many items
 * as the range. */
static void test_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(grids); i++) {
        wcl__range range = {.fixed = false};
        uint64_t items = 0, all = 1;
        for (int d = 0; d < 3; d++) {
            range.local[d] = grids[i].local[d];
            range.global[d] = grids[i].groups[d] * range.local[d];
            all *= range.global[d];
        }
        if (wcl__range_pieces(&range) != grids[i].pieces)
            fail_msg("%s: %zu pieces", grids[i].name, wcl__range_pieces(&range));
        size_t next[3] = {0, 0, 0};
        for (size_t p = 0; p < grids[i].pieces; p++) {
            const wcl__piece piece = wcl__range_piece(&range, p);
            assert_memory_equal(piece.offset, next, sizeof next);
            for (int d = 0; d < 3; d++) {
                assert_true(piece.global[d] > 0 && piece.global[d] % range.local[d] == 0);
                assert_true(d == 0 || piece.global[d] / range.local[d] <= WCL__MOST_GROUPS);
            }
            items += (uint64_t)piece.global[0] * piece.global[1] * piece.global[2];
            next[1] += piece.global[1];
            if (next[1] == range.global[1]) {
                next[1] = 0;
                next[2] += piece.global[2];
            }
        }
        assert_true(items == all && next[2] == range.global[2]);
    }
}

/* A kernel that counts by get_group_id cannot run in pieces. */
static void test_fixed_grid(void **state)
{
    (void)state;
    const wcl__facts facts = facts_of(256, 256, 256, 64);
    wcl__range range = {{64, 4 * 65536, 1}, {64, 4, 1}, true};
    assert_int_equal(wcl__range_fit(&range, &facts, 0), WCL_UNSUPPORTED);
    assert_non_null(
        strstr(wcl_last_error()->message, "65536 work-groups in dimension 1, more than the 65535"));
    range.global[1] = 4 * 65535;
    assert_int_equal(wcl__range_fit(&range, &facts, 0), WCL_OK);
}

/* ------------------------------------------------------------------ launches */

enum { FILL_COUNT = 1000 };

static wcl__call fill_call(void)
{
    const cl_float value = 2.5f;
    const cl_int count = FILL_COUNT;
    wcl__call call = {.kernel = "fill"};
    wcl__call_slot(&call, 0);
    WCL__CALL_VALUE(&call, value);
    WCL__CALL_VALUE(&call, count);
    wcl__call_range(&call, wcl__ceil_div(FILL_COUNT, 16), 1, 1, (const size_t[3]){64, 1, 1});
    return call;
}

static char *with_required_group(const char *source)
{
    const char *start = strstr(source, "kernel void"),
               *attribute = "__attribute__((reqd_work_group_size(64, 1, 1))) ";
    char *text = malloc(strlen(source) + strlen(attribute) + 1);
    assert_true(start && text);
    const size_t before = (size_t)(start - source) + strlen("kernel ");
    memcpy(text, source, before);
    strcpy(text + before, attribute);
    strcat(text, source + before);
    return text;
}

/* A kernel's own limit makes the work-group smaller, unless the kernel depends on its size, said or found
 * out. */
static void test_launches(void **state)
{
    const struct {
        const char *name;
        char *(*rewrite)(const char *source);
        bool fixed, refused;
    } rows[] = {
        {"any work-group", NULL, false, false},
        {"a fixed one", NULL, true, true},
        {"reqd_work_group_size", with_required_group, false, true},
    };
    const fake_limits limits = {.kernel_group = 32};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_device *device;
        wcl__launch launch;
        cl_mem slot;
        wcl__call call = fill_call();
        fake_cl_reset();
        fake_cl_rewrite(rows[i].rewrite);
        fake_cl_limits(&limits);
        call.range.fixed = rows[i].fixed;
        assert_int_equal(wcl_device_open(NULL, &device), WCL_OK);
        assert_int_equal(wcl_device_set_cache(device, "", 0), WCL_OK);
        assert_int_equal(
            wcl__buffer_create(device, CL_MEM_READ_WRITE, FILL_COUNT * sizeof(float), NULL, "x", &slot),
            WCL_OK);
        const wcl_status status = wcl__launch_create(device, &call, &slot, &launch);
        if (status != (rows[i].refused ? WCL_UNSUPPORTED : WCL_OK))
            fail_msg("%s: %s", rows[i].name, wcl_last_error()->message);
        if (rows[i].refused)
            assert_string_equal(wcl_last_error()->reason,
                                "work-group of 64x1x1: the kernel allows 32 items on this device");
        else
            assert_int_equal(launch.range.local[0], 32);
        wcl__launch_destroy(&launch);
        clReleaseMemObject(slot);
        wcl_device_destroy(device);
    }
    fake_cl_reset();
}

/* ------------------------------------------------------------------ grids with more groups than a device may
 * take */

enum { MANY = 70000 };

static void gather_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__ref_array x = {test->inputs[0].shape, inputs[0]};
    wcl__ref_gather(&x, 2, test->inputs[1].ints, 1, y);
}

static void add_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__ref_array a = {test->inputs[0].shape, inputs[0]}, b = {test->inputs[1].shape, inputs[1]};
    wcl__ref_binary('+', &a, &b, y);
}

static op_case with_only(op_case test, const char *only)
{
    test.only = test.must = only;
    return test;
}

static void test_huge_grids(void **state)
{
    const fake_limits limits = {.grid = {0, WCL__MOST_GROUPS, WCL__MOST_GROUPS}};
    const conv_row conv = {"MANY pictures in z", MANY, 1, 1, 2, 1, 1, 1, .must = "direct"};
    const pool_row pool = {"MANY pictures in y", "MaxPool", MANY, 1, 2, 2, 2, 2, .strides = {2, 2}};
    const gemm_row gemm = {"MANY rows in y", MANY, 1, 2, {.rank = -1}, .moving_b = true};
    op_case cases[] = {
        {.name = "Gather, in z",
         .op = "Gather",
         .attrs = {OP_INT("axis", 2)},
         .inputs = {OP_RANDOM(MANY, 2, 3), OP_INT64(1)},
         .input_count = 2,
         .output = OP_SHAPE(MANY, 2, 1),
         .reference = gather_reference},
        {.name = "Add of broadcast operands, in z",
         .op = "Add",
         .inputs = {OP_RANDOM(MANY, 1, 3), OP_RANDOM(1, 2, 3)},
         .input_count = 2,
         .output = OP_SHAPE(MANY, 2, 3),
         .reference = add_reference},
        with_only(conv_case(&conv), "direct"),
        pool_case(&pool),
        with_only(gemm_case(&gemm), "direct"),
    };
    (void)state;
    test_device();
    fake_cl_reset();
    fake_cl_limits(&limits);
    op_check(cases, WCL__COUNT(cases));
    assert_true(fake_cl_calls(FAKE_clEnqueueNDRangeKernel) >= 2 * (int)WCL__COUNT(cases));
    fake_cl_reset();
}

/* ------------------------------------------------------------------ tensors beyond 2^31 elements */

/* 3x3 convolutions with padding 1 of n pictures. */
static const struct {
    const char *name;
    int64_t n, c, h, w, k;
    bool many_pixels, reaches; /* too many for 31 bits; the tiled product's offsets reach them */
} far[] = {
    {"VGG's second layer, 64 pictures", 64, 64, 224, 224, 64, false, true},
    {"700 pictures: 2.2e9 floats", 700, 64, 224, 224, 64, false, true},
    {"the last that 31 bits of vectors reach", 2674, 64, 224, 224, 64, false, true},
    {"one picture more", 2675, 64, 224, 224, 64, false, false},
    {"an output that is larger", 2675, 3, 224, 224, 64, false, false},
    {"an input that is larger", 2675, 64, 224, 224, 3, false, false},
    {"the most pixels", INT32_MAX - 256, 1, 1, 1, 4, false, true},
    {"a pixel more", INT32_MAX - 255, 1, 1, 1, 4, true, true},
    {"no end of pictures", INT64_MAX / 2, 4, 2, 2, 4, true, false},
};

static void test_far(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(far); i++) {
        const wcl__conv conv = {.n = far[i].n,
                                .c = far[i].c,
                                .h = far[i].h,
                                .w = far[i].w,
                                .k = far[i].k,
                                .oh = far[i].h,
                                .ow = far[i].w};
        const char *many = wcl__conv_many_pixels(&conv);
        if ((many != NULL) != far[i].many_pixels || wcl__conv_tiled_reaches(&conv) != far[i].reaches)
            fail_msg("%s: %s, %d", far[i].name, many ? many : "not many", wcl__conv_tiled_reaches(&conv));
    }
}

/* Walks by strided copies: their offsets may be of any size, what they count with may not. */
static const struct {
    const char *name;
    wcl__nd walk;
    const char *part; /* of the reason; NULL: it fits */
} walks[] = {
    {"offsets beyond 31 bits", {3, {1000, 3, 1 << 20}, {{3 << 20, 1 << 20, 1}, {3 << 20, 1, 3}}}, NULL},
    {"backwards", {2, {4, INT32_MAX}, {{-INT32_MAX, 1}, {INT32_MAX, 1}}}, NULL},
    {"a dimension", {1, {INT64_C(1) << 31}, {{1}, {1}}}, "a dimension of 2147483648: the most is 2147483647"},
    {"a step", {2, {2, 2}, {{INT64_C(1) << 31, 1}, {2, 1}}}, "2147483648 elements apart"},
    {"a step backwards", {2, {2, 2}, {{2, 1}, {-(INT64_C(1) << 31), 1}}}, "-2147483648 elements apart"},
    {"many outer places",
     {4, {1 << 16, 1 << 15, 2, 2}, {{4, 4, 2, 1}, {1, 1, 1, 1}}},
     "more than 2147483647 elements"},
};

static void test_far_walks(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(walks); i++) {
        wcl__nd_arg arg;
        const wcl_status status = wcl__nd_pack(&walks[i].walk, &arg);
        if (status != (walks[i].part ? WCL_UNSUPPORTED : WCL_OK) ||
            (walks[i].part && !strstr(wcl_last_error()->reason, walks[i].part)))
            fail_msg("%s: %d, %s", walks[i].name, status, wcl_last_error()->message);
        const int last = WCL_MAX_RANK - 1, rank = walks[i].walk.rank;
        assert_true(status != WCL_OK ||
                    (arg.dims[last] == walks[i].walk.dims[rank - 1] && arg.dims[last - rank] == 1));
        assert_true(status != WCL_OK || arg.step[0][last - rank + 1] == walks[i].walk.step[0][0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),     cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_fixed_grid), cmocka_unit_test(test_launches),
        cmocka_unit_test(test_huge_grids), cmocka_unit_test(test_far),
        cmocka_unit_test(test_far_walks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
