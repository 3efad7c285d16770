/* Winograd F(m x m, 3x3): 3x3 windows with stride and dilation 1, in three kernels (whose product is by
 * work-items or by work-groups) or in one. */
#include <math.h>

#include "kernels/pack/pack.h"
#include "kernels/conv/winograd.h"
#include "ops/conv/conv.h"

const char *wcl__conv_winograd_refuses(const wcl__op_node *node)
{
    const wcl__conv *conv = &node->desc.conv;
    if (node->inputs[WCL__CONV_X]->shape.rank != 4)
        return "only 2-D";
    if (conv->kh != 3 || conv->kw != 3)
        return "only 3x3 windows";
    if (conv->stride_h != 1 || conv->stride_w != 1)
        return "only stride 1";
    if (conv->dilation_h != 1 || conv->dilation_w != 1)
        return "only dilation 1";
    return conv->groups == 1 ? wcl__conv_many_pixels(conv) : "only one group";
}

/* ---- formats and configurations */

static int offers(const wcl__op_node *node, const wcl__target *target, int m, wcl__offer *out)
{
    const int block = target->profile->block;
    out[0] = wcl__offer_blocks(block, block);
    wcl__offer_weights(&out[0],
                       target->half && wcl__winograd_halves_pay(target->profile, &node->desc.conv, m));
    return 1;
}

/* NULL, or why the form is not for this node and these formats. */
static const char *refuses(const wcl__op_node *node, const wcl__offer *offer, int m)
{
    const char *reason = wcl__conv_winograd_refuses(node);
    if (!reason && m == 6 && wcl__offer_half(offer))
        return "it keeps fp32 weights, halves are too coarse for it";
    return reason;
}

static wcl__winograd_form form_of(const wcl__op_node *node, const wcl__offer *offer, int m)
{
    return (wcl__winograd_form){wcl__block_out(offer), m, wcl__offer_half(offer), node->epilogue.act.kind};
}

static const char *configure_three(const wcl__op_node *node, const wcl__target *target,
                                   const wcl__offer *offer, int m, wcl__winograd_params *p)
{
    const wcl__winograd_form form = form_of(node, offer, m);
    const char *reason = refuses(node, offer, m);
    if (reason)
        return reason;
    wcl__winograd_defaults(target->profile, &node->desc.conv, &form, p);
    wcl__target_given(target, node, &wcl__winograd_table, p);
    const wcl__winograd_block block = wcl__winograd_block_of(p);
    p->chunk = (int)wcl__winograd_chunk(target->profile, &block, &node->desc.conv);
    return NULL;
}

static const char *configure_tiled(const wcl__op_node *node, const wcl__target *target,
                                   const wcl__offer *offer, int m, wcl__winograd_tiled_params *p)
{
    const wcl__winograd_form form = form_of(node, offer, m);
    const char *reason = refuses(node, offer, m);
    if (!reason && !target->profile->simt)
        reason = "only on GPUs";
    if (reason)
        return reason;
    wcl__winograd_tiled_defaults(target->profile, &node->desc.conv, &form, p);
    wcl__target_given(target, node, &wcl__winograd_tiled_table, p);
    const wcl__winograd_block block = wcl__winograd_tiled_block(p);
    p->chunk = (int)wcl__winograd_chunk(target->profile, &block, &node->desc.conv);
    return NULL;
}

/* With the chunk that is given, if one is. */
static bool fits_local(const wcl__op_node *node, const wcl__target *target, wcl__winograd_fused_params given)
{
    wcl__target_given(target, node, &wcl__winograd_fused_table, &given);
    const wcl__winograd_block block = wcl__winograd_fused_block(&given);
    const wcl__winograd_sizes s = wcl__winograd_sizes_of(&block, &node->desc.conv);
    return (uint64_t)(s.v_bytes + s.m_bytes) <= target->profile->local_bytes;
}

static const char *configure_fused(const wcl__op_node *node, const wcl__target *target,
                                   const wcl__offer *offer, int m, wcl__winograd_fused_params *p)
{
    const wcl__winograd_form form = form_of(node, offer, m);
    const char *reason = refuses(node, offer, m);
    if (!reason && !target->profile->simd)
        reason = "only on CPUs, whose local memory is a cache";
    if (reason)
        return reason;
    wcl__winograd_fused_defaults(target->profile, &node->desc.conv, &form, p);
    wcl__target_given(target, node, &wcl__winograd_fused_table, p);
    const wcl__winograd_block block = wcl__winograd_fused_block(p);
    p->chunk = (int)wcl__winograd_chunk(target->profile, &block, &node->desc.conv);
    if (p->chunk == 0)
        return "a block of tiles does not fit the local memory";
    return fits_local(node, target, *p) ? NULL : "chunk is of more tiles than fit the local memory";
}

