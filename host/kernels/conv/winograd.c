/* Winograd convolution: parameters, sizes and launches of the three-kernel and the fused forms. */
#include "kernels/conv/winograd.h"

#include <string.h>

#include "kernels/conv/winograd_tiled.h"

/* ------------------------------------------------------------------ rules */

static const char *check_tile(int m, int chunk, int pb)
{
    if (m % 2 != 0)
        return "wino_m must be 2, 4 or 6";
    return chunk % pb == 0 ? NULL : "chunk must be a multiple of pb";
}

static const char *check_transforms(int part_lanes, int cb)
{
    return part_lanes == cb || part_lanes == 1 ? NULL : "part_lanes must be cb or 1";
}

static const char *constraint(const int *values)
{
    wcl__winograd_params p;
    memcpy(&p, values, sizeof p);
    const char *reason = wcl__cells_constraint(values);
    if (!reason)
        reason = check_tile(p.wino_m, p.chunk, p.pb);
    return reason ? reason : check_transforms(p.part_lanes, p.cb);
}

static const char *tiled_constraint(const int *values)
{
    wcl__winograd_tiled_params p;
    memcpy(&p, values, sizeof p);
    const char *reason = wcl__tiled_constraint(values);
    if (!reason)
        reason = check_tile(p.wino_m, p.chunk, p.tiled.pb);
    return reason ? reason : check_transforms(p.part_lanes, p.tiled.cb);
}

static const char *fused_constraint(const int *values)
{
    wcl__winograd_fused_params p;
    memcpy(&p, values, sizeof p);
    const char *reason = wcl__cells_constraint(values);
    return reason ? reason : check_tile(p.wino_m, p.chunk, p.pb);
}

static const char *tiled_fits(const wcl__profile *profile, const int *values)
{
    wcl__tiled_params p;
    memcpy(&p, values, sizeof p);
    return wcl__tiled_fits(profile, &p, 0);
}

#define FOLLOWS .follows = "cb half wino_m act"
WCL__PARAM_TABLE(wcl__winograd_table, "winograd", WCL__WINOGRAD_PARAMS, FOLLOWS, .constraint = constraint);
WCL__PARAM_TABLE(wcl__winograd_tiled_table, "winograd_tiled", WCL__WINOGRAD_TILED_PARAMS, FOLLOWS,
                 .constraint = tiled_constraint, .fits = tiled_fits);
WCL__PARAM_TABLE(wcl__winograd_fused_table, "winograd_fused", WCL__WINOGRAD_FUSED_PARAMS, FOLLOWS,
                 .constraint = fused_constraint);

/* ------------------------------------------------------------------ defaults */

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

bool wcl__winograd_halves_pay(const wcl__profile *profile, const wcl__conv *conv, int m)
{
    const uint64_t filters = (uint64_t)(conv->c * conv->k * (m + 2) * (m + 2)) * sizeof(float);
    return !profile->simd || filters > profile->cache_bytes / 2;
}

/* Of a CPU: 32 registers of 64 bytes hold 14 x 2 sums and what feeds them; 16 of 32 bytes hold 6 x 1 sums of
 * two registers each. */
static void choose_block(const wcl__profile *profile, const wcl__conv *conv, int m, bool fused, int *pb,
                         int *kb)
{
    enum { WORTH = 1 << 20 };
    const bool wide = profile->registers == 32;
    const int64_t tiles = tiles_of(conv, m);
    *pb = wide ? 14 : 6;
    *kb = wide ? 2 : 1;
    if (tiles * conv->c * conv->k >= WORTH) /* a build of its own */
        *pb = best_block(tiles, *pb, fused);
}

void wcl__winograd_defaults(const wcl__profile *profile, const wcl__conv *conv,
                            const wcl__winograd_form *form, wcl__winograd_params *params)
{
    enum { NEIGHBOURS = 16 };
    *params = (wcl__winograd_params){.cb = form->cb,
                                     .pb = 8,
                                     .kb = 1,
                                     .half = form->half,
                                     .part_lanes = profile->simd ? form->cb : 1,
                                     .written_out = !profile->simd,
                                     .wino_m = form->m,
                                     .act = (int)form->act};
    params->group = params->part_lanes < params->cb ? NEIGHBOURS : 1;
    if (profile->simd)
        choose_block(profile, conv, form->m, false, &params->pb, &params->kb);
}

