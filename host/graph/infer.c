#include "graph/graph.h"

#include <stdio.h>
#include <string.h>

#include "model/check.h"
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

/* One value for each of the model's, constants with their sources. */
static wcl_status copy_values(const wcl_model *model, wcl__graph *graph)
{
    const wcl__shape scalar = {0};
    for (size_t i = 0; i < model->value_count; i++) {
        const wcl__model_value *from = &model->values[i];
        wcl__value *value = NULL;
        const wcl_status status = wcl__graph_add_value(graph, from->name, from->type,
                                                       from->source ? &from->source->shape : &scalar, &value);
        if (status != WCL_OK)
            return status;
        if (!from->source)
            continue;
        char key[32];
        snprintf(key, sizeof key, "c%zu", i);
        value->type = from->source->type;
        value->source = from->source;
        value->key = wcl__strdup(key);
        if (!value->key)
            return wcl__fail_memory();
    }
    return WCL_OK;
}

int64_t wcl__graph_named_size(const wcl__graph *graph, size_t inputs, const char *name)
{
    const wcl_model *model = graph->model;
    for (size_t i = 0; i < inputs; i++) {
        const wcl__model_value *value = &model->values[model->inputs[i]];
        for (int d = 0; d < value->shape.rank; d++)
            if (value->shape.dims[d] < 0 && value->dim_names[d] && strcmp(value->dim_names[d], name) == 0)
                return graph->inputs[i]->shape.dims[d];
    }
    return -1;
}

static wcl_status bind_dims(const wcl_model *model, wcl__graph *graph, size_t index, const wcl_tensor *tensor)
{
    const wcl__model_value *declared = &model->values[model->inputs[index]];
    wcl__value *value = graph->inputs[index];
    value->shape = declared->shape;
    if (tensor && tensor->type != declared->type)
        return wcl__fail(WCL_BAD_SHAPE, "input %s is %s, the model takes %s", declared->name,
                         wcl_type_name(tensor->type), wcl_type_name(declared->type));
    if (tensor && tensor->rank != declared->shape.rank)
        return wcl__fail(WCL_BAD_SHAPE, "input %s has %d dimensions, the model takes %d", declared->name,
                         tensor->rank, declared->shape.rank);
    for (int d = 0; d < value->shape.rank; d++) {
        int64_t *size = &value->shape.dims[d];
        const int64_t asked = tensor ? tensor->dims[d] : -1;
        const int64_t named = *size < 0 && declared->dim_names[d]
                                  ? wcl__graph_named_size(graph, index, declared->dim_names[d])
                                  : -1;
        if (*size < 0)
            *size = named > 0 ? named : asked >= 0 ? asked : 1;
        if (asked >= 0 && asked != *size)
            return wcl__fail(WCL_BAD_SHAPE, "input %s: dimension %d is %lld, must be %lld", declared->name, d,
                             (long long)asked, (long long)*size);
    }
    if (wcl__shape_count(&value->shape) < 0)
        return wcl__fail(WCL_BAD_SHAPE, "input %s (%s) is too large", declared->name,
                         wcl__shape_print(&value->shape).text);
    return WCL_OK;
}

/* An input whose values planning needs: copied, since the caller's memory is the caller's. */
static wcl_status bind_known(wcl__value *value, const wcl_tensor *tensor)
{
    const bool is_float = value->type == WCL_FLOAT16 || value->type == WCL_FLOAT64;
    if ((!tensor || !tensor->data) && is_float)
        return wcl__fail(WCL_UNSUPPORTED,
                         "input %s is %s, networks run in float32: export the model in float32", value->name,
                         wcl_type_name(value->type));
    if (!tensor || !tensor->data)
        return wcl__fail(WCL_BAD_ARGUMENT,
                         "the values of input %s decide how the network runs: they are needed to plan",
                         value->name);
    const size_t bytes = (size_t)wcl__shape_count(&value->shape) * wcl_type_size(value->type);
    if (tensor->bytes != 0 && tensor->bytes != bytes)
        return wcl__fail(WCL_BAD_SHAPE, "input %s has %zu bytes, its shape %s needs %zu", value->name,
                         tensor->bytes, wcl__shape_print(&value->shape).text, bytes);
    wcl__source *source = wcl__alloc(1, sizeof *source);
    if (!source)
        return wcl__fail_memory();
    value->source = source;
    value->owns_source = true;
    source->type = value->type;
    source->shape = value->shape;
    source->bytes = bytes;
    source->owned = wcl__alloc(bytes + 1, 1);
    if (!source->owned)
        return wcl__fail_memory();
    if (bytes > 0)
        memcpy(source->owned, tensor->data, bytes);
    source->data = source->owned;
    return wcl__value_seal(value);
}

