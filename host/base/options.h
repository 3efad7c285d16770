/* Public structs that begin with their size: callers may be older or newer than this library. */
#ifndef WCL_BASE_OPTIONS_H
#define WCL_BASE_OPTIONS_H

#include "base/base.h"

/* Checks a public options struct: returns WCL_BAD_ARGUMENT when its tail beyond `known` bytes is not zero.
 * Copies what is known into `copy` (of `known` bytes), zeroes the rest. NULL options give zeros. */
wcl_status wcl__options_read(const void *options, void *copy, size_t known);
/* The other way: fills a public info struct, whose first member says how many bytes the caller knows, from
 * `info` (`known` bytes). */
wcl_status wcl__info_write(void *out, const void *info, size_t known);

#endif
