/* What the families that go over a tensor cell by cell share: cl/cells.clh. */
#ifndef WCL_KERNELS_CELLS_H
#define WCL_KERNELS_CELLS_H

#include "kernels/fields.h"
#include "kernels/format.h"
#include "runtime/launch.h"
#include "tune/params.h"

/* A tensor that a call reads or writes: the plan's slot, and how it lies there. */
typedef struct wcl__operand {
    int slot;
    wcl__view view;
} wcl__operand;

/* A table's constraint whose first field is `cb`. */
const char *wcl__cells_constraint(const int *values);
/* Of `least` to `most` items a block, the size that serves `count` items in the least time, when a block
 * takes its size and 1. */
int wcl__block_size(int64_t count, int least, int most);
/* The arguments that all these kernels start with: x, y and their views. */
void wcl__cells_args(wcl__call *call, const wcl__operand *x, const wcl__operand *y);
/* A work-item for each pixel of each chunk of `lanes` channels, times `items`, in work-groups of `group`. */
void wcl__cells_range(wcl__call *call, const wcl__view *view, int lanes, int items, int group);
/* The work-group for `rows` long tasks along dimension 0: few of them go to work-groups of one, so that they
 * spread over the compute units. */
int wcl__rows_group(int64_t rows);

#endif
