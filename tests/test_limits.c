/* Plans against the device's memory: what it is known to have, and what it turns out to have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/planner.h"
#include "session/session.h"
#include "support/fake_cl.h"
#include "support/network.h"
#include "support/support.h"

enum { SIDE = 32, CLASSES = 10 };

static const char network[] = "zoo:vgg11?size=32&classes=10";

static wcl_status plan_for(const wcl__facts *facts, wcl_model *model, const wcl_session_options *options,
                           wcl_plan **plan)
{
    const wcl__plan_request request = {facts, model, options, NULL, NULL, 0, NULL, NULL, NULL};
    wcl__clear_error();
    return wcl__plan_make(&request, plan);
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

/* ---- more inputs than a row has bits */

enum { INPUTS = 40, COUNT = 3 };

/* A network of one node that reads all inputs, run on 0, 1, 2 and so on. */
static void run_many(const char *op, wcl_tensor *output)
{
    const wcl_attribute axis = {.name = "axis", .kind = WCL_ATTRIBUTE_INT, .i = 0};
    wcl_builder *b = net_begin();
    wcl_tensor inputs[INPUTS];
    float values[INPUTS][COUNT];
    char names[INPUTS][16];
    const char *pointers[INPUTS], *const made[] = {"y"};
    for (int i = 0; i < INPUTS; i++) {
        snprintf(names[i], sizeof names[i], "x%d", i);
        pointers[i] = names[i];
        net_input(b, names[i], NET_DIMS(1, COUNT));
        for (int k = 0; k < COUNT; k++)
            values[i][k] = (float)(i * COUNT + k);
        inputs[i] = (wcl_tensor){WCL_FLOAT32, 2, {1, COUNT}, values[i], NULL, 0, sizeof values[i]};
    }
    assert_int_equal(
        wcl_builder_node(b, op, "many", pointers, INPUTS, made, 1, &axis, strcmp(op, "Concat") == 0), WCL_OK);
    wcl_model *model = net_end(b, "y");
    wcl_session *session = open_session(model, NULL);
    assert_int_equal(wcl_session_run_tensors(session, inputs, output), WCL_OK);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

static void test_many_inputs(void **state)
{
    const wcl__op all = {.name = "All", .known = ~0u, .packs = ~0u};
    wcl_tensor output = {0};
    (void)state;
    for (size_t i = 0; i < INPUTS; i++) {
        assert_int_equal(wcl__op_knows(&all, i), i < 32);
        assert_int_equal(wcl__op_packs(&all, i), i < 32);
    }
    run_many("Concat", &output);
    for (int i = 0; i < INPUTS * COUNT; i++)
        assert_true(((float *)output.data)[i] == (float)i);
    wcl_tensor_clear(&output);
    run_many("Sum", &output);
    for (int k = 0; k < COUNT; k++) /* whole numbers: exact */
        assert_true(((float *)output.data)[k] == (float)(INPUTS * (INPUTS - 1) / 2 * COUNT + INPUTS * k));
    wcl_tensor_clear(&output);
}

/* ---- inputs that no device takes */

static void test_input_types(void **state)
{
    static const struct {
        wcl_type type;
        wcl_status status;
        const char *part;
    } rows[] = {
        {WCL_FLOAT16, WCL_UNSUPPORTED,
         "input x is float16, networks run in float32: export the model in float32"},
        {WCL_FLOAT64, WCL_UNSUPPORTED,
         "input x is float64, networks run in float32: export the model in float32"},
        {WCL_INT64, WCL_BAD_ARGUMENT, "the values of input x decide how the network runs"},
        {WCL_FLOAT32, WCL_OK, ""},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const int64_t dims[] = {1, 4};
        const wcl_attribute to = {.name = "to", .kind = WCL_ATTRIBUTE_INT, .i = WCL_FLOAT32};
        wcl_plan *plan = NULL;
        wcl_builder *b = net_begin();
        assert_int_equal(wcl_builder_input(b, "x", rows[i].type, 2, dims), WCL_OK);
        assert_int_equal(net_try(b, "Cast", "cast", "x", "f", &to, 1), WCL_OK);
        net_node(b, "Relu", "relu", "f", "y");
        wcl_model *model = net_end(b, "y");
        if (wcl_plan_create(test_device(), model, NULL, NULL, &plan) != rows[i].status ||
            (rows[i].part[0] && !strstr(wcl_last_error()->message, rows[i].part)))
            fail_msg("%s: %s", wcl_type_name(rows[i].type), wcl_last_error()->message);
        wcl_plan_destroy(plan);
        wcl_model_destroy(model);
    }
}

/* ---- known memory */

static void test_device_memory(void **state)
{
    enum { NOT_KNOWN = 0, ALL = 1, LESS = 2, TOO_LITTLE = 3 };
    static const struct {
        const char *name;
        int memory, cap;  /* of the above */
        const char *part; /* of a node's reason, or of the error; NULL: nobody gives way */
    } rows[] = {
        {"not known", NOT_KNOWN, NOT_KNOWN, NULL},
        {"all fits", ALL, NOT_KNOWN, NULL},
        {"a byte is missing", LESS, NOT_KNOWN, ": it takes too much of the device's memory"},
        {"a byte is missing, and the cap is higher", LESS, ALL, ": it takes too much of the device's memory"},
        {"the cap is lower", ALL, LESS, ": it takes too much of the memory cap"},
        {"nothing fits", TOO_LITTLE, NOT_KNOWN, "bytes of device memory, the device has 1000"},
        {"nothing fits into the cap", LESS, TOO_LITTLE, "bytes of device memory, the cap is 1000"},
    };
    (void)state;
    wcl_session_options options = cpu_options(WCL_CONV_F2, WCL_DENSE_GEMV);
    wcl_model *model = load_network(network);
    wcl__facts facts = cpu_facts(16);
    wcl_plan *plan = NULL;
    facts.global_bytes = 0;
    assert_int_equal(plan_for(&facts, model, &options, &plan), WCL_OK);
    const uint64_t bytes[] = {0, wcl__plan_total(plan), wcl__plan_total(plan) - 1, 1000};
    wcl_plan_destroy(plan);
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const uint64_t memory = bytes[rows[i].memory], cap = bytes[rows[i].cap];
        const bool fits = rows[i].memory != TOO_LITTLE && rows[i].cap != TOO_LITTLE;
        facts.global_bytes = memory;
        options.memory_cap = cap;
        if (plan_for(&facts, model, &options, &plan) != (fits ? WCL_OK : WCL_NO_MEMORY))
            fail_msg("%s: %s", rows[i].name, wcl_last_error()->message);
        if (!fits && !strstr(wcl_last_error()->message, rows[i].part))
            fail_msg("%s: %s", rows[i].name, wcl_last_error()->message);
        if (fits && (says(plan, ": it takes too much") != (rows[i].part != NULL) ||
                     (rows[i].part && !says(plan, rows[i].part))))
            fail_msg("%s: the reasons are others", rows[i].name);
        if (fits && ((memory && wcl__plan_total(plan) > memory) || (cap && wcl__plan_total(plan) > cap)))
            fail_msg("%s: %llu bytes", rows[i].name, (unsigned long long)wcl__plan_total(plan));
        wcl_plan_destroy(plan);
    }
    wcl_model_destroy(model);
}

