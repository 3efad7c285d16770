/* Programs, each built once a device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/cache.h"
#include "runtime/core.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/hash.h"

enum { KEY_SCHEMA = 1, FIRST_ERROR_BYTES = 300 };

typedef struct entry {
    const wcl__cl_file *file;
    char *options;
    char key[WCL__SHA256_HEX];
    cl_program program; /* NULL: it does not build, as `failure` says */
    bool pending;       /* built from source and not yet on disk */
    wcl_error failure;  /* status, code, and copies of the reason and the log */
} entry;

/* RATES_OF_FOLDER: what the cache folder has, or the guess where it has none. */
typedef enum rates_origin { RATES_UNKNOWN, RATES_OF_FOLDER, RATES_OF_HANDLE } rates_origin;

struct wcl__provider {
    pthread_mutex_t lock; /* held while building: one build of a key at a time */
    entry *entries;
    size_t count, capacity;
    size_t pending;
    wcl__provider_counts counts;
    wcl__cache cache;
    wcl__rates rates;
    rates_origin rates_origin;
};

wcl_status wcl__provider_create(wcl__provider **out)
{
    *out = NULL;
    wcl__provider *provider = wcl__alloc(1, sizeof *provider);
    if (!provider)
        return wcl__fail_memory();
    wcl_status status = wcl__cache_set(&provider->cache, NULL, 0);
    if (status == WCL_OK && pthread_mutex_init(&provider->lock, NULL) != 0)
        status = wcl__fail_memory();
    if (status != WCL_OK) {
        wcl__cache_clear(&provider->cache);
        wcl__free(provider);
        return status;
    }
    *out = provider;
    return WCL_OK;
}

void wcl__provider_destroy(wcl__provider *provider)
{
    if (!provider)
        return;
    for (size_t i = 0; i < provider->count; i++) {
        if (provider->entries[i].program)
            clReleaseProgram(provider->entries[i].program);
        wcl__free(provider->entries[i].options);
        wcl__free((char *)provider->entries[i].failure.reason);
        wcl__free((char *)provider->entries[i].failure.build_log);
    }
    wcl__free(provider->entries);
    wcl__cache_clear(&provider->cache);
    pthread_mutex_destroy(&provider->lock);
    wcl__free(provider);
}

const char *wcl__provider_folder(const wcl__provider *provider)
{
    return provider->cache.path;
}

wcl_status wcl__provider_set_folder(wcl__provider *provider, const char *path, uint64_t limit_bytes)
{
    pthread_mutex_lock(&provider->lock);
    const wcl_status status = wcl__cache_set(&provider->cache, path, limit_bytes);
    if (status == WCL_OK && provider->rates_origin == RATES_OF_FOLDER)
        provider->rates_origin = RATES_UNKNOWN;
    pthread_mutex_unlock(&provider->lock);
    return status;
}

wcl__provider_counts wcl__provider_count(wcl_device *device)
{
    wcl__provider *provider = wcl__device_core(device)->provider;
    pthread_mutex_lock(&provider->lock);
    const wcl__provider_counts counts = provider->counts;
    pthread_mutex_unlock(&provider->lock);
    return counts;
}

/* The kernel's file: KERNEL.cl. */
static const wcl__cl_file *find_source(const char *kernel)
{
    const size_t length = strlen(kernel);
    for (const wcl__cl_file *file = wcl__cl_files; file->name; file++)
        if (strncmp(file->name, kernel, length) == 0 && strcmp(file->name + length, ".cl") == 0)
            return file;
    return NULL;
}

/* Everything that decides what a binary is. Not the memory's size, which PoCL reports differently from day to
 * day. The name stands for the instruction set on CPUs: a binary from a wider machine would die of an illegal
 * instruction. */
static wcl_status make_key(const wcl__facts *facts, const wcl__cl_file *file, const char *options,
                           char key[WCL__SHA256_HEX])
{
    const char *parts[] = {
        file->name,  file->text,     options,       facts->platform, facts->platform_version,
        facts->name, facts->version, facts->driver, facts->vendor};
    wcl__text text = {0};
    wcl__text_add(&text, "winocl %d\n", KEY_SCHEMA);
    for (size_t i = 0; i < WCL__COUNT(parts); i++)
        wcl__text_add(&text, "%zu:%s\n", strlen(parts[i]), parts[i]);
    if (!text.failed)
        wcl__sha256(text.data, text.length, key);
    bool failed = text.failed;
    wcl__text_clear(&text);
    return failed ? wcl__fail_memory() : WCL_OK;
}

