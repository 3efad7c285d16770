/* Kernel launches. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "runtime/kernel_set.h"
#include "runtime/provider.h"
#include "base/error.h"

/* ------------------------------------------------------------------ building a call */

wcl_status wcl__call_begin(wcl__call *call, const wcl__kernel *kernel, const wcl__param_table *family,
                           const void *params)
{
    const wcl_status status = wcl__params_validate(family, params);
    if (status != WCL_OK)
        return wcl__in_kernel(status, kernel->name);
    *call = (wcl__call){.kernel = kernel->name, .reads = kernel->reads, .config.family = family};
    memcpy(call->config.values, params, (size_t)family->count * sizeof(int));
    return WCL_OK;
}

static wcl__arg *next_arg(wcl__call *call)
{
    assert(call->arg_count < WCL__MAX_ARGS);
    return &call->args[call->arg_count++];
}

void wcl__call_slot(wcl__call *call, int slot)
{
    *next_arg(call) = (wcl__arg){.kind = WCL__ARG_SLOT, .slot = slot, .size = sizeof(cl_mem)};
}

void wcl__call_value(wcl__call *call, const void *value, size_t size)
{
    assert(size <= WCL__ARG_BYTES);
    wcl__arg *arg = next_arg(call);
    *arg = (wcl__arg){.kind = WCL__ARG_VALUE, .size = size};
    memcpy(arg->value, value, size);
}

void wcl__call_local(wcl__call *call, size_t bytes)
{
    *next_arg(call) = (wcl__arg){.kind = WCL__ARG_LOCAL, .size = bytes};
}

void wcl__call_range(wcl__call *call, int64_t x, int64_t y, int64_t z, const size_t local[3])
{
    const int64_t items[3] = {x, y, z};
    for (int i = 0; i < 3; i++) {
        size_t size = local && local[i] ? local[i] : 1;
        size_t wanted = items[i] > 1 ? (size_t)items[i] : 1;
        call->range.local[i] = size;
        call->range.global[i] = (wanted + size - 1) / size * size;
    }
    call->range.fixed = false;
}

void wcl__call_fixed_range(wcl__call *call, int64_t x, int64_t y, int64_t z, const size_t local[3])
{
    wcl__call_range(call, x, y, z, local);
    call->range.fixed = true;
}

/* ------------------------------------------------------------------ limits */

/* A driver that does not know a kernel's limit says 0. */
static size_t kernel_number(cl_kernel kernel, cl_device_id id, cl_kernel_work_group_info name)
{
    cl_ulong local = 0;
    size_t group = 0;
    if (name == CL_KERNEL_LOCAL_MEM_SIZE)
        return clGetKernelWorkGroupInfo(kernel, id, name, sizeof local, &local, NULL) == CL_SUCCESS
                   ? (size_t)local
                   : 0;
    return clGetKernelWorkGroupInfo(kernel, id, name, sizeof group, &group, NULL) == CL_SUCCESS ? group : 0;
}

/* Does the kernel depend on the call's work-group, whatever the call says? CL_KERNEL_LOCAL_MEM_SIZE does not
 * tell whether its items share local memory: NVIDIA's driver counts 1 KiB of its own for every kernel. */
static bool needs_its_group(const wcl_device *device, const wcl__call *call, cl_kernel kernel)
{
    size_t required[3] = {0, 0, 0};
    for (int i = 0; i < call->arg_count; i++)
        if (call->args[i].kind == WCL__ARG_LOCAL)
            return true;
    return clGetKernelWorkGroupInfo(kernel, device->id, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof required,
                                    required, NULL) == CL_SUCCESS &&
           required[0] > 0;
}

/* To be called before the arguments are set, as check_local_memory. */
static wcl_status fit_range(const wcl_device *device, const wcl__call *call, const wcl__range *wanted,
                            cl_kernel kernel, wcl__range *range)
{
    *range = *wanted;
    if (range->local[0] * range->local[1] * range->local[2] > 1 && needs_its_group(device, call, kernel))
        range->fixed = true;
    return wcl__range_fit(range, &device->facts,
                          kernel_number(kernel, device->id, CL_KERNEL_WORK_GROUP_SIZE));
}

