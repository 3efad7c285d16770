/* Building networks in code: what is refused, with whose name, and what a model tells of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"
#include "support/network.h"
#include "support/support.h"

enum { MOST_NODES = 5, MOST_PARTS = 4 };

/* A node of a table: names separated by spaces; `attribute`, if there is one, is an int. */
typedef struct node_row {
    const char *op, *name, *in, *out, *attribute;
    int64_t value;
} node_row;

/* Every table has the input x [-1][3][8][8] and the constants w [4][3][3][3], v [3] and k [2][3]. */
static wcl_builder *begin(void)
{
    wcl_builder *builder = net_begin();
    net_input(builder, "x", NET_DIMS(-1, 3, 8, 8));
    net_random(builder, "w", NET_DIMS(4, 3, 3, 3), 1, 0.1);
    net_random(builder, "v", NET_DIMS(3), 2, 0.1);
    net_random(builder, "k", NET_DIMS(2, 3), 3, 0.1);
    return builder;
}

static wcl_status add(wcl_builder *builder, const node_row *row)
{
    const wcl_attribute attribute = {.name = row->attribute, .kind = WCL_ATTRIBUTE_INT, .i = row->value};
    return net_try(builder, row->op, row->name, row->in, row->out, &attribute, row->attribute ? 1 : 0);
}

static void expect_error(const char *name, wcl_status status, wcl_status expected, const char *const *parts)
{
    if (status != expected)
        fail_msg("%s: %s: %s", name, wcl_status_string(status), wcl_last_error()->message);
    for (int i = 0; i < MOST_PARTS && parts[i]; i++)
        if (!strstr(wcl_last_error()->message, parts[i]))
            fail_msg("%s: nothing of %s in: %s", name, parts[i], wcl_last_error()->message);
}

/* ---- graphs that are refused, at the node or at the end */

