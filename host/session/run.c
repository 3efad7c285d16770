/* Runs: inputs in, steps enqueued, outputs out, all of them or none. */
#include "session/session.h"

#include <string.h>

#include "runtime/provider.h"
#include "base/memory.h"

/* ---- enqueueing */

static wcl_status cl_check(wcl_session *session, cl_int code, const char *what)
{
    if (code == CL_SUCCESS)
        return WCL_OK;
    const wcl_status status = wcl__fail_cl_running(code, what); /* buffers were touched while preparing */
    session->lost = session->lost || status == WCL_DEVICE_LOST;
    return status;
}

/* A queue that is out of order runs our commands one after the other all the same. */
static wcl_status order(wcl_session *session)
{
    if (!session->out_of_order)
        return WCL_OK;
    return cl_check(session, clEnqueueBarrierWithWaitList(session->queue, 0, NULL, NULL),
                    "clEnqueueBarrierWithWaitList");
}

/* CLBlast runs several kernels, and gives the last one's event: a marker tells where the first begins. */
static wcl_status enqueue_blas(wcl_session *session, const wcl__blas_call *call, const cl_mem *slots,
                               wcl__span *span)
{
    wcl_status status = WCL_OK;
    if (span) {
        span->after = true;
        status = cl_check(session, clEnqueueMarkerWithWaitList(session->queue, 0, NULL, &span->first),
                          "clEnqueueMarkerWithWaitList");
    }
    if (status == WCL_OK)
        status = wcl__blas_enqueue(session->device, call, slots, session->queue, span ? &span->last : NULL);
    return status;
}

static wcl_status enqueue_step(wcl_session *session, const wcl__instance *instance, size_t index,
                               wcl__span *span)
{
    const wcl__step *step = &instance->plan->steps.steps[index];
    switch (step->kind) {
    case WCL__STEP_KERNEL:
        return wcl__launch_enqueue_timed(&instance->launches[index], session->queue, span);
    case WCL__STEP_BLAS:
        return enqueue_blas(session, &step->blas, instance->slots, span);
    case WCL__STEP_COPY:
        return cl_check(session,
                        clEnqueueCopyBuffer(session->queue, instance->slots[step->copy_from],
                                            instance->slots[step->copy_to], step->copy_from_offset,
                                            step->copy_to_offset, step->copy_bytes, 0, NULL,
                                            span ? &span->last : NULL),
                        "clEnqueueCopyBuffer");
    case WCL__STEP_HOST:
        break;
    }
    return WCL_OK;
}

static wcl_status enqueue_steps(wcl_session *session)
{
    const wcl__instance *instance = session->current;
    for (size_t i = 0; i < instance->plan->steps.step_count && instance->spans; i++)
        wcl__span_clear(&instance->spans[i]);
    for (size_t i = 0; i < instance->plan->steps.step_count; i++) {
        wcl__span *span = instance->spans ? &instance->spans[i] : NULL;
        wcl_status status = wcl__session_check_cancelled(session);
        if (status != WCL_OK)
            return status;
        status = enqueue_step(session, instance, i, span);
        if (status == WCL_OK)
            status = order(session);
        if (status != WCL_OK) {
            session->lost = session->lost || status == WCL_DEVICE_LOST;
            return wcl__in_node(status, instance->plan->nodes[instance->plan->steps.steps[i].node].name);
        }
    }
    return WCL_OK;
}

/* ---- inputs and outputs */

