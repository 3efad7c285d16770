/* Rates to plan with: guesses, and which ones are believed. */
#include "runtime/rates.h"

/* Two multiply-adds a cycle of up to 8 lanes each: vectors of 16 take two turns on many CPUs. */
wcl__rates wcl__rates_guess(const wcl__profile *profile)
{
    const int lanes = WCL__MIN(WCL__MAX(profile->width, 4), 8);
    const double cycles = (double)profile->units * (double)WCL__MAX(profile->clock_mhz, 500u) * 1e6;
    if (profile->simt)
        return (wcl__rates){cycles * 64 * 2, 200e9, 8e-6, false};
    return (wcl__rates){cycles * (double)lanes * 4, 30e9, 20e-6, false};
}

/* False for a NaN, too. */
static bool is_between(double least, double x, double most)
{
    return x >= least && x <= most;
}

bool wcl__rates_are_plausible(const wcl__rates *rates)
{
    return is_between(1e6, rates->flops, 1e18) && is_between(1e6, rates->bytes, 1e18) &&
           is_between(1e-9, rates->launch, 1);
}

static bool is_within(double factor, double a, double b)
{
    return a <= b * factor && b <= a * factor;
}

/* On a shared machine the bandwidth differs by half from run to run, the time of a launch by more, and it
 * weighs less. */
bool wcl__rates_are_near(const wcl__rates *a, const wcl__rates *b)
{
    return is_within(1.75, a->flops, b->flops) && is_within(1.75, a->bytes, b->bytes) &&
           is_within(3, a->launch, b->launch);
}