/* ------------------------------------------------------------------ from source */

/* The first line of the compiler's log that says "error", for the one-line message. */
static void first_error(const char *log, char *out, size_t bytes)
{
    const char *at = strstr(log, "error");
    const char *line = at ? at : log;
    while (line > log && line[-1] != '\n')
        line--;
    size_t length = strcspn(line, "\n");
    length = WCL__MIN(length, bytes - 1);
    memcpy(out, line, length);
    out[length] = '\0';
}

/* The log, for wcl__free; NULL where there is none. */
static char *read_log(cl_program program, cl_device_id id)
{
    size_t bytes = 0;
    if (clGetProgramBuildInfo(program, id, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes) != CL_SUCCESS)
        return NULL;
    char *log = wcl__alloc(bytes + 1, 1);
    if (log && clGetProgramBuildInfo(program, id, CL_PROGRAM_BUILD_LOG, bytes, log, NULL) != CL_SUCCESS) {
        wcl__free(log);
        log = NULL;
    }
    return log;
}

static wcl_status fail_build(wcl_device *device, cl_program program, cl_int code, const char *options)
{
    char line[FIRST_ERROR_BYTES] = "";
    wcl__text what = {0};
    char *log = read_log(program, device->id);
    if (log)
        first_error(log, line, sizeof line);
    wcl__text_add(&what, "does not build with %s%s%s", options, line[0] ? ": " : "", line);
    wcl_status status = wcl__fail_cl(code, what.failed ? "does not build" : what.data);
    wcl__set_build_log(log);
    wcl__text_clear(&what);
    wcl__free(log);
    return status;
}

static wcl_status build_from_source(wcl_device *device, const wcl__cl_file *file, const char *options,
                                    cl_program *out)
{
    struct timespec start, end;
    cl_int code;
    const char *text = file->text;
    if (!device->facts.has_compiler)
        return wcl__fail(WCL_UNSUPPORTED, "the device has no compiler, and no binary was made for it");
    clock_gettime(CLOCK_MONOTONIC, &start);
    cl_program program = clCreateProgramWithSource(device->context, 1, &text, NULL, &code);
    if (code != CL_SUCCESS)
        return wcl__fail_cl(code, "cannot make a program");
    code = clBuildProgram(program, 1, &device->id, options, NULL, NULL);
    if (code != CL_SUCCESS) {
        wcl_status status = fail_build(device, program, code, options);
        clReleaseProgram(program);
        return status;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double ms = (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) * 1e-6;
    wcl__log(WCL_LOG_INFO, "built %s %s from source in %.0f ms", file->name, options, ms);
    *out = program;
    return WCL_OK;
}

/* ------------------------------------------------------------------ from disk and back */

/* NULL: not there, or the driver does not want it. */
static cl_program build_from_disk(wcl_device *device, wcl__provider *provider, const wcl__cl_file *file,
                                  const char *options, const char *key)
{
    size_t bytes = 0;
    cl_int code = CL_SUCCESS, binary_code = CL_SUCCESS;
    unsigned char *data = wcl__cache_load(&provider->cache, WCL__CACHE_PROGRAM, key, &bytes);
    const unsigned char *binary = data;
    if (!data)
        return NULL;
    cl_program program =
        clCreateProgramWithBinary(device->context, 1, &device->id, &bytes, &binary, &binary_code, &code);
    if (code == CL_SUCCESS)
        code = binary_code;
    if (code == CL_SUCCESS)
        code = clBuildProgram(program, 1, &device->id, options, NULL, NULL);
    if (code != CL_SUCCESS) {
        wcl__log(WCL_LOG_INFO, "the driver refuses the cached %s: %s (%d)", file->name, wcl__cl_name(code),
                 (int)code);
        if (program)
            clReleaseProgram(program);
        program = NULL;
    } else {
        wcl__log(WCL_LOG_DEBUG, "loaded %s %s from the cache", file->name, options);
    }
    wcl__free(data);
    return program;
}

/* The binary for our device among those of the program's devices (a caller's context may have several); NULL:
 * none. */
static unsigned char *read_binary(cl_program program, cl_device_id id, size_t *bytes)
{
    cl_uint count = 0, ours;
    unsigned char *binary = NULL;
    cl_device_id *ids = NULL;
    size_t *sizes = NULL;
    unsigned char **pointers = NULL;
    if (clGetProgramInfo(program, CL_PROGRAM_NUM_DEVICES, sizeof count, &count, NULL) != CL_SUCCESS ||
        count == 0)
        return NULL;
    ids = wcl__alloc(count, sizeof *ids);
    sizes = wcl__alloc(count, sizeof *sizes);
    pointers = wcl__alloc(count, sizeof *pointers);
    if (!ids || !sizes || !pointers ||
        clGetProgramInfo(program, CL_PROGRAM_DEVICES, count * sizeof *ids, ids, NULL) != CL_SUCCESS ||
        clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, count * sizeof *sizes, sizes, NULL) != CL_SUCCESS)
        goto cleanup;
    for (ours = 0; ours < count && ids[ours] != id; ours++)
        ;
    if (ours == count || sizes[ours] == 0 || !(binary = wcl__alloc(sizes[ours], 1)))
        goto cleanup;
    pointers[ours] = binary; /* a NULL pointer skips a device */
    *bytes = sizes[ours];
    if (clGetProgramInfo(program, CL_PROGRAM_BINARIES, count * sizeof *pointers, pointers, NULL) !=
        CL_SUCCESS) {
        wcl__free(binary);
        binary = NULL;
    }
cleanup:
    wcl__free(ids);
    wcl__free(sizes);
    wcl__free(pointers);
    return binary;
}

