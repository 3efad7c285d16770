/* Matrix products of two operands of the run.
 *
 *   y[b][m][n] = act(alpha * sum over k of a[b][m][k] * c[b][k][n] + beta * bias[m][n])
 *
 *   a, c, bias  read by strides, so that transposed and broadcast ones need no copy
 *   y           [batches][M][N]
 *
 * A work-item computes one element. Global size (N, M, batches). Local memory: none.
 */
#include "pointwise/activation.clh"
#include "multiply_add.clh"

/* host/kernels/dense/dense.c has the same struct */
#define MATMUL_DIMS 6
typedef struct {
    int m, n, k, a_row, a_column, b_row, b_column, bias_row, bias_column;
    int batch[MATMUL_DIMS];                         /* sizes */
    int a_batch[MATMUL_DIMS], b_batch[MATMUL_DIMS]; /* strides of the operands */
    float alpha, beta, a, b;
} matmul_shape;

kernel void matmul(global const float *restrict a, global const float *restrict b,
                   global const float *restrict bias, global float *restrict y, const matmul_shape s)
{
    const size_t column = get_global_id(0), row = get_global_id(1), batch = get_global_id(2);
    if (column >= (size_t)s.n || row >= (size_t)s.m)
        return;
    global const float *ap = a + row * s.a_row, *bp = b + column * s.b_column;
    size_t rest = batch;
    for (int d = MATMUL_DIMS - 1; d >= 0; d--) {
        ap += rest % s.batch[d] * s.a_batch[d];
        bp += rest % s.batch[d] * s.b_batch[d];
        rest /= s.batch[d];
    }
    /* four sums: one alone would wait for itself at each step */
    float sum[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    int k = 0;
    for (; k + 4 <= s.k; k += 4)
#pragma unroll
        for (int i = 0; i < 4; i++)
            sum[i] = multiply_add(ap[(size_t)(k + i) * s.a_column], bp[(size_t)(k + i) * s.b_row], sum[i]);
    for (; k < s.k; k++)
        sum[0] = multiply_add(ap[(size_t)k * s.a_column], bp[(size_t)k * s.b_row], sum[0]);
    const float v = s.alpha * ((sum[0] + sum[1]) + (sum[2] + sum[3])) +
                    s.beta * bias[row * s.bias_row + column * s.bias_column];
    y[(batch * s.m + row) * s.n + column] = activate(v, s.a, s.b);
}
