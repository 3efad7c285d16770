/* Plans: nothing touches the device, bytes are exact, buffers are shared by lifetime, the cap and forced
 * choices are kept, and what is planned is what runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/planner.h"
#include "session/session.h"
#include "runtime/device.h"
#include "support/fake_cl.h"
#include "support/network.h"
#include "support/support.h"

static wcl_session_options choose(wcl_conv_choice conv, wcl_dense_choice dense)
{
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.conv = conv;
    options.dense = dense;
    return options;
}

/* Plans for a device that differs from the test device in its facts. */
static wcl_status plan_for(const wcl__facts *facts, wcl_model *model, const wcl_session_options *options,
                           wcl_plan **plan)
{
    const wcl__plan_request request = {facts, model, options, NULL, NULL, 0, NULL, NULL, NULL};
    wcl__clear_error();
    return wcl__plan_make(&request, plan);
}

/* ---- every network by name */

/* Small where the network's sums need no large picture. */
static const char *const networks[] = {
    "zoo:lenet5",
    "zoo:alexnet",
    "zoo:vgg11?size=32",
    "zoo:vgg13?size=32",
    "zoo:vgg16",
    "zoo:vgg19?size=32",
    "zoo:vgg11-bn?size=32",
    "zoo:vgg13-bn?size=32",
    "zoo:vgg16-bn?size=32",
    "zoo:vgg19-bn?size=32",
    WINOCL_SOURCE_DIR "/tests/data/zoo/narrow_vgg.onnx",
    WINOCL_SOURCE_DIR "/tests/data/exports/pytorch.onnx",
    WINOCL_SOURCE_DIR "/tests/data/exports/tf2onnx.onnx",
    WINOCL_SOURCE_DIR "/tests/data/exports/tf2onnx_noopt.onnx",
    WINOCL_SOURCE_DIR "/models/fashion.onnx",
};

static void expect_no_calls(const char *network)
{
    for (int i = 0; i < FAKE_CL_FUNCTIONS; i++)
        if (fake_cl_calls((fake_cl_function)i) > 0)
            fail_msg("%s: planning calls OpenCL (function %d)", network, i);
}

typedef struct lives {
    int *first, *last, step;
    const wcl__steps *steps;
} lives;

static void use(void *user, int slot)
{
    lives *l = user;
    slot = wcl__plan_root(l->steps, slot);
    l->first[slot] = l->first[slot] < 0 ? l->step : l->first[slot];
    l->last[slot] = l->step;
}

/* Who lives when, found anew from the steps. */
static lives find_lives(const wcl_plan *plan)
{
    const size_t count = plan->steps.tensor_count + 1;
    lives l = {malloc(count * sizeof(int)), malloc(count * sizeof(int)), 0, &plan->steps};
    assert_true(l.first && l.last);
    for (size_t i = 0; i < count; i++)
        l.first[i] = l.last[i] = -1;
    for (size_t i = 0; i < plan->model->input_count; i++)
        if (plan->input_slots[i] >= 0)
            use(&l, plan->input_slots[i]);
    for (size_t i = 0; i < plan->steps.step_count; i++) {
        l.step++;
        wcl__step_slots(&plan->steps.steps[i], use, &l);
    }
    l.step++;
    for (size_t i = 0; i < plan->model->output_count; i++)
        if (plan->output_slots[i] >= 0)
            use(&l, plan->output_slots[i]);
    return l;
}

