/* BatchNormalization (inference) and LRN. */
#include <math.h>
#include <string.h>

#include "kernels/pointwise/affine.h"
#include "kernels/norm/lrn.h"
#include "ops/channels.h"
#include "ops/registry.h"
#include "base/error.h"
#include "base/memory.h"

/* ---- BatchNormalization */

enum { BN_SCALE = 1, BN_BIAS = 2, BN_MEAN = 3, BN_VARIANCE = 4 };

static wcl_status check_statistic(const wcl__op_node *node, size_t i, int64_t channels)
{
    static const char *const names[] = {"input", "scale", "bias", "mean", "variance"};
    const wcl__value *value = wcl__input(node, i);
    if (!value)
        return wcl__fail(WCL_BAD_MODEL, "BatchNormalization has no %s", names[i]);
    wcl_status status = wcl__need_float(value, names[i]);
    if (status)
        return status;
    if (!value->source)
        return wcl__fail(WCL_UNSUPPORTED,
                         "BatchNormalization with a %s that is not known before the network runs", names[i]);
    if (value->shape.rank != 1 || value->shape.dims[0] != channels)
        return wcl__fail(WCL_BAD_SHAPE, "%s has shape %s, the input has %lld channels", names[i],
                         wcl__shape_print(&value->shape).text, (long long)channels);
    return WCL_OK;
}

static wcl_status check_batchnorm(const wcl__op_node *node)
{
    for (size_t i = 1; i < node->output_count; i++)
        if (node->outputs[i])
            return wcl__fail(WCL_UNSUPPORTED, "BatchNormalization with statistics as outputs");
    const wcl_status status = wcl__attr_dropped(node, "is_test", 7);
    if (status)
        return status;
    if (wcl__attr_int(node, "training_mode", 0) != 0 ||
        (node->opset < 7 && wcl__attr_int(node, "is_test", 0) == 0))
        return wcl__fail(WCL_UNSUPPORTED, "BatchNormalization in training mode");
    if (wcl__attr_int(node, "spatial", 1) != 1)
        return wcl__fail(WCL_UNSUPPORTED, "BatchNormalization with spatial 0");
    return WCL_OK;
}

static wcl_status infer_batchnorm(wcl__op_node *node)
{
    const wcl__value *x = node->inputs[0];
    const wcl__shape four = wcl__channel_shape(&x->shape);
    wcl_status status = wcl__need_float(x, node->op->name);
    if (!status && x->shape.rank < 1)
        status = wcl__fail(WCL_BAD_SHAPE, "BatchNormalization of a scalar");
    for (size_t i = BN_SCALE; !status && i <= BN_VARIANCE; i++)
        status = check_statistic(node, i, four.dims[1]);
    if (!status)
        status = check_batchnorm(node);
    if (status)
        return status;
    wcl__output_set(node, 0, WCL_FLOAT32, &x->shape);
    return WCL_OK;
}

/* Scale and shift of y = x * scale[channel] + shift[channel], as the row's by_channel gives them. */
static wcl_status batchnorm_affine(const wcl__op_node *node, float **scale, float **shift)
{
    wcl_status status = WCL_OK;
    const int64_t channels = node->inputs[BN_SCALE]->shape.dims[0];
    const double epsilon = wcl__attr_float(node, "epsilon", 1e-5f);
    float *mean = wcl__alloc((size_t)channels, sizeof *mean),
          *variance = wcl__alloc((size_t)channels, sizeof *variance);
    *scale = wcl__alloc((size_t)channels, sizeof **scale);
    *shift = wcl__alloc((size_t)channels, sizeof **shift);
    if (!mean || !variance || !*scale || !*shift) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    wcl__source_read(node->inputs[BN_SCALE]->source, 0, channels, *scale);
    wcl__source_read(node->inputs[BN_BIAS]->source, 0, channels, *shift);
    wcl__source_read(node->inputs[BN_MEAN]->source, 0, channels, mean);
    wcl__source_read(node->inputs[BN_VARIANCE]->source, 0, channels, variance);
    for (int64_t c = 0; c < channels; c++) {
        const double factor = (*scale)[c] / sqrt(variance[c] + epsilon);
        (*scale)[c] = (float)factor;
        (*shift)[c] = (float)((*shift)[c] - mean[c] * factor);
    }
cleanup:
    if (status) {
        wcl__free(*scale);
        wcl__free(*shift);
        *scale = *shift = NULL;
    }
    wcl__free(mean);
    wcl__free(variance);
    return status;
}

static wcl_status batchnorm_by_channel(const wcl__op_node *node, size_t input, int axis, float **scale,
                                       float **shift)
{
    return input == 0 && axis == 1 ? batchnorm_affine(node, scale, shift) : WCL_OK;
}

/* The numbers of all channels, and zeros up to a whole block, as a constant of the plan. */
static wcl_status padded_constant(const wcl__emit *emit, const char *name, const float *values,
                                  int64_t channels, int *slot)
{
    const size_t padded = (size_t)wcl__round_up(channels, wcl__block_out(&emit->way->offer));
    float *copy = wcl__alloc(padded, sizeof *copy);
    if (!copy)
        return wcl__fail_memory();
    memcpy(copy, values, (size_t)channels * sizeof *copy);
    const wcl_status status = wcl__steps_constant(emit->steps, name, copy, padded, slot);
    wcl__free(copy);
    return status;
}

