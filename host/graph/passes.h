/* Networks from NHWC frameworks carry Transposes around their convolutions. They are moved down through
 * element-wise nodes until two meet and vanish; a last one before a dense layer becomes the order of its
 * weights. */
#ifndef WCL_GRAPH_PASSES_H
#define WCL_GRAPH_PASSES_H

#include "graph/graph.h"

bool wcl__perm_is_identity(const int64_t *perm, int rank);
wcl_status wcl__transposes_sink(wcl__graph *graph);
wcl_status wcl__transposes_into_dense(wcl__graph *graph);

/* Removes what does nothing, moves Transposes down until they meet or vanish, fuses. */
wcl_status wcl__graph_fuse(wcl__graph *graph);

#endif
