/* ONNX files: external data, foreign files, damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "formats/onnx_fields.h"
#include "model/model.h"
#include "support/fake_memory.h"
#include "support/onnx_model.h"
#include "base/random.h"

static const wcl__model_value *find_value(const wcl_model *model, const char *name)
{
    for (size_t i = 0; i < model->value_count; i++)
        if (strcmp(model->values[i].name, name) == 0)
            return &model->values[i];
    fail_msg("the model has no tensor %s", name);
    return NULL;
}

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
        if (status != externals[i].status ||
            (status != WCL_OK && !strstr(wcl_last_error()->message, externals[i].text)))
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

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

/* A sanitizer reserves far more addresses than any limit that would mean something. */
static void limit_memory(void)
{
#if !defined(SANITIZED)
    struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
#endif
}

/* Loads it, whatever it is; the memory is exactly as large, so that a sanitizer sees each byte read behind
 * its end. */
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

/* Each allocation of a load fails once. */
static void test_no_memory(void **state)
{
    static proto bytes;
    char path[640];
    int nth = 1;
    (void)state;
    write_file(temporary_path("whole"), small_weights, sizeof small_weights);
    snprintf(path, sizeof path, "%s", temporary_path("memory.onnx"));
    for (int external = 0; external < 2; external++) {
        if (external)
            make_external(&bytes, 0);
        else
            make_model(&bytes, NULL);
        write_file(path, bytes.data, bytes.bytes);
        for (nth = 1;; nth++) {
            wcl_model *model = NULL;
            wcl_status status;
            bool failed;
            fake_memory_fail(nth, false);
            status = wcl_model_load(path, &model);
            failed = fake_memory_failed();
            fake_memory_fail(0, false);
            if (status != (failed ? WCL_NO_MEMORY : WCL_OK) || (status == WCL_OK) != (model != NULL))
                fail_msg("allocation %d: status %d: %s", nth, status, wcl_last_error()->message);
            wcl_model_destroy(model);
            if (!failed)
                break;
        }
        assert_in_range(nth, 20, 1000);
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
        cmocka_unit_test(test_external_data),       cmocka_unit_test(test_files),
        cmocka_unit_test(test_damaged_small_model), cmocka_unit_test(test_damaged_export),
        cmocka_unit_test(test_random_bytes),        cmocka_unit_test(test_no_memory),
    };
    limit_memory();
    return cmocka_run_group_tests(tests, NULL, clean);
}
