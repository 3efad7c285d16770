/* Sessions: what a run may not do, batches and shapes, several inputs and outputs, failures and what is left
 * after them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/session.h"
#include "support/fake_cl.h"
#include "support/fake_memory.h"
#include "support/network.h"
#include "support/support.h"

enum { CHANNELS = 3, HEIGHT = 12, WIDTH = 10, PICTURE = CHANNELS * HEIGHT * WIDTH, CLASSES = 10, MOST = 8 };

static void add_pool(wcl_builder *builder)
{
    const int64_t two[] = {2, 2};
    const wcl_attribute window[] = {
        {.name = "kernel_shape", .kind = WCL_ATTRIBUTE_INTS, .ints = two, .count = 2},
        {.name = "strides", .kind = WCL_ATTRIBUTE_INTS, .ints = two, .count = 2}};
    assert_int_equal(net_try(builder, "MaxPool", "pool", "r1", "p1", window, 2), WCL_OK);
}

/* Two 3x3 convolutions that F2 can do, a pool, a dense layer and a Softmax. */
static wcl_model *small_network(void)
{
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, CHANNELS, HEIGHT, WIDTH));
    net_conv(b, "conv1", "x", "c1", CHANNELS, 17, 3, 100);
    net_node(b, "Relu", "relu1", "c1", "r1");
    add_pool(b);
    net_conv(b, "conv2", "p1", "c2", 17, 5, 3, 102);
    net_node(b, "Relu", "relu2", "c2", "r2");
    net_node(b, "Flatten", "flatten", "r2", "f");
    net_random(b, "dense_w", NET_DIMS(5 * 6 * 5, CLASSES), 104, 0.05);
    net_random(b, "dense_b", NET_DIMS(CLASSES), 105, 0.1);
    net_node(b, "Gemm", "dense", "f dense_w dense_b", "d");
    net_node(b, "Softmax", "softmax", "d", "y");
    return net_end(b, "y");
}

static float *pictures(int64_t count)
{
    float *values = malloc((size_t)count * PICTURE * sizeof *values);
    assert_non_null(values);
    test_fill(values, count * PICTURE, 1, 1.0);
    return values;
}

/* The scores of MOST pictures, each computed alone. */
static float *expected_scores(wcl_model *model, const float *input)
{
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.conv = WCL_CONV_DIRECT;
    wcl_session *session = open_session(model, &options);
    float *scores = malloc(MOST * CLASSES * sizeof *scores);
    assert_non_null(scores);
    for (int i = 0; i < MOST; i++)
        assert_int_equal(
            wcl_session_run(session, input + (size_t)i * PICTURE, 1, scores + (size_t)i * CLASSES), WCL_OK);
    wcl_session_destroy(session);
    return scores;
}

typedef struct fixture {
    wcl_model *model;
    float *input, *expected;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    fake_cl_reset();
    f.model = small_network();
    f.input = pictures(MOST);
    f.expected = expected_scores(f.model, f.input);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    fake_cl_reset();
    free(f->input);
    free(f->expected);
    wcl_model_destroy(f->model);
    return 0;
}

static void run_and_check(const fixture *f, wcl_session *session, int64_t count, const char *name)
{
    float *scores = run_network(session, f->input, count, count * CLASSES);
    check_values(name, scores, f->expected, count * CLASSES, 1e-5);
    free(scores);
}

/* ---- a run only enqueues */

/* What a session may do when it is made, and not in a run. */
static const struct {
    const char *name;
    fake_cl_function function;
} expensive[] = {
    {"clCreateBuffer", FAKE_clCreateBuffer},
    {"clCreateProgramWithSource", FAKE_clCreateProgramWithSource},
    {"clCreateProgramWithBinary", FAKE_clCreateProgramWithBinary},
    {"clBuildProgram", FAKE_clBuildProgram},
    {"clCreateKernel", FAKE_clCreateKernel},
    {"clSetKernelArg", FAKE_clSetKernelArg},
    {"clCreateCommandQueue", FAKE_clCreateCommandQueue},
    {"clGetDeviceInfo", FAKE_clGetDeviceInfo},
};

static int count_expensive(void)
{
    int sum = 0;
    for (size_t i = 0; i < WCL__COUNT(expensive); i++)
        sum += fake_cl_calls(expensive[i].function);
    return sum;
}

