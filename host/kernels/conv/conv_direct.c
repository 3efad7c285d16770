/* Direct and depthwise convolution: parameters and launch. */
#include "kernels/conv/conv_direct.h"

#include <string.h>

static const char *depthwise_constraint(const int *values)
{
    wcl__conv_direct_params p;
    memcpy(&p, values, sizeof p);
    if (p.cbi != p.cb || p.kb != 1)
        return "its lanes are channels: cbi must be cb, and kb 1";
    return wcl__cells_constraint(values);
}

static const char *fits(const wcl__profile *profile, const int *values)
{
    wcl__conv_direct_params p;
    memcpy(&p, values, sizeof p);
    const uint64_t items = (uint64_t)p.group_x * (uint64_t)p.group_y * (uint64_t)p.group_z;
    return items > WCL__MAX(profile->max_group, (uint64_t)1) && items > WCL__CELL_GROUP
               ? "a work-group has more work-items than the device allows"
               : NULL;
}

WCL__PARAM_TABLE(wcl__conv_direct_table, "conv_direct", WCL__CONV_DIRECT_PARAMS,
                 .follows = "cb cbi stride_w act", .constraint = wcl__cells_constraint, .fits = fits);
WCL__PARAM_TABLE(wcl__conv_depthwise_table, "conv_depthwise", WCL__CONV_DIRECT_PARAMS,
                 .follows = "cb cbi kb stride_w act", .constraint = depthwise_constraint, .fits = fits);

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

void wcl__conv_direct_defaults(const wcl__profile *profile, const wcl__conv *conv,
                               wcl__conv_direct_params *params)
{
    const bool wide = profile->registers == 32;
    params->act = (int)conv->act.kind;
    params->stride_w = conv->stride_w <= MOST_STRIDE ? (int)conv->stride_w : 0;
    if (!profile->simd || conv->groups > 1 || params->cb < profile->width)
        return;
    /* as in conv_gemm.c: the sums must stay in registers; 13 x 2 do not (PoCL 3.1), which takes twice the
     * time */
    params->kb = wide && conv->k > params->cb ? 2 : 1;
    params->out_w = wide ? wcl__block_size(conv->ow, 8, 12) : wcl__block_size(conv->ow, 4, 6);
}

/* WCL__CELL_GROUP neighbours in columns, then rows, then pictures and filters, as far as there are so many:
 * few lanes idle. */
void wcl__conv_direct_group(const wcl__profile *profile, const wcl__conv *conv,
                            wcl__conv_direct_params *params)
{
    enum { COLUMNS = 16 };
    const int64_t columns = wcl__ceil_div(conv->ow, params->out_w);
    int left = profile->simt ? WCL__CELL_GROUP : 1;
    params->group_x = params->group_y = 1;
    for (; left > 1 && params->group_x < COLUMNS && params->group_x < columns; left /= 2)
        params->group_x *= 2;
    for (; left > 1 && params->group_y < conv->oh; left /= 2)
        params->group_y *= 2;
    params->group_z = left;
}

static const wcl__kernel direct_kernel = {"conv_direct", "cb cbi out_w kb stride_w act"};
static const wcl__kernel depthwise_kernel = {"conv_depthwise", "cb out_w kb act"};

wcl_status wcl__conv_direct_call(wcl__call *call, const wcl__conv_direct_params *params,
                                 const wcl__conv *conv, bool depthwise, const wcl__conv_slots *slots)
{
    const int64_t columns = wcl__ceil_div(conv->ow, params->out_w);
    const size_t local[3] = {(size_t)params->group_x, (size_t)params->group_y, (size_t)params->group_z};
    const conv_shape shape = {
        .group_channels = (cl_int)(conv->c / conv->groups),
        .group_filters = (cl_int)(conv->k / conv->groups),
        .window = wcl__conv_window_of(conv),
        .a = conv->act.a,
        .b = conv->act.b,
    };
    const wcl_status status =
        wcl__call_begin(call, depthwise ? &depthwise_kernel : &direct_kernel,
                        depthwise ? &wcl__conv_depthwise_table : &wcl__conv_direct_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, slots->x.slot);
    wcl__call_slot(call, slots->weights);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y.slot);
    WCL__CALL_VALUE(call, slots->x.view);
    WCL__CALL_VALUE(call, slots->y.view);
    WCL__CALL_VALUE(call, shape);
    wcl__call_range(call, columns, conv->oh, conv->n * wcl__ceil_div(conv->k, params->cb * params->kb),
                    local);
    return WCL_OK;
}
