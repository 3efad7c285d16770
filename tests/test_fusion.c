/* What the graph's passes make of networks: fewer nodes, and the same values as the naive references give
 * node by node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/network.h"
#include "support/reference.h"
#include "support/support.h"

#define DIMS(...)                                                                                  \
    {                                                                                              \
        .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .dims = { __VA_ARGS__ } \
    }
#define ONE       \
    {             \
        .rank = 0 \
    }

enum { MOST_COUNTS = 6 };

/* The plan's nodes of an operator; "Layout" is a conversion that the planner put in, "" is all nodes. */
typedef struct node_count {
    const char *op;
    int count;
} node_count;

typedef struct fusion_case {
    const char *name;
    net_table table;
    node_count counts[MOST_COUNTS];
} fusion_case;

#define NORM(c)                                                                     \
    {"scale", DIMS(c), false}, {"shift", DIMS(c), false}, {"mean", DIMS(c), false}, \
    {                                                                               \
        "variance", DIMS(c), true                                                   \
    }
#define CONV_W                       \
    {"w", DIMS(17, 5, 3, 3), false}, \
    {                                \
        "b", DIMS(17), false         \
    }
#define X2579 DIMS(2, 5, 7, 9)
#define TO_NCHW {0, 3, 1, 2}, 4
#define TO_NHWC {0, 2, 3, 1}, 4

