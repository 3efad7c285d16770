/* Batch normalisation as scale and shift, for fusion. */
#ifndef WCL_OPS_NORM_NORM_H
#define WCL_OPS_NORM_NORM_H

#include "ops/op.h"

/* y = x * scale[channel] + shift[channel] of a BatchNormalization that infer has accepted. The arrays have
 * one number a channel and belong to the caller (wcl__free); NULL on failure. */
wcl_status wcl__batchnorm_affine(const wcl__op_node *node, float **scale, float **shift);

#endif
