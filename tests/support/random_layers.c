/* What the generator of random networks adds: layers, and what is often found around them. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "support/random_maker.h"

/* ---- convolutions */

typedef struct conv_plan {
    int64_t c, k, groups, kernel[2], stride[2], dilation[2];
    int rank; /* spatial */
} conv_plan;

static void draw_groups(maker *m, conv_plan *p)
{
    const int kind = draw(m, 100);
    p->groups = 1;
    p->k = PICK(m, 1, 3, 4, 8, 16, 16, 17, 32, 40);
    if (kind < 12) {
        p->groups = p->k = p->c;
    } else if (kind < 20) {
        p->groups = p->c % 4 == 0 ? PICK(m, 2, 4) : p->c % 2 == 0 ? 2 : 1;
        p->k = p->groups * PICK(m, 1, 4, 16);
    }
}

static void draw_window(maker *m, conv_plan *p)
{
    const int kind = draw(m, 100);
    p->kernel[0] = p->kernel[1] = kind < 55 ? 3 : kind < 75 ? 1 : kind < 84 ? 5 : 2;
    if (kind >= 92)
        p->kernel[draw(m, 2)] = 1;
    for (int d = 0; d < 2; d++)
        p->stride[d] = p->dilation[d] = 1;
    if (chance(m, 20))
        p->stride[0] = p->stride[1] = 2;
    if (chance(m, 3))
        p->stride[draw(m, 2)] = 3;
    if (chance(m, 12))
        p->dilation[0] = p->dilation[1] = 2;
}

static void add_padding(maker *m, graph_node *node, int rank, const int64_t *kernel)
{
    static const char *const modes[] = {"SAME_UPPER", "SAME_LOWER", "VALID"};
    int64_t pads[4] = {0};
    const int kind = draw(m, 100);
    if (kind < 15)
        return;
    if (kind < 30) {
        add_text(node, "auto_pad", modes[draw(m, 3)]);
        return;
    }
    for (int d = 0; d < 2 * rank; d++)
        pads[d] = kind < 80 ? kernel[d % rank] / 2 : draw(m, 3);
    add_ints(node, "pads", 2 * rank, pads);
}

static void add_steps(maker *m, graph_node *node, const conv_plan *p)
{
    if (p->stride[0] != 1 || p->stride[1] != 1 || chance(m, 10))
        add_ints(node, "strides", p->rank, p->stride + 2 - p->rank);
    if (p->dilation[0] != 1 || p->dilation[1] != 1)
        add_ints(node, "dilations", p->rank, p->dilation + 2 - p->rank);
}

/* Weights, now and then as what a fold makes of constants. */
static int make_weight(maker *m, int rank, const int64_t *dims, double deviation)
{
    const int64_t scalar[1] = {1};
    const int pool = m->pool_count; /* weights are no data */
    if (chance(m, 92))
        return make_constant(m, rank, dims, deviation, false);
    if (chance(m, 50)) {
        const int weight = make_constant(m, rank, dims, deviation, false),
                  factor = make_constant(m, chance(m, 50), scalar, 1, true);
        const int product = factor < 0 ? -1 : make_simple(m, "Mul", weight, factor);
        m->pool_count = pool;
        return product;
    }
    int64_t turned[WCL_MAX_RANK], perm[WCL_MAX_RANK];
    for (int d = 0; d < rank; d++) {
        turned[d] = dims[rank - 1 - d];
        perm[d] = rank - 1 - d;
    }
    graph_node node = begin_node("Transpose", make_constant(m, rank, turned, deviation, false), -1, -1);
    add_ints(&node, "perm", rank, perm);
    const int weight = node.inputs[0] < 0 ? -1 : make_node(m, &node);
    m->pool_count = pool;
    return weight;
}

