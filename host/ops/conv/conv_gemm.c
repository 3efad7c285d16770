/* Convolution as an implicit matrix product: any window, stride and dilation of one group; by work-items, or
 * on GPUs by work-groups in local memory. */
#include "kernels/conv/conv_gemm.h"

#include "kernels/pack/pack.h"
#include "ops/conv/conv.h"

static const char *refuses(const wcl__op_node *node)
{
    if (node->desc.conv.groups != 1)
        return "only one group";
    return wcl__conv_many_pixels(&node->desc.conv);
}

int wcl__conv_gemm_offers(const wcl__op_node *node, const wcl__target *target,
                          wcl__offer out[WCL__MAX_OFFERS])
{
    const int block = target->profile->block;
    (void)node;
    out[0] = wcl__offer_blocks(block, block);
    return 1;
}

/* ---- by work-items */

const char *wcl__conv_gemm_configure(const wcl__op_node *node, const wcl__target *target,
                                     const wcl__offer *offer, void *params)
{
    const wcl__conv conv = wcl__conv_of(node);
    wcl__conv_gemm_params *p = params;
    const char *reason = refuses(node);
    if (reason)
        return reason;
    wcl__conv_gemm_defaults(target->profile, wcl__block_out(offer), &conv, p);
    wcl__conv_gemm_params given = *p;
    wcl__target_given(target, node, &wcl__conv_gemm_table, &given);
    return wcl__conv_gemm_refuses(&given, &conv);
}

static wcl__conv_gemm_sizes sizes_of(const wcl__way *way)
{
    return wcl__conv_gemm_sizes_of(WCL__CONFIG(wcl__conv_gemm_params, &way->config), &way->node->desc.conv);
}

size_t wcl__conv_gemm_memory(const wcl__way *way)
{
    return (size_t)sizes_of(way).weight_bytes + wcl__conv_unpooled_bytes(way);
}

void wcl__conv_gemm_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost)
{
    const wcl__conv *conv = &way->node->desc.conv;
    const wcl__conv_gemm_sizes s = sizes_of(way);
    cost->flops =
        2.0 * (double)s.pixels * (double)s.c_padded * (double)s.k_padded * (double)(conv->kh * conv->kw);
    cost->bytes =
        wcl__conv_io_bytes(way->node) + (double)s.weight_bytes + 2.0 * (double)wcl__conv_unpooled_bytes(way);
    cost->efficiency = profile->simd ? 0.7 : 0.02; /* of a GPU's work-group one lane works */
    cost->launches = 1 + way->node->epilogue.pool;
}

/* What both forms of the product pack: filters in blocks of cb * kb, and `step` channels of a
 * tap together. */
typedef struct packed_filters {
    wcl__pack_params params;
    int64_t step, bytes;
    bool has_tails;
} packed_filters;

static wcl_status gemm_weights(const wcl__emit *emit, const packed_filters *filters, int *slot)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    wcl__packing packing = {.bytes = (size_t)filters->bytes,
                            .zero_first = filters->has_tails,
                            .recipe = {.kind = WCL__PACK_GEMM,
                                       .params = filters->params,
                                       .rows = conv->k,
                                       .channels = conv->c,
                                       .taps = conv->kh * conv->kw,
                                       .step = filters->step}};
    return wcl__conv_weights(emit, &packing, slot);
}

/* The operands, weights and bias; *y is where the pool behind writes, where there is one. */
static wcl_status gemm_slots(const wcl__emit *emit, const packed_filters *filters, wcl__conv_slots *slots,
                             wcl__operand *y)
{
    wcl_status status = wcl__conv_operands(emit, &slots->x, y);
    if (status == WCL_OK)
        status = wcl__conv_unpooled(emit, y, &slots->y);
    if (status == WCL_OK)
        status = gemm_weights(emit, filters, &slots->weights);
    return status == WCL_OK ? wcl__conv_bias(emit, filters->params.cb, &slots->bias) : status;
}

wcl_status wcl__conv_gemm_emit(const wcl__emit *emit)
{
    const wcl__conv conv = wcl__conv_of(emit->node);
    const wcl__conv_gemm_params *params = WCL__CONFIG(wcl__conv_gemm_params, &emit->way->config);
    const wcl__conv_gemm_sizes s = sizes_of(emit->way);
    packed_filters filters = {.step = params->cb,
                              .bytes = s.weight_bytes,
                              .has_tails = s.k_padded != conv.k || s.c_padded != conv.c};
    wcl__conv_slots slots;
    wcl__operand y;
    wcl__call call;
    wcl__params_standard(&wcl__pack_table, &filters.params);
    filters.params.cb = params->cb;
    filters.params.kb = params->kb;
    wcl_status status = gemm_slots(emit, &filters, &slots, &y);
    if (status == WCL_OK)
        status = wcl__conv_gemm_call(&call, params, &conv, &slots);
    if (status == WCL_OK)
        status = wcl__emit_call(emit, &call);
    return status == WCL_OK ? wcl__conv_pool(emit, &slots.y, &y) : status;
}

