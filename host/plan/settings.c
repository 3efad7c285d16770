/* Where the settings that a user gives are legal, and where they are used. */
#include "plan/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "kernels/shape/convert.h"

/* What was found of one setting. */
typedef struct finding {
    const wcl__setting *setting;
    size_t legal, nodes;             /* nodes that can run with it; that its family could run without it */
    bool named;                      /* its node is in the graph */
    char reason[WCL__REASON_BYTES];  /* of the last node where it is not legal */
    char refused[WCL__REASON_BYTES]; /* why the family cannot run a node, whatever the values */
} finding;

/* One variant of the setting's family on one node: legal, not legal (*reason), or not able to run it
 * at all. */
typedef enum verdict { LEGAL, NOT_LEGAL, NOT_ABLE } verdict;

static verdict try_variant(const wcl__plan_request *request, const wcl__setting *setting,
                           const wcl__op_node *node, const wcl__variant *variant, bool half,
                           char reason[WCL__REASON_BYTES])
{
    const int tries = setting->node ? 2 : 1; /* of wcl__settings_try, that have this setting */
    const wcl__target unset = {request->profile, NULL, half};
    wcl__offer offers[WCL__MAX_OFFERS];
    const int count = wcl__variant_offers(variant, node, &unset, offers);
    verdict found = NOT_ABLE;
    for (int i = 0; i < count; i++) {
        char text[WCL__REASON_BYTES];
        const char *wrong = NULL;
        wcl__settings own;
        wcl__way way;
        for (int k = 0; k < tries; k++) {
            const wcl__target with = {request->profile, wcl__settings_try(request->settings, k, &own), half};
            wrong = wcl__way_make(variant, node, &with, &offers[i], &way, text);
            if (!wrong)
                return LEGAL;
        }
        if (found == NOT_ABLE)
            snprintf(reason, WCL__REASON_BYTES, "%s", wrong);
        if (!wcl__way_make(variant, node, &unset, &offers[i], &way, text))
            found = NOT_LEGAL;
    }
    return found;
}

/* All variants of the family on one node, with weights as they may be asked for. */
static verdict try_node(const wcl__plan_request *request, const wcl__setting *setting,
                        const wcl__op_node *node, char reason[WCL__REASON_BYTES])
{
    const bool half = request->options->precision == WCL_HALF_WEIGHTS;
    verdict best = NOT_ABLE;
    for (size_t v = 0; v < node->op->variant_count; v++)
        for (int with_half = half; with_half >= 0; with_half--) {
            const wcl__variant *variant = &node->op->variants[v];
            char text[WCL__REASON_BYTES] = "";
            if (variant->family != setting->family)
                continue;
            const verdict one = try_variant(request, setting, node, variant, with_half, text);
            if (one == LEGAL)
                return LEGAL;
            if (one == NOT_LEGAL || !*reason)
                snprintf(reason, WCL__REASON_BYTES, "%s", text);
            best = one == NOT_LEGAL ? NOT_LEGAL : best;
        }
    return best;
}

static wcl_status check_node(const wcl__plan_request *request, wcl_plan *plan, const wcl__op_node *node,
                             finding *f)
{
    char reason[WCL__REASON_BYTES] = "";
    if (f->setting->node && strcmp(f->setting->node, node->name) != 0)
        return WCL_OK;
    f->named = true;
    const verdict verdict = try_node(request, f->setting, node, reason);
    f->legal += verdict == LEGAL;
    f->nodes += verdict != NOT_ABLE;
    if (verdict == NOT_ABLE && *reason && !*f->refused)
        snprintf(f->refused, sizeof f->refused, "%s", reason);
    if (verdict != NOT_LEGAL)
        return WCL_OK;
    snprintf(f->reason, sizeof f->reason, "%s", reason);
    return wcl__plan_add_note(plan, "%s: not on %s: %s", f->setting->text, node->name, reason);
}

static wcl_status fail_nowhere(const finding *f)
{
    const char *text = f->setting->text, *family = f->setting->family->family;
    if (f->setting->node && !f->named)
        return wcl__fail(WCL_BAD_ARGUMENT, "%s: the network as it runs has no node of this name", text);
    if (f->nodes > 0)
        return wcl__fail(WCL_BAD_ARGUMENT, "%s: %s", text, f->reason);
    return wcl__fail(WCL_BAD_ARGUMENT, "%s: %s cannot run %s%s%s", text, family,
                     f->setting->node ? "this node" : "any node", *f->refused ? ": " : "", f->refused);
}

