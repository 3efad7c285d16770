/* The naive operators against values worked by hand, and against what must hold for any values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ref/ref.h"
#include "base/random.h"

enum { MOST = 512 };

/* Each value within 1e-6 of the expected one; infinities must be equal. */
static void check(const char *name, const double *got, const double *expected, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!(got[i] == expected[i] || fabs(got[i] - expected[i]) <= 1e-6))
            fail_msg("%s: element %d is %.9g, not %.9g", name, (int)i, got[i], expected[i]);
}

static void poison(double *y)
{
    for (int i = 0; i < MOST; i++)
        y[i] = NAN;
}

/* ---- convolution */

static const struct {
    const char *name;
    wcl__conv conv;
    float x[16], w[16], bias[2];
    double y[16];
} conv_cases[] = {
    /* n c h w, k oh ow, kh kw, strides, dilations, pads top left bottom right, groups */
    {"1-D is a correlation, not flipped",
     {1, 1, 1, 4, 1, 1, 2, 1, 3, 1, 1, 1, 1, 0, 0, 0, 0, 1, {WCL__ACT_NONE, 0, 0}},
     {1, 2, 3, 4},
     {1, 10, 100},
     {0.5f},
     {321.5, 432.5}},
    {"3x3 on 2x2 with padding 1",
     {1, 1, 2, 2, 1, 2, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, {WCL__ACT_NONE, 0, 0}},
     {1, 2, 3, 4},
     {1, 2, 3, 4, 5, 6, 7, 8, 9},
     {0},
     {1 * 5 + 2 * 6 + 3 * 8 + 4 * 9, 1 * 4 + 2 * 5 + 3 * 7 + 4 * 8, 1 * 2 + 2 * 3 + 3 * 5 + 4 * 6,
      1 * 1 + 2 * 2 + 3 * 4 + 4 * 5}},
    {"padding above and right only, stride 2 down",
     {1, 1, 3, 2, 1, 2, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 1, 1, {WCL__ACT_NONE, 0, 0}},
     {1, 2, 3, 4, 5, 6},
     {1, 10, 100, 1000},
     {0},
     {2100, 200, 43 + 6500, 4 + 600}},
    {"dilation 2 takes every second column",
     {1, 1, 1, 5, 1, 1, 3, 1, 2, 1, 1, 1, 2, 0, 0, 0, 0, 1, {WCL__ACT_NONE, 0, 0}},
     {1, 2, 3, 4, 5},
     {1, 10},
     {0},
     {31, 42, 53}},
    {"two channels, two filters, bias and relu",
     {1, 2, 1, 2, 2, 1, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, {WCL__ACT_RELU, 0, 0}},
     {1, 2, 3, 4},
     {1, 10, 1, -1},
     {1, 1.5f},
     {32, 43, 0, 0}},
    {"two groups: each filter sees its own channels",
     {1, 4, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, {WCL__ACT_NONE, 0, 0}},
     {1, 2, 3, 4},
     {1, 10, 100, 1000},
     {0},
     {21, 4300}},
    {"depthwise, two pictures",
     {2, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, {WCL__ACT_NONE, 0, 0}},
     {1, 2, 3, 4},
     {2, 3},
     {0},
     {2, 6, 6, 12}},
};

static void test_conv(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(conv_cases); i++) {
        const wcl__conv *conv = &conv_cases[i].conv;
        double y[MOST];
        poison(y);
        wcl__ref_conv(conv, conv_cases[i].x, conv_cases[i].w, conv_cases[i].bias, y);
        check(conv_cases[i].name, y, conv_cases[i].y, conv->n * conv->k * conv->oh * conv->ow);
        assert_true(isnan(y[conv->n * conv->k * conv->oh * conv->ow]));
    }
}

static void test_conv_moves_with_its_input(void **state)
{
    (void)state;
    const wcl__conv conv = {1, 1, 7, 9, 1, 5, 7, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0, 1, {WCL__ACT_NONE, 0, 0}};
    float x[63], moved[63] = {0}, w[9];
    double y[MOST], y_moved[MOST];
    wcl_random_fill(x, 63, 1, 1.0);
    wcl_random_fill(w, 9, 2, 1.0);
    for (int row = 1; row < 7; row++)
        for (int column = 1; column < 9; column++)
            moved[row * 9 + column] = x[(row - 1) * 9 + column - 1];
    wcl__ref_conv(&conv, x, w, NULL, y);
    wcl__ref_conv(&conv, moved, w, NULL, y_moved);
    for (int row = 1; row < 5; row++)
        check("moved by one row and column", y_moved + row * 7 + 1, y + (row - 1) * 7, 6);
}

