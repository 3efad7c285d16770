/* The store of packed weights, and packing on the device or the host. */
#include "session/store.h"

#include <string.h>

#include "runtime/core.h"
#include "runtime/launch.h"
#include "base/error.h"
#include "base/memory.h"

enum { CHUNK_BYTES = 16 << 20, PAGE = 4096 };

typedef struct entry {
    char *key;
    cl_mem memory;
    wcl__file *file; /* that `memory` uses in place; held while it does. NULL: none */
    int users;
} entry;

struct wcl__store {
    wcl_device *device; /* the handle that opened it first */
    wcl__core *core;    /* that has it in its list */
    wcl_model *model;
    int references;       /* under the core's lock */
    pthread_mutex_t lock; /* of the entries; held while packing, so that a weight is packed once */
    entry *entries;
    size_t count, capacity;
    wcl__store *next;
};

/* ---- packing */

enum { CHUNKS = 2 };

/* The way of weights to the device, chunk by chunk. Where it shares the host's memory: through mappings, so
 * that there is no second copy. Elsewhere by writes from host chunks: one is filled while the other is on its
 * way. */
typedef struct staging {
    cl_command_queue queue;
    const wcl__packing *packing;
    void *chunks[CHUNKS];     /* NULL: through mappings */
    cl_event written[CHUNKS]; /* NULL: the chunk is free */
    int next;
    bool launched; /* a kernel: what fails afterwards may be its fault */
    bool refused;  /* the device does not have the kernel: nothing was launched */
} staging;

static size_t element_size(const wcl__packing *packing)
{
    return packing->source ? wcl_type_size(packing->source->type) : 1;
}

/* `most`: bytes of a chunk; `total`: of all. */
static wcl_status staging_begin(staging *s, const wcl_device *device, cl_command_queue queue,
                                const wcl__packing *packing, size_t most, size_t total)
{
    *s = (staging){.queue = queue, .packing = packing};
    for (int i = 0; i < CHUNKS && !device->facts.unified_memory && (i == 0 || total > most); i++)
        if (!(s->chunks[i] = wcl__alloc(WCL__MIN(most, total) + 1, 1)))
            return wcl__fail_memory();
    return WCL_OK;
}

static wcl_status check_packed(const staging *s, cl_int code)
{
    if (code == CL_SUCCESS)
        return WCL_OK;
    return s->launched ? wcl__fail_cl_running(code, "packing weights")
                       : wcl__fail_cl(code, "packing weights");
}

/* Waits, whatever `status` is: the chunks end here. */
static wcl_status staging_end(staging *s, wcl_status status)
{
    const cl_int code = clFinish(s->queue);
    for (int i = 0; i < CHUNKS; i++) {
        if (s->written[i])
            clReleaseEvent(s->written[i]);
        wcl__free(s->chunks[i]);
    }
    return status == WCL_OK ? check_packed(s, code) : status;
}

static void read_elements(const wcl__packing *packing, int64_t first, int64_t count, void *to)
{
    if (packing->source) {
        wcl__source_read(packing->source, first, count, to);
        wcl__source_drop(packing->source, first, count);
    } else {
        memcpy(to, (const char *)packing->data + first, (size_t)count);
    }
}

static wcl_status map_range(staging *s, cl_mem memory, size_t offset, int64_t first, int64_t count)
{
    cl_int code;
    void *at = clEnqueueMapBuffer(s->queue, memory, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, offset,
                                  (size_t)count * element_size(s->packing), 0, NULL, NULL, &code);
    if (code != CL_SUCCESS)
        return check_packed(s, code);
    read_elements(s->packing, first, count, at);
    return check_packed(s, clEnqueueUnmapMemObject(s->queue, memory, at, 0, NULL, NULL));
}

/* Fills part of a buffer from the packing's elements [first, first + count). */
static wcl_status write_range(staging *s, cl_mem memory, size_t offset, int64_t first, int64_t count)
{
    wcl_status status = s->packing->source ? wcl__source_check(s->packing->source) : WCL_OK;
    if (status != WCL_OK)
        return status;
    if (!s->chunks[0])
        return map_range(s, memory, offset, first, count);
    const int i = s->next;
    s->next = s->chunks[1] ? (i + 1) % CHUNKS : 0;
    if (s->written[i]) {
        status = check_packed(s, clWaitForEvents(1, &s->written[i]));
        clReleaseEvent(s->written[i]);
        s->written[i] = NULL;
        if (status != WCL_OK)
            return status;
    }
    read_elements(s->packing, first, count, s->chunks[i]);
    return check_packed(s, clEnqueueWriteBuffer(s->queue, memory, CL_FALSE, offset,
                                                (size_t)count * element_size(s->packing), s->chunks[i], 0,
                                                NULL, &s->written[i]));
}

