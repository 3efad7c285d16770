/* Scale, shift, activation and a small max-pool go into the convolution or dense layer before them. */
#include "graph/passes.h"

#include <string.h>

#include "ops/dense/dense.h"
#include "ops/norm/norm.h"
#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"

/* The channels that an epilogue's scale and shift run over: dimension 1 of a convolution, the last one of a
 * dense layer. */
static int channel_axis(const wcl__op_node *node)
{
    return strcmp(node->op->name, "Conv") == 0 ? 1 : node->outputs[0]->shape.rank - 1;
}

static int64_t channels(const wcl__op_node *node)
{
    return node->outputs[0]->shape.dims[channel_axis(node)];
}

/* Does this constant, broadcast to the output's shape, vary along the channels at most? */
static bool is_per_channel(const wcl__op_node *target, const wcl__value *constant)
{
    const wcl__shape *out = &target->outputs[0]->shape;
    const int ahead = out->rank - constant->shape.rank;
    if (!constant->source || constant->type != WCL_FLOAT32 || ahead < 0)
        return false;
    for (int d = 0; d < constant->shape.rank; d++) {
        const bool channel = d + ahead == channel_axis(target);
        if (constant->shape.dims[d] != 1 && !(channel && constant->shape.dims[d] == channels(target)))
            return false;
    }
    return true;
}

/* Composes y * scale + shift behind what the epilogue has already. NULL scale: 1, NULL shift: 0. */
static wcl_status absorb_affine(wcl__op_node *target, const float *scale, const float *shift)
{
    wcl__epilogue *e = &target->epilogue;
    const size_t count = (size_t)channels(target);
    if (scale && !e->scale) {
        e->scale = wcl__alloc(count, sizeof(float));
        if (!e->scale)
            return wcl__fail_memory();
        for (size_t i = 0; i < count; i++)
            e->scale[i] = 1.0f;
    }
    if (!e->shift)
        e->shift = wcl__alloc(count, sizeof(float));
    if (!e->shift)
        return wcl__fail_memory();
    for (size_t i = 0; i < count; i++) {
        if (scale) {
            e->scale[i] *= scale[i];
            e->shift[i] *= scale[i];
        }
        if (shift)
            e->shift[i] += shift[i];
    }
    return WCL_OK;
}

/* The constant as one float for each channel. */
static wcl_status channel_values(const wcl__op_node *target, const wcl__value *constant, float **out)
{
    const void *data;
    void *scratch = NULL;
    const int64_t count = channels(target), given = wcl__shape_count(&constant->shape);
    wcl_status status = wcl__value_data(constant, &data, &scratch);
    *out = status == WCL_OK ? wcl__alloc((size_t)count, sizeof(float)) : NULL;
    if (status == WCL_OK && !*out)
        status = wcl__fail_memory();
    for (int64_t i = 0; i < count && status == WCL_OK; i++)
        (*out)[i] = (float)wcl__read_number(constant->type, data, given == 1 ? 0 : i);
    wcl__free(scratch);
    return status;
}

/* Add, Sub or Mul of a constant for each channel. */
static wcl_status absorb_binary(wcl__op_node *target, const wcl__op_node *node, bool *absorbed)
{
    const bool first = node->inputs[0] == target->outputs[0];
    const wcl__value *constant = node->inputs[first ? 1 : 0];
    const bool add = strcmp(node->op->name, "Add") == 0, sub = strcmp(node->op->name, "Sub") == 0;
    const bool mul = strcmp(node->op->name, "Mul") == 0;
    if ((!add && !mul && !(sub && first)) || !is_per_channel(target, constant) ||
        !wcl__shape_equal(&node->outputs[0]->shape, &target->outputs[0]->shape))
        return WCL_OK;
    float *values;
    wcl_status status = channel_values(target, constant, &values);
    for (int64_t i = 0; sub && status == WCL_OK && i < channels(target); i++)
        values[i] = -values[i];
    if (status == WCL_OK)
        status = absorb_affine(target, mul ? values : NULL, mul ? NULL : values);
    wcl__free(values);
    *absorbed = status == WCL_OK;
    return status;
}

