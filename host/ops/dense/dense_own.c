/* Dense layers by our own kernels: a work-item for some outputs (dense.cl), a work-group for them
 * (dense_group.cl), or as a convolution of one cell, whose pixels are the inputs (conv_gemm_tiled.cl). */
#include "kernels/conv/conv_tiled.h"
#include "kernels/dense/dense_group.h"
#include "ops/channels.h"
#include "ops/conv/conv.h"
#include "ops/dense/dense.h"
#include "ops/weights.h"

static wcl__dense_slice slice_of(const wcl__op_node *node, const wcl__dense *dense, int64_t first,
                                 int64_t count)
{
    return (wcl__dense_slice){dense->m, dense->inputs, count, dense->outputs, first, node->epilogue.act};
}

/* NULL, or why the node is no dense layer of this many inputs. */
static const char *read_layer(const wcl__op_node *node, const wcl__offer *offer, bool vector,
                              wcl__dense *dense)
{
    const char *reason = wcl__dense_read(node, dense);
    dense->half = wcl__offer_half(offer);
    if (reason)
        return reason;
    if (vector)
        return dense->m == 1 ? NULL : "more than one input vector";
    return dense->m > 1 ? NULL : "one input vector: gemv";
}

/* ---- a work-item for some outputs */

static const char *configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                             bool vector, wcl__dense_params *p)
{
    wcl__dense dense;
    const char *reason = read_layer(node, offer, vector, &dense);
    if (reason)
        return reason;
    wcl__dense_defaults(target->profile, dense.m, (int)wcl__dense_act(&node->epilogue.act).kind, dense.half,
                        p);
    p->slice = wcl__dense_slice_of(target->profile, &dense, 1);
    return NULL;
}

const char *wcl__gemv_configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                                void *params)
{
    return configure(node, target, offer, true, params);
}

const char *wcl__gemm_configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                                void *params)
{
    return configure(node, target, offer, false, params);
}

void wcl__own_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost)
{
    const wcl__dense dense = wcl__dense_of(way);
    wcl__dense_cost(&dense, profile->simd, cost);
}

