#include "kernels/conv/winograd.h"

#include <string.h>

static const char *constraint(const int *values)
{
    wcl__winograd_params p;
    memcpy(&p, values, sizeof p);
    const char *reason = wcl__cells_constraint(values);
    if (!reason && p.wino_m % 2 != 0)
        reason = "wino_m must be 2, 4 or 6";
    if (!reason && p.lanes != p.cb && p.lanes != 1)
        reason = "lanes must be cb or 1";
    if (!reason && p.fused && (p.tiled || p.lanes != p.cb))
        reason = "a fused kernel is not tiled, and its lanes are cb";
    return reason;
}

WCL__PARAM_TABLE(wcl__winograd_table, "winograd", WCL__WINOGRAD_PARAMS, constraint);

/* cl/conv/winograd_shape.clh: wino_shape */
typedef struct wino_shape {
    cl_int tiles_y, tiles_x, first, tiles, padded, tb, c_blocks, k_blocks, pad_top, pad_left, pool;
    cl_float a, b;
} wino_shape;

static int64_t tiles_of(const wcl__conv *conv, int m)
{
    return conv->n * wcl__ceil_div(conv->oh, m) * wcl__ceil_div(conv->ow, m);
}

/* The block of at most `most` tiles with the least to do: each block of padded tiles costs its products, and
 * a pass over the filters that takes as long as the products of PASS tiles (measured: docs/winograd.md). Of
 * fused kernels, which are long to build, there are two sizes only. */
static int best_block(int64_t tiles, int most, bool fused)
{
    enum { PASS = 8 };
    int best = most;
    for (int pb = most; pb > most / 2; pb -= fused ? (most - 1) / 2 : 1)
        if (wcl__ceil_div(tiles, pb) * (pb + PASS) < wcl__ceil_div(tiles, best) * (best + PASS))
            best = pb;
    return best;
}

/* Halves save memory's bandwidth and cost a conversion at each use: they pay where the filters do not stay in
 * a CPU's cache. */
static bool halves_pay(const wcl__facts *facts, const wcl__conv *conv, int m)
{
    const uint64_t filters = (uint64_t)(conv->c * conv->k * (m + 2) * (m + 2)) * sizeof(float);
    return !(facts->type & CL_DEVICE_TYPE_CPU) || filters > facts->cache_bytes / 2;
}

void wcl__winograd_defaults(const wcl__facts *facts, const wcl__conv *conv, const wcl__winograd_form *form,
                            wcl__winograd_params *params)
{
    enum { WORTH = 1 << 20 };
    const int64_t tiles = tiles_of(conv, form->m);
    wcl__params_standard(&wcl__winograd_table, params);
    params->cb = params->lanes = form->cb;
    params->wino_m = form->m;
    params->fused = form->fused;
    params->half = form->half && halves_pay(facts, conv, form->m);
    params->act = (int)form->act;
    if (facts->type & CL_DEVICE_TYPE_CPU) {
        /* 32 registers of 64 bytes hold 14 x 2 sums and what feeds them; 16 of 32 bytes hold 6 x 1 sums of
         * two registers each */
        const bool wide = facts->vector_width >= 16;
        params->pb = wide ? 14 : 6;
        params->kb = wide ? 2 : 1;
        if (tiles * conv->c * conv->k >= WORTH) /* a build of its own */
            params->pb = best_block(tiles, params->pb, form->fused);
    } else {
        const wcl__tiled_size size = {(form->m + 2) * (form->m + 2), tiles, conv->k, form->half};
        wcl__tiled_params tiled;
        wcl__tiled_defaults(facts, form->cb, &size, &tiled);
        params->lanes = 1;
        params->tiled = facts->type & CL_DEVICE_TYPE_GPU && !wcl__tiled_refuses(facts, &tiled, 0);
        params->pb = params->tiled ? tiled.pb : 8;
        params->kb = params->tiled ? tiled.kb : 1;
        params->unroll = 1;
    }
}

/* Tiles of a fused work-item: about TILES, so that V and M stay in a core's second-level cache beside the
 * filters that pass by. 0: not even one block fits 3/4 of the local memory, or of what a core's cache is
 * likely to hold. */
static int64_t fused_tiles(const wcl__facts *facts, const wcl__winograd_params *p,
                           const wcl__winograd_sizes *s)
{
    enum { TILES = 18, CORE_CACHE = 1 << 20 };
    const int64_t room = (int64_t)WCL__MIN(facts->local_bytes, (uint64_t)CORE_CACHE) / 4 * 3;
    const int64_t tile_bytes = s->xi * (int64_t)sizeof(float) * (s->c_padded + p->cb * p->kb);
    return WCL__MIN(room / (tile_bytes * p->pb), WCL__MAX(TILES / p->pb, 1)) * p->pb;
}

