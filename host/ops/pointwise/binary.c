/* Add, Sub, Mul, Div and Sum, with numpy's broadcasting. */
#include "kernels/pointwise/binary.h"

#include <string.h>

#include "ops/channels.h"
#include "ops/number.h"
#include "ops/registry.h"
#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"

static wcl__binary_op operation(const wcl__op_node *node)
{
    if (node->op == &wcl__op_sub)
        return WCL__BINARY_SUB;
    if (node->op == &wcl__op_mul)
        return WCL__BINARY_MUL;
    return node->op == &wcl__op_div ? WCL__BINARY_DIV : WCL__BINARY_ADD; /* Sum is a chain of Add */
}

/* Before opset 7 an attribute said where the second operand's dimensions stand; what came after aligns the
 * last ones. */
static wcl_status check_axis(const wcl__op_node *node)
{
    wcl_status status = wcl__attr_dropped(node, "broadcast", 7);
    if (status == WCL_OK)
        status = wcl__attr_dropped(node, "axis", 7);
    if (status != WCL_OK || !wcl__attr_find(node, "axis") || !node->inputs[1])
        return status;
    const int rank = node->inputs[0]->shape.rank;
    int64_t axis;
    status = wcl__axis(wcl__attr_int(node, "axis", 0), rank, &axis);
    if (status == WCL_OK && axis + node->inputs[1]->shape.rank != rank)
        status = wcl__fail(WCL_UNSUPPORTED, "broadcasting along axis %lld of %d", (long long)axis, rank);
    return status;
}

static wcl_status infer(wcl__op_node *node)
{
    const wcl__value *first = node->inputs[0];
    if (!first)
        return wcl__fail(WCL_BAD_MODEL, "input 0 is missing");
    const wcl_status status = check_axis(node);
    if (status != WCL_OK)
        return status;
    wcl__shape shape = first->shape;
    for (size_t i = 1; i < node->input_count; i++) {
        const wcl__value *x = node->inputs[i];
        wcl__shape both;
        if (!x)
            return wcl__fail(WCL_BAD_MODEL, "input %zu is missing", i);
        if (x->type != first->type)
            return wcl__fail(WCL_BAD_MODEL, "operands of types %s and %s", wcl_type_name(first->type),
                             wcl_type_name(x->type));
        if (!wcl__shape_broadcast(&shape, &x->shape, &both))
            return wcl__fail(WCL_BAD_SHAPE, "shapes %s and %s do not broadcast",
                             wcl__shape_print(&shape).text, wcl__shape_print(&x->shape).text);
        shape = both;
    }
    if (wcl__shape_count(&shape) < 0)
        return wcl__fail(WCL_BAD_SHAPE, "the output is too large");
    wcl__output_set(node, 0, first->type, &shape);
    return wcl__need_float_or_known(node);
}

/* ---- on the host */

/* Integers wrap as numpy's do; a divisor of -1 may not overflow either. */
static wcl_status compute_int(wcl__binary_op op, int64_t a, int64_t b, int64_t *out)
{
    const uint64_t left = (uint64_t)a, right = (uint64_t)b;
    if (op == WCL__BINARY_DIV && b == 0)
        return wcl__fail(WCL_BAD_MODEL, "integer division by zero");
    if (op == WCL__BINARY_ADD)
        *out = (int64_t)(left + right);
    else if (op == WCL__BINARY_SUB)
        *out = (int64_t)(left - right);
    else if (op == WCL__BINARY_MUL)
        *out = (int64_t)(left * right);
    else
        *out = b == -1 ? (int64_t)(0 - left) : a / b;
    return WCL_OK;
}

static double compute_number(wcl__binary_op op, double a, double b)
{
    if (op == WCL__BINARY_ADD)
        return a + b;
    if (op == WCL__BINARY_SUB)
        return a - b;
    return op == WCL__BINARY_MUL ? a * b : a / b;
}

