/* Dense layers by CLBlast: the product into scratch, then bias and activation. */
#include "kernels/dense/clblast.h"

#include "base/error.h"
#include "base/memory.h"
#include "kernels/dense/fill.h"
#include "kernels/pointwise/affine.h"
#include "ops/channels.h"
#include "ops/dense/dense.h"
#include "ops/weights.h"

const char *wcl__blas_configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                                void *params)
{
    wcl__blas_params *p = params;
    wcl__dense dense;
    (void)offer;
    if (target->half)
        return "it reads fp32 weights only";
    const char *reason = wcl__dense_read(node, &dense);
    if (!reason)
        p->slice = wcl__dense_slice_of(target->profile, &dense, 1);
    return reason;
}

void wcl__blas_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost)
{
    const wcl__dense dense = wcl__dense_of(way);
    wcl__dense_cost(&dense, !profile->simd, cost);
    cost->launches = 3;
}

size_t wcl__blas_memory(const wcl__way *way)
{
    const wcl__dense dense = wcl__dense_of(way);
    const int slice = WCL__CONFIG(wcl__blas_params, &way->config)->slice;
    const wcl__blas_call call = {.m = (size_t)dense.m,
                                 .n = (size_t)WCL__MIN((int64_t)slice, dense.outputs),
                                 .k = (size_t)dense.inputs,
                                 .trans_b = dense.m == 1};
    return sizeof(float) * (size_t)(dense.m * dense.outputs) + wcl__blas_workspace(&call);
}

static wcl_status emit_product(const wcl__emit *emit, const wcl__dense *dense, int64_t first, int64_t count,
                               int product)
{
    const bool vector = dense->m == 1;
    int weights, scratch = -1;
    wcl__blas_call *call;
    wcl_status status = wcl__dense_weights(
        emit, dense, &(wcl__dense_form){.first = first, .count = count, .to_input = !vector}, &weights);
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
    const wcl__format plain = WCL__PLAIN;
    wcl__affine_params params;
    wcl__affine affine = {
        .act = node->epilogue.act, .x.slot = product, .y.slot = emit->out[0], .scale = -1, .shift = -1};
    wcl__call call;
    wcl__params_standard(&wcl__affine_table, &params);
    params.cb = 1;
    params.act = (int)node->epilogue.act.kind;
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
        status = wcl__format_view(&plain, &shape, &affine.x.view);
    affine.y.view = affine.x.view;
    if (status == WCL_OK)
        status = wcl__affine_call(&call, &params, &affine);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

/* CLBlast's GEMV reads what it overwrites, and 0 times NaN is NaN. */
static wcl_status clear_product(const wcl__emit *emit, const wcl__dense *dense, int product)
{
    wcl__call call;
    const wcl_status status = wcl__fill_call(&call, product, dense->m * dense->outputs, 0.0f);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

wcl_status wcl__blas_emit(const wcl__emit *emit)
{
    const wcl__dense dense = wcl__dense_of(emit->way);
    const int64_t step = WCL__CONFIG(wcl__blas_params, &emit->way->config)->slice;
    int product;
    wcl_status status = wcl__steps_workspace(emit->steps, "product",
                                             sizeof(float) * (size_t)(dense.m * dense.outputs), &product);
    if (status == WCL_OK && dense.m == 1)
        status = clear_product(emit, &dense, product);
    for (int64_t first = 0; first < dense.outputs && status == WCL_OK; first += step)
        status = emit_product(emit, &dense, first, WCL__MIN(step, dense.outputs - first), product);
    return status == WCL_OK ? emit_epilogue(emit, &dense, product) : status;
}
