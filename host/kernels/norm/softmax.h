/* Softmax and LogSoftmax: cl/norm/softmax.cl, and on GPUs cl/norm/softmax_group.cl. */
#ifndef WCL_KERNELS_NORM_SOFTMAX_H
#define WCL_KERNELS_NORM_SOFTMAX_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__SOFTMAX_PARAMS(X)                \
    X(log, 0, 1, 0, "1: the logarithm of it") \
    WCL__GROUP_FIELD(X)

typedef struct wcl__softmax_params {
    WCL__SOFTMAX_PARAMS(WCL__PARAM_MEMBER)
} wcl__softmax_params;
extern const wcl__param_table wcl__softmax_table;

/* field, least, most, standard, meaning */
#define WCL__SOFTMAX_GROUP_PARAMS(X)          \
    X(log, 0, 1, 0, "1: the logarithm of it") \
    X(items, 2, 1024, 256, "work-items of a work-group, a power of two")

typedef struct wcl__softmax_group_params {
    WCL__SOFTMAX_GROUP_PARAMS(WCL__PARAM_MEMBER)
} wcl__softmax_group_params;
extern const wcl__param_table wcl__softmax_group_table;

/* NULL, or why a work-item a row is as well. */
const char *wcl__softmax_group_refuses(const wcl__softmax *softmax);
void wcl__softmax_group_defaults(const wcl__profile *profile, const wcl__softmax *softmax,
                                 wcl__softmax_group_params *params);
wcl_status wcl__softmax_group_call(wcl__call *call, const wcl__softmax_group_params *params,
                                   const wcl__softmax *softmax, int x, int y);

/* Fills `call`. params->log is softmax->log. */
wcl_status wcl__softmax_call(wcl__call *call, const wcl__softmax_params *params, const wcl__softmax *softmax,
                             int x, int y);

#endif