int make_conv(maker *m, int x)
{
    if (x < 0 || shape_of(m, x)->rank < 3 || shape_of(m, x)->rank > 4)
        return -1;
    conv_plan p = {.c = shape_of(m, x)->dims[1], .rank = shape_of(m, x)->rank - 2};
    draw_groups(m, &p);
    draw_window(m, &p);
    const int64_t *kernel = p.kernel + 2 - p.rank, window = p.kernel[1] * (p.rank == 2 ? p.kernel[0] : 1);
    const int64_t dims[] = {p.k, p.c / p.groups, kernel[0], kernel[1 % p.rank]}, bias[] = {p.k};
    const double deviation = sqrt(2.0 / (double)(p.c / p.groups * window));
    const int weight = make_weight(m, p.rank + 2, dims, deviation);
    graph_node node =
        begin_node("Conv", x, weight, chance(m, 60) ? make_constant(m, 1, bias, 0.3, false) : -1);
    if (p.groups != 1 || chance(m, 10))
        add_int(&node, "group", p.groups);
    if (chance(m, 50))
        add_ints(&node, "kernel_shape", p.rank, kernel);
    add_steps(m, &node, &p);
    add_padding(m, &node, p.rank, kernel);
    return weight < 0 ? -1 : make_node(m, &node);
}

static int conv(maker *m)
{
    const int x = pick_value(m, chance(m, 85) ? 4 : 3);
    return make_conv(m, x);
}

/* ---- by channel */

static int make_norm(maker *m, int x)
{
    if (x < 0 || shape_of(m, x)->rank < 2)
        return -1;
    const int64_t c[] = {shape_of(m, x)->dims[1]};
    graph_node node = begin_node("BatchNormalization", x, make_constant(m, 1, c, 1, chance(m, 50)),
                                 make_constant(m, 1, c, 0.5, false));
    node.inputs[3] = make_constant(m, 1, c, 0.4, false);
    node.inputs[4] = make_constant(m, 1, c, 1, true);
    node.input_count = 5;
    if (chance(m, 30))
        add_float(&node, "epsilon", 0.01);
    return node.inputs[2] < 0 || node.inputs[3] < 0 || node.inputs[4] < 0 ? -1 : make_node(m, &node);
}

static int norm(maker *m)
{
    return make_norm(m, pick_value(m, chance(m, 80) ? 4 : 0));
}

static int lrn(maker *m)
{
    const int x = pick_value(m, chance(m, 80) ? 4 : 0);
    if (x < 0)
        return -1;
    graph_node node = begin_node("LRN", x, -1, -1);
    add_int(&node, "size", 1 + draw(m, 6));
    if (chance(m, 80))
        add_float(&node, "alpha", 0.5);
    if (chance(m, 50))
        add_float(&node, "beta", 0.5);
    if (chance(m, 50))
        add_float(&node, "bias", 2.0);
    return make_node(m, &node);
}

/* ---- element by element */

static int clip(maker *m, int x)
{
    const bool least = chance(m, 80), most = !least || chance(m, 60);
    const double low = chance(m, 70) ? -0.5 : 0.25, high = 1.5;
    graph_node node = begin_node("Clip", x, -1, -1);
    if (m->graph->opset < 11) {
        if (least)
            add_float(&node, "min", low);
        if (most)
            add_float(&node, "max", high);
        return make_node(m, &node);
    }
    const int pool = m->pool_count; /* a bound is no data */
    for (int i = 0; i < 2; i++) {
        graph_node bound = begin_node("Constant", -1, -1, -1);
        node.inputs[1 + i] = -1;
        if (!(i ? most : least))
            continue;
        add_float(&bound, "value_float", i ? high : low);
        node.inputs[1 + i] = m->graph->opset < 12 ? -1 : make_node(m, &bound);
    }
    m->pool_count = pool;
    node.input_count = node.inputs[2] >= 0 ? 3 : node.inputs[1] >= 0 ? 2 : 1;
    return make_node(m, &node);
}

int make_activation(maker *m, int x)
{
    const int kind = draw(m, 100);
    if (x < 0)
        return -1;
    if (kind < 60) /* a kernel for each: not too many of them */
        return make_simple(m, "Relu", x, -1);
    if (kind < 75)
        return clip(m, x);
    if (kind >= 88)
        return make_simple(m, kind < 94 ? "Sigmoid" : "Tanh", x, -1);
    graph_node node = begin_node(kind < 82 ? "LeakyRelu" : "HardSigmoid", x, -1, -1);
    if (chance(m, 60))
        add_float(&node, "alpha", 0.1);
    if (kind >= 82 && chance(m, 60))
        add_float(&node, "beta", 0.4);
    return make_node(m, &node);
}

