/* Memory that is counted in elements, zeroed, and checked for overflow. */
#ifndef WCL_BASE_MEMORY_H
#define WCL_BASE_MEMORY_H

#include "base/base.h"

/* Zeroed; NULL when there is none or the product overflows. */
void *wcl__alloc(size_t count, size_t size);
void *wcl__resize(void *old, size_t old_count, size_t count,
                  size_t size); /* new elements are zeroed; NULL leaves old as it was */
void wcl__free(void *memory);
char *wcl__strdup(const char *text); /* strdup(NULL) is NULL */
void *wcl__memdup(const void *data, size_t bytes);

/* Makes room for one more element of a growing array {pointer, count, capacity}; false: no memory. */
#define WCL__GROW(pointer, count, capacity) \
    wcl__grow((void **)&(pointer), (count), &(capacity), sizeof *(pointer))
bool wcl__grow(void **pointer, size_t count, size_t *capacity, size_t size);

#endif