static wcl_status enqueue_input(wcl_session *session, size_t index, const wcl_tensor *tensor)
{
    const wcl__instance *instance = session->current;
    const int slot = instance->plan->input_slots[index];
    if (slot < 0 || !instance->slots[slot]) /* known while planning, or read by nobody */
        return WCL_OK;
    const char *name = session->model->values[session->model->inputs[index]].name;
    const size_t bytes = instance->plan->steps.tensors[slot].bytes;
    if (tensor->bytes != 0 && tensor->bytes != bytes)
        return wcl__fail(WCL_BAD_SHAPE, "input %s has %zu bytes, its shape needs %zu", name, tensor->bytes,
                         bytes);
    cl_int code;
    if (tensor->data)
        code = clEnqueueWriteBuffer(session->queue, instance->slots[slot], CL_FALSE, 0, bytes, tensor->data,
                                    0, NULL, NULL);
    else if (tensor->mem)
        code = clEnqueueCopyBuffer(session->queue, tensor->mem, instance->slots[slot], tensor->offset, 0,
                                   bytes, 0, NULL, NULL);
    else
        return wcl__fail(WCL_BAD_ARGUMENT, "input %s has neither data nor a buffer", name);
    return cl_check(session, code, "cannot write the network's input");
}

static wcl_status enqueue_inputs(wcl_session *session, const wcl_tensor *inputs)
{
    for (size_t i = 0; i < session->model->input_count; i++) {
        wcl_status status = enqueue_input(session, i, &inputs[i]);
        if (status == WCL_OK)
            status = order(session);
        if (status != WCL_OK)
            return status;
    }
    return WCL_OK;
}

/* A constant that is an output, into the caller's buffer. Seeded values are made for the occasion. */
static wcl_status enqueue_constant(wcl_session *session, const wcl__source *known, const wcl_tensor *tensor)
{
    void *made = NULL;
    if (!known->data && !(made = wcl__alloc(known->bytes, 1)))
        return wcl__fail_memory();
    if (made)
        wcl__source_read(known, 0, wcl__shape_count(&known->shape), made);
    const cl_int code =
        clEnqueueWriteBuffer(session->queue, tensor->mem, made ? CL_TRUE : CL_FALSE, tensor->offset,
                             known->bytes, made ? made : known->data, 0, NULL, NULL);
    wcl__free(made);
    return cl_check(session, code, "cannot write the network's output");
}

/* One output: `to` is where it goes on the host, NULL for one that goes into the caller's buffer. */
static wcl_status enqueue_output(wcl_session *session, size_t index, const wcl_tensor *tensor, void *to)
{
    const wcl__instance *instance = session->current;
    const int slot = instance->plan->output_slots[index];
    const wcl__source *known = instance->plan->graph.outputs[index]->source;
    const size_t bytes = tensor->bytes;
    cl_int code = CL_SUCCESS;
    if (bytes == 0)
        return WCL_OK;
    const wcl_status whole = slot < 0 ? wcl__source_check(known) : WCL_OK;
    if (whole != WCL_OK)
        return whole;
    if (slot < 0 && to)
        wcl__source_read(known, 0, wcl__shape_count(&known->shape), to);
    else if (slot < 0)
        return enqueue_constant(session, known, tensor);
    else if (to)
        code =
            clEnqueueReadBuffer(session->queue, instance->slots[slot], CL_FALSE, 0, bytes, to, 0, NULL, NULL);
    else
        code = clEnqueueCopyBuffer(session->queue, instance->slots[slot], tensor->mem, 0, tensor->offset,
                                   bytes, 0, NULL, NULL);
    return cl_check(session, code, "cannot read the network's output");
}

/* Which outputs to enqueue, and where those of the host go. */
typedef enum output_way {
    OUTPUTS_STAGED, /* those of the host, into the instance's staging memory */
    OUTPUTS_COPIED, /* those that go into the caller's buffers */
    OUTPUTS_DIRECT  /* all, straight to where the caller wants them */
} output_way;

static wcl_status enqueue_outputs(wcl_session *session, const wcl_tensor *outputs, output_way way)
{
    char *staging = session->current->staging;
    for (size_t i = 0; i < session->model->output_count; i++) {
        void *to = way == OUTPUTS_STAGED ? staging : outputs[i].data;
        staging += outputs[i].bytes;
        if ((way == OUTPUTS_STAGED && !outputs[i].data) || (way == OUTPUTS_COPIED && outputs[i].data))
            continue;
        wcl_status status = enqueue_output(session, i, &outputs[i], to);
        if (status == WCL_OK)
            status = order(session);
        if (status != WCL_OK)
            return status;
    }
    return WCL_OK;
}

