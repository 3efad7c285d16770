/* host/base: files that are mapped and written, and the constants that are views of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/source.h"
#include "support/fake_memory.h"
#include "support/support.h"
#include "base/memory.h"
#include "base/random.h"

#define SHAPE(...)                                          \
    {                                                       \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), \
        {                                                   \
            __VA_ARGS__                                     \
        }                                                   \
    }

/* ------------------------------------------------------------------ files */

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void test_map(void **state)
{
    (void)state;
    wcl__file *file;
    const char *path = test_path("mapped");
    write_text(path, "hello");
    assert_int_equal(wcl__file_map(path, &file), WCL_OK);
    assert_int_equal(file->bytes, 5);
    wcl__file_retain(file);
    wcl__file_release(file);
    wcl__file_drop_pages(file, file->data + 1, 3);
    assert_memory_equal(file->data, "hello", 5);
    wcl__file_release(file);
    wcl__file_release(NULL);
}

static void test_map_refuses(void **state)
{
    (void)state;
    wcl__file *file;
    write_text(test_path("empty"), "");
    assert_int_equal(mkfifo(test_path("fifo"), 0600), 0);
    const struct {
        const char *path;
        wcl_status status;
        const char *reason;
    } rows[] = {
        {test_path("missing"), WCL_NOT_FOUND, "cannot open: No such file or directory"},
        {test_path("empty/below"), WCL_NOT_FOUND, "cannot open: Not a directory"},
        {test_path("empty"), WCL_BAD_FILE, "is empty"},
        {test_path("fifo"), WCL_BAD_FILE, "is not a regular file"},
        {test_folder(), WCL_BAD_FILE, "is a folder"},
    };
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        assert_int_equal(wcl__file_map(rows[i].path, &file), rows[i].status);
        assert_null(file);
        assert_string_equal(wcl_last_error()->reason, rows[i].reason);
        assert_string_equal(wcl_last_error()->file, rows[i].path);
    }
}

static void count_release(void *user)
{
    ++*(int *)user;
}

static void test_file_of_memory(void **state)
{
    (void)state;
    int released = 0;
    wcl__file *file;
    assert_int_equal(wcl__file_of_memory("abc", 3, count_release, &released, &file), WCL_OK);
    wcl__file_release(file);
    assert_int_equal(released, 1);
    assert_int_equal(wcl__file_of_memory("", 0, count_release, &released, &file), WCL_BAD_FILE);
    assert_int_equal(released, 2);
    fake_memory_fail(1, false);
    const wcl_status status = wcl__file_of_memory("abc", 3, count_release, &released, &file);
    fake_memory_fail(0, false);
    assert_int_equal(status, WCL_NO_MEMORY);
    assert_null(file);
    assert_int_equal(released, 3);
}

static void check_content(const char *path, const char *expected)
{
    wcl__file *file;
    assert_int_equal(wcl__file_map(path, &file), WCL_OK);
    assert_int_equal(file->bytes, strlen(expected));
    assert_memory_equal(file->data, expected, file->bytes);
    wcl__file_release(file);
}

static void test_write(void **state)
{
    (void)state;
    const void *parts[] = {"first ", "second"};
    const size_t sizes[] = {6, 6};
    struct stat info;
    const char *path = test_path("written");
    const mode_t mask = umask(022);
    assert_int_equal(wcl__file_write(path, parts, sizes, 2), WCL_OK);
    check_content(path, "first second");
    assert_int_equal(stat(path, &info), 0);
    umask(mask);
    assert_int_equal(info.st_mode & 0777, 0644);
    assert_int_equal(wcl__file_write(path, parts, sizes, 1), WCL_OK);
    check_content(path, "first ");
    assert_int_equal(wcl__file_write("/dev/null", parts, sizes, 2), WCL_OK);
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
    assert_int_equal(wcl__file_write(test_path("missing/file"), parts, sizes, 1), WCL_BAD_FILE);
    assert_int_equal(wcl__file_write(test_folder(), parts, sizes, 1), WCL_BAD_FILE);
    fake_memory_fail(1, false);
    const wcl_status status = wcl__file_write(path, parts, sizes, 2);
    fake_memory_fail(0, false);
    assert_int_equal(status, WCL_NO_MEMORY);
    check_content(path, "first ");
}

