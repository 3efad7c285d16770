/* Conv: direct for any window, Winograd F(2x2, 3x3) for 3x3 with stride and dilation 1. */
#include <stdio.h>
#include <string.h>

#include "kernels/filters.h"
#include "kernels/winograd.h"
#include "ops/channels.h"
#include "ops/registry.h"
#include "ops/weights.h"
#include "ops/window.h"

enum { X = 0, W = 1, B = 2 };

/* ---- shape */

static wcl_status check_operands(const wcl__op_node *node)
{
    static const char *const names[] = {"input", "weight", "bias"};
    for (size_t i = X; i <= B; i++) {
        const wcl__value *value = wcl__input(node, i);
        if (!value)
            continue;
        const wcl_status status = wcl__need_float(value, names[i]);
        if (status != WCL_OK)
            return status;
        if (i != X && !value->source)
            return wcl__fail(WCL_UNSUPPORTED, "a %s that is not known before the network runs", names[i]);
    }
    return WCL_OK;
}

static wcl_status check_shapes(const wcl__op_node *node, int64_t groups)
{
    const wcl__shape *x = &node->inputs[X]->shape, *w = &node->inputs[W]->shape;
    const wcl__value *bias = wcl__input(node, B);
    size_t count;
    if (x->rank < 3)
        return wcl__fail(WCL_BAD_SHAPE, "input has %d dimensions, Conv needs 3 or more", x->rank);
    if (x->rank > 4)
        return wcl__fail(WCL_UNSUPPORTED, "%d-D convolution", x->rank - 2);
    if (w->rank != x->rank)
        return wcl__fail(WCL_BAD_SHAPE, "weight has %d dimensions, Conv needs %d", w->rank, x->rank);
    if (groups < 1 || wcl__shape_count(w) <= 0)
        return wcl__fail(WCL_BAD_MODEL, "group is %lld, weight %s", (long long)groups, wcl__shape_print(w).text);
    if (x->dims[1] != w->dims[1] * groups || w->dims[0] % groups != 0)
        return wcl__fail(WCL_BAD_SHAPE, "input %s and weight %s in %lld groups do not fit", wcl__shape_print(x).text,
                         wcl__shape_print(w).text, (long long)groups);
    if (bias && (bias->shape.rank != 1 || bias->shape.dims[0] != w->dims[0]))
        return wcl__fail(WCL_BAD_SHAPE, "bias is %s, there are %lld filters", wcl__shape_print(&bias->shape).text,
                         (long long)w->dims[0]);
    const int64_t *kernel = wcl__attr_ints(node, "kernel_shape", &count);
    if (kernel && (count != (size_t)x->rank - 2 || memcmp(kernel, w->dims + 2, count * sizeof *kernel) != 0))
        return wcl__fail(WCL_BAD_SHAPE, "kernel_shape does not fit weight %s", wcl__shape_print(w).text);
    return WCL_OK;
}

static wcl_status infer(wcl__op_node *node)
{
    const wcl__shape *x = &node->inputs[X]->shape, *w = &node->inputs[W]->shape;
    const int64_t groups = wcl__attr_int(node, "group", 1);
    wcl__window window;
    int64_t nchw[4];
    wcl_status status = check_operands(node);
    if (status == WCL_OK)
        status = check_shapes(node, groups);
    if (status == WCL_OK)
        status = wcl__window_read(node, x->rank - 2, x->dims + 2, w->dims + 2, false, &window);
    if (status != WCL_OK)
        return status;
    wcl__shape_nchw(x, nchw);
    node->desc.conv = (wcl__conv){.n = nchw[0],
                                  .c = nchw[1],
                                  .h = nchw[2],
                                  .w = nchw[3],
                                  .k = w->dims[0],
                                  .oh = window.out[0],
                                  .ow = window.out[1],
                                  .kh = window.kernel[0],
                                  .kw = window.kernel[1],
                                  .stride_h = window.stride[0],
                                  .stride_w = window.stride[1],
                                  .dilation_h = window.dilation[0],
                                  .dilation_w = window.dilation[1],
                                  .pad_top = window.before[0],
                                  .pad_left = window.before[1],
                                  .pad_bottom = window.after[0],
                                  .pad_right = window.after[1],
                                  .groups = groups};
    wcl__shape y = *x;
    y.dims[1] = w->dims[0];
    y.dims[x->rank - 1] = window.out[1];
    if (x->rank == 4)
        y.dims[2] = window.out[0];
    wcl__output_set(node, 0, WCL_FLOAT32, &y);
    return WCL_OK;
}

/* ---- what the variants share */

static wcl__conv conv_of(const wcl__op_node *node)
{
    wcl__conv conv = node->desc.conv;
    conv.act = node->epilogue.act;
    return conv;
}

static double macs(const wcl__conv *conv)
{
    return (double)conv->n * (double)conv->k * (double)conv->oh * (double)conv->ow * (double)(conv->c / conv->groups) *
           (double)(conv->kh * conv->kw);
}

