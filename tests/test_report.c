/* What the program writes on stderr, as a terminal gets it: nothing there may drive it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/support.h"
#include "tools/report.h"
#include "base/error.h"

static char said[1024];

/* stderr is what `say` writes there, while it runs. */
static void listen(void (*say)(const void *), const void *with)
{
    const char *path = test_path("stderr");
    fflush(stderr);
    const int saved = dup(STDERR_FILENO), file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(saved >= 0 && file >= 0);
    dup2(file, STDERR_FILENO);
    say(with);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    const ssize_t length = pread(file, said, sizeof said - 1, 0);
    close(file);
    assert_true(length >= 0);
    said[length] = '\0';
}

typedef struct failure {
    const char *name, *log;
    wcl_log_level level;
    bool quiet;
    const char *said;
} failure;

static const failure failures[] = {
    {"a log of one line", "x.cl:1: error", WCL_LOG_INFO, false, "winocl: no\nx.cl:1: error\n"},
    {"lines and tabs", "a\n\tb\n", WCL_LOG_DEBUG, false, "winocl: no\na\n\tb\n"},
    {"escape sequences", "\033[2Ja\r\b\177", WCL_LOG_INFO, false, "winocl: no\n\\x1b[2Ja\\x0d\\x08\\x7f\n"},
    {"C1, in UTF-8 and as a byte", "\302\233a\233", WCL_LOG_INFO, false, "winocl: no\n\\xc2\\x9ba\\x9b\n"},
    {"letters of other languages", "\303\251\n", WCL_LOG_INFO, false, "winocl: no\n\303\251\n"},
    {"no log", "", WCL_LOG_INFO, false, "winocl: no\n"},
    {"a level without it", "a", WCL_LOG_WARNING, false, "winocl: no\n"},
    {"quiet", "a", WCL_LOG_INFO, true, "winocl: no\n"},
};

static void say_failure(const void *with)
{
    const failure *f = with;
    wcl__report_start(f->level, f->quiet);
    (void)wcl__fail(WCL_BUILD_FAILED, "no");
    wcl__set_build_log(f->log);
    const int status = wcl__complain_about(NULL, WCL_BUILD_FAILED);
    if (status != WCL__BAD_DEVICE)
        fail_msg("%s: exit status %d", f->name, status);
}

static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(failures); i++) {
        listen(say_failure, &failures[i]);
        if (strcmp(said, failures[i].said) != 0)
            fail_msg("%s: said \"%s\"", failures[i].name, said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
