/* The ONNX reader: a small model, and what is wrong with a changed one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/onnx_read.h"
#include "model/model.h"
#include "support/onnx_model.h"

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
    assert_memory_equal(raw->source->data, small_weights, sizeof small_weights);
    assert_int_equal(list->source->bytes, sizeof(float));
    assert_memory_equal(list->source->data, small_weights, sizeof(float));
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
    {"NUL in metadata", CHANGE(MODEL, "\x72\x03\x12\x01\x00"), WCL_BAD_FILE, "no text"},
    {"the same opset again",
     CHANGE(MODEL, "\x42\x0b\x0a\x07"
                   "ai.onnx\x10\x0d"),
     WCL_OK, ""},
    {"another opset", CHANGE(MODEL, "\x42\x02\x10\x0c"), WCL_BAD_MODEL, "two versions"},
    {"a domain nobody uses", CHANGE(MODEL, "\x42\x05\x0a\x01z\x10\x63"), WCL_OK, ""},
    {"opset 0", CHANGE(OPSET, "\x10\x00"), WCL_UNSUPPORTED, "opset 0"},
    {"opset 22", CHANGE(OPSET, "\x10\x16"), WCL_UNSUPPORTED, "opset 22"},
    {"opset -1", CHANGE(OPSET, "\x10" TEN_FF), WCL_UNSUPPORTED, "opset -1"},
    {"no opset", CHANGE(OPSET, "\x0a\x01z"), WCL_BAD_MODEL, "which version"},
    {"sparse initializer", CHANGE(GRAPH, "\x7a\x00"), WCL_UNSUPPORTED, "sparse"},
    {"node without operator", CHANGE(GRAPH, "\x0a\x00"), WCL_BAD_MODEL, "no operator"},
    {"node as a number", CHANGE(GRAPH, "\x08\x00"), WCL_BAD_FILE, "encoded as another type"},
    {"unsupported operator", CHANGE(GRAPH, "\x0a\x0e\x12\x01q\x1a\x03odd\x22\x04Nope"), WCL_UNSUPPORTED,
     "node odd: unsupported: Nope (unknown operator)"},
    {"all unsupported operators",
     CHANGE(GRAPH, "\x0a\x0e\x12\x01q\x1a\x03odd\x22\x04Nope\x0a\x0f\x12\x01r\x1a\x04"
                   "even\x22\x04Soso"),
     WCL_UNSUPPORTED, "Nope, node odd (unknown operator); Soso, node even (unknown operator)"},
    {"operator of another domain",
     CHANGE(GRAPH, "\x0a\x0b\x12\x01q\x22\x03"
                   "Add:\x01z"),
     WCL_UNSUPPORTED, "z.Add"},
    {"unsupported operator with a sub-graph",
     CHANGE(GRAPH, "\x0a\x13\x12\x01q\x22\x04Loop\x2a\x08\x0a\x01g\xa0\x01\x05\x32\x00"), WCL_UNSUPPORTED,
     "Loop (unknown operator)"},
    {"unnamed initializer", CHANGE(GRAPH, "\x2a\x0a\x08\x01\x10\x01\x4a\x04\0\0\0\0"), WCL_BAD_MODEL,
     "no name"},
    {"initializer twice", CHANGE(GRAPH, "\x2a\x0f\x08\x01\x10\x01\x42\x03raw\x4a\x04\0\0\0\0"), WCL_BAD_MODEL,
     "twice"},
    {"unnamed output", CHANGE(GRAPH, "\x62\x00"), WCL_BAD_MODEL, "no name"},
    {"output of nothing", CHANGE(GRAPH, "\x62\x03\x0a\x01q"), WCL_BAD_MODEL, "q"},
    {"input without type", CHANGE(GRAPH, "\x5a\x03\x0a\x01q"), WCL_BAD_MODEL, "input q has no type"},
    {"input without shape", CHANGE(GRAPH, "\x5a\x09\x0a\x01q\x12\x04\x0a\x02\x08\x01"), WCL_UNSUPPORTED,
     "input q has no declared"},
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
    {"dimension -2", CHANGE(SHAPE, "\x0a\x0b\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), WCL_BAD_MODEL,
     "dimension -2"},
    {"nine dimensions", CHANGE(SHAPE, "\x0a\x00\x0a\x00\x0a\x00\x0a\x00\x0a\x00\x0a\x00\x0a\x00"),
     WCL_UNSUPPORTED, "more than 8"},
    {"operator named \"\"", CHANGE(NODE, "\x22\x00"), WCL_BAD_MODEL, "no operator"},
    {"control character in a name", CHANGE(NODE, "\x1a\x01\x1b"), WCL_BAD_FILE, "no text"},
    {"NUL in a name", CHANGE(NODE, "\x1a\x01\x00"), WCL_BAD_FILE, "no text"},
    {"cut UTF-8 in a name", CHANGE(NODE, "\x1a\x02\xe2\x82"), WCL_BAD_FILE, "no text"},
    {"overlong UTF-8", CHANGE(NODE, "\x1a\x02\xc0\xaf"), WCL_BAD_FILE, "no text"},
    {"surrogate", CHANGE(NODE, "\x1a\x03\xed\xa0\x80"), WCL_BAD_FILE, "no text"},
    {"UTF-8 name", CHANGE(NODE, "\x1a\x05\xc3\xa9\xe2\x82\xac"), WCL_OK, ""},
    {"the graph is cyclic", CHANGE(NODE, "\x12\x01z\x0a\x01z"), WCL_BAD_MODEL, "leaky"},
    {"unknown attribute", CHANGE(NODE, "\x2a\x08\x0a\x01q\x18\x01\xa0\x01\x02"), WCL_UNSUPPORTED,
     "LeakyRelu (unknown attribute q)"},
    {"type from the value", CHANGE(ATTRIBUTE, "\xa0\x01\x00"), WCL_OK, ""},
    {"attribute of type graph", CHANGE(ATTRIBUTE, "\xa0\x01\x05"), WCL_UNSUPPORTED,
     "attribute alpha: values of type graph"},
    {"attribute of type strings", CHANGE(ATTRIBUTE, "\xa0\x01\x08"), WCL_UNSUPPORTED, "strings"},
    {"attribute of type 77", CHANGE(ATTRIBUTE, "\xa0\x01\x4d"), WCL_BAD_MODEL, "no type that ONNX knows"},
    {"attribute of type -1", CHANGE(ATTRIBUTE, "\xa0\x01" TEN_FF), WCL_BAD_MODEL, "no type that ONNX knows"},
    {"attribute of a function", CHANGE(ATTRIBUTE, "\xaa\x01\x01p"), WCL_UNSUPPORTED, "function"},
    {"attribute without a name", CHANGE(ATTRIBUTE, "\x0a\x00"), WCL_BAD_MODEL, "no name"},
    {"attribute without its tensor", CHANGE(ATTRIBUTE, "\xa0\x01\x04"), WCL_BAD_MODEL, "no tensor"},
    {"float as an integer", CHANGE(ATTRIBUTE, "\x10\x01"), WCL_BAD_FILE, "encoded as another type"},
    {"damaged list", CHANGE(ATTRIBUTE, "\x3a\x03\0\0\0"), WCL_BAD_FILE, "a bad number in the list"},
    {"too few bytes", CHANGE(TENSOR, "\x08\x03"), WCL_BAD_MODEL,
     "tensor raw of 2x3 elements (float32) needs 24 bytes and has 8"},
    {"too many bytes", CHANGE(TENSOR, "\x4a\x09zzzzzzzzz"), WCL_BAD_MODEL, "has 9"},
    {"negative dimension", CHANGE(TENSOR, "\x08" TEN_FF), WCL_BAD_MODEL, "dimension -1"},
    {"elements overflow", CHANGE(TENSOR, "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40\x08\x04"), WCL_BAD_MODEL,
     "overflows"},
    {"bytes overflow", CHANGE(TENSOR, "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x20"), WCL_BAD_MODEL,
     "overflows"},
    {"tensor of nine dimensions", CHANGE(TENSOR, "\x0a\x08\x01\x01\x01\x01\x01\x01\x01\x01"), WCL_UNSUPPORTED,
     "9 dimensions"},
    {"bfloat16 tensor", CHANGE(TENSOR, "\x10\x10"), WCL_UNSUPPORTED,
     "tensor raw has elements of type bfloat16"},
    {"string tensor", CHANGE(TENSOR, "\x10\x08"), WCL_UNSUPPORTED, "string"},
    {"tensor of type 99", CHANGE(TENSOR, "\x10\x63"), WCL_UNSUPPORTED, "type number 99"},
    {"tensor of no type", CHANGE(TENSOR, "\x10\x00"), WCL_BAD_MODEL, "type number 0"},
    {"values twice", CHANGE(TENSOR, "\x25\0\0\0\0"), WCL_BAD_MODEL, "twice"},
    {"values of another type", CHANGE(TENSOR, "\x38\x01"), WCL_BAD_MODEL, "list of another type"},
    {"external without a file", CHANGE(TENSOR, "\x70\x01"), WCL_BAD_MODEL, "no name"},
    {"external of a model in memory", CHANGE(TENSOR, "\x70\x01\x6a\x0d\x0a\x08location\x12\x01z"),
     WCL_UNSUPPORTED, "external data"},
    {"place 2", CHANGE(TENSOR, "\x70\x02"), WCL_BAD_MODEL, "place number 2"},
    {"a value too many", CHANGE(LIST, "\x25\0\0\0\0"), WCL_BAD_MODEL,
     "tensor list of 1 elements holds 2 values"},
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
        if (status != WCL_OK &&
            (!strstr(message, changes[i].text) || strncmp(message, "model in memory: ", 17) != 0))
            fail_msg("%s: the message is: %s", changes[i].name, message);
        wcl_model_destroy(model);
    }
}

static void put_attribute(proto *node, const char *name, int type, bool typed, const proto *value)
{
    proto attribute = {.bytes = 0};
    proto_text(&attribute, wcl__AttributeProto_name, name);
    proto_raw(&attribute, value->data, value->bytes);
    if (typed)
        proto_int(&attribute, wcl__AttributeProto_type, type);
    proto_message(node, wcl__NodeProto_attribute, &attribute);
}

/* Constant and MaxPool nodes that have every kind of attribute, lists packed or not, with or without
 * a type. */
