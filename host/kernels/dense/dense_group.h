/* Dense layers of few inputs by work-groups, for GPUs: cl/dense/dense_group.cl. */
#ifndef WCL_KERNELS_DENSE_DENSE_GROUP_H
#define WCL_KERNELS_DENSE_DENSE_GROUP_H

#include "kernels/dense/dense.h"

/* field, least, most, standard, meaning */
#define WCL__DENSE_GROUP_PARAMS(X)                                                  \
    X(cb, 4, 4, 4, "lanes of a sum")                                                \
    X(items, 8, 1024, 256, "work-items of a work-group, a power of two")            \
    X(outputs, 1, 8, 2, "outputs that a work-group computes")                       \
    X(batch, 1, 4, 1, "inputs that it computes them for")                           \
    X(unroll, 1, 8, 4, "loads of each row that an item has in flight")              \
    X(aligned, 0, 1, 1, "1: all rows of the input start at a multiple of 16 bytes") \
    WCL__ACT_FIELD(X)                                                               \
    X(half, 0, 1, 0, "1: the weights are halves")                                   \
    X(slice, 1, INT32_MAX, INT32_MAX, "outputs of a launch, at most: their weights are one buffer")

typedef struct wcl__dense_group_params {
    WCL__DENSE_GROUP_PARAMS(WCL__PARAM_MEMBER)
} wcl__dense_group_params;
extern const wcl__param_table wcl__dense_group_table;

/* The weights' rows are padded to a multiple of this many: 16 bytes. */
int64_t wcl__dense_group_word(bool half);
/* All but the parameter slice. slice->outputs are all outputs of the layer. */
void wcl__dense_group_defaults(const wcl__profile *profile, const wcl__dense_slice *slice, bool half,
                               wcl__dense_group_params *params);
/* Buffers are aligned to 16 bytes. */
wcl_status wcl__dense_group_call(wcl__call *call, const wcl__dense_group_params *params,
                                 const wcl__dense_slice *slice, const wcl__dense_slots *slots);

#endif
