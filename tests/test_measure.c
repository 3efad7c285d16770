/* wcl_device_measure: its kernels against the formulas of cl/measure_*.cl, default sizes for several kinds of
 * devices, failures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "kernels/measure.h"
#include "support/fake_cl.h"
#include "support/fake_memory.h"
#include "support/network.h"
#include "support/support.h"
#include "base/random.h"

static int reset(void **state)
{
    (void)state;
    fake_cl_reset();
    fake_memory_fail(0, false);
    return 0;
}

/* A device of its own, whose facts a test may change. Small buffers and caches make it quick. */
static wcl_device *open_device(void)
{
    wcl_device *device, *own = test_device();
    if (wcl_device_wrap(own->context, own->id, &device) != WCL_OK ||
        wcl_device_set_cache(device, test_path("cache"), 0) != WCL_OK)
        fail_msg("%s", wcl_last_error()->message);
    device->facts.cache_bytes = WCL__MIN(device->facts.cache_bytes, (uint64_t)4 << 20);
    device->facts.max_alloc = WCL__MIN(device->facts.max_alloc, (uint64_t)64 << 20);
    return device;
}

/* Runs the call on `input`, and reads `count` floats of what it wrote. */
static void run_call(wcl_device *device, const wcl__call *call, cl_mem input, float *output, size_t count)
{
    cl_command_queue queue;
    cl_mem slots[2] = {input, NULL};
    wcl__launch launch;
    for (size_t i = 0; i < count; i++)
        output[i] = NAN;
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                        count * sizeof *output, output, "y", &slots[1]),
                     WCL_OK);
    if (wcl__launch_create(device, call, slots, &launch) != WCL_OK ||
        wcl__launch_enqueue(&launch, queue, 0, NULL, NULL) != WCL_OK)
        fail_msg("%s: %s", call->kernel, wcl_last_error()->message);
    assert_int_equal(
        clEnqueueReadBuffer(queue, slots[1], CL_TRUE, 0, count * sizeof *output, output, 0, NULL, NULL),
        CL_SUCCESS);
    wcl__launch_destroy(&launch);
    clReleaseMemObject(slots[1]);
}

/* ---- kernels */

static void check_fma(wcl_device *device, int cb, int chains, int64_t steps)
{
    enum { ITEMS = 3 };
    float start[16], output[ITEMS * 16];
    cl_mem memory;
    wcl__call call;
    const wcl__measure m = {
        .params = {.cb = cb, .chains = chains}, .items = ITEMS, .local = 1, .steps = steps};
    for (int i = 0; i < 16; i++)
        start[i] = (float)(100 - 7 * i);
    assert_int_equal(wcl__measure_fma_call(&call, &m), WCL_OK);
    assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, sizeof start, start,
                                        "start", &memory),
                     WCL_OK);
    run_call(device, &call, memory, output, (size_t)(ITEMS * cb));
    for (int i = 0; i < ITEMS * cb; i++) {
        const float expected = start[i % cb] + (float)steps + (float)(chains * (chains - 1) / 2);
        if (output[i] != expected)
            fail_msg("cb=%d chains=%d, %d steps: y[%d] is %g, expected %g", cb, chains, (int)steps, i,
                     (double)output[i], (double)expected);
    }
    clReleaseMemObject(memory);
}

static void test_fma(void **state)
{
    static const int vectors[] = {1, 2, 4, 8, 16}, chains[] = {1, 3, 8, 12, 16};
    static const int64_t steps[] = {0, WCL__MEASURE_UNROLL, 5 * WCL__MEASURE_UNROLL, 1 << 20};
    wcl_device *device = open_device();
    (void)state;
    for (int has_fma = 0; has_fma <= device->facts.has_fma; has_fma++)
        for (size_t v = 0; v < WCL__COUNT(vectors); v++)
            for (size_t s = 0; s < WCL__COUNT(steps); s++) {
                device->facts.has_fma = has_fma != 0;
                check_fma(device, vectors[v], chains[v], steps[s]);
            }
    wcl_device_destroy(device);
}

