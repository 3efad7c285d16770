/* What cannot run is listed at once: as text in groups with a way out, and as data, wherever it is found, at
 * loading or while planning. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/planner.h"
#include "support/fake_memory.h"
#include "support/network.h"
#include "support/support.h"

enum { MOST_NODES = 7, MOST_RECORDS = 6, MOST_PARTS = 4 };

typedef struct node_row {
    const char *op, *name, *in, *out, *attribute;
    int64_t value;
} node_row;

/* When the list comes: from _finish, or from a plan of the finished model. */
enum stage { FINISH, PLAN };

typedef struct row {
    const char *name;
    node_row nodes[MOST_NODES];
    const char *output;
    enum stage stage;
    wcl_unsupported records[MOST_RECORDS];
    const char *parts[MOST_PARTS]; /* of the reason */
    int opset;                     /* 0: the newest */
} row;

#define ADDING "docs/adding-an-operator.md"
#define OTHER "try opset 17 (from PyTorch with dynamo=False)"
#define RECORD(op_name, node_name, why)                       \
    {                                                         \
        .op = (op_name), .node = (node_name), .reason = (why) \
    }

static const row rows[] = {
    {"one operator",
     {{"Elu", "elu", "x", "y", NULL, 0}},
     "y",
     FINISH,
     {RECORD("Elu", "elu", "unknown operator")},
     {"unsupported: Elu (unknown operator)", OTHER, ADDING},
     0},
    {"the same operator again and again",
     {{"LayerNormalization", "n1", "x v v", "a", NULL, 0},
      {"Elu", "elu", "a", "b", NULL, 0},
      {"LayerNormalization", "n2", "b v v", "c", NULL, 0},
      {"LayerNormalization", "n3", "c v v", "y", NULL, 0}},
     "y",
     FINISH,
     {RECORD("LayerNormalization", "n1", "unknown operator"), RECORD("Elu", "elu", "unknown operator"),
      RECORD("LayerNormalization", "n2", "unknown operator"),
      RECORD("LayerNormalization", "n3", "unknown operator")},
     {"unsupported: LayerNormalization x3, first: node n1 (unknown operator); Elu, node elu (unknown "
      "operator); ",
      OTHER, ADDING},
     0},
    {"limits beside an unknown operator",
     {{"Conv", "c1", "p u", "a", NULL, 0},
      {"Elu", "elu", "x", "b", NULL, 0},
      {"MaxPool", "pool", "q", "c -", "storage_order", 1},
      {"Conv", "c2", "p u", "d", NULL, 0},
      {"Cast", "cast", "x", "e", "to", WCL_INT64},
      {"Relu", "relu", "b", "y", NULL, 0}},
     "y a c d e",
     FINISH,
     {RECORD("Conv", "c1", "3-D convolution"), RECORD("Elu", "elu", "unknown operator"),
      RECORD("MaxPool", "pool", "MaxPool with storage_order 1"), RECORD("Conv", "c2", "3-D convolution"),
      RECORD("Cast", "cast", "Cast from float32 to int64 on the device")},
     {"Conv x2, first: node c1 (3-D convolution); Elu, node elu (unknown operator)"},
     0},
    {"limits behind an unknown operator, that no shape is needed for",
     {{"Elu", "elu", "x", "a", NULL, 0},
      {"MaxPool", "pool", "a", "b i", "dilations", 1},
      {"Conv", "conv", "b u", "c", NULL, 0},
      {"BatchNormalization", "bn", "c v v v v", "d", "training_mode", 1},
      {"Conv", "fits", "d w", "y", NULL, 0}},
     "y i",
     FINISH,
     {RECORD("Elu", "elu", "unknown operator"), RECORD("MaxPool", "pool", "MaxPool with Indices"),
      RECORD("Conv", "conv", "3-D convolution"),
      RECORD("BatchNormalization", "bn", "BatchNormalization in training mode")},
     {"MaxPool, node pool (MaxPool with Indices)"},
     0},
    {"an operator's old version and an attribute",
     {{"Relu", "relu", "x", "a", "beta", 1},
      {"Add", "add", "a a", "b", NULL, 0},
      {"Dropout", "drop", "b", "y", NULL, 0}},
     "y",
     FINISH,
     {RECORD("Relu", "relu", "unknown attribute beta"), RECORD("Add", "add", "opset 5, known from 6 on"),
      RECORD("Dropout", "drop", "opset 5, known from 7 on")},
     {"re-export with opset 7 or later", ADDING},
     5},
    {"in a circle, only what shapes are not needed for",
     {{"Elu", "elu", "b", "a", NULL, 0}, {"Relu", "relu", "a", "b", NULL, 0}},
     "b",
     FINISH,
     {RECORD("Elu", "elu", "unknown operator")},
     {"Elu (unknown operator)"},
     0},
    {"what is wrong otherwise comes later",
     {{"Conv", "wrong", "x v", "a", NULL, 0},
      {"Add", "few", "x", "b", NULL, 0},
      {"Elu", "elu", "a", "y", NULL, 0}},
     "y",
     FINISH,
     {RECORD("Elu", "elu", "unknown operator")},
     {"Elu (unknown operator)"},
     0},
    {"a float input that decides",
     {{"Clip", "clip", "x s", "a", NULL, 0},
      {"Conv", "conv", "a w", "b", NULL, 0},
      {"Elu", "elu", "b", "y", NULL, 0}},
     "y",
     FINISH,
     {RECORD("Elu", "elu", "unknown operator")},
     {"Elu (unknown operator)"},
     0},
    {"one limit",
     {{"MaxPool", "pool", "q", "y", "storage_order", 1}},
     "y",
     PLAN,
     {RECORD("MaxPool", "pool", "MaxPool with storage_order 1")},
     {"unsupported: MaxPool (MaxPool with storage_order 1)", ADDING},
     0},
    {"limits of different kinds",
     {{"Conv", "c1", "p u", "a", NULL, 0},
      {"Relu", "relu", "w", "m", NULL, 0},
      {"Conv", "c2", "x m", "b", NULL, 0},
      {"Conv", "c3", "p u", "d", NULL, 0},
      {"MaxPool", "pool", "d", "e i", "dilations", 1},
      {"Cast", "cast", "x", "c", "to", WCL_INT64}},
     "a b c e i",
     PLAN,
     {RECORD("Conv", "c1", "3-D convolution"),
      RECORD("Conv", "c2", "a weight that is not known before the network runs"),
      RECORD("Conv", "c3", "3-D convolution"), RECORD("MaxPool", "pool", "MaxPool with Indices"),
      RECORD("Cast", "cast", "Cast from float32 to int64 on the device")},
     {"unsupported: Conv x2, first: node c1 (3-D convolution); Conv, node c2 (a weight that is not known "
      "before the network runs); "
      "MaxPool, "
      "node pool (MaxPool with Indices); Cast, node cast (Cast"},
     0},
    {"types, and limits beside them",
     {{"Add", "add", "bytes bytes", "a", NULL, 0}, {"MaxPool", "pool", "q", "y", "storage_order", 1}},
     "y a",
     PLAN,
     {RECORD("MaxPool", "pool", "MaxPool with storage_order 1"),
      RECORD("Add", "add", "Add of type uint8 on the device")},
     {"MaxPool, node pool (MaxPool with storage_order 1); Add, node add (Add of type uint8 on the device)"},
     0},
};