/* ---- by work-groups in local memory */

int wcl__conv_tiled_offers(const wcl__op_node *node, const wcl__target *target,
                           wcl__offer out[WCL__MAX_OFFERS])
{
    const int count = wcl__conv_gemm_offers(node, target, out);
    wcl__offer_weights(&out[0], target->half);
    return count;
}

const char *wcl__conv_tiled_configure(const wcl__op_node *node, const wcl__target *target,
                                      const wcl__offer *offer, void *params)
{
    const wcl__conv conv = wcl__conv_of(node);
    const char *reason = refuses(node);
    if (reason)
        return reason;
    if (!target->profile->simt)
        return "only on GPUs";
    if (!wcl__conv_tiled_reaches(&conv))
        return "its tensors are too large for offsets of 31 bits";
    wcl__conv_tiled_defaults(target->profile, &conv, wcl__offer_half(offer), params);
    wcl__target_given(target, node, &wcl__conv_tiled_table, params);
    wcl__conv_tiled_split(target->profile, &conv, params);
    return NULL;
}

static wcl__conv_tiled_sizes tiled_sizes(const wcl__way *way)
{
    return wcl__conv_tiled_sizes_of(WCL__CONFIG(wcl__conv_tiled_params, &way->config), &way->node->desc.conv);
}

size_t wcl__conv_tiled_memory(const wcl__way *way)
{
    const wcl__conv_tiled_sizes s = tiled_sizes(way);
    return (size_t)(s.weight_bytes + s.part_bytes) + wcl__conv_unpooled_bytes(way);
}

void wcl__conv_tiled_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost)
{
    const wcl__conv *conv = &way->node->desc.conv;
    const wcl__conv_tiled_sizes s = tiled_sizes(way);
    cost->flops =
        2.0 * (double)s.pixels * (double)s.c_padded * (double)s.k_padded * (double)(conv->kh * conv->kw);
    cost->bytes = wcl__conv_io_bytes(way->node) + (double)s.weight_bytes +
                  2.0 * ((double)s.part_bytes + (double)wcl__conv_unpooled_bytes(way));
    cost->efficiency = wcl__conv_tiled_efficiency(&s, profile);
    cost->launches = 1 + (s.part_bytes > 0) + way->node->epilogue.pool;
}

wcl_status wcl__conv_tiled_steps(const wcl__emit *emit, const wcl__conv_tiled_params *params,
                                 const wcl__conv *conv, const wcl__conv_slots *slots)
{
    const wcl__conv_tiled_sizes sizes = wcl__conv_tiled_sizes_of(params, conv);
    wcl_status status = WCL_OK;
    wcl__call call;
    int parts = -1;
    if (params->split)
        status = wcl__steps_workspace(emit->steps, "parts of sums", (size_t)sizes.part_bytes, &parts);
    if (status == WCL_OK)
        status = wcl__conv_tiled_call(&call, params, conv, &sizes, slots, parts);
    if (status == WCL_OK)
        status = wcl__emit_call(emit, &call);
    if (status == WCL_OK && params->split)
        status = wcl__sum_parts_call(&call, conv, &sizes, slots, parts);
    return status == WCL_OK && params->split ? wcl__emit_call(emit, &call) : status;
}

wcl_status wcl__conv_tiled_emit(const wcl__emit *emit)
{
    const wcl__conv conv = wcl__conv_of(emit->node);
    const wcl__conv_tiled_params *params = WCL__CONFIG(wcl__conv_tiled_params, &emit->way->config);
    const wcl__conv_tiled_sizes s = tiled_sizes(emit->way);
    packed_filters filters = {.step = params->tiled.ks,
                              .bytes = s.weight_bytes,
                              .has_tails = s.k_padded != conv.k || s.c_padded != conv.c};
    wcl__conv_slots slots;
    wcl__operand y;
    wcl__params_standard(&wcl__pack_table, &filters.params);
    filters.params.cb = params->tiled.cb;
    filters.params.kb = params->tiled.kb;
    filters.params.half = params->tiled.half;
    wcl_status status = gemm_slots(emit, &filters, &slots, &y);
    if (status == WCL_OK)
        status = wcl__conv_tiled_steps(emit, params, &conv, &slots);
    return status == WCL_OK ? wcl__conv_pool(emit, &slots.y, &y) : status;
}
