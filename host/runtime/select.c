/* Which devices there are, and which one a SPEC means. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runtime/select.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

static wcl_status add_platform(wcl__found_list *list, cl_platform_id platform, int platform_index)
{
    wcl_status status = WCL_OK;
    cl_uint count = 0;
    cl_device_id *ids = NULL;
    cl_int code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count);
    if (code == CL_DEVICE_NOT_FOUND || (code == CL_SUCCESS && count == 0))
        return WCL_OK;
    if (code != CL_SUCCESS)
        return wcl__fail_cl(code, "cannot list the devices");
    if (!(ids = wcl__alloc(count, sizeof *ids)))
        return wcl__fail_memory();
    code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, ids, NULL);
    if (code != CL_SUCCESS) {
        status = wcl__fail_cl(code, "cannot list the devices");
        goto cleanup;
    }
    for (cl_uint i = 0; i < count; i++) {
        wcl__found found = {
            .platform = platform, .id = ids[i], .platform_index = platform_index, .device_index = (int)i};
        cl_bool available = CL_TRUE;
        if ((status = wcl__facts_read(platform, ids[i], &found.facts)) != WCL_OK)
            goto cleanup;
        found.available =
            clGetDeviceInfo(ids[i], CL_DEVICE_AVAILABLE, sizeof available, &available, NULL) != CL_SUCCESS ||
            available == CL_TRUE;
        if (!WCL__GROW(list->items, list->count, list->capacity)) {
            status = wcl__fail_memory();
            goto cleanup;
        }
        list->items[list->count++] = found;
    }
cleanup:
    wcl__free(ids);
    return status;
}

wcl_status wcl__devices_scan(wcl__found_list *list)
{
    wcl_status status = WCL_OK;
    cl_uint count = 0;
    cl_platform_id *platforms = NULL;
    memset(list, 0, sizeof *list);
    cl_int code = clGetPlatformIDs(0, NULL, &count);
    if (code == CL_SUCCESS && count == 0)
        code = -1001; /* what the usual ICD loader says */
    if (code != CL_SUCCESS)
        return wcl__fail_cl(code,
                            "no OpenCL platform was found: install a driver (for any CPU: pocl-opencl-icd)");
    if (!(platforms = wcl__alloc(count, sizeof *platforms)))
        return wcl__fail_memory();
    code = clGetPlatformIDs(count, platforms, NULL);
    if (code != CL_SUCCESS) {
        status = wcl__fail_cl(code, "cannot list the OpenCL platforms");
        goto cleanup;
    }
    for (cl_uint i = 0; i < count; i++) {
        size_t before = list->count;
        status = add_platform(list, platforms[i], (int)i);
        if (status == WCL_NO_MEMORY)
            goto cleanup;
        if (status != WCL_OK) {
            wcl__log(WCL_LOG_WARNING, "OpenCL platform %u is left out: %s", i, wcl_last_error()->message);
            wcl__clear_error();
            list->count = before;
            status = WCL_OK;
        }
    }
cleanup:
    wcl__free(platforms);
    if (status != WCL_OK)
        wcl__devices_clear(list);
    return status;
}

void wcl__devices_clear(wcl__found_list *list)
{
    wcl__free(list->items);
    memset(list, 0, sizeof *list);
}

/* "gpu", "cpu", "accelerator", "other" */
static const char *device_kind(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU)
        return "gpu";
    if (type & CL_DEVICE_TYPE_CPU)
        return "cpu";
    return type & CL_DEVICE_TYPE_ACCELERATOR ? "accelerator" : "other";
}

/* The most capable of the devices that `fits` marks (NULL: of all): a GPU, else a CPU, else an accelerator,
 * since emulators look like one; among equals by compute units times clock, then the first. */
static int best_of(const wcl__found_list *list, const bool *fits)
{
    int best = -1;
    uint64_t best_rank = 0, best_power = 0;
    for (size_t i = 0; i < list->count; i++) {
        const wcl__found *found = &list->items[i];
        cl_device_type type = found->facts.type;
        uint64_t rank = type & CL_DEVICE_TYPE_GPU           ? 3
                        : type & CL_DEVICE_TYPE_CPU         ? 2
                        : type & CL_DEVICE_TYPE_ACCELERATOR ? 1
                                                            : 0;
        uint64_t power = (uint64_t)found->facts.compute_units * WCL__MAX(found->facts.clock_mhz, 1u);
        if ((fits && !fits[i]) || !found->available)
            continue;
        if (best < 0 || rank > best_rank || (rank == best_rank && power > best_power)) {
            best = (int)i;
            best_rank = rank;
            best_power = power;
        }
    }
    return best;
}

