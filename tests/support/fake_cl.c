#include "support/fake_cl.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int counts[FAKE_CL_FUNCTIONS];
static fake_cl_function failing;
static int failing_calls; /* until the failing one; 0: none is to fail */
static cl_int failing_code;
static bool failed;
static char *(*rewriter)(const char *source);

/* Counts the call; CL_SUCCESS: go on. */
static cl_int enter(fake_cl_function function)
{
    __atomic_add_fetch(&counts[function], 1, __ATOMIC_SEQ_CST);
    if (function != failing || __atomic_load_n(&failing_calls, __ATOMIC_SEQ_CST) <= 0)
        return CL_SUCCESS;
    if (__atomic_sub_fetch(&failing_calls, 1, __ATOMIC_SEQ_CST) != 0)
        return CL_SUCCESS;
    failed = true;
    return failing_code;
}

int fake_cl_calls(fake_cl_function function)
{
    return __atomic_load_n(&counts[function], __ATOMIC_SEQ_CST);
}

void fake_cl_fail(fake_cl_function function, int nth, cl_int code)
{
    failing = function;
    failing_code = code;
    failed = false;
    __atomic_store_n(&failing_calls, nth, __ATOMIC_SEQ_CST);
}

bool fake_cl_failed(void)
{
    return failed;
}

void fake_cl_rewrite(char *(*rewrite)(const char *source))
{
    rewriter = rewrite;
}

void fake_cl_reset(void)
{
    fake_cl_fail(FAKE_clGetPlatformIDs, 0, CL_SUCCESS);
    fake_cl_devices(NULL, 0);
    fake_cl_limits(NULL);
    fake_cl_rewrite(NULL);
    fake_cl_guard(false);
    memset(counts, 0, sizeof counts);
}

/* ------------------------------------------------------------------ plain calls: counted, made to fail */

