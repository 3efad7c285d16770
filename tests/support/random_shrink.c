#include "support/random_shrink.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/support.h"
#include "base/random.h"

typedef struct shrinker {
    random_graph *graph, *trial;
    combination *c;
    shrink_test fails;
    void *user;
} shrinker;

/* Takes the trial over if it fails, too. */
static bool keep(shrinker *s)
{
    if (!s->fails(s->trial, s->c, s->user))
        return false;
    *s->graph = *s->trial;
    return true;
}

static void begin(shrinker *s)
{
    *s->trial = *s->graph;
}

/* ---- outputs */

static bool fewer_outputs(shrinker *s)
{
    bool changed = false;
    for (int i = 0; i < s->graph->output_count && s->graph->output_count > 1; i++) {
        begin(s);
        s->trial->outputs[0] = s->graph->outputs[i];
        s->trial->output_count = 1;
        graph_drop_dead(s->trial);
        if (keep(s))
            return true;
    }
    for (int i = s->graph->output_count - 1; i >= 0 && s->graph->output_count > 1; i--) {
        begin(s);
        s->trial->output_count--;
        memmove(&s->trial->outputs[i], &s->trial->outputs[i + 1],
                (size_t)(s->trial->output_count - i) * sizeof(int));
        graph_drop_dead(s->trial);
        changed = keep(s) || changed;
    }
    return changed;
}

/* ---- nodes */

/* What a node made, as a leaf with values of the same size. */
static bool leaf_instead(shrinker *s, int index, graph_kind kind)
{
    const int output = s->graph->nodes[index].output;
    begin(s);
    graph_value *value = &s->trial->values[output];
    graph_data data;
    bool usable = graph_run(s->graph, &data, NULL);
    const int64_t count = wcl__shape_count(&value->shape);
    double size = 0;
    for (int64_t i = 0; usable && i < count; i++) {
        size += data.wide[output][i] * data.wide[output][i];
        if (value->type == WCL_INT64 && i < ATTR_INTS)
            value->ints[i] = (int64_t)data.wide[output][i];
    }
    graph_data_clear(&data);
    usable = usable && (value->type == WCL_FLOAT32 ||
                        (kind == GRAPH_CONSTANT && count <= ATTR_INTS && value->shape.rank <= 1));
    for (int i = 0; i < s->graph->output_count; i++) /* the model's outputs are made by nodes */
        usable = usable && s->graph->outputs[i] != output &&
                 (s->graph->outputs[i] == 0 || s->graph->outputs[i] != s->graph->nodes[index].second);
    if (!usable)
        return false;
    value->kind = kind;
    value->deviation = sqrt(size / (double)count);
    value->key = wcl__random_key(s->graph->seed, 3000000 + (uint64_t)output);
    memmove(&s->trial->nodes[index], &s->trial->nodes[index + 1],
            (size_t)(s->trial->node_count - index - 1) * sizeof s->trial->nodes[0]);
    s->trial->node_count--;
    graph_drop_dead(s->trial);
    return keep(s);
}

/* What reads the node reads one of its inputs instead. */
static bool input_instead(shrinker *s, int index)
{
    const graph_node *node = &s->graph->nodes[index];
    for (int k = 0; k < node->input_count; k++) {
        const int from = node->output, to = node->inputs[k];
        if (to < 0 || s->graph->values[to].type != s->graph->values[from].type ||
            !wcl__shape_equal(&s->graph->values[to].shape, &s->graph->values[from].shape))
            continue;
        begin(s);
        for (int i = 0; i < s->trial->node_count; i++)
            for (int j = 0; j < s->trial->nodes[i].input_count; j++)
                if (s->trial->nodes[i].inputs[j] == from)
                    s->trial->nodes[i].inputs[j] = to;
        for (int i = 0; i < s->trial->output_count; i++)
            if (s->trial->outputs[i] == from && s->trial->values[to].kind == GRAPH_COMPUTED)
                s->trial->outputs[i] = to;
        graph_drop_dead(s->trial);
        if (s->trial->node_count < s->graph->node_count && keep(s))
            return true;
    }
    return false;
}

static bool fewer_nodes(shrinker *s)
{
    bool changed = false;
    for (int i = s->graph->node_count - 1; i >= 0; i--) {
        if (i >= s->graph->node_count)
            continue;
        changed = leaf_instead(s, i, GRAPH_INPUT) || leaf_instead(s, i, GRAPH_CONSTANT) ||
                  input_instead(s, i) || changed;
    }
    return changed;
}

/* ---- what a node has */

static bool plainer_node(shrinker *s, int index)
{
    static const char needed[] = "axis k kernel_shape size to value value_float value_floats";
    const wcl__op *op = wcl__op_find(s->graph->nodes[index].op);
    bool changed = false;
    for (int k = s->graph->nodes[index].attr_count - 1; k >= 0; k--) {
        if (test_listed(needed, s->graph->nodes[index].attrs[k].name))
            continue;
        begin(s);
        graph_node *node = &s->trial->nodes[index];
        node->attr_count--;
        memmove(&node->attrs[k], &node->attrs[k + 1], (size_t)(node->attr_count - k) * sizeof node->attrs[0]);
        changed = keep(s) || changed;
    }
    if (s->graph->nodes[index].input_count > WCL__MAX(op->min_inputs, 1)) {
        begin(s);
        s->trial->nodes[index].input_count--;
        graph_drop_dead(s->trial);
        changed = keep(s) || changed;
    }
    return changed;
}

static bool plainer_model(shrinker *s)
{
    bool changed = false;
    for (int i = 0; i < s->graph->value_count; i++) {
        if (s->graph->values[i].kind != GRAPH_INPUT || !graph_reads(s->graph, i) ||
            s->graph->values[i].deviation == 1.0)
            continue;
        begin(s);
        s->trial->values[i].deviation = 1.0;
        changed = keep(s) || changed;
    }
    if (s->graph->free_batch) {
        begin(s);
        s->trial->free_batch = false;
        changed = keep(s) || changed;
    }
    return changed;
}

static bool plainer_combination(shrinker *s)
{
    bool changed = false;
    for (int i = 0; i < FACTORS; i++) {
        const combination old = *s->c;
        if (old.level[i] == 0)
            continue;
        s->c->level[i] = 0;
        if (s->fails(s->graph, s->c, s->user))
            changed = true;
        else
            *s->c = old;
    }
    return changed;
}

bool graph_shrink(random_graph *graph, combination *c, shrink_test fails, void *user)
{
    shrinker s = {.graph = graph, .trial = malloc(sizeof *graph), .c = c, .fails = fails, .user = user};
    assert_non_null(s.trial);
    const bool failed = fails(graph, c, user);
    for (bool changed = failed; changed;) {
        changed = fewer_outputs(&s);
        changed = fewer_nodes(&s) || changed;
        for (int i = 0; i < graph->node_count; i++)
            changed = plainer_node(&s, i) || changed;
        changed = plainer_model(&s) || changed;
        changed = plainer_combination(&s) || changed;
    }
    free(s.trial);
    return failed;
}