static wcl_builder *begin(const row *r)
{
    wcl_builder *builder = net_begin();
    if (r->opset)
        assert_int_equal(wcl_builder_opset(builder, r->opset), WCL_OK);
    net_input(builder, "x", NET_DIMS(-1, 3, 8, 8));
    net_input(builder, "q", NET_DIMS(-1, 3, 8, 8));
    net_input(builder, "p", NET_DIMS(-1, 3, 4, 4, 4));
    net_input(builder, "s", NET_DIMS(1));
    net_input(builder, "f", NET_DIMS(4, 3, 3, 3));
    net_random(builder, "w", NET_DIMS(4, 3, 3, 3), 1, 0.1);
    net_random(builder, "u", NET_DIMS(4, 3, 3, 3, 3), 2, 0.1);
    net_random(builder, "v", NET_DIMS(3), 3, 0.1);
    static unsigned char two[2] = {1, 2};
    const wcl_tensor bytes = {.type = WCL_UINT8, .rank = 1, .dims = {2}, .data = two};
    assert_int_equal(wcl_builder_constant(builder, "bytes", &bytes), WCL_OK);
    for (int i = 0; i < MOST_NODES && r->nodes[i].op; i++) {
        const node_row *n = &r->nodes[i];
        const int64_t window[] = {2, 2}, ones[] = {1, 1};
        const bool pool = strcmp(n->op, "MaxPool") == 0,
                   list = pool && strcmp(n->attribute, "dilations") == 0;
        const wcl_attribute attributes[] = {
            {.name = n->attribute,
             .kind = list ? WCL_ATTRIBUTE_INTS : WCL_ATTRIBUTE_INT,
             .i = n->value,
             .ints = ones,
             .count = 2},
            {.name = "kernel_shape", .kind = WCL_ATTRIBUTE_INTS, .ints = window, .count = 2}};
        assert_int_equal(
            net_try(builder, n->op, n->name, n->in, n->out, attributes, pool ? 2 : n->attribute != NULL),
            WCL_OK);
    }
    return builder;
}

