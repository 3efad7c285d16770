/* The interpreter of random networks: operators that move elements, and shape arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/random_step.h"

static void concat_step(graph_step *s)
{
    wcl__ref_array inputs[NODE_INPUTS];
    s->shape = s->in[0]->shape;
    s->type = s->in[0]->type;
    const int axis = step_axis(s, step_int(s, "axis", 0), s->shape.rank);
    for (int i = 0; i < s->node->input_count && s->valid; i++) {
        inputs[i] = step_array(s, i);
        s->valid = inputs[i].shape.rank == s->shape.rank && s->in[i]->type == s->type;
        for (int d = 0; d < s->shape.rank && s->valid; d++)
            s->valid = d == axis || inputs[i].shape.dims[d] == s->shape.dims[d];
        s->shape.dims[axis] += i > 0 ? inputs[i].shape.dims[axis] : 0;
    }
    if (s->y && s->valid)
        wcl__ref_concat(inputs, (size_t)s->node->input_count, axis, s->y);
}

static void transpose_step(graph_step *s)
{
    const wcl__ref_array x = step_array(s, 0);
    int64_t perm[WCL_MAX_RANK];
    const graph_attr *given = graph_attr_find(s->node, "perm");
    s->shape = x.shape;
    s->valid = !given || given->count == x.shape.rank;
    for (int d = 0; d < x.shape.rank && s->valid; d++) {
        perm[d] = step_list(s, "perm", d, x.shape.rank - 1 - d);
        s->shape.dims[d] = x.shape.dims[perm[d]];
    }
    if (s->y && s->valid)
        wcl__ref_transpose(&x, perm, s->y);
}

static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* numpy's start:end:step of one dimension. */
static int64_t slice_axis(int64_t size, int64_t *start, int64_t end, int64_t step)
{
    int64_t count = 0;
    *start = *start < 0 ? *start + size : *start;
    end = end < -size - 1 ? -1 : end < 0 ? end + size : end;
    *start = within(*start, 0, step > 0 ? size : size - 1);
    end = within(end, step > 0 ? 0 : -1, size);
    for (int64_t i = *start; step > 0 ? i < end : i > end; i += step)
        count++;
    return count;
}

/* Starts, ends, axes or steps: attributes before opset 10, then inputs. -1: absent. */
static int slice_list(const graph_step *s, int input, const char *name, int64_t out[ATTR_INTS])
{
    if (s->graph->opset >= 10)
        return step_ints(s, input, out);
    const graph_attr *attr = graph_attr_find(s->node, name);
    for (int i = 0; attr && i < attr->count; i++)
        out[i] = attr->ints[i];
    return attr ? attr->count : -1;
}

static void slice_step(graph_step *s)
{
    const wcl__ref_array x = step_array(s, 0);
    int64_t starts[ATTR_INTS], ends[ATTR_INTS], axes[ATTR_INTS], steps[ATTR_INTS];
    int64_t start[WCL_MAX_RANK], step[WCL_MAX_RANK];
    const int count = slice_list(s, 1, "starts", starts);
    const bool given = slice_list(s, 2, "ends", ends) == count && count >= 0;
    const bool has_axes = slice_list(s, 3, "axes", axes) == count,
               has_steps = slice_list(s, 4, "steps", steps) == count;
    s->shape = x.shape;
    s->type = s->in[0]->type;
    s->valid = given;
    for (int d = 0; d < x.shape.rank; d++) {
        start[d] = 0;
        step[d] = 1;
    }
    for (int i = 0; i < count && s->valid; i++) {
        const int axis = step_axis(s, has_axes ? axes[i] : i, x.shape.rank);
        start[axis] = starts[i];
        step[axis] = has_steps ? steps[i] : 1;
        s->shape.dims[axis] = slice_axis(x.shape.dims[axis], &start[axis], ends[i], step[axis]);
    }
    if (s->y && s->valid)
        wcl__ref_slice(&x, start, step, &s->shape, s->y);
}

static void gather_step(graph_step *s)
{
    const wcl__ref_array x = step_array(s, 0);
    int64_t indices[ATTR_INTS];
    const int count = step_ints(s, 1, indices), axis = step_axis(s, step_int(s, "axis", 0), x.shape.rank);
    const wcl__shape *wanted = &s->in[1]->shape;
    s->type = s->in[0]->type;
    s->shape = (wcl__shape){0};
    for (int i = 0; i < count && s->valid; i++)
        s->valid = indices[i] >= -x.shape.dims[axis] && indices[i] < x.shape.dims[axis];
    for (int d = 0; d < x.shape.rank && s->valid; d++) {
        if (d != axis)
            s->shape.dims[s->shape.rank++] = x.shape.dims[d];
        for (int i = 0; d == axis && i < wanted->rank; i++)
            s->shape.dims[s->shape.rank++] = wanted->dims[i];
    }
    if (s->y && s->valid)
        wcl__ref_gather(&x, axis, indices, count, s->y);
}

/* ---- the same values in another shape */

static void copy(graph_step *s)
{
    const int64_t count = wcl__shape_count(&s->in[0]->shape);
    s->type = s->in[0]->type;
    s->valid = s->valid && wcl__shape_count(&s->shape) == count;
    for (int64_t i = 0; s->y && s->valid && i < count; i++)
        s->y[i] = (double)s->x[0][i];
}

