/* What of a model is not supported, as far as the declared shapes tell. */
#include "graph/survey.h"

#include "graph/bind.h"
#include "graph/infer.h"
#include "model/check.h"
#include "base/error.h"
#include "base/memory.h"

/* Inputs of a survey have their declared shapes, free dimensions 1; of those whose values are needed nothing
 * can be known. */
static wcl_status survey_inputs(const wcl_model *model, wcl__graph *graph)
{
    graph->inputs = wcl__alloc(model->input_count + 1, sizeof *graph->inputs);
    if (!graph->inputs)
        return wcl__fail_memory();
    for (size_t i = 0; i < model->input_count; i++) {
        wcl__value *value = graph->inputs[i] = graph->values[model->inputs[i]];
        value->lost =
            wcl__graph_bind_dims(model, graph, i, NULL) != WCL_OK || model->values[model->inputs[i]].known;
    }
    return WCL_OK;
}

wcl_status wcl__graph_survey(const wcl_model *model, wcl__unsupported *list)
{
    wcl__graph graph;
    wcl_status status = wcl__graph_begin(model, &graph);
    if (status == WCL_OK)
        status = survey_inputs(model, &graph);
    for (size_t i = 0; i < model->node_count && status == WCL_OK; i++) {
        status = wcl__graph_take_node(&graph, i);
        if (status != WCL_OK)
            break;
        if (wcl__unsupported_row(list, model, &model->nodes[i]) ||
            wcl__model_check_node(model, &model->nodes[i]) != WCL_OK)
            wcl__lose_outputs(graph.nodes[i]);
        else
            status = wcl__infer_or_note(graph.nodes[i], list);
        if (status != WCL_NO_MEMORY && status != WCL_BAD_FILE)
            status = WCL_OK;
    }
    wcl__graph_clear(&graph);
    return status;
}
