/* What went wrong, as a thread-local record: the first cause wins, outer rooms add the places they know. And
 * the log. */
#ifndef WCL_BASE_ERROR_H
#define WCL_BASE_ERROR_H

#include "base/base.h"

/*     return wcl__fail(WCL_BAD_SHAPE, "weight has %d dimensions, Conv needs 4", rank);   the cause
 *     return wcl__in_node(status, node->name);                                           on the way out: who
 *     return wcl__in_file(status, path);                                                 and where
 */
wcl_status wcl__fail(wcl_status status, const char *format, ...) WCL__PRINTF(2, 3);
/* Translates the driver's code: the only place that does, with the next. */
wcl_status wcl__fail_cl(cl_int code, const char *what);
/* The same for a call that runs kernels or waits for them: there CL_OUT_OF_RESOURCES is WCL_DEVICE_ERROR,
 * since drivers report a kernel's fault so too. */
wcl_status wcl__fail_cl_running(cl_int code, const char *what);
wcl_status wcl__fail_memory(void);
/* Fails as an earlier call did: its status, code, reason and build log, without its places. Must not be the
 * thread's own record. */
wcl_status wcl__fail_again(const wcl_error *earlier);
wcl_status wcl__fail_errno(wcl_status status, const char *what); /* reason: "what: strerror(errno)" */
/* Each returns `status` unchanged and does nothing for WCL_OK or where the place is already known. */
wcl_status wcl__in_file(wcl_status status, const char *file);
wcl_status wcl__in_node(wcl_status status, const char *node);
wcl_status wcl__in_kernel(wcl_status status, const char *kernel);
void wcl__set_build_log(const char *log);
const char *wcl__cl_name(cl_int code); /* "CL_OUT_OF_RESOURCES" */
void wcl__clear_error(void);           /* at the start of a public function that can fail */
/* The nodes that the record is about, copied (unsupported.c): wcl_last_unsupported. Set after wcl__fail,
 * which begins without any; false: no memory. */
bool wcl__set_unsupported(const wcl_unsupported *records, int count);
void wcl__clear_unsupported(void); /* wcl__clear_error does */

/* To the function of wcl_set_log, if the level is one that it wants. */
void wcl__log(wcl_log_level level, const char *format, ...) WCL__PRINTF(2, 3);

#endif
