/* Conv on the device: direct kernels, gemm and Winograd against the naive reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/op_cases.h"
#include "support/support.h"

#define RELU                \
    {                       \
        WCL__ACT_RELU, 0, 0 \
    }
#define WINOGRAD "direct f2 f4 f6 fused-f4 fused-f6" /* variants of a plain 3x3 convolution */
#define HALF_WINOGRAD "f2 f4 fused-f4"
#define WINOGRAD_ONLY "f2 f4 f6 fused-f4 fused-f6"
#define SAME3 .pads = {1, 1, 1, 1}

/* n, c, h, w, k, kh, kw */
static const conv_row windows[] = {
    {"one number", 1, 1, 1, 1, 1, 1, 1, .must = "direct gemm"},
    {"1x1, one channel to one", 1, 1, 5, 7, 1, 1, 1, .must = "direct gemm"},
    {"1x1, 17 channels to 33", 1, 17, 5, 3, 33, 1, 1, .must = "direct gemm"},
    {"1x1, stride 2", 2, 5, 7, 6, 3, 1, 1, .strides = {2, 2}, .must = "direct gemm"},
    {"2x2, even", 1, 3, 6, 6, 5, 2, 2, .must = "direct gemm"},
    {"the whole picture", 2, 5, 4, 3, 17, 4, 3, .must = "direct gemm"},
    {"5x5, padding 2", 1, 3, 9, 11, 5, 5, 5, .pads = {2, 2, 2, 2}, .must = "direct gemm"},
    {"11x11, stride 4, AlexNet's first", 1, 3, 31, 27, 17, 11, 11, .strides = {4, 4}, .must = "direct gemm"},
    {"1x7 and 7x1 in one: tall", 1, 5, 9, 4, 3, 7, 1, .pads = {3, 0, 3, 0}, .must = "direct gemm"},
    {"wide", 1, 5, 4, 9, 3, 1, 7, .pads = {0, 3, 0, 3}, .must = "direct gemm"},
    {"stride 2, odd picture", 1, 3, 7, 9, 17, 3, 3, SAME3, .strides = {2, 2}, .must = "direct gemm"},
    {"stride 2, even picture", 5, 3, 8, 6, 5, 3, 3, SAME3, .strides = {2, 2}, .must = "direct gemm"},
    {"stride 3 across, 1 down", 1, 17, 6, 13, 5, 3, 3, .strides = {1, 3}, .must = "direct gemm"},
    {"stride larger than the window", 1, 3, 11, 11, 5, 2, 2, .strides = {3, 3}, .must = "direct gemm"},
    {"dilation 2", 1, 5, 9, 8, 17, 3, 3, .dilations = {2, 2}, .must = "direct gemm"},
    {"dilation 2 down, 3 across, padded", 2, 3, 7, 9, 5, 3, 3, .pads = {2, 3, 2, 3}, .dilations = {2, 3},
     .must = "direct gemm"},
    {"dilation and stride", 1, 3, 13, 12, 5, 3, 3, .strides = {2, 3}, .dilations = {2, 2},
     .must = "direct gemm"},
    {"asymmetric padding", 1, 3, 5, 6, 5, 3, 3, .pads = {0, 1, 2, 0}, .must = "direct gemm"},
    {"padding wider than the picture", 1, 3, 2, 1, 5, 5, 5, .pads = {4, 4, 4, 4}, .must = "direct gemm"},
    {"padding wider than the window, before and behind", 1, 3, 4, 4, 17, 2, 2, .pads = {3, 2, 2, 3},
     .must = "direct gemm"},
    {"SAME_UPPER, odd cell behind", 1, 3, 8, 7, 5, 4, 4, .pads = {1, 1, 2, 2}, .auto_pad = "SAME_UPPER",
     .must = "direct gemm"},
    {"SAME_LOWER, odd cell before", 1, 3, 8, 7, 5, 4, 4, .pads = {2, 2, 1, 1}, .auto_pad = "SAME_LOWER",
     .must = "direct gemm"},
    {"SAME_UPPER, stride 2", 1, 3, 8, 7, 17, 3, 3, .pads = {0, 1, 1, 1}, .strides = {2, 2},
     .auto_pad = "SAME_UPPER"},
    {"VALID", 1, 3, 8, 7, 5, 3, 3, .auto_pad = "VALID", .must = "direct gemm"},
    {"without bias", 2, 17, 6, 5, 17, 3, 3, SAME3, .strides = {2, 1}, .no_bias = true, .must = "direct gemm"},
    {"33 channels, 33 filters", 1, 33, 4, 5, 33, 3, 3, .strides = {2, 2}, .must = "direct gemm"},
    {"batch 5", 5, 3, 5, 5, 17, 2, 3, .must = "direct gemm"},
};

