/* The ONNX reader: hand-made models, each error, external data, damaged files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "formats/onnx_read.h"
#include "graph/model.h"
#include "support/onnx_writer.h"

/* ------------------------------------------------------------------ a small model, and what is wrong with a changed one */

/* Messages of the small model. A later value of a field replaces an earlier one, so bytes appended to a message change it. */
enum place { NOWHERE, MODEL, OPSET, GRAPH, INPUT, TYPE, TENSOR_TYPE, SHAPE, NODE, ATTRIBUTE, TENSOR, LIST, PLACE_COUNT };

struct change {
    enum place place;
    const char *bytes;
    size_t length;
};

static void change(proto *message, enum place place, const struct change *change)
{
    if (change && change->place == place)
        proto_raw(message, change->bytes, change->length);
}

static void put_input(proto *graph, const struct change *c)
{
    proto info = {.bytes = 0}, type = {.bytes = 0}, tensor = {.bytes = 0}, shape = {.bytes = 0}, dim = {.bytes = 0};
    proto_text(&dim, wcl__Dimension_dim_param, "batch");
    proto_message(&shape, wcl__TensorShapeProto_dim, &dim);
    dim.bytes = 0;
    proto_int(&dim, wcl__Dimension_dim_value, 2);
    proto_message(&shape, wcl__TensorShapeProto_dim, &dim);
    change(&shape, SHAPE, c);
    proto_int(&tensor, wcl__Tensor_elem_type, WCL_FLOAT32);
    proto_message(&tensor, wcl__Tensor_shape, &shape);
    change(&tensor, TENSOR_TYPE, c);
    proto_message(&type, wcl__TypeProto_tensor_type, &tensor);
    change(&type, TYPE, c);
    proto_text(&info, wcl__ValueInfoProto_name, "x");
    proto_message(&info, wcl__ValueInfoProto_type, &type);
    change(&info, INPUT, c);
    proto_message(graph, wcl__GraphProto_input, &info);
}

static void put_node(proto *graph, const char *op, const char *name, const char *a, const char *b, const char *out,
                     const struct change *c)
{
    proto node = {.bytes = 0}, attribute = {.bytes = 0};
    proto_text(&node, wcl__NodeProto_input, a);
    if (b)
        proto_text(&node, wcl__NodeProto_input, b);
    proto_text(&node, wcl__NodeProto_output, out);
    proto_text(&node, wcl__NodeProto_name, name);
    proto_text(&node, wcl__NodeProto_op_type, op);
    if (strcmp(op, "LeakyRelu") == 0) {
        proto_text(&attribute, wcl__AttributeProto_name, "alpha");
        proto_float(&attribute, wcl__AttributeProto_f, 0.25f);
        proto_int(&attribute, wcl__AttributeProto_type, WCL_ATTRIBUTE_FLOAT);
        change(&attribute, ATTRIBUTE, c);
        proto_message(&node, wcl__NodeProto_attribute, &attribute);
        change(&node, NODE, c);
    }
    proto_message(graph, wcl__GraphProto_node, &node);
}

static const float weights[] = {1.5f, -2.0f};

static void put_tensors(proto *graph, const struct change *c)
{
    proto raw = {.bytes = 0}, list = {.bytes = 0};
    proto_int(&raw, wcl__TensorProto_dims, 2);
    proto_int(&raw, wcl__TensorProto_data_type, WCL_FLOAT32);
    proto_bytes(&raw, wcl__TensorProto_raw_data, weights, sizeof weights);
    proto_text(&raw, wcl__TensorProto_name, "raw");
    change(&raw, TENSOR, c);
    proto_message(graph, wcl__GraphProto_initializer, &raw);
    proto_int(&list, wcl__TensorProto_data_type, WCL_FLOAT32);
    proto_int(&list, wcl__TensorProto_dims, 1);
    proto_bytes(&list, wcl__TensorProto_float_data, weights, sizeof weights[0]);
    proto_text(&list, wcl__TensorProto_name, "list");
    change(&list, LIST, c);
    proto_message(graph, wcl__GraphProto_initializer, &list);
}

