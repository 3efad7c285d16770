/* Products of two operands that the network computes, or of any shape that the dense layers don't take. */
#include "kernels/dense/dense.h"
#include "ops/channels.h"
#include "ops/dense/dense.h"
#include "ops/weights.h"

const char *wcl__matmul_configure(const wcl__op_node *node, const wcl__target *target,
                                  const wcl__offer *offer, void *params)
{
    wcl__matmul_params *p = params;
    (void)target;
    (void)offer;
    if (node->epilogue.scale || node->epilogue.shift || node->flatten[0])
        return "weights to fold into are needed";
    p->act = (int)node->epilogue.act.kind;
    return node->outputs[0]->shape.rank - 2 > WCL__MATMUL_DIMS ? "too many batch dimensions" : NULL;
}

void wcl__matmul_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost)
{
    const wcl__gemm *gemm = &way->node->desc.gemm;
    if (!profile->simd) /* on a GPU a work-item reads a row or a column alone */
        cost->bytes *= WCL__AWAY_FROM_HOME;
    cost->flops = 2.0 * (double)gemm->batch * (double)gemm->m * (double)gemm->n * (double)gemm->k;
    cost->efficiency = 0.01;
}

/* Strides of a matrix operand, and of its leading dimensions against the result's: 0 where it
 * is broadcast. */
static void matrix_strides(const wcl__shape *shape, bool vector_is_row, bool transposed, int64_t *row,
                           int64_t *column)
{
    const int64_t last = shape->dims[shape->rank - 1];
    if (shape->rank == 1) {
        *row = vector_is_row ? 0 : 1;
        *column = vector_is_row ? 1 : 0;
        return;
    }
    *row = transposed ? 1 : last;
    *column = transposed ? last : 1;
}

static void batch_strides(const wcl__shape *shape, int64_t strides[WCL__MATMUL_DIMS])
{
    const int own = WCL__MAX(shape->rank - 2, 0);
    int64_t stride = shape->rank > 1 ? shape->dims[shape->rank - 1] * shape->dims[shape->rank - 2] : 0;
    for (int d = 0; d < WCL__MATMUL_DIMS; d++)
        strides[d] = 0;
    for (int d = own - 1; d >= 0; d--) {
        strides[WCL__MATMUL_DIMS - own + d] = shape->dims[d] == 1 ? 0 : stride;
        stride *= shape->dims[d];
    }
}

/* Gemm's C against the product: strides 0 where it is broadcast. */
static void bias_strides(const wcl__value *bias, wcl__matmul *m)
{
    m->bias_row = m->bias_column = 0;
    if (!bias)
        return;
    const wcl__shape *shape = &bias->shape;
    const int64_t columns = shape->rank > 0 ? shape->dims[shape->rank - 1] : 1;
    const int64_t rows = shape->rank > 1 ? shape->dims[shape->rank - 2] : 1;
    m->bias_column = columns > 1 ? 1 : 0;
    m->bias_row = rows > 1 ? columns : 0;
}

/* An operand's slot: the planner's, or, for a constant, the values as they are. */
static wcl_status operand_slot(const wcl__emit *emit, size_t i, int *slot)
{
    const wcl__value *value = wcl__input(emit->node, i);
    *slot = value ? emit->in[i] : -1;
    return !value || *slot >= 0 ? WCL_OK : wcl__constant_slot(emit->steps, value, slot);
}

static wcl__matmul describe(const wcl__op_node *node)
{
    const wcl__gemm *gemm = &node->desc.gemm;
    const wcl__shape *a = &node->inputs[WCL__DENSE_A]->shape, *b = &node->inputs[WCL__DENSE_B]->shape;
    const wcl__shape *y = &node->outputs[0]->shape;
    const int batch_rank = WCL__MAX(WCL__MAX(a->rank, b->rank) - 2, 0);
    wcl__matmul m = {.m = gemm->m,
                     .n = gemm->n,
                     .k = gemm->k,
                     .batches = gemm->batch,
                     .alpha = gemm->alpha,
                     .beta = gemm->beta,
                     .act = node->epilogue.act};
    matrix_strides(a, true, gemm->trans_a, &m.a_row, &m.a_column);
    matrix_strides(b, false, gemm->trans_b, &m.b_row, &m.b_column);
    batch_strides(a, m.a_batch);
    batch_strides(b, m.b_batch);
    for (int d = 0; d < WCL__MATMUL_DIMS; d++)
        m.batch[d] = 1;
    for (int d = 0; d < batch_rank; d++)
        m.batch[WCL__MATMUL_DIMS - batch_rank + d] = y->dims[d];
    bias_strides(wcl__input(node, WCL__DENSE_C), &m);
    return m;
}

wcl_status wcl__matmul_emit(const wcl__emit *emit)
{
    const float zero = 0.0f;
    wcl__matmul matmul = describe(emit->node);
    wcl__dense_slots slots = {.y = emit->out[0]};
    wcl__call call;
    wcl_status status = operand_slot(emit, WCL__DENSE_A, &slots.x);
    if (status == WCL_OK)
        status = operand_slot(emit, WCL__DENSE_B, &slots.w);
    if (status == WCL_OK)
        status = operand_slot(emit, WCL__DENSE_C, &slots.bias);
    if (status == WCL_OK && slots.bias < 0)
        status = wcl__steps_constant(emit->steps, "zero", &zero, 1, &slots.bias);
    if (status == WCL_OK)
        status =
            wcl__matmul_call(&call, WCL__CONFIG(wcl__matmul_params, &emit->way->config), &matmul, &slots);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}
