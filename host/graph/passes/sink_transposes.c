#include "graph/passes.h"

#include <string.h>

#include "ops/dense/dense.h"
#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"

bool wcl__perm_is_identity(const int64_t *perm, int rank)
{
    for (int d = 0; d < rank; d++)
        if (perm[d] != d)
            return false;
    return true;
}

static bool is_transpose(const wcl__op_node *node)
{
    return strcmp(node->op->name, "Transpose") == 0;
}

/* The Transpose that makes this value; NULL: it is made otherwise. */
static wcl__op_node *transpose_of(const wcl__graph *graph, const wcl__value *value)
{
    const int64_t producer = value && !value->source ? wcl__graph_producer(graph, value) : -1;
    return producer >= 0 && is_transpose(graph->nodes[producer]) ? graph->nodes[producer] : NULL;
}

static wcl__shape permute(const wcl__shape *shape, const int64_t *perm)
{
    wcl__shape out = *shape;
    for (int d = 0; d < shape->rank; d++)
        out.dims[d] = shape->dims[perm[d]];
    return out;
}

static void invert(const int64_t *perm, int rank, int64_t *inverse)
{
    for (int d = 0; d < rank; d++)
        inverse[perm[d]] = d;
}

static void set_order(wcl__value *value, const wcl__shape *from, const int64_t *perm, const wcl__shape *shape)
{
    value->order.from = *from;
    value->order.shape = *shape;
    memcpy(value->order.perm, perm, (size_t)from->rank * sizeof *perm);
}

/* A new value with the shape that `value` has before the Transpose. */
static wcl_status value_before(wcl__graph *graph, const wcl__value *value, const int64_t *perm,
                               wcl__value **out)
{
    int64_t inverse[WCL_MAX_RANK];
    invert(perm, value->shape.rank, inverse);
    const wcl__shape shape = permute(&value->shape, inverse);
    const wcl_status status = wcl__graph_add_value(graph, value->name, value->type, &shape, out);
    if (status == WCL_OK)
        set_order(*out, &shape, perm, &value->shape);
    return status;
}

/* ---- Transpose of Transpose */

static bool merge_pair(wcl__graph *graph, wcl__op_node *second)
{
    const wcl__op_node *first = transpose_of(graph, second->inputs[0]);
    if (!first)
        return false;
    int64_t perm[WCL_MAX_RANK];
    for (int d = 0; d < second->outputs[0]->shape.rank; d++)
        perm[d] = first->desc.perm[second->desc.perm[d]];
    memcpy(second->desc.perm, perm, sizeof perm);
    second->inputs[0] = first->inputs[0];
    return true;
}

/* ---- Transpose, then an element-wise node */

/* Can a constant operand follow? Its one dimension that is not 1 keeps its values in order wherever it
 * stands. */
static bool constant_can_follow(const wcl__value *constant, int rank)
{
    int wide = 0;
    for (int d = 0; d < constant->shape.rank; d++)
        wide += constant->shape.dims[d] != 1;
    return constant->source && constant->shape.rank <= rank && wide <= 1;
}

/* The permutation that all device inputs of an element-wise node come through; NULL: they don't. */
static const int64_t *common_perm(const wcl__graph *graph, const wcl__op_node *node)
{
    const int64_t *perm = NULL;
    const int rank = node->outputs[0]->shape.rank;
    for (size_t k = 0; k < node->input_count; k++) {
        const wcl__value *value = node->inputs[k];
        if (!value || wcl__op_knows(node->op, k))
            continue;
        if (value->source) {
            if (!constant_can_follow(value, rank))
                return NULL;
            continue;
        }
        const wcl__op_node *transpose = transpose_of(graph, value);
        if (!transpose || value->shape.rank != rank ||
            (perm && memcmp(perm, transpose->desc.perm, (size_t)rank * sizeof *perm) != 0))
            return NULL;
        perm = transpose->desc.perm;
    }
    return perm;
}

/* The constant with its dimensions where they stand before the Transpose: the same values, another shape. */
static wcl_status constant_before(wcl__graph *graph, const wcl__value *constant, int rank,
                                  const int64_t *perm, wcl__value **out)
{
    wcl__shape shape = {rank, {0}};
    int64_t inverse[WCL_MAX_RANK];
    for (int d = 0; d < rank; d++) {
        const int own = d - (rank - constant->shape.rank);
        shape.dims[d] = own >= 0 ? constant->shape.dims[own] : 1;
    }
    invert(perm, rank, inverse);
    shape = permute(&shape, inverse);
    wcl_status status = wcl__graph_add_value(graph, constant->name, constant->type, &shape, out);
    if (status != WCL_OK)
        return status;
    (*out)->source = constant->source;
    (*out)->key = wcl__strdup(constant->key);
    return (*out)->key ? WCL_OK : wcl__fail_memory();
}