static const conv_row grouped[] = {
    {"two groups of 3 to 5", 1, 6, 7, 5, 10, 3, 3, SAME3, .groups = 2, .must = "direct"},
    {"two groups of 16 to 16", 1, 32, 5, 6, 32, 3, 3, SAME3, .groups = 2, .must = "direct"},
    {"two groups of 24 to 40, AlexNet's way", 2, 48, 5, 5, 80, 5, 5, .pads = {2, 2, 2, 2}, .groups = 2,
     .must = "direct"},
    {"three groups, 1x1, stride 2", 1, 9, 6, 7, 15, 1, 1, .strides = {2, 2}, .groups = 3, .must = "direct"},
    {"depthwise, 17 channels", 1, 17, 6, 7, 17, 3, 3, SAME3, .groups = 17, .must = "depthwise direct"},
    {"depthwise, 32 channels, stride 2, batch 2", 2, 32, 7, 7, 32, 3, 3, SAME3, .strides = {2, 2},
     .groups = 32, .must = "direct"},
    {"depthwise, two filters a channel", 1, 5, 5, 6, 10, 3, 3, .groups = 5, .no_bias = true,
     .must = "direct"},
    {"depthwise, dilation 2, SAME_UPPER", 1, 3, 8, 9, 3, 3, 3, .pads = {2, 2, 2, 2}, .dilations = {2, 2},
     .groups = 3, .auto_pad = "SAME_UPPER"},
};

static const conv_row lines[] = {
    {"1-D, 3 taps", 1, 3, 1, 9, 5, 1, 3, .one_d = true, .must = "direct gemm"},
    {"1-D, one tap, one place", 2, 17, 1, 1, 5, 1, 1, .one_d = true, .must = "direct gemm"},
    {"1-D, padding before only, stride 2", 5, 3, 1, 11, 17, 1, 4, .pads = {0, 3, 0, 0}, .strides = {1, 2},
     .one_d = true, .must = "direct gemm"},
    {"1-D, dilation 3", 1, 5, 1, 17, 5, 1, 3, .dilations = {1, 3}, .one_d = true, .must = "direct gemm"},
    {"1-D, SAME_LOWER, stride 3", 1, 3, 1, 10, 5, 1, 5, .pads = {0, 2, 0, 2}, .strides = {1, 3},
     .one_d = true, .auto_pad = "SAME_LOWER"},
    {"1-D, groups", 1, 6, 1, 8, 4, 1, 3, .groups = 2, .one_d = true, .no_bias = true, .must = "direct"},
    {"1-D, depthwise", 1, 17, 1, 8, 17, 1, 3, .pads = {0, 1, 0, 1}, .groups = 17, .one_d = true,
     .must = "direct"},
};

