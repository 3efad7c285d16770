/* The program cache: what it keeps, what it refuses, and what happens when it is damaged, shared, full or not
 * writable. `test_cache child FOLDER` is the other process of these tests: it exits with the number of
 * programs that it compiled from source. */
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/launch.h"
#include "runtime/provider.h"
#include "support/cached.h"
#include "support/fake_cl.h"
#include "support/fake_memory.h"
#include "support/support.h"

extern char **environ;
enum { HEADER_BYTES = 152, CHILD_FAILED = 99 };

static int warnings;
static char warning[1024];
static void count_warnings(void *user, wcl_log_level level, const char *text)
{
    (void)user;
    if (level > WCL_LOG_WARNING)
        return;
    warnings++;
    snprintf(warning, sizeof warning, "%s", text);
}

static int reset(void **state)
{
    (void)state;
    fake_cl_reset();
    fake_memory_fail(0, false);
    warnings = 0;
    wcl_set_log(count_warnings, NULL, WCL_LOG_DEBUG);
    return 0;
}

/* ------------------------------------------------------------------ using the cache */

#define OPTION_PARAMS(X) X(a, 0, 9, 0, "an option that the kernel does not read")
static const wcl__param_field option_fields[] = {OPTION_PARAMS(WCL__PARAM_ROW)};
static const wcl__param_table option_table = {.family = "option", .fields = option_fields, .count = 1};

/* Runs the fill kernel of a program with these options and checks what it wrote: a program from the cache
 * must work. */
static void use_program(wcl_device *device, const char *options)
{
    const float value = 3;
    const int count = 5;
    float values[5] = {0};
    cl_command_queue queue;
    cl_mem memory;
    wcl__launch launch;
    wcl__call call = {.kernel = "fill"};
    call.config.family = &option_table;
    assert_int_equal(sscanf(options, "-DA=%d", &call.config.values[0]), 1);
    wcl__call_slot(&call, 0);
    WCL__CALL_VALUE(&call, value);
    WCL__CALL_VALUE(&call, count);
    wcl__call_range(&call, 1, 1, 1, NULL);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    assert_int_equal(wcl__buffer_create(device, CL_MEM_READ_WRITE, sizeof values, NULL, "x", &memory),
                     WCL_OK);
    if (wcl__launch_create(device, &call, &memory, &launch) != WCL_OK)
        fail_msg("%s", wcl_last_error()->message);
    assert_int_equal(wcl__launch_enqueue(&launch, queue, 0, NULL, NULL), WCL_OK);
    assert_int_equal(clEnqueueReadBuffer(queue, memory, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL),
                     CL_SUCCESS);
    for (int i = 0; i < count; i++)
        assert_true(values[i] == value);
    wcl__launch_destroy(&launch);
    clReleaseMemObject(memory);
    wcl__provider_flush(device);
}

/* A device's life with one program. */
static wcl__provider_counts use_once(const char *folder, uint64_t limit, const char *options)
{
    wcl_device *device = cached_device(folder, limit);
    use_program(device, options);
    const wcl__provider_counts counts = wcl__provider_count(device);
    wcl_device_destroy(device);
    return counts;
}

static bool was_cached(const char *folder, const char *options)
{
    const wcl__provider_counts counts = use_once(folder, 0, options);
    assert_int_equal(counts.from_source + counts.from_disk, 1);
    return counts.from_disk == 1;
}

static void test_kept_between_devices(void **state)
{
    (void)state;
    const char *folder = test_path("made/on/demand");
    struct stat info;
    assert_false(was_cached(folder, "-DA=1"));
    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_true(was_cached(folder, "-DA=1"));
    assert_false(was_cached(folder, "-DA=2"));
    assert_int_equal(cached_query(folder).entries, 2);
    assert_int_equal(warnings, 0);
}

static void test_switched_off(void **state)
{
    (void)state;
    assert_false(was_cached("", "-DA=1"));
    assert_false(was_cached("", "-DA=1"));
    assert_int_equal(warnings, 0);
}

