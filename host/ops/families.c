/* The kernel families that the operators' variants run by: what settings name. */
#include <string.h>

#include "kernels/shape/convert.h"
#include "ops/registry.h"
#include "base/error.h"
#include "base/options.h"
#include "base/text.h"

#define OP_ADDRESS(row) &wcl__op_##row,
static const wcl__op *const ops[] = {WCL__OPS(OP_ADDRESS)};
#undef OP_ADDRESS

static bool runs_by(const wcl__op *op, const wcl__param_table *family, size_t variants)
{
    for (size_t v = 0; v < variants; v++)
        if (op->variants[v].family == family)
            return true;
    return false;
}

/* Is the family that of an operator before this one, or of one of its first variants? */
static bool came_before(size_t op, size_t variant, const wcl__param_table *family)
{
    for (size_t i = 0; i < op; i++)
        if (runs_by(ops[i], family, ops[i]->variant_count))
            return true;
    return runs_by(ops[op], family, variant);
}

const wcl__param_table *wcl__family_at(size_t index)
{
    size_t count = 0;
    for (size_t i = 0; i < WCL__COUNT(ops); i++)
        for (size_t v = 0; v < ops[i]->variant_count; v++) {
            const wcl__param_table *family = ops[i]->variants[v].family;
            if (family && !came_before(i, v, family) && count++ == index)
                return family;
        }
    return index == count ? &wcl__convert_table : NULL; /* the planner's own */
}

const wcl__param_table *wcl__family_find(const char *name, size_t length)
{
    const wcl__param_table *family;
    for (size_t i = 0; (family = wcl__family_at(i)) != NULL; i++)
        if (strlen(family->family) == length && memcmp(family->family, name, length) == 0)
            return family;
    return NULL;
}

static const wcl__param_table *family_at(int index)
{
    return index < 0 ? NULL : wcl__family_at((size_t)index);
}

int wcl_family_count(void)
{
    int count = 0;
    while (wcl__family_at((size_t)count))
        count++;
    return count;
}

const char *wcl_family_name(int family)
{
    const wcl__param_table *table = family_at(family);
    return table ? table->family : NULL;
}

const char *wcl_family_operator(int family, int index)
{
    const wcl__param_table *table = family_at(family);
    if (table == &wcl__convert_table)
        return index == 0 ? "Layout" : NULL;
    for (size_t i = 0; table && i < WCL__COUNT(ops); i++)
        if (runs_by(ops[i], table, ops[i]->variant_count) && index-- == 0)
            return ops[i]->name;
    return NULL;
}

int wcl_family_parameter_count(int family)
{
    const wcl__param_table *table = family_at(family);
    return table ? table->count : 0;
}

wcl_status wcl_family_parameter(int family, int index, wcl_parameter *parameter)
{
    wcl__clear_error();
    const wcl__param_table *table = family_at(family);
    if (!table || index < 0 || index >= table->count)
        return wcl__fail(WCL_BAD_ARGUMENT, "kernel family %d has no parameter %d", family, index);
    const wcl__param_field *field = &table->fields[index];
    const wcl_parameter full = {sizeof full,
                                field->name,
                                field->meaning,
                                field->least,
                                field->most,
                                field->standard,
                                wcl__has_word(table->follows, field->name)};
    return wcl__info_write(parameter, &full, sizeof full);
}