static void expect_nothing_expensive(const char *way)
{
    for (size_t i = 0; i < WCL__COUNT(expensive); i++)
        if (fake_cl_calls(expensive[i].function) > 0)
            fail_msg("%s: %d calls of %s", way, fake_cl_calls(expensive[i].function), expensive[i].name);
    if (fake_memory_calls() > 0)
        fail_msg("%s: %d allocations", way, fake_memory_calls());
    if (fake_cl_calls(FAKE_clEnqueueNDRangeKernel) == 0)
        fail_msg("%s: no kernel was launched", way);
}

enum { WAYS = 4 };
static const char *const ways[WAYS] = {"run", "run_tensors", "run with bound tensors", "run_async and wait"};

static wcl_status run_in_way(wcl_session *session, int way, const wcl_tensor *input, wcl_tensor *output)
{
    wcl_status status;
    switch (way) {
    case 0:
        return wcl_session_run(session, input->data, input->dims[0], output->data);
    case 1:
        return wcl_session_run_tensors(session, input, output);
    case 2:
        return wcl_session_run_tensors(session, NULL, NULL);
    default:
        status = wcl_session_run_async(session, input, output, NULL, 0, NULL);
        return status == WCL_OK ? wcl_session_wait(session) : status;
    }
}

static void test_second_run(void **state)
{
    static const wcl_session_options choices[] = {
        {.size = sizeof choices[0]},
        {.size = sizeof choices[0], .conv = WCL_CONV_F2, .dense = WCL_DENSE_CLBLAST},
        {.size = sizeof choices[0],
         .conv = WCL_CONV_DIRECT,
         .dense = WCL_DENSE_GEMM,
         .separate_buffers = 1,
         .profile = 1},
    };
    const fixture *f = *state;
    for (size_t c = 0; c < WCL__COUNT(choices); c++) {
        float scores[3 * CLASSES];
        wcl_session *session = open_session(f->model, &choices[c]);
        const wcl_tensor input = {WCL_FLOAT32, 4, {3, CHANNELS, HEIGHT, WIDTH}, f->input,
                                  NULL,        0, 3 * PICTURE * sizeof(float)};
        wcl_tensor output = {.data = scores, .bytes = sizeof scores};
        assert_int_equal(wcl_session_bind_input(session, 0, &input), WCL_OK);
        assert_int_equal(wcl_session_bind_output(session, 0, &output), WCL_OK);
        fake_cl_reset();
        for (int way = 0; way < WAYS; way++) {
            assert_int_equal(run_in_way(session, way, &input, &output),
                             WCL_OK); /* the first one of its kind prepares */
            if (way == 0)
                assert_true(count_expensive() > 0);
            for (int again = 0; again < 2; again++) {
                memset(scores, 0xff, sizeof scores);
                fake_cl_reset();
                fake_memory_fail(0, false);
                const wcl_status status = run_in_way(session, way, &input, &output);
                expect_nothing_expensive(ways[way]);
                assert_int_equal(status, WCL_OK);
                check_values(ways[way], scores, f->expected, 3 * CLASSES, 1e-5);
            }
        }
        wcl_session_destroy(session);
    }
}

/* ---- batches */

static void test_batches(void **state)
{
    static const struct {
        int64_t batch;
        bool is_new; /* its instance has to be made: it is a new one, or four others were used since */
    } runs[] = {{1, true}, {2, true},  {5, true}, {1, false}, {3, true}, {1, false}, {2, false},
                {4, true}, {1, false}, {5, true}, {8, true},  {2, true}, {8, false}};
    const fixture *f = *state;
    wcl_session *session = open_session(f->model, NULL);
    for (size_t i = 0; i < WCL__COUNT(runs); i++) {
        char name[32];
        snprintf(name, sizeof name, "run %zu, batch %lld", i, (long long)runs[i].batch);
        fake_cl_reset();
        run_and_check(f, session, runs[i].batch, name);
        if ((fake_cl_calls(FAKE_clCreateBuffer) > 0) != runs[i].is_new)
            fail_msg("%s: %d buffers were made", name, fake_cl_calls(FAKE_clCreateBuffer));
    }
    wcl_session_destroy(session);
}

