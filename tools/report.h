/* What the program says to its user: the one-line error, the log, the progress bar, JSON, and text files
 * written whole. */
#ifndef WINOCL_TOOLS_REPORT_H
#define WINOCL_TOOLS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cJSON.h>
#include <winocl/winocl.h>

#if defined(__GNUC__)
#define WCL__PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define WCL__PRINTF(text, first)
#endif

/* Exit statuses of the program. A function of tools/ that returns an int returns one of these, and has said
 * why before it returns another than WCL__DONE. */
enum {
    WCL__DONE = 0,
    WCL__DIFFERS = 1,
    WCL__USAGE = 2,
    WCL__BAD_INPUT = 3,
    WCL__BAD_DEVICE = 4,
    WCL__OUT_OF_MEMORY = 5
};

/* Prints "winocl: " and the message, one line, on stderr; returns `exit_status`. */
int wcl__complain(int exit_status, const char *format, ...) WCL__PRINTF(2, 3);
int wcl__complain_memory(void);
/* Reports the library's last error; `status` WCL_OK returns WCL__DONE silently. */
int wcl__complain_library(wcl_status status);
/* The same; `where`, the model's name, comes first if the error names no file. */
int wcl__complain_about(const char *where, wcl_status status);
/* The same for opening a device, where "not found" is about the device and not about a file. */
int wcl__complain_device(wcl_status status);

/* Sends the library's log to stderr. quiet: neither log nor progress. */
void wcl__report_start(wcl_log_level level, bool quiet);
/* A bar on a terminal's stderr; done = total removes it. */
void wcl__progress(const char *what, int64_t done, int64_t total);

/* Prints and deletes the object. */
int wcl__print_json(cJSON *json);
/* Writes the object to a file, as wcl__write_file does, and deletes it. */
int wcl__write_json(const char *path, cJSON *json);
/* After the last output: a full disk must not look like success. */
int wcl__flush_output(void);
/* A temporary file beside `path`, renamed when complete. */
int wcl__write_file(const char *path, const char *text, size_t length);

/* Memory of its own, NULL when there is none left. */
char *wcl__formatted(const char *format, ...) WCL__PRINTF(1, 2);
char *wcl__format_shape(const int64_t *dims, int rank); /* "(2, 3, 5)"; a free dimension is "None" */
char *wcl__format_bytes(double bytes);                  /* "12.3 MiB" */
double wcl__now_ms(void);
/* Columns of the terminal that is stdout, COLUMNS before what it says itself; 0: it is none, or does not say.
 */
int wcl__terminal_width(void);

#endif