static void test_nothing_to_flush(void **state)
{
    (void)state;
    const char *folder = test_path("flushed");
    wcl_device *device = cached_device(folder, 0);
    wcl__provider_flush(device);
    assert_int_equal(access(folder, F_OK), -1);
    use_program(device, "-DA=1");
    assert_int_equal(unlink(cached_only_entry(folder)), 0);
    wcl__provider_flush(device); /* it was written already */
    assert_int_equal(cached_query(folder).entries, 0);
    wcl_device_destroy(device);
}

/* ------------------------------------------------------------------ damage */

/* A damaged entry is compiled again, never shown to the driver, and replaced. */
static void check_replaced(const char *folder, const char *what, size_t place)
{
    const int before = fake_cl_calls(FAKE_clCreateProgramWithBinary);
    if (was_cached(folder, "-DA=1"))
        fail_msg("%s %zu: taken for a good one", what, place);
    if (fake_cl_calls(FAKE_clCreateProgramWithBinary) != before)
        fail_msg("%s %zu: the driver saw it", what, place);
    if (!was_cached(folder, "-DA=1"))
        fail_msg("%s %zu: not replaced", what, place);
}

static void test_bit_flips(void **state)
{
    (void)state;
    const char *folder = test_path("flips");
    assert_false(was_cached(folder, "-DA=1"));
    const char *path = cached_only_entry(folder);
    const size_t bytes = cached_size(path);
    /* magic, schema, header's size, length, key, hash; then the binary's first, middle and last byte */
    const size_t places[] = {0,        8, 12, 16, 24, 87, 88, 151, HEADER_BYTES, (bytes + HEADER_BYTES) / 2,
                             bytes - 1};
    for (size_t i = 0; i < WCL__COUNT(places); i++) {
        cached_flip_bit(cached_only_entry(folder), places[i]);
        check_replaced(folder, "bit flip at", places[i]);
    }
}

static void test_cuts(void **state)
{
    (void)state;
    const char *folder = test_path("cuts");
    assert_false(was_cached(folder, "-DA=1"));
    const size_t bytes = cached_size(cached_only_entry(folder));
    const size_t sizes[] = {0, 1, HEADER_BYTES - 1, HEADER_BYTES, bytes / 2, bytes - 1, bytes + 1};
    for (size_t i = 0; i < WCL__COUNT(sizes); i++) {
        assert_int_equal(truncate(cached_only_entry(folder), (off_t)sizes[i]), 0);
        check_replaced(folder, "cut to", sizes[i]);
    }
}

static void test_foreign_content(void **state)
{
    (void)state;
    const char *folder = test_path("foreign");
    char ours[1600], command[4000];
    assert_false(was_cached(folder, "-DA=1"));
    snprintf(ours, sizeof ours, "%s", cached_only_entry(folder));
    snprintf(command, sizeof command, "yes 'not a program' | head -c 5000 > '%s'", ours);
    assert_int_equal(system(command), 0);
    check_replaced(folder, "text", 0);
    /* Another program's good entry under our name. */
    const char *other = test_path("other");
    assert_false(was_cached(other, "-DA=2"));
    snprintf(command, sizeof command, "cp '%s' '%s'", cached_only_entry(other), ours);
    assert_int_equal(system(command), 0);
    check_replaced(folder, "another key", 0);
}

static void test_folder_in_the_way(void **state)
{
    (void)state;
    const char *folder = test_path("in_the_way");
    char path[1600];
    assert_false(was_cached(folder, "-DA=1"));
    snprintf(path, sizeof path, "%s", cached_only_entry(folder));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(was_cached(folder, "-DA=1"));
    assert_int_equal(warnings, 1);
    assert_int_equal(cached_query(folder).entries, 0);
    assert_int_equal(wcl_cache_trim(folder, 0), WCL_OK);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_driver_refuses(void **state)
{
    (void)state;
    const struct {
        fake_cl_function function;
        cl_int code;
    } rows[] = {
        {FAKE_clCreateProgramWithBinary, CL_INVALID_BINARY},
        {FAKE_clBuildProgram, CL_BUILD_PROGRAM_FAILURE},
    };
    const char *folder = test_path("refused");
    assert_false(was_cached(folder, "-DA=1"));
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        fake_cl_fail(rows[i].function, 1, rows[i].code);
        assert_false(was_cached(folder, "-DA=1"));
        assert_true(fake_cl_failed());
        assert_true(was_cached(folder, "-DA=1"));
    }
}

/* ------------------------------------------------------------------ other processes */

