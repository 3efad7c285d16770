/* Packing of weights, by the device's kernels and by host code, against the definition in
 * support/pack_cases.c; and networks on devices that have no packing kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/core.h"
#include "session/store.h"
#include "support/fake_cl.h"
#include "support/guarded.h"
#include "support/network.h"
#include "support/pack_cases.h"
#include "support/support.h"

/* ---- who packs */

/* False: `where` says what is wrong. A device packs by its kernels, or by host code where it has none. */
static bool device_packs(wcl_device *device, const pack_case *t, char *where, size_t bytes)
{
    cl_command_queue queue;
    pack_source s = pack_source_make(t);
    guarded buffer = {0};
    int64_t place = 0;
    const wcl__packing packing =
        pack_case_packing(t, &s.view, t->kind == WCL__PACK_AS_IT_IS ? NULL : s.scale);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    guarded_create(device, packing.bytes, &buffer);
    if (wcl__pack(device, &packing, buffer.memory) != WCL_OK)
        fail_msg("%s: %s", t->name, wcl_last_error()->message);
    unsigned char *all = guarded_read(queue, &buffer);
    bool good = guarded_whole(&buffer, all, &place);
    if (!good)
        snprintf(where, bytes, "byte %lld of %zu was written", (long long)place, packing.bytes);
    good = good && pack_is_right(t, &s, all + buffer.origin, where, bytes);
    free(all);
    guarded_release(&buffer);
    pack_source_clear(&s);
    return good;
}

/* In chunks of one row, three, and what is left. */
static bool host_packs(const pack_case *t, char *where, size_t bytes)
{
    enum { GUARD = 64 };
    pack_source s = pack_source_make(t);
    const wcl__packing packing = pack_case_packing(t, &s.view, s.scale);
    const wcl__pack_recipe *recipe = &packing.recipe;
    const size_t words = packing.bytes / 4 + 1 + GUARD;
    uint32_t *all = malloc((GUARD + words) * sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < GUARD + words; i++)
        all[i] = guarded_poison;
    unsigned char *packed = (unsigned char *)(all + GUARD);
    if (packing.zero_first)
        memset(packed, 0, packing.bytes);
    for (int64_t first = 0, chunk = 1; first < recipe->rows;
         first += chunk, chunk = chunk == 1 ? 3 : 1 << 20) {
        const float *rows = s.values + packing.source_first + first * wcl__pack_row_elements(recipe);
        wcl__pack_host(recipe, &(wcl__pack_rows){rows, first, WCL__MIN(chunk, recipe->rows - first), s.scale},
                       packed);
    }
    bool good = memcmp(&all[GUARD - 1], &guarded_poison, 4) == 0;
    for (size_t i = packing.bytes; good && i < packing.bytes + GUARD; i++)
        good = packed[i] == ((const unsigned char *)&guarded_poison)[i % 4];
    if (!good)
        snprintf(where, bytes, "wrote beside the packed tensor");
    good = good && pack_is_right(t, &s, packed, where, bytes);
    free(all);
    pack_source_clear(&s);
    return good;
}

static void test_host_packs(void **state)
{
    char where[256];
    (void)state;
    for (size_t i = 0; i < pack_case_total; i++)
        if (!host_packs(&pack_cases[i], where, sizeof where))
            fail_msg("%s: %s", pack_cases[i].name, where);
}

static void test_device_packs(void **state)
{
    char where[256];
    (void)state;
    for (size_t i = 0; i < pack_case_total; i++)
        if (!device_packs(test_device(), &pack_cases[i], where, sizeof where))
            fail_msg("%s: %s", pack_cases[i].name, where);
}

/* The same buffers from a device without compiler, and not one launch. */
static void test_device_without_kernels(void **state)
{
    char where[256];
    (void)state;
    for (int unified = 0; unified < 2; unified++) {
        wcl_device *device = test_fresh_device();
        device->facts.has_compiler = false;
        device->facts.unified_memory = unified;
        fake_cl_reset();
        for (size_t i = 0; i < pack_case_total; i++)
            if (!device_packs(device, &pack_cases[i], where, sizeof where))
                fail_msg("%s: %s", pack_cases[i].name, where);
        assert_int_equal(fake_cl_calls(FAKE_clEnqueueNDRangeKernel), 0);
        assert_int_equal(wcl_last_error()->status, WCL_OK); /* what was refused is no error */
        wcl_device_destroy(device);
    }
}

