/* Convolution as an implicit matrix product: any window, stride and dilation of one group. */
#include "kernels/conv_gemm.h"

#include "kernels/filters.h"
#include "ops/conv.h"

const char *wcl__conv_gemm_supports(const wcl__op_node *node, const wcl__facts *facts)
{
    (void)facts;
    return node->desc.conv.groups == 1 ? NULL : "only one group";
}

int wcl__conv_gemm_blocks(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks out[WCL__MAX_BLOCKS])
{
    const int block = wcl__facts_block(facts);
    (void)node;
    out[0] = (wcl__blocks){block, block};
    return 1;
}

static wcl__conv_gemm_params gemm_params(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    const wcl__conv conv = wcl__conv_of(node);
    wcl__conv_gemm_params params;
    wcl__conv_gemm_defaults(facts, blocks.out, &conv, &params);
    return params;
}

size_t wcl__conv_gemm_memory(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    const wcl__conv_gemm_params params = gemm_params(node, facts, blocks);
    return (size_t)wcl__conv_gemm_sizes_of(&params, &node->desc.conv).weight_bytes + wcl__conv_unpooled_bytes(node, blocks.out);
}

void wcl__conv_gemm_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, wcl__cost *cost)
{
    const wcl__conv *conv = &node->desc.conv;
    const wcl__conv_gemm_params params = gemm_params(node, facts, blocks);
    const wcl__conv_gemm_sizes s = wcl__conv_gemm_sizes_of(&params, conv);
    cost->flops = 2.0 * (double)s.pixels * (double)s.c_padded * (double)s.k_padded * (double)(conv->kh * conv->kw);
    cost->bytes = wcl__conv_io_bytes(node) + (double)s.weight_bytes + 2.0 * (double)wcl__conv_unpooled_bytes(node, blocks.out);
    /* of a GPU's work-group one lane works */
    cost->efficiency = facts->type & CL_DEVICE_TYPE_CPU ? 0.7 : 0.02;
    cost->launches = node->epilogue.pool ? 2 : 1;
}

void wcl__conv_gemm_parameters(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, char *out, size_t bytes)
{
    const wcl__conv_gemm_params params = gemm_params(node, facts, blocks);
    wcl__params_print(&wcl__conv_gemm_table, &params, out, bytes);
}

static wcl_status gemm_weights(const wcl__emit *emit, const wcl__conv_gemm_params *gemm, int *slot)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    const wcl__conv_gemm_sizes sizes = wcl__conv_gemm_sizes_of(gemm, conv);
    wcl__filters_params params;
    wcl__packing packing = {0};
    wcl__params_standard(&wcl__filters_table, &params);
    params.cb = gemm->cb;
    params.kb = gemm->kb;
    packing.rows = conv->k;
    packing.row_elements = conv->c * conv->kh * conv->kw;
    packing.bytes = (size_t)sizes.weight_bytes;
    packing.zero_first = sizes.k_padded != conv->k || sizes.c_padded != conv->c;
    const wcl_status status = wcl__filters_gemm_call(&packing.call, &params, packing.row_elements, conv->kh * conv->kw);
    return status == WCL_OK ? wcl__conv_weights(emit, "gemm", &packing, slot) : status;
}

wcl_status wcl__conv_gemm_emit(const wcl__emit *emit)
{
    const wcl__conv conv = wcl__conv_of(emit->node);
    const wcl__conv_gemm_params params = gemm_params(emit->node, emit->facts, emit->blocks);
    wcl__conv_slots slots;
    wcl__operand y;
    wcl__call call;
    wcl_status status = wcl__conv_operands(emit, &slots.x, &y);
    if (status == WCL_OK)
        status = wcl__conv_unpooled(emit, &y, &slots.y);
    if (status == WCL_OK)
        status = gemm_weights(emit, &params, &slots.weights);
    if (status == WCL_OK)
        status = wcl__conv_bias(emit, params.cb, &slots.bias);
    if (status == WCL_OK)
        status = wcl__conv_gemm_call(&call, &params, &conv, &slots);
    if (status == WCL_OK)
        status = wcl__emit_call(emit, &call);
    return status == WCL_OK ? wcl__conv_pool(emit, &slots.y, &y) : status;
}