static wcl_status pack_copy(const wcl_device *device, cl_command_queue queue, const wcl__packing *packing,
                            cl_mem memory)
{
    const size_t size = element_size(packing);
    const int64_t total = (int64_t)(packing->bytes / size), chunk = CHUNK_BYTES / (int64_t)size;
    staging s;
    wcl_status status = staging_begin(&s, device, queue, packing, CHUNK_BYTES, packing->bytes);
    for (int64_t first = 0; first < total && status == WCL_OK; first += chunk)
        status = write_range(&s, memory, (size_t)first * size, packing->source_first + first,
                             WCL__MIN(chunk, total - first));
    return staging_end(&s, status);
}

/* Writes rows [first, first + rows) into the staging buffer and launches the packing's kernel on them. The
 * first launch may find that there is no such kernel: `refused`. */
static wcl_status pack_rows(wcl_device *device, staging *s, const cl_mem *slots, int64_t first, int64_t rows)
{
    const int64_t row = wcl__pack_row_elements(&s->packing->recipe);
    const cl_int first_row = (cl_int)first, row_count = (cl_int)rows;
    wcl__call call;
    wcl__launch launch = {0};
    wcl_status status = wcl__pack_call(&call, &s->packing->recipe);
    if (status != WCL_OK)
        return status;
    WCL__CALL_VALUE(&call, first_row);
    WCL__CALL_VALUE(&call, row_count);
    call.range.global[2] = (size_t)wcl__round_up(rows, (int64_t)WCL__MAX(call.range.local[2], 1u));
    status = wcl__launch_create(device, &call, slots, &launch);
    s->refused = !s->launched && wcl__packs_on_host(status);
    if (status == WCL_OK)
        status = write_range(s, slots[0], 0, s->packing->source_first + first * row, rows * row);
    if (status == WCL_OK) {
        status = wcl__launch_enqueue(&launch, s->queue, 0, NULL, NULL);
        s->launched = true;
    }
    wcl__launch_destroy(&launch);
    return status;
}

/* Rows of the source that are packed at a time. */
static int64_t chunk_rows(const wcl__pack_recipe *recipe)
{
    const int64_t row_bytes = wcl__pack_row_elements(recipe) * (int64_t)sizeof(float);
    return WCL__MIN(recipe->rows, WCL__MAX(CHUNK_BYTES / row_bytes, 1));
}

/* `refused`: whether it failed for want of the kernel. */
static wcl_status pack_by_kernel(wcl_device *device, cl_command_queue queue, const wcl__packing *packing,
                                 cl_mem memory, bool *refused)
{
    const int64_t row = wcl__pack_row_elements(&packing->recipe), all = packing->recipe.rows;
    const int64_t chunk = chunk_rows(&packing->recipe);
    const size_t row_bytes = (size_t)row * sizeof(float), chunk_bytes = (size_t)chunk * row_bytes;
    cl_mem slots[3] = {NULL, memory, NULL};
    staging s;
    wcl_status status = staging_begin(&s, device, queue, packing, chunk_bytes, (size_t)all * row_bytes);
    if (status == WCL_OK)
        status = wcl__buffer_create(
            device, CL_MEM_READ_ONLY | (device->facts.unified_memory ? CL_MEM_ALLOC_HOST_PTR : 0),
            chunk_bytes, NULL, "weights' staging", &slots[0]);
    if (status == WCL_OK && packing->scale)
        status = wcl__buffer_create(device, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR,
                                    packing->scale_count * sizeof(float), packing->scale, "weights' scale",
                                    &slots[2]);
    for (int64_t first = 0; first < all && status == WCL_OK; first += chunk)
        status = pack_rows(device, &s, slots, first, WCL__MIN(chunk, all - first));
    status = staging_end(&s, status);
    if (slots[0])
        clReleaseMemObject(slots[0]);
    if (slots[2])
        clReleaseMemObject(slots[2]);
    *refused = s.refused;
    return status;
}

/* Packs into `packed`, host memory of packing->bytes; `chunk` has room for chunk_rows. */
static wcl_status pack_chunks(const wcl__packing *packing, float *chunk, void *packed)
{
    const wcl__pack_recipe *recipe = &packing->recipe;
    const int64_t row = wcl__pack_row_elements(recipe), most = chunk_rows(recipe);
    wcl_status status = WCL_OK;
    if (packing->zero_first)
        memset(packed, 0, packing->bytes);
    for (int64_t first = 0; first < recipe->rows && status == WCL_OK; first += most) {
        const wcl__pack_rows rows = {chunk, first, WCL__MIN(most, recipe->rows - first), packing->scale};
        status = wcl__source_check(packing->source);
        if (status != WCL_OK)
            break;
        read_elements(packing, packing->source_first + first * row, rows.rows * row, chunk);
        wcl__pack_host(recipe, &rows, packed);
    }
    return status;
}

