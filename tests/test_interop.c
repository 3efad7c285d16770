/* Sessions beside other OpenCL code and in several threads: the caller's context, queue, buffers and events;
 * runs that nobody waits for; weights that sessions share. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/device.h"
#include "support/fake_cl.h"
#include "support/network.h"
#include "support/support.h"

enum {
    CHANNELS = 4,
    SIDE = 14,
    PICTURE = CHANNELS * SIDE * SIDE,
    FILTERS = 19,
    CLASSES = 6,
    BATCH = 3,
    MARGIN = 1024
};
static const float untouched = 12345.0f;

static wcl_model *small_network(void)
{
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, CHANNELS, SIDE, SIDE));
    net_conv(b, "conv1", "x", "c1", CHANNELS, FILTERS, 3, 200);
    net_node(b, "Relu", "relu1", "c1", "r1");
    net_conv(b, "conv2", "r1", "c2", FILTERS, 8, 3, 202);
    net_node(b, "GlobalAveragePool", "pool", "c2", "p");
    net_node(b, "Flatten", "flatten", "p", "f");
    net_random(b, "dense_w", NET_DIMS(8, CLASSES), 204, 0.5);
    net_random(b, "dense_b", NET_DIMS(CLASSES), 205, 0.1);
    net_node(b, "Gemm", "dense", "f dense_w dense_b", "y");
    return net_end(b, "y");
}

typedef struct fixture {
    wcl_model *model;
    float input[BATCH * PICTURE], expected[BATCH * CLASSES];
} fixture;

static int set_up(void **state)
{
    static fixture f;
    fake_cl_reset();
    f.model = small_network();
    test_fill(f.input, BATCH * PICTURE, 5, 1.0);
    wcl_session *session = open_session(f.model, NULL);
    assert_int_equal(wcl_session_run(session, f.input, BATCH, f.expected), WCL_OK);
    wcl_session_destroy(session);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    wcl_model_destroy(f->model);
    fake_cl_reset();
    return 0;
}

/* ---- the caller's own OpenCL */

typedef struct host {
    cl_context context;
    cl_device_id id;
    cl_command_queue queue;
    cl_mem input, output; /* each with MARGIN bytes before and after the tensor */
    wcl_device *device;
} host;

static host open_host(cl_command_queue_properties properties)
{
    host h = {.id = wcl_device_id(test_device())};
    cl_int code;
    h.context = clCreateContext(NULL, 1, &h.id, NULL, NULL, &code);
    assert_int_equal(code, CL_SUCCESS);
    h.queue = clCreateCommandQueue(h.context, h.id, properties, &code);
    if (code == CL_INVALID_QUEUE_PROPERTIES) {
        clReleaseContext(h.context);
        return (host){0};
    }
    assert_int_equal(code, CL_SUCCESS);
    h.input = clCreateBuffer(h.context, CL_MEM_READ_WRITE, BATCH * PICTURE * sizeof(float) + 2 * MARGIN, NULL,
                             &code);
    assert_int_equal(code, CL_SUCCESS);
    h.output = clCreateBuffer(h.context, CL_MEM_READ_WRITE, BATCH * CLASSES * sizeof(float) + 2 * MARGIN,
                              NULL, &code);
    assert_int_equal(code, CL_SUCCESS);
    assert_int_equal(wcl_device_wrap(h.context, h.id, &h.device), WCL_OK);
    return h;
}

static void close_host(host *h)
{
    wcl_device_destroy(h->device);
    clReleaseMemObject(h->input);
    clReleaseMemObject(h->output);
    clReleaseCommandQueue(h->queue);
    clReleaseContext(h->context);
}

static void fill_output(const host *h)
{
    const size_t bytes = BATCH * CLASSES * sizeof(float) + 2 * MARGIN;
    assert_int_equal(
        clEnqueueFillBuffer(h->queue, h->output, &untouched, sizeof untouched, 0, bytes, 0, NULL, NULL),
        CL_SUCCESS);
    assert_int_equal(clFinish(h->queue), CL_SUCCESS);
}

