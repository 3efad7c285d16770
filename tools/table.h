/* A table on stdout whose columns are as wide as their widest cell. */
#ifndef WINOCL_TOOLS_TABLE_H
#define WINOCL_TOOLS_TABLE_H

#include "report.h"

typedef struct wcl__table {
    const char *const *heads;
    const char *align; /* a character for each column: 'l' or 'r' */
    char **cells;      /* row by row */
    size_t count, capacity;
    int width;   /* of the lines at most, set after start; 0: as long as they are */
    bool failed; /* memory ran out: print says so */
} wcl__table;

/* heads and align must outlive the table. */
void wcl__table_start(wcl__table *table, const char *const *heads, const char *align);
void wcl__table_cell(wcl__table *table, const char *format, ...) WCL__PRINTF(2, 3);
/* Takes a string of its own (from wcl__format...), NULL included. */
void wcl__table_take(wcl__table *table, char *text);
/* Prints and empties the table. What does not fit its width ends in "...": the last column is cut, then
 * columns are left out. */
int wcl__table_print(wcl__table *table);
void wcl__table_clear(wcl__table *table);

#endif
