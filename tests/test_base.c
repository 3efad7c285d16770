/* host/base: errors, log, memory, texts, hashing, the generator, shapes and options; and the tests' own
 * comparison. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/desc.h"
#include "support/fake_memory.h"
#include "support/support.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/options.h"

/* ------------------------------------------------------------------ errors */

static const struct {
    const char *file, *node, *kernel, *reason, *message;
} messages[] = {
    {"a.onnx", "conv1", "pool2d.cl", "why", "a.onnx: node conv1: pool2d.cl: why"},
    {"a.onnx", NULL, NULL, "why", "a.onnx: why"},
    {NULL, "conv1", NULL, "why", "node conv1: why"},
    {NULL, NULL, "k", "two\nlines", "k: two lines"},
    {NULL, NULL, NULL, "", "invalid model"},
};

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(messages); i++) {
        wcl_status status = wcl__fail(WCL_BAD_MODEL, "%s", messages[i].reason);
        status = wcl__in_kernel(status, messages[i].kernel);
        status = wcl__in_node(status, messages[i].node);
        status = wcl__in_file(status, messages[i].file);
        assert_int_equal(status, WCL_BAD_MODEL);
        const wcl_error *error = wcl_last_error();
        assert_int_equal(error->status, WCL_BAD_MODEL);
        assert_string_equal(error->message, messages[i].message);
        assert_string_equal(error->reason, messages[i].reason);
        assert_string_equal(error->file, messages[i].file ? messages[i].file : "");
    }
}

static void test_first_place_wins(void **state)
{
    (void)state;
    wcl_status status = wcl__in_node(wcl__in_node(wcl__fail(WCL_BAD_SHAPE, "x"), "inner"), "outer");
    assert_int_equal(wcl__in_file(status, NULL), WCL_BAD_SHAPE);
    assert_string_equal(wcl_last_error()->message, "node inner: x");
    assert_int_equal(wcl__in_node(WCL_OK, "other"), WCL_OK);
    assert_string_equal(wcl_last_error()->node, "inner");
    wcl__fail(WCL_NOT_FOUND, "again: %s", wcl_last_error()->reason); /* its own record as an argument */
    assert_string_equal(wcl_last_error()->message, "again: x");
    wcl__clear_error();
    assert_int_equal(wcl_last_error()->status, WCL_OK);
    assert_string_equal(wcl_last_error()->message, "");
}

static void test_long_texts_are_cut(void **state)
{
    (void)state;
    enum { LONG = 200000 };
    char *text = malloc(LONG + 1);
    assert_non_null(text);
    memset(text, 'x', LONG);
    text[LONG] = '\0';
    wcl_status status = wcl__fail(WCL_UNSUPPORTED, "%s", text);
    wcl__in_file(wcl__in_node(wcl__in_kernel(status, text), text), text);
    wcl__set_build_log(text);
    free(text);
    const wcl_error *error = wcl_last_error();
    const char *parts[] = {error->file, error->node, error->kernel, error->reason, error->build_log};
    for (size_t i = 0; i < WCL__COUNT(parts); i++) {
        assert_true(strlen(parts[i]) > 400);
        assert_true(strlen(parts[i]) < 65537);
        assert_string_equal(parts[i] + strlen(parts[i]) - 3, "...");
    }
    assert_true(strlen(error->reason) > 4000);
    assert_true(strlen(error->message) > strlen(error->reason));
}