static void put_attributes(proto *graph, bool packed, bool typed)
{
    static const float reals[] = {0.5f, -3};
    proto constant = {.bytes = 0}, pool = {.bytes = 0}, value = {.bytes = 0}, tensor = {.bytes = 0};
    proto_int(&tensor, wcl__TensorProto_data_type, WCL_INT64);
    proto_int(&tensor, wcl__TensorProto_int64_data, -7);
    proto_message(&value, wcl__AttributeProto_t, &tensor);
    put_attribute(&constant, "value", WCL_ATTRIBUTE_TENSOR, typed, &value);
    value.bytes = 0;
    proto_float(&value, wcl__AttributeProto_f, 1.25f);
    put_attribute(&constant, "value_float", WCL_ATTRIBUTE_FLOAT, typed, &value);
    value.bytes = 0;
    proto_int(&value, wcl__AttributeProto_i, INT64_MIN);
    put_attribute(&constant, "value_int", WCL_ATTRIBUTE_INT, typed, &value);
    value.bytes = 0;
    if (packed)
        proto_bytes(&value, wcl__AttributeProto_floats, reals, sizeof reals);
    for (int i = 0; i < 2 && !packed; i++)
        proto_float(&value, wcl__AttributeProto_floats, reals[i]);
    put_attribute(&constant, "value_floats", WCL_ATTRIBUTE_FLOATS, typed, &value);
    value.bytes = 0;
    if (packed)
        proto_bytes(&value, wcl__AttributeProto_ints, "\x05\xac\x02", 3);
    for (int i = 0; i < 2 && !packed; i++)
        proto_int(&value, wcl__AttributeProto_ints, i ? 300 : 5);
    put_attribute(&constant, "value_ints", WCL_ATTRIBUTE_INTS, typed, &value);
    proto_text(&constant, wcl__NodeProto_output, "k");
    proto_text(&constant, wcl__NodeProto_op_type, "Constant");
    proto_message(graph, wcl__GraphProto_node, &constant);
    value.bytes = 0;
    proto_text(&value, wcl__AttributeProto_s, "SAME_UPPER");
    put_attribute(&pool, "auto_pad", WCL_ATTRIBUTE_STRING, typed, &value);
    proto_text(&pool, wcl__NodeProto_input, "x");
    proto_text(&pool, wcl__NodeProto_output, "m");
    proto_text(&pool, wcl__NodeProto_op_type, "MaxPool");
    proto_message(graph, wcl__GraphProto_node, &pool);
}