static const struct {
    const char *name;
    node_row nodes[MOST_NODES];
    const char *output;
    int opset; /* 0: the newest */
    wcl_status status;
    const char *parts[MOST_PARTS];
} graphs[] = {
    {"an input that nothing makes",
     {{"Relu", "relu", "nowhere", "y", NULL, 0}},
     "y",
     0,
     WCL_BAD_MODEL,
     {"relu: ", "nothing makes its input nowhere"}},
    {"two nodes make one tensor",
     {{"Relu", "first", "x", "y", NULL, 0}, {"Tanh", "second", "x", "y", NULL, 0}},
     "y",
     0,
     WCL_BAD_MODEL,
     {"second: ", "tensor y is defined twice"}},
    {"a node makes the input",
     {{"Relu", "relu", "x", "x", NULL, 0}},
     "x",
     0,
     WCL_BAD_MODEL,
     {"relu: ", "x is defined twice"}},
    {"a node makes a constant",
     {{"Relu", "relu", "x", "v", NULL, 0}},
     "v",
     0,
     WCL_BAD_MODEL,
     {"relu: ", "v is defined twice"}},
    {"a circle of two",
     {{"Add", "add", "x b", "a", NULL, 0}, {"Relu", "relu", "a", "b", NULL, 0}},
     "b",
     0,
     WCL_BAD_MODEL,
     {"cyclic", "depends on itself"}},
    {"a node that reads itself",
     {{"Add", "add", "x y", "y", NULL, 0}},
     "y",
     0,
     WCL_BAD_MODEL,
     {"add: ", "cyclic"}},
    {"a circle that no output needs",
     {{"Relu", "relu", "x", "y", NULL, 0},
      {"Relu", "one", "b", "a", NULL, 0},
      {"Relu", "two", "a", "b", NULL, 0}},
     "y",
     0,
     WCL_BAD_MODEL,
     {"cyclic"}},
    {"too few inputs",
     {{"Add", "add", "x", "y", NULL, 0}},
     "y",
     0,
     WCL_BAD_MODEL,
     {"add: ", "Add has 1 inputs, it takes 2 to 2"}},
    {"too many inputs",
     {{"Add", "add", "x x x", "y", NULL, 0}},
     "y",
     0,
     WCL_BAD_MODEL,
     {"add: ", "Add has 3 inputs"}},
    {"no inputs",
     {{"Conv", "conv", "", "y", NULL, 0}},
     "y",
     0,
     WCL_BAD_MODEL,
     {"conv: ", "Conv has 0 inputs"}},
    {"an input left out",
     {{"Add", "add", "- x", "y", NULL, 0}},
     "y",
     0,
     WCL_BAD_MODEL,
     {"add: ", "input 0 is missing"}},
    {"no outputs",
     {{"Relu", "relu", "x", "", NULL, 0}},
     "x",
     0,
     WCL_BAD_MODEL,
     {"relu: ", "Relu has 0 outputs"}},
    {"too many outputs",
     {{"Relu", "relu", "x", "y z", NULL, 0}},
     "y",
     0,
     WCL_BAD_MODEL,
     {"relu: ", "Relu has 2 outputs"}},
    {"the output left out",
     {{"Relu", "relu", "x", "-", NULL, 0}},
     "x",
     0,
     WCL_BAD_MODEL,
     {"relu: ", "no first output"}},
    {"an output that nothing makes",
     {{"Relu", "relu", "x", "y", NULL, 0}},
     "z",
     0,
     WCL_BAD_MODEL,
     {"the graph's output z"}},
    {"no output of the graph",
     {{"Relu", "relu", "x", "y", NULL, 0}},
     NULL,
     0,
     WCL_BAD_MODEL,
     {"the graph has no output"}},
    {"operators and attributes that are not supported, all at once",
     {{"Elu", "first", "x", "a", NULL, 0},
      {"Relu", "second", "a", "b", "beta", 1},
      {"LSTM", "third", "b", "c", NULL, 0},
      {"Conv", "fourth", "c w", "y", "fused", 1}},
     "y",
     0,
     WCL_UNSUPPORTED,
     {"unsupported: Elu, node first (unknown operator); Relu, node second (unknown attribute beta)",
      "LSTM, node third (unknown operator)", "Conv, node fourth (unknown attribute fused)"}},
    {"unsupported operators come before other errors",
     {{"Relu", "relu", "nowhere", "a", NULL, 0}, {"Elu", "elu", "a", "y", NULL, 0}},
     "y",
     0,
     WCL_UNSUPPORTED,
     {"node elu: unsupported: Elu (unknown operator)"}},
    {"an operator's old version",
     {{"Add", "add", "x v", "y", NULL, 0}},
     "y",
     5,
     WCL_UNSUPPORTED,
     {"node add: unsupported: Add (opset 5, known from 6 on); re-export with opset 6 or later"}},
    {"another one",
     {{"Dropout", "drop", "x", "y", NULL, 0}},
     "y",
     6,
     WCL_UNSUPPORTED,
     {"node drop: unsupported: Dropout (opset 6, known from 7 on)"}},
};

static void test_graphs(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(graphs); i++) {
        wcl_builder *builder = begin();
        wcl_model *model =
            (wcl_model *)builder; /* must become NULL, or stay untouched where a node is refused already */
        wcl_status status = graphs[i].opset ? wcl_builder_opset(builder, graphs[i].opset) : WCL_OK;
        for (int k = 0; k < MOST_NODES && graphs[i].nodes[k].op && status == WCL_OK; k++)
            status = add(builder, &graphs[i].nodes[k]);
        if (status == WCL_OK && graphs[i].output)
            status = wcl_builder_output(builder, graphs[i].output);
        if (status == WCL_OK) {
            status = wcl_builder_finish(builder, &model);
            assert_null(model);
        }
        expect_error(graphs[i].name, status, graphs[i].status, graphs[i].parts);
        wcl_builder_destroy(builder);
    }
}

/* ---- shapes that do not fit: found when the input's are known */

