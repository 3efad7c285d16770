/* Generic code over a family's table of parameters: the struct is `count` ints in the table's order. */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tune/params.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

void wcl__params_standard(const wcl__param_table *table, void *params)
{
    int *values = params;
    for (int i = 0; i < table->count; i++)
        values[i] = table->fields[i].standard;
}

wcl_status wcl__params_validate(const wcl__param_table *table, const void *params)
{
    const int *values = params;
    for (int i = 0; i < table->count; i++) {
        const wcl__param_field *field = &table->fields[i];
        if (values[i] < field->least || values[i] > field->most)
            return wcl__fail(WCL_BAD_ARGUMENT, "%s: %s=%d is not in %d...%d (%s)", table->family, field->name,
                             values[i], field->least, field->most, field->meaning);
    }
    const char *reason = table->constraint ? table->constraint(values) : NULL;
    if (!reason)
        return WCL_OK;
    char text[512];
    wcl__params_print(table, params, text, sizeof text);
    return wcl__fail(WCL_BAD_ARGUMENT, "%s: %s: %s", table->family, text, reason);
}

/* Appends to a text of fixed size; what does not fit is cut. */
static size_t append(char *out, size_t bytes, size_t length, const char *text)
{
    size_t added = strlen(text);
    if (length >= bytes)
        return length;
    added = WCL__MIN(added, bytes - 1 - length);
    memcpy(out + length, text, added);
    out[length + added] = '\0';
    return length + added;
}

static size_t append_pair(char *out, size_t bytes, size_t length, const char *name, int value)
{
    char number[16];
    snprintf(number, sizeof number, "=%d", value);
    length = append(out, bytes, length, name);
    return append(out, bytes, length, number);
}

void wcl__params_print(const wcl__param_table *table, const void *params, char *out, size_t bytes)
{
    const int *values = params;
    size_t length = append(out, bytes, 0, "");
    for (int i = 0; i < table->count; i++) {
        length = append(out, bytes, length, i ? " " : "");
        length = append_pair(out, bytes, length, table->fields[i].name, values[i]);
    }
}

void wcl__params_options(const wcl__param_table *table, const void *params, const char *reads, char *out,
                         size_t bytes)
{
    const int *values = params;
    size_t length = append(out, bytes, 0, "");
    for (int i = 0; i < table->count; i++) {
        char name[64];
        size_t n = 0;
        if (reads && !wcl__has_word(reads, table->fields[i].name))
            continue;
        for (const char *c = table->fields[i].name; *c && n < sizeof name - 1; c++)
            name[n++] = (char)toupper((unsigned char)*c);
        name[n] = '\0';
        length = append(out, bytes, length, length > 0 ? " -D" : "-D");
        length = append_pair(out, bytes, length, name, values[i]);
    }
}

/* The field's index; -1: there is none of this name. */
static int find_field(const wcl__param_table *table, const char *name, size_t length)
{
    for (int i = 0; i < table->count; i++)
        if (strlen(table->fields[i].name) == length && memcmp(table->fields[i].name, name, length) == 0)
            return i;
    return -1;
}

int wcl__params_value(const wcl__param_table *table, const void *params, const char *name)
{
    const int field = find_field(table, name, strlen(name));
    assert(field >= 0);
    return ((const int *)params)[field];
}

/* One "name=value" at *text, which moves behind it. */
static wcl_status parse_pair(const wcl__param_table *table, const char **text, int *values)
{
    const char *name = *text;
    size_t length = strcspn(name, " =");
    int field = find_field(table, name, length);
    if (field < 0)
        return wcl__fail(WCL_BAD_ARGUMENT, "%s: no parameter \"%.*s\"", table->family,
                         (int)WCL__MIN(length, (size_t)64), name);
    char *end;
    const char *number = name + length + 1;
    bool is_number = name[length] == '=' && (isdigit((unsigned char)number[0]) || number[0] == '-');
    long value = is_number ? strtol(number, &end, 10) : 0;
    if (!is_number || end == number || (*end && *end != ' ') || value < -2147483647 || value > 2147483647)
        return wcl__fail(WCL_BAD_ARGUMENT, "%s: %s: the value is no number", table->family,
                         table->fields[field].name);
    values[field] = (int)value;
    *text = end;
    return WCL_OK;
}

wcl_status wcl__params_parse(const wcl__param_table *table, const char *text, void *params)
{
    wcl_status status = WCL_OK;
    int *values =
        wcl__memdup(params, (size_t)table->count * sizeof(int)); /* nothing is half set by a bad text */
    if (!values)
        return wcl__fail_memory();
    text += strspn(text, " ");
    while (*text && status == WCL_OK) {
        status = parse_pair(table, &text, values);
        text += status == WCL_OK ? strspn(text, " ") : 0;
    }
    if (status == WCL_OK)
        memcpy(params, values, (size_t)table->count * sizeof(int));
    wcl__free(values);
    return status;
}
