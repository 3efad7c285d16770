/* The chosen ways become steps: slots of values, conversions of formats, and what each node emits. */
#include "plan/emit.h"

#include <stdio.h>
#include <string.h>

#include "kernels/shape/convert.h"
#include "ops/registry.h"
#include "ops/weights.h"
#include "base/error.h"
#include "base/memory.h"

/* Where a value lies: one entry for each format that somebody made of it. */
typedef struct value_slot {
    const wcl__value *value;
    wcl__format_id format;
    int slot;
} value_slot;

typedef struct emitter {
    const wcl__plan_request *request;
    wcl_plan *plan;
    value_slot *slots;
    size_t slot_count, slot_capacity;
} emitter;

static wcl_status add_slot(emitter *e, const wcl__value *value, wcl__format_id format, int slot)
{
    if (!WCL__GROW(e->slots, e->slot_count, e->slot_capacity))
        return wcl__fail_memory();
    e->slots[e->slot_count++] = (value_slot){value, format, slot};
    return WCL_OK;
}

/* The value's slot in this format; in any for format 0. -1: there is none. */
static int find_slot(const emitter *e, const wcl__value *value, wcl__format_id format)
{
    for (size_t i = 0; i < e->slot_count; i++)
        if (e->slots[i].value == value && (format == 0 || e->slots[i].format == format))
            return e->slots[i].slot;
    return -1;
}

static wcl_status add_node(emitter *e, const char *name, const char *op, const char *algorithm,
                           const wcl__shape *shape)
{
    wcl_plan *plan = e->plan;
    if (!WCL__GROW(plan->nodes, plan->node_count, plan->node_capacity))
        return wcl__fail_memory();
    wcl__planned *node = &plan->nodes[plan->node_count];
    memset(node, 0, sizeof *node);
    node->op = op;
    node->graph_node = -1;
    node->algorithm = algorithm;
    node->shape = *shape;
    node->name = wcl__strdup(name);
    plan->steps.node = (int)plan->node_count++;
    return node->name ? WCL_OK : wcl__fail_memory();
}

/* Adds up what the current node has put into the steps since these counts; constants that it reads were there
 * a little earlier. */
static void account(emitter *e, size_t constants, size_t tensors, size_t steps)
{
    wcl__steps *s = &e->plan->steps;
    wcl__planned *node = &e->plan->nodes[s->node];
    for (size_t i = constants; i < s->tensor_count; i++) {
        if (i < tensors && s->tensors[i].kind != WCL__TENSOR_WEIGHT)
            continue;
        const int64_t bytes = s->tensors[i].alias >= 0 ? 0 : (int64_t)s->tensors[i].bytes;
        node->weight_bytes += s->tensors[i].kind == WCL__TENSOR_WEIGHT ? bytes : 0;
        node->workspace_bytes += s->tensors[i].kind == WCL__TENSOR_WORKSPACE ? bytes : 0;
        node->activation_bytes += s->tensors[i].kind == WCL__TENSOR_ACTIVATION ? bytes : 0;
    }
    node->launches = (int)(s->step_count - steps);
}

static void keep_format(wcl__planned *node, const wcl__format *format)
{
    wcl__format_print(format, node->layout, sizeof node->layout);
    snprintf(node->format, sizeof node->format, "%s %s", wcl_type_name(format->type), node->layout);
}

/* Keeps what the current node runs with, as numbers and as a text. */
static wcl_status keep_config(emitter *e, const wcl__config *config)
{
    wcl__planned *node = &e->plan->nodes[e->plan->steps.node];
    char text[WCL__VALUES_BYTES];
    node->config = *config;
    if (!config->family)
        return WCL_OK;
    wcl__params_print(config->family, config->values, text, sizeof text);
    node->parameters = wcl__strdup(text);
    return node->parameters ? WCL_OK : wcl__fail_memory();
}

/* A constant lies in C order until somebody needs it otherwise. */
static wcl_status constant_slot(emitter *e, const wcl__value *value)
{
    const wcl__format_id plain = wcl__format_id_plain(value->type);
    int slot;
    if (!value->source || find_slot(e, value, plain) >= 0)
        return WCL_OK;
    const wcl_status status = wcl__constant_slot(&e->plan->steps, value, &slot);
    return status == WCL_OK ? add_slot(e, value, plain, slot) : status;
}