static double io_bytes(const wcl__conv *conv)
{
    return sizeof(float) * ((double)conv->n * (double)(conv->c * conv->h * conv->w + conv->k * conv->oh * conv->ow));
}

static wcl_status operands(const wcl__emit *emit, wcl__operand *x, wcl__operand *y)
{
    x->slot = emit->in[X];
    y->slot = emit->out[0];
    const wcl_status status = wcl__emit_view(emit, x->slot, &emit->node->inputs[X]->shape, &x->view);
    return status == WCL_OK ? wcl__emit_view(emit, y->slot, &emit->node->outputs[0]->shape, &y->view) : status;
}

/* ---- direct */

/* A vector of filters must not lie across groups. */
static bool block_fits(const wcl__conv *conv, int block)
{
    return conv->groups == 1 || (conv->k / conv->groups) % block == 0;
}

static bool is_depthwise(const wcl__conv *conv)
{
    return conv->groups > 1 && conv->groups == conv->c && conv->groups == conv->k;
}

static int direct_blocks(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks out[WCL__MAX_BLOCKS])
{
    const wcl__conv *conv = &node->desc.conv;
    const int block = wcl__facts_block(facts);
    int count = 0;
    if (is_depthwise(conv)) {
        out[count++] = (wcl__blocks){1, 1};
        out[count++] = (wcl__blocks){block, block};
        return count;
    }
    out[count++] = (wcl__blocks){1, 1};
    out[count++] = (wcl__blocks){block, 1};
    if (block_fits(conv, block)) {
        out[count++] = (wcl__blocks){1, block};
        out[count++] = (wcl__blocks){block, block};
    }
    return count;
}

static wcl__conv_direct_params direct_params(const wcl__op_node *node, wcl__blocks blocks)
{
    wcl__conv_direct_params params;
    wcl__params_standard(&wcl__conv_direct_table, &params);
    params.cb = blocks.out;
    params.cbi = blocks.in;
    params.act = (int)node->epilogue.act.kind;
    return params;
}

static void direct_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, wcl__cost *cost)
{
    const wcl__conv *conv = &node->desc.conv;
    const int lanes = (int)WCL__MAX(facts->vector_width, 1u);
    const double filters = (double)wcl__round_up(conv->k, blocks.out) / (double)conv->k; /* tail lanes work too */
    cost->flops = 2 * macs(conv) * (is_depthwise(conv) ? 1 : filters);
    cost->bytes = io_bytes(conv);
    cost->efficiency =
        facts->type & CL_DEVICE_TYPE_CPU ? 0.2 * WCL__MIN(blocks.out, lanes) / lanes : 0.05 * WCL__MIN(blocks.out, 4);
    cost->launches = 1;
}

static void direct_parameters(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, char *out, size_t bytes)
{
    const wcl__conv_direct_params params = direct_params(node, blocks);
    (void)facts;
    wcl__params_print(&wcl__conv_direct_table, &params, out, bytes);
}

static wcl_status direct_weights(const wcl__emit *emit, int *slot)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    const wcl__filters_params params = {.cb = emit->blocks.out, .kb = 1};
    wcl__packing packing = {0};
    packing.rows = conv->k;
    packing.row_elements = conv->c / conv->groups * conv->kh * conv->kw;
    packing.bytes = sizeof(float) * (size_t)(wcl__round_up(conv->k, params.cb) * packing.row_elements);
    packing.zero_first = conv->k % params.cb != 0;
    const wcl_status status = wcl__filters_direct_call(&packing.call, &params, packing.row_elements);
    return status == WCL_OK
               ? wcl__weight_slot(emit, emit->node->inputs[W], "direct", &(wcl__filters){0, conv->k, 1.0f}, &packing, slot)
               : status;
}