/* y = LeakyRelu((x + raw) * list, 0.25) for x [batch][2] */
static void make_model(proto *model, const struct change *c)
{
    proto graph = {.bytes = 0}, opset = {.bytes = 0}, output = {.bytes = 0};
    model->bytes = 0;
    put_node(&graph, "Add", "sum", "x", "raw", "s", c);
    put_node(&graph, "Mul", "product", "s", "list", "p", c);
    put_node(&graph, "LeakyRelu", "leaky", "p", NULL, "y", c);
    put_tensors(&graph, c);
    put_input(&graph, c);
    proto_text(&output, wcl__ValueInfoProto_name, "y");
    proto_message(&graph, wcl__GraphProto_output, &output);
    change(&graph, GRAPH, c);
    proto_int(&opset, wcl__OperatorSetIdProto_version, 13);
    change(&opset, OPSET, c);
    proto_int(model, wcl__ModelProto_ir_version, 7);
    proto_message(model, wcl__ModelProto_graph, &graph);
    proto_message(model, wcl__ModelProto_opset_import, &opset);
    proto_entry(model, wcl__ModelProto_metadata_props, "winocl.labels", "a\nb");
    change(model, MODEL, c);
}

static wcl_status load(const proto *model, wcl_model **out)
{
    return wcl_model_load_memory(model->data, model->bytes, NULL, NULL, out);
}

static const wcl__model_value *find_value(const wcl_model *model, const char *name)
{
    for (size_t i = 0; i < model->value_count; i++)
        if (strcmp(model->values[i].name, name) == 0)
            return &model->values[i];
    fail_msg("the model has no tensor %s", name);
    return NULL;
}

static void test_small_model(void **state)
{
    static proto bytes;
    wcl_model *model = NULL;
    wcl_tensor info;
    const wcl__model_value *raw, *list;
    (void)state;
    make_model(&bytes, NULL);
    if (load(&bytes, &model) != WCL_OK)
        fail_msg("%s", wcl_last_error()->message);
    assert_int_equal(model->opset, 13);
    assert_int_equal(wcl_model_input_count(model), 1);
    assert_int_equal(wcl_model_output_count(model), 1);
    assert_string_equal(wcl_model_input_name(model, 0), "x");
    assert_string_equal(wcl_model_output_name(model, 0), "y");
    assert_int_equal(wcl_model_input_info(model, 0, &info), WCL_OK);
    assert_int_equal(info.type, WCL_FLOAT32);
    assert_int_equal(info.rank, 2);
    assert_int_equal(info.dims[0], -1);
    assert_int_equal(info.dims[1], 2);
    assert_string_equal(find_value(model, "x")->dim_names[0], "batch");
    assert_string_equal(wcl_model_metadata(model, "winocl.labels"), "a\nb");
    assert_int_equal(wcl_model_is_untrained(model), 0);
    raw = find_value(model, "raw");
    list = find_value(model, "list");
    assert_in_range((uintptr_t)raw->source->data, (uintptr_t)bytes.data, (uintptr_t)bytes.data + bytes.bytes);
    assert_memory_equal(raw->source->data, weights, sizeof weights);
    assert_int_equal(list->source->bytes, sizeof(float));
    assert_memory_equal(list->source->data, weights, sizeof(float));
    assert_int_equal(model->node_count, 3);
    assert_string_equal(model->nodes[2].name, "leaky");
    assert_int_equal(model->nodes[2].attr_count, 1);
    assert_string_equal(model->nodes[2].attrs[0].name, "alpha");
    assert_float_equal(model->nodes[2].attrs[0].f, 0.25f, 0);
    wcl_model_destroy(model);
}

#define CHANGE(place, bytes)            \
    {                                   \
        place, bytes, sizeof(bytes) - 1 \
    }
#define TEN_FF "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"

