/* Programs: embedded source + build options -> a built cl_program, each key built once a device, kept on disk
 * between processes.
 *
 * Key: SHA-256 of source text, options, platform name and version, device name and version, driver version.
 * An entry on disk is a header (magic, schema, key, length, SHA-256 of the binary) and the binary; all is
 * checked before the driver sees the binary, since a damaged one crashes some drivers. A damaged, cut or
 * foreign entry is rebuilt. Entries appear by rename, so processes may share the folder. A cache that cannot
 * be written is one warning, never an error. The oldest-used entries go over the limit.
 *
 * The device's rates are kept there likewise, since they belong to the same device and driver. */
#ifndef WCL_RUNTIME_PROVIDER_H
#define WCL_RUNTIME_PROVIDER_H

#include "runtime/rates.h"

wcl_status wcl__provider_create(wcl__provider **out);
void wcl__provider_destroy(wcl__provider *provider);
/* The cache folder, "": none. It changes only by _set_folder, which takes what wcl_device_set_cache does. */
const char *wcl__provider_folder(const wcl__provider *provider);
wcl_status wcl__provider_set_folder(wcl__provider *provider, const char *path, uint64_t limit_bytes);

/* The program of a kernel ("pool_max": pool_max.cl) with these -D options; owned by the provider, lives as
 * long as the device. A program holds one kernel, since some drivers compile all of a program's whichever are
 * used. WCL_BUILD_FAILED with the compiler's log (remembered: asking again builds nothing), WCL_UNSUPPORTED
 * (a device without compiler and no cached binary), WCL_NOT_FOUND (no such source). */
wcl_status wcl__provider_get(wcl_device *device, const char *kernel, const char *options,
                             cl_program *program);

/* Writes programs that were built from source since the last call to the disk cache. Call it after their
 * kernels ran once: PoCL puts what it specialised at the first enqueue into the binary, and asking earlier
 * freezes an unspecialised one. A driver that keeps programs on disk itself is asked for binaries only where
 * a caller named the folder: asking makes PoCL compile each kernel once more. */
void wcl__provider_flush(wcl_device *device);

/* The rates to plan with: those measured by this handle, else those in the cache folder for this device,
 * driver and number of compute units (read once), else a guess. */
wcl__rates wcl__provider_rates(const wcl_device *device);

typedef struct wcl__rates_use {
    bool kept;   /* the rates of an earlier measurement stay: the new ones are near them */
    bool stored; /* the rates that count now are in the cache folder */
} wcl__rates_use;
/* Plans with these measured rates from now on, unless they are implausible, or near measured ones that are
 * known: a plan should not change because a device was busier than last time. */
wcl__rates_use wcl__provider_measured(wcl_device *device, const wcl__rates *rates);

typedef struct wcl__provider_counts {
    int from_source, from_disk, from_memory;
} wcl__provider_counts;
wcl__provider_counts wcl__provider_count(wcl_device *device);

/* Embedded kernel sources (generated at build time from cl/): includes are resolved and #line keeps the
 * files' names. */
typedef struct wcl__cl_file {
    const char *name, *text;
} wcl__cl_file;
extern const wcl__cl_file wcl__cl_files[]; /* ends with a NULL name */

#endif