/* The scores are right, and nothing around them was written. */
static void check_output(const fixture *f, const host *h, const char *name)
{
    enum { EDGE = MARGIN / sizeof(float), ALL = BATCH * CLASSES + 2 * EDGE };
    static float all[ALL];
    assert_int_equal(clEnqueueReadBuffer(h->queue, h->output, CL_TRUE, 0, sizeof all, all, 0, NULL, NULL),
                     CL_SUCCESS);
    check_values(name, all + EDGE, f->expected, BATCH * CLASSES, 1e-5);
    for (size_t i = 0; i < EDGE; i++)
        if (all[i] != untouched || all[ALL - 1 - i] != untouched)
            fail_msg("%s: the buffer was written to outside the tensor", name);
}

static wcl_tensor tensor_of(const host *h, bool output)
{
    wcl_tensor t = {WCL_FLOAT32, 4,      {BATCH, CHANNELS, SIDE, SIDE},  NULL,
                    h->input,    MARGIN, BATCH * PICTURE * sizeof(float)};
    if (output)
        t = (wcl_tensor){
            WCL_FLOAT32, 2, {BATCH, CLASSES}, NULL, h->output, MARGIN, BATCH * CLASSES * sizeof(float)};
    return t;
}

static void test_own_context(void **state)
{
    static const struct {
        const char *name;
        cl_command_queue_properties properties;
        bool waits;
        wcl_session_options options;
    } rows[] = {
        {"in order", 0, true, {.size = sizeof rows[0].options}},
        {"in order, measured",
         CL_QUEUE_PROFILING_ENABLE,
         true,
         {.size = sizeof rows[0].options, .profile = 1}},
        {"out of order", CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, true, {.size = sizeof rows[0].options}},
        {"out of order, clblast and f2",
         CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE,
         true,
         {.size = sizeof rows[0].options, .conv = WCL_CONV_F2, .dense = WCL_DENSE_CLBLAST}},
        {"in order, not waiting", 0, false, {.size = sizeof rows[0].options}},
        {"out of order, not waiting",
         CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE,
         false,
         {.size = sizeof rows[0].options}},
    };
    const fixture *f = *state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        host h = open_host(rows[i].properties);
        if (!h.queue)
            continue; /* the device has no such queues */
        wcl_session_options options = rows[i].options;
        wcl_session *session = NULL;
        options.queue = h.queue;
        assert_int_equal(wcl_session_create(h.device, f->model, &options, &session), WCL_OK);
        assert_ptr_equal(wcl_session_queue(session), h.queue);
        const wcl_tensor input = tensor_of(&h, false);
        wcl_tensor output = tensor_of(&h, true);
        for (int again = 0; again < 3; again++) {
            fill_output(&h);
            assert_int_equal(clEnqueueWriteBuffer(h.queue, h.input, CL_TRUE, MARGIN, sizeof f->input,
                                                  f->input, 0, NULL, NULL),
                             CL_SUCCESS);
            if (rows[i].waits) {
                assert_int_equal(wcl_session_run_tensors(session, &input, &output), WCL_OK);
            } else {
                cl_event done = NULL;
                assert_int_equal(wcl_session_run_async(session, &input, &output, NULL, 0, &done), WCL_OK);
                assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
                clReleaseEvent(done);
            }
            check_output(f, &h, rows[i].name);
        }
        wcl_session_destroy(session);
        close_host(&h);
    }
}

static void test_other_queues(void **state)
{
    const fixture *f = *state;
    host h = open_host(0);
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl_session *session = (wcl_session *)&h; /* must become NULL */
    options.queue = h.queue;
    assert_int_equal(wcl_session_create(test_device(), f->model, &options, &session), WCL_BAD_ARGUMENT);
    assert_null(session);
    assert_non_null(strstr(wcl_last_error()->reason, "another context"));
    close_host(&h);
}

/* ---- without waiting */

