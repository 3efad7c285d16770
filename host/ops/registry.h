/* The operators' rows, one extern each; registry.c lists them. */
#ifndef WCL_OPS_REGISTRY_H
#define WCL_OPS_REGISTRY_H

#include "ops/op.h"

#define WCL__OPS(X)        \
    X(add)                 \
    X(average_pool)        \
    X(batch_normalization) \
    X(cast)                \
    X(clip)                \
    X(concat)              \
    X(constant)            \
    X(constant_of_shape)   \
    X(conv)                \
    X(div)                 \
    X(dropout)             \
    X(flatten)             \
    X(gather)              \
    X(gemm)                \
    X(global_average_pool) \
    X(global_max_pool)     \
    X(hard_sigmoid)        \
    X(identity)            \
    X(leaky_relu)          \
    X(log_softmax)         \
    X(lrn)                 \
    X(matmul)              \
    X(max_pool)            \
    X(mul)                 \
    X(relu)                \
    X(reshape)             \
    X(shape)               \
    X(sigmoid)             \
    X(slice)               \
    X(softmax)             \
    X(squeeze)             \
    X(sub)                 \
    X(sum)                 \
    X(tanh)                \
    X(topk)                \
    X(transpose)           \
    X(unsqueeze)

#define WCL__OP_EXTERN(row) extern const wcl__op wcl__op_##row;
WCL__OPS(WCL__OP_EXTERN)
#undef WCL__OP_EXTERN

#endif
