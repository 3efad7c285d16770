/* Shape arithmetic that exists while planning only: Shape, Constant, ConstantOfShape. */
#include <string.h>

#include "ops/number.h"
#include "ops/registry.h"
#include "ops/value.h"
#include "base/error.h"
#include "base/text.h"

/* ---- Shape */

static int64_t bound(int64_t value, int rank)
{
    value = value < 0 ? value + rank : value;
    return value < 0 ? 0 : value > rank ? rank : value;
}

/* The dimensions [first, last) of the input. */
static void shape_range(const wcl__op_node *node, int64_t *first, int64_t *last)
{
    const int rank = node->inputs[0]->shape.rank;
    *first = bound(wcl__attr_int(node, "start", 0), rank);
    *last = bound(wcl__attr_int(node, "end", rank), rank);
}

static wcl_status shape_infer(wcl__op_node *node)
{
    int64_t first = 0, last = 0;
    shape_range(node, &first, &last);
    const wcl__shape shape = {1, {last > first ? last - first : 0}};
    wcl__output_set(node, 0, WCL_INT64, &shape);
    return WCL_OK;
}

static wcl_status shape_fold(wcl__op_node *node)
{
    int64_t first = 0, last = 0;
    void *data = NULL;
    wcl_status status = wcl__output_known(node, 0, &data);
    if (status != WCL_OK)
        return status;
    shape_range(node, &first, &last);
    for (int64_t d = first; d < last; d++)
        wcl__write_int(WCL_INT64, data, d - first, node->inputs[0]->shape.dims[d]);
    return WCL_OK;
}

const wcl__op wcl__op_shape = {.name = "Shape",
                               .since = 1,
                               .min_inputs = 1,
                               .max_inputs = 1,
                               .max_outputs = 1,
                               .flags = WCL__IS_SHAPE | WCL__FOLDS_SHAPE,
                               .attributes = "start end",
                               .infer = shape_infer,
                               .fold = shape_fold};

/* ---- Constant */

static const struct constant_kind {
    const char *name;
    wcl_attribute_kind kind;
    wcl_type type;
    int rank;
} constant_kinds[] = {
    {"value", WCL_ATTRIBUTE_TENSOR, WCL_FLOAT32, 0},
    {"value_float", WCL_ATTRIBUTE_FLOAT, WCL_FLOAT32, 0},
    {"value_floats", WCL_ATTRIBUTE_FLOATS, WCL_FLOAT32, 1},
    {"value_int", WCL_ATTRIBUTE_INT, WCL_INT64, 0},
    {"value_ints", WCL_ATTRIBUTE_INTS, WCL_INT64, 1},
};

static const wcl__attr *constant_attr(const wcl__op_node *node, const struct constant_kind **kind)
{
    for (size_t i = 0; i < WCL__COUNT(constant_kinds); i++) {
        const wcl__attr *attr = wcl__attr_find(node, constant_kinds[i].name);
        *kind = &constant_kinds[i];
        if (attr && attr->kind == constant_kinds[i].kind)
            return attr;
    }
    return NULL;
}

static wcl_status constant_infer(wcl__op_node *node)
{
    const struct constant_kind *kind = NULL;
    const wcl__attr *attr = constant_attr(node, &kind);
    if (!attr)
        return wcl__fail(WCL_UNSUPPORTED, "Constant without a numeric value");
    if (attr->kind == WCL_ATTRIBUTE_TENSOR) {
        if (!attr->tensor || wcl_type_size(attr->tensor->type) == 0)
            return wcl__fail(WCL_UNSUPPORTED, "Constant of type %s",
                             attr->tensor ? wcl_type_name(attr->tensor->type) : "none");
        wcl__output_set(node, 0, attr->tensor->type, &attr->tensor->shape);
        return WCL_OK;
    }
    const wcl__shape shape = {kind->rank, {(int64_t)attr->count}};
    wcl__output_set(node, 0, kind->type, &shape);
    return WCL_OK;
}

