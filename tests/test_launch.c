/* host/runtime: launches with their limits and guards, and buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "runtime/kernel_set.h"
#include "support/fake_cl.h"
#include "support/guarded.h"
#include "support/support.h"

static int reset(void **state)
{
    (void)state;
    fake_cl_reset();
    return 0;
}

enum { FILL_COUNT = 100 };

static wcl__call fill_call(float value, int count)
{
    wcl__call call = {.kernel = "fill"};
    wcl__call_slot(&call, 1);
    WCL__CALL_VALUE(&call, value);
    WCL__CALL_VALUE(&call, count);
    wcl__call_range(&call, wcl__ceil_div(count, 16), 1, 1, (const size_t[3]){4, 0, 0});
    return call;
}

static void test_call_range(void **state)
{
    (void)state;
    wcl__call call = {0};
    wcl__call_range(&call, 100, 0, 5, (const size_t[3]){16, 0, 2});
    const size_t global[3] = {112, 1, 6}, local[3] = {16, 1, 2};
    assert_memory_equal(call.range.global, global, sizeof global);
    assert_memory_equal(call.range.local, local, sizeof local);
    wcl__call_range(&call, 3, 4, 5, NULL);
    assert_int_equal(call.range.global[2], 5);
    assert_int_equal(call.range.local[2], 1);
}

/* Runs the launch; returns its time in ms. */
static double run(const wcl__launch *launch, cl_command_queue queue)
{
    cl_event event;
    assert_int_equal(wcl__launch_enqueue(launch, queue, 0, NULL, &event), WCL_OK);
    assert_int_equal(clWaitForEvents(1, &event), CL_SUCCESS);
    const double ms = wcl__event_ms(event);
    clReleaseEvent(event);
    return ms;
}

static void test_launch(void **state)
{
    (void)state;
    wcl_device *device = test_device();
    cl_command_queue queue;
    cl_mem slots[2] = {NULL, NULL}, other;
    float values[FILL_COUNT];
    char where[200];
    wcl__launch launch;
    const wcl__call call = fill_call(2.5f, FILL_COUNT - 1);
    fake_cl_guard(true);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_WRITE, sizeof values, NULL, "x", &slots[1]),
                     WCL_OK);
    assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_WRITE, sizeof values, NULL, "y", &other), WCL_OK);
    assert_int_equal(wcl__launch_create(device, &call, slots, &launch), WCL_OK);
    assert_true(run(&launch, queue) >= 0);
    assert_int_equal(clEnqueueReadBuffer(queue, slots[1], CL_TRUE, 0, sizeof values, values, 0, NULL, NULL),
                     CL_SUCCESS);
    for (int i = 0; i < FILL_COUNT - 1; i++)
        assert_true(values[i] == 2.5f);
    assert_true(values[FILL_COUNT - 1] != values[FILL_COUNT - 1]); /* the NaN that the guard mode put there */
    assert_int_equal(wcl__launch_bind(&launch, 0, NULL), WCL_OK);  /* no argument uses slot 0 */
    assert_int_equal(wcl__launch_bind(&launch, 1, other), WCL_OK);
    run(&launch, queue);
    assert_int_equal(clEnqueueReadBuffer(queue, other, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL),
                     CL_SUCCESS);
    assert_true(values[FILL_COUNT - 2] == 2.5f);
    wcl__launch_destroy(&launch);
    wcl__launch_destroy(&launch);
    if (!fake_cl_check_guards(where, sizeof where))
        fail_msg("%s", where);
    clReleaseMemObject(slots[1]);
    clReleaseMemObject(other);
}

/* A set that has one kernel, in a program of another name, and cuts its index space in cells by itself. */
static wcl_status resolve_blank(const wcl__call *call, wcl__resolved *out)
{
    if (strcmp(call->kernel, "blank") != 0)
        return wcl__fail(WCL_NOT_FOUND, "not among the programs");
    *out = (wcl__resolved){.program = "fill", .entry = "fill"};
    out->range = (wcl__range){.global = {(size_t)wcl__ceil_div((int64_t)call->range.global[0], 16), 1, 1},
                              .local = {1, 1, 1}};
    return WCL_OK;
}

static const wcl__kernel_set blank_kernels = {"blank", resolve_blank};

