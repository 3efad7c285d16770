/* Tensors in files: .npy both ways, .pb. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "formats/onnx_fields.h"
#include "support/fake_memory.h"
#include "support/onnx_writer.h"

static const wcl_type types[] = {WCL_FLOAT32, WCL_UINT8, WCL_INT8,    WCL_UINT16,  WCL_INT16,  WCL_INT32,
                                 WCL_INT64,   WCL_BOOL,  WCL_FLOAT16, WCL_FLOAT64, WCL_UINT32, WCL_UINT64};

static const struct {
    const char *name;
    int rank;
    int64_t dims[WCL_MAX_RANK];
} shapes[] = {
    {"scalar", 0, {0}},           {"one", 1, {1}},      {"vector", 1, {5}},
    {"picture", 4, {1, 3, 2, 5}}, {"empty", 2, {0, 7}}, {"eight dimensions", 8, {1, 2, 1, 2, 1, 2, 1, 2}},
};

static char path[640];
static const char *make_path(const char *name)
{
    snprintf(path, sizeof path, "%s", temporary_path(name));
    return path;
}

static void test_round_trip(void **state)
{
    (void)state;
    make_path("round.npy");
    write_file(path, "", 0);
    for (size_t t = 0; t < WCL__COUNT(types); t++)
        for (size_t s = 0; s < WCL__COUNT(shapes); s++) {
            unsigned char data[512];
            wcl_tensor tensor = {.type = types[t], .rank = shapes[s].rank, .data = data}, again;
            size_t count = 1;
            memcpy(tensor.dims, shapes[s].dims, sizeof tensor.dims);
            for (int d = 0; d < tensor.rank; d++)
                count *= (size_t)tensor.dims[d];
            tensor.bytes = count * wcl_type_size(types[t]);
            for (size_t i = 0; i < sizeof data; i++)
                data[i] = (unsigned char)(i * 37 + t);
            if (wcl_tensor_save(path, &tensor) != WCL_OK || wcl_tensor_load(path, &again) != WCL_OK)
                fail_msg("%s %s: %s", wcl_type_name(types[t]), shapes[s].name, wcl_last_error()->message);
            if (again.type != tensor.type || again.rank != tensor.rank || again.bytes != tensor.bytes ||
                !again.data || memcmp(again.dims, tensor.dims, sizeof tensor.dims) != 0 ||
                memcmp(again.data, data, tensor.bytes) != 0)
                fail_msg("%s %s: comes back changed", wcl_type_name(types[t]), shapes[s].name);
            wcl_tensor_clear(&again);
            assert_null(again.data);
        }
}

/* What numpy (1.23 and later) writes for these arrays, byte by byte. */
static void test_npy_is_numpys(void **state)
{
    static const struct {
        int rank;
        int64_t dims[WCL_MAX_RANK];
        const char *header;
    } cases[] = {
        {0, {0}, "{'descr': '<i2', 'fortran_order': False, 'shape': (), }"},
        {1, {3}, "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }"},
        {2, {3, 4}, "{'descr': '<i2', 'fortran_order': False, 'shape': (3, 4), }"},
    };
    (void)state;
    make_path("header.npy");
    write_file(path, "", 0);
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        short data[12] = {1, 2, 3};
        unsigned char expected[128 + sizeof data], got[256];
        wcl_tensor tensor = {.type = WCL_INT16, .rank = cases[i].rank, .data = data};
        FILE *file;
        size_t bytes;
        memcpy(tensor.dims, cases[i].dims, sizeof tensor.dims);
        tensor.bytes = (cases[i].rank ? (cases[i].rank == 1 ? 3u : 12u) : 1u) * sizeof *data;
        assert_int_equal(wcl_tensor_save(path, &tensor), WCL_OK);
        memset(expected, ' ', sizeof expected);
        memcpy(expected, "\x93NUMPY\x01\x00\x76\x00", 10);
        memcpy(expected + 10, cases[i].header, strlen(cases[i].header));
        expected[127] = '\n';
        memcpy(expected + 128, data, sizeof data);
        file = fopen(path, "rb");
        assert_non_null(file);
        bytes = fread(got, 1, sizeof got, file);
        fclose(file);
        assert_int_equal(bytes, 128 + tensor.bytes);
        assert_memory_equal(got, expected, bytes);
    }
}

