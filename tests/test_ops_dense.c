/* Dense layers on the device: Gemm and MatMul by CLBlast and by the plain kernels, against the naive
 * reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ref/ref.h"
#include "support/op_cases.h"
#include "support/support.h"

#define ROW(n) \
    {          \
        1,     \
        {      \
            n  \
        }      \
    }
#define NO_BIAS \
    {           \
        -1,     \
        {       \
            0   \
        }       \
    }
#define RELU                \
    {                       \
        WCL__ACT_RELU, 0, 0 \
    }

/* m (batch), n (outputs), k (inputs), bias */
static const gemm_row gemm_rows[] = {
    {"one number", 1, 1, 1, ROW(1), .trans_b = true},
    {"one row, 10 of 84: LeNet's last", 1, 10, 84, ROW(10), .trans_b = true},
    {"one row, 17 of 33", 1, 17, 33, ROW(17), .trans_b = true},
    {"one row, b as it is", 1, 33, 17, ROW(33), .trans_b = false},
    {"one row, 129 of 257", 1, 129, 257, ROW(129), .trans_b = true},
    {"two rows", 2, 17, 33, ROW(17), .trans_b = true},
    {"5 rows, 31 of 65", 5, 31, 65, ROW(31), .trans_b = true},
    {"5 rows, b as it is", 5, 33, 17, ROW(33), .trans_b = false},
    {"16 rows, 16 of 16", 16, 16, 16, ROW(16), .trans_b = true},
    {"17 rows, one output", 17, 1, 40, ROW(1), .trans_b = true},
    {"70 rows, 35 of 50", 70, 35, 50, ROW(35), .trans_b = true},
    {"one input", 3, 5, 1, ROW(5), .trans_b = true},
    {"a transposed", 5, 17, 9, ROW(17), .trans_a = true},
    {"a transposed, one row", 1, 17, 9, ROW(17), .trans_a = true, .trans_b = true},
    {"both transposed", 5, 17, 9, ROW(17), .trans_a = true, .trans_b = true},
    {"no bias", 2, 17, 33, NO_BIAS, .trans_b = true},
    {"no bias, one row", 1, 17, 33, NO_BIAS, .trans_b = true},
    {"alpha and beta", 2, 17, 33, ROW(17), .trans_b = true, .alpha = 0.25f, .beta = 0.35f},
    {"alpha and beta, one row", 1, 17, 33, ROW(17), .trans_b = true, .alpha = -2, .beta = 3},
    {"bias of one number", 3, 7, 5, ROW(1), .trans_b = true},
    {"bias a scalar", 3, 7, 5, {0, {0}}, .trans_b = false},
    {"bias 1 x n", 3, 7, 5, {2, {1, 7}}, .trans_b = true},
    {"bias m x 1", 3, 7, 5, {2, {3, 1}}, .trans_b = true},
    {"bias m x n, beta", 3, 7, 5, {2, {3, 7}}, .beta = 0.5f},
    {"bias that is not known before the run", 3, 7, 5, ROW(7), .trans_b = true, .moving_bias = true},
    {"full bias that is not known before the run", 3, 7, 5, {2, {3, 7}}, .beta = -1, .moving_bias = true},
    {"neither b nor bias known", 4, 18, 33, ROW(18), .trans_b = true, .moving_b = true, .moving_bias = true},
    {"b not known, as it is", 4, 18, 33, NO_BIAS, .moving_b = true},
    {"b not known, one row", 1, 18, 33, ROW(18), .moving_b = true},
};

static const gemm_row epilogue_rows[] = {
    {"relu, one row", 1, 17, 33, ROW(17), .trans_b = true, .act = RELU},
    {"relu, 5 rows", 5, 17, 33, ROW(17), .trans_b = true, .act = RELU},
    {"tanh", 3, 10, 21, ROW(10), .trans_b = true, .act = {WCL__ACT_TANH, 0, 0}},
    {"sigmoid, one row", 1, 10, 21, ROW(10), .trans_b = true, .act = {WCL__ACT_SIGMOID, 0, 0}},
    {"leaky relu without bias", 2, 10, 21, NO_BIAS, .trans_b = true, .act = {WCL__ACT_LEAKY_RELU, 0.2f, 0}},
    {"clip", 2, 10, 21, ROW(10), .act = {WCL__ACT_CLIP, 0.5f, 2}},
    {"scale and shift", 2, 17, 33, ROW(17), .trans_b = true, .scale = true, .shift = true},
    {"scale, shift and relu, one row", 1, 17, 33, ROW(17), .trans_b = true, .scale = true, .shift = true,
     .act = RELU},
    {"shift alone", 1, 17, 33, NO_BIAS, .trans_b = true, .shift = true},
    {"alpha, beta, scale, shift, relu, b as it is", 3, 17, 9, ROW(17), .alpha = 2, .beta = 0.5f,
     .scale = true, .shift = true, .act = RELU},
};

