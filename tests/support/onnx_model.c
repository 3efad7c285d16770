#include "support/onnx_model.h"

#include <string.h>

#include <winocl/winocl.h>

#include "formats/onnx_fields.h"

static void change(proto *message, enum place place, const struct change *change)
{
    if (change && change->place == place)
        proto_raw(message, change->bytes, change->length);
}

void put_input(proto *graph, const struct change *c)
{
    proto info = {.bytes = 0}, type = {.bytes = 0}, tensor = {.bytes = 0}, shape = {.bytes = 0},
          dim = {.bytes = 0};
    proto_text(&dim, wcl__Dimension_dim_param, "batch");
    proto_message(&shape, wcl__TensorShapeProto_dim, &dim);
    dim.bytes = 0;
    proto_int(&dim, wcl__Dimension_dim_value, 2);
    proto_message(&shape, wcl__TensorShapeProto_dim, &dim);
    change(&shape, SHAPE, c);
    proto_int(&tensor, wcl__Tensor_elem_type, WCL_FLOAT32);
    proto_message(&tensor, wcl__Tensor_shape, &shape);
    change(&tensor, TENSOR_TYPE, c);
    proto_message(&type, wcl__TypeProto_tensor_type, &tensor);
    change(&type, TYPE, c);
    proto_text(&info, wcl__ValueInfoProto_name, "x");
    proto_message(&info, wcl__ValueInfoProto_type, &type);
    change(&info, INPUT, c);
    proto_message(graph, wcl__GraphProto_input, &info);
}

void put_node(proto *graph, const char *op, const char *name, const char *a, const char *b, const char *out,
              const struct change *c)
{
    proto node = {.bytes = 0}, attribute = {.bytes = 0};
    proto_text(&node, wcl__NodeProto_input, a);
    if (b)
        proto_text(&node, wcl__NodeProto_input, b);
    proto_text(&node, wcl__NodeProto_output, out);
    proto_text(&node, wcl__NodeProto_name, name);
    proto_text(&node, wcl__NodeProto_op_type, op);
    if (strcmp(op, "LeakyRelu") == 0) {
        proto_text(&attribute, wcl__AttributeProto_name, "alpha");
        proto_float(&attribute, wcl__AttributeProto_f, 0.25f);
        proto_int(&attribute, wcl__AttributeProto_type, WCL_ATTRIBUTE_FLOAT);
        change(&attribute, ATTRIBUTE, c);
        proto_message(&node, wcl__NodeProto_attribute, &attribute);
        change(&node, NODE, c);
    }
    proto_message(graph, wcl__GraphProto_node, &node);
}

const float small_weights[] = {1.5f, -2.0f};

static void put_tensors(proto *graph, const struct change *c)
{
    proto raw = {.bytes = 0}, list = {.bytes = 0};
    proto_int(&raw, wcl__TensorProto_dims, 2);
    proto_int(&raw, wcl__TensorProto_data_type, WCL_FLOAT32);
    proto_bytes(&raw, wcl__TensorProto_raw_data, small_weights, sizeof small_weights);
    proto_text(&raw, wcl__TensorProto_name, "raw");
    change(&raw, TENSOR, c);
    proto_message(graph, wcl__GraphProto_initializer, &raw);
    proto_int(&list, wcl__TensorProto_data_type, WCL_FLOAT32);
    proto_int(&list, wcl__TensorProto_dims, 1);
    proto_bytes(&list, wcl__TensorProto_float_data, small_weights, sizeof small_weights[0]);
    proto_text(&list, wcl__TensorProto_name, "list");
    change(&list, LIST, c);
    proto_message(graph, wcl__GraphProto_initializer, &list);
}

void make_model(proto *model, const struct change *c)
{
    proto graph = {.bytes = 0}, opset = {.bytes = 0}, output = {.bytes = 0};
    model->bytes = 0;
    put_node(&graph, "Add", "sum", "x", "raw", "s", c);
    put_node(&graph, "Mul", "product", "s", "list", "p", c);
    put_node(&graph, "LeakyRelu", "leaky", "p", NULL, "y", c);
    put_tensors(&graph, c);
    put_input(&graph, c);
    proto_text(&output, wcl__ValueInfoProto_name, "y");
    proto_message(&graph, wcl__GraphProto_output, &output);
    change(&graph, GRAPH, c);
    proto_int(&opset, wcl__OperatorSetIdProto_version, 13);
    change(&opset, OPSET, c);
    proto_int(model, wcl__ModelProto_ir_version, 7);
    proto_message(model, wcl__ModelProto_graph, &graph);
    proto_message(model, wcl__ModelProto_opset_import, &opset);
    proto_entry(model, wcl__ModelProto_metadata_props, "winocl.labels", "a\nb");
    change(model, MODEL, c);
}
