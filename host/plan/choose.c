/* Choosing how each node runs: options with their costs, and the cheapest way through the graph. */
#include "plan/choose.h"
#include "model/unsupported.h"
#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernels/shape/convert.h"

/* ---- costs */

static double bytes_of(const wcl__shape *shape, wcl__format_id format)
{
    wcl__format full = wcl__format_of(format);
    if (shape->rank > 4) /* C order alone */
        full = wcl__format_of(wcl__format_id_plain(full.type));
    return (double)wcl__format_count(&full, shape) * (double)wcl_type_size(full.type);
}

static double io_bytes(const wcl__way *way)
{
    const wcl__op_node *node = way->node;
    double bytes = 0;
    for (size_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] && !wcl__op_knows(node->op, i))
            bytes += bytes_of(&node->inputs[i]->shape, wcl__offer_in(&way->offer, i));
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i])
            bytes += bytes_of(&node->outputs[i]->shape, wcl__offer_out(&way->offer, i));
    return bytes;
}

static double option_seconds(const wcl__plan_request *request, const wcl__option *option)
{
    const wcl__rates *rates = request->rates;
    wcl__cost cost = {0, io_bytes(&option->way), 0.5, 1};
    if (wcl__is_view(option->way.node, option->variant))
        return 0;
    if (option->variant->cost)
        option->variant->cost(&option->way, request->profile, &cost);
    const double work = cost.flops / (rates->flops * WCL__MAX(cost.efficiency, 1e-3)),
                 traffic = cost.bytes / rates->bytes;
    return WCL__MAX(work, traffic) + cost.launches * rates->launch;
}