static void test_async(void **state)
{
    const fixture *f = *state;
    cl_int code;
    float scores[BATCH * CLASSES];
    wcl_session *session = open_session(f->model, NULL);
    const wcl_tensor input = {WCL_FLOAT32,    4, {BATCH, CHANNELS, SIDE, SIDE}, (void *)f->input, NULL, 0,
                              sizeof f->input};
    const wcl_tensor output = {WCL_FLOAT32, 2, {BATCH, CLASSES}, scores, NULL, 0, sizeof scores};
    assert_int_equal(wcl_session_prepare(session, &input), WCL_OK);
    assert_int_equal(wcl_session_wait(session), WCL_OK); /* nothing to wait for */
    for (int again = 0; again < 3; again++) {
        cl_event start = clCreateUserEvent(wcl_device_context(test_device()), &code), done = NULL;
        cl_int progress = CL_COMPLETE;
        assert_int_equal(code, CL_SUCCESS);
        scores[0] = untouched;
        assert_int_equal(wcl_session_run_async(session, &input, &output, &start, 1, &done), WCL_OK);
        assert_int_equal(
            clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof progress, &progress, NULL),
            CL_SUCCESS);
        assert_int_not_equal(progress, CL_COMPLETE); /* it cannot have begun */
        assert_true(scores[0] == untouched);
        assert_int_equal(clSetUserEventStatus(start, CL_COMPLETE), CL_SUCCESS);
        if (again == 1)
            assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
        else
            assert_int_equal(wcl_session_wait(session), WCL_OK);
        check_values("async", scores, f->expected, BATCH * CLASSES, 1e-5);
        clReleaseEvent(start);
        clReleaseEvent(done);
    }
    wcl_session_destroy(session);
}

/* Several runs in flight on one session: they follow each other. */
static void test_async_twice(void **state)
{
    const fixture *f = *state;
    float scores[4][CLASSES];
    wcl_session *session = open_session(f->model, NULL);
    for (int i = 0; i < 4; i++) {
        const float *picture = f->input + (size_t)(i % BATCH) * PICTURE;
        const wcl_tensor input = {WCL_FLOAT32, 4, {1, CHANNELS, SIDE, SIDE}, (void *)picture,
                                  NULL,        0, PICTURE * sizeof(float)};
        const wcl_tensor output = {WCL_FLOAT32, 2, {1, CLASSES}, scores[i], NULL, 0, sizeof scores[i]};
        assert_int_equal(wcl_session_run_async(session, &input, &output, NULL, 0, NULL), WCL_OK);
    }
    assert_int_equal(wcl_session_wait(session), WCL_OK);
    for (int i = 0; i < 4; i++)
        check_values("in flight", scores[i], f->expected + (size_t)(i % BATCH) * CLASSES, CLASSES, 1e-5);
    wcl_session_destroy(session);
}

static void test_async_failures(void **state)
{
    static const struct {
        const char *name;
        fake_cl_function function;
    } rows[] = {{"launch", FAKE_clEnqueueNDRangeKernel},
                {"input", FAKE_clEnqueueWriteBuffer},
                {"output", FAKE_clEnqueueReadBuffer}};
    const fixture *f = *state;
    float scores[BATCH * CLASSES];
    wcl_session *session = open_session(f->model, NULL);
    const wcl_tensor input = {WCL_FLOAT32,    4, {BATCH, CHANNELS, SIDE, SIDE}, (void *)f->input, NULL, 0,
                              sizeof f->input};
    const wcl_tensor output = {WCL_FLOAT32, 2, {BATCH, CLASSES}, scores, NULL, 0, sizeof scores};
    const wcl_tensor nowhere = {WCL_FLOAT32, 2, {BATCH, CLASSES}, NULL, NULL, 0, sizeof scores};
    assert_int_equal(wcl_session_run_async(session, &input, &nowhere, NULL, 0, NULL), WCL_BAD_ARGUMENT);
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        fake_cl_fail(rows[i].function, 1, CL_OUT_OF_RESOURCES);
        const wcl_status status = wcl_session_run_async(session, &input, &output, NULL, 0, NULL);
        if (status != WCL_DEVICE_ERROR)
            fail_msg("%s: %s", rows[i].name, wcl_status_string(status));
        fake_cl_reset();
        assert_int_equal(wcl_session_wait(session), WCL_OK); /* that run is over, the next one is sound */
        assert_int_equal(wcl_session_run_async(session, &input, &output, NULL, 0, NULL), WCL_OK);
        assert_int_equal(wcl_session_wait(session), WCL_OK);
        check_values(rows[i].name, scores, f->expected, BATCH * CLASSES, 1e-5);
    }
    wcl_session_destroy(session);
}

/* ---- shared weights */

