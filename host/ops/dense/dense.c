/* Gemm and MatMul with known weights: our own kernels, or CLBlast. */
#include "ops/dense/dense.h"

#include <string.h>

#include "kernels/pointwise/affine.h"
#include "kernels/dense/dense_group.h"
#include "kernels/pack/pack.h"
#include "ops/channels.h"
#include "ops/conv/conv.h"
#include "ops/weights.h"
#include "base/error.h"
#include "base/memory.h"

/* ---- what is a dense layer */

static bool bias_fits(const wcl__value *bias, int64_t outputs)
{
    if (!bias)
        return true;
    const int rank = bias->shape.rank;
    const int64_t count = wcl__shape_count(&bias->shape);
    return bias->source && (count == 1 || (count == outputs && bias->shape.dims[rank - 1] == outputs));
}

const char *wcl__dense_read(const wcl__op_node *node, wcl__dense *dense)
{
    const wcl__gemm *gemm = &node->desc.gemm;
    const wcl__value *b = wcl__input(node, WCL__DENSE_B);
    *dense = (wcl__dense){gemm->batch * gemm->m, gemm->k,   gemm->n, !gemm->trans_b, node->half,
                          gemm->alpha,           gemm->beta};
    if (!b->source || b->shape.rank != 2)
        return "the weights are not a known matrix";
    if (gemm->trans_a && gemm->m != 1)
        return "the input is transposed";
    if (!bias_fits(wcl__input(node, WCL__DENSE_C), dense->outputs))
        return "the bias is not a known row";
    return NULL;
}

static const char *any_dense(const wcl__op_node *node, const wcl__facts *facts)
{
    wcl__dense dense;
    (void)facts;
    return wcl__dense_read(node, &dense);
}

static const char *gemv_supports(const wcl__op_node *node, const wcl__facts *facts)
{
    wcl__dense dense;
    const char *reason = wcl__dense_read(node, &dense);
    (void)facts;
    return reason ? reason : dense.m == 1 ? NULL : "more than one input vector";
}

static const char *gemm_supports(const wcl__op_node *node, const wcl__facts *facts)
{
    wcl__dense dense;
    const char *reason = wcl__dense_read(node, &dense);
    (void)facts;
    return reason ? reason : dense.m > 1 ? NULL : "one input vector: gemv";
}

static const char *clblast_supports(const wcl__op_node *node, const wcl__facts *facts)
{
    const char *reason = wcl__blas_supports(facts);
    if (!reason && node->half)
        reason = "it reads fp32 weights only";
    return reason ? reason : any_dense(node, facts);
}

static size_t weight_size(const wcl__dense *dense)
{
    return dense->half ? sizeof(cl_half) : sizeof(float);
}

/* ---- costs: by the bytes of the weights, which at batch 1 are all that counts */

/* How much slower than its bytes each path is where it is not at home: CLBlast, as it is shipped, reads
 * weights at 2 to 4 GB/s through PoCL, our kernel at 30 and more; on a GPU a work-item a row reads without
 * coalescing (docs/winograd.md; not so dense_group.cl). */
enum { AWAY_FROM_HOME = 8 };

static void dense_cost(const wcl__op_node *node, const wcl__facts *facts, bool blas, wcl__cost *cost)
{
    wcl__dense dense;
    wcl__dense_read(node, &dense);
    const double weights = (double)dense.inputs * (double)dense.outputs;
    const bool cpu = facts->type & CL_DEVICE_TYPE_CPU;
    const double penalty = blas == cpu ? AWAY_FROM_HOME : 1;
    cost->flops = 2 * weights * (double)dense.m;
    cost->bytes = penalty * ((double)weight_size(&dense) * weights +
                             sizeof(float) * (double)dense.m * (double)(dense.inputs + dense.outputs));
    cost->efficiency = 0.4 / penalty;
    cost->launches = blas ? 3 : 1;
}

static void blas_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, wcl__cost *cost)
{
    (void)blocks;
    dense_cost(node, facts, true, cost);
}

/* ---- weights */

/* Outputs whose weights fit into one buffer; `step`: inputs are rounded up to it. */
static int64_t slice_outputs(const wcl__facts *facts, const wcl__dense *dense, int64_t step)
{
    const int64_t inputs = wcl__round_up(dense->inputs, step);
    const int64_t most =
        (int64_t)(WCL__MIN(facts->max_alloc, (uint64_t)INT64_MAX) / weight_size(dense)) / inputs;
    return WCL__MIN(dense->outputs, WCL__MAX(most, 1));
}

