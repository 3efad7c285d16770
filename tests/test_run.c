/* What a run leaves behind when it fails, for every call that can: outputs as they were, and nothing in
 * flight. And which shapes a session keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "runtime/kernel_set.h"
#include "session/session.h"
#include "support/fake_cl.h"
#include "support/network.h"
#include "support/support.h"

enum { BATCH = 2, WIDTH = 4, COUNT = BATCH * WIDTH, OUTPUTS = 5 };
static const float untouched = 12345.0f;

/* sum = a + b; a itself; a constant; and what the constant makes of b */
static wcl_model *several(void)
{
    static const float values[] = {1, 2, 3, 4};
    wcl_builder *builder = net_begin();
    net_input(builder, "a", NET_DIMS(-1, WIDTH));
    net_input(builder, "b", NET_DIMS(-1, WIDTH));
    net_floats(builder, "k", NET_DIMS(WIDTH), values);
    net_node(builder, "Add", "add", "a b", "sum");
    net_node(builder, "Mul", "mul", "b k", "product");
    return net_end(builder, "sum a k product sum");
}

static const size_t output_counts[OUTPUTS] = {COUNT, COUNT, WIDTH, COUNT, COUNT};

typedef struct outputs {
    float *values[OUTPUTS]; /* on the heap, so that AddressSanitizer sees a late write */
    wcl_tensor tensors[OUTPUTS];
} outputs;

static void outputs_make(outputs *o)
{
    for (int i = 0; i < OUTPUTS; i++) {
        o->values[i] = malloc(output_counts[i] * sizeof(float));
        assert_non_null(o->values[i]);
        for (size_t k = 0; k < output_counts[i]; k++)
            o->values[i][k] = untouched;
        o->tensors[i] = (wcl_tensor){.data = o->values[i], .bytes = output_counts[i] * sizeof(float)};
    }
}

static void outputs_free(outputs *o)
{
    for (int i = 0; i < OUTPUTS; i++)
        free(o->values[i]);
}

static void expect_untouched(const outputs *o, const char *name, int nth)
{
    for (int i = 0; i < OUTPUTS; i++)
        for (size_t k = 0; k < output_counts[i]; k++)
            if (o->values[i][k] != untouched)
                fail_msg("%s %d fails: output %d was written", name, nth, i);
}

static void expect_right(const outputs *o, const float *a, const float *b, const char *name)
{
    for (int i = 0; i < COUNT; i++) {
        const float k = (float)(i % WIDTH + 1);
        if (o->values[0][i] != a[i] + b[i] || o->values[1][i] != a[i] || o->values[3][i] != b[i] * k ||
            o->values[4][i] != a[i] + b[i])
            fail_msg("%s: element %d is wrong", name, i);
    }
}

#define CALL(name) #name, FAKE_##name
static const struct {
    const char *name;
    fake_cl_function function;
} calls[] = {{CALL(clEnqueueWriteBuffer)},
             {CALL(clEnqueueNDRangeKernel)},
             {CALL(clEnqueueReadBuffer)},
             {CALL(clFinish)}};

