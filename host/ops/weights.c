/* Packed weights and folded biases as constants of the plan, and their keys. */
#include "ops/weights.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/hash.h"

#include <string.h>

/* Everything that decides the packed bytes, beside the weight's values: so two packings have one key only if
 * they pack the same. The call (NULL: as it is) has all that is in the recipe. */
static void add_recipe(wcl__text *text, const wcl__packing *packing, const wcl__call *call)
{
    char scale[WCL__SHA256_HEX] = "";
    if (packing->scale)
        wcl__sha256(packing->scale, packing->scale_count * sizeof(float), scale);
    wcl__text_add(text, "%zu %d %lld %lld %lld %s", packing->bytes, packing->zero_first,
                  (long long)packing->recipe.rows, (long long)wcl__pack_row_elements(&packing->recipe),
                  (long long)packing->source_first, scale);
    if (!call)
        return;
    char values[WCL__VALUES_BYTES] = "";
    if (call->config.family)
        wcl__params_print(call->config.family, call->config.values, values, sizeof values);
    wcl__text_add(text, " %s %s", call->kernel, values);
    for (int d = 0; d < 3; d++)
        wcl__text_add(text, " %zu/%zu", call->range.global[d], call->range.local[d]);
    for (int i = 0; i < call->arg_count; i++) {
        const wcl__arg *arg = &call->args[i];
        wcl__text_add(text, " %d %d %zu ", (int)arg->kind, arg->slot, arg->size);
        for (size_t k = 0; arg->kind == WCL__ARG_VALUE && k < arg->size; k++)
            wcl__text_add(text, "%02x", arg->value[k]);
    }
}

/* NULL: no memory. */
static char *make_key(const wcl__value *weight, const wcl__packing *packing, const wcl__call *call)
{
    wcl__text recipe = {0}, key = {0};
    char hash[WCL__SHA256_HEX];
    add_recipe(&recipe, packing, call);
    if (!recipe.failed) {
        wcl__sha256(recipe.data, recipe.length, hash);
        wcl__text_add(&key, "%s|%s", weight->key, hash);
    }
    const bool failed = recipe.failed || key.failed;
    wcl__text_clear(&recipe);
    if (failed)
        wcl__text_clear(&key);
    return failed ? NULL : key.data;
}

wcl_status wcl__constant_slot(wcl__steps *steps, const wcl__value *value, int *slot)
{
    wcl_status status = wcl__need_float(value, value->name);
    if (status != WCL_OK)
        return status;
    wcl__packing packing = {.source = value->source, .bytes = value->source->bytes};
    packing.key = make_key(value, &packing, NULL);
    status = wcl__steps_weight(steps, value->name, &packing, slot);
    if (status == WCL_OK)
        steps->tensors[*slot].shape = value->shape;
    return status;
}

/* The factor of each filter, as an array of the caller's. */
static float *make_scale(const wcl__epilogue *epilogue, const wcl__output_slice *slice)
{
    float *scale = wcl__alloc((size_t)slice->count, sizeof *scale);
    for (int64_t i = 0; scale && i < slice->count; i++)
        scale[i] = slice->factor * (epilogue->scale ? epilogue->scale[slice->first + i] : 1.0f);
    return scale;
}

wcl_status wcl__weight_slot(const wcl__emit *emit, const wcl__value *weight, const wcl__output_slice *slice,
                            wcl__packing *packing, int *slot)
{
    const bool as_it_is = packing->recipe.kind == WCL__PACK_AS_IT_IS;
    wcl__call call;
    const wcl_status status = as_it_is ? WCL_OK : wcl__pack_call(&call, &packing->recipe);
    if (status != WCL_OK)
        return status;
    packing->source = weight->source;
    if (!as_it_is) {
        packing->scale_count = (size_t)slice->count;
        packing->scale = make_scale(&emit->node->epilogue, slice);
        if (!packing->scale)
            return wcl__fail_memory();
    }
    packing->key = make_key(weight, packing, as_it_is ? NULL : &call);
    return wcl__steps_weight(emit->steps, weight->name, packing, slot);
}

wcl_status wcl__bias_slot(const wcl__emit *emit, const wcl__value *bias, const wcl__output_slice *slice,
                          int64_t block, int *slot)
{
    const wcl__epilogue *epilogue = &emit->node->epilogue;
    const int64_t first = slice->first, count = slice->count;
    const size_t padded = (size_t)wcl__round_up(count, block);
    float *values = wcl__alloc(padded, sizeof *values);
    if (!values)
        return wcl__fail_memory();
    const int64_t given = bias ? wcl__shape_count(&bias->shape) : 0;
    if (given == 1) { /* for all outputs, also where a slice has one */
        wcl__source_read(bias->source, 0, 1, values);
        for (int64_t i = 1; i < count; i++)
            values[i] = values[0];
    } else if (bias) {
        wcl__source_read(bias->source, first, count, values);
    }
    for (int64_t i = 0; i < count; i++) {
        const float scale = epilogue->scale ? epilogue->scale[first + i] : 1.0f;
        values[i] = values[i] * slice->factor * scale + (epilogue->shift ? epilogue->shift[first + i] : 0.0f);
    }
    const wcl_status status = wcl__steps_constant(emit->steps, emit->node->name, values, padded, slot);
    wcl__free(values);
    return status;
}
