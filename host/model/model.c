/* The finished model: its life, and what the API tells of it. */
#include "model/model.h"
#include "base/error.h"
#include "base/memory.h"

#include <string.h>

static void value_clear(wcl__model_value *value)
{
    wcl__free(value->name);
    if (value->source) {
        wcl__source_clear(value->source);
        wcl__free(value->source);
    }
    for (int d = 0; d < WCL_MAX_RANK; d++)
        wcl__free(value->dim_names[d]);
}

static void node_clear(wcl__model_node *node)
{
    for (size_t i = 0; i < node->attr_count; i++) {
        wcl__attr *attr = &node->attrs[i];
        wcl__free(attr->name);
        wcl__free(attr->s);
        wcl__free(attr->ints);
        wcl__free(attr->floats);
        if (attr->tensor) {
            wcl__source_clear(attr->tensor);
            wcl__free(attr->tensor);
        }
    }
    wcl__free(node->attrs);
    wcl__free(node->name);
    wcl__free(node->op_name);
    wcl__free(node->domain);
    wcl__free(node->inputs);
    wcl__free(node->outputs);
}

void wcl__layer_cache_free(wcl__layer_cache *layers)
{
    if (!layers)
        return;
    wcl__free(layers->layers);
    wcl__free(layers->outputs);
    wcl__free(layers);
}

static void model_free(wcl_model *model)
{
    for (size_t i = 0; i < model->value_count; i++)
        value_clear(&model->values[i]);
    for (size_t i = 0; i < model->node_count; i++)
        node_clear(&model->nodes[i]);
    for (size_t i = 0; i < model->metadata_count; i++) {
        wcl__free(model->metadata[i].key);
        wcl__free(model->metadata[i].value);
    }
    wcl__layer_cache_free(model->layers);
    wcl__free(model->values);
    wcl__free(model->nodes);
    wcl__free(model->inputs);
    wcl__free(model->outputs);
    wcl__free(model->metadata);
    pthread_mutex_destroy(&model->lock);
    wcl__free(model);
}

void wcl__model_retain(wcl_model *model)
{
    pthread_mutex_lock(&model->lock);
    model->references++;
    pthread_mutex_unlock(&model->lock);
}

void wcl_model_destroy(wcl_model *model)
{
    if (!model)
        return;
    pthread_mutex_lock(&model->lock);
    const int left = --model->references;
    pthread_mutex_unlock(&model->lock);
    if (left == 0)
        model_free(model);
}

wcl_status wcl__model_check_files(const wcl_model *model)
{
    const wcl__file *checked = NULL;
    wcl_status status = WCL_OK;
    for (size_t i = 0; i < model->value_count && status == WCL_OK; i++) {
        const wcl__source *source = model->values[i].source;
        if (!source || !source->file || source->file == checked) /* most models have one file */
            continue;
        checked = source->file;
        status = wcl__source_check(source);
    }
    return status;
}

static wcl__model_value *find_constant(wcl_model *model, const wcl__source *source)
{
    for (size_t i = 0; i < model->value_count; i++)
        if (model->values[i].source == source)
            return &model->values[i];
    return NULL; /* made by a fold */
}

double wcl__model_largest(wcl_model *model, const wcl__source *source)
{
    wcl__model_value *value = find_constant(model, source);
    if (!value)
        return wcl__source_largest(source);
    pthread_mutex_lock(&model->lock);
    if (!value->measured)
        value->largest = wcl__source_largest(source);
    value->measured = true;
    const double largest = value->largest;
    pthread_mutex_unlock(&model->lock);
    return largest;
}

int wcl_model_input_count(const wcl_model *model)
{
    return (int)model->input_count;
}

int wcl_model_output_count(const wcl_model *model)
{
    return (int)model->output_count;
}

const char *wcl_model_input_name(const wcl_model *model, int index)
{
    return index >= 0 && (size_t)index < model->input_count ? model->values[model->inputs[index]].name : NULL;
}

const char *wcl_model_output_name(const wcl_model *model, int index)
{
    return index >= 0 && (size_t)index < model->output_count ? model->values[model->outputs[index]].name
                                                             : NULL;
}

static int find_name(const wcl_model *model, const int *values, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(model->values[values[i]].name, name) == 0)
            return (int)i;
    return -1;
}

int wcl_model_find_input(const wcl_model *model, const char *name)
{
    return find_name(model, model->inputs, model->input_count, name);
}

int wcl_model_find_output(const wcl_model *model, const char *name)
{
    return find_name(model, model->outputs, model->output_count, name);
}

wcl_status wcl_model_input_info(const wcl_model *model, int index, wcl_tensor *info)
{
    wcl__clear_error();
    memset(info, 0, sizeof *info);
    if (index < 0 || (size_t)index >= model->input_count)
        return wcl__fail(WCL_BAD_ARGUMENT, "the model has no input %d", index);
    const wcl__model_value *value = &model->values[model->inputs[index]];
    info->type = value->type;
    info->rank = value->shape.rank;
    memcpy(info->dims, value->shape.dims, sizeof info->dims);
    return WCL_OK;
}

const char *wcl_model_metadata(const wcl_model *model, const char *key)
{
    for (size_t i = 0; i < model->metadata_count; i++)
        if (strcmp(model->metadata[i].key, key) == 0)
            return model->metadata[i].value;
    return NULL;
}

int wcl_model_is_untrained(const wcl_model *model)
{
    return model->untrained;
}
