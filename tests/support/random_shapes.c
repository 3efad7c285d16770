/* What the generator of random networks adds: moves, views and shape arithmetic. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "support/random_maker.h"

static int make_transpose(maker *m, int x, const int64_t *perm)
{
    graph_node node = begin_node("Transpose", x, -1, -1);
    if (x < 0)
        return -1;
    if (perm)
        add_ints(&node, "perm", shape_of(m, x)->rank, perm);
    return make_node(m, &node);
}

static const int64_t to_nhwc[] = {0, 2, 3, 1}, to_nchw[] = {0, 3, 1, 2}, nwc[] = {0, 2, 1};

static int transpose(maker *m)
{
    const int x = pick_value(m, 0), rank = x < 0 ? 0 : shape_of(m, x)->rank;
    int64_t perm[WCL_MAX_RANK];
    if (rank == 3 && chance(m, 50))
        return make_transpose(m, x, nwc);
    if (rank == 4 && chance(m, 60))
        return make_transpose(m, x, chance(m, 60) ? to_nhwc : to_nchw);
    for (int d = 0; d < rank; d++)
        perm[d] = d;
    for (int d = rank - 1; d > 0; d--) {
        const int other = draw(m, d + 1);
        const int64_t kept = perm[d];
        perm[d] = perm[other];
        perm[other] = kept;
    }
    return rank < 1 ? -1 : make_transpose(m, x, chance(m, 15) ? NULL : perm);
}

/* A convolution inside of a network that is NHWC, or NWC, outside; now and then two of the same pictures. */
static int nhwc_conv(maker *m)
{
    const int rank = chance(m, 85) ? 4 : 3, x = pick_value(m, rank);
    const int turned = make_transpose(m, x, rank == 4 ? to_nchw : nwc);
    int y = make_conv(m, turned);
    if (y >= 0 && chance(m, 25))
        make_transpose(m, make_conv(m, turned), rank == 4 ? to_nhwc : nwc);
    if (y >= 0 && chance(m, 40))
        y = make_activation(m, y);
    y = make_transpose(m, y, rank == 4 ? to_nhwc : nwc);
    if (y >= 0 && chance(m, 60)) {
        const int64_t row[] = {shape_of(m, y)->dims[rank - 1]};
        const int constant = make_constant(m, 1, row, 0.5, chance(m, 30));
        y = constant < 0 ? -1 : make_simple(m, chance(m, 50) ? "Add" : "Mul", y, constant);
    }
    return y >= 0 && chance(m, 50) ? make_activation(m, y) : y;
}

/* Flattened in NHWC order, before a dense layer; twice with the same weights now and then. */
static int nhwc_flatten(maker *m)
{
    const int x = pick_value(m, 4), turned = make_transpose(m, x, to_nhwc);
    if (turned < 0)
        return -1;
    graph_node flatten = begin_node("Flatten", turned, -1, -1);
    const int flat = make_node(m, &flatten);
    const int64_t k = flat < 0 ? 0 : shape_of(m, flat)->dims[1], dims[] = {k, PICK(m, 4, 10, 33)};
    const int weight = flat < 0 ? -1 : make_constant(m, 2, dims, 1 / sqrt((double)k), false);
    const int y = weight < 0 ? -1 : make_simple(m, "MatMul", flat, weight);
    if (y >= 0 && chance(m, 50)) {
        flatten = begin_node("Flatten", x, -1, -1);
        const int other = make_node(m, &flatten);
        return other < 0 ? -1 : make_simple(m, "MatMul", other, weight);
    }
    return y >= 0 && chance(m, 40) ? make_dense(m, flat) : y;
}

static int concat(maker *m)
{
    graph_node node = begin_node("Concat", pick_value(m, chance(m, 60) ? 4 : 0), -1, -1);
    if (node.inputs[0] < 0 || shape_of(m, node.inputs[0])->rank == 0)
        return -1;
    const wcl__shape first = *shape_of(m, node.inputs[0]);
    const int axis = chance(m, 65) && first.rank > 1 ? 1 : draw(m, first.rank);
    int fitting[POOL_MOST], count = 0;
    for (int i = 0; i < m->pool_count; i++) {
        wcl__shape other = *shape_of(m, m->pool[i]);
        other.dims[axis] = first.dims[axis];
        if (other.rank == first.rank && wcl__shape_equal(&other, &first))
            fitting[count++] = m->pool[i];
    }
    for (int wanted = draw(m, 4); node.input_count <= wanted; node.input_count++)
        node.inputs[node.input_count] =
            chance(m, 12) ? make_constant(m, first.rank, first.dims, 0.8, false) : fitting[draw(m, count)];
    for (int i = 0; i < node.input_count; i++)
        if (node.inputs[i] < 0)
            return -1;
    add_int(&node, "axis", chance(m, 20) ? axis - first.rank : axis);
    return make_node(m, &node);
}

