/* The rates that plans are made by: the guess, those of an earlier measurement in the cache folder, and what
 * becomes of either. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernels/measure.h"
#include "runtime/cache.h"
#include "runtime/provider.h"
#include "support/cached.h"
#include "support/fake_memory.h"
#include "support/network.h"
#include "support/support.h"

enum { HEADER_BYTES = 152, KEY_DIGITS = 64 };

static const wcl__rates some = {236e9, 43e9, 2.5e-6, true};

static int reset(void **state)
{
    (void)state;
    fake_memory_fail(0, false);
    wcl_set_log(NULL, NULL, WCL_LOG_ERROR);
    return 0;
}

static bool are_equal(const wcl__rates *a, const wcl__rates *b)
{
    return a->flops == b->flops && a->bytes == b->bytes && a->launch == b->launch &&
           a->measured == b->measured;
}

/* The device's rates are these; NULL: the guess. */
static void check_device(const char *name, const wcl_device *device, const wcl__rates *expected)
{
    const wcl__profile profile = wcl__profile_of(&device->facts);
    const wcl__rates guess = wcl__rates_guess(&profile), got = wcl__provider_rates(device);
    if (!are_equal(&got, expected ? expected : &guess))
        fail_msg("%s: %s rates of %g FLOP/s, %g bytes/s, %g s a launch", name,
                 got.measured ? "measured" : "guessed", got.flops, got.bytes, got.launch);
}

/* So are those of a new handle with this folder. */
static void check_folder(const char *name, const char *folder, const wcl__rates *expected)
{
    wcl_device *device = cached_device(folder, 0);
    check_device(name, device, expected);
    wcl_device_destroy(device);
}

static wcl__rates_use measured(const char *folder, const wcl__rates *rates)
{
    wcl_device *device = cached_device(folder, 0);
    const wcl__rates_use use = wcl__provider_measured(device, rates);
    wcl_device_destroy(device);
    return use;
}

/* A folder that has `some`. */
static const char *folder_with_rates(const char *name)
{
    const char *folder = test_path(name);
    const wcl__rates_use use = measured(folder, &some);
    assert_true(use.stored && !use.kept);
    return folder;
}

/* ---- rates by themselves */

static void test_guess(void **state)
{
    static const wcl__facts kinds[] = {
        {.type = CL_DEVICE_TYPE_CPU, .compute_units = 2, .clock_mhz = 3000, .vector_width = 16},
        {.type = CL_DEVICE_TYPE_GPU, .compute_units = 132, .clock_mhz = 1980, .vector_width = 1},
        {.type = CL_DEVICE_TYPE_ACCELERATOR}, /* a driver that knows nothing */
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(kinds); i++) {
        const wcl__profile profile = wcl__profile_of(&kinds[i]);
        const wcl__rates guess = wcl__rates_guess(&profile);
        assert_true(wcl__rates_are_plausible(&guess) && !guess.measured);
    }
}

static void test_plausible(void **state)
{
    const double bad[] = {0, -1, -236e9, (double)NAN, (double)INFINITY, -(double)INFINITY, 1e300, 1e-300};
    (void)state;
    assert_true(wcl__rates_are_plausible(&some));
    for (size_t i = 0; i < WCL__COUNT(bad); i++)
        for (int which = 0; which < 3; which++) {
            wcl__rates rates = some;
            *(which == 0 ? &rates.flops : which == 1 ? &rates.bytes : &rates.launch) = bad[i];
            if (wcl__rates_are_plausible(&rates))
                fail_msg("rate %d may be %g", which, bad[i]);
        }
}

/* Factors on each rate, and whether that is still what was measured before. */
static const struct {
    const char *name;
    double flops, bytes, launch;
    bool is_near;
} factors[] = {
    {"the same", 1, 1, 1, true},
    {"a third less bandwidth", 1, 0.67, 1, true},
    {"half as much bandwidth again, and twice the time of a launch", 1, 1.5, 2, true},
    {"half of the bandwidth", 1, 0.5, 1, false},
    {"twice the bandwidth", 1, 2, 1, false},
    {"half of the FMAs", 0.5, 1, 1, false},
    {"twice the FMAs", 2, 1, 1, false},
    {"a tenth of the time of a launch", 1, 1, 0.1, false},
    {"ten times the time of a launch", 1, 1, 10, false},
};

static wcl__rates scaled(size_t i)
{
    return (wcl__rates){some.flops * factors[i].flops, some.bytes * factors[i].bytes,
                        some.launch * factors[i].launch, true};
}

static void test_near(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(factors); i++) {
        const wcl__rates rates = scaled(i);
        if (wcl__rates_are_near(&some, &rates) != factors[i].is_near ||
            wcl__rates_are_near(&rates, &some) != factors[i].is_near)
            fail_msg("%s: %s", factors[i].name, factors[i].is_near ? "not near" : "near");
    }
}