static void same_step(graph_step *s)
{
    s->shape = s->in[0]->shape;
    copy(s);
}

static void flatten_step(graph_step *s)
{
    const wcl__shape *x = &s->in[0]->shape;
    const int64_t axis = step_int(s, "axis", 1), first = axis < 0 ? axis + x->rank : axis;
    s->valid = first >= 0 && first <= x->rank;
    s->shape = (wcl__shape){2, {1, 1}};
    for (int d = 0; d < x->rank; d++)
        s->shape.dims[d < first ? 0 : 1] *= x->dims[d];
    copy(s);
}

static void reshape_step(graph_step *s)
{
    const wcl__shape *x = &s->in[0]->shape;
    int64_t to[ATTR_INTS], known = 1;
    const int count = step_ints(s, 1, to);
    s->shape = (wcl__shape){.rank = count};
    for (int d = 0; d < count; d++) {
        s->valid = s->valid && (to[d] != 0 || d < x->rank);
        s->shape.dims[d] = to[d] == 0 && d < x->rank ? x->dims[d] : to[d];
        known *= to[d] == -1 ? 1 : s->shape.dims[d];
    }
    for (int d = 0; d < count && s->valid; d++)
        if (to[d] == -1)
            s->shape.dims[d] = known > 0 ? wcl__shape_count(x) / known : 0;
    copy(s);
}

/* Axes of Squeeze and Unsqueeze as bits of `rank`; -1: not given. */
static int axis_bits(graph_step *s, int rank)
{
    int64_t axes[ATTR_INTS];
    int count = -1, bits = 0;
    const graph_attr *attr = graph_attr_find(s->node, "axes");
    if (s->graph->opset >= 13)
        count = step_ints(s, 1, axes);
    else if (attr)
        memcpy(axes, attr->ints, sizeof axes);
    if (s->graph->opset < 13 && attr)
        count = attr->count;
    if (rank < 0) /* how many there are */
        return count;
    for (int i = 0; i < count; i++)
        bits |= 1 << step_axis(s, axes[i], rank);
    return count < 0 ? -1 : bits;
}

static void squeeze_step(graph_step *s)
{
    const wcl__shape *x = &s->in[0]->shape;
    const int bits = axis_bits(s, x->rank);
    s->shape = (wcl__shape){0};
    for (int d = 0; d < x->rank; d++)
        if (bits < 0 ? x->dims[d] != 1 : !(bits >> d & 1))
            s->shape.dims[s->shape.rank++] = x->dims[d];
    copy(s);
}

static void unsqueeze_step(graph_step *s)
{
    const wcl__shape *x = &s->in[0]->shape;
    const int rank = x->rank + axis_bits(s, -1), bits = axis_bits(s, rank);
    int next = 0;
    s->valid = s->valid && bits >= 0 && rank <= WCL_MAX_RANK;
    s->shape = (wcl__shape){.rank = rank};
    for (int d = 0; d < rank && s->valid; d++) {
        const bool added = bits >> d & 1;
        s->valid = added || next < x->rank;
        s->shape.dims[d] = added ? 1 : x->dims[WCL__MIN(next, WCL_MAX_RANK - 1)];
        next += !added;
    }
    copy(s);
}

/* ---- shape arithmetic */

static void shape_step(graph_step *s)
{
    const wcl__shape *x = &s->in[0]->shape;
    s->type = WCL_INT64;
    s->shape = (wcl__shape){1, {x->rank}};
    for (int d = 0; s->y && d < x->rank; d++)
        s->y[d] = (double)x->dims[d];
}

static void cast_step(graph_step *s)
{
    s->shape = s->in[0]->shape;
    copy(s);
    s->type = (wcl_type)step_int(s, "to", 0);
}

static void fill_step(graph_step *s)
{
    int64_t dims[ATTR_INTS];
    const int count = step_ints(s, 0, dims);
    const graph_attr *value = graph_attr_find(s->node, "value");
    s->shape = wcl__shape_of(count, dims);
    for (int64_t i = 0; s->y && i < wcl__shape_count(&s->shape); i++)
        s->y[i] = value ? (double)value->floats[0] : 0;
}

static void constant_step(graph_step *s)
{
    const graph_attr *one = graph_attr_find(s->node, "value_float"),
                     *list = graph_attr_find(s->node, "value_floats");
    s->shape = (wcl__shape){list ? 1 : 0, {list ? list->count : 0}};
    s->valid = one || list;
    for (int i = 0; s->y && i < (list ? list->count : 1); i++)
        s->y[i] = (double)(list ? list->floats[i] : one->f);
}

graph_step_function graph_move_find(const char *op)
{
    static const struct {
        const char *op;
        graph_step_function run;
    } operators[] = {
        {"Concat", concat_step},        {"Transpose", transpose_step}, {"Slice", slice_step},
        {"Gather", gather_step},        {"Identity", same_step},       {"Dropout", same_step},
        {"Flatten", flatten_step},      {"Reshape", reshape_step},     {"Squeeze", squeeze_step},
        {"Unsqueeze", unsqueeze_step},  {"Shape", shape_step},         {"Cast", cast_step},
        {"ConstantOfShape", fill_step}, {"Constant", constant_step},
    };
    for (size_t i = 0; i < WCL__COUNT(operators); i++)
        if (strcmp(operators[i].op, op) == 0)
            return operators[i].run;
    return NULL;
}