static wcl_status bind_inputs(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph)
{
    graph->inputs = wcl__alloc(model->input_count + 1, sizeof *graph->inputs);
    graph->outputs = wcl__alloc(model->output_count + 1, sizeof *graph->outputs);
    if (!graph->inputs || !graph->outputs)
        return wcl__fail_memory();
    for (size_t i = 0; i < model->output_count; i++)
        graph->outputs[i] = graph->values[model->outputs[i]];
    for (size_t i = 0; i < model->input_count; i++) {
        const wcl_tensor *tensor = inputs ? &inputs[i] : NULL;
        graph->inputs[i] = graph->values[model->inputs[i]];
        wcl_status status = bind_dims(model, graph, i, tensor);
        if (status == WCL_OK && model->values[model->inputs[i]].known)
            status = bind_known(graph->inputs[i], tensor);
        if (status != WCL_OK)
            return status;
    }
    return WCL_OK;
}

static bool is_read(const wcl_model *model, int value)
{
    for (size_t i = 0; i < model->node_count; i++)
        for (size_t k = 0; k < model->nodes[i].input_count; k++)
            if (model->nodes[i].inputs[k] == value)
                return true;
    for (size_t i = 0; i < model->output_count; i++)
        if (model->outputs[i] == value)
            return true;
    return false;
}

static wcl__op_node *copy_node(const wcl_model *model, const wcl__graph *graph, const wcl__model_node *from)
{
    wcl__op_node *node =
        wcl__op_node_make(from->op, from->name, model->opset, from->input_count, from->output_count);
    if (!node)
        return NULL;
    node->attrs = from->attrs;
    node->attr_count = from->attr_count;
    for (size_t i = 0; i < from->input_count; i++)
        node->inputs[i] = from->inputs[i] >= 0 ? graph->values[from->inputs[i]] : NULL;
    for (size_t i = 0; i < from->output_count; i++) {
        const bool wanted = from->outputs[i] >= 0 && (i == 0 || is_read(model, from->outputs[i]));
        node->outputs[i] = wanted ? graph->values[from->outputs[i]] : NULL;
    }
    return node;
}

static bool outputs_known(const wcl__op_node *node)
{
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] && !node->outputs[i]->source)
            return false;
    return true;
}

/* Infers, and folds what is known: a fold that refuses a type leaves the node to the device. */
static wcl_status infer_node(wcl__op_node *node)
{
    wcl_status status = node->op->infer(node);
    const bool ready = wcl__inputs_known(node) || (node->op->flags & WCL__FOLDS_SHAPE);
    if (status == WCL_OK && node->op->fold && ready && !outputs_known(node)) {
        status = node->op->fold(node);
        for (size_t i = 0; i < node->output_count && status == WCL_OK; i++)
            if (node->outputs[i])
                status = wcl__value_seal(node->outputs[i]);
        if (status == WCL_UNSUPPORTED && node->op->variant_count > 0) {
            wcl__clear_error();
            status = WCL_OK;
        }
    }
    if (status == WCL_OK && !outputs_known(node) && node->op->variant_count == 0)
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

static void lose_outputs(wcl__op_node *node)
{
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i])
            node->outputs[i]->lost = true;
}

/* Infers what can be, and notes what is not supported. What else is wrong fails as long as nothing has been
 * noted. */
static wcl_status infer_or_note(wcl__op_node *node, wcl__unsupported *list)
{
    wcl_status status = WCL_OK;
    const bool lost = is_lost(node);
    if (!lost)
        status = infer_node(node);
    else if (node->op->check)
        status = node->op->check(node);
    if (lost || status != WCL_OK)
        lose_outputs(node);
    if (status == WCL_UNSUPPORTED) {
        wcl__unsupported_limit(list, node->name, node->op->name);
        return WCL_OK;
    }
    if (status == WCL_OK || status == WCL_NO_MEMORY || status == WCL_BAD_FILE || list->count == 0)
        return wcl__in_node(status, node->name);
    wcl__clear_error();
    return WCL_OK;
}

