#include "support/pack_cases.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/support.h"

/* ---- cases */

/* On both sides of what a half can hold, and between two halves: to the even one. */
static const float edges[] = {1 + 0x1p-11f,
                              1 + 3 * 0x1p-11f,
                              1 + 0x1.004p-11f,
                              -(1 + 0x1.ffcp-12f),
                              2048.5f,
                              65504,
                              65519,
                              -65520,
                              1e6f,
                              INFINITY,
                              0x1p-14f,
                              0x1.ffcp-15f,
                              0x1.ffep-15f,
                              0x1p-24f,
                              0x1p-25f,
                              -0x1.8p-24f,
                              0x1.000002p-25f,
                              0x1p-149f,
                              0.0f,
                              -0.0f,
                              0x1.402p-18f,
                              0x1.ffcp-1f,
                              0x1.ffep-1f,
                              -3.0f};
enum { EDGES = sizeof edges / sizeof *edges };

#define FILTERS(of, filters, channels, cells, vector, vectors) \
    .kind = (of), .k = (filters), .c = (channels), .taps = (cells), .cb = (vector), .kb = (vectors)
#define DIRECT(...) FILTERS(WCL__PACK_DIRECT, __VA_ARGS__)
#define GEMM(...) FILTERS(WCL__PACK_GEMM, __VA_ARGS__)
#define WINOGRAD(form, filters, channels, vector, vectors) \
    FILTERS(WCL__PACK_WINOGRAD, filters, channels, 9, vector, vectors), .m = (form)
#define DENSE(outputs, inputs) FILTERS(WCL__PACK_DENSE, outputs, inputs, 1, 16, 1)

const pack_case pack_cases[] = {
    {"as it is", FILTERS(WCL__PACK_AS_IT_IS, 5, 3, 9, 16, 1)},
    {"direct", DIRECT(32, 3, 9, 16, 1)},
    {"direct, a tail", DIRECT(17, 3, 9, 16, 1)},
    {"direct, one filter", DIRECT(1, 5, 1, 4, 1)},
    {"direct, vectors of 1", DIRECT(3, 2, 4, 1, 1)},
    {"direct, three vectors", DIRECT(97, 4, 6, 8, 3)},
    {"gemm", GEMM(32, 32, 9, 16, 1), .step = 16},
    {"gemm, tails", GEMM(17, 33, 9, 16, 2), .step = 16},
    {"gemm, one tap, a step of 8", GEMM(70, 21, 1, 4, 16), .step = 8},
    {"gemm, halves", GEMM(17, 5, 6, 4, 4), .step = 4, .half = 1},
    {"gemm, one channel", GEMM(4, 1, 25, 4, 1), .step = 4},
    {"F2", WINOGRAD(2, 32, 16, 16, 1)},
    {"F2, tails", WINOGRAD(2, 17, 5, 16, 1)},
    {"F2, halves", WINOGRAD(2, 33, 3, 16, 2), .half = 1},
    {"F4", WINOGRAD(4, 8, 8, 8, 1)},
    {"F4, tails", WINOGRAD(4, 70, 13, 4, 16)},
    {"F4, halves", WINOGRAD(4, 17, 5, 4, 1), .half = 1},
    {"F6, tails", WINOGRAD(6, 35, 7, 16, 2)},
    {"F6, one filter", WINOGRAD(6, 1, 1, 16, 1)},
    {"rows", DENSE(7, 35)},
    {"rows, halves", DENSE(7, 35), .half = 1},
    {"rows, padded to 8", DENSE(7, 35), .step = 8},
    {"rows, padded, halves", DENSE(5, 17), .step = 8, .half = 1},
    {"rows to columns", DENSE(7, 35), .to_input = true},
    {"rows in blocks", DENSE(70, 33), .block = 16, .step = 8},
    {"rows in whole blocks", DENSE(64, 32), .block = 16, .step = 8},
    {"a slice of rows", DENSE(5, 35), .first = 7, .outputs = 17},
    {"rows of a flattened picture", DENSE(3, 24), .hwc = {2, 3, 4}},
    {"rows in blocks of a flattened picture", DENSE(19, 30), .block = 8, .step = 4, .hwc = {5, 3, 2}},
    {"columns", DENSE(7, 35), .by_input = true},
    {"columns, halves", DENSE(7, 35), .by_input = true, .half = 1},
    {"columns as they are, with a scale", DENSE(7, 35), .by_input = true, .to_input = true},
    {"columns, padded to 4", DENSE(7, 35), .by_input = true, .step = 4},
    {"columns in blocks, halves", DENSE(70, 33), .by_input = true, .block = 64, .step = 8, .half = 1},
    {"a slice of columns", DENSE(5, 35), .by_input = true, .first = 7, .outputs = 17},
    {"a slice of columns to columns", DENSE(5, 9), .by_input = true, .to_input = true, .first = 12,
     .outputs = 17},
    {"columns of a flattened picture", DENSE(3, 24), .by_input = true, .hwc = {3, 2, 4}},
    {"rows in two chunks", DENSE(1500, 3001), .step = 4},
    {"columns in two chunks", DENSE(1400, 3001), .by_input = true, .first = 100, .outputs = 1500},
    {"halves at their edges", DENSE(2, EDGES / 2), .half = 1, .values = edges},
};
const size_t pack_case_total = WCL__COUNT(pack_cases);

