#include "kernels/pointwise/binary.h"
#include "kernels/cells.h"

static const char *binary_constraint(const int *values)
{
    const int cb = values[2], rank = values[3];
    if (cb != 1 && cb != 2 && cb != 4 && cb != 8 && cb != 16)
        return "cb must be a power of two";
    return rank == 4 || rank == 8 ? NULL : "rank must be 4 or 8";
}

WCL__PARAM_TABLE(wcl__binary_table, "binary", WCL__BINARY_PARAMS, binary_constraint);
static const wcl__kernel flat = {"binary_flat", "op act cb"};
static const wcl__kernel channel = {"binary_channel", "op act cb reverse"};
static const wcl__kernel broadcast = {"binary_broadcast", "op act rank"};

/* Floats of a work-item where the layout has no say; the fewest dimensions of a walk. */
enum { LANES = 4, LEAST = 4 };

static wcl_status begin(wcl__call *call, const wcl__kernel *kernel, const wcl__binary *binary, int cb,
                        int rank)
{
    const wcl__binary_params params = {.op = (int)binary->op,
                                       .act = (int)binary->act.kind,
                                       .cb = cb,
                                       .rank = rank,
                                       .reverse = binary->reverse};
    const wcl_status status = wcl__cells_begin(call, kernel, &wcl__binary_table, &params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, binary->a);
    wcl__call_slot(call, binary->b);
    wcl__call_slot(call, binary->y);
    return WCL_OK;
}

static void add_act(wcl__call *call, const wcl__binary *binary)
{
    WCL__CALL_VALUE(call, binary->act.a);
    WCL__CALL_VALUE(call, binary->act.b);
}

wcl_status wcl__binary_flat_call(wcl__call *call, const wcl__binary *binary, int64_t count)
{
    const size_t local[3] = {64, 1, 1};
    const cl_ulong elements = (cl_ulong)count;
    const wcl_status status = begin(call, &flat, binary, LANES, LEAST);
    if (status != WCL_OK)
        return status;
    WCL__CALL_VALUE(call, elements);
    add_act(call, binary);
    wcl__call_range(call, wcl__ceil_div(count, LANES), 1, 1, local);
    return WCL_OK;
}

wcl_status wcl__binary_channel_call(wcl__call *call, const wcl__binary *binary, const wcl__shape *shape,
                                    const wcl__layout *layout, bool per_channel)
{
    wcl__view view;
    size_t local[3];
    const cl_int b_step = per_channel;
    wcl_status status = wcl__layout_view(layout, shape, &view);
    if (status == WCL_OK)
        status = begin(call, &channel, binary, layout->block, LEAST);
    if (status != WCL_OK)
        return status;
    WCL__CALL_VALUE(call, view);
    WCL__CALL_VALUE(call, view);
    WCL__CALL_VALUE(call, b_step);
    add_act(call, binary);
    wcl__nd_local(view.w, local);
    wcl__call_range(call, view.w, view.h, (int64_t)view.n * wcl__ceil_div(view.c, layout->block), local);
    return WCL_OK;
}

void wcl__broadcast_steps(const wcl__shape *shape, const wcl__shape *to, int64_t steps[WCL_MAX_RANK])
{
    int64_t step = 1;
    for (int d = to->rank - 1; d >= 0; d--) {
        const int own = d - (to->rank - shape->rank);
        steps[d] = own < 0 || shape->dims[own] == 1 ? 0 : step;
        if (own >= 0)
            step *= shape->dims[own];
    }
}

wcl_status wcl__binary_broadcast_call(wcl__call *call, const wcl__binary *binary, const wcl__shape *a_shape,
                                      const wcl__shape *b_shape, const wcl__shape *y_shape)
{
    wcl__nd walk = {.rank = y_shape->rank};
    wcl__nd_arg arg;
    for (int d = 0; d < y_shape->rank; d++)
        walk.dims[d] = y_shape->dims[d];
    wcl__broadcast_steps(a_shape, y_shape, walk.step[0]);
    wcl__broadcast_steps(b_shape, y_shape, walk.step[1]);
    wcl__broadcast_steps(y_shape, y_shape, walk.step[2]);
    wcl__nd_collapse(&walk);
    wcl_status status = wcl__nd_pack(&walk, &arg);
    if (status == WCL_OK)
        status = begin(call, &broadcast, binary, LANES, wcl__nd_rank(&walk));
    if (status != WCL_OK)
        return status;
    WCL__CALL_VALUE(call, arg);
    add_act(call, binary);
    wcl__nd_range(call, &arg);
    return WCL_OK;
}