static void test_numpys_own_file(void **state)
{
    wcl_tensor tensor;
    double sum = 0;
    (void)state;
    assert_int_equal(wcl_tensor_load(WINOCL_SOURCE_DIR "/tests/data/exports/output.npy", &tensor), WCL_OK);
    assert_int_equal(tensor.type, WCL_FLOAT32);
    assert_int_equal(tensor.rank, 2);
    assert_int_equal(tensor.dims[0], 3);
    assert_int_equal(tensor.dims[1], 10);
    assert_int_equal(tensor.bytes, 120);
    for (int i = 0; i < 30; i++)
        sum += ((const float *)tensor.data)[i];
    assert_float_equal(sum, 3, 1e-5); /* three rows of probabilities */
    wcl_tensor_clear(&tensor);
}

static const struct {
    const char *name;
    int version;
    const char *header;
    size_t bytes; /* of values behind it */
    wcl_status status;
    const char *text;
} headers[] = {
    {"version 1", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 12, WCL_OK, ""},
    {"version 2", 2, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 12, WCL_OK, ""},
    {"version 3", 3, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 12, WCL_OK, ""},
    {"version 4", 4, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 12, WCL_UNSUPPORTED,
     "version 4"},
    {"version 0", 0, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 12, WCL_BAD_FILE,
     "version 0"},
    {"another order of keys", 1, "{\"shape\":(3L,),'fortran_order':False,'descr':'<f4'}\n", 12, WCL_OK, ""},
    {"one byte with <", 1, "{'descr': '<u1', 'fortran_order': False, 'shape': (12,), }", 12, WCL_OK, ""},
    {"Fortran order", 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (3,), }", 12, WCL_UNSUPPORTED,
     "Fortran"},
    {"big-endian", 1, "{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }", 12, WCL_UNSUPPORTED,
     "big-endian"},
    {"complex", 1, "{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }", 24, WCL_UNSUPPORTED,
     "type <c8"},
    {"strings", 1, "{'descr': '<U4', 'fortran_order': False, 'shape': (3,), }", 48, WCL_UNSUPPORTED,
     "type <U4"},
    {"objects", 1, "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", 24, WCL_UNSUPPORTED,
     "type |O"},
    {"no type", 1, "{'descr': '', 'fortran_order': False, 'shape': (3,), }", 12, WCL_UNSUPPORTED, "type"},
    {"records", 1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }", 12, WCL_UNSUPPORTED,
     "records"},
    {"too few values", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 11, WCL_BAD_FILE,
     "needs 12 bytes of values"},
    {"too many values", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 13, WCL_BAD_FILE,
     "the file has 13"},
    {"overflow", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", 12,
     WCL_BAD_FILE, "overflow"},
    {"bytes overflow", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,), }", 12,
     WCL_BAD_FILE, "overflow"},
    {"a size over 64 bits", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
     12, WCL_BAD_FILE, "bad dimension"},
    {"negative size", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }", 12, WCL_BAD_FILE,
     "bad dimension"},
    {"nine dimensions", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,1,1,1,1,1,1,1,1), }", 12,
     WCL_UNSUPPORTED, "more than 8"},
    {"no shape", 1, "{'descr': '<f4', 'fortran_order': False, }", 12, WCL_BAD_FILE, "missing"},
    {"shape twice", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'shape': (3,), }", 12,
     WCL_BAD_FILE, "twice"},
    {"unknown key", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'more': 1}", 12, WCL_BAD_FILE,
     "unknown key"},
    {"neither True nor False", 1, "{'descr': '<f4', 'fortran_order': None, 'shape': (3,), }", 12,
     WCL_BAD_FILE, "neither"},
    {"no dictionary", 1, "import os", 12, WCL_BAD_FILE, "dictionary"},
    {"cut dictionary", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3", 12, WCL_BAD_FILE,
     "bad shape"},
    {"cut string", 1, "{'descr': '<f4", 12, WCL_BAD_FILE, "element type"},
    {"something behind", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } x", 12, WCL_BAD_FILE,
     "behind"},
    {"escape", 1, "{'de\\x73cr': '<f4', 'fortran_order': False, 'shape': (3,), }", 12, WCL_BAD_FILE, "key"},
    {"empty header", 1, "", 12, WCL_BAD_FILE, "dictionary"},
};

static size_t make_npy(unsigned char *out, size_t i)
{
    const size_t length = strlen(headers[i].header), start = headers[i].version == 1 ? 10 : 12;
    memset(out, 0, 512);
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (unsigned char)headers[i].version;
    out[8] = (unsigned char)length;
    memcpy(out + start, headers[i].header, length);
    for (size_t b = 0; b < headers[i].bytes; b++)
        out[start + length + b] = (unsigned char)(b + 1);
    return start + length + headers[i].bytes;
}

