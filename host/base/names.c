/* A hash table from names to indices: open addressing, FNV-1a. */
#include "base/names.h"
#include "base/error.h"
#include "base/memory.h"

#include <string.h>

/* FNV-1a */
static uint64_t hash(const char *name)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001B3u;
    return h;
}

static size_t cell(const wcl__names *table, const char *name)
{
    size_t i = hash(name) & (table->capacity - 1);
    while (table->names[i] && strcmp(table->names[i], name) != 0)
        i = (i + 1) & (table->capacity - 1);
    return i;
}

int wcl__names_find(const wcl__names *table, const char *name)
{
    if (table->capacity == 0)
        return -1;
    const size_t i = cell(table, name);
    return table->names[i] ? table->indices[i] : -1;
}

static void put(wcl__names *table, const char *name, int index)
{
    const size_t i = cell(table, name);
    table->names[i] = name;
    table->indices[i] = index;
    table->count++;
}

static wcl_status rehash(wcl__names *table, size_t capacity)
{
    wcl__names larger = {wcl__alloc(capacity, sizeof(char *)), wcl__alloc(capacity, sizeof(int)), capacity,
                         0};
    if (!larger.names || !larger.indices) {
        wcl__names_clear(&larger);
        return wcl__fail_memory();
    }
    for (size_t i = 0; i < table->capacity; i++)
        if (table->names[i])
            put(&larger, table->names[i], table->indices[i]);
    wcl__names_clear(table);
    *table = larger;
    return WCL_OK;
}

wcl_status wcl__names_add(wcl__names *table, const char *name, int index)
{
    if (2 * (table->count + 1) > table->capacity) {
        const wcl_status status = rehash(table, table->capacity ? 2 * table->capacity : 64);
        if (status != WCL_OK)
            return status;
    }
    put(table, name, index);
    return WCL_OK;
}

void wcl__names_clear(wcl__names *table)
{
    wcl__free(table->names);
    wcl__free(table->indices);
    memset(table, 0, sizeof *table);
}
