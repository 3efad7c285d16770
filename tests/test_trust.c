/* Whom the cache believes. Each row makes a folder with a good program and good rates in it, spoils one
 * thing, and says whether a new device may still take what is there; nothing that is not believed is shown to
 * the driver, and one warning says why. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/provider.h"
#include "support/cached.h"
#include "support/fake_cl.h"
#include "support/support.h"

enum { STRANGER = 65534, HANGS_SECONDS = 60 };

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

typedef enum thing { ENTRIES, FOLDER, ABOVE, LINK } thing;
typedef enum spoiling { MODE, OWNER, TO_LINK, TO_FIFO } spoiling;

static const struct {
    const char *name;
    thing thing;
    spoiling spoiling;
    unsigned mode;      /* of MODE */
    const char *reason; /* in the warning; NULL: believed */
} rows[] = {
    {"nothing", ENTRIES, MODE, 0600, NULL},
    {"entries that others may read", ENTRIES, MODE, 0644, NULL},
    {"entries that the group may write", ENTRIES, MODE, 0620, "others may write to it (mode 620)"},
    {"entries that everybody may write", ENTRIES, MODE, 0602, "others may write to it (mode 602)"},
    {"another user's entries", ENTRIES, OWNER, 0, "it belongs to user 65534"},
    {"symbolic links in the place of entries", ENTRIES, TO_LINK, 0, "it is a symbolic link"},
    {"FIFOs in the place of entries", ENTRIES, TO_FIFO, 0, "it is not a regular file"},
    {"a folder that others may read", FOLDER, MODE, 0755, NULL},
    {"a folder that the group may write", FOLDER, MODE, 0770, "others may write to it (mode 770)"},
    {"a folder that everybody may write", FOLDER, MODE, 0777, "others may write to it (mode 777)"},
    {"a folder like /tmp", FOLDER, MODE, 01777, "others may write to it (mode 777)"},
    {"another user's folder", FOLDER, OWNER, 0, "it belongs to user 65534"},
    {"below a folder that everybody may write", ABOVE, MODE, 0777, "everybody may replace it: "},
    {"below a folder like /tmp", ABOVE, MODE, 01777, NULL},
    {"below a folder that the group may write", ABOVE, MODE, 0775, NULL},
    {"through the user's own link", LINK, MODE, 0, NULL},
    {"through another user's link", LINK, OWNER, 0, "is a symbolic link of user 65534"},
};

/* Calls `each` for the two entries of the folder. */
static void each_entry(const char *folder, void (*each)(const char *path, size_t row), size_t row)
{
    struct dirent *item;
    char paths[2][1200];
    int count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    while ((item = readdir(directory)))
        if (item->d_name[0] != '.') {
            assert_true(count < 2);
            snprintf(paths[count++], sizeof paths[0], "%.900s/%.255s", folder, item->d_name);
        }
    closedir(directory);
    assert_int_equal(count, 2);
    each(paths[0], row);
    each(paths[1], row);
}

static void spoil(const char *path, size_t row)
{
    char other[1300];
    snprintf(other, sizeof other, "%s.other", path);
    switch (rows[row].spoiling) {
    case MODE:
        if (rows[row].mode)
            assert_int_equal(chmod(path, rows[row].mode), 0);
        break;
    case OWNER:
        assert_int_equal(lchown(path, STRANGER, (gid_t)-1), 0);
        break;
    case TO_LINK:
        assert_int_equal(rename(path, other), 0);
        assert_int_equal(symlink(other, path), 0);
        break;
    case TO_FIFO:
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        break;
    }
}

static void must_be_private(const char *path, size_t row)
{
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    if (!S_ISREG(info.st_mode) || (info.st_mode & 0777) != 0600 || info.st_uid != geteuid())
        fail_msg("%s: %s has mode %o", rows[row].name, path, (unsigned)info.st_mode);
}

typedef struct use {
    int from_disk;
    bool measured; /* before this device measured */
} use;

/* A device's life: a program and rates, read and written. */
static use use_cache(const char *folder)
{
    const wcl__rates rates = {123e9, 45e9, 6e-6, true};
    cl_program program;
    wcl_device *device = cached_device(folder, 0);
    use used = {.measured = wcl__provider_rates(device).measured};
    assert_int_equal(wcl__provider_get(device, "fill", "-DTRUST=1", &program), WCL_OK);
    wcl__provider_flush(device);
    const wcl__rates_use stored = wcl__provider_measured(device, &rates);
    used.from_disk = wcl__provider_count(device).from_disk;
    assert_true(stored.stored || warnings > 0);
    wcl_device_destroy(device);
    return used;
}

