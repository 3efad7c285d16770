/* Convolution as an implicit matrix product: any window, stride and dilation of one group. On GPUs by
 * work-groups in local memory, where there is enough of it. */
#include "kernels/conv/conv_gemm.h"

#include "kernels/pack/pack.h"
#include "ops/conv/conv.h"

const char *wcl__conv_gemm_supports(const wcl__op_node *node, const wcl__facts *facts)
{
    (void)facts;
    if (node->desc.conv.groups != 1)
        return "only one group";
    return wcl__conv_many_pixels(&node->desc.conv);
}

int wcl__conv_gemm_blocks(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks out[WCL__MAX_BLOCKS])
{
    const int block = wcl__facts_block(facts);
    (void)node;
    out[0] = (wcl__blocks){block, block};
    return 1;
}

static wcl__conv_gemm_params gemm_params(const wcl__op_node *node, const wcl__facts *facts,
                                         wcl__blocks blocks)
{
    const wcl__conv conv = wcl__conv_of(node);
    wcl__conv_gemm_params params;
    wcl__conv_gemm_defaults(facts, blocks.out, &conv, &params);
    return params;
}

/* True: the tiled kernel with these parameters. */
static bool is_tiled(const wcl__op_node *node, const wcl__facts *facts, wcl__conv_tiled_params *params)
{
    const wcl__conv conv = wcl__conv_of(node);
    if (!wcl__conv_tiled_reaches(&conv))
        return false; /* before the defaults, which count bytes */
    wcl__conv_tiled_defaults(facts, &conv, node->half, params);
    return !wcl__conv_tiled_refuses(facts, params);
}

/* What the product is, padding included, in either form. */
typedef struct product {
    int64_t pixels, c_padded, k_padded, weight_bytes, part_bytes;
    double efficiency;
} product;

static product product_of(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    wcl__conv_tiled_params tiled;
    if (is_tiled(node, facts, &tiled)) {
        const wcl__conv_tiled_sizes s = wcl__conv_tiled_sizes_of(facts, &tiled, &node->desc.conv);
        return (product){s.pixels,       s.c_padded,   s.k_padded,
                         s.weight_bytes, s.part_bytes, 0.6 * s.busy}; /* as Winograd's product */
    }
    const wcl__conv_gemm_params params = gemm_params(node, facts, blocks);
    const wcl__conv_gemm_sizes s = wcl__conv_gemm_sizes_of(&params, &node->desc.conv);
    /* of a GPU's work-group one lane works */
    return (product){s.pixels,       s.c_padded, s.k_padded,
                     s.weight_bytes, 0,          facts->type & CL_DEVICE_TYPE_CPU ? 0.7 : 0.02};
}

size_t wcl__conv_gemm_memory(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    const product p = product_of(node, facts, blocks);
    return (size_t)(p.weight_bytes + p.part_bytes) + wcl__conv_unpooled_bytes(node, blocks.out);
}

void wcl__conv_gemm_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks,
                         wcl__cost *cost)
{
    const wcl__conv *conv = &node->desc.conv;
    const product p = product_of(node, facts, blocks);
    cost->flops =
        2.0 * (double)p.pixels * (double)p.c_padded * (double)p.k_padded * (double)(conv->kh * conv->kw);
    cost->bytes = wcl__conv_io_bytes(node) + (double)p.weight_bytes +
                  2.0 * ((double)p.part_bytes + (double)wcl__conv_unpooled_bytes(node, blocks.out));
    cost->efficiency = p.efficiency;
    cost->launches = 1 + (p.part_bytes > 0) + node->epilogue.pool;
}

void wcl__conv_gemm_parameters(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks,
                               char *out, size_t bytes)
{
    wcl__conv_tiled_params tiled;
    if (is_tiled(node, facts, &tiled)) {
        wcl__params_print(&wcl__conv_tiled_table, &tiled, out, bytes);
        return;
    }
    const wcl__conv_gemm_params params = gemm_params(node, facts, blocks);
    wcl__params_print(&wcl__conv_gemm_table, &params, out, bytes);
}

/* Filters in blocks of params->cb * params->kb, and `step` channels of a tap together. */
static wcl_status gemm_weights(const wcl__emit *emit, const wcl__pack_params *params, int64_t step,
                               const product *p, int *slot)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    wcl__packing packing = {.bytes = (size_t)p->weight_bytes,
                            .zero_first = p->k_padded != conv->k || p->c_padded != conv->c,
                            .recipe = {.kind = WCL__PACK_GEMM,
                                       .params = *params,
                                       .rows = conv->k,
                                       .channels = conv->c,
                                       .taps = conv->kh * conv->kw,
                                       .step = step}};
    return wcl__conv_weights(emit, &packing, slot);
}

wcl_status wcl__conv_tiled_steps(const wcl__emit *emit, const wcl__conv_tiled_params *params,
                                 const wcl__conv *conv, const wcl__conv_slots *slots)
{
    const wcl__conv_tiled_sizes sizes = wcl__conv_tiled_sizes_of(emit->facts, params, conv);
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

/* The product, with its weights and bias. */
static wcl_status emit_product(const wcl__emit *emit, const wcl__conv *conv, wcl__conv_slots *slots)
{
    const product p = product_of(emit->node, emit->facts, emit->blocks);
    const wcl__conv_gemm_params gemm = gemm_params(emit->node, emit->facts, emit->blocks);
    wcl__pack_params filters;
    wcl__conv_tiled_params tiled;
    wcl__call call;
    const bool is = is_tiled(emit->node, emit->facts, &tiled);
    wcl__params_standard(&wcl__pack_table, &filters);
    filters.cb = is ? tiled.tiled.cb : gemm.cb;
    filters.kb = is ? tiled.tiled.kb : gemm.kb;
    filters.half = is && tiled.tiled.half;
    wcl_status status = gemm_weights(emit, &filters, is ? tiled.tiled.ks : gemm.cb, &p, &slots->weights);
    if (status == WCL_OK)
        status = wcl__conv_bias(emit, filters.cb, &slots->bias);
    if (status != WCL_OK || is)
        return status == WCL_OK ? wcl__conv_tiled_steps(emit, &tiled, conv, slots) : status;
    status = wcl__conv_gemm_call(&call, &gemm, conv, slots);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

wcl_status wcl__conv_gemm_emit(const wcl__emit *emit)
{
    const wcl__conv conv = wcl__conv_of(emit->node);
    wcl__conv_slots slots;
    wcl__operand y;
    wcl_status status = wcl__conv_operands(emit, &slots.x, &y);
    if (status == WCL_OK)
        status = wcl__conv_unpooled(emit, &y, &slots.y);
    if (status == WCL_OK)
        status = emit_product(emit, &conv, &slots);
    return status == WCL_OK ? wcl__conv_pool(emit, &slots.y, &y) : status;
}
