/* A network as a table of nodes, run by the naive references of host/ref: what fusions are compared with. */
#ifndef WCL_TESTS_REFERENCE_H
#define WCL_TESTS_REFERENCE_H

#include "base/shape.h"

enum { NODE_MOST = 16, NODE_INTS = 6, CONSTANT_MOST = 12, ARRAY_MOST = 48 };

/* A constant of seeded values; `positive`: their absolute values plus 0.5 (a variance). */
typedef struct net_constant {
    const char *name;
    wcl__shape shape;
    bool positive;
} net_constant;

/* ints: Conv: padding on each side, stride, groups; MaxPool, AveragePool: window and stride, padding on each
 * side, dilation; LeakyRelu: the slope in hundredths (0: the usual one); Transpose: perm; Concat,
 * Softmax: axis; Reshape: the shape (a constant made of it); others: none. */
typedef struct net_row {
    const char *op, *name, *in, *out; /* names, separated by spaces */
    int64_t ints[NODE_INTS];
    int count; /* of the list, where its length is not fixed */
} net_row;

typedef struct net_table {
    wcl__shape input; /* of "x"; "z" is a second one where a node reads it */
    net_constant constants[CONSTANT_MOST];
    net_row nodes[NODE_MOST];
    const char *outputs;
} net_table;

typedef struct net_array {
    char name[32];
    wcl__shape shape;
    float *data; /* owned by the reference_run */
} net_array;

typedef struct reference_run {
    net_array arrays[ARRAY_MOST];
    int count;
} reference_run;

/* The model, with the input's first dimension free unless the input is a vector. */
wcl_model *reference_model(const net_table *table);
void reference_compute(const net_table *table, reference_run *run);
const net_array *reference_find(const reference_run *run, const char *name);
void reference_clear(reference_run *run);

#endif