void wcl__provider_flush(wcl_device *device)
{
    wcl__provider *provider = wcl__device_core(device)->provider;
    pthread_mutex_lock(&provider->lock);
    const bool stores =
        wcl__cache_is_on(&provider->cache) && (provider->cache.named || !device->facts.keeps_programs);
    for (size_t i = 0; i < provider->count && provider->pending > 0; i++) {
        entry *item = &provider->entries[i];
        size_t bytes = 0;
        if (!item->pending)
            continue;
        item->pending = false;
        provider->pending--;
        if (!stores)
            continue;
        unsigned char *binary = read_binary(item->program, device->id, &bytes);
        if (binary)
            (void)wcl__cache_store(&provider->cache, WCL__CACHE_PROGRAM, item->key, binary, bytes);
        wcl__free(binary);
    }
    pthread_mutex_unlock(&provider->lock);
}

/* ------------------------------------------------------------------ rates */

/* An entry; its size tells it from one of another version. */
typedef struct stored_rates {
    double flops, bytes, launch;
} stored_rates;

/* Of what a program's key has of the device, and of what changes rates but no binary: drivers may be told to
 * use fewer cores. false: out of memory, which costs nobody more than the rates. */
static bool make_rates_key(const wcl__facts *facts, char key[WCL__SHA256_HEX])
{
    char units[32];
    snprintf(units, sizeof units, "%u units", facts->compute_units);
    const bool made = make_key(facts, &(wcl__cl_file){"rates", ""}, units, key) == WCL_OK;
    if (!made)
        wcl__clear_error();
    return made;
}

static bool load_rates(wcl__provider *provider, const wcl__facts *facts, wcl__rates *rates)
{
    char key[WCL__SHA256_HEX];
    size_t bytes = 0;
    stored_rates stored;
    if (!wcl__cache_is_on(&provider->cache) || !make_rates_key(facts, key))
        return false;
    void *data = wcl__cache_load(&provider->cache, WCL__CACHE_RATES, key, &bytes);
    const bool whole = data && bytes == sizeof stored;
    if (whole)
        memcpy(&stored, data, sizeof stored);
    wcl__free(data);
    if (!whole)
        return false;
    *rates = (wcl__rates){stored.flops, stored.bytes, stored.launch, true};
    return wcl__rates_are_plausible(rates);
}

static bool store_rates(wcl__provider *provider, const wcl__facts *facts)
{
    const stored_rates stored = {provider->rates.flops, provider->rates.bytes, provider->rates.launch};
    char key[WCL__SHA256_HEX];
    return make_rates_key(facts, key) &&
           wcl__cache_store(&provider->cache, WCL__CACHE_RATES, key, &stored, sizeof stored);
}

static wcl__rates guess_rates(const wcl__facts *facts)
{
    const wcl__profile profile = wcl__profile_of(facts);
    return wcl__rates_guess(&profile);
}

/* The caller holds the lock. */
static void know_rates(wcl__provider *provider, const wcl__facts *facts)
{
    if (provider->rates_origin != RATES_UNKNOWN)
        return;
    provider->rates_origin = RATES_OF_FOLDER;
    if (!load_rates(provider, facts, &provider->rates))
        provider->rates = guess_rates(facts);
}