static const matmul_row matmul_rows[] = {
    {"matrix, matrix", {2, {3, 4}}, {2, {4, 3}}, .moving_b = true},
    {"matrix and weights", {2, {5, 33}}, {2, {33, 17}}, .moving_b = false},
    {"one row and weights", {2, {1, 33}}, {2, {33, 17}}, .moving_b = false},
    {"shift and relu", {2, {2, 33}}, {2, {33, 17}}, .shift = true, .act = RELU},
    {"relu, one row", {2, {1, 65}}, {2, {65, 10}}, .act = RELU},
    {"three dimensions and weights", {3, {2, 3, 5}}, {2, {5, 7}}, .moving_b = false},
    {"a batch on both sides", {3, {2, 3, 4}}, {3, {2, 4, 5}}, .moving_b = true},
    {"two batch dimensions", {4, {1, 2, 3, 4}}, {4, {1, 2, 4, 3}}, .moving_b = true},
    {"the batch of b broadcast", {3, {2, 3, 4}}, {3, {1, 4, 5}}, .moving_b = true},
    {"the batch of a broadcast", {2, {3, 4}}, {3, {2, 4, 5}}, .moving_b = true},
    {"batches broadcast both ways", {4, {2, 1, 3, 4}}, {4, {1, 3, 4, 2}}, .moving_b = true},
    {"vector, matrix", {1, {4}}, {2, {4, 3}}, .moving_b = true},
    {"matrix, vector", {2, {3, 4}}, {1, {4}}, .moving_b = true},
    {"vector, vector", {1, {4}}, {1, {4}}, .moving_b = true},
    {"known b with a batch", {3, {2, 3, 4}}, {3, {2, 4, 5}}, .moving_b = false},
};

static void check_gemm(const gemm_row *rows, size_t count)
{
    op_case cases[32];
    assert_true(count <= WCL__COUNT(cases));
    for (size_t i = 0; i < count; i++)
        cases[i] = gemm_case(&rows[i]);
    op_check(cases, count);
}

static void test_gemm(void **state)
{
    (void)state;
    check_gemm(gemm_rows, WCL__COUNT(gemm_rows));
}

static void test_epilogues(void **state)
{
    (void)state;
    check_gemm(epilogue_rows, WCL__COUNT(epilogue_rows));
}

static void test_matmul(void **state)
{
    (void)state;
    op_case cases[WCL__COUNT(matmul_rows)];
    for (size_t i = 0; i < WCL__COUNT(matmul_rows); i++)
        cases[i] = matmul_case(&matmul_rows[i]);
    op_check(cases, WCL__COUNT(cases));
}

/* Weights stored as halves: every shape of block, tails on every side, packed from rows and from columns.
 * CLBlast can't read them. */
static const gemm_row half_rows[] = {
    {"half, one row of one output", 1, 1, 16, ROW(1), .trans_b = true, .must = "gemv"},
    {"half, nine rows of one output, 7 inputs", 9, 1, 7, ROW(1), .trans_b = true, .must = "gemm"},
    {"half, one row, 17 of 33", 1, 17, 33, ROW(17), .trans_b = true, .must = "gemv"},
    {"half, one row, b as it is", 1, 33, 17, ROW(33), .trans_b = false, .must = "gemv"},
    {"half, one row, 129 of 257, relu", 1, 129, 257, ROW(129), .trans_b = true, .act = RELU, .must = "gemv"},
    {"half, one row, scale and alpha", 1, 19, 65, ROW(19), .trans_b = true, .alpha = 3, .scale = true,
     .shift = true, .must = "gemv"},
    {"half, 2 rows", 2, 37, 48, ROW(37), .trans_b = true, .must = "gemm"},
    {"half, 3 rows", 3, 17, 35, ROW(17), .trans_b = true, .must = "gemm"},
    {"half, 4 rows, b as it is", 4, 17, 35, ROW(17), .trans_b = false, .must = "gemm"},
    {"half, 5 rows", 5, 17, 35, ROW(17), .trans_b = true, .scale = true, .must = "gemm"},
    {"half, 6 rows", 6, 17, 35, ROW(17), .trans_b = true, .must = "gemm"},
    {"half, 7 rows", 7, 17, 35, NO_BIAS, .trans_b = true, .must = "gemm"},
    {"half, 8 rows", 8, 10, 84, ROW(10), .trans_b = true, .must = "gemm"},
    {"half, 9 rows", 9, 23, 33, ROW(23), .trans_b = true, .must = "gemm"},
};

