/* Attributes of a node by name. An attribute of another kind than asked for counts as absent. */
#include <string.h>

#include "ops/op.h"
#include "base/error.h"

const wcl__attr *wcl__attr_find(const wcl__op_node *node, const char *name)
{
    for (size_t i = 0; i < node->attr_count; i++)
        if (node->attrs[i].name && strcmp(node->attrs[i].name, name) == 0)
            return &node->attrs[i];
    return NULL;
}

static const wcl__attr *find_kind(const wcl__op_node *node, const char *name, wcl_attribute_kind kind)
{
    const wcl__attr *attr = wcl__attr_find(node, name);
    return attr && attr->kind == kind ? attr : NULL;
}

int64_t wcl__attr_int(const wcl__op_node *node, const char *name, int64_t standard)
{
    const wcl__attr *attr = find_kind(node, name, WCL_ATTRIBUTE_INT);
    return attr ? attr->i : standard;
}

float wcl__attr_float(const wcl__op_node *node, const char *name, float standard)
{
    const wcl__attr *attr = find_kind(node, name, WCL_ATTRIBUTE_FLOAT);
    return attr ? attr->f : standard;
}

const char *wcl__attr_string(const wcl__op_node *node, const char *name, const char *standard)
{
    const wcl__attr *attr = find_kind(node, name, WCL_ATTRIBUTE_STRING);
    return attr && attr->s ? attr->s : standard;
}

const int64_t *wcl__attr_ints(const wcl__op_node *node, const char *name, size_t *count)
{
    const wcl__attr *attr = find_kind(node, name, WCL_ATTRIBUTE_INTS);
    *count = attr ? attr->count : 0;
    return attr ? attr->ints : NULL;
}

wcl_status wcl__attr_dropped(const wcl__op_node *node, const char *name, int since)
{
    return node->opset >= since && wcl__attr_find(node, name)
               ? wcl__fail(WCL_BAD_MODEL, "%s has no attribute %s from opset %d on", node->op->name, name,
                           since)
               : WCL_OK;
}