/* ---- memory that the driver does not give */

static char logged[4096];

static void keep_log(void *user, wcl_log_level level, const char *text)
{
    (void)user, (void)level;
    snprintf(logged + strlen(logged), sizeof logged - strlen(logged), "%s\n", text);
}

/* The activations' first buffer cannot be had, or, as drivers that allocate late tell, its first
 * use fails. */
static void test_no_room(void **state)
{
    static const struct {
        const char *name;
        fake_cl_function function;
        cl_int code;
        int from_end; /* which of the calls: the last is 1, earlier ones are for weights; 0: the first */
    } rows[] = {
        {"no buffer", FAKE_clCreateBuffer, CL_MEM_OBJECT_ALLOCATION_FAILURE, 0},
        {"no buffer for lack of resources", FAKE_clCreateBuffer, CL_OUT_OF_RESOURCES, 0},
        {"no first use", FAKE_clEnqueueFillBuffer, CL_MEM_OBJECT_ALLOCATION_FAILURE, 1},
        {"no first use, as the wait tells", FAKE_clFinish, CL_OUT_OF_RESOURCES,
         3}, /* the last ones: of the run, of the session's end */
    };
    (void)state;
    wcl_model *model = load_network(network);
    const wcl_session_options options = cpu_options(WCL_CONV_F2, WCL_DENSE_GEMV);
    float *input = seeded_input(3 * SIDE * SIDE);
    wcl_session *session = open_session(model, &options);
    fake_cl_reset();
    float *expected = run_network(session, input, 1, CLASSES);
    const uint64_t wanted = wcl__plan_total(wcl_session_plan(session));
    wcl_session_destroy(session);
    const int ends[FAKE_CL_FUNCTIONS] = {[FAKE_clEnqueueFillBuffer] =
                                             fake_cl_calls(FAKE_clEnqueueFillBuffer) + 1,
                                         [FAKE_clFinish] = fake_cl_calls(FAKE_clFinish) + 1};
    wcl_set_log(keep_log, NULL, WCL_LOG_WARNING);
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        logged[0] = '\0';
        session = open_session(model, &options);
        fake_cl_reset();
        fake_cl_fail(rows[i].function, rows[i].from_end ? ends[rows[i].function] - rows[i].from_end : 1,
                     rows[i].code);
        float *got = run_network(session, input, 1, CLASSES);
        if (!fake_cl_failed() || !strstr(logged, "planning again for less than "))
            fail_msg("%s: %s", rows[i].name, logged);
        if (wcl__plan_total(wcl_session_plan(session)) >= wanted)
            fail_msg("%s: the plan is as large as before", rows[i].name);
        check_values(rows[i].name, got, expected, CLASSES, 1e-3);
        free(got);
        wcl_session_destroy(session);
    }
    wcl_set_log(NULL, NULL, WCL_LOG_ERROR);
    fake_cl_reset();
    free(expected);
    free(input);
    wcl_model_destroy(model);
}

