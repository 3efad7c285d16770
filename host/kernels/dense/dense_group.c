/* Dense layers of few inputs by work-groups: parameters and launch. */
#include "kernels/dense/dense_group.h"
#include "kernels/cells.h"

#include <string.h>

enum { WORD_BYTES = 16 };

static const char *constraint(const int *values)
{
    wcl__dense_group_params p;
    memcpy(&p, values, sizeof p);
    if ((p.items & (p.items - 1)) != 0)
        return "items must be a power of two";
    return p.outputs * p.batch > p.items ? "each output has an item that writes it: outputs * batch <= items"
                                         : NULL;
}

static const char *fits(const wcl__profile *profile, const int *values)
{
    wcl__dense_group_params p;
    memcpy(&p, values, sizeof p);
    if (!profile->simt)
        return "only on GPUs";
    if ((uint64_t)p.items > wcl__profile_row(profile))
        return "work-groups too small";
    return sizeof(cl_float) * (uint64_t)(p.outputs * p.batch * p.items) > profile->local_bytes
               ? "too little local memory"
               : NULL;
}

WCL__PARAM_TABLE(wcl__dense_group_table, "dense_group", WCL__DENSE_GROUP_PARAMS,
                 .follows = "aligned act half", .constraint = constraint, .fits = fits);

/* cl/dense/dense_group.cl: group_shape */
typedef struct group_shape {
    cl_int m, inputs, stride, outputs, row, first;
    cl_float a, b;
} group_shape;

int64_t wcl__dense_group_word(bool half)
{
    return WORD_BYTES / (int64_t)(half ? sizeof(cl_half) : sizeof(float));
}

/* As many items as have `unroll` words of a row each, and no more than the device allows. */
static int items_for(const wcl__profile *profile, int64_t words, int unroll)
{
    enum { LEAST = 32, MOST = 256 };
    const uint64_t allowed = wcl__profile_row(profile);
    int items = LEAST;
    while (items < MOST && 2 * (int64_t)items * unroll <= words)
        items *= 2;
    while (items > 1 && (uint64_t)items > allowed)
        items /= 2;
    return items;
}

void wcl__dense_group_defaults(const wcl__profile *profile, const wcl__dense_slice *slice, bool half,
                               wcl__dense_group_params *params)
{
    enum { BATCH = 4, GROUPS_OF_A_UNIT = 2 };
    wcl__params_standard(&wcl__dense_group_table, params);
    params->batch =
        (int)wcl__ceil_div(slice->m, wcl__ceil_div(slice->m, BATCH)); /* groups of nearly equal size */
    if (params->batch > 1)
        params->unroll = 2; /* more sums leave fewer registers to words in flight */
    if (slice->outputs < (int64_t)params->outputs * GROUPS_OF_A_UNIT * profile->units)
        params->outputs = 1;
    params->items = items_for(profile, slice->inputs / wcl__dense_group_word(half), params->unroll);
    params->aligned = slice->m == 1 || slice->inputs % 4 == 0;
    params->act = (int)wcl__dense_act(&slice->act).kind;
    params->half = half;
}

static const wcl__kernel kernel = {"dense_group", "cb items outputs batch unroll aligned act half"};

wcl_status wcl__dense_group_call(wcl__call *call, const wcl__dense_group_params *params,
                                 const wcl__dense_slice *slice, const wcl__dense_slots *slots)
{
    const size_t local[3] = {(size_t)params->items, 1, 1};
    const wcl__act act = wcl__dense_act(&slice->act);
    const int64_t stride = wcl__round_up(slice->inputs, wcl__dense_group_word(params->half));
    const group_shape shape = {.m = (cl_int)slice->m,
                               .inputs = (cl_int)slice->inputs,
                               .stride = (cl_int)stride,
                               .outputs = (cl_int)slice->outputs,
                               .row = (cl_int)slice->row,
                               .first = (cl_int)slice->first,
                               .a = act.a,
                               .b = act.b};
    const wcl_status status = wcl__call_begin(call, &kernel, &wcl__dense_group_table, params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, slots->x);
    wcl__call_slot(call, slots->w);
    wcl__call_slot(call, slots->bias);
    wcl__call_slot(call, slots->y);
    WCL__CALL_VALUE(call, shape);
    wcl__call_fixed_range(call, wcl__ceil_div(slice->outputs, params->outputs) * params->items,
                          wcl__ceil_div(slice->m, params->batch), 1, local);
    return WCL_OK;
}
