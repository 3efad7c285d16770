/* A model with all dimensions bound: shapes inferred, shape arithmetic folded on the host, nodes fused. What
 * the planner works on. */
#ifndef WCL_GRAPH_GRAPH_H
#define WCL_GRAPH_GRAPH_H

#include "model/unsupported.h"

typedef struct wcl__graph {
    const wcl_model *model;
    wcl__value **values; /* owned; the first ones are the model's, in its order */
    size_t value_count, value_capacity;
    wcl__op_node **nodes; /* owned, in an order that can run */
    size_t node_count, node_capacity;
    wcl__value **inputs, **outputs; /* the model's; an output may be known */
} wcl__graph;

/* `inputs`: wcl_plan_create's. Infers, folds and fuses. */
wcl_status wcl__graph_create(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph);
/* Infers and folds only: each node of the model keeps its place in *nodes, folded ones included. */
wcl_status wcl__graph_infer(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph);
/* For a model that is not whole, sorted if it can be: adds all nodes that are not supported to the list, as
 * far as the declared shapes tell, and ignores what else is wrong. Fails for lack of memory, and where a file
 * was cut. */
wcl_status wcl__graph_survey(const wcl_model *model, wcl__unsupported *list);
void wcl__graph_clear(wcl__graph *graph);
/* The size that one of the first `inputs` inputs gave to a free dimension of this name; -1 if none did. */
int64_t wcl__graph_named_size(const wcl__graph *graph, size_t inputs, const char *name);

/* ---- for the passes */
wcl_status wcl__graph_add_value(wcl__graph *graph, const char *name, wcl_type type, const wcl__shape *shape,
                                wcl__value **out);
/* Puts a node before position `at`; the graph owns it from then on. */
wcl_status wcl__graph_insert(wcl__graph *graph, size_t at, wcl__op_node *node);
void wcl__graph_remove(wcl__graph *graph, size_t at);
/* Everybody who reads `from` reads `to` instead, the graph's outputs included. */
void wcl__graph_replace(wcl__graph *graph, const wcl__value *from, wcl__value *to);
size_t wcl__graph_uses(const wcl__graph *graph,
                       const wcl__value *value); /* reads, a graph output counts as one */
/* The position of the node that makes `value`; -1: nobody does. */
int64_t wcl__graph_producer(const wcl__graph *graph, const wcl__value *value);
void wcl__op_node_free(wcl__op_node *node);
wcl__op_node *wcl__op_node_make(const wcl__op *op, const char *name, int opset, size_t inputs,
                                size_t outputs);

/* passes.c: removes what does nothing, moves Transposes down until they meet or vanish, fuses. */
wcl_status wcl__graph_fuse(wcl__graph *graph);

#endif
