/* What must hold of a whole model before anybody plans it. */
#ifndef WCL_GRAPH_CHECK_H
#define WCL_GRAPH_CHECK_H

#include "graph/model.h"

/* Checks operators and attributes (all unsupported ones are listed at once), counts of inputs, that everything is defined and nothing
 * is cyclic; sorts the nodes; marks the inputs whose values planning needs. */
wcl_status wcl__model_check(wcl_model *model);

#endif