wcl__rates wcl__provider_rates(const wcl_device *device)
{
    wcl__provider *provider = wcl__device_core(device)->provider;
    pthread_mutex_lock(&provider->lock);
    know_rates(provider, &device->facts);
    const wcl__rates rates = provider->rates;
    pthread_mutex_unlock(&provider->lock);
    return rates;
}

wcl__rates_use wcl__provider_measured(wcl_device *device, const wcl__rates *rates)
{
    wcl__provider *provider = wcl__device_core(device)->provider;
    wcl__rates_use use = {false, false};
    if (!wcl__rates_are_plausible(rates))
        return use;
    pthread_mutex_lock(&provider->lock);
    know_rates(provider, &device->facts);
    use.kept = provider->rates.measured && wcl__rates_are_near(&provider->rates, rates);
    if (!use.kept)
        provider->rates = *rates;
    provider->rates_origin = RATES_OF_HANDLE;
    use.stored = store_rates(provider, &device->facts);
    pthread_mutex_unlock(&provider->lock);
    return use;
}

/* ------------------------------------------------------------------ get */

static entry *find_entry(wcl__provider *provider, const wcl__cl_file *file, const char *options)
{
    for (size_t i = 0; i < provider->count; i++)
        if (provider->entries[i].file == file && strcmp(provider->entries[i].options, options) == 0)
            return &provider->entries[i];
    return NULL;
}

/* A compiler that refused a program refuses it again: kept, so that nobody waits for that twice. False: no
 * memory to keep it in. */
static bool keep_failure(entry *item)
{
    const wcl_error *error = wcl_last_error();
    char *reason = wcl__strdup(error->reason), *log = wcl__strdup(error->build_log);
    if (!reason || !log) {
        wcl__free(reason);
        wcl__free(log);
        return false;
    }
    item->failure =
        (wcl_error){.status = error->status, .cl_code = error->cl_code, .reason = reason, .build_log = log};
    return true;
}

/* Adds an entry; `options` is copied. The caller holds the lock. */
static wcl_status add_entry(wcl_device *device, wcl__provider *provider, const wcl__cl_file *file,
                            const char *options, entry **out)
{
    entry item = {.file = file};
    wcl_status status = make_key(&device->facts, file, options, item.key);
    if (status != WCL_OK)
        return status;
    if (!WCL__GROW(provider->entries, provider->count, provider->capacity) ||
        !(item.options = wcl__strdup(options)))
        return wcl__fail_memory();
    item.program = build_from_disk(device, provider, file, options, item.key);
    if (item.program) {
        provider->counts.from_disk++;
    } else {
        status = build_from_source(device, file, options, &item.program);
        if (status != WCL_OK && (status != WCL_BUILD_FAILED || !keep_failure(&item))) {
            wcl__free(item.options);
            return status;
        }
        item.pending = status == WCL_OK;
        provider->counts.from_source += item.pending;
        provider->pending += item.pending;
    }
    provider->entries[provider->count++] = item;
    *out = &provider->entries[provider->count - 1];
    return status;
}

wcl_status wcl__provider_get(wcl_device *device, const char *kernel, const char *options, cl_program *program)
{
    wcl_status status = WCL_OK;
    wcl__provider *provider = wcl__device_core(device)->provider;
    wcl__text all = {0};
    entry *found = NULL;
    *program = NULL;
    const wcl__cl_file *file = find_source(kernel);
    if (!file)
        return wcl__in_kernel(wcl__fail(WCL_NOT_FOUND, "no such kernel source"), kernel);
    wcl__text_add(&all, "-cl-std=CL1.2 -DWCL_HAS_FMA=%d%s%s", device->facts.has_fma,
                  options && options[0] ? " " : "", options ? options : "");
    if (all.failed) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    pthread_mutex_lock(&provider->lock);
    found = find_entry(provider, file, all.data);
    if (found && found->program)
        provider->counts.from_memory++;
    else if (found)
        status = wcl__fail_again(&found->failure);
    else
        status = add_entry(device, provider, file, all.data, &found);
    if (found && status == WCL_OK)
        *program = found->program;
    pthread_mutex_unlock(&provider->lock);
cleanup:
    wcl__text_clear(&all);
    return wcl__in_kernel(status, file->name);
}
