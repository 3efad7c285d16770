/* Statuses, the thread's error record and the log. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* The record needs no memory of its own, so that running out of memory can be reported; only a build log is
 * on the heap. A list of unsupported nodes is why the reason may be long. */
enum {
    PLACE_BYTES = 512,
    REASON_BYTES = 4096,
    MESSAGE_BYTES = REASON_BYTES + 3 * PLACE_BYTES,
    LOG_BYTES = 2048
};
enum { BUILD_LOG_BYTES = 65536 };

typedef struct record {
    wcl_status status;
    cl_int cl_code;
    char file[PLACE_BYTES], node[PLACE_BYTES], kernel[PLACE_BYTES];
    char reason[REASON_BYTES];
    char message[MESSAGE_BYTES];
    char *build_log;
    wcl_error published;
} record;

static _Thread_local record last;

static pthread_once_t exit_once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key; /* frees the build log of a thread that ends */
static bool exit_key_made;

static wcl_log_function log_function;
static void *log_user;
static wcl_log_level log_level;

const char *wcl_version(void)
{
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
    return TEXT(WCL_VERSION_MAJOR) "." TEXT(WCL_VERSION_MINOR) "." TEXT(WCL_VERSION_PATCH);
#undef TEXT
#undef TEXT_
}

const char *wcl_status_string(wcl_status status)
{
    switch (status) {
#define STATUS_TEXT(name, value, text) \
    case name:                         \
        return text;
        WCL_STATUS_TABLE(STATUS_TEXT)
#undef STATUS_TEXT
    }
    return "unknown status";
}

/* Copies text, marking what was cut. */
static void copy_text(char *out, size_t bytes, const char *text)
{
    size_t length = strlen(text);
    if (length >= bytes) {
        memcpy(out, text, bytes - 4);
        memcpy(out + bytes - 4, "...", 4);
    } else {
        memcpy(out, text, length + 1);
    }
}

static void compose_message(record *r)
{
    const char *parts[] = {r->file, NULL, r->kernel, r->reason};
    char node[PLACE_BYTES + 8] = "";
    if (r->node[0])
        snprintf(node, sizeof node, "node %s", r->node);
    parts[1] = node;
    size_t length = 0;
    r->message[0] = '\0';
    for (size_t i = 0; i < WCL__COUNT(parts); i++) {
        if (!parts[i][0])
            continue;
        int written =
            snprintf(r->message + length, sizeof r->message - length, "%s%s", length ? ": " : "", parts[i]);
        if (written < 0 || (size_t)written >= sizeof r->message - length)
            break;
        length += (size_t)written;
    }
    if (!r->message[0] && r->status != WCL_OK)
        copy_text(r->message, sizeof r->message, wcl_status_string(r->status));
    for (char *c = r->message; *c;
         c++) /* the message is one line, whatever a driver or a file put into its parts */
        if ((unsigned char)*c < ' ')
            *c = ' ';
}

const wcl_error *wcl_last_error(void)
{
    compose_message(&last);
    last.published = (wcl_error){last.status,
                                 last.cl_code,
                                 last.file,
                                 last.node,
                                 last.kernel,
                                 last.reason,
                                 last.build_log ? last.build_log : "",
                                 last.message};
    return &last.published;
}

static void make_exit_key(void)
{
    exit_key_made = pthread_key_create(&exit_key, free) == 0;
}

static void keep_build_log(char *log)
{
    if (!log && !last.build_log)
        return;
    wcl__free(last.build_log);
    last.build_log = log;
    pthread_once(&exit_once, make_exit_key);
    if (exit_key_made)
        pthread_setspecific(exit_key, log);
}

void wcl__clear_error(void)
{
    last.status = WCL_OK;
    last.cl_code = CL_SUCCESS;
    last.file[0] = last.node[0] = last.kernel[0] = last.reason[0] = '\0';
    keep_build_log(NULL);
    wcl__clear_unsupported();
}

/* Starts a new record. The text comes ready-made, since its arguments may be parts of the old record. */
static void start_record(wcl_status status, cl_int code, const char *reason)
{
    wcl__clear_error();
    last.status = status;
    last.cl_code = code;
    copy_text(last.reason, sizeof last.reason, reason);
}

wcl_status wcl__fail(wcl_status status, const char *format, ...)
{
    char reason[REASON_BYTES + 1]; /* one more than the record's, so that copy_text sees that it was cut */
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(reason, sizeof reason, format, arguments) < 0)
        reason[0] = '\0';
    va_end(arguments);
    start_record(status, CL_SUCCESS, reason);
    return status;
}

wcl_status wcl__fail_memory(void)
{
    start_record(WCL_NO_MEMORY, CL_SUCCESS, "out of memory");
    return WCL_NO_MEMORY;
}

