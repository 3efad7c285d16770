/* Direct convolution: any window, stride, dilation and grouping. */
#include "kernels/pack/pack.h"
#include "ops/conv/conv.h"

/* A vector of filters must not lie across groups. */
static bool block_fits(const wcl__conv *conv, int block)
{
    return conv->groups == 1 || (conv->k / conv->groups) % block == 0;
}

static bool is_depthwise(const wcl__conv *conv)
{
    return conv->groups > 1 && conv->groups == conv->c && conv->groups == conv->k;
}

const char *wcl__conv_direct_supports(const wcl__op_node *node, const wcl__facts *facts)
{
    (void)node;
    (void)facts;
    return NULL;
}

int wcl__conv_direct_blocks(const wcl__op_node *node, const wcl__facts *facts,
                            wcl__blocks out[WCL__MAX_BLOCKS])
{
    const wcl__conv *conv = &node->desc.conv;
    const int block = wcl__facts_block(facts);
    int count = 0;
    if (is_depthwise(conv)) {
        out[count++] = (wcl__blocks){1, 1};
        out[count++] = (wcl__blocks){block, block};
        return count;
    }
    out[count++] = (wcl__blocks){1, 1};
    out[count++] = (wcl__blocks){block, 1};
    if (block_fits(conv, block)) {
        out[count++] = (wcl__blocks){1, block};
        out[count++] = (wcl__blocks){block, block};
    }
    return count;
}

static wcl__conv_direct_params direct_params(const wcl__op_node *node, const wcl__facts *facts,
                                             wcl__blocks blocks)
{
    const wcl__conv conv = wcl__conv_of(node);
    wcl__conv_direct_params params;
    wcl__params_standard(&wcl__conv_direct_table, &params);
    params.cb = blocks.out;
    params.cbi = blocks.in;
    wcl__conv_direct_defaults(facts, &conv, &params);
    return params;
}

static size_t filter_bytes(const wcl__conv *conv, const wcl__conv_direct_params *params)
{
    const int64_t filters = wcl__round_up(conv->k, params->cb * params->kb);
    return sizeof(float) * (size_t)(filters * (conv->c / conv->groups) * conv->kh * conv->kw);
}

size_t wcl__conv_direct_memory(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    const wcl__conv_direct_params params = direct_params(node, facts, blocks);
    return filter_bytes(&node->desc.conv, &params) + wcl__conv_unpooled_bytes(node, blocks.out);
}

/* Of a GPU's lanes: few work-items leave most of them idle. On an H100 (132 units) a 1x1 convolution of 384
 * channels into 64 at 14x14, 896 work-items, took 0.22 ms, and 0.02 ms as a product (docs/gpu.md). */
static double busy_part(const wcl__conv *conv, const wcl__facts *facts, const wcl__conv_direct_params *params)
{
    enum { ITEMS_OF_A_UNIT = 256 };
    const double items = (double)conv->n * (double)conv->oh * (double)wcl__ceil_div(conv->ow, params->out_w) *
                         (double)wcl__ceil_div(conv->k, params->cb * params->kb);
    return WCL__MIN(1.0, items / (ITEMS_OF_A_UNIT * (double)WCL__MAX(facts->compute_units, 1u)));
}

/* Of the device's peak. Measured on CPUs with PoCL, one group and whole vectors of filters: 0.8 where x is
 * plain, half of that where its channels lie in blocks. */
static double direct_efficiency(const wcl__conv *conv, const wcl__facts *facts, wcl__blocks blocks,
                                const wcl__conv_direct_params *params)
{
    const int lanes = (int)WCL__MAX(facts->vector_width, 1u);
    if (!(facts->type & CL_DEVICE_TYPE_CPU))
        return 0.05 * WCL__MIN(blocks.out, 4) * busy_part(conv, facts, params);
    if (conv->groups > 1 || blocks.out < lanes)
        return 0.2 * WCL__MIN(blocks.out, lanes) / lanes;
    return blocks.in == 1 ? 0.6 : 0.35;
}

void wcl__conv_direct_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks,
                           wcl__cost *cost)
{
    const wcl__conv *conv = &node->desc.conv;
    const wcl__conv_direct_params params = direct_params(node, facts, blocks);
    const double filters =
        (double)wcl__round_up(conv->k, params.cb * params.kb) / (double)conv->k; /* tails work too */
    const double columns = (double)wcl__round_up(conv->ow, params.out_w) / (double)conv->ow;
    cost->flops = 2 * wcl__conv_macs(conv) * columns * (is_depthwise(conv) ? 1 : filters);
    cost->bytes = wcl__conv_io_bytes(node) + (double)filter_bytes(conv, &params) +
                  2.0 * (double)wcl__conv_unpooled_bytes(node, blocks.out);
    cost->efficiency = direct_efficiency(conv, facts, blocks, &params);
    cost->launches = node->epilogue.pool ? 2 : 1;
}

void wcl__conv_direct_parameters(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks,
                                 char *out, size_t bytes)
{
    const wcl__conv_direct_params params = direct_params(node, facts, blocks);
    wcl__params_print(&wcl__conv_direct_table, &params, out, bytes);
}

static wcl_status direct_weights(const wcl__emit *emit, const wcl__conv_direct_params *direct, int *slot)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    wcl__packing packing = {.bytes = filter_bytes(conv, direct),
                            .zero_first = conv->k % (direct->cb * direct->kb) != 0,
                            .recipe = {.kind = WCL__PACK_DIRECT,
                                       .rows = conv->k,
                                       .channels = conv->c / conv->groups,
                                       .taps = conv->kh * conv->kw}};
    wcl__params_standard(&wcl__pack_table, &packing.recipe.params);
    packing.recipe.params.cb = direct->cb;
    packing.recipe.params.kb = direct->kb;
    return wcl__conv_weights(emit, &packing, slot);
}

wcl_status wcl__conv_direct_emit(const wcl__emit *emit)
{
    const wcl__conv conv = wcl__conv_of(emit->node);
    const wcl__conv_direct_params params = direct_params(emit->node, emit->facts, emit->blocks);
    const wcl__conv_way way = {is_depthwise(&conv), !(emit->facts->type & CL_DEVICE_TYPE_CPU) &&
                                                        emit->facts->type & CL_DEVICE_TYPE_GPU};
    wcl__conv_slots slots;
    wcl__operand y;
    wcl__call call;
    wcl_status status = wcl__conv_operands(emit, &slots.x, &y);
    if (status == WCL_OK)
        status = wcl__conv_unpooled(emit, &y, &slots.y);
    if (status == WCL_OK)
        status = direct_weights(emit, &params, &slots.weights);
    if (status == WCL_OK)
        status = wcl__conv_bias(emit, params.cb, &slots.bias);
    if (status == WCL_OK)
        status = wcl__conv_direct_call(&call, &params, &conv, &way, &slots);
    if (status == WCL_OK)
        status = wcl__emit_call(emit, &call);
    return status == WCL_OK ? wcl__conv_pool(emit, &slots.y, &y) : status;
}