/* out = out OP x, x broadcast to out's shape; both of `type`. */
static wcl_status combine(wcl__binary_op op, wcl_type type, void *out, const wcl__shape *shape, const void *x,
                          const wcl__shape *x_shape)
{
    wcl__nd walk = {.rank = shape->rank};
    wcl__nd_cursor cursor = {{0}, {0}};
    const int64_t count = wcl__shape_count(shape);
    wcl_status status = WCL_OK;
    for (int d = 0; d < shape->rank; d++)
        walk.dims[d] = shape->dims[d];
    wcl__broadcast_steps(x_shape, shape, walk.step[0]);
    for (int64_t i = 0; i < count && status == WCL_OK; i++) {
        const int64_t at = cursor.at[0];
        if (type == WCL_FLOAT32) { /* double and one rounding give float's own result */
            wcl__write_number(
                type, out, i,
                compute_number(op, wcl__read_number(type, out, i), wcl__read_number(type, x, at)));
        } else {
            int64_t value = 0;
            status = compute_int(op, wcl__read_int(type, out, i), wcl__read_int(type, x, at), &value);
            wcl__write_int(type, out, i, value);
        }
        wcl__nd_next(&walk, &cursor);
    }
    return status;
}

static void spread(wcl_type type, void *out, const wcl__shape *shape, const void *x,
                   const wcl__shape *x_shape)
{
    wcl__nd walk = {.rank = shape->rank};
    wcl__nd_cursor cursor = {{0}, {0}};
    const size_t size = wcl_type_size(type);
    const int64_t count = wcl__shape_count(shape);
    for (int d = 0; d < shape->rank; d++)
        walk.dims[d] = shape->dims[d];
    wcl__broadcast_steps(x_shape, shape, walk.step[0]);
    for (int64_t i = 0; i < count; i++) {
        memcpy((char *)out + (size_t)i * size, (const char *)x + (size_t)cursor.at[0] * size, size);
        wcl__nd_next(&walk, &cursor);
    }
}

static wcl_status fold(wcl__op_node *node)
{
    void *out = NULL;
    wcl__value *y = node->outputs[0];
    if (y->type != WCL_INT64 && y->type != WCL_INT32 && y->type != WCL_FLOAT32)
        return wcl__fail(WCL_UNSUPPORTED, "%s of %s", node->op->name, wcl_type_name(y->type));
    wcl_status status = wcl__output_known(node, 0, &out);
    const bool empty = wcl__shape_count(&y->shape) == 0;
    for (size_t i = 0; i < node->input_count && status == WCL_OK && !empty; i++) {
        const wcl__value *x = node->inputs[i];
        const void *data = NULL;
        void *scratch = NULL;
        status = wcl__value_data(x, &data, &scratch);
        if (status == WCL_OK && i == 0)
            spread(y->type, out, &y->shape, data, &x->shape);
        else if (status == WCL_OK)
            status = combine(operation(node), y->type, out, &y->shape, data, &x->shape);
        wcl__free(scratch);
    }
    if (status != WCL_OK)
        wcl__value_forget(y);
    return status;
}

/* ---- on the device */

static bool act_keeps_zero(const wcl__act *act)
{
    if (act->kind == WCL__ACT_CLIP)
        return act->a <= 0.0f && act->b >= 0.0f;
    return act->kind != WCL__ACT_SIGMOID;
}

/* Zeros in the tail lanes of a blocked format stay zeros, or there are none. */
static bool tails_stay_zero(const wcl__op_node *node, int block)
{
    if (node->outputs[0]->shape.dims[1] % block == 0)
        return true;
    return (node->op->flags & WCL__ZERO_KEEPS) && act_keeps_zero(&node->epilogue.act);
}

static int offer(bool blocked, const wcl__op_node *node, const wcl__target *target,
                 wcl__offer out[WCL__MAX_OFFERS])
{
    const int block = target->profile->block, rank = node->outputs[0]->shape.rank;
    out[0] = wcl__offer_plain();
    out[1] = wcl__offer_blocks(block, block);
    return blocked && rank >= 2 && rank <= 4 ? 2 : 1;
}

/* ---- operands of one shape */

