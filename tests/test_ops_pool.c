/* Pooling on the device against the naive reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/op_cases.h"
#include "support/support.h"

#define MAX "MaxPool"
#define AVERAGE "AveragePool"

/* n, c, h, w, kh, kw */
static const pool_row max_rows[] = {
    {"VGG's 2x2", MAX, 1, 64, 8, 8, 2, 2, .strides = {2, 2}},
    {"AlexNet's 3x3, stride 2", MAX, 2, 17, 13, 11, 3, 3, .strides = {2, 2}},
    {"one pixel", MAX, 1, 1, 1, 1, 1, 1, .pads = {0}},
    {"one pixel in padding", MAX, 1, 3, 1, 1, 3, 3, .pads = {1, 1, 1, 1}},
    {"odd picture loses its last row and column", MAX, 1, 5, 7, 5, 2, 2, .strides = {2, 2}},
    {"padding 1", MAX, 1, 33, 5, 6, 3, 3, .pads = {1, 1, 1, 1}},
    {"asymmetric padding", MAX, 1, 5, 6, 5, 3, 2, .pads = {2, 0, 0, 1}, .strides = {2, 1}},
    {"dilation 2", MAX, 1, 3, 9, 8, 3, 3, .dilations = {2, 2}},
    {"dilation 3 across, padded, stride 2", MAX, 1, 17, 5, 11, 2, 3, .pads = {0, 3, 0, 3}, .strides = {1, 2},
     .dilations = {1, 3}},
    {"stride larger than the window", MAX, 5, 3, 8, 9, 2, 2, .strides = {3, 3}},
    {"the whole picture", MAX, 2, 17, 5, 4, 5, 4, .pads = {0}},
    {"ceil_mode adds a window", MAX, 1, 5, 7, 5, 2, 2, .strides = {2, 2}, .ceil = true, .out = {4, 3}},
    {"ceil_mode, a window larger than the padded picture", MAX, 2, 5, 1, 2, 2, 4, .pads = {0, 1, 0, 0},
     .strides = {2, 2}, .ceil = true, .out = {1, 1}},
    {"ceil_mode, nothing to add", MAX, 1, 5, 6, 4, 2, 2, .strides = {2, 2}, .ceil = true, .out = {3, 2}},
    {"ceil_mode, no window that starts in the padding behind", MAX, 1, 3, 4, 3, 2, 2, .pads = {1, 1, 1, 1},
     .strides = {3, 2}, .ceil = true, .out = {2, 2}},
    {"SAME_UPPER", MAX, 1, 3, 6, 7, 2, 2, .pads = {0, 0, 1, 1}, .auto_pad = "SAME_UPPER"},
    {"SAME_LOWER", MAX, 1, 17, 6, 7, 2, 2, .pads = {1, 1, 0, 0}, .auto_pad = "SAME_LOWER"},
    {"SAME_UPPER, stride 2", MAX, 1, 3, 7, 6, 3, 3, .pads = {1, 0, 1, 1}, .strides = {2, 2},
     .auto_pad = "SAME_UPPER"},
    {"VALID", MAX, 1, 3, 7, 6, 3, 3, .strides = {2, 2}, .auto_pad = "VALID"},
    {"1-D", MAX, 2, 5, 1, 11, 1, 3, .strides = {1, 2}, .one_d = true},
    {"1-D, padded, ceil_mode", MAX, 1, 17, 1, 10, 1, 3, .pads = {0, 1, 0, 0}, .strides = {1, 3},
     .one_d = true, .ceil = true, .out = {1, 4}},
    {"opset 7", MAX, 1, 3, 6, 6, 2, 2, .strides = {2, 2}, .opset = 7},
};

