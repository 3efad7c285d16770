/* Values while planning: what is known of them, and what infer and fold do with them. */
#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/hash.h"

#include <string.h>

const wcl__value *wcl__input(const wcl__op_node *node, size_t i)
{
    return i < node->input_count ? node->inputs[i] : NULL;
}

bool wcl__has_one_input(const wcl__op_node *node)
{
    return node->input_count == 1;
}

bool wcl__inputs_known(const wcl__op_node *node)
{
    for (size_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] && !node->inputs[i]->source)
            return false;
    return true;
}

bool wcl__outputs_known(const wcl__op_node *node)
{
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] && !node->outputs[i]->source)
            return false;
    return true;
}

wcl_status wcl__input_ints(const wcl__op_node *node, size_t i, int64_t *out, size_t capacity, size_t *count)
{
    const wcl__value *value = wcl__input(node, i);
    const void *data = NULL;
    void *scratch = NULL;
    *count = 0;
    if (!value)
        return wcl__fail(WCL_BAD_MODEL, "input %zu is missing", i);
    if (!value->source)
        return wcl__fail(WCL_UNSUPPORTED, "input %zu (%s) is not known before the network runs", i,
                         value->name);
    if (value->type != WCL_INT64 && value->type != WCL_INT32)
        return wcl__fail(WCL_BAD_MODEL, "input %zu (%s) is %s, must be int64 or int32", i, value->name,
                         wcl_type_name(value->type));
    const int64_t elements = wcl__shape_count(&value->shape);
    if (value->shape.rank > 1)
        return wcl__fail(WCL_BAD_SHAPE, "input %zu (%s) has %d dimensions, must have 1", i, value->name,
                         value->shape.rank);
    if (elements < 0 || (uint64_t)elements > capacity)
        return wcl__fail(WCL_BAD_SHAPE, "input %zu (%s) has %lld elements, at most %zu fit", i, value->name,
                         (long long)elements, capacity);
    wcl_status status = wcl__value_data(value, &data, &scratch);
    if (status != WCL_OK)
        return status;
    for (int64_t k = 0; k < elements; k++)
        out[k] = wcl__read_int(value->type, data, k);
    wcl__free(scratch);
    *count = (size_t)elements;
    return WCL_OK;
}

size_t wcl__output_index(const wcl__op_node *node, const wcl__value *value)
{
    size_t i = 0;
    while (i + 1 < node->output_count && node->outputs[i] != value)
        i++;
    return i;
}

void wcl__output_set(wcl__op_node *node, size_t i, wcl_type type, const wcl__shape *shape)
{
    if (i >= node->output_count || !node->outputs[i])
        return;
    node->outputs[i]->type = type;
    node->outputs[i]->shape = *shape;
}

void wcl__value_forget(wcl__value *value)
{
    if (value->owns_source) {
        wcl__source *source =
            (wcl__source *)value->source; /* made here, as a constant only for its readers */
        if (source)
            wcl__source_clear(source);
        wcl__free(source);
    }
    wcl__free(value->key);
    value->source = NULL;
    value->key = NULL;
    value->owns_source = false;
}

/* An owned source of the output's type and shape, without data. */
static wcl_status make_source(wcl__value *value, wcl__source **out)
{
    int64_t bytes = 0;
    const int64_t count = wcl__shape_count(&value->shape);
    const size_t size = wcl_type_size(value->type);
    *out = NULL;
    if (size == 0)
        return wcl__fail(WCL_UNSUPPORTED, "a constant of type %s", wcl_type_name(value->type));
    if (count < 0 || wcl__mul_overflow(count, (int64_t)size, &bytes))
        return wcl__fail(WCL_BAD_SHAPE, "a constant of shape %s is too large",
                         wcl__shape_print(&value->shape).text);
    wcl__value_forget(value);
    wcl__source *source = wcl__alloc(1, sizeof *source);
    if (!source)
        return wcl__fail_memory();
    source->type = value->type;
    source->shape = value->shape;
    source->bytes = (size_t)bytes;
    *out = source;
    return WCL_OK;
}

wcl_status wcl__output_known(wcl__op_node *node, size_t i, void **data)
{
    wcl__source *source = NULL;
    wcl__value *value = node->outputs[i];
    *data = NULL;
    wcl_status status = make_source(value, &source);
    if (status != WCL_OK)
        return status;
    if (source->bytes > WCL__FOLD_BYTES) {
        status =
            wcl__fail(WCL_UNSUPPORTED,
                      "a constant of %zu bytes is over the limit of %d for values computed while planning",
                      source->bytes, WCL__FOLD_BYTES);
        goto cleanup;
    }
    source->owned = wcl__alloc(WCL__MAX(source->bytes, 1), 1); /* an empty tensor is known too */
    if (!source->owned) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    source->data = source->owned;
    value->source = source;
    value->owns_source = true;
    *data = source->owned;
    source = NULL;
cleanup:
    wcl__free(source);
    return status;
}

