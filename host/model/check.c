/* What must hold of a model: links, counts, an order without circles. */
#include "model/check.h"
#include "base/error.h"
#include "base/memory.h"

wcl_status wcl__model_check_node(const wcl_model *model, const wcl__model_node *node)
{
    const wcl__op *op = node->op;
    if (node->input_count < (size_t)op->min_inputs || node->input_count > (size_t)op->max_inputs)
        return wcl__fail(WCL_BAD_MODEL, "%s has %zu inputs, it takes %d to %d", op->name, node->input_count,
                         op->min_inputs, op->max_inputs);
    if (node->output_count < 1 || node->output_count > (size_t)op->max_outputs)
        return wcl__fail(WCL_BAD_MODEL, "%s has %zu outputs, it makes 1 to %d", op->name, node->output_count,
                         op->max_outputs);
    if (node->outputs[0] < 0)
        return wcl__fail(WCL_BAD_MODEL, "%s has no first output", op->name);
    for (size_t i = 0; i < node->input_count; i++) {
        if (node->inputs[i] < 0) {
            if (i < (size_t)op->min_inputs)
                return wcl__fail(WCL_BAD_MODEL, "%s: input %zu is missing", op->name, i);
            continue;
        }
        const wcl__model_value *value = &model->values[node->inputs[i]];
        if (!value->source && !value->is_input && value->producer < 0)
            return wcl__fail(WCL_BAD_MODEL, "nothing makes its input %s", value->name);
    }
    return WCL_OK;
}

static wcl_status check_links(const wcl_model *model)
{
    if (model->output_count == 0)
        return wcl__fail(WCL_BAD_MODEL, "the graph has no output");
    for (size_t i = 0; i < model->node_count; i++) {
        const wcl_status status = wcl__model_check_node(model, &model->nodes[i]);
        if (status != WCL_OK)
            return wcl__in_node(status, model->nodes[i].name);
    }
    for (size_t i = 0; i < model->output_count; i++) {
        const wcl__model_value *value = &model->values[model->outputs[i]];
        if (!value->source && !value->is_input && value->producer < 0)
            return wcl__fail(WCL_BAD_MODEL, "nothing makes the graph's output %s", value->name);
    }
    return WCL_OK;
}

/* Depth-first, iterative: files may have long chains. State: 0 not seen, 1 on the path, 2 in the order. */
typedef struct sorter {
    const wcl_model *model;
    unsigned char *state;
    size_t *next_input, *path;
    size_t *order, count;
} sorter;

static wcl_status visit(sorter *s, size_t start)
{
    size_t depth = 0;
    s->path[0] = start;
    s->state[start] = 1;
    for (;;) {
        const size_t at = s->path[depth];
        const wcl__model_node *node = &s->model->nodes[at];
        if (s->next_input[at] == node->input_count) {
            s->state[at] = 2;
            s->order[s->count++] = at;
            if (depth-- == 0)
                return WCL_OK;
            continue;
        }
        const int value = node->inputs[s->next_input[at]++];
        const int producer = value >= 0 ? s->model->values[value].producer : -1;
        if (producer < 0 || s->state[producer] == 2)
            continue;
        if (s->state[producer] == 1)
            return wcl__in_node(wcl__fail(WCL_BAD_MODEL, "the graph is cyclic: %s depends on itself",
                                          s->model->values[value].name),
                                s->model->nodes[producer].name);
        s->state[producer] = 1;
        s->path[++depth] = (size_t)producer;
    }
}

static wcl_status sort_nodes(wcl_model *model)
{
    const size_t count = model->node_count;
    sorter s = {model,
                wcl__alloc(count + 1, 1),
                wcl__alloc(count + 1, sizeof(size_t)),
                wcl__alloc(count + 1, sizeof(size_t)),
                wcl__alloc(count + 1, sizeof(size_t)),
                0};
    wcl__model_node *sorted = wcl__alloc(count + 1, sizeof *sorted);
    wcl_status status = WCL_OK;
    if (!s.state || !s.next_input || !s.path || !s.order || !sorted) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    for (size_t i = 0; i < count && status == WCL_OK; i++)
        if (s.state[i] == 0)
            status = visit(&s, i);
    if (status != WCL_OK)
        goto cleanup;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = model->nodes[s.order[i]];
        for (size_t o = 0; o < sorted[i].output_count; o++)
            if (sorted[i].outputs[o] >= 0)
                model->values[sorted[i].outputs[o]].producer = (int)i;
    }
    wcl__free(model->nodes);
    model->nodes = sorted;
    model->node_capacity = count + 1;
    sorted = NULL;

cleanup:
    wcl__free(s.state);
    wcl__free(s.next_input);
    wcl__free(s.path);
    wcl__free(s.order);
    wcl__free(sorted);
    return status;
}

/* Inputs that planning must know: integers (they are shapes, axes, indices), and whatever ends in an
 * operator's `known` input. */
static void mark_known(wcl_model *model)
{
    for (size_t i = model->node_count; i-- > 0;) {
        const wcl__model_node *node = &model->nodes[i];
        bool wanted = false;
        for (size_t o = 0; o < node->output_count; o++)
            wanted = wanted || (node->outputs[o] >= 0 && model->values[node->outputs[o]].known);
        wanted = wanted && node->op && node->op->fold && !(node->op->flags & WCL__FOLDS_SHAPE);
        for (size_t k = 0; k < node->input_count; k++)
            if (node->inputs[k] >= 0 && (wanted || (node->op && wcl__op_knows(node->op, k))))
                model->values[node->inputs[k]].known = true;
    }
    for (size_t i = 0; i < model->input_count; i++) {
        wcl__model_value *value = &model->values[model->inputs[i]];
        value->known = value->known || value->type != WCL_FLOAT32;
    }
}

wcl_status wcl__model_sort(wcl_model *model)
{
    const wcl_status status = sort_nodes(model);
    if (status == WCL_OK)
        mark_known(model);
    return status;
}

wcl_status wcl__model_check(wcl_model *model)
{
    const wcl_status status = check_links(model);
    return status == WCL_OK ? wcl__model_sort(model) : status;
}
