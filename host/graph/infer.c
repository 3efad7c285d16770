/* Inference of types and shapes, node by node, and folding of what is known. */
#include "graph/infer.h"

#include "graph/bind.h"
#include "ops/value.h"
#include "base/error.h"

/* Infers, and folds what is known: a fold that refuses a type leaves the node to the device. */
static wcl_status infer_node(wcl__op_node *node)
{
    wcl_status status = node->op->infer(node);
    const bool ready = wcl__inputs_known(node) || (node->op->flags & WCL__FOLDS_SHAPE);
    if (status == WCL_OK && node->op->fold && ready && !wcl__outputs_known(node)) {
        status = node->op->fold(node);
        for (size_t i = 0; i < node->output_count && status == WCL_OK; i++)
            if (node->outputs[i])
                status = wcl__value_seal(node->outputs[i]);
        if (status == WCL_UNSUPPORTED && node->op->variant_count > 0) {
            wcl__clear_error();
            status = WCL_OK;
        }
    }
    if (status == WCL_OK && !wcl__outputs_known(node) && node->op->variant_count == 0)
        status = wcl__fail(WCL_UNSUPPORTED, "%s works on values that are known before the network runs only",
                           node->op->name);
    return status;
}

static bool is_lost(const wcl__op_node *node)
{
    bool lost = false;
    for (size_t i = 0; i < node->input_count; i++)
        lost = lost || (node->inputs[i] && node->inputs[i]->lost);
    return lost;
}

void wcl__lose_outputs(wcl__op_node *node)
{
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i])
            node->outputs[i]->lost = true;
}

wcl_status wcl__infer_or_note(wcl__op_node *node, wcl__unsupported *list)
{
    wcl_status status = WCL_OK;
    const bool lost = is_lost(node);
    if (!lost)
        status = infer_node(node);
    else if (node->op->check)
        status = node->op->check(node);
    if (lost || status != WCL_OK)
        wcl__lose_outputs(node);
    if (status == WCL_UNSUPPORTED) {
        wcl__unsupported_limit(list, node->name, node->op->name);
        return WCL_OK;
    }
    if (status == WCL_OK || status == WCL_NO_MEMORY || status == WCL_BAD_FILE || list->count == 0)
        return wcl__in_node(status, node->name);
    wcl__clear_error();
    return WCL_OK;
}

wcl_status wcl__graph_infer_nodes(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph,
                                  wcl__unsupported *list)
{
    wcl_status status = wcl__graph_begin(model, graph);
    if (status == WCL_OK)
        status = wcl__graph_bind(model, inputs, graph);
    for (size_t i = 0; i < model->node_count && status == WCL_OK; i++) {
        status = wcl__graph_take_node(graph, i);
        if (status == WCL_OK)
            status = wcl__infer_or_note(graph->nodes[i], list);
    }
    return status;
}

wcl_status wcl__graph_infer(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph)
{
    wcl__unsupported list = {0};
    wcl_status status = wcl__graph_infer_nodes(model, inputs, graph, &list);
    if (status == WCL_OK)
        status = wcl__unsupported_fail(&list);
    wcl__unsupported_clear(&list);
    return status;
}