static const char *configure_batchnorm(const wcl__op_node *node, const wcl__target *target,
                                       const wcl__offer *offer, void *params)
{
    wcl__affine_params *p = params;
    (void)target;
    p->cb = wcl__block_out(offer);
    p->act = (int)node->epilogue.act.kind;
    return NULL;
}

static wcl_status emit_batchnorm(const wcl__emit *emit)
{
    const wcl__op_node *node = emit->node;
    const int64_t channels = node->inputs[BN_SCALE]->shape.dims[0];
    wcl__affine affine = {
        .act = node->epilogue.act, .x.slot = emit->in[0], .y.slot = emit->out[0], .scale = -1, .shift = -1};
    float *scale = NULL, *shift = NULL;
    wcl__call call;
    wcl_status status = wcl__emit_view(emit, affine.x.slot, &node->inputs[0]->shape, &affine.x.view);
    if (!status)
        status = wcl__emit_view(emit, affine.y.slot, &node->outputs[0]->shape, &affine.y.view);
    if (!status)
        status = batchnorm_affine(node, &scale, &shift);
    if (!status)
        status = padded_constant(emit, node->inputs[BN_SCALE]->name, scale, channels, &affine.scale);
    if (!status)
        status = padded_constant(emit, node->inputs[BN_BIAS]->name, shift, channels, &affine.shift);
    if (!status)
        status = wcl__affine_call(&call, WCL__CONFIG(wcl__affine_params, &emit->way->config), &affine);
    if (!status)
        status = wcl__emit_call(emit, &call);
    wcl__free(scale);
    wcl__free(shift);
    return status;
}

static const wcl__variant batchnorm_variants[] = {
    {.name = "affine",
     .family = &wcl__affine_table,
     .bound = WCL__SUM,
     .offers = wcl__any_block,
     .configure = configure_batchnorm,
     .emit = emit_batchnorm},
};

const wcl__op wcl__op_batch_normalization = {
    .name = "BatchNormalization",
    .since = 6,
    .min_inputs = 5,
    .max_inputs = 5,
    .max_outputs = 5,
    .flags = WCL__ABSORBS_ACT,
    .known = 1u << BN_SCALE | 1u << BN_BIAS | 1u << BN_MEAN | 1u << BN_VARIANCE,
    .packs = 1u << BN_SCALE | 1u << BN_BIAS | 1u << BN_MEAN | 1u << BN_VARIANCE,
    .measured = 1u << BN_MEAN | 1u << BN_VARIANCE,
    .attributes = "epsilon is_test momentum spatial training_mode",
    .check = check_batchnorm,
    .infer = infer_batchnorm,
    .by_channel = batchnorm_by_channel,
    .variants = batchnorm_variants,
    .variant_count = WCL__COUNT(batchnorm_variants),
};

/* ---- LRN */

static wcl_status infer_lrn(wcl__op_node *node)
{
    const wcl__value *x = node->inputs[0];
    const int64_t size = wcl__attr_int(node, "size", 0);
    wcl_status status = wcl__need_float(x, node->op->name);
    if (status)
        return status;
    if (x->shape.rank < 2)
        return wcl__fail(WCL_BAD_SHAPE, "input has %d dimensions, LRN needs 2 or more", x->shape.rank);
    if (size < 1 || size > INT32_MAX)
        return wcl__fail(WCL_BAD_MODEL, "LRN has a size of %lld", (long long)size);
    int64_t nchw[4];
    const wcl__shape four = wcl__channel_shape(&x->shape);
    wcl__shape_nchw(&four, nchw);
    node->desc.lrn = (wcl__lrn){
        .n = nchw[0],
        .c = nchw[1],
        .h = nchw[2],
        .w = nchw[3],
        .size = size,
        .alpha = wcl__attr_float(node, "alpha", 1e-4f),
        .beta = wcl__attr_float(node, "beta", 0.75f),
        .bias = wcl__attr_float(node, "bias", 1.0f),
    };
    wcl__output_set(node, 0, WCL_FLOAT32, &x->shape);
    return WCL_OK;
}

static const char *configure_lrn(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                                 void *params)
{
    wcl__lrn_params *p = params;
    (void)node;
    (void)target;
    p->cb = wcl__block_out(offer);
    return NULL;
}

static wcl_status emit_lrn(const wcl__emit *emit)
{
    const wcl__op_node *node = emit->node;
    const wcl__lrn_params *params = WCL__CONFIG(wcl__lrn_params, &emit->way->config);
    wcl__operand x = {.slot = emit->in[0]}, y = {.slot = emit->out[0]};
    wcl__call call;
    wcl_status status = wcl__emit_view(emit, x.slot, &node->inputs[0]->shape, &x.view);
    if (!status)
        status = wcl__emit_view(emit, y.slot, &node->outputs[0]->shape, &y.view);
    if (!status)
        status = wcl__lrn_call(&call, params, &node->desc.lrn, &x, &y);
    if (!status)
        status = wcl__emit_call(emit, &call);
    return status;
}

static const wcl__variant lrn_variants[] = {
    {.name = "direct",
     .family = &wcl__lrn_table,
     .bound = WCL__SUM,
     .offers = wcl__any_block,
     .configure = configure_lrn,
     .emit = emit_lrn},
};

const wcl__op wcl__op_lrn = {
    .name = "LRN",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .attributes = "alpha beta bias size",
    .infer = infer_lrn,
    .variants = lrn_variants,
    .variant_count = WCL__COUNT(lrn_variants),
};
