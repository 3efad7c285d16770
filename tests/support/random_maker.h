/* What the generator of random networks draws with: random_make.c (the network), random_layers.c and
 * random_shapes.c (its nodes). */
#ifndef WCL_TESTS_RANDOM_MAKER_H
#define WCL_TESTS_RANDOM_MAKER_H

#include "support/random_graph.h"

enum { POOL_MOST = 64 };

/* The network so far, with its values: a node that is not valid, too large or that makes values of a strange
 * size is dropped at once. */
typedef struct maker {
    random_graph *graph;
    graph_data data;
    uint64_t draws;
    int pool[POOL_MOST]; /* floats that further nodes may read: inputs, constants as data, nodes' outputs */
    int pool_count, next_id;
    int64_t batch;
} maker;

/* 0 ... most - 1 */
int draw(maker *m, int most);
bool chance(maker *m, int percent);
/* One of the numbers. */
#define PICK(m, ...) \
    (((const int64_t[]){__VA_ARGS__})[draw(m, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

/* A value of the pool, recent ones more often; of this rank (0: any). -1: there is none. */
int pick_value(maker *m, int rank);
const wcl__shape *shape_of(const maker *m, int value);

/* Constants: new, or, now and then, one that is there with the same shape, deviation and sign. */
int make_constant(maker *m, int rank, const int64_t *dims, double deviation, bool positive);
int make_ints(maker *m, int rank, int count, const int64_t *values);
#define INTS(m, ...) \
    make_ints(m, 1, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]){__VA_ARGS__})

/* A node under construction: op and inputs, attributes one by one, `second` where a second output is wanted,
 * then make_node gives its output (also to the pool) or -1. */
graph_node begin_node(const char *op, int a, int b, int c);
void add_int(graph_node *node, const char *name, int64_t value);
void add_float(graph_node *node, const char *name, double value);
void add_text(graph_node *node, const char *name, const char *value);
void add_ints(graph_node *node, const char *name, int count, const int64_t *values);
int make_node(maker *m, const graph_node *node);
/* A node without attributes. */
int make_simple(maker *m, const char *op, int a, int b);

/* One thing to add to the network: its last value, or -1 if it did not come about. */
typedef struct graph_maker {
    const char *name;
    int weight;
    int (*make)(maker *m);
} graph_maker;
extern const graph_maker layer_makers[], shape_makers[]; /* both end with a NULL name */

int make_activation(maker *m, int x);
int make_conv(maker *m, int x);
int make_dense(maker *m, int x);

#endif
