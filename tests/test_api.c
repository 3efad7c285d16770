/* What the API promises about sessions beside what they compute: lengths, names, options of plans, strings,
 * progress and cancelling. */
#include <pthread.h>
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
#include "support/network.h"
#include "support/support.h"

enum { CHANNELS = 3, SIDE = 8, PICTURE = CHANNELS * SIDE * SIDE, CLASSES = 4, MOST = 6 };

static wcl_model *network(void)
{
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, CHANNELS, SIDE, SIDE));
    net_conv(b, "conv1", "x", "c1", CHANNELS, 8, 3, 500);
    net_node(b, "Relu", "relu1", "c1", "r1");
    net_conv(b, "conv2", "r1", "c2", 8, 5, 3, 502);
    net_node(b, "Flatten", "flatten", "c2", "f");
    net_random(b, "dense_w", NET_DIMS(5 * SIDE * SIDE, CLASSES), 504, 0.05);
    net_node(b, "MatMul", "dense", "f dense_w", "y");
    return net_end(b, "y c1");
}

/* The same with one output. */
static wcl_model *short_network(void)
{
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, CHANNELS, SIDE, SIDE));
    net_conv(b, "conv1", "x", "c1", CHANNELS, 8, 3, 500);
    net_conv(b, "conv2", "c1", "c2", 8, 5, 3, 502);
    net_node(b, "GlobalAveragePool", "pool", "c2", "p");
    net_node(b, "Flatten", "flatten", "p", "y");
    return net_end(b, "y");
}

enum { OUT = 5 }; /* values of short_network for a picture */

static void test_checked_lengths(void **state)
{
    static const struct {
        const char *name;
        int64_t input, batch, output;
        const char *reason; /* NULL: it runs */
    } rows[] = {{"exact", 2 * PICTURE, 2, 2 * OUT, NULL},
                {"a short input", 2 * PICTURE - 1, 2, 2 * OUT, "input"},
                {"a long input", 2 * PICTURE + 1, 2, 2 * OUT, "input"},
                {"a short output", 2 * PICTURE, 2, 2 * OUT - 1, "room for 9 floats, the network's has 10"},
                {"another batch's output", 2 * PICTURE, 2, OUT, "output"},
                {"no output", 2 * PICTURE, 2, 0, "output"},
                {"a negative length", 2 * PICTURE, 2, -1, "negative"},
                {"one picture", PICTURE, 1, OUT, NULL}};
    (void)state;
    static float input[2 * PICTURE + 1];
    float expected[2 * OUT], output[2 * OUT];
    wcl_model *model = short_network();
    wcl_session *session = open_session(model, NULL);
    test_fill(input, 2 * PICTURE, 7, 1.0);
    assert_int_equal(wcl_session_run(session, input, 2, expected), WCL_OK);
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        for (int k = 0; k < 2 * OUT; k++)
            output[k] = 7;
        fake_cl_reset();
        const wcl_status status =
            wcl_session_run_checked(session, input, rows[i].input, rows[i].batch, output, rows[i].output);
        if (status != (rows[i].reason ? WCL_BAD_ARGUMENT : WCL_OK))
            fail_msg("%s: %s", rows[i].name, wcl_last_error()->message);
        if (rows[i].reason && (!strstr(wcl_last_error()->reason, rows[i].reason) || output[0] != 7 ||
                               fake_cl_calls(FAKE_clEnqueueNDRangeKernel) > 0))
            fail_msg("%s: it ran, or the reason is: %s", rows[i].name, wcl_last_error()->reason);
        if (!rows[i].reason)
            check_values(rows[i].name, output, expected, rows[i].output, 1e-5);
    }
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

static void test_names_and_shapes(void **state)
{
    (void)state;
    wcl_model *model = network();
    wcl_tensor info;
    assert_int_equal(wcl_model_find_input(model, "x"), 0);
    assert_int_equal(wcl_model_find_input(model, "y"), -1);
    assert_int_equal(wcl_model_find_input(model, NULL), -1);
    assert_int_equal(wcl_model_find_output(model, "y"), 0);
    assert_int_equal(wcl_model_find_output(model, "c1"), 1);
    assert_int_equal(wcl_model_find_output(model, "r1"), -1);
    assert_int_equal(wcl_model_output_info(model, 0, &info), WCL_OK);
    assert_int_equal(info.type, WCL_FLOAT32);
    assert_int_equal(info.rank, 2);
    assert_int_equal(info.dims[0], -1);
    assert_int_equal(info.dims[1], CLASSES);
    assert_int_equal(wcl_model_output_info(model, 1, &info), WCL_OK);
    assert_int_equal(info.rank, 4);
    assert_int_equal(info.dims[0], -1);
    assert_int_equal(info.dims[1], 8);
    assert_int_equal(info.dims[3], SIDE);
    assert_int_equal(wcl_model_output_info(model, 2, &info), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_model_output_info(model, -1, &info), WCL_BAD_ARGUMENT);
    wcl_model_destroy(model);
}