#define WRAP_CODE(name, parameters, arguments)        \
    cl_int __real_##name parameters;                  \
    cl_int __wrap_##name parameters;                  \
    cl_int __wrap_##name parameters                   \
    {                                                 \
        const cl_int code = enter(FAKE_##name);       \
        return code ? code : __real_##name arguments; \
    }
#define WRAP_OBJECT(type, name, parameters, arguments) \
    type __real_##name parameters;                     \
    type __wrap_##name parameters;                     \
    type __wrap_##name parameters                      \
    {                                                  \
        const cl_int failure = enter(FAKE_##name);     \
        if (!failure)                                  \
            return __real_##name arguments;            \
        if (code)                                      \
            *code = failure;                           \
        return NULL;                                   \
    }

WRAP_OBJECT(cl_command_queue, clCreateCommandQueue,
            (cl_context context, cl_device_id id, cl_command_queue_properties properties, cl_int *code),
            (context, id, properties, code))
WRAP_OBJECT(cl_program, clCreateProgramWithBinary,
            (cl_context context, cl_uint count, const cl_device_id *ids, const size_t *lengths,
             const unsigned char **binaries, cl_int *binary_codes, cl_int *code),
            (context, count, ids, lengths, binaries, binary_codes, code))
WRAP_OBJECT(cl_kernel, clCreateKernel, (cl_program program, const char *name, cl_int *code),
            (program, name, code))
WRAP_CODE(clBuildProgram,
          (cl_program program, cl_uint count, const cl_device_id *ids, const char *options,
           void(CL_CALLBACK *notify)(cl_program, void *), void *user),
          (program, count, ids, options, notify, user))
WRAP_CODE(clSetKernelArg, (cl_kernel kernel, cl_uint index, size_t size, const void *value),
          (kernel, index, size, value))
WRAP_CODE(clEnqueueReadBuffer,
          (cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size, void *data,
           cl_uint wait_count, const cl_event *waits, cl_event *event),
          (queue, memory, blocking, offset, size, data, wait_count, waits, event))
WRAP_CODE(clEnqueueWriteBuffer,
          (cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size,
           const void *data, cl_uint wait_count, const cl_event *waits, cl_event *event),
          (queue, memory, blocking, offset, size, data, wait_count, waits, event))
WRAP_CODE(clEnqueueCopyBuffer,
          (cl_command_queue queue, cl_mem from, cl_mem to, size_t from_offset, size_t to_offset, size_t size,
           cl_uint wait_count, const cl_event *waits, cl_event *event),
          (queue, from, to, from_offset, to_offset, size, wait_count, waits, event))
WRAP_CODE(clEnqueueFillBuffer,
          (cl_command_queue queue, cl_mem memory, const void *pattern, size_t pattern_size, size_t offset,
           size_t size, cl_uint wait_count, const cl_event *waits, cl_event *event),
          (queue, memory, pattern, pattern_size, offset, size, wait_count, waits, event))
WRAP_OBJECT(void *, clEnqueueMapBuffer,
            (cl_command_queue queue, cl_mem memory, cl_bool blocking, cl_map_flags flags, size_t offset,
             size_t size, cl_uint wait_count, const cl_event *waits, cl_event *event, cl_int *code),
            (queue, memory, blocking, flags, offset, size, wait_count, waits, event, code))
WRAP_CODE(clWaitForEvents, (cl_uint count, const cl_event *events), (count, events))
WRAP_CODE(clFinish, (cl_command_queue queue), (queue))

/* ------------------------------------------------------------------ sources */

cl_program __real_clCreateProgramWithSource(cl_context, cl_uint, const char **, const size_t *, cl_int *);
cl_program __wrap_clCreateProgramWithSource(cl_context, cl_uint, const char **, const size_t *, cl_int *);
cl_program __wrap_clCreateProgramWithSource(cl_context context, cl_uint count, const char **texts,
                                            const size_t *lengths, cl_int *code)
{
    const cl_int failure = enter(FAKE_clCreateProgramWithSource);
    if (failure) {
        if (code)
            *code = failure;
        return NULL;
    }
    char *other = rewriter && count == 1 && !lengths ? rewriter(texts[0]) : NULL;
    const char *text = other;
    cl_program program =
        __real_clCreateProgramWithSource(context, count, other ? &text : texts, lengths, code);
    free(other);
    return program;
}

/* ------------------------------------------------------------------ small limits */

static fake_limits limits;
static bool limiting;

void fake_cl_limits(const fake_limits *wanted)
{
    limiting = wanted != NULL;
    limits = wanted ? *wanted : (fake_limits){0};
}

bool fake_cl_limited(void)
{
    return limits.kernel_group || limits.group || limits.item[0] || limits.item[1] || limits.item[2];
}

static void lower(size_t *value, size_t most)
{
    if (most && *value > most)
        *value = most;
}

static void limit_device(cl_device_info name, void *out)
{
    if (name == CL_DEVICE_MAX_WORK_GROUP_SIZE)
        lower(out, limits.group);
    for (int i = 0; i < 3 && name == CL_DEVICE_MAX_WORK_ITEM_SIZES; i++)
        lower((size_t *)out + i, limits.item[i]);
}

cl_int __real_clGetKernelWorkGroupInfo(cl_kernel, cl_device_id, cl_kernel_work_group_info, size_t, void *,
                                       size_t *);
cl_int __wrap_clGetKernelWorkGroupInfo(cl_kernel, cl_device_id, cl_kernel_work_group_info, size_t, void *,
                                       size_t *);
cl_int __wrap_clGetKernelWorkGroupInfo(cl_kernel kernel, cl_device_id id, cl_kernel_work_group_info name,
                                       size_t room, void *out, size_t *needed)
{
    cl_int code = enter(FAKE_clGetKernelWorkGroupInfo);
    if (code == CL_SUCCESS)
        code = __real_clGetKernelWorkGroupInfo(kernel, id, name, room, out, needed);
    if (code == CL_SUCCESS && out && limiting && name == CL_KERNEL_WORK_GROUP_SIZE)
        lower(out, limits.kernel_group);
    return code;
}

/* What a driver with these limits would say. */
static cl_int check_range(const size_t *global, const size_t *local)
{
    size_t items = 1;
    for (int i = 0; i < 3; i++) {
        if (limits.item[i] && local[i] > limits.item[i])
            return CL_INVALID_WORK_ITEM_SIZE;
        if (limits.grid[i] && global[i] / local[i] > limits.grid[i])
            return CL_INVALID_GLOBAL_WORK_SIZE;
        items *= local[i];
    }
    if ((limits.group && items > limits.group) || (limits.kernel_group && items > limits.kernel_group))
        return CL_INVALID_WORK_GROUP_SIZE;
    return CL_SUCCESS;
}

cl_int __real_clEnqueueNDRangeKernel(cl_command_queue, cl_kernel, cl_uint, const size_t *, const size_t *,
                                     const size_t *, cl_uint, const cl_event *, cl_event *);
cl_int __wrap_clEnqueueNDRangeKernel(cl_command_queue, cl_kernel, cl_uint, const size_t *, const size_t *,
                                     const size_t *, cl_uint, const cl_event *, cl_event *);
cl_int __wrap_clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                     const size_t *offset, const size_t *global, const size_t *local,
                                     cl_uint wait_count, const cl_event *waits, cl_event *event)
{
    cl_int code = enter(FAKE_clEnqueueNDRangeKernel);
    if (code == CL_SUCCESS && limiting)
        code = check_range(global, local);
    return code ? code
                : __real_clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global, local, wait_count,
                                                waits, event);
}

