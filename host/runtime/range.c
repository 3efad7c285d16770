/* Work-groups and grids within a device's limits; called by launch.c for every kernel. */
#include "runtime/range.h"
#include "base/error.h"

/* The largest divisor of `size` that is at most `most` (at least 1). */
static size_t largest_divisor(size_t size, uint64_t most)
{
    for (size_t divisor = (size_t)WCL__MIN(most, (uint64_t)size); divisor > 1; divisor--)
        if (size % divisor == 0)
            return divisor;
    return 1;
}

static uint64_t items_of(const wcl__range *range)
{
    uint64_t items = 1;
    for (int i = 0; i < 3; i++)
        if (__builtin_mul_overflow(items, (uint64_t)range->local[i], &items))
            return UINT64_MAX;
    return items;
}

static wcl_status check_multiple(const wcl__range *range)
{
    for (int i = 0; i < 3; i++)
        if (range->local[i] == 0 || range->global[i] == 0 || range->global[i] % range->local[i] != 0)
            return wcl__fail(WCL_BAD_ARGUMENT,
                             "global size %zu in dimension %d is no multiple of the work-group's %zu",
                             range->global[i], i, range->local[i]);
    return WCL_OK;
}

static wcl_status check_fixed(const wcl__range *range, const wcl__facts *facts, size_t kernel_most)
{
    const size_t *local = range->local;
    for (int i = 0; i < 3; i++)
        if (local[i] > facts->max_item[i])
            return wcl__fail(WCL_UNSUPPORTED,
                             "work-group of %zux%zux%zu: the device allows %llu items in dimension %d",
                             local[0], local[1], local[2], (unsigned long long)facts->max_item[i], i);
    if (items_of(range) > facts->max_work_group)
        return wcl__fail(WCL_UNSUPPORTED, "work-group of %zux%zux%zu: the device allows %llu items", local[0],
                         local[1], local[2], (unsigned long long)facts->max_work_group);
    if (kernel_most && items_of(range) > kernel_most)
        return wcl__fail(WCL_UNSUPPORTED,
                         "work-group of %zux%zux%zu: the kernel allows %zu items on this device", local[0],
                         local[1], local[2], kernel_most);
    for (int i = 1; i < 3; i++)
        if (range->global[i] / local[i] > WCL__MOST_GROUPS)
            return wcl__fail(WCL_UNSUPPORTED,
                             "%zu work-groups in dimension %d, more than the %d that all devices take",
                             range->global[i] / local[i], i, WCL__MOST_GROUPS);
    return WCL_OK;
}

wcl_status wcl__range_fit(wcl__range *range, const wcl__facts *facts, size_t kernel_most)
{
    const wcl_status status = check_multiple(range);
    if (status != WCL_OK || range->fixed)
        return status == WCL_OK ? check_fixed(range, facts, kernel_most) : status;
    uint64_t most = WCL__MAX(facts->max_work_group, (uint64_t)1);
    if (kernel_most)
        most = WCL__MIN(most, (uint64_t)kernel_most);
    for (int i = 0; i < 3; i++)
        range->local[i] = largest_divisor(range->local[i], facts->max_item[i]);
    for (int i = 2; i >= 0 && items_of(range) > most; i--) {
        const uint64_t others = items_of(range) / range->local[i];
        range->local[i] = largest_divisor(range->local[i], most / others);
    }
    return WCL_OK;
}

/* Pieces along y or z. */
static size_t pieces_along(const wcl__range *range, int dimension)
{
    return (range->global[dimension] / range->local[dimension] + WCL__MOST_GROUPS - 1) / WCL__MOST_GROUPS;
}

size_t wcl__range_pieces(const wcl__range *range)
{
    return pieces_along(range, 1) * pieces_along(range, 2);
}

wcl__piece wcl__range_piece(const wcl__range *range, size_t index)
{
    const size_t along_y = pieces_along(range, 1), at[3] = {0, index % along_y, index / along_y};
    wcl__piece piece = {{0, 0, 0}, {range->global[0], range->global[1], range->global[2]}};
    for (int i = 1; i < 3; i++) {
        const size_t most = WCL__MOST_GROUPS * range->local[i];
        piece.offset[i] = at[i] * most;
        piece.global[i] = WCL__MIN(most, range->global[i] - piece.offset[i]);
    }
    return piece;
}