void wcl__winograd_tiled_defaults(const wcl__profile *profile, const wcl__conv *conv,
                                  const wcl__winograd_form *form, wcl__winograd_tiled_params *params)
{
    enum { NEIGHBOURS = 16 };
    const wcl__tiled_size size = {(form->m + 2) * (form->m + 2), tiles_of(conv, form->m), conv->k,
                                  form->half};
    wcl__tiled_defaults(profile, form->cb, &size, &params->tiled);
    params->part_lanes = params->written_out = 1;
    params->wino_m = form->m;
    params->act = (int)form->act;
    params->group = NEIGHBOURS;
}

void wcl__winograd_fused_defaults(const wcl__profile *profile, const wcl__conv *conv,
                                  const wcl__winograd_form *form, wcl__winograd_fused_params *params)
{
    *params = (wcl__winograd_fused_params){
        .cb = form->cb, .wino_m = form->m, .act = (int)form->act, .half = form->half};
    choose_block(profile, conv, form->m, true, &params->pb, &params->kb);
}

/* ------------------------------------------------------------------ chunks and sizes */

wcl__winograd_block wcl__winograd_block_of(const wcl__winograd_params *p)
{
    return (wcl__winograd_block){p->wino_m, p->cb, p->pb, p->kb, p->half, false, p->chunk};
}

wcl__winograd_block wcl__winograd_tiled_block(const wcl__winograd_tiled_params *p)
{
    const wcl__tiled_params *t = &p->tiled;
    return (wcl__winograd_block){p->wino_m, t->cb, t->pb, t->kb, t->half, false, p->chunk};
}

wcl__winograd_block wcl__winograd_fused_block(const wcl__winograd_fused_params *p)
{
    return (wcl__winograd_block){p->wino_m, p->cb, p->pb, p->kb, p->half, true, p->chunk};
}

/* Tiles of a fused work-item: about TILES, so that V and M stay in a core's second-level cache beside the
 * filters that pass by. 0: not even one block fits 3/4 of the local memory, or of what a core's cache is
 * likely to hold. */
static int64_t fused_tiles(const wcl__profile *profile, const wcl__winograd_block *b,
                           const wcl__winograd_sizes *s)
{
    enum { TILES = 18, CORE_CACHE = 1 << 20 };
    const int64_t room = (int64_t)WCL__MIN(profile->local_bytes, (uint64_t)CORE_CACHE) / 4 * 3;
    const int64_t tile_bytes = s->xi * (int64_t)sizeof(float) * (s->c_padded + b->cb * b->kb);
    return WCL__MIN(room / (tile_bytes * b->pb), WCL__MAX(TILES / b->pb, 1)) * b->pb;
}

/* Bytes that V and M of a GPU may have, each: no more than a buffer, and a small part of the memory; enough
 * to fill any GPU. */
static uint64_t most_scratch(const wcl__profile *profile)
{
    enum { PART_OF_MEMORY = 16, ENOUGH = 256 << 20 };
    uint64_t most = ENOUGH;
    if (profile->global_bytes > 0)
        most = WCL__MIN(most, profile->global_bytes / PART_OF_MEMORY);
    return profile->max_alloc > 0 ? WCL__MIN(most, profile->max_alloc) : most;
}

/* Tiles that three kernels handle at a time: on CPUs V and M stay in the cache together. */
static int64_t chunk_tiles(const wcl__profile *profile, const wcl__winograd_block *b,
                           const wcl__winograd_sizes *s)
{
    enum { LEAST_BLOCKS_OF_A_CPU = 4 };
    const int64_t all = wcl__round_up(s->tiles, b->pb), xi_bytes = s->xi * (int64_t)sizeof(float);
    const bool cpu = profile->simd;
    if (cpu && profile->cache_bytes == 0)
        return all;
    const int64_t fit =
        cpu ? (int64_t)(profile->cache_bytes / 2) / (xi_bytes * (s->c_padded + s->k_padded))
            : (int64_t)most_scratch(profile) / (xi_bytes * WCL__MAX(s->c_padded, s->k_padded));
    const int64_t least = cpu ? LEAST_BLOCKS_OF_A_CPU : 1;
    const int64_t chunks = wcl__ceil_div(all, WCL__MAX(fit / b->pb, least) * b->pb);
    return wcl__round_up(wcl__ceil_div(all, chunks), b->pb);
}