/* ---- pooling */

static const struct {
    const char *name;
    wcl__pool pool;
    float x[16];
    double y[16];
} pool_cases[] = {
    /* n c h w, oh ow, kh kw, strides, dilations, pads top left bottom right, average, count_include_pad */
    {"max 2x2 of 2x4",
     {1, 1, 2, 4, 1, 2, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0, false, false},
     {1, 5, 2, -3, 4, 3, -7, -1},
     {5, 2}},
    {"max of negative numbers does not see the padding",
     {1, 1, 1, 2, 1, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, false, false},
     {-2, -3},
     {-2, -2}},
    {"max with dilation 2",
     {1, 1, 1, 4, 1, 2, 1, 2, 1, 1, 1, 2, 0, 0, 0, 0, false, false},
     {1, 9, 2, 3},
     {2, 9}},
    {"average, padding not counted",
     {1, 1, 1, 3, 1, 2, 1, 3, 1, 2, 1, 1, 0, 1, 0, 1, true, false},
     {1, 2, 6},
     {1.5, 4}},
    {"average, padding counted",
     {1, 1, 1, 3, 1, 2, 1, 3, 1, 2, 1, 1, 0, 1, 0, 1, true, true},
     {1, 2, 6},
     {1, 8.0 / 3}},
    {"average, padding counted, the last window past the padding (ceil_mode)",
     {1, 1, 1, 4, 1, 3, 1, 3, 1, 2, 1, 1, 0, 1, 0, 1, true, true},
     {1, 2, 6, 8},
     {1, 16.0 / 3, 4}},
    {"average, global, two channels of two pictures",
     {2, 2, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0, true, false},
     {1, 2, 3, 4, 5, 6, 7, 8},
     {1.5, 3.5, 5.5, 7.5}},
    {"max, global",
     {1, 2, 2, 2, 1, 1, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, false, false},
     {1, 2, 3, 0, -4, -3, -2, -1},
     {3, -1}},
};

static void test_pool(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(pool_cases); i++) {
        const wcl__pool *pool = &pool_cases[i].pool;
        double y[MOST];
        poison(y);
        wcl__ref_pool(pool, pool_cases[i].x, y);
        check(pool_cases[i].name, y, pool_cases[i].y, pool->n * pool->c * pool->oh * pool->ow);
        assert_true(isnan(y[pool->n * pool->c * pool->oh * pool->ow]));
    }
}

/* ---- matrix products */

static const struct {
    const char *name;
    wcl__gemm gemm;
    float a[8], b[8], bias[8];
    int64_t bias_strides[2];
    double y[8];
} gemm_cases[] = {
    {"2x2 times 2x2",
     {1, 2, 2, 2, false, false, 1, 1, {0}},
     {1, 2, 3, 4},
     {5, 6, 7, 8},
     {0},
     {0, 0},
     {19, 22, 43, 50}},
    {"a transposed",
     {1, 2, 2, 2, true, false, 1, 1, {0}},
     {1, 3, 2, 4},
     {5, 6, 7, 8},
     {0},
     {0, 0},
     {19, 22, 43, 50}},
    {"b transposed",
     {1, 2, 2, 2, false, true, 1, 1, {0}},
     {1, 2, 3, 4},
     {5, 7, 6, 8},
     {0},
     {0, 0},
     {19, 22, 43, 50}},
    {"1x3 times 3x2, alpha, beta and a row",
     {1, 1, 2, 3, false, false, 2, 0.5f, {0}},
     {1, 2, 3},
     {1, 2, 3, 4, 5, 6},
     {10, 20},
     {0, 1},
     {49, 66}},
    {"2x1 times 1x2 and a column",
     {1, 2, 2, 1, false, false, 1, 1, {0}},
     {1, 2},
     {3, 4},
     {10, 20},
     {1, 0},
     {13, 14, 26, 28}},
    {"a full matrix of bias",
     {1, 2, 2, 1, false, false, 1, 1, {0}},
     {1, 2},
     {3, 4},
     {1, 2, 3, 4},
     {2, 1},
     {4, 6, 9, 12}},
    {"one number of bias, relu",
     {1, 1, 2, 1, false, false, 1, 1, {WCL__ACT_RELU, 0, 0}},
     {1},
     {3, 4},
     {-3.5f},
     {0, 0},
     {0, 0.5}},
    {"two matrices",
     {2, 1, 1, 2, false, false, 1, 0, {0}},
     {1, 2, 3, 4},
     {5, 6, 7, 8},
     {99},
     {0, 0},
     {17, 53}},
};

