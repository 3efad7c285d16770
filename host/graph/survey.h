/* What of a model is not supported. */
#ifndef WCL_GRAPH_SURVEY_H
#define WCL_GRAPH_SURVEY_H

#include "graph/graph.h"
#include "model/unsupported.h"

/* For a model that is not whole, sorted if it can be: adds all nodes that are not supported to the list, as
 * far as the declared shapes tell, and ignores what else is wrong. Fails for lack of memory, and where a file
 * was cut. */
wcl_status wcl__graph_survey(const wcl_model *model, wcl__unsupported *list);

#endif
