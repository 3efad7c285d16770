/* Short rows for tables of cases, each made into an op_case with its naive reference. Zero in a row means the
 * usual: stride, dilation, groups, batch 1, alpha and beta 1. */
#ifndef WCL_TESTS_OP_CASES_H
#define WCL_TESTS_OP_CASES_H

#include "support/op_run.h"

/* A convolution of n pictures (c, h, w) with k filters (kh, kw). pads: top, left, bottom, right, also where
 * auto_pad has to find them. one_d: h = kh = 1 and tensors of rank 3. */
typedef struct conv_row {
    const char *name;
    int64_t n, c, h, w, k, kh, kw;
    int64_t pads[4], strides[2], dilations[2], groups;
    const char *auto_pad, *must;
    bool one_d, no_bias, scale, shift;
    wcl__act act;
    bool pool;      /* a 2x2 max-pool in the epilogue */
    uint64_t cache; /* bytes of the device's cache; 0: as it is */
} conv_row;
op_case conv_case(const conv_row *row);

/* A pool; `op` is ONNX's operator. Global pools need no window. `out`: sizes where ceil or auto_pad decides,
 * else computed. */
typedef struct pool_row {
    const char *name, *op;
    int64_t n, c, h, w, kh, kw;
    int64_t pads[4], strides[2], dilations[2], out[2];
    bool ceil, count_include_pad, one_d;
    const char *auto_pad;
    int opset;
} pool_row;
op_case pool_case(const pool_row *row);

/* Gemm. bias: its shape; rank -1: none. */
typedef struct gemm_row {
    const char *name;
    int64_t m, n, k;
    wcl__shape bias;
    bool trans_a, trans_b;
    float alpha, beta;
    bool moving_b, moving_bias; /* not known while planning */
    bool scale, shift;
    wcl__act act;
    const char *must;
} gemm_row;
op_case gemm_case(const gemm_row *row);

/* MatMul of two arrays in numpy's way. */
typedef struct matmul_row {
    const char *name;
    wcl__shape a, b;
    bool moving_b;
    bool shift;
    wcl__act act;
    const char *must;
} matmul_row;
op_case matmul_case(const matmul_row *row);

#endif