/* node(Transpose(x), ...) becomes Transpose(node(x, ...)). */
static wcl_status sink(wcl__graph *graph, size_t at, const int64_t *common)
{
    wcl__op_node *node = graph->nodes[at];
    const int rank = node->outputs[0]->shape.rank;
    int64_t perm[WCL_MAX_RANK];
    memcpy(perm, common, (size_t)rank * sizeof *perm);
    wcl_status status = WCL_OK;
    for (size_t k = 0; k < node->input_count && status == WCL_OK; k++) {
        wcl__value *value = node->inputs[k];
        if (!value || wcl__op_knows(node->op, k))
            continue;
        if (value->source)
            status = constant_before(graph, value, rank, perm, &node->inputs[k]);
        else
            node->inputs[k] = transpose_of(graph, value)->inputs[0];
    }
    if (status != WCL_OK)
        return status;
    wcl__op_node *transpose = wcl__op_node_make(wcl__op_find("Transpose"), node->name, node->opset, 1, 1);
    if (!transpose)
        return wcl__fail_memory();
    memcpy(transpose->desc.perm, perm, (size_t)rank * sizeof *perm);
    transpose->outputs[0] = node->outputs[0];
    status = value_before(graph, node->outputs[0], perm, &node->outputs[0]);
    if (status != WCL_OK) {
        wcl__op_node_free(transpose);
        return status;
    }
    transpose->inputs[0] = node->outputs[0];
    return wcl__graph_insert(graph, at + 1, transpose);
}

static void drop_unread_transposes(wcl__graph *graph)
{
    for (size_t i = graph->node_count; i-- > 0;)
        if (is_transpose(graph->nodes[i]) && wcl__graph_uses(graph, graph->nodes[i]->outputs[0]) == 0)
            wcl__graph_remove(graph, i);
}

static void remove_identity(wcl__graph *graph, size_t at)
{
    wcl__graph_replace(graph, graph->nodes[at]->outputs[0], graph->nodes[at]->inputs[0]);
    wcl__graph_remove(graph, at);
}

wcl_status wcl__transposes_sink(wcl__graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        wcl__op_node *node = graph->nodes[i];
        if (is_transpose(node)) {
            merge_pair(graph, node);
            if (wcl__perm_is_identity(node->desc.perm, node->outputs[0]->shape.rank))
                remove_identity(graph, i--);
            continue;
        }
        const int64_t *perm = (node->op->flags & WCL__IS_ELEMENTWISE) ? common_perm(graph, node) : NULL;
        const wcl_status status = perm ? sink(graph, i, perm) : WCL_OK;
        if (status != WCL_OK)
            return wcl__in_node(status, node->name);
    }
    drop_unread_transposes(graph);
    return WCL_OK;
}

/* ---- Transpose, flatten, dense */

/* NHWC order of an NCHW tensor, flattened to [N, H * W * C]: the dense layer's weights can be stored in the
 * other order. */
static bool flattens_nhwc(const wcl__op_node *transpose, const wcl__op_node *view)
{
    static const int64_t to_nhwc[] = {0, 2, 3, 1};
    const wcl__shape *in = &transpose->outputs[0]->shape, *out = &view->outputs[0]->shape;
    return in->rank == 4 && memcmp(transpose->desc.perm, to_nhwc, sizeof to_nhwc) == 0 && out->rank == 2 &&
           out->dims[0] == in->dims[0];
}

static bool is_dense_of(const wcl__op_node *node, const wcl__value *input)
{
    const bool gemm = strcmp(node->op->name, "Gemm") == 0, matmul = strcmp(node->op->name, "MatMul") == 0;
    wcl__dense dense;
    return (gemm || matmul) && node->inputs[0] == input && node->flatten[0] == 0 &&
           !wcl__dense_read(node, &dense);
}

wcl_status wcl__transposes_into_dense(wcl__graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        wcl__op_node *dense = graph->nodes[i];
        const int64_t at =
            dense->input_count > 1 && dense->inputs[0] ? wcl__graph_producer(graph, dense->inputs[0]) : -1;
        if (at < 0 || !is_dense_of(dense, dense->inputs[0]) || !(graph->nodes[at]->op->flags & WCL__IS_VIEW))
            continue;
        wcl__op_node *view = graph->nodes[at];
        const wcl__op_node *transpose = transpose_of(graph, view->inputs[0]);
        if (!transpose || !flattens_nhwc(transpose, view) || wcl__graph_uses(graph, view->outputs[0]) != 1)
            continue;
        for (int d = 0; d < 3; d++)
            dense->flatten[d] = view->inputs[0]->shape.dims[d + 1];
        set_order(view->outputs[0], &transpose->inputs[0]->shape, transpose->desc.perm,
                  &view->outputs[0]->shape);
        view->inputs[0] = transpose->inputs[0];
    }
    drop_unread_transposes(graph);
    return WCL_OK;
}
