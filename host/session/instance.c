/* An instance: a plan with its OpenCL objects, made, warmed up and ended. */
#include "session/session.h"

#include <string.h>

#include "graph/bind.h"
#include "plan/choose.h"
#include "runtime/kernel_set.h"
#include "runtime/provider.h"
#include "base/memory.h"

/* Releases everything but the weights. */
static void strip(wcl__instance *instance)
{
    const wcl_plan *plan = instance->plan;
    for (size_t i = 0; plan && i < plan->steps.step_count; i++) {
        if (instance->launches)
            wcl__launch_destroy(&instance->launches[i]);
        if (instance->spans)
            wcl__span_clear(&instance->spans[i]);
    }
    for (size_t i = 0; plan && instance->slots && i < plan->steps.tensor_count; i++) {
        const wcl__plan_tensor *tensor = &plan->steps.tensors[i];
        if (instance->slots[i] && tensor->kind != WCL__TENSOR_WEIGHT)
            instance->slots[i] = NULL;
    }
    for (size_t i = 0; plan && instance->buffers && i < plan->buffer_count; i++)
        if (instance->buffers[i])
            clReleaseMemObject(instance->buffers[i]);
    wcl__free(instance->buffers);
    wcl__free(instance->launches);
    wcl__free(instance->spans);
    wcl__free(instance->staging);
    instance->buffers = NULL;
    instance->launches = NULL;
    instance->spans = NULL;
    instance->staging = NULL;
}

void wcl__instance_destroy(wcl__instance *instance)
{
    if (!instance)
        return;
    const wcl_plan *plan = instance->plan;
    strip(instance);
    for (size_t i = 0; plan && instance->slots && i < plan->steps.tensor_count; i++)
        if (instance->slots[i] && plan->steps.tensors[i].alias < 0)
            wcl__store_put(instance->store, instance->slots[i]);
    wcl__free(instance->slots);
    wcl_plan_destroy(instance->plan);
    wcl__free(instance);
}

static bool same_values(const wcl__value *value, const wcl_tensor *tensor)
{
    return !value->source ||
           (tensor && tensor->data && memcmp(value->source->data, tensor->data, value->source->bytes) == 0);
}

/* The size that planning gives a dimension which the caller leaves open: the declared one, else that of an
 * earlier dimension of the same name, else 1. */
static int64_t default_size(const wcl__graph *graph, size_t input, int d)
{
    const wcl_model *model = graph->model;
    const wcl__model_value *declared = &model->values[model->inputs[input]];
    if (declared->shape.dims[d] >= 0)
        return declared->shape.dims[d];
    const int64_t named =
        declared->dim_names[d] ? wcl__graph_named_size(graph, input, declared->dim_names[d]) : -1;
    return named > 0 ? named : 1;
}

/* NULL inputs, or a negative dimension, stand for what planning takes by default. */
bool wcl__instance_matches(const wcl__instance *instance, const wcl_tensor *inputs)
{
    const wcl__graph *graph = &instance->plan->graph;
    for (size_t i = 0; i < graph->model->input_count; i++) {
        const wcl__value *value = graph->inputs[i];
        const wcl_tensor *tensor = inputs ? &inputs[i] : NULL;
        if (tensor && (tensor->type != value->type || tensor->rank != value->shape.rank))
            return false;
        for (int d = 0; d < value->shape.rank; d++) {
            const int64_t asked =
                tensor && tensor->dims[d] >= 0 ? tensor->dims[d] : default_size(graph, i, d);
            if (asked != value->shape.dims[d])
                return false;
        }
        if (!same_values(value, tensor))
            return false;
    }
    return true;
}

/* ---- progress */

/* Programs of steps and of packings, then weights. */
static int64_t parts_of(const wcl_plan *plan)
{
    return (int64_t)(plan->steps.step_count + 2 * plan->steps.packing_count);
}

/* Before each part: tells the caller, and hears whether to go on. */
static wcl_status go_on(wcl_session *session, const wcl_plan *plan, int64_t done, const char *what)
{
    const wcl_session_options *options = &session->options;
    if (options->progress && options->progress(options->progress_user, done, parts_of(plan), what) != 0)
        return wcl__fail(WCL_CANCELLED, "cancelled by the caller's progress function");
    return wcl__session_check_cancelled(session);
}

/* ---- buffers */

/* Whole buffers, since NVIDIA's driver crashes when sub-buffers that overlap are released
 * (docs/portability.md). */
