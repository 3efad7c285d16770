#include "plan/plan.h"
#include "model/unsupported.h"
#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* ---- costs */

static double bytes_of(const wcl__shape *shape, int block)
{
    const wcl__layout layout = wcl__layout_blocked(block);
    return (double)wcl__layout_count(shape->rank > 4 ? &(wcl__layout)WCL__PLAIN : &layout, shape) *
           sizeof(float);
}

static double io_bytes(const wcl__op_node *node, const wcl__option *option)
{
    double bytes = 0;
    for (size_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] && !wcl__op_knows(node->op, i))
            bytes += bytes_of(&node->inputs[i]->shape,
                              wcl__input_block(option->variant, node->inputs[i], option->blocks));
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i])
            bytes += bytes_of(&node->outputs[i]->shape, option->blocks.out);
    return bytes;
}

static double option_seconds(const wcl__plan_request *request, const wcl__op_node *node,
                             const wcl__option *option)
{
    const wcl__rates *rates = request->rates;
    wcl__cost cost = {0, io_bytes(node, option), 0.5, 1};
    if (node->op->flags & WCL__IS_VIEW)
        return 0;
    if (option->variant->cost)
        option->variant->cost(node, request->facts, option->blocks, &cost);
    const double work = cost.flops / (rates->flops * WCL__MAX(cost.efficiency, 1e-3)),
                 traffic = cost.bytes / rates->bytes;
    return WCL__MAX(work, traffic) + cost.launches * rates->launch;
}

static double conversion_seconds(const wcl__rates *rates, const wcl__shape *shape, int from, int to)
{
    return from == to ? 0 : (bytes_of(shape, from) + bytes_of(shape, to)) / rates->bytes + rates->launch;
}

/* ---- options: which variants may run a node */

static const char *const convs[] = {[WCL_CONV_DIRECT] = "direct",
                                    [WCL_CONV_GEMM] = "gemm",
                                    [WCL_CONV_F2] = "f2",
                                    [WCL_CONV_F4] = "f4",
                                    [WCL_CONV_F6] = "f6"};
static const char *const denses[] = {
    [WCL_DENSE_CLBLAST] = "clblast", [WCL_DENSE_GEMV] = "gemv", [WCL_DENSE_GEMM] = "gemm"};

static wcl_status check_options(const wcl_session_options *options)
{
    const size_t conv = (size_t)options->conv, dense = (size_t)options->dense;
    if (conv != WCL_CONV_AUTO && (conv >= WCL__COUNT(convs) || !convs[conv]))
        return wcl__fail(WCL_BAD_ARGUMENT, "%d is no wcl_conv_choice", (int)options->conv);
    if (dense != WCL_DENSE_AUTO && (dense >= WCL__COUNT(denses) || !denses[dense]))
        return wcl__fail(WCL_BAD_ARGUMENT, "%d is no wcl_dense_choice", (int)options->dense);
    if (options->precision != WCL_FP32 && options->precision != WCL_HALF_WEIGHTS)
        return wcl__fail(WCL_BAD_ARGUMENT, "%d is no wcl_precision", (int)options->precision);
    if (options->plan_as != WCL_PLAN_AS_DEVICE && options->plan_as != WCL_PLAN_AS_CPU &&
        options->plan_as != WCL_PLAN_AS_GPU)
        return wcl__fail(WCL_BAD_ARGUMENT, "%d is no wcl_plan_as", (int)options->plan_as);
    return WCL_OK;
}

/* The family of variants that the options ask for, NULL: any. */
static const char *forced_variant(const wcl__op_node *node, const wcl_session_options *options)
{
    if (node->op->forced_by == WCL__FORCED_BY_CONV)
        return convs[options->conv];
    return node->op->forced_by == WCL__FORCED_BY_DENSE ? denses[options->dense] : NULL;
}

/* A fused variant is of its unfused one's family. */
static bool is_of(const wcl__variant *variant, const char *family)
{
    static const char fused[] = "fused-";
    const size_t skip = strncmp(variant->name, fused, sizeof fused - 1) == 0 ? sizeof fused - 1 : 0;
    return strcmp(variant->name + skip, family) == 0;
}

static const char *denied_reason(const wcl__plan_request *request, const wcl__op_node *node,
                                 const wcl__variant *variant)
{
    for (size_t i = 0; i < request->denied_count; i++)
        if (strcmp(request->denied[i].node, node->name) == 0 &&
            strcmp(request->denied[i].variant, variant->name) == 0)
            return request->denied[i].reason;
    return NULL;
}

const char *wcl__refusal(const wcl__plan_request *request, const wcl__op_node *node,
                         const wcl__variant *variant)
{
    const char *reason = variant->supports ? variant->supports(node, request->facts) : NULL;
    return reason ? reason : denied_reason(request, node, variant);
}

