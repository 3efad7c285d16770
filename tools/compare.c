#include "compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

static double half_value(uint16_t bits)
{
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double magnitude = exponent == 31  ? (fraction ? (double)NAN : (double)INFINITY)
                             : exponent == 0 ? ldexp(fraction, -24)
                                             : ldexp(1024 + fraction, exponent - 25);
    return bits >> 15 ? -magnitude : magnitude;
}

double wcl__tensor_value(const wcl_tensor *tensor, int64_t index)
{
    const void *data = tensor->data;
    switch (tensor->type) {
    case WCL_FLOAT32:
        return ((const float *)data)[index];
    case WCL_FLOAT64:
        return ((const double *)data)[index];
    case WCL_FLOAT16:
        return half_value(((const uint16_t *)data)[index]);
    case WCL_UINT8:
    case WCL_BOOL:
        return ((const uint8_t *)data)[index];
    case WCL_INT8:
        return ((const int8_t *)data)[index];
    case WCL_UINT16:
        return ((const uint16_t *)data)[index];
    case WCL_INT16:
        return ((const int16_t *)data)[index];
    case WCL_UINT32:
        return ((const uint32_t *)data)[index];
    case WCL_INT32:
        return ((const int32_t *)data)[index];
    case WCL_UINT64:
        return (double)((const uint64_t *)data)[index];
    case WCL_INT64:
        return (double)((const int64_t *)data)[index];
    case WCL_STRING:
        break;
    }
    return NAN;
}

void wcl__tensor_measure(const wcl_tensor *tensor, wcl__tensor_range *range)
{
    const int64_t count = wcl__tensor_elements(tensor);
    double sum = 0;
    int64_t finite = 0;
    *range = (wcl__tensor_range){.first_not_finite = -1};
    for (int64_t i = 0; i < count; i++) {
        const double value = wcl__tensor_value(tensor, i);
        if (!isfinite(value)) {
            if (range->not_finite++ == 0)
                range->first_not_finite = i;
            continue;
        }
        range->min = finite && range->min < value ? range->min : value;
        range->max = finite && range->max > value ? range->max : value;
        range->largest = fmax(range->largest, fabs(value));
        sum += value;
        finite++;
    }
    range->mean = finite ? sum / (double)finite : 0;
}

static bool is_real(wcl_type type)
{
    return type == WCL_FLOAT16 || type == WCL_FLOAT32 || type == WCL_FLOAT64;
}

static bool same_shape(const wcl_tensor *a, const wcl_tensor *b)
{
    return a->type == b->type && a->rank == b->rank &&
           memcmp(a->dims, b->dims, sizeof *a->dims * (size_t)a->rank) == 0;
}

static bool describe_shapes(const wcl_tensor *got, const wcl_tensor *wanted, char *reason, size_t bytes)
{
    char *a = wcl__format_shape(got->dims, got->rank), *b = wcl__format_shape(wanted->dims, wanted->rank);
    snprintf(reason, bytes, "it is %s %s, expected %s %s", wcl_type_name(got->type), a ? a : "",
             wcl_type_name(wanted->type), b ? b : "");
    free(a);
    free(b);
    return false;
}

static void describe_place(const wcl_tensor *tensor, int64_t index, char *place, size_t bytes)
{
    int64_t at[WCL_MAX_RANK] = {0};
    for (int i = tensor->rank - 1; i >= 0; i--) {
        at[i] = index % tensor->dims[i];
        index /= tensor->dims[i];
    }
    char *text = wcl__format_shape(at, tensor->rank);
    snprintf(place, bytes, "%s", text ? text : "");
    free(text);
}

bool wcl__tensor_agrees(const wcl_tensor *got, const wcl_tensor *wanted, double rtol, double atol,
                        char *reason, size_t bytes)
{
    const size_t size = wcl_type_size(got->type);
    const bool real = is_real(got->type);
    int64_t differing = 0, worst = 0;
    double worst_error = -1;
    char place[256];
    if (!same_shape(got, wanted))
        return describe_shapes(got, wanted, reason, bytes);
    const int64_t count = wcl__tensor_elements(got);
    for (int64_t i = 0; i < count; i++) {
        const double a = wcl__tensor_value(got, i), b = wcl__tensor_value(wanted, i), error = fabs(a - b);
        const bool same = memcmp((const char *)got->data + (size_t)i * size,
                                 (const char *)wanted->data + (size_t)i * size, size) == 0;
        if (same ||
            (real && (a == b || (isnan(a) && isnan(b)) || (isfinite(b) && error <= atol + rtol * fabs(b)))))
            continue;
        differing++;
        if (!(error <= worst_error)) {
            worst = i;
            worst_error = isnan(error) ? (double)INFINITY : error;
        }
    }
    if (differing == 0)
        return true;
    describe_place(got, worst, place, sizeof place);
    snprintf(reason, bytes, "%lld of %lld elements differ, most at %s: %.9g, expected %.9g",
             (long long)differing, (long long)count, place, wcl__tensor_value(got, worst),
             wcl__tensor_value(wanted, worst));
    return false;
}