/* Every edge of the 2x2, 4x4 and 6x6 tiles, of the tile blocks and of the channel blocks. */
static const conv_row winograd[] = {
    {"one pixel", 1, 1, 1, 1, 1, 3, 3, SAME3, .must = WINOGRAD},
    {"one output", 1, 3, 3, 3, 5, 3, 3, .must = WINOGRAD},
    {"one tile", 1, 3, 4, 4, 5, 3, 3, .must = WINOGRAD},
    {"one column", 2, 5, 7, 1, 17, 3, 3, SAME3, .must = WINOGRAD},
    {"one row", 2, 5, 1, 8, 17, 3, 3, SAME3, .must = WINOGRAD},
    {"odd height", 1, 17, 5, 6, 17, 3, 3, SAME3, .must = WINOGRAD},
    {"odd width", 1, 17, 6, 5, 17, 3, 3, SAME3, .must = WINOGRAD},
    {"odd both, no padding", 1, 3, 7, 9, 5, 3, 3, .must = WINOGRAD},
    {"16 channels, 16 filters", 1, 16, 6, 6, 16, 3, 3, SAME3, .must = WINOGRAD},
    {"33 channels, 33 filters", 1, 33, 5, 4, 33, 3, 3, SAME3, .must = WINOGRAD},
    {"15 channels, 31 filters", 1, 15, 4, 5, 31, 3, 3, SAME3, .must = WINOGRAD},
    {"one channel, 17 filters", 1, 1, 6, 7, 17, 3, 3, SAME3, .must = WINOGRAD},
    {"64 channels", 1, 64, 8, 8, 48, 3, 3, SAME3, .must = WINOGRAD},
    {"batch 2", 2, 5, 5, 5, 5, 3, 3, SAME3, .must = WINOGRAD},
    {"batch 5: tiles of several pictures in a block", 5, 3, 3, 5, 17, 3, 3, SAME3, .must = WINOGRAD},
    {"asymmetric padding", 1, 5, 6, 5, 17, 3, 3, .pads = {0, 1, 2, 0}, .must = WINOGRAD},
    {"padding 2: zeros all around", 1, 3, 4, 5, 5, 3, 3, .pads = {2, 2, 2, 2}, .must = WINOGRAD},
    {"padding 5 below and right", 1, 3, 2, 2, 5, 3, 3, .pads = {0, 0, 5, 5}, .must = WINOGRAD},
    {"SAME_UPPER", 1, 3, 6, 7, 5, 3, 3, SAME3, .auto_pad = "SAME_UPPER", .must = WINOGRAD},
    {"without bias", 1, 17, 6, 6, 5, 3, 3, SAME3, .no_bias = true, .must = WINOGRAD},
    {"11 tiles", 1, 3, 2, 22, 5, 3, 3, SAME3, .must = WINOGRAD},
    {"12 tiles", 1, 3, 6, 8, 5, 3, 3, SAME3, .must = WINOGRAD},
    {"13 tiles", 1, 3, 2, 26, 5, 3, 3, SAME3, .must = WINOGRAD},
    {"one F4 tile", 1, 3, 6, 6, 5, 3, 3, .must = WINOGRAD},
    {"one F6 tile", 1, 3, 8, 8, 5, 3, 3, .must = WINOGRAD},
    {"one pixel more than F4 and F6 tiles", 1, 5, 13, 13, 17, 3, 3, SAME3, .must = WINOGRAD},
    {"one pixel less", 1, 5, 11, 11, 17, 3, 3, SAME3, .must = WINOGRAD},
    {"blocks of F4 tiles", 1, 3, 25, 27, 33, 3, 3, SAME3, .must = WINOGRAD},
    {"blocks of F6 tiles, batch 3", 3, 5, 19, 38, 17, 3, 3, SAME3, .must = WINOGRAD},
    {"several fused work-items", 2, 17, 45, 50, 40, 3, 3, SAME3, .must = WINOGRAD},
    {"chunks of tiles", 2, 5, 43, 45, 17, 3, 3, SAME3, .cache = 1, .must = WINOGRAD},
    {"larger than a block everywhere", 1, 20, 19, 21, 40, 3, 3, SAME3, .must = WINOGRAD},
};

