/* How weights reach a device, and what handles of one device share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/session.h"
#include "runtime/core.h"
#include "support/fake_cl.h"
#include "support/network.h"
#include "support/support.h"

/* ---- weights' way to the device */

enum { MIB = 1 << 20 };

/* A device that shares the host's memory, or one that does not. */
static wcl_device *device_with(bool unified)
{
    wcl_device *device = test_fresh_device();
    device->facts.unified_memory = unified;
    return device;
}

/* Chunks follow each other in two halves of the host's memory: none may be filled again before it was
 * written. */
static void test_staged_copies(void **state)
{
    static const struct {
        const char *name;
        size_t bytes;
        int writes;
    } rows[] = {{"a few bytes", 12, 1},
                {"a chunk", 16 * MIB, 1},
                {"a chunk and a bit", 16 * MIB + 4, 2},
                {"four", 50 * MIB, 4}};
    (void)state;
    for (size_t i = 0; i < 2 * WCL__COUNT(rows); i++) {
        const bool unified = i % 2 == 1;
        const size_t bytes = rows[i / 2].bytes;
        const char *name = rows[i / 2].name;
        wcl_device *device = device_with(unified);
        cl_command_queue queue;
        cl_mem memory;
        uint32_t *from = malloc(bytes), *to = malloc(bytes);
        assert_true(from && to);
        for (size_t k = 0; k < bytes / sizeof *from; k++)
            from[k] = (uint32_t)k * 2654435761u;
        const wcl__packing packing = {.key = (char *)name, .data = from, .bytes = bytes};
        assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_WRITE, bytes, NULL, name, &memory), WCL_OK);
        fake_cl_reset();
        assert_int_equal(wcl__pack(device, &packing, memory), WCL_OK);
        const int maps = fake_cl_calls(FAKE_clEnqueueMapBuffer),
                  writes = fake_cl_calls(FAKE_clEnqueueWriteBuffer);
        if (maps != (unified ? rows[i / 2].writes : 0) || writes != (unified ? 0 : rows[i / 2].writes) ||
            fake_cl_calls(FAKE_clFinish) != 1)
            fail_msg("%s: unified %d: %d maps, %d writes", name, unified, maps, writes);
        assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
        assert_int_equal(clEnqueueReadBuffer(queue, memory, CL_TRUE, 0, bytes, to, 0, NULL, NULL),
                         CL_SUCCESS);
        assert_memory_equal(from, to, bytes);
        for (int nth = 1; !unified && nth <= rows[i / 2].writes; nth++) {
            fake_cl_fail(FAKE_clEnqueueWriteBuffer, nth, CL_OUT_OF_RESOURCES);
            assert_int_equal(wcl__pack(device, &packing, memory), WCL_NO_MEMORY);
            fake_cl_reset();
        }
        clReleaseMemObject(memory);
        wcl_device_destroy(device);
        free(from);
        free(to);
    }
}

enum { SIDE = 8, CLASSES = 5, INPUTS = 3 * SIDE * SIDE };

static wcl_model *small_network(void)
{
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, 3, SIDE, SIDE));
    net_conv(b, "conv1", "x", "c1", 3, 16, 3, 500);
    net_conv(b, "conv2", "c1", "c2", 16, CLASSES, 3, 502);
    return net_end(b, "c2");
}

enum { OUTPUTS = CLASSES * SIDE * SIDE };

static void run_on(wcl_device *device, wcl_model *model, wcl_conv_choice conv, float *output)
{
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl_session *session = NULL;
    float input[INPUTS];
    options.conv = conv;
    test_fill(input, INPUTS, 7, 1.0);
    assert_int_equal(wcl_session_create(device, model, &options, &session), WCL_OK);
    if (wcl_session_run(session, input, 1, output) != WCL_OK)
        fail_msg("%s", wcl_last_error()->message);
    wcl_session_destroy(session);
}