static int activation(maker *m)
{
    return make_activation(m, pick_value(m, 0));
}

/* A constant that broadcasts to the shape: one number, one for each channel, a row, or all of it. */
static int broadcast_constant(maker *m, const wcl__shape *shape, bool positive)
{
    int64_t dims[WCL_MAX_RANK];
    const int kind = draw(m, 100), rank = shape->rank;
    for (int d = 0; d < rank; d++)
        dims[d] = kind < 55   ? (d == 1 ? shape->dims[1] : 1)
                  : kind < 70 ? (chance(m, 50) ? shape->dims[d] : 1)
                              : shape->dims[d];
    const int first = kind < 15 && rank > 1 ? 1 : kind >= 70 && kind < 85 ? WCL__MAX(rank - 1, 0) : 0;
    if (kind >= 93)
        return make_constant(m, draw(m, 2), (const int64_t[]){1}, 0.7, positive);
    return make_constant(m, rank - first, dims + first, 0.7, positive);
}

static int make_scale_or_shift(maker *m, int x)
{
    static const char *const ops[] = {"Add", "Mul", "Sub", "Div"};
    if (x < 0)
        return -1;
    const int op = draw(m, 4);
    const int constant = broadcast_constant(m, shape_of(m, x), op == 3 || chance(m, 30));
    return constant < 0    ? -1
           : chance(m, 75) ? make_simple(m, ops[op], x, constant)
                           : make_simple(m, ops[op], constant, x);
}

static int scale_or_shift(maker *m)
{
    return make_scale_or_shift(m, pick_value(m, 0));
}

/* Another value of the pool that broadcasts with x. */
static int partner(maker *m, int x)
{
    int fitting[POOL_MOST], count = 0;
    for (int i = 0; i < m->pool_count; i++) {
        wcl__shape both;
        if (wcl__shape_broadcast(shape_of(m, x), shape_of(m, m->pool[i]), &both))
            fitting[count++] = m->pool[i];
    }
    return count > 0 ? fitting[draw(m, count)] : -1;
}

static int binary(maker *m)
{
    static const char *const ops[] = {"Add", "Add", "Mul", "Sub", "Div"};
    const int x = pick_value(m, 0), other = x < 0 ? -1 : partner(m, x);
    return other < 0 ? -1 : make_simple(m, ops[draw(m, 5)], x, other);
}

static int sum(maker *m)
{
    graph_node node = begin_node("Sum", pick_value(m, 0), -1, -1);
    if (node.inputs[0] < 0)
        return -1;
    for (int wanted = draw(m, 4); node.input_count <= wanted; node.input_count++) {
        node.inputs[node.input_count] = partner(m, node.inputs[0]);
        if (node.inputs[node.input_count] < 0)
            return -1;
    }
    return make_node(m, &node);
}

static int softmax(maker *m)
{
    const int x = pick_value(m, chance(m, 60) ? 2 : 0);
    if (x < 0 || shape_of(m, x)->rank == 0)
        return -1;
    graph_node node = begin_node(chance(m, 70) ? "Softmax" : "LogSoftmax", x, -1, -1);
    const int rank = shape_of(m, x)->rank;
    if (chance(m, 70) || rank < 2)
        add_int(&node, "axis", draw(m, 2 * rank) - rank);
    return make_node(m, &node);
}