static const struct {
    const char *name;
    struct change change;
    wcl_status status;
    const char *text; /* in the message */
} changes[] = {
    {"unknown fields are skipped", CHANGE(MODEL, "\xa2\x06\x01z\xa8\x06\x05"), WCL_OK, ""},
    {"IR 2", CHANGE(MODEL, "\x08\x02"), WCL_UNSUPPORTED, "IR version 2"},
    {"IR 14", CHANGE(MODEL, "\x08\x0e"), WCL_UNSUPPORTED, "IR version 14"},
    {"IR 0", CHANGE(MODEL, "\x08\x00"), WCL_BAD_FILE, "IR version 0"},
    {"IR as text", CHANGE(MODEL, "\x0a\x01z"), WCL_BAD_FILE, "encoded as another type"},
    {"graph as a number", CHANGE(MODEL, "\x38\x01"), WCL_BAD_FILE, "two graphs"},
    {"two graphs", CHANGE(MODEL, "\x3a\x00"), WCL_BAD_FILE, "two graphs"},
    {"functions", CHANGE(MODEL, "\xca\x01\x00"), WCL_UNSUPPORTED, "functions"},
    {"group", CHANGE(MODEL, "\x0b"), WCL_BAD_FILE, "unknown encoding"},
    {"field 0", CHANGE(MODEL, "\x00"), WCL_BAD_FILE, "impossible field number"},
    {"cut number", CHANGE(MODEL, "\x08\xff"), WCL_BAD_FILE, "a bad number"},
    {"cut field", CHANGE(MODEL, "\x72\x7f"), WCL_BAD_FILE, "longer than what is left"},
    {"metadata as a number", CHANGE(MODEL, "\x70\x01"), WCL_BAD_FILE, "encoded as another type"},
    {"metadata that is no text", CHANGE(MODEL, "\x72\x03\x12\x01\xff"), WCL_BAD_FILE, "no text"},
    {"the same opset again",
     CHANGE(MODEL, "\x42\x0b\x0a\x07"
                   "ai.onnx\x10\x0d"),
     WCL_OK, ""},
    {"another opset", CHANGE(MODEL, "\x42\x02\x10\x0c"), WCL_BAD_MODEL, "two versions"},
    {"a domain nobody uses", CHANGE(MODEL, "\x42\x05\x0a\x01z\x10\x63"), WCL_OK, ""},
    {"opset 6", CHANGE(OPSET, "\x10\x06"), WCL_UNSUPPORTED, "opset 6"},
    {"opset 22", CHANGE(OPSET, "\x10\x16"), WCL_UNSUPPORTED, "opset 22"},
    {"opset -1", CHANGE(OPSET, "\x10" TEN_FF), WCL_UNSUPPORTED, "opset -1"},
    {"no opset", CHANGE(OPSET, "\x0a\x01z"), WCL_BAD_MODEL, "which version"},
    {"sparse initializer", CHANGE(GRAPH, "\x7a\x00"), WCL_UNSUPPORTED, "sparse"},
    {"node without operator", CHANGE(GRAPH, "\x0a\x00"), WCL_BAD_MODEL, "no operator"},
    {"node as a number", CHANGE(GRAPH, "\x08\x00"), WCL_BAD_FILE, "encoded as another type"},
    {"unsupported operator", CHANGE(GRAPH, "\x0a\x0e\x12\x01q\x1a\x03odd\x22\x04Nope"), WCL_UNSUPPORTED, "Nope (node odd)"},
    {"all unsupported operators",
     CHANGE(GRAPH, "\x0a\x0e\x12\x01q\x1a\x03odd\x22\x04Nope\x0a\x0f\x12\x01r\x1a\x04"
                   "even\x22\x04Soso"),
     WCL_UNSUPPORTED, "Soso (node even)"},
    {"operator of another domain",
     CHANGE(GRAPH, "\x0a\x0b\x12\x01q\x22\x03"
                   "Add:\x01z"),
     WCL_UNSUPPORTED, "z.Add"},
    {"unsupported operator with a sub-graph", CHANGE(GRAPH, "\x0a\x13\x12\x01q\x22\x04Loop\x2a\x08\x0a\x01g\xa0\x01\x05\x32\x00"),
     WCL_UNSUPPORTED, "operator Loop"},
    {"unnamed initializer", CHANGE(GRAPH, "\x2a\x0a\x08\x01\x10\x01\x4a\x04\0\0\0\0"), WCL_BAD_MODEL, "no name"},
    {"initializer twice", CHANGE(GRAPH, "\x2a\x0f\x08\x01\x10\x01\x42\x03raw\x4a\x04\0\0\0\0"), WCL_BAD_MODEL, "twice"},
    {"unnamed output", CHANGE(GRAPH, "\x62\x00"), WCL_BAD_MODEL, "no name"},
    {"output of nothing", CHANGE(GRAPH, "\x62\x03\x0a\x01q"), WCL_BAD_MODEL, "q"},
    {"input without type", CHANGE(GRAPH, "\x5a\x03\x0a\x01q"), WCL_BAD_MODEL, "input q has no type"},
    {"input without shape", CHANGE(GRAPH, "\x5a\x09\x0a\x01q\x12\x04\x0a\x02\x08\x01"), WCL_UNSUPPORTED, "input q has no declared"},
    {"input that is a constant", CHANGE(GRAPH, "\x5a\x05\x0a\x03raw"), WCL_OK, ""},
    {"input that a node makes", CHANGE(INPUT, "\x0a\x01y"), WCL_BAD_MODEL, "y"},
    {"unnamed input", CHANGE(INPUT, "\x0a\x00"), WCL_BAD_MODEL, "no name"},
    {"sequence", CHANGE(TYPE, "\x22\x00"), WCL_UNSUPPORTED, "input x is of type sequence"},
    {"map", CHANGE(TYPE, "\x2a\x00"), WCL_UNSUPPORTED, "of type map"},
    {"optional", CHANGE(TYPE, "\x4a\x00"), WCL_UNSUPPORTED, "of type optional"},
    {"sparse input", CHANGE(TYPE, "\x42\x00"), WCL_UNSUPPORTED, "of type sparse tensor"},
    {"bfloat16 input", CHANGE(TENSOR_TYPE, "\x08\x10"), WCL_UNSUPPORTED, "bfloat16"},
    {"input of no type", CHANGE(TENSOR_TYPE, "\x08\x00"), WCL_BAD_MODEL, "type number 0"},
    {"shape as a number", CHANGE(TENSOR_TYPE, "\x10\x01"), WCL_BAD_FILE, "encoded as another type"},
    {"free dimension as -1", CHANGE(SHAPE, "\x0a\x0b\x08" TEN_FF), WCL_OK, ""},
    {"dimension -2", CHANGE(SHAPE, "\x0a\x0b\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), WCL_BAD_MODEL, "dimension -2"},
    {"nine dimensions", CHANGE(SHAPE, "\x0a\x00\x0a\x00\x0a\x00\x0a\x00\x0a\x00\x0a\x00\x0a\x00"), WCL_UNSUPPORTED, "more than 8"},
    {"operator named \"\"", CHANGE(NODE, "\x22\x00"), WCL_BAD_MODEL, "no operator"},
    {"control character in a name", CHANGE(NODE, "\x1a\x01\x1b"), WCL_BAD_FILE, "no text"},
    {"NUL in a name", CHANGE(NODE, "\x1a\x01\x00"), WCL_BAD_FILE, "no text"},
    {"cut UTF-8 in a name", CHANGE(NODE, "\x1a\x02\xe2\x82"), WCL_BAD_FILE, "no text"},
    {"overlong UTF-8", CHANGE(NODE, "\x1a\x02\xc0\xaf"), WCL_BAD_FILE, "no text"},
    {"surrogate", CHANGE(NODE, "\x1a\x03\xed\xa0\x80"), WCL_BAD_FILE, "no text"},
    {"UTF-8 name", CHANGE(NODE, "\x1a\x05\xc3\xa9\xe2\x82\xac"), WCL_OK, ""},
    {"the graph is cyclic", CHANGE(NODE, "\x12\x01z\x0a\x01z"), WCL_BAD_MODEL, "leaky"},
    {"unknown attribute", CHANGE(NODE, "\x2a\x08\x0a\x01q\x18\x01\xa0\x01\x02"), WCL_UNSUPPORTED, "attribute q"},
    {"type from the value", CHANGE(ATTRIBUTE, "\xa0\x01\x00"), WCL_OK, ""},
    {"attribute of type graph", CHANGE(ATTRIBUTE, "\xa0\x01\x05"), WCL_UNSUPPORTED, "attribute alpha: values of type graph"},
    {"attribute of type strings", CHANGE(ATTRIBUTE, "\xa0\x01\x08"), WCL_UNSUPPORTED, "strings"},
    {"attribute of type 77", CHANGE(ATTRIBUTE, "\xa0\x01\x4d"), WCL_BAD_MODEL, "no type that ONNX knows"},
    {"attribute of type -1", CHANGE(ATTRIBUTE, "\xa0\x01" TEN_FF), WCL_BAD_MODEL, "no type that ONNX knows"},
    {"attribute of a function", CHANGE(ATTRIBUTE, "\xaa\x01\x01p"), WCL_UNSUPPORTED, "function"},
    {"attribute without a name", CHANGE(ATTRIBUTE, "\x0a\x00"), WCL_BAD_MODEL, "no name"},
    {"attribute without its tensor", CHANGE(ATTRIBUTE, "\xa0\x01\x04"), WCL_BAD_MODEL, "no tensor"},
    {"float as an integer", CHANGE(ATTRIBUTE, "\x10\x01"), WCL_BAD_FILE, "encoded as another type"},
    {"damaged list", CHANGE(ATTRIBUTE, "\x3a\x03\0\0\0"), WCL_BAD_FILE, "a bad number in the list"},
    {"too few bytes", CHANGE(TENSOR, "\x08\x03"), WCL_BAD_MODEL, "tensor raw of 2x3 elements (float32) needs 24 bytes and has 8"},
    {"too many bytes", CHANGE(TENSOR, "\x4a\x09zzzzzzzzz"), WCL_BAD_MODEL, "has 9"},
    {"negative dimension", CHANGE(TENSOR, "\x08" TEN_FF), WCL_BAD_MODEL, "dimension -1"},
    {"elements overflow", CHANGE(TENSOR, "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40\x08\x04"), WCL_BAD_MODEL, "overflows"},
    {"bytes overflow", CHANGE(TENSOR, "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x20"), WCL_BAD_MODEL, "overflows"},
    {"tensor of nine dimensions", CHANGE(TENSOR, "\x0a\x08\x01\x01\x01\x01\x01\x01\x01\x01"), WCL_UNSUPPORTED, "9 dimensions"},
    {"bfloat16 tensor", CHANGE(TENSOR, "\x10\x10"), WCL_UNSUPPORTED, "tensor raw has elements of type bfloat16"},
    {"string tensor", CHANGE(TENSOR, "\x10\x08"), WCL_UNSUPPORTED, "string"},
    {"tensor of type 99", CHANGE(TENSOR, "\x10\x63"), WCL_UNSUPPORTED, "type number 99"},
    {"tensor of no type", CHANGE(TENSOR, "\x10\x00"), WCL_BAD_MODEL, "type number 0"},
    {"values twice", CHANGE(TENSOR, "\x25\0\0\0\0"), WCL_BAD_MODEL, "twice"},
    {"values of another type", CHANGE(TENSOR, "\x38\x01"), WCL_BAD_MODEL, "list of another type"},
    {"external without a file", CHANGE(TENSOR, "\x70\x01"), WCL_BAD_MODEL, "no name"},
    {"external of a model in memory", CHANGE(TENSOR, "\x70\x01\x6a\x0d\x0a\x08location\x12\x01z"), WCL_UNSUPPORTED,
     "external data"},
    {"place 2", CHANGE(TENSOR, "\x70\x02"), WCL_BAD_MODEL, "place number 2"},
    {"a value too many", CHANGE(LIST, "\x25\0\0\0\0"), WCL_BAD_MODEL, "tensor list of 1 elements holds 2 values"},
    {"values missing", CHANGE(LIST, "\x08\x7f"), WCL_BAD_MODEL, "holds 1 values"},
    {"huge and empty", CHANGE(LIST, "\x08\x80\x80\x80\x80\x80\x10"), WCL_BAD_MODEL, "holds 1 values"},
    {"cut list", CHANGE(LIST, "\x22\x03\0\0\0"), WCL_BAD_FILE, "a bad number in the list"},
};

static void test_changed_models(void **state)
{
    static proto bytes;
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(changes); i++) {
        wcl_model *model = (wcl_model *)&bytes;
        wcl_status status;
        const char *message;
        make_model(&bytes, &changes[i].change);
        status = load(&bytes, &model);
        message = wcl_last_error()->message;
        if (status != changes[i].status)
            fail_msg("%s: status %d: %s", changes[i].name, status, message);
        if ((status == WCL_OK) != (model != NULL))
            fail_msg("%s: the model and the status differ", changes[i].name);
        if (status != WCL_OK && (!strstr(message, changes[i].text) || strncmp(message, "model in memory: ", 17) != 0))
            fail_msg("%s: the message is: %s", changes[i].name, message);
        wcl_model_destroy(model);
    }
}

static int releases;
static void count_release(void *user)
{
    assert_ptr_equal(user, &releases);
    releases++;
}

static void test_release(void **state)
{
    static proto bytes;
    wcl_model *model;
    (void)state;
    make_model(&bytes, NULL);
    assert_int_equal(wcl_model_load_memory(bytes.data, bytes.bytes, count_release, &releases, &model), WCL_OK);
    assert_int_equal(releases, 0);
    wcl_model_destroy(model);
    assert_int_equal(releases, 1);
    assert_int_equal(wcl_model_load_memory(bytes.data, bytes.bytes - 1, count_release, &releases, &model), WCL_BAD_FILE);
    assert_int_equal(releases, 2);
    assert_int_equal(wcl_model_load_memory(bytes.data, 0, count_release, &releases, &model), WCL_BAD_FILE);
    assert_int_equal(releases, 3);
}

/* ------------------------------------------------------------------ files */

static const struct {
    const char *name, *location, *offset, *length;
    wcl_status status;
    const char *text;
} externals[] = {
    {"whole file", "whole", NULL, NULL, WCL_OK, ""},
    {"offset", "part", "4", NULL, WCL_OK, ""},
    {"offset and length", "part", "0", "8", WCL_OK, ""},
    {"no such file", "absent", NULL, NULL, WCL_NOT_FOUND, "absent: cannot open"},
    {"absolute path", "/etc/passwd", NULL, NULL, WCL_BAD_MODEL, "not in the model's folder"},
    {"parent", "../whole", NULL, NULL, WCL_BAD_MODEL, "not in the model's folder"},
    {"parent inside", "a/../../whole", NULL, NULL, WCL_BAD_MODEL, "not in the model's folder"},
    {"parent at the end", "a/..", NULL, NULL, WCL_BAD_MODEL, "not in the model's folder"},
    {"empty name", "", NULL, NULL, WCL_BAD_MODEL, "not in the model's folder"},
    {"the folder itself", ".", NULL, NULL, WCL_BAD_FILE, "is a folder"},
    {"file too long", "part", NULL, NULL, WCL_BAD_MODEL, "needs 8 bytes and has 12"},
    {"length too short", "part", "0", "7", WCL_BAD_MODEL, "needs 8 bytes and has 7"},
    {"offset behind the end", "whole", "9", NULL, WCL_BAD_FILE, "begins behind the end"},
    {"length behind the end", "whole", "1", "8", WCL_BAD_FILE, "ends behind the end"},
    {"negative offset", "whole", "-1", NULL, WCL_BAD_MODEL, "bad offset"},
    {"huge offset", "whole", "99999999999999999999999", NULL, WCL_BAD_MODEL, "bad offset"},
    {"offset in words", "whole", "4 ", NULL, WCL_BAD_MODEL, "bad offset"},
    {"empty length", "whole", "0", "", WCL_BAD_MODEL, "bad length"},
};

/* x + w with w in a file; twice, so that the file is wanted twice. */
static void make_external(proto *model, size_t i)
{
    proto graph = {.bytes = 0}, opset = {.bytes = 0}, output = {.bytes = 0};
    model->bytes = 0;
    for (int copy = 0; copy < 2; copy++) {
        proto tensor = {.bytes = 0};
        proto_int(&tensor, wcl__TensorProto_dims, 2);
        proto_int(&tensor, wcl__TensorProto_data_type, WCL_FLOAT32);
        proto_text(&tensor, wcl__TensorProto_name, copy ? "w2" : "w1");
        proto_entry(&tensor, wcl__TensorProto_external_data, "location", externals[i].location);
        if (externals[i].offset)
            proto_entry(&tensor, wcl__TensorProto_external_data, "offset", externals[i].offset);
        if (externals[i].length)
            proto_entry(&tensor, wcl__TensorProto_external_data, "length", externals[i].length);
        proto_int(&tensor, wcl__TensorProto_data_location, 1);
        proto_message(&graph, wcl__GraphProto_initializer, &tensor);
    }
    put_input(&graph, NULL);
    put_node(&graph, "Add", "first", "x", "w1", "s", NULL);
    put_node(&graph, "Add", "second", "s", "w2", "y", NULL);
    proto_text(&output, wcl__ValueInfoProto_name, "y");
    proto_message(&graph, wcl__GraphProto_output, &output);
    proto_int(&opset, wcl__OperatorSetIdProto_version, 21);
    proto_int(model, wcl__ModelProto_ir_version, 10);
    proto_message(model, wcl__ModelProto_opset_import, &opset);
    proto_message(model, wcl__ModelProto_graph, &graph);
}

static void test_external_data(void **state)
{
    static const float values[] = {1.5f, 1.5f, 1.5f};
    static proto bytes;
    char path[640];
    (void)state;
    write_file(temporary_path("whole"), values, 8);
    write_file(temporary_path("part"), values, 12);
    snprintf(path, sizeof path, "%s", temporary_path("external.onnx"));
    for (size_t i = 0; i < WCL__COUNT(externals); i++) {
        wcl_model *model = NULL;
        wcl_status status;
        make_external(&bytes, i);
        write_file(path, bytes.data, bytes.bytes);
        status = wcl_model_load(path, &model);
        if (status != externals[i].status || (status != WCL_OK && !strstr(wcl_last_error()->message, externals[i].text)))
            fail_msg("%s: status %d: %s", externals[i].name, status, wcl_last_error()->message);
        if (status == WCL_OK) {
            const wcl__source *w1 = find_value(model, "w1")->source, *w2 = find_value(model, "w2")->source;
            assert_memory_equal(w1->data, values, 8);
            assert_ptr_equal(w1->file, w2->file);
        }
        wcl_model_destroy(model);
    }
}

static void test_files(void **state)
{
    static const struct {
        const char *name, *contents;
        size_t bytes;
        wcl_status status;
    } files[] = {{"empty", "", 0, WCL_BAD_FILE},
                 {"png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16, WCL_BAD_FILE},
                 {"text", "Lorem ipsum dolor sit amet, consectetur\n", 40, WCL_BAD_FILE},
                 {"zeros", "\0\0\0\0\0\0\0\0", 8, WCL_BAD_FILE},
                 {"hdf5", "\x89HDF\r\n\x1a\n\0\0\0\0\0\0\0\0", 16, WCL_BAD_FILE},
                 {"zip", "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0", 16, WCL_BAD_FILE}};
    wcl_model *model;
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(files); i++) {
        char path[640];
        snprintf(path, sizeof path, "%s", temporary_path(files[i].name));
        write_file(path, files[i].contents, files[i].bytes);
        assert_int_equal(wcl_model_load(path, &model), files[i].status);
        assert_null(model);
        assert_string_equal(wcl_last_error()->file, path);
        assert_true(strncmp(wcl_last_error()->message, path, strlen(path)) == 0);
    }
    assert_int_equal(wcl_model_load(temporary_path("none"), &model), WCL_NOT_FOUND);
    assert_int_equal(wcl_model_load("/", &model), WCL_BAD_FILE);
    assert_int_equal(wcl_model_load(NULL, &model), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_model_load("", &model), WCL_BAD_ARGUMENT);
}

/* ------------------------------------------------------------------ damage */

/* A sanitizer reserves far more addresses than any limit that would mean something. */
static void limit_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
#endif
}

