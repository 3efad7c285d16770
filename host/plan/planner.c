/* Making a plan: chosen, emitted and placed, again without a variant as long as a limit is passed. */
#include "plan/planner.h"

#include <string.h>

#include "graph/lower.h"
#include "ops/registry.h"
#include "plan/emit.h"
#include "plan/place.h"
#include "plan/settings.h"
#include "runtime/provider.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

/* One attempt: chooses, emits, places. */
static wcl_status plan_once(const wcl__plan_request *request, wcl_plan *plan, wcl__choice **choices)
{
    wcl_status status = wcl__settings_check(request, plan);
    if (status == WCL_OK)
        status = wcl__choose(request, &plan->graph, choices);
    if (status == WCL_OK)
        status = wcl__plan_emit(request, plan, *choices);
    if (status == WCL_OK)
        status = wcl__place(plan, request->options);
    if (status == WCL_OK)
        status = wcl__settings_note_unused(request, plan);
    return status;
}

static wcl_status plan_begin(const wcl__plan_request *request, wcl_plan **out)
{
    wcl_plan *plan = wcl__alloc(1, sizeof *plan);
    *out = plan;
    if (!plan)
        return wcl__fail_memory();
    pthread_mutex_init(&plan->lock, NULL);
    plan->references = 1;
    plan->facts = *request->facts;
    plan->profile = *request->profile;
    plan->rates = *request->rates;
    plan->options = *request->options;
    plan->options.settings = NULL; /* the caller's memory */
    plan->options.setting_count = 0;
    wcl__model_retain(request->model);
    plan->model = request->model;
    plan->input_slots = wcl__alloc(request->model->input_count + 1, sizeof(int));
    plan->output_slots = wcl__alloc(request->model->output_count + 1, sizeof(int));
    if (!plan->input_slots || !plan->output_slots)
        return wcl__fail_memory();
    return wcl__graph_create(request->model, request->inputs, &plan->graph);
}

static size_t memory_of(const wcl__option *option)
{
    return option->variant->memory ? option->variant->memory(&option->way) : 0;
}

/* Of the other variants that may run the node, forced or not. */
static size_t least_memory(const wcl__plan_request *request, const wcl__option *chosen)
{
    const wcl__op_node *node = chosen->way.node;
    const bool half = wcl__offer_half(&chosen->way.offer);
    wcl__option_list list;
    size_t least = SIZE_MAX;
    for (size_t v = 0; v < node->op->variant_count; v++) {
        const wcl__variant *variant = &node->op->variants[v];
        if (variant == chosen->variant || wcl__option_make(request, node, variant, half, &list))
            continue;
        for (int i = 0; i < list.count; i++)
            least = WCL__MIN(least, memory_of(&list.options[i]));
    }
    return least;
}

/* The choice that takes most memory over what another variant would; -1: there is none. */
static int64_t most_memory(const wcl__plan_request *request, const wcl_plan *plan, const wcl__choice *choices)
{
    int64_t found = -1;
    size_t most = 0;
    for (size_t i = 0; i < plan->graph.node_count; i++) {
        const wcl__option *option = &choices[i].options[choices[i].chosen];
        const size_t bytes = memory_of(option), least = least_memory(request, option);
        if (bytes > least && bytes - least > most) {
            most = bytes - least;
            found = (int64_t)i;
        }
    }
    return found;
}

/* A tensor that no buffer of the device can hold; NULL: there is none. */
static const wcl__plan_tensor *too_large(const wcl_plan *plan)
{
    for (size_t i = 0; i < plan->steps.tensor_count; i++)
        if (plan->steps.tensors[i].bytes > plan->profile.max_alloc)
            return &plan->steps.tensors[i];
    return NULL;
}

/* The choice that brought this scratch or packed weight and has another variant to fall back on; -1: there is
 * none. */
static int64_t choice_of(const wcl__plan_request *request, const wcl_plan *plan,
                         const wcl__plan_tensor *tensor)
{
    if (tensor->kind == WCL__TENSOR_ACTIVATION ||
        tensor->first_step < 1) /* steps count from 1 in lifetimes */
        return -1;
    const wcl__planned *planned = &plan->nodes[plan->steps.steps[tensor->first_step - 1].node];
    const int64_t i = planned->graph_node;
    return i >= 0 && wcl__has_alternative(request, plan->graph.nodes[i], planned->variant) ? i : -1;
}

/* Denials of one planning: the request's own, then those that the limits add. */
typedef struct denials {
    wcl__denied *list;
    size_t count, capacity, borrowed;
    uint64_t least; /* bytes of the smallest plan that was tried */
} denials;

static wcl_status deny(denials *d, const char *node, const char *variant, const char *reason)
{
    if (!WCL__GROW(d->list, d->count, d->capacity))
        return wcl__fail_memory();
    wcl__denied *entry = &d->list[d->count++];
    entry->node = wcl__strdup(node);
    entry->variant = variant;
    entry->reason = wcl__strdup(reason);
    return entry->node && entry->reason ? WCL_OK : wcl__fail_memory();
}

static void denials_clear(denials *d)
{
    for (size_t i = d->borrowed; i < d->count; i++) {
        wcl__free(d->list[i].node);
        wcl__free(d->list[i].reason);
    }
    wcl__free(d->list);
}

