/* Convolution as an implicit matrix product by work-items: parameters, sizes and launch. */
#include "kernels/conv/conv_gemm.h"

WCL__PARAM_TABLE(wcl__conv_gemm_table, "conv_gemm", WCL__CONV_GEMM_PARAMS, .follows = "cb act",
                 .constraint = wcl__cells_constraint);

/* cl/conv/conv_gemm.cl: gemm_shape */
typedef struct gemm_shape {
    wcl__conv_window window;
    cl_float a, b;
} gemm_shape;

/* A window of one cell at each pixel: x's pixels are y's, in the same order. */
static bool is_pointwise(const wcl__conv *conv)
{
    return conv->kh == 1 && conv->kw == 1 && conv->stride_h == 1 && conv->stride_w == 1 &&
           conv->pad_top == 0 && conv->pad_left == 0 && conv->pad_bottom == 0 && conv->pad_right == 0;
}

/* Whether PB pixels always lie one behind the other. */
static bool in_a_row(const wcl__conv *conv, int pb)
{
    const int64_t picture = conv->oh * conv->ow;
    return is_pointwise(conv) && conv->n * picture >= pb && (conv->n == 1 || picture % pb == 0);
}

const char *wcl__conv_gemm_refuses(const wcl__conv_gemm_params *params, const wcl__conv *conv)
{
    return params->gather || in_a_row(conv, params->pb)
               ? NULL
               : "gather must be 1: pb pixels do not always lie one behind the other";
}

void wcl__conv_gemm_defaults(const wcl__profile *profile, int cb, const wcl__conv *conv,
                             wcl__conv_gemm_params *params)
{
    const int64_t pixels = conv->n * conv->oh * conv->ow;
    const bool cpu = profile->simd, wide = cpu && profile->registers == 32;
    wcl__params_standard(&wcl__conv_gemm_table, params);
    params->cb = cb;
    params->act = (int)conv->act.kind;
    /* 32 registers of 64 bytes hold 14 x 2 sums and what feeds them, 13 x 2 beside the gathering; 16 of 32
     * bytes hold 6 x 1 sums of two registers each */
    params->kb = wide && conv->k > cb ? 2 : 1;
    params->pb = wide ? wcl__block_size(pixels, 9, 14) : cpu ? wcl__block_size(pixels, 4, 6) : 8;
    params->gather = !in_a_row(conv, params->pb);
    if (params->gather && wide)
        params->pb = wcl__block_size(pixels, 9, 13);
    const wcl__conv_gemm_sizes sizes = wcl__conv_gemm_sizes_of(params, conv);
    params->filters_first =
        sizes.weight_bytes < (int64_t)sizeof(float) * conv->n * sizes.c_padded * conv->h * conv->w;
}

wcl__conv_gemm_sizes wcl__conv_gemm_sizes_of(const wcl__conv_gemm_params *params, const wcl__conv *conv)
{
    wcl__conv_gemm_sizes s;
    s.pixels = wcl__round_up(conv->n * conv->oh * conv->ow, params->pb);
    s.c_padded = wcl__round_up(conv->c, params->cb);
    s.k_padded = wcl__round_up(conv->k, params->cb * params->kb);
    s.weight_bytes = (int64_t)sizeof(float) * s.c_padded * s.k_padded * conv->kh * conv->kw;
    return s;
}

static const wcl__kernel kernel = {"conv_gemm", "cb pb kb gather filters_first act"};

wcl_status wcl__conv_gemm_call(wcl__call *call, const wcl__conv_gemm_params *params, const wcl__conv *conv,
                               const wcl__conv_slots *slots)
{
    const size_t local[3] = {1, 1, 1};
    const gemm_shape shape = {
        .window = wcl__conv_window_of(conv),
        .a = conv->act.a,
        .b = conv->act.b,
    };
    const wcl__conv_gemm_sizes sizes = wcl__conv_gemm_sizes_of(params, conv);
    const int64_t pixel_blocks = sizes.pixels / params->pb,
                  filter_blocks = sizes.k_padded / (params->cb * params->kb);
    const wcl_status status = wcl__call_begin(call, &kernel, &wcl__conv_gemm_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, slots->x.slot);
    wcl__call_slot(call, slots->weights);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y.slot);
    wcl__call_local(call, sizeof(float) * (size_t)(params->pb * params->cb));
    WCL__CALL_VALUE(call, slots->x.view);
    WCL__CALL_VALUE(call, slots->y.view);
    WCL__CALL_VALUE(call, shape);
    if (params->filters_first)
        wcl__call_range(call, filter_blocks, pixel_blocks, 1, local);
    else
        wcl__call_range(call, pixel_blocks, filter_blocks, 1, local);
    return WCL_OK;
}