/* Outputs are separated by spaces. */
static void add_outputs(wcl_builder *builder, const char *names)
{
    char copy[64], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", names);
    for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        assert_int_equal(wcl_builder_output(builder, name), WCL_OK);
}

static void check_records(const row *r)
{
    int expected = 0;
    while (expected < MOST_RECORDS && r->records[expected].op)
        expected++;
    if (wcl_last_unsupported_count() != expected)
        fail_msg("%s: %d records: %s", r->name, wcl_last_unsupported_count(), wcl_last_error()->message);
    for (int i = 0; i < expected; i++) {
        wcl_unsupported got = WCL_UNSUPPORTED_INIT;
        assert_int_equal(wcl_last_unsupported(i, &got), WCL_OK);
        if (strcmp(got.op, r->records[i].op) != 0 || strcmp(got.node, r->records[i].node) != 0 ||
            strcmp(got.reason, r->records[i].reason) != 0)
            fail_msg("%s: record %d is %s, %s, %s", r->name, i, got.op, got.node, got.reason);
    }
    assert_string_equal(wcl_last_error()->node, expected == 1 ? r->records[0].node : "");
    for (int i = 0; i < MOST_PARTS && r->parts[i]; i++)
        if (!strstr(wcl_last_error()->reason, r->parts[i]))
            fail_msg("%s: nothing of %s in: %s", r->name, r->parts[i], wcl_last_error()->reason);
}

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_builder *builder = begin(&rows[i]);
        wcl_model *model = NULL;
        wcl_plan *plan = NULL;
        add_outputs(builder, rows[i].output);
        wcl_status status = wcl_builder_finish(builder, &model);
        if (rows[i].stage == PLAN) {
            if (status != WCL_OK)
                fail_msg("%s: %s", rows[i].name, wcl_last_error()->message);
            status = wcl_plan_create(test_device(), model, NULL, NULL, &plan);
        }
        if (status != WCL_UNSUPPORTED)
            fail_msg("%s: status %d: %s", rows[i].name, status, wcl_last_error()->message);
        check_records(&rows[i]);
        assert_null(plan);
        wcl_builder_destroy(builder);
        wcl_model_destroy(model);
    }
}

/* Nodes that no variant runs, on some device or after failures of others, are listed like the rest. */
static void test_variants(void **state)
{
    static const wcl__denied denied[] = {{"p1", "direct", "too odd"}, {"p2", "direct", "too odd"}};
    (void)state;
    wcl_builder *builder = net_begin();
    net_input(builder, "x", NET_DIMS(-1, 3, 8, 8));
    net_node(builder, "GlobalMaxPool", "p1", "x", "a");
    net_node(builder, "GlobalMaxPool", "p2", "x", "b");
    net_node(builder, "GlobalMaxPool", "p3", "x", "c");
    wcl_model *model = net_end(builder, "a b c");
    const wcl__facts facts = cpu_facts(8);
    const wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    const wcl__plan_request request = {
        .facts = &facts, .model = model, .options = &options, .denied = denied, .denied_count = 2};
    wcl_plan *plan;
    assert_int_equal(wcl__plan_make(&request, &plan), WCL_UNSUPPORTED);
    assert_int_equal(wcl_last_unsupported_count(), 2);
    const char *reason =
        strstr(wcl_last_error()->reason,
               "GlobalMaxPool x2, first: node p1 (GlobalMaxPool cannot run on this device: ");
    assert_true(reason && strstr(reason, "direct: too odd)"));
    wcl_model_destroy(model);
}

