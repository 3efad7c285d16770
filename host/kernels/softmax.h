/* Softmax and LogSoftmax: cl/softmax.cl. */
#ifndef WCL_KERNELS_SOFTMAX_H
#define WCL_KERNELS_SOFTMAX_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__SOFTMAX_PARAMS(X) X(log, 0, 1, 0, "1: the logarithm of it")

typedef struct wcl__softmax_params {
    WCL__SOFTMAX_PARAMS(WCL__PARAM_MEMBER)
} wcl__softmax_params;
extern const wcl__param_table wcl__softmax_table;

/* Fills `call`. params->log is softmax->log. */
wcl_status wcl__softmax_call(wcl__call *call, const wcl__softmax_params *params, const wcl__softmax *softmax, int x, int y);

#endif
