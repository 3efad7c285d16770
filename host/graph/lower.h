/* From a model to the graph that the planner works on. */
#ifndef WCL_GRAPH_LOWER_H
#define WCL_GRAPH_LOWER_H

#include "graph/graph.h"

/* `inputs`: wcl_plan_create's. Binds, infers, folds and runs the passes. */
wcl_status wcl__graph_create(const wcl_model *model, const wcl_tensor *inputs, wcl__graph *graph);

#endif