static wcl__winograd_block block_of(const wcl__config *config)
{
    if (config->family == &wcl__winograd_table)
        return wcl__winograd_block_of(WCL__CONFIG(wcl__winograd_params, config));
    if (config->family == &wcl__winograd_tiled_table)
        return wcl__winograd_tiled_block(WCL__CONFIG(wcl__winograd_tiled_params, config));
    return wcl__winograd_fused_block(WCL__CONFIG(wcl__winograd_fused_params, config));
}

/* ---- costs */

size_t wcl__conv_winograd_memory(const wcl__way *way)
{
    const wcl__winograd_block block = block_of(&way->config);
    const wcl__winograd_sizes s = wcl__winograd_sizes_of(&block, &way->node->desc.conv);
    return (size_t)(s.u_bytes + (block.fused ? 0 : s.v_bytes + s.m_bytes));
}

/* Additions and multiplications of a tile's channel on its way in, and out: two passes of one-dimensional
 * transforms. */
static double transform_flops(int m, bool input)
{
    static const double one[2][3] = {
        {4, 18, 42}, {4, 14, 30}}; /* of one transform: out, in by m / 2 - 1, as winograd.clh writes it */
    const int tile = m + 2, which = m / 2 - 1;
    return input ? one[0][which] * 2 * tile : one[1][which] * (tile + m);
}

/* Do the filters stay in a CPU's own part of the last cache, beside what passes through it? */
static bool stay_cached(const wcl__profile *profile, const wcl__winograd_sizes *s)
{
    return (uint64_t)s->u_bytes <= profile->own_cache / 2;
}

/* Of the device's peak. docs/winograd.md has the measurements: the product reaches 0.85 of it on CPUs, less
 * where V and M go through the last cache, a transform's operation costs as much as two of the product's (it
 * is bound by the cache), and F6, whose V and M are largest, pays less where vectors are wide. A fused kernel
 * wants a work-group for every unit, all the time, and filters from the cache: each unit reads all
 * of them. */
static double efficiency_of(const wcl__way *way, const wcl__profile *profile, const wcl__winograd_sizes *s,
                            double products, double transforms)
{
    const wcl__winograd_block block = block_of(&way->config);
    const double units = profile->units;
    const bool costly = block.m == 6 && profile->registers == 32;
    double efficiency = block.fused ? (costly ? 0.8 : 0.85) : costly ? 0.65 : 0.78;
    if (!profile->simd)
        return way->config.family == &wcl__winograd_tiled_table ? 0.6 : 0.15;
    if (block.fused && !stay_cached(profile, s))
        efficiency *= 0.85;
    if (block.fused)
        efficiency *= (double)s->chunks / (units * ceil((double)s->chunks / units));
    return efficiency * (2 * products + transforms) / (2 * products + 2 * transforms);
}

/* Input, output and filters; the filters again for each chunk if they don't stay in the cache, and what the
 * three kernels hand on, if that doesn't. */
static double bytes_of(const wcl__op_node *node, const wcl__profile *profile, bool fused,
                       const wcl__winograd_sizes *s)
{
    const bool cached = profile->simd && profile->cache_bytes > 0;
    double bytes = wcl__conv_io_bytes(node) + (double)s->u_bytes;
    if (cached && !stay_cached(profile, s))
        bytes += (double)s->u_bytes * ((double)s->chunks - 1);
    if (!cached && !fused)
        bytes += 2.0 * (double)(s->v_bytes + s->m_bytes) * (double)s->chunks;
    return bytes;
}

void wcl__conv_winograd_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost)
{
    const wcl__conv *conv = &way->node->desc.conv;
    const wcl__winograd_block block = block_of(&way->config);
    const wcl__winograd_sizes s = wcl__winograd_sizes_of(&block, conv);
    const double padded = (double)wcl__round_up(s.tiles, block.pb);
    const double products = (double)s.xi * padded * (double)s.c_padded * (double)s.k_padded;
    const double transforms = transform_flops(block.m, true) * padded * (double)s.c_padded +
                              transform_flops(block.m, false) * (double)s.tiles * (double)conv->k;
    cost->flops = 2 * products + transforms;
    cost->bytes = bytes_of(way->node, profile, block.fused, &s);
    cost->efficiency = efficiency_of(way, profile, &s, products, transforms);
    cost->launches = block.fused ? 1 : 3 * (int)s.chunks;
}