/* How the weights of some outputs lie: [O][I], I rounded up to a step; for CLBlast's product [I][O]; for the
 * tiled one in blocks of wcl__dense_packing. */
typedef struct weights_form {
    int64_t first, count;
    bool to_input;
    int64_t block, step;
} weights_form;

/* As the file has them where that serves. */
static wcl_status weights_slot(const wcl__emit *emit, const wcl__dense *dense, const weights_form *form,
                               int *slot)
{
    const int64_t first = form->first, count = form->count;
    const bool to_input = form->to_input;
    const int64_t padded_inputs = form->step ? wcl__round_up(dense->inputs, form->step) : dense->inputs;
    const int64_t padded_count = form->block ? wcl__round_up(count, form->block) : count;
    const wcl__op_node *node = emit->node;
    const wcl__value *weight = node->inputs[WCL__DENSE_B];
    const bool whole = count == dense->outputs;
    const bool as_it_is = !dense->half && !node->epilogue.scale && dense->alpha == 1.0f &&
                          node->flatten[0] == 0 && dense->by_input == to_input && (whole || !to_input) &&
                          form->block == 0 && padded_inputs == dense->inputs;
    wcl__packing packing = {.bytes = weight_size(dense) * (size_t)(padded_inputs * padded_count)};
    if (as_it_is) {
        packing.source_first = first * dense->inputs;
        return wcl__weight_slot(emit, weight, &(wcl__output_slice){first, count, 1.0f}, &packing, slot);
    }
    const wcl__dense_packing how = {.inputs = dense->inputs,
                                    .outputs = count,
                                    .first_output = dense->by_input ? first : 0,
                                    .source_outputs = dense->outputs,
                                    .by_input = dense->by_input,
                                    .to_input = to_input,
                                    .block = form->block,
                                    .step = form->step,
                                    .hw = node->flatten[0] * node->flatten[1],
                                    .c = node->flatten[2]};
    packing.recipe = (wcl__pack_recipe){
        .kind = WCL__PACK_DENSE, .rows = dense->by_input ? dense->inputs : count, .dense = how};
    wcl__params_standard(&wcl__pack_table, &packing.recipe.params);
    packing.recipe.params.half = dense->half;
    packing.source_first = dense->by_input ? 0 : first * dense->inputs;
    packing.zero_first = padded_inputs != dense->inputs || padded_count != count;
    return wcl__weight_slot(emit, weight, &(wcl__output_slice){first, count, dense->alpha}, &packing, slot);
}

/* ---- several inputs on a GPU: a convolution of one cell, whose pixels are the inputs */

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

/* True: the tiled kernel with these parameters. It reads and writes 4 numbers at a time, and its weights are
 * one buffer. */
static bool is_tiled(const wcl__op_node *node, const wcl__facts *facts, const wcl__dense *dense,
                     wcl__conv_tiled_params *params)
{
    const wcl__conv conv = as_conv(node, dense);
    if (dense->m == 1 || dense->inputs % 4 != 0 || dense->outputs % 4 != 0 || !wcl__conv_tiled_reaches(&conv))
        return false; /* before the defaults, which count bytes */
    wcl__conv_tiled_defaults(facts, &conv, dense->half, params);
    if (wcl__conv_tiled_refuses(facts, params))
        return false;
    return (uint64_t)wcl__conv_tiled_sizes_of(facts, params, &conv).weight_bytes <= facts->max_alloc;
}

/* [M][count], four of a row side by side. */
static wcl__view as_pixels(const wcl__dense *dense, int64_t count)
{
    return (wcl__view){
        .plane = 4, .pixel = (cl_int)count, .n = 1, .c = (cl_int)count, .h = 1, .w = (cl_int)dense->m};
}

static wcl_status emit_tiled(const wcl__emit *emit, const wcl__dense *dense,
                             const wcl__conv_tiled_params *params)
{
    const wcl__conv conv = as_conv(emit->node, dense);
    const weights_form form = {0, dense->outputs, false, wcl__tiled_width(&params->tiled), params->tiled.ks};
    wcl__conv_slots slots = {.x = {emit->in[WCL__DENSE_A], as_pixels(dense, dense->inputs)},
                             .y = {emit->out[0], as_pixels(dense, dense->outputs)}};
    wcl_status status = weights_slot(emit, dense, &form, &slots.weights);
    if (status == WCL_OK)
        status = wcl__bias_slot(emit, wcl__input(emit->node, WCL__DENSE_C),
                                &(wcl__output_slice){0, dense->outputs, dense->beta}, 4, &slots.bias);
    return status == WCL_OK ? wcl__conv_tiled_steps(emit, params, &conv, &slots) : status;
}

