/* Element-wise arithmetic of two operands (cl/pointwise/binary_flat.cl, binary_channel.cl,
 * binary_broadcast.cl). */
#ifndef WCL_KERNELS_POINTWISE_BINARY_H
#define WCL_KERNELS_POINTWISE_BINARY_H

#include "base/desc.h"
#include "kernels/layout.h"
#include "kernels/shape/nd.h"
#include "tune/params.h"

/* The kernel's OP. */
typedef enum wcl__binary_op {
    WCL__BINARY_ADD = 0,
    WCL__BINARY_SUB = 1,
    WCL__BINARY_MUL = 2,
    WCL__BINARY_DIV = 3
} wcl__binary_op;

#define WCL__BINARY_PARAMS(X)                                             \
    X(op, 0, 3, 0, "wcl__binary_op")                                      \
    X(act, 0, 5, 0, "wcl__act_kind behind it")                            \
    X(cb, 1, 16, 4, "floats of a work-item: the block of binary_channel") \
    X(rank, 4, 8, 4, "dimensions that binary_broadcast walks: 4 or 8")    \
    X(reverse, 0, 1, 0, "binary_channel: the constant is the left operand")

typedef struct wcl__binary_params {
    WCL__BINARY_PARAMS(WCL__PARAM_MEMBER)
} wcl__binary_params;
extern const wcl__param_table wcl__binary_table;

/* y = act(a OP b) */
typedef struct wcl__binary {
    wcl__binary_op op;
    wcl__act act;
    bool reverse; /* channel only: y = act(b OP a) */
    int a, b, y;  /* slots */
} wcl__binary;

/* Each fills the call of a kernel step.
 * flat: the three allocations, of `count` floats, lie alike. */
wcl_status wcl__binary_flat_call(wcl__call *call, const wcl__binary *binary, int64_t count);
/* b: a float for each channel of `shape`, or one in all (per_channel false). */
wcl_status wcl__binary_channel_call(wcl__call *call, const wcl__binary *binary, const wcl__shape *shape,
                                    const wcl__layout *layout, bool per_channel);
/* Plain tensors; y's shape is a's and b's broadcast to it. */
wcl_status wcl__binary_broadcast_call(wcl__call *call, const wcl__binary *binary, const wcl__shape *a_shape,
                                      const wcl__shape *b_shape, const wcl__shape *y_shape);

/* Steps of a packed tensor of `shape` walked in the larger `to`: 0 where it is repeated. */
void wcl__broadcast_steps(const wcl__shape *shape, const wcl__shape *to, int64_t steps[WCL_MAX_RANK]);

#endif
