/* The interpreter of random networks: operators that compute. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/random_step.h"
#include "support/support.h"
#include "base/random.h"

int64_t step_int(const graph_step *s, const char *name, int64_t standard)
{
    const graph_attr *attr = graph_attr_find(s->node, name);
    return attr ? attr->i : standard;
}

double step_float(const graph_step *s, const char *name, double standard)
{
    const graph_attr *attr = graph_attr_find(s->node, name);
    return attr ? (double)attr->f : standard;
}

int64_t step_list(const graph_step *s, const char *name, int i, int64_t standard)
{
    const graph_attr *attr = graph_attr_find(s->node, name);
    return attr && i < attr->count ? attr->ints[i] : standard;
}

int step_ints(const graph_step *s, int i, int64_t out[ATTR_INTS])
{
    if (i >= s->node->input_count || !s->in[i])
        return -1;
    const int64_t count = wcl__shape_count(&s->in[i]->shape);
    assert_true(count <= ATTR_INTS && s->in[i]->type == WCL_INT64);
    for (int64_t k = 0; k < count; k++)
        out[k] = s->in[i]->kind == GRAPH_CONSTANT ? s->in[i]->ints[k] : (int64_t)s->x[i][k];
    return (int)count;
}

int step_axis(graph_step *s, int64_t axis, int rank)
{
    if (axis >= -rank && axis < rank)
        return (int)(axis < 0 ? axis + rank : axis);
    s->valid = false;
    return 0;
}

wcl__ref_array step_array(const graph_step *s, int i)
{
    return (wcl__ref_array){s->in[i]->shape, s->x[i]};
}

/* ---- windows */

typedef struct extent {
    int64_t kernel, stride, dilation, before, after, out;
} extent;

/* Spatial dimension d of `rank`; out is 0 where the window does not fit. */
static extent extent_of(const graph_step *s, int d, int rank, int64_t size, int64_t kernel)
{
    const graph_attr *automatic = graph_attr_find(s->node, "auto_pad");
    const char *mode = automatic ? automatic->s : "NOTSET";
    extent e = {kernel, step_list(s, "strides", d, 1), step_list(s, "dilations", d, 1), 0, 0, 0};
    const int64_t span = (kernel - 1) * e.dilation + 1;
    if (strncmp(mode, "SAME", 4) == 0) {
        e.out = (size + e.stride - 1) / e.stride;
        const int64_t all = (e.out - 1) * e.stride + span - size, pad = all > 0 ? all : 0;
        e.before = strcmp(mode, "SAME_UPPER") == 0 ? pad / 2 : pad - pad / 2;
        e.after = pad - e.before;
        return e;
    }
    if (strcmp(mode, "NOTSET") == 0) {
        e.before = step_list(s, "pads", d, 0);
        e.after = step_list(s, "pads", rank + d, 0);
    }
    const int64_t room = size + e.before + e.after - span;
    if (room < 0) { /* one window that sticks out behind, where it may */
        e.out = step_int(s, "ceil_mode", 0) && room > -e.stride;
        return e;
    }
    e.out = room / e.stride + 1;
    if (step_int(s, "ceil_mode", 0) && room % e.stride != 0 && e.out * e.stride < size + e.before)
        e.out++;
    return e;
}

/* Height and width of the input, the window's extents; 1-D has a height of 1. */
static bool read_extents(const graph_step *s, const int64_t *kernel, int64_t hw[2], extent out[2])
{
    const wcl__shape *x = &s->in[0]->shape;
    const int rank = x->rank - 2;
    if (rank != 1 && rank != 2)
        return false;
    hw[0] = rank == 1 ? 1 : x->dims[2];
    hw[1] = x->dims[x->rank - 1];
    out[0] = (extent){1, 1, 1, 0, 0, 1};
    for (int d = 0; d < rank; d++)
        out[2 - rank + d] = extent_of(s, d, rank, x->dims[2 + d], kernel[d]);
    return out[0].out > 0 && out[1].out > 0;
}

static void set_pictures(graph_step *s, int64_t channels, const extent e[2])
{
    s->shape = s->in[0]->shape;
    s->shape.dims[1] = channels;
    s->shape.dims[s->shape.rank - 1] = e[1].out;
    if (s->shape.rank == 4)
        s->shape.dims[2] = e[0].out;
}