/* ---- our kernels: which one, and with which parameters */

typedef enum own_kind {
    OWN_ROWS,
    OWN_GROUP,
    OWN_TILED
} own_kind; /* dense.cl, dense_group.cl, conv_gemm_tiled.cl */

typedef struct own_kernel {
    own_kind kind;
    wcl__dense_params rows;
    wcl__dense_group_params group;
    wcl__conv_tiled_params tiled;
} own_kernel;

static wcl__dense_slice slice_of(const wcl__op_node *node, const wcl__dense *dense, int64_t first,
                                 int64_t count)
{
    return (wcl__dense_slice){dense->m, dense->inputs, count, dense->outputs, first, node->epilogue.act};
}

static wcl__dense_params rows_params(const wcl__op_node *node, const wcl__facts *facts,
                                     const wcl__dense *dense)
{
    wcl__dense_params params;
    wcl__dense_defaults(facts, dense->m, (int)node->epilogue.act.kind, dense->half, &params);
    return params;
}

/* GPUs read the weights of few inputs by work-groups, and share those of more in local memory; what neither
 * can do is done anywhere. */
static own_kernel own_of(const wcl__op_node *node, const wcl__facts *facts, const wcl__dense *dense)
{
    enum { FEW = 4 };
    const wcl__dense_slice slice = slice_of(node, dense, 0, dense->outputs);
    own_kernel own = {.kind = OWN_ROWS};
    wcl__dense_group_defaults(facts, &slice, dense->half, &own.group);
    if (dense->m > FEW && is_tiled(node, facts, dense, &own.tiled))
        own.kind = OWN_TILED;
    else if (!wcl__dense_group_refuses(facts, &own.group))
        own.kind = OWN_GROUP;
    else if (is_tiled(node, facts, dense, &own.tiled))
        own.kind = OWN_TILED;
    else
        own.rows = rows_params(node, facts, dense);
    return own;
}

/* The weights once for each group of inputs. */
static void group_cost(const wcl__dense *dense, const wcl__dense_group_params *params, wcl__cost *cost)
{
    const double passes = (double)wcl__ceil_div(dense->m, params->batch);
    cost->bytes = passes * (double)weight_size(dense) * (double)dense->inputs * (double)dense->outputs +
                  sizeof(float) * (double)dense->m * (double)(dense->inputs + dense->outputs);
    cost->efficiency = 0.1; /* each item reads an input for `outputs` multiply-adds */
}

static void own_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, wcl__cost *cost)
{
    wcl__dense dense;
    (void)blocks;
    wcl__dense_read(node, &dense);
    const own_kernel own = own_of(node, facts, &dense);
    dense_cost(node, facts, false, cost);
    if (own.kind == OWN_GROUP)
        group_cost(&dense, &own.group, cost);
    if (own.kind != OWN_TILED)
        return;
    const wcl__conv conv = as_conv(node, &dense);
    const wcl__conv_tiled_sizes s = wcl__conv_tiled_sizes_of(facts, &own.tiled, &conv);
    cost->flops = 2.0 * (double)s.pixels * (double)s.c_padded * (double)s.k_padded;
    cost->launches = 1 + own.tiled.split;
    cost->bytes = (double)s.weight_bytes + 2.0 * (double)s.part_bytes +
                  sizeof(float) * (double)dense.m * (double)(dense.inputs + dense.outputs);
    cost->efficiency = 0.6 * s.busy; /* as conv_gemm.c's */
}

