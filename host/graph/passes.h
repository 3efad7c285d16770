/* The passes: each changes the graph into one that computes the same with less work. */
#ifndef WCL_GRAPH_PASSES_H
#define WCL_GRAPH_PASSES_H

#include "graph/graph.h"

/* In the order in which they run: wcl__pass_NAME is in passes/NAME.c. After each, nodes that nobody reads any
 * more are dropped. Identities are removed again because sinking Transposes makes new ones. */
#define WCL__PASSES(X)   \
    X(remove_identities) \
    X(sink_transposes)   \
    X(remove_identities) \
    X(flatten_order)     \
    X(relu_before_pool)  \
    X(fuse_epilogues)

#define WCL__PASS_DECLARE(name) wcl_status wcl__pass_##name(wcl__graph *graph);
WCL__PASSES(WCL__PASS_DECLARE)
#undef WCL__PASS_DECLARE

/* Runs them all. */
wcl_status wcl__graph_run_passes(wcl__graph *graph);

#endif