/* ---- passes of a measurement */

/* The highest rates count; passes that disagree, or are far from what is known, ask for more of them. */
static void test_passes(void **state)
{
    static const struct {
        const char *name;
        double gflops[2], gigabytes[2];
        double known_gflops; /* 0: nothing is known */
        bool agreed;
    } rows[] = {
        {"alike", {200, 210}, {30, 29}, 0, true},
        {"the first on a busy device", {100, 210}, {30, 30}, 0, false},
        {"the second on a busy device", {200, 90}, {30, 30}, 0, false},
        {"the second on a busy memory", {200, 200}, {30, 12}, 0, false},
        {"alike, and near what is known", {200, 210}, {30, 30}, 150, true},
        {"alike, and far below what is known", {100, 101}, {30, 30}, 400, false},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_device_rates best = WCL_DEVICE_RATES_INIT;
        const wcl__rates known = {rows[i].known_gflops * 1e9, 30e9, 2e-6, rows[i].known_gflops > 0};
        bool agreed = true;
        for (int pass = 0; pass < 2; pass++) {
            const wcl_device_rates one = {.gflops = rows[i].gflops[pass],
                                          .gigabytes_per_second = rows[i].gigabytes[pass],
                                          .launch_microseconds = 3 - pass};
            agreed = wcl__measure_add(&best, &one, &known);
            assert_true(pass > 0 || !agreed);
        }
        if (agreed != rows[i].agreed || best.gflops != WCL__MAX(rows[i].gflops[0], rows[i].gflops[1]) ||
            best.gigabytes_per_second != WCL__MAX(rows[i].gigabytes[0], rows[i].gigabytes[1]) ||
            best.launch_microseconds != 2)
            fail_msg("%s: %g GFLOP/s, %g GB/s, %d", rows[i].name, best.gflops, best.gigabytes_per_second,
                     agreed);
    }
}

/* ---- in the folder */

static void test_kept_between_devices(void **state)
{
    (void)state;
    const char *folder = test_path("made/on/demand");
    check_folder("before", folder, NULL);
    assert_int_equal(access(folder, F_OK), -1); /* looking makes nothing */
    assert_true(measured(folder, &some).stored);
    check_folder("after", folder, &some);
    check_folder("another folder", test_path("empty"), NULL);
}

static void test_read_once(void **state)
{
    (void)state;
    const char *folder = folder_with_rates("once");
    wcl_device *early = cached_device(folder, 0), *late = cached_device(folder, 0);
    check_device("before", early, &some);
    assert_int_equal(unlink(cached_only_entry(folder)), 0);
    check_device("read already", early, &some);
    check_device("read too late", late, NULL);
    wcl_device_destroy(early);
    wcl_device_destroy(late);
}

static void test_measured_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(factors); i++) {
        char name[32];
        snprintf(name, sizeof name, "again%zu", i);
        const char *folder = folder_with_rates(name);
        const wcl__rates rates = scaled(i);
        const wcl__rates_use use = measured(folder, &rates);
        if (!use.stored || use.kept != factors[i].is_near)
            fail_msg("%s: %s, %s", factors[i].name, use.stored ? "stored" : "not stored",
                     use.kept ? "kept" : "replaced");
        check_folder(factors[i].name, folder, factors[i].is_near ? &some : &rates);
    }
}

/* They are of another device, driver, or number of cores. */
static void test_foreign(void **state)
{
    (void)state;
    const char *folder = folder_with_rates("foreign");
    for (int i = 0; i < 6; i++) {
        wcl_device *device = cached_device(folder, 0);
        wcl__facts *facts = &device->facts;
        char *const texts[] = {facts->driver, facts->name, facts->platform, facts->platform_version,
                               facts->version};
        if (i < 5)
            texts[i][0] ^= 1;
        else
            facts->compute_units++;
        check_device("another device", device, NULL);
        wcl_device_destroy(device);
    }
    check_folder("the same device", folder, &some);
}

static void test_damaged(void **state)
{
    /* magic, schema, header's size, length, key, hash, rates */
    static const size_t places[] = {0, 8, 12, 16, 24, 88, HEADER_BYTES, HEADER_BYTES + 23},
                        sizes[] = {0, 1, HEADER_BYTES, HEADER_BYTES + 23, HEADER_BYTES + 25};
    (void)state;
    const char *folder = folder_with_rates("damaged");
    assert_int_equal(cached_size(cached_only_entry(folder)), HEADER_BYTES + 24);
    for (size_t i = 0; i < WCL__COUNT(places) + WCL__COUNT(sizes); i++) {
        if (i < WCL__COUNT(places))
            cached_flip_bit(cached_only_entry(folder), places[i]);
        else
            assert_int_equal(truncate(cached_only_entry(folder), (off_t)sizes[i - WCL__COUNT(places)]), 0);
        check_folder("damaged", folder, NULL);
        assert_true(measured(folder, &some).stored);
        check_folder("replaced", folder, &some);
    }
}