static void test_refused_runs(void **state)
{
    const fixture *f = *state;
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.max_batch = 4;
    wcl_session *session = open_session(f->model, &options);
    float scores[MOST * CLASSES];
    const float untouched = 12345.0f;
    const int64_t refused[] = {0, -1, 5, INT64_MAX};
    for (size_t i = 0; i < WCL__COUNT(refused); i++) {
        scores[0] = untouched;
        assert_int_equal(wcl_session_run(session, f->input, refused[i], scores), WCL_BAD_ARGUMENT);
        assert_non_null(strstr(wcl_last_error()->reason, "batch"));
        assert_true(scores[0] == untouched);
    }
    assert_int_equal(wcl_session_run(session, NULL, 1, scores), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_session_run(session, f->input, 1, NULL), WCL_BAD_ARGUMENT);
    const wcl_tensor wide = {WCL_FLOAT32, 4, {1, CHANNELS, HEIGHT, WIDTH + 1}, f->input, NULL, 0, 0};
    const wcl_tensor flat = {WCL_FLOAT32, 2, {1, PICTURE}, f->input, NULL, 0, 0};
    const wcl_tensor bytes = {WCL_UINT8, 4, {1, CHANNELS, HEIGHT, WIDTH}, f->input, NULL, 0, 0};
    const wcl_tensor small = {WCL_FLOAT32, 4, {1, CHANNELS, HEIGHT, WIDTH}, f->input, NULL, 0, 4};
    const wcl_tensor *bad[] = {&wide, &flat, &bytes, &small};
    for (size_t i = 0; i < WCL__COUNT(bad); i++) {
        wcl_tensor output = {0};
        assert_int_equal(wcl_session_run_tensors(session, bad[i], &output), WCL_BAD_SHAPE);
        assert_non_null(strstr(wcl_last_error()->reason, "input x"));
        assert_null(output.data);
    }
    const wcl_tensor input = {WCL_FLOAT32, 4, {1, CHANNELS, HEIGHT, WIDTH}, f->input, NULL, 0, 0};
    wcl_tensor short_output = {.data = scores, .bytes = 4};
    assert_int_equal(wcl_session_run_tensors(session, &input, &short_output), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_session_run_tensors(session, &input, NULL), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_session_run_tensors(session, NULL, &short_output), WCL_BAD_ARGUMENT);
    run_and_check(f, session, 4, "after refused runs");
    wcl_session_destroy(session);
}

static void test_from_plan(void **state)
{
    const fixture *f = *state;
    const wcl_tensor input = {WCL_FLOAT32, 4, {2, CHANNELS, HEIGHT, WIDTH}, NULL, NULL, 0, 0};
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.conv = WCL_CONV_F2;
    wcl_plan *plan = make_plan(f->model, &options, &input);
    wcl_session *session = NULL;
    assert_int_equal(wcl_session_create_from_plan(test_device(), plan, &options, &session), WCL_OK);
    assert_ptr_equal(wcl_session_plan(session), plan);
    wcl_plan_destroy(plan); /* the session has its own reference */
    fake_cl_reset();
    run_and_check(f, session, 2, "from a plan");
    assert_int_equal(fake_cl_calls(FAKE_clCreateBuffer), 0);
    run_and_check(f, session, 3, "from a plan, another batch");
    wcl_session_destroy(session);
}

/* ---- several inputs and outputs */

/* sum = a + b; a itself; a constant; and what the constant makes of b */
static wcl_model *several(void)
{
    static const float values[] = {1, 2, 3, 4};
    wcl_builder *builder = net_begin();
    net_input(builder, "a", NET_DIMS(-1, 4));
    net_input(builder, "b", NET_DIMS(-1, 4));
    net_floats(builder, "k", NET_DIMS(4), values);
    net_node(builder, "Add", "add", "a b", "sum");
    net_node(builder, "Mul", "mul", "b k", "product");
    return net_end(builder, "sum a k product sum");
}

static void check_several(const float *a, const float *b, const wcl_tensor *outputs)
{
    static const float k[] = {1, 2, 3, 4};
    float sum[8], product[8];
    for (int i = 0; i < 8; i++) {
        sum[i] = a[i] + b[i];
        product[i] = b[i] * k[i % 4];
    }
    assert_int_equal(outputs[0].rank, 2);
    assert_int_equal(outputs[0].dims[0], 2);
    assert_int_equal(outputs[2].rank, 1);
    assert_memory_equal(outputs[0].data, sum, sizeof sum);
    assert_memory_equal(outputs[1].data, a, sizeof sum);
    assert_memory_equal(outputs[2].data, k, sizeof k);
    assert_memory_equal(outputs[3].data, product, sizeof product);
    assert_memory_equal(outputs[4].data, sum, sizeof sum);
}

