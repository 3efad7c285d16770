/* Direct convolution: any window, stride, dilation and grouping. */
#include "kernels/pack/pack.h"
#include "ops/conv/conv.h"

/* Filters that are made together must not lie across groups. */
static bool block_fits(const wcl__conv *conv, int filters)
{
    return conv->groups == 1 || (conv->k / conv->groups) % filters == 0;
}

static bool is_depthwise(const wcl__conv *conv)
{
    return conv->groups > 1 && conv->groups == conv->c && conv->groups == conv->k;
}

int wcl__conv_direct_offers(const wcl__op_node *node, const wcl__target *target,
                            wcl__offer out[WCL__MAX_OFFERS])
{
    const int block = target->profile->block;
    int count = 0;
    out[count++] = wcl__offer_plain();
    out[count++] = wcl__offer_blocks(block, 1);
    if (block_fits(&node->desc.conv, block)) {
        out[count++] = wcl__offer_blocks(1, block);
        out[count++] = wcl__offer_blocks(block, block);
    }
    return count;
}

int wcl__conv_depthwise_offers(const wcl__op_node *node, const wcl__target *target,
                               wcl__offer out[WCL__MAX_OFFERS])
{
    const int block = target->profile->block;
    if (!is_depthwise(&node->desc.conv))
        return 0;
    out[0] = wcl__offer_plain();
    out[1] = wcl__offer_blocks(block, block);
    return 2;
}

const char *wcl__conv_direct_configure(const wcl__op_node *node, const wcl__target *target,
                                       const wcl__offer *offer, void *params)
{
    const wcl__conv conv = wcl__conv_of(node);
    wcl__conv_direct_params *p = params;
    p->cb = wcl__block_out(offer);
    p->cbi = wcl__block_in(offer);
    wcl__conv_direct_defaults(target->profile, &conv, p);
    wcl__target_given(target, node, &wcl__conv_direct_table, p);
    wcl__conv_direct_group(target->profile, &conv, p);
    return block_fits(&conv, p->cb * p->kb) ? NULL : "a group's filters must be a multiple of cb * kb";
}

const char *wcl__conv_depthwise_configure(const wcl__op_node *node, const wcl__target *target,
                                          const wcl__offer *offer, void *params)
{
    const wcl__conv conv = wcl__conv_of(node);
    wcl__conv_direct_params *p = params;
    if (!is_depthwise(&conv))
        return "the groups are not single channels";
    p->cb = wcl__block_out(offer);
    p->cbi = wcl__block_in(offer);
    wcl__conv_direct_defaults(target->profile, &conv, p);
    wcl__target_given(target, node, &wcl__conv_depthwise_table, p);
    wcl__conv_direct_group(target->profile, &conv, p);
    return NULL;
}

static size_t filter_bytes(const wcl__conv *conv, const wcl__conv_direct_params *params)
{
    const int64_t filters = wcl__round_up(conv->k, params->cb * params->kb);
    return sizeof(float) * (size_t)(filters * (conv->c / conv->groups) * conv->kh * conv->kw);
}

size_t wcl__conv_direct_memory(const wcl__way *way)
{
    const wcl__conv_direct_params *params = WCL__CONFIG(wcl__conv_direct_params, &way->config);
    return filter_bytes(&way->node->desc.conv, params) + wcl__conv_unpooled_bytes(way);
}

/* Of a GPU's lanes: few work-items leave most of them idle. On an H100 (132 units) a 1x1 convolution of 384
 * channels into 64 at 14x14, 896 work-items, took 0.22 ms, and 0.02 ms as a product (docs/gpu.md). */
static double busy_part(const wcl__conv *conv, const wcl__profile *profile,
                        const wcl__conv_direct_params *params)
{
    enum { ITEMS_OF_A_UNIT = 256 };
    const double items = (double)conv->n * (double)conv->oh * (double)wcl__ceil_div(conv->ow, params->out_w) *
                         (double)wcl__ceil_div(conv->k, params->cb * params->kb);
    return WCL__MIN(1.0, items / (ITEMS_OF_A_UNIT * (double)profile->units));
}

/* Of the device's peak. Measured on CPUs with PoCL, one group and whole vectors of filters: 0.8 where x is
 * plain, half of that where its channels lie in blocks. */
static double efficiency_of(const wcl__conv *conv, const wcl__profile *profile,
                            const wcl__conv_direct_params *params)
{
    if (!profile->simd)
        return 0.05 * WCL__MIN(params->cb, 4) * busy_part(conv, profile, params);
    if (conv->groups > 1 || params->cb < profile->width)
        return 0.2 * WCL__MIN(params->cb, profile->width) / profile->width;
    return params->cbi == 1 ? 0.6 : 0.35;
}

void wcl__conv_direct_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost)
{
    const wcl__conv *conv = &way->node->desc.conv;
    const wcl__conv_direct_params *params = WCL__CONFIG(wcl__conv_direct_params, &way->config);
    const bool depthwise = way->config.family == &wcl__conv_depthwise_table;
    const double filters = (double)wcl__round_up(conv->k, params->cb * params->kb) / (double)conv->k;
    const double columns =
        (double)wcl__round_up(conv->ow, params->out_w) / (double)conv->ow; /* tails work too */
    cost->flops = 2 * wcl__conv_macs(conv) * columns * (depthwise ? 1 : filters);
    cost->bytes = wcl__conv_io_bytes(way->node) + (double)filter_bytes(conv, params) +
                  2.0 * (double)wcl__conv_unpooled_bytes(way);
    cost->efficiency = efficiency_of(conv, profile, params);
    cost->launches = way->node->epilogue.pool ? 2 : 1;
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
    const wcl__config *config = &emit->way->config;
    const wcl__conv_direct_params *params = WCL__CONFIG(wcl__conv_direct_params, config);
    wcl__conv_slots slots;
    wcl__operand y;
    wcl__call call;
    wcl_status status = wcl__conv_operands(emit, &slots.x, &y);
    if (status == WCL_OK)
        status = wcl__conv_unpooled(emit, &y, &slots.y);
    if (status == WCL_OK)
        status = direct_weights(emit, params, &slots.weights);
    if (status == WCL_OK)
        status = wcl__conv_bias(emit, params->cb, &slots.bias);
    if (status == WCL_OK)
        status =
            wcl__conv_direct_call(&call, params, &conv, config->family == &wcl__conv_depthwise_table, &slots);
    if (status == WCL_OK)
        status = wcl__emit_call(emit, &call);
    return status == WCL_OK ? wcl__conv_pool(emit, &slots.y, &y) : status;
}