static void conv_step(graph_step *s)
{
    const wcl__shape *x = &s->in[0]->shape, *w = &s->in[1]->shape;
    const int64_t groups = step_int(s, "group", 1);
    int64_t hw[2];
    extent e[2];
    s->valid = x->rank == w->rank && x->rank > 2 && x->dims[1] == w->dims[1] * groups &&
               w->dims[0] % groups == 0 &&
               (s->node->input_count < 3 || !s->in[2] || s->in[2]->shape.dims[0] == w->dims[0]) &&
               read_extents(s, w->dims + 2, hw, e);
    if (!s->valid)
        return;
    const wcl__conv conv = {.n = x->dims[0],
                            .c = x->dims[1],
                            .h = hw[0],
                            .w = hw[1],
                            .k = w->dims[0],
                            .kh = e[0].kernel,
                            .kw = e[1].kernel,
                            .oh = e[0].out,
                            .ow = e[1].out,
                            .stride_h = e[0].stride,
                            .stride_w = e[1].stride,
                            .dilation_h = e[0].dilation,
                            .dilation_w = e[1].dilation,
                            .pad_top = e[0].before,
                            .pad_left = e[1].before,
                            .pad_bottom = e[0].after,
                            .pad_right = e[1].after,
                            .groups = groups};
    set_pictures(s, conv.k, e);
    s->reduction = w->dims[1] * conv.kh * conv.kw;
    if (s->y)
        wcl__ref_conv(&conv, s->x[0], s->x[1], s->node->input_count > 2 ? s->x[2] : NULL, s->y);
}

static void pool_step(graph_step *s)
{
    const wcl__shape *x = &s->in[0]->shape;
    const bool global = strncmp(s->node->op, "Global", 6) == 0,
               average = strstr(s->node->op, "Average") != NULL;
    int64_t hw[2], kernel[2] = {0, 0};
    extent e[2];
    for (int d = 0; d < 2 && d < x->rank - 2; d++)
        kernel[d] = global ? x->dims[2 + d] : step_list(s, "kernel_shape", d, 1);
    s->valid = x->rank > 2 && read_extents(s, kernel, hw, e);
    for (int d = 0; d < 2 && s->valid; d++) /* a window that can lie in the padding alone has no value */
        s->valid = WCL__MAX(e[d].before, e[d].after) < (e[d].kernel - 1) * e[d].dilation + 1;
    if (!s->valid)
        return;
    const wcl__pool pool = {.n = x->dims[0],
                            .c = x->dims[1],
                            .h = hw[0],
                            .w = hw[1],
                            .oh = e[0].out,
                            .ow = e[1].out,
                            .kh = e[0].kernel,
                            .kw = e[1].kernel,
                            .stride_h = e[0].stride,
                            .stride_w = e[1].stride,
                            .dilation_h = e[0].dilation,
                            .dilation_w = e[1].dilation,
                            .pad_top = e[0].before,
                            .pad_left = e[1].before,
                            .pad_bottom = e[0].after,
                            .pad_right = e[1].after,
                            .average = average,
                            .count_include_pad = average && step_int(s, "count_include_pad", 0) != 0};
    set_pictures(s, pool.c, e);
    s->reduction = average ? pool.kh * pool.kw : 0;
    if (s->y)
        wcl__ref_pool(&pool, s->x[0], s->y);
}

/* ---- products */