/* ------------------------------------------------------------------ devices */

static bool faking; /* invented devices */
static fake_device devices[FAKE_MAX_DEVICES];
static int device_count, platform_count;
static int platform_of[FAKE_MAX_DEVICES];
/* Handles are addresses of these; nobody reads them. */
static char device_handles[FAKE_MAX_DEVICES], platform_handles[FAKE_MAX_DEVICES], context_handle;

void fake_cl_devices(const fake_device *list, int count)
{
    faking = list != NULL;
    device_count = faking ? count : 0;
    platform_count = 0;
    for (int i = 0; i < device_count; i++) {
        devices[i] = list[i];
        if (i == 0 || strcmp(list[i].platform, list[i - 1].platform) != 0)
            platform_count++;
        platform_of[i] = platform_count - 1;
    }
}

static int index_of(const void *handle, const char *handles)
{
    const uintptr_t at = (uintptr_t)handle, first = (uintptr_t)handles;
    return at >= first && at < first + FAKE_MAX_DEVICES ? (int)(at - first) : -1;
}

static cl_int answer(const void *value, size_t size, size_t room, void *out, size_t *needed)
{
    if (needed)
        *needed = size;
    if (out && room < size)
        return CL_INVALID_VALUE;
    if (out)
        memcpy(out, value, size);
    return CL_SUCCESS;
}

static cl_int answer_text(const char *text, size_t room, void *out, size_t *needed)
{
    return answer(text, strlen(text) + 1, room, out, needed);
}

cl_int __real_clGetPlatformIDs(cl_uint, cl_platform_id *, cl_uint *);
cl_int __wrap_clGetPlatformIDs(cl_uint, cl_platform_id *, cl_uint *);
cl_int __wrap_clGetPlatformIDs(cl_uint room, cl_platform_id *ids, cl_uint *count)
{
    const cl_int code = enter(FAKE_clGetPlatformIDs);
    if (code)
        return code;
    if (!faking)
        return __real_clGetPlatformIDs(room, ids, count);
    if (count)
        *count = (cl_uint)platform_count;
    for (int i = 0; ids && i < platform_count && i < (int)room; i++)
        ids[i] = (cl_platform_id)(void *)&platform_handles[i];
    return platform_count ? CL_SUCCESS : -1001;
}

cl_int __real_clGetPlatformInfo(cl_platform_id, cl_platform_info, size_t, void *, size_t *);
cl_int __wrap_clGetPlatformInfo(cl_platform_id, cl_platform_info, size_t, void *, size_t *);
cl_int __wrap_clGetPlatformInfo(cl_platform_id platform, cl_platform_info name, size_t room, void *out,
                                size_t *needed)
{
    const cl_int code = enter(FAKE_clGetPlatformInfo);
    const int index = index_of(platform, platform_handles);
    if (code)
        return code;
    if (index < 0)
        return __real_clGetPlatformInfo(platform, name, room, out, needed);
    for (int i = 0; i < device_count; i++)
        if (platform_of[i] == index && name == CL_PLATFORM_NAME)
            return answer_text(devices[i].platform, room, out, needed);
    return answer_text("OpenCL 1.2 fake", room, out, needed);
}