static void test_npy_headers(void **state)
{
    (void)state;
    make_path("case.npy");
    for (size_t i = 0; i < WCL__COUNT(headers); i++) {
        unsigned char file[512];
        wcl_tensor tensor = {.rank = 5};
        wcl_status status;
        write_file(path, file, make_npy(file, i));
        status = wcl_tensor_load(path, &tensor);
        if (status != headers[i].status ||
            (status != WCL_OK && !strstr(wcl_last_error()->message, headers[i].text)))
            fail_msg("%s: status %d: %s", headers[i].name, status, wcl_last_error()->message);
        if (status == WCL_OK &&
            (tensor.bytes != 12 || memcmp(tensor.data, "\1\2\3\4\5\6\7\10\11\12\13\14", 12) != 0))
            fail_msg("%s: other values", headers[i].name);
        if (status != WCL_OK && (tensor.data || strcmp(wcl_last_error()->file, path) != 0))
            fail_msg("%s: data or no file after a failure", headers[i].name);
        wcl_tensor_clear(&tensor);
    }
}

/* Every cut and every flipped byte of a file: an error or a tensor, never a crash. */
static void test_damaged_npy(void **state)
{
    unsigned char file[512];
    const size_t bytes = make_npy(file, 0);
    wcl_tensor tensor;
    (void)state;
    make_path("damaged.npy");
    for (size_t cut = 0; cut < bytes; cut++) {
        write_file(path, file, cut);
        assert_int_equal(wcl_tensor_load(path, &tensor), WCL_BAD_FILE);
    }
    for (size_t i = 0; i < bytes - 12; i++)
        for (int bit = 0; bit < 8; bit++) {
            wcl_status status;
            file[i] ^= (unsigned char)(1 << bit);
            write_file(path, file, bytes);
            status = wcl_tensor_load(path, &tensor);
            assert_true(status == WCL_OK || status == WCL_BAD_FILE || status == WCL_UNSUPPORTED);
            wcl_tensor_clear(&tensor);
            file[i] ^= (unsigned char)(1 << bit);
        }
}

/* ------------------------------------------------------------------ TensorProto */

enum list_kind { FLOATS, VARINTS, DOUBLES };

/* Values in the list that belongs to the type, and their bytes in memory. */
static const struct {
    const char *name;
    wcl_type type;
    uint32_t field;
    enum list_kind kind;
    double reals[3];
    int64_t ints[3];
    const char *expected;
} lists[] = {
    {"float32",
     WCL_FLOAT32,
     wcl__TensorProto_float_data,
     FLOATS,
     {1, -2, 0.5},
     {0},
     "\0\0\x80\x3f\0\0\0\xc0\0\0\0\x3f"},
    {"uint8", WCL_UINT8, wcl__TensorProto_int32_data, VARINTS, {0}, {0, 200, 255}, "\0\xc8\xff"},
    {"int8", WCL_INT8, wcl__TensorProto_int32_data, VARINTS, {0}, {-128, -1, 127}, "\x80\xff\x7f"},
    {"uint16", WCL_UINT16, wcl__TensorProto_int32_data, VARINTS, {0}, {0, 258, 65535}, "\0\0\2\1\xff\xff"},
    {"int16", WCL_INT16, wcl__TensorProto_int32_data, VARINTS, {0}, {-32768, -1, 258}, "\0\x80\xff\xff\2\1"},
    {"int32",
     WCL_INT32,
     wcl__TensorProto_int32_data,
     VARINTS,
     {0},
     {-2, 16909060, 0},
     "\xfe\xff\xff\xff\4\3\2\1\0\0\0\0"},
    {"int32, negative in five bytes",
     WCL_INT32,
     wcl__TensorProto_int32_data,
     VARINTS,
     {0},
     {4294967294, 1, 0},
     "\xfe\xff\xff\xff\1\0\0\0\0\0\0\0"},
    {"int64",
     WCL_INT64,
     wcl__TensorProto_int64_data,
     VARINTS,
     {0},
     {-1, 1, INT64_MIN},
     "\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80"},
    {"bool", WCL_BOOL, wcl__TensorProto_int32_data, VARINTS, {0}, {1, 0, 1}, "\1\0\1"},
    {"float16",
     WCL_FLOAT16,
     wcl__TensorProto_int32_data,
     VARINTS,
     {0},
     {0x3c00, 0xc000, 0},
     "\0\x3c\0\xc0\0\0"},
    {"float64",
     WCL_FLOAT64,
     wcl__TensorProto_double_data,
     DOUBLES,
     {1, -2, 0},
     {0},
     "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0\0"},
    {"uint32",
     WCL_UINT32,
     wcl__TensorProto_uint64_data,
     VARINTS,
     {0},
     {4294967295, 1, 0},
     "\xff\xff\xff\xff\1\0\0\0\0\0\0\0"},
    {"uint64",
     WCL_UINT64,
     wcl__TensorProto_uint64_data,
     VARINTS,
     {0},
     {-1, 1, 0},
     "\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"},
};