static void test_half(void **state)
{
    (void)state;
    op_case cases[WCL__COUNT(half_rows) + 3];
    const size_t rows = WCL__COUNT(half_rows);
    for (size_t i = 0; i < rows; i++)
        cases[i] = gemm_case(&half_rows[i]);
    cases[rows] = matmul_case(&(matmul_row){"half, MatMul", {2, {3, 33}}, {2, {33, 17}}, .must = "gemm"});
    cases[rows + 1] =
        gemm_case(&(gemm_row){"half, slices of 35", 1, 70, 64, ROW(70), .trans_b = true, .must = "gemv"});
    cases[rows + 2] = gemm_case(
        &(gemm_row){"half, slices of columns", 3, 70, 64, ROW(70), .trans_b = false, .must = "gemm"});
    cases[rows + 1].max_alloc = cases[rows + 2].max_alloc = 64 * sizeof(cl_half) * 35 + 100;
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        cases[i].half = true;
        cases[i].only = "gemv gemm clblast"; /* of which clblast refuses */
    }
    op_check(cases, WCL__COUNT(cases));
}

/* The blocks of devices with other registers than this one's. */
static void test_other_vectors(void **state)
{
    (void)state;
    const gemm_row rows[] = {
        {"one row", 1, 17, 35, ROW(17), .trans_b = true},
        {"2 rows", 2, 17, 35, ROW(17), .trans_b = true},
        {"3 rows", 3, 17, 35, ROW(17), .trans_b = true},
        {"5 rows, relu", 5, 9, 33, ROW(9), .trans_b = true, .act = RELU},
        {"9 rows", 9, 1, 16, ROW(1), .trans_b = true},
    };
    static const unsigned vectors[] = {8, 16};
    op_case cases[WCL__COUNT(rows) * WCL__COUNT(vectors) * 2];
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        cases[i] = gemm_case(&rows[i % WCL__COUNT(rows)]);
        cases[i].vector = vectors[i / WCL__COUNT(rows) % 2];
        cases[i].half = i >= WCL__COUNT(cases) / 2;
        cases[i].only = "gemv gemm";
    }
    op_check(cases, WCL__COUNT(cases));
}

/* Weights that no buffer of the device can hold are cut by output rows: the result is the same. */
static void test_slices(void **state)
{
    (void)state;
    const gemm_row rows[] = {
        {"slices, one row", 1, 70, 64, ROW(70), .trans_b = true},
        {"slices, 5 rows, relu", 5, 70, 64, ROW(70), .trans_b = true, .act = RELU},
        {"slices, scale and shift", 2, 70, 64, ROW(70), .trans_b = true, .scale = true, .shift = true},
        {"slices, b as it is", 3, 70, 64, ROW(70), .trans_b = false},
        {"slices, no bias, b as it is, one row", 1, 70, 64, NO_BIAS, .trans_b = false},
        {"slices, the last one of one output, a bias of one number", 2, 52, 64, ROW(1), .trans_b = true},
        {"slices, the last one of one output, a scalar bias, b as it is",
         1,
         52,
         64,
         {0, {0}},
         .trans_b = false},
    };
    op_case cases[WCL__COUNT(rows)];
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        cases[i] = gemm_case(&rows[i]);
        cases[i].max_alloc = 4096 + 300; /* 17 rows of 64 floats */
    }
    op_check(cases, WCL__COUNT(cases));
}

/* Weights trained on (h, w, c) pictures, run on (c, h, w) ones: the reference moves the picture instead. */
static void flattened_reference(const op_case *test, const float *const *inputs, double *y)
{
    const int64_t *from = test->flatten, plane = from[0] * from[1];
    const wcl__gemm *gemm = &test->desc.gemm;
    const int64_t strides[2] = {0, 1};
    float *moved = malloc((size_t)(gemm->m * gemm->k) * sizeof *moved);
    assert_non_null(moved);
    for (int64_t m = 0; m < gemm->m; m++)
        for (int64_t i = 0; i < plane; i++)
            for (int64_t c = 0; c < from[2]; c++)
                moved[m * gemm->k + i * from[2] + c] = inputs[0][m * gemm->k + c * plane + i];
    wcl__ref_gemm(gemm, moved, inputs[1], inputs[2], strides, y);
    free(moved);
}

