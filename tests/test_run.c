/* What a run leaves behind when it fails, for every call that can: outputs as they were, and nothing in flight. And which shapes a session
 * keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/session.h"
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
} calls[] = {{CALL(clEnqueueWriteBuffer)}, {CALL(clEnqueueNDRangeKernel)}, {CALL(clEnqueueReadBuffer)}, {CALL(clFinish)}};

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
            assert_int_equal(status, failed ? WCL_NO_MEMORY : WCL_OK);
            assert_int_equal(clFinish(wcl_session_queue(session)), CL_SUCCESS); /* a read in flight would come now */
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
                assert_int_equal(status, WCL_NO_MEMORY);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failed_outputs),
        cmocka_unit_test(test_failed_made_outputs),
        cmocka_unit_test(test_failed_async),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