static int64_t up(int64_t value, int64_t step)
{
    return step ? (value + step - 1) / step * step : value;
}

static int64_t all_outputs(const pack_case *t)
{
    return t->outputs ? t->outputs : t->k;
}

static bool is_dense(const pack_case *t)
{
    return t->kind == WCL__PACK_DENSE;
}

/* Elements of the source. */
static int64_t source_count(const pack_case *t)
{
    return is_dense(t) ? all_outputs(t) * t->c : t->k * t->c * t->taps;
}

int64_t pack_case_count(const pack_case *t)
{
    const int64_t k = up(t->k, t->cb * t->kb), tile = t->m + 2;
    switch (t->kind) {
    case WCL__PACK_AS_IT_IS:
        return source_count(t);
    case WCL__PACK_DIRECT:
        return k * t->c * t->taps;
    case WCL__PACK_GEMM:
        return k * up(t->c, t->step) * t->taps;
    case WCL__PACK_WINOGRAD:
        return tile * tile * k * up(t->c, t->cb);
    case WCL__PACK_DENSE:
        break;
    }
    return up(t->k, t->block) * up(t->c, t->step);
}

wcl__packing pack_case_packing(const pack_case *t, const wcl__source *source, float *scale)
{
    wcl__packing packing = {
        .key = (char *)t->name,
        .source = source,
        .bytes = (size_t)pack_case_count(t) * (t->half ? sizeof(cl_half) : sizeof(float)),
        .recipe = {.kind = t->kind,
                   .params = {.cb = t->cb, .kb = t->kb, .wino_m = t->m ? t->m : 2, .half = t->half},
                   .rows = is_dense(t) && t->by_input ? t->c : t->k,
                   .channels = t->c,
                   .taps = t->taps,
                   .step = t->step,
                   .c_padded = up(t->c, t->cb),
                   .k_padded = up(t->k, t->cb * t->kb)},
        .source_first = is_dense(t) && !t->by_input ? t->first * t->c : 0,
        .scale = scale,
        .scale_count = (size_t)t->k};
    packing.recipe.dense = (wcl__dense_packing){.inputs = t->c,
                                                .outputs = t->k,
                                                .first_output = t->by_input ? t->first : 0,
                                                .source_outputs = all_outputs(t),
                                                .by_input = t->by_input,
                                                .to_input = t->to_input,
                                                .block = t->block,
                                                .step = t->step,
                                                .hw = t->hwc[0] * t->hwc[1],
                                                .c = t->hwc[2]};
    /* a tail: fewer weights than places */
    const int64_t tile = t->m + 2, cells = t->kind == WCL__PACK_WINOGRAD ? tile * tile : t->taps;
    packing.zero_first = pack_case_count(t) != t->k * t->c * cells;
    return packing;
}

