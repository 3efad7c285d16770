/* Kernel sets: from a call to its program. */
#include "runtime/kernel_set.h"

#include <stdio.h>

#include "base/error.h"
#include "runtime/provider.h"

static wcl_status resolve_portable(const wcl__call *call, wcl__resolved *out)
{
    *out = (wcl__resolved){.program = call->kernel, .entry = call->kernel, .range = call->range};
    if (call->config.family)
        wcl__params_options(call->config.family, call->config.values, call->reads, out->options,
                            sizeof out->options);
    return WCL_OK;
}

const wcl__kernel_set wcl__portable_kernels = {"portable", resolve_portable};

wcl_status wcl__kernel_resolve(const wcl_device *device, const wcl__call *call, wcl__resolved *out)
{
    return wcl__in_kernel(device->kernels->resolve(call, out), call->kernel);
}

wcl_status wcl__kernel_build(wcl_device *device, const wcl__call *call)
{
    wcl__resolved resolved;
    cl_program program;
    const wcl_status status = wcl__kernel_resolve(device, call, &resolved);
    return status == WCL_OK ? wcl__provider_get(device, resolved.program, resolved.options, &program)
                            : status;
}