static wcl_status emit_direct(const wcl__emit *emit)
{
    const wcl__conv conv = conv_of(emit->node);
    const wcl__conv_direct_params params = direct_params(emit->node, emit->blocks);
    const bool depthwise = is_depthwise(&conv);
    wcl__conv_slots slots;
    wcl__call call;
    wcl_status status = operands(emit, &slots.x, &slots.y);
    if (status == WCL_OK)
        status = direct_weights(emit, &slots.weights);
    if (status == WCL_OK)
        status = wcl__bias_slot(emit, wcl__input(emit->node, B), &(wcl__filters){0, conv.k, 1.0f}, params.cb, &slots.bias);
    if (status == WCL_OK)
        status = wcl__conv_direct_call(&call, &params, &conv, depthwise, &slots);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

/* ---- Winograd F(2x2, 3x3) */

static const char *f2_supports(const wcl__op_node *node, const wcl__facts *facts)
{
    const wcl__conv *conv = &node->desc.conv;
    (void)facts;
    if (node->inputs[X]->shape.rank != 4)
        return "only 2-D";
    if (conv->kh != 3 || conv->kw != 3)
        return "only 3x3 windows";
    if (conv->stride_h != 1 || conv->stride_w != 1)
        return "only stride 1";
    if (conv->dilation_h != 1 || conv->dilation_w != 1)
        return "only dilation 1";
    return conv->groups == 1 ? NULL : "only one group";
}

static int f2_blocks(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks out[WCL__MAX_BLOCKS])
{
    const int block = wcl__facts_block(facts);
    (void)node;
    out[0] = (wcl__blocks){block, block};
    return 1;
}

static wcl__winograd_params f2_params(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    wcl__winograd_params params;
    wcl__winograd_defaults(facts, blocks.out, (int)node->epilogue.act.kind, &params);
    return params;
}

static size_t f2_workspace(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    const wcl__winograd_params params = f2_params(node, facts, blocks);
    const wcl__winograd_sizes sizes = wcl__winograd_sizes_of(&params, &node->desc.conv);
    return (size_t)(sizes.v_bytes + sizes.m_bytes);
}

static void f2_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, wcl__cost *cost)
{
    const wcl__conv *conv = &node->desc.conv;
    const wcl__winograd_params params = f2_params(node, facts, blocks);
    const wcl__winograd_sizes s = wcl__winograd_sizes_of(&params, conv);
    const double products = WCL__F2_XI * (double)s.padded * (double)s.c_padded * (double)s.k_padded;
    const double transforms = 32.0 * (double)s.padded * (double)s.c_padded + 24.0 * (double)s.tiles * (double)conv->k;
    cost->flops = 2 * products + transforms;
    cost->bytes = io_bytes(conv) + 2.0 * (double)(s.v_bytes + s.m_bytes) + (double)s.u_bytes;
    cost->efficiency = facts->type & CL_DEVICE_TYPE_CPU ? 0.6 : 0.15;
    cost->launches = 3;
}

static void f2_parameters(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, char *out, size_t bytes)
{
    const wcl__winograd_params params = f2_params(node, facts, blocks);
    wcl__params_print(&wcl__winograd_table, &params, out, bytes);
}

static wcl_status f2_weights(const wcl__emit *emit, const wcl__winograd_params *winograd, const wcl__winograd_sizes *sizes,
                             int *slot)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    const wcl__filters_params params = {.cb = winograd->cb, .kb = winograd->kb};
    wcl__packing packing = {0};
    packing.rows = conv->k;
    packing.row_elements = conv->c * 9;
    packing.bytes = (size_t)sizes->u_bytes;
    packing.zero_first = sizes->k_padded != conv->k || sizes->c_padded != conv->c;
    const wcl_status status = wcl__filters_winograd_call(&packing.call, &params, conv->c, sizes->c_padded, sizes->k_padded);
    return status == WCL_OK ? wcl__weight_slot(emit, emit->node->inputs[W], "f2", &(wcl__filters){0, conv->k, 1.0f}, &packing, slot)
                            : status;
}

static wcl_status emit_f2(const wcl__emit *emit)
{
    const wcl__conv conv = conv_of(emit->node);
    const wcl__winograd_params params = f2_params(emit->node, emit->facts, emit->blocks);
    const wcl__winograd_sizes sizes = wcl__winograd_sizes_of(&params, &conv);
    wcl__winograd_slots slots;
    wcl__call calls[3];
    wcl_status status = operands(emit, &slots.x, &slots.y);
    if (status == WCL_OK)
        status = f2_weights(emit, &params, &sizes, &slots.u);
    if (status == WCL_OK)
        status = wcl__bias_slot(emit, wcl__input(emit->node, B), &(wcl__filters){0, conv.k, 1.0f}, params.cb, &slots.bias);
    if (status == WCL_OK)
        status = wcl__steps_workspace(emit->steps, "transformed input", (size_t)sizes.v_bytes, &slots.v);
    if (status == WCL_OK)
        status = wcl__steps_workspace(emit->steps, "products", (size_t)sizes.m_bytes, &slots.m);
    if (status == WCL_OK)
        status = wcl__winograd_calls(calls, &params, &conv, &slots);
    for (int i = 0; i < 3 && status == WCL_OK; i++)
        status = wcl__emit_call(emit, &calls[i]);
    return status;
}

static const wcl__variant variants[] = {
    {.name = "direct",
     .blocks = direct_blocks,
     .cost = direct_cost,
     .parameters = direct_parameters,
     .emit = emit_direct,
     .algorithm = WCL__SUM},
    {.name = "f2",
     .supports = f2_supports,
     .blocks = f2_blocks,
     .cost = f2_cost,
     .workspace = f2_workspace,
     .parameters = f2_parameters,
     .emit = emit_f2,
     .algorithm = WCL__F2},
};

const wcl__op wcl__op_conv = {
    .name = "Conv",
    .since = 1,
    .min_inputs = 2,
    .max_inputs = 3,
    .max_outputs = 1,
    .flags = WCL__ABSORBS_ACT | WCL__ABSORBS_AFFINE,
    .known = 1u << W | 1u << B,
    .packs = 1u << W | 1u << B,
    .attributes = "auto_pad dilations group kernel_shape pads strides",
    .infer = infer,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};