/* The 2x2 max-pool behind the activation. */
static const conv_row pooled[] = {
    {"two rows, two columns", 1, 3, 2, 2, 5, 3, 3, SAME3, .pool = true, .must = WINOGRAD},
    {"even", 1, 17, 6, 8, 17, 3, 3, SAME3, .act = RELU, .pool = true, .must = WINOGRAD},
    {"odd: the last row and column are dropped", 2, 5, 7, 9, 33, 3, 3, SAME3, .act = RELU, .pool = true,
     .must = WINOGRAD},
    {"odd tiles of all sizes", 1, 5, 13, 11, 17, 3, 3, SAME3, .pool = true, .must = WINOGRAD},
    {"leaky relu that falls below zero: not monotone", 1, 5, 9, 8, 17, 3, 3, SAME3,
     .act = {WCL__ACT_LEAKY_RELU, -0.5f, 0}, .pool = true, .must = WINOGRAD},
    {"sigmoid: tails stay zero", 1, 3, 8, 6, 17, 3, 3, SAME3, .scale = true, .act = {WCL__ACT_SIGMOID, 0, 0},
     .pool = true, .must = WINOGRAD},
    {"shift, no bias, batch 3", 3, 20, 14, 18, 40, 3, 3, .no_bias = true, .shift = true, .act = RELU,
     .pool = true, .must = WINOGRAD},
    {"5x5, stride 2", 2, 3, 19, 17, 17, 5, 5, .pads = {2, 2, 2, 2}, .strides = {2, 2}, .act = RELU,
     .pool = true, .must = "direct gemm"},
    {"groups", 1, 6, 7, 8, 10, 3, 3, SAME3, .groups = 2, .pool = true, .must = "direct"},
    {"depthwise", 1, 17, 6, 7, 17, 3, 3, SAME3, .groups = 17, .act = RELU, .pool = true,
     .must = "depthwise direct"},
};

/* Every edge of gemm's blocks of pixels, channels and filters (on CPUs with 16 floats in a vector, blocks
 * have 9 to 14 pixels), and of direct's rows. */
static const conv_row blocks[] = {
    {"1x1, 8 pixels: less than a block", 1, 5, 2, 4, 17, 1, 1, .must = "direct gemm"},
    {"1x1, 14 pixels", 1, 17, 2, 7, 33, 1, 1, .must = "direct gemm"},
    {"1x1, 15 pixels: two blocks that overlap", 1, 33, 3, 5, 16, 1, 1, .must = "direct gemm"},
    {"1x1, 49 pixels", 1, 16, 7, 7, 48, 1, 1, .act = RELU, .must = "direct gemm"},
    {"1x1, three pictures of 12 pixels", 3, 17, 3, 4, 33, 1, 1, .must = "direct gemm"},
    {"1x1, three pictures of 15 pixels: blocks of two", 3, 17, 3, 5, 5, 1, 1, .must = "direct gemm"},
    {"1x1, pictures of one pixel", 19, 5, 1, 1, 17, 1, 1, .must = "direct gemm"},
    {"1x1, padded", 1, 5, 3, 4, 17, 1, 1, .pads = {1, 0, 2, 1}, .must = "direct gemm"},
    {"1x1, padded behind only", 1, 5, 3, 4, 17, 1, 1, .pads = {0, 0, 0, 1}, .must = "direct gemm"},
    {"1x1, a picture larger than the filters", 1, 5, 19, 21, 3, 1, 1, .must = "direct gemm"},
    {"3x3, a picture larger than the filters", 1, 16, 33, 31, 16, 3, 3, SAME3, .strides = {2, 2},
     .must = "direct gemm"},
    {"stride 2, batch 5, 49 filters", 5, 17, 5, 6, 49, 3, 3, SAME3, .strides = {2, 2}, .must = "direct gemm"},
    {"7x7, stride 2, ResNet's first", 1, 3, 33, 35, 64, 7, 7, .pads = {3, 3, 3, 3}, .strides = {2, 2},
     .must = "direct gemm"},
    {"wide: the edges and the inside of a row", 1, 3, 5, 40, 33, 3, 3, SAME3, .must = "direct gemm"},
    {"wide, stride 4, no padding", 2, 5, 3, 61, 17, 3, 3, .strides = {1, 4}, .must = "direct gemm"},
    {"stride 17 across", 1, 3, 4, 240, 17, 2, 2, .strides = {1, 17}, .must = "direct gemm"},
};