static const struct {
    const char *name;
    node_row nodes[2];
    int opset;
    wcl_status status;
    const char *parts[MOST_PARTS];
} shapes[] = {
    {"channels", {{"Conv", "conv", "x w", "y", "group", 3}}, 0, WCL_BAD_SHAPE, {"conv: "}},
    {"a filter of rank 2", {{"Conv", "conv", "x k", "y", NULL, 0}}, 0, WCL_BAD_SHAPE, {"conv: "}},
    {"a product", {{"MatMul", "matmul", "k k", "y", NULL, 0}}, 0, WCL_BAD_SHAPE, {"matmul: ", "2x3"}},
    {"Gemm of pictures",
     {{"Gemm", "gemm", "x k", "y", NULL, 0}},
     0,
     WCL_BAD_SHAPE,
     {"gemm: ", "Gemm needs matrices"}},
    {"a sum", {{"Add", "add", "x v", "y", NULL, 0}}, 0, WCL_BAD_SHAPE, {"add: ", "do not broadcast"}},
    {"an axis", {{"Concat", "concat", "x x", "y", "axis", 4}}, 0, WCL_BAD_SHAPE, {"concat: "}},
    {"Concat of ranks", {{"Concat", "concat", "x k", "y", "axis", 0}}, 0, WCL_BAD_SHAPE, {"concat: "}},
    {"the second node",
     {{"Relu", "relu", "x", "a", NULL, 0}, {"MatMul", "matmul", "a k", "y", NULL, 0}},
     0,
     WCL_BAD_SHAPE,
     {"matmul: "}},
    {"an attribute of old",
     {{"Add", "add", "x x", "y", "axis", 0}},
     13,
     WCL_BAD_MODEL,
     {"add: ", "attribute axis from opset 7"}},
    {"another",
     {{"Gemm", "gemm", "k w", "y", "broadcast", 1}},
     7,
     WCL_BAD_MODEL,
     {"gemm: ", "attribute broadcast from opset 7"}},
    {"a statistic",
     {{"Relu", "relu", "v", "a", NULL, 0}, {"BatchNormalization", "bn", "x v v v a", "y", NULL, 0}},
     0,
     WCL_UNSUPPORTED,
     {"bn: ", "not known before"}},
    {"old broadcasting in the middle",
     {{"Add", "add", "x k", "y", "axis", 1}},
     6,
     WCL_UNSUPPORTED,
     {"add: ", "axis 1"}},
    {"training of old",
     {{"BatchNormalization", "bn", "x v v v v", "y", NULL, 0}},
     6,
     WCL_UNSUPPORTED,
     {"bn: ", "training mode"}},
};

static void test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(shapes); i++) {
        wcl_builder *builder = begin();
        wcl_plan *plan = NULL;
        if (shapes[i].opset)
            assert_int_equal(wcl_builder_opset(builder, shapes[i].opset), WCL_OK);
        for (int k = 0; k < 2 && shapes[i].nodes[k].op; k++)
            assert_int_equal(add(builder, &shapes[i].nodes[k]), WCL_OK);
        wcl_model *model = net_end(builder, "y");
        expect_error(shapes[i].name, wcl_plan_create(test_device(), model, NULL, NULL, &plan),
                     shapes[i].status, shapes[i].parts);
        assert_null(plan);
        assert_int_equal(wcl_model_layer_count(model), -1);
        wcl_model_destroy(model);
    }
}

