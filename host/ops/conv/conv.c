/* Conv: direct for any window, as a matrix product for one group, Winograd for 3x3 with stride and
 * dilation 1. */
#include "ops/conv/conv.h"

#include <math.h>
#include <string.h>

#include "kernels/conv/conv_gemm.h"
#include "kernels/conv/winograd.h"
#include "kernels/pool/pool.h"
#include "ops/registry.h"
#include "ops/window.h"
#include "base/error.h"

/* ---- shape */

static wcl_status check_operands(const wcl__op_node *node)
{
    static const char *const names[] = {"input", "weight", "bias"};
    for (size_t i = WCL__CONV_X; i <= WCL__CONV_B; i++) {
        const wcl__value *value = wcl__input(node, i);
        if (!value)
            continue;
        const wcl_status status = wcl__need_float(value, names[i]);
        if (status != WCL_OK)
            return status;
        if (i != WCL__CONV_X && !value->source)
            return wcl__fail(WCL_UNSUPPORTED, "a %s that is not known before the network runs", names[i]);
    }
    return WCL_OK;
}

/* The weights alone tell how many dimensions there are. */
static wcl_status check_rank(const wcl__op_node *node)
{
    const wcl__value *w = wcl__input(node, WCL__CONV_W);
    if (w && w->source && w->shape.rank > 4)
        return wcl__fail(WCL_UNSUPPORTED, "%d-D convolution", w->shape.rank - 2);
    return WCL_OK;
}

static wcl_status check_shapes(const wcl__op_node *node, int64_t groups)
{
    const wcl__shape *x = &node->inputs[WCL__CONV_X]->shape, *w = &node->inputs[WCL__CONV_W]->shape;
    const wcl__value *bias = wcl__input(node, WCL__CONV_B);
    size_t count;
    if (x->rank < 3)
        return wcl__fail(WCL_BAD_SHAPE, "input has %d dimensions, Conv needs 3 or more", x->rank);
    if (x->rank > 4)
        return wcl__fail(WCL_UNSUPPORTED, "%d-D convolution", x->rank - 2);
    if (w->rank != x->rank)
        return wcl__fail(WCL_BAD_SHAPE, "weight has %d dimensions, Conv needs %d", w->rank, x->rank);
    if (groups < 1 || wcl__shape_count(w) <= 0)
        return wcl__fail(WCL_BAD_MODEL, "group is %lld, weight %s", (long long)groups,
                         wcl__shape_print(w).text);
    if (x->dims[1] != w->dims[1] * groups || w->dims[0] % groups != 0)
        return wcl__fail(WCL_BAD_SHAPE, "input %s and weight %s in %lld groups do not fit",
                         wcl__shape_print(x).text, wcl__shape_print(w).text, (long long)groups);
    if (bias && (bias->shape.rank != 1 || bias->shape.dims[0] != w->dims[0]))
        return wcl__fail(WCL_BAD_SHAPE, "bias is %s, there are %lld filters",
                         wcl__shape_print(&bias->shape).text, (long long)w->dims[0]);
    const int64_t *kernel = wcl__attr_ints(node, "kernel_shape", &count);
    if (kernel && (count != (size_t)x->rank - 2 || memcmp(kernel, w->dims + 2, count * sizeof *kernel) != 0))
        return wcl__fail(WCL_BAD_SHAPE, "kernel_shape does not fit weight %s", wcl__shape_print(w).text);
    return WCL_OK;
}

static wcl_status infer(wcl__op_node *node)
{
    const wcl__shape *x = &node->inputs[WCL__CONV_X]->shape, *w = &node->inputs[WCL__CONV_W]->shape;
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

wcl__conv wcl__conv_of(const wcl__op_node *node)
{
    wcl__conv conv = node->desc.conv;
    conv.act = node->epilogue.act;
    return conv;
}

double wcl__conv_macs(const wcl__conv *conv)
{
    return (double)conv->n * (double)conv->k * (double)conv->oh * (double)conv->ow *
           (double)(conv->c / conv->groups) * (double)(conv->kh * conv->kw);
}

const char *wcl__conv_many_pixels(const wcl__conv *conv)
{
    enum { BLOCK = 256 }; /* the last block of pixels goes beyond them by less */
    int64_t pixels;
    return wcl__mul_overflow(conv->n, conv->oh * conv->ow, &pixels) || pixels > INT32_MAX - BLOCK
               ? "more than 2147483391 output pixels in the batch"
               : NULL;
}

/* The products of F(4x4, 3x3), 36 for a tile of 16 outputs, or those of the definition where they
 * are fewer. */
static double work(const wcl__op_node *node)
{
    const wcl__conv *conv = &node->desc.conv;
    const double direct = 2 * wcl__conv_macs(conv);
    const double tiles = (double)(conv->n * wcl__ceil_div(conv->oh, 4) * wcl__ceil_div(conv->ow, 4));
    return wcl__conv_winograd_refuses(node) ? direct
                                            : fmin(direct, 2 * 36 * tiles * (double)(conv->c * conv->k));
}

double wcl__conv_io_bytes(const wcl__op_node *node)
{
    const wcl__conv *conv = &node->desc.conv;
    const double outputs = (double)(conv->k * conv->oh * conv->ow) / (node->epilogue.pool ? 4 : 1);
    return sizeof(float) * (double)conv->n * ((double)(conv->c * conv->h * conv->w) + outputs);
}

wcl_status wcl__conv_operands(const wcl__emit *emit, wcl__operand *x, wcl__operand *y)
{
    x->slot = emit->in[WCL__CONV_X];
    y->slot = emit->out[0];
    const wcl_status status =
        wcl__emit_view(emit, x->slot, &emit->node->inputs[WCL__CONV_X]->shape, &x->view);
    return status == WCL_OK ? wcl__emit_view(emit, y->slot, &emit->node->outputs[0]->shape, &y->view)
                            : status;
}

size_t wcl__conv_unpooled_bytes(const wcl__way *way)
{
    const wcl__op_node *node = way->node;
    const wcl__conv *conv = &node->desc.conv;
    const int block = wcl__block_out(&way->offer);
    return node->epilogue.pool
               ? sizeof(float) * (size_t)(conv->n * wcl__round_up(conv->k, block) * conv->oh * conv->ow)
               : 0;
}

wcl_status wcl__conv_unpooled(const wcl__emit *emit, const wcl__operand *y, wcl__operand *out)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    const wcl__format format = wcl__format_of(wcl__offer_out(&emit->way->offer, 0));
    const wcl__shape shape = wcl__shape_of(4, (int64_t[]){conv->n, conv->k, conv->oh, conv->ow});
    *out = *y;
    if (!emit->node->epilogue.pool)
        return WCL_OK;
    const wcl_status status =
        wcl__steps_tensor(emit->steps, WCL__TENSOR_WORKSPACE, "before its pool", &shape, &format, &out->slot);
    return status == WCL_OK ? wcl__emit_view(emit, out->slot, &shape, &out->view) : status;
}

