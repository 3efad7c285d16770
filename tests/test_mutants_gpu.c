/* Broken kernels of GPUs' reductions must be noticed (support/mutants.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/ref.h"
#include "support/mutants.h"
#include "support/op_cases.h"
#include "support/support.h"

/* A work-group of 64 items that reads 1030 floats: 4 words each, one more, and 2 floats behind. */
static const gemm_row dense_rows[] = {
    {"a row", 1, 17, 1030, {1, {17}}, .trans_b = true, .act = {WCL__ACT_LEAKY_RELU, 0.5f, 0}},
    {"three rows", 3, 17, 35, {1, {17}}, .trans_b = true},
    {"five rows", 5, 9, 64, {1, {9}}, .scale = true},
};

/* Work-groups of 64 items: two pixels an item, and two items with three. */
static const pool_row pool_rows[] = {
    {"max", "GlobalMaxPool", 2, 5, 13, 10, .one_d = false},
    {"average", "GlobalAveragePool", 2, 5, 13, 10, .one_d = false},
};

/* For the largest, which then is below zero. */
static float negative[2 * 5 * 13 * 10];

static void softmax_reference(const op_case *test, const float *const *inputs, double *y)
{
    wcl__ref_softmax(&test->desc.softmax, inputs[0], y);
}

static const op_case softmax = {.name = "columns",
                                .op = "Softmax",
                                .attrs = {OP_INT("axis", 1)},
                                .inputs = {OP_RANDOM(2, 100, 3)},
                                .input_count = 1,
                                .output = OP_SHAPE(2, 100, 3),
                                .reduction = 100,
                                .gpu = true,
                                .reference = softmax_reference,
                                .desc = {.softmax = {2, 100, 3, false}}};

enum { DENSE, DENSE_HALF, SOFTMAX, POOL, TABLES };
static mutant_table tables[TABLES];

static int make_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(dense_rows); i++)
        for (int at = DENSE; at <= DENSE_HALF; at++) {
            op_case *test = &tables[at].cases[tables[at].count++];
            *test = gemm_case(&dense_rows[i]);
            test->gpu = true;
            test->half = at == DENSE_HALF;
            test->only = "gemv-group gemm-group";
        }
    tables[SOFTMAX] = (mutant_table){{softmax}, 1};
    for (size_t i = 0; i < WCL__COUNT(negative); i++)
        negative[i] = -1 - (float)(i * 37 % 101) - (float)(i / 130); /* no two planes have the same */
    for (size_t i = 0; i < WCL__COUNT(pool_rows); i++) {
        op_case *test = &tables[POOL].cases[tables[POOL].count++];
        *test = pool_case(&pool_rows[i]);
        test->gpu = true;
        test->only = "group";
        if (!test->desc.pool.average)
            test->inputs[0].floats = negative;
    }
    return 0;
}

static const mutant mutants[] = {
    {"no bias", "dense_group.cl", DENSE, "part[item][0] + bias[o];", "part[item][0];"},
    {"the last inputs left out", "dense_group.cl", DENSE, "for (int i = tail; i < inputs;",
     "for (int i = tail; i + 1 < inputs;"},
    {"the words after the unrolled ones left out", "dense_group.cl", DENSE, "for (; i < whole; i += ITEMS) {",
     "for (; i < 0; i += ITEMS) {"},
    {"a word too many", "dense_group.cl", DENSE, "whole = s.inputs / WORD;", "whole = s.inputs / WORD + 1;"},
    {"the same word over and over", "dense_group.cl", DENSE, "load_words(&next[u], &from, i + u * ITEMS);",
     "load_words(&next[u], &from, i);"},
    {"half of the items not added", "dense_group.cl", DENSE, "int width = ITEMS / 2;",
     "int width = ITEMS / 4;"},
    {"the last output not written", "dense_group.cl", DENSE, "o < s.outputs && m < s.m) {",
     "o + 1 < s.outputs && m < s.m) {"},
    {"an input too many written", "dense_group.cl", DENSE, "o < s.outputs && m < s.m) {", "o < s.outputs) {"},
    {"rows follow each other without padding", "dense_group.cl", DENSE, "s.outputs - 1) * s.stride;",
     "s.outputs - 1) * s.inputs;"},
    {"the first input for all", "dense_group.cl", DENSE, "min(m0 + m, s.m - 1) * s.inputs",
     "min(m0, s.m - 1) * s.inputs"},
    {"the first output for all", "dense_group.cl", DENSE, "min(o0 + o, s.outputs - 1)",
     "min(o, s.outputs - 1)"},
    {"packed without padding", "pack_dense_rows.cl", DENSE, "o % s.block * s.output_stride",
     "o % s.block * s.inputs"},
    {"halves: the first four of eight twice", "dense_group.cl", DENSE_HALF, "part ? w.hi : w.lo",
     "part ? w.lo : w.lo"},
    {"halves: inputs of the other four", "dense_group.cl", DENSE_HALF, "i * WORD + 4 * part",
     "i * WORD + 4 * (PARTS - 1 - part)"},
    {"the sum of half of the items", "softmax_group.cl", SOFTMAX, "int width = ITEMS / 2;",
     "int width = ITEMS / 4;"},
    {"the last element left out", "softmax_group.cl", SOFTMAX, "        sum += exp(x[l * inner] - most);",
     "        sum += l + 1 < length ? exp(x[l * inner] - most) : 0.0f;"},
    {"not divided", "softmax_group.cl", SOFTMAX, "exp(shifted) / sum;", "exp(shifted);"},
    {"pool: half of the items left out", "pool_group_max.cl", POOL, "int width = ITEMS / 2;",
     "int width = ITEMS / 4;"},
    {"pool: the last pixels left out", "pool_group_max.cl", POOL, "i < pixels; i += ITEMS",
     "i + ITEMS / 16 < pixels; i += ITEMS"},
    {"pool: each item's first pixel alone", "pool_group_max.cl", POOL, "i < pixels; i += ITEMS",
     "i < ITEMS; i += ITEMS"},
    {"pool: never below zero", "pool_group_max.cl", POOL, "sum ? 0.0f : -INFINITY", "0.0f"},
    {"pool: a row read as the first one", "pool_group_max.cl", POOL, "(size_t)row * v.row + ", ""},
    {"pool: not divided", "pool_group_average.cl", POOL, "shared[0] / ((float)xv.h * (float)xv.w)",
     "shared[0]"},
    {"pool: a mean over one row", "pool_group_average.cl", POOL, "(float)xv.h * (float)xv.w", "(float)xv.w"},
    {"pool: one channel block for all, average", "pool_group_average.cl", POOL,
     "reduce_plane(x + view_at(xv, n, block, 0, 0), shared, xv, item, true)",
     "reduce_plane(x + view_at(xv, n, 0, 0, 0), shared, xv, item, true)"},
    {"pool: one picture for all, max", "pool_group_max.cl", POOL,
     "reduce_plane(x + view_at(xv, n, block, 0, 0), shared, xv, item, false)",
     "reduce_plane(x + view_at(xv, 0, block, 0, 0), shared, xv, item, false)"},
    {"the neighbour's row", "softmax_group.cl", SOFTMAX, "+ (row - outer * inner);", ";"},
};

int main(void)
{
    const mutant_list list = {mutants, WCL__COUNT(mutants), tables, TABLES};
    return mutants_run(&list, make_tables);
}
