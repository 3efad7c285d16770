/* The list of operators. */
#include "ops/registry.h"

#include <string.h>

#define WCL__OP_ADDRESS(row) &wcl__op_##row,
static const wcl__op *const ops[] = {WCL__OPS(WCL__OP_ADDRESS)};
#undef WCL__OP_ADDRESS

const wcl__op *wcl__op_find(const char *name)
{
    for (size_t i = 0; i < WCL__COUNT(ops); i++)
        if (strcmp(ops[i]->name, name) == 0)
            return ops[i];
    return NULL;
}
