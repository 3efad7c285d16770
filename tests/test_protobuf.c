/* The reader of protobuf's wire format, and the field numbers of ONNX's messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/onnx_fields.h"
#include "formats/protobuf.h"

/* ------------------------------------------------------------------ the wire format */

static const struct {
    const char *name;
    const char *bytes;
    size_t length;
    bool good;
    uint64_t value; /* of the one field, where it is a varint */
} wires[] = {
    {"one byte", "\x08\x05", 2, true, 5},
    {"two bytes", "\x08\x96\x01", 3, true, 150},
    {"largest", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, true, UINT64_MAX},
    {"padded zero", "\x08\x80\x80\x00", 4, true, 0},
    {"65 bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, false, 0},
    {"eleven bytes", "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12, false, 0},
    {"cut number", "\x08\x96", 2, false, 0},
    {"cut tag", "\x88", 1, false, 0},
    {"no number", "\x08", 1, false, 0},
    {"field 0", "\x00\x01", 2, false, 0},
    {"field 2^29", "\x80\x80\x80\x80\x10\x01", 6, false, 0},
    {"group", "\x0b\x0c", 2, false, 0},
    {"encoding 7", "\x0f\x01", 2, false, 0},
    {"cut fixed32", "\x0d\x01\x02\x03", 4, false, 0},
    {"cut fixed64", "\x09\x01\x02\x03\x04\x05\x06\x07", 8, false, 0},
    {"bytes over the end", "\x0a\x02x", 3, false, 0},
    {"huge length", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, false, 0},
    {"cut length", "\x0a\xff", 2, false, 0},
};

static void test_wire_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(wires); i++) {
        wcl__pb reader;
        wcl__pb_field field;
        wcl_status status;
        wcl__pb_open(&reader, wires[i].bytes, wires[i].length);
        status = wcl__pb_next(&reader, &field);
        if (status != (wires[i].good ? WCL_OK : WCL_BAD_FILE))
            fail_msg("%s: %s", wires[i].name, wcl_last_error()->message);
        if (!wires[i].good)
            continue;
        if (field.number != 1 || field.value != wires[i].value)
            fail_msg("%s: field %u is %llu", wires[i].name, field.number, (unsigned long long)field.value);
        assert_int_equal(wcl__pb_next(&reader, &field), WCL_OK);
        assert_int_equal(field.number, 0);
    }
}

static void test_nesting_is_bounded(void **state)
{
    unsigned char nested[64];
    size_t start = sizeof nested;
    wcl__pb reader;
    wcl__pb_field field;
    wcl_status status = WCL_OK;
    int depth = 0;
    (void)state;
    for (unsigned char length = 0; start >= 2; length = (unsigned char)(length + 2)) {
        nested[--start] = length;
        nested[--start] = 0x0a;
    }
    wcl__pb_open(&reader, nested, sizeof nested);
    for (; depth < 40 && status == WCL_OK; depth++) {
        assert_int_equal(wcl__pb_next(&reader, &field), WCL_OK);
        status = wcl__pb_message(&reader, &field, &reader);
    }
    assert_int_equal(status, WCL_BAD_FILE);
    assert_int_equal(depth, WCL__PB_MAX_DEPTH + 1);
}

/* ------------------------------------------------------------------ the field numbers */

static const char *const protos[] = {"/usr/include/onnx/onnx.proto",
                                     "/usr/lib/python3/dist-packages/onnx/onnx.proto"};

static char *read_proto(void)
{
    for (size_t i = 0; i < WCL__COUNT(protos); i++) {
        FILE *file = fopen(protos[i], "rb");
        char *text;
        size_t bytes;
        if (!file)
            continue;
        text = calloc(1, 1 << 18);
        assert_non_null(text);
        bytes = fread(text, 1, (1 << 18) - 1, file);
        fclose(file);
        assert_true(bytes > 10000);
        return text;
    }
    return NULL;
}

/* Copies the text of `message NAME {...}`. */
static void message_text(const char *text, const char *kind, const char *name, char *out, size_t bytes)
{
    char head[80];
    const char *start, *at;
    int depth = 0;
    snprintf(head, sizeof head, "%s %s {", kind, name);
    start = strstr(text, head);
    if (!start)
        fail_msg("onnx.proto has no %s", head);
    for (at = strchr(start, '{'); *at && (depth += *at == '{', depth -= *at == '}', depth); at++)
        ;
    assert_true((size_t)(at - start) < bytes);
    memcpy(out, start, (size_t)(at - start));
    out[at - start] = '\0';
}

static void expect_number(const char *text, const char *kind, const char *message, const char *field,
                          int number)
{
    static char body[1 << 16];
    char line[120];
    message_text(text, kind, message, body, sizeof body);
    snprintf(line, sizeof line, " %s = ", field);
    if (!strstr(body, line))
        fail_msg("onnx.proto: %s has no %s", message, field);
    assert_int_equal(atoi(strstr(body, line) + strlen(line)), number);
}

static void test_field_numbers(void **state)
{
    static const struct {
        const char *message, *field;
        int number;
    } fields[] = {
#define FIELD(message, field, number) {#message, #field, number},
        WCL__ONNX_FIELDS(FIELD)};
    static const struct {
        const char *kind, *name;
        int number;
    } values[] = {
        {"DataType", "FLOAT", WCL_FLOAT32},
        {"DataType", "UINT8", WCL_UINT8},
        {"DataType", "INT8", WCL_INT8},
        {"DataType", "UINT16", WCL_UINT16},
        {"DataType", "INT16", WCL_INT16},
        {"DataType", "INT32", WCL_INT32},
        {"DataType", "INT64", WCL_INT64},
        {"DataType", "STRING", WCL_STRING},
        {"DataType", "BOOL", WCL_BOOL},
        {"DataType", "FLOAT16", WCL_FLOAT16},
        {"DataType", "DOUBLE", WCL_FLOAT64},
        {"DataType", "UINT32", WCL_UINT32},
        {"DataType", "UINT64", WCL_UINT64},
        {"DataLocation", "EXTERNAL", 1},
        {"AttributeType", "FLOAT", WCL_ATTRIBUTE_FLOAT},
        {"AttributeType", "INT", WCL_ATTRIBUTE_INT},
        {"AttributeType", "STRING", WCL_ATTRIBUTE_STRING},
        {"AttributeType", "TENSOR", WCL_ATTRIBUTE_TENSOR},
        {"AttributeType", "FLOATS", WCL_ATTRIBUTE_FLOATS},
        {"AttributeType", "INTS", WCL_ATTRIBUTE_INTS},
        {"AttributeType", "GRAPH", 5},
        {"AttributeType", "STRINGS", 8},
    };
    char *text = read_proto();
    (void)state;
    if (!text) {
        print_message("skipped: onnx.proto is not installed (Debian's libonnx-dev has it)\n");
        skip();
    }
    for (size_t i = 0; i < WCL__COUNT(fields); i++)
        expect_number(text, "message", fields[i].message, fields[i].field, fields[i].number);
    for (size_t i = 0; i < WCL__COUNT(values); i++)
        expect_number(text, "enum", values[i].kind, values[i].name, values[i].number);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_format),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_field_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
