/* Ways to run a node: offers of formats, and configurations that keep the rules. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ops/op.h"

wcl__offer wcl__offer_of(wcl__format_id in, wcl__format_id out)
{
    wcl__offer offer;
    for (int i = 0; i < WCL__OFFER_INPUTS; i++)
        offer.in[i] = in;
    for (int i = 0; i < WCL__OFFER_OUTPUTS; i++)
        offer.out[i] = out;
    return offer;
}

wcl__offer wcl__offer_blocks(int in, int out)
{
    return wcl__offer_of(wcl__format_id_blocked(in), wcl__format_id_blocked(out));
}

wcl__offer wcl__offer_plain(void)
{
    return wcl__offer_blocks(1, 1);
}

wcl__format_id wcl__offer_in(const wcl__offer *offer, size_t input)
{
    return offer->in[WCL__MIN(input, (size_t)WCL__OFFER_INPUTS - 1)];
}

wcl__format_id wcl__offer_out(const wcl__offer *offer, size_t output)
{
    return offer->out[WCL__MIN(output, (size_t)WCL__OFFER_OUTPUTS - 1)];
}

void wcl__offer_weights(wcl__offer *offer, bool half)
{
    offer->in[1] = wcl__format_id_plain(half ? WCL_FLOAT16 : WCL_FLOAT32);
}

bool wcl__offer_half(const wcl__offer *offer)
{
    return wcl__format_of(offer->in[1]).type == WCL_FLOAT16;
}

int wcl__block_in(const wcl__offer *offer)
{
    return wcl__format_of(offer->in[0]).block;
}

int wcl__block_out(const wcl__offer *offer)
{
    return wcl__format_of(offer->out[0]).block;
}

/* What follows from the node stays, so that wcl__way_make sees who wants it otherwise. */
void wcl__target_given(const wcl__target *target, const wcl__op_node *node, const wcl__param_table *family,
                       void *params)
{
    int given[WCL__CONFIG_FIELDS], *values = params;
    memcpy(given, values, (size_t)family->count * sizeof *given);
    wcl__settings_apply(target->settings, family, node->name, given);
    for (int i = 0; i < family->count; i++)
        if (!wcl__has_word(family->follows, family->fields[i].name))
            values[i] = given[i];
}

/* ---- rules */

/* What follows from the node and its formats is as configure left it. */
static const char *check_follows(const wcl__param_table *family, const int *made, const int *values,
                                 char *text)
{
    for (int i = 0; i < family->count; i++)
        if (values[i] != made[i] && wcl__has_word(family->follows, family->fields[i].name)) {
            snprintf(text, WCL__REASON_BYTES, "%s is %d here: it follows from the node and its formats",
                     family->fields[i].name, made[i]);
            return text;
        }
    return NULL;
}

static const char *check_range(const wcl__param_table *family, const int *values, char *text)
{
    for (int i = 0; i < family->count; i++) {
        const wcl__param_field *field = &family->fields[i];
        if (values[i] < field->least || values[i] > field->most) {
            snprintf(text, WCL__REASON_BYTES, "%s=%d is not in %d...%d (%s)", field->name, values[i],
                     field->least, field->most, field->meaning);
            return text;
        }
    }
    return NULL;
}

static const char *check_rules(const wcl__param_table *family, const wcl__profile *profile, const int *values,
                               char *text)
{
    const char *reason = check_range(family, values, text);
    if (!reason && family->constraint)
        reason = family->constraint(values);
    return !reason && family->fits ? family->fits(profile, values) : reason;
}

const char *wcl__way_make(const wcl__variant *variant, const wcl__op_node *node, const wcl__target *target,
                          const wcl__offer *offer, wcl__way *way, char text[WCL__REASON_BYTES])
{
    const wcl__param_table *family = variant->family;
    int *values = way->config.values;
    *way = (wcl__way){.node = node, .offer = *offer, .config.family = family};
    if (family)
        wcl__params_standard(family, values);
    const char *reason = variant->configure ? variant->configure(node, target, offer, values) : NULL;
    if (reason || !family)
        return reason;
    const wcl__config made = way->config;
    wcl__settings_apply(target->settings, family, node->name, values);
    reason = check_follows(family, made.values, values, text);
    return reason ? reason : check_rules(family, target->profile, values, text);
}

int wcl__variant_offers(const wcl__variant *variant, const wcl__op_node *node, const wcl__target *target,
                        wcl__offer out[WCL__MAX_OFFERS])
{
    if (variant->offers)
        return variant->offers(node, target, out);
    out[0] = wcl__offer_plain();
    return 1;
}

const char *wcl__variant_algorithm(const wcl__variant *variant)
{
    return variant->algorithm ? variant->algorithm : variant->name;
}

bool wcl__is_view(const wcl__op_node *node, const wcl__variant *variant)
{
    return variant->is_view || (node->op->flags & WCL__IS_VIEW);
}