wcl_status wcl__conv_pool(const wcl__emit *emit, const wcl__operand *from, const wcl__operand *y)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    wcl__pool_params params;
    const wcl__pool pool = {.n = conv->n,
                            .c = conv->k,
                            .h = conv->oh,
                            .w = conv->ow,
                            .oh = conv->oh / 2,
                            .ow = conv->ow / 2,
                            .kh = 2,
                            .kw = 2,
                            .stride_h = 2,
                            .stride_w = 2,
                            .dilation_h = 1,
                            .dilation_w = 1};
    wcl__call call;
    if (!emit->node->epilogue.pool)
        return WCL_OK;
    wcl__params_standard(&wcl__pool_table, &params);
    params.cb = wcl__block_out(&emit->way->offer);
    const wcl_status status = wcl__pool_call(&call, &params, &pool, from, y);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

wcl_status wcl__conv_weights(const wcl__emit *emit, wcl__packing *packing, int *slot)
{
    const wcl__output_slice all = {0, emit->node->desc.conv.k, 1.0f};
    return wcl__weight_slot(emit, emit->node->inputs[WCL__CONV_W], &all, packing, slot);
}

wcl_status wcl__conv_bias(const wcl__emit *emit, int cb, int *slot)
{
    const wcl__output_slice all = {0, emit->node->desc.conv.k, 1.0f};
    return wcl__bias_slot(emit, wcl__input(emit->node, WCL__CONV_B), &all, cb, slot);
}

/* form: whose configure; made: whose offers; way: whose cost, memory and emit. */
#define ROW(label, form, made, way, table, error)                                                        \
    .name = label, .family = &wcl__##table##_table, .bound = error, .offers = wcl__conv_##made##_offers, \
    .configure = wcl__conv_##form##_configure, .cost = wcl__conv_##way##_cost,                           \
    .memory = wcl__conv_##way##_memory, .emit = wcl__conv_##way##_emit

/* Of those with one algorithm, the first that can run is taken. */
static const wcl__variant variants[] = {
    {ROW("depthwise", depthwise, depthwise, direct, conv_depthwise, WCL__SUM), .algorithm = "direct"},
    {ROW("direct", direct, direct, direct, conv_direct, WCL__SUM)},
    {ROW("gemm-tiled", tiled, tiled, tiled, conv_tiled, WCL__SUM), .algorithm = "gemm"},
    {ROW("gemm", gemm, gemm, gemm, conv_gemm, WCL__SUM)},
    {ROW("f2-tiled", f2_tiled, f2, winograd, winograd_tiled, WCL__F2), .algorithm = "f2"},
    {ROW("f2", f2, f2, winograd, winograd, WCL__F2)},
    {ROW("f4-tiled", f4_tiled, f4, winograd, winograd_tiled, WCL__F4), .algorithm = "f4"},
    {ROW("f4", f4, f4, winograd, winograd, WCL__F4)},
    {ROW("f6-tiled", f6_tiled, f6, winograd, winograd_tiled, WCL__F6), .algorithm = "f6"},
    {ROW("f6", f6, f6, winograd, winograd, WCL__F6)},
    {ROW("fused-f4", fused_f4, f4, winograd, winograd_fused, WCL__F4)},
    {ROW("fused-f6", fused_f6, f6, winograd, winograd_fused, WCL__F6)},
};

const wcl__op wcl__op_conv = {
    .name = "Conv",
    .since = 1,
    .min_inputs = 2,
    .max_inputs = 3,
    .max_outputs = 1,
    .flags = WCL__ABSORBS_ACT | WCL__ABSORBS_AFFINE | WCL__ABSORBS_POOL | WCL__PACKS_HALF,
    .known = 1u << WCL__CONV_W | 1u << WCL__CONV_B,
    .packs = 1u << WCL__CONV_W | 1u << WCL__CONV_B,
    .forced_by = WCL__FORCED_BY_CONV,
    .attributes = "auto_pad dilations group kernel_shape pads strides",
    .check = check_rank,
    .infer = infer,
    .work = work,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};