/* ---- the definition: what stands at a place */

typedef struct truth {
    double value, bound; /* bound 0: exactly this float or half */
} truth;

static truth zero(void)
{
    return (truth){0, 0};
}

/* G g G^T at (i, j) for any 3x3 filter. A row of G is a factor times (1 p p^2), p a point; the last is
 * (0 0 1). The bound is that of floats: each of the two passes has up to four roundings and constants that
 * are rounded, the scale one more. */
static truth winograd_at(const pack_case *t, const float *g, int64_t i, int64_t j, float scale)
{
    static const struct {
        double points[7], factors[7];
    } forms[] = {
        {{0, 1, -1}, {1, 0.5, 0.5}},
        {{0, M_SQRT1_2, -M_SQRT1_2, M_SQRT2, -M_SQRT2}, {1, -2.0 / 3, -2.0 / 3, 1.0 / 6, 1.0 / 6}},
        {{0, 1, -1, 2, -2, 0.5, -0.5}, {1, -2.0 / 9, -2.0 / 9, 1.0 / 90, 1.0 / 90, 32.0 / 45, 32.0 / 45}},
    };
    enum { ROUNDINGS = 12 };
    const int form = t->m / 2 - 1;
    const int64_t at[2] = {i, j};
    double rows[2][3], magnitude = 0;
    truth sum = {0, 0};
    for (int d = 0; d < 2; d++)
        for (int a = 0; a < 3; a++)
            rows[d][a] =
                at[d] == t->m + 1 ? a == 2 : forms[form].factors[at[d]] * pow(forms[form].points[at[d]], a);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            const double term = rows[0][a] * (double)g[3 * a + b] * rows[1][b] * (double)scale;
            sum.value += term;
            magnitude += fabs(term);
        }
    sum.bound = magnitude * ROUNDINGS * 0x1p-24;
    return sum;
}

static truth exact(float value, float scale)
{
    return (truth){(double)(value * scale), 0};
}

/* Filter, channel and tap (Winograd: product) at a place of packed filters. */
static truth filter_at(const pack_case *t, int64_t place, const float *source, const float *scale)
{
    const int64_t width = t->cb * t->kb, blocks = up(t->k, width) / width;
    const int64_t lane = place % width, rest = place / width;
    int64_t k, c, tap = 0, product = 0;
    if (t->kind == WCL__PACK_DIRECT) { /* [block][c][tap][lane] */
        tap = rest % t->taps;
        c = rest / t->taps % t->c;
        k = rest / t->taps / t->c * width + lane;
    } else if (t->kind == WCL__PACK_GEMM) { /* [block][step][tap][c of the step][lane] */
        const int64_t steps = up(t->c, t->step) / t->step;
        tap = rest / t->step % t->taps;
        c = rest / t->step / t->taps % steps * t->step + rest % t->step;
        k = rest / t->step / t->taps / steps * width + lane;
    } else { /* [product][block][c][lane] */
        const int64_t c_padded = up(t->c, t->cb);
        c = rest % c_padded;
        k = rest / c_padded % blocks * width + lane;
        product = rest / c_padded / blocks;
    }
    if (k >= t->k || c >= t->c)
        return zero();
    if (t->kind == WCL__PACK_WINOGRAD)
        return winograd_at(t, source + (k * t->c + c) * 9, product / (t->m + 2), product % (t->m + 2),
                           scale[k]);
    return exact(source[(k * t->c + c) * t->taps + tap], scale[k]);
}

static truth dense_at(const pack_case *t, int64_t place, const float *source, const float *scale)
{
    const int64_t inputs = up(t->c, t->step);
    int64_t o = place / inputs, i = place % inputs; /* [O][I] */
    if (t->block) {                                 /* [O/block][I][block] */
        o = place / (inputs * t->block) * t->block + place % t->block;
        i = place / t->block % inputs;
    } else if (t->to_input) { /* [I][O] */
        o = place % t->k;
        i = place / t->k;
    }
    if (o >= t->k || i >= t->c)
        return zero();
    if (t->hwc[0]) { /* the place counts in (C, H, W), the source in (H, W, C) */
        const int64_t hw = t->hwc[0] * t->hwc[1];
        i = i % hw * t->hwc[2] + i / hw;
    }
    return exact(source[t->by_input ? i * all_outputs(t) + t->first + o : (t->first + o) * t->c + i],
                 scale[o]);
}