/* From one format to another; DBL_MAX: there is no way. */
static double conversion_seconds(const wcl__rates *rates, const wcl__shape *shape, wcl__format_id from,
                                 wcl__format_id to)
{
    const wcl__format a = wcl__format_of(from), b = wcl__format_of(to);
    if (from == to)
        return 0;
    if (wcl__convert_refuses(&a, &b, shape))
        return DBL_MAX;
    return (bytes_of(shape, from) + bytes_of(shape, to)) / rates->bytes + rates->launch;
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

/* The algorithm that the options ask for, NULL: any. */
static const char *forced_algorithm(const wcl__op_node *node, const wcl_session_options *options)
{
    if (node->op->forced_by == WCL__FORCED_BY_CONV)
        return convs[options->conv];
    return node->op->forced_by == WCL__FORCED_BY_DENSE ? denses[options->dense] : NULL;
}

/* A fused variant is one of its unfused one's algorithm. */
static bool is_of(const wcl__variant *variant, const char *forced)
{
    static const char fused[] = "fused-";
    const char *algorithm = wcl__variant_algorithm(variant);
    const size_t skip = strncmp(algorithm, fused, sizeof fused - 1) == 0 ? sizeof fused - 1 : 0;
    return strcmp(algorithm + skip, forced) == 0;
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

static wcl__target target_of(const wcl__plan_request *request, bool half)
{
    return (wcl__target){request->profile, request->settings, half};
}

/* With the settings as far as they are legal here. */
static const char *make_way(const wcl__target *target, const wcl__op_node *node, const wcl__offer *offer,
                            wcl__option *option, char text[WCL__REASON_BYTES])
{
    wcl__target with = *target;
    wcl__settings own;
    const char *reason = NULL;
    for (int i = target->settings ? 0 : WCL__SETTING_TRIES - 1; i < WCL__SETTING_TRIES; i++) {
        with.settings = wcl__settings_try(target->settings, i, &own);
        reason = wcl__way_make(option->variant, node, &with, offer, &option->way, text);
        if (!reason)
            break;
    }
    return reason;
}

const char *wcl__option_make(const wcl__plan_request *request, const wcl__op_node *node,
                             const wcl__variant *variant, bool half, wcl__option_list *list)
{
    const wcl__target target = target_of(request, half);
    const char *reason = denied_reason(request, node, variant);
    wcl__offer offers[WCL__MAX_OFFERS];
    const int count = reason ? 0 : wcl__variant_offers(variant, node, &target, offers);
    list->count = 0;
    for (int i = 0; i < count; i++) {
        wcl__option *option = &list->options[list->count];
        *option = (wcl__option){.variant = variant};
        reason = make_way(&target, node, &offers[i], option, list->text);
        list->count += reason == NULL;
    }
    return list->count > 0 ? NULL : reason ? reason : "it has no format for this node";
}

bool wcl__has_alternative(const wcl__plan_request *request, const wcl__op_node *node, const char *variant)
{
    wcl__option_list list;
    for (size_t v = 0; v < node->op->variant_count; v++)
        if (strcmp(node->op->variants[v].name, variant) != 0 &&
            !wcl__option_make(request, node, &node->op->variants[v], false, &list))
            return true;
    return false;
}

static wcl_status add_options(const wcl__plan_request *request, const wcl__option_list *list,
                              wcl__choice *choice)
{
    const size_t count = (size_t)choice->count, all = count + (size_t)list->count;
    wcl__option *larger = wcl__resize(choice->options, count, all, sizeof *larger);
    if (!larger)
        return wcl__fail_memory();
    choice->options = larger;
    for (int i = 0; i < list->count; i++) {
        wcl__option *option = &choice->options[choice->count++];
        *option = list->options[i];
        option->own = option_seconds(request, option);
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
    bool half;
    bool note; /* why a variant is refused */
    wcl__text reasons;
} listing;

static void add_reason(listing *l, const char *name, const char *reason)
{
    wcl__text_add(&l->reasons, "%s%s: %s", l->reasons.length ? "; " : "", name, reason);
}

/* The variants of one algorithm, from *v on, stand one behind the other: the first that can run is
 * the one. */
static wcl_status list_algorithm(listing *l, const wcl__op_node *node, size_t *v, wcl__choice *choice)
{
    const char *algorithm = wcl__variant_algorithm(&node->op->variants[*v]), *reason = NULL;
    const bool is_forced = l->forced && is_of(&node->op->variants[*v], l->forced);
    bool found = l->forced && is_forced != l->only_forced; /* not asked for */
    char last[WCL__REASON_BYTES] = "";
    wcl_status status = WCL_OK;
    for (; *v < node->op->variant_count; ++*v) {
        const wcl__variant *variant = &node->op->variants[*v];
        wcl__option_list list;
        if (strcmp(wcl__variant_algorithm(variant), algorithm) != 0)
            break;
        if (found || status != WCL_OK)
            continue;
        reason = wcl__option_make(l->request, node, variant, l->half, &list);
        if (!reason) {
            found = true;
            status = add_options(l->request, &list, choice);
        } else if (l->note && denied_reason(l->request, node, variant)) {
            add_reason(l, variant->name, reason);
            reason = NULL;
        } else {
            snprintf(last, sizeof last, "%s", reason);
        }
    }
    if (!found && reason && l->note && (!l->forced || is_forced))
        add_reason(l, algorithm, last);
    return status;
}

static wcl_status list_variants(listing *l, const wcl__op_node *node, wcl__choice *choice)
{
    wcl_status status = WCL_OK;
    for (size_t v = 0; v < node->op->variant_count && status == WCL_OK;)
        status = list_algorithm(l, node, &v, choice);
    return status;
}

/* The forced variant comes before half-stored weights, and those before the variants that refuse them. */
static wcl_status list_options(const wcl__plan_request *request, const wcl__op_node *node,
                               wcl__choice *choice)
{
    listing l = {.request = request, .forced = forced_algorithm(node, request->options)};
    const bool half = wants_half(request, node, &l.reasons), kept = l.reasons.length > 0;
    wcl_status status = WCL_OK;
    for (int only_forced = l.forced != NULL; only_forced >= 0 && choice->count == 0 && status == WCL_OK;
         only_forced--)
        for (int with_half = half; with_half >= 0 && choice->count == 0 && status == WCL_OK; with_half--) {
            l.only_forced = only_forced;
            l.note = with_half == half;
            l.half = with_half;
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

/* The producer's option from which this format of its output is reached most cheaply. */
static int cheapest(const search *s, int64_t producer, const wcl__value *value, wcl__format_id format,
                    double *seconds)
{
    const wcl__choice *choice = &s->choices[producer];
    const size_t output = wcl__output_index(s->graph->nodes[producer], value);
    int found = 0;
    *seconds = DBL_MAX;
    for (int i = 0; i < choice->count; i++) {
        const wcl__format_id from = wcl__offer_out(&choice->options[i].way.offer, output);
        const double t =
            choice->options[i].best + conversion_seconds(s->request->rates, &value->shape, from, format);
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
                const wcl__format_id format = wcl__offer_in(&option->way.offer, k);
                const int64_t producer = device_producer(s, node, k);
                double seconds = 0;
                if (producer >= 0)
                    cheapest(s, producer, value, format, &seconds);
                else if (is_slot(node, k))
                    seconds = conversion_seconds(s->request->rates, &value->shape,
                                                 wcl__format_id_plain(value->type), format);
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
            choice->chosen = cheapest(s, (int64_t)i, node->outputs[0],
                                      wcl__format_id_plain(node->outputs[0]->type), &seconds);
        for (size_t k = 0; k < node->input_count; k++) {
            const int64_t producer = device_producer(s, node, k);
            if (producer >= 0 && s->choices[producer].chosen < 0)
                s->choices[producer].chosen =
                    cheapest(s, producer, node->inputs[k],
                             wcl__offer_in(&choice->options[choice->chosen].way.offer, k), &seconds);
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
        const wcl__op_node *node = graph->nodes[i];
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
