/* Element-wise arithmetic of two operands: parameters and launches. */
#include "kernels/pointwise/binary.h"

static const char *flat_constraint(const int *values)
{
    return wcl__cells_constraint(&values[2]);
}

static const char *rank_constraint(const int *values)
{
    return values[2] == 4 || values[2] == 8 ? NULL : "rank must be 4 or 8";
}

WCL__PARAM_TABLE(wcl__binary_flat_table, "binary_flat", WCL__BINARY_FLAT_PARAMS, .follows = "op act",
                 .constraint = flat_constraint);
WCL__PARAM_TABLE(wcl__binary_channel_table, "binary_channel", WCL__BINARY_CHANNEL_PARAMS,
                 .follows = "op act cb reverse", .constraint = flat_constraint);
WCL__PARAM_TABLE(wcl__binary_broadcast_table, "binary_broadcast", WCL__BINARY_BROADCAST_PARAMS,
                 .follows = "op act rank", .constraint = rank_constraint);

static const wcl__kernel flat_kernel = {"binary_flat", "op act cb"};
static const wcl__kernel channel_kernel = {"binary_channel", "op act cb reverse"};
static const wcl__kernel broadcast_kernel = {"binary_broadcast", "op act rank"};

static void add_slots(wcl__call *call, const wcl__binary *binary)
{
    wcl__call_slot(call, binary->a);
    wcl__call_slot(call, binary->b);
    wcl__call_slot(call, binary->y);
}

static void add_act(wcl__call *call, const wcl__binary *binary)
{
    WCL__CALL_VALUE(call, binary->act.a);
    WCL__CALL_VALUE(call, binary->act.b);
}

wcl_status wcl__binary_flat_call(wcl__call *call, const wcl__binary_flat_params *params,
                                 const wcl__binary *binary, int64_t count)
{
    const size_t local[3] = {(size_t)params->group, 1, 1};
    const cl_ulong elements = (cl_ulong)count;
    wcl__binary_flat_params p = *params;
    p.act = (int)binary->act.kind;
    const wcl_status status = wcl__call_begin(call, &flat_kernel, &wcl__binary_flat_table, &p);
    if (status != WCL_OK)
        return status;
    add_slots(call, binary);
    WCL__CALL_VALUE(call, elements);
    add_act(call, binary);
    wcl__call_range(call, wcl__ceil_div(count, p.cb), 1, 1, local);
    return WCL_OK;
}

wcl_status wcl__binary_channel_call(wcl__call *call, const wcl__binary_channel_params *params,
                                    const wcl__binary *binary, const wcl__view *view, bool per_channel)
{
    const size_t local[3] = {(size_t)params->group_x, (size_t)params->group_y, 1};
    const cl_int b_step = per_channel;
    const wcl_status status = wcl__call_begin(call, &channel_kernel, &wcl__binary_channel_table, params);
    if (status != WCL_OK)
        return status;
    add_slots(call, binary);
    WCL__CALL_VALUE(call, *view);
    WCL__CALL_VALUE(call, *view);
    WCL__CALL_VALUE(call, b_step);
    add_act(call, binary);
    wcl__call_range(call, view->w, view->h, (int64_t)view->n * wcl__ceil_div(view->c, params->cb), local);
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

static wcl__nd walk_of(const wcl__binary_shapes *shapes)
{
    wcl__nd walk = {.rank = shapes->y->rank};
    for (int d = 0; d < shapes->y->rank; d++)
        walk.dims[d] = shapes->y->dims[d];
    wcl__broadcast_steps(shapes->a, shapes->y, walk.step[0]);
    wcl__broadcast_steps(shapes->b, shapes->y, walk.step[1]);
    wcl__broadcast_steps(shapes->y, shapes->y, walk.step[2]);
    wcl__nd_collapse(&walk);
    return walk;
}

void wcl__binary_broadcast_configure(const wcl__binary_shapes *shapes, wcl__binary_broadcast_params *params)
{
    const wcl__nd walk = walk_of(shapes);
    params->rank = wcl__nd_rank(&walk);
    wcl__nd_group(walk.rank > 0 ? walk.dims[walk.rank - 1] : 1, &params->group_x, &params->group_y);
}

wcl_status wcl__binary_broadcast_call(wcl__call *call, const wcl__binary_broadcast_params *params,
                                      const wcl__binary *binary, const wcl__binary_shapes *shapes)
{
    const wcl__nd walk = walk_of(shapes);
    wcl__nd_arg arg;
    wcl__binary_broadcast_params p = *params;
    p.act = (int)binary->act.kind;
    p.rank = wcl__nd_rank(&walk);
    wcl_status status = wcl__nd_pack(&walk, &arg);
    if (status == WCL_OK)
        status = wcl__call_begin(call, &broadcast_kernel, &wcl__binary_broadcast_table, &p);
    if (status != WCL_OK)
        return status;
    add_slots(call, binary);
    WCL__CALL_VALUE(call, arg);
    add_act(call, binary);
    wcl__nd_range(call, &arg, p.group_x, p.group_y);
    return WCL_OK;
}
