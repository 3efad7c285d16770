/* The list of operators, and of the kernel families that their variants run by. */
#include "ops/registry.h"

#include <string.h>

#include "kernels/shape/convert.h"

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

static bool is_named(const wcl__param_table *family, const char *name, size_t length)
{
    return family && strlen(family->family) == length && memcmp(family->family, name, length) == 0;
}

const wcl__param_table *wcl__family_find(const char *name, size_t length)
{
    if (is_named(&wcl__convert_table, name, length)) /* the planner's own */
        return &wcl__convert_table;
    for (size_t i = 0; i < WCL__COUNT(ops); i++)
        for (size_t v = 0; v < ops[i]->variant_count; v++)
            if (is_named(ops[i]->variants[v].family, name, length))
                return ops[i]->variants[v].family;
    return NULL;
}
