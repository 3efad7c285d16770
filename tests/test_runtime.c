/* host/runtime: which device a SPEC means, facts and programs; launches are in test_launch.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/provider.h"
#include "support/fake_cl.h"
#include "support/fake_memory.h"
#include "support/support.h"

static int reset(void **state)
{
    (void)state;
    fake_cl_reset();
    fake_memory_fail(0, false);
    wcl_set_log(NULL, NULL, WCL_LOG_ERROR);
    return 0;
}

static char logged[8192];
static int warnings;
static void keep_log(void *user, wcl_log_level level, const char *text)
{
    (void)user;
    warnings += level <= WCL_LOG_WARNING;
    snprintf(logged + strlen(logged), sizeof logged - strlen(logged), "%s\n", text);
}

static void start_log(void)
{
    logged[0] = '\0';
    warnings = 0;
    wcl_set_log(keep_log, NULL, WCL_LOG_DEBUG);
}

/* ------------------------------------------------------------------ selection */

#define GPU CL_DEVICE_TYPE_GPU
#define CPU CL_DEVICE_TYPE_CPU
#define ACC CL_DEVICE_TYPE_ACCELERATOR
#define NONE                              \
    {                                     \
        NULL, NULL, 0, 0, 0, false, false \
    }

static const fake_device laptop[] = {
    {"Portable Things", "pthread-cpu Ryzen", CPU, 8, 3000, false, false},
    {"Vendor CL", "Iris", GPU, 24, 1100, false, false},
    {"Vendor CL", "Arc", GPU, 128, 2100, false, false},
    {"Boards", "Emulated board", ACC, 8, 3000, false, false},
};
static const fake_device twins[] = {
    {"Vendor CL", "Tesla", GPU, 80, 1500, false, false},
    {"Vendor CL", "Tesla", GPU, 80, 1500, false, false},
    {"Vendor CL", "Tesla Pro", GPU, 90, 1500, false, false},
};
static const fake_device two_runtimes[] = {
    {"Runtime A", "Xeon", CPU, 16, 2000, false, false},
    {"Runtime B", "Xeon", CPU, 16, 2000, false, false},
};
static const fake_device board_alone[] = {{"Boards", "Emulated board", ACC, 1, 100, false, false}};
static const fake_device gpu_gone[] = {
    {"Vendor CL", "Arc", GPU, 128, 2100, true, false},
    {"Portable Things", "Ryzen", CPU, 8, 3000, false, false},
};
static const fake_device named_like_platform[] = {{"Xeon CL", "Xeon", CPU, 16, 2000, false, false}};
static const fake_device vague[] = {{"Vague", "Vague device", GPU, 8, 8, false, true}};