/* After a failure the outputs are the caller's: whatever was enqueued is over, and none has changed. */
static void test_failed_outputs(void **state)
{
    (void)state;
    float a[COUNT], b[COUNT];
    test_fill(a, COUNT, 2, 1.0);
    test_fill(b, COUNT, 3, 1.0);
    wcl_model *model = several();
    wcl_session *session = open_session(model, NULL);
    const wcl_tensor inputs[] = {{WCL_FLOAT32, 2, {BATCH, WIDTH}, a, NULL, 0, sizeof a},
                                 {WCL_FLOAT32, 2, {BATCH, WIDTH}, b, NULL, 0, sizeof b}};
    assert_int_equal(wcl_session_prepare(session, inputs), WCL_OK);
    for (size_t c = 0; c < WCL__COUNT(calls); c++) {
        bool failed = true;
        for (int nth = 1; failed; nth++) {
            outputs o;
            outputs_make(&o);
            fake_cl_fail(calls[c].function, nth, CL_OUT_OF_RESOURCES);
            const wcl_status status = wcl_session_run_tensors(session, inputs, o.tensors);
            failed = fake_cl_failed();
            fake_cl_reset();
            assert_int_equal(status, failed ? WCL_DEVICE_ERROR : WCL_OK);
            assert_int_equal(clFinish(wcl_session_queue(session)),
                             CL_SUCCESS); /* a read in flight would come now */
            if (failed)
                expect_untouched(&o, calls[c].name, nth);
            else
                expect_right(&o, a, b, calls[c].name);
            assert_true(failed || nth > 1);
            outputs_free(&o);
        }
    }
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* The same where winocl makes the outputs' memory, and frees it again: nothing may be read into it later. */
static void test_failed_made_outputs(void **state)
{
    (void)state;
    float a[COUNT] = {1}, b[COUNT] = {2};
    wcl_model *model = several();
    wcl_session *session = open_session(model, NULL);
    const wcl_tensor inputs[] = {{WCL_FLOAT32, 2, {BATCH, WIDTH}, a, NULL, 0, sizeof a},
                                 {WCL_FLOAT32, 2, {BATCH, WIDTH}, b, NULL, 0, sizeof b}};
    assert_int_equal(wcl_session_prepare(session, inputs), WCL_OK);
    for (int nth = 1; nth <= 4; nth++) { /* one of the five is a constant */
        wcl_tensor made[OUTPUTS] = {{0}};
        fake_cl_fail(FAKE_clEnqueueReadBuffer, nth, CL_OUT_OF_HOST_MEMORY);
        assert_int_equal(wcl_session_run_tensors(session, inputs, made), WCL_NO_MEMORY);
        fake_cl_reset();
        for (int i = 0; i < OUTPUTS; i++)
            assert_null(made[i].data);
    }
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* Without waiting: the event is NULL, and what was enqueued is over when the error returns. */
static void test_failed_async(void **state)
{
    (void)state;
    float a[COUNT] = {1}, b[COUNT] = {2};
    wcl_model *model = several();
    wcl_session *session = open_session(model, NULL);
    const wcl_tensor inputs[] = {{WCL_FLOAT32, 2, {BATCH, WIDTH}, a, NULL, 0, sizeof a},
                                 {WCL_FLOAT32, 2, {BATCH, WIDTH}, b, NULL, 0, sizeof b}};
    assert_int_equal(wcl_session_prepare(session, inputs), WCL_OK);
    for (size_t c = 0; c < WCL__COUNT(calls) - 1; c++)
        for (int nth = 1;; nth++) {
            outputs o;
            cl_event event = (cl_event)&o; /* must become NULL */
            outputs_make(&o);
            fake_cl_fail(calls[c].function, nth, CL_OUT_OF_RESOURCES);
            const wcl_status status = wcl_session_run_async(session, inputs, o.tensors, NULL, 0, &event);
            const bool failed = fake_cl_failed();
            fake_cl_reset();
            if (failed) {
                assert_int_equal(status, WCL_DEVICE_ERROR);
                assert_null(event);
                for (int i = 0; i < OUTPUTS; i++)
                    for (size_t k = 0; k < output_counts[i]; k++)
                        o.values[i][k] = untouched;
                assert_int_equal(clFinish(wcl_session_queue(session)), CL_SUCCESS);
                expect_untouched(&o, calls[c].name, nth);
            } else {
                assert_int_equal(status, WCL_OK);
                assert_int_equal(wcl_session_wait(session), WCL_OK);
                expect_right(&o, a, b, calls[c].name);
                clReleaseEvent(event);
            }
            outputs_free(&o);
            if (!failed)
                break;
        }
    cl_event event = (cl_event)&inputs;
    assert_int_equal(wcl_session_run_async(session, NULL, NULL, NULL, 0, &event), WCL_BAD_ARGUMENT);
    assert_null(event);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* ---- the shapes that a session keeps */

/* A dimension that the caller leaves open in one input has the size that another one gave to its name: the
 * same shape again. */
static void test_named_dimension(void **state)
{
    static const struct {
        const char *name;
        int64_t a, b;
        bool is_new;
    } runs[] = {{"a's size", BATCH, -1, true},       {"the same", BATCH, -1, false},
                {"both sizes", BATCH, BATCH, false}, {"neither", -1, -1, true},
                {"neither, again", -1, -1, false},   {"a's again", BATCH, -1, false}};
    static const char *const names[] = {"batch", NULL};
    (void)state;
    float a[COUNT] = {1}, b[COUNT] = {2};
    wcl_builder *builder = net_begin();
    assert_int_equal(wcl__builder_input_named(builder, "a", WCL_FLOAT32, NET_DIMS(-1, WIDTH), names), WCL_OK);
    assert_int_equal(wcl__builder_input_named(builder, "b", WCL_FLOAT32, NET_DIMS(-1, WIDTH), names), WCL_OK);
    net_node(builder, "Add", "add", "a b", "y");
    wcl_model *model = net_end(builder, "y");
    wcl_session *session = open_session(model, NULL);
    for (size_t i = 0; i < WCL__COUNT(runs); i++) {
        const wcl_tensor inputs[] = {{WCL_FLOAT32, 2, {runs[i].a, WIDTH}, a, NULL, 0, 0},
                                     {WCL_FLOAT32, 2, {runs[i].b, WIDTH}, b, NULL, 0, 0}};
        wcl_tensor y = {0};
        fake_cl_reset();
        assert_int_equal(wcl_session_run_tensors(session, inputs, &y), WCL_OK);
        assert_int_equal(y.dims[0], runs[i].a > 0 ? runs[i].a : 1);
        if ((fake_cl_calls(FAKE_clCreateBuffer) > 0) != runs[i].is_new)
            fail_msg("%s: %d buffers were made", runs[i].name, fake_cl_calls(FAKE_clCreateBuffer));
        wcl_tensor_clear(&y);
    }
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

static int kept(const wcl_session *session)
{
    int count = 0;
    for (int i = 0; i < WCL__INSTANCES; i++)
        count += session->instances[i] != NULL;
    return count;
}

static wcl_status prepare_batch(wcl_session *session, int64_t batch, int64_t width)
{
    const wcl_tensor input = {WCL_FLOAT32, 2, {batch, width}, NULL, NULL, 0, 0};
    return wcl_session_prepare(session, &input);
}

/* The oldest shape gives way before the fifth one takes memory; where that fails, the others are as they
 * were. A shape that cannot be planned costs none. */
static void test_fifth_shape(void **state)
{
    (void)state;
    wcl_builder *builder = net_begin();
    net_input(builder, "x", NET_DIMS(-1, WIDTH));
    net_node(builder, "Tanh", "tanh", "x", "y");
    wcl_model *model = net_end(builder, "y");
    wcl_session *session = open_session(model, NULL);
    for (int64_t batch = 1; batch <= WCL__INSTANCES; batch++)
        assert_int_equal(prepare_batch(session, batch, WIDTH), WCL_OK);
    assert_int_equal(prepare_batch(session, 5, WIDTH + 1), WCL_BAD_SHAPE);
    assert_int_equal(kept(session), WCL__INSTANCES);
    fake_cl_fail(FAKE_clCreateBuffer, 1, CL_MEM_OBJECT_ALLOCATION_FAILURE);
    assert_int_equal(prepare_batch(session, 5, WIDTH), WCL_NO_MEMORY);
    fake_cl_reset();
    assert_int_equal(kept(session),
                     WCL__INSTANCES - 1); /* three arenas were alive when the fifth shape asked for its own */
    for (int64_t batch = 2; batch <= WCL__INSTANCES; batch++)
        assert_int_equal(prepare_batch(session, batch, WIDTH), WCL_OK);
    assert_int_equal(fake_cl_calls(FAKE_clCreateBuffer), 0);
    assert_int_equal(prepare_batch(session, 1, WIDTH), WCL_OK); /* made again */
    assert_int_equal(kept(session), WCL__INSTANCES);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* ---- weights that are used where the file has them */

enum { PAGE = 4096, PAGE_FLOATS = PAGE / 4 };

static void note_release(void *user)
{
    *(bool *)user = true;
}

static void expect_contents(cl_mem memory, const char *name)
{
    static float got[PAGE_FLOATS];
    cl_command_queue queue;
    assert_int_equal(wcl__device_queue(test_device(), &queue), WCL_OK);
    assert_int_equal(clEnqueueReadBuffer(queue, memory, CL_TRUE, 0, PAGE, got, 0, NULL, NULL), CL_SUCCESS);
    for (int i = 0; i < PAGE_FLOATS; i++)
        if (got[i] != (float)i)
            fail_msg("%s: element %d is %g", name, i, (double)got[i]);
}

static bool is_in_place(cl_mem memory)
{
    cl_mem_flags flags = 0;
    assert_int_equal(clGetMemObjectInfo(memory, CL_MEM_FLAGS, sizeof flags, &flags, NULL), CL_SUCCESS);
    return (flags & CL_MEM_USE_HOST_PTR) != 0;
}

static void test_weights_in_place(void **state)
{
    static const struct {
        const char *name;
        bool of_file; /* else as a fold makes it: it ends with the plan */
        cl_int refusal;
        bool in_place; /* where the device shares the host's memory */
    } rows[] = {{"of a file", true, CL_SUCCESS, true},
                {"of a file, refused", true, CL_INVALID_HOST_PTR, false},
                {"of a file, no memory for it", true, CL_OUT_OF_RESOURCES, false},
                {"folded", false, CL_SUCCESS, false}};
    (void)state;
    wcl_device_info info = WCL_DEVICE_INFO_INIT;
    assert_int_equal(wcl_device_get_info(test_device(), &info), WCL_OK);
    wcl_model *model = several();
    wcl__store *store = NULL;
    assert_int_equal(wcl__store_open(test_device(), model, &store), WCL_OK);
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        bool released = false;
        void *data = NULL;
        cl_mem memory = NULL;
        if (rows[i].refusal && !info.unified_memory)
            continue;
        assert_int_equal(posix_memalign(&data, PAGE, PAGE), 0);
        for (int k = 0; k < PAGE_FLOATS; k++)
            ((float *)data)[k] = (float)k;
        wcl__source source = {WCL_FLOAT32, {1, {PAGE_FLOATS}}, PAGE, data, 0, 0, NULL, NULL};
        if (rows[i].of_file)
            assert_int_equal(wcl__file_of_memory(data, PAGE, note_release, &released, &source.file), WCL_OK);
        const wcl__packing packing = {.key = (char *)rows[i].name, .source = &source, .bytes = PAGE};
        fake_cl_fail(FAKE_clCreateBuffer, rows[i].refusal ? 1 : 0, rows[i].refusal);
        assert_int_equal(wcl__store_get(store, &packing, &memory), WCL_OK);
        fake_cl_reset();
        if (is_in_place(memory) != (rows[i].in_place && info.unified_memory))
            fail_msg("%s: in place: %d", rows[i].name, is_in_place(memory));
        wcl__file_release(source.file); /* the plan ends */
        if (released == is_in_place(memory) && rows[i].of_file)
            fail_msg("%s: released: %d", rows[i].name, released);
        if (!is_in_place(memory))
            memset(data, 0xff, PAGE);
        expect_contents(memory, rows[i].name);
        wcl__store_put(store, memory);
        assert_true(released || !rows[i].of_file);
        free(data);
    }
    wcl__store_close(store);
    wcl_model_destroy(model);
}

/* ---- variants that fail */

enum { SIDE = 8, FEW = 2, MANY = 5 };

/* Convolutions of one size, each behind the other. */
static wcl_model *alike(int convolutions)
{
    wcl_builder *b = net_begin();
    char name[16], from[16] = "x", to[16] = "x";
    net_input(b, "x", NET_DIMS(-1, 16, SIDE, SIDE));
    for (int i = 0; i < convolutions; i++) {
        snprintf(name, sizeof name, "conv%d", i);
        snprintf(to, sizeof to, "c%d", i);
        net_conv(b, name, from, to, 16, 16, 3, (uint64_t)(300 + 2 * i));
        snprintf(from, sizeof from, "%s", to);
    }
    return net_end(b, to);
}

static int warnings;

static void count_warnings(void *user, wcl_log_level level, const char *text)
{
    (void)user, (void)text;
    warnings += level == WCL_LOG_WARNING;
}

static char *break_winograd(const char *source)
{
    return strstr(source, "kernel void winograd_") ? strdup("#error not on this device\n") : NULL;
}

typedef struct cost {
    int builds, launches, buffers, warnings;
} cost;

/* What preparing takes on a device that knows no program yet; F2 is asked for, and refused where `broken`. */
static cost cost_of(int convolutions, bool broken, wcl_conv_choice conv)
{
    const wcl_tensor input = {WCL_FLOAT32, 4, {1, 16, SIDE, SIDE}, NULL, NULL, 0, 0},
                     second = {WCL_FLOAT32, 4, {2, 16, SIDE, SIDE}, NULL, NULL, 0, 0};
    wcl_device *device = NULL;
    wcl_session *session = NULL, *clone = NULL;
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.conv = conv;
    options.plan_as = WCL_PLAN_AS_CPU; /* where what follows F2 is direct */
    wcl_model *model = alike(convolutions);
    assert_int_equal(wcl_device_open(getenv("WINOCL_DEVICE"), &device), WCL_OK);
    assert_int_equal(wcl_device_set_cache(device, "", 0), WCL_OK);
    assert_int_equal(wcl_session_create(device, model, &options, &session), WCL_OK);
    fake_cl_reset();
    fake_cl_rewrite(broken ? break_winograd : NULL);
    warnings = 0;
    assert_int_equal(wcl_session_prepare(session, &input), WCL_OK);
    const cost c = {fake_cl_calls(FAKE_clBuildProgram), fake_cl_calls(FAKE_clEnqueueNDRangeKernel),
                    fake_cl_calls(FAKE_clCreateBuffer), warnings};
    assert_int_equal(wcl_session_clone(session, &clone), WCL_OK); /* which knows what failed */
    assert_int_equal(wcl_session_prepare(clone, &second), WCL_OK);
    assert_int_equal(warnings, c.warnings);
    wcl_session_destroy(clone);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    wcl_device_destroy(device);
    fake_cl_reset();
    return c;
}

/* A program that does not build is built once, whoever asks for it; nothing is packed or allocated before all
 * programs are there. */
static void test_refused_program(void **state)
{
    (void)state;
    if (!(test_device()->facts.type & CL_DEVICE_TYPE_CPU))
        skip(); /* what is counted are the packings of a CPU's choice, which depends on its units, too */
    wcl_set_log(count_warnings, NULL, WCL_LOG_WARNING);
    const cost few = cost_of(FEW, true, WCL_CONV_F2), many = cost_of(MANY, true, WCL_CONV_F2),
               direct = cost_of(MANY, false, WCL_CONV_DIRECT);
    wcl_set_log(NULL, NULL, WCL_LOG_ERROR);
    assert_true(few.warnings >= FEW && many.warnings == few.warnings / FEW * MANY);
    assert_int_equal(few.builds, many.builds);
    assert_int_equal(many.launches, direct.launches); /* all that is launched while preparing packs weights */
    assert_int_equal(many.buffers, direct.buffers);
}

/* A kernel that cannot be made once its weights are packed: those of the other layers are not
 * packed again. */
static void test_refused_kernel(void **state)
{
    const wcl_tensor input = {WCL_FLOAT32, 4, {1, 16, SIDE, SIDE}, NULL, NULL, 0, 0};
    (void)state;
    wcl_model *model = alike(MANY);
    wcl_session *session = open_session(model, NULL);
    fake_cl_reset();
    assert_int_equal(wcl_session_prepare(session, &input), WCL_OK);
    const int launches = fake_cl_calls(FAKE_clEnqueueNDRangeKernel),
              kernels = fake_cl_calls(FAKE_clCreateKernel);
    assert_true(launches >= MANY && kernels > launches);
    wcl_session_destroy(session);
    session = open_session(model, NULL);
    fake_cl_reset();
    fake_cl_fail(FAKE_clCreateKernel, launches + 1,
                 CL_INVALID_KERNEL_DEFINITION); /* the first that does not pack */
    assert_int_equal(wcl_session_prepare(session, &input), WCL_OK);
    assert_true(fake_cl_failed());
    assert_true(fake_cl_calls(FAKE_clEnqueueNDRangeKernel) <= launches + 1);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    fake_cl_reset();
}

/* ---- kernel sets */

/* A device whose programs have no Winograd kernels, as one with programs built offline may. */
static wcl_status resolve_some(const wcl__call *call, wcl__resolved *out)
{
    if (strncmp(call->kernel, "winograd_", strlen("winograd_")) == 0)
        return wcl__fail(WCL_NOT_FOUND, "not among the programs");
    return wcl__portable_kernels.resolve(call, out);
}

/* And one that has no convolutions at all. */
static wcl_status resolve_few(const wcl__call *call, wcl__resolved *out)
{
    if (strncmp(call->kernel, "conv_", strlen("conv_")) == 0)
        return wcl__fail(WCL_NOT_FOUND, "not among the programs");
    return resolve_some(call, out);
}

/* What a device's kernel set lacks is run another way, and where there is none, the error names the node and
 * the kernel. */
static void test_kernel_set(void **state)
{
    static const wcl__kernel_set some = {"some", resolve_some}, few = {"few", resolve_few};
    (void)state;
    wcl_device *device = test_device();
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl_model *model = alike(FEW);
    float *input = seeded_input(16 * SIDE * SIDE);
    wcl_session *session = open_session(model, &options);
    float *expected = run_network(session, input, 1, 16 * SIDE * SIDE);
    wcl_session_destroy(session);
    options.conv = WCL_CONV_F2;
    session = open_session(model, &options);
    device->kernels = &some;
    wcl_set_log(count_warnings, NULL, WCL_LOG_WARNING);
    warnings = 0;
    float *got = run_network(session, input, 1, 16 * SIDE * SIDE);
    wcl_set_log(NULL, NULL, WCL_LOG_ERROR);
    assert_true(warnings >= FEW);
    assert_string_not_equal(plan_algorithm(wcl_session_plan(session), "conv0"), "f2");
    check_values("some kernels", got, expected, 16 * SIDE * SIDE, 1e-4);
    wcl_session_destroy(session);
    free(got);
    device->kernels = &few;
    session = open_session(model, NULL);
    const wcl_tensor tensor = {WCL_FLOAT32, 4, {1, 16, SIDE, SIDE}, NULL, NULL, 0, 0};
    const wcl_status status = wcl_session_prepare(session, &tensor);
    device->kernels = &wcl__portable_kernels;
    assert_int_equal(status, WCL_NOT_FOUND);
    assert_non_null(strstr(wcl_last_error()->message, "conv0"));
    assert_non_null(strstr(wcl_last_error()->message, "not among the programs"));
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    free(expected);
    free(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failed_outputs),  cmocka_unit_test(test_failed_made_outputs),
        cmocka_unit_test(test_failed_async),    cmocka_unit_test(test_named_dimension),
        cmocka_unit_test(test_fifth_shape),     cmocka_unit_test(test_weights_in_place),
        cmocka_unit_test(test_refused_program), cmocka_unit_test(test_refused_kernel),
        cmocka_unit_test(test_kernel_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