/* To be called before the arguments are set: then the kernel's own number holds its static arrays alone. */
static wcl_status check_local_memory(const wcl_device *device, const wcl__call *call, cl_kernel kernel)
{
    uint64_t bytes = kernel_number(kernel, device->id, CL_KERNEL_LOCAL_MEM_SIZE);
    for (int i = 0; i < call->arg_count; i++)
        if (call->args[i].kind == WCL__ARG_LOCAL &&
            __builtin_add_overflow(bytes, (uint64_t)call->args[i].size, &bytes))
            bytes = UINT64_MAX;
    if (bytes > device->facts.local_bytes)
        return wcl__fail(WCL_UNSUPPORTED, "needs %llu bytes of local memory, the device has %llu",
                         (unsigned long long)bytes, (unsigned long long)device->facts.local_bytes);
    return WCL_OK;
}

static wcl_status check_arguments(const wcl__call *call, cl_kernel kernel)
{
    cl_uint count = 0;
    cl_int code = clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof count, &count, NULL);
    if (code != CL_SUCCESS)
        return wcl__fail_cl(code, "cannot read the kernel's arguments");
    if (count != (cl_uint)call->arg_count)
        return wcl__fail(WCL_BAD_ARGUMENT, "takes %u arguments, the call has %d", count, call->arg_count);
    return WCL_OK;
}

/* ------------------------------------------------------------------ launch */

static wcl_status set_arg(cl_kernel kernel, int index, size_t size, const void *value)
{
    cl_int code = clSetKernelArg(kernel, (cl_uint)index, size, value);
    if (code == CL_SUCCESS)
        return WCL_OK;
    char what[64];
    snprintf(what, sizeof what, "cannot set argument %d (%zu bytes)", index, size);
    return wcl__fail_cl(code, what);
}

static wcl_status set_args(const wcl__call *call, cl_kernel kernel, const cl_mem *slots)
{
    wcl_status status = WCL_OK;
    for (int i = 0; i < call->arg_count && status == WCL_OK; i++) {
        const wcl__arg *arg = &call->args[i];
        const void *value = NULL; /* of local memory */
        if (arg->kind == WCL__ARG_SLOT)
            value = &slots[arg->slot];
        else if (arg->kind == WCL__ARG_VALUE)
            value = arg->value;
        status = set_arg(kernel, i, arg->size, value);
    }
    return status;
}

wcl_status wcl__launch_create(wcl_device *device, const wcl__call *call, const cl_mem *slots,
                              wcl__launch *out)
{
    wcl__resolved resolved;
    cl_program program;
    cl_int code;
    *out = (wcl__launch){.call = call};
    wcl_status status = wcl__kernel_resolve(device, call, &resolved);
    if (status == WCL_OK)
        status = wcl__provider_get(device, resolved.program, resolved.options, &program);
    if (status != WCL_OK)
        goto cleanup;
    out->kernel = clCreateKernel(program, resolved.entry, &code);
    if (code != CL_SUCCESS) {
        out->kernel = NULL;
        status = wcl__fail_cl(code, "cannot make the kernel");
        goto cleanup;
    }
    if ((status = check_arguments(call, out->kernel)) != WCL_OK)
        goto cleanup;
    if ((status = fit_range(device, call, &resolved.range, out->kernel, &out->range)) != WCL_OK)
        goto cleanup;
    if ((status = check_local_memory(device, call, out->kernel)) != WCL_OK)
        goto cleanup;
    status = set_args(call, out->kernel, slots);
cleanup:
    if (status != WCL_OK)
        wcl__launch_destroy(out);
    return wcl__in_kernel(status, call->kernel);
}

wcl_status wcl__launch_bind(const wcl__launch *launch, int slot, cl_mem memory)
{
    wcl_status status = WCL_OK;
    for (int i = 0; i < launch->call->arg_count && status == WCL_OK; i++) {
        const wcl__arg *arg = &launch->call->args[i];
        if (arg->kind == WCL__ARG_SLOT && arg->slot == slot)
            status = set_arg(launch->kernel, i, sizeof memory, &memory);
    }
    return wcl__in_kernel(status, launch->call->kernel);
}

