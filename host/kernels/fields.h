/* Fields that many families have: rows of their X-macros (tune/params.h). */
#ifndef WCL_KERNELS_FIELDS_H
#define WCL_KERNELS_FIELDS_H

#include "base/desc.h"

/* One work-group size for all shapes: CPU drivers compile a kernel anew for each. */
enum { WCL__CELL_GROUP = 64 };
#define WCL__GROUP_FIELD(X) X(group, 1, 1024, WCL__CELL_GROUP, "work-items of a work-group")

/* wcl__act_kind: cl/pointwise/activation.clh. */
#define WCL__ACT_MEANING \
    "the activation: 0 none, 1 Relu, 2 LeakyRelu, 3 Clip, 4 Sigmoid, 5 Tanh, 6 HardSigmoid"
#define WCL__ACT_FIELD(X) X(act, 0, WCL__ACT_LAST, WCL__ACT_NONE, WCL__ACT_MEANING)

#endif
