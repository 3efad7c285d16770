#include "report.h"

#include "escape.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30, BAR_MS = 50 /* between two of its states */ };

static bool quiet_mode, bar_shown;
static double bar_time;
static wcl_log_level log_level = WCL_LOG_WARNING;

static void hide_bar(void)
{
    if (bar_shown)
        fputs("\r\033[K", stderr);
    bar_shown = false;
}

/* One line, whatever a file's or a model's names are made of. */
static void print_line(const char *text)
{
    wcl__put_escaped(stderr, text);
    fputc('\n', stderr);
}

int wcl__complain(int exit_status, const char *format, ...)
{
    char text[8192];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    fflush(stdout);
    hide_bar();
    fputs("winocl: ", stderr);
    print_line(text);
    return exit_status;
}

int wcl__complain_memory(void)
{
    return wcl__complain(WCL__OUT_OF_MEMORY, "out of memory");
}

static int exit_status_of(wcl_status status)
{
    switch (status) {
    case WCL_OK:
        return WCL__DONE;
    case WCL_BAD_ARGUMENT:
        return WCL__USAGE;
    case WCL_NOT_FOUND:
    case WCL_BAD_FILE:
    case WCL_BAD_MODEL:
    case WCL_BAD_SHAPE:
    case WCL_UNSUPPORTED:
        return WCL__BAD_INPUT;
    case WCL_NO_MEMORY:
        return WCL__OUT_OF_MEMORY;
    case WCL_DEVICE_ERROR:
    case WCL_DEVICE_LOST:
    case WCL_BUILD_FAILED:
    case WCL_CANCELLED:
        break;
    }
    return WCL__BAD_DEVICE;
}

int wcl__complain_about(const char *where, wcl_status status)
{
    const wcl_error *error = wcl_last_error();
    if (status == WCL_OK)
        return WCL__DONE;
    const bool placed = !where || *error->file;
    wcl__complain(exit_status_of(status), "%s%s%s", placed ? "" : where, placed ? "" : ": ",
                  *error->message ? error->message : wcl_status_string(status));
    if (*error->build_log && !quiet_mode && log_level >= WCL_LOG_INFO)
        wcl__put_escaped_lines(stderr, error->build_log);
    return exit_status_of(status);
}

int wcl__complain_library(wcl_status status)
{
    return wcl__complain_about(NULL, status);
}

int wcl__complain_device(wcl_status status)
{
    const int exit_status = wcl__complain_library(status);
    return status == WCL_NOT_FOUND ? WCL__BAD_DEVICE : exit_status;
}

static void print_log(void *user, wcl_log_level level, const char *text)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    (void)user;
    hide_bar();
    fprintf(stderr, "winocl: %s: ", names[level <= WCL_LOG_DEBUG ? level : WCL_LOG_DEBUG]);
    print_line(text);
}

void wcl__report_start(wcl_log_level level, bool quiet)
{
    quiet_mode = quiet;
    log_level = level;
    if (!quiet)
        wcl_set_log(print_log, NULL, level);
}

void wcl__progress(const char *what, int64_t done, int64_t total)
{
    char bar[BAR_WIDTH + 1];
    if (quiet_mode || total < 1 || !isatty(STDERR_FILENO))
        return;
    if (done >= total) {
        hide_bar();
        return;
    }
    const double now = wcl__now_ms();
    if (bar_shown && now - bar_time < BAR_MS)
        return;
    bar_time = now;
    const int filled = (int)(BAR_WIDTH * done / total);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)filled);
    bar[BAR_WIDTH] = '\0';
    fputs("\r\033[K", stderr);
    wcl__put_escaped(stderr, what);
    fprintf(stderr, " [%s] %lld of %lld", bar, (long long)done, (long long)total);
    fflush(stderr);
    bar_shown = true;
}

/* Deletes the object. NULL: no memory. */
static char *json_text(cJSON *json)
{
    char *printed = json ? cJSON_Print(json) : NULL;
    char *text = printed ? wcl__encode_json(printed) : NULL;
    cJSON_Delete(json);
    cJSON_free(printed);
    return text;
}

int wcl__print_json(cJSON *json)
{
    char *text = json_text(json);
    if (!text)
        return wcl__complain_memory();
    puts(text);
    free(text);
    return WCL__DONE;
}

int wcl__flush_output(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return WCL__DONE;
    return wcl__complain(WCL__BAD_INPUT, "standard output: cannot write: %s",
                         errno ? strerror(errno) : "write error");
}

int wcl__write_file(const char *path, const char *text, size_t length)
{
    int result = WCL__DONE, descriptor = -1;
    FILE *file = NULL;
    char *name = wcl__formatted("%s.XXXXXX", path);
    if (!name)
        return wcl__complain_memory();
    if ((descriptor = mkstemp(name)) < 0 || !(file = fdopen(descriptor, "wb"))) {
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot create: %s", path, strerror(errno));
        goto cleanup;
    }
    const bool written = fwrite(text, 1, length, file) == length;
    const bool closed = fclose(file) == 0;
    file = NULL;
    if (!written || !closed || rename(name, path) != 0)
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot write: %s", path, strerror(errno));
cleanup:
    if (descriptor >= 0 && result != WCL__DONE)
        unlink(name);
    free(name);
    return result;
}

int wcl__write_json(const char *path, cJSON *json)
{
    char *text = json_text(json);
    if (!text)
        return wcl__complain_memory();
    const int result = wcl__write_file(path, text, strlen(text));
    free(text);
    return result;
}

char *wcl__formatted(const char *format, ...)
{
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    const int length = vsnprintf(NULL, 0, format, values);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(values);
    return text;
}

char *wcl__format_shape(const int64_t *dims, int rank)
{
    char text[WCL_MAX_RANK * 24 + 4] = "(";
    size_t used = 1;
    for (int i = 0; i < rank && i < WCL_MAX_RANK; i++) {
        const char *separator = i ? ", " : "";
        if (dims[i] < 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%sNone", separator);
        else
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s%lld", separator, (long long)dims[i]);
    }
    return wcl__formatted("%s)", text);
}

char *wcl__format_bytes(double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        unit++;
    }
    return wcl__formatted(unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

double wcl__now_ms(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int wcl__terminal_width(void)
{
    enum { MOST = 100000 };
    const char *set = getenv("COLUMNS");
    struct winsize size = {0};
    if (!isatty(STDOUT_FILENO))
        return 0;
    const long columns = set ? strtol(set, NULL, 10) : 0;
    if (columns > 0 && columns < MOST)
        return (int)columns;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