/* Bytes that V and M of a GPU may have, each: no more than a buffer, and a small part of the memory; enough
 * to fill any GPU. */
static uint64_t most_scratch(const wcl__facts *facts)
{
    enum { PART_OF_MEMORY = 16, ENOUGH = 256 << 20 };
    uint64_t most = ENOUGH;
    if (facts->global_bytes > 0)
        most = WCL__MIN(most, facts->global_bytes / PART_OF_MEMORY);
    return facts->max_alloc > 0 ? WCL__MIN(most, facts->max_alloc) : most;
}

/* Tiles that three kernels handle at a time: on CPUs V and M stay in the cache together. */
static int64_t chunk_tiles(const wcl__facts *facts, const wcl__winograd_params *p,
                           const wcl__winograd_sizes *s)
{
    enum { LEAST_BLOCKS_OF_A_CPU = 4 };
    const int64_t all = wcl__round_up(s->tiles, p->pb), xi_bytes = s->xi * (int64_t)sizeof(float);
    const bool cpu = facts->type & CL_DEVICE_TYPE_CPU;
    if (cpu && facts->cache_bytes == 0)
        return all;
    const int64_t fit = cpu ? (int64_t)(facts->cache_bytes / 2) / (xi_bytes * (s->c_padded + s->k_padded))
                            : (int64_t)most_scratch(facts) / (xi_bytes * WCL__MAX(s->c_padded, s->k_padded));
    const int64_t chunks = wcl__ceil_div(all, WCL__MAX(fit / p->pb, cpu ? LEAST_BLOCKS_OF_A_CPU : 1) * p->pb);
    return wcl__round_up(wcl__ceil_div(all, chunks), p->pb);
}

wcl__winograd_sizes wcl__winograd_sizes_of(const wcl__facts *facts, const wcl__winograd_params *params,
                                           const wcl__conv *conv)
{
    wcl__winograd_sizes s;
    s.xi = (params->wino_m + 2) * (params->wino_m + 2);
    s.tiles_y = wcl__ceil_div(conv->oh, params->wino_m);
    s.tiles_x = wcl__ceil_div(conv->ow, params->wino_m);
    s.tiles = conv->n * s.tiles_y * s.tiles_x;
    s.c_padded = wcl__round_up(conv->c, params->cb);
    s.k_padded = wcl__round_up(conv->k, params->cb * params->kb);
    s.chunk = params->fused ? fused_tiles(facts, params, &s) : chunk_tiles(facts, params, &s);
    s.chunks = s.chunk ? wcl__ceil_div(s.tiles, s.chunk) : 0;
    const int64_t xi_bytes = s.xi * (int64_t)sizeof(float);
    s.v_bytes = xi_bytes * s.chunk * s.c_padded;
    s.m_bytes = xi_bytes * s.chunk * s.k_padded;
    if (params->fused) /* cl/conv/winograd_fused.cl: M_TILE */
        s.m_bytes = (int64_t)sizeof(float) * s.chunk * (s.xi * params->kb + 1) * params->cb;
    s.u_bytes = s.xi * (int64_t)(params->half ? sizeof(cl_half) : sizeof(float)) * s.c_padded * s.k_padded;
    wcl__tiled_for(facts, params->cb, params->pb, params->kb, &s.tiled);
    s.tiled.half = params->half;
    return s;
}

static wino_shape shape_of(const wcl__winograd_params *params, const wcl__conv *conv,
                           const wcl__winograd_sizes *s, const wcl__winograd_slots *slots)
{
    return (wino_shape){.tiles_y = (cl_int)s->tiles_y,
                        .tiles_x = (cl_int)s->tiles_x,
                        .tiles = (cl_int)s->tiles,
                        .padded = (cl_int)wcl__round_up(s->tiles, params->pb),
                        .tb = (cl_int)s->chunk,
                        .c_blocks = (cl_int)(s->c_padded / params->cb),
                        .k_blocks = (cl_int)(s->k_padded / params->cb),
                        .pad_top = (cl_int)conv->pad_top,
                        .pad_left = (cl_int)conv->pad_left,
                        .pool = slots->pool,
                        .a = conv->act.a,
                        .b = conv->act.b};
}