/* A whole entry that says what no device does, or is of another size. */
static void test_nonsense(void **state)
{
    const double contents[][4] = {
        {0, 43e9, 2e-6, 0}, {236e9, -1, 2e-6, 0}, {236e9, 43e9, (double)NAN, 0}, {236e9, 43e9, 2e-6, 1}};
    (void)state;
    const char *folder = folder_with_rates("nonsense");
    char key[KEY_DIGITS + 1];
    snprintf(key, sizeof key, "%s", strrchr(cached_only_entry(folder), '/') + 1);
    for (size_t i = 0; i < WCL__COUNT(contents); i++) {
        wcl__cache cache = {0};
        assert_int_equal(wcl__cache_set(&cache, folder, 0), WCL_OK);
        assert_true(
            wcl__cache_store(&cache, WCL__CACHE_RATES, key, contents[i], sizeof(double) * (i == 3 ? 4 : 3)));
        wcl__cache_clear(&cache);
        check_folder("nonsense", folder, NULL);
    }
    const wcl__rates bad = {0, 43e9, 2e-6, true};
    const char *other = test_path("refused");
    const wcl__rates_use use = measured(other, &bad);
    assert_false(use.stored || use.kept);
    check_folder("nonsense was measured", other, NULL);
}

/* ---- no folder, or another one */

static void test_switched_off(void **state)
{
    (void)state;
    wcl_device *device = cached_device("", 0);
    check_device("before", device, NULL);
    wcl__rates_use use = wcl__provider_measured(device, &some);
    assert_false(use.stored || use.kept);
    check_device("this handle measured", device, &some);
    use = wcl__provider_measured(device, &some);
    assert_true(use.kept && !use.stored);
    check_folder("another did not", "", NULL);
    wcl_device_destroy(device);
}

static void test_unwritable(void **state)
{
    (void)state;
    const char *file = test_path("a_file"), *below = test_path("a_file/cache");
    FILE *made = fopen(file, "w");
    assert_non_null(made);
    fclose(made);
    wcl_device *device = cached_device(below, 0);
    assert_false(wcl__provider_measured(device, &some).stored);
    assert_int_equal(wcl_last_error()->status, WCL_OK);
    check_device("this handle measured", device, &some);
    wcl_device_destroy(device);
}

static void test_moved(void **state)
{
    (void)state;
    const char *folder = folder_with_rates("moved"), *other = test_path("moved_to");
    const wcl__rates fast = {some.flops * 10, some.bytes, some.launch, true};
    wcl_device *device = cached_device(folder, 0);
    check_device("from the folder", device, &some);
    assert_int_equal(wcl_device_set_cache(device, other, 0), WCL_OK);
    check_device("the new folder has none", device, NULL);
    assert_true(wcl__provider_measured(device, &fast).stored);
    assert_int_equal(wcl_device_set_cache(device, folder, 0), WCL_OK);
    check_device("its own stay", device, &fast);
    check_folder("the folder's stay", folder, &some);
    check_folder("they are in the other one", other, &fast);
    wcl_device_destroy(device);
}

/* Programs go before rates, whichever was used last. */
static void test_query_and_trim(void **state)
{
    (void)state;
    const char *folder = folder_with_rates("trimmed");
    char key[KEY_DIGITS + 1];
    wcl__cache cache = {0};
    memset(key, 'a', KEY_DIGITS);
    key[KEY_DIGITS] = '\0';
    assert_int_equal(wcl__cache_set(&cache, folder, 0), WCL_OK);
    assert_true(wcl__cache_store(&cache, WCL__CACHE_PROGRAM, key, "program", 7));
    wcl__cache_clear(&cache);
    wcl_cache_info info = cached_query(folder);
    assert_int_equal(info.entries, 1);
    assert_int_equal(info.rates, 1);
    assert_int_equal(info.bytes, 2 * HEADER_BYTES + 7 + 24);
    assert_int_equal(wcl_cache_trim(folder, (uint64_t)info.bytes - 1), WCL_OK);
    info = cached_query(folder);
    assert_int_equal(info.entries, 0);
    assert_int_equal(info.rates, 1);
    check_folder("trimmed", folder, &some);
    assert_int_equal(wcl_cache_trim(folder, 0), WCL_OK);
    assert_int_equal(cached_query(folder).rates, 0);
    check_folder("cleared", folder, NULL);
}

