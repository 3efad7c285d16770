/* What convolutions and dense layers share: packed weights, folded biases. */
#ifndef WCL_OPS_WEIGHTS_H
#define WCL_OPS_WEIGHTS_H

#include "ops/op.h"

/* Takes over a packing whose source, call and sizes are set; adds the scale (the epilogue's, times `factor`, for filters `first` to
 * first + count - 1) and the key: the weight's own, `how`, the call's options and the scale. */
wcl_status wcl__weight_slot(const wcl__emit *emit, const wcl__value *weight, const char *how, float factor, int64_t first,
                            int64_t count, wcl__packing *packing, int *slot);

/* bias * scale + shift for filters first ... first + count - 1, rounded up to `block` with zeros, as a constant of the plan. bias NULL: 0. */
wcl_status wcl__bias_slot(const wcl__emit *emit, const wcl__value *bias, float factor, int64_t first, int64_t count, int64_t block,
                          int *slot);

#endif