/* Tensors that live together have buffers of their own; returns the sum of the tensors' bytes. */
static uint64_t check_buffers(const char *network, const wcl_plan *plan, bool keep_all)
{
    const lives l = find_lives(plan);
    const wcl__plan_tensor *t = plan->steps.tensors;
    uint64_t sum = 0, weights = 0;
    for (size_t i = 0; i < plan->steps.tensor_count; i++) {
        if (t[i].kind == WCL__TENSOR_WEIGHT)
            weights += t[i].bytes;
        if (t[i].kind == WCL__TENSOR_WEIGHT || t[i].alias >= 0 || l.first[i] < 0)
            continue;
        sum += t[i].bytes;
        if (t[i].buffer < 0 || (size_t)t[i].buffer >= plan->buffer_count ||
            t[i].bytes > plan->buffers[t[i].buffer])
            fail_msg("%s: tensor %s does not fit into its buffer", network, t[i].name);
        for (size_t k = 0; k < i; k++) {
            const bool together =
                (l.first[i] <= l.last[k] && l.first[k] <= l.last[i]) ||
                (keep_all && t[i].kind == WCL__TENSOR_ACTIVATION && t[k].kind == WCL__TENSOR_ACTIVATION);
            if (t[k].kind != WCL__TENSOR_WEIGHT && t[k].alias < 0 && l.first[k] >= 0 && together &&
                t[i].buffer == t[k].buffer)
                fail_msg("%s: tensors %s and %s lie in the same place", network, t[i].name, t[k].name);
        }
    }
    assert_int_equal(weights, plan->weight_bytes);
    free(l.first);
    free(l.last);
    return sum;
}

static void check_plan(const char *network, const wcl_plan *plan, const wcl_session_options *options)
{
    wcl_plan_bytes bytes = WCL_PLAN_BYTES_INIT;
    uint64_t weights = 0;
    assert_int_equal(wcl_plan_get_bytes(plan, &bytes), WCL_OK);
    const uint64_t sum = check_buffers(network, plan, options->keep_all);
    if (bytes.total != bytes.weights + bytes.activations + bytes.workspace ||
        bytes.weights != plan->weight_bytes)
        fail_msg("%s: the bytes do not add up", network);
    if (options->separate_buffers ? bytes.total != bytes.weights + sum : bytes.total - bytes.weights >= sum)
        fail_msg("%s: buffers are shared where they should not be, or not where they should", network);
    if (wcl_plan_host_steps(plan) != 0)
        fail_msg("%s: %d host steps", network, wcl_plan_host_steps(plan));
    for (int i = 0; i < wcl_plan_node_count(plan); i++) {
        wcl_plan_node node = WCL_PLAN_NODE_INIT;
        assert_int_equal(wcl_plan_get_node(plan, i, &node), WCL_OK);
        weights += (uint64_t)node.weight_bytes;
    }
    assert_int_equal(weights, bytes.weights);
}

static void test_networks(void **state)
{
    (void)state;
    test_device();
    for (size_t i = 0; i < WCL__COUNT(networks); i++) {
        wcl_model *model = load_network(networks[i]);
        for (int way = 0; way < 5; way++) {
            wcl_session_options options = choose(way == 1   ? WCL_CONV_DIRECT
                                                 : way == 2 ? WCL_CONV_F2
                                                            : WCL_CONV_AUTO,
                                                 way == 2 ? WCL_DENSE_CLBLAST : WCL_DENSE_AUTO);
            options.separate_buffers = way == 3;
            options.keep_all = way == 4;
            fake_cl_reset();
            wcl_plan *plan = make_plan(model, &options, NULL);
            expect_no_calls(networks[i]);
            if (way < 4) /* what is kept shares nothing: that is another sum */
                check_plan(networks[i], plan, &options);
            else
                check_buffers(networks[i], plan, true);
            wcl_plan_destroy(plan);
        }
        wcl_model_destroy(model);
    }
}

/* ---- bytes worked out by hand */

/* Four tensors of 3 x 50 floats, 600 bytes, in a chain, and a constant of as many. */
static wcl_model *make_chain(void)
{
    static const float ones[150] = {1};
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(3, 50));
    net_floats(b, "k", NET_DIMS(3, 50), ones);
    net_node(b, "Softmax", "s1", "x", "t1");
    net_node(b, "Add", "add", "t1 k", "t2");
    net_node(b, "Softmax", "s2", "t2", "y");
    return net_end(b, "y");
}