static void gemm_step(graph_step *s)
{
    const wcl__shape *a = &s->in[0]->shape, *b = &s->in[1]->shape;
    const bool trans_a = step_int(s, "transA", 0) != 0, trans_b = step_int(s, "transB", 0) != 0;
    const graph_value *c = s->node->input_count > 2 ? s->in[2] : NULL;
    s->valid = a->rank == 2 && b->rank == 2 && a->dims[trans_a ? 0 : 1] == b->dims[trans_b ? 1 : 0];
    if (!s->valid)
        return;
    const wcl__gemm gemm = {.batch = 1,
                            .m = a->dims[trans_a ? 1 : 0],
                            .n = b->dims[trans_b ? 0 : 1],
                            .k = a->dims[trans_a ? 0 : 1],
                            .trans_a = trans_a,
                            .trans_b = trans_b,
                            .alpha = (float)step_float(s, "alpha", 1),
                            .beta = (float)step_float(s, "beta", 1)};
    int64_t strides[2] = {0, 0};
    s->shape = (wcl__shape){2, {gemm.m, gemm.n}};
    s->reduction = gemm.k;
    if (c) {
        wcl__shape both;
        s->valid = wcl__shape_broadcast(&s->shape, &c->shape, &both) && wcl__shape_equal(&both, &s->shape);
        const int64_t columns = c->shape.rank > 0 ? c->shape.dims[c->shape.rank - 1] : 1;
        const int64_t rows = c->shape.rank > 1 ? c->shape.dims[0] : 1;
        strides[0] = rows > 1 ? columns : 0;
        strides[1] = columns > 1 ? 1 : 0;
    }
    if (s->y && s->valid)
        wcl__ref_gemm(&gemm, s->x[0], s->x[1], c ? s->x[2] : NULL, strides, s->y);
}

/* Which matrix of an operand meets matrix `index` of the result. */
static int64_t matrix_at(const wcl__shape *operand, const wcl__shape *batches, int64_t index)
{
    int64_t at = 0, stride = 1;
    for (int i = batches->rank - 1, j = operand->rank - 3; j >= 0; i--, j--) {
        at += (operand->dims[j] == 1 ? 0 : index % batches->dims[i]) * stride;
        stride *= operand->dims[j];
        index /= batches->dims[i];
    }
    return at;
}

static void matmul_step(graph_step *s)
{
    const wcl__shape *a = &s->in[0]->shape, *b = &s->in[1]->shape;
    const wcl__shape a_batch = wcl__shape_of(WCL__MAX(a->rank - 2, 0), a->dims),
                     b_batch = wcl__shape_of(WCL__MAX(b->rank - 2, 0), b->dims);
    const int64_t strides[2] = {0, 0};
    s->valid = a->rank > 0 && b->rank > 0 && a->dims[a->rank - 1] == b->dims[b->rank > 1 ? b->rank - 2 : 0] &&
               wcl__shape_broadcast(&a_batch, &b_batch, &s->shape) && s->shape.rank <= 3;
    if (!s->valid)
        return;
    const wcl__shape batches = s->shape;
    const wcl__gemm gemm = {.batch = 1,
                            .m = a->rank > 1 ? a->dims[a->rank - 2] : 1,
                            .n = b->rank > 1 ? b->dims[b->rank - 1] : 1,
                            .k = a->dims[a->rank - 1],
                            .alpha = 1,
                            .beta = 1};
    if (a->rank > 1)
        s->shape.dims[s->shape.rank++] = gemm.m;
    if (b->rank > 1)
        s->shape.dims[s->shape.rank++] = gemm.n;
    s->reduction = gemm.k;
    for (int64_t i = 0; s->y && i < wcl__shape_count(&batches); i++)
        wcl__ref_gemm(&gemm, s->x[0] + matrix_at(a, &batches, i) * gemm.m * gemm.k,
                      s->x[1] + matrix_at(b, &batches, i) * gemm.k * gemm.n, NULL, strides,
                      s->y + i * gemm.m * gemm.n);
}

/* ---- element by element */

/* A bound of Clip: an attribute before opset 11, then an input. */
static float bound(const graph_step *s, int input, const char *name, float standard)
{
    if (s->graph->opset < 11)
        return (float)step_float(s, name, (double)standard);
    return input < s->node->input_count && s->in[input] ? s->x[input][0] : standard;
}

static void act_step(graph_step *s)
{
    const char *op = s->node->op;
    wcl__act act = {WCL__ACT_RELU, 0, 0};
    s->shape = s->in[0]->shape;
    s->reduction = 0;
    if (strcmp(op, "LeakyRelu") == 0)
        act = (wcl__act){WCL__ACT_LEAKY_RELU, (float)step_float(s, "alpha", (double)0.01f), 0};
    else if (strcmp(op, "Clip") == 0)
        act = (wcl__act){WCL__ACT_CLIP, bound(s, 1, "min", -INFINITY), bound(s, 2, "max", INFINITY)};
    else if (strcmp(op, "Sigmoid") == 0)
        act.kind = WCL__ACT_SIGMOID;
    else if (strcmp(op, "Tanh") == 0)
        act.kind = WCL__ACT_TANH;
    else if (strcmp(op, "HardSigmoid") == 0)
        act = (wcl__act){WCL__ACT_HARD_SIGMOID, (float)step_float(s, "alpha", (double)0.2f),
                         (float)step_float(s, "beta", 0.5)};
    if (act.kind != WCL__ACT_RELU && act.kind != WCL__ACT_CLIP)
        s->reduction = 1;
    if (s->y)
        wcl__ref_act(&act, s->x[0], wcl__shape_count(&s->shape), s->y);
}