static void test_flattened_pictures(void **state)
{
    (void)state;
    const gemm_row rows[] = {
        {"flatten 3x4x5, one row", 1, 17, 60, ROW(17), .trans_b = true},
        {"flatten 3x4x5, 5 rows", 5, 17, 60, ROW(17), .trans_b = true, .act = RELU},
        {"flatten 3x4x5, b as it is", 2, 17, 60, ROW(17), .trans_b = false},
        {"flatten 3x4x5, in slices", 2, 33, 60, ROW(33), .trans_b = true},
        {"flatten 3x4x5, in slices, b as it is", 1, 33, 60, ROW(33), .trans_b = false},
    };
    op_case cases[WCL__COUNT(rows) + 1];
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        cases[i] = gemm_case(&rows[i]);
        cases[i].max_alloc = i < 3 ? 0 : 4096;
    }
    cases[WCL__COUNT(rows)] =
        matmul_case(&(matmul_row){"flatten 3x4x5, MatMul", {2, {2, 60}}, {2, {60, 17}}, .moving_b = false});
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        cases[i].flatten[0] = 3;
        cases[i].flatten[1] = 4;
        cases[i].flatten[2] = 5;
        cases[i].reference = flattened_reference;
    }
    op_check(cases, WCL__COUNT(cases));
}

/* On a GPU: one to four inputs, and those of other sizes, by work-groups that read rows together; more inputs
 * by work-groups in local memory where inputs and outputs are multiples of 4. */
static const gemm_row gpu_rows[] = {
    {"GPU, 2 rows, 8 of 12", 2, 8, 12, ROW(8), .trans_b = true, .must = "gemm-group gemm-tiled gemm"},
    {"GPU, 5 rows, 20 of 36, relu", 5, 20, 36, ROW(20), .trans_b = true, .act = RELU,
     .must = "gemm-tiled gemm"},
    {"GPU, 33 rows, 132 of 20, b as it is", 33, 132, 20, ROW(132), .trans_b = false,
     .must = "gemm-tiled gemm"},
    {"GPU, 70 rows, no bias, alpha", 70, 36, 52, NO_BIAS, .trans_b = true, .alpha = 0.5f,
     .must = "gemm-tiled gemm"},
    {"GPU, 3 rows, scale and shift, b as it is", 3, 68, 60, ROW(68), .scale = true, .shift = true,
     .must = "gemm-group gemm-tiled gemm"},
    {"GPU, flatten 3x4x5", 5, 20, 60, ROW(20), .trans_b = true, .act = RELU, .must = "gemm-tiled gemm"},
    {"GPU, flatten 3x4x5, b as it is", 2, 20, 60, ROW(20), .trans_b = false,
     .must = "gemm-group gemm-tiled gemm"},
    {"GPU, odd inputs", 3, 20, 35, ROW(20), .trans_b = true, .must = "gemm-group gemm"},
    {"GPU, odd outputs", 3, 17, 36, ROW(17), .trans_b = true, .must = "gemm-group gemm"},
    {"GPU, 6 rows, 8 of 12", 6, 8, 12, ROW(8), .trans_b = true, .must = "gemm-tiled gemm"},
    {"GPU, 6 rows, scale and shift, b as it is", 6, 68, 60, ROW(68), .scale = true, .shift = true,
     .must = "gemm-tiled gemm"},
    {"GPU, 7 rows, odd sizes", 7, 9, 67, ROW(9), .trans_b = true, .must = "gemm-group gemm"},
    {"GPU, one row", 1, 17, 36, ROW(17), .trans_b = true, .must = "gemv-group gemv"},
    {"GPU, one number", 1, 1, 1, ROW(1), .trans_b = true, .must = "gemv-group gemv"},
    {"GPU, one row, odd sizes, relu", 1, 33, 263, ROW(33), .trans_b = true, .act = RELU,
     .must = "gemv-group gemv"},
    {"GPU, one row, longer than a work-group reads at once", 1, 19, 4609, ROW(19), .trans_b = true,
     .must = "gemv-group gemv"},
    {"GPU, one row, b as it is, scale", 1, 33, 130, ROW(33), .trans_b = false, .scale = true,
     .must = "gemv-group gemv"},
    {"GPU, one row, alpha, no bias", 1, 10, 84, NO_BIAS, .trans_b = true, .alpha = 0.5f,
     .must = "gemv-group gemv"},
    {"GPU, flatten 3x4x5, one row", 1, 17, 60, ROW(17), .trans_b = true, .must = "gemv-group gemv"},
    {"GPU, flatten 3x4x5, one row, b as it is", 1, 17, 60, ROW(17), .trans_b = false,
     .must = "gemv-group gemv"},
};

