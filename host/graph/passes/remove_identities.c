/* Nodes that move nothing vanish: their readers read what they read. */
#include "graph/passes.h"

wcl_status wcl__pass_remove_identities(wcl__graph *graph)
{
    for (size_t i = graph->node_count; i-- > 0;)
        wcl__graph_skip_identity(graph, i);
    return WCL_OK;
}