int wcl__devices_best(const wcl__found_list *list)
{
    return best_of(list, NULL);
}

/* "1:0" */
static bool read_numbers(const char *spec, long *platform, long *device)
{
    char *end;
    if (!isdigit((unsigned char)spec[0]))
        return false;
    *platform = strtol(spec, &end, 10);
    if (*end != ':' || !isdigit((unsigned char)end[1]))
        return false;
    *device = strtol(end + 1, &end, 10);
    return *end == '\0';
}

static bool contains(const char *text, const char *part)
{
    size_t length = strlen(part);
    for (; *text; text++)
        if (strncasecmp(text, part, length) == 0)
            return true;
    return false;
}

static bool is_kind(const char *spec)
{
    return strcasecmp(spec, "gpu") == 0 || strcasecmp(spec, "cpu") == 0 ||
           strcasecmp(spec, "accelerator") == 0;
}

/* Marks the devices that the spec may mean; returns how many. */
static size_t mark_fitting(const wcl__found_list *list, const char *spec, bool *fits)
{
    long platform = 0, device = 0;
    size_t count = 0, exact = 0;
    bool numbers = read_numbers(spec, &platform, &device);
    for (size_t i = 0; i < list->count; i++) {
        const wcl__found *found = &list->items[i];
        if (numbers)
            fits[i] = found->platform_index == platform && found->device_index == device;
        else if (is_kind(spec))
            fits[i] = strcasecmp(spec, device_kind(found->facts.type)) == 0;
        else
            fits[i] = contains(found->facts.name, spec) || contains(found->facts.platform, spec);
        count += fits[i];
        exact += fits[i] && strcasecmp(found->facts.name, spec) == 0;
    }
    /* "Foo" means the device of this name, also where a "Foo Pro" is. */
    if (exact == 0 || exact == count)
        return count;
    for (size_t i = 0; i < list->count; i++)
        fits[i] = fits[i] && strcasecmp(list->items[i].facts.name, spec) == 0;
    return exact;
}

/* Devices of one kind are ranked; parts of a name must not mean different things. */
static bool is_ambiguous(const wcl__found_list *list, const char *spec, const bool *fits)
{
    const wcl__found *first = NULL;
    if (is_kind(spec))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const wcl__found *found = &list->items[i];
        if (!fits[i])
            continue;
        if (first &&
            (found->facts.type != first->facts.type || strcmp(found->facts.name, first->facts.name) != 0))
            return true;
        first = first ? first : found;
    }
    return false;
}

static wcl_status fail_listing(const wcl__found_list *list, const char *spec, const char *what,
                               const bool *fits)
{
    wcl_status status;
    wcl__text text = {0};
    for (size_t i = 0; i < list->count; i++) {
        const wcl__found *found = &list->items[i];
        if (!fits || fits[i])
            wcl__text_add(&text, "%s%d:%d %s (%s, %s%s)", text.length ? "; " : "", found->platform_index,
                          found->device_index, found->facts.name, device_kind(found->facts.type),
                          found->facts.platform, found->available ? "" : ", not available");
    }
    if (text.failed)
        status = wcl__fail_memory();
    else
        status = wcl__fail(WCL_NOT_FOUND, "device \"%s\": %s: %s", spec, what,
                           text.length ? text.data : "none at all");
    wcl__text_clear(&text);
    return status;
}

wcl_status wcl__devices_match(const wcl__found_list *list, const char *spec, int *index)
{
    wcl_status status = WCL_OK;
    if (list->count == 0)
        return wcl__fail(WCL_NOT_FOUND, "the OpenCL platforms have no device");
    bool *fits = wcl__alloc(list->count, sizeof *fits);
    if (!fits)
        return wcl__fail_memory();
    *index = -1;
    if (!spec || !spec[0])
        *index = wcl__devices_best(list);
    else if (mark_fitting(list, spec, fits) == 0)
        status = fail_listing(list, spec, "no such device; there is", NULL);
    else if (is_ambiguous(list, spec, fits))
        status = fail_listing(list, spec, "fits several devices", fits);
    else
        *index = best_of(list, fits);
    if (status == WCL_OK && *index < 0)
        status = fail_listing(list, spec ? spec : "", "not available now", NULL);
    wcl__free(fits);
    return status;
}