/* Each call that the host's way can fail in. */
static void test_host_way_fails(void **state)
{
    static const struct {
        fake_cl_function function;
        bool unified;
    } rows[] = {{FAKE_clEnqueueMapBuffer, true},
                {FAKE_clEnqueueWriteBuffer, false},
                {FAKE_clFinish, false},
                {FAKE_clEnqueueFillBuffer, true}};
    const pack_case *t = &pack_cases[1];
    (void)state;
    pack_source s = pack_source_make(t);
    const wcl__packing packing = pack_case_packing(t, &s.view, s.scale);
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_device *device = test_fresh_device();
        cl_mem memory;
        int nth = 1;
        device->facts.has_compiler = false;
        device->facts.unified_memory = rows[i].unified;
        assert_int_equal(
            wcl__buffer_create(device, CL_MEM_READ_WRITE, packing.bytes, NULL, "packed", &memory), WCL_OK);
        for (;; nth++) {
            fake_cl_fail(rows[i].function, nth, CL_OUT_OF_HOST_MEMORY);
            const wcl_status status = wcl__pack(device, &packing, memory);
            const bool failed = fake_cl_failed();
            fake_cl_reset();
            /* what ends the refused kernel's way counts as part of the refusal */
            if (!failed)
                assert_int_equal(status, WCL_OK);
            else if (rows[i].function != FAKE_clFinish)
                assert_int_equal(status, WCL_NO_MEMORY);
            if (!failed)
                break;
        }
        assert_true(nth > 1);
        clReleaseMemObject(memory);
        wcl_device_destroy(device);
    }
    pack_source_clear(&s);
}

/* ---- broken kernels */

static const struct pack_mutant {
    const char *name, *kernel, *from, *to;
} mutants[] = {
    {"a filter's scale for all", "pack_direct", "* scale[k];", "* scale[0];"},
    {"the lanes the other way round", "pack_direct", "+ k % (CB * KB)]", "+ (CB * KB - 1 - k % (CB * KB))]"},
    {"the first row of each chunk left out", "pack_gemm", "z >= (size_t)rows)",
     "z >= (size_t)rows || z == 0)"},
    {"channels of a step in one place", "pack_gemm", "+ c % step)", ")"},
    {"a transform of columns alone", "pack_winograd", "weights_store((e)*scale[k]",
     "weights_store(t[i][j % 3] * scale[k]"},
    {"a filter too few in a block", "pack_winograd", "(CB * KB) + k % (CB * KB);",
     "(CB * KB) + k % (CB * KB - 1);"},
    {"a picture's inputs as they are", "pack_dense_rows", "hw == 0 ? i : ", "hw >= 0 ? i : "},
    {"a chunk's outputs counted from its start", "pack_dense_rows", "o = first + z", "o = z"},
    {"a slice from the first output on", "pack_dense_columns", "s.first_output + o]", "o]"},
    {"blocks without their stride", "pack_dense_columns", "o / s.block * s.block_stride", "0"},
};
static const struct pack_mutant *broken;

/* NULL where the source is another kernel's. */
static char *break_kernel(const char *text)
{
    char head[64];
    snprintf(head, sizeof head, "kernel void %s(", broken->kernel);
    const char *at = strstr(text, head) ? strstr(text, broken->from) : NULL;
    if (!at)
        return NULL;
    if (strstr(at + 1, broken->from))
        fail_msg("%s: \"%s\" stands there more than once", broken->kernel, broken->from);
    const size_t from = strlen(broken->from), to = strlen(broken->to), bytes = strlen(text) - from + to + 1;
    char *out = malloc(bytes);
    assert_non_null(out);
    snprintf(out, bytes, "%.*s%s%s", (int)(at - text), text, broken->to, at + from);
    return out;
}

static int warnings, host_packings;

static void count_logs(void *user, wcl_log_level level, const char *text)
{
    (void)user;
    warnings += level == WCL_LOG_WARNING;
    host_packings += strstr(text, ": packed on the host: ") != NULL;
}

static void test_mutants_are_noticed(void **state)
{
    char where[256];
    (void)state;
    wcl_set_log(count_logs, NULL, WCL_LOG_INFO);
    for (size_t m = 0; m < WCL__COUNT(mutants); m++) {
        wcl_device *device = test_fresh_device();
        bool noticed = false;
        broken = &mutants[m];
        warnings = 0;
        fake_cl_rewrite(break_kernel);
        for (size_t i = 0; i < pack_case_total && !noticed; i++) {
            wcl__call call;
            const wcl__packing packing = pack_case_packing(&pack_cases[i], NULL, NULL);
            if (packing.recipe.kind == WCL__PACK_AS_IT_IS ||
                wcl__pack_call(&call, &packing.recipe) != WCL_OK || strcmp(call.kernel, broken->kernel) != 0)
                continue;
            noticed = !device_packs(device, &pack_cases[i], where, sizeof where);
        }
        fake_cl_rewrite(NULL);
        wcl_device_destroy(device);
        if (warnings > 0)
            fail_msg("%s: %s: does not compile", broken->kernel, broken->name);
        if (!noticed)
            fail_msg("%s: %s: nobody noticed it", broken->kernel, broken->name);
    }
    wcl_set_log(NULL, NULL, WCL_LOG_ERROR);
}

