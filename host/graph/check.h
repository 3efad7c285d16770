/* What must hold of a whole model before anybody plans it. */
#ifndef WCL_GRAPH_CHECK_H
#define WCL_GRAPH_CHECK_H

#include "graph/model.h"

/* Checks operators and attributes (where some are not known, all that is unsupported is listed at once, limits that the declared shapes
 * tell of included), counts of inputs, that everything is defined and nothing
 * is cyclic; sorts the nodes; marks the inputs whose values planning needs. */
wcl_status wcl__model_check(wcl_model *model);
/* The counts of the inputs and outputs of a node whose operator is known, and that each input comes from somewhere. */
wcl_status wcl__model_check_node(const wcl_model *model, const wcl__model_node *node);

#endif
