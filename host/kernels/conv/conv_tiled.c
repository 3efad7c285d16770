/* Convolution as an implicit matrix product in local memory: parameters, sizes and launches. */
#include "kernels/conv/conv_tiled.h"

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

static const char *fits(const wcl__profile *profile, const int *values)
{
    wcl__tiled_params p;
    memcpy(&p, values, sizeof p);
    return wcl__tiled_fits(profile, &p, sizeof(cl_int) * (size_t)p.pb);
}

WCL__PARAM_TABLE(wcl__conv_tiled_table, "conv_tiled", WCL__CONV_TILED_PARAMS, .follows = "cb act half split",
                 .constraint = constraint, .fits = fits);

void wcl__conv_tiled_defaults(const wcl__profile *profile, const wcl__conv *conv, bool half,
                              wcl__conv_tiled_params *params)
{
    enum { BLOCK = 4, LARGE = 256 };
    const wcl__tiled_size size = {1, conv->n * conv->oh * conv->ow, conv->k, half};
    wcl__tiled_params *p = &params->tiled;
    wcl__tiled_defaults(profile, BLOCK, &size, p);
    params->act = (int)conv->act.kind;
    params->split = 0;
    params->parts = 1;
    /* finding the cells takes registers that the product's own form does not leave (docs/gpu.md) */
    if (p->buffering == 2)
        p->buffering = 1;
    if (p->ks > 8 && wcl__tiled_items(p) < LARGE)
        p->ks = p->unroll = 8;
}

bool wcl__conv_tiled_reaches(const wcl__conv *conv)
{
    enum { BLOCK = 4 };
    const int64_t sizes[2][4] = {{conv->n, wcl__ceil_div(conv->c, BLOCK), conv->h, conv->w},
                                 {conv->n, wcl__ceil_div(conv->k, BLOCK), conv->oh, conv->ow}};
    for (int i = 0; i < 2; i++) {
        int64_t vectors = 1;
        for (int d = 0; d < 4; d++)
            if (wcl__mul_overflow(vectors, sizes[i][d], &vectors) || vectors > INT32_MAX)
                return false;
    }
    return true;
}

/* Of what one part leaves: the sums of all pixels and filters. */
static int64_t sum_bytes(const wcl__conv_tiled_params *params, const wcl__conv *conv)
{
    return (int64_t)sizeof(float) * conv->n * conv->oh * conv->ow * wcl__round_up(conv->k, params->tiled.cb);
}

wcl__conv_tiled_sizes wcl__conv_tiled_sizes_of(const wcl__conv_tiled_params *params, const wcl__conv *conv)
{
    const wcl__tiled_params *p = &params->tiled;
    const int width = wcl__tiled_width(p);
    const size_t weight = p->half ? sizeof(cl_half) : sizeof(float);
    wcl__conv_tiled_sizes s;
    s.pixels = wcl__round_up(conv->n * conv->oh * conv->ow, p->pb);
    s.c_padded = wcl__round_up(conv->c, p->ks);
    s.k_padded = wcl__round_up(conv->k, width);
    s.weight_bytes = (int64_t)weight * s.c_padded * s.k_padded * conv->kh * conv->kw;
    s.steps = s.c_padded / p->ks * conv->kh * conv->kw;
    s.part_steps = wcl__ceil_div(s.steps, params->parts);
    s.parts = wcl__ceil_div(s.steps, s.part_steps);
    s.part_bytes = params->split ? s.parts * sum_bytes(params, conv) : 0;
    s.groups = s.pixels / p->pb * (s.k_padded / width) * s.parts;
    return s;
}

/* Two work-groups for each compute unit, of a part long enough to be worth its start and end; what all parts
 * leave is one buffer. */