/* The tighter of the caller's cap and the device's memory; 0: neither is known. */
typedef struct room {
    uint64_t bytes;
    const char *reason, *owner; /* of a denial, of an error */
} room;

static room room_of(const wcl__plan_request *request)
{
    const uint64_t cap = request->options->memory_cap, memory = request->profile->global_bytes;
    if (memory > 0 && (cap == 0 || memory < cap))
        return (room){memory, "it takes too much of the device's memory", "the device has"};
    return (room){cap, "it takes too much of the memory cap", "the cap is"};
}

/* What is over the device's limits or the cap; *choice is to blame, -1: nothing can be done about it. *reason
 * NULL: all fits. */
static wcl_status check_limits(const wcl__plan_request *request, const wcl_plan *plan,
                               const wcl__choice *choices, denials *d, int64_t *choice, const char **reason)
{
    const wcl__plan_tensor *tensor = too_large(plan);
    const uint64_t total = wcl__plan_total(plan);
    const room room = room_of(request);
    *reason = NULL;
    if (tensor) {
        *choice = choice_of(request, plan, tensor);
        *reason = "it needs a larger buffer than the device has";
        return *choice >= 0
                   ? WCL_OK
                   : wcl__fail(WCL_NO_MEMORY,
                               "tensor %s takes %zu bytes, the device's largest buffer has %llu",
                               tensor->name, tensor->bytes, (unsigned long long)plan->profile.max_alloc);
    }
    if (room.bytes == 0 || total <= room.bytes)
        return WCL_OK;
    d->least = WCL__MIN(d->least, total);
    *choice = most_memory(request, plan, choices);
    *reason = room.reason;
    return *choice >= 0 ? WCL_OK
                        : wcl__fail(WCL_NO_MEMORY, "the network needs %llu bytes of device memory, %s %llu",
                                    (unsigned long long)d->least, room.owner, (unsigned long long)room.bytes);
}

static wcl_status plan_within_limits(wcl__plan_request *request, denials *d, wcl_plan **out, bool *again)
{
    wcl__choice *choices = NULL;
    const char *reason = NULL;
    int64_t choice = -1;
    *again = false;
    wcl_status status = plan_begin(request, out);
    if (status == WCL_OK)
        status = plan_once(request, *out, &choices);
    if (status == WCL_OK)
        status = check_limits(request, *out, choices, d, &choice, &reason);
    if (status == WCL_OK && reason) {
        const wcl__choice *blamed = &choices[choice];
        *again = true;
        status =
            deny(d, (*out)->graph.nodes[choice]->name, blamed->options[blamed->chosen].variant->name, reason);
    }
    if (choices)
        wcl__choices_free(choices, (*out)->graph.node_count);
    return status;
}

/* Plans again as long as a limit denies a variant. */
static wcl_status plan_until_it_fits(wcl__plan_request *request, wcl_plan **out)
{
    denials d = {NULL, 0, 0, request->denied_count, UINT64_MAX};
    wcl_status status = WCL_OK;
    for (size_t i = 0; i < request->denied_count && status == WCL_OK; i++) {
        if (WCL__GROW(d.list, d.count, d.capacity))
            d.list[d.count++] = request->denied[i];
        else
            status = wcl__fail_memory();
    }
    for (bool again = true; again && status == WCL_OK;) {
        wcl_plan_destroy(*out);
        request->denied = d.list;
        request->denied_count = d.count;
        status = plan_within_limits(request, &d, out, &again);
    }
    denials_clear(&d);
    return status;
}

wcl_status wcl__plan_make(const wcl__plan_request *request, wcl_plan **out)
{
    const wcl_session_options *options = request->options;
    const wcl__facts facts = wcl__facts_as(request->facts, options->plan_as);
    const wcl__profile own = wcl__profile_of(request->facts), profile = wcl__profile_of(&facts);
    const wcl__rates guess = wcl__rates_guess(&profile);
    wcl__plan_request full = *request;
    wcl__settings settings;
    *out = NULL;
    wcl_status status =
        wcl__settings_read(options->settings, options->setting_count, wcl__family_find, &settings);
    if (status != WCL_OK)
        return status;
    full.facts = &facts;
    full.profile = &profile;
    full.settings = settings.count > 0 ? &settings : NULL;
    if (!full.rates || profile.simd != own.simd ||
        profile.simt != own.simt) /* the rates are another kind's */
        full.rates = &guess;
    status = plan_until_it_fits(&full, out);
    if (status == WCL_OK) {
        (*out)->settings = settings;
        return WCL_OK;
    }
    wcl_plan_destroy(*out);
    *out = NULL;
    wcl__settings_clear(&settings);
    return status;
}

wcl_status wcl_plan_create(const wcl_device *device, const wcl_model *model,
                           const wcl_session_options *options, const wcl_tensor *inputs, wcl_plan **out)
{
    wcl__clear_error();
    wcl_session_options known;
    *out = NULL;
    if (!device || !model)
        return wcl__fail(WCL_BAD_ARGUMENT, "a plan needs a device and a model");
    const wcl_status status = wcl__options_read(options, &known, sizeof known);
    if (status != WCL_OK)
        return status;
    /* a plan retains its model, which is not constant in its reference count */
    const wcl__rates rates = wcl__provider_rates(device);
    const wcl__plan_request request = {
        &device->facts, (wcl_model *)model, &known, inputs, NULL, 0, &rates, NULL, NULL};
    return wcl__plan_make(&request, out);
}
