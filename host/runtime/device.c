/* Devices as the API shows them. */
#include <string.h>

#include "runtime/core.h"
#include "runtime/kernel_set.h"
#include "runtime/select.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

static void fill_info(const wcl__facts *facts, wcl_device_info *info)
{
    memcpy(info->platform, facts->platform, sizeof info->platform);
    memcpy(info->name, facts->name, sizeof info->name);
    memcpy(info->vendor, facts->vendor, sizeof info->vendor);
    memcpy(info->driver, facts->driver, sizeof info->driver);
    memcpy(info->version, facts->version, sizeof info->version);
    info->type = facts->type;
    info->compute_units = facts->compute_units;
    info->clock_mhz = facts->clock_mhz;
    info->vector_width = facts->vector_width;
    info->global_bytes = facts->global_bytes;
    info->max_alloc = facts->max_alloc;
    info->local_bytes = facts->local_bytes;
    info->max_work_group = facts->max_work_group;
    info->has_compiler = facts->has_compiler;
    info->has_fma = facts->has_fma;
    info->unified_memory = facts->unified_memory;
}

wcl_status wcl_device_count(int *count)
{
    wcl__found_list list;
    wcl__clear_error();
    *count = 0;
    wcl_status status = wcl__devices_scan(&list);
    if (status != WCL_OK)
        return status;
    *count = (int)list.count;
    wcl__devices_clear(&list);
    return WCL_OK;
}

wcl_status wcl_device_list(int index, wcl_device_info *info)
{
    wcl__found_list list;
    wcl__clear_error();
    wcl_status status = wcl__devices_scan(&list);
    if (status != WCL_OK)
        return status;
    if (index < 0 || (size_t)index >= list.count) {
        status = wcl__fail(WCL_BAD_ARGUMENT, "device index %d: there are %zu devices", index, list.count);
    } else {
        const wcl__found *found = &list.items[index];
        wcl_device_info full = WCL_DEVICE_INFO_INIT;
        fill_info(&found->facts, &full);
        full.platform_index = found->platform_index;
        full.device_index = found->device_index;
        full.is_default = wcl__devices_best(&list) == index;
        status = wcl__info_write(info, &full, sizeof full);
    }
    wcl__devices_clear(&list);
    return status;
}

/* A device without context, facts and core. */
static wcl_status make_device(wcl_device **out)
{
    wcl_device *device = wcl__alloc(1, sizeof *device);
    if (!device)
        return wcl__fail_memory();
    if (pthread_mutex_init(&device->lock, NULL) != 0) {
        wcl__free(device);
        return wcl__fail_memory();
    }
    device->references = 1;
    device->kernels = &wcl__portable_kernels;
    device->platform_index = device->device_index = -1;
    *out = device;
    return WCL_OK;
}

wcl_status wcl_device_open(const char *spec, wcl_device **out)
{
    wcl__found_list list = {0};
    wcl_device *device = NULL;
    int index = -1;
    wcl__clear_error();
    *out = NULL;
    wcl_status status = wcl__devices_scan(&list);
    if (status != WCL_OK)
        goto cleanup;
    if ((status = wcl__devices_match(&list, spec, &index)) != WCL_OK)
        goto cleanup;
    if ((status = make_device(&device)) != WCL_OK)
        goto cleanup;
    const wcl__found *found = &list.items[index];
    if ((status = wcl__core_open(found->platform, found->id, &device->core, &device->context)) != WCL_OK)
        goto cleanup;
    device->id = found->id;
    device->facts = found->facts;
    device->platform_index = found->platform_index;
    device->device_index = found->device_index;
    device->is_default = wcl__devices_best(&list) == index;
    *out = device;
    device = NULL;
cleanup:
    wcl_device_destroy(device);
    wcl__devices_clear(&list);
    return status;
}