static int64_t weights_of(const wcl_plan *plan)
{
    int64_t count = 0;
    for (size_t i = 0; i < plan->steps.tensor_count; i++)
        count += plan->steps.tensors[i].kind == WCL__TENSOR_WEIGHT;
    return count;
}

static void test_shared_weights(void **state)
{
    const fixture *f = *state;
    const wcl_tensor input = {WCL_FLOAT32, 4, {BATCH, CHANNELS, SIDE, SIDE}, NULL, NULL, 0, 0};
    wcl_session *first = open_session(f->model, NULL), *second = open_session(f->model, NULL), *third = NULL;
    fake_cl_reset();
    assert_int_equal(wcl_session_prepare(first, &input), WCL_OK);
    const int64_t weights = weights_of(wcl_session_plan(first));
    assert_true(weights > 0);
    assert_true(fake_cl_calls(FAKE_clCreateBuffer) >
                weights); /* and the activations, and what packing needs for a while */
    fake_cl_reset();
    assert_int_equal(wcl_session_prepare(second, &input), WCL_OK);
    assert_int_equal(fake_cl_calls(FAKE_clCreateBuffer),
                     wcl_session_plan(second)->buffer_count); /* the activations alone */
    assert_int_equal(wcl_session_clone(first, &third), WCL_OK);
    wcl_session_destroy(first); /* the weights live on */
    fake_cl_reset();
    assert_int_equal(wcl_session_prepare(third, &input), WCL_OK);
    assert_int_equal(fake_cl_calls(FAKE_clCreateBuffer), wcl_session_plan(third)->buffer_count);
    wcl_session_destroy(second);
    float *scores = run_network(third, f->input, BATCH, BATCH * CLASSES);
    check_values("clone", scores, f->expected, BATCH * CLASSES, 1e-5);
    free(scores);
    wcl_session_destroy(third);
    fake_cl_reset();
    first = open_session(f->model, NULL); /* all were gone: packed again */
    assert_int_equal(wcl_session_prepare(first, &input), WCL_OK);
    assert_true(fake_cl_calls(FAKE_clCreateBuffer) > weights);
    wcl_session_destroy(first);
}

enum { THREADS = 3, RUNS = 12 };

typedef struct worker {
    pthread_t thread;
    const fixture *f;
    wcl_session *session;
    int first;
    char failure[256];
} worker;

/* Batches change, so that instances are made in several threads at once. cmocka's checks are for its own
 * thread alone. */
static void *work(void *user)
{
    worker *w = user;
    for (int run = 0; run < RUNS && !w->failure[0]; run++) {
        const int64_t batch = 1 + (w->first + run) % BATCH;
        float scores[BATCH * CLASSES];
        memset(scores, 0xff, sizeof scores);
        if (wcl_session_run(w->session, w->f->input, batch, scores) != WCL_OK)
            snprintf(w->failure, sizeof w->failure, "%.200s", wcl_last_error()->message);
        for (int64_t i = 0; i < batch * CLASSES && !w->failure[0]; i++)
            if (!(fabsf(scores[i] - w->f->expected[i]) < 1e-4f))
                snprintf(w->failure, sizeof w->failure, "run %d, batch %lld: %g, expected %g", run,
                         (long long)batch, (double)scores[i], (double)w->f->expected[i]);
    }
    return NULL;
}

static void test_threads(void **state)
{
    const fixture *f = *state;
    worker workers[THREADS] = {{0}};
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.dense = WCL_DENSE_CLBLAST;
    wcl_session *first = open_session(f->model, &options);
    for (int i = 0; i < THREADS; i++) {
        workers[i].f = f;
        workers[i].first = i;
        if (i == 0)
            workers[i].session = first;
        else
            assert_int_equal(wcl_session_clone(first, &workers[i].session), WCL_OK);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < THREADS; i++) {
        if (workers[i].failure[0])
            fail_msg("thread %d: %s", i, workers[i].failure);
        wcl_session_destroy(workers[i].session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_context),    cmocka_unit_test(test_other_queues),
        cmocka_unit_test(test_async),          cmocka_unit_test(test_async_twice),
        cmocka_unit_test(test_async_failures), cmocka_unit_test(test_shared_weights),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
