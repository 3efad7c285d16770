/* Networks from NHWC frameworks carry Transposes around their convolutions: they are moved down through
 * element-wise nodes until two meet and vanish. */
#include "graph/passes.h"

#include <string.h>

#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"

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

/* A new value with the shape that `value` has before the Transpose. */
static wcl_status value_before(wcl__graph *graph, const wcl__value *value, const int64_t *perm,
                               wcl__value **out)
{
    int64_t inverse[WCL_MAX_RANK];
    invert(perm, value->shape.rank, inverse);
    const wcl__shape shape = permute(&value->shape, inverse);
    const wcl_status status = wcl__graph_add_value(graph, value->name, value->type, &shape, out);
    if (status == WCL_OK)
        wcl__value_set_order(*out, &shape, perm, &value->shape);
    return status;
}

/* The Transpose that makes this value; NULL: it is made otherwise. */
static wcl__op_node *transpose_of(const wcl__graph *graph, const wcl__value *value)
{
    wcl__op_node *node = wcl__graph_maker(graph, value);
    return node && (node->op->flags & WCL__IS_TRANSPOSE) ? node : NULL;
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

/* A Transpose whose permutation all device inputs of an element-wise node come through; NULL: they don't. */
static const wcl__op_node *common_transpose(const wcl__graph *graph, const wcl__op_node *node)
{
    const wcl__op_node *common = NULL;
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
            (common && memcmp(common->desc.perm, transpose->desc.perm, (size_t)rank * sizeof(int64_t)) != 0))
            return NULL;
        common = transpose;
    }
    return common;
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
static wcl_status sink(wcl__graph *graph, size_t at, const wcl__op_node *common)
{
    wcl__op_node *node = graph->nodes[at];
    const int rank = node->outputs[0]->shape.rank;
    int64_t perm[WCL_MAX_RANK];
    memcpy(perm, common->desc.perm, (size_t)rank * sizeof *perm);
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
    wcl__op_node *transpose = wcl__op_node_make(common->op, node->name, node->opset, 1, 1);
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

wcl_status wcl__pass_sink_transposes(wcl__graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        wcl__op_node *node = graph->nodes[i];
        if (node->op->flags & WCL__IS_TRANSPOSE) {
            merge_pair(graph, node);
            if (wcl__moves_nothing(node)) {
                wcl__graph_replace(graph, node->outputs[0], node->inputs[0]);
                wcl__graph_remove(graph, i--);
            }
            continue;
        }
        const wcl__op_node *common =
            (node->op->flags & WCL__IS_ELEMENTWISE) ? common_transpose(graph, node) : NULL;
        const wcl_status status = common ? sink(graph, i, common) : WCL_OK;
        if (status != WCL_OK)
            return wcl__in_node(status, node->name);
    }
    return WCL_OK;
}
