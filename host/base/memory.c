/* Memory that is counted in elements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void *wcl__alloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size,
                               &bytes)) /* calloc sees it too, but AddressSanitizer's ends the process */
        return NULL;
    return bytes ? calloc(count, size) : calloc(1, 1);
}

void *wcl__resize(void *old, size_t old_count, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    unsigned char *memory = realloc(old, bytes ? bytes : 1);
    if (memory && count > old_count)
        memset(memory + old_count * size, 0, (count - old_count) * size);
    return memory;
}

void wcl__free(void *memory)
{
    free(memory);
}

char *wcl__strdup(const char *text)
{
    return text ? wcl__memdup(text, strlen(text) + 1) : NULL;
}

void *wcl__memdup(const void *data, size_t bytes)
{
    void *copy = wcl__alloc(bytes, 1);
    if (copy && bytes)
        memcpy(copy, data, bytes);
    return copy;
}

bool wcl__grow(void **pointer, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t grown = *capacity ? *capacity * 2 : 8;
    void *memory = grown > count ? wcl__resize(*pointer, count, grown, size) : NULL;
    if (!memory)
        return false;
    *pointer = memory;
    *capacity = grown;
    return true;
}
