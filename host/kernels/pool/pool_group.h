/* Pools over whole planes by work-groups, for GPUs: cl/pool/pool_group_max.cl, pool_group_average.cl. */
#ifndef WCL_KERNELS_POOL_POOL_GROUP_H
#define WCL_KERNELS_POOL_POOL_GROUP_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__POOL_GROUP_PARAMS(X)                               \
    X(cb, 1, 16, 4, "channels in a vector: the format's block") \
    X(items, 2, 1024, 256, "work-items of a work-group, a power of two")

typedef struct wcl__pool_group_params {
    WCL__POOL_GROUP_PARAMS(WCL__PARAM_MEMBER)
} wcl__pool_group_params;
extern const wcl__param_table wcl__pool_group_table;

/* For channels in blocks of cb. Of `pool`, h and w matter. */
void wcl__pool_group_defaults(const wcl__profile *profile, const wcl__pool *pool, int cb,
                              wcl__pool_group_params *params);
/* Fills `call`. Of `pool`, only `average` matters. */
wcl_status wcl__pool_group_call(wcl__call *call, const wcl__pool_group_params *params, const wcl__pool *pool,
                                const wcl__operand *x, const wcl__operand *y);

#endif
