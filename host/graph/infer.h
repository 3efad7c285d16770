/* Inference of types and shapes, and folding of what is known. */
#ifndef WCL_GRAPH_INFER_H
#define WCL_GRAPH_INFER_H

#include "graph/graph.h"
#include "model/unsupported.h"

/* Binds, infers and folds: each node of the model keeps its place in graph->nodes, folded ones included. */
wcl_status wcl__graph_infer(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph);
/* The same, but what is not supported is only noted. */
wcl_status wcl__graph_infer_nodes(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph,
                                  wcl__unsupported *list);
/* Infers what can be, and notes what is not supported. What else is wrong fails as long as nothing has been
 * noted. */
wcl_status wcl__infer_or_note(wcl__op_node *node, wcl__unsupported *list);
/* Of the node's outputs neither type nor shape can be known. */
void wcl__lose_outputs(wcl__op_node *node);

#endif
