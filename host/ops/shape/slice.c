/* Slice with bounds that are known while planning. */
#include "ops/shape/region.h"
#include "ops/registry.h"
#include "ops/value.h"
#include "base/error.h"

/* What the node asks for, from attributes (before opset 10) or inputs. */
typedef struct request {
    size_t count;
    int64_t starts[WCL_MAX_RANK], ends[WCL_MAX_RANK], axes[WCL_MAX_RANK], steps[WCL_MAX_RANK];
} request;

static wcl_status copy_attr(const wcl__op_node *node, const char *name, int64_t *out, size_t *count)
{
    const int64_t *values = wcl__attr_ints(node, name, count);
    if (*count > WCL_MAX_RANK)
        return wcl__fail(WCL_BAD_SHAPE, "%s has %zu entries, at most %d fit", name, *count, WCL_MAX_RANK);
    for (size_t i = 0; i < *count; i++)
        out[i] = values[i];
    return WCL_OK;
}

/* Starts, ends, axes or steps: input `i`, or, before opset 10, the attribute. An absent one keeps `out` and
 * counts 0. */
static wcl_status read_list(const wcl__op_node *node, size_t i, const char *name, int64_t *out, size_t *count)
{
    *count = 0;
    if (node->opset < 10)
        return copy_attr(node, name, out, count);
    return wcl__input(node, i) ? wcl__input_ints(node, i, out, WCL_MAX_RANK, count) : WCL_OK;
}

static wcl_status read_request(const wcl__op_node *node, request *out)
{
    size_t ends = 0, axes = 0, steps = 0;
    wcl_status status;
    for (int i = 0; i < WCL_MAX_RANK; i++) {
        out->axes[i] = i;
        out->steps[i] = 1;
    }
    if ((status = read_list(node, 1, "starts", out->starts, &out->count)) != WCL_OK ||
        (status = read_list(node, 2, "ends", out->ends, &ends)) != WCL_OK ||
        (status = read_list(node, 3, "axes", out->axes, &axes)) != WCL_OK)
        return status;
    if (node->opset >= 10 && (status = read_list(node, 4, "steps", out->steps, &steps)) != WCL_OK)
        return status;
    const bool given = node->opset < 10 ? wcl__attr_find(node, "starts") && wcl__attr_find(node, "ends")
                                        : wcl__input(node, 1) && wcl__input(node, 2);
    if (!given)
        return wcl__fail(WCL_BAD_MODEL, "starts and ends must be given");
    if (ends != out->count || (axes != 0 && axes != out->count) || (steps != 0 && steps != out->count))
        return wcl__fail(WCL_BAD_SHAPE, "starts, ends, axes and steps differ in length");
    return WCL_OK;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* How many of `size` elements start:end:step takes; *start and *step come out within the dimension. */
static int64_t slice_count(int64_t size, int64_t *start, int64_t end, int64_t *step)
{
    if (size == 0) {
        *start = 0;
        *step = 1;
        return 0;
    }
    *step = clamp(*step, -size, size); /* a larger step takes the same one element, and does not overflow */
    *start = *start < 0 ? *start + size : *start;
    end = end < 0 ? end + size : end;
    if (*step > 0) {
        *start = clamp(*start, 0, size);
        end = clamp(end, 0, size);
        return *start < end ? wcl__ceil_div(end - *start, *step) : 0;
    }
    *start = clamp(*start, 0, size - 1);
    end = clamp(end, -1, size - 1);
    return *start > end ? wcl__ceil_div(*start - end, -*step) : 0;
}

static wcl_status infer(wcl__op_node *node)
{
    request asked = {.count = 0};
    const wcl__value *x = node->inputs[0];
    wcl__shape shape = x->shape;
    unsigned seen = 0;
    if (node->opset < 10 && node->input_count > 1)
        return wcl__fail(WCL_BAD_MODEL, "starts and ends are attributes before opset 10, not inputs");
    wcl_status status = read_request(node, &asked);
    if (status != WCL_OK)
        return status;
    for (int d = 0; d < shape.rank; d++) {
        node->desc.slice.start[d] = 0;
        node->desc.slice.step[d] = 1;
    }
    for (size_t i = 0; i < asked.count; i++) {
        int64_t axis = 0;
        if ((status = wcl__axis(asked.axes[i], shape.rank, &axis)) != WCL_OK)
            return status;
        if (seen >> axis & 1)
            return wcl__fail(WCL_BAD_SHAPE, "axis %lld stands twice in axes", (long long)axis);
        if (asked.steps[i] == 0)
            return wcl__fail(WCL_BAD_SHAPE, "a step of 0");
        seen |= 1u << axis;
        node->desc.slice.start[axis] = asked.starts[i];
        node->desc.slice.step[axis] = asked.steps[i];
        shape.dims[axis] = slice_count(x->shape.dims[axis], &node->desc.slice.start[axis], asked.ends[i],
                                       &node->desc.slice.step[axis]);
    }
    wcl__output_set(node, 0, x->type, &shape);
    return wcl__need_float_or_known(node);
}

static void slice_region(const wcl__op_node *node, wcl__region *region)
{
    int64_t from[WCL_MAX_RANK];
    const wcl__shape *y = &node->outputs[0]->shape;
    *region = (wcl__region){.walk = {.rank = y->rank}};
    wcl__packed_steps(&node->inputs[0]->shape, from);
    wcl__packed_steps(y, region->walk.step[1]);
    for (int d = 0; d < y->rank; d++) {
        region->walk.dims[d] = y->dims[d];
        region->walk.step[0][d] = from[d] * node->desc.slice.step[d];
        region->from_first += from[d] * node->desc.slice.start[d];
    }
}

static wcl_status fold(wcl__op_node *node)
{
    return wcl__region_fold(node, slice_region);
}

static const char *configure(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                             void *params)
{
    wcl__region region;
    (void)target;
    (void)offer;
    slice_region(node, &region);
    wcl__strided_configure(&region, params);
    return NULL;
}

static wcl_status emit_region(const wcl__emit *emit)
{
    wcl__region region;
    slice_region(emit->node, &region);
    return wcl__region_emit(emit, WCL__CONFIG(wcl__strided_params, &emit->way->config), emit->in[0],
                            emit->out[0], &region);
}

static const wcl__variant variants[] = {
    {.name = "strided", .family = &wcl__strided_table, .configure = configure, .emit = emit_region}};

enum { BOUNDS = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 };

const wcl__op wcl__op_slice = {.name = "Slice",
                               .since = 1,
                               .min_inputs = 1,
                               .max_inputs = 5,
                               .max_outputs = 1,
                               .known = BOUNDS,
                               .packs = BOUNDS,
                               .attributes = "starts ends axes",
                               .infer = infer,
                               .fold = fold,
                               .variants = variants,
                               .variant_count = WCL__COUNT(variants)};