static int flat_offers(const wcl__op_node *node, const wcl__target *target, wcl__offer out[WCL__MAX_OFFERS])
{
    bool blocked = node->outputs[0]->shape.rank >= 2 && tails_stay_zero(node, target->profile->block);
    for (size_t i = 0; i < node->input_count; i++)
        blocked = blocked && !node->inputs[i]->source; /* constants are plain */
    int count = offer(blocked, node, target, out);
    if (node->outputs[0]->shape.rank == 3 || node->outputs[0]->shape.rank == 4)
        out[count++] = wcl__offer_of(wcl__format_id_nhwc(), wcl__format_id_nhwc());
    return count;
}

static const char *flat_configure(const wcl__op_node *node, const wcl__target *target,
                                  const wcl__offer *offer, void *params)
{
    wcl__binary_flat_params *p = params;
    (void)target;
    (void)offer;
    for (size_t i = 0; i < node->input_count; i++)
        if (!wcl__shape_equal(&node->inputs[i]->shape, &node->outputs[0]->shape))
            return "operands of different shapes";
    p->op = (int)operation(node);
    p->act = (int)node->epilogue.act.kind;
    return NULL;
}

/* The step of a chain that takes input i; only the last one activates. */
static wcl__binary chain_step(const wcl__emit *emit, size_t i)
{
    const wcl__op_node *node = emit->node;
    const wcl__act none = {WCL__ACT_NONE, 0.0f, 0.0f};
    return (wcl__binary){.act = i + 1 == node->input_count ? node->epilogue.act : none,
                         .a = i == 1 ? emit->in[0] : emit->out[0],
                         .b = emit->in[i],
                         .y = emit->out[0]};
}