static int child(const char *folder)
{
    wcl_device *device = cached_device(folder, 0);
    use_program(device, "-DA=1");
    use_program(device, "-DA=2");
    const wcl__provider_counts counts = wcl__provider_count(device);
    wcl_device_destroy(device);
    return counts.from_source + counts.from_disk == 2 ? counts.from_source : CHILD_FAILED;
}

static pid_t start_child(const char *folder)
{
    pid_t pid;
    char program[1024];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    assert_true(length > 0);
    program[length] = '\0';
    char *const arguments[] = {program, (char *)(uintptr_t) "child", (char *)(uintptr_t)folder, NULL};
    assert_int_equal(posix_spawn(&pid, program, NULL, NULL, arguments, environ), 0);
    return pid;
}

static int wait_for(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_processes_share(void **state)
{
    (void)state;
    enum { CHILDREN = 3 };
    pid_t pids[CHILDREN];
    const char *folder = test_path("shared");
    for (int i = 0; i < CHILDREN; i++)
        pids[i] = start_child(folder);
    for (int i = 0; i < CHILDREN; i++)
        assert_in_range(wait_for(pids[i]), 0, 2);
    const wcl_cache_info info = cached_query(folder);
    assert_int_equal(info.entries, 2);
    assert_int_equal(wait_for(start_child(folder)), 0); /* nothing from source */
    assert_true(was_cached(folder, "-DA=1"));
}

static void *get_program(void *device)
{
    cl_program program = NULL;
    return wcl__provider_get(device, "fill", "-DA=1", &program) == WCL_OK ? program : NULL;
}

static void test_threads_share(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    void *programs[THREADS];
    wcl_device *device = cached_device("", 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get_program, device), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], &programs[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_ptr_equal(programs[i], programs[0]);
    assert_non_null(programs[0]);
    assert_int_equal(wcl__provider_count(device).from_source, 1);
    assert_int_equal(wcl__provider_count(device).from_memory, THREADS - 1);
    wcl_device_destroy(device);
}

/* ------------------------------------------------------------------ limits and permissions */

static void test_unwritable(void **state)
{
    (void)state;
    const char *file = test_path("a_file"), *below = test_path("a_file/cache");
    FILE *made = fopen(file, "w");
    assert_non_null(made);
    fclose(made);
    wcl_device *device = cached_device(below, 0);
    use_program(device, "-DA=1");
    use_program(device, "-DA=2");
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(warning, below));
    assert_non_null(strstr(warning, "Not a directory"));
    assert_int_equal(wcl_last_error()->status, WCL_OK);
    wcl_device_destroy(device);
    assert_int_equal(cached_query(below).entries, 0);
}

static void test_limit_drops_the_oldest_used(void **state)
{
    (void)state;
    const char *folder = test_path("limited");
    assert_false(was_cached(folder, "-DA=1"));
    const uint64_t one = cached_size(cached_only_entry(folder)),
                   limit = one * 5 / 2; /* two entries and a half */
    assert_int_equal(use_once(folder, limit, "-DA=2").from_source, 1);
    assert_int_equal(cached_query(folder).entries, 2);
    assert_true(was_cached(folder, "-DA=1")); /* now the newest-used */
    assert_int_equal(use_once(folder, limit, "-DA=3").from_source, 1);
    assert_int_equal(cached_query(folder).entries, 2);
    assert_true(cached_query(folder).bytes <= (int64_t)limit);
    assert_true(was_cached(folder, "-DA=1"));
    assert_true(was_cached(folder, "-DA=3"));
    assert_false(was_cached(folder, "-DA=2"));
}

