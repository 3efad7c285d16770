/* Devices with a cache folder of their own, and what lies in it. Everything fails the test where it cannot do
 * its work. */
#ifndef WCL_TESTS_CACHED_H
#define WCL_TESTS_CACHED_H

#include "runtime/device.h"

/* The test device, as another process would have it, with its cache in this folder ("": off). */
wcl_device *cached_device(const char *folder, uint64_t limit);
wcl_cache_info cached_query(const char *folder);
/* The path of the folder's only file, in a static text. */
const char *cached_only_entry(const char *folder);
size_t cached_size(const char *path);
void cached_flip_bit(const char *path, size_t offset);

#endif
