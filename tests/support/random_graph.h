/* Random networks: a network as plain data, that it can be copied, made smaller and printed. test_random.c
 * uses all of this. */
#ifndef WCL_TESTS_RANDOM_GRAPH_H
#define WCL_TESTS_RANDOM_GRAPH_H

#include "base/shape.h"

enum {
    GRAPH_VALUES = 160,
    GRAPH_NODES = 48,
    NODE_INPUTS = 6,
    NODE_ATTRS = 7,
    ATTR_INTS = 8,
    GRAPH_OUTPUTS = 24
};
enum {
    GRAPH_ELEMENTS = 60000,
    GRAPH_WORK = 1500000
}; /* of a node, at most: its output's size, and the numbers added up for it */

typedef enum graph_kind { GRAPH_INPUT = 0, GRAPH_CONSTANT = 1, GRAPH_COMPUTED = 2 } graph_kind;

/* Values are named "v" and their index. Floats of an input or a constant come from `key`; integers stand in
 * `ints`. */
typedef struct graph_value {
    graph_kind kind;
    wcl_type type; /* WCL_FLOAT32 or WCL_INT64 */
    wcl__shape shape;
    uint64_t key;
    double deviation;
    bool positive; /* |x| + 0.5 */
    int64_t ints[ATTR_INTS];
} graph_value;

typedef struct graph_attr {
    const char *name;
    wcl_attribute_kind kind;
    int64_t i;
    float f;
    const char *s;
    int64_t ints[ATTR_INTS];
    float floats[ATTR_INTS];
    int count;
} graph_attr;

/* Nodes are named "n" and their `id`, which stays when others go. */
typedef struct graph_node {
    const char *op;
    int id;
    int inputs[NODE_INPUTS]; /* values; -1: absent */
    int input_count;
    int output;
    int second; /* its second output, int64 and of the first one's shape; 0: none, since value 0 is a leaf */
    graph_attr attrs[NODE_ATTRS];
    int attr_count;
} graph_node;

typedef struct random_graph {
    uint64_t seed;
    int opset;
    bool free_batch; /* inputs are declared with a free first dimension */
    graph_value values[GRAPH_VALUES];
    int value_count;
    graph_node nodes[GRAPH_NODES]; /* in an order that can run */
    int node_count;
    int outputs[GRAPH_OUTPUTS];
    int output_count;
} random_graph;

/* An attribute by name; NULL: it has none. */
const graph_attr *graph_attr_find(const graph_node *node, const char *name);
/* The inputs that the model has: all values of that kind which a node reads or that are outputs. */
bool graph_reads(const random_graph *graph, int value);
/* The node whose second output it is; NULL: none. */
const graph_node *graph_node_of_second(const random_graph *graph, int value);
/* Drops the nodes whose values nobody reads. */
void graph_drop_dead(random_graph *graph);
/* The model that the library sees. NULL: it was refused; wcl_last_error tells. */
wcl_model *graph_model(const random_graph *graph);
/* As rows that can be read and copied into a test. */
void graph_print(const random_graph *graph);

/* random_make.c: the network of a seed. */
void graph_make(uint64_t seed, random_graph *graph);

/* ---- the interpreter: host/ref/ node by node, shapes found anew from the nodes, none of the library's
 * inference or passes */

typedef struct graph_data {
    const random_graph *graph;
    float *values[GRAPH_VALUES];    /* integers, too */
    double *wide[GRAPH_VALUES];     /* before they were rounded to floats */
    int64_t reduction[GRAPH_NODES]; /* values added up for one output */
} graph_data;

/* Noise of a node: this times the size of its output, or of what is added up in it. */
typedef struct graph_noise {
    double level[GRAPH_NODES];
    uint64_t key;
} graph_noise;

/* Inputs and constants. */
void graph_data_begin(const random_graph *graph, graph_data *data);
/* The next node, data->graph's `index`th: sets its output's type and shape in *value, and computes it and its
 * second output. False: the node is not valid. */
bool graph_compute(graph_data *data, int index, graph_value *value, const graph_noise *noise);
/* All nodes; noise NULL: none. False: a node is not valid, or a shape is not as noted. */
bool graph_run(const random_graph *graph, graph_data *data, const graph_noise *noise);
void graph_data_clear(graph_data *data);

#endif