wcl__winograd_sizes wcl__winograd_sizes_of(const wcl__winograd_block *b, const wcl__conv *conv)
{
    wcl__winograd_sizes s;
    s.xi = (b->m + 2) * (b->m + 2);
    s.tiles_y = wcl__ceil_div(conv->oh, b->m);
    s.tiles_x = wcl__ceil_div(conv->ow, b->m);
    s.tiles = conv->n * s.tiles_y * s.tiles_x;
    s.c_padded = wcl__round_up(conv->c, b->cb);
    s.k_padded = wcl__round_up(conv->k, b->cb * b->kb);
    s.chunk = b->chunk;
    s.chunks = s.chunk > 0 ? wcl__ceil_div(s.tiles, s.chunk) : 0;
    const int64_t xi_bytes = s.xi * (int64_t)sizeof(float);
    s.v_bytes = xi_bytes * s.chunk * s.c_padded;
    s.m_bytes = xi_bytes * s.chunk * s.k_padded;
    if (b->fused) /* cl/conv/winograd_fused.cl: M_TILE */
        s.m_bytes = (int64_t)sizeof(float) * s.chunk * (s.xi * b->kb + 1) * b->cb;
    s.u_bytes = s.xi * (int64_t)(b->half ? sizeof(cl_half) : sizeof(float)) * s.c_padded * s.k_padded;
    return s;
}

int64_t wcl__winograd_chunk(const wcl__profile *profile, const wcl__winograd_block *block,
                            const wcl__conv *conv)
{
    const wcl__winograd_sizes s = wcl__winograd_sizes_of(block, conv);
    return WCL__MIN(block->fused ? fused_tiles(profile, block, &s) : chunk_tiles(profile, block, &s),
                    (int64_t)(INT32_MAX / block->pb * block->pb));
}

/* ------------------------------------------------------------------ launches */

/* cl/conv/winograd_tile.clh: wino_shape */
typedef struct wino_shape {
    cl_int tiles_y, tiles_x, first, tiles, padded, tb, c_blocks, k_blocks, pad_top, pad_left, pool;
    cl_float a, b;
} wino_shape;

static wino_shape shape_of(const wcl__winograd_block *block, const wcl__conv *conv,
                           const wcl__winograd_sizes *s, const wcl__winograd_slots *slots)
{
    return (wino_shape){.tiles_y = (cl_int)s->tiles_y,
                        .tiles_x = (cl_int)s->tiles_x,
                        .tiles = (cl_int)s->tiles,
                        .padded = (cl_int)wcl__round_up(s->tiles, block->pb),
                        .tb = (cl_int)s->chunk,
                        .c_blocks = (cl_int)(s->c_padded / block->cb),
                        .k_blocks = (cl_int)(s->k_padded / block->cb),
                        .pad_top = (cl_int)conv->pad_top,
                        .pad_left = (cl_int)conv->pad_left,
                        .pool = slots->pool,
                        .a = conv->act.a,
                        .b = conv->act.b};
}

/* The tiles of one chunk. */
static wino_shape chunk_shape(const wcl__winograd_block *block, const wcl__conv *conv,
                              const wcl__winograd_sizes *s, int64_t chunk, const wcl__winograd_slots *slots)
{
    wino_shape shape = shape_of(block, conv, s, slots);
    shape.first = (cl_int)(chunk * s->chunk);
    shape.tiles = (cl_int)WCL__MIN(s->tiles - shape.first, s->chunk);
    shape.padded = (cl_int)wcl__round_up(shape.tiles, block->pb);
    return shape;
}

