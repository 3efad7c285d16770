/* What the tests of the products in local memory share. */
#ifndef WCL_TESTS_TILED_H
#define WCL_TESTS_TILED_H

#include "runtime/device.h"
#include "tune/params.h"

/* A GPU that has room for all of them. */
extern const wcl__facts tiled_roomy;

typedef struct tiled_illegal {
    const char *params, *reason;
} tiled_illegal;
/* Fails unless the standard parameters with these are refused for this reason. params: room for a set of the
 * table's. */
void tiled_check_illegal(const wcl__param_table *table, void *params, const tiled_illegal *illegal);

#endif