static const conv_row epilogues[] = {
    {"scale and shift", 1, 5, 6, 5, 17, 3, 3, SAME3, .scale = true, .shift = true, .must = WINOGRAD},
    {"scale, shift and relu, no bias", 2, 3, 5, 5, 5, 3, 3, SAME3, .no_bias = true, .scale = true,
     .shift = true, .act = RELU, .must = WINOGRAD},
    {"shift alone, no bias", 1, 3, 5, 4, 5, 3, 3, SAME3, .no_bias = true, .shift = true, .must = WINOGRAD},
    {"scale alone", 1, 3, 5, 4, 17, 3, 3, SAME3, .scale = true, .must = WINOGRAD},
    {"relu", 1, 3, 5, 4, 17, 3, 3, SAME3, .act = RELU, .must = WINOGRAD},
    {"leaky relu", 1, 3, 5, 4, 5, 3, 3, SAME3, .act = {WCL__ACT_LEAKY_RELU, 0.1f, 0}, .must = WINOGRAD},
    {"clip away from zero: tails stay zero", 1, 3, 5, 4, 5, 3, 3, SAME3, .act = {WCL__ACT_CLIP, 0.25f, 1.5f},
     .must = WINOGRAD},
    {"sigmoid: tails stay zero", 1, 3, 5, 4, 17, 3, 3, SAME3, .act = {WCL__ACT_SIGMOID, 0, 0},
     .must = WINOGRAD},
    {"tanh", 1, 3, 5, 4, 5, 3, 3, SAME3, .act = {WCL__ACT_TANH, 0, 0}, .must = WINOGRAD},
    {"depthwise, scale, shift and relu", 1, 17, 5, 4, 17, 3, 3, SAME3, .groups = 17, .scale = true,
     .shift = true, .act = RELU, .must = "depthwise direct"},
    {"groups, scale and sigmoid", 1, 6, 5, 4, 10, 3, 3, .groups = 2, .scale = true,
     .act = {WCL__ACT_SIGMOID, 0, 0}, .must = "direct"},
    {"1-D, shift and relu", 1, 3, 1, 9, 5, 1, 3, .one_d = true, .shift = true, .act = RELU,
     .must = "direct gemm"},
};

static void check_rows(const conv_row *rows, size_t count)
{
    op_case cases[32];
    assert_true(count <= WCL__COUNT(cases));
    for (size_t i = 0; i < count; i++)
        cases[i] = conv_case(&rows[i]);
    op_check(cases, count);
}

#define ROWS_TEST(rows)                     \
    static void test_##rows(void **state)   \
    {                                       \
        (void)state;                        \
        check_rows(rows, WCL__COUNT(rows)); \
    }
ROWS_TEST(windows)
ROWS_TEST(grouped)
ROWS_TEST(lines)
ROWS_TEST(winograd)
ROWS_TEST(blocks)
ROWS_TEST(epilogues)
ROWS_TEST(pooled)

/* Filters stored as halves; direct convolutions keep floats, F6 refuses. */
static const conv_row half_rows[] = {
    {"half, one pixel, batch 9", 9, 1, 1, 1, 1, 3, 3, SAME3, .must = HALF_WINOGRAD},
    {"half, odd both, no padding", 1, 3, 7, 9, 5, 3, 3, .must = HALF_WINOGRAD},
    {"half, 33 channels, 33 filters", 1, 33, 5, 4, 33, 3, 3, SAME3, .must = HALF_WINOGRAD},
    {"half, one pixel more than tiles, relu", 1, 5, 13, 13, 17, 3, 3, SAME3, .act = RELU,
     .must = HALF_WINOGRAD},
    {"half, blocks of tiles, batch 3", 3, 5, 19, 38, 17, 3, 3, SAME3, .no_bias = true, .must = HALF_WINOGRAD},
    {"half, scale, shift and pool", 2, 17, 14, 9, 20, 3, 3, SAME3, .scale = true, .shift = true, .act = RELU,
     .pool = true, .must = HALF_WINOGRAD},
};