static void test_kernel_set(void **state)
{
    (void)state;
    wcl_device *device = test_device();
    cl_command_queue queue;
    cl_mem slots[2] = {NULL, NULL};
    float values[FILL_COUNT] = {0};
    wcl__launch launch = {0};
    wcl__call call = fill_call(2.5f, FILL_COUNT);
    wcl__call_range(&call, FILL_COUNT, 1, 1, NULL);
    device->kernels = &blank_kernels;
    const wcl_status unknown = wcl__launch_create(device, &call, slots, &launch);
    assert_non_null(strstr(wcl_last_error()->message, "fill: not among the programs"));
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_WRITE, sizeof values, NULL, "x", &slots[1]),
                     WCL_OK);
    call.kernel = "blank";
    const wcl_status known = wcl__launch_create(device, &call, slots, &launch);
    device->kernels = &wcl__portable_kernels;
    assert_int_equal(unknown, WCL_NOT_FOUND);
    assert_int_equal(known, WCL_OK);
    assert_int_equal(launch.range.global[0], wcl__ceil_div(FILL_COUNT, 16));
    run(&launch, queue);
    assert_int_equal(clEnqueueReadBuffer(queue, slots[1], CL_TRUE, 0, sizeof values, values, 0, NULL, NULL),
                     CL_SUCCESS);
    for (int i = 0; i < FILL_COUNT; i++)
        assert_true(values[i] == 2.5f);
    wcl__launch_destroy(&launch);
    clReleaseMemObject(slots[1]);
}

/* The guard bands see what lies past a buffer, also after it is released. */
static void test_guards_notice(void **state)
{
    (void)state;
    wcl_device *device = test_device();
    cl_command_queue queue;
    cl_mem slots[2] = {NULL, NULL};
    char where[200];
    wcl__launch launch;
    const wcl__call call = fill_call(1, FILL_COUNT + 1);
    if (!device->facts.unified_memory)
        skip(); /* the driver may copy a sub-buffer back and nothing beside it */
    fake_cl_guard(true);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    assert_int_equal(
        wcl__buffer_create(device, CL_MEM_READ_WRITE, FILL_COUNT * sizeof(float), NULL, "x", &slots[1]),
        WCL_OK);
    assert_int_equal(wcl__launch_create(device, &call, slots, &launch), WCL_OK);
    run(&launch, queue);
    wcl__launch_destroy(&launch);
    clReleaseMemObject(slots[1]);
    assert_false(fake_cl_check_guards(where, sizeof where));
    assert_string_equal(where, "buffer 1 of 400 bytes was written to at offset 400");
}

static char *with_local_memory(const char *source)
{
    (void)source;
    return strdup(
        "kernel void fill(global float *x, local float *scratch) {\n"
        "    local float fixed[64];\n"
        "    fixed[get_local_id(0)] = 1; scratch[get_local_id(0)] = 2; barrier(CLK_LOCAL_MEM_FENCE);\n"
        "    x[get_global_id(0)] = fixed[0] + scratch[0];\n}\n");
}

static void test_local_memory_limit(void **state)
{
    (void)state;
    wcl_device *device = test_fresh_device();
    const size_t room = (size_t)device->facts.local_bytes - 64 * sizeof(float);
    const size_t sizes[] = {room + 1, SIZE_MAX, 1024};
    cl_mem slots[1];
    fake_cl_rewrite(with_local_memory);
    assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_WRITE, 1024, NULL, "x", &slots[0]), WCL_OK);
    for (size_t i = 0; i < WCL__COUNT(sizes); i++) {
        wcl__launch launch;
        wcl__call call = {.kernel = "fill"};
        wcl__call_slot(&call, 0);
        wcl__call_local(&call, sizes[i]);
        wcl__call_range(&call, 8, 1, 1, (const size_t[3]){8, 1, 1});
        const bool fits = sizes[i] <= room;
        assert_int_equal(wcl__launch_create(device, &call, slots, &launch), fits ? WCL_OK : WCL_UNSUPPORTED);
        if (!fits) {
            assert_string_equal(wcl_last_error()->kernel, "fill");
            assert_non_null(strstr(wcl_last_error()->reason, "bytes of local memory, the device has"));
            assert_null(launch.kernel);
        }
        wcl__launch_destroy(&launch);
    }
    clReleaseMemObject(slots[0]);
    wcl_device_destroy(device);
}