static void test_bytes(void **state)
{
    (void)state;
    wcl_model *model = make_chain();
    const wcl_tensor input = {WCL_FLOAT32, 2, {3, 50}, NULL, NULL, 0, 0};
    static const struct {
        const char *name;
        int separate, keep_all;
        int buffers; /* of 600 bytes */
    } rows[] = {{"shared: x and t2, t1 and y", 0, 0, 2}, {"each on its own", 1, 0, 4}, {"all kept", 0, 1, 4}};
    test_device();
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        wcl_plan_bytes bytes = WCL_PLAN_BYTES_INIT;
        options.separate_buffers = rows[i].separate;
        options.keep_all = rows[i].keep_all;
        wcl_plan *plan = make_plan(model, &options, &input);
        assert_int_equal(wcl_plan_get_bytes(plan, &bytes), WCL_OK);
        const uint64_t expected = (uint64_t)rows[i].buffers * 600;
        if (bytes.weights != 600 || bytes.workspace != 0 || bytes.activations != expected ||
            bytes.total != expected + 600)
            fail_msg("%s: %llu and %llu bytes, expected 600 and %llu", rows[i].name,
                     (unsigned long long)bytes.weights, (unsigned long long)bytes.activations,
                     (unsigned long long)expected);
        assert_int_equal(plan_find(plan, "add").activation_bytes, 600);
        assert_int_equal(plan_find(plan, "add").weight_bytes, 600);
        wcl_plan_destroy(plan);
    }
    wcl_model_destroy(model);
}

static uint64_t buffer_bytes(cl_mem memory)
{
    size_t bytes = 0;
    assert_int_equal(clGetMemObjectInfo(memory, CL_MEM_SIZE, sizeof bytes, &bytes, NULL), CL_SUCCESS);
    return bytes;
}

/* What the plan says is what a session has: the sizes of all its buffers, weights and all. */
static void test_bytes_of_session(void **state)
{
    static const wcl_conv_choice convs[] = {WCL_CONV_DIRECT, WCL_CONV_F2};
    (void)state;
    wcl_model *model = load_network("zoo:vgg11-bn?size=32&classes=10");
    for (int i = 0; i < 4; i++) {
        wcl_session_options options = choose(convs[i % 2], WCL_DENSE_GEMV);
        options.separate_buffers = i / 2;
        wcl_session *session = open_session(model, &options);
        assert_int_equal(wcl_session_prepare(session, NULL), WCL_OK);
        const wcl__instance *instance = session->current;
        const wcl__steps *steps = &instance->plan->steps;
        uint64_t sum = 0;
        for (size_t k = 0; k < instance->plan->buffer_count; k++)
            sum += buffer_bytes(instance->buffers[k]);
        for (size_t k = 0; k < steps->tensor_count; k++)
            if (steps->tensors[k].kind == WCL__TENSOR_WEIGHT)
                sum += buffer_bytes(instance->slots[k]);
        assert_int_equal(sum, wcl__plan_total(instance->plan));
        wcl_plan *alone = make_plan(model, &options, NULL);
        assert_int_equal(wcl__plan_total(alone), sum);
        wcl_plan_destroy(alone);
        wcl_session_destroy(session);
    }
    wcl_model_destroy(model);
}

/* ---- the memory cap */

static wcl_plan *plan_capped(wcl_model *model, wcl_session_options options, uint64_t cap)
{
    options.memory_cap = cap;
    return make_plan(model, &options, NULL);
}

static uint64_t total_of(wcl_model *model, wcl_session_options options)
{
    wcl_plan *plan = make_plan(model, &options, NULL);
    const uint64_t total = wcl__plan_total(plan);
    wcl_plan_destroy(plan);
    return total;
}

