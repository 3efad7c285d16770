#include "kernels/winograd.h"

WCL__PARAM_TABLE(wcl__winograd_table, "winograd", WCL__WINOGRAD_PARAMS, wcl__cells_constraint);

/* cl/winograd.cl: wino_shape */
typedef struct wino_shape {
    cl_int tiles_y, tiles_x, tiles, padded, c_blocks, k_blocks, pad_top, pad_left;
    cl_float a, b;
} wino_shape;

void wcl__winograd_defaults(const wcl__facts *facts, int cb, int act, wcl__winograd_params *params)
{
    wcl__params_standard(&wcl__winograd_table, params);
    params->cb = cb;
    params->act = act;
    if (facts->type & CL_DEVICE_TYPE_CPU) {
        /* 32 registers of 64 bytes hold 12 x 2 sums and what feeds them; 16 of 32 bytes hold 6 x 1 sums of two registers each */
        const bool wide = facts->vector_width >= 16;
        params->pb = wide ? 12 : 6;
        params->kb = wide ? 2 : 1;
    } else {
        params->pb = 8;
        params->kb = 1;
    }
}

wcl__winograd_sizes wcl__winograd_sizes_of(const wcl__winograd_params *params, const wcl__conv *conv)
{
    wcl__winograd_sizes s;
    s.tiles_y = wcl__ceil_div(conv->oh, WCL__F2_OUT);
    s.tiles_x = wcl__ceil_div(conv->ow, WCL__F2_OUT);
    s.tiles = conv->n * s.tiles_y * s.tiles_x;
    s.padded = wcl__round_up(s.tiles, params->pb);
    s.c_padded = wcl__round_up(conv->c, params->cb);
    s.k_padded = wcl__round_up(conv->k, params->cb * params->kb);
    const int64_t xi_bytes = WCL__F2_XI * (int64_t)sizeof(float);
    s.v_bytes = xi_bytes * s.padded * s.c_padded;
    s.m_bytes = xi_bytes * s.padded * s.k_padded;
    s.u_bytes = xi_bytes * s.c_padded * s.k_padded;
    return s;
}

static void input_args(wcl__call *call, const wcl__winograd_slots *slots, const wino_shape *shape)
{
    wcl__call_slot(call, slots->x.slot);
    wcl__call_slot(call, slots->v);
    WCL__CALL_VALUE(call, slots->x.view);
    WCL__CALL_VALUE(call, *shape);
}

static void gemm_args(wcl__call *call, const wcl__winograd_slots *slots, const wino_shape *shape)
{
    wcl__call_slot(call, slots->v);
    wcl__call_slot(call, slots->u);
    wcl__call_slot(call, slots->m);
    WCL__CALL_VALUE(call, *shape);
}

static void output_args(wcl__call *call, const wcl__winograd_slots *slots, const wino_shape *shape)
{
    wcl__call_slot(call, slots->m);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y.slot);
    WCL__CALL_VALUE(call, slots->y.view);
    WCL__CALL_VALUE(call, *shape);
}

wcl_status wcl__winograd_calls(wcl__call calls[3], const wcl__winograd_params *params, const wcl__conv *conv,
                               const wcl__winograd_slots *slots)
{
    static const char *const kernels[3] = {"winograd_input", "winograd_gemm", "winograd_output"};
    const size_t local[3] = {1, 1, 1};
    const wcl__winograd_sizes s = wcl__winograd_sizes_of(params, conv);
    const int64_t c_blocks = s.c_padded / params->cb, k_blocks = s.k_padded / params->cb;
    const wino_shape shape = {(cl_int)s.tiles_y, (cl_int)s.tiles_x,     (cl_int)s.tiles,        (cl_int)s.padded, (cl_int)c_blocks,
                              (cl_int)k_blocks,  (cl_int)conv->pad_top, (cl_int)conv->pad_left, conv->act.a,      conv->act.b};
    for (int i = 0; i < 3; i++) {
        const wcl_status status = wcl__cells_begin(&calls[i], "winograd.cl", kernels[i], &wcl__winograd_table, params);
        if (status != WCL_OK)
            return status;
    }
    input_args(&calls[0], slots, &shape);
    wcl__call_range(&calls[0], c_blocks, s.padded, 1, local);
    gemm_args(&calls[1], slots, &shape);
    wcl__call_range(&calls[1], s.padded / params->pb, k_blocks / params->kb, WCL__F2_XI, local);
    output_args(&calls[2], slots, &shape);
    wcl__call_range(&calls[2], wcl__ceil_div(conv->k, params->cb), s.tiles, 1, local);
    return WCL_OK;
}