static void test_launch_limits(void **state)
{
    (void)state;
    wcl_device *device = test_device();
    const wcl__facts *facts = &device->facts;
    cl_mem slots[2] = {NULL, NULL};
    const struct {
        const char *name;
        wcl__range range;
        wcl_status status;
        const char *part;
    } rows[] = {
        {"too many items",
         {{facts->max_work_group * 2, 1, 1}, {facts->max_work_group * 2, 1, 1}, true},
         WCL_UNSUPPORTED,
         "the device allows"},
        {"too many in all",
         {{facts->max_work_group, 2, 1}, {facts->max_work_group, 2, 1}, true},
         WCL_UNSUPPORTED,
         "the device allows"},
        {"too many in a dimension",
         {{1, 1, SIZE_MAX}, {1, 1, SIZE_MAX}, true},
         WCL_UNSUPPORTED,
         "in dimension 2"},
        {"no multiple",
         {{100, 1, 1}, {16, 1, 1}, false},
         WCL_BAD_ARGUMENT,
         "global size 100 in dimension 0 is no multiple of the work-group's 16"},
        {"nothing", {{0, 1, 1}, {1, 1, 1}, false}, WCL_BAD_ARGUMENT, "no multiple"},
        {"no work-group", {{1, 1, 1}, {1, 0, 1}, false}, WCL_BAD_ARGUMENT, "no multiple"},
    };
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl__launch launch;
        wcl__call call = fill_call(1, 1);
        call.range = rows[i].range;
        const wcl_status status = wcl__launch_create(device, &call, slots, &launch);
        if (status != rows[i].status || !strstr(wcl_last_error()->message, rows[i].part) || launch.kernel)
            fail_msg("%s: %d, %s", rows[i].name, status, wcl_last_error()->message);
        assert_string_equal(wcl_last_error()->kernel, "fill");
    }
}

static void test_launch_errors(void **state)
{
    (void)state;
    wcl_device *device = test_device();
    cl_command_queue queue;
    cl_mem slots[2] = {NULL, NULL};
    wcl__launch launch;
    wcl__call call = fill_call(1, 1);
    call.arg_count = 2;
    assert_int_equal(wcl__launch_create(device, &call, slots, &launch), WCL_BAD_ARGUMENT);
    assert_string_equal(wcl_last_error()->message, "fill: takes 3 arguments, the call has 2");
    call = fill_call(1, 1);
    call.kernel = "no_such_kernel";
    assert_int_equal(wcl__launch_create(device, &call, slots, &launch), WCL_NOT_FOUND);
    assert_string_equal(wcl_last_error()->kernel, "no_such_kernel");
    call = fill_call(1, 1);
    call.args[2].size = 8;
    assert_int_equal(wcl__launch_create(device, &call, slots, &launch), WCL_DEVICE_ERROR);
    assert_string_equal(wcl_last_error()->message,
                        "fill: cannot set argument 2 (8 bytes): CL_INVALID_ARG_SIZE (-51)");
    call = fill_call(1, 1);
    fake_cl_fail(FAKE_clCreateKernel, 1, CL_OUT_OF_HOST_MEMORY);
    assert_int_equal(wcl__launch_create(device, &call, slots, &launch), WCL_NO_MEMORY);
    assert_int_equal(wcl__launch_create(device, &call, slots, &launch), WCL_OK);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    fake_cl_fail(FAKE_clEnqueueNDRangeKernel, 1, CL_OUT_OF_RESOURCES);
    assert_int_equal(wcl__launch_enqueue(&launch, queue, 0, NULL, NULL), WCL_DEVICE_ERROR);
    assert_string_equal(wcl_last_error()->message,
                        "fill: cannot run: CL_OUT_OF_RESOURCES (-5): drivers report a fault of a kernel and "
                        "a lack of resources alike");
    wcl__launch_destroy(&launch);
}

static void test_buffers(void **state)
{
    (void)state;
    wcl_device *device = test_device();
    cl_mem memory;
    size_t bytes = 0;
    assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_WRITE, 0, NULL, "nothing", &memory), WCL_OK);
    assert_int_equal(clGetMemObjectInfo(memory, CL_MEM_SIZE, sizeof bytes, &bytes, NULL), CL_SUCCESS);
    assert_int_equal(bytes, 1);
    clReleaseMemObject(memory);
    const cl_int no_memory[] = {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES,
                                CL_INVALID_BUFFER_SIZE};
    for (size_t i = 0; i < WCL__COUNT(no_memory); i++) {
        fake_cl_fail(FAKE_clCreateBuffer, 1, no_memory[i]);
        assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_WRITE, 12345, NULL, "activations", &memory),
                         WCL_NO_MEMORY);
        assert_null(memory);
        assert_non_null(
            strstr(wcl_last_error()->message, "activations: cannot have 12345 bytes of device memory"));
    }
    const int calls = fake_cl_calls(FAKE_clCreateBuffer);
    assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_WRITE, SIZE_MAX / 2, NULL, "too much", &memory),
                     WCL_NO_MEMORY);
    assert_null(memory);
    assert_int_equal(wcl_last_error()->cl_code, CL_INVALID_BUFFER_SIZE);
    assert_int_equal(fake_cl_calls(FAKE_clCreateBuffer),
                     calls); /* drivers that allocate at the first use would say yes */
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, reset, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_call_range),         TEST(test_launch),
        TEST(test_kernel_set),         TEST(test_guards_notice),
        TEST(test_local_memory_limit), TEST(test_launch_limits),
        TEST(test_launch_errors),      TEST(test_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