/* The staged outputs, which all are there, to where the caller wants them: nothing can fail any more. */
static void give_outputs(const wcl_session *session, const wcl_tensor *outputs)
{
    const char *staging = session->current->staging;
    for (size_t i = 0; i < session->model->output_count; i++) {
        if (outputs[i].data && outputs[i].bytes > 0)
            memcpy(outputs[i].data, staging, outputs[i].bytes);
        staging += outputs[i].bytes;
    }
}

/* After the first run of a shape the drivers have specialised its kernels: now they are worth keeping. */
static void keep_programs(wcl_session *session)
{
    if (session->current && !session->current->flushed) {
        session->current->flushed = true;
        wcl__provider_flush(session->device);
    }
}

/* A wait that failed is tried once more: commands that use the caller's memory must not be left in flight. */
static wcl_status finish(wcl_session *session)
{
    const cl_int code = clFinish(session->queue);
    if (code != CL_SUCCESS)
        clFinish(session->queue);
    return cl_check(session, code, "the run failed");
}

static bool has_copied_outputs(const wcl_session *session, const wcl_tensor *outputs)
{
    for (size_t i = 0; i < session->model->output_count; i++)
        if (!outputs[i].data)
            return true;
    return false;
}

/* ---- the general form */

/* Checks, completes or makes an output tensor. */
static wcl_status complete_output(const wcl_session *session, int index, wcl_tensor *tensor, bool *made)
{
    wcl_tensor info;
    wcl_status status = wcl_session_output_info(session, index, &info);
    *made = false;
    if (status != WCL_OK)
        return status;
    const char *name = wcl_model_output_name(session->model, index);
    if (session->bound_outputs && tensor == &session->bound_outputs[index] && !tensor->data && !tensor->mem)
        return wcl__fail(WCL_BAD_ARGUMENT, "output %s is not bound", name);
    if ((tensor->data || tensor->mem) && tensor->bytes != info.bytes)
        return wcl__fail(WCL_BAD_ARGUMENT, "output %s (%zu bytes) is to be written into %zu bytes", name,
                         info.bytes, tensor->bytes);
    if (!tensor->data && !tensor->mem) {
        tensor->data = wcl__alloc(info.bytes + 1, 1);
        if (!tensor->data)
            return wcl__fail_memory();
        *made = true;
    }
    tensor->type = info.type;
    tensor->rank = info.rank;
    tensor->bytes = info.bytes;
    memcpy(tensor->dims, info.dims, sizeof info.dims);
    return WCL_OK;
}

static void unmake_outputs(const wcl_session *session, wcl_tensor *outputs)
{
    for (size_t i = 0; i < session->model->output_count; i++)
        if (session->made[i]) {
            wcl__free(outputs[i].data);
            outputs[i].data = NULL;
            outputs[i].bytes = 0;
        }
}

/* Outputs reach the caller's host memory by way of the instance's staging memory, so that either all change
 * or none does; and whatever fails, nothing that was enqueued is left in flight. */
static wcl_status run_now(wcl_session *session, const wcl_tensor *inputs, const wcl_tensor *outputs)
{
    wcl_status status = enqueue_inputs(session, inputs);
    if (status == WCL_OK)
        status = enqueue_steps(session);
    if (status == WCL_OK)
        status = enqueue_outputs(session, outputs, OUTPUTS_STAGED);
    if (status != WCL_OK) {
        clFinish(session->queue); /* the inputs are the caller's again */
        return status;
    }
    status = finish(session);
    if (status == WCL_OK)
        status = wcl__session_check_cancelled(session);
    if (status == WCL_OK && has_copied_outputs(session, outputs)) { /* only now may the outputs change */
        status = enqueue_outputs(session, outputs, OUTPUTS_COPIED);
        if (status == WCL_OK)
            status = finish(session);
        else
            clFinish(session->queue);
    }
    if (status == WCL_OK) {
        give_outputs(session, outputs);
        keep_programs(session);
    }
    return status;
}

