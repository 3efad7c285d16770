/* A Transpose before a flatten and a dense layer becomes the order of that layer's weights. */
#include "graph/passes.h"

#include <string.h>

#include "ops/value.h"

/* NHWC order of an NCHW tensor, flattened to [N, H * W * C]: the dense layer's weights can be stored in the
 * other order. */
static bool flattens_nhwc(const wcl__op_node *transpose, const wcl__op_node *view)
{
    static const int64_t to_nhwc[] = {0, 2, 3, 1};
    const wcl__shape *in = &transpose->outputs[0]->shape, *out = &view->outputs[0]->shape;
    return (transpose->op->flags & WCL__IS_TRANSPOSE) && in->rank == 4 &&
           memcmp(transpose->desc.perm, to_nhwc, sizeof to_nhwc) == 0 && out->rank == 2 &&
           out->dims[0] == in->dims[0];
}

wcl_status wcl__pass_flatten_order(wcl__graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        wcl__op_node *dense = graph->nodes[i];
        if (!(dense->op->flags & WCL__HEEDS_FLATTEN) || dense->flatten[0] != 0 || !wcl__has_weights(dense))
            continue;
        wcl__op_node *view = wcl__graph_maker(graph, dense->inputs[0]);
        if (!view || !(view->op->flags & WCL__IS_VIEW))
            continue;
        const wcl__op_node *transpose = wcl__graph_maker(graph, view->inputs[0]);
        if (!transpose || !flattens_nhwc(transpose, view) || wcl__graph_uses(graph, view->outputs[0]) != 1)
            continue;
        for (int d = 0; d < 3; d++)
            dense->flatten[d] = view->inputs[0]->shape.dims[d + 1];
        wcl__value_set_order(view->outputs[0], &transpose->inputs[0]->shape, transpose->desc.perm,
                             &view->outputs[0]->shape);
        view->inputs[0] = transpose->inputs[0];
    }
    return WCL_OK;
}