static void binary_step(graph_step *s)
{
    const char *op = s->node->op;
    const char kind = strcmp(op, "Add") == 0   ? '+'
                      : strcmp(op, "Sub") == 0 ? '-'
                      : strcmp(op, "Mul") == 0 ? '*'
                                               : '/';
    const wcl__ref_array a = step_array(s, 0), b = step_array(s, 1);
    s->type = s->in[0]->type;
    s->valid = s->in[0]->type == s->in[1]->type && wcl__shape_broadcast(&a.shape, &b.shape, &s->shape);
    s->reduction = 1;
    if (s->y && s->valid)
        wcl__ref_binary(kind, &a, &b, s->y);
}

/* The sum of all operands, added up in double and rounded where the next step reads it. */
static void sum_step(graph_step *s)
{
    s->shape = s->in[0]->shape;
    s->reduction = s->node->input_count;
    for (int i = 1; i < s->node->input_count && s->valid; i++) {
        const wcl__shape so_far = s->shape;
        s->valid = wcl__shape_broadcast(&so_far, &s->in[i]->shape, &s->shape);
    }
    const int64_t count = wcl__shape_count(&s->shape);
    if (!s->y || !s->valid)
        return;
    float *zeros = calloc((size_t)count, sizeof *zeros);
    double *spread = malloc((size_t)count * sizeof *spread);
    assert_true(zeros && spread);
    memset(s->y, 0, (size_t)count * sizeof *s->y);
    for (int i = 0; i < s->node->input_count; i++) {
        const wcl__ref_array all = {s->shape, zeros}, x = step_array(s, i);
        wcl__ref_binary('+', &all, &x, spread);
        for (int64_t k = 0; k < count; k++)
            s->y[k] += spread[k];
    }
    free(zeros);
    free(spread);
}

static const struct {
    const char *op;
    graph_step_function run;
} operators[] = {
    {"Conv", conv_step},
    {"MaxPool", pool_step},
    {"AveragePool", pool_step},
    {"GlobalMaxPool", pool_step},
    {"GlobalAveragePool", pool_step},
    {"Gemm", gemm_step},
    {"MatMul", matmul_step},
    {"Relu", act_step},
    {"LeakyRelu", act_step},
    {"Clip", act_step},
    {"Sigmoid", act_step},
    {"Tanh", act_step},
    {"HardSigmoid", act_step},
    {"Add", binary_step},
    {"Sub", binary_step},
    {"Mul", binary_step},
    {"Div", binary_step},
    {"Sum", sum_step},
};

static graph_step_function find(const char *op)
{
    for (size_t i = 0; i < WCL__COUNT(operators); i++)
        if (strcmp(operators[i].op, op) == 0)
            return operators[i].run;
    const graph_step_function norm = graph_norm_find(op);
    return norm ? norm : graph_move_find(op);
}

/* ---- running */

static float *fill(const graph_value *value)
{
    const int64_t count = wcl__shape_count(&value->shape);
    float *data = malloc((size_t)WCL__MAX(count, 1) * sizeof *data);
    assert_true(count >= 0 && data);
    if (value->type == WCL_INT64) {
        for (int64_t i = 0; i < count; i++)
            data[i] = (float)value->ints[i];
        return data;
    }
    wcl_random_fill(data, count, value->key, value->deviation);
    for (int64_t i = 0; i < count && value->positive; i++)
        data[i] = fabsf(data[i]) + 0.5f;
    return data;
}

void graph_data_begin(const random_graph *graph, graph_data *data)
{
    *data = (graph_data){.graph = graph};
    for (int i = 0; i < graph->value_count; i++)
        if (graph->values[i].kind != GRAPH_COMPUTED)
            data->values[i] = fill(&graph->values[i]);
}

