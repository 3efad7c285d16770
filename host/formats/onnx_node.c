/* NodeProto and AttributeProto. */
#include "formats/onnx_read.h"

#include <string.h>

#include "model/model.h"
#include "base/error.h"

struct node {
    const char *domain, *op, *name;
    const char **inputs, **outputs;
    wcl_attribute *attributes;
    size_t input_count, output_count, attribute_count;
    bool own_domain; /* ONNX's */
    bool known;      /* the operator is one of ours; else only its name matters */
};

/* AttributeProto's types; those up to INTS that the builder takes have its numbers. */
static const char *const kinds[] = {"undefined",
                                    "float",
                                    "int",
                                    "string",
                                    "tensor",
                                    "graph",
                                    "floats",
                                    "ints",
                                    "strings",
                                    "list of tensors",
                                    "list of graphs",
                                    "sparse tensor",
                                    "list of sparse tensors",
                                    "type",
                                    "list of types"};

struct attribute {
    const char *name, *s;
    int64_t type, i;
    float f;
    wcl__pb tensor;
    uint32_t seen; /* field of the last value: tells the type where it is not given */
    size_t ints, floats;
};

static wcl_status scan_attribute(wcl__onnx *onnx, wcl__pb message, struct attribute *found)
{
    wcl__pb_field field;
    wcl__pb_run run;
    wcl_status status;
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        switch (field.number) {
        case wcl__AttributeProto_name:
            status = wcl__onnx_name(&onnx->scratch, &message, &field, &found->name);
            break;
        case wcl__AttributeProto_type:
            status = wcl__pb_int(&message, &field, &found->type);
            break;
        case wcl__AttributeProto_ref_attr_name:
            status = wcl__fail(WCL_UNSUPPORTED, "attribute %s refers to a function's parameter", found->name);
            break;
        case wcl__AttributeProto_f:
            status = wcl__pb_float(&message, &field, &found->f);
            break;
        case wcl__AttributeProto_i:
            status = wcl__pb_int(&message, &field, &found->i);
            break;
        case wcl__AttributeProto_s:
            status = wcl__onnx_text(&onnx->scratch, &message, &field, &found->s);
            break;
        case wcl__AttributeProto_t:
            status = wcl__pb_message(&message, &field, &found->tensor);
            break;
        case wcl__AttributeProto_floats:
            status = wcl__pb_scalars(&message, &field, WCL__PB_FIXED32, &run, &found->floats);
            break;
        case wcl__AttributeProto_ints:
            status = wcl__pb_scalars(&message, &field, WCL__PB_VARINT, &run, &found->ints);
            break;
        }
        if (status != WCL_OK)
            return status;
        if (field.number >= wcl__AttributeProto_f && field.number <= wcl__AttributeProto_ints)
            found->seen = field.number;
    }
    return status;
}

/* Fills ints or floats: 8 or 4 bytes of each scalar. */
static wcl_status read_list(wcl__onnx *onnx, wcl__pb message, uint32_t number, wcl__pb_wire wire,
                            size_t count, const void **out)
{
    const size_t size = wire == WCL__PB_VARINT ? sizeof(int64_t) : sizeof(float);
    unsigned char *list = wcl__scratch_alloc(&onnx->scratch, count, size);
    wcl__pb_field field;
    wcl__pb_run run;
    uint64_t value;
    wcl_status status;
    *out = list;
    if (!list)
        return wcl__fail_memory();
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        if (field.number != number)
            continue;
        if ((status = wcl__pb_scalars(&message, &field, wire, &run, &count)) != WCL_OK)
            return status;
        for (; wcl__pb_scalar(&run, &value); list += size)
            memcpy(list, &value, size);
    }
    return status;
}

static wcl_status read_tensor(wcl__onnx *onnx, const struct attribute *found, wcl_attribute *attribute)
{
    wcl__onnx_tensor contents;
    wcl_tensor *tensor = wcl__scratch_alloc(&onnx->scratch, 1, sizeof *tensor);
    wcl_status status;
    if (!tensor)
        return wcl__fail_memory();
    if (!found->tensor.base)
        return wcl__fail(WCL_BAD_MODEL, "attribute %s has no tensor", found->name);
    if ((status = wcl__onnx_read_tensor(onnx, &onnx->scratch, found->tensor, &contents)) != WCL_OK)
        return status;
    if (contents.owned && !wcl__scratch_keep(&onnx->scratch, contents.owned))
        return wcl__fail_memory();
    tensor->type = contents.type;
    tensor->rank = contents.shape.rank;
    memcpy(tensor->dims, contents.shape.dims, sizeof tensor->dims);
    tensor->data = (void *)(uintptr_t)contents.data; /* the builder reads it */
    tensor->bytes = contents.bytes;
    attribute->tensor = tensor;
    return WCL_OK;
}

