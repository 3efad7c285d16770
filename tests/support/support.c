#define _XOPEN_SOURCE 700 /* nftw */
#include "support/support.h"

#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fake_cl.h"
#include "base/random.h"

static wcl_device *device;
static char folder[512];
static pid_t folder_owner; /* a forked child must not remove it */

static int remove_item(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    if (getpid() == folder_owner)
        nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
}

const char *test_folder(void)
{
    if (folder[0])
        return folder;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/winocl-test-XXXXXX", base && base[0] ? base : "/tmp");
    if (!mkdtemp(folder))
        fail_msg("%s: cannot make a temporary folder", folder);
    folder_owner = getpid();
    atexit(remove_folder);
    return folder;
}

const char *test_path(const char *name)
{
    static char paths[8][1024];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", test_folder(), name);
    return path;
}

static void limit_devices(const char *text)
{
    fake_limits l = {0};
    if (!text)
        return;
    if (sscanf(text, "%zu %zu %zu %zu %zu", &l.kernel_group, &l.group, &l.item[0], &l.item[1], &l.item[2]) !=
        5)
        fail_msg("WINOCL_TEST_LIMITS=%s: five numbers are needed", text);
    fake_cl_limits(&l);
}

wcl_device *test_device(void)
{
    if (device)
        return device;
    limit_devices(getenv("WINOCL_TEST_LIMITS"));
    if (wcl_device_open(getenv("WINOCL_DEVICE"), &device) != WCL_OK)
        fail_msg("no device: %s", wcl_last_error()->message);
    const char *cache = getenv("WINOCL_TEST_CACHE");
    if (wcl_device_set_cache(device, cache ? cache : test_path("cache"), 0) != WCL_OK)
        fail_msg("no cache: %s", wcl_last_error()->message);
    return device;
}

wcl_device *test_fresh_device(void)
{
    wcl_device *fresh, *own = test_device();
    assert_int_equal(wcl_device_wrap(own->context, own->id, &fresh), WCL_OK);
    assert_int_equal(wcl_device_set_cache(fresh, "", 0), WCL_OK);
    return fresh;
}

bool test_listed(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = list; at && (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == 0 || at[length] == ' '))
            return true;
    return false;
}

int test_words(const char *list)
{
    int count = 0;
    for (const char *at = list; at && *at; at++)
        count += *at != ' ' && (at[1] == ' ' || at[1] == 0);
    return count;
}

uint64_t test_seed(void)
{
    static uint64_t seed;
    static bool known;
    if (!known) {
        const char *text = getenv("WINOCL_TEST_SEED");
        seed = text ? strtoull(text, NULL, 0) : 20150925;
        known = true;
        print_message("seed: WINOCL_TEST_SEED=%llu\n", (unsigned long long)seed);
    }
    return seed;
}

void test_fill(float *values, int64_t count, uint64_t ordinal, double deviation)
{
    wcl_random_fill(values, count, wcl__random_key(test_seed(), ordinal), deviation);
}

/* Up to the reduction of VGG's deepest convolutions the bounds are flat; past it rounding errors grow as a
 * random walk does. */
void test_tolerance(wcl__bound algorithm, int64_t reduction, double *l2, double *max)
{
    const double flat = 512 * 9;
    const double growth = (double)reduction > flat ? sqrt((double)reduction / flat) : 1;
    *l2 = *max = 0;
    switch (algorithm) {
    case WCL__EXACT:
        break;
    case WCL__SUM:
    case WCL__F2:
        *l2 = 2e-6 * growth;
        *max = 2e-5 * growth;
        break;
    case WCL__F4:
        *l2 = 5e-6 * growth;
        *max = 5e-5 * growth;
        break;
    case WCL__F6:
        *l2 = 2e-5 * growth;
        *max = 3e-4 * growth;
        break;
    }
}

/* Rounding to a half is off by 2^-11 at most; errors of many weights mostly cancel. */
void test_half_tolerance(wcl__bound algorithm, double *l2, double *max)
{
    *l2 = algorithm == WCL__F4 ? 3e-3 : 1e-3;
    *max = 10 * *l2;
}

