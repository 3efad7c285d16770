/* The builder: a model is made node by node, by callers and by the readers of files. */
#include "model/model.h"

#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/error.h"
#include "base/memory.h"

struct wcl_builder {
    wcl_model *model; /* NULL once finished */
    wcl__names values, nodes;
};

static wcl_status builder_begin(wcl_builder *builder)
{
    if (builder->model)
        return WCL_OK;
    wcl_model *model = wcl__alloc(1, sizeof *model);
    if (!model)
        return wcl__fail_memory();
    pthread_mutex_init(&model->lock, NULL);
    model->references = 1;
    model->opset = WCL__OPSET_LAST;
    builder->model = model;
    return WCL_OK;
}

wcl_status wcl_builder_create(wcl_builder **out)
{
    wcl__clear_error();
    *out = wcl__alloc(1, sizeof **out);
    if (!*out)
        return wcl__fail_memory();
    const wcl_status status = builder_begin(*out);
    if (status != WCL_OK) {
        wcl_builder_destroy(*out);
        *out = NULL;
    }
    return status;
}

void wcl_builder_destroy(wcl_builder *builder)
{
    if (!builder)
        return;
    wcl_model_destroy(builder->model);
    wcl__names_clear(&builder->values);
    wcl__names_clear(&builder->nodes);
    wcl__free(builder);
}

/* The value of this name, made if it is new. */
static wcl_status intern(wcl_builder *builder, const char *name, int *index)
{
    wcl_model *model = builder->model;
    *index = wcl__names_find(&builder->values, name);
    if (*index >= 0)
        return WCL_OK;
    if (!WCL__GROW(model->values, model->value_count, model->value_capacity))
        return wcl__fail_memory();
    wcl__model_value *value = &model->values[model->value_count];
    memset(value, 0, sizeof *value);
    value->producer = -1;
    value->name = wcl__strdup(name);
    if (!value->name)
        return wcl__fail_memory();
    *index = (int)model->value_count++;
    return wcl__names_add(&builder->values, value->name, *index);
}

/* A value that nothing defines yet. */
static wcl_status define(wcl_builder *builder, const char *name, int *index)
{
    wcl_status status = builder_begin(builder);
    if (status != WCL_OK)
        return status;
    if (!name || !*name)
        return wcl__fail(WCL_BAD_ARGUMENT, "a tensor needs a name");
    status = intern(builder, name, index);
    if (status != WCL_OK)
        return status;
    const wcl__model_value *value = &builder->model->values[*index];
    if (value->source || value->is_input || value->producer >= 0)
        return wcl__fail(WCL_BAD_MODEL, "tensor %s is defined twice", name);
    return WCL_OK;
}

static wcl_status append_index(int **list, size_t *count, size_t *capacity, int index)
{
    if (!wcl__grow((void **)list, *count, capacity, sizeof **list))
        return wcl__fail_memory();
    (*list)[(*count)++] = index;
    return WCL_OK;
}

static wcl_status check_dims(const char *name, int rank, const int64_t *dims, int64_t least)
{
    if (rank < 0 || rank > WCL_MAX_RANK)
        return wcl__fail(WCL_UNSUPPORTED, "tensor %s has %d dimensions, at most %d are supported", name, rank,
                         WCL_MAX_RANK);
    for (int d = 0; d < rank; d++)
        if (dims[d] < least)
            return wcl__fail(WCL_BAD_MODEL, "tensor %s: dimension %d is %lld", name, d, (long long)dims[d]);
    return WCL_OK;
}

wcl_status wcl__builder_input_named(wcl_builder *builder, const char *name, wcl_type type, int rank,
                                    const int64_t *dims, const char *const *dim_names)
{
    int index;
    wcl_status status = check_dims(name ? name : "", rank, dims, -1);
    if (status == WCL_OK && wcl_type_size(type) == 0)
        status = wcl__fail(WCL_UNSUPPORTED, "input %s is of type %s", name ? name : "", wcl_type_name(type));
    if (status == WCL_OK)
        status = define(builder, name, &index);
    if (status != WCL_OK)
        return status;
    wcl_model *model = builder->model;
    wcl__model_value *value = &model->values[index];
    for (int d = 0; dim_names && d < rank; d++) {
        value->dim_names[d] = dim_names[d] && *dim_names[d] ? wcl__strdup(dim_names[d]) : NULL;
        if (dim_names[d] && *dim_names[d] && !value->dim_names[d])
            return wcl__fail_memory();
    }
    value->type = type;
    value->shape = wcl__shape_of(rank, dims);
    value->is_input = true;
    return append_index(&model->inputs, &model->input_count, &model->input_capacity, index);
}

