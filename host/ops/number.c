/* Elements of any type as integers and as numbers. */
#include "ops/number.h"

#include <math.h>
#include <string.h>

typedef struct integer_type {
    wcl_type type;
    bool is_signed;
    double least, most; /* what a float64 may hold and still convert */
} integer_type;

static const integer_type integers[] = {
    {WCL_BOOL, false, 0.0, 1.0},
    {WCL_UINT8, false, 0.0, UINT8_MAX},
    {WCL_INT8, true, INT8_MIN, INT8_MAX},
    {WCL_UINT16, false, 0.0, UINT16_MAX},
    {WCL_INT16, true, INT16_MIN, INT16_MAX},
    {WCL_UINT32, false, 0.0, UINT32_MAX},
    {WCL_INT32, true, INT32_MIN, INT32_MAX},
    {WCL_INT64, true, -9223372036854775808.0, 9223372036854774784.0},
    {WCL_UINT64, false, 0.0, 18446744073709549568.0},
};

static const integer_type *find_integer(wcl_type type)
{
    for (size_t i = 0; i < WCL__COUNT(integers); i++)
        if (integers[i].type == type)
            return &integers[i];
    return NULL;
}

bool wcl__type_is_integer(wcl_type type)
{
    return find_integer(type) != NULL;
}

bool wcl__type_is_float(wcl_type type)
{
    return type == WCL_FLOAT32 || type == WCL_FLOAT64;
}

void wcl__write_int(wcl_type type, void *data, int64_t i, int64_t value)
{
    const size_t size = wcl_type_size(type);
    unsigned char *at = (unsigned char *)data + (size_t)i * size;
    const uint64_t bits = type == WCL_BOOL ? value != 0 : (uint64_t)value;
    const uint8_t bits8 = (uint8_t)bits;
    const uint16_t bits16 = (uint16_t)bits;
    const uint32_t bits32 = (uint32_t)bits;
    switch (size) {
    case 1:
        memcpy(at, &bits8, sizeof bits8);
        break;
    case 2:
        memcpy(at, &bits16, sizeof bits16);
        break;
    case 4:
        memcpy(at, &bits32, sizeof bits32);
        break;
    default:
        memcpy(at, &bits, sizeof bits);
    }
}

void wcl__write_number(wcl_type type, void *data, int64_t i, double value)
{
    const float single = (float)value;
    const integer_type *integer = find_integer(type);
    if (type == WCL_FLOAT32) {
        memcpy((char *)data + (size_t)i * sizeof single, &single, sizeof single);
    } else if (type == WCL_FLOAT64) {
        memcpy((char *)data + (size_t)i * sizeof value, &value, sizeof value);
    } else if (type == WCL_BOOL) {
        wcl__write_int(type, data, i, value != 0.0); /* NaN is true */
    } else if (integer) {
        const double bounded = isnan(value) ? 0.0 : WCL__MIN(WCL__MAX(value, integer->least), integer->most);
        wcl__write_int(type, data, i, integer->is_signed ? (int64_t)bounded : (int64_t)(uint64_t)bounded);
    }
}
