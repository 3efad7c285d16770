#include "table.h"

#include "escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wcl__table_start(wcl__table *table, const char *const *heads, const char *align)
{
    *table = (wcl__table){.heads = heads, .align = align};
}

void wcl__table_take(wcl__table *table, char *raw)
{
    char *text = raw ? wcl__escape(raw) : NULL;
    free(raw);
    if (text && table->count == table->capacity) {
        const size_t capacity = table->capacity ? 2 * table->capacity : 64;
        char **cells = realloc(table->cells, capacity * sizeof *cells);
        if (cells) {
            table->cells = cells;
            table->capacity = capacity;
        }
    }
    if (!text || table->count == table->capacity) {
        table->failed = true;
        free(text);
        return;
    }
    table->cells[table->count++] = text;
}

void wcl__table_cell(wcl__table *table, const char *format, ...)
{
    char text[1024];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    wcl__table_take(table, wcl__format("%s", text));
}

/* Columns on the terminal: a UTF-8 sequence counts once. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += (*text & 0xC0) != 0x80;
    return width;
}

static void print_cell(const char *text, int width, char align, bool last)
{
    const int padding = width - width_of(text);
    if (align == 'r')
        printf("%*s%s", padding, "", text);
    else
        printf("%s%*s", text, last ? 0 : padding, "");
    fputs(last ? "\n" : "  ", stdout);
}

int wcl__table_print(wcl__table *table)
{
    const size_t columns = strlen(table->align);
    int *widths = calloc(columns, sizeof *widths);
    const bool failed = table->failed || !widths;
    if (!failed) {
        for (size_t i = 0; i < columns; i++)
            widths[i] = width_of(table->heads[i]);
        for (size_t i = 0; i < table->count; i++) {
            const int width = width_of(table->cells[i]);
            if (width > widths[i % columns])
                widths[i % columns] = width;
        }
        for (size_t i = 0; i < columns; i++)
            print_cell(table->heads[i], widths[i], table->align[i], i + 1 == columns);
        for (size_t i = 0; i < table->count; i++)
            print_cell(table->cells[i], widths[i % columns], table->align[i % columns], i % columns + 1 == columns);
    }
    free(widths);
    wcl__table_clear(table);
    return failed ? wcl__complain_memory() : WCL__DONE;
}

void wcl__table_clear(wcl__table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    table->cells = NULL;
    table->count = table->capacity = 0;
}