static const wcl__attr *find_attribute(const wcl_model *model, const char *name, wcl_attribute_kind kind)
{
    for (size_t n = 0; n < model->node_count; n++)
        for (size_t a = 0; a < model->nodes[n].attr_count; a++)
            if (strcmp(model->nodes[n].attrs[a].name, name) == 0 && model->nodes[n].attrs[a].kind == kind)
                return &model->nodes[n].attrs[a];
    fail_msg("no attribute %s of kind %d", name, kind);
    return NULL;
}

static void test_attributes(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        static proto bytes;
        proto extra = {.bytes = 0};
        struct change more = {GRAPH, (const char *)extra.data, 0};
        wcl_model *model = NULL;
        const wcl__attr *value;
        put_attributes(&extra, way & 1, way & 2);
        more.length = extra.bytes;
        make_model(&bytes, &more);
        if (load(&bytes, &model) != WCL_OK)
            fail_msg("way %d: %s", way, wcl_last_error()->message);
        value = find_attribute(model, "value", WCL_ATTRIBUTE_TENSOR);
        assert_int_equal(value->tensor->shape.rank, 0);
        assert_int_equal(wcl__read_int(value->tensor->type, value->tensor->data, 0), -7);
        assert_float_equal(find_attribute(model, "value_float", WCL_ATTRIBUTE_FLOAT)->f, 1.25f, 0);
        assert_true(find_attribute(model, "value_int", WCL_ATTRIBUTE_INT)->i == INT64_MIN);
        value = find_attribute(model, "value_floats", WCL_ATTRIBUTE_FLOATS);
        assert_int_equal(value->count, 2);
        assert_float_equal(value->floats[0], 0.5f, 0);
        assert_float_equal(value->floats[1], -3, 0);
        value = find_attribute(model, "value_ints", WCL_ATTRIBUTE_INTS);
        assert_int_equal(value->count, 2);
        assert_int_equal(value->ints[0], 5);
        assert_int_equal(value->ints[1], 300);
        assert_string_equal(find_attribute(model, "auto_pad", WCL_ATTRIBUTE_STRING)->s, "SAME_UPPER");
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
    assert_int_equal(wcl_model_load_memory(bytes.data, bytes.bytes, count_release, &releases, &model),
                     WCL_OK);
    assert_int_equal(releases, 0);
    wcl_model_destroy(model);
    assert_int_equal(releases, 1);
    assert_int_equal(wcl_model_load_memory(bytes.data, bytes.bytes - 1, count_release, &releases, &model),
                     WCL_BAD_FILE);
    assert_int_equal(releases, 2);
    assert_int_equal(wcl_model_load_memory(bytes.data, 0, count_release, &releases, &model), WCL_BAD_FILE);
    assert_int_equal(releases, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_model),
        cmocka_unit_test(test_changed_models),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