/* first and last (may be NULL): events of the first of several pieces, and of the last one. */
static wcl_status enqueue_pieces(const wcl__launch *launch, cl_command_queue queue, cl_uint wait_count,
                                 const cl_event *waits, cl_event *first, cl_event *last)
{
    const size_t pieces = wcl__range_pieces(&launch->range);
    cl_int code = CL_SUCCESS;
    for (size_t i = 0; i < pieces && code == CL_SUCCESS; i++) {
        const wcl__piece piece = wcl__range_piece(&launch->range, i);
        cl_event *event = i + 1 == pieces ? last : i == 0 ? first : NULL;
        code =
            clEnqueueNDRangeKernel(queue, launch->kernel, 3, pieces > 1 ? piece.offset : NULL, piece.global,
                                   launch->range.local, wait_count, wait_count ? waits : NULL, event);
    }
    return code == CL_SUCCESS
               ? WCL_OK
               : wcl__in_kernel(wcl__fail_cl_running(code, "cannot run"), launch->call->kernel);
}

wcl_status wcl__launch_enqueue(const wcl__launch *launch, cl_command_queue queue, cl_uint wait_count,
                               const cl_event *waits, cl_event *event)
{
    return enqueue_pieces(launch, queue, wait_count, waits, NULL, event);
}

wcl_status wcl__launch_enqueue_timed(const wcl__launch *launch, cl_command_queue queue, wcl__span *span)
{
    return enqueue_pieces(launch, queue, 0, NULL, span ? &span->first : NULL, span ? &span->last : NULL);
}

void wcl__launch_destroy(wcl__launch *launch)
{
    if (launch->kernel)
        clReleaseKernel(launch->kernel);
    *launch = (wcl__launch){0};
}

/* ------------------------------------------------------------------ buffers and events */

wcl_status wcl__buffer_create(wcl_device *device, cl_mem_flags flags, size_t bytes, void *host,
                              const char *what, cl_mem *out)
{
    /* drivers that allocate at the first use accept any size */
    const bool possible = device->facts.global_bytes == 0 || bytes <= device->facts.global_bytes;
    cl_int code = CL_INVALID_BUFFER_SIZE;
    *out = possible ? clCreateBuffer(device->context, flags, WCL__MAX(bytes, (size_t)1), host, &code) : NULL;
    if (code == CL_SUCCESS)
        return WCL_OK;
    *out = NULL;
    char text[256];
    snprintf(text, sizeof text, "%s: cannot have %zu bytes of device memory", what, bytes);
    return wcl__fail_cl(code, text);
}

double wcl__event_ms(cl_event event)
{
    cl_ulong start = 0, end = 0;
    if (clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) !=
            CL_SUCCESS ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) != CL_SUCCESS ||
        end < start)
        return -1;
    return (double)(end - start) * 1e-6;
}

void wcl__span_clear(wcl__span *span)
{
    if (span->first)
        clReleaseEvent(span->first);
    if (span->last)
        clReleaseEvent(span->last);
    *span = (wcl__span){0};
}

double wcl__span_ms(const wcl__span *span)
{
    const cl_profiling_info from = span->after ? CL_PROFILING_COMMAND_END : CL_PROFILING_COMMAND_START;
    cl_ulong start = 0, end = 0;
    if (!span->first)
        return wcl__event_ms(span->last);
    if (clGetEventProfilingInfo(span->first, from, sizeof start, &start, NULL) != CL_SUCCESS ||
        clGetEventProfilingInfo(span->last, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) != CL_SUCCESS ||
        end < start)
        return -1;
    return (double)(end - start) * 1e-6;
}

double wcl__event_start_ms(cl_event event, cl_event first)
{
    cl_ulong start = 0, from = 0;
    if (clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) !=
            CL_SUCCESS ||
        clGetEventProfilingInfo(first, CL_PROFILING_COMMAND_START, sizeof from, &from, NULL) != CL_SUCCESS ||
        start < from)
        return -1;
    return (double)(start - from) * 1e-6;
}