static const struct {
    cl_int code;
    wcl_status status;
    const char *message;
} codes[] = {
    {CL_MEM_OBJECT_ALLOCATION_FAILURE, WCL_NO_MEMORY, "x: CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)"},
    {CL_OUT_OF_RESOURCES, WCL_NO_MEMORY, "x: CL_OUT_OF_RESOURCES (-5)"},
    {CL_OUT_OF_HOST_MEMORY, WCL_NO_MEMORY, "x: CL_OUT_OF_HOST_MEMORY (-6)"},
    {CL_INVALID_BUFFER_SIZE, WCL_NO_MEMORY, "x: CL_INVALID_BUFFER_SIZE (-61)"},
    {CL_BUILD_PROGRAM_FAILURE, WCL_BUILD_FAILED, "x: CL_BUILD_PROGRAM_FAILURE (-11)"},
    {CL_COMPILER_NOT_AVAILABLE, WCL_BUILD_FAILED, "x: CL_COMPILER_NOT_AVAILABLE (-3)"},
    {CL_DEVICE_NOT_FOUND, WCL_NOT_FOUND, "x: CL_DEVICE_NOT_FOUND (-1)"},
    {-1001, WCL_NOT_FOUND, "x: CL_PLATFORM_NOT_FOUND_KHR (-1001)"},
    {CL_INVALID_COMMAND_QUEUE, WCL_DEVICE_LOST, "x: CL_INVALID_COMMAND_QUEUE (-36)"},
    {CL_INVALID_WORK_GROUP_SIZE, WCL_DEVICE_ERROR, "x: CL_INVALID_WORK_GROUP_SIZE (-54)"},
    {-12345, WCL_DEVICE_ERROR, "x: unknown OpenCL code (-12345)"},
};

static void test_cl_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(codes); i++) {
        assert_int_equal(wcl__fail_cl(codes[i].code, "x"), codes[i].status);
        assert_string_equal(wcl_last_error()->message, codes[i].message);
        assert_int_equal(wcl_last_error()->cl_code, codes[i].code);
        const bool differs = codes[i].code == CL_OUT_OF_RESOURCES; /* in a call that runs kernels */
        assert_int_equal(wcl__fail_cl_running(codes[i].code, "x"),
                         differs ? WCL_DEVICE_ERROR : codes[i].status);
        assert_int_equal(strncmp(wcl_last_error()->message, codes[i].message, strlen(codes[i].message)), 0);
        assert_int_equal(wcl_last_error()->cl_code, codes[i].code);
    }
    assert_string_equal(wcl__cl_name(CL_SUCCESS), "CL_SUCCESS");
}

static void test_statuses(void **state)
{
    (void)state;
#define CHECK(name, value, text) assert_string_equal(wcl_status_string(name), text);
    WCL_STATUS_TABLE(CHECK)
#undef CHECK
    assert_string_equal(wcl_status_string((wcl_status)999), "unknown status");
    assert_string_equal(wcl_version(), "0.1.0");
    errno = ENOSPC;
    assert_int_equal(wcl__fail_errno(WCL_BAD_FILE, "cannot write"), WCL_BAD_FILE);
    assert_string_equal(wcl_last_error()->message, "cannot write: No space left on device");
    errno = ENOMEM;
    assert_int_equal(wcl__fail_errno(WCL_BAD_FILE, "cannot map"), WCL_NO_MEMORY);
}

static void test_errors_without_memory(void **state)
{
    (void)state;
    fake_memory_fail(1, true);
    const wcl_status status = wcl__in_node(wcl__fail_memory(), "conv1");
    wcl__set_build_log("a log that has no memory");
    const wcl_error *error = wcl_last_error();
    fake_memory_fail(0, false);
    assert_int_equal(status, WCL_NO_MEMORY);
    assert_string_equal(error->message, "node conv1: out of memory");
    assert_string_equal(error->build_log, "");
}

static void *other_thread(void *unused)
{
    (void)unused;
    wcl__fail(WCL_CANCELLED, "other");
    wcl__set_build_log("freed when the thread ends");
    return wcl_last_error()->status == WCL_CANCELLED ? (void *)1 : NULL;
}

static void test_errors_are_a_threads_own(void **state)
{
    (void)state;
    pthread_t thread;
    void *result;
    wcl__fail(WCL_BAD_SHAPE, "mine");
    assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
    pthread_join(thread, &result);
    assert_non_null(result);
    assert_string_equal(wcl_last_error()->message, "mine");
}

static char logged[4096];
static int logged_count;
static void keep_log(void *user, wcl_log_level level, const char *text)
{
    (void)user;
    snprintf(logged, sizeof logged, "%d %s", (int)level, text);
    logged_count++;
}

