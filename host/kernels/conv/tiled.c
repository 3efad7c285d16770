/* Products by work-groups in local memory: the rules of their parameters, and defaults. */
#include <string.h>

#include "kernels/conv/tiled.h"

int wcl__tiled_width(const wcl__tiled_params *p)
{
    return p->cb * p->kb;
}

int wcl__tiled_items(const wcl__tiled_params *p)
{
    return wcl__tiled_width(p) / p->ik * (p->pb / p->ip);
}

static int local_bytes(const wcl__tiled_params *p)
{
    return (p->buffering == 2 ? 2 : 1) * p->ks * (p->pb + wcl__tiled_width(p)) * (int)sizeof(float);
}

const char *wcl__tiled_constraint(const int *values)
{
    enum { LEAST_ITEMS = 4 }; /* PoCL 3.1 stops the process where two items load much */
    wcl__tiled_params p;
    memcpy(&p, values, sizeof p);
    if (p.cb != 4 && p.cb != 8 && p.cb != 16)
        return "cb must be 4, 8 or 16";
    if (p.ks % p.cb != 0)
        return "a step must be whole blocks: ks a multiple of cb";
    if (p.ip % 4 != 0 || p.ik % 4 != 0)
        return "ip and ik must be multiples of 4";
    if (p.pb % p.ip != 0 || wcl__tiled_width(&p) % p.ik != 0)
        return "pb must be a multiple of ip, cb * kb of ik";
    if (wcl__tiled_items(&p) < LEAST_ITEMS)
        return "a work-group must have 4 work-items at least";
    if (p.ks * p.pb / 4 % wcl__tiled_items(&p) != 0 ||
        p.ks * wcl__tiled_width(&p) / 4 % wcl__tiled_items(&p) != 0)
        return "each work-item must load as much as the others of both operands";
    if (p.lanes != 1 && p.lanes != 4)
        return "lanes must be 1 or 4";
    if (p.subgroup != 0 && p.subgroup != 8 && p.subgroup != 16 && p.subgroup != 32)
        return "subgroup must be 0, 8, 16 or 32";
    return NULL;
}

WCL__PARAM_TABLE(wcl__tiled_table, "tiled", WCL__TILED_PARAMS, .constraint = wcl__tiled_constraint);

const char *wcl__tiled_fits(const wcl__profile *profile, const wcl__tiled_params *params, size_t more)
{
    if (!profile->simt)
        return "only on GPUs";
    if ((uint64_t)local_bytes(params) + more > profile->local_bytes)
        return "too little local memory";
    if ((uint64_t)wcl__tiled_items(params) > profile->max_group)
        return "work-groups too small";
    if ((uint64_t)(wcl__tiled_width(params) / params->ik) > profile->max_item[0] ||
        (uint64_t)(params->pb / params->ip) > profile->max_item[1])
        return "work-groups too short in one dimension";
    return NULL;
}

/* ------------------------------------------------------------------ defaults */

static int64_t padded_area(const wcl__tiled_size *size, int pb, int width)
{
    return wcl__round_up(size->rows, pb) * wcl__round_up(size->filters, width);
}

/* Large work-groups read least of both operands; small ones waste less at the edges, and keep all compute
 * units busy where rows are few. */
static void choose_group(const wcl__profile *profile, const wcl__tiled_size *size, wcl__tiled_params *p)
{
    enum { LARGE = 128, MIDDLE = 64, FEW = 32, GROUPS_OF_A_UNIT = 2 };
    const int64_t large = padded_area(size, LARGE, LARGE), groups = size->products * large / (LARGE * LARGE);
    int width = MIDDLE;
    p->pb = MIDDLE;
    if (size->rows <= FEW && size->filters > MIDDLE) {
        p->pb = FEW;
        width = LARGE;
    } else if (groups >= (int64_t)GROUPS_OF_A_UNIT * profile->units &&
               4 * large <= 5 * padded_area(size, MIDDLE, MIDDLE)) {
        p->pb = width = LARGE;
    }
    p->kb = width / p->cb;
}

/* What suits the device's compiler, for blocks that are chosen. */
static void choose_code(const wcl__profile *profile, wcl__tiled_params *p)
{
    enum { LARGE = 256 };
    const wcl__product_code *code = &profile->product;
    p->ks = WCL__MAX(code->step, p->cb);
    p->buffering = wcl__tiled_items(p) == LARGE ? code->ahead_large : code->ahead_small;
    p->unroll = code->unroll ? code->unroll : p->ks;
    p->lanes = code->lanes;
    p->subgroup = code->subgroup;
}

void wcl__tiled_defaults(const wcl__profile *profile, int cb, const wcl__tiled_size *size,
                         wcl__tiled_params *params)
{
    wcl__params_standard(&wcl__tiled_table, params);
    params->cb = cb;
    choose_group(profile, size, params);
    choose_code(profile, params);
    params->half = size->half;
}