/* Old attributes in opset 6 mean what numpy's rules mean where they name the last dimensions. */
static void test_old_opset(void **state)
{
    (void)state;
    static const float row[] = {1, 2};
    wcl_builder *builder = net_begin();
    const wcl_attribute old[] = {{.name = "broadcast", .kind = WCL_ATTRIBUTE_INT, .i = 1},
                                 {.name = "axis", .kind = WCL_ATTRIBUTE_INT, .i = 1}};
    assert_int_equal(wcl_builder_opset(builder, 6), WCL_OK);
    net_input(builder, "x", NET_DIMS(-1, 2));
    net_floats(builder, "row", NET_DIMS(2), row);
    assert_int_equal(net_try(builder, "Mul", "mul", "x row", "y", old, 2), WCL_OK);
    wcl_model *model = net_end(builder, "y");
    wcl_session *session = open_session(model, NULL);
    const float input[] = {3, 4, 5, 6}, expected[] = {3, 8, 5, 12};
    float *output = run_network(session, input, 2, 4);
    assert_memory_equal(output, expected, sizeof expected);
    free(output);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* ---- arguments */

static int released;

static void release(void *user)
{
    (void)user;
    released++;
}

static void test_constants(void **state)
{
    static float values[4] = {1, 2, 3, 4};
    static const struct {
        const char *name;
        wcl_tensor tensor;
        wcl_status status;
        const char *parts[MOST_PARTS];
    } rows[] = {
        {"no data", {WCL_FLOAT32, 1, {4}, NULL, NULL, 0, 0}, WCL_BAD_ARGUMENT, {"c", "no data"}},
        {"too few bytes",
         {WCL_FLOAT32, 1, {4}, values, NULL, 0, 12},
         WCL_BAD_ARGUMENT,
         {"12 bytes", "needs 16"}},
        {"strings", {WCL_STRING, 1, {4}, values, NULL, 0, 0}, WCL_UNSUPPORTED, {"string"}},
        {"rank 9",
         {WCL_FLOAT32, 9, {1, 1, 1, 1, 1, 1, 1, 1}, values, NULL, 0, 4},
         WCL_UNSUPPORTED,
         {"9 dimensions"}},
        {"a negative size", {WCL_FLOAT32, 1, {-1}, values, NULL, 0, 0}, WCL_BAD_MODEL, {"dimension 0 is -1"}},
        {"too many elements",
         {WCL_FLOAT32, 2, {INT64_MAX, 2}, values, NULL, 0, 0},
         WCL_BAD_MODEL,
         {"too large"}},
        {"too many bytes",
         {WCL_FLOAT32, 1, {INT64_MAX / 2}, values, NULL, 0, 0},
         WCL_BAD_MODEL,
         {"too large"}},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_builder *builder = net_begin();
        expect_error(rows[i].name, wcl_builder_constant(builder, "c", &rows[i].tensor), rows[i].status,
                     rows[i].parts);
        released = 0;
        expect_error(rows[i].name, wcl_builder_constant_view(builder, "c", &rows[i].tensor, release, NULL),
                     rows[i].status, rows[i].parts);
        assert_int_equal(released, 1);
        wcl_builder_destroy(builder);
        assert_int_equal(released, 1);
    }
    released = 0; /* an empty one is legal, and its memory is the caller's again at once */
    const wcl_tensor empty = {WCL_FLOAT32, 1, {0}, NULL, NULL, 0, 0},
                     full = {WCL_FLOAT32, 1, {4}, values, NULL, 0, 0};
    wcl_builder *builder = net_begin();
    assert_int_equal(wcl_builder_constant_view(builder, "e", &empty, release, NULL), WCL_OK);
    assert_int_equal(released, 1);
    assert_int_equal(wcl_builder_constant_view(builder, "f", &full, release, NULL), WCL_OK);
    assert_int_equal(wcl_builder_constant_view(builder, "f", &full, release, NULL),
                     WCL_BAD_MODEL); /* defined twice */
    assert_int_equal(released, 2);
    wcl_builder_destroy(builder);
    assert_int_equal(released, 3);
}

static void test_inputs(void **state)
{
    static const int64_t dims[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, bad[] = {-2};
    (void)state;
    wcl_builder *builder = net_begin();
    assert_int_equal(wcl_builder_input(builder, "i", WCL_FLOAT32, 9, dims), WCL_UNSUPPORTED);
    assert_int_equal(wcl_builder_input(builder, "i", WCL_FLOAT32, 1, bad), WCL_BAD_MODEL);
    assert_int_equal(wcl_builder_input(builder, "i", WCL_STRING, 1, dims), WCL_UNSUPPORTED);
    assert_int_equal(wcl_builder_input(builder, "", WCL_FLOAT32, 1, dims), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_builder_input(builder, NULL, WCL_FLOAT32, 1, dims), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_builder_input(builder, "i", WCL_FLOAT32, 1, dims), WCL_OK);
    assert_int_equal(wcl_builder_input(builder, "i", WCL_FLOAT32, 1, dims), WCL_BAD_MODEL);
    assert_int_equal(wcl_builder_random(builder, "r", 1, bad, 1, 1.0), WCL_BAD_MODEL);
    assert_int_equal(wcl_builder_random(builder, "i", 1, dims, 1, 1.0), WCL_BAD_MODEL);
    assert_int_equal(wcl_builder_output(builder, ""), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_builder_output(builder, NULL), WCL_BAD_ARGUMENT);
    static const int opsets[] = {-1, 0, 22, 1000};
    for (size_t i = 0; i < WCL__COUNT(opsets); i++)
        assert_int_equal(wcl_builder_opset(builder, opsets[i]), WCL_UNSUPPORTED);
    assert_int_equal(wcl_builder_node(builder, "", "n", NULL, 0, NULL, 0, NULL, 0), WCL_BAD_MODEL);
    assert_int_equal(wcl_builder_node(builder, NULL, NULL, NULL, 0, NULL, 0, NULL, 0), WCL_BAD_MODEL);
    wcl_builder_destroy(builder);
    wcl_builder_destroy(NULL);
}

/* ---- what a model tells of itself */

static void test_information(void **state)
{
    static float values[12] = {0};
    const wcl_tensor view = {WCL_FLOAT32, 2, {3, 4}, values, NULL, 0, sizeof values};
    (void)state;
    wcl_builder *builder = net_begin();
    wcl_tensor info;
    wcl_session *session = NULL;
    released = 0;
    net_input(builder, "pixels", NET_DIMS(-1, 3));
    assert_int_equal(wcl_builder_input(builder, "other", WCL_INT64, NET_DIMS(2)), WCL_OK);
    assert_int_equal(wcl_builder_constant_view(builder, "w", &view, release, NULL), WCL_OK);
    assert_int_equal(wcl_builder_metadata(builder, "author", "nobody"), WCL_OK);
    assert_int_equal(wcl_builder_metadata(builder, "empty", ""), WCL_OK);
    net_node(builder, "MatMul", NULL, "pixels w", "m");
    net_node(builder, "Relu", NULL, "m", "r");
    net_node(builder, "Relu", "Relu_4", "r", "s");
    net_node(builder, "Relu", NULL, "s", "t"); /* its name would be Relu_4 */
    wcl_model *model = net_end(builder, "t m");
    assert_int_equal(wcl_model_input_count(model), 2);
    assert_int_equal(wcl_model_output_count(model), 2);
    assert_string_equal(wcl_model_input_name(model, 0), "pixels");
    assert_string_equal(wcl_model_input_name(model, 1), "other");
    assert_string_equal(wcl_model_output_name(model, 1), "m");
    assert_null(wcl_model_input_name(model, 2));
    assert_null(wcl_model_output_name(model, -1));
    assert_int_equal(wcl_model_input_info(model, 0, &info), WCL_OK);
    assert_true(info.type == WCL_FLOAT32 && info.rank == 2 && info.dims[0] == -1 && info.dims[1] == 3 &&
                !info.data);
    assert_int_equal(wcl_model_input_info(model, 1, &info), WCL_OK);
    assert_true(info.type == WCL_INT64 && info.rank == 1 && info.dims[0] == 2);
    assert_int_equal(wcl_model_input_info(model, 2, &info), WCL_BAD_ARGUMENT);
    assert_string_equal(wcl_model_metadata(model, "author"), "nobody");
    assert_string_equal(wcl_model_metadata(model, "empty"), "");
    assert_null(wcl_model_metadata(model, "licence"));
    assert_int_equal(wcl_model_is_untrained(model), 0);
    for (size_t i = 0; i < model->node_count; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(model->nodes[i].name, model->nodes[k].name);
    assert_int_equal(released, 0);
    assert_int_equal(wcl_session_create(test_device(), model, NULL, &session), WCL_OK);
    wcl_model_destroy(model);
    assert_int_equal(released, 0); /* the session needs it still */
    wcl_session_destroy(session);
    assert_int_equal(released, 1);
}

/* _finish empties the builder: what comes next is another network. */
static void test_builder_again(void **state)
{
    (void)state;
    wcl_builder *builder = begin();
    wcl_model *first = NULL, *second = NULL;
    net_node(builder, "Relu", "relu", "x", "y");
    assert_int_equal(wcl_builder_output(builder, "y"), WCL_OK);
    assert_int_equal(wcl_builder_finish(builder, &first), WCL_OK);
    assert_int_equal(wcl_builder_finish(builder, &second), WCL_BAD_MODEL); /* it has no output */
    net_input(builder, "x", NET_DIMS(4));
    net_node(builder, "Tanh", "relu", "x", "y");
    assert_int_equal(wcl_builder_output(builder, "y"), WCL_OK);
    assert_int_equal(wcl_builder_finish(builder, &second), WCL_OK);
    assert_int_equal(wcl_model_is_untrained(first), 1);
    assert_int_equal(wcl_model_is_untrained(second), 0);
    assert_int_equal(second->node_count, 1);
    wcl_builder_destroy(builder);
    wcl_model_destroy(first);
    wcl_model_destroy(second);
}

/* ---- layers */

static void test_layers(void **state)
{
    static const struct {
        const char *name, *op;
        int rank;
        int64_t dims[4], parameters, trainable;
    } expected[] = {
        {"conv", "Conv", 4, {-1, 4, -1, -1}, 4 * 3 * 9, 4 * 3 * 9},
        {"norm", "BatchNormalization", 4, {-1, 4, -1, -1}, 16, 8},
        {"again", "Conv", 4, {-1, 4, -1, -1}, 0, 0}, /* the same filters */
        {"pool", "GlobalAveragePool", 4, {-1, 4, 1, 1}, 0, 0},
        {"flat", "Reshape", 2, {-1, 4}, 0, 0},
        {"dense", "MatMul", 2, {-1, 5}, 20, 20},
        {"bias", "Add", 2, {-1, 5}, 5, 5},
    };
    static const char *const statistics[] = {"scale", "shift", "mean", "variance"};
    (void)state;
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, 3, -1, -1));
    net_random(b, "w", NET_DIMS(4, 3, 3, 3), 1, 0.1);
    for (size_t i = 0; i < WCL__COUNT(statistics); i++)
        net_random(b, statistics[i], NET_DIMS(4), 2, 0.1);
    net_node(b, "Conv", "conv", "x w", "c");
    net_node(b, "BatchNormalization", "norm", "c scale shift mean variance", "n");
    net_node(b, "Conv", "again", "x w", "c2");
    net_node(b, "GlobalAveragePool", "pool", "n", "p");
    net_node(b, "Shape", "shape", "p", "s");
    net_ints(b, "zero", 1, (int64_t[]){0});
    net_ints(b, "rest", 1, (int64_t[]){-1});
    net_node(b, "Gather", "gather", "s zero", "batch");
    net_node_int(b, "Concat", "concat", "batch rest", "to", "axis", 0);
    net_node(b, "Reshape", "flat", "p to", "f");
    net_random(b, "dense_w", NET_DIMS(4, 5), 6, 0.1);
    net_random(b, "dense_b", NET_DIMS(5), 7, 0.1);
    net_node(b, "MatMul", "dense", "f dense_w", "d");
    net_node(b, "Add", "bias", "d dense_b", "y");
    wcl_model *model = net_end(b, "y c2");
    int found = 0;
    for (int i = 0; i < wcl_model_layer_count(model); i++) {
        wcl_layer layer = WCL_LAYER_INIT;
        size_t k = 0;
        assert_int_equal(wcl_model_layer(model, i, &layer), WCL_OK);
        while (k < WCL__COUNT(expected) && strcmp(expected[k].name, layer.name) != 0)
            k++;
        if (k == WCL__COUNT(expected) || strcmp(layer.op, expected[k].op) != 0 ||
            layer.rank != expected[k].rank ||
            memcmp(layer.dims, expected[k].dims, (size_t)layer.rank * sizeof layer.dims[0]) != 0 ||
            layer.parameters != expected[k].parameters || layer.trainable != expected[k].trainable)
            fail_msg("layer %s (%s): %d dimensions, %lld parameters, %lld trainable", layer.name, layer.op,
                     layer.rank, (long long)layer.parameters, (long long)layer.trainable);
        found++;
    }
    assert_int_equal(found, (int)WCL__COUNT(expected));
    wcl_layer layer = WCL_LAYER_INIT;
    assert_int_equal(wcl_model_layer(model, found, &layer), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_model_layer(model, -1, &layer), WCL_BAD_ARGUMENT);
    layer.size = 0;
    assert_int_equal(wcl_model_layer(model, 0, &layer), WCL_BAD_ARGUMENT);
    wcl_model_destroy(model);
}

/* Empty inputs of a Concat, of its own rank or not, are left out, and with them what made them. */
static void test_empty_in_concat(void **state)
{
    (void)state;
    enum { BATCH = 2, IMAGE = 3 * 8 * 8 };
    static const float nothing[1];
    wcl_builder *b = begin();
    net_ints(b, "zero", 1, (int64_t[]){0});
    net_ints(b, "one", 1, (int64_t[]){1});
    net_node(b, "Slice", "slice", "x zero zero one", "none");
    net_floats(b, "start", NET_DIMS(0), nothing);
    net_node_int(b, "Concat", "concat", "start x none x", "y", "axis", 1);
    wcl_model *model = net_end(b, "y");
    float *x = seeded_input(BATCH * IMAGE);
    wcl_session *session = open_session(model, NULL);
    float *y = run_network(session, x, BATCH, 2 * BATCH * IMAGE);
    for (int i = 0; i < 2 * BATCH * IMAGE; i++)
        assert_true(y[i] == x[i / (2 * IMAGE) * IMAGE + i % IMAGE]);
    assert_int_equal(wcl_plan_node_count(wcl_session_plan(session)), 1);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    free(x);
    free(y);
}

/* An input that is empty where all are has nothing to do on the device. */
static void test_all_empty_in_concat(void **state)
{
    (void)state;
    wcl_builder *b = begin();
    wcl_plan *plan = NULL;
    net_ints(b, "zero", 1, (int64_t[]){0});
    net_ints(b, "one", 1, (int64_t[]){1});
    net_node(b, "Slice", "slice", "x zero zero one", "none");
    net_node_int(b, "Concat", "concat", "none none", "y", "axis", 1);
    wcl_model *model = net_end(b, "y");
    assert_int_equal(wcl_plan_create(test_device(), model, NULL, NULL, &plan), WCL_UNSUPPORTED);
    assert_non_null(strstr(wcl_last_error()->message, "empty"));
    wcl_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graphs),          cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_old_opset),       cmocka_unit_test(test_constants),
        cmocka_unit_test(test_inputs),          cmocka_unit_test(test_information),
        cmocka_unit_test(test_builder_again),   cmocka_unit_test(test_layers),
        cmocka_unit_test(test_empty_in_concat), cmocka_unit_test(test_all_empty_in_concat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