static const fusion_case cases[] = {
    {"convolution, batch-norm, Relu",
     {X2579,
      {CONV_W, NORM(17)},
      {{"Conv", "conv", "x w b", "c", {1}, 0},
       {"BatchNormalization", "norm", "c scale shift mean variance", "n", {0}, 0},
       {"Relu", "relu", "n", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"", 1}}},
    {"without a bias",
     {X2579,
      {CONV_W, NORM(17)},
      {{"Conv", "conv", "x w", "c", {1}, 0},
       {"BatchNormalization", "norm", "c scale shift mean variance", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"", 1}}},
    {"depthwise, batch-norm, LeakyRelu",
     {X2579,
      {{"w", DIMS(5, 1, 3, 3), false}, {"b", DIMS(5), false}, NORM(5)},
      {{"Conv", "conv", "x w b", "c", {1, 2, 5}, 0},
       {"BatchNormalization", "norm", "c scale shift mean variance", "n", {0}, 0},
       {"LeakyRelu", "leaky", "n", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"", 1}}},
    {"batch-norm as Mul and Add",
     {X2579,
      {CONV_W, {"m", DIMS(17, 1, 1), false}, {"a", DIMS(1, 17, 1, 1), false}},
      {{"Conv", "conv", "x w", "c", {1}, 0},
       {"Mul", "mul", "c m", "d", {0}, 0},
       {"Add", "add", "a d", "e", {0}, 0},
       {"Relu", "relu", "e", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"", 1}}},
    {"Sub and Mul of single numbers",
     {X2579,
      {CONV_W, {"m", ONE, false}, {"s", DIMS(1), false}},
      {{"Conv", "conv", "x w b", "c", {1}, 0},
       {"Sub", "sub", "c s", "d", {0}, 0},
       {"Mul", "mul", "m d", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"", 1}}},
    {"two batch-norms",
     {X2579,
      {CONV_W, NORM(17), {"m", DIMS(17, 1, 1), false}},
      {{"Conv", "conv", "x w b", "c", {1}, 0},
       {"BatchNormalization", "norm", "c scale shift mean variance", "n", {0}, 0},
       {"BatchNormalization", "norm2", "n mean shift scale variance", "o", {0}, 0},
       {"Tanh", "tanh", "o", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"", 1}}},
    {"a constant minus the convolution",
     {X2579,
      {CONV_W, {"s", DIMS(17, 1, 1), false}},
      {{"Conv", "conv", "x w b", "c", {1}, 0}, {"Sub", "sub", "s c", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"Sub", 1}}},
    {"Mul along the columns",
     {X2579,
      {CONV_W, {"m", DIMS(9), false}},
      {{"Conv", "conv", "x w b", "c", {1}, 0}, {"Mul", "mul", "c m", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"Mul", 1}}},
    {"Add that makes the tensor larger",
     {DIMS(1, 5, 7, 9),
      {CONV_W, {"a", DIMS(3, 17, 1, 1), false}},
      {{"Conv", "conv", "x w b", "c", {1}, 0}, {"Add", "add", "c a", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"Add", 1}}},
    {"batch-norm behind the Relu",
     {X2579,
      {CONV_W, NORM(17)},
      {{"Conv", "conv", "x w b", "c", {1}, 0},
       {"Relu", "relu", "c", "r", {0}, 0},
       {"BatchNormalization", "norm", "r scale shift mean variance", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"BatchNormalization", 1}, {"Relu", 0}}},
    {"two activations",
     {X2579,
      {CONV_W},
      {{"Conv", "conv", "x w b", "c", {1}, 0},
       {"LeakyRelu", "leaky", "c", "r", {0}, 0},
       {"Sigmoid", "sigmoid", "r", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"LeakyRelu", 0}, {"Sigmoid", 1}}},
    {"a convolution that is read twice",
     {X2579,
      {CONV_W},
      {{"Conv", "conv", "x w b", "c", {1}, 0},
       {"Relu", "relu", "c", "r", {0}, 0},
       {"Add", "add", "c r", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"Relu", 1}, {"Add", 1}}},
    {"a convolution that is an output",
     {X2579, {CONV_W}, {{"Conv", "conv", "x w b", "c", {1}, 0}, {"Relu", "relu", "c", "y", {0}, 0}}, "c y"},
     {{"Conv", 1}, {"Relu", 1}}},
    {"a residual block",
     {X2579,
      {{"w", DIMS(5, 5, 3, 3), false}, {"b", DIMS(5), false}, NORM(5), {"w2", DIMS(5, 5, 3, 3), false}},
      {{"Conv", "conv", "x w b", "c", {1}, 0},
       {"BatchNormalization", "norm", "c scale shift mean variance", "n", {0}, 0},
       {"Relu", "relu", "n", "r", {0}, 0},
       {"Conv", "conv2", "r w2", "c2", {1}, 0},
       {"Add", "add", "c2 x", "s", {0}, 0},
       {"Relu", "relu2", "s", "y", {0}, 0}},
      "y"},
     {{"Conv", 2}, {"Add", 1}, {"Relu", 0}, {"BatchNormalization", 0}}},
    {"MatMul, Add, Relu",
     {DIMS(3, 23),
      {{"w", DIMS(23, 14), false}, {"b", DIMS(14), false}},
      {{"MatMul", "matmul", "x w", "m", {0}, 0},
       {"Add", "add", "m b", "a", {0}, 0},
       {"Relu", "relu", "a", "y", {0}, 0}},
      "y"},
     {{"MatMul", 1}, {"", 1}}},
    {"the bias first",
     {DIMS(3, 23),
      {{"w", DIMS(23, 14), false}, {"b", DIMS(1, 14), false}},
      {{"MatMul", "matmul", "x w", "m", {0}, 0}, {"Add", "add", "b m", "y", {0}, 0}},
      "y"},
     {{"MatMul", 1}, {"", 1}}},
    {"a dense layer and its batch-norm",
     {DIMS(3, 23),
      {{"w", DIMS(23, 14), false}, {"b", DIMS(14), false}, NORM(14)},
      {{"Gemm", "gemm", "x w b", "g", {0}, 0},
       {"BatchNormalization", "norm", "g scale shift mean variance", "n", {0}, 0},
       {"Relu", "relu", "n", "y", {0}, 0}},
      "y"},
     {{"Gemm", 1}, {"", 1}}},
    {"a product of two inputs, and a sum",
     {DIMS(6, 6),
      {{"b", DIMS(6), false}},
      {{"MatMul", "matmul", "x z", "m", {0}, 0}, {"Add", "add", "m b", "y", {0}, 0}},
      "y"},
     {{"MatMul", 1}, {"Add", 1}}},
    {"a sum along the other dimension",
     {DIMS(14, 23),
      {{"w", DIMS(23, 14), false}, {"b", DIMS(14, 1), false}},
      {{"MatMul", "matmul", "x w", "m", {0}, 0}, {"Add", "add", "m b", "y", {0}, 0}},
      "y"},
     {{"MatMul", 1}, {"Add", 1}}},
    {"nodes that do nothing",
     {X2579,
      {CONV_W},
      {{"Identity", "identity", "x", "i", {0}, 0},
       {"Conv", "conv", "i w b", "c", {1}, 0},
       {"Dropout", "dropout", "c", "d", {0}, 0},
       {"Relu", "relu", "d", "r", {0}, 0},
       {"Identity", "identity2", "r", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"", 1}}},
};

/* What follows a convolution, an activation behind a pool among it, and how many nodes are left in all. */
#define POOL(from, ...)                                \
    {                                                  \
        "MaxPool", "pool", from, "p", {__VA_ARGS__}, 0 \
    }
#define ACT(op, from, to)           \
    {                               \
        op, "act", from, to, {0}, 0 \
    }
static const struct {
    const char *name;
    net_row rows[3];
    const char *outputs;
    int count;
} pooled[] = {
    {"a pool that is absorbed, too", {POOL("c", 2), ACT("Relu", "p", "y")}, "y", 1},
    {"a pool of its own", {POOL("c", 3), ACT("LeakyRelu", "p", "y")}, "y", 2},
    {"padding", {POOL("c", 3, 1), ACT("Sigmoid", "p", "y")}, "y", 2},
    {"padding and dilation", {POOL("c", 2, 1, 3), ACT("Tanh", "p", "y")}, "y", 2},
    {"GlobalMaxPool", {{"GlobalMaxPool", "pool", "c", "p", {0}, 0}, ACT("Relu", "p", "y")}, "y", 2},
    {"batch-norm between",
     {{"BatchNormalization", "norm", "c scale shift mean variance", "n", {0}, 0},
      POOL("n", 3),
      ACT("Relu", "p", "y")},
     "y",
     2},
    {"Add before the pool",
     {{"Add", "add", "c c", "s", {0}, 0}, POOL("s", 2), ACT("Relu", "p", "y")},
     "y",
     3},
    {"two activations: the second stays",
     {POOL("c", 3), ACT("Tanh", "p", "r"), {"Relu", "act2", "r", "y", {0}, 0}},
     "y",
     3},
    {"and a convolution",
     {POOL("c", 3), ACT("Relu", "p", "r"), {"Conv", "conv2", "r w2", "y", {1}, 0}},
     "y",
     3},
    {"an average", {{"AveragePool", "pool", "c", "p", {3}, 0}, ACT("Relu", "p", "y")}, "y", 3},
    {"a slope below zero", {POOL("c", 3), {"LeakyRelu", "act", "p", "y", {-50}, 0}}, "y", 3},
    {"windows in the padding alone", {POOL("c", 2, 5, 10), ACT("Relu", "p", "y")}, "y", 3},
    {"a convolution with two readers",
     {POOL("c", 3), ACT("Relu", "p", "y"), {"Tanh", "tanh", "c", "t", {0}, 0}},
     "y t",
     4},
    {"a convolution that is an output", {POOL("c", 3), ACT("Relu", "p", "y")}, "c y", 3},
    {"a pool with two readers",
     {POOL("c", 3), ACT("Relu", "p", "r"), {"Add", "add", "p r", "y", {0}, 0}},
     "y",
     4},
    {"a pool that is an output", {POOL("c", 3), ACT("Relu", "p", "y")}, "p y", 3},
    {"a pool of a pool",
     {{"MaxPool", "pool1", "c", "q", {2}, 0}, POOL("q", 2), ACT("Relu", "p", "y")},
     "y",
     3},
};

/* Networks whose tensors are NHWC outside the convolutions. */
static const fusion_case transposed[] = {
    {"convolutions with Transposes around each",
     {DIMS(2, 7, 9, 5),
      {CONV_W, {"w2", DIMS(4, 17, 3, 3), false}, {"w3", DIMS(3, 4, 1, 1), false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv1", "x1 w b", "c1", {1}, 0},
       {"Transpose", "t2", "c1", "d1", TO_NHWC},
       {"Relu", "relu", "d1", "r1", {0}, 0},
       {"Transpose", "t3", "r1", "x2", TO_NCHW},
       {"MaxPool", "pool", "x2", "p", {2}, 0},
       {"Transpose", "t4", "p", "q", TO_NHWC},
       {"Transpose", "t5", "q", "x3", TO_NCHW},
       {"Conv", "conv2", "x3 w2", "c2", {1}, 0},
       {"Transpose", "t6", "c2", "d2", TO_NHWC},
       {"Tanh", "tanh", "d2", "r2", {0}, 0},
       {"Transpose", "t7", "r2", "x4", TO_NCHW},
       {"Conv", "conv3", "x4 w3", "c3", {0}, 0},
       {"Transpose", "t8", "c3", "y", TO_NHWC}},
      "y"},
     {{"Conv", 3}, {"Transpose", 2}, {"Relu", 0}, {"Tanh", 0}, {"MaxPool", 0}, {"", 5}}},
    {"bias and batch-norm by NHWC constants",
     {DIMS(2, 7, 9, 5),
      {CONV_W, {"m", DIMS(17), false}, {"a", DIMS(1, 1, 17), false}, {"s", ONE, false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv", "x1 w", "c", {1}, 0},
       {"Transpose", "t2", "c", "d", TO_NHWC},
       {"Add", "bias", "d b", "e", {0}, 0},
       {"Mul", "mul", "e m", "f", {0}, 0},
       {"Add", "add", "a f", "g", {0}, 0},
       {"Sub", "sub", "g s", "h", {0}, 0},
       {"Relu", "relu", "h", "r", {0}, 0},
       {"Transpose", "t3", "r", "q", TO_NCHW},
       {"GlobalAveragePool", "pool", "q", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"Transpose", 1}, {"Add", 0}, {"Mul", 0}, {"Relu", 0}}},
    {"two transposed branches added",
     {DIMS(2, 7, 9, 5),
      {CONV_W, {"w2", DIMS(17, 5, 3, 3), false}, {"w3", DIMS(3, 17, 3, 3), false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv1", "x1 w b", "c1", {1}, 0},
       {"Transpose", "t2", "c1", "d1", TO_NHWC},
       {"Conv", "conv2", "x1 w2", "c2", {1}, 0},
       {"Transpose", "t3", "c2", "d2", TO_NHWC},
       {"Add", "add", "d1 d2", "s", {0}, 0},
       {"Relu", "relu", "s", "r", {0}, 0},
       {"Transpose", "t4", "r", "x2", TO_NCHW},
       {"Conv", "conv3", "x2 w3", "y", {1}, 0}},
      "y"},
     {{"Conv", 3}, {"Transpose", 1}, {"Add", 1}, {"Relu", 0}}},
    {"a branch that is not transposed",
     {DIMS(2, 7, 9, 5),
      {{"w", DIMS(5, 5, 3, 3), false}, {"b", DIMS(5), false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv", "x1 w b", "c", {1}, 0},
       {"Transpose", "t2", "c", "d", TO_NHWC},
       {"Add", "add", "d x", "y", {0}, 0}},
      "y"},
     {{"Conv", 1}, {"Transpose", 2}, {"Add", 1}}},
    {"Concat of transposed branches",
     {DIMS(2, 7, 9, 5),
      {CONV_W, {"w2", DIMS(6, 5, 3, 3), false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv1", "x1 w b", "c1", {1}, 0},
       {"Transpose", "t2", "c1", "d1", TO_NHWC},
       {"Conv", "conv2", "x1 w2", "c2", {1}, 0},
       {"Transpose", "t3", "c2", "d2", TO_NHWC},
       {"Concat", "concat", "d1 d2", "y", {3}, 0}},
      "y"},
     {{"Conv", 2}, {"Transpose", 3}, {"Concat", 1}}},
    {"a transposed tensor that is an output",
     {DIMS(2, 7, 9, 5),
      {CONV_W, {"w2", DIMS(4, 17, 3, 3), false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv1", "x1 w b", "c1", {1}, 0},
       {"Transpose", "t2", "c1", "d", TO_NHWC},
       {"Transpose", "t3", "d", "x2", TO_NCHW},
       {"Conv", "conv2", "x2 w2", "y", {1}, 0}},
      "d y"},
     {{"Conv", 2}, {"Transpose", 2}}},
    {"a transposed tensor that is read in both orders",
     {DIMS(2, 7, 9, 5),
      {CONV_W, {"w2", DIMS(4, 17, 3, 3), false}, {"k", DIMS(7, 9, 17), false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv1", "x1 w b", "c1", {1}, 0},
       {"Transpose", "t2", "c1", "d", TO_NHWC},
       {"Mul", "mul", "d k", "e", {0}, 0},
       {"Transpose", "t3", "d", "x2", TO_NCHW},
       {"Conv", "conv2", "x2 w2", "y", {1}, 0}},
      "e y"},
     {{"Conv", 2}, {"Transpose", 2}, {"Mul", 1}}},
    {"two that do not cancel",
     {DIMS(2, 7, 9, 5),
      {{"a", DIMS(5, 1, 1), false}},
      {{"Transpose", "t1", "x", "x1", TO_NHWC},
       {"Relu", "relu", "x1", "r", {0}, 0},
       {"Transpose", "t2", "r", "y", TO_NHWC}},
      "y"},
     {{"Transpose", 1}, {"Relu", 1}}},
    {"two whose order matters",
     {DIMS(2, 7, 9, 5),
      {{"a", DIMS(5, 1, 1), false}},
      {{"Transpose", "t1", "x", "x1", {2, 1, 0, 3}, 4},
       {"Relu", "relu", "x1", "r", {0}, 0},
       {"Transpose", "t2", "r", "y", TO_NHWC}},
      "y"},
     {{"Transpose", 1}, {"Relu", 1}}},
    {"three that cancel",
     {DIMS(2, 7, 9, 5),
      {{"a", DIMS(5), false}},
      {{"Transpose", "t1", "x", "x1", TO_NHWC},
       {"Transpose", "t2", "x1", "x2", TO_NHWC},
       {"Tanh", "tanh", "x2", "r", {0}, 0},
       {"Transpose", "t3", "r", "y", TO_NHWC}},
      "y"},
     {{"Transpose", 0}, {"Tanh", 1}}},
    {"flattened in NHWC order before a dense layer",
     {DIMS(2, 7, 9, 5),
      {CONV_W, {"w2", DIMS(3 * 4 * 17, 11), false}, {"b2", DIMS(11), false}, {"w3", DIMS(11, 4), false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv", "x1 w b", "c", {1}, 0},
       {"MaxPool", "pool", "c", "p", {2}, 0},
       {"Transpose", "t2", "p", "q", TO_NHWC},
       {"Reshape", "flat", "q", "f", {-1, 3 * 4 * 17}, 2},
       {"MatMul", "dense1", "f w2", "m", {0}, 0},
       {"Add", "add", "m b2", "a", {0}, 0},
       {"Relu", "relu", "a", "r", {0}, 0},
       {"MatMul", "dense2", "r w3", "y", {0}, 0}},
      "y"},
     {{"Transpose", 1}, {"MatMul", 2}, {"Conv", 1}, {"Add", 0}}},
    {"the same with Flatten and Gemm",
     {DIMS(2, 7, 9, 5),
      {CONV_W, {"w2", DIMS(7 * 9 * 17, 11), false}, {"b2", DIMS(11), false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv", "x1 w b", "c", {1}, 0},
       {"Transpose", "t2", "c", "q", TO_NHWC},
       {"Flatten", "flat", "q", "f", {0}, 0},
       {"Gemm", "dense", "f w2 b2", "g", {0}, 0},
       {"Softmax", "softmax", "g", "y", {0}, 0}},
      "y"},
     {{"Transpose", 1}, {"Gemm", 1}, {"Conv", 1}}},
    {"flattened otherwise: the Transpose stays",
     {DIMS(2, 7, 9, 5),
      {CONV_W, {"w2", DIMS(9 * 17, 11), false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv", "x1 w b", "c", {1}, 0},
       {"Transpose", "t2", "c", "q", TO_NHWC},
       {"Reshape", "flat", "q", "f", {-1, 9 * 17}, 2},
       {"MatMul", "dense", "f w2", "y", {0}, 0}},
      "y"},
     {{"Transpose", 2}, {"MatMul", 1}}},
    {"flattened and read twice: the Transpose stays",
     {DIMS(2, 7, 9, 5),
      {CONV_W, {"w2", DIMS(7 * 9 * 17, 11), false}},
      {{"Transpose", "t1", "x", "x1", TO_NCHW},
       {"Conv", "conv", "x1 w b", "c", {1}, 0},
       {"Transpose", "t2", "c", "q", TO_NHWC},
       {"Flatten", "flat", "q", "f", {0}, 0},
       {"MatMul", "dense", "f w2", "y", {0}, 0}},
      "f y"},
     {{"Transpose", 2}, {"MatMul", 1}}},
};

static void check_counts(const fusion_case *c, const wcl_plan *plan)
{
    for (int i = 0; i < MOST_COUNTS && c->counts[i].op; i++) {
        const int count = plan_count(plan, *c->counts[i].op ? c->counts[i].op : NULL, NULL);
        const int expected = c->counts[i].count,
                  layouts = *c->counts[i].op ? 0 : plan_count(plan, "Layout", NULL);
        if (count - layouts != expected)
            fail_msg("%s: %d nodes %s, expected %d", c->name, count - layouts, c->counts[i].op, expected);
    }
}

static void check_outputs(const fusion_case *c, const reference_run *reference, const wcl_tensor *outputs)
{
    char names[64], *rest = NULL;
    int i = 0;
    snprintf(names, sizeof names, "%s", c->table.outputs);
    for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest), i++) {
        const net_array *expected = reference_find(reference, name);
        const wcl__shape shape = wcl__tensor_shape(&outputs[i]);
        if (!wcl__shape_equal(&shape, &expected->shape))
            fail_msg("%s: output %s is %s", c->name, name, wcl__shape_print(&shape).text);
        check_values(c->name, outputs[i].data, expected->data, wcl__shape_count(&shape), 2e-5);
    }
}

/* Every tensor that a session kept is the model's of that name, wherever Transposes went. */
static void check_kept(const fusion_case *c, const reference_run *reference, wcl_session *session)
{
    const int count = wcl_session_tensor_count(session);
    for (int i = 0; i < count; i++) {
        const char *name;
        wcl_tensor tensor;
        assert_int_equal(wcl_session_tensor(session, i, &name, &tensor), WCL_OK);
        const net_array *expected = reference_find(reference, name);
        const wcl__shape shape = wcl__tensor_shape(&tensor);
        if (!wcl__shape_equal(&shape, &expected->shape))
            fail_msg("%s: tensor %s is %s", c->name, name, wcl__shape_print(&shape).text);
        check_values(name, tensor.data, expected->data, wcl__shape_count(&shape), 2e-5);
        wcl_tensor_clear(&tensor);
    }
}

static void check_case(const fusion_case *c)
{
    static const wcl_session_options ways[] = {
        {.size = sizeof ways[0]},
        {.size = sizeof ways[0], .conv = WCL_CONV_DIRECT, .dense = WCL_DENSE_CLBLAST},
        {.size = sizeof ways[0], .conv = WCL_CONV_F2, .dense = WCL_DENSE_GEMM, .keep_all = 1},
    };
    reference_run reference;
    wcl_model *model = reference_model(&c->table);
    reference_compute(&c->table, &reference);
    for (size_t way = 0; way < WCL__COUNT(ways); way++) {
        wcl_session *session = open_session(model, &ways[way]);
        wcl_tensor inputs[2] = {{0}}, outputs[2] = {{0}};
        for (int i = 0; i < wcl_model_input_count(model); i++) {
            const net_array *input = reference_find(&reference, wcl_model_input_name(model, i));
            inputs[i] = (wcl_tensor){.type = WCL_FLOAT32, .rank = input->shape.rank, .data = input->data};
            memcpy(inputs[i].dims, input->shape.dims, sizeof inputs[i].dims);
        }
        if (wcl_session_run_tensors(session, inputs, outputs) != WCL_OK)
            fail_msg("%s: %s", c->name, wcl_last_error()->message);
        check_counts(c, wcl_session_plan(session));
        check_outputs(c, &reference, outputs);
        if (ways[way].keep_all)
            check_kept(c, &reference, session);
        wcl_tensor_clear(&outputs[0]);
        wcl_tensor_clear(&outputs[1]);
        wcl_session_destroy(session);
    }
    reference_clear(&reference);
    wcl_model_destroy(model);
}

static void test_epilogues(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(cases); i++)
        check_case(&cases[i]);
}

static void test_pools(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(pooled); i++) {
        fusion_case c = {pooled[i].name,
                         {X2579,
                          {CONV_W, NORM(17), {"w2", DIMS(4, 17, 3, 3), false}},
                          {{"Conv", "conv", "x w b", "c", {1}, 0}},
                          pooled[i].outputs},
                         {{"", pooled[i].count}}};
        memcpy(&c.table.nodes[1], pooled[i].rows, sizeof pooled[i].rows);
        check_case(&c);
    }
}

static void test_transposes(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(transposed); i++)
        check_case(&transposed[i]);
}

/* ---- the same network from three exporters: their values are test_end_to_end's */

/* From the first convolution on: no node but what computes (the pool is part of its convolution), and one
 * view before the dense layers. */
static void check_export(const char *file, const wcl_plan *plan, const char *dense)
{
    static const char *const expected[] = {"Conv", "Conv", "Conv", "Reshape", NULL, NULL, "Softmax"};
    const int count = wcl_plan_node_count(plan), first = count - (int)WCL__COUNT(expected);
    assert_true(first >= 0);
    for (int i = 0; i < count; i++) {
        wcl_plan_node node = WCL_PLAN_NODE_INIT;
        assert_int_equal(wcl_plan_get_node(plan, i, &node), WCL_OK);
        const char *op = i < first ? NULL : expected[i - first] ? expected[i - first] : dense;
        if (op ? strcmp(node.op, op) != 0
               : strcmp(node.op, "Transpose") != 0 && strcmp(node.op, "Layout") != 0)
            fail_msg("%s: node %d is %s (%s)", file, i, node.name, node.op);
    }
}

static void test_exports(void **state)
{
    static const struct {
        const char *file, *dense;
        int transposes; /* the one at the input */
    } rows[] = {{"exports/pytorch.onnx", "Gemm", 0},
                {"exports/tf2onnx.onnx", "MatMul", 1},
                {"exports/tf2onnx_noopt.onnx", "MatMul", 1}};
    static const struct {
        wcl_conv_choice conv;
        int layouts; /* f2 reads blocked tensors only: one conversion at the input */
    } ways[] = {{WCL_CONV_AUTO, 0}, {WCL_CONV_DIRECT, 0}, {WCL_CONV_F2, 1}};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_model *model = load_network(data_path(rows[i].file));
        for (size_t k = 0; k < WCL__COUNT(ways); k++) {
            wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
            options.conv = ways[k].conv;
            wcl_plan *plan = make_plan(model, &options, NULL);
            check_export(rows[i].file, plan, rows[i].dense);
            assert_int_equal(plan_count(plan, "Transpose", NULL), rows[i].transposes);
            assert_int_equal(plan_count(plan, "Layout", NULL), ways[k].layouts);
            assert_int_equal(plan_count(plan, "Reshape", "view"), 1);
            wcl_plan_destroy(plan);
        }
        wcl_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epilogues),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_transposes),
        cmocka_unit_test(test_exports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
