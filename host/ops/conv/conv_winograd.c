/* Winograd F(m x m, 3x3): 3x3 windows with stride and dilation 1, in three kernels or in one. */
#include <math.h>

#include "kernels/pack/pack.h"
#include "kernels/conv/winograd.h"
#include "ops/conv/conv.h"

/* What tells the variants apart. */
typedef struct form {
    int m;
    bool fused;
} form;

static wcl__winograd_params params_of(const form *form, const wcl__op_node *node, const wcl__facts *facts,
                                      wcl__blocks blocks)
{
    wcl__winograd_params params;
    const wcl__winograd_form wanted = {blocks.out, form->m, form->fused, node->half, node->epilogue.act.kind};
    wcl__winograd_defaults(facts, &node->desc.conv, &wanted, &params);
    return params;
}

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

static const char *supports(const form *form, const wcl__op_node *node, const wcl__facts *facts)
{
    const char *reason = wcl__conv_winograd_refuses(node);
    if (reason)
        return reason;
    const int block = wcl__facts_block(facts);
    const wcl__winograd_params params = params_of(form, node, facts, (wcl__blocks){block, block});
    if (form->m == 6 && params.half)
        return "it keeps fp32 weights, halves are too coarse for it";
    if (!form->fused)
        return NULL;
    if (!(facts->type & CL_DEVICE_TYPE_CPU))
        return "only on CPUs, whose local memory is a cache";
    return wcl__winograd_sizes_of(facts, &params, &node->desc.conv).chunk > 0
               ? NULL
               : "a block of tiles does not fit the local memory";
}

static int layouts(const wcl__facts *facts, wcl__blocks out[WCL__MAX_BLOCKS])
{
    const int block = wcl__facts_block(facts);
    out[0] = (wcl__blocks){block, block};
    return 1;
}