/* k: one, a few, or all. */
static int topk(maker *m)
{
    const int x = pick_value(m, chance(m, 60) ? 2 : 0), rank = x < 0 ? 0 : shape_of(m, x)->rank;
    if (rank == 0)
        return -1;
    const int axis = chance(m, 60) ? rank - 1 : draw(m, rank), asked = draw(m, 100);
    const int64_t length = shape_of(m, x)->dims[axis],
                  k = asked < 30   ? 1
                      : asked < 45 ? length
                                   : 1 + draw(m, (int)WCL__MIN(length, (int64_t)6));
    const bool as_attribute = m->graph->opset < 10;
    graph_node node = begin_node("TopK", x, as_attribute ? -1 : INTS(m, k), -1);
    if (as_attribute)
        add_int(&node, "k", k);
    if (axis != rank - 1 || chance(m, 30))
        add_int(&node, "axis", chance(m, 50) ? axis : axis - rank);
    if (m->graph->opset >= 11 && chance(m, 40))
        add_int(&node, "largest", draw(m, 2));
    node.second = chance(m, 80);
    return make_node(m, &node);
}

/* ---- pools */

static int make_pool(maker *m, int x)
{
    const bool average = chance(m, 45);
    const int rank = x < 0 ? 0 : shape_of(m, x)->rank - 2;
    if (rank < 1 || rank > 2)
        return -1;
    if (chance(m, 20))
        return make_simple(m, average ? "GlobalAveragePool" : "GlobalMaxPool", x, -1);
    conv_plan p = {.rank = rank, .stride = {1, 1}, .dilation = {1, 1}};
    p.kernel[0] = p.kernel[1] = PICK(m, 2, 2, 3, 3, 1);
    if (chance(m, 15))
        p.kernel[draw(m, 2)] = 4;
    if (chance(m, 75))
        p.stride[0] = p.stride[1] = 2;
    if (chance(m, 10) && m->graph->opset >= (average ? 19 : 10))
        p.dilation[0] = p.dilation[1] = 2;
    graph_node node = begin_node(average ? "AveragePool" : "MaxPool", x, -1, -1);
    add_ints(&node, "kernel_shape", rank, p.kernel + 2 - rank);
    add_steps(m, &node, &p);
    if (chance(m, 50))
        add_padding(m, &node, rank, p.kernel + 2 - rank);
    if (chance(m, 35) && m->graph->opset >= 10)
        add_int(&node, "ceil_mode", 1);
    if (average && chance(m, 40))
        add_int(&node, "count_include_pad", 1);
    return make_node(m, &node);
}

static int pool(maker *m)
{
    return make_pool(m, pick_value(m, chance(m, 88) ? 4 : 3));
}

/* ---- dense layers */

static int gemm(maker *m, int x, int64_t inputs)
{
    const bool trans_a = m->graph->values[x].shape.dims[0] == inputs && chance(m, 30);
    const int64_t rows = shape_of(m, x)->dims[trans_a ? 1 : 0], k = shape_of(m, x)->dims[trans_a ? 0 : 1];
    const int64_t outputs = chance(m, 35) ? k : PICK(m, 1, 4, 10, 16, 33);
    const bool trans_b = chance(m, 50);
    const int64_t dims[] = {trans_b ? outputs : k, trans_b ? k : outputs};
    const int64_t biases[][2] = {{1, outputs}, {rows, outputs}, {rows, 1}, {1, 1}};
    const int weight = make_weight(m, 2, dims, 1 / sqrt((double)k)), kind = draw(m, 100),
              shape = kind < 55 ? 0 : draw(m, 4);
    int bias = -1;
    if (kind < 75)
        bias = chance(m, 60) && biases[shape][0] == 1 ? make_constant(m, 1, biases[shape] + 1, 0.3, false)
                                                      : make_constant(m, 2, biases[shape], 0.3, false);
    graph_node node = begin_node("Gemm", x, weight, bias);
    if (trans_a)
        add_int(&node, "transA", 1);
    if (trans_b)
        add_int(&node, "transB", 1);
    if (chance(m, 25))
        add_float(&node, "alpha", (double)PICK(m, -1, 2, 3));
    if (chance(m, 20))
        add_float(&node, "beta", 0.5);
    return weight < 0 ? -1 : make_node(m, &node);
}