bool wcl__has_alternative(const wcl__plan_request *request, const wcl__op_node *node, const char *variant)
{
    for (size_t v = 0; v < node->op->variant_count; v++)
        if (strcmp(node->op->variants[v].name, variant) != 0 &&
            !wcl__refusal(request, node, &node->op->variants[v]))
            return true;
    return false;
}

static wcl_status add_options(const wcl__plan_request *request, const wcl__op_node *node,
                              const wcl__variant *variant, wcl__choice *choice)
{
    wcl__blocks blocks[WCL__MAX_BLOCKS] = {{1, 1}};
    const int count = variant->blocks ? variant->blocks(node, request->facts, blocks) : 1;
    wcl__option *larger =
        wcl__resize(choice->options, (size_t)choice->count, (size_t)(choice->count + count), sizeof *larger);
    if (!larger)
        return wcl__fail_memory();
    choice->options = larger;
    for (int i = 0; i < count; i++) {
        wcl__option *option = &choice->options[choice->count++];
        option->variant = variant;
        option->blocks = blocks[i];
        option->own = option_seconds(request, node, option);
    }
    return WCL_OK;
}

static wcl_status no_variant(const wcl__op_node *node, const wcl__text *reasons)
{
    return wcl__fail(WCL_UNSUPPORTED, "%s cannot run on this device: %s", node->op->name,
                     reasons->data ? reasons->data : "no variant");
}

/* ---- half-stored weights */

/* The largest number that a half holds, with room for what the transforms of the weights may add up: 2.25
 * times in F2, 2.16 in F4. */
static const double half_limit = 65504.0 / 4;

/* The largest weight once the epilogue's scale and the row's factor are in it. */
static double largest_weight(const wcl__plan_request *request, const wcl__op_node *node)
{
    const int64_t channels = node->epilogue.scale ? wcl__channels(node) : 0;
    double scale = channels > 0 ? 0 : 1;
    for (int64_t i = 0; i < channels; i++)
        scale = fmax(scale, fabs((double)node->epilogue.scale[i]));
    if (node->op->weight_factor)
        scale *= fabs((double)node->op->weight_factor(node));
    return scale * wcl__model_largest(request->model, node->inputs[1]->source);
}

/* Are the node's weights to be halves? Notes why not, where they were asked for. */
static bool wants_half(const wcl__plan_request *request, const wcl__op_node *node, wcl__text *reasons)
{
    if (request->options->precision != WCL_HALF_WEIGHTS || !(node->op->flags & WCL__PACKS_HALF) ||
        !node->inputs[1]->source)
        return false;
    const double largest = largest_weight(request, node);
    if (largest <= half_limit)
        return true;
    wcl__text_add(reasons, "weights stay fp32: %.3g is too large for half", largest);
    return false;
}

/* ---- listing them */

typedef struct listing {
    const wcl__plan_request *request;
    const char *forced;
    bool only_forced; /* else only the others */
    bool note;        /* why a variant is refused */
    wcl__text reasons;
} listing;

static wcl_status list_variants(listing *l, const wcl__op_node *node, wcl__choice *choice)
{
    wcl_status status = WCL_OK;
    for (size_t v = 0; v < node->op->variant_count && status == WCL_OK; v++) {
        const wcl__variant *variant = &node->op->variants[v];
        const bool is_forced = l->forced && is_of(variant, l->forced);
        if (l->forced && is_forced != l->only_forced)
            continue;
        const char *reason = wcl__refusal(l->request, node, variant);
        if (!reason)
            status = add_options(l->request, node, variant, choice);
        else if (l->note && (!l->forced || is_forced || denied_reason(l->request, node, variant)))
            wcl__text_add(&l->reasons, "%s%s: %s", l->reasons.length ? "; " : "", variant->name, reason);
    }
    return status;
}

/* The forced variant comes before half-stored weights, and those before the variants that refuse them. */
static wcl_status list_options(const wcl__plan_request *request, wcl__op_node *node, wcl__choice *choice)
{
    listing l = {.request = request, .forced = forced_variant(node, request->options)};
    const bool half = wants_half(request, node, &l.reasons), kept = l.reasons.length > 0;
    wcl_status status = WCL_OK;
    for (int only_forced = l.forced != NULL; only_forced >= 0 && choice->count == 0 && status == WCL_OK;
         only_forced--)
        for (int with_half = half; with_half >= 0 && choice->count == 0 && status == WCL_OK; with_half--) {
            l.only_forced = only_forced;
            l.note = with_half == half;
            node->half = with_half;
            status = list_variants(&l, node, choice);
        }
    if (status == WCL_OK && l.reasons.failed)
        status = wcl__fail_memory();
    if (status == WCL_OK && choice->count == 0)
        status = no_variant(node, &l.reasons);
    if (status == WCL_OK && l.reasons.length > 0 && (l.forced || kept || request->denied_count > 0)) {
        choice->reason = l.reasons.data;
        l.reasons.data = NULL;
    }
    wcl__text_clear(&l.reasons);
    return status;
}