cl_int __real_clGetDeviceIDs(cl_platform_id, cl_device_type, cl_uint, cl_device_id *, cl_uint *);
cl_int __wrap_clGetDeviceIDs(cl_platform_id, cl_device_type, cl_uint, cl_device_id *, cl_uint *);
cl_int __wrap_clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *ids,
                             cl_uint *count)
{
    const cl_int code = enter(FAKE_clGetDeviceIDs);
    const int index = index_of(platform, platform_handles);
    cl_uint found = 0;
    if (code)
        return code;
    if (index < 0)
        return __real_clGetDeviceIDs(platform, type, room, ids, count);
    for (int i = 0; i < device_count; i++) {
        if (platform_of[i] != index || !(devices[i].type & type))
            continue;
        if (ids && found < room)
            ids[found] = (cl_device_id)(void *)&device_handles[i];
        found++;
    }
    if (count)
        *count = found;
    return found ? CL_SUCCESS : CL_DEVICE_NOT_FOUND;
}

static cl_int answer_uint(cl_uint value, size_t room, void *out, size_t *needed)
{
    return answer(&value, sizeof value, room, out, needed);
}

static cl_int answer_ulong(cl_ulong value, size_t room, void *out, size_t *needed)
{
    return answer(&value, sizeof value, room, out, needed);
}

static cl_int describe(const fake_device *device, cl_device_info name, size_t room, void *out, size_t *needed)
{
    const cl_uint scale = device->vague ? 0 : 1;
    const size_t group = 256 * scale, items[3] = {group, group, group};
    switch (name) {
    case CL_DEVICE_NAME:
        return answer_text(device->name, room, out, needed);
    case CL_DEVICE_VENDOR:
    case CL_DRIVER_VERSION:
    case CL_DEVICE_VERSION:
        return answer_text("fake", room, out, needed);
    case CL_DEVICE_TYPE:
        return answer(&device->type, sizeof device->type, room, out, needed);
    case CL_DEVICE_AVAILABLE:
        return answer_uint(!device->unavailable, room, out, needed);
    case CL_DEVICE_COMPILER_AVAILABLE:
        return answer_uint(CL_TRUE, room, out, needed);
    case CL_DEVICE_HOST_UNIFIED_MEMORY:
        return answer_uint(device->type == CL_DEVICE_TYPE_CPU, room, out, needed);
    case CL_DEVICE_MAX_COMPUTE_UNITS:
        return answer_uint(device->compute_units * scale, room, out, needed);
    case CL_DEVICE_MAX_CLOCK_FREQUENCY:
        return answer_uint(device->clock_mhz * scale, room, out, needed);
    case CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT:
    case CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT:
        return answer_uint(4 * scale, room, out, needed);
    case CL_DEVICE_MEM_BASE_ADDR_ALIGN:
        return answer_uint(1024 * scale, room, out, needed);
    case CL_DEVICE_GLOBAL_MEM_SIZE:
        return answer_ulong(1u << 30, room, out, needed);
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
        return answer_ulong((cl_ulong)scale << 28, room, out, needed);
    case CL_DEVICE_LOCAL_MEM_SIZE:
        return answer_ulong((cl_ulong)scale << 15, room, out, needed);
    case CL_DEVICE_SINGLE_FP_CONFIG:
        return answer_ulong(CL_FP_FMA * (cl_ulong)scale, room, out, needed);
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
        return answer(&group, sizeof group, room, out, needed);
    case CL_DEVICE_MAX_WORK_ITEM_SIZES:
        return answer(items, sizeof items, room, out, needed);
    default:
        return CL_INVALID_VALUE;
    }
}

cl_int __real_clGetDeviceInfo(cl_device_id, cl_device_info, size_t, void *, size_t *);
cl_int __wrap_clGetDeviceInfo(cl_device_id, cl_device_info, size_t, void *, size_t *);
cl_int __wrap_clGetDeviceInfo(cl_device_id id, cl_device_info name, size_t room, void *out, size_t *needed)
{
    const cl_int code = enter(FAKE_clGetDeviceInfo);
    const int index = index_of(id, device_handles);
    if (code)
        return code;
    if (index >= 0)
        return describe(&devices[index], name, room, out, needed);
    const cl_int result = __real_clGetDeviceInfo(id, name, room, out, needed);
    if (result == CL_SUCCESS && out && limiting)
        limit_device(name, out);
    return result;
}

