/* An activation behind a max-pool moves before it, so that the operator before can absorb it: the largest of
 * f(x) is f of the largest x where f never falls. */
#include "graph/passes.h"

#include <math.h>

#include "base/error.h"

/* Never falls, and gives NaN for NaN only. An infinite cell times a slope of 0 would be NaN before the pool,
 * where the pool leaves it out. */
static bool never_falls(const wcl__act *act)
{
    switch (act->kind) {
    case WCL__ACT_RELU:
    case WCL__ACT_SIGMOID:
    case WCL__ACT_TANH:
        return true;
    case WCL__ACT_LEAKY_RELU:
        return act->a > 0 && isfinite(act->a);
    case WCL__ACT_HARD_SIGMOID:
        return act->a > 0 && isfinite(act->a) && isfinite(act->b);
    case WCL__ACT_CLIP:
        return act->a <= act->b;
    case WCL__ACT_NONE:
        break;
    }
    return false;
}

/* The max-pool that makes this value for one reader, from a value that only it reads and whose maker absorbs
 * activations; -1: there is none. */
static int64_t pool_before(const wcl__graph *graph, const wcl__value *value)
{
    const int64_t at = value->source ? -1 : wcl__graph_producer(graph, value);
    const wcl__op_node *pool = at >= 0 ? graph->nodes[at] : NULL;
    if (!pool || !pool->op->takes_largest || !pool->op->takes_largest(pool) ||
        (pool->output_count > 1 && pool->outputs[1]) || wcl__graph_uses(graph, value) != 1)
        return -1;
    const wcl__op_node *target = wcl__graph_maker(graph, pool->inputs[0]);
    return target && (target->op->flags & WCL__ABSORBS_ACT) && wcl__graph_uses(graph, pool->inputs[0]) == 1
               ? at
               : -1;
}

/* The two change places: pool, activation becomes activation, pool. */
static wcl_status swap(wcl__graph *graph, int64_t pool_at, size_t act_at)
{
    wcl__op_node *pool = graph->nodes[pool_at], *act = graph->nodes[act_at];
    wcl__value *x = pool->inputs[0], *activated;
    const wcl_status status = wcl__graph_add_value(graph, x->name, x->type, &x->shape, &activated);
    if (status != WCL_OK)
        return status;
    activated->order.none = true;
    act->inputs[0] = x;
    pool->inputs[0] = activated;
    pool->outputs[0] = act->outputs[0];
    act->outputs[0] = activated;
    graph->nodes[pool_at] = act;
    graph->nodes[act_at] = pool;
    return WCL_OK;
}

wcl_status wcl__pass_relu_before_pool(wcl__graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const wcl__op_node *node = graph->nodes[i];
        if (!(node->op->flags & WCL__IS_ACTIVATION) || !never_falls(&node->desc.act))
            continue;
        const int64_t pool = pool_before(graph, node->inputs[0]);
        const wcl_status status = pool >= 0 ? swap(graph, pool, i) : WCL_OK;
        if (status != WCL_OK)
            return wcl__in_node(status, node->name);
    }
    return WCL_OK;
}