wcl_status wcl_builder_input(wcl_builder *builder, const char *name, wcl_type type, int rank,
                             const int64_t *dims)
{
    wcl__clear_error();
    return wcl__builder_input_named(builder, name, type, rank, dims, NULL);
}

wcl_status wcl__builder_source(wcl_builder *builder, const char *name, const wcl__source *source)
{
    int index;
    const wcl_status status = define(builder, name, &index);
    if (status != WCL_OK)
        return status;
    wcl__source *copy = wcl__memdup(source, sizeof *source);
    if (!copy)
        return wcl__fail_memory();
    if (copy->file)
        wcl__file_retain(copy->file);
    builder->model->values[index].source = copy;
    return WCL_OK;
}

/* A public constant's type, shape and bytes; its data is left to the caller. */
static wcl_status read_constant(const char *name, const wcl_tensor *tensor, wcl__source *source)
{
    const wcl_status status = check_dims(name ? name : "", tensor->rank, tensor->dims, 0);
    if (status != WCL_OK)
        return status;
    memset(source, 0, sizeof *source);
    source->type = tensor->type;
    source->shape = wcl__tensor_shape(tensor);
    int64_t bytes;
    const int64_t count = wcl__shape_count(&source->shape);
    const size_t size = wcl_type_size(tensor->type);
    if (size == 0)
        return wcl__fail(WCL_UNSUPPORTED, "constant %s is of type %s", name ? name : "",
                         wcl_type_name(tensor->type));
    if (count < 0 || wcl__mul_overflow(count, (int64_t)size, &bytes))
        return wcl__fail(WCL_BAD_MODEL, "constant %s (%s) is too large", name ? name : "",
                         wcl__shape_print(&source->shape).text);
    if (!tensor->data && bytes > 0)
        return wcl__fail(WCL_BAD_ARGUMENT, "constant %s has no data", name ? name : "");
    if (tensor->bytes != 0 && tensor->bytes != (size_t)bytes)
        return wcl__fail(WCL_BAD_ARGUMENT, "constant %s has %zu bytes, its shape %s needs %lld",
                         name ? name : "", tensor->bytes, wcl__shape_print(&source->shape).text,
                         (long long)bytes);
    source->bytes = (size_t)bytes;
    return WCL_OK;
}

/* The same with a copy of the data, which the caller frees while nobody else owns it. */
static wcl_status copy_constant(const char *name, const wcl_tensor *tensor, wcl__source *source)
{
    const wcl_status status = read_constant(name, tensor, source);
    if (status != WCL_OK)
        return status;
    source->owned = wcl__alloc(source->bytes + 1, 1); /* one more, so that an empty one is not a NULL */
    if (!source->owned)
        return wcl__fail_memory();
    if (source->bytes > 0)
        memcpy(source->owned, tensor->data, source->bytes);
    source->data = source->owned;
    return WCL_OK;
}

wcl_status wcl_builder_constant(wcl_builder *builder, const char *name, const wcl_tensor *tensor)
{
    wcl__clear_error();
    wcl__source source;
    wcl_status status = copy_constant(name, tensor, &source);
    if (status != WCL_OK)
        return status;
    status = wcl__builder_source(builder, name, &source);
    if (status != WCL_OK)
        wcl__free(source.owned);
    return status;
}

wcl_status wcl_builder_constant_view(wcl_builder *builder, const char *name, const wcl_tensor *tensor,
                                     void (*release)(void *user), void *user)
{
    wcl__clear_error();
    wcl__source source;
    const wcl_status status = read_constant(name, tensor, &source);
    if (status != WCL_OK || source.bytes == 0) { /* nothing that could be used in place */
        const wcl_status copied = status == WCL_OK ? wcl_builder_constant(builder, name, tensor) : status;
        if (release)
            release(user);
        return copied;
    }
    const wcl_status held = wcl__file_of_memory(tensor->data, source.bytes, release, user, &source.file);
    if (held != WCL_OK)
        return held;
    source.data = tensor->data;
    const wcl_status added = wcl__builder_source(builder, name, &source);
    wcl__file_release(source.file); /* the builder's copy has its own reference */
    return added;
}