static wcl_status own_slice(const wcl__emit *emit, const wcl__dense *dense, int64_t first, int64_t count)
{
    const wcl__dense_slice slice = slice_of(emit->node, dense, first, count);
    const wcl__dense_form form = {.first = first, .count = count};
    const wcl__output_slice outputs = {first, count, dense->beta};
    wcl__dense_slots slots = {.x = emit->in[WCL__DENSE_A], .y = emit->out[0]};
    wcl__call call;
    wcl_status status = wcl__dense_weights(emit, dense, &form, &slots.w);
    if (status == WCL_OK)
        status = wcl__bias_slot(emit, wcl__input(emit->node, WCL__DENSE_C), &outputs, 1, &slots.bias);
    if (status == WCL_OK)
        status = wcl__dense_call(&call, WCL__CONFIG(wcl__dense_params, &emit->way->config), &slice, &slots);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

wcl_status wcl__own_emit(const wcl__emit *emit)
{
    const wcl__dense dense = wcl__dense_of(emit->way);
    const int64_t step = WCL__CONFIG(wcl__dense_params, &emit->way->config)->slice;
    wcl_status status = WCL_OK;
    for (int64_t first = 0; first < dense.outputs && status == WCL_OK; first += step)
        status = own_slice(emit, &dense, first, WCL__MIN(step, dense.outputs - first));
    return status;
}

/* ---- several inputs on a GPU, as a convolution */

static wcl__conv as_conv(const wcl__op_node *node, const wcl__dense *dense)
{
    return (wcl__conv){.n = 1,
                       .c = dense->inputs,
                       .h = 1,
                       .w = dense->m,
                       .k = dense->outputs,
                       .oh = 1,
                       .ow = dense->m,
                       .kh = 1,
                       .kw = 1,
                       .stride_h = 1,
                       .stride_w = 1,
                       .dilation_h = 1,
                       .dilation_w = 1,
                       .groups = 1,
                       .act = node->epilogue.act};
}

static const char *configure_tiled(const wcl__op_node *node, const wcl__target *target,
                                   const wcl__dense *dense, wcl__conv_tiled_params *p)
{
    const wcl__conv conv = as_conv(node, dense);
    if (!target->profile->simt)
        return "only on GPUs";
    if (dense->inputs % 4 != 0 || dense->outputs % 4 != 0)
        return "it reads and writes 4 numbers at a time";
    if (!wcl__conv_tiled_reaches(&conv))
        return "its tensors are too large for offsets of 31 bits";
    wcl__conv_tiled_defaults(target->profile, &conv, dense->half, p);
    wcl__target_given(target, node, &wcl__conv_tiled_table, p);
    wcl__conv_tiled_split(target->profile, &conv, p);
    if ((uint64_t)wcl__conv_tiled_sizes_of(p, &conv).weight_bytes > target->profile->max_alloc)
        return "its weights are larger than a buffer";
    return wcl__conv_tiled_table.fits(target->profile, (const int *)p);
}

const char *wcl__gemm_tiled_configure(const wcl__op_node *node, const wcl__target *target,
                                      const wcl__offer *offer, void *params)
{
    wcl__dense dense;
    const char *reason = read_layer(node, offer, false, &dense);
    return reason ? reason : configure_tiled(node, target, &dense, params);
}

static wcl__conv_tiled_sizes tiled_sizes(const wcl__way *way, const wcl__dense *dense)
{
    const wcl__conv conv = as_conv(way->node, dense);
    return wcl__conv_tiled_sizes_of(WCL__CONFIG(wcl__conv_tiled_params, &way->config), &conv);
}

void wcl__gemm_tiled_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost)
{
    const wcl__dense dense = wcl__dense_of(way);
    const wcl__conv_tiled_sizes s = tiled_sizes(way, &dense);
    cost->flops = 2.0 * (double)s.pixels * (double)s.c_padded * (double)s.k_padded;
    cost->launches = 1 + (s.part_bytes > 0);
    cost->bytes = (double)s.weight_bytes + 2.0 * (double)s.part_bytes +
                  sizeof(float) * (double)dense.m * (double)(dense.inputs + dense.outputs);
    cost->efficiency = wcl__conv_tiled_efficiency(&s, profile);
}

size_t wcl__gemm_tiled_memory(const wcl__way *way)
{
    const wcl__dense dense = wcl__dense_of(way);
    return (size_t)tiled_sizes(way, &dense).part_bytes;
}

/* [M][count], four of a row side by side. */
static wcl__view as_pixels(const wcl__dense *dense, int64_t count)
{
    return (wcl__view){
        .plane = 4, .pixel = (cl_int)count, .n = 1, .c = (cl_int)count, .h = 1, .w = (cl_int)dense->m};
}

wcl_status wcl__gemm_tiled_emit(const wcl__emit *emit)
{
    const wcl__dense dense = wcl__dense_of(emit->way);
    const wcl__conv conv = as_conv(emit->node, &dense);
    const wcl__conv_tiled_params *params = WCL__CONFIG(wcl__conv_tiled_params, &emit->way->config);
    const wcl__dense_form form = {0, dense.outputs, false, wcl__tiled_width(&params->tiled),
                                  params->tiled.ks};
    const wcl__output_slice outputs = {0, dense.outputs, dense.beta};
    wcl__conv_slots slots = {.x = {emit->in[WCL__DENSE_A], as_pixels(&dense, dense.inputs)},
                             .y = {emit->out[0], as_pixels(&dense, dense.outputs)}};
    wcl_status status = wcl__dense_weights(emit, &dense, &form, &slots.weights);
    if (status == WCL_OK)
        status = wcl__bias_slot(emit, wcl__input(emit->node, WCL__DENSE_C), &outputs, 4, &slots.bias);
    return status == WCL_OK ? wcl__conv_tiled_steps(emit, params, &conv, &slots) : status;
}

