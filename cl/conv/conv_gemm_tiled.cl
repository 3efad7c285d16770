/* Convolution of one group as a matrix product whose left factor is never stored, for GPUs: conv_gemm.cl's
 * formula, by work-groups that share their operands in local memory (tiled.clh).
 *
 *   y[p][k] = act(bias[k] + sum over c, r, t of x[c][oy SH - PT + r DH][ox SW - PL + t DW] w[k][c][r][t])
 *
 *   p counts the output pixels (n, oy, ox) of all pictures, so that small ones share a work-group
 *   x     [N][C/4][H][W][4] by its view; cells outside read as 0
 *   w     [ceil(K/FILTERS)][ceil(C/KS)][KH][KW][KS][FILTERS], FILTERS = 4 KB, halves with HALF = 1: a step is
 *         KS channels of one tap. By pack_gemm or the pack_dense kernels; tails are 0
 *   bias  [K rounded up to 4]
 *   y     [N][K/4][OH][OW][4] by its view; tail lanes become 0
 *         SPLIT 1, where few work-groups would leave compute units idle: [PARTS][K/4][P][4], the sums of some
 *         of the steps each, which sum_parts.cl adds up
 *
 * A dense layer of several inputs is this with x [M][I] as M pixels, whose 4 channels are a plane each.
 *
 * A work-group makes PB pixels by FILTERS filters. A work-item loads 4 channels at a time of one pixel, ITEMS
 * / PB (a whole number) vectors apart. Neighbouring work-items make neighbouring groups of 4 pixels.
 * Global size (ceil(P/PB) * PB/IP, ceil(K/FILTERS) * FILTERS/IK, PARTS), work-group (PB/IP, FILTERS/IK).
 * Local memory: tiled.clh's and 4 PB bytes.
 * Buffers are aligned to 16 bytes, as are all strides of the views: offsets count vectors of 4 floats in 31
 * bits, which reaches 32 GiB (wcl__conv_tiled_reaches).
 */
#if !defined(ACT) || !defined(SPLIT)
#error "conv_gemm_tiled.cl: ACT and SPLIT come from wcl__conv_tiled_params"
#endif
#include "view.clh"

/* host/kernels/conv/conv_tiled.c has the same struct */
typedef struct {
    int kh, kw, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    int steps, part_steps; /* of all parts; of each but the last */
    float a, b;
} tiled_shape;

/* A work-item's pixel, and the step that it loads next. */
typedef struct {
    global const float4 *x;
    view v; /* with strides of vectors */
    tiled_shape s;
    int y, x0;       /* the window's first cell */
    uint at;         /* its offset in the item's first channel block; modulo 2^32 in the padding */
    int r, t, block; /* the step's tap and the item's first channel block */
} operand;
#include "conv/tiled.clh"
#include "pointwise/activation.clh"
#include "cells.clh"
#include "tail.clh"
#include "conv/pixels.clh"
#if CB != 4 || ITEMS % PB != 0
#error "conv_gemm_tiled.cl: CB must be 4, and the work-items a multiple of PB"
#endif

static inline void load_rows(loaded *next, operand *from, int item, int count)
{
    const int dy = from->r * from->s.dilation_h, dx = from->t * from->s.dilation_w;
    const bool inside = (uint)(from->y + dy) < (uint)from->v.h && (uint)(from->x0 + dx) < (uint)from->v.w;
    const uint at = from->at + (uint)dy * from->v.row + (uint)dx * from->v.pixel;
    const int blocks = CHUNKS(from->v.c, 4);
#pragma unroll
    for (int i = 0; i < LOAD_A; i++) {
        const int further = i * (ITEMS / PB);
        next->a[i] = (float4)(0.0f);
        if (inside && from->block + further < blocks)
            next->a[i] = from->x[(int)(at + (uint)further * from->v.plane)];
    }
    if (++from->t == from->s.kw) {
        from->t = 0;
        if (++from->r == from->s.kh) {
            from->r = 0;
            from->block += KS / 4;
            from->at += KS / 4 * (uint)from->v.plane;
        }
    }
}

/* Strides, and what lies before the first element, in vectors of 4 floats. */
static inline view in_vectors(view v)
{
    v.origin /= 4;
    v.image /= 4;
    v.plane /= 4;
    v.row /= 4;
    v.pixel /= 4;
    return v;
}

static inline uint vector_at(const view v, int n, int block, int y, int x)
{
    return (uint)v.origin + (uint)n * v.image + (uint)block * v.plane + (uint)y * v.row + (uint)x * v.pixel;
}

/* A pixel beyond the last one has a row so far above the picture that all its cells read as 0. */
static inline operand find_operand(global const float4 *x, const view xv, const view yv, const tiled_shape s,
                                   int pixel, int block, int step)
{
    const place at = place_of(yv, pixel);
    const int taps = s.kh * s.kw, tap = step % taps;
    operand from = {x, xv, s};
    from.y = at.n < yv.n ? at.y * s.stride_h - s.pad_top : -(1 << 30);
    from.x0 = at.x * s.stride_w - s.pad_left;
    from.r = tap / s.kw;
    from.t = tap % s.kw;
    from.block = block + step / taps * (KS / 4);
    from.at = vector_at(xv, at.n, from.block, from.y, from.x0);
    return from;
}

kernel __attribute__((reqd_work_group_size(GROUP_P, GROUP_K, 1))) SUBGROUP_ATTRIBUTE void
conv_gemm_tiled(global const float4 *restrict x, global const weights4 *restrict w,
                global const float4 *restrict bias, global float4 *restrict y, const view xf, const view yf,
                const tiled_shape s)
{
    local float4 a[BUFFERS * A4], b[BUFFERS * B4];
    local int places[PB]; /* where the pixels' first filters are in y; -1: beyond the last pixel */
    const view xv = in_vectors(xf), yv = in_vectors(yf);
    const int p = (int)get_local_id(0), k = (int)get_local_id(1), item = k * GROUP_P + p;
    const int kb = (int)get_group_id(1), pixel = (int)get_group_id(0) * PB + item % PB;
    const int pixels = yv.n * yv.h * yv.w, k_blocks = CHUNKS(yv.c, 4);
#if SPLIT
    const int part = (int)get_group_id(2), first = part * s.part_steps,
              steps = min(s.part_steps, s.steps - first);
    const int plane = pixels;
    y += (size_t)part * k_blocks * plane;
#else
    const int first = 0, steps = s.steps, plane = yv.plane;
#endif
    operand from = find_operand(x, xv, yv, s, pixel, item / PB, first);
    sums acc;
    if (item < PB) {
        const place at = place_of(yv, pixel);
        const int found = SPLIT ? pixel : (int)vector_at(yv, at.n, 0, at.y, at.x);
        places[item] = pixel < pixels ? found : -1;
    }
    multiply(&acc, &from, w + ((size_t)kb * s.steps + first) * B4, a, b, item, p, k, KS, steps * KS);
#pragma unroll
    for (int j = 0; j < IK / 4; j++) {
        const int block = kb * (FILTERS / 4) + j * GROUP_K + k;
        if (block < k_blocks) {
            const float4 shift = SPLIT ? (float4)(0.0f) : bias[block];
#pragma unroll
            for (int i = 0; i < IP; i++) {
                const int at = places[(i / 4 * GROUP_P + p) * 4 + i % 4];
                const float4 v = four_of(&acc, i, j) + shift;
                const float4 result = SPLIT ? v : activate(v, s.a, s.b);
                if (at >= 0)
                    y[at + block * plane] = zero_tail(result, yv.c - block * 4);
            }
        }
    }
}