static void test_log(void **state)
{
    (void)state;
    wcl__log(WCL_LOG_ERROR, "to nobody");
    wcl_set_log(keep_log, NULL, WCL_LOG_INFO);
    wcl__log(WCL_LOG_INFO, "built %s in %d ms", "x.cl", 12);
    assert_string_equal(logged, "2 built x.cl in 12 ms");
    wcl__log(WCL_LOG_DEBUG, "too fine");
    assert_int_equal(logged_count, 1);
    wcl_set_log(NULL, NULL, WCL_LOG_ERROR);
    wcl__log(WCL_LOG_ERROR, "to nobody");
    assert_int_equal(logged_count, 1);
}

/* ------------------------------------------------------------------ memory and texts */

static void test_memory(void **state)
{
    (void)state;
    assert_null(wcl__alloc(SIZE_MAX / 2, 3));
    assert_null(wcl__resize(NULL, 0, SIZE_MAX / 2, 3));
    void *nothing = wcl__alloc(0, 8);
    assert_non_null(nothing);
    wcl__free(nothing);
    int *list = NULL;
    size_t capacity = 0;
    for (size_t count = 0; count < 1000; count++) {
        assert_true(WCL__GROW(list, count, capacity));
        assert_int_equal(list[count], 0);
        list[count] = (int)count + 1;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(list[i], i + 1);
    fake_memory_fail(1, true);
    const bool grown = WCL__GROW(list, capacity, capacity);
    fake_memory_fail(0, false);
    assert_false(grown);
    assert_int_equal(list[999], 1000);
    wcl__free(list);
    assert_null(wcl__strdup(NULL));
    int64_t product = 0;
    assert_false(wcl__mul_overflow(INT64_C(1) << 31, INT64_C(1) << 31, &product));
    assert_true(product == INT64_C(1) << 62);
    assert_true(wcl__mul_overflow(INT64_C(1) << 32, INT64_C(1) << 31, &product));
}

static void test_text(void **state)
{
    (void)state;
    wcl__text text = {0};
    for (int i = 0; i < 300; i++)
        wcl__text_add(&text, "%d,", i % 10);
    assert_int_equal(text.length, 600);
    assert_int_equal(strlen(text.data), 600);
    assert_memory_equal(text.data, "0,1,2,3,", 8);
    fake_memory_fail(1, true);
    wcl__text_add(&text, "%01000d", 1);
    fake_memory_fail(0, false);
    assert_true(text.failed);
    wcl__text_add(&text, "x");
    assert_int_equal(text.length, 600);
    wcl__text_clear(&text);
    assert_null(text.data);
}

static void test_sha256(void **state)
{
    (void)state;
    char hex[WCL__SHA256_HEX];
    wcl__sha256("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    wcl__sha256("abc", 3, hex); /* FIPS 180-2, B.1 */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* ------------------------------------------------------------------ the generator: tests/data/zoo/README.md,
 * "Exact values" */

static const struct {
    const char *name;
    uint64_t seed, ordinal;
    double deviation;
    uint32_t bits[4];
} streams[] = {
    {"first weight of lenet5", 0, 0, 0.28284271247461901, {0x3e1c4511, 0x3e970aab, 0x3ee28634, 0xbcdb5a11}},
    {"first bias of lenet5", 0, 1, 0.01, {0xba7911a4, 0xbc2c1c0c, 0x3cb9a807, 0xbc910bd8}},
    {"second weight of lenet5", 0, 2, 0.11547005383792516, {0xbda94800, 0x3dec719a, 0xbb15cccd, 0xbdcd4ccd}},
};

static void test_random(void **state)
{
    (void)state;
    float values[1000], part[3];
    char hex[WCL__SHA256_HEX];
    assert_true(wcl__mix64(1) == 0x5692161d100b05e5u);
    assert_true(wcl__random_key(0, 0) == 0xe220a8397b1dcdafu);
    for (size_t i = 0; i < WCL__COUNT(streams); i++) {
        const uint64_t key = wcl__random_key(streams[i].seed, streams[i].ordinal);
        wcl_random_fill(values, 4, key, streams[i].deviation);
        assert_memory_equal(values, streams[i].bits, sizeof streams[i].bits);
        wcl__random_range(part, 1, 3, key, streams[i].deviation);
        assert_memory_equal(part, values + 1, sizeof part);
    }
    wcl_random_fill(values, 1000, wcl__random_key(0, 0), sqrt(2.0 / 27));
    wcl__sha256(values, sizeof values, hex);
    assert_string_equal(hex, "e6cf5995e526d778e658aa0ca086a5fe37c441134638a272bd12a4c55d63f988");
    wcl_random_fill(values, 784, wcl__mix64(0x696E707574), 1);
    wcl__sha256(values, 784 * sizeof *values, hex);
    assert_string_equal(hex, "5e69aac78bdd3d73eb091fb2e0c0f4a79b8437b03c09748024dd7a9bebace904");
}

/* ------------------------------------------------------------------ shapes */

#define SHAPE(...)                                          \
    {                                                       \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), \
        {                                                   \
            __VA_ARGS__                                     \
        }                                                   \
    }

static const struct {
    wcl__shape shape;
    int64_t count;
    const char *text;
} shapes[] = {
    {{0, {0}}, 1, "scalar"},
    {SHAPE(2, 3, 4), 24, "2x3x4"},
    {SHAPE(5, 0, 7), 0, "5x0x7"},
    {SHAPE(INT64_C(1) << 40, INT64_C(1) << 40, 0), 0, "1099511627776x1099511627776x0"},
    {SHAPE(INT64_C(1) << 40, INT64_C(1) << 40), -1, "1099511627776x1099511627776"},
    {SHAPE(2, -1), -1, "2x-1"},
    {SHAPE(INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN), -1, NULL},
};

static void test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(shapes); i++) {
        const wcl__shape_text text = wcl__shape_print(&shapes[i].shape);
        assert_int_equal(wcl__shape_count(&shapes[i].shape), shapes[i].count);
        assert_true(strlen(text.text) < sizeof text.text);
        if (shapes[i].text)
            assert_string_equal(text.text, shapes[i].text);
        for (size_t k = 0; k < WCL__COUNT(shapes); k++)
            assert_int_equal(wcl__shape_equal(&shapes[i].shape, &shapes[k].shape), i == k);
    }
    assert_int_equal(wcl_type_size(WCL_FLOAT16), 2);
    assert_int_equal(wcl_type_size(WCL_STRING), 0);
    assert_int_equal(wcl_type_size((wcl_type)77), 0);
    assert_string_equal(wcl_type_name(WCL_INT64), "int64");
}