#define MACHINE(list) list, WCL__COUNT(list)
static const struct {
    const char *name;
    const fake_device *devices;
    size_t count;
    const char *spec;
    int platform, device; /* -1: none */
    const char *part;     /* of the message */
} selections[] = {
    {"nothing: the best GPU", MACHINE(laptop), NULL, 1, 1, NULL},
    {"an empty spec", MACHINE(laptop), "", 1, 1, NULL},
    {"a kind", MACHINE(laptop), "cpu", 0, 0, NULL},
    {"a kind in capitals", MACHINE(laptop), "GPU", 1, 1, NULL},
    {"an accelerator when asked for", MACHINE(laptop), "accelerator", 2, 0, NULL},
    {"an accelerator when it is all there is", MACHINE(board_alone), NULL, 0, 0, NULL},
    {"no such kind", MACHINE(board_alone), "gpu", -1, -1,
     "device \"gpu\": no such device; there is: 0:0 Emulated board (accelerator, Boards)"},
    {"numbers", MACHINE(laptop), "1:0", 1, 0, NULL},
    {"numbers out of range", MACHINE(laptop), "1:2", -1, -1, "1:1 Arc (gpu, Vendor CL); 2:0 Emulated board"},
    {"huge numbers", MACHINE(laptop), "99999999999999999999:0", -1, -1, "no such device"},
    {"half a number", MACHINE(laptop), "1:", -1, -1, "no such device"},
    {"part of a name", MACHINE(laptop), "ryzen", 0, 0, NULL},
    {"part of a platform's name with one device", MACHINE(laptop), "portable", 0, 0, NULL},
    {"part of a platform's name with two", MACHINE(laptop), "vendor", -1, -1,
     "device \"vendor\": fits several devices: 1:0 Iris (gpu, Vendor CL); 1:1 Arc (gpu, Vendor CL)"},
    {"different kinds", MACHINE(laptop), "r", -1, -1, "fits several devices"},
    {"no match", MACHINE(laptop), "geforce", -1, -1,
     "no such device; there is: 0:0 pthread-cpu Ryzen (cpu, Portable Things); 1:0 Iris"},
    {"name and platform both match", MACHINE(named_like_platform), "xeon", 0, 0, NULL},
    {"one CPU under two runtimes", MACHINE(two_runtimes), "xeon", 0, 0, NULL},
    {"of which one can be named", MACHINE(two_runtimes), "runtime b", 1, 0, NULL},
    {"a whole name before a part", MACHINE(twins), "tesla", 0, 0, NULL},
    {"a longer name", MACHINE(twins), "tesla pro", 0, 2, NULL},
    {"the most capable", MACHINE(twins), "gpu", 0, 2, NULL},
    {"unavailable ones are passed over", MACHINE(gpu_gone), NULL, 1, 0, NULL},
    {"and cannot be named", MACHINE(gpu_gone), "arc", -1, -1,
     "device \"arc\": not available now: 0:0 Arc (gpu, Vendor CL, not available)"},
    {"no platform", laptop, 0, NULL, -1, -1, "no OpenCL platform"},
    {"no platform for a kind", laptop, 0, "gpu", -1, -1, "CL_PLATFORM_NOT_FOUND_KHR (-1001)"},
};

static void test_selection(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(selections); i++) {
        wcl_device *device = NULL;
        wcl_device_info info = WCL_DEVICE_INFO_INIT;
        fake_cl_devices(selections[i].devices, (int)selections[i].count);
        const wcl_status status = wcl_device_open(selections[i].spec, &device);
        const char *message = wcl_last_error()->message;
        if (selections[i].part) {
            if (status != WCL_NOT_FOUND || device || !strstr(message, selections[i].part))
                fail_msg("%s: status %d, \"%s\"", selections[i].name, status, message);
            continue;
        }
        if (status != WCL_OK)
            fail_msg("%s: %s", selections[i].name, message);
        assert_int_equal(wcl_device_get_info(device, &info), WCL_OK);
        if (info.platform_index != selections[i].platform || info.device_index != selections[i].device)
            fail_msg("%s: got %d:%d", selections[i].name, info.platform_index, info.device_index);
        wcl_device_destroy(device);
    }
}

static void test_list(void **state)
{
    (void)state;
    int count, defaults = 0;
    wcl_device_info info = WCL_DEVICE_INFO_INIT;
    fake_cl_devices(MACHINE(laptop));
    assert_int_equal(wcl_device_count(&count), WCL_OK);
    assert_int_equal(count, 4);
    for (int i = 0; i < count; i++) {
        assert_int_equal(wcl_device_list(i, &info), WCL_OK);
        assert_string_equal(info.name, laptop[i].name);
        assert_string_equal(info.platform, laptop[i].platform);
        assert_true(info.type == laptop[i].type);
        assert_int_equal(info.is_default, i == 2);
        defaults += info.is_default;
    }
    assert_int_equal(defaults, 1);
    assert_int_equal(wcl_device_list(4, &info), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_device_list(-1, &info), WCL_BAD_ARGUMENT);
    fake_cl_devices(laptop, 0);
    assert_int_equal(wcl_device_count(&count), WCL_NOT_FOUND);
    assert_int_equal(count, 0);
}

static void test_broken_platform_is_left_out(void **state)
{
    (void)state;
    int count;
    start_log();
    fake_cl_devices(MACHINE(laptop));
    fake_cl_fail(FAKE_clGetDeviceIDs, 1,
                 CL_OUT_OF_RESOURCES + 100); /* an unknown code, from the first platform */
    assert_int_equal(wcl_device_count(&count), WCL_OK);
    assert_true(fake_cl_failed());
    assert_int_equal(count, 3);
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(logged, "platform 0 is left out"));
}