static void test_half(void **state)
{
    (void)state;
    op_case cases[WCL__COUNT(half_rows)];
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        cases[i] = conv_case(&half_rows[i]);
        cases[i].half = true;
        cases[i].cache = 1; /* with a cache for the filters they stay floats */
        cases[i].only = WINOGRAD_ONLY;
    }
    op_check(cases, WCL__COUNT(cases));
}

/* The blocks of CPUs with 8 floats in a vector: other registers, other numbers of tiles. */
static const conv_row narrow_rows[] = {
    {"narrow, one tile", 1, 3, 4, 4, 5, 3, 3, .must = WINOGRAD_ONLY},
    {"narrow, several work-items, relu", 2, 17, 45, 50, 40, 3, 3, SAME3, .act = RELU, .must = WINOGRAD_ONLY},
    {"narrow, odd, pooled, relu", 3, 5, 19, 38, 17, 3, 3, SAME3, .act = RELU, .pool = true,
     .must = WINOGRAD_ONLY},
    {"narrow, chunks of tiles", 1, 20, 27, 29, 33, 3, 3, SAME3, .act = RELU, .cache = 1,
     .must = WINOGRAD_ONLY},
};

static void test_narrow(void **state)
{
    (void)state;
    op_case cases[WCL__COUNT(narrow_rows)];
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        cases[i] = conv_case(&narrow_rows[i]);
        cases[i].vector = 8;
        cases[i].only = WINOGRAD_ONLY;
    }
    op_check(cases, WCL__COUNT(cases));
}

static const conv_row gpu_only[] = {
    {"work-groups of 128 tiles and filters", 1, 9, 43, 45, 120, 3, 3, SAME3},
    {"few tiles, several blocks of filters, a step and a half", 1, 12, 7, 9, 140, 3, 3, SAME3, .act = RELU},
};

/* Blocks of 4 channels, transforms a channel at a time, and the product by work-groups in local memory. */
static void check_gpu(const conv_row *rows, size_t count)
{
    op_case cases[32];
    size_t used = 0;
    assert_true(count <= WCL__COUNT(cases));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].must && !strstr(rows[i].must, "f2"))
            continue;
        cases[used] = conv_case(&rows[i]);
        cases[used].gpu = true;
        cases[used].must = cases[used].only = "f2-tiled f4-tiled f6-tiled f2 f4 f6";
        used++;
    }
    op_check(cases, used);
}

/* 1x1, strided and other windows, as a product in local memory. */
/* V and M beyond a small GPU's largest buffer, for 64 tiles just enough: two chunks and more, the last one
 * shorter. */
static void test_gpu_chunks(void **state)
{
    const conv_row rows[] = {
        {"GPU, chunks of two pictures' tiles", 2, 5, 27, 29, 7, 3, 3, SAME3, .act = RELU},
        {"GPU, chunks, pooled", 1, 9, 45, 41, 17, 3, 3, SAME3, .scale = true, .pool = true},
    };
    op_case cases[2 * WCL__COUNT(rows)];
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        cases[i] = conv_case(&rows[i / 2]);
        cases[i].gpu = true;
        cases[i].must = cases[i].only = i % 2 ? "f4-tiled" : "f2-tiled";
        cases[i].max_alloc =
            (i % 2 ? 36 : 16) * 64 * 64 * sizeof(float) + 100; /* 64 filters, padding included, of 64 tiles */
    }
    op_check(cases, WCL__COUNT(cases));
}