/* Loads it, whatever it is; the memory is exactly as large, so that a sanitizer sees each byte read behind its end. */
static wcl_status load_damaged(const char *what, size_t place, const unsigned char *bytes, size_t count)
{
    wcl_model *model = NULL;
    const wcl_status status = wcl_model_load_memory(bytes, count, NULL, NULL, &model);
    if (status == WCL_NO_MEMORY || (status == WCL_OK) != (model != NULL))
        fail_msg("%s at %zu: status %d: %s", what, place, status, wcl_last_error()->message);
    if (status != WCL_OK && !*wcl_last_error()->reason)
        fail_msg("%s at %zu: status %d without a reason", what, place, status);
    wcl_model_destroy(model);
    return status;
}

static void damage(const unsigned char *bytes, size_t count, const unsigned char *masks, size_t mask_count)
{
    unsigned char *copy = malloc(count);
    assert_non_null(copy);
    memcpy(copy, bytes, count);
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < mask_count; m++) {
            copy[i] ^= masks[m];
            (void)load_damaged("flipped", i, copy, count);
            copy[i] = bytes[i];
        }
    free(copy);
    for (size_t cut = 0; cut < count; cut++) {
        copy = malloc(cut + !cut);
        assert_non_null(copy);
        memcpy(copy, bytes, cut);
        (void)load_damaged("cut", cut, copy, cut);
        free(copy);
    }
}

