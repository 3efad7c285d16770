/* The generator of random networks: inputs, a number of nodes, outputs. */
#include "support/random_maker.h"
#include "base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int draw(maker *m, int most)
{
    return (int)(wcl__random_key(m->graph->seed, m->draws++) >> 33) % most;
}

bool chance(maker *m, int percent)
{
    return draw(m, 100) < percent;
}

const wcl__shape *shape_of(const maker *m, int value)
{
    return &m->graph->values[value].shape;
}

int pick_value(maker *m, int rank)
{
    int fitting[POOL_MOST], count = 0;
    for (int i = 0; i < m->pool_count; i++)
        if (rank == 0 || shape_of(m, m->pool[i])->rank == rank)
            fitting[count++] = m->pool[i];
    if (count == 0)
        return -1;
    return chance(m, 55) ? fitting[count - 1] : fitting[draw(m, count)];
}

/* ---- values */

static int add_value(maker *m, const graph_value *value)
{
    if (m->graph->value_count == GRAPH_VALUES)
        return -1;
    const int index = m->graph->value_count++;
    m->graph->values[index] = *value;
    return index;
}

static int add_leaf(maker *m, const graph_value *value)
{
    graph_data one;
    const int index = add_value(m, value);
    if (index < 0)
        return -1;
    graph_data_begin(m->graph, &one);
    m->data.values[index] = one.values[index];
    one.values[index] = NULL;
    graph_data_clear(&one);
    return index;
}

static void add_to_pool(maker *m, int value)
{
    if (m->pool_count < POOL_MOST && m->graph->values[value].type == WCL_FLOAT32)
        m->pool[m->pool_count++] = value;
}

int make_constant(maker *m, int rank, const int64_t *dims, double deviation, bool positive)
{
    const wcl__shape shape = wcl__shape_of(rank, dims);
    for (int i = 0; i < m->graph->value_count; i++) {
        const graph_value *old = &m->graph->values[i];
        if (old->kind == GRAPH_CONSTANT && old->type == WCL_FLOAT32 &&
            wcl__shape_equal(&old->shape, &shape) && old->deviation == deviation &&
            old->positive == positive && chance(m, 40))
            return i;
    }
    const graph_value value = {
        GRAPH_CONSTANT, WCL_FLOAT32, shape, wcl__random_key(m->graph->seed, 1000000 + m->draws++),
        deviation,      positive,    {0}};
    return wcl__shape_count(&shape) > 1 << 17 ? -1 : add_leaf(m, &value);
}

int make_ints(maker *m, int rank, int count, const int64_t *values)
{
    graph_value value = {.kind = GRAPH_CONSTANT, .type = WCL_INT64, .shape = {rank, {count}}};
    assert_true(count <= ATTR_INTS);
    memcpy(value.ints, values, (size_t)count * sizeof *values);
    return add_leaf(m, &value);
}

/* ---- nodes */

graph_node begin_node(const char *op, int a, int b, int c)
{
    graph_node node = {.op = op, .inputs = {a, b, c}};
    node.input_count = c >= 0 ? 3 : b >= 0 ? 2 : a >= 0 ? 1 : 0;
    return node;
}

static graph_attr *add_attr(graph_node *node, const char *name, wcl_attribute_kind kind)
{
    assert_true(node->attr_count < NODE_ATTRS);
    graph_attr *attr = &node->attrs[node->attr_count++];
    *attr = (graph_attr){.name = name, .kind = kind};
    return attr;
}

void add_int(graph_node *node, const char *name, int64_t value)
{
    add_attr(node, name, WCL_ATTRIBUTE_INT)->i = value;
}

void add_float(graph_node *node, const char *name, double value)
{
    add_attr(node, name, WCL_ATTRIBUTE_FLOAT)->f = (float)value;
}

void add_text(graph_node *node, const char *name, const char *value)
{
    add_attr(node, name, WCL_ATTRIBUTE_STRING)->s = value;
}

void add_ints(graph_node *node, const char *name, int count, const int64_t *values)
{
    graph_attr *attr = add_attr(node, name, WCL_ATTRIBUTE_INTS);
    assert_true(count <= ATTR_INTS);
    attr->count = count;
    memcpy(attr->ints, values, (size_t)count * sizeof *values);
}

static double rms(const maker *m, int value)
{
    const int64_t count = wcl__shape_count(shape_of(m, value));
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += (double)m->data.values[value][i] * (double)m->data.values[value][i];
    return sqrt(sum / (double)count);
}

/* Values of an ordinary size, and not what is left of two large ones: else rounding errors say nothing. */
static bool is_healthy(const maker *m, const graph_node *node)
{
    const double size = rms(m, node->output);
    const char adding[] = "Add Sub Sum Gemm";
    if (!isfinite(size) || size < 1e-3 || size > 1e3)
        return false;
    for (int i = 0; strstr(adding, node->op) && i < node->input_count; i++)
        if (node->inputs[i] >= 0 && size < 0.02 * rms(m, node->inputs[i]))
            return false;
    return true;
}

/* No divisor near zero. */
static bool can_divide(const maker *m, const graph_node *node)
{
    const int divisor = node->inputs[1];
    for (int64_t i = 0; i < wcl__shape_count(shape_of(m, divisor)); i++)
        if (fabsf(m->data.values[divisor][i]) < 0.2f)
            return false;
    return true;
}

static void forget(maker *m, int value)
{
    free(m->data.values[value]);
    free(m->data.wide[value]);
    m->data.values[value] = NULL;
    m->data.wide[value] = NULL;
}

