#include "table.h"

#include "escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, DOTS = 3 /* columns of the terminal: between two of the table, and "..." */ };

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
    wcl__table_take(table, wcl__formatted("%s", text));
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

/* The start of a text, and dots, in `width` columns of the terminal. */
static void print_start(const char *text, int width)
{
    const char *end = text;
    for (int left = width - DOTS; left > 0; left--)
        do
            end++;
        while ((*end & 0xC0) == 0x80);
    printf("%.*s...\n", (int)(end - text), text);
}

/* How many columns there is room for, and in *rest what is left then for the next one: 0 if there is none. */
static size_t fitting_columns(const wcl__table *table, const int *widths, size_t columns, int *rest)
{
    int total = -GAP;
    for (size_t i = 0; i < columns; i++)
        total += GAP + widths[i];
    *rest = 0;
    if (table->width == 0 || total <= table->width)
        return columns;
    do {
        total -= GAP + widths[--columns];
        *rest = table->width - total - GAP;
    } while (columns > 1 && *rest < DOTS);
    return columns;
}

/* The last column is cut where its start fits; elsewhere dots stand for the columns that are left out. */
static void print_row(const wcl__table *table, const char *const *cells, const int *widths, size_t columns)
{
    int rest;
    const size_t whole = fitting_columns(table, widths, columns, &rest);
    for (size_t i = 0; i < whole; i++)
        print_cell(cells[i], widths[i], table->align[i], i + 1 == columns);
    if (whole == columns)
        return;
    if (whole + 1 < columns)
        puts("...");
    else if (width_of(cells[whole]) <= rest)
        puts(cells[whole]);
    else
        print_start(cells[whole], rest);
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
        print_row(table, table->heads, widths, columns);
        for (size_t i = 0; i < table->count; i += columns)
            print_row(table, (const char *const *)&table->cells[i], widths, columns);
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