static void test_damaged_small_model(void **state)
{
    static const unsigned char masks[] = {1, 2, 4, 8, 16, 32, 64, 128, 0xff, 0x7f};
    static proto bytes;
    (void)state;
    make_model(&bytes, NULL);
    damage(bytes.data, bytes.bytes, masks, sizeof masks);
}

static void test_damaged_export(void **state)
{
    static const unsigned char masks[] = {1, 0x80, 0xff};
    static unsigned char bytes[1 << 16];
    FILE *file = fopen(WINOCL_SOURCE_DIR "/tests/data/exports/pytorch.onnx", "rb");
    size_t count;
    (void)state;
    assert_non_null(file);
    count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_in_range(count, 1000, sizeof bytes - 1);
    assert_int_equal(load_damaged("whole", 0, bytes, count), WCL_OK);
    damage(bytes, count, masks, sizeof masks);
}

static void test_random_bytes(void **state)
{
    uint64_t seed = 20241124;
    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (size_t i = 0; i < 20000; i++) {
        unsigned char bytes[64];
        for (size_t b = 0; b < sizeof bytes; b += 8) {
            const uint64_t word = wcl__mix64(seed++);
            memcpy(bytes + b, &word, 8);
        }
        assert_int_not_equal(load_damaged("random", i, bytes, 1 + i % sizeof bytes), WCL_OK);
    }
}

static int clean(void **state)
{
    (void)state;
    clean_files();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_model),    cmocka_unit_test(test_changed_models), cmocka_unit_test(test_release),
        cmocka_unit_test(test_external_data),  cmocka_unit_test(test_files),          cmocka_unit_test(test_damaged_small_model),
        cmocka_unit_test(test_damaged_export), cmocka_unit_test(test_random_bytes),
    };
    limit_memory();
    return cmocka_run_group_tests(tests, NULL, clean);
}
