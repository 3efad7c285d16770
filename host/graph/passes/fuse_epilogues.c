/* Scale, shift, activation and a small max-pool go into the convolution or dense layer before them. */
#include "graph/passes.h"

#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"

/* Composes y * scale + shift behind what the epilogue has already. NULL scale: 1, NULL shift: 0. */
static wcl_status compose(wcl__op_node *target, const float *scale, const float *shift)
{
    wcl__epilogue *e = &target->epilogue;
    const size_t count = (size_t)wcl__channels(target);
    if (scale && !e->scale) {
        e->scale = wcl__alloc(count, sizeof(float));
        if (!e->scale)
            return wcl__fail_memory();
        for (size_t i = 0; i < count; i++)
            e->scale[i] = 1.0f;
    }
    if (!e->shift)
        e->shift = wcl__alloc(count, sizeof(float));
    if (!e->shift)
        return wcl__fail_memory();
    for (size_t i = 0; i < count; i++) {
        if (scale) {
            e->scale[i] *= scale[i];
            e->shift[i] *= scale[i];
        }
        if (shift)
            e->shift[i] += shift[i];
    }
    return WCL_OK;
}

/* Absorbs the node if it is scale and shift by channel of this input, which the target makes. */
static wcl_status absorb_affine(wcl__op_node *target, const wcl__op_node *node, size_t input, bool *absorbed)
{
    float *scale = NULL, *shift = NULL;
    if (!node->op->by_channel || !wcl__has_weights(target))
        return WCL_OK;
    wcl_status status = node->op->by_channel(node, input, wcl__channel_axis(target), &scale, &shift);
    if (status == WCL_OK && (scale || shift)) {
        status = compose(target, scale, shift);
        *absorbed = status == WCL_OK;
    }
    wcl__free(scale);
    wcl__free(shift);
    return status;
}

/* Does `node`, the only reader of `target`'s output, become part of it? It reads it as this input. */
static wcl_status absorb(wcl__op_node *target, const wcl__op_node *node, size_t input, bool *absorbed)
{
    const unsigned flags = target->op->flags;
    *absorbed = false;
    if (target->epilogue.pool)
        return WCL_OK;
    if ((flags & WCL__ABSORBS_POOL) && node->op->is_epilogue_pool && node->op->is_epilogue_pool(node)) {
        target->epilogue.pool = *absorbed = true;
        return WCL_OK;
    }
    if (target->epilogue.act.kind != WCL__ACT_NONE)
        return WCL_OK;
    if ((flags & WCL__ABSORBS_ACT) && (node->op->flags & WCL__IS_ACTIVATION)) {
        target->epilogue.act = node->desc.act;
        *absorbed = true;
        return WCL_OK;
    }
    return (flags & WCL__ABSORBS_AFFINE) ? absorb_affine(target, node, input, absorbed) : WCL_OK;
}

wcl_status wcl__pass_fuse_epilogues(wcl__graph *graph)
{
    for (size_t i = 0; i < graph->node_count;) {
        const wcl__op_node *node = graph->nodes[i];
        bool absorbed = false;
        for (size_t k = 0; k < node->input_count && !absorbed; k++) {
            wcl__op_node *target = wcl__graph_maker(graph, node->inputs[k]);
            if (!target || wcl__graph_uses(graph, node->inputs[k]) != 1)
                continue;
            const wcl_status status = absorb(target, node, k, &absorbed);
            if (status != WCL_OK)
                return wcl__in_node(status, node->name);
            if (absorbed)
                target->outputs[0] = node->outputs[0];
        }
        if (absorbed)
            wcl__graph_remove(graph, i);
        else
            i++;
    }
    return WCL_OK;
}
