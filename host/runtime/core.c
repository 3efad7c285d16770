/* What handles of one device share: context, queue, programs, stores of weights. */
#include "runtime/core.h"
#include "base/error.h"
#include "base/memory.h"

#include <string.h>

struct wcl__opened {
    cl_device_id id;
    cl_context context;
    wcl__core *cores; /* one for each cache folder */
    wcl__opened *next;
};

/* One for the process: of the list, of what it leads to, and of every core's references. */
static pthread_mutex_t opened_lock = PTHREAD_MUTEX_INITIALIZER;
static wcl__opened *all_opened;

static void core_free(wcl__core *core)
{
    wcl__provider_destroy(core->provider);
    if (core->queue)
        clReleaseCommandQueue(core->queue);
    pthread_mutex_destroy(&core->lock);
    wcl__free(core);
}

/* Takes the provider, whatever happens. */
static wcl_status make_core(wcl__provider *provider, wcl__opened *opened, wcl__core **out)
{
    wcl__core *core = wcl__alloc(1, sizeof *core);
    if (!core || pthread_mutex_init(&core->lock, NULL) != 0) {
        wcl__provider_destroy(provider);
        wcl__free(core);
        return wcl__fail_memory();
    }
    core->references = 1;
    core->provider = provider;
    core->opened = opened;
    if (opened) {
        core->next = opened->cores;
        opened->cores = core;
    }
    *out = core;
    return WCL_OK;
}

wcl_status wcl__core_wrap(wcl__core **out)
{
    wcl__provider *provider;
    *out = NULL;
    const wcl_status status = wcl__provider_create(&provider);
    return status == WCL_OK ? make_core(provider, NULL, out) : status;
}

static wcl__core *find_core(const wcl__opened *opened, const wcl__provider *provider)
{
    wcl__core *core = opened->cores;
    while (core && strcmp(wcl__provider_folder(core->provider), wcl__provider_folder(provider)) != 0)
        core = core->next;
    return core;
}

static wcl_status find_opened(cl_platform_id platform, cl_device_id id, wcl__opened **out)
{
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
    cl_int code;
    for (*out = all_opened; *out; *out = (*out)->next)
        if ((*out)->id == id)
            return WCL_OK;
    wcl__opened *opened = wcl__alloc(1, sizeof *opened);
    if (!opened)
        return wcl__fail_memory();
    opened->context = clCreateContext(properties, 1, &id, NULL, NULL, &code);
    if (code != CL_SUCCESS) {
        wcl__free(opened);
        return wcl__fail_cl(code, "cannot make an OpenCL context");
    }
    opened->id = id;
    opened->next = all_opened;
    *out = all_opened = opened;
    return WCL_OK;
}

/* Ends the device where it has no core left. */
static void let_go(wcl__opened *opened)
{
    wcl__opened **at = &all_opened;
    if (opened->cores)
        return;
    while (*at != opened)
        at = &(*at)->next;
    *at = opened->next;
    clReleaseContext(opened->context);
    clReleaseDevice(opened->id); /* nothing for a root device */
    wcl__free(opened);
}

wcl_status wcl__core_open(cl_platform_id platform, cl_device_id id, wcl__core **out, cl_context *context)
{
    wcl__provider *provider;
    wcl__opened *opened = NULL;
    *out = NULL;
    wcl_status status = wcl__provider_create(&provider);
    if (status != WCL_OK)
        return status;
    pthread_mutex_lock(&opened_lock);
    status = find_opened(platform, id, &opened);
    wcl__core *found = status == WCL_OK ? find_core(opened, provider) : NULL;
    if (status != WCL_OK || found) {
        wcl__provider_destroy(provider);
        if (found)
            found->references++;
        *out = found;
    } else {
        status = make_core(provider, opened, out);
    }
    if (status == WCL_OK)
        *context = opened->context;
    else if (opened)
        let_go(opened);
    pthread_mutex_unlock(&opened_lock);
    return status;
}

/* Under the lock to the end: who opens the device meanwhile gets the whole or nothing of it. */
void wcl__core_close(wcl__core *core)
{
    if (!core)
        return;
    pthread_mutex_lock(&opened_lock);
    if (--core->references == 0) {
        wcl__opened *opened = core->opened;
        for (wcl__core **at = opened ? &opened->cores : NULL; at && *at; at = &(*at)->next)
            if (*at == core) {
                *at = core->next;
                break;
            }
        core_free(core);
        if (opened)
            let_go(opened);
    }
    pthread_mutex_unlock(&opened_lock);
}

/* Another core for the handle, which keeps the old one: what was built with it is in use. */
static wcl_status change_core(wcl_device *device, wcl__core *core, wcl__core *found, wcl__provider *provider)
{
    wcl_status status = WCL_OK;
    if (!WCL__GROW(device->former, device->former_count, device->former_capacity)) {
        wcl__provider_destroy(provider);
        return wcl__fail_memory();
    }
    if (found) {
        wcl__provider_destroy(provider);
        found->references++;
    } else {
        status = make_core(provider, core->opened, &found);
    }
    if (status != WCL_OK)
        return status;
    device->former[device->former_count++] = core;
    __atomic_store_n(&device->core, found, __ATOMIC_RELEASE);
    return WCL_OK;
}

wcl_status wcl_device_set_cache(wcl_device *device, const char *path, uint64_t limit_bytes)
{
    wcl__provider *provider;
    wcl__clear_error();
    wcl_status status = wcl__provider_create(&provider);
    if (status != WCL_OK)
        return status;
    pthread_mutex_lock(&opened_lock);
    wcl__core *core = wcl__device_core(device);
    status = wcl__provider_set_folder(provider, path, limit_bytes);
    wcl__core *found = status == WCL_OK && core->opened ? find_core(core->opened, provider) : NULL;
    if (status == WCL_OK && found != core && (found || core->references > 1)) {
        status = change_core(device, core, found, provider);
    } else {
        wcl__provider_destroy(provider);
        if (status == WCL_OK)
            status = wcl__provider_set_folder(core->provider, path, limit_bytes);
    }
    pthread_mutex_unlock(&opened_lock);
    return status;
}
