/* What every file may use: the public types and small arithmetic. */
#ifndef WCL_BASE_BASE_H
#define WCL_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <winocl/winocl.h>

#define WCL__COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WCL__MIN(a, b) ((a) < (b) ? (a) : (b))
#define WCL__MAX(a, b) ((a) > (b) ? (a) : (b))
#define WCL__PRINTF(text, first) __attribute__((format(printf, text, first)))

static inline int64_t wcl__ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}
static inline int64_t wcl__round_up(int64_t a, int64_t b)
{
    return wcl__ceil_div(a, b) * b;
}

/* For a, b >= 0; true: the product does not fit. */
static inline bool wcl__mul_overflow(int64_t a, int64_t b, int64_t *product)
{
    return __builtin_mul_overflow(a, b, product);
}

#endif