static bool has_value(const wcl__graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->value_count; i++)
        if (strcmp(graph->values[i]->name, name) == 0)
            return true;
    return false;
}

/* Conversions are known only when all is chosen: any value in range is legal for those of a tensor that is
 * there. What follows from the formats is nobody's to choose. */
static wcl_status check_conversion(const wcl__graph *graph, const wcl__setting *setting)
{
    const wcl__param_table *family = setting->family;
    wcl__convert_params params;
    const wcl__settings alone = {.list = (wcl__setting *)setting, .count = 1};
    for (int i = 0; i < family->count; i++)
        if (setting->values[i] != WCL__NOT_GIVEN && wcl__has_word(family->follows, family->fields[i].name))
            return wcl__fail(WCL_BAD_ARGUMENT, "%s: %s follows from the formats", setting->text,
                             family->fields[i].name);
    if (setting->node && !has_value(graph, setting->node))
        return wcl__fail(WCL_BAD_ARGUMENT, "%s: the network as it runs has no tensor of this name",
                         setting->text);
    wcl__params_standard(family, &params);
    wcl__settings_apply(&alone, family, setting->node ? setting->node : "", &params);
    return wcl__params_validate(family, &params);
}

static wcl_status check_one(const wcl__plan_request *request, wcl_plan *plan, const wcl__setting *setting)
{
    const wcl__graph *graph = &plan->graph;
    finding f = {.setting = setting};
    wcl_status status = WCL_OK;
    if (setting->family == &wcl__convert_table)
        return check_conversion(graph, setting);
    for (size_t i = 0; i < graph->node_count && status == WCL_OK; i++)
        status = check_node(request, plan, graph->nodes[i], &f);
    return status == WCL_OK && f.legal == 0 ? fail_nowhere(&f) : status;
}

/* What is given for one node comes first: where that breaks a rule, the general ones are not to blame. */
wcl_status wcl__settings_check(const wcl__plan_request *request, wcl_plan *plan)
{
    const wcl__settings *settings = request->settings;
    wcl_status status = WCL_OK;
    for (int own = 1; own >= 0; own--)
        for (size_t s = 0; settings && s < settings->count && status == WCL_OK; s++)
            if ((settings->list[s].node != NULL) == own)
                status = check_one(request, plan, &settings->list[s]);
    return status;
}

/* Does the node run with what the setting gives? */
static bool takes(const wcl__settings *settings, const wcl__setting *setting, const wcl__planned *node)
{
    wcl__config given = node->config;
    wcl__settings own;
    for (int i = 0; i < (setting->node ? 2 : 1); i++) {
        const wcl__settings *tried = wcl__settings_try(settings, i, &own);
        given = node->config;
        wcl__settings_apply(tried, given.family, node->name, given.values);
        if (memcmp(given.values, node->config.values, sizeof given.values) == 0)
            return true;
    }
    return false;
}

/* Is it legal for another variant of the family, and not for the one that was chosen? Where it is legal for
 * none, there is a note already. */
static bool is_left_out(const wcl__plan_request *request, const wcl__setting *setting, const wcl_plan *plan,
                        const wcl__planned *node)
{
    char reason[WCL__REASON_BYTES] = "";
    return node->graph_node >= 0 && !takes(request->settings, setting, node) &&
           try_node(request, setting, plan->graph.nodes[node->graph_node], reason) == LEGAL;
}

static wcl_status note_unused(const wcl__plan_request *request, const wcl__setting *setting, wcl_plan *plan)
{
    wcl_status status = WCL_OK;
    bool runs = false;
    for (size_t i = 0; i < plan->node_count && status == WCL_OK; i++) {
        const wcl__planned *node = &plan->nodes[i];
        if (!wcl__setting_is_for(setting, node->config.family, node->name))
            continue;
        runs = true;
        if (is_left_out(request, setting, plan, node))
            status = wcl__plan_add_note(plan, "%s: not on %s: it is not legal for %s, which runs there",
                                        setting->text, node->name, node->algorithm);
    }
    if (status == WCL_OK && !runs)
        status = wcl__plan_add_note(plan, "%s: not used: nothing runs by %s here", setting->text,
                                    setting->family->family);
    return status;
}

wcl_status wcl__settings_note_unused(const wcl__plan_request *request, wcl_plan *plan)
{
    wcl_status status = WCL_OK;
    for (size_t s = 0; request->settings && s < request->settings->count && status == WCL_OK; s++)
        status = note_unused(request, &request->settings->list[s], plan);
    return status;
}
