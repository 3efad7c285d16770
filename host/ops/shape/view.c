/* Operators that move no data: the output is the input with another shape, or with the same. */
#include <string.h>

#include "ops/channels.h"
#include "ops/registry.h"
#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"

static wcl_status set_view(wcl__op_node *node, const wcl__shape *shape)
{
    wcl__output_set(node, 0, node->inputs[0]->type, shape);
    return wcl__need_float_or_known(node);
}

static wcl_status view_fold(wcl__op_node *node)
{
    return wcl__output_view(node, 0, node->inputs[0]);
}

static const wcl__variant copies[] = {{.name = "copy", .offers = wcl__offer_same, .emit = wcl__copy_emit}};

/* ---- Reshape */

/* The dimension that stands as -1: what is left over. */
static wcl_status fill_free(const wcl__shape *from, int free_dim, wcl__shape *to)
{
    const wcl__shape asked = *to;
    int64_t rest = 1;
    if (free_dim >= 0) {
        to->dims[free_dim] = 1;
        rest = wcl__shape_count(to);
        to->dims[free_dim] = rest > 0 ? wcl__shape_count(from) / rest : 0;
    }
    if (rest <= 0 || wcl__shape_count(to) != wcl__shape_count(from))
        return wcl__fail(WCL_BAD_SHAPE, "cannot reshape %s to %s", wcl__shape_print(from).text,
                         wcl__shape_print(&asked).text);
    return WCL_OK;
}

static wcl_status reshape_infer(wcl__op_node *node)
{
    const wcl__shape *from = &node->inputs[0]->shape;
    const bool allow_zero = node->opset >= 14 && wcl__attr_int(node, "allowzero", 0) != 0;
    wcl__shape to = {0};
    size_t count = 0;
    int free_dim = -1;
    bool zero = false;
    wcl_status status = wcl__input_ints(node, 1, to.dims, WCL_MAX_RANK, &count);
    if (status != WCL_OK)
        return status;
    to.rank = (int)count;
    for (int d = 0; d < to.rank; d++) {
        if (to.dims[d] < -1 || (to.dims[d] == -1 && free_dim >= 0))
            return wcl__fail(WCL_BAD_SHAPE, "shape %s has %s", wcl__shape_print(&to).text,
                             to.dims[d] == -1 ? "-1 twice" : "a negative dimension");
        if (to.dims[d] == -1)
            free_dim = d;
        if (to.dims[d] != 0)
            continue;
        zero = true;
        if (!allow_zero && d >= from->rank)
            return wcl__fail(WCL_BAD_SHAPE, "shape has 0 in dimension %d, the input has only %d to copy", d,
                             from->rank);
        if (!allow_zero)
            to.dims[d] = from->dims[d];
    }
    if (allow_zero && zero && free_dim >= 0)
        return wcl__fail(WCL_BAD_SHAPE, "shape has both 0 and -1, which allowzero forbids");
    status = fill_free(from, free_dim, &to);
    return status != WCL_OK ? status : set_view(node, &to);
}

const wcl__op wcl__op_reshape = {.name = "Reshape",
                                 .since = 5,
                                 .min_inputs = 2,
                                 .max_inputs = 2,
                                 .max_outputs = 1,
                                 .flags = WCL__IS_VIEW,
                                 .known = 1u << 1,
                                 .packs = 1u << 1,
                                 .attributes = "allowzero",
                                 .infer = reshape_infer,
                                 .fold = view_fold,
                                 .variants = copies,
                                 .variant_count = WCL__COUNT(copies)};

/* ---- Flatten */

static wcl_status flatten_infer(wcl__op_node *node)
{
    const wcl__shape *from = &node->inputs[0]->shape;
    const int64_t asked = wcl__attr_int(node, "axis", 1), axis = asked < 0 ? asked + from->rank : asked;
    if (axis < 0 || axis > from->rank)
        return wcl__fail(WCL_BAD_SHAPE, "axis %lld of a tensor with %d dimensions", (long long)asked,
                         from->rank);
    wcl__shape head = {.rank = (int)axis}, tail = {.rank = from->rank - (int)axis};
    for (int d = 0; d < from->rank; d++)
        *(d < axis ? &head.dims[d] : &tail.dims[d - axis]) = from->dims[d];
    const wcl__shape to = {2, {wcl__shape_count(&head), wcl__shape_count(&tail)}};
    if (wcl__shape_count(&to) < 0)
        return wcl__fail(WCL_BAD_SHAPE, "%s is too large to flatten", wcl__shape_print(from).text);
    return set_view(node, &to);
}

