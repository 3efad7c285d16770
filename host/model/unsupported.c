/* The list of what a model has that cannot run, and the error that tells it. */
#include "model/unsupported.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <string.h>

/* The reason is cut at 4 KiB; the ways out must still fit behind the groups. */
enum { MOST_BYTES = 3000, MOST_NAME = 160 };

void wcl__unsupported_clear(wcl__unsupported *list)
{
    for (size_t i = 0; i < list->count; i++) {
        wcl__free((char *)list->records[i].node);
        wcl__free((char *)list->records[i].op);
        wcl__free((char *)list->records[i].reason);
    }
    wcl__free(list->records);
    *list = (wcl__unsupported){0};
}

static void add(wcl__unsupported *list, const char *node, const char *op, const char *reason)
{
    if (list->failed || !WCL__GROW(list->records, list->count, list->capacity)) {
        list->failed = true;
        return;
    }
    wcl_unsupported *record = &list->records[list->count++];
    *record = (wcl_unsupported){.size = sizeof *record,
                                .node = wcl__strdup(node),
                                .op = wcl__strdup(op),
                                .reason = wcl__strdup(reason)};
    list->failed = !record->node || !record->op || !record->reason;
}

/* The reason why the registry has no row for the node; nothing if it has. */
static void row_reason(const wcl_model *model, const wcl__model_node *node, wcl__text *reason)
{
    if (!node->op) {
        wcl__text_add(reason, "unknown operator");
        return;
    }
    if (model->opset < node->op->since) {
        wcl__text_add(reason, "opset %d, known from %d on", model->opset, node->op->since);
        return;
    }
    for (size_t i = 0; i < node->attr_count; i++)
        if (*node->attrs[i].name == '\0' || !wcl__has_word(node->op->attributes, node->attrs[i].name))
            wcl__text_add(reason, "%s%s", reason->length > 0 ? ", " : "unknown attribute ",
                          node->attrs[i].name);
}

bool wcl__unsupported_row(wcl__unsupported *list, const wcl_model *model, const wcl__model_node *node)
{
    wcl__text reason = {0}, op = {0};
    row_reason(model, node, &reason);
    list->failed = list->failed || reason.failed;
    const bool unknown = reason.length > 0;
    if (unknown && !reason.failed) {
        wcl__text_add(&op, "%s%s%s", node->domain, *node->domain ? "." : "", node->op_name);
        list->failed = list->failed || op.failed;
        if (node->op && model->opset < node->op->since)
            list->opset = WCL__MAX(list->opset, node->op->since);
        else
            list->operators = true;
        if (!op.failed)
            add(list, node->name, op.data, reason.data);
    }
    wcl__text_clear(&reason);
    wcl__text_clear(&op);
    return unknown || list->failed;
}

void wcl__unsupported_limit(wcl__unsupported *list, const char *node, const char *op)
{
    add(list, node, op, wcl_last_error()->reason);
    wcl__clear_error();
}

static bool same_group(const wcl_unsupported *a, const wcl_unsupported *b)
{
    return strcmp(a->op, b->op) == 0 && strcmp(a->reason, b->reason) == 0;
}

/* "LayerNormalization x23, first: node NAME (unknown operator)"; nothing where an earlier record began this
 * group. */
static void add_group(const wcl__unsupported *list, size_t first, wcl__text *text)
{
    const wcl_unsupported *record = &list->records[first];
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!same_group(&list->records[i], record))
            continue;
        if (i < first)
            return;
        count++;
    }
    wcl__text_add(text, "%s%.*s", text->length > 0 ? "; " : "", MOST_NAME, record->op);
    if (count > 1)
        wcl__text_add(text, " x%zu, first: node %.*s", count, MOST_NAME, record->node);
    else if (list->count > 1)
        wcl__text_add(text, ", node %.*s", MOST_NAME, record->node);
    wcl__text_add(text, " (%.*s)", 2 * MOST_NAME, record->reason);
}

static void add_ways_out(const wcl__unsupported *list, wcl__text *text)
{
    if (list->opset > 0)
        wcl__text_add(text, "; re-export with opset %d or later", list->opset);
    if (list->operators)
        wcl__text_add(text, "; another opset or exporter may write known operators: try opset 17 (from "
                            "PyTorch with dynamo=False)");
    wcl__text_add(text,
                  "; README.md lists what operators take, docs/adding-an-operator.md tells how to add to it");
}

wcl_status wcl__unsupported_fail(const wcl__unsupported *list)
{
    if (list->failed)
        return wcl__fail_memory();
    if (list->count == 0)
        return WCL_OK;
    wcl__text text = {0};
    for (size_t i = 0; i < list->count && text.length <= MOST_BYTES; i++)
        add_group(list, i, &text);
    if (text.length > MOST_BYTES)
        wcl__text_add(&text, "; and so on: %zu nodes in all", list->count);
    add_ways_out(list, &text);
    wcl_status status =
        text.failed ? wcl__fail_memory() : wcl__fail(WCL_UNSUPPORTED, "unsupported: %s", text.data);
    wcl__text_clear(&text);
    if (status == WCL_UNSUPPORTED && !wcl__set_unsupported(list->records, (int)list->count))
        status = wcl__fail_memory();
    return status == WCL_UNSUPPORTED && list->count == 1 ? wcl__in_node(status, list->records[0].node)
                                                         : status;
}
