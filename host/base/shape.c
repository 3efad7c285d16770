/* Shapes, element types and window arithmetic. */
#include <stdio.h>
#include <string.h>

#include "base/desc.h"
#include "base/shape.h"

/* type, bytes of an element, name */
static const struct {
    wcl_type type;
    size_t size;
    const char *name;
} types[] = {
    {WCL_FLOAT32, 4, "float32"}, {WCL_UINT8, 1, "uint8"},     {WCL_INT8, 1, "int8"},
    {WCL_UINT16, 2, "uint16"},   {WCL_INT16, 2, "int16"},     {WCL_INT32, 4, "int32"},
    {WCL_INT64, 8, "int64"},     {WCL_STRING, 0, "string"},   {WCL_BOOL, 1, "bool"},
    {WCL_FLOAT16, 2, "float16"}, {WCL_FLOAT64, 8, "float64"}, {WCL_UINT32, 4, "uint32"},
    {WCL_UINT64, 8, "uint64"},
};

size_t wcl_type_size(wcl_type type)
{
    for (size_t i = 0; i < WCL__COUNT(types); i++)
        if (types[i].type == type)
            return types[i].size;
    return 0;
}

const char *wcl_type_name(wcl_type type)
{
    for (size_t i = 0; i < WCL__COUNT(types); i++)
        if (types[i].type == type)
            return types[i].name;
    return "unknown type";
}

int64_t wcl__shape_count(const wcl__shape *shape)
{
    int64_t count = 1;
    bool empty = false;
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dims[i] < 0)
            return -1;
        empty |= shape->dims[i] == 0;
    }
    if (empty)
        return 0;
    for (int i = 0; i < shape->rank; i++)
        if (wcl__mul_overflow(count, shape->dims[i], &count))
            return -1;
    return count;
}

bool wcl__shape_equal(const wcl__shape *a, const wcl__shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

wcl__shape_text wcl__shape_print(const wcl__shape *shape)
{
    wcl__shape_text out = {"scalar"};
    size_t length = 0;
    for (int i = 0; i < shape->rank && i < WCL_MAX_RANK; i++)
        length += (size_t)snprintf(out.text + length, sizeof out.text - length, "%s%lld", i ? "x" : "",
                                   (long long)shape->dims[i]);
    return out;
}

bool wcl__shape_broadcast(const wcl__shape *a, const wcl__shape *b, wcl__shape *out)
{
    wcl__shape result = {.rank = WCL__MAX(a->rank, b->rank)};
    for (int i = 1; i <= result.rank; i++) { /* from the last dimension; missing ones are 1 */
        int64_t da = i <= a->rank ? a->dims[a->rank - i] : 1;
        int64_t db = i <= b->rank ? b->dims[b->rank - i] : 1;
        if (da != db && da != 1 && db != 1)
            return false;
        result.dims[result.rank - i] = da == 1 ? db : da;
    }
    *out = result;
    return true;
}

wcl__shape wcl__shape_of(int rank, const int64_t *dims)
{
    wcl__shape shape = {.rank = rank};
    if (rank > 0)
        memcpy(shape.dims, dims, (size_t)rank * sizeof *dims);
    return shape;
}

wcl__shape wcl__tensor_shape(const wcl_tensor *tensor)
{
    return wcl__shape_of(tensor->rank, tensor->dims);
}

int64_t wcl__window_output(const wcl__window_axis *axis)
{
    const int64_t size = axis->size, stride = axis->stride;
    int64_t padded, extent, last_start;
    if (size < 0 || axis->kernel < 1 || stride < 1 || axis->dilation < 1 || axis->pad_before < 0 ||
        axis->pad_after < 0)
        return 0;
    /* A model's numbers may be anything: what overflows does not fit. */
    if (__builtin_add_overflow(size, axis->pad_before, &padded) ||
        __builtin_add_overflow(padded, axis->pad_after, &padded) ||
        __builtin_mul_overflow(axis->kernel - 1, axis->dilation, &extent) ||
        __builtin_add_overflow(extent, 1, &extent))
        return 0;
    if (extent > padded) /* ceil(-x / stride) + 1 */
        return axis->ceil_mode && size > 0 && extent - padded < stride;
    int64_t steps = (padded - extent) / stride;
    if (axis->ceil_mode && (padded - extent) % stride != 0 &&
        !__builtin_mul_overflow(steps + 1, stride, &last_start) && last_start < size + axis->pad_before)
        steps++;
    return steps + 1;
}