static const pool_row average_rows[] = {
    {"2x2", AVERAGE, 1, 17, 8, 6, 2, 2, .strides = {2, 2}},
    {"one pixel", AVERAGE, 1, 1, 1, 1, 1, 1, .pads = {0}},
    {"one pixel in padding, not counted", AVERAGE, 1, 3, 1, 1, 3, 3, .pads = {1, 1, 1, 1}},
    {"one pixel in padding, counted", AVERAGE, 1, 3, 1, 1, 3, 3, .pads = {1, 1, 1, 1},
     .count_include_pad = true},
    {"padding not counted", AVERAGE, 2, 5, 6, 7, 3, 3, .pads = {1, 1, 1, 1}, .strides = {2, 1}},
    {"padding counted", AVERAGE, 2, 5, 6, 7, 3, 3, .pads = {1, 1, 1, 1}, .strides = {2, 1},
     .count_include_pad = true},
    {"asymmetric padding, not counted", AVERAGE, 1, 33, 5, 6, 3, 3, .pads = {0, 2, 1, 0}},
    {"asymmetric padding, counted", AVERAGE, 1, 33, 5, 6, 3, 3, .pads = {0, 2, 1, 0},
     .count_include_pad = true},
    {"ceil_mode, a window larger than the picture", AVERAGE, 2, 5, 2, 1, 3, 2, .strides = {2, 3},
     .ceil = true, .out = {1, 1}},
    {"ceil_mode, a window larger than the padded picture, counted", AVERAGE, 1, 3, 1, 2, 4, 2,
     .pads = {1, 0, 1, 0}, .strides = {2, 1}, .ceil = true, .count_include_pad = true, .out = {1, 1}},
    {"ceil_mode, the last window cut", AVERAGE, 1, 5, 7, 5, 2, 2, .strides = {2, 2}, .ceil = true,
     .out = {4, 3}},
    {"ceil_mode, padding counted, what is behind it not", AVERAGE, 1, 5, 6, 6, 3, 3, .pads = {1, 1, 0, 0},
     .strides = {2, 2}, .ceil = true, .count_include_pad = true, .out = {3, 3}},
    {"ceil_mode, past the padding, counted", AVERAGE, 1, 3, 4, 4, 3, 3, .pads = {1, 1, 1, 1},
     .strides = {2, 2}, .ceil = true, .count_include_pad = true, .out = {3, 3}},
    {"ceil_mode, past the padding, not counted", AVERAGE, 1, 3, 4, 4, 3, 3, .pads = {1, 1, 1, 1},
     .strides = {2, 2}, .ceil = true, .out = {3, 3}},
    {"dilation 2", AVERAGE, 1, 5, 7, 8, 3, 2, .dilations = {2, 3}},
    {"dilation 2, padding counted", AVERAGE, 1, 5, 7, 8, 3, 2, .pads = {2, 1, 2, 1}, .dilations = {2, 3},
     .count_include_pad = true},
    {"dilation 2, padding not counted", AVERAGE, 1, 5, 7, 8, 3, 2, .pads = {2, 1, 2, 1}, .dilations = {2, 3}},
    {"SAME_UPPER", AVERAGE, 1, 3, 6, 7, 2, 2, .pads = {0, 0, 1, 1}, .auto_pad = "SAME_UPPER"},
    {"SAME_LOWER, counted", AVERAGE, 5, 3, 6, 7, 2, 2, .pads = {1, 1, 0, 0}, .auto_pad = "SAME_LOWER",
     .count_include_pad = true},
    {"1-D", AVERAGE, 2, 5, 1, 11, 1, 4, .pads = {0, 1, 0, 2}, .strides = {1, 3}, .one_d = true},
    {"opset 7", AVERAGE, 1, 3, 6, 6, 2, 2, .strides = {2, 2}, .opset = 7},
};

static const pool_row global_rows[] = {
    {"average, one pixel", "GlobalAveragePool", 1, 5, 1, 1, .one_d = false},
    {"average, 7x7", "GlobalAveragePool", 2, 33, 7, 7, .one_d = false},
    {"average, 17 channels, 31x29", "GlobalAveragePool", 1, 17, 31, 29, .one_d = false},
    {"average, one channel", "GlobalAveragePool", 5, 1, 3, 5, .one_d = false},
    {"average, 1-D", "GlobalAveragePool", 2, 17, 1, 13, .one_d = true},
    {"max, one pixel", "GlobalMaxPool", 1, 5, 1, 1, .one_d = false},
    {"max, 7x7", "GlobalMaxPool", 2, 33, 7, 7, .one_d = false},
    {"max, 17 channels, 31x29", "GlobalMaxPool", 1, 17, 31, 29, .one_d = false},
    {"max, 1-D", "GlobalMaxPool", 5, 3, 1, 13, .one_d = true},
};

static void check_rows(const pool_row *rows, size_t count)
{
    op_case cases[32];
    assert_true(count <= WCL__COUNT(cases));
    for (size_t i = 0; i < count; i++)
        cases[i] = pool_case(&rows[i]);
    op_check(cases, count);
}

static void test_max(void **state)
{
    (void)state;
    check_rows(max_rows, WCL__COUNT(max_rows));
}

static void test_average(void **state)
{
    (void)state;
    check_rows(average_rows, WCL__COUNT(average_rows));
}

static void test_global(void **state)
{
    (void)state;
    check_rows(global_rows, WCL__COUNT(global_rows));
}

/* As GPUs compute it: work-groups of 32 to 256 items, with pixels left over and without, and too few of them
 * for one. */