const wcl__op wcl__op_flatten = {.name = "Flatten",
                                 .since = 1,
                                 .min_inputs = 1,
                                 .max_inputs = 1,
                                 .max_outputs = 1,
                                 .flags = WCL__IS_VIEW,
                                 .attributes = "axis",
                                 .infer = flatten_infer,
                                 .fold = view_fold,
                                 .variants = copies,
                                 .variant_count = WCL__COUNT(copies)};

/* ---- Squeeze, Unsqueeze */

/* The axes, as bits: an attribute before opset 13, input 1 from there on. *given: they are there. adds: they
 * count in the output, whose rank is the input's and one more for each axis. */
static wcl_status read_axes(const wcl__op_node *node, bool adds, unsigned *bits, int *count, bool *given)
{
    int64_t values[WCL_MAX_RANK] = {0};
    size_t n = 0;
    wcl_status status = WCL_OK;
    const wcl__attr *attr = wcl__attr_find(node, "axes");
    *bits = 0;
    if (node->opset >= 13 ? attr != NULL : node->input_count > 1)
        return wcl__fail(WCL_BAD_MODEL, "axes is an attribute before opset 13, and an input from there on");
    *given = node->opset >= 13 ? wcl__input(node, 1) != NULL : attr != NULL;
    if (*given && node->opset >= 13) {
        status = wcl__input_ints(node, 1, values, WCL_MAX_RANK, &n);
    } else if (*given) {
        const int64_t *ints = wcl__attr_ints(node, "axes", &n);
        if (n > WCL_MAX_RANK)
            return wcl__fail(WCL_BAD_SHAPE, "axes has %zu entries, at most %d fit", n, WCL_MAX_RANK);
        for (size_t i = 0; i < n; i++)
            values[i] = ints[i];
    }
    const int rank = node->inputs[0]->shape.rank + (adds ? (int)n : 0);
    for (size_t i = 0; i < n && status == WCL_OK; i++) {
        int64_t axis = 0;
        status = wcl__axis(values[i], rank, &axis);
        if (status == WCL_OK && (*bits >> axis & 1))
            status = wcl__fail(WCL_BAD_SHAPE, "axis %lld stands twice in axes", (long long)axis);
        *bits |= 1u << axis;
    }
    *count = (int)n;
    return status;
}

static wcl_status squeeze_infer(wcl__op_node *node)
{
    const wcl__shape *from = &node->inputs[0]->shape;
    wcl__shape to = {0};
    unsigned bits = 0;
    int count = 0;
    bool given = false;
    wcl_status status = read_axes(node, false, &bits, &count, &given);
    if (status != WCL_OK)
        return status;
    for (int d = 0; d < from->rank; d++) {
        const bool drop = given ? bits >> d & 1 : from->dims[d] == 1;
        if (drop && from->dims[d] != 1)
            return wcl__fail(WCL_BAD_SHAPE, "dimension %d of %s is not 1", d, wcl__shape_print(from).text);
        if (!drop)
            to.dims[to.rank++] = from->dims[d];
    }
    return set_view(node, &to);
}

const wcl__op wcl__op_squeeze = {.name = "Squeeze",
                                 .since = 1,
                                 .min_inputs = 1,
                                 .max_inputs = 2,
                                 .max_outputs = 1,
                                 .flags = WCL__IS_VIEW,
                                 .known = 1u << 1,
                                 .packs = 1u << 1,
                                 .attributes = "axes",
                                 .infer = squeeze_infer,
                                 .fold = view_fold,
                                 .variants = copies,
                                 .variant_count = WCL__COUNT(copies)};

static wcl_status unsqueeze_infer(wcl__op_node *node)
{
    const wcl__shape *from = &node->inputs[0]->shape;
    wcl__shape to = {0};
    unsigned bits = 0;
    int count = 0;
    bool given = false;
    wcl_status status = read_axes(node, true, &bits, &count, &given);
    if (status != WCL_OK)
        return status;
    if (!given)
        return wcl__fail(WCL_BAD_MODEL, "axes must be given");
    if (from->rank + count > WCL_MAX_RANK)
        return wcl__fail(WCL_UNSUPPORTED, "an output of more than %d dimensions", WCL_MAX_RANK);
    to.rank = from->rank + count;
    for (int d = 0, next = 0; d < to.rank; d++)
        to.dims[d] = bits >> d & 1 ? 1 : from->dims[next++];
    return set_view(node, &to);
}

