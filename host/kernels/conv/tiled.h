/* Products by work-groups in local memory, for GPUs: cl/conv/tiled.clh, which winograd_tiled.h and
 * conv_tiled.h use. */
#ifndef WCL_KERNELS_CONV_TILED_H
#define WCL_KERNELS_CONV_TILED_H

#include "runtime/launch.h"
#include "tune/params.h"

/* field, least, most, standard, meaning */
#define WCL__TILED_PARAMS(X)                                                                                \
    X(cb, 4, 16, 4, "channels in a vector: both formats' block")                                            \
    X(pb, 16, 256, 64, "rows (tiles, pixels) of a work-group")                                              \
    X(kb, 1, 64, 16, "vectors of filters of a work-group: the weights' block")                              \
    X(ks, 4, 32, 8, "channels of a step")                                                                   \
    X(ip, 4, 16, 8, "rows of a work-item")                                                                  \
    X(ik, 4, 16, 8, "filters of a work-item")                                                               \
    X(buffering, 0, 2, 0, "0: none; 1: the next step in registers; 2: and in a second local buffer")        \
    X(unroll, 1, 32, 4, "channels of a step that are written out")                                          \
    X(lanes, 1, 4, 1, "floats of a sum: 4 where one instruction makes two FMAs of neighbours, 1 elsewhere") \
    X(subgroup, 0, 32, 0, "Intel: work-items of a hardware thread; 0: the compiler's choice")               \
    X(half, 0, 1, 0, "1: the weights are halves")

typedef struct wcl__tiled_params {
    WCL__TILED_PARAMS(WCL__PARAM_MEMBER)
} wcl__tiled_params;

/* Of the product's kernel; the variants' families (winograd_tiled, conv_tiled) begin with the same fields. */
extern const wcl__param_table wcl__tiled_table;

/* What is multiplied: `products` of `rows` rows by `filters` filters. */
typedef struct wcl__tiled_size {
    int64_t products, rows, filters;
    bool half;
} wcl__tiled_size;

/* A table's constraint whose first fields are these parameters. */
const char *wcl__tiled_constraint(const int *values);
/* NULL, or why a device can't run it; `more`: bytes of local memory beside the operands'. */
const char *wcl__tiled_fits(const wcl__profile *profile, const wcl__tiled_params *params, size_t more);
/* Blocks that suit the rows and filters, and what suits the device's compiler. */
void wcl__tiled_defaults(const wcl__profile *profile, int cb, const wcl__tiled_size *size,
                         wcl__tiled_params *params);

int wcl__tiled_width(const wcl__tiled_params *params); /* filters of a work-group */
int wcl__tiled_items(const wcl__tiled_params *params); /* its work-items */

#endif
