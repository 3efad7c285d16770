/* Dense layers and matrix products by our own kernels: cl/dense/dense.cl, cl/dense/matmul.cl. */
#ifndef WCL_KERNELS_DENSE_DENSE_H
#define WCL_KERNELS_DENSE_DENSE_H

#include "kernels/fields.h"
#include "runtime/launch.h"
#include "tune/params.h"

/* field, least, most, standard, meaning */
#define WCL__DENSE_PARAMS(X)                                  \
    X(cb, 1, 16, 16, "lanes of a sum")                        \
    X(outputs, 1, 12, 4, "outputs that a work-item computes") \
    X(batch, 1, 8, 1, "inputs that it computes them for")     \
    WCL__ACT_FIELD(X)                                         \
    X(half, 0, 1, 0, "1: the weights are halves")             \
    X(slice, 1, INT32_MAX, INT32_MAX, "outputs of a launch, at most: their weights are one buffer")

typedef struct wcl__dense_params {
    WCL__DENSE_PARAMS(WCL__PARAM_MEMBER)
} wcl__dense_params;
extern const wcl__param_table wcl__dense_table;

/* A slice of a dense layer: outputs first ... first + outputs - 1. */
typedef struct wcl__dense_slice {
    int64_t m, inputs, outputs, row, first; /* row: outputs of the whole layer */
    wcl__act act;
} wcl__dense_slice;

typedef struct wcl__dense_slots {
    int x, w, bias, y;
} wcl__dense_slots;

/* No activation, or max(x, 0), as a clip: the layers of a network share a build. */
wcl__act wcl__dense_act(const wcl__act *act);

/* All but the slice. */
void wcl__dense_defaults(const wcl__profile *profile, int64_t m, int act, bool half,
                         wcl__dense_params *params);
wcl_status wcl__dense_call(wcl__call *call, const wcl__dense_params *params, const wcl__dense_slice *slice,
                           const wcl__dense_slots *slots);

/* field, least, most, standard, meaning */
#define WCL__MATMUL_PARAMS(X) \
    WCL__ACT_FIELD(X)         \
    X(group, 1, 1024, 16, "outputs of a row that a work-group computes")

typedef struct wcl__matmul_params {
    WCL__MATMUL_PARAMS(WCL__PARAM_MEMBER)
} wcl__matmul_params;
extern const wcl__param_table wcl__matmul_table;

/* Operands of a general product, by strides in floats. */
enum { WCL__MATMUL_DIMS = 6 };
typedef struct wcl__matmul {
    int64_t m, n, k, batches;
    int64_t a_row, a_column, b_row, b_column, bias_row, bias_column;
    int64_t batch[WCL__MATMUL_DIMS], a_batch[WCL__MATMUL_DIMS], b_batch[WCL__MATMUL_DIMS];
    float alpha, beta;
    wcl__act act;
} wcl__matmul;
wcl_status wcl__matmul_call(wcl__call *call, const wcl__matmul_params *params, const wcl__matmul *matmul,
                            const wcl__dense_slots *slots);

#endif