/* What kernels pack is the same either way. */
static void test_staged_packing(void **state)
{
    static const wcl_conv_choice convs[] = {WCL_CONV_DIRECT, WCL_CONV_F2, WCL_CONV_GEMM};
    (void)state;
    wcl_model *model = small_network();
    for (size_t i = 0; i < WCL__COUNT(convs); i++) {
        float outputs[2][OUTPUTS];
        for (int unified = 0; unified < 2; unified++) {
            wcl_device *device = device_with(unified);
            fake_cl_reset();
            run_on(device, model, convs[i], outputs[unified]);
            assert_int_equal(fake_cl_calls(FAKE_clEnqueueMapBuffer) > 0, unified);
            wcl_device_destroy(device);
        }
        assert_memory_equal(outputs[0], outputs[1], sizeof outputs[0]);
    }
    wcl_model_destroy(model);
}

/* ---- times */

/* Of a launch in several pieces the last one is short, of CLBlast's kernels the last one copies the result:
 * the time is that of all. */
static void test_time_of_pieces(void **state)
{
    (void)state;
    wcl_device *device = test_device();
    const cl_int count = 1 << 20;
    const cl_float value = 1;
    cl_command_queue queue;
    wcl__launch launch;
    wcl__span span = {0};
    cl_mem memory;
    assert_int_equal(
        wcl__buffer_create(device, CL_MEM_READ_WRITE, (size_t)count * sizeof value, NULL, "filled", &memory),
        WCL_OK);
    wcl__call call = {.kernel = "fill"};
    wcl__call_slot(&call, 0);
    WCL__CALL_VALUE(&call, value);
    WCL__CALL_VALUE(&call, count);
    wcl__call_range(&call, 1, 3 * WCL__MOST_GROUPS + 1, 1, NULL);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    assert_int_equal(wcl__launch_create(device, &call, &memory, &launch), WCL_OK);
    assert_true(wcl__range_pieces(&launch.range) > 1);
    assert_int_equal(wcl__launch_enqueue_timed(&launch, queue, &span), WCL_OK);
    assert_int_equal(clFinish(queue), CL_SUCCESS);
    assert_non_null(span.first);
    assert_true(wcl__span_ms(&span) >= wcl__event_ms(span.first) + wcl__event_ms(span.last));
    wcl__span_clear(&span);
    wcl__launch_destroy(&launch);
    clReleaseMemObject(memory);
}

static void test_time_of_clblast(void **state)
{
    (void)state;
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    float input[3 * 37] = {1}, output[3 * CLASSES], weights[CLASSES * 37] = {1};
    options.dense = WCL_DENSE_CLBLAST;
    options.profile = 1;
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, 37));
    net_floats(b, "w", NET_DIMS(37, CLASSES), weights);
    net_node(b, "MatMul", "dense", "x w", "y");
    wcl_model *model = net_end(b, "y");
    wcl_session *session = open_session(model, &options);
    int steps = 0;
    for (int run = 0; run < 2; run++)
        assert_int_equal(wcl_session_run(session, input, 3, output), WCL_OK);
    for (int i = 0; i < wcl_session_profile_count(session); i++) {
        wcl_profile_entry entry = WCL_PROFILE_ENTRY_INIT;
        assert_int_equal(wcl_session_profile(session, i, &entry), WCL_OK);
        if (session->current->plan->steps.steps[i].kind != WCL__STEP_BLAS)
            continue;
        steps++;
        if (!(entry.ms > wcl__event_ms(session->current->spans[i].last)))
            fail_msg("step %d takes %g ms, its last kernel %g ms", i, entry.ms,
                     wcl__event_ms(session->current->spans[i].last));
    }
    assert_true(steps > 0);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* ---- handles of one device */

static wcl_device *open_with(const char *folder)
{
    wcl_device *device = NULL;
    assert_int_equal(wcl_device_open(getenv("WINOCL_DEVICE"), &device), WCL_OK);
    assert_int_equal(wcl_device_set_cache(device, folder, 0), WCL_OK);
    return device;
}