static void input_args(wcl__call *call, const wcl__winograd_slots *slots, const wino_shape *shape)
{
    wcl__call_slot(call, slots->x.slot);
    wcl__call_slot(call, slots->v);
    WCL__CALL_VALUE(call, slots->x.view);
    WCL__CALL_VALUE(call, *shape);
}

static wcl_status tiled_call(wcl__call *call, const wcl__winograd_sizes *s, const wcl__winograd_slots *slots,
                             int64_t padded)
{
    const wcl__winograd_product product = {s->xi,    padded,   s->c_padded, s->k_padded,
                                           slots->v, slots->u, slots->m};
    return wcl__winograd_tiled_call(call, &s->tiled, &product);
}

static void gemm_args(wcl__call *call, const wcl__winograd_slots *slots, const wino_shape *shape)
{
    wcl__call_slot(call, slots->v);
    wcl__call_slot(call, slots->u);
    wcl__call_slot(call, slots->m);
    WCL__CALL_VALUE(call, *shape);
}

static void output_args(wcl__call *call, const wcl__winograd_slots *slots, const wino_shape *shape)
{
    wcl__call_slot(call, slots->m);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y.slot);
    WCL__CALL_VALUE(call, slots->y.view);
    WCL__CALL_VALUE(call, *shape);
}

enum { INPUT, GEMM, OUTPUT };
static const wcl__kernel kernels[3] = {
    [INPUT] = {"winograd_input", "cb pb lanes unroll wino_m"},
    [GEMM] = {"winograd_gemm", "cb pb kb half"},
    [OUTPUT] = {"winograd_output", "cb lanes unroll wino_m act"},
};
static const wcl__kernel fused = {"winograd_fused", "cb pb kb lanes unroll wino_m act half"};

wcl_status wcl__winograd_calls(wcl__call calls[3], const wcl__winograd_params *params, const wcl__conv *conv,
                               const wcl__winograd_sizes *sizes, int64_t chunk,
                               const wcl__winograd_slots *slots)
{
    enum { NEIGHBOURS = 16 };
    const int parts = params->cb / params->lanes;
    const size_t one[3] = {1, 1, 1}, local[3] = {(size_t)parts, parts > 1 ? NEIGHBOURS : 1, 1};
    wcl_status status = WCL_OK;
    wino_shape shape = shape_of(params, conv, sizes, slots);
    shape.first = (cl_int)(chunk * sizes->chunk);
    shape.tiles = (cl_int)WCL__MIN(sizes->tiles - shape.first, sizes->chunk);
    shape.padded = (cl_int)wcl__round_up(shape.tiles, params->pb);
    for (int i = 0; i < 3 && status == WCL_OK; i++)
        status = wcl__cells_begin(&calls[i], &kernels[i], &wcl__winograd_table, params);
    if (status != WCL_OK)
        return status;
    input_args(&calls[INPUT], slots, &shape);
    wcl__call_range(&calls[INPUT], (int64_t)shape.c_blocks * parts, shape.padded, 1, local);
    gemm_args(&calls[GEMM], slots, &shape);
    wcl__call_range(&calls[GEMM], shape.padded / params->pb, shape.k_blocks / params->kb, sizes->xi, one);
    output_args(&calls[OUTPUT], slots, &shape);
    wcl__call_range(&calls[OUTPUT], wcl__ceil_div(conv->k, params->cb) * parts, shape.tiles, 1, local);
    return params->tiled ? tiled_call(&calls[GEMM], sizes, slots, shape.padded) : WCL_OK;
}

wcl_status wcl__winograd_fused_call(wcl__call *call, const wcl__winograd_params *params,
                                    const wcl__conv *conv, const wcl__winograd_sizes *sizes,
                                    const wcl__winograd_slots *slots)
{
    const size_t local[3] = {1, 1, 1};
    const wino_shape shape = shape_of(params, conv, sizes, slots);
    const wcl_status status = wcl__cells_begin(call, &fused, &wcl__winograd_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, slots->x.slot);
    wcl__call_slot(call, slots->u);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y.slot);
    wcl__call_local(call, (size_t)sizes->v_bytes);
    wcl__call_local(call, (size_t)sizes->m_bytes);
    WCL__CALL_VALUE(call, slots->x.view);
    WCL__CALL_VALUE(call, slots->y.view);
    WCL__CALL_VALUE(call, shape);
    wcl__call_range(call, sizes->chunks, 1, 1, local);
    return WCL_OK;
}
