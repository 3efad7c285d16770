/* The layers of a model, as a summary shows them. */
#ifndef WCL_GRAPH_LAYERS_H
#define WCL_GRAPH_LAYERS_H

#include "graph/model.h"

void wcl__layers_free(wcl__layer_cache *layers);

#endif
