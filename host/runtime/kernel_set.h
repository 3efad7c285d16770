/* Which program runs a call. A family names a kernel and its configuration; the device's kernel set knows the
 * program that has it, its entry there and the index space that it wants. The portable set is the embedded
 * OpenCL C; a set of another kind of device (an FPGA, whose programs are built offline) answers the same
 * question differently. */
#ifndef WCL_RUNTIME_KERNEL_SET_H
#define WCL_RUNTIME_KERNEL_SET_H

#include "runtime/launch.h"

enum { WCL__OPTION_BYTES = 512 };

typedef struct wcl__resolved {
    const char *program;             /* what the provider calls it */
    const char *entry;               /* the kernel's name in it */
    char options[WCL__OPTION_BYTES]; /* that it is built with */
    wcl__range range;                /* not yet fitted to the device's limits */
} wcl__resolved;

struct wcl__kernel_set {
    const char *name;
    /* WCL_NOT_FOUND: it has no such kernel, or not with this configuration. */
    wcl_status (*resolve)(const wcl__call *call, wcl__resolved *out);
};

/* One program for each kernel, named as it is, built with the fields that the kernel reads. */
extern const wcl__kernel_set wcl__portable_kernels;

wcl_status wcl__kernel_resolve(const wcl_device *device, const wcl__call *call, wcl__resolved *out);
/* Builds the call's program, or finds it built. */
wcl_status wcl__kernel_build(wcl_device *device, const wcl__call *call);

#endif
