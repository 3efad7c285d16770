#include "kernels/conv/conv_direct.h"

WCL__PARAM_TABLE(wcl__conv_direct_table, "conv_direct", WCL__CONV_DIRECT_PARAMS, wcl__cells_constraint);
static const wcl__kernel direct = {"conv_direct", "cb cbi out_w kb stride_w act"};
static const wcl__kernel depthwise = {"conv_depthwise", "cb out_w kb act"};

enum { MOST_STRIDE = 16 };

/* cl/conv/conv_direct.clh: conv_shape */
typedef struct conv_shape {
    cl_int group_channels, group_filters;
    wcl__conv_window window;
    cl_float a, b;
} conv_shape;

wcl__conv_window wcl__conv_window_of(const wcl__conv *conv)
{
    return (wcl__conv_window){.kh = (cl_int)conv->kh,
                              .kw = (cl_int)conv->kw,
                              .stride_h = (cl_int)conv->stride_h,
                              .stride_w = (cl_int)conv->stride_w,
                              .dilation_h = (cl_int)conv->dilation_h,
                              .dilation_w = (cl_int)conv->dilation_w,
                              .pad_top = (cl_int)conv->pad_top,
                              .pad_left = (cl_int)conv->pad_left};
}

void wcl__conv_direct_defaults(const wcl__facts *facts, const wcl__conv *conv,
                               wcl__conv_direct_params *params)
{
    const bool cpu = facts->type & CL_DEVICE_TYPE_CPU, wide = facts->vector_width >= 16;
    params->act = (int)conv->act.kind;
    params->stride_w = conv->stride_w <= MOST_STRIDE ? (int)conv->stride_w : 0;
    if (!cpu || conv->groups > 1 || params->cb < (int)facts->vector_width)
        return;
    /* as in conv_gemm.c: the sums must stay in registers; 13 x 2 do not (PoCL 3.1), which takes twice the
     * time */
    params->kb = wide && conv->k > params->cb ? 2 : 1;
    params->out_w = wide ? wcl__block_size(conv->ow, 8, 12) : wcl__block_size(conv->ow, 4, 6);
}

/* WCL__CELL_GROUP neighbours in columns, then rows, then pictures and filters, as far as there are so many:
 * few lanes idle. */
static void choose_group(int64_t columns, int64_t rows, size_t local[3])
{
    enum { COLUMNS = 16 };
    size_t left = WCL__CELL_GROUP;
    local[0] = local[1] = 1;
    for (; local[0] < COLUMNS && (int64_t)local[0] < columns; left /= 2)
        local[0] *= 2;
    for (; left > 1 && (int64_t)local[1] < rows; left /= 2)
        local[1] *= 2;
    local[2] = left;
}

wcl_status wcl__conv_direct_call(wcl__call *call, const wcl__conv_direct_params *params,
                                 const wcl__conv *conv, const wcl__conv_way *way,
                                 const wcl__conv_slots *slots)
{
    const int64_t columns = wcl__ceil_div(conv->ow, params->out_w);
    size_t local[3] = {1, 1, 1};
    const conv_shape shape = {
        .group_channels = (cl_int)(conv->c / conv->groups),
        .group_filters = (cl_int)(conv->k / conv->groups),
        .window = wcl__conv_window_of(conv),
        .a = conv->act.a,
        .b = conv->act.b,
    };
    const wcl_status status =
        wcl__cells_begin(call, way->depthwise ? &depthwise : &direct, &wcl__conv_direct_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, slots->x.slot);
    wcl__call_slot(call, slots->weights);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y.slot);
    WCL__CALL_VALUE(call, slots->x.view);
    WCL__CALL_VALUE(call, slots->y.view);
    WCL__CALL_VALUE(call, shape);
    if (way->groups)
        choose_group(columns, conv->oh, local);
    wcl__call_range(call, columns, conv->oh, conv->n * wcl__ceil_div(conv->k, params->cb * params->kb),
                    local);
    return WCL_OK;
}