wcl_status wcl__fail_errno(wcl_status status, const char *what)
{
    int code = errno;
    return wcl__fail(code == ENOMEM ? WCL_NO_MEMORY : status, "%s: %s", what, strerror(code));
}

wcl_status wcl__fail_again(const wcl_error *earlier)
{
    start_record(earlier->status, earlier->cl_code, earlier->reason);
    wcl__set_build_log(earlier->build_log);
    return earlier->status;
}

static wcl_status in_place(wcl_status status, char *place, const char *name)
{
    if (status != WCL_OK && !place[0] && name)
        copy_text(place, PLACE_BYTES, name);
    return status;
}

wcl_status wcl__in_file(wcl_status status, const char *file)
{
    return in_place(status, last.file, file);
}

wcl_status wcl__in_node(wcl_status status, const char *node)
{
    return in_place(status, last.node, node);
}

wcl_status wcl__in_kernel(wcl_status status, const char *kernel)
{
    return in_place(status, last.kernel, kernel);
}

void wcl__set_build_log(const char *log)
{
    size_t length = log ? strlen(log) : 0;
    size_t bytes = WCL__MIN(length + 1, (size_t)BUILD_LOG_BYTES);
    char *copy = length ? wcl__alloc(bytes, 1) : NULL;
    if (copy)
        copy_text(copy, bytes, log);
    keep_build_log(copy);
}

/* ------------------------------------------------------------------ OpenCL's codes */

/* Each code with its status here; -1001 and the like come from the ICD loader. */
static const struct {
    cl_int code;
    wcl_status status;
    const char *name;
} cl_codes[] = {
    {-1, WCL_NOT_FOUND, "CL_DEVICE_NOT_FOUND"},
    {-2, WCL_DEVICE_ERROR, "CL_DEVICE_NOT_AVAILABLE"},
    {-3, WCL_BUILD_FAILED, "CL_COMPILER_NOT_AVAILABLE"},
    {-4, WCL_NO_MEMORY, "CL_MEM_OBJECT_ALLOCATION_FAILURE"},
    {-5, WCL_NO_MEMORY, "CL_OUT_OF_RESOURCES"},
    {-6, WCL_NO_MEMORY, "CL_OUT_OF_HOST_MEMORY"},
    {-7, WCL_DEVICE_ERROR, "CL_PROFILING_INFO_NOT_AVAILABLE"},
    {-8, WCL_DEVICE_ERROR, "CL_MEM_COPY_OVERLAP"},
    {-9, WCL_DEVICE_ERROR, "CL_IMAGE_FORMAT_MISMATCH"},
    {-10, WCL_DEVICE_ERROR, "CL_IMAGE_FORMAT_NOT_SUPPORTED"},
    {-11, WCL_BUILD_FAILED, "CL_BUILD_PROGRAM_FAILURE"},
    {-12, WCL_DEVICE_ERROR, "CL_MAP_FAILURE"},
    {-13, WCL_DEVICE_ERROR, "CL_MISALIGNED_SUB_BUFFER_OFFSET"},
    {-14, WCL_DEVICE_ERROR, "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST"},
    {-15, WCL_BUILD_FAILED, "CL_COMPILE_PROGRAM_FAILURE"},
    {-16, WCL_BUILD_FAILED, "CL_LINKER_NOT_AVAILABLE"},
    {-17, WCL_BUILD_FAILED, "CL_LINK_PROGRAM_FAILURE"},
    {-18, WCL_DEVICE_ERROR, "CL_DEVICE_PARTITION_FAILED"},
    {-19, WCL_DEVICE_ERROR, "CL_KERNEL_ARG_INFO_NOT_AVAILABLE"},
    {-30, WCL_DEVICE_ERROR, "CL_INVALID_VALUE"},
    {-31, WCL_DEVICE_ERROR, "CL_INVALID_DEVICE_TYPE"},
    {-32, WCL_DEVICE_ERROR, "CL_INVALID_PLATFORM"},
    {-33, WCL_DEVICE_ERROR, "CL_INVALID_DEVICE"},
    {-34, WCL_DEVICE_ERROR, "CL_INVALID_CONTEXT"},
    {-35, WCL_DEVICE_ERROR, "CL_INVALID_QUEUE_PROPERTIES"},
    {-36, WCL_DEVICE_LOST,
     "CL_INVALID_COMMAND_QUEUE"}, /* ours was valid when made: NVIDIA and AMD say this after a fault */
    {-37, WCL_DEVICE_ERROR, "CL_INVALID_HOST_PTR"},
    {-38, WCL_DEVICE_ERROR, "CL_INVALID_MEM_OBJECT"},
    {-39, WCL_DEVICE_ERROR, "CL_INVALID_IMAGE_FORMAT_DESCRIPTOR"},
    {-40, WCL_DEVICE_ERROR, "CL_INVALID_IMAGE_SIZE"},
    {-41, WCL_DEVICE_ERROR, "CL_INVALID_SAMPLER"},
    {-42, WCL_BUILD_FAILED, "CL_INVALID_BINARY"},
    {-43, WCL_BUILD_FAILED, "CL_INVALID_BUILD_OPTIONS"},
    {-44, WCL_DEVICE_ERROR, "CL_INVALID_PROGRAM"},
    {-45, WCL_DEVICE_ERROR, "CL_INVALID_PROGRAM_EXECUTABLE"},
    {-46, WCL_DEVICE_ERROR, "CL_INVALID_KERNEL_NAME"},
    {-47, WCL_DEVICE_ERROR, "CL_INVALID_KERNEL_DEFINITION"},
    {-48, WCL_DEVICE_ERROR, "CL_INVALID_KERNEL"},
    {-49, WCL_DEVICE_ERROR, "CL_INVALID_ARG_INDEX"},
    {-50, WCL_DEVICE_ERROR, "CL_INVALID_ARG_VALUE"},
    {-51, WCL_DEVICE_ERROR, "CL_INVALID_ARG_SIZE"},
    {-52, WCL_DEVICE_ERROR, "CL_INVALID_KERNEL_ARGS"},
    {-53, WCL_DEVICE_ERROR, "CL_INVALID_WORK_DIMENSION"},
    {-54, WCL_DEVICE_ERROR, "CL_INVALID_WORK_GROUP_SIZE"},
    {-55, WCL_DEVICE_ERROR, "CL_INVALID_WORK_ITEM_SIZE"},
    {-56, WCL_DEVICE_ERROR, "CL_INVALID_GLOBAL_OFFSET"},
    {-57, WCL_DEVICE_ERROR, "CL_INVALID_EVENT_WAIT_LIST"},
    {-58, WCL_DEVICE_ERROR, "CL_INVALID_EVENT"},
    {-59, WCL_DEVICE_ERROR, "CL_INVALID_OPERATION"},
    {-60, WCL_DEVICE_ERROR, "CL_INVALID_GL_OBJECT"},
    {-61, WCL_NO_MEMORY, "CL_INVALID_BUFFER_SIZE"},
    {-62, WCL_DEVICE_ERROR, "CL_INVALID_MIP_LEVEL"},
    {-63, WCL_DEVICE_ERROR, "CL_INVALID_GLOBAL_WORK_SIZE"},
    {-64, WCL_DEVICE_ERROR, "CL_INVALID_PROPERTY"},
    {-65, WCL_DEVICE_ERROR, "CL_INVALID_IMAGE_DESCRIPTOR"},
    {-66, WCL_BUILD_FAILED, "CL_INVALID_COMPILER_OPTIONS"},
    {-67, WCL_BUILD_FAILED, "CL_INVALID_LINKER_OPTIONS"},
    {-68, WCL_DEVICE_ERROR, "CL_INVALID_DEVICE_PARTITION_COUNT"},
    {-1001, WCL_NOT_FOUND, "CL_PLATFORM_NOT_FOUND_KHR"},
    {-9999, WCL_DEVICE_LOST, "NVIDIA_ILLEGAL_READ_OR_WRITE"},
};

