/* What every test uses: the device, seeded values, a temporary folder, the tolerance and the comparison. */
#ifndef WCL_TESTS_SUPPORT_H
#define WCL_TESTS_SUPPORT_H

#include "ops/op.h"

/* The device of WINOCL_DEVICE, or the best one; opened at the first call, for the whole process. Its program
 * cache is the folder WINOCL_TEST_CACHE, or one that goes when the process ends. With
 * WINOCL_TEST_LIMITS="KERNEL GROUP X Y Z" it allows less (fake_limits: a kernel's work-group, the device's,
 * its dimensions; 0: as it is). Fails the test if there is none. */
wcl_device *test_device(void);
/* The same wrapped, without cache: what a test builds does not stay. The caller destroys it. */
wcl_device *test_fresh_device(void);
/* A folder of this process's own, removed with all that is in it when the process ends. */
const char *test_folder(void);
/* "FOLDER/name"; one of 8 static texts in turn. */
const char *test_path(const char *name);

/* Lists of words, "direct f2": is `name` one of them; how many are there. NULL is empty. */
bool test_listed(const char *list, const char *name);
int test_words(const char *list);

/* WINOCL_TEST_SEED or a fixed one; printed at the first call. */
uint64_t test_seed(void);
/* wcl_random_fill of the seed; tensors with different ordinals differ. */
void test_fill(float *values, int64_t count, uint64_t ordinal, double deviation);

/* The bounds on ||got - expected|| / ||expected|| and on the largest error / rms(expected). `reduction`:
 * values added up for one output. */
void test_tolerance(wcl__bound algorithm, int64_t reduction, double *l2, double *max);
/* The same where weights are stored as halves. */
void test_half_tolerance(wcl__bound algorithm, double *l2, double *max);

/* False: a norm is over its bound, or NaN and infinity stand elsewhere than expected; `where` then has both
 * norms, their bounds and the worst element's place and values. */
bool test_close(const float *got, const double *expected, const wcl__shape *shape, wcl__bound algorithm,
                int64_t reduction, char *where, size_t bytes);
/* The same with bounds of the caller's: L2, largest. */
bool test_within(const float *got, const double *expected, const wcl__shape *shape, const double bounds[2],
                 char *where, size_t bytes);
/* test_close, failing the test with the case's name. */
void test_compare(const char *name, const float *got, const double *expected, const wcl__shape *shape,
                  wcl__bound algorithm, int64_t reduction);
void test_compare_floats(const char *name, const float *got, const float *expected, const wcl__shape *shape,
                         wcl__bound algorithm, int64_t reduction);

#endif
