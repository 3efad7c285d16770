/* A finished plan: its life, and what the API tells of it. */
#include "plan/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

void wcl__plan_retain(wcl_plan *plan)
{
    pthread_mutex_lock(&plan->lock);
    plan->references++;
    pthread_mutex_unlock(&plan->lock);
}

void wcl_plan_destroy(wcl_plan *plan)
{
    if (!plan)
        return;
    pthread_mutex_lock(&plan->lock);
    const int left = --plan->references;
    pthread_mutex_unlock(&plan->lock);
    if (left > 0)
        return;
    for (size_t i = 0; i < plan->node_count; i++) {
        wcl__free(plan->nodes[i].name);
        wcl__free(plan->nodes[i].reason);
        wcl__free(plan->nodes[i].parameters);
    }
    for (size_t i = 0; i < plan->note_count; i++)
        wcl__free(plan->notes[i]);
    wcl__free(plan->notes);
    wcl__free(plan->nodes);
    wcl__free(plan->input_slots);
    wcl__free(plan->output_slots);
    wcl__free(plan->buffers);
    wcl__settings_clear(&plan->settings);
    wcl__steps_clear(&plan->steps);
    wcl__graph_clear(&plan->graph);
    wcl_model_destroy(plan->model);
    pthread_mutex_destroy(&plan->lock);
    wcl__free(plan);
}

int wcl_plan_node_count(const wcl_plan *plan)
{
    return (int)plan->node_count;
}

wcl_status wcl_plan_get_node(const wcl_plan *plan, int index, wcl_plan_node *node)
{
    wcl__clear_error();
    if (index < 0 || (size_t)index >= plan->node_count)
        return wcl__fail(WCL_BAD_ARGUMENT, "the plan has no node %d", index);
    const wcl__planned *from = &plan->nodes[index];
    wcl_plan_node full = WCL_PLAN_NODE_INIT;
    full.name = from->name;
    full.op = from->op;
    full.algorithm = from->algorithm;
    full.parameters = from->parameters ? from->parameters : "";
    full.layout = from->layout;
    full.reason = from->reason ? from->reason : "";
    full.rank = from->shape.rank;
    memcpy(full.dims, from->shape.dims, sizeof full.dims);
    full.gflop = from->flops * 1e-9;
    full.weight_bytes = from->weight_bytes;
    full.activation_bytes = from->activation_bytes;
    full.workspace_bytes = from->workspace_bytes;
    full.launches = from->launches;
    full.is_host = from->is_host;
    full.least_gflop = from->least_flops * 1e-9;
    full.least_bytes = from->least_bytes;
    full.family = from->config.family ? from->config.family->family : "";
    full.format = from->format;
    return wcl__info_write(node, &full, sizeof full);
}

uint64_t wcl__plan_total(const wcl_plan *plan)
{
    return plan->weight_bytes + plan->buffer_bytes;
}

wcl_status wcl_plan_get_bytes(const wcl_plan *plan, wcl_plan_bytes *bytes)
{
    wcl__clear_error();
    const wcl_plan_bytes full = {sizeof full, plan->weight_bytes, plan->buffer_bytes - plan->workspace_bytes,
                                 plan->workspace_bytes, wcl__plan_total(plan)};
    return wcl__info_write(bytes, &full, sizeof full);
}

wcl_status wcl_plan_get_rates(const wcl_plan *plan, wcl_plan_rates *rates)
{
    wcl__clear_error();
    const wcl_plan_rates full = {sizeof full, plan->rates.flops * 1e-9, plan->rates.bytes * 1e-9,
                                 plan->rates.launch * 1e6, plan->rates.measured};
    return wcl__info_write(rates, &full, sizeof full);
}

int wcl_plan_host_steps(const wcl_plan *plan)
{
    int count = 0;
    for (size_t i = 0; i < plan->node_count; i++)
        count += plan->nodes[i].is_host;
    return count;
}

wcl_status wcl__plan_add_note(wcl_plan *plan, const char *format, ...)
{
    va_list arguments;
    char text[1024];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!WCL__GROW(plan->notes, plan->note_count, plan->note_capacity))
        return wcl__fail_memory();
    plan->notes[plan->note_count] = wcl__strdup(text);
    return plan->notes[plan->note_count++] ? WCL_OK : wcl__fail_memory();
}

int wcl_plan_note_count(const wcl_plan *plan)
{
    return (int)plan->note_count;
}

const char *wcl_plan_note(const wcl_plan *plan, int index)
{
    return index >= 0 && (size_t)index < plan->note_count ? plan->notes[index] : NULL;
}
