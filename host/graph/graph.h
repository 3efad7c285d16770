/* The bound graph: a model with all dimensions known, and how its nodes and values are changed. */
#ifndef WCL_GRAPH_GRAPH_H
#define WCL_GRAPH_GRAPH_H

#include "model/model.h"

typedef struct wcl__graph {
    const wcl_model *model;
    wcl__value **values; /* owned; the first ones are the model's, in its order */
    size_t value_count, value_capacity;
    wcl__op_node **nodes; /* owned, in an order that can run */
    size_t node_count, node_capacity;
    wcl__value **inputs, **outputs; /* the model's; an output may be known */
} wcl__graph;

void wcl__graph_clear(wcl__graph *graph);
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
/* That node; NULL: the value is an input or known, or there is no value. */
wcl__op_node *wcl__graph_maker(const wcl__graph *graph, const wcl__value *value);
/* Removes the nodes that nobody reads, and those whose outputs are all known. */
void wcl__graph_drop_unread(wcl__graph *graph);
/* Notes how the model orders what `value` holds in another order now: wcl__reorder. */
void wcl__value_set_order(wcl__value *value, const wcl__shape *from, const int64_t *perm,
                          const wcl__shape *shape);
void wcl__op_node_free(wcl__op_node *node);
wcl__op_node *wcl__op_node_make(const wcl__op *op, const char *name, int opset, size_t inputs,
                                size_t outputs);

#endif