static void check_row(size_t row)
{
    char base[900], above[920], folder[940], link[920];
    struct stat info;
    snprintf(base, sizeof base, "%s_%zu", test_path("trust"), row);
    snprintf(above, sizeof above, "%s/above", base);
    snprintf(folder, sizeof folder, "%s/cache", above);
    snprintf(link, sizeof link, "%s/link", base);
    warnings = 0;
    use used = use_cache(folder);
    assert_true(warnings == 0 && used.from_disk == 0 && !used.measured);
    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    each_entry(folder, must_be_private, row);
    assert_int_equal(symlink(folder, link), 0);
    if (rows[row].thing == ENTRIES)
        each_entry(folder, spoil, row);
    else
        spoil(rows[row].thing == FOLDER ? folder : rows[row].thing == ABOVE ? above : link, row);

    const bool believed = !rows[row].reason;
    const char *path = rows[row].thing == LINK ? link : folder;
    const int before = fake_cl_calls(FAKE_clCreateProgramWithBinary);
    used = use_cache(path);
    if (used.from_disk != believed || used.measured != believed)
        fail_msg("%s: %d programs and %d rates were believed", rows[row].name, used.from_disk, used.measured);
    assert_int_equal(fake_cl_calls(FAKE_clCreateProgramWithBinary) - before, believed);
    if (warnings != !believed || (!believed && !strstr(warning, rows[row].reason)))
        fail_msg("%s: %d warnings, the last one: %s", rows[row].name, warnings, warning);
    if (believed || rows[row].spoiling == TO_LINK) /* whose targets still lie there */
        return;
    warnings = 0;
    used = use_cache(path); /* entries were replaced, a folder was left alone */
    const bool replaced = rows[row].thing == ENTRIES;
    if (used.from_disk != replaced || used.measured != replaced || warnings != !replaced)
        fail_msg("%s: a second time, %d programs, %d warnings", rows[row].name, used.from_disk, warnings);
    if (replaced)
        each_entry(folder, must_be_private, row);
}

static void test_who_is_believed(void **state)
{
    (void)state;
    fake_cl_reset();
    wcl_set_log(count_warnings, NULL, WCL_LOG_DEBUG);
    alarm(HANGS_SECONDS); /* nothing here may wait */
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        if (rows[i].spoiling == OWNER && geteuid() != 0)
            print_message("%s: skipped, it takes root to make that\n", rows[i].name);
        else
            check_row(i);
    }
    alarm(0);
}

/* `winocl cache` says it, too, and may clear such a folder. */
static void test_query_warns(void **state)
{
    (void)state;
    const char *folder = test_path("queried");
    wcl_set_log(count_warnings, NULL, WCL_LOG_DEBUG);
    warnings = 0;
    use_cache(folder);
    assert_int_equal(cached_query(folder).entries, 1);
    assert_int_equal(warnings, 0);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(cached_query(folder).entries, 1);
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(warning, "is not trusted"));
    assert_int_equal(wcl_cache_trim(folder, 0), WCL_OK);
    assert_int_equal(cached_query(folder).entries, 0);
}

/* What a full disk leaves behind has no bytes to count. The last entry to be removed is one of these: the
 * newest rates; nothing is left to count when its turn comes. */
static void test_clearing_removes_empty_entries(void **state)
{
    static const char *const suffixes[] = {"bin", "rates"};
    const struct timespec later[2] = {{.tv_sec = time(NULL) + 60}, {.tv_sec = time(NULL) + 60}};
    const char *folder = test_path("empty_entries");
    char paths[WCL__COUNT(suffixes)][1400];
    (void)state;
    use_cache(folder);
    for (size_t i = 0; i < WCL__COUNT(suffixes); i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%064d.%s", folder, 0, suffixes[i]);
        const int made = open(paths[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(made >= 0);
        assert_int_equal(futimens(made, later), 0);
        close(made);
    }
    assert_int_equal(cached_query(folder).entries, 2);
    assert_int_equal(cached_query(folder).rates, 2);
    assert_int_equal(wcl_cache_trim(folder, 0), WCL_OK);
    assert_int_equal(cached_query(folder).entries, 0);
    assert_int_equal(cached_query(folder).rates, 0);
    for (size_t i = 0; i < WCL__COUNT(suffixes); i++)
        assert_int_equal(access(paths[i], F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_believed),
        cmocka_unit_test(test_query_warns),
        cmocka_unit_test(test_clearing_removes_empty_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
