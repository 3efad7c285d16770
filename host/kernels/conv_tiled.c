#include "kernels/conv_tiled.h"

#include <string.h>

static const char *constraint(const int *values)
{
    wcl__tiled_params p;
    memcpy(&p, values, sizeof p);
    const char *reason = wcl__tiled_constraint(values);
    if (!reason && p.cb != 4)
        reason = "cb must be 4";
    if (!reason && wcl__tiled_items(&p) % p.pb != 0)
        reason = "a work-item loads of one pixel: the work-items must be a multiple of pb";
    return reason;
}

WCL__PARAM_TABLE(wcl__conv_tiled_table, "conv_tiled", WCL__CONV_TILED_PARAMS, constraint);

const char *wcl__conv_tiled_refuses(const wcl__facts *facts, const wcl__conv_tiled_params *params)
{
    if (!(facts->type & CL_DEVICE_TYPE_GPU))
        return "only on GPUs";
    const char *reason = wcl__tiled_refuses(facts, &params->tiled, sizeof(cl_int) * (size_t)params->tiled.pb);
    return reason ? reason : constraint((const int *)params);
}

void wcl__conv_tiled_defaults(const wcl__facts *facts, const wcl__conv *conv, bool half, wcl__conv_tiled_params *params)
{
    enum { BLOCK = 4, LARGE = 256 };
    const wcl__tiled_size size = {1, conv->n * conv->oh * conv->ow, conv->k, half};
    wcl__tiled_params *p = &params->tiled;
    wcl__tiled_defaults(facts, BLOCK, &size, p);
    params->act = (int)conv->act.kind;
    /* finding the cells takes registers that the product's own form does not leave (docs/gpu.md) */
    if (p->buffering == 2)
        p->buffering = 1;
    if (p->ks > 8 && wcl__tiled_items(p) < LARGE)
        p->ks = p->unroll = 8;
}

wcl__conv_tiled_sizes wcl__conv_tiled_sizes_of(const wcl__facts *facts, const wcl__conv_tiled_params *params, const wcl__conv *conv)
{
    const wcl__tiled_params *p = &params->tiled;
    const int width = wcl__tiled_width(p);
    wcl__conv_tiled_sizes s;
    s.pixels = wcl__round_up(conv->n * conv->oh * conv->ow, p->pb);
    s.c_padded = wcl__round_up(conv->c, p->ks);
    s.k_padded = wcl__round_up(conv->k, width);
    s.weight_bytes = (int64_t)(p->half ? sizeof(cl_half) : sizeof(float)) * s.c_padded * s.k_padded * conv->kh * conv->kw;
    const double groups = (double)(s.pixels / p->pb) * (double)(s.k_padded / width);
    s.busy = WCL__MIN(1.0, groups / (double)WCL__MAX(facts->compute_units, 1u));
    return s;
}

/* cl/conv_gemm_tiled.cl: tiled_shape */
typedef struct tiled_shape {
    cl_int kh, kw, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    cl_int steps;
    cl_float a, b;
} tiled_shape;

wcl_status wcl__conv_tiled_call(wcl__call *call, const wcl__conv_tiled_params *params, const wcl__conv *conv,
                                const wcl__conv_slots *slots)
{
    const wcl__tiled_params *p = &params->tiled;
    const int64_t groups_p = wcl__ceil_div(conv->n * conv->oh * conv->ow, p->pb);
    const int64_t groups_k = wcl__ceil_div(conv->k, wcl__tiled_width(p));
    const size_t local[3] = {(size_t)(p->pb / p->ip), (size_t)(wcl__tiled_width(p) / p->ik), 1};
    const tiled_shape shape = {
        .kh = (cl_int)conv->kh,
        .kw = (cl_int)conv->kw,
        .stride_h = (cl_int)conv->stride_h,
        .stride_w = (cl_int)conv->stride_w,
        .dilation_h = (cl_int)conv->dilation_h,
        .dilation_w = (cl_int)conv->dilation_w,
        .pad_top = (cl_int)conv->pad_top,
        .pad_left = (cl_int)conv->pad_left,
        .steps = (cl_int)(wcl__ceil_div(conv->c, p->ks) * conv->kh * conv->kw),
        .a = conv->act.a,
        .b = conv->act.b,
    };
    const wcl_status status = wcl__cells_begin(call, "conv_gemm_tiled.cl", "conv_gemm_tiled", &wcl__conv_tiled_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, slots->x.slot);
    wcl__call_slot(call, slots->weights);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y.slot);
    WCL__CALL_VALUE(call, slots->x.view);
    WCL__CALL_VALUE(call, slots->y.view);
    WCL__CALL_VALUE(call, shape);
    wcl__call_range(call, groups_p * (int64_t)local[0], groups_k * (int64_t)local[1], 1, local);
    return WCL_OK;
}