/* ---- steps */

static wcl_status weights(const wcl__emit *emit, const wcl__winograd_block *block,
                          const wcl__winograd_sizes *sizes, int *slot)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    wcl__packing packing = {
        .bytes = (size_t)sizes->u_bytes,
        .zero_first = sizes->k_padded != conv->k || sizes->c_padded != conv->c,
        .recipe = {.kind = WCL__PACK_WINOGRAD,
                   .params = {.cb = block->cb, .kb = block->kb, .wino_m = block->m, .half = block->half},
                   .rows = conv->k,
                   .channels = conv->c,
                   .taps = 9,
                   .c_padded = sizes->c_padded,
                   .k_padded = sizes->k_padded}};
    return wcl__conv_weights(emit, &packing, slot);
}

static wcl_status emit_fused(const wcl__emit *emit, const wcl__conv *conv, const wcl__winograd_slots *slots)
{
    const wcl__winograd_fused_params *params = WCL__CONFIG(wcl__winograd_fused_params, &emit->way->config);
    wcl__call call;
    const wcl_status status = wcl__winograd_fused_call(&call, params, conv, slots);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

static wcl_status chunk_calls(const wcl__config *config, const wcl__conv *conv, int64_t chunk,
                              const wcl__winograd_slots *slots, wcl__call calls[3])
{
    if (config->family == &wcl__winograd_table)
        return wcl__winograd_calls(calls, WCL__CONFIG(wcl__winograd_params, config), conv, chunk, slots);
    return wcl__winograd_tiled_calls(calls, WCL__CONFIG(wcl__winograd_tiled_params, config), conv, chunk,
                                     slots);
}

static wcl_status emit_three(const wcl__emit *emit, const wcl__conv *conv, const wcl__winograd_sizes *sizes,
                             wcl__winograd_slots *slots)
{
    wcl__call calls[3];
    wcl_status status =
        wcl__steps_workspace(emit->steps, "transformed input", (size_t)sizes->v_bytes, &slots->v);
    if (status == WCL_OK)
        status = wcl__steps_workspace(emit->steps, "products", (size_t)sizes->m_bytes, &slots->m);
    for (int64_t chunk = 0; chunk < sizes->chunks && status == WCL_OK; chunk++) {
        status = chunk_calls(&emit->way->config, conv, chunk, slots, calls);
        for (int i = 0; i < 3 && status == WCL_OK; i++)
            status = wcl__emit_call(emit, &calls[i]);
    }
    return status;
}

wcl_status wcl__conv_winograd_emit(const wcl__emit *emit)
{
    const wcl__conv conv = wcl__conv_of(emit->node);
    const wcl__winograd_block block = block_of(&emit->way->config);
    const wcl__winograd_sizes sizes = wcl__winograd_sizes_of(&block, &conv);
    wcl__winograd_slots slots = {.pool = emit->node->epilogue.pool};
    wcl_status status = wcl__conv_operands(emit, &slots.x, &slots.y);
    if (status == WCL_OK)
        status = weights(emit, &block, &sizes, &slots.u);
    if (status == WCL_OK)
        status = wcl__conv_bias(emit, block.cb, &slots.bias);
    if (status == WCL_OK)
        status = block.fused ? emit_fused(emit, &conv, &slots) : emit_three(emit, &conv, &sizes, &slots);
    return status;
}

/* ---- the functions that conv.c's table names: these, for one tile size */

#define OFFERS(form, m)                                                                \
    int wcl__conv_##form##_offers(const wcl__op_node *node, const wcl__target *target, \
                                  wcl__offer out[WCL__MAX_OFFERS])                     \
    {                                                                                  \
        return offers(node, target, m, out);                                           \
    }
#define CONFIGURE(form, m, kind)                                                                  \
    const char *wcl__conv_##form##_configure(const wcl__op_node *node, const wcl__target *target, \
                                             const wcl__offer *offer, void *params)               \
    {                                                                                             \
        return configure_##kind(node, target, offer, m, params);                                  \
    }
OFFERS(f2, 2)
OFFERS(f4, 4)
OFFERS(f6, 6)
CONFIGURE(f2, 2, three)
CONFIGURE(f4, 4, three)
CONFIGURE(f6, 6, three)
CONFIGURE(f2_tiled, 2, tiled)
CONFIGURE(f4_tiled, 4, tiled)
CONFIGURE(f6_tiled, 6, tiled)
CONFIGURE(fused_f4, 4, fused)
CONFIGURE(fused_f6, 6, fused)