static void test_several(void **state)
{
    (void)state;
    wcl_model *model = several();
    wcl_session *session = open_session(model, NULL);
    float a[8], b[8], one[4];
    test_fill(a, 8, 2, 1.0);
    test_fill(b, 8, 3, 1.0);
    const wcl_tensor inputs[] = {{WCL_FLOAT32, 2, {2, 4}, a, NULL, 0, sizeof a},
                                 {WCL_FLOAT32, 2, {2, 4}, b, NULL, 0, sizeof b}};
    for (int again = 0; again < 2; again++) {
        wcl_tensor outputs[5] = {{0}};
        assert_int_equal(wcl_session_run_tensors(session, inputs, outputs), WCL_OK);
        check_several(a, b, outputs);
        for (size_t i = 0; i < WCL__COUNT(outputs); i++)
            wcl_tensor_clear(&outputs[i]);
    }
    assert_int_equal(wcl_session_run(session, a, 1, one), WCL_BAD_ARGUMENT);
    assert_non_null(strstr(wcl_last_error()->reason, "wcl_session_run_tensors"));
    const wcl_tensor missing[] = {inputs[0], {WCL_FLOAT32, 2, {2, 4}, NULL, NULL, 0, 0}};
    wcl_tensor outputs[5] = {{0}};
    assert_int_equal(wcl_session_run_tensors(session, missing, outputs), WCL_BAD_ARGUMENT);
    assert_non_null(strstr(wcl_last_error()->reason, "input b"));
    for (size_t i = 0; i < WCL__COUNT(outputs); i++)
        assert_null(outputs[i].data);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* A shape that is an input: each value of it is an instance of its own. */
static void test_known_input(void **state)
{
    (void)state;
    wcl_builder *builder = net_begin();
    net_input(builder, "x", NET_DIMS(12));
    assert_int_equal(wcl_builder_input(builder, "shape", WCL_INT64, NET_DIMS(2)), WCL_OK);
    net_node(builder, "Relu", "relu", "x", "r");
    net_node(builder, "Reshape", "reshape", "r shape", "y");
    wcl_model *model = net_end(builder, "y");
    wcl_session *session = open_session(model, NULL);
    float x[12], expected[12];
    test_fill(x, 12, 4, 1.0);
    for (int i = 0; i < 12; i++)
        expected[i] = fmaxf(x[i], 0);
    int64_t shapes[][2] = {{2, 6}, {3, 4}, {-1, 6}, {2, 6}, {12, 1}, {3, 4}};
    for (size_t i = 0; i < WCL__COUNT(shapes); i++) {
        const wcl_tensor inputs[] = {{WCL_FLOAT32, 1, {12}, x, NULL, 0, sizeof x},
                                     {WCL_INT64, 1, {2}, shapes[i], NULL, 0, sizeof shapes[i]}};
        wcl_tensor y = {0};
        assert_int_equal(wcl_session_run_tensors(session, inputs, &y), WCL_OK);
        assert_int_equal(y.rank, 2);
        assert_int_equal(y.dims[1], shapes[i][1]);
        assert_int_equal(y.dims[0], 12 / shapes[i][1]);
        assert_memory_equal(y.data, expected, sizeof expected);
        wcl_tensor_clear(&y);
    }
    const wcl_tensor without[] = {{WCL_FLOAT32, 1, {12}, x, NULL, 0, sizeof x},
                                  {WCL_INT64, 1, {2}, NULL, NULL, 0, 0}};
    wcl_tensor y = {0};
    assert_int_equal(wcl_session_run_tensors(session, without, &y), WCL_BAD_ARGUMENT);
    assert_non_null(strstr(wcl_last_error()->reason, "input shape"));
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* ---- failures */

typedef struct heard {
    int warnings;
    char text[1024];
} heard;

static void listen(void *user, wcl_log_level level, const char *text)
{
    heard *h = user;
    if (level != WCL_LOG_WARNING)
        return;
    h->warnings++;
    snprintf(h->text, sizeof h->text, "%s", text);
}

static char *break_winograd(const char *source)
{
    return strstr(source, "kernel void winograd_") ? strdup("#error not on this device\n") : NULL;
}

/* A variant whose kernels do not build is given up with a warning, the network runs all the same, and the
 * plan tells. */
static void test_build_failure(void **state)
{
    const fixture *f = *state;
    heard h = {0};
    wcl_device *device = NULL;
    wcl_session *session = NULL;
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.conv = WCL_CONV_F2;
    fake_cl_rewrite(break_winograd);
    wcl_set_log(listen, &h, WCL_LOG_WARNING);
    assert_int_equal(wcl_device_open(getenv("WINOCL_DEVICE"), &device), WCL_OK);
    assert_int_equal(wcl_device_set_cache(device, "", 0), WCL_OK);
    assert_int_equal(wcl_session_create(device, f->model, &options, &session), WCL_OK);
    run_and_check(f, session, 2, "without winograd");
    wcl_set_log(NULL, NULL, WCL_LOG_ERROR);
    const int warnings = h.warnings;
    assert_true(warnings >= 2); /* one for each convolution and Winograd variant that was tried */
    assert_non_null(strstr(h.text, "node conv2: f2 failed"));
    const wcl_plan_node node = plan_find(wcl_session_plan(session), "conv1");
    assert_string_equal(node.algorithm, "direct");
    assert_true(strncmp(node.reason, "f2: ", 4) == 0);
    run_and_check(f, session, 3, "another batch"); /* which knows already */
    assert_int_equal(h.warnings, warnings);
    wcl_session_destroy(session);
    wcl_device_destroy(device);
}

static char *break_all(const char *source)
{
    (void)source;
    return strdup("kernel void broken( {\n");
}

static void test_no_build(void **state)
{
    const fixture *f = *state;
    wcl_device *device = NULL;
    wcl_session *session = NULL;
    float scores[CLASSES] = {7};
    fake_cl_rewrite(break_all);
    assert_int_equal(wcl_device_open(getenv("WINOCL_DEVICE"), &device), WCL_OK);
    assert_int_equal(wcl_device_set_cache(device, "", 0), WCL_OK);
    assert_int_equal(wcl_session_create(device, f->model, NULL, &session), WCL_OK);
    assert_int_equal(wcl_session_run(session, f->input, 1, scores), WCL_BUILD_FAILED);
    assert_true(strlen(wcl_last_error()->build_log) > 0);
    assert_true(strlen(wcl_last_error()->node) > 0);
    assert_true(scores[0] == 7);
    fake_cl_reset();
    assert_int_equal(wcl_session_run(session, f->input, 1, scores),
                     WCL_BUILD_FAILED); /* remembered, with all that was said */
    assert_int_equal(fake_cl_calls(FAKE_clBuildProgram), 0);
    assert_int_equal(wcl_last_error()->cl_code, CL_BUILD_PROGRAM_FAILURE);
    assert_true(strlen(wcl_last_error()->build_log) > 0);
    assert_true(strlen(wcl_last_error()->node) > 0);
    wcl_session_destroy(session);
    wcl_device_destroy(device);
}

static void test_no_memory_for_a_batch(void **state)
{
    const fixture *f = *state;
    float before[2 * CLASSES], scores[MOST * CLASSES];
    const int codes[] = {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES, CL_INVALID_BUFFER_SIZE};
    for (size_t i = 0; i < WCL__COUNT(codes); i++) {
        wcl_session *session = open_session(f->model, NULL);
        assert_int_equal(wcl_session_run(session, f->input, 2, before), WCL_OK);
        scores[0] = 7;
        fake_cl_fail(FAKE_clCreateBuffer, 1, codes[i]);
        assert_int_equal(wcl_session_run(session, f->input, MOST, scores), WCL_NO_MEMORY);
        assert_true(fake_cl_failed());
        assert_true(scores[0] == 7);
        assert_int_equal(wcl_last_error()->cl_code, codes[i]);
        assert_int_equal(wcl_session_run(session, f->input, 2, scores), WCL_OK);
        assert_memory_equal(scores, before, sizeof before);
        run_and_check(f, session, MOST, "the batch fits after all");
        wcl_session_destroy(session);
    }
}

/* A cap counts for the session: a batch that is over it is refused, a smaller one still runs. */
static void test_cap(void **state)
{
    const fixture *f = *state;
    const wcl_tensor input = {WCL_FLOAT32, 4, {2, CHANNELS, HEIGHT, WIDTH}, NULL, NULL, 0, 0};
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.conv = WCL_CONV_DIRECT;
    wcl_plan *plan = make_plan(f->model, &options, &input);
    options.memory_cap = wcl__plan_total(plan);
    wcl_plan_destroy(plan);
    wcl_session *session = open_session(f->model, &options);
    float scores[MOST * CLASSES] = {7};
    run_and_check(f, session, 2, "just under the cap");
    assert_int_equal(wcl_session_run(session, f->input, MOST, scores), WCL_NO_MEMORY);
    assert_true(scores[0] == 7);
    run_and_check(f, session, 2, "after a batch over the cap");
    run_and_check(f, session, 1, "a smaller batch");
    wcl_session_destroy(session);
}

/* A failure while enqueueing: the output stays as it was, and the session goes on unless the device
 * is lost. */
static void test_failing_run(void **state)
{
    static const struct {
        const char *name;
        fake_cl_function function;
        cl_int code;
        wcl_status status, then;
    } rows[] = {
        {"a launch without memory", FAKE_clEnqueueNDRangeKernel, CL_MEM_OBJECT_ALLOCATION_FAILURE,
         WCL_NO_MEMORY, WCL_OK},
        {"a launch with a fault or without resources", FAKE_clEnqueueNDRangeKernel, CL_OUT_OF_RESOURCES,
         WCL_DEVICE_ERROR, WCL_OK},
        {"a launch that is refused", FAKE_clEnqueueNDRangeKernel, CL_INVALID_WORK_GROUP_SIZE,
         WCL_DEVICE_ERROR, WCL_OK},
        {"no input", FAKE_clEnqueueWriteBuffer, CL_OUT_OF_HOST_MEMORY, WCL_NO_MEMORY, WCL_OK},
        {"no output", FAKE_clEnqueueReadBuffer, CL_OUT_OF_HOST_MEMORY, WCL_NO_MEMORY, WCL_OK},
        {"no end", FAKE_clFinish, CL_OUT_OF_RESOURCES, WCL_DEVICE_ERROR, WCL_OK},
        {"a lost device", FAKE_clFinish, CL_INVALID_COMMAND_QUEUE, WCL_DEVICE_LOST, WCL_DEVICE_LOST},
        {"a lost device at a launch", FAKE_clEnqueueNDRangeKernel, CL_INVALID_COMMAND_QUEUE, WCL_DEVICE_LOST,
         WCL_DEVICE_LOST},
    };
    const fixture *f = *state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_session *session = open_session(f->model, NULL);
        float scores[CLASSES];
        run_and_check(f, session, 1, rows[i].name);
        scores[0] = 7;
        fake_cl_fail(rows[i].function, 1, rows[i].code);
        const wcl_status status = wcl_session_run(session, f->input, 1, scores);
        if (status != rows[i].status || !fake_cl_failed() || scores[0] != 7)
            fail_msg("%s: status %d, output %g", rows[i].name, (int)status, (double)scores[0]);
        fake_cl_reset();
        const wcl_status then = wcl_session_run(session, f->input, 1, scores);
        if (then != rows[i].then)
            fail_msg("%s: then %s", rows[i].name, wcl_last_error()->message);
        if (then == WCL_OK)
            check_values(rows[i].name, scores, f->expected, CLASSES, 1e-5);
        wcl_session_destroy(session);
    }
}

/* Every build of a forced f2 plan fails once: another way is found, or the error is a build's. */
static void test_each_build_failure(void **state)
{
    const fixture *f = *state;
    int passed = 0;
    for (int nth = 1; nth < 64 && !passed; nth++) {
        wcl_device *device = NULL;
        wcl_session *session = NULL;
        float scores[CLASSES];
        wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        options.conv = WCL_CONV_F2;
        assert_int_equal(wcl_device_open(getenv("WINOCL_DEVICE"), &device), WCL_OK);
        assert_int_equal(wcl_device_set_cache(device, "", 0), WCL_OK);
        assert_int_equal(wcl_session_create(device, f->model, &options, &session), WCL_OK);
        fake_cl_fail(FAKE_clBuildProgram, nth, CL_BUILD_PROGRAM_FAILURE);
        const wcl_status status = wcl_session_run(session, f->input, 1, scores);
        if (status == WCL_OK)
            check_values("a build failed", scores, f->expected, CLASSES, 1e-5);
        else
            assert_int_equal(status, WCL_BUILD_FAILED);
        passed = !fake_cl_failed();
        fake_cl_fail(FAKE_clBuildProgram, 0, CL_SUCCESS);
        wcl_session_destroy(session);
        wcl_device_destroy(device);
    }
    assert_true(passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_run),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_refused_runs),
        cmocka_unit_test(test_from_plan),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_known_input),
        cmocka_unit_test(test_build_failure),
        cmocka_unit_test(test_no_build),
        cmocka_unit_test(test_no_memory_for_a_batch),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_failing_run),
        cmocka_unit_test(test_each_build_failure),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