/* A Sum of one input: its activation behind an addition of zero, or a copy. */
static wcl_status emit_single(const wcl__emit *emit)
{
    const wcl__shape scalar = {0}, *shape = &emit->node->outputs[0]->shape;
    const wcl__binary_shapes shapes = {shape, &scalar, shape};
    wcl__binary binary = {.act = emit->node->epilogue.act, .a = emit->in[0], .b = -1, .y = emit->out[0]};
    wcl__binary_broadcast_params params;
    const float zero = 0.0f;
    wcl__call call;
    if (binary.act.kind == WCL__ACT_NONE)
        return wcl__copy_emit(emit);
    wcl_status status = wcl__steps_constant(emit->steps, "zero", &zero, 1, &binary.b);
    if (status != WCL_OK)
        return status;
    wcl__params_standard(&wcl__binary_broadcast_table, &params);
    wcl__binary_broadcast_configure(&shapes, &params);
    status = wcl__binary_broadcast_call(&call, &params, &binary, &shapes);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

static wcl_status flat_emit(const wcl__emit *emit)
{
    const wcl__op_node *node = emit->node;
    const wcl__binary_flat_params *params = WCL__CONFIG(wcl__binary_flat_params, &emit->way->config);
    const int64_t count = (int64_t)(emit->steps->tensors[emit->out[0]].bytes / sizeof(float));
    wcl_status status = node->input_count == 1 ? emit_single(emit) : WCL_OK;
    for (size_t i = 1; i < node->input_count && status == WCL_OK; i++) {
        const wcl__binary binary = chain_step(emit, i);
        wcl__call call;
        status = wcl__binary_flat_call(&call, params, &binary, count);
        if (status == WCL_OK)
            status = wcl__emit_call(emit, &call);
    }
    return status;
}

/* ---- operands that broadcast */

static wcl__binary_shapes shapes_of(const wcl__op_node *node, size_t i)
{
    const wcl__shape *y = &node->outputs[0]->shape;
    return (wcl__binary_shapes){i == 1 ? &node->inputs[0]->shape : y, &node->inputs[i]->shape, y};
}

/* As the last step of a chain runs. */
static const char *broadcast_configure(const wcl__op_node *node, const wcl__target *target,
                                       const wcl__offer *offer, void *params)
{
    wcl__binary_broadcast_params *p = params;
    const wcl__binary_shapes shapes = shapes_of(node, node->input_count - 1);
    (void)target;
    (void)offer;
    p->op = (int)operation(node);
    p->act = (int)node->epilogue.act.kind;
    wcl__binary_broadcast_configure(&shapes, p);
    return NULL;
}

static wcl_status broadcast_emit(const wcl__emit *emit)
{
    const wcl__op_node *node = emit->node;
    const wcl__binary_broadcast_params *params =
        WCL__CONFIG(wcl__binary_broadcast_params, &emit->way->config);
    wcl_status status = node->input_count == 1 ? emit_single(emit) : WCL_OK;
    for (size_t i = 1; i < node->input_count && status == WCL_OK; i++) {
        const wcl__binary binary = chain_step(emit, i);
        const wcl__binary_shapes shapes = shapes_of(node, i);
        wcl__call call;
        status = wcl__binary_broadcast_call(&call, params, &binary, &shapes);
        if (status == WCL_OK)
            status = wcl__emit_call(emit, &call);
    }
    return status;
}

/* ---- as scale or shift of the operator before */

/* Does this constant, broadcast to the shape, vary along this axis at most? */
static bool varies_along(const wcl__value *constant, const wcl__shape *shape, int axis)
{
    const int ahead = shape->rank - constant->shape.rank;
    if (!constant->source || constant->type != WCL_FLOAT32 || ahead < 0)
        return false;
    for (int d = 0; d < constant->shape.rank; d++) {
        const int64_t size = constant->shape.dims[d];
        if (size != 1 && !(d + ahead == axis && size == shape->dims[axis]))
            return false;
    }
    return true;
}

/* The constant as `count` floats, one for each channel. */
static wcl_status channel_values(const wcl__value *constant, int64_t count, float **out)
{
    const void *data;
    void *scratch = NULL;
    const int64_t given = wcl__shape_count(&constant->shape);
    wcl_status status = wcl__value_data(constant, &data, &scratch);
    *out = status == WCL_OK ? wcl__alloc((size_t)count, sizeof(float)) : NULL;
    if (status == WCL_OK && !*out)
        status = wcl__fail_memory();
    for (int64_t i = 0; i < count && status == WCL_OK; i++)
        (*out)[i] = (float)wcl__read_number(constant->type, data, given == 1 ? 0 : i);
    wcl__free(scratch);
    return status;
}

/* A constant less x is no such thing: x would be multiplied by -1, too. */
static wcl_status by_channel(const wcl__op_node *node, size_t input, int axis, float **scale, float **shift)
{
    const wcl__value *constant = node->inputs[1 - input];
    const wcl__shape *shape = &node->inputs[input]->shape;
    const wcl__binary_op op = operation(node);
    if ((op == WCL__BINARY_SUB && input != 0) || !varies_along(constant, shape, axis) ||
        !wcl__shape_equal(&node->outputs[0]->shape, shape))
        return WCL_OK;
    float *values;
    const wcl_status status = channel_values(constant, shape->dims[axis], &values);
    for (int64_t i = 0; op == WCL__BINARY_SUB && status == WCL_OK && i < shape->dims[axis]; i++)
        values[i] = -values[i];
    *(op == WCL__BINARY_MUL ? scale : shift) = values;
    return status;
}

/* ---- a tensor and a constant for each channel */

/* One value in all, or one for each channel of `shape`. */
static bool is_channel_shape(const wcl__shape *constant, const wcl__shape *shape)
{
    const int own = 1 - (shape->rank - constant->rank); /* the constant's dimension that is the channel */
    const int64_t count = wcl__shape_count(constant);
    if (count == 1)
        return constant->rank <= shape->rank;
    return own >= 0 && own < constant->rank && constant->dims[own] == shape->dims[1] &&
           count == shape->dims[1];
}

/* The operand that is a constant for each channel; -1: none. */
static int channel_operand(const wcl__op_node *node)
{
    const wcl__shape *y = &node->outputs[0]->shape;
    for (int i = 1; i >= 0 && y->rank >= 2 && y->rank <= 4; i--) {
        const wcl__value *constant = node->inputs[i], *other = node->inputs[1 - i];
        if (constant->source && !other->source && wcl__shape_equal(&other->shape, y) &&
            is_channel_shape(&constant->shape, y))
            return i;
    }
    return -1;
}

/* The constant is read in C order, whatever the block of the other operand. */
static int channel_offers(const wcl__op_node *node, const wcl__target *target,
                          wcl__offer out[WCL__MAX_OFFERS])
{
    const int constant = channel_operand(node), count = offer(true, node, target, out);
    for (int i = 0; i < count && constant >= 0; i++)
        out[i].in[constant] = wcl__format_id_plain(WCL_FLOAT32);
    return count;
}

static const char *channel_configure(const wcl__op_node *node, const wcl__target *target,
                                     const wcl__offer *offer, void *params)
{
    const int constant = channel_operand(node);
    const wcl__shape *shape = &node->outputs[0]->shape;
    const wcl__binary_op op = operation(node);
    wcl__binary_channel_params *p = params;
    (void)target;
    if (constant < 0)
        return "no operand is a constant for each channel";
    p->op = (int)op;
    p->act = (int)node->epilogue.act.kind;
    p->cb = wcl__block_out(offer);
    p->reverse = constant == 0 && (op == WCL__BINARY_SUB || op == WCL__BINARY_DIV);
    wcl__nd_group(shape->rank > 2 ? shape->dims[shape->rank - 1] : 1, &p->group_x, &p->group_y);
    return NULL;
}

static wcl_status channel_emit(const wcl__emit *emit)
{
    const wcl__op_node *node = emit->node;
    const int constant = channel_operand(node), x = 1 - constant;
    const wcl__format format = wcl__format_of(wcl__offer_out(&emit->way->offer, 0));
    const wcl__binary binary = {
        .act = node->epilogue.act, .a = emit->in[x], .b = emit->in[constant], .y = emit->out[0]};
    wcl__view view;
    wcl__call call;
    wcl_status status = wcl__format_view(&format, &node->outputs[0]->shape, &view);
    if (status == WCL_OK)
        status =
            wcl__binary_channel_call(&call, WCL__CONFIG(wcl__binary_channel_params, &emit->way->config),
                                     &binary, &view, wcl__shape_count(&node->inputs[constant]->shape) > 1);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}

/* One operation is exact but for a GPU's division; several of them, or an activation behind, round. */
#define VARIANT(form)                                                                                       \
    .name = #form, .family = &wcl__binary_##form##_table, .bound = WCL__SUM, .configure = form##_configure, \
    .emit = form##_emit
static const wcl__variant variants[] = {
    {VARIANT(flat), .offers = flat_offers},
    {VARIANT(channel), .offers = channel_offers},
    {VARIANT(broadcast)},
};

static const wcl__variant sum_variants[] = {
    {VARIANT(flat), .offers = flat_offers},
    {VARIANT(broadcast)},
};

#define ROW(onnx_name, most, more_flags, hook, table)                                         \
    {                                                                                         \
        .name = onnx_name, .since = 6, .min_inputs = (most) == 2 ? 2 : 1, .max_inputs = most, \
        .max_outputs = 1, .flags = WCL__IS_ELEMENTWISE | WCL__ABSORBS_ACT | (more_flags),     \
        .attributes = (most) == 2 ? "axis broadcast" : "", .infer = infer, .fold = fold,      \
        .moves_nothing = wcl__has_one_input, .by_channel = hook, .variants = table,           \
        .variant_count = WCL__COUNT(table)                                                    \
    }

const wcl__op wcl__op_add = ROW("Add", 2, WCL__ZERO_KEEPS, by_channel, variants);
const wcl__op wcl__op_sub = ROW("Sub", 2, WCL__ZERO_KEEPS, by_channel, variants);
const wcl__op wcl__op_mul = ROW("Mul", 2, WCL__ZERO_KEEPS, by_channel, variants);
const wcl__op wcl__op_div = ROW("Div", 2, 0, NULL, variants); /* 0 / 0 */
const wcl__op wcl__op_sum = ROW("Sum", INT32_MAX, WCL__ZERO_KEEPS, NULL, sum_variants);
