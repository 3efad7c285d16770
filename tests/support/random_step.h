/* One node of a random network in the interpreter: its operator's function sets the output's shape and, where
 * y is there, its values. */
#ifndef WCL_TESTS_RANDOM_STEP_H
#define WCL_TESTS_RANDOM_STEP_H

#include "ref/ref.h"
#include "support/random_graph.h"

typedef struct graph_step {
    const random_graph *graph;
    const graph_node *node;
    const graph_value *in[NODE_INPUTS]; /* NULL: absent */
    const float *x[NODE_INPUTS];
    wcl_type type;
    wcl__shape shape;
    int64_t reduction;
    double *y;      /* NULL: only the shape is wanted */
    double *second; /* the second output's, where the node has one and values are wanted */
    bool valid;     /* set to false where the operands don't fit */
} graph_step;

int64_t step_int(const graph_step *s, const char *name, int64_t standard);
double step_float(const graph_step *s, const char *name, double standard);
/* Element i of a list; `standard` where the list is absent. */
int64_t step_list(const graph_step *s, const char *name, int i, int64_t standard);
/* The integers of input i, exactly as the model has them. */
int step_ints(const graph_step *s, int i, int64_t out[ATTR_INTS]);
/* An axis as it is given, made positive; marks the step where it does not fit. */
int step_axis(graph_step *s, int64_t axis, int rank);
wcl__ref_array step_array(const graph_step *s, int i);

typedef void (*graph_step_function)(graph_step *s);
/* random_norms.c: the operators that normalise or rank; NULL: it is none of them. */
graph_step_function graph_norm_find(const char *op);
/* random_moves.c: the operators that move elements, and shape arithmetic; NULL: it is none of them. */
graph_step_function graph_move_find(const char *op);

#endif