static void test_global_of_gpus(void **state)
{
    (void)state;
    static const pool_row rows[] = {
        {"7x7", "GlobalAveragePool", 2, 33, 7, 7, .one_d = false},
        {"32 pixels", "GlobalAveragePool", 3, 5, 4, 8, .one_d = false},
        {"31 pixels", "GlobalMaxPool", 1, 5, 1, 31, .one_d = true},
        {"256 pixels", "GlobalMaxPool", 1, 6, 16, 16, .one_d = false},
        {"31x29", "GlobalAveragePool", 1, 17, 31, 29, .one_d = false},
        {"one channel of 5 pictures", "GlobalMaxPool", 5, 1, 13, 10, .one_d = false},
        {"1-D", "GlobalAveragePool", 2, 9, 1, 1000, .one_d = true},
    };
    op_case cases[2 * WCL__COUNT(rows)];
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        cases[i] = pool_case(&rows[i / 2]);
        cases[i].gpu = true;
        cases[i].vector = i % 2 ? 8 : 4;
        cases[i].must = rows[i / 2].h * rows[i / 2].w < 32 ? "direct" : "group";
    }
    op_check(cases, WCL__COUNT(cases));
}

/* Numbers whose largest is negative, and infinities: nothing but the cells themselves may decide. */
static void max_reference(const op_case *test, const float *const *inputs, double *y)
{
    (void)test;
    (void)inputs;
    const double expected[] = {-2, -1, -4, -3};
    for (int i = 0; i < 4; i++)
        y[i] = expected[i];
}

static void test_max_of_negative_numbers(void **state)
{
    (void)state;
    static const float x[] = {-5, -2, -1, -7, -4, -9, -8, -3};
    const op_case test = {
        .name = "negative numbers in padding",
        .op = MAX,
        .attrs = {OP_INTS("kernel_shape", 3, 2), OP_INTS("pads", 1, 0, 1, 0), OP_INTS("strides", 1, 2)},
        .inputs = {{.shape = OP_SHAPE(1, 2, 1, 4), .floats = x}},
        .input_count = 1,
        .output = OP_SHAPE(1, 2, 1, 2),
        .reference = max_reference};
    op_check(&test, 1);
}

#define PICTURE .inputs = {OP_RANDOM(1, 2, 5, 5)}, .input_count = 1
#define WINDOW OP_INTS("kernel_shape", 2, 2)

static const op_refusal refusals[] = {
    {{.name = "no kernel_shape", .op = MAX, PICTURE}, WCL_BAD_MODEL, "kernel_shape"},
    {{.name = "kernel_shape of one", .op = MAX, PICTURE, .attrs = {OP_INTS("kernel_shape", 2)}},
     WCL_BAD_MODEL,
     "kernel_shape"},
    {{.name = "kernel 0", .op = AVERAGE, PICTURE, .attrs = {OP_INTS("kernel_shape", 0, 2)}},
     WCL_BAD_SHAPE,
     "window"},
    {{.name = "window too large", .op = MAX, PICTURE, .attrs = {OP_INTS("kernel_shape", 6, 2)}},
     WCL_BAD_SHAPE,
     "window"},
    {{.name = "window too large, ceil_mode",
      .op = MAX,
      PICTURE,
      .attrs = {OP_INTS("kernel_shape", 7, 2), OP_INTS("strides", 2, 2), OP_INT("ceil_mode", 1)}},
     WCL_BAD_SHAPE,
     "window"},
    {{.name = "padding as large as the window",
      .op = MAX,
      PICTURE,
      .attrs = {WINDOW, OP_INTS("pads", 2, 0, 0, 0)}},
     WCL_BAD_SHAPE,
     "padding"},
    {{.name = "Indices", .op = MAX, PICTURE, .output_count = 2, .attrs = {WINDOW}},
     WCL_UNSUPPORTED,
     "Indices"},
    {{.name = "storage_order", .op = MAX, PICTURE, .attrs = {WINDOW, OP_INT("storage_order", 1)}},
     WCL_UNSUPPORTED,
     "storage_order"},
    {{.name = "rank 5",
      .op = MAX,
      .inputs = {OP_RANDOM(1, 1, 2, 2, 2)},
      .input_count = 1,
      .attrs = {OP_INTS("kernel_shape", 2, 2, 2)}},
     WCL_UNSUPPORTED,
     "3-D"},
    {{.name = "rank 5, global",
      .op = "GlobalAveragePool",
      .inputs = {OP_RANDOM(1, 1, 2, 2, 2)},
      .input_count = 1},
     WCL_UNSUPPORTED,
     "3-D"},
    {{.name = "rank 2", .op = "GlobalMaxPool", .inputs = {OP_RANDOM(1, 2)}, .input_count = 1},
     WCL_BAD_SHAPE,
     "dimensions"},
};

static void test_refusals(void **state)
{
    (void)state;
    op_check_refused(refusals, WCL__COUNT(refusals));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_max),      cmocka_unit_test(test_average),
        cmocka_unit_test(test_global),   cmocka_unit_test(test_max_of_negative_numbers),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_global_of_gpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