static wcl_status make_buffers(wcl_session *session, wcl__instance *instance)
{
    const wcl_plan *plan = instance->plan;
    wcl_status status = WCL_OK;
    for (size_t i = 0; i < plan->buffer_count && status == WCL_OK; i++)
        status = wcl__buffer_create(session->device, CL_MEM_READ_WRITE, plan->buffers[i], NULL,
                                    "the activations", &instance->buffers[i]);
    return status;
}

static wcl_status make_slot(wcl_session *session, wcl__instance *instance, size_t slot)
{
    const wcl_plan *plan = instance->plan;
    const wcl__plan_tensor *tensor = &plan->steps.tensors[slot];
    if (tensor->kind == WCL__TENSOR_WEIGHT)
        return wcl__store_get(session->store, &plan->steps.packings[tensor->weight], &instance->slots[slot]);
    if (tensor->alias < 0 && tensor->first_step >= 0)
        instance->slots[slot] = instance->buffers[tensor->buffer];
    return WCL_OK;
}

static void share_aliases(wcl__instance *instance)
{
    const wcl__steps *steps = &instance->plan->steps;
    for (size_t i = 0; i < steps->tensor_count; i++)
        if (steps->tensors[i].alias >= 0)
            instance->slots[i] = instance->slots[wcl__plan_root(steps, (int)i)];
}

/* The first step that uses a slot; its node is to blame when the slot can't be made. */
typedef struct finder {
    int slot;
    bool found;
} finder;

static void find_slot(void *user, int slot)
{
    finder *f = user;
    f->found = f->found || slot == f->slot;
}

static int node_of_slot(const wcl_plan *plan, size_t slot)
{
    for (size_t i = 0; i < plan->steps.step_count; i++) {
        finder f = {(int)slot, false};
        wcl__step_slots(&plan->steps.steps[i], find_slot, &f);
        if (f.found)
            return plan->steps.steps[i].node;
    }
    return -1;
}

static wcl_status make_slots(wcl_session *session, wcl__instance *instance, int *node)
{
    const wcl_plan *plan = instance->plan;
    wcl_status status = make_buffers(session, instance);
    int64_t done = (int64_t)(plan->steps.step_count + plan->steps.packing_count);
    for (size_t i = 0; i < plan->steps.tensor_count && status == WCL_OK; i++) {
        const wcl__plan_tensor *tensor = &plan->steps.tensors[i];
        if (tensor->kind == WCL__TENSOR_WEIGHT &&
            (status = go_on(session, plan, done++, tensor->name)) != WCL_OK)
            break;
        status = make_slot(session, instance, i);
        if (status != WCL_OK && plan->steps.tensors[i].kind == WCL__TENSOR_WEIGHT)
            *node = node_of_slot(plan, i);
    }
    if (status == WCL_OK)
        share_aliases(instance);
    return status;
}

/* ---- whom to blame */

/* Could another variant run the node? */
static bool has_another(const wcl_session *session, const wcl_plan *plan, const wcl__planned *planned)
{
    const wcl__plan_request request = {.facts = &plan->facts,
                                       .model = plan->model,
                                       .options = &session->options,
                                       .denied = session->denied,
                                       .denied_count = session->denied_count,
                                       .rates = &plan->rates,
                                       .profile = &plan->profile,
                                       .settings = &plan->settings};
    const int64_t i = planned->graph_node;
    return i >= 0 && planned->variant &&
           wcl__has_alternative(&request, plan->graph.nodes[i], planned->variant);
}

void wcl__denied_clear(wcl__denied *denied)
{
    wcl__free(denied->node);
    wcl__free(denied->reason);
    memset(denied, 0, sizeof *denied);
}

void wcl__failures_clear(wcl__failures *failures)
{
    for (size_t i = 0; i < failures->count; i++)
        wcl__denied_clear(&failures->list[i]);
    wcl__free(failures->list);
    wcl__instance_destroy(failures->weights);
    memset(failures, 0, sizeof *failures);
}

static bool is_blamed(const wcl__failures *failed, const wcl__planned *planned)
{
    for (size_t i = 0; i < failed->count; i++)
        if (strcmp(failed->list[i].node, planned->name) == 0 &&
            strcmp(failed->list[i].variant, planned->variant) == 0)
            return true;
    return false;
}

/* Notes the node's variant as failed for the reason of the last error. False: it is not a variant's fault, or
 * there is no other one: the error stands as it is. */