static wcl_status begin_graph(const wcl_model *model, wcl__graph *graph)
{
    memset(graph, 0, sizeof *graph);
    graph->model = model;
    const wcl_status status = wcl__model_check_files(model);
    return status == WCL_OK ? copy_values(model, graph) : status;
}

/* wcl__graph_infer, but what is not supported is only noted. */
static wcl_status infer_nodes(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph,
                              wcl__unsupported *list)
{
    wcl_status status = begin_graph(model, graph);
    if (status == WCL_OK)
        status = bind_inputs(model, inputs, graph);
    for (size_t i = 0; i < model->node_count && status == WCL_OK; i++) {
        status = wcl__graph_insert(graph, i, copy_node(model, graph, &model->nodes[i]));
        if (status == WCL_OK)
            status = infer_or_note(graph->nodes[i], list);
    }
    return status;
}

wcl_status wcl__graph_infer(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph)
{
    wcl__unsupported list = {0};
    wcl_status status = infer_nodes(model, inputs, graph, &list);
    if (status == WCL_OK)
        status = wcl__unsupported_fail(&list);
    wcl__unsupported_clear(&list);
    return status;
}

/* Inputs of a survey have their declared shapes, free dimensions 1; of those whose values are needed nothing
 * can be known. */
static wcl_status survey_inputs(const wcl_model *model, wcl__graph *graph)
{
    graph->inputs = wcl__alloc(model->input_count + 1, sizeof *graph->inputs);
    if (!graph->inputs)
        return wcl__fail_memory();
    for (size_t i = 0; i < model->input_count; i++) {
        wcl__value *value = graph->inputs[i] = graph->values[model->inputs[i]];
        value->lost = bind_dims(model, graph, i, NULL) != WCL_OK || model->values[model->inputs[i]].known;
    }
    return WCL_OK;
}

wcl_status wcl__graph_survey(const wcl_model *model, wcl__unsupported *list)
{
    wcl__graph graph;
    wcl_status status = begin_graph(model, &graph);
    if (status == WCL_OK)
        status = survey_inputs(model, &graph);
    for (size_t i = 0; i < model->node_count && status == WCL_OK; i++) {
        status = wcl__graph_insert(&graph, i, copy_node(model, &graph, &model->nodes[i]));
        if (status != WCL_OK)
            break;
        if (wcl__unsupported_row(list, model, &model->nodes[i]) ||
            wcl__model_check_node(model, &model->nodes[i]) != WCL_OK)
            lose_outputs(graph.nodes[i]);
        else
            status = infer_or_note(graph.nodes[i], list);
        if (status != WCL_NO_MEMORY && status != WCL_BAD_FILE)
            status = WCL_OK;
    }
    wcl__graph_clear(&graph);
    return status;
}

/* What is left for the device must be float32 and not empty. */
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
            else if (value->type != WCL_FLOAT32)
                status = wcl__fail(WCL_UNSUPPORTED, "%s of type %s on the device", node->op->name,
                                   wcl_type_name(value->type));
            if (status != WCL_OK) {
                wcl__unsupported_limit(list, node->name, node->op->name);
                break;
            }
        }
    }
}

/* Drops nodes that are folded, and those that nobody reads. */
static void drop_dead(wcl__graph *graph)
{
    for (size_t i = graph->node_count; i-- > 0;) {
        const wcl__op_node *node = graph->nodes[i];
        size_t uses = 0;
        for (size_t k = 0; k < node->output_count; k++)
            if (node->outputs[k])
                uses += wcl__graph_uses(graph, node->outputs[k]);
        if (uses == 0 || outputs_known(node))
            wcl__graph_remove(graph, i);
    }
}

wcl_status wcl__graph_create(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph)
{
    wcl__unsupported list = {0};
    wcl_status status = infer_nodes(model, inputs, graph, &list);
    if (status == WCL_OK) {
        drop_dead(graph);
        check_device_values(graph, &list);
        status = wcl__unsupported_fail(&list);
    }
    wcl__unsupported_clear(&list);
    if (status == WCL_OK)
        status = wcl__graph_fuse(graph);
    if (status == WCL_OK)
        drop_dead(graph);
    return status;
}