/* The model's tensor, in place. Its name is the model's own, so that it serves as key. */
static wcl_status constant_view(wcl__value *value, const wcl__source *source)
{
    wcl__text key = {0};
    wcl__text_add(&key, "constant:%s", value->name);
    if (key.failed) {
        wcl__text_clear(&key);
        return wcl__fail_memory();
    }
    wcl__value_forget(value);
    value->source = source;
    value->key = key.data;
    return WCL_OK;
}

static wcl_status constant_fold(wcl__op_node *node)
{
    const struct constant_kind *kind = NULL;
    const wcl__attr *attr = constant_attr(node, &kind);
    void *data = NULL;
    if (attr->kind == WCL_ATTRIBUTE_TENSOR)
        return constant_view(node->outputs[0], attr->tensor);
    wcl_status status = wcl__output_known(node, 0, &data);
    if (status != WCL_OK)
        return status;
    if (attr->kind == WCL_ATTRIBUTE_FLOAT)
        memcpy(data, &attr->f, sizeof attr->f);
    else if (attr->kind == WCL_ATTRIBUTE_INT)
        memcpy(data, &attr->i, sizeof attr->i);
    else if (attr->count > 0)
        memcpy(data, attr->kind == WCL_ATTRIBUTE_FLOATS ? (const void *)attr->floats : attr->ints,
               attr->count * wcl_type_size(kind->type));
    return WCL_OK;
}

const wcl__op wcl__op_constant = {.name = "Constant",
                                  .since = 1,
                                  .min_inputs = 0,
                                  .max_inputs = 0,
                                  .max_outputs = 1,
                                  .flags = WCL__IS_SHAPE,
                                  .attributes = "value value_float value_floats value_int value_ints",
                                  .infer = constant_infer,
                                  .fold = constant_fold};

/* ---- ConstantOfShape */

static wcl_status fill_infer(wcl__op_node *node)
{
    const wcl__attr *value = wcl__attr_find(node, "value");
    const wcl__source *tensor = value ? value->tensor : NULL;
    wcl__shape shape = {0};
    size_t count = 0;
    wcl_status status = wcl__input_ints(node, 0, shape.dims, WCL_MAX_RANK, &count);
    if (status != WCL_OK)
        return status;
    shape.rank = (int)count;
    if (wcl__shape_count(&shape) < 0)
        return wcl__fail(WCL_BAD_SHAPE, "shape %s is negative or too large", wcl__shape_print(&shape).text);
    if (value && (!tensor || wcl__shape_count(&tensor->shape) != 1))
        return wcl__fail(WCL_BAD_MODEL, "value must be a tensor of one element");
    if (tensor && wcl_type_size(tensor->type) == 0)
        return wcl__fail(WCL_UNSUPPORTED, "ConstantOfShape of type %s", wcl_type_name(tensor->type));
    wcl__output_set(node, 0, tensor ? tensor->type : WCL_FLOAT32, &shape);
    return WCL_OK;
}

static wcl_status fill_fold(wcl__op_node *node)
{
    const wcl__attr *value = wcl__attr_find(node, "value");
    unsigned char element[8] = {0};
    void *data = NULL;
    wcl_status status = wcl__output_known(node, 0, &data);
    if (status != WCL_OK)
        return status;
    const size_t size = wcl_type_size(node->outputs[0]->type), bytes = node->outputs[0]->source->bytes;
    if (value)
        wcl__source_read(value->tensor, 0, 1, element);
    for (size_t i = 0; i < bytes; i += size)
        memcpy((char *)data + i, element, size);
    return WCL_OK;
}

const wcl__op wcl__op_constant_of_shape = {.name = "ConstantOfShape",
                                           .since = 9,
                                           .min_inputs = 1,
                                           .max_inputs = 1,
                                           .max_outputs = 1,
                                           .flags = WCL__IS_SHAPE,
                                           .known = 1u << 0,
                                           .packs = 1u << 0,
                                           .attributes = "value",
                                           .infer = fill_infer,
                                           .fold = fill_fold};