static wcl_status absorb_batchnorm(wcl__op_node *target, const wcl__op_node *node, bool *absorbed)
{
    float *scale = NULL, *shift = NULL;
    if (channel_axis(target) != 1)
        return WCL_OK;
    wcl_status status = wcl__batchnorm_affine(node, &scale, &shift);
    if (status == WCL_OK)
        status = absorb_affine(target, scale, shift);
    wcl__free(scale);
    wcl__free(shift);
    *absorbed = status == WCL_OK;
    return status;
}

static bool is_activation(const wcl__op_node *node)
{
    static const char *const names[] = {"Relu", "LeakyRelu", "Clip", "Sigmoid", "Tanh"};
    for (size_t i = 0; i < WCL__COUNT(names); i++)
        if (strcmp(node->op->name, names[i]) == 0)
            return true;
    return false;
}

/* Are there weights and a bias that scale and shift can go into? */
static bool has_weights(const wcl__op_node *target)
{
    wcl__dense dense;
    return strcmp(target->op->name, "Conv") == 0 || !wcl__dense_read(target, &dense);
}

/* 2x2 windows side by side, without padding, a last odd row or column left out. */
static bool is_half_pool(const wcl__op_node *node)
{
    const wcl__pool *pool = &node->desc.pool;
    return strcmp(node->op->name, "MaxPool") == 0 && node->outputs[0]->shape.rank == 4 && pool->kh == 2 &&
           pool->kw == 2 && pool->stride_h == 2 && pool->stride_w == 2 && pool->dilation_h == 1 &&
           pool->dilation_w == 1 && pool->pad_top == 0 && pool->pad_left == 0 && pool->oh == pool->h / 2 &&
           pool->ow == pool->w / 2;
}

/* Does `node`, the only reader of `target`'s output, become part of it? */
static wcl_status absorb(wcl__op_node *target, const wcl__op_node *node, bool *absorbed)
{
    const unsigned flags = target->op->flags;
    *absorbed = false;
    if (target->epilogue.pool)
        return WCL_OK;
    if ((flags & WCL__ABSORBS_POOL) && is_half_pool(node)) {
        target->epilogue.pool = *absorbed = true;
        return WCL_OK;
    }
    if (target->epilogue.act.kind != WCL__ACT_NONE)
        return WCL_OK;
    if ((flags & WCL__ABSORBS_ACT) && is_activation(node)) {
        target->epilogue.act = node->desc.act;
        *absorbed = true;
        return WCL_OK;
    }
    if (!(flags & WCL__ABSORBS_AFFINE) || !has_weights(target))
        return WCL_OK;
    if (strcmp(node->op->name, "BatchNormalization") == 0)
        return absorb_batchnorm(target, node, absorbed);
    return node->input_count == 2 ? absorb_binary(target, node, absorbed) : WCL_OK;
}

wcl_status wcl__pass_fuse_epilogues(wcl__graph *graph)
{
    for (size_t i = 0; i < graph->node_count;) {
        const wcl__op_node *node = graph->nodes[i];
        bool absorbed = false;
        for (size_t k = 0; k < node->input_count && !absorbed; k++) {
            const int64_t producer = node->inputs[k] && !node->inputs[k]->source
                                         ? wcl__graph_producer(graph, node->inputs[k])
                                         : -1;
            if (producer < 0 || wcl__graph_uses(graph, node->inputs[k]) != 1)
                continue;
            wcl__op_node *target = graph->nodes[producer];
            const wcl_status status = absorb(target, node, &absorbed);
            if (status != WCL_OK)
                return wcl__in_node(status, node->name);
            if (absorbed)
                target->outputs[0] = node->outputs[0];
        }
        if (absorbed)
            wcl__graph_remove(graph, i);
        else
            i++;
    }
    return WCL_OK;
}
