/* Lifetimes of tensors, and the buffers that they share. */
#include "plan/place.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

int wcl__plan_root(const wcl__steps *steps, int slot)
{
    while (steps->tensors[slot].alias >= 0)
        slot = steps->tensors[slot].alias;
    return slot;
}

void wcl__step_slots(const wcl__step *step, void (*visit)(void *user, int slot), void *user)
{
    switch (step->kind) {
    case WCL__STEP_KERNEL:
        for (int i = 0; i < step->call.arg_count; i++)
            if (step->call.args[i].kind == WCL__ARG_SLOT)
                visit(user, step->call.args[i].slot);
        break;
    case WCL__STEP_BLAS:
        visit(user, step->blas.a);
        visit(user, step->blas.b);
        visit(user, step->blas.c);
        if (step->blas.workspace >= 0)
            visit(user, step->blas.workspace);
        break;
    case WCL__STEP_COPY:
        visit(user, step->copy_from);
        visit(user, step->copy_to);
        break;
    case WCL__STEP_HOST:
        break;
    }
}

typedef struct visitor {
    wcl__steps *steps;
    int step;
} visitor;

static void touch(void *user, int slot)
{
    const visitor *v = user;
    wcl__plan_tensor *tensor = &v->steps->tensors[wcl__plan_root(v->steps, slot)];
    if (tensor->first_step < 0)
        tensor->first_step = v->step;
    tensor->last_step = WCL__MAX(tensor->last_step, v->step);
}

/* Inputs are written before the first step, outputs read after the last. Steps count from 1 here. */
static void find_lifetimes(wcl_plan *plan)
{
    wcl__steps *steps = &plan->steps;
    const int end = (int)steps->step_count + 1;
    visitor v = {steps, 0};
    for (size_t i = 0; i < plan->model->input_count; i++)
        if (plan->input_slots[i] >= 0)
            touch(&v, plan->input_slots[i]);
    for (size_t i = 0; i < steps->step_count; i++) {
        v.step = (int)i + 1;
        wcl__step_slots(&steps->steps[i], touch, &v);
    }
    v.step = end;
    for (size_t i = 0; i < plan->model->output_count; i++)
        if (plan->output_slots[i] >= 0)
            touch(&v, plan->output_slots[i]);
}

/* Made and read by steps, in a buffer of the plan's. */
static bool needs_buffer(const wcl__plan_tensor *tensor)
{
    return tensor->kind != WCL__TENSOR_WEIGHT && tensor->alias < 0 && tensor->first_step >= 0;
}

static bool live_together(const wcl__plan_tensor *a, const wcl__plan_tensor *b)
{
    return a->first_step <= b->last_step && b->first_step <= a->last_step;
}

static int larger_first(const void *a, const void *b)
{
    const wcl__plan_tensor *x = *(wcl__plan_tensor *const *)a, *y = *(wcl__plan_tensor *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x < y ? -1 : x > y;
}

/* True if none of the `count` tensors that are placed already uses this buffer while `tensor` lives. */
static bool is_free(wcl__plan_tensor *const *placed, size_t count, int buffer, const wcl__plan_tensor *tensor)
{
    for (size_t i = 0; i < count; i++)
        if (placed[i]->buffer == buffer && live_together(placed[i], tensor))
            return false;
    return true;
}

/* Gives each of the tensors, which come larger first, the smallest buffer that is free while it lives, else a
 * new one of its size (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020,
 * shared objects). Buffers are made larger first, so the last one that is free is the smallest. sizes has
 * room for one buffer a tensor; returns their number. */
static size_t share_buffers(wcl__plan_tensor **order, size_t count, bool separate, size_t *sizes)
{
    size_t buffers = 0;
    for (size_t i = 0; i < count; i++) {
        int buffer = separate ? -1 : (int)buffers - 1;
        while (buffer >= 0 && !is_free(order, i, buffer, order[i]))
            buffer--;
        if (buffer < 0) {
            buffer = (int)buffers;
            sizes[buffers++] = order[i]->bytes;
        }
        order[i]->buffer = buffer;
    }
    return buffers;
}

static uint64_t sum_bytes(const size_t *sizes, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += sizes[i];
    return sum;
}

/* What the activations need without anybody's scratch. */
static uint64_t activations_alone(wcl__plan_tensor *const *order, size_t count, bool separate,
                                  wcl__plan_tensor **kept, size_t *sizes)
{
    size_t kept_count = 0;
    for (size_t i = 0; i < count; i++)
        if (order[i]->kind == WCL__TENSOR_ACTIVATION)
            kept[kept_count++] = order[i];
    return sum_bytes(sizes, share_buffers(kept, kept_count, separate, sizes));
}

/* The tensors that need a buffer, larger first; returns their number. */
static size_t list_tensors(wcl_plan *plan, bool keep_all, wcl__plan_tensor **order)
{
    wcl__steps *steps = &plan->steps;
    size_t count = 0;
    for (size_t i = 0; i < steps->tensor_count; i++) {
        wcl__plan_tensor *tensor = &steps->tensors[i];
        if (!needs_buffer(tensor))
            continue;
        if (keep_all && tensor->kind == WCL__TENSOR_ACTIVATION) {
            tensor->first_step = 0;
            tensor->last_step = (int)steps->step_count + 1;
        }
        order[count++] = tensor;
    }
    qsort(order, count, sizeof *order, larger_first);
    return count;
}

wcl_status wcl__place(wcl_plan *plan, const wcl_session_options *options)
{
    const wcl__steps *steps = &plan->steps;
    const bool separate = options->separate_buffers;
    wcl_status status = WCL_OK;
    find_lifetimes(plan);
    wcl__plan_tensor **order = wcl__alloc(2 * steps->tensor_count + 1, sizeof *order);
    plan->buffers = wcl__alloc(steps->tensor_count + 1, sizeof *plan->buffers);
    if (!order || !plan->buffers) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    const size_t count = list_tensors(plan, options->keep_all, order);
    const uint64_t activations = activations_alone(order, count, separate, order + count, plan->buffers);
    plan->buffer_count = share_buffers(order, count, separate, plan->buffers);
    plan->buffer_bytes = sum_bytes(plan->buffers, plan->buffer_count);
    plan->workspace_bytes = plan->buffer_bytes - WCL__MIN(activations, plan->buffer_bytes);
    plan->weight_bytes = 0;
    for (size_t i = 0; i < steps->tensor_count; i++)
        plan->weight_bytes += steps->tensors[i].kind == WCL__TENSOR_WEIGHT ? steps->tensors[i].bytes : 0;
cleanup:
    wcl__free(order);
    return status;
}