static bool blame(const wcl_session *session, const wcl_plan *plan, int node, wcl__failures *failed)
{
    if (node < 0 || !has_another(session, plan, &plan->nodes[node]))
        return false;
    if (is_blamed(failed, &plan->nodes[node]))
        return true;
    char *name = wcl__strdup(plan->nodes[node].name), *reason = wcl__strdup(wcl_last_error()->reason);
    if (!name || !reason || !WCL__GROW(failed->list, failed->count, failed->capacity)) {
        wcl__free(name);
        wcl__free(reason);
        return false;
    }
    failed->list[failed->count++] = (wcl__denied){name, plan->nodes[node].variant, reason};
    return true;
}

/* ---- programs */

/* Tells the caller, then builds what the call needs. */
static wcl_status build_program(wcl_session *session, const wcl_plan *plan, int64_t done,
                                const wcl__call *call, bool *cancelled)
{
    const wcl_status status = go_on(session, plan, done, call->kernel);
    *cancelled = status != WCL_OK;
    return *cancelled ? status : wcl__kernel_build(session->device, call);
}

static void blame_program(const wcl_session *session, const wcl_plan *plan, wcl_status status, int node,
                          wcl__failures *failed)
{
    wcl__in_node(status, node >= 0 ? plan->nodes[node].name : NULL);
    if (!blame(session, plan, node, failed))
        wcl__failures_clear(failed);
}

static int node_of_packing(const wcl_plan *plan, size_t packing)
{
    for (size_t i = 0; i < plan->steps.tensor_count; i++)
        if (plan->steps.tensors[i].kind == WCL__TENSOR_WEIGHT &&
            plan->steps.tensors[i].weight == (int)packing)
            return node_of_slot(plan, i);
    return -1;
}

static wcl_status build_step_programs(wcl_session *session, const wcl_plan *plan, wcl__failures *failed)
{
    const wcl__steps *steps = &plan->steps;
    wcl_status first = WCL_OK;
    for (size_t i = 0; i < steps->step_count; i++) {
        bool cancelled;
        if (steps->steps[i].kind != WCL__STEP_KERNEL)
            continue;
        const wcl_status status = build_program(session, plan, (int64_t)i, &steps->steps[i].call, &cancelled);
        if (cancelled)
            wcl__failures_clear(failed);
        else if (status != WCL_OK)
            blame_program(session, plan, status, steps->steps[i].node, failed);
        first = first == WCL_OK ? status : first;
        if (status != WCL_OK && (status != WCL_BUILD_FAILED || failed->count == 0))
            return status;
    }
    return first;
}

/* What packs weights, too; the host packs them where the device has no such program. */
static wcl_status build_packing_programs(wcl_session *session, const wcl_plan *plan, wcl__failures *failed)
{
    const wcl__steps *steps = &plan->steps;
    for (size_t i = 0; i < steps->packing_count; i++) {
        wcl__call call;
        bool cancelled = false;
        if (steps->packings[i].recipe.kind == WCL__PACK_AS_IT_IS)
            continue;
        wcl_status status = wcl__pack_call(&call, &steps->packings[i].recipe);
        if (status == WCL_OK)
            status = build_program(session, plan, (int64_t)(steps->step_count + i), &call, &cancelled);
        if (!cancelled && wcl__packs_on_host(status)) {
            wcl__clear_error(); /* the store says so when it packs */
            continue;
        }
        if (status != WCL_OK && !cancelled)
            blame_program(session, plan, status, node_of_packing(plan, i), failed);
        if (status != WCL_OK)
            return status;
    }
    return WCL_OK;
}

/* All programs, before anything is allocated or packed: every node whose program does not build is found in
 * one attempt. */
static wcl_status build_programs(wcl_session *session, const wcl_plan *plan, wcl__failures *failed)
{
    const wcl_status status = build_step_programs(session, plan, failed);
    return status == WCL_OK ? build_packing_programs(session, plan, failed) : status;
}

/* ---- kernels */

static wcl_status make_launches(wcl_session *session, wcl__instance *instance, int *node)
{
    const wcl__steps *steps = &instance->plan->steps;
    for (size_t i = 0; i < steps->step_count; i++) {
        if (steps->steps[i].kind != WCL__STEP_KERNEL)
            continue;
        const wcl_status status = wcl__launch_create(session->device, &steps->steps[i].call, instance->slots,
                                                     &instance->launches[i]);
        if (status != WCL_OK) {
            *node = steps->steps[i].node;
            return status;
        }
    }
    return WCL_OK;
}

/* Some drivers allocate at the first use, and CLBlast compiles at its first call: both happen here, not in a
 * run. */