/* One scalar; with its tag unless the list is packed. */
static void put_scalar(proto *out, size_t i, int v, bool packed)
{
    const float real = (float)lists[i].reals[v];
    const uint32_t tag = lists[i].field << 3 | (lists[i].kind == FLOATS    ? 5
                                                : lists[i].kind == DOUBLES ? 1
                                                                           : 0);
    if (!packed)
        proto_varint(out, tag);
    if (lists[i].kind == VARINTS)
        proto_varint(out, (uint64_t)lists[i].ints[v]);
    else if (lists[i].kind == FLOATS)
        proto_raw(out, &real, sizeof real);
    else
        proto_raw(out, &lists[i].reals[v], sizeof(double));
}

/* The three values of case i: all packed, all unpacked, or one and two in packs of their own. */
enum packing { PACKED, UNPACKED, SPLIT, PACKINGS };
static void make_list(proto *tensor, size_t i, enum packing packing)
{
    proto pack = {.bytes = 0};
    tensor->bytes = 0;
    proto_int(tensor, wcl__TensorProto_dims, 3);
    proto_int(tensor, wcl__TensorProto_data_type, lists[i].type);
    for (int v = 0; v < 3; v++) {
        put_scalar(packing == UNPACKED ? tensor : &pack, i, v, packing != UNPACKED);
        if (packing != UNPACKED && (v == 2 || (packing == SPLIT && v == 0))) {
            proto_message(tensor, lists[i].field, &pack);
            pack.bytes = 0;
        }
    }
    proto_text(tensor, wcl__TensorProto_name, "t");
}

static void test_proto_lists(void **state)
{
    static proto bytes;
    (void)state;
    make_path("case.pb");
    for (size_t i = 0; i < WCL__COUNT(lists); i++)
        for (enum packing packing = PACKED; packing < PACKINGS; packing++) {
            wcl_tensor tensor;
            make_list(&bytes, i, packing);
            write_file(path, bytes.data, bytes.bytes);
            if (wcl_tensor_load(path, &tensor) != WCL_OK)
                fail_msg("%s: %s", lists[i].name, wcl_last_error()->message);
            if (tensor.type != lists[i].type || tensor.rank != 1 || tensor.dims[0] != 3 ||
                tensor.bytes != 3 * wcl_type_size(lists[i].type) ||
                memcmp(tensor.data, lists[i].expected, tensor.bytes) != 0)
                fail_msg("%s, packing %d: other values", lists[i].name, packing);
            wcl_tensor_clear(&tensor);
        }
}

static const struct {
    const char *name, *bytes;
    size_t length;
    wcl_status status;
    const char *text;
} protos[] = {
    {"raw", "\x08\x02\x10\x02\x4a\x02\x07\x08", 8, WCL_OK, ""},
    {"empty", "\x08\x00\x10\x01", 4, WCL_OK, ""},
    {"empty raw", "\x08\x00\x10\x01\x4a\x00", 6, WCL_OK, ""},
    {"raw scalar", "\x10\x06\x4a\x04\x01\x02\x03\x04", 8, WCL_OK, ""},
    {"uint8 256", "\x08\x01\x10\x02\x28\x80\x02", 7, WCL_BAD_MODEL, "the value 256, which is no uint8"},
    {"bool 2", "\x08\x01\x10\x09\x28\x02", 6, WCL_BAD_MODEL, "the value 2, which is no bool"},
    {"int8 -129", "\x08\x01\x10\x03\x28\xff\xfe\xff\xff\xff\xff\xff\xff\xff\x01", 15, WCL_BAD_MODEL,
     "the value -129"},
    {"uint32 2^32", "\x08\x01\x10\x0c\x58\x80\x80\x80\x80\x10", 10, WCL_BAD_MODEL, "which is no uint32"},
    {"no values", "\x08\x02\x10\x01", 4, WCL_BAD_MODEL, "holds 0 values"},
    {"strings", "\x08\x01\x10\x08\x32\x01z", 7, WCL_UNSUPPORTED, "string"},
    {"external", "\x08\x01\x10\x02\x70\x01\x6a\x0d\x0a\x08location\x12\x01z", 21, WCL_UNSUPPORTED,
     "external"},
    {"no tensor", "Lorem ipsum", 11, WCL_BAD_FILE, "damaged"},
};

