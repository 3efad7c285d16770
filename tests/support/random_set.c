#include "support/random_set.h"

#include <stdio.h>
#include <string.h>

#include "support/support.h"
#include "base/random.h"
#include "base/text.h"

/* Does a kernel's code depend on the node's field? */
static bool is_built_in(const wcl_plan *plan, size_t node, const char *field)
{
    for (size_t i = 0; i < plan->steps.step_count; i++) {
        const wcl__step *step = &plan->steps.steps[i];
        if ((size_t)step->node == node && step->call.kernel &&
            (!step->call.reads || wcl__has_word(step->call.reads, field)))
            return true;
    }
    return false;
}

static int clamp(const wcl__param_field *field, int64_t value)
{
    return (int)WCL__MAX(WCL__MIN(value, (int64_t)field->most), (int64_t)field->least);
}

/* Small ones, powers of two, multiples and parts of what the planner chose, and the ends of the range. */
static int draw_value(const wcl__param_field *field, int chosen, uint64_t random)
{
    const uint64_t r = random >> 8;
    switch (random % 5) {
    case 0:
        return clamp(field, field->least + (int64_t)(r % 16));
    case 1:
        return clamp(field, INT64_C(1) << r % 11);
    case 2:
        return clamp(field, (int64_t)chosen * (int64_t)(1 + r % 4));
    case 3:
        return clamp(field, chosen / (int64_t)(1 + r % 4));
    default:
        return r % 2 ? field->least : field->most;
    }
}

static bool is_legal(wcl_model *model, const wcl_tensor *inputs, const wcl_session_options *options)
{
    wcl_plan *plan = NULL;
    const wcl_status status = wcl_plan_create(test_device(), model, options, inputs, &plan);
    wcl_plan_destroy(plan);
    return status == WCL_OK;
}

static uint64_t hash_of(const char *text, uint64_t seed)
{
    for (; *text; text++)
        seed = wcl__mix64(seed ^ (unsigned char)*text);
    return seed;
}

/* One field of a node, at random; kept where the library takes it. */
static void draw_field(const wcl_plan *plan, size_t node, uint64_t random, bool launch,
                       wcl_session_options *options, random_settings *out)
{
    const wcl__planned *planned = &plan->nodes[node];
    const wcl__param_table *family = planned->config.family;
    const int index = (int)(random >> 40) % family->count;
    const wcl__param_field *field = &family->fields[index];
    if (out->count == RANDOM_SETTINGS || wcl__has_word(family->follows, field->name) ||
        (launch && is_built_in(plan, node, field->name)))
        return;
    snprintf(out->text[out->count], RANDOM_SETTING_BYTES, "%s:%s=%s=%d", family->family, planned->name,
             field->name, draw_value(field, planned->config.values[index], random));
    out->list[out->count] = out->text[out->count];
    options->setting_count = ++out->count;
}

void random_settings_draw(wcl_model *model, const wcl_tensor *inputs, uint64_t seed, bool launch,
                          wcl_session_options *options, random_settings *out)
{
    enum { FIELDS = 4 };
    wcl_plan *plan = NULL;
    out->count = 0;
    options->settings = out->list;
    options->setting_count = 0;
    if (wcl_plan_create(test_device(), model, options, inputs, &plan) != WCL_OK)
        return;
    for (size_t i = 0; i < plan->node_count; i++) {
        const uint64_t random = hash_of(plan->nodes[i].name, wcl__mix64(seed));
        for (uint64_t k = 0; k < FIELDS && plan->nodes[i].config.family && random % 2; k++) {
            const size_t before = out->count;
            draw_field(plan, i, wcl__random_key(random, k), launch, options, out);
            if (out->count > before && !is_legal(model, inputs, options))
                options->setting_count = out->count = before;
        }
    }
    wcl_plan_destroy(plan);
}
