#include "graph/plan.h"

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

static bool in_arena(const wcl__plan_tensor *tensor)
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

/* The lowest offset at which the tensor overlaps nobody that lives at the same time among the `count` already placed. */
static size_t lowest_offset(wcl__plan_tensor *const *placed, size_t count, const wcl__plan_tensor *tensor, size_t alignment)
{
    size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            const size_t end = placed[i]->offset + placed[i]->bytes;
            if (live_together(placed[i], tensor) && offset < end && placed[i]->offset < offset + tensor->bytes) {
                offset = (size_t)wcl__round_up((int64_t)end, (int64_t)alignment);
                moved = true;
            }
        }
    }
    return offset;
}

static uint64_t place_all(wcl__plan_tensor **order, size_t count, size_t alignment)
{
    uint64_t end = 0;
    for (size_t i = 0; i < count; i++) {
        order[i]->offset = lowest_offset(order, i, order[i], alignment);
        end = WCL__MAX(end, (uint64_t)(order[i]->offset + order[i]->bytes));
    }
    return end;
}

static uint64_t sum_bytes(wcl__plan_tensor *const *order, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += order[i]->bytes;
    return sum;
}

/* The arena without anybody's scratch: what the activations alone need. */
static uint64_t activations_alone(wcl__plan_tensor **order, size_t count, size_t alignment)
{
    uint64_t end = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (order[i]->kind == WCL__TENSOR_ACTIVATION) {
            wcl__plan_tensor *tensor = order[i];
            order[i] = order[kept];
            order[kept++] = tensor;
        }
    qsort(order, kept, sizeof *order, larger_first);
    end = place_all(order, kept, alignment);
    return end;
}

wcl_status wcl__place(wcl_plan *plan, const wcl__facts *facts, const wcl_session_options *options)
{
    wcl__steps *steps = &plan->steps;
    find_lifetimes(plan);
    wcl__plan_tensor **order = wcl__alloc(steps->tensor_count + 1, sizeof *order);
    if (!order)
        return wcl__fail_memory();
    size_t count = 0;
    plan->weight_bytes = 0;
    for (size_t i = 0; i < steps->tensor_count; i++) {
        wcl__plan_tensor *tensor = &steps->tensors[i];
        if (tensor->kind == WCL__TENSOR_WEIGHT)
            plan->weight_bytes += tensor->bytes;
        if (!in_arena(tensor))
            continue;
        if (options->keep_all && tensor->kind == WCL__TENSOR_ACTIVATION) {
            tensor->first_step = 0;
            tensor->last_step = (int)steps->step_count + 1;
        }
        order[count++] = tensor;
    }
    const uint64_t activations = activations_alone(order, count, facts->alignment);
    qsort(order, count, sizeof *order, larger_first);
    plan->arena_bytes = place_all(order, count, facts->alignment);
    plan->separate = options->separate_buffers || plan->arena_bytes > facts->max_alloc;
    if (plan->separate)
        plan->arena_bytes = sum_bytes(order, count);
    plan->workspace_bytes = plan->arena_bytes - WCL__MIN(activations, plan->arena_bytes);
    wcl__free(order);
    return WCL_OK;
}
