/* Relu, LeakyRelu, Clip, Sigmoid, HardSigmoid, Tanh: desc.act says which, so that fusion can move it into the
 * operator before. */
#include <math.h>

#include "kernels/pointwise/activation.h"
#include "ops/channels.h"
#include "ops/registry.h"
#include "base/error.h"

static wcl_status infer(wcl__op_node *node, wcl__act act)
{
    const wcl__value *x = node->inputs[0];
    const wcl_status status = wcl__need_float(x, node->op->name);
    if (status)
        return status;
    node->desc.act = act;
    wcl__output_set(node, 0, WCL_FLOAT32, &x->shape);
    return WCL_OK;
}

static wcl_status infer_relu(wcl__op_node *node)
{
    return infer(node, (wcl__act){.kind = WCL__ACT_RELU});
}

static wcl_status infer_leaky_relu(wcl__op_node *node)
{
    return infer(node, (wcl__act){.kind = WCL__ACT_LEAKY_RELU, .a = wcl__attr_float(node, "alpha", 0.01f)});
}

static wcl_status infer_sigmoid(wcl__op_node *node)
{
    return infer(node, (wcl__act){.kind = WCL__ACT_SIGMOID});
}

static wcl_status infer_hard_sigmoid(wcl__op_node *node)
{
    return infer(node, (wcl__act){WCL__ACT_HARD_SIGMOID, wcl__attr_float(node, "alpha", 0.2f),
                                  wcl__attr_float(node, "beta", 0.5f)});
}

static wcl_status infer_tanh(wcl__op_node *node)
{
    return infer(node, (wcl__act){.kind = WCL__ACT_TANH});
}

/* A bound of Clip since opset 11: an optional input of one element. */
static wcl_status read_bound(const wcl__op_node *node, size_t input, const char *name, float *bound)
{
    const wcl__value *value = wcl__input(node, input);
    if (!value)
        return WCL_OK;
    wcl_status status = wcl__need_float(value, name);
    if (status)
        return status;
    if (!value->source)
        return wcl__fail(WCL_UNSUPPORTED, "Clip with a %s that is not known before the network runs", name);
    if (value->shape.rank > 1 || wcl__shape_count(&value->shape) != 1)
        return wcl__fail(WCL_BAD_SHAPE, "%s has shape %s, must be one number", name,
                         wcl__shape_print(&value->shape).text);
    wcl__source_read(value->source, 0, 1, bound);
    return WCL_OK;
}

static wcl_status infer_clip(wcl__op_node *node)
{
    wcl__act act = {WCL__ACT_CLIP, -INFINITY, INFINITY};
    wcl_status status = WCL_OK;
    if (node->opset < 11) {
        act.a = wcl__attr_float(node, "min", act.a);
        act.b = wcl__attr_float(node, "max", act.b);
        if (node->input_count > 1)
            status =
                wcl__fail(WCL_BAD_MODEL, "Clip has %zu inputs, before opset 11 it has 1", node->input_count);
    } else if (wcl__attr_find(node, "min") || wcl__attr_find(node, "max")) {
        status = wcl__fail(WCL_BAD_MODEL, "Clip has attributes, since opset 11 its bounds are inputs");
    } else {
        status = read_bound(node, 1, "min", &act.a);
        if (!status)
            status = read_bound(node, 2, "max", &act.b);
    }
    if (act.a > act.b)
        act.a = act.b; /* as ONNX says: all become the upper bound */
    return status ? status : infer(node, act);
}

/* Blocked memory is offered where the tail lanes stay zero: there are none, or the activation keeps 0. The
 * order of dimensions does not matter. */
static int offers(const wcl__op_node *node, const wcl__target *target, wcl__offer out[WCL__MAX_OFFERS])
{
    const wcl__shape *shape = &node->inputs[0]->shape;
    const wcl__act *act = &node->desc.act;
    int count = wcl__any_block(node, target, out);
    const bool keeps =
        act->kind == WCL__ACT_CLIP ? act->a <= 0 && act->b >= 0 : (node->op->flags & WCL__ZERO_KEEPS) != 0;
    if (count == 2 && !keeps && shape->dims[1] % wcl__block_in(&out[1]) != 0)
        count = 1;
    if (shape->rank == 3 || shape->rank == 4)
        out[count++] = wcl__offer_of(wcl__format_id_nhwc(), wcl__format_id_nhwc());
    return count;
}

static const char *configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                             void *params)
{
    wcl__activation_params *p = params;
    (void)offer;
    p->cb = target->profile->block;
    p->act = (int)node->desc.act.kind;
    return NULL;
}

static wcl_status emit(const wcl__emit *emit)
{
    const wcl__op_node *node = emit->node;
    const wcl__activation_params *params = WCL__CONFIG(wcl__activation_params, &emit->way->config);
    const int64_t count =
        wcl__format_count(&emit->steps->tensors[emit->out[0]].format, &node->outputs[0]->shape);
    wcl__call call;
    wcl_status status =
        wcl__activation_call(&call, params, &node->desc.act, emit->in[0], emit->out[0], count);
    if (!status)
        status = wcl__emit_call(emit, &call);
    return status;
}

static const wcl__variant variants[] = {
    {.name = "flat",
     .family = &wcl__activation_table,
     .bound = WCL__SUM,
     .offers = offers,
     .configure = configure,
     .emit = emit},
};

const wcl__op wcl__op_relu = {
    .name = "Relu",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .flags = WCL__IS_ACTIVATION | WCL__IS_ELEMENTWISE | WCL__ZERO_KEEPS,
    .attributes = "",
    .infer = infer_relu,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};

const wcl__op wcl__op_leaky_relu = {
    .name = "LeakyRelu",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .flags = WCL__IS_ACTIVATION | WCL__IS_ELEMENTWISE | WCL__ZERO_KEEPS,
    .attributes = "alpha",
    .infer = infer_leaky_relu,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};

const wcl__op wcl__op_clip = {
    .name = "Clip",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 3,
    .max_outputs = 1,
    .flags = WCL__IS_ACTIVATION | WCL__IS_ELEMENTWISE,
    .known = 1u << 1 | 1u << 2,
    .packs = 1u << 1 | 1u << 2,
    .attributes = "max min",
    .infer = infer_clip,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};

const wcl__op wcl__op_sigmoid = {
    .name = "Sigmoid",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .flags = WCL__IS_ACTIVATION | WCL__IS_ELEMENTWISE,
    .attributes = "",
    .infer = infer_sigmoid,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};

const wcl__op wcl__op_hard_sigmoid = {
    .name = "HardSigmoid",
    .since = 6,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .flags = WCL__IS_ACTIVATION | WCL__IS_ELEMENTWISE,
    .attributes = "alpha beta",
    .infer = infer_hard_sigmoid,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};

const wcl__op wcl__op_tanh = {
    .name = "Tanh",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .flags = WCL__IS_ACTIVATION | WCL__IS_ELEMENTWISE | WCL__ZERO_KEEPS,
    .attributes = "",
    .infer = infer_tanh,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};
