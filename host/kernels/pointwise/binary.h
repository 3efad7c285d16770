/* Element-wise arithmetic of two operands (cl/pointwise/binary_flat.cl, binary_channel.cl,
 * binary_broadcast.cl). */
#ifndef WCL_KERNELS_POINTWISE_BINARY_H
#define WCL_KERNELS_POINTWISE_BINARY_H

#include "base/desc.h"
#include "kernels/cells.h"
#include "kernels/shape/nd.h"

/* The kernel's OP. */
typedef enum wcl__binary_op {
    WCL__BINARY_ADD = 0,
    WCL__BINARY_SUB = 1,
    WCL__BINARY_MUL = 2,
    WCL__BINARY_DIV = 3
} wcl__binary_op;

/* Of operands that lie alike. field, least, most, standard, meaning */
#define WCL__BINARY_FLAT_PARAMS(X)                           \
    X(op, 0, 3, 0, "0: a + b, 1: a - b, 2: a * b, 3: a / b") \
    WCL__ACT_FIELD(X)                                        \
    X(cb, 1, 16, 4, "floats of a work-item")                 \
    WCL__GROUP_FIELD(X)

typedef struct wcl__binary_flat_params {
    WCL__BINARY_FLAT_PARAMS(WCL__PARAM_MEMBER)
} wcl__binary_flat_params;
extern const wcl__param_table wcl__binary_flat_table;

/* Of a tensor and a constant for each channel. */
#define WCL__BINARY_CHANNEL_PARAMS(X)                          \
    X(op, 0, 3, 0, "0: a + b, 1: a - b, 2: a * b, 3: a / b")   \
    WCL__ACT_FIELD(X)                                          \
    X(cb, 1, 16, 4, "channels in a block of the format")       \
    X(reverse, 0, 1, 0, "1: the constant is the left operand") \
    WCL__ND_GROUP(X)

typedef struct wcl__binary_channel_params {
    WCL__BINARY_CHANNEL_PARAMS(WCL__PARAM_MEMBER)
} wcl__binary_channel_params;
extern const wcl__param_table wcl__binary_channel_table;

/* Of operands that broadcast. */
#define WCL__BINARY_BROADCAST_PARAMS(X)                          \
    X(op, 0, 3, 0, "0: a + b, 1: a - b, 2: a * b, 3: a / b")     \
    WCL__ACT_FIELD(X)                                            \
    X(rank, 4, 8, 4, "dimensions that the kernel walks: 4 or 8") \
    WCL__ND_GROUP(X)

typedef struct wcl__binary_broadcast_params {
    WCL__BINARY_BROADCAST_PARAMS(WCL__PARAM_MEMBER)
} wcl__binary_broadcast_params;
extern const wcl__param_table wcl__binary_broadcast_table;

/* y = act(a OP b); the operation and the constant's side are the parameters'. */
typedef struct wcl__binary {
    wcl__act act; /* instead of the parameters': of a chain only the last step activates */
    int a, b, y;  /* slots */
} wcl__binary;

/* Each fills `call`. flat: the three allocations, of `count` floats, lie alike. */
wcl_status wcl__binary_flat_call(wcl__call *call, const wcl__binary_flat_params *params,
                                 const wcl__binary *binary, int64_t count);
/* b: a float for each channel of the view, or one in all (per_channel false). */
wcl_status wcl__binary_channel_call(wcl__call *call, const wcl__binary_channel_params *params,
                                    const wcl__binary *binary, const wcl__view *view, bool per_channel);
/* Plain tensors; y's shape is a's and b's broadcast to it. The walk of one step: its rank and its group are
 * set for it, the rest as given. */
typedef struct wcl__binary_shapes {
    const wcl__shape *a, *b, *y;
} wcl__binary_shapes;
void wcl__binary_broadcast_configure(const wcl__binary_shapes *shapes, wcl__binary_broadcast_params *params);
wcl_status wcl__binary_broadcast_call(wcl__call *call, const wcl__binary_broadcast_params *params,
                                      const wcl__binary *binary, const wcl__binary_shapes *shapes);

/* Steps of a packed tensor of `shape` walked in the larger `to`: 0 where it is repeated. */
void wcl__broadcast_steps(const wcl__shape *shape, const wcl__shape *to, int64_t steps[WCL_MAX_RANK]);

#endif
