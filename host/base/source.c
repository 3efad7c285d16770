/* Constants: views, memory or seeded values; and their elements as numbers. */
#include <math.h>
#include <string.h>

#include "base/source.h"
#include "base/memory.h"
#include "base/random.h"

wcl_status wcl__source_check(const wcl__source *source)
{
    return source->data && source->file ? wcl__file_check(source->file) : WCL_OK;
}

void wcl__source_read(const wcl__source *source, int64_t first, int64_t count, void *out)
{
    size_t size = wcl_type_size(source->type);
    if (count <= 0)
        return;
    if (source->data)
        memcpy(out, (const unsigned char *)source->data + (size_t)first * size, (size_t)count * size);
    else
        wcl__random_range(out, first, count, source->key, source->deviation);
}

void wcl__source_drop(const wcl__source *source, int64_t first, int64_t count)
{
    size_t size = wcl_type_size(source->type);
    if (source->data && source->file && count > 0)
        wcl__file_drop_pages(source->file, (const unsigned char *)source->data + (size_t)first * size,
                             (size_t)count * size);
}

double wcl__source_largest(const wcl__source *source)
{
    enum { CHUNK = 1 << 20 };
    const int64_t count = wcl__shape_count(&source->shape);
    const unsigned char *data = source->data;
    int32_t largest =
        0; /* the bits of magnitudes stand in the order of their values, infinity and NaN behind all others */
    if (!data)
        return wcl__random_bound(source->deviation);
    for (int64_t first = 0; first < count; first += CHUNK) {
        const int64_t end = WCL__MIN(first + CHUNK, count);
        for (int64_t i = first; i < end; i++) {
            int32_t bits;
            memcpy(&bits, data + (size_t)i * sizeof bits, sizeof bits);
            bits &= 0x7FFFFFFF;
            largest = bits > largest ? bits : largest;
        }
        wcl__source_drop(source, first, end - first);
    }
    float value;
    memcpy(&value, &largest, sizeof value);
    return isfinite(value) ? value : INFINITY;
}

void wcl__source_clear(wcl__source *source)
{
    if (source->file)
        wcl__file_release(source->file);
    wcl__free(source->owned);
    memset(source, 0, sizeof *source);
}

static double half_to_double(uint16_t half)
{
    int exponent = half >> 10 & 31, fraction = half & 1023;
    double value;
    if (exponent == 31)
        value = fraction ? NAN : INFINITY;
    else if (exponent == 0)
        value = ldexp(fraction, -24);
    else
        value = ldexp(fraction + 1024, exponent - 25);
    return half & 0x8000 ? -value : value;
}

/* Element i of memory of any alignment. */
#define READ(ctype)                                                                           \
    do {                                                                                      \
        ctype value;                                                                          \
        memcpy(&value, (const unsigned char *)data + (size_t)i * sizeof value, sizeof value); \
        result = value;                                                                       \
    } while (0)

double wcl__read_number(wcl_type type, const void *data, int64_t i)
{
    double result = 0;
    uint16_t half;
    switch (type) {
    case WCL_FLOAT32:
        READ(float);
        break;
    case WCL_FLOAT64:
        READ(double);
        break;
    case WCL_FLOAT16:
        memcpy(&half, (const unsigned char *)data + (size_t)i * sizeof half, sizeof half);
        result = half_to_double(half);
        break;
    case WCL_UINT64:
        READ(uint64_t);
        break;
    case WCL_STRING:
        break;
    default:
        result = (double)wcl__read_int(type, data, i);
    }
    return result;
}

/* Towards zero, held inside the range: plain C leaves that undefined. */
static int64_t double_to_int(double value)
{
    if (value != value)
        return 0;
    if (value >= 9223372036854775808.0)
        return INT64_MAX;
    if (value <= -9223372036854775808.0)
        return INT64_MIN;
    return (int64_t)value;
}

int64_t wcl__read_int(wcl_type type, const void *data, int64_t i)
{
    int64_t result = 0;
    switch (type) {
    case WCL_UINT8:
        READ(uint8_t);
        break;
    case WCL_INT8:
        READ(int8_t);
        break;
    case WCL_UINT16:
        READ(uint16_t);
        break;
    case WCL_INT16:
        READ(int16_t);
        break;
    case WCL_INT32:
        READ(int32_t);
        break;
    case WCL_UINT32:
        READ(uint32_t);
        break;
    case WCL_INT64:
    case WCL_UINT64: /* the same bits */
        READ(int64_t);
        break;
    case WCL_BOOL:
        result = ((const unsigned char *)data)[i] != 0;
        break;
    case WCL_FLOAT32:
    case WCL_FLOAT64:
    case WCL_FLOAT16:
        result = double_to_int(wcl__read_number(type, data, i));
        break;
    case WCL_STRING:
        break;
    }
    return result;
}