static wcl_session *session_on(wcl_device *device, wcl_model *model)
{
    const wcl_tensor input = {WCL_FLOAT32, 4, {1, 3, SIDE, SIDE}, NULL, NULL, 0, 0};
    wcl_session *session = NULL;
    assert_int_equal(wcl_session_create(device, model, NULL, &session), WCL_OK);
    assert_int_equal(wcl_session_prepare(session, &input), WCL_OK);
    return session;
}

/* The second handle builds and packs nothing, unless it stays apart. */
static void test_second_handle(void **state)
{
    static const struct {
        const char *name, *folder; /* NULL: wrapped */
        bool shares;
    } rows[] = {{"the same folder", "one", true},
                {"another folder", "two", false},
                {"no folder", "", false},
                {"wrapped", NULL, false}};
    (void)state;
    wcl_model *model = small_network();
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const char *folder = rows[i].folder && rows[i].folder[0] ? test_path(rows[i].folder) : rows[i].folder;
        wcl_device *first = open_with(test_path("one")), *second = NULL;
        fake_cl_reset();
        wcl_session *a = session_on(first, model);
        const int buffers = fake_cl_calls(FAKE_clCreateBuffer),
                  launches = fake_cl_calls(FAKE_clEnqueueNDRangeKernel);
        fake_cl_reset();
        if (folder)
            second = open_with(folder);
        else
            assert_int_equal(wcl_device_wrap(first->context, first->id, &second), WCL_OK);
        assert_int_equal(fake_cl_calls(FAKE_clCreateContext), 0); /* test_device and `first` have it open */
        wcl_session *b = session_on(second, model);
        const int builds = fake_cl_calls(FAKE_clBuildProgram);
        if ((builds == 0) != rows[i].shares ||
            (fake_cl_calls(FAKE_clEnqueueNDRangeKernel) < launches) != rows[i].shares ||
            (fake_cl_calls(FAKE_clCreateBuffer) < buffers) != rows[i].shares)
            fail_msg("%s: %d builds, %d buffers", rows[i].name, builds, fake_cl_calls(FAKE_clCreateBuffer));
        wcl_session_destroy(a);
        wcl_device_destroy(first); /* the second goes on */
        float output[OUTPUTS];
        run_on(second, model, WCL_CONV_DIRECT, output);
        wcl_session_destroy(b);
        wcl_device_destroy(second);
    }
    wcl_model_destroy(model);
}

/* A handle that changes its folder takes nobody along, and keeps what it has in use. */
static void test_changed_folder(void **state)
{
    (void)state;
    wcl_model *model = small_network();
    wcl_device *first = open_with(test_path("one")), *second = open_with(test_path("one"));
    assert_ptr_equal(first->core, second->core);
    assert_ptr_equal(first->context, second->context);
    wcl_session *session = session_on(second, model);
    assert_int_equal(wcl_device_set_cache(second, test_path("three"), 0), WCL_OK);
    assert_ptr_not_equal(first->core, second->core);
    assert_string_equal(wcl__provider_folder(first->core->provider), test_path("one"));
    float input[INPUTS] = {1}, output[OUTPUTS];
    assert_int_equal(wcl_session_run(session, input, 2 - 1, output), WCL_OK);
    wcl_device_destroy(second);
    wcl_session_destroy(session);
    wcl_device_destroy(first);
    wcl_model_destroy(model);
}

static void *open_and_close(void *model)
{
    for (int i = 0; i < 20; i++) {
        wcl_device *device = NULL;
        if (wcl_device_open(getenv("WINOCL_DEVICE"), &device) != WCL_OK ||
            wcl_device_set_cache(device, "", 0) != WCL_OK)
            return device;
        float output[OUTPUTS];
        if (i % 5 == 0)
            run_on(device, model, WCL_CONV_DIRECT, output);
        wcl_device_destroy(device);
    }
    return NULL;
}

static void test_threads(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    (void)state;
    wcl_model *model = small_network();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, model), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed = model;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    wcl_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_staged_copies),  cmocka_unit_test(test_staged_packing),
        cmocka_unit_test(test_time_of_pieces), cmocka_unit_test(test_time_of_clblast),
        cmocka_unit_test(test_second_handle),  cmocka_unit_test(test_changed_folder),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
