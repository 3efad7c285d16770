/* A fake ICD: the OpenCL calls of winocl's and the tests' objects pass through here (ld --wrap), to be
 * counted, made to fail, answered for invented devices, or given guard bands. Calls of CLBlast and of drivers
 * do not. */
#ifndef WCL_TESTS_FAKE_CL_H
#define WCL_TESTS_FAKE_CL_H

#include <stdbool.h>
#include <stddef.h>

#include <winocl/winocl.h>

/* Functions that are counted; tests/CMakeLists.txt wraps the same ones. */
#define FAKE_CL_TABLE(X)         \
    X(clGetPlatformIDs)          \
    X(clGetPlatformInfo)         \
    X(clGetDeviceIDs)            \
    X(clGetDeviceInfo)           \
    X(clCreateContext)           \
    X(clReleaseContext)          \
    X(clReleaseDevice)           \
    X(clCreateCommandQueue)      \
    X(clCreateBuffer)            \
    X(clCreateSubBuffer)         \
    X(clCreateProgramWithSource) \
    X(clCreateProgramWithBinary) \
    X(clBuildProgram)            \
    X(clCreateKernel)            \
    X(clGetKernelWorkGroupInfo)  \
    X(clSetKernelArg)            \
    X(clEnqueueNDRangeKernel)    \
    X(clEnqueueReadBuffer)       \
    X(clEnqueueWriteBuffer)      \
    X(clEnqueueCopyBuffer)       \
    X(clEnqueueFillBuffer)       \
    X(clEnqueueMapBuffer)        \
    X(clWaitForEvents)           \
    X(clFinish)

typedef enum fake_cl_function {
#define FAKE_CL_ENUM(name) FAKE_##name,
    FAKE_CL_TABLE(FAKE_CL_ENUM)
#undef FAKE_CL_ENUM
        FAKE_CL_FUNCTIONS
} fake_cl_function;

/* Everything as if this file were not there; counts are 0. Guarded buffers are no longer watched. */
void fake_cl_reset(void);
int fake_cl_calls(fake_cl_function function); /* since fake_cl_reset */
/* The nth call from now (1: the next) gives `code`, once; nth 0: none. One function at a time. */
void fake_cl_fail(fake_cl_function function, int nth, cl_int code);
bool fake_cl_failed(void); /* whether that call came */

typedef struct fake_device {
    const char *platform; /* neighbours with the same one share it */
    const char *name;
    cl_device_type type;
    cl_uint compute_units, clock_mhz;
    bool unavailable;
    bool vague; /* answers 0 wherever it may */
} fake_device;
enum { FAKE_MAX_DEVICES = 8 };
/* These devices in place of the machine's; copied. count 0: there is no platform. NULL: the machine's.
 * Contexts on them can be made and released, nothing else. */
void fake_cl_devices(const fake_device *devices, int count);

/* The machine's own devices and their kernels as ones that allow less: what queries answer, and what an
 * enqueue refuses. Opened devices keep the facts that they read before. 0: no limit. */
typedef struct fake_limits {
    size_t kernel_group;   /* CL_KERNEL_WORK_GROUP_SIZE */
    size_t group, item[3]; /* CL_DEVICE_MAX_WORK_GROUP_SIZE, CL_DEVICE_MAX_WORK_ITEM_SIZES */
    size_t grid[3];        /* work-groups in each dimension; no query tells */
} fake_limits;
void fake_cl_limits(const fake_limits *limits); /* copied; NULL: none */
bool fake_cl_limited(void);                     /* of work-groups */

/* What clCreateProgramWithSource compiles: `rewrite` gives another text (from malloc), or NULL to
 * leave it. */
void fake_cl_rewrite(char *(*rewrite)(const char *source));

/* While on: clCreateBuffer without a host pointer gives the inside of a larger buffer, full of NaN, between
 * guard bands. */
void fake_cl_guard(bool on);
/* False: a guard band of a buffer made since fake_cl_guard(true), released or not, was written to; `where`
 * says which buffer (the nth made), its bytes, and the offset from its start. Waits for nothing: finish your
 * queues first. */
bool fake_cl_check_guards(char *where, size_t bytes);

#endif