/* Kinds of devices, and sizes of buffers. */
static const struct {
    const char *name;
    cl_device_type type;
    unsigned units, width;
    uint64_t group, bytes;
} kinds[] = {
    {"a CPU of 16 lanes", CL_DEVICE_TYPE_CPU, 2, 16, 4096, 8 << 20},
    {"a CPU of 8 lanes", CL_DEVICE_TYPE_CPU, 64, 8, 4096, 3 << 20},
    {"a CPU of 3 lanes", CL_DEVICE_TYPE_CPU, 1, 3, 1, 1 << 20},
    {"a GPU", CL_DEVICE_TYPE_GPU, 4, 1, 1024, 8 << 20},
    {"a GPU of small groups", CL_DEVICE_TYPE_GPU, 3, 4, 48, 5 << 20},
    {"a GPU, and less than its items could read", CL_DEVICE_TYPE_GPU, 132, 1, 1024, 1 << 20},
    {"an accelerator", CL_DEVICE_TYPE_ACCELERATOR, 1, 1, 1, 1 << 20},
    {"a buffer of one step", CL_DEVICE_TYPE_GPU, 132, 1, 1024, 128},
};

static wcl__facts facts_of(size_t i)
{
    return (wcl__facts){.type = kinds[i].type,
                        .compute_units = kinds[i].units,
                        .vector_width = kinds[i].width,
                        .max_work_group = kinds[i].group,
                        .max_item = {kinds[i].group, 1, 1}};
}

/* Small whole numbers, so that a sum in any order is exact. */
static float element(size_t i)
{
    return (float)(wcl__mix64(i) % 16);
}

static void check_read(wcl_device *device, size_t kind, bool streams)
{
    const wcl__facts facts = facts_of(kind);
    const wcl__profile profile = wcl__profile_of(&facts);
    const size_t count = kinds[kind].bytes / sizeof(float);
    wcl__measure m;
    wcl__call call;
    cl_mem memory;
    double read = 0, total = 0;
    wcl__measure_read_defaults(&profile, kinds[kind].bytes, streams, &m);
    const int64_t vectors = m.items * m.count * m.params.chains, lanes = m.params.cb;
    if (m.items < 1 || m.items % m.local != 0 || m.count < 1 || vectors * lanes > (int64_t)count ||
        (double)(vectors * lanes) < 0.8 * (double)count)
        fail_msg("%s: %d items, %d a group, of %d vectors", kinds[kind].name, (int)m.items, (int)m.local,
                 (int)m.count);
    float *x = calloc(count, sizeof *x), *y = calloc((size_t)(m.items * lanes), sizeof *y);
    assert_true(x && y);
    for (size_t i = 0; i < count; i++)
        x[i] = element(i);
    assert_int_equal(wcl__measure_read_call(&call, &m), WCL_OK);
    assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, kinds[kind].bytes, x,
                                        "x", &memory),
                     WCL_OK);
    run_call(device, &call, memory, y, (size_t)(m.items * lanes));
    for (int64_t item = 0; item < m.items; item++)
        for (int64_t lane = 0; lane < lanes; lane++) {
            double expected = 0;
            for (int64_t i = 0; i < m.params.chains * m.count; i++)
                expected +=
                    (double)x[item * m.item_step + i / m.count * m.chain_step + i % m.count * m.step + lane];
            if ((double)y[item * lanes + lane] != expected)
                fail_msg("%s: item %d, lane %d: %g, expected %g", kinds[kind].name, (int)item, (int)lane,
                         (double)y[item * lanes + lane], expected);
            read += expected;
        }
    for (int64_t i = 0; i < vectors * lanes; i++)
        total += (double)x[i];
    if (read != total)
        fail_msg("%s: what was read adds up to %g, the buffer to %g", kinds[kind].name, read, total);
    clReleaseMemObject(memory);
    free(x);
    free(y);
}

static void test_read(void **state)
{
    wcl_device *device = open_device();
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(kinds); i++)
        for (int streams = 0; streams < 2; streams++)
            check_read(device, i, streams != 0);
    wcl_device_destroy(device);
}