/* The bytes that a network cannot do without, as the refusal of a cap of one byte tells. */
static uint64_t least_of(wcl_model *model, wcl_session_options options)
{
    unsigned long long least = 0;
    wcl_plan *plan;
    options.memory_cap = 1;
    assert_int_equal(wcl_plan_create(test_device(), model, &options, NULL, &plan), WCL_NO_MEMORY);
    assert_null(plan);
    const char *said = strstr(wcl_last_error()->message, "needs ");
    assert_non_null(said);
    assert_int_equal(sscanf(said, "needs %llu bytes", &least), 1);
    return least;
}

static bool says(const wcl_plan *plan, const char *reason)
{
    for (int i = 0; i < wcl_plan_node_count(plan); i++) {
        wcl_plan_node node = WCL_PLAN_NODE_INIT;
        assert_int_equal(wcl_plan_get_node(plan, i, &node), WCL_OK);
        if (strstr(node.reason, reason))
            return true;
    }
    return false;
}

/* From what the network wants down to what it needs: each cap is kept, and what gives way says so. */
static void check_cap(const char *network, wcl_conv_choice conv)
{
    wcl_model *model = load_network(network);
    const wcl_session_options options = cpu_options(conv, WCL_DENSE_GEMV);
    const uint64_t wanted = total_of(model, options), least = least_of(model, options);
    wcl_plan *plan = plan_capped(model, options, wanted);
    assert_true(least < wanted);
    assert_int_equal(wcl__plan_total(plan), wanted);
    assert_false(says(plan, "memory cap"));
    wcl_plan_destroy(plan);

    for (uint64_t cap = wanted - 1;; cap = (cap + least) / 2) {
        plan = plan_capped(model, options, cap);
        if (wcl__plan_total(plan) > cap || !says(plan, ": it takes too much of the memory cap"))
            fail_msg("%s: %llu bytes under a cap of %llu", network, (unsigned long long)wcl__plan_total(plan),
                     (unsigned long long)cap);
        wcl_plan_destroy(plan);
        if (cap == least)
            break;
    }

    wcl_session_options tight = options;
    tight.memory_cap = least - 1;
    assert_int_equal(wcl_plan_create(test_device(), model, &tight, NULL, &plan), WCL_NO_MEMORY);
    assert_null(plan);
    wcl_model_destroy(model);
}

static void test_cap(void **state)
{
    (void)state;
    check_cap("zoo:vgg11?size=64&classes=10", WCL_CONV_F2);
    check_cap("zoo:vgg16", WCL_CONV_F2);
    check_cap("zoo:vgg16", WCL_CONV_AUTO);
    check_cap(data_path("zoo/narrow_vgg.onnx"), WCL_CONV_F4);
}

