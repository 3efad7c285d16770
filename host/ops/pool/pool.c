/* MaxPool, AveragePool and the global pools. */
#include "kernels/pool/pool.h"
#include "kernels/pool/pool_group.h"
#include "ops/channels.h"
#include "ops/registry.h"
#include "ops/window.h"
#include "base/error.h"

/* Checks the input, and sets the sizes of desc.pool that come from it. */
static wcl_status read_input(wcl__op_node *node, bool average)
{
    const wcl__value *x = node->inputs[0];
    int64_t nchw[4];
    wcl_status status = wcl__need_float(x, node->op->name);
    if (status)
        return status;
    if (x->shape.rank == 5)
        return wcl__fail(WCL_UNSUPPORTED, "3-D pooling");
    if (x->shape.rank != 3 && x->shape.rank != 4)
        return wcl__fail(WCL_BAD_SHAPE, "input has %d dimensions, %s needs 3 or 4", x->shape.rank,
                         node->op->name);
    wcl__shape_nchw(&x->shape, nchw);
    node->desc.pool = (wcl__pool){.n = nchw[0], .c = nchw[1], .h = nchw[2], .w = nchw[3], .average = average};
    return WCL_OK;
}

static void set_window(wcl__pool *pool, const wcl__window *window)
{
    pool->kh = window->kernel[0];
    pool->kw = window->kernel[1];
    pool->stride_h = window->stride[0];
    pool->stride_w = window->stride[1];
    pool->dilation_h = window->dilation[0];
    pool->dilation_w = window->dilation[1];
    pool->pad_top = window->before[0];
    pool->pad_left = window->before[1];
    pool->pad_bottom = window->after[0];
    pool->pad_right = window->after[1];
    pool->oh = window->out[0];
    pool->ow = window->out[1];
}

/* A window that can lie in the padding alone has no value. */
static wcl_status check_padding(const wcl__window *window)
{
    for (int d = 0; d < 2; d++) {
        const int64_t span = (window->kernel[d] - 1) * window->dilation[d] + 1;
        if (window->before[d] >= span || window->after[d] >= span)
            return wcl__fail(WCL_BAD_SHAPE,
                             "padding %lld and %lld of a window of %lld: must be smaller than the window",
                             (long long)window->before[d], (long long)window->after[d], (long long)span);
    }
    return WCL_OK;
}

static wcl_status infer_window(wcl__op_node *node, bool average)
{
    const wcl__value *x = node->inputs[0];
    wcl__shape shape;
    wcl__window window;
    size_t count = 0;
    wcl_status status = read_input(node, average);
    if (status)
        return status;
    const size_t rank = (size_t)x->shape.rank - 2;
    const int64_t *kernel = wcl__attr_ints(node, "kernel_shape", &count);
    if (count != rank)
        return wcl__fail(WCL_BAD_MODEL, "kernel_shape has %zu values, the input's shape %s needs %zu", count,
                         wcl__shape_print(&x->shape).text, rank);
    status = wcl__window_read(node, (int)rank, &x->shape.dims[2], kernel,
                              wcl__attr_int(node, "ceil_mode", 0) != 0, &window);
    if (!status)
        status = check_padding(&window);
    if (status)
        return status;
    set_window(&node->desc.pool, &window);
    node->desc.pool.count_include_pad = average && wcl__attr_int(node, "count_include_pad", 0) != 0;
    shape = x->shape;
    for (size_t i = 0; i < rank; i++)
        shape.dims[2 + i] = window.out[2 - rank + i];
    wcl__output_set(node, 0, WCL_FLOAT32, &shape);
    return WCL_OK;
}

static wcl_status check_max(const wcl__op_node *node)
{
    if (node->output_count > 1 && node->outputs[1])
        return wcl__fail(WCL_UNSUPPORTED, "MaxPool with Indices");
    if (wcl__attr_int(node, "storage_order", 0) != 0)
        return wcl__fail(WCL_UNSUPPORTED, "MaxPool with storage_order 1");
    return WCL_OK;
}

static wcl_status infer_max(wcl__op_node *node)
{
    const wcl_status status = check_max(node);
    return status == WCL_OK ? infer_window(node, false) : status;
}

/* 2x2 windows side by side, without padding, a last odd row or column left out. */
static bool is_epilogue_pool(const wcl__op_node *node)
{
    const wcl__pool *pool = &node->desc.pool;
    return node->outputs[0]->shape.rank == 4 && pool->kh == 2 && pool->kw == 2 && pool->stride_h == 2 &&
           pool->stride_w == 2 && pool->dilation_h == 1 && pool->dilation_w == 1 && pool->pad_top == 0 &&
           pool->pad_left == 0 && pool->oh == pool->h / 2 && pool->ow == pool->w / 2;
}

/* With dilation, all cells of a window that begins in the padding can lie outside. */
static bool has_cells(const wcl__op_node *node)
{
    const wcl__pool *pool = &node->desc.pool;
    return (pool->pad_top == 0 || pool->dilation_h <= pool->h) &&
           (pool->pad_left == 0 || pool->dilation_w <= pool->w);
}

static wcl_status infer_average(wcl__op_node *node)
{
    return infer_window(node, true);
}

