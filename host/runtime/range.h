/* The index space of a launch: the work-group that the device and the kernel allow, and the pieces that it is
 * enqueued in. */
#ifndef WCL_RUNTIME_RANGE_H
#define WCL_RUNTIME_RANGE_H

#include "runtime/device.h"

typedef struct wcl__range {
    size_t global[3]; /* a multiple of local */
    size_t local[3];  /* the work-group; what a family asks for, until wcl__range_fit made it smaller */
    bool fixed;       /* the kernel needs exactly this work-group, and counts by get_group_id */
} wcl__range;

/* Groups in y and in z that any device takes. NVIDIA allows no more, and OpenCL has no query for it. */
enum { WCL__MOST_GROUPS = 65535 };

/* Makes the work-group as small as the device's limits and the kernel's own (`kernel_most` items; 0: not
 * known) demand, and leaves it as it is where they allow it. A smaller one divides the one asked for, so that
 * `global` stays a multiple of it. Dimensions z and y give way first: neighbours in x read neighbouring
 * memory.
 *
 * WCL_BAD_ARGUMENT  `global` is no multiple of `local`
 * WCL_UNSUPPORTED   the range is fixed and beyond a limit, or beyond WCL__MOST_GROUPS in y or z */
wcl_status wcl__range_fit(wcl__range *range, const wcl__facts *facts, size_t kernel_most);

/* A part of a range that one enqueue runs. */
typedef struct wcl__piece {
    size_t offset[3], global[3];
} wcl__piece;

/* Parts of at most WCL__MOST_GROUPS work-groups in y and z; nearly always 1. Their global ids count through,
 * their group ids do not. */
size_t wcl__range_pieces(const wcl__range *range);
wcl__piece wcl__range_piece(const wcl__range *range, size_t index);

#endif