/* In the buffer's own memory where the device shares the host's, else in host memory that is written in one
 * piece. */
static wcl_status pack_by_host(const wcl_device *device, cl_command_queue queue, const wcl__packing *packing,
                               cl_mem memory)
{
    const bool unified = device->facts.unified_memory;
    const int64_t elements = chunk_rows(&packing->recipe) * wcl__pack_row_elements(&packing->recipe);
    float *chunk = wcl__alloc((size_t)elements, sizeof *chunk);
    void *packed = NULL;
    cl_int code = CL_SUCCESS;
    if (unified)
        packed = clEnqueueMapBuffer(queue, memory, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, 0, packing->bytes,
                                    0, NULL, NULL, &code);
    else
        packed = wcl__alloc(packing->bytes, 1);
    wcl_status status = code != CL_SUCCESS ? wcl__fail_cl(code, "packing weights")
                        : chunk && packed  ? pack_chunks(packing, chunk, packed)
                                           : wcl__fail_memory();
    if (unified && code == CL_SUCCESS)
        code = clEnqueueUnmapMemObject(queue, memory, packed, 0, NULL, NULL);
    else if (status == WCL_OK)
        code = clEnqueueWriteBuffer(queue, memory, CL_TRUE, 0, packing->bytes, packed, 0, NULL, NULL);
    if (!unified)
        wcl__free(packed);
    wcl__free(chunk);
    if (code == CL_SUCCESS)
        code = clFinish(queue);
    return status == WCL_OK && code != CL_SUCCESS ? wcl__fail_cl(code, "packing weights") : status;
}

bool wcl__packs_on_host(wcl_status status)
{
    return status == WCL_UNSUPPORTED || status == WCL_NOT_FOUND || status == WCL_BUILD_FAILED;
}

/* Some drivers allocate at the first use. Before any launch, so that what fails here is a lack of memory and
 * nothing else. */
static wcl_status first_use(cl_command_queue queue, const wcl__packing *packing, cl_mem memory)
{
    const cl_float zero = 0;
    const size_t bytes = packing->zero_first ? packing->bytes : WCL__MIN(packing->bytes, sizeof zero);
    cl_int code = clEnqueueFillBuffer(queue, memory, &zero, sizeof zero, 0, bytes / sizeof zero * sizeof zero,
                                      0, NULL, NULL);
    if (code != CL_SUCCESS)
        return wcl__fail_cl(code, "clEnqueueFillBuffer");
    code = clFinish(queue);
    return code == CL_SUCCESS ? WCL_OK : wcl__fail_cl(code, "the first use of the weights' buffer");
}

wcl_status wcl__pack(wcl_device *device, const wcl__packing *packing, cl_mem memory)
{
    cl_command_queue queue;
    wcl_status status = wcl__device_queue(device, &queue);
    if (status != WCL_OK)
        return status;
    if (packing->recipe.kind == WCL__PACK_AS_IT_IS)
        return pack_copy(device, queue, packing, memory);
    bool refused = false;
    status = first_use(queue, packing, memory);
    if (status == WCL_OK)
        status = pack_by_kernel(device, queue, packing, memory, &refused);
    if (!refused)
        return status;
    wcl__log(status == WCL_BUILD_FAILED ? WCL_LOG_WARNING : WCL_LOG_INFO, "%s: packed on the host: %s",
             packing->key ? packing->key : "weights", wcl_last_error()->message);
    wcl__clear_error();
    return pack_by_host(device, queue, packing, memory);
}

/* ---- the store */

/* Can the device read the weights where the file has them? What lies in a file's memory is held by the entry;
 * what a fold made would end with its plan, and is copied. */
static bool in_place(const wcl_device *device, const wcl__packing *packing)
{
    const wcl__source *source = packing->source;
    return device->facts.unified_memory && packing->recipe.kind == WCL__PACK_AS_IT_IS && source &&
           source->file && source->data && packing->source_first == 0 &&
           (uintptr_t)source->data % PAGE == 0 && packing->bytes == source->bytes;
}

/* Read-only for the device, so the file's pages are not written. False: some drivers refuse pages that they
 * can't write to. */