/* Each allocation of listing fails once: then the error says so, and there is no half list. */
static void test_no_memory(void **state)
{
    (void)state;
    int reached = 0;
    for (bool failed = true; failed; reached += failed) {
        wcl_builder *builder = begin(&rows[2]); /* limits beside an unknown operator */
        wcl_model *model;
        add_outputs(builder, rows[2].output);
        const int before = fake_memory_live();
        fake_memory_fail(reached + 1, false);
        const wcl_status status = wcl_builder_finish(builder, &model);
        failed = fake_memory_failed();
        fake_memory_fail(0, false);
        assert_null(model);
        assert_int_equal(status, failed ? WCL_NO_MEMORY : WCL_UNSUPPORTED);
        assert_int_equal(wcl_last_unsupported_count() > 0, !failed);
        assert_int_equal(fake_memory_live(), before + !failed); /* the list */
        wcl_builder_destroy(builder);
    }
    assert_in_range(reached, 20, 10000);
}

/* A builder whose _finish lists `count` nodes of as many operators. */
static void refuse_many(int count)
{
    wcl_builder *builder = net_begin();
    wcl_model *model;
    char op[16], in[16] = "x", out[16];
    net_input(builder, "x", NET_DIMS(1));
    for (int i = 0; i < count; i++) {
        snprintf(op, sizeof op, "Odd%d", i);
        snprintf(out, sizeof out, "y%d", i);
        assert_int_equal(net_try(builder, op, NULL, in, out, NULL, 0), WCL_OK);
        memcpy(in, out, sizeof in);
    }
    assert_int_equal(wcl_builder_output(builder, in), WCL_OK);
    assert_int_equal(wcl_builder_finish(builder, &model), WCL_UNSUPPORTED);
    wcl_builder_destroy(builder);
}

/* The text is cut between groups, and the ways out stay; the data has all. */
static void test_many(void **state)
{
    enum { COUNT = 500 };
    (void)state;
    refuse_many(COUNT);
    assert_non_null(strstr(wcl_last_error()->reason, "; and so on: 500 nodes in all; "));
    assert_non_null(strstr(wcl_last_error()->reason, ADDING));
    assert_int_equal(wcl_last_unsupported_count(), COUNT);
    wcl_unsupported record = WCL_UNSUPPORTED_INIT;
    assert_int_equal(wcl_last_unsupported(COUNT - 1, &record), WCL_OK);
    assert_string_equal(record.op, "Odd499");
}

static void *in_thread(void *seen)
{
    *(int *)seen = wcl_last_unsupported_count();
    refuse_many(3); /* the thread's end frees its list: for the leak checker */
    return NULL;
}

/* The list is the thread's own, and ends with its error record. */
static void test_life(void **state)
{
    (void)state;
    wcl_unsupported record = WCL_UNSUPPORTED_INIT;
    refuse_many(2);
    assert_int_equal(wcl_last_unsupported_count(), 2);
    assert_int_equal(wcl_last_unsupported(2, &record), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_last_unsupported(-1, &record), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_last_unsupported_count(), 2);

    struct { /* a caller of an older header, whose struct ends after the node */
        size_t size;
        const char *node, *after;
    } old = {.size = sizeof old - sizeof old.after, .after = "untouched"};
    assert_int_equal(wcl_last_unsupported(1, (wcl_unsupported *)&old), WCL_OK);
    assert_string_equal(old.node, "Odd1_3");
    assert_string_equal(old.after, "untouched");

    int seen = -1;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, in_thread, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(seen, 0);
    assert_int_equal(wcl_last_unsupported_count(), 2);

    wcl_model *model;
    assert_int_equal(wcl_model_load("missing/model.onnx", &model), WCL_NOT_FOUND);
    assert_int_equal(wcl_last_unsupported_count(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists), cmocka_unit_test(test_variants), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_many),  cmocka_unit_test(test_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