wcl_status wcl_session_run_tensors(wcl_session *session, const wcl_tensor *inputs, wcl_tensor *outputs)
{
    wcl__clear_error();
    inputs = inputs ? inputs : session->bound_inputs;
    outputs = outputs ? outputs : session->bound_outputs;
    if (!outputs || (!inputs && session->model->input_count > 0))
        return wcl__fail(WCL_BAD_ARGUMENT, "a run needs its inputs and outputs");
    wcl_status status = wcl__session_select(session, inputs);
    memset(session->made, 0, session->model->output_count * sizeof *session->made);
    for (size_t i = 0; i < session->model->output_count && status == WCL_OK; i++)
        status = complete_output(session, (int)i, &outputs[i], &session->made[i]);
    if (status == WCL_OK)
        status = run_now(session, inputs, outputs);
    if (status != WCL_OK)
        unmake_outputs(session, outputs);
    return status;
}

/* ---- the short form */

static wcl_status shape_input(const wcl_session *session, const float *data, int64_t count, wcl_tensor *input)
{
    wcl_status status = wcl_model_input_info(session->model, 0, input);
    if (status != WCL_OK)
        return status;
    if (input->type != WCL_FLOAT32)
        return wcl__fail(WCL_BAD_ARGUMENT, "the model's input is %s: use wcl_session_run_tensors",
                         wcl_type_name(input->type));
    if (input->rank > 0 && input->dims[0] >= 0 && input->dims[0] != count)
        return wcl__fail(WCL_BAD_ARGUMENT, "a batch of %lld: the model's batch is fixed at %lld",
                         (long long)count, (long long)input->dims[0]);
    if (input->rank > 0)
        input->dims[0] = count;
    for (int d = 1; d < input->rank; d++)
        input->dims[d] = input->dims[d] < 0 ? 1 : input->dims[d];
    input->data = (void *)data; /* only read */
    return WCL_OK;
}

/* The caller's memory for a tensor, in floats; a length of -1 is not known. */
static wcl_status check_length(const char *what, int64_t length, int64_t needed)
{
    return length < 0 || length == needed
               ? WCL_OK
               : wcl__fail(WCL_BAD_ARGUMENT, "the %s has room for %lld floats, the network's has %lld", what,
                           (long long)length, (long long)needed);
}

static int64_t count_of(const wcl_tensor *tensor)
{
    const wcl__shape shape = wcl__tensor_shape(tensor);
    return wcl__shape_count(&shape);
}

static wcl_status run_floats(wcl_session *session, const float *input, int64_t count, float *output,
                             const int64_t lengths[2])
{
    wcl_tensor in, out = {0};
    if (session->model->input_count != 1 || session->model->output_count != 1)
        return wcl__fail(WCL_BAD_ARGUMENT,
                         "the model has %zu inputs and %zu outputs: use wcl_session_run_tensors",
                         session->model->input_count, session->model->output_count);
    if (!input || !output)
        return wcl__fail(WCL_BAD_ARGUMENT, "a run needs its input and output");
    if (count < 1 || (session->options.max_batch > 0 && count > session->options.max_batch))
        return wcl__fail(WCL_BAD_ARGUMENT, "a batch of %lld, must be 1 to %lld", (long long)count,
                         (long long)session->options.max_batch);
    wcl_status status = shape_input(session, input, count, &in);
    if (status == WCL_OK)
        status = check_length("input", lengths[0], count_of(&in));
    if (status == WCL_OK)
        status = wcl__session_select(session, &in);
    if (status == WCL_OK)
        status = wcl_session_output_info(session, 0, &out);
    if (status == WCL_OK && out.type != WCL_FLOAT32)
        status = wcl__fail(WCL_BAD_ARGUMENT, "the model's output is %s: use wcl_session_run_tensors",
                           wcl_type_name(out.type));
    if (status == WCL_OK)
        status = check_length("output", lengths[1], (int64_t)(out.bytes / sizeof(float)));
    out.data = output;
    return status == WCL_OK ? run_now(session, &in, &out) : status;
}

