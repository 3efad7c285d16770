/* From a model to the graph that the planner works on: all that this room does, in order. */
#include "graph/lower.h"

#include "graph/infer.h"
#include "graph/passes.h"
#include "base/error.h"

/* float32, or int64 where an operator makes it and where a view of such a tensor is taken. */
static bool is_on_device(const wcl__op_node *node, size_t output)
{
    const wcl_type type = node->outputs[output]->type;
    const bool makes = node->op->int64_outputs >> output & 1, view = node->op->flags & WCL__IS_VIEW;
    return type == WCL_FLOAT32 || (type == WCL_INT64 && (makes || view));
}

/* What is left for the device must be of a type that it has, and not empty. */
static void check_device_values(const wcl__graph *graph, wcl__unsupported *list)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const wcl__op_node *node = graph->nodes[i];
        for (size_t k = 0; k < node->output_count; k++) {
            const wcl__value *value = node->outputs[k];
            wcl_status status = WCL_OK;
            if (!value || value->source || value->lost)
                continue;
            if (wcl__shape_count(&value->shape) <= 0)
                status = wcl__fail(WCL_UNSUPPORTED, "%s makes an empty or too large tensor (%s)",
                                   node->op->name, wcl__shape_print(&value->shape).text);
            else if (!is_on_device(node, k))
                status = wcl__fail(WCL_UNSUPPORTED, "%s of type %s on the device", node->op->name,
                                   wcl_type_name(value->type));
            if (status != WCL_OK) {
                wcl__unsupported_limit(list, node->name, node->op->name);
                break;
            }
        }
    }
}

wcl_status wcl__graph_create(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph)
{
    wcl__unsupported list = {0};
    wcl_status status = wcl__graph_infer_nodes(model, inputs, graph, &list);
    if (status == WCL_OK) {
        wcl__graph_drop_unread(graph);
        check_device_values(graph, &list);
        status = wcl__unsupported_fail(&list);
    }
    wcl__unsupported_clear(&list);
    return status == WCL_OK ? wcl__graph_run_passes(graph) : status;
}