typedef void(CL_CALLBACK *context_notify)(const char *, const void *, size_t, void *);
cl_context __real_clCreateContext(const cl_context_properties *, cl_uint, const cl_device_id *,
                                  context_notify, void *, cl_int *);
cl_context __wrap_clCreateContext(const cl_context_properties *, cl_uint, const cl_device_id *,
                                  context_notify, void *, cl_int *);
cl_context __wrap_clCreateContext(const cl_context_properties *properties, cl_uint count,
                                  const cl_device_id *ids, context_notify notify, void *user, cl_int *code)
{
    const cl_int failure = enter(FAKE_clCreateContext);
    if (!failure && index_of(ids[0], device_handles) < 0)
        return __real_clCreateContext(properties, count, ids, notify, user, code);
    if (code)
        *code = failure;
    return failure ? NULL : (cl_context)(void *)&context_handle;
}

cl_int __real_clReleaseContext(cl_context context);
cl_int __wrap_clReleaseContext(cl_context context);
cl_int __wrap_clReleaseContext(cl_context context)
{
    enter(FAKE_clReleaseContext);
    return (void *)context == (void *)&context_handle ? CL_SUCCESS : __real_clReleaseContext(context);
}

cl_int __real_clReleaseDevice(cl_device_id id);
cl_int __wrap_clReleaseDevice(cl_device_id id);
cl_int __wrap_clReleaseDevice(cl_device_id id)
{
    enter(FAKE_clReleaseDevice);
    return index_of(id, device_handles) >= 0 ? CL_SUCCESS : __real_clReleaseDevice(id);
}

/* ------------------------------------------------------------------ guarded buffers */

enum { GUARD_BYTES = 4096 };
static const uint32_t guard_pattern = 0xA5C35A3C, poison = 0x7FC0DEAD; /* poison: a quiet NaN */

typedef struct guarded {
    cl_mem parent; /* kept until the guard is switched off, so that released buffers are checked too */
    cl_mem inside; /* the caller's; perhaps released */
    size_t bytes, total;
} guarded;

static bool guarding;
static guarded *watched;
static size_t watched_count, watched_capacity;

cl_mem __real_clCreateBuffer(cl_context, cl_mem_flags, size_t, void *, cl_int *);
cl_mem __wrap_clCreateBuffer(cl_context, cl_mem_flags, size_t, void *, cl_int *);
cl_mem __real_clCreateSubBuffer(cl_mem, cl_mem_flags, cl_buffer_create_type, const void *, cl_int *);
cl_mem __wrap_clCreateSubBuffer(cl_mem, cl_mem_flags, cl_buffer_create_type, const void *, cl_int *);

void fake_cl_guard(bool on)
{
    guarding = on;
    for (size_t i = 0; i < watched_count; i++)
        clReleaseMemObject(watched[i].parent);
    watched_count = 0;
    if (!on) {
        free(watched);
        watched = NULL;
        watched_capacity = 0;
    }
}

/* guard, `bytes` of NaN, guard up to `total` */
static uint32_t *make_image(size_t bytes, size_t total)
{
    uint32_t *image = malloc(total);
    for (size_t i = 0; image && i < total / sizeof *image; i++)
        image[i] = guard_pattern;
    for (size_t i = 0; image && i < bytes; i++) /* bytewise: a size need not be a multiple of 4 */
        ((unsigned char *)image)[GUARD_BYTES + i] = ((const unsigned char *)&poison)[i % sizeof poison];
    return image;
}

