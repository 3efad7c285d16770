/* The interpreter of random networks: operators that normalise or rank. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/random_step.h"

static void norm_step(graph_step *s)
{
    s->shape = s->in[0]->shape;
    s->valid = s->shape.rank > 1;
    for (int i = 1; i < 5; i++)
        s->valid = s->valid && s->in[i]->shape.rank == 1 && s->in[i]->shape.dims[0] == s->shape.dims[1];
    if (!s->valid)
        return;
    const int64_t n = s->shape.dims[0], c = s->shape.dims[1];
    const wcl__ref_batchnorm norm = {n,
                                     c,
                                     wcl__shape_count(&s->shape) / (n * c),
                                     s->x[1],
                                     s->x[2],
                                     s->x[3],
                                     s->x[4],
                                     (double)(float)step_float(s, "epsilon", (double)1e-5f)};
    s->reduction = 1;
    if (s->y)
        wcl__ref_batchnorm_run(&norm, s->x[0], s->y);
}

static void lrn_step(graph_step *s)
{
    s->shape = s->in[0]->shape;
    s->valid = s->shape.rank > 1;
    if (!s->valid)
        return;
    const int64_t n = s->shape.dims[0], c = s->shape.dims[1];
    const wcl__lrn lrn = {.n = n,
                          .c = c,
                          .h = 1,
                          .w = wcl__shape_count(&s->shape) / (n * c),
                          .size = step_int(s, "size", 1),
                          .alpha = (float)step_float(s, "alpha", (double)1e-4f),
                          .beta = (float)step_float(s, "beta", 0.75),
                          .bias = (float)step_float(s, "bias", 1)};
    s->reduction = lrn.size;
    if (s->y)
        wcl__ref_lrn(&lrn, s->x[0], s->y);
}

static void softmax_step(graph_step *s)
{
    const wcl__shape *x = &s->in[0]->shape;
    const bool one_axis = s->graph->opset >= 13;
    wcl__softmax softmax = {1, 1, 1, strcmp(s->node->op, "LogSoftmax") == 0};
    const int axis = step_axis(s, step_int(s, "axis", one_axis ? -1 : 1), x->rank);
    s->shape = *x;
    for (int d = 0; d < x->rank; d++) {
        int64_t *part = d < axis ? &softmax.outer : d == axis || !one_axis ? &softmax.length : &softmax.inner;
        *part *= x->dims[d];
    }
    s->reduction = softmax.length;
    if (s->y)
        wcl__ref_softmax(&softmax, s->x[0], s->y);
}

/* k is an attribute before opset 10, then an input. */
static void topk_step(graph_step *s)
{
    const wcl__shape *x = &s->in[0]->shape;
    const int axis = step_axis(s, step_int(s, "axis", -1), x->rank);
    int64_t k[ATTR_INTS] = {step_int(s, "k", 0)};
    wcl__topk topk = {.outer = 1, .inner = 1, .largest = step_int(s, "largest", 1) != 0};
    s->valid = s->valid && (s->graph->opset < 10 || step_ints(s, 1, k) == 1);
    s->shape = *x;
    for (int d = 0; d < x->rank && s->valid; d++)
        *(d < axis ? &topk.outer : &topk.inner) *= d == axis ? 1 : x->dims[d];
    topk.length = x->dims[axis];
    topk.k = s->shape.dims[axis] = k[0];
    s->valid = s->valid && k[0] > 0 && k[0] <= topk.length;
    if (!s->y || !s->valid)
        return;
    const int64_t count = topk.outer * topk.k * topk.inner;
    int64_t *indices = malloc((size_t)count * sizeof *indices);
    assert_non_null(indices);
    wcl__ref_topk(&topk, s->x[0], s->y, indices);
    for (int64_t i = 0; s->second && i < count; i++)
        s->second[i] = (double)indices[i];
    free(indices);
}

static const struct {
    const char *op;
    graph_step_function run;
} operators[] = {
    {"BatchNormalization", norm_step}, {"LRN", lrn_step},   {"Softmax", softmax_step},
    {"LogSoftmax", softmax_step},      {"TopK", topk_step},
};

graph_step_function graph_norm_find(const char *op)
{
    for (size_t i = 0; i < WCL__COUNT(operators); i++)
        if (strcmp(operators[i].op, op) == 0)
            return operators[i].run;
    return NULL;
}