typedef struct norms {
    double error, size; /* sums of squares */
    double largest;     /* error */
    int64_t count, worst;
    bool strange; /* NaN or infinity at `worst`, and not where it should be */
} norms;

static norms measure(const float *got, const double *expected, int64_t count)
{
    norms n = {.largest = -1};
    for (int64_t i = 0; i < count; i++) {
        const float rounded = (float)expected[i];
        const double error = fabs((double)got[i] - expected[i]);
        const bool same = got[i] == rounded || (isnan(got[i]) && isnan(rounded));
        if (same && !isfinite(rounded))
            continue;
        if (!isfinite(got[i]) || !isfinite(rounded)) {
            n.worst = i;
            n.strange = true;
            return n;
        }
        n.count++;
        n.size += expected[i] * expected[i];
        n.error += same ? 0 : error * error; /* nobody can be closer than the nearest float */
        if ((same ? 0 : error) > n.largest) {
            n.largest = same ? 0 : error;
            n.worst = i;
        }
    }
    return n;
}

static void print_place(int64_t flat, const wcl__shape *shape, char *out, size_t bytes)
{
    size_t length = 0;
    int64_t index[WCL_MAX_RANK] = {0};
    for (int i = shape->rank - 1; i >= 0; i--) {
        index[i] = flat % shape->dims[i];
        flat /= shape->dims[i];
    }
    out[0] = '\0';
    for (int i = 0; i < shape->rank && length < bytes; i++)
        length += (size_t)snprintf(out + length, bytes - length, "[%lld]", (long long)index[i]);
}

bool test_within(const float *got, const double *expected, const wcl__shape *shape, const double bounds[2],
                 char *where, size_t bytes)
{
    char place[128];
    const int64_t count = wcl__shape_count(shape);
    if (count < 0) {
        snprintf(where, bytes, "the shape has no size");
        return false;
    }
    const norms n = measure(got, expected, count);
    /* Where everything is zero, every error is too large. */
    const double tiny = 1e-30, rms = n.count ? sqrt(n.size / (double)n.count) : 0;
    const double l2 = sqrt(n.error) / fmax(sqrt(n.size), tiny),
                 largest = n.count ? n.largest / fmax(rms, tiny) : 0;
    if (!n.strange && l2 <= bounds[0] && largest <= bounds[1])
        return true;
    print_place(n.worst, shape, place, sizeof place);
    if (n.strange)
        snprintf(where, bytes, "at %s: %.9g, expected %.9g", place, (double)got[n.worst], expected[n.worst]);
    else
        snprintf(
            where, bytes,
            "L2 error %.3g (bound %.3g), largest / rms %.3g (bound %.3g), worst at %s: %.9g, expected %.9g",
            l2, bounds[0], largest, bounds[1], place, (double)got[n.worst], expected[n.worst]);
    return false;
}

bool test_close(const float *got, const double *expected, const wcl__shape *shape, wcl__bound algorithm,
                int64_t reduction, char *where, size_t bytes)
{
    double bounds[2];
    test_tolerance(algorithm, reduction, &bounds[0], &bounds[1]);
    return test_within(got, expected, shape, bounds, where, bytes);
}

void test_compare(const char *name, const float *got, const double *expected, const wcl__shape *shape,
                  wcl__bound algorithm, int64_t reduction)
{
    char where[512];
    if (!test_close(got, expected, shape, algorithm, reduction, where, sizeof where))
        fail_msg("%s: %s", name, where);
}

void test_compare_floats(const char *name, const float *got, const float *expected, const wcl__shape *shape,
                         wcl__bound algorithm, int64_t reduction)
{
    const int64_t count = wcl__shape_count(shape);
    double *wide = malloc((size_t)WCL__MAX(count, 1) * sizeof *wide);
    assert_non_null(wide);
    for (int64_t i = 0; i < count; i++)
        wide[i] = expected[i];
    char where[512];
    const bool close = test_close(got, wide, shape, algorithm, reduction, where, sizeof where);
    free(wide);
    if (!close)
        fail_msg("%s: %s", name, where);
}
