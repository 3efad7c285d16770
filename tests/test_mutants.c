/* Broken kernels must be noticed (support/mutants.h): convolutions and products. What has no
 * weights is in test_mutants_layers.c, GPUs' reductions in test_mutants_gpu.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ref/ref.h"
#include "support/mutants.h"
#include "support/op_cases.h"
#include "support/support.h"

/* ---- what runs: small tables with tails everywhere */

#define SAME3 .pads = {1, 1, 1, 1}
#define SIGMOID                \
    {                          \
        WCL__ACT_SIGMOID, 0, 0 \
    }

static const conv_row conv_rows[] = {
    {"conv", 2, 5, 7, 5, 17, 3, 3, .pads = {1, 1, 2, 2}, .dilations = {2, 1}, .strides = {1, 2},
     .scale = true, .act = SIGMOID},
    {"a row with an inside", 1, 3, 1, 40, 17, 1, 3, .pads = {0, 1, 0, 1}},
    {"a row of three vectors of filters", 1, 3, 1, 5, 33, 1, 3, .pads = {0, 1, 0, 1}},
};
/* 76 pixels: 6 blocks of 13 with a tail */
static const conv_row gemm_conv_rows[] = {
    {"gemm", 2, 17, 20, 3, 33, 3, 3, .pads = {1, 1, 2, 2}, .dilations = {2, 1}, .strides = {1, 2},
     .scale = true, .act = SIGMOID},
    {"gemm of one tap", 1, 33, 5, 3, 33, 1, 1, .strides = {1, 1}},
};
static const conv_row grouped_rows[] = {
    {"groups", 1, 6, 5, 5, 10, 3, 3, SAME3, .groups = 2},
};
static const conv_row depthwise_rows[] = {
    {"depthwise", 1, 17, 5, 6, 17, 3, 3, SAME3, .groups = 17, .scale = true, .act = SIGMOID},
};
static const conv_row winograd_rows[] = {
    {"winograd", 2, 5, 5, 7, 17, 3, 3, .pads = {1, 1, 0, 1}, .scale = true, .act = SIGMOID},
    {"in chunks", 1, 3, 25, 25, 5, 3, 3, SAME3, .cache = 1},
};
static const conv_row pooled_rows[] = {
    {"pooled", 2, 5, 9, 11, 17, 3, 3, SAME3, .scale = true, .act = SIGMOID, .pool = true},
};
/* 21 channels: two steps where a step has 16 (Intel), three where it has 8 */
static const conv_row tiled_rows[] = {
    {"tiled", 2, 21, 9, 11, 70, 3, 3, SAME3, .scale = true, .act = SIGMOID},
};
/* 100 pixels: two work-groups of 64 by 64 sums */
static const conv_row gemm_tiled_rows[] = {
    {"gemm in local memory", 2, 13, 19, 6, 70, 3, 3, .pads = {1, 1, 2, 2}, .dilations = {2, 1},
     .strides = {2, 1}, .scale = true, .act = SIGMOID},
};
static const conv_row fused_rows[] = {
    {"fused", 2, 20, 9, 11, 49, 3, 3, SAME3, .scale = true, .act = SIGMOID},
};
static const gemm_row dense_rows[] = {
    {"dense", 3, 17, 35, {1, {17}}, .trans_b = true, .scale = true, .act = SIGMOID},
    {"dense, b as it is", 1, 17, 35, {1, {17}}, .scale = true},
};
static const gemm_row dense_tiled_rows[] = {
    {"dense in local memory", 5, 140, 36, {1, {140}}, .trans_b = true, .scale = true},
};
static const gemm_row half_rows[] = {
    {"dense, halves", 3, 17, 35, {1, {17}}, .trans_b = true, .scale = true},
    {"dense, halves, b as it is", 1, 17, 35, {1, {17}}, .trans_b = false},
};
static const gemm_row matmul_rows[] = {
    {"matmul", 3, 5, 7, {2, {3, 5}}, .alpha = 0.5f, .beta = 2, .moving_b = true, .moving_bias = true},
};

/* A table of cases, which mutants name. */
typedef enum table {
    CONV,
    GEMM_CONV,
    GROUPED,
    DEPTHWISE,
    WINOGRAD,
    WINOGRAD_4,
    WINOGRAD_6,
    WINOGRAD_HALF,
    POOLED,
    FUSED,
    TILED,
    GEMM_TILED,
    DENSE_TILED,
    DENSE,
    DENSE_HALF,
    MATMUL,
    TABLES
} table;
static mutant_table tables[TABLES];