static int slice(maker *m)
{
    const int x = pick_value(m, 0), rank = x < 0 ? 0 : shape_of(m, x)->rank;
    int64_t starts[ATTR_INTS], ends[ATTR_INTS], axes[ATTR_INTS], steps[ATTR_INTS];
    int count = 0;
    const bool with_steps = m->graph->opset >= 10 && chance(m, 50);
    for (int d = 0; d < rank; d++) {
        const int size = (int)shape_of(m, x)->dims[d], start = draw(m, size);
        if (!chance(m, 50))
            continue;
        steps[count] = with_steps ? PICK(m, 1, 1, 2, 3, -1, -2) : 1;
        starts[count] = chance(m, 30) ? start - size : start;
        ends[count] = steps[count] > 0 ? start + 1 + draw(m, size) : start - 1 - draw(m, size);
        if (steps[count] < 0 && ends[count] < 0)
            ends[count] = chance(m, 50) ? INT64_MIN : -size - 1;
        else if (chance(m, 15) && steps[count] > 0)
            ends[count] = INT64_MAX;
        axes[count++] = chance(m, 20) ? d - rank : d;
    }
    if (count == 0)
        return -1;
    graph_node node = begin_node("Slice", x, -1, -1);
    if (m->graph->opset < 10) {
        add_ints(&node, "starts", count, starts);
        add_ints(&node, "ends", count, ends);
        add_ints(&node, "axes", count, axes);
        return make_node(m, &node);
    }
    node.inputs[1] = make_ints(m, 1, count, starts);
    node.inputs[2] = make_ints(m, 1, count, ends);
    node.inputs[3] = make_ints(m, 1, count, axes);
    node.inputs[4] = make_ints(m, 1, count, steps);
    node.input_count = with_steps ? 5 : 4;
    return node.inputs[4] < 0 ? -1 : make_node(m, &node);
}

static int gather(maker *m)
{
    const int x = pick_value(m, 0), rank = x < 0 ? 0 : shape_of(m, x)->rank;
    int64_t indices[ATTR_INTS];
    if (rank == 0)
        return -1;
    const int axis = draw(m, rank), size = (int)shape_of(m, x)->dims[axis];
    for (int i = 0; i < ATTR_INTS; i++)
        indices[i] = draw(m, 2 * size) - size;
    const bool scalar = chance(m, 25) && rank > 1;
    graph_node node =
        begin_node("Gather", x, make_ints(m, scalar ? 0 : 1, scalar ? 1 : 1 + draw(m, 5), indices), -1);
    if (axis != 0 || chance(m, 30))
        add_int(&node, "axis", chance(m, 20) ? axis - rank : axis);
    return node.inputs[1] < 0 ? -1 : make_node(m, &node);
}

/* ---- views */

static int flatten(maker *m)
{
    const int x = pick_value(m, chance(m, 75) ? 4 : 0);
    if (x < 0)
        return -1;
    const int rank = shape_of(m, x)->rank;
    graph_node node = begin_node("Flatten", x, -1, -1);
    if (chance(m, 25) && rank > 0)
        add_int(&node, "axis", draw(m, rank + 1));
    return make_node(m, &node);
}

static int flatten_dense(maker *m)
{
    return make_dense(m, flatten(m));
}

static int reshape(maker *m)
{
    const int x = pick_value(m, 0);
    if (x < 0)
        return -1;
    const wcl__shape *shape = shape_of(m, x);
    const int64_t n = shape->rank ? shape->dims[0] : 1, c = shape->rank > 1 ? shape->dims[1] : 1;
    const int64_t last = shape->rank ? shape->dims[shape->rank - 1] : 1,
                  rest = wcl__shape_count(shape) / (n * c);
    switch (draw(m, 6)) {
    case 0:
        return make_simple(m, "Reshape", x, INTS(m, n, -1));
    case 1:
        return shape->rank < 1 ? -1 : make_simple(m, "Reshape", x, INTS(m, 0, -1));
    case 2:
        return make_simple(m, "Reshape", x, INTS(m, -1, last));
    case 3:
        return make_simple(m, "Reshape", x, INTS(m, n, c, 1, rest));
    case 4:
        return make_simple(m, "Reshape", x, INTS(m, n, rest, c));
    default:
        return make_simple(m, "Reshape", x, INTS(m, 1, -1, n, 1));
    }
}

/* Squeeze and Unsqueeze: axes are an attribute before opset 13, then an input. */
static int with_axes(maker *m, const char *op, int x, int count, const int64_t *axes)
{
    graph_node node = begin_node(op, x, -1, -1);
    if (m->graph->opset < 13)
        add_ints(&node, "axes", count, axes);
    else if ((node.inputs[node.input_count++] = make_ints(m, 1, count, axes)) < 0)
        return -1;
    return make_node(m, &node);
}

