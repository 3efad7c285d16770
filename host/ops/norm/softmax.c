/* Softmax and LogSoftmax. */
#include "kernels/norm/softmax.h"
#include "ops/channels.h"
#include "ops/registry.h"

static wcl_status infer(wcl__op_node *node, bool log)
{
    const wcl__value *x = node->inputs[0];
    const bool one_axis =
        node->opset >= 13; /* before, the tensor counts as a matrix: what is before the axis, and the rest */
    wcl__softmax softmax = {.outer = 1, .length = 1, .inner = 1, .log = log};
    int64_t axis = 0;
    wcl_status status = wcl__need_float(x, node->op->name);
    if (!status)
        status = wcl__axis(wcl__attr_int(node, "axis", one_axis ? -1 : 1), x->shape.rank, &axis);
    if (status)
        return status;
    for (int i = 0; i < x->shape.rank; i++) {
        if (i < axis)
            softmax.outer *= x->shape.dims[i];
        else if (i == axis || !one_axis)
            softmax.length *= x->shape.dims[i];
        else
            softmax.inner *= x->shape.dims[i];
    }
    node->desc.softmax = softmax;
    wcl__output_set(node, 0, WCL_FLOAT32, &x->shape);
    return WCL_OK;
}

static wcl_status infer_softmax(wcl__op_node *node)
{
    return infer(node, false);
}

static wcl_status infer_log_softmax(wcl__op_node *node)
{
    return infer(node, true);
}

/* ---- a work-item a row */

static const char *configure_rows(const wcl__op_node *node, const wcl__target *target,
                                  const wcl__offer *offer, void *params)
{
    const wcl__softmax *softmax = &node->desc.softmax;
    wcl__softmax_params *p = params;
    (void)target;
    (void)offer;
    p->log = softmax->log;
    p->group = wcl__rows_group(softmax->outer * softmax->inner);
    return NULL;
}

static wcl_status emit_rows(const wcl__emit *emit)
{
    wcl__call call;
    const wcl_status status = wcl__softmax_call(&call, WCL__CONFIG(wcl__softmax_params, &emit->way->config),
                                                &emit->node->desc.softmax, emit->in[0], emit->out[0]);
    return status ? status : wcl__emit_call(emit, &call);
}

/* ---- a work-group a row, on GPUs */

static const char *configure_group(const wcl__op_node *node, const wcl__target *target,
                                   const wcl__offer *offer, void *params)
{
    const char *reason = wcl__softmax_group_refuses(&node->desc.softmax);
    (void)offer;
    if (!reason)
        wcl__softmax_group_defaults(target->profile, &node->desc.softmax, params);
    return reason;
}

static wcl_status emit_group(const wcl__emit *emit)
{
    wcl__call call;
    const wcl_status status =
        wcl__softmax_group_call(&call, WCL__CONFIG(wcl__softmax_group_params, &emit->way->config),
                                &emit->node->desc.softmax, emit->in[0], emit->out[0]);
    return status ? status : wcl__emit_call(emit, &call);
}

/* The first of equal costs is taken. */
static const wcl__variant variants[] = {
    {.name = "group",
     .family = &wcl__softmax_group_table,
     .bound = WCL__SUM,
     .configure = configure_group,
     .emit = emit_group},
    {.name = "rows",
     .family = &wcl__softmax_table,
     .bound = WCL__SUM,
     .configure = configure_rows,
     .emit = emit_rows},
};

const wcl__op wcl__op_softmax = {
    .name = "Softmax",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .attributes = "axis",
    .infer = infer_softmax,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};

const wcl__op wcl__op_log_softmax = {
    .name = "LogSoftmax",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 1,
    .max_outputs = 1,
    .attributes = "axis",
    .infer = infer_log_softmax,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};