static const struct {
    const char *name;
    wcl__shape a, b;
    bool fits;
    wcl__shape result;
} broadcasts[] = {
    {"equal", SHAPE(2, 3), SHAPE(2, 3), true, SHAPE(2, 3)},
    {"a scalar", SHAPE(2, 3), {0, {0}}, true, SHAPE(2, 3)},
    {"missing dimensions", SHAPE(3), SHAPE(2, 5, 3), true, SHAPE(2, 5, 3)},
    {"ones on both sides", SHAPE(4, 1, 3), SHAPE(5, 1), true, SHAPE(4, 5, 3)},
    {"one against nothing", SHAPE(1), SHAPE(0), true, SHAPE(0)},
    {"different", SHAPE(2, 3), SHAPE(2, 4), false, {0, {0}}},
    {"two against nothing", SHAPE(2), SHAPE(0), false, {0, {0}}},
};

static void test_broadcast(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(broadcasts); i++) {
        wcl__shape out = {0};
        if (wcl__shape_broadcast(&broadcasts[i].a, &broadcasts[i].b, &out) != broadcasts[i].fits ||
            wcl__shape_broadcast(&broadcasts[i].b, &broadcasts[i].a, &out) != broadcasts[i].fits)
            fail_msg("%s", broadcasts[i].name);
        if (broadcasts[i].fits && !wcl__shape_equal(&out, &broadcasts[i].result))
            fail_msg("%s: %s", broadcasts[i].name, wcl__shape_print(&out).text);
    }
}