static void test_options_of_a_plan(void **state)
{
    static const struct {
        const char *name;
        wcl_session_options options;
        bool refused;
    } rows[] = {
        {"memory_cap", {.size = sizeof rows[0].options, .memory_cap = 1u << 30}, true},
        {"conv", {.size = sizeof rows[0].options, .conv = WCL_CONV_DIRECT}, true},
        {"dense", {.size = sizeof rows[0].options, .dense = WCL_DENSE_GEMM}, true},
        {"separate_buffers", {.size = sizeof rows[0].options, .separate_buffers = 1}, true},
        {"keep_all", {.size = sizeof rows[0].options, .keep_all = 1}, true},
        {"precision", {.size = sizeof rows[0].options, .precision = WCL_HALF_WEIGHTS}, true},
        {"profile", {.size = sizeof rows[0].options, .profile = 1}, false},
        {"max_batch", {.size = sizeof rows[0].options, .max_batch = 3}, false},
    };
    (void)state;
    wcl_model *model = short_network();
    for (size_t i = 0; i < WCL__COUNT(rows); i++)
        for (int swapped = 0; swapped < 2; swapped++) {
            wcl_session *session = (wcl_session *)&model; /* must become NULL */
            wcl_plan *plan = make_plan(model, swapped ? &rows[i].options : NULL, NULL);
            const wcl_status status = wcl_session_create_from_plan(
                test_device(), plan, swapped ? NULL : &rows[i].options, &session);
            if (status != (rows[i].refused ? WCL_BAD_ARGUMENT : WCL_OK))
                fail_msg("%s: %s", rows[i].name, wcl_status_string(status));
            if (rows[i].refused && (session || !strstr(wcl_last_error()->reason, rows[i].name)))
                fail_msg("%s: %s", rows[i].name, wcl_last_error()->reason);
            wcl_session_destroy(session);
            wcl_plan_destroy(plan);
        }
    wcl_model_destroy(model);
}

