/* What every room may use: statuses with their cause, the log, memory, strings, shapes. Depends on nothing
 * else of winocl. */
#ifndef WCL_BASE_BASE_H
#define WCL_BASE_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <winocl/winocl.h>

#define WCL__COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WCL__MIN(a, b) ((a) < (b) ? (a) : (b))
#define WCL__MAX(a, b) ((a) > (b) ? (a) : (b))
#define WCL__PRINTF(text, first) __attribute__((format(printf, text, first)))

static inline int64_t wcl__ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}
static inline int64_t wcl__round_up(int64_t a, int64_t b)
{
    return wcl__ceil_div(a, b) * b;
}

/* ---- errors (error.c): a thread-local record; the first cause wins, outer rooms add the places they know.
 *
 *     return wcl__fail(WCL_BAD_SHAPE, "weight has %d dimensions, Conv needs 4", rank);   the cause
 *     return wcl__in_node(status, node->name);                                           on the way out: who
 *     return wcl__in_file(status, path);                                                 and where
 */
wcl_status wcl__fail(wcl_status status, const char *format, ...) WCL__PRINTF(2, 3);
wcl_status
wcl__fail_cl(cl_int code,
             const char *what); /* translates the driver's code: the only place that does, with the next */
/* The same for a call that runs kernels or waits for them: there CL_OUT_OF_RESOURCES is WCL_DEVICE_ERROR,
 * since drivers report a kernel's fault so too. */
wcl_status wcl__fail_cl_running(cl_int code, const char *what);
wcl_status wcl__fail_memory(void);
/* Fails as an earlier call did: its status, code, reason and build log, without its places. Must not be the
 * thread's own record. */
wcl_status wcl__fail_again(const wcl_error *earlier);
wcl_status wcl__fail_errno(wcl_status status, const char *what); /* reason: "what: strerror(errno)" */
/* Each returns `status` unchanged and does nothing for WCL_OK or where the place is already known. */
wcl_status wcl__in_file(wcl_status status, const char *file);
wcl_status wcl__in_node(wcl_status status, const char *node);
wcl_status wcl__in_kernel(wcl_status status, const char *kernel);
void wcl__set_build_log(const char *log);
const char *wcl__cl_name(cl_int code); /* "CL_OUT_OF_RESOURCES" */
void wcl__clear_error(void);           /* at the start of a public function that can fail */
/* The nodes that the record is about, copied (unsupported.c): wcl_last_unsupported. Set after wcl__fail,
 * which begins without any; false: no memory. */
bool wcl__set_unsupported(const wcl_unsupported *records, int count);
void wcl__clear_unsupported(void); /* wcl__clear_error does */

/* ---- log (error.c) */
void wcl__log(wcl_log_level level, const char *format, ...) WCL__PRINTF(2, 3);

/* ---- memory (memory.c): zeroed; NULL when there is none or the product overflows. */
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

bool wcl__mul_overflow(int64_t a, int64_t b, int64_t *product); /* for a, b >= 0; true: does not fit */

/* ---- strings (memory.c): a growing text; after a failed allocation `failed` is set and appends do nothing.
 */
typedef struct wcl__text {
    char *data; /* never NULL once something was appended without failure */
    size_t length, capacity;
    bool failed;
} wcl__text;
void wcl__text_add(wcl__text *text, const char *format, ...) WCL__PRINTF(2, 3);
void wcl__text_clear(wcl__text *text);

/* ---- SHA-256 (hash.c), as 64 hexadecimal digits and a NUL */
#define WCL__SHA256_HEX 65
void wcl__sha256(const void *data, size_t bytes, char hex[WCL__SHA256_HEX]);

/* ---- the seeded generator (random.c): see wcl_random_fill. Element i depends on key and i alone. */
uint64_t wcl__mix64(uint64_t z);
uint64_t wcl__random_key(uint64_t seed, uint64_t ordinal);
void wcl__random_range(float *values, int64_t first, int64_t count, uint64_t key, double deviation);
double wcl__random_bound(double deviation); /* no element is larger in magnitude */

/* ---- shapes (shape.c) */
typedef struct wcl__shape {
    int rank;
    int64_t dims[WCL_MAX_RANK];
} wcl__shape;

/* Elements; -1 on overflow or a negative dimension. */
int64_t wcl__shape_count(const wcl__shape *shape);
bool wcl__shape_equal(const wcl__shape *a, const wcl__shape *b);
/* "2x3x4"; "scalar" for rank 0 */
typedef struct wcl__shape_text {
    char text[WCL_MAX_RANK * 21 + 8];
} wcl__shape_text;
wcl__shape_text wcl__shape_print(const wcl__shape *shape);
/* numpy's broadcasting; false if the shapes don't fit. */
bool wcl__shape_broadcast(const wcl__shape *a, const wcl__shape *b, wcl__shape *out);
wcl__shape wcl__shape_of(int rank, const int64_t *dims);
/* Public tensor <-> shape */
wcl__shape wcl__tensor_shape(const wcl_tensor *tensor);

/* Checks a public options struct: returns WCL_BAD_ARGUMENT when its tail beyond `known` bytes is not zero.
 * Copies what is known into `copy` (of `known` bytes), zeroes the rest. NULL options give zeros. */
wcl_status wcl__options_read(const void *options, void *copy, size_t known);
/* The other way: fills a public info struct, whose first member says how many bytes the caller knows, from
 * `info` (`known` bytes). */
wcl_status wcl__info_write(void *out, const void *info, size_t known);

/* ---- files (file.c) */
typedef struct wcl__file {
    const unsigned char *data;
    size_t bytes;
    bool mapped;
    uint64_t device, inode; /* of a mapped file, to see whether it was cut; no descriptor is kept, since a
                               model may have many files */
    int references;
    void (*release)(void *user);
    void *user;
    char *path;
} wcl__file;
/* Maps a file for reading; *out is reference-counted (wcl__file_retain, wcl__file_release). */
wcl_status wcl__file_map(const char *path, wcl__file **out);
/* The same, read into memory: what happens to the file afterwards does not matter. */
wcl_status wcl__file_copy(const char *path, wcl__file **out);
/* WCL_BAD_FILE where a mapped file has become shorter: touching what is gone would end the process with
 * SIGBUS. To be called just before its bytes are read; the file may still be cut in between. */
wcl_status wcl__file_check(const wcl__file *file);
wcl_status wcl__file_of_memory(const void *data, size_t bytes, void (*release)(void *), void *user,
                               wcl__file **out);
void wcl__file_retain(wcl__file *file);
void wcl__file_release(wcl__file *file);
/* Tells the system that these bytes of a mapped file are no longer needed in memory (they can be read again).
 */
void wcl__file_drop_pages(const wcl__file *file, const void *data, size_t bytes);
/* Writes a whole file through a temporary one beside it and a rename: the file is complete or untouched. */
wcl_status wcl__file_write(const char *path, const void *const *parts, const size_t *sizes, int count);
/* The same for a name in an open folder (AT_FDCWD: a path), whatever had that name, with these rights at
 * most. */
wcl_status wcl__file_replace(int folder, const char *name, unsigned mode, const void *const *parts,
                             const size_t *sizes, int count);

#endif
