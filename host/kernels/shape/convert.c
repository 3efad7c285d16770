#include "kernels/shape/convert.h"

static const char *constraint(const int *values)
{
    const char *reason = wcl__cells_constraint(&values[0]);
    if (!reason)
        reason = wcl__cells_constraint(&values[1]);
    return reason ? "blocks must be of 1, 2, 4, 8 or 16 channels" : NULL;
}

WCL__PARAM_TABLE(wcl__convert_table, "convert", WCL__CONVERT_PARAMS, constraint);
static const wcl__kernel kernel = {"convert", "from to"};

wcl_status wcl__convert_call(wcl__call *call, int from, const wcl__layout *from_layout, int to,
                             const wcl__layout *to_layout, const wcl__shape *shape)
{
    const wcl__convert_params params = {.from = from_layout->block, .to = to_layout->block};
    wcl__operand x = {.slot = from}, y = {.slot = to};
    wcl_status status = wcl__layout_view(from_layout, shape, &x.view);
    if (!status)
        status = wcl__layout_view(to_layout, shape, &y.view);
    if (!status)
        status = wcl__cells_begin(call, &kernel, &wcl__convert_table, &params);
    if (status)
        return status;
    wcl__cells_args(call, &x, &y);
    wcl__cells_range(call, &y.view, WCL__MAX(params.from, params.to), 1);
    return WCL_OK;
}