/* ---- few inputs on a GPU: a work-group for some outputs */

static void configure_group(const wcl__op_node *node, const wcl__target *target, const wcl__dense *dense,
                            wcl__dense_group_params *p)
{
    const wcl__dense_slice slice = slice_of(node, dense, 0, dense->outputs);
    wcl__dense_group_defaults(target->profile, &slice, dense->half, p);
    p->slice = wcl__dense_slice_of(target->profile, dense, wcl__dense_group_word(dense->half));
}

const char *wcl__gemv_group_configure(const wcl__op_node *node, const wcl__target *target,
                                      const wcl__offer *offer, void *params)
{
    wcl__dense dense;
    const char *reason = read_layer(node, offer, true, &dense);
    if (!reason && !target->profile->simt)
        reason = "only on GPUs";
    if (!reason)
        configure_group(node, target, &dense, params);
    return reason;
}

/* The weights of more than a few inputs are better shared in local memory. */
const char *wcl__gemm_group_configure(const wcl__op_node *node, const wcl__target *target,
                                      const wcl__offer *offer, void *params)
{
    enum { FEW = 4 };
    wcl__dense dense;
    wcl__conv_tiled_params tiled;
    const char *reason = read_layer(node, offer, false, &dense);
    if (!reason && !target->profile->simt)
        reason = "only on GPUs";
    if (!reason && dense.m > FEW && !configure_tiled(node, target, &dense, &tiled))
        reason = "more than 4 input vectors";
    if (!reason)
        configure_group(node, target, &dense, params);
    return reason;
}

/* The weights once for each group of inputs. */
void wcl__group_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost)
{
    const wcl__dense dense = wcl__dense_of(way);
    const wcl__dense_group_params *params = WCL__CONFIG(wcl__dense_group_params, &way->config);
    const double passes = (double)wcl__ceil_div(dense.m, params->batch), size = dense.half ? 2 : 4;
    (void)profile;
    wcl__dense_cost(&dense, true, cost);
    cost->bytes = passes * size * (double)dense.inputs * (double)dense.outputs +
                  sizeof(float) * (double)dense.m * (double)(dense.inputs + dense.outputs);
    cost->efficiency = 0.1; /* each item reads an input for `outputs` multiply-adds */
}

static wcl_status group_slice(const wcl__emit *emit, const wcl__dense *dense, int64_t first, int64_t count)
{
    const wcl__dense_slice slice = slice_of(emit->node, dense, first, count);
    const wcl__dense_form form = {.first = first, .count = count, .step = wcl__dense_group_word(dense->half)};
    const wcl__output_slice outputs = {first, count, dense->beta};
    wcl__dense_slots slots = {.x = emit->in[WCL__DENSE_A], .y = emit->out[0]};
    wcl__call call;
    wcl_status status = wcl__dense_weights(emit, dense, &form, &slots.w);
    if (status == WCL_OK)
        status = wcl__bias_slot(emit, wcl__input(emit->node, WCL__DENSE_C), &outputs, 1, &slots.bias);
    if (status == WCL_OK)
        status = wcl__dense_group_call(&call, WCL__CONFIG(wcl__dense_group_params, &emit->way->config),
                                       &slice, &slots);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

wcl_status wcl__group_emit(const wcl__emit *emit)
{
    const wcl__dense dense = wcl__dense_of(emit->way);
    const int64_t step = WCL__CONFIG(wcl__dense_group_params, &emit->way->config)->slice;
    wcl_status status = WCL_OK;
    for (int64_t first = 0; first < dense.outputs && status == WCL_OK; first += step)
        status = group_slice(emit, &dense, first, WCL__MIN(step, dense.outputs - first));
    return status;
}