wcl_status wcl_builder_random(wcl_builder *builder, const char *name, int rank, const int64_t *dims,
                              uint64_t key, double deviation)
{
    wcl__clear_error();
    wcl_status status = check_dims(name ? name : "", rank, dims, 1);
    if (status != WCL_OK)
        return status;
    wcl__source source = {0};
    source.type = WCL_FLOAT32;
    source.shape = wcl__shape_of(rank, dims);
    source.key = key;
    source.deviation = deviation;
    int64_t bytes;
    const int64_t count = wcl__shape_count(&source.shape);
    if (count < 0 || wcl__mul_overflow(count, sizeof(float), &bytes))
        return wcl__fail(WCL_BAD_ARGUMENT, "constant %s is too large", name ? name : "");
    source.bytes = (size_t)bytes;
    status = wcl__builder_source(builder, name, &source);
    if (status == WCL_OK)
        builder->model->untrained = true;
    return status;
}

/* A constant inside an attribute. */
static wcl_status copy_attr_tensor(const wcl_tensor *tensor, const char *name, wcl__source **out)
{
    wcl__source source;
    const wcl_status status = copy_constant(name, tensor, &source);
    if (status != WCL_OK)
        return status;
    *out = wcl__memdup(&source, sizeof source);
    if (!*out) {
        wcl__free(source.owned);
        return wcl__fail_memory();
    }
    return WCL_OK;
}

static wcl_status copy_attr(const wcl_attribute *from, wcl__attr *to)
{
    to->kind = from->kind;
    to->i = from->i;
    to->f = from->f;
    to->count = from->count;
    to->name = wcl__strdup(from->name);
    to->s = from->kind == WCL_ATTRIBUTE_STRING ? wcl__strdup(from->s ? from->s : "") : NULL;
    /* one element more, so that an empty list is not a NULL */
    if (from->kind == WCL_ATTRIBUTE_INTS && (to->ints = wcl__alloc(from->count + 1, sizeof *to->ints)) &&
        from->count > 0)
        memcpy(to->ints, from->ints, from->count * sizeof *to->ints);
    if (from->kind == WCL_ATTRIBUTE_FLOATS &&
        (to->floats = wcl__alloc(from->count + 1, sizeof *to->floats)) && from->count > 0)
        memcpy(to->floats, from->floats, from->count * sizeof *to->floats);
    if (!to->name || (from->kind == WCL_ATTRIBUTE_STRING && !to->s) ||
        (from->kind == WCL_ATTRIBUTE_INTS && !to->ints) ||
        (from->kind == WCL_ATTRIBUTE_FLOATS && !to->floats))
        return wcl__fail_memory();
    return from->kind == WCL_ATTRIBUTE_TENSOR && from->tensor
               ? copy_attr_tensor(from->tensor, from->name, &to->tensor)
               : WCL_OK;
}

/* The node's own name, or one made up: OP_1, OP_2, ... */
static wcl_status name_node(wcl_builder *builder, wcl__model_node *node, const char *name)
{
    char made_up[128];
    if (!name || !*name) {
        size_t number = builder->model->node_count + 1;
        do
            snprintf(made_up, sizeof made_up, "%.100s_%zu", node->op_name, number++);
        while (wcl__names_find(&builder->nodes, made_up) >= 0);
        name = made_up;
    }
    node->name = wcl__strdup(name);
    if (!node->name)
        return wcl__fail_memory();
    return wcl__names_find(&builder->nodes, node->name) >= 0
               ? WCL_OK
               : wcl__names_add(&builder->nodes, node->name, (int)builder->model->node_count);
}

static wcl_status link_values(wcl_builder *builder, wcl__model_node *node, const char *const *inputs,
                              const char *const *outputs)
{
    wcl_status status = WCL_OK;
    for (size_t i = 0; i < node->input_count && status == WCL_OK; i++) {
        node->inputs[i] = -1;
        if (inputs[i] && *inputs[i])
            status = intern(builder, inputs[i], &node->inputs[i]);
    }
    for (size_t i = 0; i < node->output_count && status == WCL_OK; i++) {
        node->outputs[i] = -1;
        if (!outputs[i] || !*outputs[i])
            continue;
        status = define(builder, outputs[i], &node->outputs[i]);
        if (status == WCL_OK)
            builder->model->values[node->outputs[i]].producer = (int)builder->model->node_count - 1;
    }
    return status;
}

