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

WCL__PARAM_TABLE(wcl__conv_tiled_table, "conv_tiled", WCL__CONV_TILED_PARAMS, constraint);
static const wcl__kernel product = {"conv_gemm_tiled",
                                    "cb pb kb ks ip ik buffering unroll lanes subgroup half act split"};

const char *wcl__conv_tiled_refuses(const wcl__facts *facts, const wcl__conv_tiled_params *params)
{
    if (facts->type & CL_DEVICE_TYPE_CPU || !(facts->type & CL_DEVICE_TYPE_GPU)) /* some are all at once */
        return "only on GPUs";
    const char *reason = wcl__tiled_refuses(facts, &params->tiled, sizeof(cl_int) * (size_t)params->tiled.pb);
    return reason ? reason : constraint((const int *)params);
}

void wcl__conv_tiled_defaults(const wcl__facts *facts, const wcl__conv *conv, bool half,
                              wcl__conv_tiled_params *params)
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
    params->split = 1;
    params->split = wcl__conv_tiled_sizes_of(facts, params, conv).parts > 1;
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

/* Two work-groups for each compute unit, of a part long enough to be worth its start and end; what all parts
 * leave (`bytes` each) is one buffer. */
static int64_t most_parts(const wcl__facts *facts, int64_t groups, int64_t steps, int64_t bytes)
{
    enum { GROUPS_OF_A_UNIT = 2, LEAST_STEPS = 8, MOST = 32 };
    const int64_t wanted = (int64_t)GROUPS_OF_A_UNIT * facts->compute_units / groups;
    const int64_t fit =
        facts->max_alloc > 0 ? (int64_t)WCL__MIN(facts->max_alloc / (uint64_t)bytes, (uint64_t)MOST) : MOST;
    return WCL__MAX(WCL__MIN(WCL__MIN(wanted, fit), steps / LEAST_STEPS), 1);
}

wcl__conv_tiled_sizes wcl__conv_tiled_sizes_of(const wcl__facts *facts, const wcl__conv_tiled_params *params,
                                               const wcl__conv *conv)
{
    const wcl__tiled_params *p = &params->tiled;
    const int width = wcl__tiled_width(p);
    wcl__conv_tiled_sizes s;
    s.pixels = wcl__round_up(conv->n * conv->oh * conv->ow, p->pb);
    s.c_padded = wcl__round_up(conv->c, p->ks);
    s.k_padded = wcl__round_up(conv->k, width);
    s.weight_bytes =
        (int64_t)(p->half ? sizeof(cl_half) : sizeof(float)) * s.c_padded * s.k_padded * conv->kh * conv->kw;
    const int64_t groups = s.pixels / p->pb * (s.k_padded / width);
    s.steps = s.c_padded / p->ks * conv->kh * conv->kw;
    const int64_t sum_bytes =
        (int64_t)sizeof(float) * conv->n * conv->oh * conv->ow * wcl__round_up(conv->k, p->cb);
    s.part_steps =
        params->split ? wcl__ceil_div(s.steps, most_parts(facts, groups, s.steps, sum_bytes)) : s.steps;
    s.parts = wcl__ceil_div(s.steps, s.part_steps);
    s.part_bytes = params->split ? s.parts * sum_bytes : 0;
    s.busy = WCL__MIN(1.0, (double)(groups * s.parts) / (double)WCL__MAX(facts->compute_units, 1u));
    return s;
}

/* cl/conv/conv_gemm_tiled.cl: tiled_shape */
typedef struct tiled_shape {
    wcl__conv_window window;
    cl_int steps, part_steps;
    cl_float a, b;
} tiled_shape;

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
    const wcl_status status = wcl__cells_begin(call, &product, &wcl__conv_tiled_table, params);
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
    X(cb, 4, 4, 4, "filters of a work-item: the layout's block") \
    X(act, 0, 5, 0, "wcl__act_kind")

typedef struct sum_parts_params {
    SUM_PARTS_PARAMS(WCL__PARAM_MEMBER)
} sum_parts_params;

static const wcl__param_field sum_fields[] = {SUM_PARTS_PARAMS(WCL__PARAM_ROW)};
static const wcl__param_table sum_table = {"sum_parts", sum_fields, (int)WCL__COUNT(sum_fields), NULL};
static const wcl__kernel sum_parts = {"sum_parts", "cb act"};

wcl_status wcl__sum_parts_call(wcl__call *call, const wcl__conv *conv, const wcl__conv_tiled_sizes *sizes,
                               const wcl__conv_slots *slots, int parts)
{
    const size_t local[3] = {WCL__CELL_GROUP, 1, 1};
    const sum_parts_params params = {4, (int)conv->act.kind};
    const cl_int count = (cl_int)sizes->parts;
    const wcl_status status = wcl__cells_begin(call, &sum_parts, &sum_table, &params);
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
