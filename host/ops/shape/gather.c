/* Gather by indices that are known while planning. */
#include "kernels/shape/gather.h"

#include <string.h>

#include "ops/channels.h"
#include "ops/registry.h"
#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/hash.h"

/* The indices as the kernel reads them: within 0 ... length - 1. */
static wcl_status read_indices(const wcl__op_node *node, int64_t length, cl_int **out, int64_t *count)
{
    const wcl__value *indices = node->inputs[1];
    const void *data = NULL;
    void *scratch = NULL;
    cl_int *values = NULL;
    *out = NULL;
    if (!indices->source)
        return wcl__fail(WCL_UNSUPPORTED, "indices (%s) that are not known before the network runs",
                         indices->name);
    if (length > INT32_MAX)
        return wcl__fail(WCL_UNSUPPORTED, "a dimension of more than %d", INT32_MAX);
    *count = wcl__shape_count(&indices->shape);
    wcl_status status = wcl__value_data(indices, &data, &scratch);
    if (status != WCL_OK)
        goto cleanup;
    values = *count < 0 ? NULL : wcl__alloc((size_t)*count + 1, sizeof *values);
    if (!values) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    for (int64_t i = 0; i < *count; i++) {
        const int64_t index = wcl__read_int(indices->type, data, i);
        if (index < -length || index >= length) {
            status = wcl__fail(WCL_BAD_SHAPE, "index %lld of a dimension of %lld", (long long)index,
                               (long long)length);
            goto cleanup;
        }
        values[i] = (cl_int)(index < 0 ? index + length : index);
    }
    *out = values;
    values = NULL;
cleanup:
    wcl__free(values);
    wcl__free(scratch);
    return status;
}

static wcl_status infer(wcl__op_node *node)
{
    const wcl__value *x = node->inputs[0], *indices = node->inputs[1];
    wcl__shape shape = {0};
    cl_int *values = NULL;
    int64_t count = 0;
    wcl_status status = wcl__axis(wcl__attr_int(node, "axis", 0), x->shape.rank, &node->desc.axis);
    if (status != WCL_OK)
        return status;
    if (indices->type != WCL_INT64 && indices->type != WCL_INT32)
        return wcl__fail(WCL_BAD_MODEL, "indices are %s, must be int64 or int32",
                         wcl_type_name(indices->type));
    if (x->shape.rank - 1 + indices->shape.rank > WCL_MAX_RANK)
        return wcl__fail(WCL_UNSUPPORTED, "an output of more than %d dimensions", WCL_MAX_RANK);
    for (int d = 0; d < node->desc.axis; d++)
        shape.dims[shape.rank++] = x->shape.dims[d];
    for (int d = 0; d < indices->shape.rank; d++)
        shape.dims[shape.rank++] = indices->shape.dims[d];
    for (int d = (int)node->desc.axis + 1; d < x->shape.rank; d++)
        shape.dims[shape.rank++] = x->shape.dims[d];
    if (wcl__shape_count(&shape) < 0)
        return wcl__fail(WCL_BAD_SHAPE, "the output is too large");
    status = read_indices(node, x->shape.dims[node->desc.axis], &values, &count);
    wcl__free(values);
    if (status != WCL_OK)
        return status;
    wcl__output_set(node, 0, x->type, &shape);
    return wcl__need_float_or_known(node);
}

static wcl__gather gather_of(const wcl__op_node *node, int64_t count)
{
    const wcl__shape *x = &node->inputs[0]->shape;
    wcl__gather gather = {.outer = 1, .length = x->dims[node->desc.axis], .count = count, .inner = 1};
    for (int d = 0; d < node->desc.axis; d++)
        gather.outer *= x->dims[d];
    for (int d = (int)node->desc.axis + 1; d < x->rank; d++)
        gather.inner *= x->dims[d];
    return gather;
}

static wcl_status fold(wcl__op_node *node)
{
    const void *from = NULL;
    void *to = NULL, *scratch = NULL;
    cl_int *indices = NULL;
    int64_t count = 0;
    wcl_status status = read_indices(node, node->inputs[0]->shape.dims[node->desc.axis], &indices, &count);
    if (status == WCL_OK)
        status = wcl__value_data(node->inputs[0], &from, &scratch);
    if (status == WCL_OK)
        status = wcl__output_known(node, 0, &to);
    if (status != WCL_OK || wcl__shape_count(&node->outputs[0]->shape) == 0)
        goto cleanup;
    const wcl__gather g = gather_of(node, count);
    const size_t run = (size_t)g.inner * wcl_type_size(node->outputs[0]->type);
    for (int64_t i = 0; i < g.outer * count; i++)
        memcpy((char *)to + (size_t)i * run,
               (const char *)from + (size_t)(i / count * g.length + indices[i % count]) * run, run);
cleanup:
    wcl__free(indices);
    wcl__free(scratch);
    return status;
}

static wcl_status add_indices(const wcl__emit *emit, int64_t *count, int *slot)
{
    const wcl__op_node *node = emit->node;
    char hex[WCL__SHA256_HEX];
    wcl__text key = {0};
    wcl__packing packing = {0};
    cl_int *indices = NULL;
    wcl_status status = read_indices(node, node->inputs[0]->shape.dims[node->desc.axis], &indices, count);
    if (status != WCL_OK)
        return status;
    packing.data = indices;
    packing.bytes = (size_t)*count * sizeof(cl_int);
    wcl__sha256(indices, packing.bytes, hex);
    wcl__text_add(&key, "int32:%s", hex);
    packing.key = key.data; /* the packing takes both over, and checks the key */
    if (key.failed) {
        packing.key = NULL;
        wcl__text_clear(&key);
    }
    return wcl__steps_weight(emit->steps, node->inputs[1]->name, &packing, slot);
}

static const char *configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                             void *params)
{
    const wcl__gather gather = gather_of(node, 0);
    wcl__gather_params *p = params;
    (void)target;
    (void)offer;
    wcl__nd_group(gather.inner, &p->group_x, &p->group_y);
    return NULL;
}

static wcl_status emit_gather(const wcl__emit *emit)
{
    const wcl__gather_params *params = WCL__CONFIG(wcl__gather_params, &emit->way->config);
    wcl__call call;
    int64_t count = 0;
    int slot = -1;
    wcl_status status = add_indices(emit, &count, &slot);
    if (status != WCL_OK)
        return status;
    const wcl__gather gather = gather_of(emit->node, count);
    status = wcl__gather_call(&call, params, &gather, emit->in[0], slot, emit->out[0]);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

static const wcl__variant variants[] = {
    {.name = "gather", .family = &wcl__gather_table, .configure = configure, .emit = emit_gather}};

const wcl__op wcl__op_gather = {.name = "Gather",
                                .since = 1,
                                .min_inputs = 2,
                                .max_inputs = 2,
                                .max_outputs = 1,
                                .known = 1u << 1,
                                .packs = 1u << 1,
                                .attributes = "axis",
                                .infer = infer,
                                .fold = fold,
                                .variants = variants,
                                .variant_count = WCL__COUNT(variants)};
