/* Operators that only move elements. Each walks its output and says where an element comes from. */
#include "ref/ref.h"

/* The index along each dimension of element `flat` of a shape in C order. */
static void unravel(const wcl__shape *shape, int64_t flat, int64_t index[WCL_MAX_RANK])
{
    for (int i = shape->rank - 1; i >= 0; i--) {
        index[i] = flat % shape->dims[i];
        flat /= shape->dims[i];
    }
}

static int64_t ravel(const wcl__shape *shape, const int64_t index[WCL_MAX_RANK])
{
    int64_t flat = 0;
    for (int i = 0; i < shape->rank; i++)
        flat = flat * shape->dims[i] + index[i];
    return flat;
}

void wcl__ref_concat(const wcl__ref_array *inputs, size_t count, int axis, double *y)
{
    wcl__shape shape = inputs[0].shape;
    for (size_t i = 1; i < count; i++)
        shape.dims[axis] += inputs[i].shape.dims[axis];
    for (int64_t flat = 0; flat < wcl__shape_count(&shape); flat++) {
        int64_t index[WCL_MAX_RANK];
        const wcl__ref_array *input = inputs;
        unravel(&shape, flat, index);
        for (; index[axis] >= input->shape.dims[axis]; input++)
            index[axis] -= input->shape.dims[axis];
        y[flat] = input->data[ravel(&input->shape, index)];
    }
}

void wcl__ref_transpose(const wcl__ref_array *x, const int64_t *perm, double *y)
{
    wcl__shape shape = x->shape;
    for (int i = 0; i < shape.rank; i++)
        shape.dims[i] = x->shape.dims[perm[i]];
    for (int64_t flat = 0; flat < wcl__shape_count(&shape); flat++) {
        int64_t index[WCL_MAX_RANK], from[WCL_MAX_RANK];
        unravel(&shape, flat, index);
        for (int i = 0; i < shape.rank; i++)
            from[perm[i]] = index[i];
        y[flat] = x->data[ravel(&x->shape, from)];
    }
}

void wcl__ref_gather(const wcl__ref_array *x, int axis, const int64_t *indices, int64_t count, double *y)
{
    wcl__shape shape = x->shape;
    shape.dims[axis] = count;
    for (int64_t flat = 0; flat < wcl__shape_count(&shape); flat++) {
        int64_t index[WCL_MAX_RANK];
        unravel(&shape, flat, index);
        index[axis] = indices[index[axis]];
        if (index[axis] < 0)
            index[axis] += x->shape.dims[axis];
        y[flat] = x->data[ravel(&x->shape, index)];
    }
}

void wcl__ref_slice(const wcl__ref_array *x, const int64_t *start, const int64_t *step,
                    const wcl__shape *y_shape, double *y)
{
    for (int64_t flat = 0; flat < wcl__shape_count(y_shape); flat++) {
        int64_t index[WCL_MAX_RANK];
        unravel(y_shape, flat, index);
        for (int i = 0; i < y_shape->rank; i++)
            index[i] = start[i] + index[i] * step[i];
        y[flat] = x->data[ravel(&x->shape, index)];
    }
}