static wcl_status touch_buffer(cl_command_queue queue, cl_mem memory, size_t bytes)
{
    const cl_float zero = 0;
    const cl_int code = clEnqueueFillBuffer(queue, memory, &zero, sizeof zero, 0,
                                            bytes / sizeof zero * sizeof zero, 0, NULL, NULL);
    return code == CL_SUCCESS ? WCL_OK : wcl__fail_cl(code, "clEnqueueFillBuffer");
}

static wcl_status touch_buffers(wcl_session *session, const wcl__instance *instance)
{
    const wcl_plan *plan = instance->plan;
    wcl_status status = WCL_OK;
    for (size_t i = 0; i < plan->buffer_count && status == WCL_OK; i++)
        status = touch_buffer(session->queue, instance->buffers[i], plan->buffers[i]);
    if (status != WCL_OK)
        return status;
    const cl_int code = clFinish(session->queue); /* before any launch: what fails here lacks memory */
    return code == CL_SUCCESS ? WCL_OK : wcl__fail_cl(code, "the first use of the activations' buffers");
}

static wcl_status warm_up(wcl_session *session, const wcl__instance *instance, int *node)
{
    const wcl__steps *steps = &instance->plan->steps;
    bool enqueued = false;
    wcl_status status = touch_buffers(session, instance);
    for (size_t i = 0; i < steps->step_count && status == WCL_OK; i++) {
        if (steps->steps[i].kind != WCL__STEP_BLAS)
            continue;
        *node = steps->steps[i].node;
        enqueued = true;
        status =
            wcl__blas_enqueue(session->device, &steps->steps[i].blas, instance->slots, session->queue, NULL);
    }
    if (status != WCL_OK)
        return status;
    *node = -1;
    const cl_int code = enqueued ? clFinish(session->queue) : CL_SUCCESS;
    return code == CL_SUCCESS ? WCL_OK : wcl__fail_cl_running(code, "warming up");
}

static wcl_status make_staging(wcl__instance *instance)
{
    const wcl_plan *plan = instance->plan;
    size_t bytes = 0;
    for (size_t i = 0; i < plan->model->output_count; i++)
        bytes += (size_t)wcl__shape_count(&plan->graph.outputs[i]->shape) *
                 wcl_type_size(plan->graph.outputs[i]->type);
    instance->staging = wcl__alloc(bytes + 1, 1);
    return instance->staging ? WCL_OK : wcl__fail_memory();
}

static wcl_status build(wcl_session *session, wcl__instance *instance, int *node)
{
    const wcl__steps *steps = &instance->plan->steps;
    instance->store = session->store;
    instance->buffers = wcl__alloc(instance->plan->buffer_count + 1, sizeof *instance->buffers);
    instance->slots = wcl__alloc(steps->tensor_count + 1, sizeof *instance->slots);
    instance->launches = wcl__alloc(steps->step_count + 1, sizeof *instance->launches);
    if (!instance->buffers || !instance->slots || !instance->launches)
        return wcl__fail_memory();
    if (session->options.profile) {
        instance->spans = wcl__alloc(steps->step_count + 1, sizeof *instance->spans);
        if (!instance->spans)
            return wcl__fail_memory();
    }
    wcl_status status = wcl__session_keep_texts(session, instance->plan);
    if (status == WCL_OK)
        status = make_staging(instance);
    if (status == WCL_OK)
        status = make_slots(session, instance, node);
    if (status == WCL_OK)
        status = make_launches(session, instance, node);
    if (status == WCL_OK)
        status = warm_up(session, instance, node);
    return status;
}

wcl_status wcl__instance_create(wcl_session *session, wcl_plan *plan, wcl__instance **out,
                                wcl__failures *failed)
{
    int node = -1;
    memset(failed, 0, sizeof *failed);
    wcl__instance *instance = *out = wcl__alloc(1, sizeof *instance);
    if (!instance) {
        wcl_plan_destroy(plan);
        return wcl__fail_memory();
    }
    instance->plan = plan;
    wcl_status status = build_programs(session, plan, failed);
    if (status == WCL_OK) {
        status = build(session, instance, &node);
        wcl__in_node(status, node >= 0 ? plan->nodes[node].name : NULL);
        if (status != WCL_OK)
            blame(session, plan, node, failed);
    }
    if (status == WCL_OK)
        return WCL_OK;
    *out = NULL;
    if (failed->count > 0 && status != WCL_NO_MEMORY && session->options.memory_cap == 0) {
        strip(instance);
        failed->weights = instance;
    } else {
        wcl__instance_destroy(instance);
    }
    return status;
}
