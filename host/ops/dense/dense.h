/* Gemm and MatMul: shapes in gemm.c, how they run in dense.c (weights known) and matmul.c (two operands of
 * the run). */
#ifndef WCL_OPS_DENSE_DENSE_H
#define WCL_OPS_DENSE_DENSE_H

#include "ops/op.h"

enum { WCL__DENSE_A = 0, WCL__DENSE_B = 1, WCL__DENSE_C = 2 };

/* A product with weights: y[m][outputs] = alpha x[m][inputs] w + beta bias. */
typedef struct wcl__dense {
    int64_t m, inputs, outputs;
    bool by_input; /* the weights are [I][O], not [O][I] */
    bool half;     /* the packed ones are halves */
    float alpha, beta;
} wcl__dense;

/* NULL, or why the node is no dense layer with known weights. */
const char *wcl__dense_read(const wcl__op_node *node, wcl__dense *dense);

enum { WCL__DENSE_VARIANTS = 5 };
extern const wcl__variant wcl__dense_variants[WCL__DENSE_VARIANTS];

const char *wcl__matmul_supports(const wcl__op_node *node, const wcl__facts *facts);
void wcl__matmul_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, wcl__cost *cost);
wcl_status wcl__matmul_emit(const wcl__emit *emit);

#endif