wcl_status wcl__value_seal(wcl__value *value)
{
    wcl__text text = {0};
    char hex[WCL__SHA256_HEX];
    if (!value->source || !value->owns_source || value->key)
        return WCL_OK;
    wcl__sha256(value->source->data, value->source->bytes, hex);
    wcl__text_add(&text, "%s:%s:%s", hex, wcl_type_name(value->type), wcl__shape_print(&value->shape).text);
    if (text.failed) {
        wcl__text_clear(&text);
        return wcl__fail_memory();
    }
    value->key = text.data;
    return WCL_OK;
}

/* Values of the model outlive every plan, so that a view needs no copy of them: weights stay where
 * they are. */
static wcl_status share(wcl__op_node *node, size_t i, const wcl__value *from)
{
    wcl__source *source = NULL;
    wcl__value *value = node->outputs[i];
    wcl__text key = {0};
    wcl_status status = make_source(value, &source);
    if (status != WCL_OK)
        return status;
    wcl__text_add(&key, "%s:%s", from->key, wcl__shape_print(&value->shape).text);
    if (key.failed) {
        wcl__text_clear(&key);
        wcl__free(source);
        return wcl__fail_memory();
    }
    source->data = from->source->data;
    source->key = from->source->key;
    source->deviation = from->source->deviation;
    source->file = from->source->file;
    if (source->file)
        wcl__file_retain(source->file);
    value->source = source;
    value->key = key.data;
    value->owns_source = true;
    return WCL_OK;
}

wcl_status wcl__output_view(wcl__op_node *node, size_t i, const wcl__value *from)
{
    void *data = NULL;
    if (from->key && (!from->owns_source || !from->source->owned))
        return share(node, i, from);
    wcl_status status = wcl__output_known(node, i, &data);
    if (status != WCL_OK)
        return status;
    wcl__source_read(from->source, 0, wcl__shape_count(&from->shape), data);
    return WCL_OK;
}

wcl_status wcl__value_data(const wcl__value *value, const void **data, void **scratch)
{
    *scratch = NULL;
    *data = value->source->data;
    if (*data)
        return WCL_OK;
    const int64_t count = wcl__shape_count(&value->shape);
    if (count < 0 || value->source->bytes > WCL__FOLD_BYTES)
        return wcl__fail(WCL_UNSUPPORTED, "%s: %zu bytes are too many to compute with while planning",
                         value->name, value->source->bytes);
    *scratch = wcl__alloc(WCL__MAX(value->source->bytes, 1), 1);
    if (!*scratch)
        return wcl__fail_memory();
    wcl__source_read(value->source, 0, count, *scratch);
    *data = *scratch;
    return WCL_OK;
}

wcl_status wcl__axis(int64_t axis, int rank, int64_t *out)
{
    if (axis < -rank || axis >= rank)
        return wcl__fail(WCL_BAD_SHAPE, "axis %lld of a tensor with %d dimensions", (long long)axis, rank);
    *out = axis < 0 ? axis + rank : axis;
    return WCL_OK;
}

static bool has_bit(unsigned bits, size_t i)
{
    return i < 8 * sizeof bits && (bits >> i & 1u);
}

bool wcl__op_knows(const wcl__op *op, size_t input)
{
    return has_bit(op->known, input);
}

bool wcl__op_packs(const wcl__op *op, size_t input)
{
    return has_bit(op->packs, input);
}

bool wcl__op_measured(const wcl__op *op, size_t input)
{
    return has_bit(op->measured, input);
}

bool wcl__moves_nothing(const wcl__op_node *node)
{
    const wcl__value *x = wcl__input(node, 0), *y = node->outputs[0];
    if (!x || !y)
        return false;
    if (node->op->flags & WCL__IS_VIEW)
        return wcl__shape_equal(&x->shape, &y->shape) && x->type == y->type;
    return node->op->moves_nothing && node->op->moves_nothing(node);
}

bool wcl__has_weights(const wcl__op_node *node)
{
    return !node->op->has_weights || node->op->has_weights(node);
}

int wcl__channel_axis(const wcl__op_node *node)
{
    return (node->op->flags & WCL__CHANNELS_LAST) ? node->outputs[0]->shape.rank - 1 : 1;
}

int64_t wcl__channels(const wcl__op_node *node)
{
    return node->outputs[0]->shape.dims[wcl__channel_axis(node)];
}

wcl_status wcl__need_float(const wcl__value *value, const char *what)
{
    if (value->type == WCL_FLOAT32)
        return WCL_OK;
    return wcl__fail(WCL_UNSUPPORTED, "%s of %s on the device (only float32)", what,
                     wcl_type_name(value->type));
}

wcl_status wcl__need_float_or_known(const wcl__op_node *node)
{
    if (wcl__inputs_known(node))
        return WCL_OK;
    if ((node->op->flags & WCL__IS_VIEW) && node->inputs[0] && node->inputs[0]->type == WCL_INT64)
        return WCL_OK; /* the same memory, whatever is in it */
    for (size_t i = 0; i < node->input_count; i++) {
        if (!node->inputs[i] || wcl__op_knows(node->op, i))
            continue;
        wcl_status status = wcl__need_float(node->inputs[i], node->op->name);
        if (status != WCL_OK)
            return status;
    }
    return WCL_OK;
}