static void test_fma_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(kinds); i++) {
        const wcl__facts facts = facts_of(i);
        const wcl__profile profile = wcl__profile_of(&facts);
        wcl__measure m;
        wcl__measure_fma_defaults(&profile, &m);
        if (wcl__params_validate(&wcl__measure_table, &m.params) != WCL_OK ||
            m.items < 4 * (int64_t)kinds[i].units || m.items % m.local != 0 ||
            (uint64_t)m.local > kinds[i].group || (unsigned)m.params.cb > kinds[i].width)
            fail_msg("%s: %d items, %d a group, %d lanes", kinds[i].name, (int)m.items, (int)m.local,
                     m.params.cb);
    }
}

/* ---- the measurement */

static void check_rates(wcl_device *device, const wcl_device_rates *rates)
{
    assert_true(isfinite(rates->gflops) && rates->gflops > 0);
    assert_true(isfinite(rates->gigabytes_per_second) && rates->gigabytes_per_second > 0);
    assert_true(isfinite(rates->launch_microseconds) && rates->launch_microseconds > 0);
    assert_true(rates->buffer_bytes >= 2 * device->facts.cache_bytes &&
                rates->buffer_bytes <= device->facts.max_alloc);
}

/* Plans for the device are made by its rates, unless those of an earlier test are near them. */
static void check_plan(const wcl_device *device, const wcl_device_rates *rates)
{
    wcl_model *model = load_network("zoo:lenet5");
    wcl_plan *plan = NULL;
    wcl_plan_rates used = WCL_PLAN_RATES_INIT;
    assert_int_equal(wcl_plan_create(device, model, NULL, NULL, &plan), WCL_OK);
    assert_int_equal(wcl_plan_get_rates(plan, &used), WCL_OK);
    assert_true(used.measured);
    assert_true(rates->kept || fabs(used.gflops / rates->gflops - 1) < 1e-9);
    assert_true(rates->kept || fabs(used.gigabytes_per_second / rates->gigabytes_per_second - 1) < 1e-9);
    assert_true(rates->kept || fabs(used.launch_microseconds / rates->launch_microseconds - 1) < 1e-9);
    wcl_plan_destroy(plan);
    wcl_model_destroy(model);
}

static void test_rates(void **state)
{
    wcl_device *device = open_device();
    wcl_device_rates rates = WCL_DEVICE_RATES_INIT, none = {0};
    (void)state;
    if (wcl_device_measure(device, &rates) != WCL_OK)
        fail_msg("%s", wcl_last_error()->message);
    check_rates(device, &rates);
    assert_true(rates.stored);
    check_plan(device, &rates);
    assert_int_equal(wcl_device_measure(device, &none), WCL_BAD_ARGUMENT);
    device->facts.has_fma = false;
    assert_int_equal(wcl_device_measure(device, &rates), WCL_OK);
    check_rates(device, &rates);
    wcl_device_destroy(device);
}

/* ---- failures */

static cl_uint references(const wcl_device *device)
{
    cl_uint count = 0;
    assert_int_equal(
        clGetContextInfo(device->context, CL_CONTEXT_REFERENCE_COUNT, sizeof count, &count, NULL),
        CL_SUCCESS);
    return count;
}

/* Drivers let go of finished commands a little later. */
static bool back_to(const wcl_device *device, cl_uint before)
{
    const struct timespec moment = {0, 2000000};
    for (int i = 0; i < 500 && references(device) > before; i++)
        nanosleep(&moment, NULL);
    return references(device) == before;
}

#define CALL(name, code)         \
    {                            \
#name, FAKE_##name, code \
    }
static const struct {
    const char *name;
    fake_cl_function function;
    cl_int code;
} calls[] = {
    CALL(clCreateBuffer, CL_MEM_OBJECT_ALLOCATION_FAILURE),
    CALL(clCreateKernel, CL_OUT_OF_HOST_MEMORY),
    CALL(clSetKernelArg, CL_OUT_OF_RESOURCES),
    CALL(clEnqueueNDRangeKernel, CL_MEM_OBJECT_ALLOCATION_FAILURE),
    CALL(clEnqueueReadBuffer, CL_OUT_OF_HOST_MEMORY),
    CALL(clFinish, CL_OUT_OF_HOST_MEMORY),
};

