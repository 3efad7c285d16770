/* The layers of a model, as a summary shows them. */
#include <string.h>

#include "graph/infer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

/* Sizes that stand for free dimensions: an output dimension that differs between the two probes follows one
 * of them. */
enum { BATCH_A = 2, BATCH_B = 3, SIZE_A = 224, SIZE_B = 256 };

static void probe_inputs(const wcl_model *model, bool second, wcl_tensor *inputs)
{
    for (size_t i = 0; i < model->input_count; i++) {
        const wcl__model_value *value = &model->values[model->inputs[i]];
        inputs[i] = (wcl_tensor){.type = value->type, .rank = value->shape.rank};
        for (int d = 0; d < value->shape.rank; d++) {
            const int64_t free_size = d == 0 ? (second ? BATCH_B : BATCH_A) : (second ? SIZE_B : SIZE_A);
            inputs[i].dims[d] = value->shape.dims[d] >= 0 ? value->shape.dims[d] : free_size;
        }
    }
}

static wcl_status probe(const wcl_model *model, bool second, wcl__graph *graph)
{
    wcl_tensor *inputs = wcl__alloc(model->input_count + 1, sizeof *inputs);
    if (!inputs)
        return wcl__fail_memory();
    probe_inputs(model, second, inputs);
    const wcl_status status = wcl__graph_infer(model, inputs, graph);
    wcl__free(inputs);
    return status;
}

/* Weights are constants of floats, but for single numbers (a bound, an epsilon). Each counts at its first
 * reader. */
static int64_t count_weights(const wcl_model *model, const wcl__model_node *node, bool *seen, bool trainable)
{
    int64_t count = 0;
    for (size_t i = 0; i < node->input_count; i++) {
        const wcl__source *source = node->inputs[i] >= 0 ? model->values[node->inputs[i]].source : NULL;
        if (!source || source->type != WCL_FLOAT32 || source->shape.rank == 0 || seen[node->inputs[i]] ||
            (trainable && wcl__op_measured(node->op, i)))
            continue;
        count += wcl__shape_count(&source->shape);
    }
    return count;
}

static void mark_seen(const wcl__model_node *node, bool *seen)
{
    for (size_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= 0)
            seen[node->inputs[i]] = true;
}

static bool is_layer(const wcl__op_node *node)
{
    return !(node->op->flags & WCL__IS_SHAPE) && node->outputs[0] && !node->outputs[0]->source;
}

/* A dimension that differs between the probes follows a free one: -1. */
static void common_dims(const wcl__shape *x, const wcl__shape *y, int64_t *dims)
{
    for (int d = 0; d < x->rank; d++)
        dims[d] = x->rank == y->rank && x->dims[d] == y->dims[d] ? x->dims[d] : -1;
}

static void fill_layer(wcl_layer *layer, const wcl__op_node *a, const wcl__op_node *b)
{
    const wcl__shape *x = &a->outputs[0]->shape, *y = &b->outputs[0]->shape;
    layer->size = sizeof *layer;
    layer->name = a->name;
    layer->op = a->op->name;
    layer->rank = x->rank;
    common_dims(x, y, layer->dims);
}

static void fill_output(wcl_tensor *output, const wcl__value *a, const wcl__value *b)
{
    output->type = a->type;
    output->rank = a->shape.rank;
    common_dims(&a->shape, &b->shape, output->dims);
}

static wcl_status make_layers(const wcl_model *model, wcl__layer_cache *cache)
{
    wcl__graph a = {0}, b = {0};
    bool *seen = wcl__alloc(model->value_count + 1, sizeof *seen);
    cache->layers = wcl__alloc(model->node_count + 1, sizeof *cache->layers);
    cache->outputs = wcl__alloc(model->output_count + 1, sizeof *cache->outputs);
    wcl_status status = seen && cache->layers && cache->outputs ? WCL_OK : wcl__fail_memory();
    if (status == WCL_OK)
        status = probe(model, false, &a);
    if (status == WCL_OK)
        status = probe(model, true, &b);
    for (size_t i = 0; i < model->node_count && status == WCL_OK; i++) {
        if (!is_layer(a.nodes[i]))
            continue;
        wcl_layer *layer = &cache->layers[cache->count++];
        fill_layer(layer, a.nodes[i], b.nodes[i]);
        layer->parameters = count_weights(model, &model->nodes[i], seen, false);
        layer->trainable = count_weights(model, &model->nodes[i], seen, true);
        mark_seen(&model->nodes[i], seen);
    }
    for (size_t i = 0; i < model->output_count && status == WCL_OK; i++)
        fill_output(&cache->outputs[i], a.outputs[i], b.outputs[i]);
    wcl__free(seen);
    wcl__graph_clear(&a);
    wcl__graph_clear(&b);
    return status;
}

static wcl_status layers_of(const wcl_model *model, const wcl__layer_cache **out)
{
    wcl_model *shared = (wcl_model *)model; /* the cache is made once, under the lock */
    wcl_status status = WCL_OK;
    pthread_mutex_lock(&shared->lock);
    if (!shared->layers) {
        wcl__layer_cache *made = wcl__alloc(1, sizeof *made);
        status = made ? make_layers(model, made) : wcl__fail_memory();
        if (status == WCL_OK)
            shared->layers = made;
        else
            wcl__layer_cache_free(made);
    }
    *out = shared->layers;
    pthread_mutex_unlock(&shared->lock);
    return status;
}

int wcl_model_layer_count(const wcl_model *model)
{
    const wcl__layer_cache *layers;
    wcl__clear_error();
    return layers_of(model, &layers) == WCL_OK ? layers->count : -1;
}

wcl_status wcl_model_layer(const wcl_model *model, int index, wcl_layer *layer)
{
    const wcl__layer_cache *layers;
    wcl__clear_error();
    const wcl_status status = layers_of(model, &layers);
    if (status != WCL_OK)
        return status;
    if (index < 0 || index >= layers->count)
        return wcl__fail(WCL_BAD_ARGUMENT, "the model has no layer %d", index);
    return wcl__info_write(layer, &layers->layers[index], sizeof *layer);
}

wcl_status wcl_model_output_info(const wcl_model *model, int index, wcl_tensor *info)
{
    const wcl__layer_cache *layers;
    wcl__clear_error();
    memset(info, 0, sizeof *info);
    if (index < 0 || (size_t)index >= model->output_count)
        return wcl__fail(WCL_BAD_ARGUMENT, "the model has no output %d", index);
    const wcl_status status = layers_of(model, &layers);
    if (status == WCL_OK)
        *info = layers->outputs[index];
    return status;
}