static void test_gemm(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(gemm_cases); i++) {
        const wcl__gemm *gemm = &gemm_cases[i].gemm;
        double y[MOST];
        poison(y);
        wcl__ref_gemm(gemm, gemm_cases[i].a, gemm_cases[i].b, gemm_cases[i].bias, gemm_cases[i].bias_strides,
                      y);
        check(gemm_cases[i].name, y, gemm_cases[i].y, gemm->batch * gemm->m * gemm->n);
        assert_true(isnan(y[gemm->batch * gemm->m * gemm->n]));
    }
}

/* ---- element-wise */

static const struct {
    const char *name;
    wcl__act act;
    double y[5]; /* of -2, -0.5, 0, 0.5, 2 */
} act_cases[] = {
    {"none", {WCL__ACT_NONE, 0, 0}, {-2, -0.5, 0, 0.5, 2}},
    {"relu", {WCL__ACT_RELU, 0, 0}, {0, 0, 0, 0.5, 2}},
    {"leaky relu", {WCL__ACT_LEAKY_RELU, 0.25f, 0}, {-0.5, -0.125, 0, 0.5, 2}},
    {"clip", {WCL__ACT_CLIP, -1, 0.25f}, {-1, -0.5, 0, 0.25, 0.25}},
    {"sigmoid", {WCL__ACT_SIGMOID, 0, 0}, {0.119202922, 0.377540669, 0.5, 0.622459331, 0.880797078}},
    /* 0, 3/8, 1/2, 5/8, 1: x / 4 + 1 / 2 */
    {"hard sigmoid", {WCL__ACT_HARD_SIGMOID, 0.25f, 0.5f}, {0, 0.375, 0.5, 0.625, 1}},
    {"tanh", {WCL__ACT_TANH, 0, 0}, {-0.964027580, -0.462117157, 0, 0.462117157, 0.964027580}},
};

static void test_activations(void **state)
{
    (void)state;
    const float x[] = {-2, -0.5f, 0, 0.5f, 2};
    const float strange = NAN;
    for (size_t i = 0; i < WCL__COUNT(act_cases); i++) {
        double y[5], nan = 0;
        wcl__ref_act(&act_cases[i].act, x, 5, y);
        check(act_cases[i].name, y, act_cases[i].y, 5);
        wcl__ref_act(&act_cases[i].act, &strange, 1, &nan);
        assert_true(isnan(nan));
    }
}

static const struct {
    const char *name;
    wcl__softmax softmax;
    float x[8];
    double y[8];
} softmax_cases[] = {
    /* exp(ln 3) = 3: quarters */
    {"two of 1 : 3", {1, 2, 1, false}, {0, 1.09861228867f}, {0.25, 0.75}},
    {"large values do not overflow", {1, 2, 1, false}, {1000, 1000}, {0.5, 0.5}},
    {"log of two equal ones", {1, 2, 1, true}, {-1000, -1000}, {-0.69314718, -0.69314718}},
    {"one element", {2, 1, 1, false}, {5, -7}, {1, 1}},
    {"the axis in the middle", {1, 2, 2, false}, {0, 7, 1.09861228867f, 7}, {0.25, 0.5, 0.75, 0.5}},
    {"two rows", {2, 2, 1, false}, {0, 1.09861228867f, 1.09861228867f, 0}, {0.25, 0.75, 0.75, 0.25}},
};

static void test_softmax(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(softmax_cases); i++) {
        const wcl__softmax *softmax = &softmax_cases[i].softmax;
        double y[8];
        wcl__ref_softmax(softmax, softmax_cases[i].x, y);
        check(softmax_cases[i].name, y, softmax_cases[i].y,
              softmax->outer * softmax->length * softmax->inner);
    }
}

static const struct {
    const char *name;
    wcl__lrn lrn;
    float x[4];
    double y[4];
} lrn_cases[] = {
    /* sums of squares over c - 1 ... c + 1 of 1 2 3: 5, 14, 13; divided by 3, times alpha 3, plus 1: 6, 15,
       14 */
    {"size 3, beta 1", {1, 3, 1, 1, 3, 3, 1, 1}, {1, 2, 3}, {1 / 6.0, 2 / 15.0, 3 / 14.0}},
    /* size 2 reaches to c + 1 only: 5, 13, 9 */
    {"size 2 looks ahead", {1, 3, 1, 1, 2, 2, 1, 1}, {1, 2, 3}, {1 / 6.0, 2 / 14.0, 3 / 10.0}},
    {"beta 0.5, bias 0", {1, 1, 1, 2, 1, 1, 0.5f, 0}, {3, -5}, {1, -1}},
};

