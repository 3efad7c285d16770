/* The nth allocation fails, on the host or on the device, for every n that loading and running a network
 * reaches: always an error and never a crash, nothing is left behind, and the next run is right. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "support/fake_cl.h"
#include "support/fake_memory.h"
#include "support/network.h"
#include "support/support.h"

enum { MOST_OUTPUTS = 64, MOST_ATTEMPTS = 100000 };

typedef struct network_row {
    const char *name, *model;
    int64_t batch, inputs, outputs; /* values of the whole batch */
    wcl_conv_choice conv;
    wcl_dense_choice dense;
} network_row;

static const network_row rows[] = {
    {"lenet5", "zoo:lenet5", 1, 28 * 28, 10, WCL_CONV_AUTO, WCL_DENSE_AUTO},
    {"an ONNX file, f2 and clblast", WINOCL_SOURCE_DIR "/tests/data/exports/tf2onnx_noopt.onnx", 3,
     3 * 3 * 16 * 16, 30, WCL_CONV_F2, WCL_DENSE_CLBLAST},
};

static float expected[MOST_OUTPUTS];
static float *input;

static wcl_status attempt(wcl_device *device, const network_row *row, float *output)
{
    wcl_model *model = NULL;
    wcl_session *session = NULL;
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.conv = row->conv;
    options.dense = row->dense;
    wcl_status status = wcl_model_load(row->model, &model);
    if (status == WCL_OK)
        status = wcl_session_create(device, model, &options, &session);
    if (status == WCL_OK)
        status = wcl_session_run(session, input, row->batch, output);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    return status;
}

/* Buffers, queues, kernels and programs hold their context. */
static cl_uint references(wcl_device *device)
{
    cl_uint count = 0;
    assert_int_equal(
        clGetContextInfo(wcl_device_context(device), CL_CONTEXT_REFERENCE_COUNT, sizeof count, &count, NULL),
        CL_SUCCESS);
    return count;
}

/* What there is before and after an attempt: the device keeps its programs. */
typedef struct left {
    int live;
    cl_uint references;
} left;

static left look(wcl_device *device)
{
    return (left){fake_memory_live(), references(device)};
}

typedef struct tally {
    int attempts, survived; /* the run was right all the same: what failed was not needed, or another variant
                               was taken */
} tally;

/* One way of failing. */
typedef struct failure {
    const char *name;
    void (*arm)(const struct failure *failure, int nth);
    bool (*over)(void); /* disarms it, and tells whether it happened */
    bool rest;
    fake_cl_function function;
    cl_int code;
} failure;

static void arm_memory(const failure *f, int nth)
{
    fake_memory_fail(nth, f->rest);
}

static bool memory_over(void)
{
    const bool failed = fake_memory_failed();
    fake_memory_fail(0, false);
    return failed;
}

static void arm_cl(const failure *f, int nth)
{
    fake_cl_fail(f->function, nth, f->code);
}

static bool cl_over(void)
{
    const bool failed = fake_cl_failed();
    fake_cl_reset();
    return failed;
}

/* A call that runs kernels or waits for them: CL_OUT_OF_RESOURCES may be a fault there. */
static wcl_status expected_status(const failure *f)
{
    const bool runs =
        f->arm == arm_cl && f->code == CL_OUT_OF_RESOURCES && f->function != FAKE_clSetKernelArg;
    return runs ? WCL_DEVICE_ERROR : WCL_NO_MEMORY;
}

static bool attempt_failing(const network_row *row, const failure *f, int nth, tally *t)
{
    float output[MOST_OUTPUTS] = {7};
    f->arm(f, nth);
    const wcl_status status = attempt(test_device(), row, output);
    const bool failed = f->over();
    if (status == WCL_OK)
        check_values(row->name, output, expected, row->outputs, 1e-4);
    else if (!failed || (status != WCL_NO_MEMORY && status != expected_status(f)) || output[0] != 7)
        fail_msg("%s: %s %d fails: %s, output %g", row->name, f->name, nth, wcl_last_error()->message,
                 (double)output[0]);
    t->attempts++;
    t->survived += status == WCL_OK && failed;
    return failed;
}

/* Nothing may be left of an attempt but the programs of a variant that was taken in place of another: those
 * stay, and a second attempt leaves nothing more. */
static bool same_as_before(left *before)
{
    const struct timespec moment = {0, 2000000};
    left after = look(test_device());
    for (int i = 0; i < 100 && after.references > before->references;
         i++) { /* drivers let go of finished commands a little later */
        nanosleep(&moment, NULL);
        after = look(test_device());
    }
    const bool same = after.live == before->live && after.references == before->references;
    *before = after;
    return same;
}

