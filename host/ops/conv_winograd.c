/* Winograd F(2x2, 3x3): 3x3 windows with stride and dilation 1. */
#include "kernels/filters.h"
#include "kernels/winograd.h"
#include "ops/conv.h"

const char *wcl__conv_f2_supports(const wcl__op_node *node, const wcl__facts *facts)
{
    const wcl__conv *conv = &node->desc.conv;
    (void)facts;
    if (node->inputs[WCL__CONV_X]->shape.rank != 4)
        return "only 2-D";
    if (conv->kh != 3 || conv->kw != 3)
        return "only 3x3 windows";
    if (conv->stride_h != 1 || conv->stride_w != 1)
        return "only stride 1";
    if (conv->dilation_h != 1 || conv->dilation_w != 1)
        return "only dilation 1";
    return conv->groups == 1 ? NULL : "only one group";
}

int wcl__conv_f2_blocks(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks out[WCL__MAX_BLOCKS])
{
    const int block = wcl__facts_block(facts);
    (void)node;
    out[0] = (wcl__blocks){block, block};
    return 1;
}

static wcl__winograd_params f2_params(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    wcl__winograd_params params;
    wcl__winograd_defaults(facts, blocks.out, (int)node->epilogue.act.kind, &params);
    return params;
}

size_t wcl__conv_f2_workspace(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    const wcl__winograd_params params = f2_params(node, facts, blocks);
    const wcl__winograd_sizes sizes = wcl__winograd_sizes_of(&params, &node->desc.conv);
    return (size_t)(sizes.v_bytes + sizes.m_bytes);
}

void wcl__conv_f2_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, wcl__cost *cost)
{
    const wcl__conv *conv = &node->desc.conv;
    const wcl__winograd_params params = f2_params(node, facts, blocks);
    const wcl__winograd_sizes s = wcl__winograd_sizes_of(&params, conv);
    const double products = WCL__F2_XI * (double)s.padded * (double)s.c_padded * (double)s.k_padded;
    const double transforms = 32.0 * (double)s.padded * (double)s.c_padded + 24.0 * (double)s.tiles * (double)conv->k;
    cost->flops = 2 * products + transforms;
    cost->bytes = wcl__conv_io_bytes(conv) + 2.0 * (double)(s.v_bytes + s.m_bytes) + (double)s.u_bytes;
    cost->efficiency = facts->type & CL_DEVICE_TYPE_CPU ? 0.6 : 0.15;
    cost->launches = 3;
}

void wcl__conv_f2_parameters(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks, char *out, size_t bytes)
{
    const wcl__winograd_params params = f2_params(node, facts, blocks);
    wcl__params_print(&wcl__winograd_table, &params, out, bytes);
}

static wcl_status f2_weights(const wcl__emit *emit, const wcl__winograd_params *winograd, const wcl__winograd_sizes *sizes,
                             int *slot)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    const wcl__filters_params params = {.cb = winograd->cb, .kb = winograd->kb};
    wcl__packing packing = {0};
    packing.rows = conv->k;
    packing.row_elements = conv->c * 9;
    packing.bytes = (size_t)sizes->u_bytes;
    packing.zero_first = sizes->k_padded != conv->k || sizes->c_padded != conv->c;
    const wcl_status status = wcl__filters_winograd_call(&packing.call, &params, conv->c, sizes->c_padded, sizes->k_padded);
    return status == WCL_OK ? wcl__conv_weights(emit, "f2", &packing, slot) : status;
}

wcl_status wcl__conv_f2_emit(const wcl__emit *emit)
{
    const wcl__conv conv = wcl__conv_of(emit->node);
    const wcl__winograd_params params = f2_params(emit->node, emit->facts, emit->blocks);
    const wcl__winograd_sizes sizes = wcl__winograd_sizes_of(&params, &conv);
    wcl__winograd_slots slots;
    wcl__call calls[3];
    wcl_status status = wcl__conv_operands(emit, &slots.x, &slots.y);
    if (status == WCL_OK)
        status = f2_weights(emit, &params, &sizes, &slots.u);
    if (status == WCL_OK)
        status = wcl__conv_bias(emit, params.cb, &slots.bias);
    if (status == WCL_OK)
        status = wcl__steps_workspace(emit->steps, "transformed input", (size_t)sizes.v_bytes, &slots.v);
    if (status == WCL_OK)
        status = wcl__steps_workspace(emit->steps, "products", (size_t)sizes.m_bytes, &slots.m);
    if (status == WCL_OK)
        status = wcl__winograd_calls(calls, &params, &conv, &slots);
    for (int i = 0; i < 3 && status == WCL_OK; i++)
        status = wcl__emit_call(emit, &calls[i]);
    return status;
}