static void test_gpu(void **state)
{
    (void)state;
    enum { ROWS = 2 * WCL__COUNT(gpu_rows) };
    op_case cases[ROWS + 3];
    for (size_t i = 0; i < ROWS; i++) {
        cases[i] = gemm_case(&gpu_rows[i / 2]);
        cases[i].half = i % 2;
        if (strstr(cases[i].name, "flatten")) {
            memcpy(cases[i].flatten, (const int64_t[]){3, 4, 5}, sizeof cases[i].flatten);
            cases[i].reference = flattened_reference;
        }
    }
    cases[ROWS] =
        gemm_case(&(gemm_row){"GPU, in slices", 2, 72, 64, ROW(72), .trans_b = true, .must = "gemm"});
    cases[ROWS + 1] =
        gemm_case(&(gemm_row){"GPU, 6 rows, in slices", 6, 72, 64, ROW(72), .trans_b = true, .must = "gemm"});
    cases[ROWS + 2] = gemm_case(
        &(gemm_row){"GPU, slices of padded rows", 1, 71, 61, ROW(71), .trans_b = true, .must = "gemv"});
    for (size_t i = ROWS; i < WCL__COUNT(cases); i++)
        cases[i].max_alloc = 4096 + 300;
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        cases[i].gpu = true;
        cases[i].only = "gemv-group gemv gemm-group gemm-tiled gemm";
    }
    op_check(cases, WCL__COUNT(cases));
}

static const op_refusal refusals[] = {
    {{.name = "inner sizes", .op = "Gemm", .inputs = {OP_RANDOM(2, 3), OP_RANDOM(4, 5)}, .input_count = 2},
     WCL_BAD_SHAPE,
     "3"},
    {{.name = "rank of a", .op = "Gemm", .inputs = {OP_RANDOM(2, 3, 1), OP_RANDOM(3, 5)}, .input_count = 2},
     WCL_BAD_SHAPE,
     "matrices"},
    {{.name = "bias",
      .op = "Gemm",
      .inputs = {OP_RANDOM(2, 3), OP_RANDOM(3, 5), OP_RANDOM(4)},
      .input_count = 3},
     WCL_BAD_SHAPE,
     "C"},
    {{.name = "bias larger than the product",
      .op = "Gemm",
      .inputs = {OP_RANDOM(1, 3), OP_RANDOM(3, 5), OP_RANDOM(2, 5)},
      .input_count = 3},
     WCL_BAD_SHAPE,
     "C"},
    {{.name = "inner sizes of MatMul",
      .op = "MatMul",
      .inputs = {OP_RANDOM(2, 3), OP_RANDOM(4, 5)},
      .input_count = 2},
     WCL_BAD_SHAPE,
     "3"},
    {{.name = "batches",
      .op = "MatMul",
      .inputs = {OP_RANDOM(2, 2, 3), OP_RANDOM(3, 3, 5)},
      .input_count = 2},
     WCL_BAD_SHAPE,
     "do not fit"},
    {{.name = "scalar", .op = "MatMul", .inputs = {{.shape = OP_SCALAR}, OP_RANDOM(3, 5)}, .input_count = 2},
     WCL_BAD_SHAPE,
     "scalar"},
    {{.name = "half-stored weights",
      .op = "Gemm",
      .inputs = {OP_RANDOM(2, 3), {.shape = OP_SHAPE(3, 5), .constant = true}},
      .input_count = 2,
      .half = true,
      .must = "clblast"},
     WCL_OK,
     "fp32"},
};

static void test_refusals(void **state)
{
    (void)state;
    op_check_refused(refusals, WCL__COUNT(refusals));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gemm),
        cmocka_unit_test(test_epilogues),
        cmocka_unit_test(test_matmul),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_flattened_pictures),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_half),
        cmocka_unit_test(test_other_vectors),
        cmocka_unit_test(test_gpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