void graph_data_clear(graph_data *data)
{
    for (int i = 0; i < GRAPH_VALUES; i++) {
        free(data->values[i]);
        free(data->wide[i]);
    }
    *data = (graph_data){0};
}

static double rms(const graph_step *s, int input)
{
    const int64_t count = wcl__shape_count(&s->in[input]->shape);
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += (double)s->x[input][i] * (double)s->x[input][i];
    return sqrt(sum / (double)count);
}

/* What a node's rounding errors are a part of: the rms of its output or, where its few outputs may be small
 * by chance, of products' sums and of what is added up. */
static double size_of(const graph_step *s, int64_t count)
{
    const char *op = s->node->op;
    double sum = 0, size = 0;
    for (int64_t i = 0; i < count; i++)
        sum += s->y[i] * s->y[i];
    if (strcmp(op, "Conv") == 0 || strcmp(op, "Gemm") == 0 || strcmp(op, "MatMul") == 0)
        size = sqrt((double)s->reduction) * rms(s, 0) * rms(s, 1) * fabs(step_float(s, "alpha", 1));
    for (int i = 0; i < s->node->input_count &&
                    (strcmp(op, "Add") == 0 || strcmp(op, "Sub") == 0 || strcmp(op, "Sum") == 0);
         i++)
        size = fmax(size, rms(s, i));
    return fmax(size, sqrt(sum / (double)count));
}

static void add_noise(const graph_step *s, int64_t count, double level, uint64_t key)
{
    const double size = level * size_of(s, count);
    float *noise = malloc((size_t)count * sizeof *noise);
    assert_non_null(noise);
    wcl_random_fill(noise, count, key, 1.0);
    for (int64_t i = 0; i < count; i++)
        s->y[i] += size * (double)noise[i];
    free(noise);
}

static void keep(graph_data *data, int value, double *wide, int64_t count)
{
    float *rounded = malloc((size_t)count * sizeof *rounded);
    assert_non_null(rounded);
    for (int64_t i = 0; i < count; i++)
        rounded[i] = (float)wide[i];
    free(data->values[value]);
    free(data->wide[value]);
    data->values[value] = rounded;
    data->wide[value] = wide;
}

bool graph_compute(graph_data *data, int index, graph_value *value, const graph_noise *noise)
{
    const graph_node *node = &data->graph->nodes[index];
    graph_step s = {.graph = data->graph, .node = node, .type = WCL_FLOAT32, .valid = true};
    const graph_step_function run = find(node->op);
    if (!run)
        fail_msg("the interpreter has no %s", node->op);
    for (int i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= 0) {
            s.in[i] = &data->graph->values[node->inputs[i]];
            s.x[i] = data->values[node->inputs[i]];
            assert_non_null(s.x[i]);
        }
    run(&s);
    const int64_t count = s.valid ? wcl__shape_count(&s.shape) : -1;
    if (count <= 0 || count > GRAPH_ELEMENTS || (double)count * (double)s.reduction > GRAPH_WORK)
        return false;
    s.y = calloc((size_t)count, sizeof *s.y);
    if (node->second)
        s.second = calloc((size_t)count, sizeof *s.second);
    assert_true(s.y && (s.second || !node->second));
    run(&s);
    if (noise && s.type == WCL_FLOAT32 && noise->level[index] > 0)
        add_noise(&s, count, noise->level[index], wcl__random_key(noise->key, (uint64_t)node->id));
    keep(data, node->output, s.y, count);
    if (node->second)
        keep(data, node->second, s.second, count);
    data->reduction[index] = s.reduction;
    value->type = s.type;
    value->shape = s.shape;
    return true;
}

bool graph_run(const random_graph *graph, graph_data *data, const graph_noise *noise)
{
    graph_data_begin(graph, data);
    for (int i = 0; i < graph->node_count; i++) {
        const graph_value *noted = &graph->values[graph->nodes[i].output];
        graph_value value;
        if (!graph_compute(data, i, &value, noise) || value.type != noted->type ||
            !wcl__shape_equal(&value.shape, &noted->shape))
            return false;
        const int second = graph->nodes[i].second;
        if (second && !wcl__shape_equal(&value.shape, &graph->values[second].shape))
            return false;
    }
    return true;
}