void wcl__conv_tiled_split(const wcl__profile *profile, const wcl__conv *conv, wcl__conv_tiled_params *params)
{
    enum { GROUPS_OF_A_UNIT = 2, LEAST_STEPS = 8, MOST = 32 };
    params->parts = 1;
    const wcl__conv_tiled_sizes whole = wcl__conv_tiled_sizes_of(params, conv);
    const uint64_t bytes = (uint64_t)sum_bytes(params, conv);
    const int64_t wanted = (int64_t)GROUPS_OF_A_UNIT * profile->units / whole.groups;
    const int64_t fit =
        profile->max_alloc > 0 ? (int64_t)WCL__MIN(profile->max_alloc / bytes, (uint64_t)MOST) : MOST;
    params->parts = (int)WCL__MAX(WCL__MIN(WCL__MIN(wanted, fit), whole.steps / LEAST_STEPS), 1);
    params->parts = (int)wcl__conv_tiled_sizes_of(params, conv).parts;
    params->split = params->parts > 1;
}

double wcl__conv_tiled_efficiency(const wcl__conv_tiled_sizes *sizes, const wcl__profile *profile)
{
    return 0.6 * WCL__MIN(1.0, (double)sizes->groups / (double)profile->units);
}

/* cl/conv/conv_gemm_tiled.cl: tiled_shape */
typedef struct tiled_shape {
    wcl__conv_window window;
    cl_int steps, part_steps;
    cl_float a, b;
} tiled_shape;

static const wcl__kernel tiled_kernel = {"conv_gemm_tiled",
                                         "cb pb kb ks ip ik buffering unroll lanes subgroup half act split"};
static const wcl__kernel sum_kernel = {"sum_parts", "cb act"};

wcl_status wcl__conv_tiled_call(wcl__call *call, const wcl__conv_tiled_params *params, const wcl__conv *conv,
                                const wcl__conv_tiled_sizes *sizes, const wcl__conv_slots *slots, int parts)
{
    const wcl__tiled_params *p = &params->tiled;
    const size_t local[3] = {(size_t)(p->pb / p->ip), (size_t)(wcl__tiled_width(p) / p->ik), 1};
    const tiled_shape shape = {
        .window = wcl__conv_window_of(conv),
        .steps = (cl_int)sizes->steps,
        .part_steps = (cl_int)sizes->part_steps,
        .a = conv->act.a,
        .b = conv->act.b,
    };
    const wcl_status status = wcl__call_begin(call, &tiled_kernel, &wcl__conv_tiled_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, slots->x.slot);
    wcl__call_slot(call, slots->weights);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, params->split ? parts : slots->y.slot);
    WCL__CALL_VALUE(call, slots->x.view);
    WCL__CALL_VALUE(call, slots->y.view);
    WCL__CALL_VALUE(call, shape);
    wcl__call_fixed_range(call, sizes->pixels / p->ip, sizes->k_padded / p->ik, sizes->parts, local);
    return WCL_OK;
}

/* field, least, most, standard, meaning */
#define SUM_PARTS_PARAMS(X)                                      \
    X(cb, 4, 4, 4, "filters of a work-item: the format's block") \
    WCL__ACT_FIELD(X)

typedef struct sum_parts_params {
    SUM_PARTS_PARAMS(WCL__PARAM_MEMBER)
} sum_parts_params;

static const wcl__param_field sum_fields[] = {SUM_PARTS_PARAMS(WCL__PARAM_ROW)};
static const wcl__param_table sum_table = {
    .family = "sum_parts", .fields = sum_fields, .count = (int)WCL__COUNT(sum_fields)};

wcl_status wcl__sum_parts_call(wcl__call *call, const wcl__conv *conv, const wcl__conv_tiled_sizes *sizes,
                               const wcl__conv_slots *slots, int parts)
{
    const size_t local[3] = {WCL__CELL_GROUP, 1, 1};
    const sum_parts_params params = {4, (int)conv->act.kind};
    const cl_int count = (cl_int)sizes->parts;
    const wcl_status status = wcl__call_begin(call, &sum_kernel, &sum_table, &params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, parts);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y.slot);
    WCL__CALL_VALUE(call, slots->y.view);
    WCL__CALL_VALUE(call, count);
    WCL__CALL_VALUE(call, conv->act.a);
    WCL__CALL_VALUE(call, conv->act.b);
    wcl__call_range(call, conv->n * conv->oh * conv->ow, wcl__ceil_div(conv->k, params.cb), 1, local);
    return WCL_OK;
}
