/* A small ONNX model, as it should be or with a change. */
#ifndef WCL_TESTS_ONNX_MODEL_H
#define WCL_TESTS_ONNX_MODEL_H

#include "support/onnx_writer.h"

/* Messages of the small model. A later value of a field replaces an earlier one, so bytes appended to a
 * message change it. */
enum place {
    NOWHERE,
    MODEL,
    OPSET,
    GRAPH,
    INPUT,
    TYPE,
    TENSOR_TYPE,
    SHAPE,
    NODE,
    ATTRIBUTE,
    TENSOR,
    LIST,
    PLACE_COUNT
};

struct change {
    enum place place;
    const char *bytes;
    size_t length;
};

extern const float small_weights[2]; /* of the tensor "raw"; "list" is the first of them */

/* y = LeakyRelu((x + raw) * list, 0.25) for x [batch][2]; change NULL: none */
void make_model(proto *model, const struct change *change);

/* Its parts: the input x, and a node of one or two inputs (b NULL). */
void put_input(proto *graph, const struct change *change);
void put_node(proto *graph, const char *op, const char *name, const char *a, const char *b, const char *out,
              const struct change *change);

#endif
