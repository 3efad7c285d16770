/* A kernel launch as plain data (wcl__call: what a plan holds), and the same with its OpenCL objects
 * (wcl__launch: what a session holds). Nobody else calls clSetKernelArg. */
#ifndef WCL_RUNTIME_LAUNCH_H
#define WCL_RUNTIME_LAUNCH_H

#include "runtime/profile.h"
#include "runtime/range.h"
#include "tune/params.h"

enum { WCL__MAX_ARGS = 16, WCL__ARG_BYTES = 128 };

typedef enum wcl__arg_kind {
    WCL__ARG_SLOT = 1,  /* a buffer: index into the table of cl_mem that the launch is bound to */
    WCL__ARG_VALUE = 2, /* `size` bytes of `value` */
    WCL__ARG_LOCAL = 3  /* `size` bytes of local memory */
} wcl__arg_kind;

typedef struct wcl__arg {
    wcl__arg_kind kind;
    int slot;
    size_t size;
    unsigned char value[WCL__ARG_BYTES];
} wcl__arg;

/* A kernel, as the families know it. */
typedef struct wcl__kernel {
    const char *name;  /* "pool_max" */
    const char *reads; /* the family's fields that its code depends on: "cb act"; NULL: all */
} wcl__kernel;

/* What is to run, in nobody's terms but ours: the device's kernel set says with which
 * program (kernel_set.h). */
typedef struct wcl__call {
    const char *kernel; /* NULL: no call */
    const char *reads;  /* wcl__kernel's */
    wcl__config config;
    wcl__arg args[WCL__MAX_ARGS];
    int arg_count;
    wcl__range range;
} wcl__call;

/* Empties the call and gives it kernel and configuration. WCL_BAD_ARGUMENT where the values break a rule of
 * the family. */
wcl_status wcl__call_begin(wcl__call *call, const wcl__kernel *kernel, const wcl__param_table *family,
                           const void *params);
/* Building a call. An argument too many or too large is a programming error caught by assert. */
void wcl__call_slot(wcl__call *call, int slot);
void wcl__call_value(wcl__call *call, const void *value, size_t size);
void wcl__call_local(wcl__call *call, size_t bytes);
#define WCL__CALL_VALUE(call, lvalue) wcl__call_value((call), &(lvalue), sizeof(lvalue))
/* Items of work in each dimension, rounded up to the work-group; a local size of 0 counts as 1. The launch
 * makes the work-group smaller where device or kernel demand it: the kernel must do with any, and must not
 * count by get_group_id. */
void wcl__call_range(wcl__call *call, int64_t x, int64_t y, int64_t z, const size_t local[3]);
/* The same for a kernel that needs exactly this work-group, as all do that declare local arrays: a device
 * that does not allow it refuses the launch. */
void wcl__call_fixed_range(wcl__call *call, int64_t x, int64_t y, int64_t z, const size_t local[3]);

typedef struct wcl__launch {
    const wcl__call *call; /* outlives the launch */
    cl_kernel kernel;
    wcl__range range; /* the call's, fitted to the device and the kernel */
} wcl__launch;

/* Gets the program, makes the kernel, sets all arguments from `slots`, fits the range to the device's and the
 * kernel's limits, and checks local memory (PoCL aborts the process instead). A kernel with
 * reqd_work_group_size or local memory keeps the call's work-group. */
wcl_status wcl__launch_create(wcl_device *device, const wcl__call *call, const cl_mem *slots,
                              wcl__launch *out);
/* Sets again the buffer arguments that use `slot`. */
wcl_status wcl__launch_bind(const wcl__launch *launch, int slot, cl_mem memory);
/* From its `first` command's start (that has none where it is one command; a marker's end is the start of
 * what comes behind it) to the end of its `last` one. */
typedef struct wcl__span {
    cl_event first, last;
    bool after; /* `first` is a marker */
} wcl__span;

/* Enqueues the kernel, in several pieces where the range needs them. span (may be NULL): gets
 * their events. */
wcl_status wcl__launch_enqueue_timed(const wcl__launch *launch, cl_command_queue queue, wcl__span *span);
/* The same. event (may be NULL): of the last piece. */
wcl_status wcl__launch_enqueue(const wcl__launch *launch, cl_command_queue queue, cl_uint wait_count,
                               const cl_event *waits, cl_event *event);
void wcl__launch_destroy(wcl__launch *launch);

/* A buffer of at least one byte. WCL_NO_MEMORY names `what` and the bytes. */
wcl_status wcl__buffer_create(wcl_device *device, cl_mem_flags flags, size_t bytes, void *host,
                              const char *what, cl_mem *out);
/* Device time of a finished command in ms; -1 where the queue does not measure. */
double wcl__event_ms(cl_event event);
/* Releases its events. */
void wcl__span_clear(wcl__span *span);
/* From the start to the end of what is finished, in ms; -1 where the queue does not measure. */
double wcl__span_ms(const wcl__span *span);
/* From the start of one command to that of another, in ms; -1 where the queue does not measure. */
double wcl__event_start_ms(cl_event event, cl_event first);

#endif
