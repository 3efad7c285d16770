/* The seeded generator: see wcl_random_fill. */
#ifndef WCL_BASE_RANDOM_H
#define WCL_BASE_RANDOM_H

#include "base/base.h"

/* Element i depends on key and i alone. */
uint64_t wcl__mix64(uint64_t z);
uint64_t wcl__random_key(uint64_t seed, uint64_t ordinal);
void wcl__random_range(float *values, int64_t first, int64_t count, uint64_t key, double deviation);
double wcl__random_bound(double deviation); /* no element is larger in magnitude */

#endif