static wcl_status read_attribute(wcl__onnx *onnx, wcl__pb message, wcl_attribute *attribute)
{
    struct attribute found = {.name = "", .s = ""};
    const void *list = NULL;
    wcl_status status = scan_attribute(onnx, message, &found);
    int64_t type = found.type ? found.type : (int64_t)found.seen - 1; /* a value's field is its type + 1 */
    if (status != WCL_OK)
        return status;
    if (!*found.name)
        return wcl__fail(WCL_BAD_MODEL, "an attribute has no name");
    attribute->name = found.name;
    attribute->kind = (wcl_attribute_kind)type;
    switch (type) {
    case WCL_ATTRIBUTE_FLOAT:
        attribute->f = found.f;
        break;
    case WCL_ATTRIBUTE_INT:
        attribute->i = found.i;
        break;
    case WCL_ATTRIBUTE_STRING:
        attribute->s = found.s;
        break;
    case WCL_ATTRIBUTE_TENSOR:
        status = read_tensor(onnx, &found, attribute);
        break;
    case WCL_ATTRIBUTE_FLOATS:
        status = read_list(onnx, message, wcl__AttributeProto_floats, WCL__PB_FIXED32, found.floats, &list);
        attribute->floats = list;
        attribute->count = found.floats;
        break;
    case WCL_ATTRIBUTE_INTS:
        status = read_list(onnx, message, wcl__AttributeProto_ints, WCL__PB_VARINT, found.ints, &list);
        attribute->ints = list;
        attribute->count = found.ints;
        break;
    default:
        if (type > 0 && type < (int64_t)WCL__COUNT(kinds))
            return wcl__fail(WCL_UNSUPPORTED, "attribute %s: values of type %s are not supported", found.name,
                             kinds[type]);
        return wcl__fail(WCL_BAD_MODEL, "attribute %s has no type that ONNX knows", found.name);
    }
    return status;
}

/* Names, and how many inputs, outputs and attributes there are. */
static wcl_status scan_node(wcl__onnx *onnx, wcl__pb message, struct node *node)
{
    wcl__pb_field field;
    wcl_status status;
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        switch (field.number) {
        case wcl__NodeProto_name:
            status = wcl__onnx_name(&onnx->scratch, &message, &field, &node->name);
            break;
        case wcl__NodeProto_op_type:
            status = wcl__onnx_name(&onnx->scratch, &message, &field, &node->op);
            break;
        case wcl__NodeProto_domain:
            status = wcl__onnx_name(&onnx->scratch, &message, &field, &node->domain);
            break;
        case wcl__NodeProto_input:
            node->input_count++;
            break;
        case wcl__NodeProto_output:
            node->output_count++;
            break;
        case wcl__NodeProto_attribute:
            node->attribute_count++;
            break;
        }
        if (status != WCL_OK)
            return status;
    }
    return status;
}

static wcl_status fill_node(wcl__onnx *onnx, wcl__pb message, struct node *node)
{
    size_t inputs = 0, outputs = 0, attributes = 0;
    wcl__pb_field field;
    wcl__pb attribute;
    wcl_status status;
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        switch (field.number) {
        case wcl__NodeProto_input:
            status = wcl__onnx_name(&onnx->scratch, &message, &field, &node->inputs[inputs++]);
            break;
        case wcl__NodeProto_output:
            status = wcl__onnx_name(&onnx->scratch, &message, &field, &node->outputs[outputs++]);
            break;
        case wcl__NodeProto_attribute:
            if (!node->known)
                break;
            if ((status = wcl__pb_message(&message, &field, &attribute)) == WCL_OK)
                status = read_attribute(onnx, attribute, &node->attributes[attributes++]);
            break;
        }
        if (status != WCL_OK)
            return status;
    }
    node->attribute_count = attributes;
    return status;
}

wcl_status wcl__onnx_read_node(wcl__onnx *onnx, wcl__pb message)
{
    struct node node = {.domain = "", .op = "", .name = ""};
    wcl_status status = scan_node(onnx, message, &node);
    if (status != WCL_OK)
        goto cleanup;
    if (!*node.op) {
        status = wcl__fail(WCL_BAD_MODEL, "a node has no operator");
        goto cleanup;
    }
    node.own_domain = !*node.domain || strcmp(node.domain, "ai.onnx") == 0;
    node.known = node.own_domain && wcl__op_find(node.op);
    if (node.own_domain && !onnx->opset) {
        status = wcl__fail(WCL_BAD_MODEL, "the model does not say which version of ONNX's operators it uses");
        goto cleanup;
    }
    node.inputs = wcl__scratch_alloc(&onnx->scratch, node.input_count, sizeof *node.inputs);
    node.outputs = wcl__scratch_alloc(&onnx->scratch, node.output_count, sizeof *node.outputs);
    node.attributes = wcl__scratch_alloc(&onnx->scratch, node.attribute_count, sizeof *node.attributes);
    if (!node.inputs || !node.outputs || !node.attributes) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    if ((status = fill_node(onnx, message, &node)) != WCL_OK)
        goto cleanup;
    status = wcl__builder_node_in(onnx->builder, &(wcl__node_spec){.domain = node.domain,
                                                                   .op = node.op,
                                                                   .name = *node.name ? node.name : NULL,
                                                                   .inputs = node.inputs,
                                                                   .input_count = node.input_count,
                                                                   .outputs = node.outputs,
                                                                   .output_count = node.output_count,
                                                                   .attributes = node.attributes,
                                                                   .attribute_count = node.attribute_count});
cleanup:
    status = wcl__in_node(status, *node.name ? node.name : node.op);
    wcl__scratch_clear(&onnx->scratch);
    return status;
}
