/* Activations, normalisations and broadcasting arithmetic. */
#include "ref/ref.h"

#include <math.h>

double wcl__ref_activate(const wcl__act *act, double x)
{
    switch (act->kind) {
    case WCL__ACT_RELU:
        return x < 0 ? 0 : x;
    case WCL__ACT_LEAKY_RELU:
        return x < 0 ? act->a * x : x;
    case WCL__ACT_CLIP:
        return x < act->a ? act->a : x > act->b ? act->b : x;
    case WCL__ACT_SIGMOID:
        return 1 / (1 + exp(-x));
    case WCL__ACT_TANH:
        return tanh(x);
    case WCL__ACT_HARD_SIGMOID:
        x = act->a * x + act->b;
        return x < 0 ? 0 : x > 1 ? 1 : x;
    case WCL__ACT_NONE:
        break;
    }
    return x;
}

void wcl__ref_act(const wcl__act *act, const float *x, int64_t count, double *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = wcl__ref_activate(act, x[i]);
}

void wcl__ref_softmax(const wcl__softmax *softmax, const float *x, double *y)
{
    for (int64_t line = 0; line < softmax->outer * softmax->inner; line++) {
        const int64_t first =
            line / softmax->inner * softmax->length * softmax->inner + line % softmax->inner;
        double most = -INFINITY, sum = 0;
        for (int64_t i = 0; i < softmax->length; i++)
            most = fmax(most, x[first + i * softmax->inner]);
        for (int64_t i = 0; i < softmax->length; i++)
            sum += exp(x[first + i * softmax->inner] - most);
        for (int64_t i = 0; i < softmax->length; i++) {
            const double shifted = x[first + i * softmax->inner] - most;
            y[first + i * softmax->inner] = softmax->log ? shifted - log(sum) : exp(shifted) / sum;
        }
    }
}

/* Does a come before b in the row's order? */
static bool comes_first(const wcl__topk *topk, double a, double b)
{
    if (isnan(a) || isnan(b))
        return topk->largest ? isnan(a) && !isnan(b) : !isnan(a) && isnan(b);
    return topk->largest ? a > b : a < b;
}

void wcl__ref_topk(const wcl__topk *topk, const float *x, double *values, int64_t *indices)
{
    for (int64_t row = 0; row < topk->outer * topk->inner; row++) {
        const int64_t outer = row / topk->inner, inner = row % topk->inner;
        const float *from = x + outer * topk->length * topk->inner + inner;
        for (int64_t i = 0; i < topk->length; i++) {
            int64_t rank = 0; /* how many come before element i */
            for (int64_t j = 0; j < topk->length; j++) {
                const double a = from[j * topk->inner], b = from[i * topk->inner];
                rank += comes_first(topk, a, b) || (j < i && !comes_first(topk, b, a));
            }
            if (rank >= topk->k)
                continue;
            const int64_t to = (outer * topk->k + rank) * topk->inner + inner;
            values[to] = from[i * topk->inner];
            indices[to] = i;
        }
    }
}

void wcl__ref_lrn(const wcl__lrn *lrn, const float *x, double *y)
{
    const int64_t plane = lrn->h * lrn->w, before = (lrn->size - 1) / 2, after = lrn->size - 1 - before;
    for (int64_t n = 0; n < lrn->n; n++, x += lrn->c * plane, y += lrn->c * plane) {
        for (int64_t c = 0; c < lrn->c; c++) {
            for (int64_t i = 0; i < plane; i++) {
                double sum = 0;
                for (int64_t near = WCL__MAX(c - before, 0); near <= WCL__MIN(c + after, lrn->c - 1); near++)
                    sum += (double)x[near * plane + i] * x[near * plane + i];
                y[c * plane + i] = x[c * plane + i] /
                                   pow(lrn->bias + (double)lrn->alpha / (double)lrn->size * sum, lrn->beta);
            }
        }
    }
}

void wcl__ref_batchnorm_run(const wcl__ref_batchnorm *norm, const float *x, double *y)
{
    for (int64_t i = 0; i < norm->n * norm->c * norm->inner; i++) {
        const int64_t c = i / norm->inner % norm->c;
        y[i] = norm->scale[c] * ((double)x[i] - norm->mean[c]) / sqrt(norm->variance[c] + norm->epsilon) +
               norm->bias[c];
    }
}

/* The operand's element that meets element `index` of the broadcast shape. */
static double operand_at(const wcl__ref_array *operand, const wcl__shape *shape, int64_t index)
{
    int64_t offset = 0, stride = 1;
    for (int i = shape->rank - 1, j = operand->shape.rank - 1; j >= 0; i--, j--) {
        const int64_t size = operand->shape.dims[j];
        offset += (size == 1 ? 0 : index % shape->dims[i]) * stride;
        stride *= size;
        index /= shape->dims[i];
    }
    return operand->data[offset];
}

void wcl__ref_binary(char kind, const wcl__ref_array *a, const wcl__ref_array *b, double *y)
{
    wcl__shape shape = {0};
    if (!wcl__shape_broadcast(&a->shape, &b->shape, &shape))
        return;
    for (int64_t i = 0; i < wcl__shape_count(&shape); i++) {
        const double p = operand_at(a, &shape, i), q = operand_at(b, &shape, i);
        y[i] = kind == '+' ? p + q : kind == '-' ? p - q : kind == '*' ? p * q : p / q;
    }
}