/* Where every node has one variant, the error is the driver's, and the session can be used once there is
 * room. */
static void test_nothing_smaller(void **state)
{
    float input[8] = {1, 2, 3, 4, 5, 6, 7, 8}, output[8];
    (void)state;
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, 8));
    net_node(b, "Softmax", "softmax", "x", "y");
    wcl_model *model = net_end(b, "y");
    wcl_session *session = open_session(model, NULL);
    fake_cl_reset();
    fake_cl_fail(FAKE_clCreateBuffer, 1, CL_MEM_OBJECT_ALLOCATION_FAILURE);
    assert_int_equal(wcl_session_run(session, input, 1, output), WCL_NO_MEMORY);
    assert_true(fake_cl_failed());
    assert_int_equal(wcl_last_error()->cl_code, CL_MEM_OBJECT_ALLOCATION_FAILURE);
    if (!strstr(wcl_last_error()->message,
                "bytes of device memory, and no plan takes less: CL_MEM_OBJECT_ALLOCATION_FAILURE"))
        fail_msg("%s", wcl_last_error()->message);
    assert_int_equal(wcl_session_run(session, input, 1, output), WCL_OK);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    fake_cl_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_inputs),     cmocka_unit_test(test_input_types),
        cmocka_unit_test(test_device_memory),   cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_nothing_smaller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