/* Convolutions that F2 can't do: each falls back to direct and says why. */
static void test_forced_conv(void **state)
{
    static const struct {
        const char *name, *attribute, *reason;
        int64_t k, values[4];
        size_t count;
    } rows[] = {
        {"1x1", "pads", "3x3", 1, {0, 0, 0, 0}, 4},
        {"5x5", "pads", "3x3", 5, {2, 2, 2, 2}, 4},
        {"stride", "strides", "stride", 3, {2, 2}, 2},
        {"dilation", "dilations", "dilation", 3, {2, 2}, 2},
    };
    (void)state;
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(1, 4, 9, 9));
    char outputs[64] = "plain";
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        char weight[16], inputs[32];
        snprintf(weight, sizeof weight, "w%zu", i);
        snprintf(inputs, sizeof inputs, "x %s", weight);
        net_random(b, weight, NET_DIMS(4, 4, rows[i].k, rows[i].k), i, 0.1);
        net_node_ints(b, "Conv", rows[i].name, inputs, rows[i].name, rows[i].attribute, rows[i].count,
                      rows[i].values);
        strcat(strcat(outputs, " "), rows[i].name);
    }
    net_conv(b, "can", "x", "plain", 4, 4, 3, 20);
    wcl_model *model = net_end(b, outputs);
    const wcl_session_options options = choose(WCL_CONV_F2, WCL_DENSE_AUTO);
    const wcl_session_options direct = choose(WCL_CONV_DIRECT, WCL_DENSE_AUTO),
                              gemm = choose(WCL_CONV_GEMM, WCL_DENSE_AUTO);
    wcl_plan *plan = make_plan(model, &options, NULL);
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const wcl_plan_node node = plan_find(plan, rows[i].name);
        if (strcmp(node.algorithm, "direct") != 0 || strncmp(node.reason, "f2: ", 4) != 0 ||
            !strstr(node.reason, rows[i].reason))
            fail_msg("%s: %s, %s", rows[i].name, node.algorithm, node.reason);
    }
    assert_string_equal(plan_algorithm(plan, "can"), "f2");
    assert_string_equal(plan_find(plan, "can").reason, "");
    wcl_plan_destroy(plan);
    plan = make_plan(model, &direct, NULL);
    assert_int_equal(plan_count(plan, "Conv", "direct"), (int)WCL__COUNT(rows) + 1);
    assert_string_equal(plan_find(plan, "1x1").reason, "");
    wcl_plan_destroy(plan);
    plan = make_plan(model, &gemm, NULL);
    assert_int_equal(plan_count(plan, "Conv", "gemm"), (int)WCL__COUNT(rows) + 1);
    wcl_plan_destroy(plan);
    wcl_model_destroy(model);
}

static void test_forced_dense(void **state)
{
    static const struct {
        wcl_dense_choice choice;
        int64_t batch;
        const char *algorithm, *reason;
    } rows[] = {
        {WCL_DENSE_CLBLAST, 5, "clblast", ""},
        {WCL_DENSE_CLBLAST, 1, "clblast", ""},
        {WCL_DENSE_GEMV, 1, "gemv", ""},
        {WCL_DENSE_GEMM, 5, "gemm", ""},
        {WCL_DENSE_GEMV, 5, NULL, "gemv: more than one input vector"},
        {WCL_DENSE_GEMM, 1, NULL, "gemm: one input vector"},
    };
    (void)state;
    wcl_model *model = load_network("zoo:lenet5");
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const wcl_session_options options = choose(WCL_CONV_AUTO, rows[i].choice);
        const wcl_tensor input = {WCL_FLOAT32, 4, {rows[i].batch, 1, 28, 28}, NULL, NULL, 0, 0};
        wcl_plan *plan = make_plan(model, &options, &input);
        const int forced = plan_count(plan, "Gemm", rows[i].algorithm), all = plan_count(plan, "Gemm", NULL);
        const char *reason = plan_find(plan, "dense_1").reason;
        if (all == 0 || forced != all || strncmp(reason, rows[i].reason, strlen(rows[i].reason)) != 0)
            fail_msg("row %zu: %d of %d dense layers, %s", i, forced, all, reason);
        wcl_plan_destroy(plan);
    }
    wcl__facts facts = test_device()->facts;
    facts.has_compiler = false; /* CLBlast compiles its kernels when it is called */
    const wcl_session_options options = choose(WCL_CONV_AUTO, WCL_DENSE_CLBLAST);
    wcl_plan *plan = NULL;
    assert_int_equal(plan_for(&facts, model, &options, &plan), WCL_OK);
    assert_int_equal(plan_count(plan, "Gemm", "clblast"), 0);
    assert_non_null(strstr(plan_find(plan, "dense_1").reason, "clblast: "));
    wcl_plan_destroy(plan);
    wcl_model_destroy(model);
}

/* ---- a device whose buffers are small */

