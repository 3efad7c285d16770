/* The steps of a plan while operators add to them. */
#include "ops/steps.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/hash.h"

#include <string.h>

static void packing_clear(wcl__packing *packing)
{
    wcl__free(packing->key);
    wcl__free(packing->data);
    wcl__free(packing->scale);
    memset(packing, 0, sizeof *packing);
}

void wcl__steps_clear(wcl__steps *steps)
{
    for (size_t i = 0; i < steps->tensor_count; i++)
        wcl__free(steps->tensors[i].name);
    for (size_t i = 0; i < steps->packing_count; i++)
        packing_clear(&steps->packings[i]);
    wcl__free(steps->tensors);
    wcl__free(steps->packings);
    wcl__free(steps->steps);
    memset(steps, 0, sizeof *steps);
}

/* An element of `bytes` on the device. */
static wcl_status add_tensor(wcl__steps *steps, wcl__tensor_kind kind, const char *name, size_t bytes,
                             int *slot)
{
    if (!WCL__GROW(steps->tensors, steps->tensor_count, steps->tensor_capacity))
        return wcl__fail_memory();
    wcl__plan_tensor *tensor = &steps->tensors[steps->tensor_count];
    memset(tensor, 0, sizeof *tensor);
    tensor->kind = kind;
    tensor->name = wcl__strdup(name);
    if (!tensor->name)
        return wcl__fail_memory();
    tensor->bytes = bytes;
    tensor->alias = tensor->weight = tensor->first_step = tensor->last_step = -1;
    tensor->format = wcl__plain_format();
    *slot = (int)steps->tensor_count++;
    return WCL_OK;
}

wcl_status wcl__steps_tensor(wcl__steps *steps, wcl__tensor_kind kind, const char *name,
                             const wcl__shape *shape, const wcl__format *format, int *slot)
{
    const int64_t count = wcl__format_count(format, shape);
    int64_t bytes;
    if (count < 0 || wcl__mul_overflow(count, (int64_t)wcl_type_size(format->type), &bytes))
        return wcl__fail(WCL_NO_MEMORY, "tensor %s (%s) has more bytes than 64 bits count", name,
                         wcl__shape_print(shape).text);
    const wcl_status status = add_tensor(steps, kind, name, (size_t)bytes, slot);
    if (status == WCL_OK) {
        steps->tensors[*slot].type = format->type;
        steps->tensors[*slot].shape = *shape;
        steps->tensors[*slot].format = *format;
    }
    return status;
}

wcl_status wcl__steps_workspace(wcl__steps *steps, const char *name, size_t bytes, int *slot)
{
    const wcl_status status = add_tensor(steps, WCL__TENSOR_WORKSPACE, name, bytes, slot);
    if (status == WCL_OK) {
        steps->tensors[*slot].type = WCL_FLOAT32;
        steps->tensors[*slot].shape = wcl__shape_of(1, (int64_t[]){(int64_t)(bytes / sizeof(float))});
    }
    return status;
}

static int find_weight(const wcl__steps *steps, const char *key)
{
    for (size_t i = 0; i < steps->tensor_count; i++)
        if (steps->tensors[i].kind == WCL__TENSOR_WEIGHT &&
            strcmp(steps->packings[steps->tensors[i].weight].key, key) == 0)
            return (int)i;
    return -1;
}

wcl_status wcl__steps_weight(wcl__steps *steps, const char *name, wcl__packing *packing, int *slot)
{
    wcl_status status = packing->key ? WCL_OK : wcl__fail_memory();
    if (status != WCL_OK)
        goto cleanup;
    *slot = find_weight(steps, packing->key);
    if (*slot >= 0)
        goto cleanup;
    if (!WCL__GROW(steps->packings, steps->packing_count, steps->packing_capacity)) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    status = add_tensor(steps, WCL__TENSOR_WEIGHT, name, packing->bytes, slot);
    if (status != WCL_OK)
        goto cleanup;
    wcl__plan_tensor *tensor = &steps->tensors[*slot];
    tensor->type = WCL_FLOAT32;
    tensor->shape = wcl__shape_of(1, (int64_t[]){(int64_t)(packing->bytes / sizeof(float))});
    tensor->weight = (int)steps->packing_count;
    steps->packings[steps->packing_count++] = *packing;
    memset(packing, 0, sizeof *packing);
    return WCL_OK;

cleanup:
    packing_clear(packing);
    return status;
}

wcl_status wcl__steps_constant(wcl__steps *steps, const char *name, const float *values, size_t count,
                               int *slot)
{
    char hex[WCL__SHA256_HEX];
    wcl__packing packing = {0};
    packing.bytes = count * sizeof(float);
    packing.data = wcl__memdup(values, packing.bytes);
    if (!packing.data)
        return wcl__fail_memory();
    wcl__sha256(values, packing.bytes, hex);
    packing.key = wcl__strdup(hex);
    return wcl__steps_weight(steps, name, &packing, slot);
}

static wcl_status add_step(wcl__steps *steps, wcl__step_kind kind, wcl__step **step)
{
    if (!WCL__GROW(steps->steps, steps->step_count, steps->step_capacity))
        return wcl__fail_memory();
    *step = &steps->steps[steps->step_count++];
    memset(*step, 0, sizeof **step);
    (*step)->kind = kind;
    (*step)->node = steps->node;
    return WCL_OK;
}

wcl_status wcl__steps_kernel(wcl__steps *steps, const wcl__call *call)
{
    wcl__step *step = NULL;
    const wcl_status status = add_step(steps, WCL__STEP_KERNEL, &step);
    if (status == WCL_OK)
        step->call = *call;
    return status;
}

wcl_status wcl__steps_blas(wcl__steps *steps, wcl__blas_call **call)
{
    wcl__step *step = NULL;
    const wcl_status status = add_step(steps, WCL__STEP_BLAS, &step);
    if (status == WCL_OK) {
        step->blas.workspace = -1;
        *call = &step->blas;
    }
    return status;
}

wcl_status wcl__steps_copy(wcl__steps *steps, int from, size_t from_offset, int to, size_t to_offset,
                           size_t bytes)
{
    wcl__step *step = NULL;
    const wcl_status status = add_step(steps, WCL__STEP_COPY, &step);
    if (status == WCL_OK) {
        step->copy_from = from;
        step->copy_to = to;
        step->copy_from_offset = from_offset;
        step->copy_to_offset = to_offset;
        step->copy_bytes = bytes;
    }
    return status;
}
