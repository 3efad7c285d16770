/* Packing on the host: what the kernels of cl/pack/ do, and what says what they should. For devices whose
 * programs have none of them. */
#include <math.h>
#include <string.h>

#include "kernels/pack/pack.h"

/* ---- stored weights (cl/weights.clh) */

/* Rounded to the nearest half, of two the even one, as vstore_half_rte does. */
static cl_half half_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000)
        return (cl_half)(sign | 0x7e00); /* NaN */
    if (magnitude >= 0x477ff000)
        return (cl_half)(sign | 0x7c00); /* infinity: 65520 and more */
    if (magnitude < 0x38800000)          /* below 2^-14 halves are multiples of 2^-24 */
        return (cl_half)(sign | (uint32_t)lrintf(fabsf(value) * 0x1p24f));
    const uint32_t even = magnitude >> 13 & 1; /* 0: a tie goes down */
    return (cl_half)(sign | (magnitude - 0x38000000 + 0xfff + even) >> 13);
}

static void put(void *packed, int half, size_t at, float value)
{
    if (half)
        ((cl_half *)packed)[at] = half_of(value);
    else
        ((float *)packed)[at] = value;
}

/* ---- Winograd's transform of filters, as cl/conv/winograd.clh has it */

enum { MOST_TILE = 8 };

typedef void transform(const float *in, int stride, float *out);

#define S(i) in[(i)*stride]
#define D(i, e) out[i] = (e);
#define TRANSFORM(name)                                       \
    static void name(const float *in, int stride, float *out) \
    {                                                         \
        WINO_G(D, S)                                          \
    }
#define WINO_M 2
#include "cl/conv/winograd.clh"
TRANSFORM(transform_2)
#include "cl/conv/winograd_again.clh"
#define WINO_M 4
#include "cl/conv/winograd.clh"
TRANSFORM(transform_4)
#include "cl/conv/winograd_again.clh"
#define WINO_M 6
#include "cl/conv/winograd.clh"
TRANSFORM(transform_6)
#undef S
#undef D

/* U = G g G^T: columns, then rows, in floats and in the kernel's order. */
static void transform_filter(transform *g, int tile, const float *filter, float u[MOST_TILE][MOST_TILE])
{
    float columns[3][MOST_TILE];
    for (int j = 0; j < 3; j++)
        g(filter + j, 3, columns[j]);
    for (int i = 0; i < tile; i++)
        g(columns[0] + i, MOST_TILE, u[i]);
}

/* ---- the kinds: a row each */

static void direct_row(const wcl__pack_recipe *r, const float *row, size_t k, float scale, void *packed)
{
    const size_t width = (size_t)(r->params.cb * r->params.kb), count = (size_t)(r->channels * r->taps);
    float *out = (float *)packed + k / width * count * width + k % width;
    for (size_t i = 0; i < count; i++)
        out[i * width] = row[i] * scale;
}

static void gemm_row(const wcl__pack_recipe *r, const float *row, size_t k, float scale, void *packed)
{
    const size_t width = (size_t)(r->params.cb * r->params.kb);
    const size_t channels = (size_t)r->channels, taps = (size_t)r->taps, step = (size_t)r->step;
    const size_t steps = (channels + step - 1) / step;
    for (size_t c = 0; c < channels; c++)
        for (size_t tap = 0; tap < taps; tap++) {
            const size_t product = (k / width * steps + c / step) * taps + tap;
            put(packed, r->params.half, (product * step + c % step) * width + k % width,
                row[c * taps + tap] * scale);
        }
}

static void winograd_row(const wcl__pack_recipe *r, const float *row, size_t k, float scale, void *packed)
{
    const size_t width = (size_t)(r->params.cb * r->params.kb), c_padded = (size_t)r->c_padded;
    const int m = r->params.wino_m, tile = m + 2;
    transform *g = m == 2 ? transform_2 : m == 4 ? transform_4 : transform_6;
    float u[MOST_TILE][MOST_TILE];
    for (size_t c = 0; c < (size_t)r->channels; c++) {
        const size_t at = (k / width * c_padded + c) * width + k % width;
        transform_filter(g, tile, row + c * 9, u);
        for (int i = 0; i < tile; i++)
            for (int j = 0; j < tile; j++)
                put(packed, r->params.half, (size_t)(i * tile + j) * c_padded * (size_t)r->k_padded + at,
                    u[i][j] * scale);
    }
}

/* Of a layer that has its weights output by output, or input by input. */
static void dense_row(const wcl__pack_recipe *r, const float *row, size_t index, const float *scale,
                      void *packed)
{
    const wcl__packed_dense s = wcl__packed_dense_of(&r->dense);
    const bool by_input = r->dense.by_input;
    const size_t count = (size_t)(by_input ? s.outputs : s.inputs), hw = (size_t)s.hw, c = (size_t)s.c;
    for (size_t n = 0; n < count; n++) {
        const size_t o = by_input ? n : index, i = by_input ? index : n;
        const size_t flattened = hw == 0 ? i : i % c * hw + i / c;
        const size_t at = o / (size_t)s.block * (size_t)s.block_stride +
                          o % (size_t)s.block * (size_t)s.output_stride + flattened * (size_t)s.input_stride;
        put(packed, r->params.half, at, row[by_input ? (size_t)s.first_output + o : i] * scale[o]);
    }
}

void wcl__pack_host(const wcl__pack_recipe *recipe, const wcl__pack_rows *rows, void *packed)
{
    const size_t elements = (size_t)wcl__pack_row_elements(recipe);
    for (int64_t z = 0; z < rows->rows; z++) {
        const size_t k = (size_t)(rows->first + z);
        const float *row = rows->source + (size_t)z * elements;
        switch (recipe->kind) {
        case WCL__PACK_AS_IT_IS:
            memcpy((float *)packed + k * elements, row, elements * sizeof *row);
            break;
        case WCL__PACK_DIRECT:
            direct_row(recipe, row, k, rows->scale[k], packed);
            break;
        case WCL__PACK_GEMM:
            gemm_row(recipe, row, k, rows->scale[k], packed);
            break;
        case WCL__PACK_WINOGRAD:
            winograd_row(recipe, row, k, rows->scale[k], packed);
            break;
        case WCL__PACK_DENSE:
            dense_row(recipe, row, k, rows->scale, packed);
            break;
        }
    }
}
