/* Walks over many dimensions, on the host and as the argument of a kernel. */
#include "kernels/shape/nd.h"
#include "base/error.h"

void wcl__nd_next(const wcl__nd *walk, wcl__nd_cursor *cursor)
{
    for (int d = walk->rank - 1; d >= 0; d--) {
        const bool wraps = ++cursor->index[d] == walk->dims[d];
        const int64_t steps = wraps ? 1 - walk->dims[d] : 1;
        for (int k = 0; k < WCL__ND_OPERANDS; k++)
            cursor->at[k] += steps * walk->step[k][d];
        if (!wraps)
            return;
        cursor->index[d] = 0;
    }
}

static bool joins(const wcl__nd *walk, int outer, int inner)
{
    for (int k = 0; k < WCL__ND_OPERANDS; k++)
        if (walk->step[k][outer] != walk->step[k][inner] * walk->dims[inner])
            return false;
    return true;
}

static void move_dim(wcl__nd *walk, int from, int to)
{
    walk->dims[to] = walk->dims[from];
    for (int k = 0; k < WCL__ND_OPERANDS; k++)
        walk->step[k][to] = walk->step[k][from];
}

void wcl__nd_collapse(wcl__nd *walk)
{
    int rank = 0;
    for (int d = 0; d < walk->rank; d++) {
        if (walk->dims[d] == 1)
            continue;
        if (rank > 0 && joins(walk, rank - 1, d)) {
            const int64_t outer = walk->dims[rank - 1];
            move_dim(walk, d, rank - 1);
            walk->dims[rank - 1] *= outer;
        } else {
            move_dim(walk, d, rank++);
        }
    }
    walk->rank = rank;
}

int wcl__nd_rank(const wcl__nd *walk)
{
    return walk->rank <= 4 ? 4 : 8;
}

/* Steps and dimensions are ints in the kernel, and so is the place within the dimensions that global id 2
 * counts; offsets are longs. */
static wcl_status check_walk(const wcl__nd *walk)
{
    int64_t outer = 1;
    for (int d = 0; d < walk->rank; d++) {
        if (walk->dims[d] > INT32_MAX)
            return wcl__fail(WCL_UNSUPPORTED, "a dimension of %lld: the most is %d", (long long)walk->dims[d],
                             INT32_MAX);
        for (int k = 0; k < WCL__ND_OPERANDS; k++)
            if (walk->step[k][d] > INT32_MAX || walk->step[k][d] < -INT32_MAX)
                return wcl__fail(WCL_UNSUPPORTED,
                                 "neighbours in a dimension are %lld elements apart: the most is %d",
                                 (long long)walk->step[k][d], INT32_MAX);
        if (d < walk->rank - 2 && (wcl__mul_overflow(outer, walk->dims[d], &outer) || outer > INT32_MAX))
            return wcl__fail(WCL_UNSUPPORTED, "all dimensions but the last two have more than %d elements",
                             INT32_MAX);
    }
    return WCL_OK;
}

wcl_status wcl__nd_pack(const wcl__nd *walk, wcl__nd_arg *out)
{
    const int first = WCL_MAX_RANK - walk->rank;
    for (int d = 0; d < WCL_MAX_RANK; d++) {
        const bool used = d >= first;
        out->dims[d] = used ? (cl_int)walk->dims[d - first] : 1;
        for (int k = 0; k < WCL__ND_OPERANDS; k++)
            out->step[k][d] = used ? (cl_int)walk->step[k][d - first] : 0;
    }
    return check_walk(walk);
}

void wcl__nd_group(int64_t x, int *group_x, int *group_y)
{
    *group_x = x >= 32 ? 64 : 4;
    *group_y = 64 / *group_x;
}

void wcl__nd_range(wcl__call *call, const wcl__nd_arg *walk, int group_x, int group_y)
{
    const size_t local[3] = {(size_t)group_x, (size_t)group_y, 1};
    int64_t outer = 1;
    for (int d = 0; d < WCL_MAX_RANK - 2; d++)
        outer *= walk->dims[d];
    wcl__call_range(call, walk->dims[WCL_MAX_RANK - 1], walk->dims[WCL_MAX_RANK - 2], outer, local);
}
