/* What the families that go over a tensor cell by cell share. */
#include "kernels/cells.h"
#include "base/error.h"

enum { FEW_ROWS = 1024 };

const char *wcl__cells_constraint(const int *values)
{
    const int cb = values[0];
    return cb == 1 || cb == 2 || cb == 4 || cb == 8 || cb == 16 ? NULL : "cb must be 1, 2, 4, 8 or 16";
}

int wcl__block_size(int64_t count, int least, int most)
{
    int best = most;
    for (int size = most; size >= least; size--)
        if (wcl__ceil_div(count, size) * (size + 1) < wcl__ceil_div(count, best) * (best + 1))
            best = size;
    return best;
}

void wcl__cells_args(wcl__call *call, const wcl__operand *x, const wcl__operand *y)
{
    wcl__call_slot(call, x->slot);
    wcl__call_slot(call, y->slot);
    WCL__CALL_VALUE(call, x->view);
    WCL__CALL_VALUE(call, y->view);
}

void wcl__cells_range(wcl__call *call, const wcl__view *view, int lanes, int items, int group)
{
    const size_t local[3] = {(size_t)group, 1, 1};
    wcl__call_range(call, wcl__ceil_div(view->c, lanes) * view->h * view->w * items, view->n, 1, local);
}

int wcl__rows_group(int64_t rows)
{
    return rows < FEW_ROWS ? 1 : WCL__CELL_GROUP;
}
