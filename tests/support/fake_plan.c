#include "support/fake_plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "plan/place.h"
#include "kernels/shape/convert.h"
#include "base/memory.h"

static fake_plan_fault broken;

wcl_status __real_wcl__place(wcl_plan *plan, const wcl_session_options *options);
wcl_status __wrap_wcl__place(wcl_plan *plan, const wcl_session_options *options);
wcl_status __real_wcl__convert_call(wcl__call *call, const wcl__convert_params *params,
                                    const wcl__operand *from, const wcl__operand *to);
wcl_status __wrap_wcl__convert_call(wcl__call *call, const wcl__convert_params *params,
                                    const wcl__operand *from, const wcl__operand *to);
wcl_status __real_wcl__steps_weight(wcl__steps *steps, const char *name, wcl__packing *packing, int *slot);
wcl_status __wrap_wcl__steps_weight(wcl__steps *steps, const char *name, wcl__packing *packing, int *slot);

void fake_plan_break(fake_plan_fault fault)
{
    broken = fault;
}

/* ---- lifetimes */

static bool is_placed(const wcl__plan_tensor *tensor)
{
    return tensor->kind != WCL__TENSOR_WEIGHT && tensor->alias < 0 && tensor->first_step >= 0;
}

static void shorten(wcl__plan_tensor *tensor, int end)
{
    if (broken == FAKE_PLAN_SHORT_LIFE && tensor->last_step > tensor->first_step)
        tensor->last_step--;
    else if (broken == FAKE_PLAN_LATE_LIFE && tensor->last_step > tensor->first_step)
        tensor->first_step++;
    else if (broken == FAKE_PLAN_SHORT_OUTPUT && tensor->last_step == end)
        tensor->last_step = tensor->first_step;
}

static bool is_free(const wcl__steps *steps, const bool *placed, int buffer, const wcl__plan_tensor *tensor)
{
    for (size_t i = 0; i < steps->tensor_count; i++) {
        const wcl__plan_tensor *other = &steps->tensors[i];
        if (placed[i] && other->buffer == buffer && other->first_step <= tensor->last_step &&
            tensor->first_step <= other->last_step)
            return false;
    }
    return true;
}

static int largest_left(const wcl__steps *steps, const bool *placed)
{
    int largest = -1;
    for (size_t i = 0; i < steps->tensor_count; i++)
        if (!placed[i] && is_placed(&steps->tensors[i]) &&
            (largest < 0 || steps->tensors[i].bytes > steps->tensors[largest].bytes))
            largest = (int)i;
    return largest;
}

/* Gives all tensors buffers anew, the largest first, as the planner does. */
static void place_again(wcl_plan *plan)
{
    wcl__steps *steps = &plan->steps;
    bool *placed = calloc(steps->tensor_count + 1, sizeof *placed);
    plan->buffer_count = 0;
    plan->buffer_bytes = 0;
    for (int i = 0; placed && (i = largest_left(steps, placed)) >= 0;) {
        wcl__plan_tensor *tensor = &steps->tensors[i];
        int buffer = (int)plan->buffer_count - 1;
        while (buffer >= 0 && !is_free(steps, placed, buffer, tensor))
            buffer--;
        if (buffer < 0) {
            buffer = (int)plan->buffer_count++;
            plan->buffers[buffer] = tensor->bytes;
            plan->buffer_bytes += tensor->bytes;
        }
        tensor->buffer = buffer;
        placed[i] = true;
    }
    free(placed);
}

/* With the planner's own lifetimes, but for a moment without the views. */
static wcl_status place_without_views(wcl_plan *plan, const wcl_session_options *options)
{
    wcl__steps *steps = &plan->steps;
    int *aliases = malloc((steps->tensor_count + 1) * sizeof *aliases);
    for (size_t i = 0; aliases && i < steps->tensor_count; i++) {
        aliases[i] = steps->tensors[i].alias;
        steps->tensors[i].alias = -1;
    }
    const wcl_status status = __real_wcl__place(plan, options);
    for (size_t i = 0; aliases && i < steps->tensor_count; i++) {
        steps->tensors[i].alias = aliases[i];
        if (aliases[i] >= 0) /* a root that no step touches needs a buffer all the same */
            steps->tensors[wcl__plan_root(steps, aliases[i])].first_step =
                WCL__MAX(steps->tensors[wcl__plan_root(steps, aliases[i])].first_step, 0);
    }
    free(aliases);
    return status;
}

wcl_status __wrap_wcl__place(wcl_plan *plan, const wcl_session_options *options)
{
    if (broken == FAKE_PLAN_SHORT_ALIAS)
        return place_without_views(plan, options);
    const wcl_status status = __real_wcl__place(plan, options);
    if (status != WCL_OK || options->separate_buffers ||
        (broken != FAKE_PLAN_SHORT_LIFE && broken != FAKE_PLAN_LATE_LIFE && broken != FAKE_PLAN_SHORT_OUTPUT))
        return status;
    for (size_t i = 0; i < plan->steps.tensor_count; i++)
        if (is_placed(&plan->steps.tensors[i]))
            shorten(&plan->steps.tensors[i], (int)plan->steps.step_count + 1);
    place_again(plan);
    return status;
}

/* ---- layouts */

/* Both sides as the one of smaller blocks is. */
wcl_status __wrap_wcl__convert_call(wcl__call *call, const wcl__convert_params *params,
                                    const wcl__operand *from, const wcl__operand *to)
{
    const wcl__view *view = params->from < params->to ? &from->view : &to->view;
    const wcl__operand x = {from->slot, *view}, y = {to->slot, *view};
    wcl__convert_params smaller = *params;
    if (broken != FAKE_PLAN_DROPPED_LAYOUT)
        return __real_wcl__convert_call(call, params, from, to);
    smaller.from = smaller.to = WCL__MIN(params->from, params->to);
    return __real_wcl__convert_call(call, &smaller, &x, &y);
}

/* ---- keys */

wcl_status __wrap_wcl__steps_weight(wcl__steps *steps, const char *name, wcl__packing *packing, int *slot)
{
    char key[512];
    wcl__call call;
    const bool packs =
        packing->recipe.kind != WCL__PACK_AS_IT_IS && wcl__pack_call(&call, &packing->recipe) == WCL_OK;
    char values[WCL__VALUES_BYTES] = "";
    if (packs)
        wcl__params_print(call.config.family, call.config.values, values, sizeof values);
    if (packing->source && packing->key &&
        (broken == FAKE_PLAN_KEY_OF_SOURCE || broken == FAKE_PLAN_KEY_OF_KERNEL)) {
        snprintf(key, sizeof key, "%p %zu", (const void *)packing->source, packing->bytes);
        if (broken == FAKE_PLAN_KEY_OF_KERNEL)
            snprintf(key, sizeof key, "%p %zu %s %.300s", (const void *)packing->source, packing->bytes,
                     packs ? call.kernel : "copy", values);
        wcl__free(packing->key);
        packing->key = wcl__strdup(key);
    }
    return __real_wcl__steps_weight(steps, name, packing, slot);
}
