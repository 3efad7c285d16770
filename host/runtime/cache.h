/* The folder of compiled programs and measured rates: entries by key, checked when read, replaced by rename,
 * the oldest-used dropped. Nothing here fails: a cache that does not work costs time, and says so once.
 * Folder and entries are believed as trust.h says. Private to runtime/. */
#ifndef WCL_RUNTIME_CACHE_H
#define WCL_RUNTIME_CACHE_H

#include "base/base.h"

typedef enum wcl__cache_kind {
    WCL__CACHE_PROGRAM,
    WCL__CACHE_RATES
} wcl__cache_kind; /* in the order of dropping */

typedef struct wcl__cache {
    char *path; /* "": off */
    uint64_t limit;
    bool named; /* a caller named the folder: it is not the standard one */
    bool warned, unwritable;
    bool unusable; /* not trusted: neither read nor written any more */
} wcl__cache;

/* Path and limit as wcl_device_set_cache takes them. WCL_NO_MEMORY leaves the cache as it was. */
wcl_status wcl__cache_set(wcl__cache *cache, const char *path, uint64_t limit);
void wcl__cache_clear(wcl__cache *cache);
static inline bool wcl__cache_is_on(const wcl__cache *cache)
{
    return cache->path && cache->path[0];
}
/* The entry's bytes, for wcl__free; NULL where there is none, or a damaged, foreign or distrusted one. The
 * entry becomes the newest-used. */
void *wcl__cache_load(wcl__cache *cache, wcl__cache_kind kind, const char *key, size_t *bytes);
/* Writes the entry, then drops what is over the limit. false: it is not in the folder. */
bool wcl__cache_store(wcl__cache *cache, wcl__cache_kind kind, const char *key, const void *data,
                      size_t bytes);

#endif
