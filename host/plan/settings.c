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

/* One variant of the setting's family on one node: legal, not legal (*reason), or not able to run it at all.
 */
typedef enum verdict { LEGAL, NOT_LEGAL, NOT_ABLE } verdict;

static verdict try_variant(const wcl__plan_request *request, const wcl__setting *setting,
                           const wcl__op_node *node, const wcl__variant *variant, bool half,
                           char reason[WCL__REASON_BYTES])
{
    const wcl__settings alone = {(wcl__setting *)setting, 1};
    const wcl__target with = {request->profile, &alone, half}, without = {request->profile, NULL, half};
    wcl__offer offers[WCL__MAX_OFFERS];
    const int count = wcl__variant_offers(variant, node, &with, offers);
    verdict found = NOT_ABLE;
    for (int i = 0; i < count; i++) {
        char text[WCL__REASON_BYTES];
        wcl__way way;
        const char *wrong = wcl__way_make(variant, node, &with, &offers[i], &way, text);
        if (!wrong)
            return LEGAL;
        if (found == NOT_ABLE)
            snprintf(reason, WCL__REASON_BYTES, "%s", wrong);
        if (!wcl__way_make(variant, node, &without, &offers[i], &way, text))
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
    if (verdict == NOT_ABLE && *reason)
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
    const wcl__settings alone = {(wcl__setting *)setting, 1};
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

wcl_status wcl__settings_check(const wcl__plan_request *request, wcl_plan *plan)
{
    const wcl__graph *graph = &plan->graph;
    wcl_status status = WCL_OK;
    for (size_t s = 0; request->settings && s < request->settings->count && status == WCL_OK; s++) {
        finding f = {.setting = &request->settings->list[s]};
        if (f.setting->family == &wcl__convert_table) {
            status = check_conversion(graph, f.setting);
            continue;
        }
        for (size_t i = 0; i < graph->node_count && status == WCL_OK; i++)
            status = check_node(request, plan, graph->nodes[i], &f);
        if (status == WCL_OK && f.legal == 0)
            status = fail_nowhere(&f);
    }
    return status;
}

static bool is_used(const wcl__setting *setting, const wcl_plan *plan)
{
    for (size_t i = 0; i < plan->node_count; i++)
        if (wcl__setting_is_for(setting, plan->nodes[i].config.family, plan->nodes[i].name))
            return true;
    return false;
}

wcl_status wcl__settings_note_unused(const wcl__plan_request *request, wcl_plan *plan)
{
    wcl_status status = WCL_OK;
    for (size_t s = 0; request->settings && s < request->settings->count && status == WCL_OK; s++) {
        const wcl__setting *setting = &request->settings->list[s];
        if (!is_used(setting, plan))
            status = wcl__plan_add_note(plan, "%s: not used: nothing runs by %s here", setting->text,
                                        setting->family->family);
    }
    return status;
}
