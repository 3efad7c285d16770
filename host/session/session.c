/* Sessions: options, shapes that are prepared, variants that failed. */
#include "session/session.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plan/planner.h"
#include "runtime/provider.h"
#include "base/memory.h"
#include "base/options.h"

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* ---- making and ending */

static wcl_status make_queue(wcl_session *session)
{
    cl_command_queue_properties properties = 0;
    cl_int code;
    if (session->options.queue) {
        session->queue = session->options.queue;
        code = clRetainCommandQueue(session->queue);
    } else {
        session->queue =
            clCreateCommandQueue(session->device->context, session->device->id,
                                 session->options.profile ? CL_QUEUE_PROFILING_ENABLE : 0, &code);
    }
    if (code != CL_SUCCESS) {
        session->queue = NULL;
        return wcl__fail_cl(code, "cannot make a command queue");
    }
    code = clGetCommandQueueInfo(session->queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL);
    if (code != CL_SUCCESS)
        return wcl__fail_cl(code, "cannot read the queue's properties");
    session->out_of_order = (properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) != 0;
    session->profiling = (properties & CL_QUEUE_PROFILING_ENABLE) != 0;
    return WCL_OK;
}

static wcl_status check_queue(const wcl_session *session)
{
    cl_context context;
    cl_device_id id;
    cl_int code = clGetCommandQueueInfo(session->queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    if (code == CL_SUCCESS)
        code = clGetCommandQueueInfo(session->queue, CL_QUEUE_DEVICE, sizeof id, &id, NULL);
    if (code != CL_SUCCESS)
        return wcl__fail_cl(code, "cannot read the queue's context and device");
    if (context != session->device->context)
        return wcl__fail(WCL_BAD_ARGUMENT, "the queue belongs to another context than the device");
    if (id != session->device->id)
        return wcl__fail(WCL_BAD_ARGUMENT, "the queue belongs to another device of the context");
    return WCL_OK;
}

/* The caller's texts may be gone when a later shape is planned. On failure there are none. */
static wcl_status own_settings(wcl_session *session)
{
    const char *const *from = session->options.settings;
    const size_t count = session->options.setting_count;
    session->options.settings = NULL;
    session->options.setting_count = 0;
    if (count == 0)
        return WCL_OK;
    session->settings = wcl__alloc(count, sizeof *session->settings);
    if (!session->settings)
        return wcl__fail_memory();
    session->options.settings = (const char *const *)session->settings;
    for (size_t i = 0; i < count; i++) {
        session->settings[i] = wcl__strdup(from[i]);
        if (!session->settings[i])
            return wcl__fail_memory();
        session->options.setting_count++;
    }
    return WCL_OK;
}

wcl_status wcl_session_create(wcl_device *device, wcl_model *model, const wcl_session_options *options,
                              wcl_session **out)
{
    wcl__clear_error();
    *out = NULL;
    if (!device || !model)
        return wcl__fail(WCL_BAD_ARGUMENT, "a session needs a device and a model");
    wcl_session *session = wcl__alloc(1, sizeof *session);
    if (!session)
        return wcl__fail_memory();
    wcl_status status = wcl__options_read(options, &session->options, sizeof session->options);
    if (status == WCL_OK)
        status = own_settings(session);
    if (status != WCL_OK)
        goto cleanup;
    wcl__device_retain(device);
    session->device = device;
    wcl__model_retain(model);
    session->model = model;
    if ((status = make_queue(session)) != WCL_OK)
        goto cleanup;
    if ((status = check_queue(session)) != WCL_OK)
        goto cleanup;
    session->made = wcl__alloc(model->output_count + 1, sizeof *session->made);
    if (!session->made) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    if ((status = wcl__store_open(device, model, &session->store)) != WCL_OK)
        goto cleanup;
    *out = session;
    return WCL_OK;

cleanup:
    wcl_session_destroy(session);
    return status;
}

static wcl_status copy_denied(const wcl_session *from, wcl_session *to)
{
    for (size_t i = 0; i < from->denied_count; i++) {
        if (!WCL__GROW(to->denied, to->denied_count, to->denied_capacity))
            return wcl__fail_memory();
        wcl__denied *copy = &to->denied[to->denied_count++];
        *copy = (wcl__denied){wcl__strdup(from->denied[i].node), from->denied[i].variant,
                              wcl__strdup(from->denied[i].reason)};
        if (!copy->node || !copy->reason)
            return wcl__fail_memory();
    }
    return WCL_OK;
}

wcl_status wcl_session_clone(const wcl_session *session, wcl_session **out)
{
    wcl_session_options options = session->options;
    options.size = sizeof options;
    wcl_status status = wcl_session_create(session->device, session->model, &options, out);
    if (status == WCL_OK)
        status = copy_denied(session, *out);
    if (status != WCL_OK) {
        wcl_session_destroy(*out);
        *out = NULL;
    }
    return status;
}

void wcl_session_destroy(wcl_session *session)
{
    if (!session)
        return;
    if (session->queue && !session->lost)
        clFinish(session->queue);
    if (session->pending)
        clReleaseEvent(session->pending);
    for (int i = 0; i < WCL__INSTANCES; i++)
        wcl__instance_destroy(session->instances[i]);
    for (size_t i = 0; i < session->denied_count; i++)
        wcl__denied_clear(&session->denied[i]);
    wcl__free(session->denied);
    for (size_t i = 0; i < session->options.setting_count; i++)
        wcl__free(session->settings[i]);
    wcl__free(session->settings);
    wcl__session_free_texts(session);
    wcl__free(session->made);
    wcl__free(session->bound_inputs);
    wcl__free(session->bound_outputs);
    if (session->queue)
        clReleaseCommandQueue(session->queue);
    wcl__store_close(session->store);
    wcl_model_destroy(session->model);
    wcl_device_destroy(session->device);
    wcl__free(session);
}

/* ---- instances */

/* Variants that failed to build or to fit are tried no more; once no other is left, the error stands. */
static bool deny(wcl_session *session, wcl__failures *failed)
{
    for (size_t i = 0; i < failed->count; i++) {
        wcl__denied *one = &failed->list[i];
        if (!WCL__GROW(session->denied, session->denied_count, session->denied_capacity))
            return false;
        wcl__log(WCL_LOG_WARNING, "node %s: %s failed (%s): planning again without it", one->node,
                 one->variant, one->reason);
        session->denied[session->denied_count++] = *one;
        memset(one, 0, sizeof *one);
    }
    return failed->count > 0;
}

static void add_instance(wcl_session *session, wcl__instance **at, wcl__instance *made)
{
    *at = session->current = made;
    made->used = session->clock;
}

/* What is in flight may read what the instance owns. */
static void end_instance(wcl_session *session, wcl__instance **at)
{
    if (*at)
        clFinish(session->queue);
    if (session->current == *at)
        session->current = NULL;
    wcl__instance_destroy(*at);
    *at = NULL;
}

/* The cell for a new instance: a free one, else that of the least recently used, which ends before the new
 * one takes memory. With a memory cap all end: it counts for the session, not for each shape. */
static wcl__instance **make_room(wcl_session *session)
{
    wcl__instance **oldest = &session->instances[0];
    for (int i = 0; i < WCL__INSTANCES && session->options.memory_cap > 0; i++)
        end_instance(session, &session->instances[i]);
    for (int i = 0; i < WCL__INSTANCES; i++) {
        if (!session->instances[i])
            return &session->instances[i];
        if (session->instances[i]->used < (*oldest)->used)
            oldest = &session->instances[i];
    }
    end_instance(session, oldest);
    return oldest;
}

/* A plan whose activations the device had no room for; bytes 0: there was none. */
typedef struct no_room {
    uint64_t bytes;
    cl_int code;
} no_room;

/* Errors of weights, programs and CLBlast name their node; those of the activations' buffers name none. */
static bool lacks_room(wcl_status status)
{
    const wcl_error *error = wcl_last_error();
    return status == WCL_NO_MEMORY && error->cl_code != CL_SUCCESS && !error->node[0] && !error->kernel[0];
}

static wcl_status fail_for_room(const no_room *tried)
{
    char text[160];
    snprintf(text, sizeof text, "cannot have %llu bytes of device memory, and no plan takes less",
             (unsigned long long)tried->bytes);
    return wcl__fail_cl(tried->code, text);
}

/* One attempt: plans for these facts, makes room, and makes the instance. *bytes are what the plan takes, 0
 * where there is none. */
static wcl_status try_instance(wcl_session *session, const wcl__facts *facts, const wcl_tensor *inputs,
                               uint64_t *bytes, wcl__failures *failed)
{
    wcl_plan *plan;
    wcl__instance *made = NULL;
    const wcl__rates rates = wcl__provider_rates(session->device);
    const wcl__plan_request request = {facts,
                                       session->model,
                                       &session->options,
                                       inputs,
                                       session->denied,
                                       session->denied_count,
                                       &rates,
                                       NULL,
                                       NULL};
    *bytes = 0;
    wcl_status status = wcl__plan_make(&request, &plan);
    if (status != WCL_OK)
        return status;
    *bytes = wcl__plan_total(plan);
    wcl__instance **room = make_room(session);
    status = wcl__instance_create(session, plan, &made, failed);
    if (status == WCL_OK)
        add_instance(session, room, made);
    session->lost = session->lost || status == WCL_DEVICE_LOST;
    return status;
}

/* After a failed attempt: is there another one worth a try? Changes what that one is planned for. */
static bool try_again(wcl_session *session, wcl_status status, bool held, uint64_t bytes,
                      wcl__failures *failed, no_room *tried)
{
    if (status == WCL_NO_MEMORY && held) /* what was held for this attempt took memory */
        return true;
    if (lacks_room(status) && bytes > 1) {
        *tried = (no_room){bytes, wcl_last_error()->cl_code};
        wcl__log(WCL_LOG_WARNING, "%s: planning again for less than %llu bytes", wcl_last_error()->message,
                 (unsigned long long)bytes);
        return true;
    }
    return status != WCL_DEVICE_LOST && deny(session, failed);
}

/* Weights that a failed attempt has packed are held until the next one has taken its own. */
static wcl_status create_instance(wcl_session *session, const wcl_tensor *inputs)
{
    wcl__facts facts = session->device->facts;
    wcl__failures earlier = {0};
    no_room tried = {0, CL_SUCCESS};
    for (;;) {
        wcl__failures failed = {0};
        uint64_t bytes;
        wcl_status status = try_instance(session, &facts, inputs, &bytes, &failed);
        const bool held = earlier.weights != NULL;
        wcl__failures_clear(&earlier);
        earlier = failed;
        if (status == WCL_NO_MEMORY && bytes == 0 && tried.bytes > 0)
            status = fail_for_room(&tried);
        else if (status != WCL_OK && try_again(session, status, held, bytes, &earlier, &tried)) {
            facts.global_bytes = tried.bytes > 0 ? tried.bytes - 1 : facts.global_bytes;
            wcl__clear_error();
            continue;
        }
        wcl__failures_clear(&earlier);
        return status;
    }
}

void wcl_session_cancel(wcl_session *session)
{
    __atomic_store_n(&session->cancelled, 1, __ATOMIC_RELEASE);
}

wcl_status wcl__session_check_cancelled(wcl_session *session)
{
    return __atomic_load_n(&session->cancelled, __ATOMIC_ACQUIRE)
               ? wcl__fail(WCL_CANCELLED, "cancelled by the caller")
               : WCL_OK;
}

wcl_status wcl__session_select(wcl_session *session, const wcl_tensor *inputs)
{
    __atomic_store_n(&session->cancelled, 0,
                     __ATOMIC_RELEASE); /* a call begins: earlier ones are not its concern */
    if (session->lost)
        return wcl__fail(WCL_DEVICE_LOST, "the device was lost in an earlier call");
    session->clock++;
    for (int i = 0; i < WCL__INSTANCES; i++)
        if (session->instances[i] && wcl__instance_matches(session->instances[i], inputs)) {
            session->current = session->instances[i];
            session->current->used = session->clock;
            return WCL_OK;
        }
    const double start = now_ms();
    const wcl_status status = create_instance(session, inputs);
    if (status == WCL_OK) {
        session->prepare_ms = now_ms() - start;
        wcl__log(WCL_LOG_INFO, "prepared %zu nodes in %.0f ms", session->current->plan->node_count,
                 session->prepare_ms);
    }
    return status;
}

wcl_status wcl_session_prepare(wcl_session *session, const wcl_tensor *inputs)
{
    wcl__clear_error();
    return wcl__session_select(session, inputs);
}

static bool same_settings(const wcl__settings *settings, const wcl_session_options *options)
{
    bool same = settings->count == options->setting_count;
    for (size_t i = 0; same && i < settings->count; i++)
        same = strcmp(settings->list[i].text, options->settings[i]) == 0;
    return same;
}

/* What a session's plans are made with must be what this one was made with. */
static wcl_status check_plan_options(const wcl_plan *plan, const wcl_session *session)
{
    const wcl_session_options *a = &plan->options, *b = &session->options;
    const char *other = a->memory_cap != b->memory_cap                 ? "memory_cap"
                        : a->conv != b->conv                           ? "conv"
                        : a->dense != b->dense                         ? "dense"
                        : !a->separate_buffers != !b->separate_buffers ? "separate_buffers"
                        : !a->keep_all != !b->keep_all                 ? "keep_all"
                        : a->precision != b->precision                 ? "precision"
                        : a->plan_as != b->plan_as                     ? "plan_as"
                        : !same_settings(&plan->settings, b)           ? "settings"
                                                                       : NULL;
    return other ? wcl__fail(WCL_BAD_ARGUMENT,
                             "the plan was made with another %s than the session's options have", other)
                 : WCL_OK;
}

wcl_status wcl_session_create_from_plan(wcl_device *device, wcl_plan *plan,
                                        const wcl_session_options *options, wcl_session **out)
{
    wcl__clear_error();
    *out = NULL;
    if (!device || !plan)
        return wcl__fail(WCL_BAD_ARGUMENT, "a session needs a device and a plan");
    if (strcmp(plan->facts.name, device->facts.name) != 0 ||
        strcmp(plan->facts.platform, device->facts.platform) != 0)
        return wcl__fail(WCL_BAD_ARGUMENT, "the plan was made for %s, the device is %s", plan->facts.name,
                         device->facts.name);
    const double start = now_ms();
    wcl__failures failed = {0};
    wcl__instance *made;
    wcl_status status = wcl_session_create(device, plan->model, options, out);
    if (status != WCL_OK)
        return status;
    status = check_plan_options(plan, *out);
    if (status == WCL_OK) {
        wcl__plan_retain(plan);
        status = wcl__instance_create(*out, plan, &made, &failed);
        wcl__failures_clear(&failed);
    }
    if (status != WCL_OK) {
        wcl_session_destroy(*out);
        *out = NULL;
        return status;
    }
    add_instance(*out, &(*out)->instances[0], made);
    (*out)->prepare_ms = now_ms() - start;
    return WCL_OK;
}

/* ---- bound tensors */

static wcl_status bind_tensor(wcl_tensor **bound, size_t count, int index, const char *what,
                              const wcl_tensor *tensor)
{
    wcl__clear_error();
    if (index < 0 || (size_t)index >= count)
        return wcl__fail(WCL_BAD_ARGUMENT, "the model has no %s %d", what, index);
    if (tensor && !tensor->data && !tensor->mem)
        return wcl__fail(WCL_BAD_ARGUMENT, "%s %d has neither data nor a buffer", what, index);
    if (!*bound && !(*bound = wcl__alloc(count, sizeof **bound)))
        return wcl__fail_memory();
    (*bound)[index] = tensor ? *tensor : (wcl_tensor){0};
    return WCL_OK;
}

wcl_status wcl_session_bind_input(wcl_session *session, int index, const wcl_tensor *tensor)
{
    return bind_tensor(&session->bound_inputs, session->model->input_count, index, "input", tensor);
}

wcl_status wcl_session_bind_output(wcl_session *session, int index, const wcl_tensor *tensor)
{
    return bind_tensor(&session->bound_outputs, session->model->output_count, index, "output", tensor);
}

/* ---- questions */

static void describe_output(const wcl_plan *plan, int index, wcl_tensor *info)
{
    const wcl__value *value = plan->graph.outputs[index];
    info->type = value->type;
    info->rank = value->shape.rank;
    memcpy(info->dims, value->shape.dims, sizeof info->dims);
    info->bytes = (size_t)wcl__shape_count(&value->shape) * wcl_type_size(value->type);
}

wcl_status wcl_session_output_info(const wcl_session *session, int index, wcl_tensor *info)
{
    wcl__clear_error();
    memset(info, 0, sizeof *info);
    if (!session->current)
        return wcl__fail(WCL_BAD_ARGUMENT, "nothing was prepared yet");
    if (index < 0 || (size_t)index >= session->model->output_count)
        return wcl__fail(WCL_BAD_ARGUMENT, "the model has no output %d", index);
    describe_output(session->current->plan, index, info);
    return WCL_OK;
}

const wcl_plan *wcl_session_plan(const wcl_session *session)
{
    return session->current ? session->current->plan : NULL;
}

cl_command_queue wcl_session_queue(const wcl_session *session)
{
    return session->queue;
}

double wcl_session_prepare_ms(const wcl_session *session)
{
    return session->prepare_ms;
}

int wcl_session_profile_count(const wcl_session *session)
{
    return session->current && session->current->spans ? (int)session->current->plan->steps.step_count : 0;
}

static const char *step_kernel(const wcl__step *step)
{
    switch (step->kind) {
    case WCL__STEP_KERNEL:
        return step->call.kernel;
    case WCL__STEP_BLAS:
        return step->blas.m == 1 ? "CLBlastSgemv" : "CLBlastSgemm";
    case WCL__STEP_COPY:
        return "copy";
    case WCL__STEP_HOST:
        break;
    }
    return "host";
}

static cl_event start_of(const wcl__span *span)
{
    return span->first ? span->first : span->last;
}

/* Of the run's first launch; host steps have none. */
static cl_event first_event(const wcl__instance *instance)
{
    size_t i = 0;
    while (i < instance->plan->steps.step_count && !instance->spans[i].last)
        i++;
    return i < instance->plan->steps.step_count ? start_of(&instance->spans[i]) : NULL;
}

wcl_status wcl_session_profile(const wcl_session *session, int index, wcl_profile_entry *entry)
{
    wcl__clear_error();
    if (index < 0 || index >= wcl_session_profile_count(session))
        return wcl__fail(WCL_BAD_ARGUMENT, "the profile has no entry %d", index);
    const wcl__instance *instance = session->current;
    const wcl__step *step = &instance->plan->steps.steps[index];
    wcl_profile_entry full = {sizeof full,
                              wcl__session_text(session, instance->plan->nodes[step->node].name),
                              step_kernel(step),
                              step->node,
                              -1,
                              -1};
    const wcl__span *span = &instance->spans[index];
    if (span->last && session->profiling) {
        full.ms = wcl__span_ms(span);
        full.start_ms = wcl__event_start_ms(start_of(span), first_event(instance));
    }
    return wcl__info_write(entry, &full, sizeof full);
}