/* Memory that is short costs the stored rates, nothing else. */
static void test_without_memory(void **state)
{
    (void)state;
    const char *folder = folder_with_rates("no_memory");
    int guessed = 0, nth = 1;
    for (bool failed = true; failed; nth++) {
        wcl_device *device = cached_device(folder, 0);
        const int live = fake_memory_live();
        fake_memory_fail(nth, false);
        const wcl__rates rates = wcl__provider_rates(device);
        failed = fake_memory_failed();
        fake_memory_fail(0, false);
        check_device("short of memory", device, rates.measured ? &some : NULL);
        assert_int_equal(wcl_last_error()->status, WCL_OK);
        assert_int_equal(fake_memory_live(), live);
        assert_true(rates.measured || failed);
        guessed += !rates.measured;
        wcl_device_destroy(device);
    }
    assert_true(guessed > 0);
}

/* ---- plans by them */

/* A CPU to plan for, whatever the tests run on. */
static wcl_device *open_cpu(const char *folder)
{
    wcl_device *device = cached_device(folder, 0);
    device->facts.type = CL_DEVICE_TYPE_CPU;
    device->facts.vector_width = 16;
    device->facts.compute_units = 2;
    device->facts.clock_mhz = 2600;
    device->facts.cache_bytes = 32 << 20;
    return device;
}

/* VGG-16's last convolution reads more filters than pictures: F4's are 2.25 times F2's. */
static void check_plan(const char *name, const wcl_device *device, const wcl__rates *expected,
                       const char *algorithm)
{
    wcl_model *model = load_network("zoo:vgg16");
    wcl_plan *plan = NULL;
    wcl_plan_rates rates = WCL_PLAN_RATES_INIT;
    assert_int_equal(wcl_plan_create(device, model, NULL, NULL, &plan), WCL_OK);
    assert_int_equal(wcl_plan_get_rates(plan, &rates), WCL_OK);
    if (fabs(rates.gflops * 1e9 / expected->flops - 1) > 1e-12 ||
        fabs(rates.gigabytes_per_second * 1e9 / expected->bytes - 1) > 1e-12 ||
        fabs(rates.launch_microseconds * 1e-6 / expected->launch - 1) > 1e-12 ||
        (rates.measured != 0) != expected->measured)
        fail_msg("%s: the plan says %s rates of %g GFLOP/s, %g GB/s, %g us a launch", name,
                 rates.measured ? "measured" : "guessed", rates.gflops, rates.gigabytes_per_second,
                 rates.launch_microseconds);
    const char *got = plan_algorithm(plan, "conv2d_13"), *tile = strrchr(got, '-');
    if (strcmp(tile ? tile + 1 : got, algorithm) != 0)
        fail_msg("%s: conv2d_13 runs as %s", name, got);
    wcl_plan_destroy(plan);
    wcl_model_destroy(model);
}

static void test_plans(void **state)
{
    static const wcl__rates slow_memory = {236e9, 5e9, 2.5e-6, true};
    (void)state;
    const char *folder = test_path("plans");
    wcl_device *device = open_cpu(folder);
    const wcl__profile profile = wcl__profile_of(&device->facts);
    const wcl__rates guess = wcl__rates_guess(&profile);
    check_plan("guessed", device, &guess, "f4");
    assert_true(wcl__provider_measured(device, &slow_memory).stored);
    check_plan("measured by this handle", device, &slow_memory, "f2");
    wcl_device_destroy(device);
    device = open_cpu(folder);
    check_plan("measured by an earlier one", device, &slow_memory, "f2");
    wcl_device_destroy(device);
    device = open_cpu("");
    check_plan("without a folder", device, &guess, "f4");
    wcl_device_destroy(device);
}

/* On the device itself, so that the session can run. */
static void test_session(void **state)
{
    (void)state;
    const char *folder = folder_with_rates("session");
    wcl_device *device = cached_device(folder, 0);
    wcl_model *model = load_network("zoo:lenet5");
    wcl_session *session = NULL;
    wcl_plan_rates rates = WCL_PLAN_RATES_INIT;
    assert_int_equal(wcl_session_create(device, model, NULL, &session), WCL_OK);
    assert_int_equal(wcl_session_prepare(session, NULL), WCL_OK);
    assert_int_equal(wcl_plan_get_rates(wcl_session_plan(session), &rates), WCL_OK);
    assert_true(rates.measured && fabs(rates.gflops - some.flops * 1e-9) < 1e-9);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    wcl_device_destroy(device);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, reset, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_guess),
        TEST(test_plausible),
        TEST(test_near),
        TEST(test_passes),
        TEST(test_kept_between_devices),
        TEST(test_read_once),
        TEST(test_measured_again),
        TEST(test_foreign),
        TEST(test_damaged),
        TEST(test_nonsense),
        TEST(test_switched_off),
        TEST(test_unwritable),
        TEST(test_moved),
        TEST(test_query_and_trim),
        TEST(test_without_memory),
        TEST(test_plans),
        TEST(test_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