static void check_gpu_gemm(const conv_row *rows, size_t count, bool half)
{
    op_case cases[32];
    size_t used = 0;
    assert_true(count <= WCL__COUNT(cases));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].must && !strstr(rows[i].must, "gemm"))
            continue;
        cases[used] = conv_case(&rows[i]);
        cases[used].gpu = true;
        cases[used].half = half;
        cases[used].must = cases[used].only = "gemm-tiled gemm";
        used++;
    }
    op_check(cases, used);
}

static const conv_row gemm_only[] = {
    {"3x3, 140 filters, 130 pixels, relu", 1, 9, 10, 13, 140, 3, 3, SAME3, .act = RELU, .must = "gemm"},
    {"1x1, 33 pixels of 3 pictures, 70 filters", 3, 12, 1, 11, 70, 1, 1, .scale = true, .shift = true,
     .must = "gemm"},
    {"1x1, stride 2, 128 x 128 sums, sigmoid", 2, 20, 33, 34, 128, 1, 1, .strides = {2, 2},
     .act = {WCL__ACT_SIGMOID, 0, 0}, .must = "gemm"},
};

static void test_gpu_gemm(void **state)
{
    (void)state;
    check_gpu_gemm(windows, WCL__COUNT(windows), false);
    check_gpu_gemm(lines, WCL__COUNT(lines), false);
    check_gpu_gemm(pooled, WCL__COUNT(pooled), false);
    check_gpu_gemm(blocks, WCL__COUNT(blocks), false);
    check_gpu_gemm(epilogues, WCL__COUNT(epilogues), false);
    check_gpu_gemm(gemm_only, WCL__COUNT(gemm_only), false);
    check_gpu_gemm(gemm_only, WCL__COUNT(gemm_only), true);
}

/* Direct convolutions by work-groups of many work-items. */
static void check_gpu_direct(const conv_row *rows, size_t count)
{
    op_case cases[32];
    assert_true(count <= WCL__COUNT(cases));
    for (size_t i = 0; i < count; i++) {
        cases[i] = conv_case(&rows[i]);
        cases[i].gpu = true;
        cases[i].must = rows[i].must && strstr(rows[i].must, "depthwise") ? "depthwise direct" : "direct";
        cases[i].only = "depthwise direct";
    }
    op_check(cases, count);
}

static void test_gpu_direct(void **state)
{
    (void)state;
    check_gpu_direct(windows, WCL__COUNT(windows));
    check_gpu_direct(grouped, WCL__COUNT(grouped));
    check_gpu_direct(lines, WCL__COUNT(lines));
    check_gpu_direct(blocks, WCL__COUNT(blocks));
}

static void test_gpu(void **state)
{
    (void)state;
    check_gpu(winograd, WCL__COUNT(winograd));
    check_gpu(pooled, WCL__COUNT(pooled));
    check_gpu(gpu_only, WCL__COUNT(gpu_only));
}

static void test_gpu_half(void **state)
{
    (void)state;
    op_case cases[WCL__COUNT(half_rows) + WCL__COUNT(gpu_only)];
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        cases[i] =
            conv_case(i < WCL__COUNT(half_rows) ? &half_rows[i] : &gpu_only[i - WCL__COUNT(half_rows)]);
        cases[i].gpu = cases[i].half = true;
        cases[i].must = cases[i].only = "f2-tiled f4-tiled f2 f4";
    }
    op_check(cases, WCL__COUNT(cases));
}

#define X_4D .inputs[0] = OP_RANDOM(1, 4, 5, 5), .inputs[2] = OP_RANDOM(6), .input_count = 3

