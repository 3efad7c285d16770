/* Where a constant's values come from: a view into a mapped file, memory, or the seeded generator. Never a
 * second copy. */
#ifndef WCL_BASE_SOURCE_H
#define WCL_BASE_SOURCE_H

#include "base/shape.h"
#include "base/file.h"

typedef struct wcl__source {
    wcl_type type;
    wcl__shape shape;
    size_t bytes;
    const void *data; /* any alignment; NULL: seeded values, float32 */
    uint64_t key;     /* of seeded values */
    double deviation;
    wcl__file *file; /* holds `data` alive; NULL where `owned` does */
    void *owned;
} wcl__source;

/* WCL_BAD_FILE where the file was cut; see wcl__file_check. */
wcl_status wcl__source_check(const wcl__source *source);
/* Copies elements [first, first + count) to `out`. */
void wcl__source_read(const wcl__source *source, int64_t first, int64_t count, void *out);
/* The file's pages behind these elements may leave memory. */
void wcl__source_drop(const wcl__source *source, int64_t first, int64_t count);
/* The largest magnitude of a float32 constant's elements, or a bound on it where they are seeded; infinity if
 * one is infinite or NaN. */
double wcl__source_largest(const wcl__source *source);
void wcl__source_clear(wcl__source *source); /* releases what it owns */

/* Element i of a constant in memory as a number, whatever its type and alignment. */
int64_t wcl__read_int(wcl_type type, const void *data, int64_t i);
double wcl__read_number(wcl_type type, const void *data, int64_t i);

#endif