static int squeeze(maker *m)
{
    const int x = pick_value(m, 0);
    int64_t axes[WCL_MAX_RANK];
    int count = 0;
    for (int d = 0; x >= 0 && d < shape_of(m, x)->rank; d++)
        if (shape_of(m, x)->dims[d] == 1 && chance(m, 60))
            axes[count++] = chance(m, 30) ? d - shape_of(m, x)->rank : d;
    if (count == 0)
        return -1;
    return chance(m, 15) ? make_simple(m, "Squeeze", x, -1) : with_axes(m, "Squeeze", x, count, axes);
}

static int unsqueeze(maker *m)
{
    const int x = pick_value(m, 0);
    if (x < 0 || shape_of(m, x)->rank > 4)
        return -1;
    const int rank = shape_of(m, x)->rank + 1, axis = draw(m, rank);
    const int64_t axes[] = {chance(m, 30) ? axis - rank : axis};
    return with_axes(m, "Unsqueeze", x, 1, axes);
}

static int nothing(maker *m)
{
    const int x = pick_value(m, 0);
    if (x < 0)
        return -1;
    if (chance(m, 20)) {
        graph_node node = begin_node("Cast", x, -1, -1);
        add_int(&node, "to", WCL_FLOAT32);
        return make_node(m, &node);
    }
    graph_node node = begin_node(chance(m, 50) ? "Identity" : "Dropout", x, -1, -1);
    if (m->graph->opset < 12 && strcmp(node.op, "Dropout") == 0)
        add_float(&node, "ratio", 0.4);
    return make_node(m, &node);
}

/* ---- shape arithmetic */

/* Reshape to [batch, -1] by Shape, Gather, Unsqueeze and Concat, with a Cast now and then, as exporters write
 * it. */
static int computed_reshape(maker *m)
{
    const int x = pick_value(m, 0);
    if (x < 0 || shape_of(m, x)->rank < 1)
        return -1;
    int size = make_simple(m, "Shape", x, -1);
    if (size >= 0 && chance(m, 30)) {
        graph_node cast = begin_node("Cast", size, -1, -1);
        add_int(&cast, "to", WCL_INT64);
        size = make_node(m, &cast);
    }
    const int64_t first[] = {0};
    graph_node take = begin_node("Gather", size, make_ints(m, 0, 1, first), -1);
    size = size < 0 || take.inputs[1] < 0 ? -1 : make_node(m, &take);
    if (size >= 0 && chance(m, 25))
        size = make_simple(m, "Mul", size, make_ints(m, 0, 1, (const int64_t[]){1}));
    size = size < 0 ? -1 : with_axes(m, "Unsqueeze", size, 1, first);
    graph_node join = begin_node("Concat", size, INTS(m, -1), -1);
    add_int(&join, "axis", 0);
    const int shape = size < 0 ? -1 : make_node(m, &join);
    return shape < 0 ? -1 : make_simple(m, "Reshape", x, shape);
}

/* x + a tensor of its shape that is filled with one number. */
static int filled(maker *m)
{
    const int x = pick_value(m, 0), shape = x < 0 ? -1 : make_simple(m, "Shape", x, -1);
    graph_node node = begin_node("ConstantOfShape", shape, -1, -1);
    if (shape < 0)
        return -1;
    node.attrs[node.attr_count++] =
        (graph_attr){.name = "value", .kind = WCL_ATTRIBUTE_TENSOR, .floats = {0.75f}, .count = 1};
    const int y = make_node(m, &node);
    return y < 0 ? -1 : make_simple(m, chance(m, 50) ? "Add" : "Mul", x, y);
}

static int constant(maker *m)
{
    graph_node node = begin_node("Constant", -1, -1, -1);
    if (m->graph->opset < 12)
        return -1;
    node.attrs[node.attr_count++] = (graph_attr){.name = "value_floats",
                                                 .kind = WCL_ATTRIBUTE_FLOATS,
                                                 .floats = {0.5f, -1.0f, 2.0f, 0.25f},
                                                 .count = 1 + draw(m, 4)};
    return make_node(m, &node);
}

const graph_maker shape_makers[] = {
    {"transpose", 6, transpose},
    {"NHWC convolution", 5, nhwc_conv},
    {"NHWC flatten", 4, nhwc_flatten},
    {"concat", 9, concat},
    {"slice", 6, slice},
    {"gather", 4, gather},
    {"flatten", 2, flatten},
    {"flatten and dense", 5, flatten_dense},
    {"reshape", 5, reshape},
    {"squeeze", 2, squeeze},
    {"unsqueeze", 3, unsqueeze},
    {"nothing", 3, nothing},
    {"computed reshape", 2, computed_reshape},
    {"filled", 2, filled},
    {"constant", 1, constant},
    {NULL, 0, NULL},
};