static bool use_in_place(wcl__store *store, const wcl__packing *packing, entry *e)
{
    const wcl_status status =
        wcl__buffer_create(store->device, CL_MEM_READ_ONLY | CL_MEM_USE_HOST_PTR, packing->bytes,
                           (void *)packing->source->data, packing->key, &e->memory);
    if (status != WCL_OK) {
        wcl__log(WCL_LOG_INFO, "%s: cannot be used where the file has it (%s): copied", packing->key,
                 wcl_last_error()->reason);
        wcl__clear_error();
        return false;
    }
    e->file = packing->source->file;
    wcl__file_retain(e->file);
    return true;
}

static wcl_status make_entry(wcl__store *store, const wcl__packing *packing, entry *e)
{
    e->key = wcl__strdup(packing->key);
    if (!e->key)
        return wcl__fail_memory();
    wcl_status status = packing->source ? wcl__source_check(packing->source) : WCL_OK;
    if (status != WCL_OK)
        return status;
    if (in_place(store->device, packing) && use_in_place(store, packing, e))
        return WCL_OK;
    status =
        wcl__buffer_create(store->device, CL_MEM_READ_WRITE, packing->bytes, NULL, packing->key, &e->memory);
    if (status == WCL_OK)
        status = wcl__pack(store->device, packing, e->memory);
    if (status == WCL_OK)
        wcl__log(WCL_LOG_INFO, "packed %s: %zu bytes", packing->key, packing->bytes);
    return status;
}

static void entry_clear(entry *e)
{
    if (e->memory)
        clReleaseMemObject(e->memory);
    if (e->file)
        wcl__file_release(e->file);
    wcl__free(e->key);
    memset(e, 0, sizeof *e);
}

static wcl_status get_locked(wcl__store *store, const wcl__packing *packing, cl_mem *memory)
{
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->entries[i].key, packing->key) == 0) {
            store->entries[i].users++;
            *memory = store->entries[i].memory;
            return WCL_OK;
        }
    if (!WCL__GROW(store->entries, store->count, store->capacity))
        return wcl__fail_memory();
    entry *e = &store->entries[store->count];
    memset(e, 0, sizeof *e);
    const wcl_status status = make_entry(store, packing, e);
    if (status != WCL_OK) {
        entry_clear(e);
        return status;
    }
    e->users = 1;
    store->count++;
    *memory = e->memory;
    return WCL_OK;
}

wcl_status wcl__store_get(wcl__store *store, const wcl__packing *packing, cl_mem *memory)
{
    *memory = NULL;
    pthread_mutex_lock(&store->lock);
    const wcl_status status = get_locked(store, packing, memory);
    pthread_mutex_unlock(&store->lock);
    return status;
}

void wcl__store_put(wcl__store *store, cl_mem memory)
{
    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < store->count; i++)
        if (store->entries[i].memory == memory && --store->entries[i].users == 0) {
            entry_clear(&store->entries[i]);
            store->entries[i] = store->entries[--store->count];
            break;
        }
    pthread_mutex_unlock(&store->lock);
}

static void store_free(wcl__store *store)
{
    for (size_t i = 0; i < store->count; i++)
        entry_clear(&store->entries[i]);
    wcl__free(store->entries);
    pthread_mutex_destroy(&store->lock);
    wcl_model_destroy(store->model);
    wcl_device_destroy(store->device);
    wcl__free(store);
}

static wcl_status open_locked(wcl_device *device, wcl__core *core, wcl_model *model, wcl__store **out)
{
    for (wcl__store *store = core->stores; store; store = store->next)
        if (store->model == model) {
            store->references++;
            *out = store;
            return WCL_OK;
        }
    wcl__store *store = wcl__alloc(1, sizeof *store);
    if (!store)
        return wcl__fail_memory();
    pthread_mutex_init(&store->lock, NULL);
    store->references = 1;
    store->model = model;
    store->device = device;
    store->core = core;
    store->next = core->stores;
    core->stores = store;
    wcl__model_retain(model);
    wcl__device_retain(device);
    *out = store;
    return WCL_OK;
}

wcl_status wcl__store_open(wcl_device *device, wcl_model *model, wcl__store **out)
{
    *out = NULL;
    wcl__core *core = wcl__device_core(device);
    pthread_mutex_lock(&core->lock);
    const wcl_status status = open_locked(device, core, model, out);
    pthread_mutex_unlock(&core->lock);
    return status;
}

void wcl__store_close(wcl__store *store)
{
    if (!store)
        return;
    wcl__core *core = store->core;
    pthread_mutex_lock(&core->lock);
    const bool last = --store->references == 0;
    for (wcl__store **at = (wcl__store **)&core->stores; last && *at; at = &(*at)->next)
        if (*at == store) {
            *at = store->next;
            break;
        }
    pthread_mutex_unlock(&core->lock);
    if (last)
        store_free(store);
}
