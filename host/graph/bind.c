/* Binding: the model's values and nodes in a graph, and sizes for its inputs' dimensions. */
#include "graph/bind.h"

#include <stdio.h>
#include <string.h>

#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"

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

wcl_status wcl__graph_begin(const wcl_model *model, wcl__graph *graph)
{
    memset(graph, 0, sizeof *graph);
    graph->model = model;
    const wcl_status status = wcl__model_check_files(model);
    return status == WCL_OK ? copy_values(model, graph) : status;
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

wcl_status wcl__graph_bind_dims(const wcl_model *model, wcl__graph *graph, size_t index,
                                const wcl_tensor *tensor)
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

wcl_status wcl__graph_bind(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph)
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
        wcl_status status = wcl__graph_bind_dims(model, graph, i, tensor);
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

wcl_status wcl__graph_take_node(wcl__graph *graph, size_t i)
{
    return wcl__graph_insert(graph, i, copy_node(graph->model, graph, &graph->model->nodes[i]));
}