static const struct {
    const char *name;
    wcl__window_axis axis;
    int64_t floor_output, ceil_output;
} windows[] = {
    {"3x3 same",
     {.size = 224, .kernel = 3, .stride = 1, .dilation = 1, .pad_before = 1, .pad_after = 1},
     224,
     224},
    {"2x2 stride 2 even", {.size = 224, .kernel = 2, .stride = 2, .dilation = 1}, 112, 112},
    {"2x2 stride 2 odd", {.size = 7, .kernel = 2, .stride = 2, .dilation = 1}, 3, 4},
    {"11x11 stride 4", {.size = 227, .kernel = 11, .stride = 4, .dilation = 1}, 55, 55},
    {"3x3 stride 2", {.size = 112, .kernel = 3, .stride = 2, .dilation = 1}, 55, 56},
    {"dilated", {.size = 10, .kernel = 3, .stride = 1, .dilation = 3}, 4, 4},
    {"a last window in the padding behind is left out",
     {.size = 5, .kernel = 1, .stride = 2, .dilation = 1, .pad_after = 1},
     3,
     3},
    {"a window of one column too few", {.size = 4, .kernel = 3, .stride = 2, .dilation = 1}, 1, 2},
    {"does not fit", {.size = 2, .kernel = 3, .stride = 1, .dilation = 1}, 0, 0},
    {"less than a stride is missing", {.size = 2, .kernel = 3, .stride = 2, .dilation = 1}, 0, 1},
    {"a stride is missing", {.size = 1, .kernel = 3, .stride = 2, .dilation = 1}, 0, 0},
    {"the same, padded",
     {.size = 1, .kernel = 4, .stride = 2, .dilation = 1, .pad_before = 1, .pad_after = 1},
     0,
     1},
    {"nothing in the window", {.size = 0, .kernel = 3, .stride = 9, .dilation = 1}, 0, 0},
    {"absurd dilation", {.size = 10, .kernel = 3, .stride = 1, .dilation = INT64_MAX / 2 + 1}, 0, 0},
    {"absurd padding",
     {.size = 10, .kernel = 3, .stride = 1, .dilation = 1, .pad_before = INT64_MAX, .pad_after = INT64_MAX},
     0,
     0},
    {"no stride", {.size = 10, .kernel = 3, .stride = 0, .dilation = 1}, 0, 0},
    {"absurd stride", {.size = 10, .kernel = 3, .stride = INT64_MAX, .dilation = 1}, 1, 1},
};

static void test_windows(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(windows); i++) {
        for (int ceil_mode = 0; ceil_mode < 2; ceil_mode++) {
            const int64_t expected = ceil_mode ? windows[i].ceil_output : windows[i].floor_output;
            wcl__window_axis axis = windows[i].axis;
            axis.ceil_mode = ceil_mode;
            const int64_t got = wcl__window_output(&axis);
            if (got != expected)
                fail_msg("%s, ceil %d: %lld, expected %lld", windows[i].name, ceil_mode, (long long)got,
                         (long long)expected);
        }
    }
}

/* ------------------------------------------------------------------ options */

typedef struct sample {
    size_t size;
    int a, b, c, d;
} sample;

static void test_options(void **state)
{
    (void)state;
    sample given = {sizeof given, 1, 2, 3, 4}, copy;
    memset(&copy, 0xFF, sizeof copy);
    assert_int_equal(wcl__options_read(NULL, &copy, sizeof copy), WCL_OK);
    assert_int_equal(copy.d, 0);
    assert_int_equal(wcl__options_read(&given, &copy, sizeof copy), WCL_OK);
    assert_int_equal(copy.d, 4);
    given.size = offsetof(sample, c); /* an older caller */
    assert_int_equal(wcl__options_read(&given, &copy, sizeof copy), WCL_OK);
    assert_int_equal(copy.b, 2);
    assert_int_equal(copy.c, 0);
    given.size = sizeof given; /* a newer caller */
    assert_int_equal(wcl__options_read(&given, &copy, offsetof(sample, d)), WCL_BAD_ARGUMENT);
    given.d = 0;
    assert_int_equal(wcl__options_read(&given, &copy, offsetof(sample, d)), WCL_OK);
    given.size = 0;
    assert_int_equal(wcl__options_read(&given, &copy, sizeof copy), WCL_BAD_ARGUMENT);
}

