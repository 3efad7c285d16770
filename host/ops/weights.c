#include "ops/weights.h"

#include <string.h>

wcl_status wcl__constant_slot(wcl__steps *steps, const wcl__value *value, int *slot)
{
    wcl__text key = {0};
    wcl_status status = wcl__need_float(value, value->name);
    if (status != WCL_OK)
        return status;
    wcl__text_add(&key, "%s|copy", value->key);
    if (key.failed) {
        wcl__text_clear(&key);
        return wcl__fail_memory();
    }
    wcl__packing packing = {.key = key.data, .source = value->source, .bytes = value->source->bytes};
    status = wcl__steps_weight(steps, value->name, &packing, slot);
    if (status == WCL_OK)
        steps->tensors[*slot].shape = value->shape;
    return status;
}

/* The factor of each filter, as an array of the caller's. */
static float *make_scale(const wcl__epilogue *epilogue, const wcl__filters *filters)
{
    float *scale = wcl__alloc((size_t)filters->count, sizeof *scale);
    for (int64_t i = 0; scale && i < filters->count; i++)
        scale[i] = filters->factor * (epilogue->scale ? epilogue->scale[filters->first + i] : 1.0f);
    return scale;
}

static void free_packing(wcl__packing *packing)
{
    wcl__free(packing->key);
    wcl__free(packing->scale);
    memset(packing, 0, sizeof *packing);
}

wcl_status wcl__weight_slot(const wcl__emit *emit, const wcl__value *weight, const char *how, const wcl__filters *filters,
                            wcl__packing *packing, int *slot)
{
    wcl__text key = {0};
    char hash[WCL__SHA256_HEX] = "1";
    if (packing->call.source) {
        packing->scale = make_scale(&emit->node->epilogue, filters);
        packing->scale_count = (size_t)filters->count;
        if (!packing->scale) {
            free_packing(packing);
            return wcl__fail_memory();
        }
        if (emit->node->epilogue.scale || filters->factor != 1.0f)
            wcl__sha256(packing->scale, packing->scale_count * sizeof(float), hash);
    }
    wcl__text_add(&key, "%s|%s|%lld+%lld|%s|%s", weight->key, how, (long long)filters->first, (long long)filters->count,
                  packing->call.options, hash);
    if (key.failed) {
        wcl__text_clear(&key);
        free_packing(packing);
        return wcl__fail_memory();
    }
    packing->key = key.data;
    packing->source = weight->source;
    return wcl__steps_weight(emit->steps, weight->name, packing, slot);
}

wcl_status wcl__bias_slot(const wcl__emit *emit, const wcl__value *bias, const wcl__filters *filters, int64_t block, int *slot)
{
    const wcl__epilogue *epilogue = &emit->node->epilogue;
    const int64_t first = filters->first, count = filters->count;
    const size_t padded = (size_t)wcl__round_up(count, block);
    float *values = wcl__alloc(padded, sizeof *values);
    if (!values)
        return wcl__fail_memory();
    const int64_t given = bias ? wcl__shape_count(&bias->shape) : 0;
    if (given == 1 && count > 1) {
        wcl__source_read(bias->source, 0, 1, values);
        for (int64_t i = 1; i < count; i++)
            values[i] = values[0];
    } else if (bias) {
        wcl__source_read(bias->source, first, count, values);
    }
    for (int64_t i = 0; i < count; i++) {
        const float scale = epilogue->scale ? epilogue->scale[first + i] : 1.0f;
        values[i] = values[i] * filters->factor * scale + (epilogue->shift ? epilogue->shift[first + i] : 0.0f);
    }
    const wcl_status status = wcl__steps_constant(emit->steps, emit->node->name, values, padded, slot);
    wcl__free(values);
    return status;
}