/* ---- the cheapest way through the graph */

typedef struct search {
    const wcl__plan_request *request;
    const wcl__graph *graph;
    wcl__choice *choices;
} search;

static int64_t device_producer(const search *s, const wcl__op_node *node, size_t input)
{
    const wcl__value *value = node->inputs[input];
    return value && !value->source && !wcl__op_knows(node->op, input) ? wcl__graph_producer(s->graph, value)
                                                                      : -1;
}

/* True for an input that the variant reads from a buffer: one of the run's, or a constant that it does not
 * pack. */
static bool is_slot(const wcl__op_node *node, size_t input)
{
    const wcl__value *value = node->inputs[input];
    return value && !(value->source && (wcl__op_packs(node->op, input) || wcl__op_knows(node->op, input)));
}

/* The producer's option from which `block` is reached most cheaply. */
static int cheapest(const search *s, const wcl__choice *producer, const wcl__shape *shape, int block,
                    double *seconds)
{
    int found = 0;
    *seconds = DBL_MAX;
    for (int i = 0; i < producer->count; i++) {
        const double t = producer->options[i].best +
                         conversion_seconds(s->request->rates, shape, producer->options[i].blocks.out, block);
        if (t < *seconds) {
            *seconds = t;
            found = i;
        }
    }
    return found;
}

static void forward(search *s)
{
    for (size_t i = 0; i < s->graph->node_count; i++) {
        const wcl__op_node *node = s->graph->nodes[i];
        for (int o = 0; o < s->choices[i].count; o++) {
            wcl__option *option = &s->choices[i].options[o];
            option->best = option->own;
            for (size_t k = 0; k < node->input_count; k++) {
                const wcl__value *value = node->inputs[k];
                const int64_t producer = device_producer(s, node, k);
                double seconds = 0;
                if (producer >= 0)
                    cheapest(s, &s->choices[producer], &value->shape, option->blocks.in, &seconds);
                else if (is_slot(node, k))
                    seconds = conversion_seconds(s->request->rates, &value->shape, 1,
                                                 wcl__input_block(option->variant, value, option->blocks));
                option->best += seconds;
            }
        }
    }
}

/* From the outputs back: a node that several read follows the first that asks. */
static void backward(search *s)
{
    for (size_t i = s->graph->node_count; i-- > 0;) {
        const wcl__op_node *node = s->graph->nodes[i];
        wcl__choice *choice = &s->choices[i];
        double seconds;
        if (choice->chosen < 0)
            choice->chosen = cheapest(s, choice, &node->outputs[0]->shape, 1, &seconds);
        for (size_t k = 0; k < node->input_count; k++) {
            const int64_t producer = device_producer(s, node, k);
            if (producer >= 0 && s->choices[producer].chosen < 0)
                s->choices[producer].chosen = cheapest(s, &s->choices[producer], &node->inputs[k]->shape,
                                                       choice->options[choice->chosen].blocks.in, &seconds);
        }
    }
}

void wcl__choices_free(wcl__choice *choices, size_t count)
{
    for (size_t i = 0; choices && i < count; i++) {
        wcl__free(choices[i].options);
        wcl__free(choices[i].reason);
    }
    wcl__free(choices);
}

wcl_status wcl__choose(const wcl__plan_request *request, const wcl__graph *graph, wcl__choice **choices)
{
    wcl_status status = check_options(request->options);
    *choices = NULL;
    if (status != WCL_OK)
        return status;
    *choices = wcl__alloc(graph->node_count + 1, sizeof **choices);
    if (!*choices)
        return wcl__fail_memory();
    wcl__unsupported list = {0};
    for (size_t i = 0; i < graph->node_count && status == WCL_OK; i++) {
        wcl__op_node *node = graph->nodes[i];
        (*choices)[i].chosen = -1;
        status = list_options(request, node, &(*choices)[i]);
        if (status == WCL_UNSUPPORTED) {
            wcl__unsupported_limit(&list, node->name, node->op->name);
            status = WCL_OK;
        }
        status = wcl__in_node(status, node->name);
    }
    if (status == WCL_OK)
        status = wcl__unsupported_fail(&list);
    wcl__unsupported_clear(&list);
    if (status != WCL_OK) {
        wcl__choices_free(*choices, graph->node_count);
        *choices = NULL;
        return status;
    }
    search s = {request, graph, *choices};
    forward(&s);
    backward(&s);
    return WCL_OK;
}