/* The 1st, 2nd, 3rd, 5th, 8th... call fails: an error, or a smaller buffer was read; nothing is left. */
static void check_failing(wcl_device *device, size_t which)
{
    wcl_device_rates rates = WCL_DEVICE_RATES_INIT;
    assert_int_equal(wcl_device_measure(device, &rates), WCL_OK);
    const uint64_t whole = rates.buffer_bytes;
    const cl_uint before = references(device);
    const int live = fake_memory_live();
    int smaller = 0, failures = 0;
    bool failed = true;
    for (int nth = 1; failed; nth += (nth + 1) / 2) {
        rates = (wcl_device_rates){.size = sizeof rates, .gflops = -7};
        fake_cl_fail(calls[which].function, nth, calls[which].code);
        const wcl_status status = wcl_device_measure(device, &rates);
        failed = fake_cl_failed();
        fake_cl_reset();
        if (status == WCL_OK)
            check_rates(device, &rates);
        else if (!failed || status != WCL_NO_MEMORY || rates.gflops != -7)
            fail_msg("%s %d fails: %s", calls[which].name, nth, wcl_last_error()->message);
        if (status == WCL_OK && failed && rates.buffer_bytes >= whole)
            fail_msg("%s %d fails, and nobody noticed", calls[which].name, nth);
        smaller += status == WCL_OK && failed;
        failures += status != WCL_OK;
        if (fake_memory_live() != live || !back_to(device, before))
            fail_msg("%s %d fails: %d allocations and %d OpenCL objects are left", calls[which].name, nth,
                     fake_memory_live() - live, (int)references(device) - (int)before);
    }
    assert_true(smaller + failures > 0);
    print_message("%s: %d failures, %d times a smaller buffer\n", calls[which].name, failures, smaller);
}

static void test_failing_calls(void **state)
{
    wcl_device *device = open_device();
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(calls); i++)
        check_failing(device, i);
    wcl_device_destroy(device);
}

/* A driver with less memory than it says: the buffer is halved until it fits, but not until it fits the
 * cache. */
static void test_small_memory(void **state)
{
    wcl_device *device = open_device();
    wcl_device_rates rates = WCL_DEVICE_RATES_INIT;
    (void)state;
    fake_cl_fail(FAKE_clCreateBuffer, 3,
                 CL_MEM_OBJECT_ALLOCATION_FAILURE); /* after the two of the first measurement */
    assert_int_equal(wcl_device_measure(device, &rates), WCL_OK);
    assert_true(fake_cl_failed());
    assert_true(rates.buffer_bytes == device->facts.max_alloc / 2);
    fake_cl_reset();
    device->facts.cache_bytes = device->facts.global_bytes;
    assert_int_equal(wcl_device_measure(device, &rates), WCL_NO_MEMORY);
    wcl_device_destroy(device);
}

static void test_host_memory(void **state)
{
    wcl_device *device = open_device();
    wcl_device_rates rates = WCL_DEVICE_RATES_INIT;
    (void)state;
    assert_int_equal(wcl_device_measure(device, &rates), WCL_OK);
    const int live = fake_memory_live();
    for (int rest = 0; rest < 2; rest++) {
        fake_memory_fail(1, rest != 0);
        assert_int_equal(wcl_device_measure(device, &rates), WCL_NO_MEMORY);
        assert_true(fake_memory_failed());
        fake_memory_fail(0, false);
        assert_int_equal(fake_memory_live(), live);
    }
    wcl_device_destroy(device);
}

/* ---- a kernel that does less than it is timed for */

static const char *old_text, *new_text;
static int rewritten;

static char *replace(const char *source)
{
    const char *at = strstr(source, old_text);
    if (!at)
        return NULL;
    rewritten++;
    char *text = malloc(strlen(source) + strlen(new_text) + 1);
    assert_non_null(text);
    sprintf(text, "%.*s%s%s", (int)(at - source), source, new_text, at + strlen(old_text));
    return text;
}

