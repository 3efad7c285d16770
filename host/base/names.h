/* A hash table from names to indices, for building. */
#ifndef WCL_BASE_NAMES_H
#define WCL_BASE_NAMES_H

#include "base/base.h"

typedef struct wcl__names {
    const char **names; /* borrowed; NULL: a free cell */
    int *indices;
    size_t capacity, count;
} wcl__names;

/* -1 if the name is not there. */
int wcl__names_find(const wcl__names *table, const char *name);
/* The name must outlive the table and must not be in it yet. */
wcl_status wcl__names_add(wcl__names *table, const char *name, int index);
void wcl__names_clear(wcl__names *table);

#endif