static size_t memory(const form *form, const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks)
{
    const wcl__winograd_params params = params_of(form, node, facts, blocks);
    const wcl__winograd_sizes sizes = wcl__winograd_sizes_of(facts, &params, &node->desc.conv);
    return (size_t)(sizes.u_bytes + (form->fused ? 0 : sizes.v_bytes + sizes.m_bytes));
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

/* Do the filters stay in a CPU's last cache, beside what passes through it? A virtual machine's is shared
 * with the cores of others: what counts is its own cores' part, at most 16 MiB each. */
static bool stay_cached(const wcl__facts *facts, const wcl__winograd_sizes *s)
{
    const uint64_t own = (uint64_t)facts->compute_units * (16 << 20);
    return (uint64_t)s->u_bytes <= WCL__MIN(facts->cache_bytes, own) / 2;
}

/* Of the device's peak. docs/winograd.md has the measurements: the product reaches 0.85 of it on CPUs, less
 * where V and M go through the last cache, a transform's operation costs as much as two of the product's (it
 * is bound by the cache), and F6, whose V and M are largest, pays less where vectors are wide. A fused kernel
 * wants a work-group for every unit, all the time, and filters from the cache: each unit reads all of them.
 */
static double efficiency_of(const form *form, const wcl__facts *facts, const wcl__winograd_params *params,
                            const wcl__winograd_sizes *s, double products, double transforms)
{
    const double units = facts->compute_units;
    const bool costly = form->m == 6 && facts->vector_width >= 16;
    double efficiency = form->fused ? (costly ? 0.8 : 0.85) : costly ? 0.65 : 0.78;
    if (!(facts->type & CL_DEVICE_TYPE_CPU))
        return params->tiled ? 0.6 : 0.15;
    if (form->fused && !stay_cached(facts, s))
        efficiency *= 0.85;
    if (form->fused)
        efficiency *= (double)s->chunks / (units * ceil((double)s->chunks / units));
    return efficiency * (2 * products + transforms) / (2 * products + 2 * transforms);
}

/* Input, output and filters; the filters again for each chunk if they don't stay in the cache, and what the
 * three kernels hand on, if that doesn't. */
static double bytes_of(const wcl__op_node *node, const wcl__facts *facts, const wcl__winograd_params *params,
                       const wcl__winograd_sizes *s)
{
    const bool cached = facts->type & CL_DEVICE_TYPE_CPU && facts->cache_bytes > 0;
    double bytes = wcl__conv_io_bytes(node) + (double)s->u_bytes;
    if (cached && !stay_cached(facts, s))
        bytes += (double)s->u_bytes * ((double)s->chunks - 1);
    if (!cached && !params->fused)
        bytes += 2.0 * (double)(s->v_bytes + s->m_bytes) * (double)s->chunks;
    return bytes;
}

static void cost_of(const form *form, const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks,
                    wcl__cost *cost)
{
    const wcl__conv *conv = &node->desc.conv;
    const wcl__winograd_params params = params_of(form, node, facts, blocks);
    const wcl__winograd_sizes s = wcl__winograd_sizes_of(facts, &params, conv);
    const double padded = (double)wcl__round_up(s.tiles, params.pb);
    const double products = (double)s.xi * padded * (double)s.c_padded * (double)s.k_padded;
    const double transforms = transform_flops(form->m, true) * padded * (double)s.c_padded +
                              transform_flops(form->m, false) * (double)s.tiles * (double)conv->k;
    cost->flops = 2 * products + transforms;
    cost->bytes = bytes_of(node, facts, &params, &s);
    cost->efficiency = efficiency_of(form, facts, &params, &s, products, transforms);
    cost->launches = form->fused ? 1 : 3 * (int)s.chunks;
}

static wcl_status weights(const wcl__emit *emit, const wcl__winograd_params *winograd,
                          const wcl__winograd_sizes *sizes, int *slot)
{
    const wcl__conv *conv = &emit->node->desc.conv;
    const wcl__pack_params params = {
        .cb = winograd->cb, .kb = winograd->kb, .wino_m = winograd->wino_m, .half = winograd->half};
    wcl__packing packing = {.bytes = (size_t)sizes->u_bytes,
                            .zero_first = sizes->k_padded != conv->k || sizes->c_padded != conv->c,
                            .recipe = {.kind = WCL__PACK_WINOGRAD,
                                       .params = params,
                                       .rows = conv->k,
                                       .channels = conv->c,
                                       .taps = 9,
                                       .c_padded = sizes->c_padded,
                                       .k_padded = sizes->k_padded}};
    return wcl__conv_weights(emit, &packing, slot);
}

static wcl_status emit_fused(const wcl__emit *emit, const wcl__winograd_params *params, const wcl__conv *conv,
                             const wcl__winograd_sizes *sizes, const wcl__winograd_slots *slots)
{
    wcl__call call;
    const wcl_status status = wcl__winograd_fused_call(&call, params, conv, sizes, slots);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

static wcl_status emit_three(const wcl__emit *emit, const wcl__winograd_params *params, const wcl__conv *conv,
                             const wcl__winograd_sizes *sizes, wcl__winograd_slots *slots)
{
    wcl__call calls[3];
    wcl_status status =
        wcl__steps_workspace(emit->steps, "transformed input", (size_t)sizes->v_bytes, &slots->v);
    if (status == WCL_OK)
        status = wcl__steps_workspace(emit->steps, "products", (size_t)sizes->m_bytes, &slots->m);
    for (int64_t chunk = 0; chunk < sizes->chunks && status == WCL_OK; chunk++) {
        status = wcl__winograd_calls(calls, params, conv, sizes, chunk, slots);
        for (int i = 0; i < 3 && status == WCL_OK; i++)
            status = wcl__emit_call(emit, &calls[i]);
    }
    return status;
}

static wcl_status emit_form(const form *form, const wcl__emit *emit)
{
    const wcl__conv conv = wcl__conv_of(emit->node);
    const wcl__winograd_params params = params_of(form, emit->node, emit->facts, emit->blocks);
    const wcl__winograd_sizes sizes = wcl__winograd_sizes_of(emit->facts, &params, &conv);
    wcl__winograd_slots slots = {.pool = emit->node->epilogue.pool};
    wcl_status status = wcl__conv_operands(emit, &slots.x, &slots.y);
    if (status == WCL_OK)
        status = weights(emit, &params, &sizes, &slots.u);
    if (status == WCL_OK)
        status = wcl__conv_bias(emit, params.cb, &slots.bias);
    if (status == WCL_OK)
        status = form->fused ? emit_fused(emit, &params, &conv, &sizes, &slots)
                             : emit_three(emit, &params, &conv, &sizes, &slots);
    return status;
}

/* The functions that conv.c's table names: these, for one form. */
#define FORM(name, ...)                                                                                     \
    static const form name = {__VA_ARGS__};                                                                 \
    const char *wcl__conv_##name##_supports(const wcl__op_node *node, const wcl__facts *facts)              \
    {                                                                                                       \
        return supports(&name, node, facts);                                                                \
    }                                                                                                       \
    int wcl__conv_##name##_blocks(const wcl__op_node *node, const wcl__facts *facts,                        \
                                  wcl__blocks out[WCL__MAX_BLOCKS])                                         \
    {                                                                                                       \
        (void)node;                                                                                         \
        return layouts(facts, out);                                                                         \
    }                                                                                                       \
    void wcl__conv_##name##_cost(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks,     \
                                 wcl__cost *cost)                                                           \
    {                                                                                                       \
        cost_of(&name, node, facts, blocks, cost);                                                          \
    }                                                                                                       \
    size_t wcl__conv_##name##_memory(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks blocks) \
    {                                                                                                       \
        return memory(&name, node, facts, blocks);                                                          \
    }                                                                                                       \
    void wcl__conv_##name##_parameters(const wcl__op_node *node, const wcl__facts *facts,                   \
                                       wcl__blocks blocks, char *out, size_t bytes)                         \
    {                                                                                                       \
        const wcl__winograd_params params = params_of(&name, node, facts, blocks);                          \
        wcl__params_print(&wcl__winograd_table, &params, out, bytes);                                       \
    }                                                                                                       \
    wcl_status wcl__conv_##name##_emit(const wcl__emit *emit)                                               \
    {                                                                                                       \
        return emit_form(&name, emit);                                                                      \
    }

FORM(f2, 2, false)
FORM(f4, 4, false)
FORM(f6, 6, false)
FORM(fused_f4, 4, true)
FORM(fused_f6, 6, true)
