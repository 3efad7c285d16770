/* What an operator computes, as plain data: shared by the naive references, the operators and the kernels.
 * Sizes are of the logical tensors (N, C, H, W), whatever the layout in memory. 1-D operators have h = 1. */
#ifndef WCL_BASE_DESC_H
#define WCL_BASE_DESC_H

#include "base/base.h"

/* Activation fused behind an operator, or alone. */
typedef enum wcl__act_kind {
    WCL__ACT_NONE = 0,
    WCL__ACT_RELU = 1,
    WCL__ACT_LEAKY_RELU = 2, /* a: slope below zero */
    WCL__ACT_CLIP = 3,       /* a: least, b: most */
    WCL__ACT_SIGMOID = 4,
    WCL__ACT_TANH = 5,
    WCL__ACT_HARD_SIGMOID = 6, /* a: slope, b: value at 0; between 0 and 1 */
    WCL__ACT_LAST = WCL__ACT_HARD_SIGMOID
} wcl__act_kind;

typedef struct wcl__act {
    wcl__act_kind kind;
    float a, b;
} wcl__act;

/* y[n][k][oy][ox] = act(bias[k] + sum over c, r, s of
 *     x[n][g*cg + c][oy*stride - pad_top + r*dilation][ox*stride - pad_left + s*dilation] * w[k][c][r][s])
 * with cg = c / groups channels a group and g = k / (filters / groups); outside x is 0. */
typedef struct wcl__conv {
    int64_t n, c, h, w; /* input */
    int64_t k, oh, ow;  /* filters and output */
    int64_t kh, kw;
    int64_t stride_h, stride_w, dilation_h, dilation_w;
    int64_t pad_top, pad_left, pad_bottom, pad_right;
    int64_t groups;
    wcl__act act;
} wcl__conv;

/* Windows of kh x kw. average: the sum divided by the window's cells inside the picture, or, with
 * count_include_pad, inside the padded picture (cells that only ceil_mode reaches never count). max: cells
 * outside are -infinity. */
typedef struct wcl__pool {
    int64_t n, c, h, w, oh, ow;
    int64_t kh, kw;
    int64_t stride_h, stride_w, dilation_h, dilation_w;
    int64_t pad_top, pad_left, pad_bottom, pad_right;
    bool average, count_include_pad;
} wcl__pool;

/* y[m][n] = act(alpha * sum over k of a[m][k] * b[k][n] + beta * bias), for each of `batch` matrices.
 * trans_a: a is stored [k][m]; trans_b: b is stored [n][k]. */
typedef struct wcl__gemm {
    int64_t batch, m, n, k;
    bool trans_a, trans_b;
    float alpha, beta;
    wcl__act act;
} wcl__gemm;

/* y = x / (bias + alpha / size * sum of x^2 over the channels c - floor((size-1)/2) ... c +
 * ceil((size-1)/2))^beta */
typedef struct wcl__lrn {
    int64_t n, c, h, w, size;
    float alpha, beta, bias;
} wcl__lrn;

/* Along an axis of `length` elements, `inner` apart; `outer` such blocks. */
typedef struct wcl__softmax {
    int64_t outer, length, inner;
    bool log;
} wcl__softmax;

/* The k largest (or smallest) of each row of `length` elements, `inner` apart, in order; of equal ones the
 * first. NaN counts as larger than every number. */
typedef struct wcl__topk {
    int64_t outer, length, inner, k;
    bool largest;
} wcl__topk;

/* The window of a convolution or a pool along one dimension of `size` cells. ceil_mode: ONNX's (a last window
 * that would start in the padding behind the picture is left out). */
typedef struct wcl__window_axis {
    int64_t size, kernel, stride, dilation;
    int64_t pad_before, pad_after;
    bool ceil_mode;
} wcl__window_axis;

/* How many positions the window has. Less than 1 if it does not fit. */
int64_t wcl__window_output(const wcl__window_axis *axis);

#endif