static void test_protos(void **state)
{
    (void)state;
    make_path("case.pb");
    for (size_t i = 0; i < WCL__COUNT(protos); i++) {
        wcl_tensor tensor;
        wcl_status status;
        write_file(path, protos[i].bytes, protos[i].length);
        status = wcl_tensor_load(path, &tensor);
        if (status != protos[i].status ||
            (status != WCL_OK && !strstr(wcl_last_error()->message, protos[i].text)))
            fail_msg("%s: status %d: %s", protos[i].name, status, wcl_last_error()->message);
        assert_true((tensor.data != NULL) == (status == WCL_OK));
        if (status == WCL_OK && tensor.bytes)
            assert_memory_equal(tensor.data, protos[i].bytes + protos[i].length - tensor.bytes, tensor.bytes);
        wcl_tensor_clear(&tensor);
    }
}

static void test_bad_use(void **state)
{
    float value = 1;
    wcl_tensor tensor = {.type = WCL_FLOAT32, .rank = 1, .dims = {1}, .data = &value, .bytes = 4}, out;
    (void)state;
    assert_int_equal(wcl_tensor_load(temporary_path("none.npy"), &out), WCL_NOT_FOUND);
    assert_int_equal(wcl_tensor_load(NULL, &out), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_tensor_load("x.npy", NULL), WCL_BAD_ARGUMENT);
    make_path("text.npy");
    write_file(path, "text", 4);
    assert_int_equal(wcl_tensor_load(path, &out), WCL_BAD_FILE);
    assert_string_equal(wcl_last_error()->reason, "not a .npy file");
    assert_int_equal(wcl_tensor_save(NULL, &tensor), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_tensor_save(path, NULL), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_tensor_save(temporary_path("no/such/folder.npy"), &tensor), WCL_BAD_FILE);
    make_path("new.npy");
    tensor.bytes = 8;
    assert_int_equal(wcl_tensor_save(path, &tensor), WCL_BAD_ARGUMENT);
    tensor.bytes = 4;
    tensor.data = NULL;
    assert_int_equal(wcl_tensor_save(path, &tensor), WCL_BAD_ARGUMENT);
    tensor.data = &value;
    tensor.type = WCL_STRING;
    assert_int_not_equal(wcl_tensor_save(path, &tensor), WCL_OK);
    assert_int_equal(access(path, F_OK), -1); /* none of the failures left a file */
    wcl_tensor_clear(NULL);
}

/* Each allocation of writing and reading fails once; the file that is there stays whole. */
static void test_no_memory(void **state)
{
    float values[3] = {1, 2, 3};
    wcl_tensor tensor = {.type = WCL_FLOAT32, .rank = 1, .dims = {3}, .data = values, .bytes = sizeof values},
               out;
    static proto bytes;
    int saves = 0, loads[2] = {0};
    (void)state;
    make_path("memory.npy");
    write_file(path, "", 0);
    assert_int_equal(wcl_tensor_save(path, &tensor), WCL_OK);
    for (bool failed = true; failed;) {
        wcl_status status;
        fake_memory_fail(++saves, false);
        status = wcl_tensor_save(path, &tensor);
        failed = fake_memory_failed();
        fake_memory_fail(0, false);
        assert_int_equal(status, failed ? WCL_NO_MEMORY : WCL_OK);
        assert_int_equal(wcl_tensor_load(path, &out), WCL_OK);
        assert_memory_equal(out.data, values, sizeof values);
        wcl_tensor_clear(&out);
    }
    for (int proto_file = 0; proto_file < 2; proto_file++) {
        if (proto_file) {
            make_list(&bytes, 0, PACKED);
            write_file(make_path("memory.pb"), bytes.data, bytes.bytes);
        }
        for (bool failed = true; failed;) {
            wcl_status status;
            fake_memory_fail(++loads[proto_file], false);
            status = wcl_tensor_load(path, &out);
            failed = fake_memory_failed();
            fake_memory_fail(0, false);
            assert_int_equal(status, failed ? WCL_NO_MEMORY : WCL_OK);
            assert_true((out.data != NULL) == (status == WCL_OK));
            wcl_tensor_clear(&out);
        }
    }
    assert_true(saves > 2 && loads[0] > 3 && loads[1] > 3);
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
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_npy_is_numpys),
        cmocka_unit_test(test_numpys_own_file), cmocka_unit_test(test_npy_headers),
        cmocka_unit_test(test_damaged_npy),     cmocka_unit_test(test_proto_lists),
        cmocka_unit_test(test_protos),          cmocka_unit_test(test_bad_use),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
