/* Pooling: cl/pool/pool_max.cl, pool_average.cl; of whole planes pool_global_max.cl,
 * pool_global_average.cl. */
#ifndef WCL_KERNELS_POOL_POOL_H
#define WCL_KERNELS_POOL_POOL_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__POOL_PARAMS(X)                                      \
    X(cb, 1, 16, 16, "channels in a vector: the format's block") \
    WCL__GROUP_FIELD(X)

/* Of windows, and of whole planes: two families with one set of parameters. */
typedef struct wcl__pool_params {
    WCL__POOL_PARAMS(WCL__PARAM_MEMBER)
} wcl__pool_params;
extern const wcl__param_table wcl__pool_table, wcl__pool_global_table;

/* Each fills `call`. The pool's sizes fit 30 bits (ops/window.h). */
wcl_status wcl__pool_call(wcl__call *call, const wcl__pool_params *params, const wcl__pool *pool,
                          const wcl__operand *x, const wcl__operand *y);
/* Over whole planes; of `pool`, only `average` matters. */
wcl_status wcl__pool_global_call(wcl__call *call, const wcl__pool_params *params, const wcl__pool *pool,
                                 const wcl__operand *x, const wcl__operand *y);

#endif
