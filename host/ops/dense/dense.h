/* Gemm and MatMul: shapes in gemm.c, how they run in dense.c (weights known: dense_own.c, dense_clblast.c)
 * and matmul.c (two operands of the run). */
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

/* NULL, or why the node is no dense layer with known weights. Its weights are floats. */
const char *wcl__dense_read(const wcl__op_node *node, wcl__dense *dense);
/* The layer of a way, with the weights that its offer says. */
wcl__dense wcl__dense_of(const wcl__way *way);
/* Outputs whose weights fit into one buffer; `step`: inputs are rounded up to it. */
int wcl__dense_slice_of(const wcl__profile *profile, const wcl__dense *dense, int64_t step);

/* How the weights of some outputs lie: [O][I], I rounded up to a step; for CLBlast's product [I][O]; for the
 * tiled one in blocks of wcl__dense_packing. */
typedef struct wcl__dense_form {
    int64_t first, count;
    bool to_input;
    int64_t block, step;
} wcl__dense_form;
/* As the file has them where that serves. */
wcl_status wcl__dense_weights(const wcl__emit *emit, const wcl__dense *dense, const wcl__dense_form *form,
                              int *slot);

/* How much slower than its bytes each path is where it is not at home: CLBlast, as it is shipped, reads
 * weights at 2 to 4 GB/s through PoCL, our kernel at 30 and more; on a GPU a work-item a row reads without
 * coalescing (docs/winograd.md; not so dense_group.cl). */
enum { WCL__AWAY_FROM_HOME = 8 };
/* By the bytes of the weights, which at batch 1 are all that counts. */
void wcl__dense_cost(const wcl__dense *dense, bool at_home, wcl__cost *cost);

/* The variants' functions. */
const char *wcl__gemv_configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                                void *params);
const char *wcl__gemm_configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                                void *params);
void wcl__own_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost);
wcl_status wcl__own_emit(const wcl__emit *emit);
const char *wcl__gemv_group_configure(const wcl__op_node *node, const wcl__target *target,
                                      const wcl__offer *offer, void *params);
const char *wcl__gemm_group_configure(const wcl__op_node *node, const wcl__target *target,
                                      const wcl__offer *offer, void *params);
void wcl__group_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost);
wcl_status wcl__group_emit(const wcl__emit *emit);
const char *wcl__gemm_tiled_configure(const wcl__op_node *node, const wcl__target *target,
                                      const wcl__offer *offer, void *params);
void wcl__gemm_tiled_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost);
size_t wcl__gemm_tiled_memory(const wcl__way *way);
wcl_status wcl__gemm_tiled_emit(const wcl__emit *emit);
const char *wcl__blas_configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                                void *params);
void wcl__blas_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost);
size_t wcl__blas_memory(const wcl__way *way);
wcl_status wcl__blas_emit(const wcl__emit *emit);
const char *wcl__matmul_configure(const wcl__op_node *node, const wcl__target *target,
                                  const wcl__offer *offer, void *params);
void wcl__matmul_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost);
wcl_status wcl__matmul_emit(const wcl__emit *emit);

enum { WCL__DENSE_VARIANTS = 7 };
extern const wcl__variant wcl__dense_variants[WCL__DENSE_VARIANTS];

#endif