static void test_small_buffers(void **state)
{
    enum { INPUTS = 900, CLASSES = 600, LARGEST = 1600000 }; /* the weights have 2,160,000 bytes */
    (void)state;
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, INPUTS));
    net_random(b, "w", NET_DIMS(INPUTS, CLASSES), 40, 0.1);
    net_random(b, "b", NET_DIMS(CLASSES), 41, 0.1);
    net_node(b, "Gemm", "dense", "x w b", "d");
    net_node(b, "Softmax", "softmax", "d", "y");
    wcl_model *model = net_end(b, "y");
    static const struct {
        const char *algorithm;
        wcl_dense_choice choice;
        int64_t batch;
    } rows[] = {{"gemv", WCL_DENSE_GEMV, 1}, {"gemm", WCL_DENSE_GEMM, 2}, {"clblast", WCL_DENSE_CLBLAST, 1}};
    float input[2 * INPUTS];
    test_fill(input, 2 * INPUTS, 42, 1.0);
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const wcl_session_options options = cpu_options(WCL_CONV_AUTO, rows[i].choice);
        wcl_device *device = NULL;
        wcl_session *session = open_session(model, &options);
        float *whole = run_network(session, input, rows[i].batch, rows[i].batch * CLASSES);
        const int launches = plan_find(wcl_session_plan(session), "dense").launches;
        wcl_session_destroy(session);
        assert_int_equal(wcl_device_open(getenv("WINOCL_DEVICE"), &device), WCL_OK);
        device->facts.max_alloc = LARGEST;
        assert_int_equal(wcl_session_create(device, model, &options, &session), WCL_OK);
        float *sliced = run_network(session, input, rows[i].batch, rows[i].batch * CLASSES);
        const wcl_plan *plan = wcl_session_plan(session);
        const wcl_plan_node node = plan_find(plan, "dense");
        assert_string_equal(node.algorithm, rows[i].algorithm);
        assert_true(node.launches > launches);
        assert_true(node.weight_bytes >= INPUTS * CLASSES * (int64_t)sizeof(float));
        for (size_t k = 0; k < plan->steps.tensor_count; k++)
            assert_true(plan->steps.tensors[k].bytes <= LARGEST);
        check_values(rows[i].algorithm, sliced, whole, rows[i].batch * CLASSES, 1e-5);
        free(sliced);
        free(whole);
        wcl_session_destroy(session);
        wcl_device_destroy(device);
    }
    wcl_model_destroy(model);
}

static void test_too_large(void **state)
{
    (void)state;
    const wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl__facts facts = test_device()->facts;
    wcl_model *model = load_network("zoo:vgg11?size=64");
    wcl_plan *plan = NULL;
    facts.max_alloc = 600000; /* a picture of 64 channels has 64 * 64 * 64 * 4 = 1,048,576 bytes */
    assert_int_equal(plan_for(&facts, model, &options, &plan), WCL_NO_MEMORY);
    assert_null(plan);
    if (!strstr(wcl_last_error()->message, "the device's largest buffer has 600000"))
        fail_msg("%s", wcl_last_error()->message);
    facts.max_alloc =
        64 << 20; /* the first dense layer has 67 MB at this size: sliced, and nothing else is too large */
    assert_int_equal(plan_for(&facts, model, &options, &plan), WCL_OK);
    wcl_plan_destroy(plan);
    wcl_model_destroy(model);
}

/* A variant whose scratch fits into no buffer is left alone. */
static void test_large_scratch(void **state)
{
    (void)state;
    const wcl_session_options options = choose(WCL_CONV_F2, WCL_DENSE_CLBLAST);
    wcl__facts facts = cpu_facts(16);
    wcl_model *model = load_network("zoo:vgg11?size=64");
    wcl_plan *plan = NULL;
    facts.max_alloc = 10 << 20; /* the packed filters of 512 x 512 x 9 have 9.4 MB, F2's 16.8 MB */
    assert_int_equal(plan_for(&facts, model, &options, &plan), WCL_OK);
    const int f2 = plan_count(plan, "Conv", "f2"), gemm = plan_count(plan, "Conv", "gemm");
    assert_true(f2 > 0 && gemm > 0);
    assert_string_equal(plan_algorithm(plan, "conv2d_8"), "gemm");
    assert_non_null(
        strstr(plan_find(plan, "conv2d_8").reason, "f2: it needs a larger buffer than the device has"));
    for (size_t t = 0; t < plan->steps.tensor_count; t++)
        assert_true(plan->steps.tensors[t].bytes <= facts.max_alloc);
    wcl_plan_destroy(plan);
    wcl_model_destroy(model);
}