static void test_vague_device(void **state)
{
    (void)state;
    wcl_device *device;
    fake_cl_devices(MACHINE(vague));
    assert_int_equal(wcl_device_open(NULL, &device), WCL_OK);
    assert_int_equal(device->facts.vector_width, 1);
    assert_int_equal(device->facts.compute_units, 1);
    assert_int_equal(device->facts.max_work_group, 1);
    assert_int_equal(device->facts.max_item[2], 1);
    assert_int_equal(device->facts.alignment, 4096);
    assert_true(device->facts.max_alloc > 0);
    assert_false(device->facts.has_fma);
    wcl_device_destroy(device);
}

static void test_open_without_memory(void **state)
{
    (void)state;
    bool opened = false;
    fake_cl_devices(MACHINE(laptop));
    for (int nth = 1; !opened; nth++) {
        wcl_device *device;
        assert_true(nth < 1000);
        fake_memory_fail(nth, false);
        const wcl_status status = wcl_device_open("arc", &device);
        const bool failed = fake_memory_failed();
        fake_memory_fail(0, false);
        opened = status == WCL_OK;
        assert_int_equal(opened, !failed);
        assert_int_equal(status, failed ? WCL_NO_MEMORY : WCL_OK);
        wcl_device_destroy(device);
    }
    fake_cl_fail(FAKE_clCreateContext, 1, CL_OUT_OF_HOST_MEMORY);
    wcl_device *device;
    assert_int_equal(wcl_device_open(NULL, &device), WCL_NO_MEMORY);
    assert_null(device);
    assert_int_equal(fake_cl_calls(FAKE_clReleaseContext), fake_cl_calls(FAKE_clCreateContext) - 1);
}

/* ------------------------------------------------------------------ a real device */

static void test_facts(void **state)
{
    (void)state;
    const wcl__facts *facts = &test_device()->facts;
    assert_true(facts->name[0] && facts->platform[0] && facts->driver[0] && facts->version[0]);
    assert_true(facts->max_alloc > 0 && facts->max_alloc <= facts->global_bytes);
    assert_true(facts->local_bytes > 0 && facts->max_work_group > 0 && facts->vector_width > 0);
    assert_int_equal(facts->alignment % 4096, 0);
}

static void test_wrap(void **state)
{
    (void)state;
    wcl_device *own = test_device(), *wrapped = NULL;
    cl_command_queue queue;
    wcl_device_info info = WCL_DEVICE_INFO_INIT;
    assert_int_equal(wcl_device_wrap(wcl_device_context(own), wcl_device_id(own), &wrapped), WCL_OK);
    assert_ptr_equal(wcl_device_context(wrapped), wcl_device_context(own));
    assert_int_equal(wcl_device_get_info(wrapped, &info), WCL_OK);
    assert_string_equal(info.name, own->facts.name);
    assert_int_equal(info.platform_index, -1);
    assert_int_equal(wcl__device_queue(wrapped, &queue), WCL_OK);
    wcl__device_retain(wrapped);
    wcl_device_destroy(wrapped);
    cl_command_queue again;
    assert_int_equal(wcl__device_queue(wrapped, &again), WCL_OK);
    assert_ptr_equal(queue, again);
    wcl_device_destroy(wrapped);
    wcl_device_destroy(NULL);
    char other;
    assert_int_equal(wcl_device_wrap(wcl_device_context(own), (cl_device_id)(void *)&other, &wrapped),
                     WCL_BAD_ARGUMENT);
    assert_null(wrapped);
    assert_string_equal(wcl_last_error()->message, "the device does not belong to the context");
    assert_int_equal(wcl_device_wrap(NULL, wcl_device_id(own), &wrapped), WCL_BAD_ARGUMENT);
}

static void test_queue_without_profiling(void **state)
{
    (void)state;
    wcl_device *device = test_fresh_device();
    cl_command_queue queue;
    cl_command_queue_properties properties;
    fake_cl_fail(FAKE_clCreateCommandQueue, 1, CL_INVALID_QUEUE_PROPERTIES);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    assert_true(fake_cl_failed());
    assert_int_equal(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL),
                     CL_SUCCESS);
    assert_false(properties & CL_QUEUE_PROFILING_ENABLE);
    wcl_device_destroy(device);
    device = test_fresh_device();
    fake_cl_fail(FAKE_clCreateCommandQueue, 1, CL_OUT_OF_HOST_MEMORY);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_NO_MEMORY);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK); /* it may be tried again */
    wcl_device_destroy(device);
}

