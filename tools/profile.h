/* Device times of a network's launches and layers, and what the device's rates would allow. */
#ifndef WINOCL_TOOLS_PROFILE_H
#define WINOCL_TOOLS_PROFILE_H

#include "engine.h"

typedef struct wcl__launch_time {
    wcl_profile_entry entry; /* of the last run */
    double ms;               /* median of the runs; NaN: the device does not measure */
} wcl__launch_time;

/* Names in it belong to the engine's session. */
typedef struct wcl__times {
    wcl__launch_time *launches;
    wcl_plan_node *nodes;
    double *node_ms; /* a node's launches in all; NaN: not measured */
    int launch_count, node_count;
    double total_ms; /* of all launches */
    double run_ms;   /* of a whole run, copies included: median */
} wcl__times;

/* Makes the engine's session, whose queue takes times, and runs it: warm-up and runs as the options say. */
int wcl__profile_take(wcl__engine *engine, const wcl__options *options, const wcl__inputs *inputs,
                      wcl__times *profile);
void wcl__profile_clear(wcl__times *profile);

/* Sorts the values; count is at least 1. */
double wcl__median(double *values, int64_t count);

/* The layer's roofline in ms: the longer of its work at the device's FMA rate and its bytes at the memory's.
 */
double wcl__bound_ms(const wcl_plan_node *node, const wcl_device_rates *rates);
bool wcl__is_bound_by_work(const wcl_plan_node *node, const wcl_device_rates *rates);

#endif