const char *wcl__cl_name(cl_int code)
{
    if (code == CL_SUCCESS)
        return "CL_SUCCESS";
    for (size_t i = 0; i < WCL__COUNT(cl_codes); i++)
        if (cl_codes[i].code == code)
            return cl_codes[i].name;
    return "unknown OpenCL code";
}

wcl_status wcl__fail_cl(cl_int code, const char *what)
{
    wcl_status status = WCL_DEVICE_ERROR;
    for (size_t i = 0; i < WCL__COUNT(cl_codes); i++)
        if (cl_codes[i].code == code)
            status = cl_codes[i].status;
    wcl__fail(status, "%s: %s (%d)", what, wcl__cl_name(code), (int)code);
    last.cl_code = code;
    return status;
}

wcl_status wcl__fail_cl_running(cl_int code, const char *what)
{
    if (code != CL_OUT_OF_RESOURCES)
        return wcl__fail_cl(code, what);
    wcl__fail(WCL_DEVICE_ERROR,
              "%s: %s (%d): drivers report a fault of a kernel and a lack of resources alike", what,
              wcl__cl_name(code), (int)code);
    last.cl_code = code;
    return WCL_DEVICE_ERROR;
}

/* ------------------------------------------------------------------ log */

void wcl_set_log(wcl_log_function function, void *user, wcl_log_level level)
{
    log_function = function;
    log_user = user;
    log_level = level;
}

void wcl__log(wcl_log_level level, const char *format, ...)
{
    char text[LOG_BYTES];
    va_list arguments;
    if (!log_function || level > log_level)
        return;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof text, format, arguments) >= 0)
        log_function(log_user, level, text);
    va_end(arguments);
}