static truth packed_at(const pack_case *t, int64_t place, const float *source, const float *scale)
{
    if (t->kind == WCL__PACK_AS_IT_IS)
        return exact(source[place], 1);
    return is_dense(t) ? dense_at(t, place, source, scale) : filter_at(t, place, source, scale);
}

/* ---- halves */

static double half_value(uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const double value = exponent == 31  ? INFINITY
                         : exponent == 0 ? ldexp(fraction, -24)
                                         : ldexp(1024 + fraction, exponent - 25);
    return half & 0x8000 ? -value : value;
}

/* The nearest half of a magnitude, found by bisection; of two the even one. */
static uint16_t nearest_half(double magnitude)
{
    uint16_t below = 0, above = 0x7c00;
    while (above - below > 1) {
        const uint16_t middle = (uint16_t)((below + above) / 2);
        if (half_value(middle) <= magnitude)
            below = middle;
        else
            above = middle;
    }
    /* infinity stands where the half behind the largest one would */
    const double next = above == 0x7c00 ? 65536 : half_value(above);
    const double down = magnitude - half_value(below), upwards = next - magnitude;
    return down < upwards || (down == upwards && below % 2 == 0) ? below : above;
}

/* ---- comparing */

pack_source pack_source_make(const pack_case *t)
{
    const int64_t count = source_count(t);
    pack_source s = {malloc((size_t)count * sizeof *s.values), malloc((size_t)t->k * sizeof *s.scale), {0}};
    assert_true(s.values && s.scale);
    test_fill(s.values, count, 17, 1.0);
    test_fill(s.scale, t->k, 18, 1.0);
    for (int64_t i = 0; t->values && i < count; i++)
        s.values[i] = t->values[i];
    for (int64_t i = 0; t->values && i < t->k; i++)
        s.scale[i] = 1;
    s.view = (wcl__source){
        .type = WCL_FLOAT32, .shape = {1, {count}}, .bytes = (size_t)count * sizeof(float), .data = s.values};
    return s;
}

void pack_source_clear(pack_source *s)
{
    free(s->values);
    free(s->scale);
}

/* Same bits, or (Winograd) near enough. */
static bool element_fits(const pack_case *t, const void *packed, int64_t place, truth wanted)
{
    if (t->half) {
        uint16_t got;
        memcpy(&got, (const uint16_t *)packed + place, sizeof got);
        if (wanted.bound == 0)
            return got == (nearest_half(fabs(wanted.value)) | (signbit(wanted.value) ? 0x8000 : 0));
        const double value = half_value(got);
        return isfinite(value) &&
               fabs(value - wanted.value) <= wanted.bound + 0x1p-11 * fabs(wanted.value) + 0x1p-25;
    }
    float got;
    memcpy(&got, (const float *)packed + place, sizeof got);
    const float value = (float)wanted.value;
    return wanted.bound == 0 ? memcmp(&got, &value, sizeof got) == 0
                             : fabs((double)got - wanted.value) <= wanted.bound;
}

/* False: `where` says what is wrong. */
bool pack_is_right(const pack_case *t, const pack_source *s, const void *packed, char *where, size_t bytes)
{
    for (int64_t place = 0; place < pack_case_count(t); place++) {
        const truth wanted = packed_at(t, place, s->values, s->scale);
        if (element_fits(t, packed, place, wanted))
            continue;
        uint32_t got = 0;
        const size_t size = t->half ? 2 : 4;
        memcpy(&got, (const char *)packed + (size_t)place * size, size);
        snprintf(where, bytes, "element %lld is 0x%x, not %.9g (within %g)", (long long)place, (unsigned)got,
                 wanted.value, wanted.bound);
        return false;
    }
    return true;
}