static void add(table at, op_case test, const char *only)
{
    assert_true(tables[at].count < MUTANT_CASES);
    test.only = only;
    tables[at].cases[tables[at].count++] = test;
}

#define ADD_ROWS(at, make, rows, only)            \
    for (size_t i = 0; i < WCL__COUNT(rows); i++) \
    add(at, make(&(rows)[i]), only)

static int make_tables(void **state)
{
    (void)state;
    ADD_ROWS(CONV, conv_case, conv_rows, "direct");
    ADD_ROWS(GEMM_CONV, conv_case, gemm_conv_rows, "gemm");
    ADD_ROWS(GROUPED, conv_case, grouped_rows, "direct");
    ADD_ROWS(DEPTHWISE, conv_case, depthwise_rows, "depthwise");
    ADD_ROWS(WINOGRAD, conv_case, winograd_rows, "f2");
    ADD_ROWS(WINOGRAD_4, conv_case, winograd_rows, "f4");
    ADD_ROWS(WINOGRAD_6, conv_case, winograd_rows, "f6");
    ADD_ROWS(WINOGRAD_HALF, conv_case, winograd_rows, "f2 f4");
    ADD_ROWS(POOLED, conv_case, pooled_rows, "f4");
    ADD_ROWS(FUSED, conv_case, fused_rows, "fused-f4");
    ADD_ROWS(TILED, conv_case, tiled_rows, "f4-tiled");
    ADD_ROWS(GEMM_TILED, conv_case, gemm_tiled_rows, "gemm-tiled");
    ADD_ROWS(DENSE_TILED, gemm_case, dense_tiled_rows, "gemm-tiled");
    tables[TILED].cases[0].gpu = tables[GEMM_TILED].cases[0].gpu = tables[DENSE_TILED].cases[0].gpu = true;
    ADD_ROWS(DENSE, gemm_case, dense_rows, "gemv gemm");
    tables[DENSE].cases[1].max_alloc = 1000; /* slices of 7 outputs */
    ADD_ROWS(DENSE_HALF, gemm_case, half_rows, "gemv gemm");
    for (size_t i = 0; i < MUTANT_CASES; i++)
        tables[DENSE_HALF].cases[i].half = tables[WINOGRAD_HALF].cases[i].half = true;
    ADD_ROWS(MATMUL, gemm_case, matmul_rows, "direct");
    return 0;
}

/* ---- mutants */