static tally fail_each(const network_row *row, const failure *f)
{
    left before = look(test_device());
    tally t = {0, 0};
    bool failed = true;
    for (int nth = 1; failed && nth < MOST_ATTEMPTS; nth++) {
        failed = attempt_failing(row, f, nth, &t);
        if (same_as_before(&before))
            continue;
        tally again = {0, 0};
        const left first = before;
        attempt_failing(row, f, nth, &again);
        if (!same_as_before(&before))
            fail_msg("%s: %s %d fails: %d allocations and %d OpenCL objects are left", row->name, f->name,
                     nth, before.live - first.live, (int)before.references - (int)first.references);
    }
    assert_false(failed);
    t.attempts--;
    print_message("%s: %s: %d, the run succeeded without %d of them\n", row->name, f->name, t.attempts,
                  t.survived);
    return t;
}

static void begin(const network_row *row)
{
    input = malloc((size_t)row->inputs * sizeof *input);
    assert_non_null(input);
    test_fill(input, row->inputs, 60, 1.0);
    fake_cl_reset();
    for (int again = 0; again < 2;
         again++) /* once to build the programs, and once more for what is kept lazily */
        if (attempt(test_device(), row, expected) != WCL_OK)
            fail_msg("%s: %s", row->name, wcl_last_error()->message);
}

static void end(const network_row *row)
{
    float output[MOST_OUTPUTS];
    assert_int_equal(attempt(test_device(), row, output), WCL_OK);
    check_values(row->name, output, expected, row->outputs, 1e-4);
    free(input);
    input = NULL;
}

static void test_allocations(void **state)
{
    static const failure one = {"allocation", arm_memory, memory_over, false, 0, 0};
    static const failure rest = {"allocations from", arm_memory, memory_over, true, 0, 0};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        begin(&rows[i]);
        const tally single = fail_each(&rows[i], &one), all = fail_each(&rows[i], &rest);
        assert_true(single.attempts > 100 && single.survived * 10 < single.attempts);
        assert_int_equal(all.survived, 0);
        end(&rows[i]);
    }
}

#define CALLS(name, code)                                \
    {                                                    \
#name, arm_cl, cl_over, false, FAKE_##name, code \
    }

static void test_device_memory(void **state)
{
    static const failure failures[] = {
        CALLS(clCreateBuffer, CL_MEM_OBJECT_ALLOCATION_FAILURE),
        CALLS(clCreateKernel, CL_OUT_OF_HOST_MEMORY),
        CALLS(clSetKernelArg, CL_OUT_OF_RESOURCES),
        CALLS(clEnqueueNDRangeKernel, CL_MEM_OBJECT_ALLOCATION_FAILURE),
        CALLS(clCreateCommandQueue, CL_OUT_OF_HOST_MEMORY),
        CALLS(clEnqueueWriteBuffer, CL_OUT_OF_RESOURCES),
        CALLS(clEnqueueReadBuffer, CL_OUT_OF_HOST_MEMORY),
        CALLS(clFinish, CL_OUT_OF_RESOURCES),
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        begin(&rows[i]);
        for (size_t f = 0; f < WCL__COUNT(failures); f++)
            assert_true(fail_each(&rows[i], &failures[f]).attempts > 0);
        end(&rows[i]);
    }
}

/* ---- a device of its own for each attempt: opening it, its programs and the cache are then part of what
 * fails */

static wcl_status attempt_from_scratch(const network_row *row, float *output)
{
    wcl_device *device = NULL;
    const char *cache = getenv("WINOCL_TEST_CACHE");
    wcl_status status = wcl_device_open(getenv("WINOCL_DEVICE"), &device);
    if (status == WCL_OK)
        status = wcl_device_set_cache(device, cache ? cache : test_path("cache"), 0);
    if (status == WCL_OK)
        status = attempt(device, row, output);
    wcl_device_destroy(device);
    return status;
}

static void test_whole_way(void **state)
{
    const network_row *row = &rows[0];
    int attempts = 0, survived = 0;
    float output[MOST_OUTPUTS];
    bool failed = true;
    (void)state;
    begin(row);
    assert_int_equal(attempt_from_scratch(row, output), WCL_OK); /* the cache is warm */
    const int live = fake_memory_live();
    for (int nth = 1; failed && nth < MOST_ATTEMPTS; nth++) {
        output[0] = 7;
        fake_memory_fail(nth, false);
        const wcl_status status = attempt_from_scratch(row, output);
        failed = memory_over();
        if (status == WCL_OK)
            check_values(row->name, output, expected, row->outputs, 1e-4);
        else if (!failed || status != WCL_NO_MEMORY || output[0] != 7)
            fail_msg("%s: allocation %d fails: %s", row->name, nth, wcl_last_error()->message);
        if (fake_memory_live() != live)
            fail_msg("%s: allocation %d fails: %d are left", row->name, nth, fake_memory_live() - live);
        attempts++;
        survived += failed && status == WCL_OK;
    }
    assert_false(failed);
    print_message("%s: %d allocations, the run succeeded without %d of them\n", row->name, attempts - 1,
                  survived);
    assert_true(attempts > 100 && survived * 5 < attempts);
    end(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_device_memory),
        cmocka_unit_test(test_whole_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