static cl_mem make_guarded(cl_context context, cl_mem_flags flags, size_t bytes, cl_int *code)
{
    const cl_mem_flags access = flags & (CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY);
    guarded item = {.bytes = bytes, .total = GUARD_BYTES + (bytes + 3) / 4 * 4 + GUARD_BYTES};
    uint32_t *image = make_image(bytes, item.total);
    if (!image) {
        *code = CL_OUT_OF_HOST_MEMORY;
        return NULL;
    }
    item.parent =
        __real_clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, item.total, image, code);
    free(image);
    if (*code != CL_SUCCESS)
        return NULL;
    const cl_buffer_region region = {GUARD_BYTES, bytes};
    item.inside = __real_clCreateSubBuffer(item.parent, access, CL_BUFFER_CREATE_TYPE_REGION, &region, code);
    if (*code == CL_SUCCESS && watched_count == watched_capacity) {
        const size_t capacity = watched_capacity ? watched_capacity * 2 : 64;
        guarded *grown = realloc(watched, capacity * sizeof *grown);
        *code = grown ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
        watched = grown ? grown : watched;
        watched_capacity = grown ? capacity : watched_capacity;
    }
    if (*code != CL_SUCCESS) {
        if (item.inside)
            clReleaseMemObject(item.inside);
        clReleaseMemObject(item.parent);
        return NULL;
    }
    watched[watched_count++] = item;
    return item.inside;
}

cl_mem __wrap_clCreateBuffer(cl_context context, cl_mem_flags flags, size_t bytes, void *host, cl_int *code)
{
    cl_int own = enter(FAKE_clCreateBuffer);
    cl_mem memory = NULL;
    if (own == CL_SUCCESS && guarding && !host)
        memory = make_guarded(context, flags, bytes, &own);
    else if (own == CL_SUCCESS)
        memory = __real_clCreateBuffer(context, flags, bytes, host, &own);
    if (code)
        *code = own;
    return memory;
}

/* A sub-buffer of a sub-buffer is not allowed: make it of the guarded buffer's parent. */
cl_mem __wrap_clCreateSubBuffer(cl_mem memory, cl_mem_flags flags, cl_buffer_create_type type,
                                const void *info, cl_int *code)
{
    const cl_int failure = enter(FAKE_clCreateSubBuffer);
    if (failure) {
        if (code)
            *code = failure;
        return NULL;
    }
    for (size_t i = watched_count; i-- > 0;) {
        if (watched[i].inside != memory || type != CL_BUFFER_CREATE_TYPE_REGION)
            continue;
        cl_buffer_region region = *(const cl_buffer_region *)info;
        if (region.origin + region.size > watched[i].bytes)
            break;
        region.origin += GUARD_BYTES;
        return __real_clCreateSubBuffer(watched[i].parent, flags, type, &region, code);
    }
    return __real_clCreateSubBuffer(memory, flags, type, info, code);
}

static bool check_guard(const guarded *item, size_t number, const unsigned char *all, char *where,
                        size_t bytes)
{
    for (size_t i = 0; i < item->total; i++) {
        if (i >= GUARD_BYTES && i < GUARD_BYTES + item->bytes)
            continue;
        if (all[i] != ((const unsigned char *)&guard_pattern)[i % sizeof guard_pattern]) {
            snprintf(where, bytes, "buffer %zu of %zu bytes was written to at offset %lld", number,
                     item->bytes, (long long)i - GUARD_BYTES);
            return false;
        }
    }
    return true;
}

static bool read_guarded(const guarded *item, unsigned char *all)
{
    cl_context context;
    cl_device_id id;
    cl_int code;
    if (clGetMemObjectInfo(item->parent, CL_MEM_CONTEXT, sizeof context, &context, NULL) != CL_SUCCESS ||
        clGetContextInfo(context, CL_CONTEXT_DEVICES, sizeof id, &id, NULL) != CL_SUCCESS)
        return false;
    cl_command_queue queue = __real_clCreateCommandQueue(context, id, 0, &code);
    if (code == CL_SUCCESS)
        code = __real_clEnqueueReadBuffer(queue, item->parent, CL_TRUE, 0, item->total, all, 0, NULL, NULL);
    if (queue)
        clReleaseCommandQueue(queue);
    return code == CL_SUCCESS;
}

bool fake_cl_check_guards(char *where, size_t bytes)
{
    bool whole = true;
    for (size_t i = 0; i < watched_count && whole; i++) {
        unsigned char *all = malloc(watched[i].total);
        whole = all && read_guarded(&watched[i], all);
        if (!whole)
            snprintf(where, bytes, "buffer %zu cannot be read", i + 1);
        else
            whole = check_guard(&watched[i], i + 1, all, where, bytes);
        free(all);
    }
    return whole;
}