/* The names that a session gives stay where they are while its shapes come and go. */
static void test_strings(void **state)
{
    (void)state;
    static float input[MOST * PICTURE];
    float output[MOST * OUT];
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.profile = options.keep_all = 1;
    wcl_model *model = short_network();
    wcl_session *session = open_session(model, &options);
    const char *node = NULL, *tensor = NULL;
    for (int64_t batch = 1; batch <= MOST; batch++) {
        wcl_profile_entry entry = WCL_PROFILE_ENTRY_INIT;
        wcl_tensor values;
        const char *name = NULL;
        assert_int_equal(wcl_session_run(session, input, batch, output), WCL_OK);
        assert_int_equal(wcl_session_profile(session, 0, &entry), WCL_OK);
        assert_int_equal(wcl_session_tensor(session, 0, &name, &values), WCL_OK);
        wcl_tensor_clear(&values);
        assert_non_null(entry.node);
        assert_non_null(name);
        assert_true(batch == 1 || (entry.node == node && name == tensor));
        node = entry.node;
        tensor = name;
    }
    assert_string_equal(tensor, "x");
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* ---- progress and cancelling */

typedef struct watcher {
    wcl_session *session; /* to be cancelled; NULL: the function's value cancels */
    int64_t calls, last, total, stop_at;
    bool wrong;
} watcher;

static int watch(void *user, int64_t done, int64_t total, const char *what)
{
    watcher *w = user;
    w->wrong =
        w->wrong || done < w->last || done >= total || (w->total && total != w->total) || !what || !*what;
    w->last = done;
    w->total = total;
    if (++w->calls != w->stop_at)
        return 0;
    if (!w->session)
        return 1;
    wcl_session_cancel(w->session);
    return 0;
}

/* Cancelled at each part in turn: the session goes on, and nothing was harmed. */
static void test_cancelled_prepare(void **state)
{
    (void)state;
    static float input[PICTURE];
    float expected[OUT], output[OUT];
    wcl_model *model = short_network();
    wcl_session *plain = open_session(model, NULL);
    test_fill(input, PICTURE, 8, 1.0);
    assert_int_equal(wcl_session_run(plain, input, 1, expected), WCL_OK);
    wcl_session_destroy(plain);
    for (int by_call = 0; by_call < 2; by_call++) {
        int64_t parts = 0;
        for (int64_t nth = 1;; nth++) {
            watcher w = {.stop_at = nth};
            wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
            options.progress = watch;
            options.progress_user = &w;
            wcl_session *session = open_session(model, &options);
            w.session = by_call ? session : NULL;
            for (int k = 0; k < OUT; k++)
                output[k] = 7;
            const wcl_status status = wcl_session_run(session, input, 1, output);
            assert_false(w.wrong);
            const bool over = w.calls < nth;
            parts = w.calls;
            assert_int_equal(status, over ? WCL_OK : WCL_CANCELLED);
            if (!over) {
                assert_true(output[0] == 7);
                assert_non_null(strstr(wcl_last_error()->reason, "cancelled"));
                assert_int_equal(wcl_session_run(session, input, 1, output), WCL_OK);
            }
            check_values("after cancelling", output, expected, OUT, 1e-5);
            wcl_session_destroy(session);
            if (over)
                break;
        }
        assert_true(parts > 4);
    }
    wcl_model_destroy(model);
}

typedef struct canceller {
    wcl_session *session;
    int stop;
} canceller;

static void *keep_cancelling(void *user)
{
    canceller *c = user;
    while (!__atomic_load_n(&c->stop, __ATOMIC_ACQUIRE))
        wcl_session_cancel(c->session);
    return NULL;
}

/* From another thread, at any moment: a run is cancelled or right, and its outputs are all there or
 * untouched. */
static void test_cancelled_runs(void **state)
{
    enum { RUNS = 200 };
    (void)state;
    static float input[PICTURE];
    float expected[OUT], output[OUT];
    int cancelled = 0, failed = 0;
    pthread_t thread;
    wcl_model *model = short_network();
    wcl_session *session = open_session(model, NULL);
    test_fill(input, PICTURE, 9, 1.0);
    assert_int_equal(wcl_session_run(session, input, 1, expected), WCL_OK);
    canceller c = {session, 0};
    assert_int_equal(pthread_create(&thread, NULL, keep_cancelling, &c), 0);
    for (int i = 0; i < RUNS; i++) {
        output[0] = 7;
        const wcl_status status = wcl_session_run(session, input, 1, output);
        cancelled += status == WCL_CANCELLED;
        failed += status == WCL_OK ? memcmp(output, expected, sizeof output) != 0
                                   : status != WCL_CANCELLED || output[0] != 7;
    }
    __atomic_store_n(&c.stop, 1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    assert_int_equal(failed, 0);
    assert_true(cancelled > 0);
    assert_int_equal(wcl_session_run(session, input, 1, output),
                     WCL_OK); /* a cancel that came too early is not its concern */
    assert_memory_equal(output, expected, sizeof output);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

typedef struct heard {
    int built, packed, prepared;
} heard;

static void hear(void *user, wcl_log_level level, const char *text)
{
    heard *h = user;
    h->built += level == WCL_LOG_INFO && strncmp(text, "built ", 6) == 0;
    h->packed += level == WCL_LOG_INFO && strncmp(text, "packed ", 7) == 0;
    h->prepared += level == WCL_LOG_INFO && strncmp(text, "prepared ", 9) == 0;
}

static void test_log(void **state)
{
    (void)state;
    heard h = {0};
    wcl_device *device = NULL;
    wcl_session *session = NULL;
    wcl_model *model = short_network();
    assert_int_equal(wcl_device_open(getenv("WINOCL_DEVICE"), &device), WCL_OK);
    assert_int_equal(wcl_device_set_cache(device, "", 0), WCL_OK);
    assert_int_equal(wcl_session_create(device, model, NULL, &session), WCL_OK);
    wcl_set_log(hear, &h, WCL_LOG_INFO);
    assert_int_equal(wcl_session_prepare(session, NULL), WCL_OK);
    const heard first = h;
    assert_int_equal(wcl_session_prepare(session, NULL), WCL_OK);
    wcl_set_log(NULL, NULL, WCL_LOG_ERROR);
    assert_true(first.built > 0 && first.packed >= 2);
    assert_int_equal(first.prepared, 1);
    assert_memory_equal(&h, &first, sizeof h); /* the second time there is nothing to do */
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    wcl_device_destroy(device);
}

static void test_arguments_of_a_plan(void **state)
{
    (void)state;
    wcl_model *model = load_network("zoo:lenet5");
    wcl_plan *plan = (wcl_plan *)&model;
    assert_int_equal(wcl_plan_create(NULL, model, NULL, NULL, &plan), WCL_BAD_ARGUMENT);
    assert_null(plan);
    assert_int_equal(wcl_plan_create(test_device(), NULL, NULL, NULL, &plan), WCL_BAD_ARGUMENT);
    struct {
        wcl_session_options known;
        int later[4];
    } options = {WCL_SESSION_OPTIONS_INIT, {0}};
    options.known.size = sizeof options;
    plan = NULL;
    assert_int_equal(wcl_plan_create(test_device(), model, &options.known, NULL, &plan), WCL_OK);
    wcl_plan_node node = WCL_PLAN_NODE_INIT;
    assert_int_equal(wcl_plan_get_node(plan, -1, &node), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_plan_get_node(plan, wcl_plan_node_count(plan), &node), WCL_BAD_ARGUMENT);
    node.size = 0;
    assert_int_equal(wcl_plan_get_node(plan, 0, &node), WCL_BAD_ARGUMENT);
    wcl_plan_destroy(plan);
    options.later[1] = 1; /* something that this version does not know */
    assert_int_equal(wcl_plan_create(test_device(), model, &options.known, NULL, &plan), WCL_BAD_ARGUMENT);
    wcl_plan_destroy(NULL);
    wcl_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checked_lengths),   cmocka_unit_test(test_names_and_shapes),
        cmocka_unit_test(test_options_of_a_plan), cmocka_unit_test(test_arguments_of_a_plan),
        cmocka_unit_test(test_strings),           cmocka_unit_test(test_cancelled_prepare),
        cmocka_unit_test(test_cancelled_runs),    cmocka_unit_test(test_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