static void test_lrn(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(lrn_cases); i++) {
        const wcl__lrn *lrn = &lrn_cases[i].lrn;
        double y[4];
        wcl__ref_lrn(lrn, lrn_cases[i].x, y);
        check(lrn_cases[i].name, y, lrn_cases[i].y, lrn->n * lrn->c * lrn->h * lrn->w);
    }
}

static void test_batchnorm(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 4, 5, 6, 7, 8}, scale[] = {2, 1}, bias[] = {0.5f, -1}, mean[] = {1, 4},
                variance[] = {3, 0};
    const wcl__ref_batchnorm norm = {2, 2, 2, scale, bias, mean, variance, 1.0};
    const double expected[] = {0.5, 1.5, -2, -1, 4.5, 5.5, 2, 3};
    double y[8];
    wcl__ref_batchnorm_run(&norm, x, y);
    check("batch-norm", y, expected, 8);
}

/* ---- broadcasting */

static const struct {
    const char *name;
    char kind;
    wcl__shape a_shape, b_shape;
    float a[8], b[8];
    int count;
    double y[12];
} binary_cases[] = {
    {"same shape", '+', {1, {3}}, {1, {3}}, {1, 2, 3}, {10, 20, 30}, 3, {11, 22, 33}},
    {"scalar", '-', {2, {1, 2}}, {0, {0}}, {1, 2}, {10}, 2, {-9, -8}},
    {"scalar first", '-', {0, {0}}, {2, {1, 2}}, {10}, {1, 2}, 2, {9, 8}},
    {"row", '*', {2, {2, 3}}, {1, {3}}, {1, 2, 3, 4, 5, 6}, {1, 10, 100}, 6, {1, 20, 300, 4, 50, 600}},
    {"column", '/', {2, {2, 2}}, {2, {2, 1}}, {1, 2, 3, 4}, {2, 4}, 4, {0.5, 1, 0.75, 1}},
    {"both ways", '+', {2, {2, 1}}, {2, {1, 3}}, {1, 2}, {10, 20, 30}, 6, {11, 21, 31, 12, 22, 32}},
    {"channel", '+', {3, {1, 2, 2}}, {2, {2, 1}}, {1, 2, 3, 4}, {10, 20}, 4, {11, 12, 23, 24}},
    {"division by zero", '/', {1, {2}}, {1, {1}}, {1, -1}, {0}, 2, {INFINITY, -INFINITY}},
};

static void test_binary(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(binary_cases); i++) {
        const wcl__ref_array a = {binary_cases[i].a_shape, binary_cases[i].a},
                             b = {binary_cases[i].b_shape, binary_cases[i].b};
        double y[MOST];
        poison(y);
        wcl__ref_binary(binary_cases[i].kind, &a, &b, y);
        check(binary_cases[i].name, y, binary_cases[i].y, binary_cases[i].count);
        assert_true(isnan(y[binary_cases[i].count]));
    }
}

/* ---- moving elements: the values are their own places */