static const mutant mutants[] = {
    {"no bias", "conv_direct.cl", CONV, "const vec v = acc[i][k] + shift;", "const vec v = acc[i][k];"},
    {"a dropped column of taps", "conv_direct.cl", CONV, "\n            for (int t = 0; t < s.kw; t++) {",
     "\n            for (int t = 0; t + 1 < s.kw; t++) {"},
    {"a dropped row of taps", "conv_direct.cl", CONV, "\n        for (int r = 0; r < s.kh; r++) {",
     "\n        for (int r = 1; r < s.kh; r++) {"},
    {"a dropped channel", "conv_direct.cl", CONV, "c < first + s.group_channels;",
     "c + 1 < first + s.group_channels;"},
    {"a padding cell that is read", "conv_direct.cl", CONV, "at < xv.w) ? cell", "at <= xv.w) ? cell"},
    {"a row too many that is read", "conv_direct.cl", CONV, "\n            if (iy < 0 || iy >= xv.h)",
     "\n            if (iy < 0 || iy > xv.h)"},
    {"the last column not written", "conv_direct.cl", CONV, "if (ox + i < yv.w) {",
     "if (ox + i + 1 < yv.w) {"},
    {"a column too many written", "conv_direct.cl", CONV, "if (ox + i < yv.w) {", "if (ox + i <= yv.w) {"},
    {"no zeros in the tail lanes", "conv_direct.cl", CONV, "zero_tail(result, yv.c - (kb + k) * CB)",
     "result"},
    {"dilation forgotten", "conv_direct.cl", CONV, "const int iy = y0 + r * s.dilation_h;",
     "const int iy = y0 + r;"},
    {"padding forgotten", "conv_direct.cl", CONV, "x0 = ox * s.stride_w - s.pad_left;",
     "x0 = ox * s.stride_w;"},
    {"stride forgotten", "conv_direct.cl", CONV, "#define COLUMNS STRIDE_W", "#define COLUMNS 1"},
    {"a row that touches the edge taken for the inside", "conv_direct.cl", CONV, "s.dilation_w < xv.w)",
     "s.dilation_w <= xv.w)"},
    {"the second vector of filters as the first", "conv_direct.cl", CONV, "vec_load(filter + k * CB)",
     "vec_load(filter)"},
    {"a vector of filters too many written", "conv_direct.cl", CONV, "if ((kb + k) * CB < yv.c) {", "{"},
    {"all groups read the first one's channels", "conv_direct.cl", GROUPED,
     "kb * CB / s.group_filters * s.group_channels", "0"},
    {"filters packed without their scale", "pack_direct.cl", CONV,
     "row + i) * (CB * KB) + k % (CB * KB)] = src[z * row + i] * scale[k];",
     "row + i) * (CB * KB) + k % (CB * KB)] = src[z * row + i];"},
    {"filters packed for the wrong lane", "pack_direct.cl", CONV,
     "row + i) * (CB * KB) + k % (CB * KB)] = src",
     "row + i) * (CB * KB) + (CB * KB - 1 - k % (CB * KB))] = src"},
    {"depthwise: every block reads the first", "conv_depthwise.cl", DEPTHWISE,
     "vec_load(x + view_at(xv, n, kb, iy, at))", "vec_load(x + view_at(xv, n, 0, iy, at))"},
    {"depthwise: a padding cell that is read", "conv_depthwise.cl", DEPTHWISE, "if (at >= 0 && at < xv.w)",
     "if (at >= 0 && at <= xv.w)"},
    {"depthwise: a dropped tap", "conv_depthwise.cl", DEPTHWISE, "\n        for (int t = 0; t < s.kw; t++) {",
     "\n        for (int t = 1; t < s.kw; t++) {"},
    {"gemm: no bias", "conv_gemm.cl", GEMM_CONV, "acc[i][k] + vec_load(bias + (size_t)block * CB);",
     "acc[i][k];"},
    {"gemm: a dropped column of taps", "conv_gemm.cl", GEMM_CONV, "t < s.kw;", "t + 1 < s.kw;"},
    {"gemm: a dropped row of taps", "conv_gemm.cl", GEMM_CONV, "r < s.kh;", "r + 1 < s.kh;"},
    {"gemm: a dropped channel", "conv_gemm.cl", GEMM_CONV, "c < CB; c++", "c + 1 < CB; c++"},
    {"gemm: every block of channels reads the first", "conv_gemm.cl", GEMM_CONV, "        x += xv.plane;\n",
     ""},
    {"gemm: the same for one tap", "conv_gemm.cl", GEMM_CONV, "        xp += xv.plane;\n", ""},
    {"gemm: a padding column that is read", "conv_gemm.cl", GEMM_CONV, "(uint)xv.w)", "(uint)xv.w + 1)"},
    {"gemm: a row too many that is read", "conv_gemm.cl", GEMM_CONV, "(uint)xv.h &&", "(uint)xv.h + 1 &&"},
    {"gemm: dilation forgotten", "conv_gemm.cl", GEMM_CONV, "dy = r * s.dilation_h", "dy = r"},
    {"gemm: stride forgotten", "conv_gemm.cl", GEMM_CONV, "at.x * s.stride_w", "at.x"},
    {"gemm: padding forgotten", "conv_gemm.cl", GEMM_CONV, "s.stride_h - s.pad_top", "s.stride_h"},
    {"gemm: the first picture for all", "conv_gemm.cl", GEMM_CONV, "            at.n++;\n", ""},
    {"gemm: the last pixel not written", "conv_gemm.cl", GEMM_CONV, "first + i < pixels",
     "first + i + 1 < pixels"},
    {"gemm: a pixel too many written", "conv_gemm.cl", GEMM_CONV, "first + i < pixels",
     "first + i <= pixels"},
    {"gemm: the last block of pixels out of place", "conv_gemm.cl", GEMM_CONV,
     "view_at(xv, start.n, 0, start.y, start.x)", "view_at(xv, 0, 0, 0, 0) + (size_t)pb * PB * CB"},
    {"gemm: a vector of filters too many written", "conv_gemm.cl", GEMM_CONV,
     "if (mine && block < k_blocks) {", "if (mine) {"},
    {"gemm: no zeros in the tail lanes", "conv_gemm.cl", GEMM_CONV, "zero_tail(result, yv.c - block * CB)",
     "result"},
    {"gemm: filters packed without their scale", "pack_gemm.cl", GEMM_CONV,
     "src[z * row + i] * scale[k], dst + (product", "src[z * row + i], dst + (product"},
    {"gemm: filters packed tap by tap in the wrong order", "pack_gemm.cl", GEMM_CONV, "tap = i % taps",
     "tap = taps - 1 - i % taps"},
    {"F2's B: a wrong sign", "winograd_input.cl", WINOGRAD, "D(2, S(2) - S(1)) D(3,",
     "D(2, S(2) + S(1)) D(3,"},
    {"F2's B: a wrong row", "winograd_input.cl", WINOGRAD, "D(0, S(0) - S(2)) D(1,",
     "D(0, S(0) - S(1)) D(1,"},
    {"F2's G: the point -1/2 in place of -1", "pack_winograd.cl", WINOGRAD,
     "D(2, 0.5f * ((S(0) + S(2)) - S(1)))", "D(2, 0.5f * ((S(0) + 0.25f * S(2)) - 0.5f * S(1)))"},
    {"F2's G: a wrong factor", "pack_winograd.cl", WINOGRAD, "D(1, 0.5f * ((S(0)", "D(1, 0.499f * ((S(0)"},
    {"F2's A: a wrong sign", "winograd_output.cl", WINOGRAD, "D(1, (S(1) - S(2)) - S(3))",
     "D(1, (S(1) - S(2)) + S(3))"},
    {"F4's B: a wrong factor", "winograd_input.cl", WINOGRAD_4, "D(5, (S(1) + S(5)) - 2.5f * S(3))",
     "D(5, (S(1) + S(5)) - 2.25f * S(3))"},
    {"F4's G: a wrong factor", "pack_winograd.cl", WINOGRAD_4, "D(3, (1.0f / 6.0f)", "D(3, (1.0f / 5.0f)"},
    {"F4's A: a wrong factor", "winograd_output.cl", WINOGRAD_4, "D(3, 0.5f * WINO_P", "D(3, 0.25f * WINO_P"},
    {"F6's B: a wrong factor", "winograd_input.cl", WINOGRAD_6, "D(7, (S(7) - S(1)) + 5.25f",
     "D(7, (S(7) - S(1)) + 5.0f"},
    {"F6's G: a wrong sign", "pack_winograd.cl", WINOGRAD_6, "0.25f * S(2)) - 0.5f * S(1))",
     "0.25f * S(2)) + 0.5f * S(1))"},
    {"F6's A: a wrong factor", "winograd_output.cl", WINOGRAD_6, "D(5, (S(1) - S(2)) + 32.0f",
     "D(5, (S(1) - S(2)) + 16.0f"},
    {"winograd: no bias", "winograd_output.cl", WINOGRAD, "activate((e) + bias, s.a, s.b)",
     "activate((e), s.a, s.b)"},
    {"winograd: filters without their scale", "pack_winograd.cl", WINOGRAD, "weights_store((e)*scale[k],",
     "weights_store((e),"},
    {"winograd: a padding column that is read", "winograd_input.cl", WINOGRAD, "ix >= 0 && ix < xv.w;",
     "ix >= 0 && ix <= xv.w;"},
    {"winograd: the row above that is read", "winograd_input.cl", WINOGRAD, "iy >= 0 && iy < xv.h && ix",
     "iy < xv.h && ix"},
    {"winograd: a tile at the edge read whole", "winograd_input.cl", WINOGRAD, "x0 + WINO_TILE <= xv.w;",
     "x0 + WINO_TILE <= xv.w + 2;"},
    {"winograd: a dropped channel", "winograd_gemm.cl", WINOGRAD, "for (int lane = 0; lane < CB; lane++) {",
     "for (int lane = 0; lane < (CB > 4 ? 4 : CB - 1); lane++) {"},
    {"winograd: tiles that stick out written whole", "winograd_output.cl", WINOGRAD,
     "if (tile.y + i < yv.h && tile.x + j < yv.w)", "if (tile.y + i < yv.h)"},
    {"winograd: the second column of tiles not written", "winograd_output.cl", WINOGRAD,
     "if (tile.y + i < yv.h && tile.x + j < yv.w)", "if (tile.y + i < yv.h && tile.x + j + 1 < yv.w)"},
    {"winograd: the last tile not made", "winograd_output.cl", WINOGRAD, "yv.c || p >= s.tiles)",
     "yv.c || p + 1 >= s.tiles)"},
    {"winograd: no zeros in the tail lanes", "winograd_output.cl", WINOGRAD, "zero_tail(o[j], used)", "o[j]"},
    {"winograd: every chunk is the first", "winograd_input.cl", WINOGRAD, "index = s.first + p,",
     "index = p,"},
    {"pooled: the right column left out", "winograd_output.cl", POOLED, "pixel = larger(left, right);",
     "pixel = left;"},
    {"pooled: the lower row left out", "winograd_output.cl", POOLED,
     "right = larger(upper[j + 1], lower[j + 1]);", "right = upper[j + 1];"},
    {"pooled: a column too many", "winograd_output.cl", POOLED, "if (oy < yv.h && ox < yv.w)",
     "if (oy < yv.h)"},
    {"pooled: no zeros in the tail lanes", "winograd_output.cl", POOLED, "zero_tail(pixel, used)", "pixel"},
    {"fused: one tile for a whole block", "winograd_fused.cl", FUSED,
     "input_columns(t, x, xv, s, c, p0 + i0);", "input_columns(t, x, xv, s, c, p0);"},
    {"fused: a dropped channel block", "winograd_fused.cl", FUSED, "for (int c = 0; c < c_blocks; c++) {",
     "for (int c = 0; c + 1 < c_blocks; c++) {"},
    {"fused: the first filters for all", "winograd_fused.cl", FUSED, "s.k_blocks + kb) * s.c_blocks",
     "s.k_blocks) * s.c_blocks"},
    {"fused: the first vector of filters for all", "winograd_fused.cl", FUSED, "s, kb + k, p0 + p);",
     "s, kb, p0 + p);"},
    {"fused: the last tile not made", "winograd_fused.cl", FUSED, "for (int p = 0; p < left; p++)",
     "for (int p = 0; p + 1 < left; p++)"},
    {"tiled: tiles exchanged on their way into local memory", "winograd_gemm_tiled.cl", TILED,
     "row = at / CB % PB;", "row = at / CB % PB ^ 1;"},
    {"tiled: the channels of a block exchanged", "winograd_gemm_tiled.cl", TILED,
     "a[(channel + 3) * PB + row]", "a[(channel + 2) * PB + row]"},
    {"tiled: the steps after the first left out", "winograd_gemm_tiled.cl", TILED, "if (c >= channels)\n",
     "if (c >= head)\n"},
    {"tiled: a product's filters written to the wrong place", "winograd_gemm_tiled.cl", TILED,
     "(CB / 4) + j * GROUP_K] =", "(CB / 4) + (j ^ 1) * GROUP_K] ="},
    {"gemm in local memory: no bias", "conv_gemm_tiled.cl", GEMM_TILED, "four_of(&acc, i, j) + shift;",
     "four_of(&acc, i, j);"},
    {"gemm in local memory: a dropped column of taps", "conv_gemm_tiled.cl", GEMM_TILED,
     "if (++from->t == from->s.kw) {", "if (++from->t + 1 >= from->s.kw) {"},
    {"gemm in local memory: a padding column that is read", "conv_gemm_tiled.cl", GEMM_TILED,
     "(uint)from->v.w;", "(uint)from->v.w + 1;"},
    {"gemm in local memory: a row too many that is read", "conv_gemm_tiled.cl", GEMM_TILED,
     "(uint)from->v.h &&", "(uint)from->v.h + 1 &&"},
    {"gemm in local memory: a channel block beyond the last", "conv_gemm_tiled.cl", GEMM_TILED,
     "if (inside && from->block + further < blocks)", "if (inside && from->block + further + 1 < blocks)"},
    {"gemm in local memory: every step reads the first channels", "conv_gemm_tiled.cl", GEMM_TILED,
     "            from->at += KS / 4 * (uint)from->v.plane;\n", ""},
    {"gemm in local memory: stride forgotten", "conv_gemm_tiled.cl", GEMM_TILED, "at.y * s.stride_h", "at.y"},
    {"gemm in local memory: padding forgotten", "conv_gemm_tiled.cl", GEMM_TILED, "s.stride_w - s.pad_left",
     "s.stride_w"},
    {"gemm in local memory: the first picture for all", "conv_gemm_tiled.cl", GEMM_TILED,
     "vector_at(xv, at.n, from.block", "vector_at(xv, 0, from.block"},
    {"gemm in local memory: no zeros in the tail lanes", "conv_gemm_tiled.cl", GEMM_TILED,
     "zero_tail(result, yv.c - block * 4)", "result"},
    {"gemm in local memory: pixels exchanged", "conv_gemm_tiled.cl", GEMM_TILED, "* 4 + i % 4]",
     "* 4 + (i ^ 1) % 4]"},
    {"gemm in local memory: the last pixel not written", "conv_gemm_tiled.cl", GEMM_TILED, "pixel < pixels ?",
     "pixel + 1 < pixels ?"},
    {"gemm in local memory: a vector of filters too many written", "conv_gemm_tiled.cl", GEMM_TILED,
     "if (block < k_blocks) {", "{"},
    {"dense in local memory: every pixel reads the first input", "conv_gemm_tiled.cl", DENSE_TILED,
     "from.y, from.x0);", "from.y, 0);"},
    {"dense in local memory: blocks of weights packed in one place", "pack_dense_rows.cl", DENSE_TILED,
     "o / s.block * s.block_stride +", ""},
    {"one channel: another one is read", "winograd_input.cl", TILED,
     "view_at(xv, tile.n, block, iy, ix) + lane", "view_at(xv, tile.n, block, iy, ix) + (lane ^ 1)"},
    {"one channel: no zeros in the tail", "winograd_output.cl", TILED, "((used) > 0 ? (v) : 0.0f)", "(v)"},
    {"dense: no bias", "dense.cl", DENSE, "const float v = sum + bias[o0 + o];", "const float v = sum;"},
    {"dense: the last inputs left out", "dense.cl", DENSE, "for (int i = whole; i < s.inputs; i++)",
     "for (int i = whole; i + 1 < s.inputs; i++)"},
    {"dense: the last output not written", "dense.cl", DENSE, "if (o0 + o < s.outputs && m0 + m < s.m) {",
     "if (o0 + o + 1 < s.outputs && m0 + m < s.m) {"},
    {"dense: an output too many written", "dense.cl", DENSE, "if (o0 + o < s.outputs && m0 + m < s.m) {",
     "if (o0 + o == s.outputs && m0 + m < s.m) y[(size_t)(m0 + m) * s.row + s.first + o0 + o] = 0.0f; "
     "if (o0 + o < s.outputs && m0 + m < s.m) {"},
    {"dense: weights without their scale", "pack_dense_rows.cl", DENSE, "src[z * s.row + i] * scale[o]",
     "src[z * s.row + i]"},
    {"dense: columns without their scale", "pack_dense_columns.cl", DENSE, "s.first_output + o] * scale[o]",
     "s.first_output + o]"},
    {"dense: every slice has the first one's columns", "pack_dense_columns.cl", DENSE, "s.first_output + o]",
     "o]"},
    {"halves: the one behind is read", "dense.cl", DENSE_HALF, "WCL_PASTE(vload_half, CB)(0, (p))",
     "WCL_PASTE(vload_half, CB)(0, (p) + 1)"},
    {"halves: the last ones are read from the one before", "dense.cl", DENSE_HALF,
     "#define weights_one(p) vload_half(0, (p))", "#define weights_one(p) vload_half(0, (p) - 1)"},
    {"halves: two places apart", "pack_dense_rows.cl", DENSE_HALF, "vstore_half_rte((v), 0, (p))",
     "vstore_half_rte((v), 1, (p))"},
    {"winograd: U of the filter behind", "winograd_gemm.cl", WINOGRAD_HALF,
     "WCL_PASTE(vload_half, CB)(0, (p))", "WCL_PASTE(vload_half, CB)(0, (p) + 1)"},
    {"winograd: halves without their scale", "pack_winograd.cl", WINOGRAD_HALF, "weights_store((e)*scale[k],",
     "weights_store((e),"},
    {"matmul: the last products left out", "matmul.cl", MATMUL, "for (; k < s.k; k++)",
     "for (; k + 1 < s.k; k++)"},
    {"matmul: beta forgotten", "matmul.cl", MATMUL, "s.beta * bias[", "bias["},
    {"matmul: one bias for all rows", "matmul.cl", MATMUL, "bias[row * s.bias_row + column", "bias[column"},
};

int main(void)
{
    const mutant_list list = {mutants, WCL__COUNT(mutants), tables, TABLES};
    return mutants_run(&list, make_tables);
}
