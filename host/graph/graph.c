/* The structure of a bound graph: making and changing its values and nodes. */
#include "graph/graph.h"

#include <string.h>

#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"

void wcl__op_node_free(wcl__op_node *node)
{
    if (!node)
        return;
    wcl__free(node->inputs);
    wcl__free(node->outputs);
    wcl__free(node->epilogue.scale);
    wcl__free(node->epilogue.shift);
    wcl__free(node);
}

wcl__op_node *wcl__op_node_make(const wcl__op *op, const char *name, int opset, size_t inputs, size_t outputs)
{
    wcl__op_node *node = wcl__alloc(1, sizeof *node);
    if (!node)
        return NULL;
    node->name = name;
    node->op = op;
    node->opset = opset;
    node->inputs = wcl__alloc(inputs + 1, sizeof *node->inputs);
    node->outputs = wcl__alloc(outputs + 1, sizeof *node->outputs);
    node->input_count = inputs;
    node->output_count = outputs;
    if (!node->inputs || !node->outputs) {
        wcl__op_node_free(node);
        return NULL;
    }
    return node;
}

void wcl__graph_clear(wcl__graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++)
        wcl__op_node_free(graph->nodes[i]);
    for (size_t i = 0; i < graph->value_count; i++) {
        wcl__value *value = graph->values[i];
        if (value->owns_source)
            wcl__value_forget(value);
        wcl__free(value->key);
        wcl__free(value->name);
        wcl__free(value);
    }
    wcl__free(graph->nodes);
    wcl__free(graph->values);
    wcl__free(graph->inputs);
    wcl__free(graph->outputs);
    memset(graph, 0, sizeof *graph);
}

wcl_status wcl__graph_add_value(wcl__graph *graph, const char *name, wcl_type type, const wcl__shape *shape,
                                wcl__value **out)
{
    if (!WCL__GROW(graph->values, graph->value_count, graph->value_capacity))
        return wcl__fail_memory();
    wcl__value *value = wcl__alloc(1, sizeof *value);
    if (!value)
        return wcl__fail_memory();
    graph->values[graph->value_count++] = value;
    value->name = wcl__strdup(name);
    value->type = type;
    value->shape = *shape;
    *out = value;
    return value->name ? WCL_OK : wcl__fail_memory();
}

wcl_status wcl__graph_insert(wcl__graph *graph, size_t at, wcl__op_node *node)
{
    if (!node || !WCL__GROW(graph->nodes, graph->node_count, graph->node_capacity)) {
        wcl__op_node_free(node);
        return wcl__fail_memory();
    }
    memmove(&graph->nodes[at + 1], &graph->nodes[at], (graph->node_count - at) * sizeof(graph->nodes[0]));
    graph->nodes[at] = node;
    graph->node_count++;
    return WCL_OK;
}

void wcl__graph_remove(wcl__graph *graph, size_t at)
{
    wcl__op_node_free(graph->nodes[at]);
    graph->node_count--;
    memmove(&graph->nodes[at], &graph->nodes[at + 1], (graph->node_count - at) * sizeof(graph->nodes[0]));
}

void wcl__graph_replace(wcl__graph *graph, const wcl__value *from, wcl__value *to)
{
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t k = 0; k < graph->nodes[i]->input_count; k++)
            if (graph->nodes[i]->inputs[k] == from)
                graph->nodes[i]->inputs[k] = to;
    for (size_t i = 0; i < graph->model->output_count; i++)
        if (graph->outputs[i] == from)
            graph->outputs[i] = to;
}

static bool is_output(const wcl__graph *graph, const wcl__value *value)
{
    for (size_t i = 0; i < graph->model->output_count; i++)
        if (graph->outputs[i] == value)
            return true;
    return false;
}

size_t wcl__graph_uses(const wcl__graph *graph, const wcl__value *value)
{
    size_t uses = is_output(graph, value);
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t k = 0; k < graph->nodes[i]->input_count; k++)
            uses += graph->nodes[i]->inputs[k] == value;
    return uses;
}

int64_t wcl__graph_producer(const wcl__graph *graph, const wcl__value *value)
{
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t k = 0; k < graph->nodes[i]->output_count; k++)
            if (graph->nodes[i]->outputs[k] == value)
                return (int64_t)i;
    return -1;
}

wcl__op_node *wcl__graph_maker(const wcl__graph *graph, const wcl__value *value)
{
    const int64_t at = value && !value->source ? wcl__graph_producer(graph, value) : -1;
    return at >= 0 ? graph->nodes[at] : NULL;
}

void wcl__graph_drop_unread(wcl__graph *graph)
{
    for (size_t i = graph->node_count; i-- > 0;) {
        const wcl__op_node *node = graph->nodes[i];
        size_t uses = 0;
        for (size_t k = 0; k < node->output_count; k++)
            if (node->outputs[k])
                uses += wcl__graph_uses(graph, node->outputs[k]);
        if (uses == 0 || wcl__outputs_known(node))
            wcl__graph_remove(graph, i);
    }
}

void wcl__value_set_order(wcl__value *value, const wcl__shape *from, const int64_t *perm,
                          const wcl__shape *shape)
{
    value->order.from = *from;
    value->order.shape = *shape;
    memcpy(value->order.perm, perm, (size_t)from->rank * sizeof *perm);
}