/* Buffers are shared, too, where all of them together are larger than the device's largest one. */
static void test_largest_buffer(void **state)
{
    (void)state;
    const wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl__facts facts = test_device()->facts;
    wcl_model *model = make_chain();
    wcl_plan *plan = NULL;
    facts.max_alloc = 600;
    assert_int_equal(plan_for(&facts, model, &options, &plan), WCL_OK);
    assert_int_equal(plan->buffer_count, 2);
    assert_int_equal(plan->buffer_bytes, 1200);
    wcl_plan_destroy(plan);
    facts.max_alloc = 599;
    assert_int_equal(plan_for(&facts, model, &options, &plan), WCL_NO_MEMORY);
    wcl_model_destroy(model);
}

/* ---- what runs */

static void test_profile(void **state)
{
    static const char *const f2[] = {"winograd_input", "winograd_gemm", "winograd_output"};
    (void)state;
    wcl_model *model = load_network(data_path("zoo/narrow_vgg.onnx"));
    wcl_tensor input = load_values("zoo/narrow_vgg_input.npy");
    for (int forced = 0; forced < 2; forced++) {
        wcl_session_options options = cpu_options(forced ? WCL_CONV_F2 : WCL_CONV_DIRECT, WCL_DENSE_CLBLAST);
        options.profile = 1;
        wcl_session *session = open_session(model, &options);
        free(run_network(session, input.data, 2, 20));
        const wcl_plan *plan = wcl_session_plan(session);
        int seen[3] = {0}, direct = 0, blas = 0;
        double last = 0;
        const int count = wcl_session_profile_count(session), convolutions = plan_count(plan, "Conv", NULL);
        for (int i = 0; i < count; i++) {
            wcl_profile_entry entry = WCL_PROFILE_ENTRY_INIT;
            wcl_plan_node node = WCL_PLAN_NODE_INIT;
            assert_int_equal(wcl_session_profile(session, i, &entry), WCL_OK);
            assert_int_equal(wcl_plan_get_node(plan, entry.plan_node, &node), WCL_OK);
            assert_string_equal(entry.node, node.name);
            assert_true(entry.ms >= 0 && entry.ms < 60000);
            assert_true(i == 0 ? entry.start_ms == 0 : entry.start_ms >= last && entry.start_ms < 60000);
            last = entry.start_ms;
            for (int k = 0; k < 3; k++)
                seen[k] += strcmp(entry.kernel, f2[k]) == 0 && strcmp(node.algorithm, "f2") == 0;
            direct += strncmp(entry.kernel, "conv", 4) == 0 && strcmp(node.algorithm, "direct") == 0;
            blas += strcmp(entry.kernel, "CLBlastSgemm") == 0;
        }
        assert_int_equal(convolutions, 4);
        for (int k = 0; k < 3; k++)
            assert_true(forced ? seen[k] >= convolutions
                               : seen[k] == 0); /* more where the cache asks for chunks */
        if (!forced)
            assert_int_equal(direct, convolutions);
        assert_int_equal(blas, 2);
        wcl_session_destroy(session);
    }
    wcl_tensor_clear(&input);
    wcl_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),         cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_bytes_of_session), cmocka_unit_test(test_cap),
        cmocka_unit_test(test_forced_conv),      cmocka_unit_test(test_forced_dense),
        cmocka_unit_test(test_small_buffers),    cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_large_scratch),    cmocka_unit_test(test_largest_buffer),
        cmocka_unit_test(test_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