int make_dense(maker *m, int x)
{
    if (x < 0 || shape_of(m, x)->rank < 1)
        return -1;
    const wcl__shape shape = *shape_of(m, x);
    const int64_t k = shape.dims[shape.rank - 1];
    if (shape.rank == 2 && chance(m, 60))
        return gemm(m, x, k);
    const int64_t dims[] = {k, chance(m, 35) ? k : PICK(m, 1, 4, 10, 16, 33)};
    const int weight = chance(m, 5) ? make_constant(m, 1, dims, 1 / sqrt((double)k), false)
                                    : make_weight(m, 2, dims, 1 / sqrt((double)k));
    return weight < 0 ? -1 : make_simple(m, "MatMul", x, weight);
}

static int dense(maker *m)
{
    return make_dense(m, pick_value(m, chance(m, 85) ? 2 : 0));
}

/* MatMul of two values that the network computes. */
static int product(maker *m)
{
    const int x = pick_value(m, 0);
    for (int i = m->pool_count - 1; i >= 0 && x >= 0; i--)
        if (chance(m, 60)) {
            const int y = make_simple(m, "MatMul", x, m->pool[i]);
            if (y >= 0)
                return y;
        }
    return -1;
}

/* The same weights in both orientations, or with two factors. */
static int shared_dense(maker *m)
{
    const int x = pick_value(m, 2);
    if (x < 0)
        return -1;
    const int64_t k = shape_of(m, x)->dims[1], dims[] = {k, k};
    const int weight = make_constant(m, 2, dims, 1 / sqrt((double)k), false);
    for (int i = 0, wanted = 2 + draw(m, 2); i < wanted && weight >= 0; i++) {
        graph_node node = begin_node(chance(m, 40) ? "MatMul" : "Gemm", x, weight, -1);
        if (strcmp(node.op, "Gemm") == 0 && chance(m, 60))
            add_int(&node, "transB", 1);
        if (strcmp(node.op, "Gemm") == 0 && chance(m, 40))
            add_float(&node, "alpha", (double)PICK(m, -1, 2, 3));
        const int y = make_node(m, &node);
        if (chance(m, 40))
            make_scale_or_shift(m, y);
    }
    return weight;
}

/* ---- several together */

static int conv_block(maker *m)
{
    int x = conv(m);
    if (x >= 0 && chance(m, 35))
        x = make_norm(m, x);
    if (x >= 0 && chance(m, 35))
        x = make_scale_or_shift(m, x);
    if (x >= 0 && chance(m, 75))
        x = make_activation(m, x);
    if (x >= 0 && shape_of(m, x)->rank == 4 && chance(m, 30)) {
        graph_node node = begin_node("MaxPool", x, -1, -1);
        add_ints(&node, "kernel_shape", 2, (const int64_t[]){2, 2});
        add_ints(&node, "strides", 2, (const int64_t[]){2, 2});
        x = make_node(m, &node);
    }
    return x;
}

static int residual(maker *m)
{
    const int x = pick_value(m, 4);
    if (x < 0)
        return -1;
    const int64_t c = shape_of(m, x)->dims[1], dims[] = {c, c, 3, 3};
    graph_node node =
        begin_node("Conv", x, make_constant(m, 4, dims, sqrt(1.0 / (double)(9 * c)), false), -1);
    add_ints(&node, "pads", 4, (const int64_t[]){1, 1, 1, 1});
    int y = node.inputs[1] < 0 ? -1 : make_node(m, &node);
    if (y >= 0 && chance(m, 50))
        y = make_norm(m, y);
    y = y < 0 ? -1 : make_simple(m, "Add", chance(m, 50) ? x : y, chance(m, 50) ? y : x);
    return y >= 0 && chance(m, 60) ? make_activation(m, y) : y;
}

const graph_maker layer_makers[] = {
    {"conv", 12, conv},
    {"conv block", 18, conv_block},
    {"residual", 6, residual},
    {"norm", 4, norm},
    {"lrn", 3, lrn},
    {"activation", 7, activation},
    {"scale or shift", 8, scale_or_shift},
    {"binary", 8, binary},
    {"sum", 3, sum},
    {"softmax", 4, softmax},
    {"top k", 4, topk},
    {"pool", 9, pool},
    {"dense", 10, dense},
    {"product", 4, product},
    {"shared dense", 4, shared_dense},
    {NULL, 0, NULL},
};