wcl_status wcl__builder_node_in(wcl_builder *builder, const wcl__node_spec *spec)
{
    const char *const op = spec->op, *const domain = spec->domain;
    wcl_status status = builder_begin(builder);
    if (status == WCL_OK && (!op || !*op))
        status = wcl__fail(WCL_BAD_MODEL, "a node without an operator");
    if (status != WCL_OK)
        return wcl__in_node(status, spec->name ? spec->name : "");
    wcl_model *model = builder->model;
    if (!WCL__GROW(model->nodes, model->node_count, model->node_capacity))
        return wcl__fail_memory();
    wcl__model_node *node = &model->nodes[model->node_count];
    memset(node, 0, sizeof *node);
    const bool onnx = !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
    node->op = onnx ? wcl__op_find(op) : NULL;
    node->op_name = wcl__strdup(op);
    node->domain = wcl__strdup(onnx ? "" : domain);
    node->attrs = wcl__alloc(spec->attribute_count + 1, sizeof *node->attrs);
    node->inputs = wcl__alloc(spec->input_count + 1, sizeof *node->inputs);
    node->outputs = wcl__alloc(spec->output_count + 1, sizeof *node->outputs);
    node->input_count = spec->input_count;
    node->output_count = spec->output_count;
    model->node_count++; /* half-made nodes are the model's to free */
    if (!node->op_name || !node->domain || !node->attrs || !node->inputs || !node->outputs)
        return wcl__fail_memory();
    status = name_node(builder, node, spec->name);
    for (size_t i = 0; i < spec->attribute_count && status == WCL_OK; i++) {
        node->attr_count++;
        status = copy_attr(&spec->attributes[i], &node->attrs[i]);
    }
    if (status == WCL_OK)
        status = link_values(builder, node, spec->inputs, spec->outputs);
    return wcl__in_node(status, node->name ? node->name : op);
}

wcl_status wcl_builder_node(wcl_builder *builder, const char *op, const char *name, const char *const *inputs,
                            size_t input_count, const char *const *outputs, size_t output_count,
                            const wcl_attribute *attributes, size_t attribute_count)
{
    wcl__clear_error();
    return wcl__builder_node_in(builder, &(wcl__node_spec){.domain = "",
                                                           .op = op,
                                                           .name = name,
                                                           .inputs = inputs,
                                                           .input_count = input_count,
                                                           .outputs = outputs,
                                                           .output_count = output_count,
                                                           .attributes = attributes,
                                                           .attribute_count = attribute_count});
}

wcl_status wcl_builder_output(wcl_builder *builder, const char *name)
{
    wcl__clear_error();
    int index;
    wcl_status status = builder_begin(builder);
    if (status == WCL_OK && (!name || !*name))
        status = wcl__fail(WCL_BAD_ARGUMENT, "an output needs a name");
    if (status == WCL_OK)
        status = intern(builder, name, &index);
    if (status != WCL_OK)
        return status;
    wcl_model *model = builder->model;
    return append_index(&model->outputs, &model->output_count, &model->output_capacity, index);
}

wcl_status wcl_builder_opset(wcl_builder *builder, int opset)
{
    wcl__clear_error();
    if (opset < WCL__OPSET_FIRST || opset > WCL__OPSET_LAST)
        return wcl__fail(WCL_UNSUPPORTED, "opset %d, supported are %d to %d", opset, WCL__OPSET_FIRST,
                         WCL__OPSET_LAST);
    const wcl_status status = builder_begin(builder);
    if (status == WCL_OK)
        builder->model->opset = opset;
    return status;
}

wcl_status wcl_builder_metadata(wcl_builder *builder, const char *key, const char *value)
{
    wcl__clear_error();
    const wcl_status status = builder_begin(builder);
    if (status != WCL_OK)
        return status;
    wcl_model *model = builder->model;
    if (!WCL__GROW(model->metadata, model->metadata_count, model->metadata_capacity))
        return wcl__fail_memory();
    wcl__metadata *entry = &model->metadata[model->metadata_count++];
    entry->key = wcl__strdup(key);
    entry->value = wcl__strdup(value);
    return entry->key && entry->value ? WCL_OK : wcl__fail_memory();
}

wcl_status wcl__builder_model(wcl_builder *builder, wcl_model **model)
{
    const wcl_status status = builder_begin(builder);
    *model = builder->model;
    return status;
}

void wcl__builder_release(wcl_builder *builder)
{
    builder->model = NULL;
    wcl__names_clear(&builder->values);
    wcl__names_clear(&builder->nodes);
}