static wcl_status check_member(cl_context context, cl_device_id id)
{
    size_t bytes = 0;
    bool member = false;
    cl_int code = clGetContextInfo(context, CL_CONTEXT_DEVICES, 0, NULL, &bytes);
    if (code != CL_SUCCESS)
        return wcl__fail_cl(code, "cannot read the context's devices");
    cl_device_id *ids = wcl__alloc(bytes, 1);
    if (!ids)
        return wcl__fail_memory();
    code = clGetContextInfo(context, CL_CONTEXT_DEVICES, bytes, ids, NULL);
    for (size_t i = 0; code == CL_SUCCESS && i < bytes / sizeof *ids; i++)
        member |= ids[i] == id;
    wcl__free(ids);
    if (code != CL_SUCCESS)
        return wcl__fail_cl(code, "cannot read the context's devices");
    return member ? WCL_OK : wcl__fail(WCL_BAD_ARGUMENT, "the device does not belong to the context");
}

wcl_status wcl_device_wrap(cl_context context, cl_device_id id, wcl_device **out)
{
    wcl_device *device = NULL;
    cl_platform_id platform = NULL;
    wcl__clear_error();
    *out = NULL;
    if (!context || !id)
        return wcl__fail(WCL_BAD_ARGUMENT, "context and device must not be NULL");
    wcl_status status = check_member(context, id);
    if (status != WCL_OK)
        goto cleanup;
    if ((status = make_device(&device)) != WCL_OK)
        goto cleanup;
    if ((status = wcl__core_wrap(&device->core)) != WCL_OK)
        goto cleanup;
    cl_int code = clGetDeviceInfo(id, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL);
    if (code != CL_SUCCESS) {
        status = wcl__fail_cl(code, "cannot read the device's platform");
        goto cleanup;
    }
    if ((status = wcl__facts_read(platform, id, &device->facts)) != WCL_OK)
        goto cleanup;
    if ((code = clRetainDevice(id)) != CL_SUCCESS) {
        status = wcl__fail_cl(code, "cannot retain the device");
        goto cleanup;
    }
    device->id = id;
    if ((code = clRetainContext(context)) != CL_SUCCESS) {
        status = wcl__fail_cl(code, "cannot retain the context");
        goto cleanup;
    }
    device->context = context;
    *out = device;
    device = NULL;
cleanup:
    wcl_device_destroy(device);
    return status;
}

wcl_status wcl_device_get_info(const wcl_device *device, wcl_device_info *info)
{
    wcl_device_info full = WCL_DEVICE_INFO_INIT;
    wcl__clear_error();
    fill_info(&device->facts, &full);
    full.platform_index = device->platform_index;
    full.device_index = device->device_index;
    full.is_default = device->is_default;
    return wcl__info_write(info, &full, sizeof full);
}

cl_context wcl_device_context(const wcl_device *device)
{
    return device->context;
}

cl_device_id wcl_device_id(const wcl_device *device)
{
    return device->id;
}

void wcl__device_retain(wcl_device *device)
{
    pthread_mutex_lock(&device->lock);
    device->references++;
    pthread_mutex_unlock(&device->lock);
}

void wcl_device_destroy(wcl_device *device)
{
    if (!device)
        return;
    pthread_mutex_lock(&device->lock);
    int left = --device->references;
    pthread_mutex_unlock(&device->lock);
    if (left > 0)
        return;
    const bool wrapped = device->core && !device->core->opened;
    wcl__core_close(device->core);
    for (size_t i = 0; i < device->former_count; i++)
        wcl__core_close(device->former[i]);
    wcl__free(device->former);
    if (wrapped && device->context)
        clReleaseContext(device->context);
    if (wrapped && device->id)
        clReleaseDevice(device->id); /* nothing for a root device */
    pthread_mutex_destroy(&device->lock);
    wcl__free(device);
}

wcl_status wcl__device_queue(wcl_device *device, cl_command_queue *queue)
{
    wcl__core *core = wcl__device_core(device);
    cl_int code = CL_SUCCESS;
    pthread_mutex_lock(&core->lock);
    if (!core->queue) {
        core->queue = clCreateCommandQueue(device->context, device->id, CL_QUEUE_PROFILING_ENABLE, &code);
        if (code == CL_INVALID_QUEUE_PROPERTIES || code == CL_INVALID_VALUE)
            core->queue = clCreateCommandQueue(device->context, device->id, 0, &code);
        if (code != CL_SUCCESS)
            core->queue = NULL;
    }
    *queue = core->queue;
    pthread_mutex_unlock(&core->lock);
    return code == CL_SUCCESS ? WCL_OK : wcl__fail_cl(code, "cannot make a command queue");
}
