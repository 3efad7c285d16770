/* Kernels that do nothing but multiply and add, or read: what the device can do at most
 * (cl/measure_fma.cl, cl/measure_read.cl, wcl_device_measure). */
#ifndef WCL_KERNELS_MEASURE_H
#define WCL_KERNELS_MEASURE_H

#include "runtime/launch.h"
#include "runtime/rates.h"
#include "tune/params.h"

/* field, least, most, standard, meaning */
#define WCL__MEASURE_PARAMS(X)           \
    X(cb, 1, 16, 4, "lanes of a vector") \
    X(chains, 1, 16, 8, "independent sums of a work-item")

typedef struct wcl__measure_params {
    WCL__MEASURE_PARAMS(WCL__PARAM_MEMBER)
} wcl__measure_params;
extern const wcl__param_table wcl__measure_table;

enum { WCL__MEASURE_UNROLL = 8 }; /* cl/measure_fma.cl: UNROLL */

/* Slot 0 is read, slot 1 is written: `items` vectors. */
typedef struct wcl__measure {
    wcl__measure_params params;
    int64_t items, local;
    int64_t steps;                       /* fma: of each chain, a multiple of the unrolling */
    int64_t item_step, chain_step, step; /* read: floats from an item, a chain, a vector to the next */
    int64_t count;                       /* read: vectors of a chain */
} wcl__measure;

/* Enough items to fill the device, one a group on CPUs; of each, the fewest steps. */
void wcl__measure_fma_defaults(const wcl__profile *profile, wcl__measure *measure);
/* Reads nearly all of `bytes`: on CPUs an item has a stretch of its own, elsewhere items read side by side.
 * Chains read side by side, or, as `streams`, each a stretch of its own. */
void wcl__measure_read_defaults(const wcl__profile *profile, uint64_t bytes, bool streams,
                                wcl__measure *measure);
wcl_status wcl__measure_fma_call(wcl__call *call, const wcl__measure *measure);
wcl_status wcl__measure_read_call(wcl__call *call, const wcl__measure *measure);

/* Adds a pass over all measurements to the best of those before it (zeros: there was none). True if the pass
 * agrees with them within a tenth, and they with the rates that are known of the device, if any were
 * measured. */
bool wcl__measure_add(wcl_device_rates *best, const wcl_device_rates *pass, const wcl__rates *known);

#endif