const wcl__op wcl__op_unsqueeze = {.name = "Unsqueeze",
                                   .since = 1,
                                   .min_inputs = 1,
                                   .max_inputs = 2,
                                   .max_outputs = 1,
                                   .flags = WCL__IS_VIEW,
                                   .known = 1u << 1,
                                   .packs = 1u << 1,
                                   .attributes = "axes",
                                   .infer = unsqueeze_infer,
                                   .fold = view_fold,
                                   .variants = copies,
                                   .variant_count = WCL__COUNT(copies)};

/* ---- Identity, Dropout */

static wcl_status identity_infer(wcl__op_node *node)
{
    return set_view(node, &node->inputs[0]->shape);
}

const wcl__op wcl__op_identity = {.name = "Identity",
                                  .since = 1,
                                  .min_inputs = 1,
                                  .max_inputs = 1,
                                  .max_outputs = 1,
                                  .flags = WCL__IS_VIEW,
                                  .attributes = "",
                                  .infer = identity_infer,
                                  .fold = view_fold,
                                  .variants = copies,
                                  .variant_count = WCL__COUNT(copies)};

/* The first element of a known input as a number. */
static wcl_status input_number(const wcl__op_node *node, size_t i, double absent, double *out)
{
    const wcl__value *value = wcl__input(node, i);
    const void *data = NULL;
    void *scratch = NULL;
    *out = absent;
    if (!value)
        return WCL_OK;
    if (!value->source)
        return wcl__fail(WCL_UNSUPPORTED, "input %zu (%s) is not known before the network runs", i,
                         value->name);
    if (wcl__shape_count(&value->shape) != 1)
        return wcl__fail(WCL_BAD_SHAPE, "input %zu (%s) is no scalar", i, value->name);
    wcl_status status = wcl__value_data(value, &data, &scratch);
    if (status == WCL_OK)
        *out = wcl__read_number(value->type, data, 0);
    wcl__free(scratch);
    return status;
}

/* Inference drops nothing: the mask, known in advance, is all true. */
static wcl_status make_mask(wcl__op_node *node)
{
    const int64_t count = wcl__shape_count(&node->inputs[0]->shape);
    void *data = NULL;
    wcl__output_set(node, 1, node->opset < 10 ? node->inputs[0]->type : WCL_BOOL, &node->inputs[0]->shape);
    if (node->opset < 10)
        return wcl__fail(WCL_UNSUPPORTED, "Dropout's mask before opset 10");
    wcl_status status = wcl__output_known(node, 1, &data);
    if (status != WCL_OK)
        return status;
    memset(data, 1, (size_t)count);
    return wcl__value_seal(node->outputs[1]);
}

static wcl_status dropout_infer(wcl__op_node *node)
{
    double ratio = 0.5, training = 0.0;
    wcl_status status = WCL_OK;
    if (node->opset < 12 && node->input_count > 1)
        return wcl__fail(WCL_BAD_MODEL, "Dropout has one input before opset 12");
    if ((status = input_number(node, 1, 0.5, &ratio)) != WCL_OK ||
        (status = input_number(node, 2, 0.0, &training)) != WCL_OK)
        return status;
    if (training != 0.0 && ratio != 0.0)
        return wcl__fail(WCL_UNSUPPORTED, "Dropout in training mode");
    status = set_view(node, &node->inputs[0]->shape);
    if (status == WCL_OK && node->output_count > 1 && node->outputs[1])
        status = make_mask(node);
    return status;
}

const wcl__op wcl__op_dropout = {.name = "Dropout",
                                 .since = 7,
                                 .min_inputs = 1,
                                 .max_inputs = 3,
                                 .max_outputs = 2,
                                 .flags = WCL__IS_VIEW,
                                 .known = 1u << 1 | 1u << 2,
                                 .packs = 1u << 1 | 1u << 2,
                                 .attributes = "ratio seed",
                                 .infer = dropout_infer,
                                 .fold = view_fold,
                                 .variants = copies,
                                 .variant_count = WCL__COUNT(copies)};