static const op_refusal refusals[] = {
    {{.name = "halves in F6",
      .op = "Conv",
      X_4D,
      .inputs[1] = {.shape = OP_SHAPE(6, 4, 3, 3), .constant = true},
      .half = true,
      .cache = 1,
      .must = "f6 fused-f6"},
     WCL_OK,
     "too coarse"},
    {{.name = "rank 5",
      .op = "Conv",
      .inputs = {OP_RANDOM(1, 2, 3, 3, 3), OP_RANDOM(2, 2, 1, 1, 1)},
      .input_count = 2},
     WCL_UNSUPPORTED,
     "3-D"},
    {{.name = "channels", .op = "Conv", X_4D, .inputs[1] = OP_RANDOM(6, 3, 3, 3)}, WCL_BAD_SHAPE, "groups"},
    {{.name = "rank of the weight", .op = "Conv", X_4D, .inputs[1] = OP_RANDOM(6, 4, 3)},
     WCL_BAD_SHAPE,
     "weight"},
    {{.name = "length of the bias", .op = "Conv", X_4D, .inputs[1] = OP_RANDOM(7, 4, 3, 3)},
     WCL_BAD_SHAPE,
     "bias"},
    {{.name = "groups",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 2, 3, 3),
      .attrs = {OP_INT("group", 4)}},
     WCL_BAD_SHAPE,
     "group"},
    {{.name = "no groups",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 4, 3, 3),
      .attrs = {OP_INT("group", 0)}},
     WCL_BAD_MODEL,
     "group"},
    {{.name = "kernel_shape",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 4, 3, 3),
      .attrs = {OP_INTS("kernel_shape", 3, 2)}},
     WCL_BAD_SHAPE,
     "kernel_shape"},
    {{.name = "window too large", .op = "Conv", X_4D, .inputs[1] = OP_RANDOM(6, 4, 7, 3)},
     WCL_BAD_SHAPE,
     "window"},
    {{.name = "stride 0",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 4, 3, 3),
      .attrs = {OP_INTS("strides", 1, 0)}},
     WCL_BAD_MODEL,
     "strides"},
    {{.name = "three strides",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 4, 3, 3),
      .attrs = {OP_INTS("strides", 1, 1, 1)}},
     WCL_BAD_MODEL,
     "strides"},
    {{.name = "dilation 0",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 4, 3, 3),
      .attrs = {OP_INTS("dilations", 0, 1)}},
     WCL_BAD_MODEL,
     "dilations"},
    {{.name = "negative padding",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 4, 3, 3),
      .attrs = {OP_INTS("pads", 0, -1, 0, 0)}},
     WCL_BAD_MODEL,
     "pads"},
    {{.name = "auto_pad",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 4, 3, 3),
      .attrs = {OP_STRING("auto_pad", "SAME")}},
     WCL_BAD_MODEL,
     "auto_pad"},
    {{.name = "gemm of two groups",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 2, 3, 3),
      .attrs = {OP_INT("group", 2)},
      .must = "gemm"},
     WCL_OK,
     "only one group"},
    {{.name = "F2 of 1x1", .op = "Conv", X_4D, .inputs[1] = OP_RANDOM(6, 4, 1, 1), .must = "f2"},
     WCL_OK,
     "3x3"},
    {{.name = "F2 with stride",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 4, 3, 3),
      .attrs = {OP_INTS("strides", 2, 2)},
      .must = "f2"},
     WCL_OK,
     "stride"},
    {{.name = "F2 with dilation",
      .op = "Conv",
      X_4D,
      .inputs[1] = OP_RANDOM(6, 4, 3, 3),
      .attrs = {OP_INTS("dilations", 2, 2)},
      .must = "f2"},
     WCL_OK,
     "dilation"},
};

static void test_refusals(void **state)
{
    (void)state;
    op_check_refused(refusals, WCL__COUNT(refusals));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),  cmocka_unit_test(test_grouped),    cmocka_unit_test(test_lines),
        cmocka_unit_test(test_winograd), cmocka_unit_test(test_blocks),     cmocka_unit_test(test_epilogues),
        cmocka_unit_test(test_pooled),   cmocka_unit_test(test_half),       cmocka_unit_test(test_narrow),
        cmocka_unit_test(test_gpu),      cmocka_unit_test(test_gpu_chunks), cmocka_unit_test(test_gpu_half),
        cmocka_unit_test(test_gpu_gemm), cmocka_unit_test(test_gpu_direct), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