wcl_status wcl_session_run(wcl_session *session, const float *input, int64_t count, float *output)
{
    wcl__clear_error();
    return run_floats(session, input, count, output, (const int64_t[]){-1, -1});
}

wcl_status wcl_session_run_checked(wcl_session *session, const float *input, int64_t input_count,
                                   int64_t count, float *output, int64_t output_count)
{
    wcl__clear_error();
    if (input_count < 0 || output_count < 0)
        return wcl__fail(WCL_BAD_ARGUMENT, "a negative number of floats");
    return run_floats(session, input, count, output, (const int64_t[]){input_count, output_count});
}

/* ---- without waiting */

static wcl_status check_async_output(const wcl_session *session, int index, const wcl_tensor *tensor)
{
    wcl_tensor info;
    const wcl_status status = wcl_session_output_info(session, index, &info);
    if (status != WCL_OK)
        return status;
    if ((!tensor->data && !tensor->mem) || tensor->bytes != info.bytes)
        return wcl__fail(WCL_BAD_ARGUMENT, "output %s needs %zu bytes of memory",
                         wcl_model_output_name(session->model, index), info.bytes);
    return WCL_OK;
}

static void forget_pending(wcl_session *session)
{
    if (session->pending)
        clReleaseEvent(session->pending);
    session->pending = NULL;
}

static wcl_status enqueue_run(wcl_session *session, const wcl_tensor *inputs, const wcl_tensor *outputs,
                              const cl_event *waits, cl_uint wait_count)
{
    wcl_status status = WCL_OK;
    if (wait_count > 0)
        status = cl_check(session, clEnqueueBarrierWithWaitList(session->queue, wait_count, waits, NULL),
                          "clEnqueueBarrierWithWaitList");
    if (status == WCL_OK)
        status = enqueue_inputs(session, inputs);
    if (status == WCL_OK)
        status = enqueue_steps(session);
    if (status == WCL_OK)
        status = enqueue_outputs(session, outputs, OUTPUTS_DIRECT);
    if (status == WCL_OK)
        status = cl_check(session, clEnqueueMarkerWithWaitList(session->queue, 0, NULL, &session->pending),
                          "clEnqueueMarkerWithWaitList");
    if (status == WCL_OK)
        status = cl_check(session, clFlush(session->queue), "clFlush");
    return status;
}

wcl_status wcl_session_run_async(wcl_session *session, const wcl_tensor *inputs, const wcl_tensor *outputs,
                                 const cl_event *waits, cl_uint wait_count, cl_event *event)
{
    wcl__clear_error();
    if (event)
        *event = NULL;
    inputs = inputs ? inputs : session->bound_inputs;
    outputs = outputs ? outputs : session->bound_outputs;
    if (!outputs || (!inputs && session->model->input_count > 0))
        return wcl__fail(WCL_BAD_ARGUMENT, "a run needs its inputs and outputs");
    wcl_status status = wcl__session_select(session, inputs);
    for (size_t i = 0; i < session->model->output_count && status == WCL_OK; i++)
        status = check_async_output(session, (int)i, &outputs[i]);
    if (status != WCL_OK)
        return status;
    forget_pending(session);
    status = enqueue_run(session, inputs, outputs, waits, wait_count);
    if (status == WCL_OK && event)
        status = cl_check(session, clRetainEvent(session->pending), "clRetainEvent");
    if (status != WCL_OK) {
        clFinish(session->queue); /* what was enqueued uses the caller's memory */
        forget_pending(session);
    } else if (event) {
        *event = session->pending;
    }
    return status;
}

wcl_status wcl_session_wait(wcl_session *session)
{
    wcl__clear_error();
    cl_int state = CL_COMPLETE;
    wcl_status status = finish(session);
    if (status == WCL_OK && session->pending)
        status = cl_check(
            session,
            clGetEventInfo(session->pending, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL),
            "clGetEventInfo");
    if (status == WCL_OK && state < 0)
        status = cl_check(session, state, "the run failed");
    forget_pending(session);
    if (status == WCL_OK)
        keep_programs(session);
    return status;
}