static void make_file(const char *folder, const char *name, int age_seconds)
{
    char path[2000];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("x", file);
    fclose(file);
    const struct timespec times[2] = {{time(NULL) - age_seconds, 0}, {time(NULL) - age_seconds, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool has_file(const char *folder, const char *name)
{
    char path[2000];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_query_and_trim(void **state)
{
    (void)state;
    const char *folder = test_path("trimmed");
    assert_int_equal(cached_query(folder).entries, 0); /* not there yet */
    assert_int_equal(cached_query(folder).bytes, 0);
    assert_int_equal(wcl_cache_trim(folder, 0), WCL_OK);
    assert_false(was_cached(folder, "-DA=1"));
    assert_false(was_cached(folder, "-DA=2"));
    make_file(folder, "notes.txt", 100000);
    make_file(folder, "short.bin", 100000);
    make_file(folder, DIGITS ".bin.1-2-0.tmp", 100000); /* of a process that died */
    make_file(folder, DIGITS ".bin.1-3-0.tmp", 10);     /* perhaps in the making */
    const wcl_cache_info info = cached_query(folder);
    assert_int_equal(info.entries, 2);
    assert_string_equal(info.path, folder);
    assert_int_equal(wcl_cache_trim(folder, (uint64_t)info.bytes), WCL_OK);
    assert_int_equal(cached_query(folder).entries, 2);
    assert_int_equal(wcl_cache_trim(folder, (uint64_t)info.bytes - 1), WCL_OK);
    assert_int_equal(cached_query(folder).entries, 1);
    assert_true(was_cached(folder, "-DA=2"));
    assert_int_equal(wcl_cache_trim(folder, 0), WCL_OK);
    assert_int_equal(cached_query(folder).bytes, 0);
    assert_true(has_file(folder, "notes.txt") && has_file(folder, "short.bin"));
    assert_true(has_file(folder, DIGITS ".bin.1-3-0.tmp"));
    assert_false(has_file(folder, DIGITS ".bin.1-2-0.tmp"));
}

static const struct {
    const char *own, *shared, *home, *path;
} places[] = {
    {"/a/b", "/x", "/h", "/a/b"},
    {NULL, "/x", "/h", "/x/winocl"},
    {NULL, "relative", "/h", "/h/.cache/winocl"},
    {NULL, NULL, "/h", "/h/.cache/winocl"},
    {NULL, NULL, NULL, ""},
    {"", "/x", "/h", ""},
};

static void set_variable(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void test_standard_place(void **state)
{
    (void)state;
    const char *names[] = {"WINOCL_CACHE", "XDG_CACHE_HOME", "HOME"};
    char *saved[3];
    for (int i = 0; i < 3; i++)
        saved[i] = getenv(names[i]) ? strdup(getenv(names[i])) : NULL;
    for (size_t i = 0; i < WCL__COUNT(places); i++) {
        set_variable(names[0], places[i].own);
        set_variable(names[1], places[i].shared);
        set_variable(names[2], places[i].home);
        assert_string_equal(cached_query(NULL).path, places[i].path);
        assert_string_equal(cached_query("/given").path, "/given");
    }
    for (int i = 0; i < 3; i++) {
        set_variable(names[i], saved[i]);
        free(saved[i]);
    }
}

/* Without memory the cache may be skipped; the program must come all the same, or a clean error. */
static void test_without_memory(void **state)
{
    (void)state;
    const char *folder = test_path("no_memory");
    bool done = false;
    assert_false(was_cached(folder, "-DA=1"));
    for (int nth = 1; !done; nth++) {
        cl_program program;
        wcl_device *device = cached_device(folder, 0);
        assert_true(nth < 200);
        fake_memory_fail(nth, false);
        wcl_status status = wcl__provider_get(device, "fill", "-DA=1", &program);
        if (status == WCL_OK)
            status = wcl__provider_get(device, "fill", "-DA=2", &program);
        wcl__provider_flush(device);
        done = !fake_memory_failed();
        fake_memory_fail(0, false);
        assert_true(status == WCL_OK || (status == WCL_NO_MEMORY && !done));
        wcl_device_destroy(device);
        assert_int_equal(wcl_cache_trim(folder, UINT64_MAX), WCL_OK);
    }
    assert_true(was_cached(folder, "-DA=1"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, reset, reset)

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child(argv[2]);
    const struct CMUnitTest tests[] = {
        TEST(test_kept_between_devices),
        TEST(test_switched_off),
        TEST(test_nothing_to_flush),
        TEST(test_bit_flips),
        TEST(test_cuts),
        TEST(test_foreign_content),
        TEST(test_folder_in_the_way),
        TEST(test_driver_refuses),
        TEST(test_processes_share),
        TEST(test_threads_share),
        TEST(test_unwritable),
        TEST(test_limit_drops_the_oldest_used),
        TEST(test_query_and_trim),
        TEST(test_standard_place),
        TEST(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