static wcl_status emit_slice(const wcl__emit *emit, const own_kernel *own, const wcl__dense *dense,
                             int64_t first, int64_t count)
{
    const wcl__dense_slice slice = slice_of(emit->node, dense, first, count);
    const bool group = own->kind == OWN_GROUP;
    const weights_form form = {
        .first = first, .count = count, .step = group ? wcl__dense_group_word(dense->half) : 0};
    wcl__dense_slots slots = {.x = emit->in[WCL__DENSE_A], .y = emit->out[0]};
    wcl__call call;
    wcl_status status = weights_slot(emit, dense, &form, &slots.w);
    if (status == WCL_OK)
        status = wcl__bias_slot(emit, wcl__input(emit->node, WCL__DENSE_C),
                                &(wcl__output_slice){first, count, dense->beta}, 1, &slots.bias);
    if (status == WCL_OK)
        status = group ? wcl__dense_group_call(&call, &own->group, &slice, &slots)
                       : wcl__dense_call(&call, &own->rows, &slice, &slots);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

/* As many outputs at a time as the largest buffer has room for. */
static wcl_status emit_slices(const wcl__emit *emit, const own_kernel *own, const wcl__dense *dense)
{
    const int64_t step =
        slice_outputs(emit->facts, dense, own->kind == OWN_GROUP ? wcl__dense_group_word(dense->half) : 1);
    wcl_status status = WCL_OK;
    for (int64_t first = 0; first < dense->outputs && status == WCL_OK; first += step)
        status = emit_slice(emit, own, dense, first, WCL__MIN(step, dense->outputs - first));
    return status;
}

static wcl_status emit_own(const wcl__emit *emit)
{
    wcl__dense dense;
    wcl__dense_read(emit->node, &dense);
    const own_kernel own = own_of(emit->node, emit->facts, &dense);
    return own.kind == OWN_TILED ? emit_tiled(emit, &dense, &own.tiled) : emit_slices(emit, &own, &dense);
}

/* ---- without local memory: for GPUs that refuse the other kernels, whose work-groups are large, when they
 * are launched */

static const char *rows_supports(const wcl__op_node *node, const wcl__facts *facts)
{
    wcl__dense dense;
    const char *reason = wcl__dense_read(node, &dense);
    if (reason)
        return reason;
    return own_of(node, facts, &dense).kind == OWN_ROWS ? "gemv and gemm run without local memory, too"
                                                        : NULL;
}

static void rows_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, wcl__cost *cost)
{
    (void)blocks;
    dense_cost(node, facts, false, cost);
    /* a work-item reads its weights alone, without coalescing: far from what gemm's kernel reaches */
    cost->bytes *= AWAY_FROM_HOME;
    cost->efficiency /= AWAY_FROM_HOME;
}

static wcl_status emit_rows(const wcl__emit *emit)
{
    wcl__dense dense;
    own_kernel own = {.kind = OWN_ROWS};
    wcl__dense_read(emit->node, &dense);
    own.rows = rows_params(emit->node, emit->facts, &dense);
    return emit_slices(emit, &own, &dense);
}

static void rows_parameters(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, char *out,
                            size_t bytes)
{
    wcl__dense dense;
    (void)blocks;
    wcl__dense_read(node, &dense);
    const wcl__dense_params params = rows_params(node, facts, &dense);
    wcl__params_print(&wcl__dense_table, &params, out, bytes);
}

static void own_parameters(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, char *out,
                           size_t bytes)
{
    wcl__dense dense;
    (void)blocks;
    wcl__dense_read(node, &dense);
    const own_kernel own = own_of(node, facts, &dense);
    if (own.kind == OWN_TILED)
        wcl__params_print(&wcl__conv_tiled_table, &own.tiled, out, bytes);
    else if (own.kind == OWN_GROUP)
        wcl__params_print(&wcl__dense_group_table, &own.group, out, bytes);
    else
        wcl__params_print(&wcl__dense_table, &own.rows, out, bytes);
}

/* ---- CLBlast: the product into scratch, then bias and activation */

static wcl_status emit_product(const wcl__emit *emit, const wcl__dense *dense, int64_t first, int64_t count,
                               int product)
{
    const bool vector = dense->m == 1;
    int weights, scratch = -1;
    wcl__blas_call *call;
    wcl_status status = weights_slot(
        emit, dense, &(weights_form){.first = first, .count = count, .to_input = !vector}, &weights);
    if (status != WCL_OK)
        return status;
    const wcl__blas_call filled = {.a = emit->in[WCL__DENSE_A],
                                   .b = weights,
                                   .c = product,
                                   .workspace = -1,
                                   .m = (size_t)dense->m,
                                   .n = (size_t)count,
                                   .k = (size_t)dense->inputs,
                                   .c_offset = (size_t)first,
                                   .c_row = (size_t)dense->outputs,
                                   .trans_b = vector,
                                   .alpha = 1.0f};
    const size_t bytes = wcl__blas_workspace(&filled);
    if (bytes > 0)
        status = wcl__steps_workspace(emit->steps, "CLBlast's scratch", bytes, &scratch);
    if (status == WCL_OK)
        status = wcl__steps_blas(emit->steps, &call);
    if (status == WCL_OK) {
        *call = filled;
        call->workspace = scratch;
    }
    return status;
}

