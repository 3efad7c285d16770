/* Dense layers and general products by work-items: parameters and launches. */
#include "kernels/dense/dense.h"
#include "base/error.h"
#include "kernels/cells.h"

#include <math.h>

static const char *constraint(const int *values)
{
    return values[0] == 1 || values[0] == 4 || values[0] == 8 || values[0] == 16 ? NULL
                                                                                 : "cb must be 1, 4, 8 or 16";
}

WCL__PARAM_TABLE(wcl__dense_table, "dense", WCL__DENSE_PARAMS, .follows = "act half",
                 .constraint = constraint);
WCL__PARAM_TABLE(wcl__matmul_table, "matmul", WCL__MATMUL_PARAMS, .follows = "act");

/* cl/dense/dense.cl: dense_shape, matmul_shape */
typedef struct dense_shape {
    cl_int m, inputs, outputs, row, first;
    cl_float a, b;
} dense_shape;

typedef struct matmul_shape {
    cl_int m, n, k, a_row, a_column, b_row, b_column, bias_row, bias_column;
    cl_int batch[WCL__MATMUL_DIMS], a_batch[WCL__MATMUL_DIMS], b_batch[WCL__MATMUL_DIMS];
    cl_float alpha, beta, a, b;
} matmul_shape;

/* Sums, weights and inputs stay in registers: 32 of 16 floats where vectors are wide, or 16 of 8. */
void wcl__dense_defaults(const wcl__profile *profile, int64_t m, int act, bool half,
                         wcl__dense_params *params)
{
    const bool cpu = profile->simd, wide = profile->registers == 32;
    params->act = act;
    params->half = half;
    if (m == 1) { /* each output is a stream of weights; streams of halves are thinner, so there are more */
        params->cb = !cpu ? 4 : wide || !half ? 16 : 8;
        params->outputs = cpu && half ? 8 : 4;
        params->batch = 1;
        return;
    }
    const int most = cpu ? 8 : 2;
    params->cb = !cpu ? 4 : wide ? 16 : 8;
    params->batch =
        (int)wcl__ceil_div(m, wcl__ceil_div(m, most)); /* groups of nearly equal size: none is almost empty */
    params->outputs = !cpu ? 2 : (wide ? 24 : 8) / params->batch;
}

static const wcl__kernel dense_kernel = {"dense", "cb outputs batch act half"};
static const wcl__kernel matmul_kernel = {"matmul", "act"};

static wcl_status begin(wcl__call *call, const wcl__kernel *kernel, const wcl__param_table *table,
                        const void *params, const wcl__dense_slots *slots)
{
    const wcl_status status = wcl__call_begin(call, kernel, table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, slots->x);
    wcl__call_slot(call, slots->w);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y);
    return WCL_OK;
}

wcl__act wcl__dense_act(const wcl__act *act)
{
    if (act->kind == WCL__ACT_NONE)
        return (wcl__act){WCL__ACT_CLIP, -INFINITY, INFINITY};
    return act->kind == WCL__ACT_RELU ? (wcl__act){WCL__ACT_CLIP, 0, INFINITY} : *act;
}

wcl_status wcl__dense_call(wcl__call *call, const wcl__dense_params *params, const wcl__dense_slice *slice,
                           const wcl__dense_slots *slots)
{
    const size_t local[3] = {1, 1, 1};
    const wcl__act act = wcl__dense_act(&slice->act);
    const dense_shape shape = {(cl_int)slice->m,
                               (cl_int)slice->inputs,
                               (cl_int)slice->outputs,
                               (cl_int)slice->row,
                               (cl_int)slice->first,
                               act.a,
                               act.b};
    const wcl_status status = begin(call, &dense_kernel, &wcl__dense_table, params, slots);
    if (status != WCL_OK)
        return status;
    WCL__CALL_VALUE(call, shape);
    wcl__call_range(call, wcl__ceil_div(slice->outputs, params->outputs),
                    wcl__ceil_div(slice->m, params->batch), 1, local);
    return WCL_OK;
}

/* Strides become ints in the kernel; its offsets within a matrix are products in size_t. */
static bool fits(const wcl__matmul *m)
{
    const int64_t numbers[] = {m->m,     m->n,        m->k,        m->a_row,      m->a_column,
                               m->b_row, m->b_column, m->bias_row, m->bias_column};
    bool all = true;
    for (size_t i = 0; i < WCL__COUNT(numbers); i++)
        all = all && numbers[i] <= INT32_MAX;
    for (int d = 0; d < WCL__MATMUL_DIMS; d++)
        all = all && m->batch[d] <= INT32_MAX && m->a_batch[d] <= INT32_MAX && m->b_batch[d] <= INT32_MAX;
    return all;
}

wcl_status wcl__matmul_call(wcl__call *call, const wcl__matmul_params *params, const wcl__matmul *m,
                            const wcl__dense_slots *slots)
{
    const size_t local[3] = {(size_t)params->group, 1, 1};
    if (!fits(m))
        return wcl__fail(WCL_UNSUPPORTED, "a matrix is too large");
    matmul_shape shape = {.m = (cl_int)m->m,
                          .n = (cl_int)m->n,
                          .k = (cl_int)m->k,
                          .a_row = (cl_int)m->a_row,
                          .a_column = (cl_int)m->a_column,
                          .b_row = (cl_int)m->b_row,
                          .b_column = (cl_int)m->b_column,
                          .bias_row = (cl_int)m->bias_row,
                          .bias_column = (cl_int)m->bias_column,
                          .alpha = m->alpha,
                          .beta = m->beta,
                          .a = m->act.a,
                          .b = m->act.b};
    for (int d = 0; d < WCL__MATMUL_DIMS; d++) {
        shape.batch[d] = (cl_int)m->batch[d];
        shape.a_batch[d] = (cl_int)m->a_batch[d];
        shape.b_batch[d] = (cl_int)m->b_batch[d];
    }
    const wcl_status status = begin(call, &matmul_kernel, &wcl__matmul_table, params, slots);
    if (status != WCL_OK)
        return status;
    WCL__CALL_VALUE(call, shape);
    wcl__call_range(call, m->n, m->m, m->batches, local);
    return WCL_OK;
}