static const float places[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

static void test_concat(void **state)
{
    (void)state;
    const wcl__ref_array inputs[] = {{{2, {2, 1}}, places}, {{2, {2, 2}}, places + 4}};
    const wcl__ref_array rows[] = {{{2, {1, 2}}, places}, {{2, {2, 2}}, places + 4}};
    const double beside[] = {0, 4, 5, 1, 6, 7}, below[] = {0, 1, 4, 5, 6, 7};
    double y[6];
    wcl__ref_concat(inputs, 2, 1, y);
    check("concat along columns", y, beside, 6);
    wcl__ref_concat(rows, 2, 0, y);
    check("concat along rows", y, below, 6);
}

static void test_transpose(void **state)
{
    (void)state;
    const wcl__ref_array matrix = {{2, {2, 3}}, places}, block = {{3, {2, 3, 2}}, places};
    const int64_t swap[] = {1, 0}, rotate[] = {2, 0, 1};
    const double swapped[] = {0, 3, 1, 4, 2, 5}, rotated[] = {0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11};
    double y[12];
    wcl__ref_transpose(&matrix, swap, y);
    check("transpose of a matrix", y, swapped, 6);
    wcl__ref_transpose(&block, rotate, y);
    check("channels first", y, rotated, 12);
}

static void test_gather_and_slice(void **state)
{
    (void)state;
    const wcl__ref_array x = {{2, {3, 4}}, places};
    const int64_t rows[] = {2, -3}, columns[] = {-1, 0, 0}, start[] = {2, 1}, step[] = {-2, 2};
    const wcl__shape sliced_shape = {2, {2, 2}};
    const double by_row[] = {8, 9, 10, 11, 0, 1, 2, 3}, by_column[] = {3, 0, 0, 7, 4, 4, 11, 8, 8},
                 sliced[] = {9, 11, 1, 3};
    double y[12];
    wcl__ref_gather(&x, 0, rows, 2, y);
    check("gather rows", y, by_row, 8);
    wcl__ref_gather(&x, 1, columns, 3, y);
    check("gather columns", y, by_column, 9);
    wcl__ref_slice(&x, start, step, &sliced_shape, y);
    check("slice backwards and in steps", y, sliced, 4);
}

/* ---- Winograd */

/* Lavin and Gray's F(2, 3), with the sign of infinity's rows moved from at to bt. */
static void test_winograd_f2_matrices(void **state)
{
    (void)state;
    const double points[] = {0, 1, -1};
    const double at[] = {1, 1, 1, 0, 0, 1, -1, 1};
    const double g[] = {1, 0, 0, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0, 0, 1};
    const double bt[] = {1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, -1, 0, 1};
    wcl__ref_winograd made;
    wcl__ref_winograd_make(2, 3, points, &made);
    assert_int_equal(made.tile, 4);
    for (int i = 0; i < 4; i++) {
        check("g", made.g[i], g + i * 3, 3);
        check("bt", made.bt[i], bt + i * 4, 4);
    }
    for (int i = 0; i < 2; i++)
        check("at", made.at[i], at + i * 4, 4);
}

static const struct {
    const char *name;
    int m, r;
    double points[WCL__REF_TILE];
    double bound; /* rounding grows with the points */
} winograd_cases[] = {
    {"F(2, 3)", 2, 3, {0, 1, -1}, 1e-12},
    {"F(2, 3) at other points", 2, 3, {0.5, 2, -1}, 1e-12},
    {"F(2, 2)", 2, 2, {0, 1}, 1e-12},
    {"F(4, 3) at whole points", 4, 3, {0, 1, -1, 2, -2}, 1e-12},
    {"F(4, 3) at roots of two",
     4,
     3,
     {0, 0.70710678118654752, -0.70710678118654752, 1.41421356237309505, -1.41421356237309505},
     1e-12},
    {"F(6, 3)", 6, 3, {0, 1, -1, 2, -2, 0.5, -0.5}, 1e-11},
};

static void test_winograd_is_convolution(void **state)
{
    (void)state;
    for (size_t c = 0; c < WCL__COUNT(winograd_cases); c++) {
        const int m = winograd_cases[c].m, r = winograd_cases[c].r, tile = m + r - 1;
        wcl__ref_winograd made;
        wcl__ref_winograd_make(m, r, winograd_cases[c].points, &made);
        for (uint64_t trial = 0; trial < 20; trial++) {
            float random[2 * WCL__REF_TILE * WCL__REF_TILE];
            double filter[WCL__REF_TILE * WCL__REF_TILE], data[WCL__REF_TILE * WCL__REF_TILE],
                y[WCL__REF_TILE * WCL__REF_TILE];
            wcl_random_fill(random, (int64_t)WCL__COUNT(random), wcl__random_key(7, trial), 1.0);
            for (int i = 0; i < r * r; i++)
                filter[i] = random[i];
            for (int i = 0; i < tile * tile; i++)
                data[i] = random[WCL__REF_TILE * WCL__REF_TILE + i];
            wcl__ref_winograd_tile(&made, filter, data, y);
            for (int i = 0; i < m * m; i++) {
                double direct = 0;
                for (int j = 0; j < r * r; j++)
                    direct += filter[j] * data[(i / m + j / r) * tile + i % m + j % r];
                if (!(fabs(y[i] - direct) <= winograd_cases[c].bound))
                    fail_msg("%s: element %d is %.17g, not %.17g", winograd_cases[c].name, i, y[i], direct);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),
        cmocka_unit_test(test_conv_moves_with_its_input),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_gemm),
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_lrn),
        cmocka_unit_test(test_batchnorm),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_concat),
        cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_gather_and_slice),
        cmocka_unit_test(test_winograd_f2_matrices),
        cmocka_unit_test(test_winograd_is_convolution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