static void input_args(wcl__call *call, const wcl__winograd_slots *slots, const wino_shape *shape)
{
    wcl__call_slot(call, slots->x.slot);
    wcl__call_slot(call, slots->v);
    WCL__CALL_VALUE(call, slots->x.view);
    WCL__CALL_VALUE(call, *shape);
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

static const wcl__kernel input_kernel = {"winograd_input", "cb pb part_lanes written_out wino_m"};
static const wcl__kernel gemm_kernel = {"winograd_gemm", "cb pb kb half"};
static const wcl__kernel output_kernel = {"winograd_output", "cb part_lanes written_out wino_m act"};
static const wcl__kernel fused_kernel = {"winograd_fused", "cb pb kb wino_m act half"};

/* Both transforms of one chunk: the first and the last launch. */
static wcl_status transform_calls(wcl__call calls[3], const wcl__param_table *table, const void *params,
                                  const wino_shape *shape, const wcl__winograd_slots *slots)
{
    const int lanes = wcl__params_value(table, params, "part_lanes"),
              cb = wcl__params_value(table, params, "cb");
    const int parts = cb / lanes;
    const size_t local[3] = {(size_t)parts, (size_t)wcl__params_value(table, params, "group"), 1};
    wcl_status status = wcl__call_begin(&calls[INPUT], &input_kernel, table, params);
    if (status == WCL_OK)
        status = wcl__call_begin(&calls[OUTPUT], &output_kernel, table, params);
    if (status != WCL_OK)
        return status;
    input_args(&calls[INPUT], slots, shape);
    wcl__call_range(&calls[INPUT], (int64_t)shape->c_blocks * parts, shape->padded, 1, local);
    output_args(&calls[OUTPUT], slots, shape);
    wcl__call_range(&calls[OUTPUT], (int64_t)wcl__ceil_div(slots->y.view.c, cb) * parts, shape->tiles, 1,
                    local);
    return WCL_OK;
}

wcl_status wcl__winograd_calls(wcl__call calls[3], const wcl__winograd_params *params, const wcl__conv *conv,
                               int64_t chunk, const wcl__winograd_slots *slots)
{
    const size_t one[3] = {1, 1, 1};
    const wcl__winograd_block block = wcl__winograd_block_of(params);
    const wcl__winograd_sizes sizes = wcl__winograd_sizes_of(&block, conv);
    const wino_shape shape = chunk_shape(&block, conv, &sizes, chunk, slots);
    wcl_status status = transform_calls(calls, &wcl__winograd_table, params, &shape, slots);
    if (status == WCL_OK)
        status = wcl__call_begin(&calls[GEMM], &gemm_kernel, &wcl__winograd_table, params);
    if (status != WCL_OK)
        return status;
    gemm_args(&calls[GEMM], slots, &shape);
    wcl__call_range(&calls[GEMM], shape.padded / params->pb, shape.k_blocks / params->kb, sizes.xi, one);
    return WCL_OK;
}

wcl_status wcl__winograd_tiled_calls(wcl__call calls[3], const wcl__winograd_tiled_params *params,
                                     const wcl__conv *conv, int64_t chunk, const wcl__winograd_slots *slots)
{
    const wcl__winograd_block block = wcl__winograd_tiled_block(params);
    const wcl__winograd_sizes sizes = wcl__winograd_sizes_of(&block, conv);
    const wino_shape shape = chunk_shape(&block, conv, &sizes, chunk, slots);
    const wcl__winograd_product product = {sizes.xi, shape.padded, sizes.c_padded, sizes.k_padded,
                                           slots->v, slots->u,     slots->m};
    const wcl_status status = transform_calls(calls, &wcl__winograd_tiled_table, params, &shape, slots);
    return status == WCL_OK ? wcl__winograd_tiled_call(&calls[GEMM], &params->tiled, &product) : status;
}

wcl_status wcl__winograd_fused_call(wcl__call *call, const wcl__winograd_fused_params *params,
                                    const wcl__conv *conv, const wcl__winograd_slots *slots)
{
    const size_t local[3] = {1, 1, 1};
    const wcl__winograd_block block = wcl__winograd_fused_block(params);
    const wcl__winograd_sizes sizes = wcl__winograd_sizes_of(&block, conv);
    const wino_shape shape = shape_of(&block, conv, &sizes, slots);
    const wcl_status status = wcl__call_begin(call, &fused_kernel, &wcl__winograd_fused_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, slots->x.slot);
    wcl__call_slot(call, slots->u);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y.slot);
    wcl__call_local(call, (size_t)sizes.v_bytes);
    wcl__call_local(call, (size_t)sizes.m_bytes);
    WCL__CALL_VALUE(call, slots->x.view);
    WCL__CALL_VALUE(call, slots->y.view);
    WCL__CALL_VALUE(call, shape);
    wcl__call_range(call, sizes.chunks, 1, 1, local);
    return WCL_OK;
}