/* The step that makes slot `to` of slot `from`. */
static wcl_status convert(emitter *e, const wcl__value *value, int from, int to)
{
    wcl__steps *steps = &e->plan->steps;
    const wcl__format *from_format = &steps->tensors[from].format, *to_format = &steps->tensors[to].format;
    wcl__operand x = {.slot = from}, y = {.slot = to};
    wcl__config config = {.family = &wcl__convert_table};
    wcl__convert_params params;
    wcl__call call;
    const char *reason = wcl__convert_refuses(from_format, to_format, &value->shape);
    if (reason)
        return wcl__fail(WCL_UNSUPPORTED, "%s cannot be converted: %s", value->name, reason);
    wcl__convert_configure(from_format, to_format, &params);
    wcl__settings_apply(e->request->settings, &wcl__convert_table, value->name, &params);
    memcpy(config.values, &params, sizeof params);
    wcl_status status = keep_config(e, &config);
    if (status == WCL_OK)
        status = wcl__format_view(from_format, &value->shape, &x.view);
    if (status == WCL_OK)
        status = wcl__format_view(to_format, &value->shape, &y.view);
    if (status == WCL_OK)
        status = wcl__convert_call(&call, &params, &x, &y);
    return status == WCL_OK ? wcl__steps_kernel(steps, &call) : status;
}

/* The value in the format that is asked for: as it is, or converted by a step of its own. */
static wcl_status slot_in_format(emitter *e, const wcl__value *value, wcl__format_id format, int *slot)
{
    wcl__steps *steps = &e->plan->steps;
    wcl_status status = constant_slot(e, value);
    if (status != WCL_OK)
        return status;
    *slot = find_slot(e, value, format);
    if (*slot >= 0)
        return WCL_OK;
    const int from = find_slot(e, value, 0);
    const size_t tensors = steps->tensor_count, step_count = steps->step_count;
    const wcl__format to = wcl__format_of(format);
    status = add_node(e, value->name, "Layout", "convert", &value->shape);
    if (status == WCL_OK)
        status = wcl__steps_tensor(steps, WCL__TENSOR_ACTIVATION, value->name, &value->shape, &to, slot);
    if (status == WCL_OK)
        status = convert(e, value, from, *slot);
    if (status == WCL_OK)
        status = add_slot(e, value, format, *slot);
    if (status == WCL_OK) {
        steps->tensors[*slot].order = &value->order;
        wcl__planned *node = &e->plan->nodes[steps->node];
        keep_format(node, &to);
        node->least_bytes = 2 * wcl__shape_count(&value->shape) * (int64_t)wcl_type_size(value->type);
        account(e, tensors, tensors, step_count);
    }
    return status;
}

static wcl_status input_slots(emitter *e, const wcl__op_node *node, const wcl__option *option, int *slots)
{
    for (size_t i = 0; i < node->input_count; i++) {
        const wcl__value *value = node->inputs[i];
        const bool packed = wcl__op_packs(node->op, i), known = wcl__op_knows(node->op, i);
        wcl_status status = WCL_OK;
        slots[i] = -1;
        if (!value || (value->source && (packed || known)))
            continue;
        if (known)
            status =
                wcl__fail(WCL_UNSUPPORTED, "input %s must be known before the network runs", value->name);
        else
            status = slot_in_format(e, value, wcl__offer_in(&option->way.offer, i), &slots[i]);
        if (status != WCL_OK)
            return status;
    }
    return WCL_OK;
}

static wcl_status output_slots(emitter *e, const wcl__op_node *node, const wcl__offer *offer, int alias,
                               int *slots)
{
    for (size_t i = 0; i < node->output_count; i++) {
        const wcl__value *value = node->outputs[i];
        const wcl__format_id format = wcl__offer_out(offer, i);
        const wcl__format full = wcl__format_of(format);
        slots[i] = -1;
        if (!value || value->source)
            continue;
        wcl_status status = wcl__steps_tensor(&e->plan->steps, WCL__TENSOR_ACTIVATION, value->name,
                                              &value->shape, &full, &slots[i]);
        if (status == WCL_OK)
            status = add_slot(e, value, format, slots[i]);
        if (status != WCL_OK)
            return status;
        e->plan->steps.tensors[slots[i]].alias = i == 0 ? alias : -1; /* only output 0 is a view */
        e->plan->steps.tensors[slots[i]].order = &value->order;
    }
    return WCL_OK;
}

/* On the device: known integers are shapes and the like. */
static int64_t device_bytes(const wcl__value *value)
{
    if (!value || (value->source && value->type != WCL_FLOAT32))
        return 0;
    return wcl__shape_count(&value->shape) * (int64_t)wcl_type_size(value->type);
}

/* Each element of the inputs, weights among them, and of the outputs, once. */
static int64_t least_bytes(const wcl__op_node *node)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < node->input_count; i++)
        bytes += device_bytes(node->inputs[i]);
    for (size_t i = 0; i < node->output_count; i++)
        bytes += device_bytes(node->outputs[i]);
    return bytes;
}

