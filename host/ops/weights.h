/* What convolutions and dense layers share: packed weights, folded biases. */
#ifndef WCL_OPS_WEIGHTS_H
#define WCL_OPS_WEIGHTS_H

#include "ops/op.h"

/* Some of a layer's outputs (a convolution's filters): first ... first + count - 1, with a factor beside the
 * epilogue's scale. */
typedef struct wcl__output_slice {
    int64_t first, count;
    float factor;
} wcl__output_slice;

/* A constant that the device reads as it is: float32, in C order. */
wcl_status wcl__constant_slot(wcl__steps *steps, const wcl__value *value, int *slot);

/* Takes over a packing whose recipe and bytes are set; adds the source, the scale (the epilogue's, times the
 * factor) and the key. */
wcl_status wcl__weight_slot(const wcl__emit *emit, const wcl__value *weight, const wcl__output_slice *slice,
                            wcl__packing *packing, int *slot);

/* bias * factor * scale + shift, rounded up to `block` with zeros, as a constant of the plan. bias
 * NULL: 0. */
wcl_status wcl__bias_slot(const wcl__emit *emit, const wcl__value *bias, const wcl__output_slice *slice,
                          int64_t block, int *slot);

#endif