static void test_failed_write_leaves_nothing(void **state)
{
    (void)state;
    wcl__file *file;
    const void *part =
        (const void *)1; /* no memory there: write() fails with EFAULT, as on a full disk half-way */
    const size_t size = 1 << 20;
    const char *path = test_path("kept");
    write_text(path, "old");
    assert_int_equal(wcl__file_write(path, &part, &size, 1), WCL_BAD_FILE);
    assert_non_null(strstr(wcl_last_error()->message, "cannot write"));
    check_content(path, "old");
    char command[1200];
    snprintf(command, sizeof command, "ls %s | grep -q '[.]tmp$'", test_folder());
    assert_int_not_equal(system(command), 0);
    assert_int_equal(wcl__file_map(test_path("kept.tmp"), &file), WCL_NOT_FOUND);
}

/* ------------------------------------------------------------------ constants */

static void test_sources(void **state)
{
    (void)state;
    float out[5], expected[5];
    unsigned char bytes[1 + 5 * sizeof(float)];
    const float values[5] = {1, -2, 3.5f, 4, 5};
    memcpy(bytes + 1, values, sizeof values);
    const wcl__source view = {
        .type = WCL_FLOAT32, .shape = SHAPE(5), .bytes = sizeof values, .data = bytes + 1};
    wcl__source_read(&view, 1, 3, out);
    assert_memory_equal(out, values + 1, 3 * sizeof *out);
    const wcl__source seeded = {
        .type = WCL_FLOAT32, .shape = SHAPE(100), .bytes = 400, .key = 7, .deviation = 2};
    wcl__source_read(&seeded, 50, 5, out);
    wcl__random_range(expected, 50, 5, 7, 2);
    assert_memory_equal(out, expected, sizeof out);
    wcl__source owner = {.type = WCL_FLOAT32, .owned = wcl__alloc(4, 4)};
    assert_int_equal(wcl__file_of_memory(values, sizeof values, NULL, NULL, &owner.file), WCL_OK);
    wcl__source_drop(&owner, 0, 5);
    wcl__source_clear(&owner);
    assert_null(owner.owned);
    assert_null(owner.file);
    wcl__source_clear(&owner);
}

static const struct {
    wcl_type type;
    unsigned char bytes[8]; /* little-endian */
    double number;
    int64_t integer;
} elements[] = {
    {WCL_UINT8, {200}, 200, 200},
    {WCL_INT8, {200}, -56, -56},
    {WCL_UINT16, {0xFF, 0xFF}, 65535, 65535},
    {WCL_INT16, {0xFE, 0xFF}, -2, -2},
    {WCL_INT32, {0, 0, 0, 0x80}, -2147483648.0, INT32_MIN},
    {WCL_UINT32, {0, 0, 0, 0x80}, 2147483648.0, INT64_C(2147483648)},
    {WCL_INT64, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, -1, -1},
    {WCL_UINT64, {0, 0, 0, 0, 0, 0, 0, 0x80}, 9223372036854775808.0, INT64_MIN},
    {WCL_BOOL, {5}, 1, 1},
    {WCL_FLOAT32, {0, 0, 0x20, 0xC0}, -2.5, -2},
    {WCL_FLOAT32, {0, 0, 0x80, 0x7F}, INFINITY, INT64_MAX},
    {WCL_FLOAT64, {0, 0, 0, 0, 0, 0, 0xF8, 0x3F}, 1.5, 1},
    {WCL_FLOAT64, {0, 0, 0, 0, 0, 0, 0xF0, 0xFF}, -INFINITY, INT64_MIN},
    {WCL_FLOAT16, {0x00, 0x3C}, 1, 1},
    {WCL_FLOAT16, {0xFF, 0xFB}, -65504, -65504},
    {WCL_FLOAT16, {0x01, 0x00}, 5.9604644775390625e-8, 0},
    {WCL_FLOAT16, {0x00, 0x7C}, INFINITY, INT64_MAX},
};

static void test_elements(void **state)
{
    (void)state;
    unsigned char memory[1 + 3 * 8];
    for (size_t i = 0; i < WCL__COUNT(elements); i++) {
        const size_t size = wcl_type_size(elements[i].type);
        memset(memory, 0xAA, sizeof memory);
        memcpy(memory + 1 + 2 * size, elements[i].bytes, size); /* element 2 at an odd address */
        assert_true(wcl__read_number(elements[i].type, memory + 1, 2) == elements[i].number);
        assert_true(wcl__read_int(elements[i].type, memory + 1, 2) == elements[i].integer);
    }
    const uint16_t nan = 0x7E00;
    assert_true(isnan(wcl__read_number(WCL_FLOAT16, &nan, 0)));
    assert_int_equal(wcl__read_int(WCL_FLOAT16, &nan, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_map_refuses),
        cmocka_unit_test(test_file_of_memory),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_failed_write_leaves_nothing),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
