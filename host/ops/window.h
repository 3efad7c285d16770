/* The windows of convolutions and pools: ONNX's kernel_shape, strides, dilations, pads, auto_pad and
 * ceil_mode as plain numbers. */
#ifndef WCL_OPS_WINDOW_H
#define WCL_OPS_WINDOW_H

#include "ops/op.h"

/* [0] is the height, [1] the width; a 1-D window has a height of 1 everywhere. */
typedef struct wcl__window {
    int64_t kernel[2], stride[2], dilation[2], before[2], after[2], out[2];
} wcl__window;

/* Reads strides, dilations, pads and auto_pad. `sizes` and `kernel` have spatial_rank (1 or 2) elements.
 *
 * SAME_UPPER and SAME_LOWER: out = ceil(size / stride), with just enough padding, the odd cell behind or
 * before. As in ONNX Runtime, pads beside an auto_pad are ignored. `ceil` holds for explicit and VALID
 * padding.
 *
 * What passes fits the kernels' ints: padded sizes, dilated kernels and strides are below 2^30.
 * WCL_BAD_MODEL (an attribute's value), WCL_BAD_SHAPE (the window does not fit), WCL_UNSUPPORTED
 * (too large). */
wcl_status wcl__window_read(const wcl__op_node *node, int spatial_rank, const int64_t *sizes,
                            const int64_t *kernel, bool ceil, wcl__window *out);

#endif