int make_node(maker *m, const graph_node *node)
{
    random_graph *graph = m->graph;
    graph_value value = {.kind = GRAPH_COMPUTED, .type = WCL_FLOAT32};
    for (int i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= graph->value_count)
            return -1;
    if (graph->node_count == GRAPH_NODES || (strcmp(node->op, "Div") == 0 && !can_divide(m, node)))
        return -1;
    const int index = add_value(m, &value), second = node->second ? add_value(m, &value) : 0;
    if (index < 0 || second < 0) {
        graph->value_count = index < 0 ? graph->value_count : index;
        return -1;
    }
    graph->nodes[graph->node_count] = *node;
    graph->nodes[graph->node_count].id = m->next_id++;
    graph->nodes[graph->node_count].output = index;
    graph->nodes[graph->node_count].second = second;
    const bool valid = graph_compute(&m->data, graph->node_count, &graph->values[index], NULL);
    graph->values[index].kind = GRAPH_COMPUTED;
    if (second)
        graph->values[second] =
            (graph_value){.kind = GRAPH_COMPUTED, .type = WCL_INT64, .shape = graph->values[index].shape};
    if (valid &&
        (graph->values[index].type != WCL_FLOAT32 || is_healthy(m, &graph->nodes[graph->node_count]))) {
        graph->node_count++;
        add_to_pool(m, index);
        return index;
    }
    forget(m, index);
    if (second)
        forget(m, second);
    graph->value_count = index;
    return -1;
}

int make_simple(maker *m, const char *op, int a, int b)
{
    const graph_node node = begin_node(op, a, b, -1);
    return a < 0 ? -1 : make_node(m, &node);
}

/* ---- the network */

static int add_input(maker *m, graph_kind kind, const wcl__shape *shape)
{
    const graph_value value = {
        kind, WCL_FLOAT32, *shape, wcl__random_key(m->graph->seed, 2000000 + m->draws++), 1.0, false, {0}};
    const int index = add_leaf(m, &value);
    if (index >= 0)
        add_to_pool(m, index);
    return index;
}

static void make_inputs(maker *m)
{
    wcl__shape picture = {4, {0}}, row = {2, {0}};
    m->batch = PICK(m, 1, 1, 1, 1, 2, 2, 2, 3, 4, 5);
    picture.dims[0] = row.dims[0] = m->batch;
    picture.dims[1] = PICK(m, 1, 3, 3, 4, 5, 8, 16, 17, 32);
    picture.dims[2] = PICK(m, 1, 3, 5, 7, 8, 8, 12, 13);
    picture.dims[3] = PICK(m, 1, 3, 7, 8, 8, 8, 12); /* widths decide kernels */
    row.dims[1] = PICK(m, 1, 4, 10, 16, 20, 33);
    if (chance(m, 12)) { /* 1-D */
        picture.rank = 3;
        picture.dims[2] = picture.dims[3];
    }
    if (chance(m, 15))
        add_input(m, GRAPH_INPUT, &row);
    if (chance(m, 25))
        add_input(m, GRAPH_CONSTANT, &picture);
    if (chance(m, 25)) {
        const wcl__shape second = picture;
        add_input(m, GRAPH_INPUT, &second);
    }
    add_input(m, GRAPH_INPUT, &picture);
}

static int choose(maker *m)
{
    int all = 0;
    for (int t = 0; t < 2; t++)
        for (const graph_maker *row = t ? shape_makers : layer_makers; row->name; row++)
            all += row->weight;
    int at = draw(m, all);
    for (int t = 0; t < 2; t++)
        for (const graph_maker *row = t ? shape_makers : layer_makers; row->name; row++) {
            at -= row->weight;
            if (at < 0)
                return row->make(m);
        }
    return -1;
}

static bool is_read(const random_graph *graph, int value)
{
    for (int i = 0; i < graph->node_count; i++)
        for (int k = 0; k < graph->nodes[i].input_count; k++)
            if (graph->nodes[i].inputs[k] == value)
                return true;
    return false;
}

static void make_outputs(maker *m)
{
    random_graph *graph = m->graph;
    for (int i = graph->node_count - 1; i >= 0 && graph->output_count < GRAPH_OUTPUTS; i--) {
        const int value = graph->nodes[i].output, second = graph->nodes[i].second;
        const bool alone = second && chance(m, 30); /* what it made beside is dropped */
        if (graph->values[value].type == WCL_FLOAT32 && !alone && (!is_read(graph, value) || chance(m, 15)))
            graph->outputs[graph->output_count++] = value;
        if (second && graph->output_count < GRAPH_OUTPUTS && (alone || chance(m, 60)))
            graph->outputs[graph->output_count++] = second;
    }
    graph_drop_dead(graph);
}

void graph_make(uint64_t seed, random_graph *graph)
{
    maker *m = calloc(1, sizeof *m);
    assert_non_null(m);
    memset(graph, 0, sizeof *graph);
    m->graph = graph;
    graph->seed = seed;
    graph->opset = (int)PICK(m, 21, 21, 21, 17, 13, 12, 10, 9);
    graph->free_batch = chance(m, 30);
    m->data.graph = graph;
    make_inputs(m);
    const int wanted = 2 + draw(m, 10);
    for (int tries = 0; tries < 20 * wanted && graph->node_count < wanted; tries++)
        choose(m);
    while (graph->node_count == 0)
        make_simple(m, "Tanh", pick_value(m, 0), -1);
    make_outputs(m);
    graph_data_clear(&m->data);
    free(m);
}
