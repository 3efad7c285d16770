/* Nodes that move nothing vanish: their readers read what they read. */
#include "graph/passes.h"

#include "ops/value.h"

wcl_status wcl__pass_remove_identities(wcl__graph *graph)
{
    for (size_t i = graph->node_count; i-- > 0;) {
        const wcl__op_node *node = graph->nodes[i];
        if (!wcl__moves_nothing(node))
            continue;
        wcl__graph_replace(graph, node->outputs[0], node->inputs[0]);
        wcl__graph_remove(graph, i);
    }
    return WCL_OK;
}