static wcl_status infer_global(wcl__op_node *node, bool average)
{
    wcl_status status = read_input(node, average);
    if (status)
        return status;
    wcl__pool *pool = &node->desc.pool;
    wcl__shape shape = node->inputs[0]->shape;
    set_window(pool, &(wcl__window){
                         .kernel = {pool->h, pool->w}, .stride = {1, 1}, .dilation = {1, 1}, .out = {1, 1}});
    for (int i = 2; i < shape.rank; i++)
        shape.dims[i] = 1;
    wcl__output_set(node, 0, WCL_FLOAT32, &shape);
    return WCL_OK;
}

static wcl_status infer_global_max(wcl__op_node *node)
{
    return infer_global(node, false);
}

static wcl_status infer_global_average(wcl__op_node *node)
{
    return infer_global(node, true);
}

static wcl_status find_operands(const wcl__emit *emit, wcl__operand *x, wcl__operand *y)
{
    const wcl__op_node *node = emit->node;
    *x = (wcl__operand){.slot = emit->in[0]};
    *y = (wcl__operand){.slot = emit->out[0]};
    const wcl_status status = wcl__emit_view(emit, x->slot, &node->inputs[0]->shape, &x->view);
    return status ? status : wcl__emit_view(emit, y->slot, &node->outputs[0]->shape, &y->view);
}

static const char *configure_window(const wcl__op_node *node, const wcl__target *target,
                                    const wcl__offer *offer, void *params)
{
    wcl__pool_params *p = params;
    (void)node;
    (void)target;
    p->cb = wcl__block_out(offer);
    return NULL;
}

static wcl_status emit_window(const wcl__emit *emit)
{
    const wcl__pool_params *params = WCL__CONFIG(wcl__pool_params, &emit->way->config);
    wcl__operand x, y;
    wcl__call call;
    wcl_status status = find_operands(emit, &x, &y);
    if (!status)
        status = wcl__pool_call(&call, params, &emit->node->desc.pool, &x, &y);
    return status ? status : wcl__emit_call(emit, &call);
}

static const char *configure_global(const wcl__op_node *node, const wcl__target *target,
                                    const wcl__offer *offer, void *params)
{
    const wcl__pool *pool = &node->desc.pool;
    wcl__pool_params *p = params;
    (void)target;
    p->cb = wcl__block_out(offer);
    p->group = wcl__rows_group(wcl__ceil_div(pool->c, p->cb) * pool->n);
    return NULL;
}

static wcl_status emit_global(const wcl__emit *emit)
{
    const wcl__pool_params *params = WCL__CONFIG(wcl__pool_params, &emit->way->config);
    wcl__operand x, y;
    wcl__call call;
    wcl_status status = find_operands(emit, &x, &y);
    if (!status)
        status = wcl__pool_global_call(&call, params, &emit->node->desc.pool, &x, &y);
    return status ? status : wcl__emit_call(emit, &call);
}

static const char *configure_group(const wcl__op_node *node, const wcl__target *target,
                                   const wcl__offer *offer, void *params)
{
    const wcl__pool *pool = &node->desc.pool;
    if (pool->h * pool->w < 32)
        return "a plane has less than 32 pixels";
    wcl__pool_group_defaults(target->profile, pool, wcl__block_out(offer), params);
    return NULL;
}

static wcl_status emit_group(const wcl__emit *emit)
{
    const wcl__pool_group_params *params = WCL__CONFIG(wcl__pool_group_params, &emit->way->config);
    wcl__operand x, y;
    wcl__call call;
    wcl_status status = find_operands(emit, &x, &y);
    if (!status)
        status = wcl__pool_group_call(&call, params, &emit->node->desc.pool, &x, &y);
    return status ? status : wcl__emit_call(emit, &call);
}

#define VARIANT(label, table, form, error)                                                        \
    {                                                                                             \
        .name = label, .family = &wcl__##table##_table, .bound = error, .offers = wcl__any_block, \
        .configure = configure_##form, .emit = emit_##form                                        \
    }
static const wcl__variant max_variants[] = {VARIANT("direct", pool, window, WCL__EXACT)};
static const wcl__variant average_variants[] = {VARIANT("direct", pool, window, WCL__SUM)};
/* Bytes set their cost, the same for both: the first is taken where it runs. */
static const wcl__variant global_max_variants[] = {VARIANT("group", pool_group, group, WCL__EXACT),
                                                   VARIANT("direct", pool_global, global, WCL__EXACT)};
static const wcl__variant global_average_variants[] = {VARIANT("group", pool_group, group, WCL__SUM),
                                                       VARIANT("direct", pool_global, global, WCL__SUM)};

const wcl__op wcl__op_max_pool = {
    .name = "MaxPool",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 2,
    .attributes = "auto_pad ceil_mode dilations kernel_shape pads storage_order strides",
    .check = check_max,
    .infer = infer_max,
    .is_epilogue_pool = is_epilogue_pool,
    .takes_largest = has_cells,
    .variants = max_variants,
    .variant_count = WCL__COUNT(max_variants),
};

const wcl__op wcl__op_average_pool = {
    .name = "AveragePool",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .attributes = "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides",
    .infer = infer_average,
    .variants = average_variants,
    .variant_count = WCL__COUNT(average_variants),
};

const wcl__op wcl__op_global_max_pool = {
    .name = "GlobalMaxPool",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .attributes = "",
    .infer = infer_global_max,
    .takes_largest = has_cells,
    .variants = global_max_variants,
    .variant_count = WCL__COUNT(global_max_variants),
};

const wcl__op wcl__op_global_average_pool = {
    .name = "GlobalAveragePool",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .attributes = "",
    .infer = infer_global_average,
    .variants = global_average_variants,
    .variant_count = WCL__COUNT(global_average_variants),
};