/* y = act(product + bias), [M][O] seen as M pictures of O channels. */
static wcl_status emit_epilogue(const wcl__emit *emit, const wcl__dense *dense, int product)
{
    const wcl__op_node *node = emit->node;
    const wcl__shape shape = {2, {dense->m, dense->outputs}};
    const wcl__layout plain = WCL__PLAIN;
    const wcl__affine_params params = {.cb = 1, .act = (int)node->epilogue.act.kind};
    wcl__affine affine = {
        .act = node->epilogue.act, .x.slot = product, .y.slot = emit->out[0], .scale = -1, .shift = -1};
    wcl__call call;
    float *ones = wcl__alloc((size_t)dense->outputs, sizeof *ones);
    if (!ones)
        return wcl__fail_memory();
    for (int64_t i = 0; i < dense->outputs; i++)
        ones[i] = 1.0f;
    wcl_status status = wcl__steps_constant(emit->steps, "ones", ones, (size_t)dense->outputs, &affine.scale);
    wcl__free(ones);
    if (status == WCL_OK)
        status = wcl__bias_slot(emit, wcl__input(node, WCL__DENSE_C),
                                &(wcl__output_slice){0, dense->outputs, dense->beta}, 1, &affine.shift);
    if (status == WCL_OK)
        status = wcl__layout_view(&plain, &shape, &affine.x.view);
    affine.y.view = affine.x.view;
    if (status == WCL_OK)
        status = wcl__affine_call(&call, &params, &affine);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

/* CLBlast's GEMV reads what it overwrites, and 0 times NaN is NaN. */
static wcl_status clear_product(const wcl__emit *emit, const wcl__dense *dense, int product)
{
    const cl_float zero = 0.0f;
    const cl_int count = (cl_int)(dense->m * dense->outputs);
    const size_t local[3] = {64, 1, 1};
    wcl__call *call;
    const wcl_status status = wcl__steps_kernel(emit->steps, "fill", &call);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, product);
    WCL__CALL_VALUE(call, zero);
    WCL__CALL_VALUE(call, count);
    wcl__call_range(call, wcl__ceil_div(count, 16), 1, 1, local); /* cl/dense/fill.cl: 16 floats each */
    return WCL_OK;
}

static wcl_status emit_clblast(const wcl__emit *emit)
{
    wcl__dense dense;
    wcl__dense_read(emit->node, &dense);
    const int64_t step = slice_outputs(emit->facts, &dense, 1);
    int product;
    wcl_status status = wcl__steps_workspace(emit->steps, "product",
                                             sizeof(float) * (size_t)(dense.m * dense.outputs), &product);
    if (status == WCL_OK && dense.m == 1)
        status = clear_product(emit, &dense, product);
    for (int64_t first = 0; first < dense.outputs && status == WCL_OK; first += step)
        status = emit_product(emit, &dense, first, WCL__MIN(step, dense.outputs - first), product);
    return status == WCL_OK ? emit_epilogue(emit, &dense, product) : status;
}

static size_t clblast_memory(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    wcl__dense dense;
    (void)blocks;
    wcl__dense_read(node, &dense);
    const int64_t count = slice_outputs(facts, &dense, 1);
    const wcl__blas_call call = {
        .m = (size_t)dense.m, .n = (size_t)count, .k = (size_t)dense.inputs, .trans_b = dense.m == 1};
    return sizeof(float) * (size_t)(dense.m * dense.outputs) + wcl__blas_workspace(&call);
}

static size_t gemm_memory(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    wcl__dense dense;
    (void)blocks;
    wcl__dense_read(node, &dense);
    const own_kernel own = own_of(node, facts, &dense);
    const wcl__conv conv = as_conv(node, &dense);
    return own.kind == OWN_TILED ? (size_t)wcl__conv_tiled_sizes_of(facts, &own.tiled, &conv).part_bytes : 0;
}

const wcl__variant wcl__dense_variants[WCL__DENSE_VARIANTS] = {
    {.name = "gemv",
     .supports = gemv_supports,
     .cost = own_cost,
     .parameters = own_parameters,
     .emit = emit_own,
     .algorithm = WCL__SUM},
    {.name = "gemm",
     .supports = gemm_supports,
     .cost = own_cost,
     .memory = gemm_memory,
     .parameters = own_parameters,
     .emit = emit_own,
     .algorithm = WCL__SUM},
    {.name = "rows",
     .supports = rows_supports,
     .cost = rows_cost,
     .parameters = rows_parameters,
     .emit = emit_rows,
     .algorithm = WCL__SUM},
    {.name = "clblast",
     .supports = clblast_supports,
     .cost = blas_cost,
     .memory = clblast_memory,
     .emit = emit_clblast,
     .algorithm = WCL__SUM},
    {.name = "direct",
     .supports = wcl__matmul_supports,
     .cost = wcl__matmul_cost,
     .emit = wcl__matmul_emit,
     .algorithm = WCL__SUM},
};
