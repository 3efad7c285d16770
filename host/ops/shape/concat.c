/* Concat: each input is a region of the output. */
#include "ops/shape/region.h"
#include "ops/registry.h"
#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"

/* Empty inputs add nothing, and may be of any shape, such as the [0] that a list starts with: those beside
 * others go. */
static void drop_empty(wcl__op_node *node)
{
    size_t kept = 0;
    bool filled = false;
    for (size_t i = 0; i < node->input_count; i++)
        filled = filled || wcl__shape_count(&node->inputs[i]->shape) != 0;
    for (size_t i = 0; i < node->input_count && filled; i++)
        if (wcl__shape_count(&node->inputs[i]->shape) != 0)
            node->inputs[kept++] = node->inputs[i];
    if (filled)
        node->input_count = kept;
}

static wcl_status check_types(const wcl__op_node *node)
{
    for (size_t i = 0; i < node->input_count; i++) {
        const wcl__value *x = node->inputs[i];
        if (!x)
            return wcl__fail(WCL_BAD_MODEL, "input %zu is missing", i);
        if (x->type != node->inputs[0]->type)
            return wcl__fail(WCL_BAD_MODEL, "inputs of types %s and %s", wcl_type_name(node->inputs[0]->type),
                             wcl_type_name(x->type));
    }
    return WCL_OK;
}

static wcl_status add_sizes(const wcl__op_node *node, int64_t axis, wcl__shape *shape)
{
    for (size_t i = 1; i < node->input_count; i++) {
        const wcl__value *x = node->inputs[i];
        wcl__shape rest = x->shape;
        if (rest.rank == shape->rank)
            rest.dims[axis] = shape->dims[axis];
        if (!wcl__shape_equal(&rest, shape))
            return wcl__fail(WCL_BAD_SHAPE, "inputs %s and %s do not fit along axis %lld",
                             wcl__shape_print(&node->inputs[0]->shape).text, wcl__shape_print(&x->shape).text,
                             (long long)axis);
        if (x->shape.dims[axis] > INT64_MAX - shape->dims[axis])
            return wcl__fail(WCL_BAD_SHAPE, "the output is too large");
        shape->dims[axis] += x->shape.dims[axis];
    }
    if (wcl__shape_count(shape) < 0)
        return wcl__fail(WCL_BAD_SHAPE, "the output is too large");
    return WCL_OK;
}

static wcl_status infer(wcl__op_node *node)
{
    const wcl__attr *axis = wcl__attr_find(node, "axis");
    if (!axis || axis->kind != WCL_ATTRIBUTE_INT)
        return wcl__fail(WCL_BAD_MODEL, "axis must be given");
    wcl_status status = check_types(node);
    if (status != WCL_OK)
        return status;
    drop_empty(node);
    wcl__shape shape = node->inputs[0]->shape;
    status = wcl__axis(axis->i, shape.rank, &node->desc.axis);
    if (status == WCL_OK)
        status = add_sizes(node, node->desc.axis, &shape);
    if (status != WCL_OK)
        return status;
    wcl__output_set(node, 0, node->inputs[0]->type, &shape);
    return wcl__need_float_or_known(node);
}

/* Elements of one input behind (and including) the axis, and how many such runs it has. In a blocked format
 * they are the same as long as each input fills its blocks. */
static int64_t run_length(const wcl__value *x, int64_t axis)
{
    int64_t run = 1;
    for (int64_t d = axis; d < x->shape.rank; d++)
        run *= x->shape.dims[d];
    return run;
}

static int64_t run_count(const wcl__value *x, int64_t axis)
{
    int64_t count = 1;
    for (int64_t d = 0; d < axis; d++)
        count *= x->shape.dims[d];
    return count;
}

/* Input i's runs go into the output's, `first` elements from each start. */
static void concat_region(const wcl__op_node *node, size_t i, int64_t first, wcl__region *region)
{
    const int64_t axis = node->desc.axis, run = run_length(node->inputs[i], axis);
    *region = (wcl__region){.walk = {.rank = 2}, .to_first = first};
    region->walk.dims[0] = run_count(node->inputs[i], axis);
    region->walk.dims[1] = run;
    region->walk.step[0][0] = run;
    region->walk.step[1][0] = run_length(node->outputs[0], axis);
    region->walk.step[0][1] = region->walk.step[1][1] = 1;
}

static wcl_status fold(wcl__op_node *node)
{
    const void *from = NULL;
    void *to = NULL, *scratch = NULL;
    wcl_status status = wcl__output_known(node, 0, &to);
    int64_t first = 0;
    const bool empty = wcl__shape_count(&node->outputs[0]->shape) == 0;
    for (size_t i = 0; i < node->input_count && status == WCL_OK && !empty; i++) {
        wcl__region region;
        status = wcl__value_data(node->inputs[i], &from, &scratch);
        if (status != WCL_OK)
            break;
        concat_region(node, i, first, &region);
        wcl__region_copy(&region, wcl_type_size(node->outputs[0]->type), from, to);
        first += region.walk.dims[1];
        wcl__free(scratch);
    }
    if (status != WCL_OK)
        wcl__value_forget(node->outputs[0]);
    return status;
}

static int offers(const wcl__op_node *node, const wcl__target *target, wcl__offer out[WCL__MAX_OFFERS])
{
    const int block = target->profile->block, rank = node->outputs[0]->shape.rank;
    bool whole = node->desc.axis == 1 && rank >= 2 && rank <= 4;
    for (size_t i = 0; i < node->input_count; i++) /* constants are plain */
        whole = whole && !node->inputs[i]->source && node->inputs[i]->shape.dims[1] % block == 0;
    out[0] = wcl__offer_plain();
    out[1] = wcl__offer_blocks(block, block);
    return whole ? 2 : 1;
}

/* As the first input is copied; the others' rows are as long, or nearly. */
static const char *configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                             void *params)
{
    wcl__region region;
    (void)target;
    (void)offer;
    concat_region(node, 0, 0, &region);
    wcl__strided_configure(&region, params);
    return NULL;
}

static wcl_status emit_regions(const wcl__emit *emit)
{
    const wcl__op_node *node = emit->node;
    wcl_status status = WCL_OK;
    int64_t first = 0;
    for (size_t i = 0; i < node->input_count && status == WCL_OK; i++) {
        wcl__region region;
        concat_region(node, i, first, &region);
        const size_t bytes = (size_t)region.walk.dims[1] * sizeof(float);
        first += region.walk.dims[1];
        if (bytes == 0)
            continue;
        if (region.walk.dims[0] == 1)
            status = wcl__steps_copy(emit->steps, emit->in[i], 0, emit->out[0],
                                     (size_t)region.to_first * sizeof(float), bytes);
        else
            status = wcl__region_emit(emit, WCL__CONFIG(wcl__strided_params, &emit->way->config), emit->in[i],
                                      emit->out[0], &region);
    }
    return status;
}

static const wcl__variant variants[] = {{.name = "strided",
                                         .family = &wcl__strided_table,
                                         .offers = offers,
                                         .configure = configure,
                                         .emit = emit_regions}};

const wcl__op wcl__op_concat = {.name = "Concat",
                                .since = 4,
                                .min_inputs = 1,
                                .max_inputs = INT32_MAX,
                                .max_outputs = 1,
                                .attributes = "axis",
                                .infer = infer,
                                .fold = fold,
                                .moves_nothing = wcl__has_one_input,
                                .variants = variants,
                                .variant_count = WCL__COUNT(variants)};
