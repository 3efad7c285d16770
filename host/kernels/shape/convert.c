/* Conversion of formats: parameters and launch. */
#include "kernels/shape/convert.h"

static const char *constraint(const int *values)
{
    const char *reason = wcl__cells_constraint(&values[0]);
    if (!reason)
        reason = wcl__cells_constraint(&values[1]);
    return reason ? "blocks must be of 1, 2, 4, 8 or 16 channels" : NULL;
}

WCL__PARAM_TABLE(wcl__convert_table, "convert", WCL__CONVERT_PARAMS, .follows = "from to",
                 .constraint = constraint);

static const wcl__kernel kernel = {"convert", "from to"};

void wcl__convert_configure(const wcl__format *from, const wcl__format *to, wcl__convert_params *params)
{
    wcl__params_standard(&wcl__convert_table, params);
    params->from = from->block;
    params->to = to->block;
}

const char *wcl__convert_refuses(const wcl__format *from, const wcl__format *to, const wcl__shape *shape)
{
    if (from->type != to->type)
        return "the types differ";
    if (from->type != WCL_FLOAT32)
        return "the elements are no float32";
    return shape->rank > 4 ? "more than 4 dimensions" : NULL;
}

wcl_status wcl__convert_call(wcl__call *call, const wcl__convert_params *params, const wcl__operand *from,
                             const wcl__operand *to)
{
    const wcl_status status = wcl__call_begin(call, &kernel, &wcl__convert_table, params);
    if (status)
        return status;
    wcl__cells_args(call, from, to);
    wcl__cells_range(call, &to->view, WCL__MAX(params->from, params->to), 1, params->group);
    return WCL_OK;
}