static void test_programs_are_built_once(void **state)
{
    (void)state;
    wcl_device *device = test_fresh_device();
    cl_program first, again, other;
    start_log();
    assert_int_equal(wcl__provider_get(device, "fill", "-DA=1", &first), WCL_OK);
    assert_int_equal(wcl__provider_get(device, "fill", "-DA=1", &again), WCL_OK);
    assert_int_equal(wcl__provider_get(device, "fill", NULL, &other), WCL_OK);
    assert_ptr_equal(first, again);
    assert_ptr_not_equal(first, other);
    const wcl__provider_counts counts = wcl__provider_count(device);
    assert_int_equal(counts.from_source, 2);
    assert_int_equal(counts.from_memory, 1);
    assert_int_equal(counts.from_disk, 0);
    assert_non_null(strstr(logged, "built fill.cl -cl-std=CL1.2 -DWCL_HAS_FMA="));
    assert_non_null(strstr(logged, " -DA=1 from source in "));
    assert_int_equal(warnings, 0);
    wcl__provider_flush(device); /* to nowhere */
    assert_int_equal(warnings, 0);
    wcl_device_destroy(device);
}

static void test_build_errors(void **state)
{
    (void)state;
    wcl_device *device = test_fresh_device();
    cl_program program;
    assert_int_equal(wcl__provider_get(device, "fill", "-Dcount=no_such_name+", &program), WCL_BUILD_FAILED);
    assert_null(program);
    const wcl_error *error = wcl_last_error();
    assert_string_equal(error->kernel, "fill.cl");
    assert_int_equal(error->cl_code, CL_BUILD_PROGRAM_FAILURE);
    /* the first error's file and line; NVIDIA's compiler calls every source so */
    const char *place = strstr(device->facts.vendor, "NVIDIA") ? "<kernel>:" : "fill.cl:";
    assert_non_null(strstr(error->build_log, place));
    assert_non_null(strstr(error->reason, "-Dcount=no_such_name+"));
    assert_non_null(strstr(error->reason, place));
    assert_null(strchr(error->message, '\n'));
    assert_int_equal(wcl__provider_get(device, "nothing", "", &program), WCL_NOT_FOUND);
    assert_string_equal(wcl_last_error()->message, "nothing: no such kernel source");
    device->facts.has_compiler = false;
    assert_int_equal(wcl__provider_get(device, "fill", "", &program), WCL_UNSUPPORTED);
    device->facts.has_compiler = true;
    fake_cl_fail(FAKE_clCreateProgramWithSource, 1, CL_OUT_OF_HOST_MEMORY);
    assert_int_equal(wcl__provider_get(device, "fill", "", &program), WCL_NO_MEMORY);
    fake_cl_fail(FAKE_clBuildProgram, 1, CL_OUT_OF_RESOURCES);
    assert_int_equal(wcl__provider_get(device, "fill", "", &program), WCL_NO_MEMORY);
    assert_int_equal(wcl__provider_get(device, "fill", "", &program), WCL_OK); /* failures are not kept */
    wcl_device_destroy(device);
}

static void test_programs_without_memory(void **state)
{
    (void)state;
    bool built = false;
    for (int nth = 1; !built; nth++) {
        wcl_device *device = test_fresh_device();
        cl_program program;
        assert_true(nth < 100);
        fake_memory_fail(nth, false);
        const wcl_status status = wcl__provider_get(device, "fill", "-DB=1", &program);
        const bool failed = fake_memory_failed();
        fake_memory_fail(0, false);
        built = !failed;
        assert_int_equal(status, failed ? WCL_NO_MEMORY : WCL_OK);
        wcl_device_destroy(device);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, reset, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_selection),
        TEST(test_list),
        TEST(test_broken_platform_is_left_out),
        TEST(test_vague_device),
        TEST(test_open_without_memory),
        TEST(test_facts),
        TEST(test_wrap),
        TEST(test_queue_without_profiling),
        TEST(test_programs_are_built_once),
        TEST(test_build_errors),
        TEST(test_programs_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