/* ---- whole networks on devices that cannot build packing kernels */

static char *refuse_packing(const char *text)
{
    return strstr(text, "kernel void pack_") ? strdup("#error not on this device\n") : NULL;
}

static wcl_model *winograd_network(void)
{
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, 3, 12, 12));
    net_conv(b, "conv1", "x", "c1", 3, 17, 3, 700);
    net_conv(b, "conv2", "c1", "c2", 17, 5, 3, 702);
    return net_end(b, "c2");
}

typedef struct network {
    const char *name;
    wcl_conv_choice conv;
    wcl_precision precision;
    int64_t inputs, outputs;
    double tolerance; /* 0: the same bits */
} network;

static const network networks[] = {
    {"zoo:lenet5", WCL_CONV_DIRECT, WCL_FP32, 28 * 28, 10, 0},
    {"zoo:lenet5", WCL_CONV_GEMM, WCL_HALF_WEIGHTS, 28 * 28, 10, 0},
    {"winograd", WCL_CONV_F2, WCL_FP32, 3 * 144, 5 * 144, 1e-5},
    {"winograd", WCL_CONV_F4, WCL_HALF_WEIGHTS, 3 * 144, 5 * 144, 2e-3},
    {"winograd", WCL_CONV_F6, WCL_FP32, 3 * 144, 5 * 144, 1e-5},
};

static float *run_on(wcl_device *device, const network *n)
{
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl_session *session = NULL;
    wcl_model *model = strncmp(n->name, "zoo:", 4) == 0 ? load_network(n->name) : winograd_network();
    float *input = seeded_input(n->inputs);
    options.conv = n->conv;
    options.dense = WCL_DENSE_GEMV; /* CLBlast compiles for itself */
    options.precision = n->precision;
    assert_int_equal(wcl_session_create(device, model, &options, &session), WCL_OK);
    float *output = run_network(session, input, 1, n->outputs);
    assert_int_equal(plan_count(wcl_session_plan(session), "Conv", NULL), 2);
    free(input);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    return output;
}

static void compare(const network *n, const float *got, const float *expected, const char *way)
{
    if (host_packings == 0)
        fail_msg("%s, %s: nothing was packed on the host", n->name, way);
    if (n->tolerance > 0)
        check_values(n->name, got, expected, n->outputs, n->tolerance);
    else if (memcmp(got, expected, (size_t)n->outputs * sizeof *got) != 0)
        fail_msg("%s, %s: other outputs", n->name, way);
}

/* First the compiler refuses the packing kernels: a warning for each weight, and no variant is denied for it.
 * The binaries of all other kernels are in the cache then: that is what a device without compiler has. */
static void test_networks_without_packing_kernels(void **state)
{
    (void)state;
    wcl_set_log(count_logs, NULL, WCL_LOG_INFO);
    for (size_t i = 0; i < WCL__COUNT(networks); i++) {
        const network *n = &networks[i];
        float *expected = run_on(test_device(), n);
        for (int compiler = 1; compiler >= 0; compiler--) {
            wcl_device *device = NULL;
            assert_int_equal(wcl_device_open(getenv("WINOCL_DEVICE"), &device), WCL_OK);
            assert_int_equal(wcl_device_set_cache(device, test_path("no packing"), 0), WCL_OK);
            device->facts.has_compiler = compiler;
            warnings = host_packings = 0;
            fake_cl_reset();
            fake_cl_rewrite(compiler ? refuse_packing : NULL);
            float *got = run_on(device, n);
            fake_cl_rewrite(NULL);
            compare(n, got, expected, compiler ? "refused" : "no compiler");
            assert_int_equal(warnings, compiler ? host_packings : 0);
            assert_true(compiler || fake_cl_calls(FAKE_clCreateProgramWithSource) == 0);
            free(got);
            wcl_device_destroy(device);
        }
        free(expected);
    }
    wcl_set_log(NULL, NULL, WCL_LOG_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_packs),
        cmocka_unit_test(test_device_packs),
        cmocka_unit_test(test_device_without_kernels),
        cmocka_unit_test(test_host_way_fails),
        cmocka_unit_test(test_mutants_are_noticed),
        cmocka_unit_test(test_networks_without_packing_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
