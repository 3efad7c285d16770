/* Reading a run's tensors back (options.keep_all). */
#include "session/session.h"
#include "base/memory.h"

#include <string.h>

static bool is_models(const wcl__plan_tensor *tensor)
{
    return tensor->kind == WCL__TENSOR_ACTIVATION && !(tensor->order && tensor->order->none);
}

/* The first slot of each of the model's values that the steps make; a copy of it in another format is not
 * listed again. */
static bool is_listed(const wcl__steps *steps, size_t slot)
{
    const wcl__plan_tensor *tensor = &steps->tensors[slot];
    if (!is_models(tensor))
        return false;
    for (size_t i = 0; i < slot; i++)
        if (is_models(&steps->tensors[i]) && strcmp(steps->tensors[i].name, tensor->name) == 0)
            return false;
    return true;
}

int wcl_session_tensor_count(const wcl_session *session)
{
    int count = 0;
    if (!session->current || !session->options.keep_all)
        return 0;
    const wcl__steps *steps = &session->current->plan->steps;
    for (size_t i = 0; i < steps->tensor_count; i++)
        count += is_listed(steps, i) && session->current->slots[i];
    return count;
}

static int64_t slot_of(const wcl_session *session, int index)
{
    const wcl__steps *steps = &session->current->plan->steps;
    for (size_t i = 0; i < steps->tensor_count; i++)
        if (is_listed(steps, i) && session->current->slots[i] && index-- == 0)
            return (int64_t)i;
    return -1;
}

static bool is_reordered(const wcl__plan_tensor *tensor)
{
    return tensor->order && tensor->order->from.rank > 0;
}

/* From the tensor's own format to C order. */
static wcl_status to_plain(const wcl__plan_tensor *tensor, const float *from, float *to)
{
    wcl__view view;
    if (wcl__format_is_plain(&tensor->format)) {
        memcpy(to, from, tensor->bytes);
        return WCL_OK;
    }
    const wcl_status status = wcl__format_view(&tensor->format, &tensor->shape, &view);
    if (status != WCL_OK)
        return status;
    const int block = tensor->format.block;
    for (int n = 0; n < view.n; n++)
        for (int c = 0; c < view.c; c++)
            for (int y = 0; y < view.h; y++)
                for (int x = 0; x < view.w; x++)
                    *to++ = from[(size_t)view.origin + (size_t)n * (size_t)view.image +
                                 (size_t)(c / block) * (size_t)view.plane + (size_t)y * (size_t)view.row +
                                 (size_t)x * (size_t)view.pixel + (size_t)(c % block)];
    return WCL_OK;
}

/* What the model calls by the tensor's name: the plan's own order, transposed. */
static wcl_status to_models_order(const wcl__reorder *order, float *values)
{
    const int rank = order->from.rank;
    const int64_t count = wcl__shape_count(&order->from);
    int64_t strides[WCL_MAX_RANK], at[WCL_MAX_RANK] = {0};
    float *from = wcl__alloc((size_t)count + 1, sizeof *from);
    if (!from)
        return wcl__fail_memory();
    memcpy(from, values, (size_t)count * sizeof *from);
    for (int64_t d = rank - 1, stride = 1; d >= 0; stride *= order->from.dims[d--])
        strides[d] = stride;
    for (int64_t i = 0; i < count; i++) {
        int64_t place = 0;
        for (int d = 0; d < rank; d++)
            place += at[d] * strides[order->perm[d]];
        values[i] = from[place];
        for (int d = rank - 1; d >= 0 && ++at[d] == order->from.dims[order->perm[d]]; d--)
            at[d] = 0;
    }
    wcl__free(from);
    return WCL_OK;
}

static wcl_status read_slot(wcl_session *session, int64_t slot, float *to)
{
    const wcl__plan_tensor *tensor = &session->current->plan->steps.tensors[slot];
    float *from = wcl__alloc(tensor->bytes, 1);
    if (!from)
        return wcl__fail_memory();
    const cl_int code = clEnqueueReadBuffer(session->queue, session->current->slots[slot], CL_TRUE, 0,
                                            tensor->bytes, from, 0, NULL, NULL);
    wcl_status status =
        code == CL_SUCCESS ? to_plain(tensor, from, to) : wcl__fail_cl_running(code, "clEnqueueReadBuffer");
    wcl__free(from);
    if (status == WCL_OK && is_reordered(tensor))
        status = to_models_order(tensor->order, to);
    return status;
}

wcl_status wcl_session_tensor(wcl_session *session, int index, const char **name, wcl_tensor *tensor)
{
    wcl__clear_error();
    memset(tensor, 0, sizeof *tensor);
    *name = NULL;
    const int64_t slot =
        session->current && session->options.keep_all && index >= 0 ? slot_of(session, index) : -1;
    if (slot < 0)
        return wcl__fail(WCL_BAD_ARGUMENT, "the last run kept no tensor %d", index);
    const wcl__plan_tensor *planned = &session->current->plan->steps.tensors[slot];
    tensor->type = planned->type;
    const wcl__shape *shape = is_reordered(planned) ? &planned->order->shape : &planned->shape;
    tensor->rank = shape->rank;
    memcpy(tensor->dims, shape->dims, sizeof tensor->dims);
    tensor->bytes = (size_t)wcl__shape_count(&planned->shape) * wcl_type_size(planned->type);
    tensor->data = wcl__alloc(tensor->bytes + 1, 1);
    if (!tensor->data)
        return wcl__fail_memory();
    const wcl_status status = read_slot(session, slot, tensor->data);
    if (status != WCL_OK) {
        wcl_tensor_clear(tensor);
        return status;
    }
    *name = wcl__session_text(session, planned->name);
    return WCL_OK;
}