static void test_cheats(void **state)
{
    static const struct {
        const char *name, *old_text, *new_text;
    } cheats[] = {
        {"half of the steps", "t < steps; t += UNROLL", "t < steps; t += 2 * UNROLL"},
        {"one chain less", "for (int i = 0; i < CHAINS; i++)\n                v[i]",
         "for (int i = 1; i < CHAINS; i++)\n                v[i]"},
        {"half of the buffer", "t < count; t++", "t < count / 2; t++"},
        {"one sum less", "for (int i = 1; i < CHAINS; i++)\n        sum[0]",
         "for (int i = 2; i < CHAINS; i++)\n        sum[0]"},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(cheats); i++) {
        wcl_device_rates rates = WCL_DEVICE_RATES_INIT;
        wcl_device *device = open_device();
        assert_int_equal(wcl_device_set_cache(device, "", 0), WCL_OK);
        old_text = cheats[i].old_text;
        new_text = cheats[i].new_text;
        rewritten = 0;
        fake_cl_rewrite(replace);
        const wcl_status status = wcl_device_measure(device, &rates);
        fake_cl_rewrite(NULL);
        if (rewritten == 0 || status != WCL_DEVICE_ERROR ||
            !strstr(wcl_last_error()->message, "wrong result"))
            fail_msg("%s: %s", cheats[i].name,
                     rewritten ? wcl_last_error()->message : "its text is not in the kernel");
        wcl_device_destroy(device);
    }
}

/* ---- what a layer's roofline is made of */

static void test_layer_bounds(void **state)
{
    static const struct {
        const char *model, *node;
        double flops, bytes;
    } rows[] = {
        {"zoo:vgg16", "conv2d_1", 2.0 * 3 * 9 * 64 * 224 * 224 / 4,
         4.0 * ((3 + 64) * 224 * 224 + 3 * 9 * 64 + 64)},
        {"zoo:vgg16", "conv2d_11", 2.0 * 36 * 4 * 4 * 512 * 512,
         4.0 * (2 * 512 * 14 * 14 + 512 * 9 * 512 + 512)},
        {"zoo:vgg16", "dense_2", 2.0 * 4096 * 4096, 4.0 * (4096 * 4096 + 3 * 4096)},
        {"zoo:vgg16", "activation_16", 0, 4.0 * 2 * 1000},
        {"zoo:alexnet", "conv2d_1", 2.0 * 3 * 11 * 11 * 96 * 55 * 55,
         4.0 * (3 * 227 * 227 + 96 * 55 * 55 + 3 * 121 * 96 + 96)},
        {"zoo:vgg16", "flatten_1", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_model *model = load_network(rows[i].model);
        wcl_plan *plan = NULL;
        bool found = false;
        assert_int_equal(wcl_plan_create(test_device(), model, NULL, NULL, &plan), WCL_OK);
        for (int n = 0; n < wcl_plan_node_count(plan); n++) {
            wcl_plan_node node = WCL_PLAN_NODE_INIT;
            assert_int_equal(wcl_plan_get_node(plan, n, &node), WCL_OK);
            if (strcmp(node.name, rows[i].node) != 0 || strcmp(node.op, "Layout") == 0)
                continue;
            found = true;
            if (fabs(node.least_gflop * 1e9 - rows[i].flops) > 1 || (double)node.least_bytes != rows[i].bytes)
                fail_msg("%s, %s: %.0f operations, expected %.0f; %lld bytes, expected %.0f", rows[i].model,
                         rows[i].node, node.least_gflop * 1e9, rows[i].flops, (long long)node.least_bytes,
                         rows[i].bytes);
        }
        if (!found)
            fail_msg("%s has no node %s", rows[i].model, rows[i].node);
        wcl_plan_destroy(plan);
        wcl_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_fma, reset),           cmocka_unit_test_setup(test_read, reset),
        cmocka_unit_test_setup(test_fma_sizes, reset),     cmocka_unit_test_setup(test_rates, reset),
        cmocka_unit_test_setup(test_failing_calls, reset), cmocka_unit_test_setup(test_small_memory, reset),
        cmocka_unit_test_setup(test_host_memory, reset),   cmocka_unit_test_setup(test_cheats, reset),
        cmocka_unit_test_setup(test_layer_bounds, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
