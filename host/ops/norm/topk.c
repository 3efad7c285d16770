/* TopK: the k largest elements along an axis, and where they stand. */
#include "kernels/norm/topk.h"

#include "base/error.h"
#include "ops/channels.h"
#include "ops/registry.h"
#include "ops/value.h"

enum { INPUT_X = 0, INPUT_K = 1, VALUES = 0, INDICES = 1 };

/* k is an attribute before opset 10, an input since then. */
static wcl_status read_k(const wcl__op_node *node, int64_t *k)
{
    size_t count = 1;
    *k = wcl__attr_int(node, "k", -1);
    if (node->opset < 10 && node->input_count > 1)
        return wcl__fail(WCL_BAD_MODEL, "k is an attribute before opset 10, not an input");
    if (node->opset >= 10 && wcl__attr_find(node, "k"))
        return wcl__fail(WCL_BAD_MODEL, "k is an input since opset 10, not an attribute");
    const wcl_status status = node->opset < 10 ? WCL_OK : wcl__input_ints(node, INPUT_K, k, 1, &count);
    if (status == WCL_OK && (count != 1 || *k < 0))
        return wcl__fail(WCL_BAD_MODEL, "k must be one number that is not negative");
    return status;
}

static wcl_status infer(wcl__op_node *node)
{
    const wcl__value *x = node->inputs[INPUT_X];
    wcl__topk *topk = &node->desc.topk;
    wcl__shape shape = x->shape;
    int64_t axis = 0, k = 0;
    wcl_status status = wcl__need_float(x, node->op->name);
    if (status == WCL_OK)
        status = wcl__axis(wcl__attr_int(node, "axis", -1), shape.rank, &axis);
    if (status == WCL_OK)
        status = read_k(node, &k);
    if (status != WCL_OK)
        return status;
    if (k > shape.dims[axis])
        return wcl__fail(WCL_BAD_SHAPE, "k is %lld, the axis has %lld elements", (long long)k,
                         (long long)shape.dims[axis]);
    if (shape.dims[axis] > INT32_MAX)
        return wcl__fail(WCL_UNSUPPORTED, "an axis of more than %d elements", INT32_MAX);
    *topk = (wcl__topk){.outer = 1, .inner = 1, .length = shape.dims[axis], .k = k};
    topk->largest = node->opset < 11 || wcl__attr_int(node, "largest", 1) != 0;
    for (int d = 0; d < shape.rank; d++)
        *(d < axis ? &topk->outer : &topk->inner) *= d == axis ? 1 : shape.dims[d];
    shape.dims[axis] = k;
    wcl__output_set(node, VALUES, WCL_FLOAT32, &shape);
    wcl__output_set(node, INDICES, WCL_INT64, &shape);
    return WCL_OK;
}

static int offers(const wcl__op_node *node, const wcl__target *target, wcl__offer out[WCL__MAX_OFFERS])
{
    (void)node;
    (void)target;
    out[0] = wcl__offer_plain();
    out[0].out[INDICES] = wcl__format_id_plain(WCL_INT64);
    return 1;
}

static const char *configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                             void *params)
{
    const wcl__topk *topk = &node->desc.topk;
    wcl__topk_params *p = params;
    (void)target;
    (void)offer;
    p->largest = topk->largest;
    p->group = wcl__rows_group(topk->outer * topk->inner);
    return NULL;
}

static void cost_of(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost)
{
    const wcl__topk *topk = &way->node->desc.topk;
    (void)profile;
    cost->flops = (double)topk->outer * (double)topk->inner * (double)topk->length;
    cost->efficiency = 0.01; /* a comparison at a time */
}

/* Indices that nobody asked for go to scratch. */
static size_t memory(const wcl__way *way)
{
    const wcl__topk *topk = &way->node->desc.topk;
    const bool asked = way->node->output_count > INDICES && way->node->outputs[INDICES];
    return asked ? 0 : sizeof(cl_long) * (size_t)(topk->outer * topk->inner * topk->k);
}

static wcl_status emit(const wcl__emit *emit)
{
    const wcl__topk_params *params = WCL__CONFIG(wcl__topk_params, &emit->way->config);
    const bool asked = emit->node->output_count > INDICES && emit->out[INDICES] >= 0;
    wcl__topk_slots slots = {emit->in[INPUT_X], emit->out[VALUES], asked ? emit->out[INDICES] : -1};
    wcl__call call;
    wcl_status status =
        asked ? WCL_OK : wcl__steps_workspace(emit->steps, "indices", memory(emit->way), &slots.indices);
    if (status == WCL_OK)
        status = wcl__topk_call(&call, params, &emit->node->desc.topk, &slots);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

static const wcl__variant variants[] = {
    {.name = "rows",
     .family = &wcl__topk_table,
     .bound = WCL__EXACT,
     .offers = offers,
     .configure = configure,
     .cost = cost_of,
     .memory = memory,
     .emit = emit},
};

const wcl__op wcl__op_topk = {
    .name = "TopK",
    .since = 1,
    .min_inputs = 1,
    .max_inputs = 2,
    .max_outputs = 2,
    .known = 1u << INPUT_K,
    .packs = 1u << INPUT_K,
    .int64_outputs = 1u << INDICES,
    .attributes = "axis k largest sorted",
    .infer = infer,
    .variants = variants,
    .variant_count = WCL__COUNT(variants),
};
