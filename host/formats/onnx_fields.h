/* Numbers of the fields of ONNX's messages that the reader knows: message, field, number. tests/test_onnx.c
 * compares them with onnx.proto. */
#ifndef WCL_FORMATS_ONNX_FIELDS_H
#define WCL_FORMATS_ONNX_FIELDS_H

#define WCL__ONNX_FIELDS(X)               \
    X(ModelProto, ir_version, 1)          \
    X(ModelProto, graph, 7)               \
    X(ModelProto, opset_import, 8)        \
    X(ModelProto, metadata_props, 14)     \
    X(ModelProto, functions, 25)          \
    X(OperatorSetIdProto, domain, 1)      \
    X(OperatorSetIdProto, version, 2)     \
    X(StringStringEntryProto, key, 1)     \
    X(StringStringEntryProto, value, 2)   \
    X(GraphProto, node, 1)                \
    X(GraphProto, initializer, 5)         \
    X(GraphProto, input, 11)              \
    X(GraphProto, output, 12)             \
    X(GraphProto, sparse_initializer, 15) \
    X(ValueInfoProto, name, 1)            \
    X(ValueInfoProto, type, 2)            \
    X(TypeProto, tensor_type, 1)          \
    X(TypeProto, sequence_type, 4)        \
    X(TypeProto, map_type, 5)             \
    X(TypeProto, sparse_tensor_type, 8)   \
    X(TypeProto, optional_type, 9)        \
    X(Tensor, elem_type, 1)               \
    X(Tensor, shape, 2)                   \
    X(TensorShapeProto, dim, 1)           \
    X(Dimension, dim_value, 1)            \
    X(Dimension, dim_param, 2)            \
    X(NodeProto, input, 1)                \
    X(NodeProto, output, 2)               \
    X(NodeProto, name, 3)                 \
    X(NodeProto, op_type, 4)              \
    X(NodeProto, attribute, 5)            \
    X(NodeProto, domain, 7)               \
    X(AttributeProto, name, 1)            \
    X(AttributeProto, f, 2)               \
    X(AttributeProto, i, 3)               \
    X(AttributeProto, s, 4)               \
    X(AttributeProto, t, 5)               \
    X(AttributeProto, floats, 7)          \
    X(AttributeProto, ints, 8)            \
    X(AttributeProto, type, 20)           \
    X(AttributeProto, ref_attr_name, 21)  \
    X(TensorProto, dims, 1)               \
    X(TensorProto, data_type, 2)          \
    X(TensorProto, float_data, 4)         \
    X(TensorProto, int32_data, 5)         \
    X(TensorProto, string_data, 6)        \
    X(TensorProto, int64_data, 7)         \
    X(TensorProto, name, 8)               \
    X(TensorProto, raw_data, 9)           \
    X(TensorProto, double_data, 10)       \
    X(TensorProto, uint64_data, 11)       \
    X(TensorProto, external_data, 13)     \
    X(TensorProto, data_location, 14)

/* wcl__ModelProto_graph = 7, ... */
#define WCL__ONNX_FIELD_ENUM(message, field, number) wcl__##message##_##field = number,
enum { WCL__ONNX_FIELDS(WCL__ONNX_FIELD_ENUM) };
#undef WCL__ONNX_FIELD_ENUM

#endif