static void test_infos(void **state)
{
    (void)state;
    const sample full = {sizeof full, 1, 2, 3, 4};
    sample out = {offsetof(sample, c), 9, 9, 9, 9};
    assert_int_equal(wcl__info_write(&out, &full, sizeof full), WCL_OK);
    assert_int_equal(out.size, offsetof(sample, c));
    assert_int_equal(out.b, 2);
    assert_int_equal(out.c, 9); /* beyond what the caller has */
    out = (sample){sizeof out, 9, 9, 9, 9};
    assert_int_equal(wcl__info_write(&out, &full, offsetof(sample, d)), WCL_OK);
    assert_int_equal(out.c, 3);
    assert_int_equal(out.d, 0); /* beyond what the library knows */
    out.size = 0;
    assert_int_equal(wcl__info_write(&out, &full, sizeof full), WCL_BAD_ARGUMENT);
}

/* ------------------------------------------------------------------ the tests' own comparison */

static const struct {
    const char *name;
    float got[3];
    double expected[3];
    wcl__bound algorithm;
    bool close;
} comparisons[] = {
    {"the same", {1, 2, 3}, {1, 2, 3}, WCL__EXACT, true},
    {"the nearest float", {0.1f, 2, 3}, {0.1, 2, 3}, WCL__EXACT, true},
    {"one bit off", {1.0000001f, 2, 3}, {1, 2, 3}, WCL__EXACT, false},
    {"one bit off in a sum", {1.0000001f, 2, 3}, {1, 2, 3}, WCL__SUM, true},
    {"L2 within, the largest not", {1.00004f, 2, 3}, {1, 2, 3}, WCL__SUM, false},
    {"NaN left behind", {NAN, 2, 3}, {1, 2, 3}, WCL__SUM, false},
    {"NaN where it belongs", {NAN, 2, 3}, {NAN, 2, 3}, WCL__SUM, true},
    {"NaN expected", {1, 2, 3}, {NAN, 2, 3}, WCL__SUM, false},
    {"infinity where it belongs", {INFINITY, 2, 3}, {INFINITY, 2, 3}, WCL__EXACT, true},
    {"the other infinity", {-INFINITY, 2, 3}, {INFINITY, 2, 3}, WCL__SUM, false},
    {"something for nothing", {1e-6f, 0, 0}, {0, 0, 0}, WCL__SUM, false},
    {"nothing for nothing", {0, 0, 0}, {0, 0, 0}, WCL__SUM, true},
};

static void test_comparison(void **state)
{
    (void)state;
    char where[512];
    const wcl__shape shape = SHAPE(3);
    for (size_t i = 0; i < WCL__COUNT(comparisons); i++)
        if (test_close(comparisons[i].got, comparisons[i].expected, &shape, comparisons[i].algorithm, 1,
                       where, sizeof where) != comparisons[i].close)
            fail_msg("%s", comparisons[i].name);
    const float got[6] = {1, 2, 3, 4, 5.5f, 6};
    const double expected[6] = {1, 2, 3, 4, 5, 6};
    const wcl__shape matrix = SHAPE(2, 3);
    assert_false(test_close(got, expected, &matrix, WCL__SUM, 1, where, sizeof where));
    assert_non_null(strstr(where, "worst at [1][1]: 5.5, expected 5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_first_place_wins),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_cl_codes),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_errors_without_memory),
        cmocka_unit_test(test_errors_are_a_threads_own),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_broadcast),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_infos),
        cmocka_unit_test(test_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
