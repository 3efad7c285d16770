/* What a device does at most a second, for the planner's costs: measured by wcl_device_measure, else guessed
 * from its facts. */
#ifndef WCL_RUNTIME_RATES_H
#define WCL_RUNTIME_RATES_H

#include "runtime/profile.h"

typedef struct wcl__rates {
    double flops, bytes; /* a second */
    double launch;       /* seconds that a launch takes besides its work */
    bool measured;
} wcl__rates;

/* The guess ranks variants on one device; it predicts no time. */
wcl__rates wcl__rates_guess(const wcl__profile *profile);
/* Could a device have these rates? Not if one is 0, negative or no number. */
bool wcl__rates_are_plausible(const wcl__rates *rates);
/* Do they differ by no more than two measurements of one device do? */
bool wcl__rates_are_near(const wcl__rates *a, const wcl__rates *b);

#endif