static wcl_status describe(emitter *e, const wcl__op_node *node, const wcl__option *option)
{
    wcl__planned *planned = &e->plan->nodes[e->plan->steps.node];
    const wcl__format full = wcl__format_of(wcl__offer_out(&option->way.offer, 0));
    const bool view = wcl__is_view(node, option->variant);
    wcl__cost cost = {0};
    keep_format(planned, &full);
    if (option->variant->cost)
        option->variant->cost(&option->way, e->request->profile, &cost);
    planned->flops = cost.flops;
    planned->least_flops = node->op->work ? node->op->work(node) : 0;
    planned->least_bytes = view ? 0 : least_bytes(node);
    planned->variant = view ? NULL : option->variant->name;
    return keep_config(e, &option->way.config);
}

static wcl_status emit_node(emitter *e, size_t at, const wcl__choice *choice)
{
    const wcl__op_node *node = e->plan->graph.nodes[at];
    const wcl__option *option = &choice->options[choice->chosen];
    const bool view = wcl__is_view(node, option->variant);
    wcl__steps *steps = &e->plan->steps;
    int *slots = wcl__alloc(node->input_count + node->output_count + 1, sizeof *slots);
    if (!slots)
        return wcl__fail_memory();
    const size_t constants = steps->tensor_count;
    wcl_status status = input_slots(e, node, option, slots);
    const size_t tensors = steps->tensor_count, step_count = steps->step_count;
    if (status == WCL_OK)
        status = add_node(e, node->name, node->op->name,
                          view ? "view" : wcl__variant_algorithm(option->variant), &node->outputs[0]->shape);
    if (status == WCL_OK) {
        e->plan->nodes[steps->node].graph_node = (int64_t)at;
        status = output_slots(e, node, &option->way.offer, view ? slots[0] : -1, slots + node->input_count);
    }
    if (status == WCL_OK && choice->reason) {
        e->plan->nodes[steps->node].reason = wcl__strdup(choice->reason);
        status = e->plan->nodes[steps->node].reason ? WCL_OK : wcl__fail_memory();
    }
    if (status == WCL_OK)
        status = describe(e, node, option);
    if (status == WCL_OK && !view) {
        const wcl__emit emit = {steps, &option->way, node, slots, slots + node->input_count};
        status = option->variant->emit(&emit);
    }
    if (status == WCL_OK)
        account(e, constants, tensors, step_count);
    wcl__free(slots);
    return status;
}

static wcl_status emit_inputs(emitter *e)
{
    const wcl__graph *graph = &e->plan->graph;
    for (size_t i = 0; i < graph->model->input_count; i++) {
        const wcl__format_id format = wcl__format_id_plain(graph->inputs[i]->type);
        const wcl__format plain = wcl__format_of(format);
        int slot;
        e->plan->input_slots[i] = -1;
        if (graph->inputs[i]->source)
            continue;
        if (wcl__shape_count(&graph->inputs[i]->shape) == 0)
            return wcl__fail(WCL_BAD_SHAPE, "input %s is empty", graph->inputs[i]->name);
        wcl_status status = wcl__steps_tensor(&e->plan->steps, WCL__TENSOR_ACTIVATION, graph->inputs[i]->name,
                                              &graph->inputs[i]->shape, &plain, &slot);
        if (status == WCL_OK)
            status = add_slot(e, graph->inputs[i], format, slot);
        if (status != WCL_OK)
            return status;
        e->plan->input_slots[i] = slot;
    }
    return WCL_OK;
}

static wcl_status emit_outputs(emitter *e)
{
    const wcl__graph *graph = &e->plan->graph;
    for (size_t i = 0; i < graph->model->output_count; i++) {
        const wcl__value *value = graph->outputs[i];
        wcl_status status = WCL_OK;
        e->plan->output_slots[i] = -1;
        if (!value->source)
            status = slot_in_format(e, value, wcl__format_id_plain(value->type), &e->plan->output_slots[i]);
        else if ((status = add_node(e, value->name, "Constant", "host", &value->shape)) == WCL_OK)
            e->plan->nodes[e->plan->steps.node].is_host = true;
        if (status != WCL_OK)
            return status;
    }
    return WCL_OK;
}

wcl_status wcl__plan_emit(const wcl__plan_request *request, wcl_plan *plan, const wcl__choice *choices)
{
    emitter e = {request, plan, NULL, 0, 0};
    const wcl__graph *graph = &plan->graph;
    wcl_status status = emit_inputs(&e);
    for (size_t i = 0; i < graph->node_count && status == WCL_OK; i++)
        status = wcl__in_node(emit_node(&e, i, &choices[i]), graph->nodes[i]->name);
    if (status == WCL_OK)
        status = emit_outputs(&e);
    wcl__free(e.slots);
    return status;
}
