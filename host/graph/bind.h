/* Binding: a model becomes a graph in which every dimension has a size. */
#ifndef WCL_GRAPH_BIND_H
#define WCL_GRAPH_BIND_H

#include "graph/graph.h"

/* Makes the graph, with a value for each of the model's and no nodes. */
wcl_status wcl__graph_begin(const wcl_model *model, wcl__graph *graph);
/* `inputs`: wcl_plan_create's. Gives all inputs their shapes, and those that planning must know
 * their values. */
wcl_status wcl__graph_bind(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph);
/* The shape alone, of one input. NULL tensor: free dimensions that nobody named before are 1. */
wcl_status wcl__graph_bind_dims(const wcl_model *model, wcl__graph *graph, size_t index,
                                const wcl_tensor *tensor);
/* Adds the model's node i as the graph's node i. */
wcl_status wcl__graph_take_node(wcl__graph *graph, size_t i);
/* The size that one of the first `inputs` inputs gave to a free dimension of this name; -1 if none did. */
int64_t wcl__graph_named_size(const wcl__graph *graph, size_t inputs, const char *name);

#endif
