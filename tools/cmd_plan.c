/* winocl plan: what a session would do, without making one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "engine.h"
#include "escape.h"
#include "kernels.h"
#include "table.h"

static int add_rows(const wcl_plan *plan, wcl__table *table)
{
    for (int i = 0; i < wcl_plan_node_count(plan); i++) {
        wcl_plan_node node = WCL_PLAN_NODE_INIT;
        const int result = wcl__complain_library(wcl_plan_get_node(plan, i, &node));
        if (result != WCL__DONE)
            return result;
        wcl__table_cell(table, "%s", node.name);
        wcl__table_cell(table, "%s", node.op);
        wcl__table_cell(table, "%s", node.algorithm);
        wcl__table_take(table, wcl__format_shape(node.dims, node.rank));
        wcl__table_cell(table, "%s", node.layout);
        wcl__table_cell(table, "%.4g", node.gflop);
        wcl__table_take(table, wcl__format_bytes((double)node.weight_bytes));
        wcl__table_take(table, wcl__format_bytes((double)node.activation_bytes));
        wcl__table_take(table, wcl__format_bytes((double)node.workspace_bytes));
        char *kernels = wcl__format_kernels(&node);
        if (!kernels)
            return wcl__complain_memory();
        wcl__table_take(table,
                        wcl__formatted("%s%s%s", kernels, *kernels && *node.reason ? "; " : "", node.reason));
        free(kernels);
    }
    return WCL__DONE;
}

static void print_total(const char *what, uint64_t bytes)
{
    char *text = wcl__format_bytes((double)bytes);
    printf("%-12s %15llu bytes  %s\n", what, (unsigned long long)bytes, text ? text : "");
    free(text);
}

static void print_rates(const wcl_plan_rates *rates)
{
    printf("%-12s %.1f GFLOP/s, %.1f GB/s, %.1f us a launch: %s\n", "rates", rates->gflops,
           rates->gigabytes_per_second, rates->launch_microseconds,
           rates->measured ? "measured" : "guessed from the device's facts (winocl roofline measures them)");
}

static int print_text(const wcl__options *options, const wcl_plan *plan, const wcl_plan_bytes *bytes,
                      const wcl_plan_rates *rates)
{
    static const char *const heads[] = {
        "Node",  "Operator", "Algorithm",   "Output",    "Layout",
        "GFLOP", "Weights",  "Activations", "Workspace", "Kernels and reasons"};
    wcl__table table;
    wcl__table_start(&table, heads, "lllllrrrrl");
    table.width = wcl__terminal_width();
    int result = add_rows(plan, &table);
    if (result == WCL__DONE)
        result = wcl__table_print(&table);
    wcl__table_clear(&table);
    if (result != WCL__DONE)
        return result;
    putchar('\n');
    print_total("weights", bytes->weights);
    print_total("activations", bytes->activations);
    print_total("workspace", bytes->workspace);
    print_total("peak", bytes->total);
    printf("%-12s %15d\n", "host steps", wcl_plan_host_steps(plan));
    print_rates(rates);
    if (wcl__plan_as_name(options->plan_as))
        printf("%-12s as for a %s\n", "planned", wcl__plan_as_name(options->plan_as));
    for (int i = 0; i < wcl_plan_note_count(plan); i++)
        wcl__print_line("%-12s %s", "note", wcl_plan_note(plan, i));
    return WCL__DONE;
}

static int add_json(const wcl_plan *plan, cJSON *layers)
{
    for (int i = 0; i < wcl_plan_node_count(plan); i++) {
        wcl_plan_node node = WCL_PLAN_NODE_INIT;
        const int result = wcl__complain_library(wcl_plan_get_node(plan, i, &node));
        if (result != WCL__DONE)
            return result;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", node.name);
        cJSON_AddStringToObject(item, "op", node.op);
        cJSON_AddStringToObject(item, "algorithm", node.algorithm);
        cJSON_AddStringToObject(item, "parameters", node.parameters);
        wcl__json_kernels(item, &node);
        cJSON_AddStringToObject(item, "layout", node.layout);
        cJSON_AddStringToObject(item, "reason", node.reason);
        cJSON_AddItemToObject(item, "output_shape", wcl__json_shape(node.dims, node.rank));
        cJSON_AddNumberToObject(item, "gflop", node.gflop);
        cJSON_AddNumberToObject(item, "weight_bytes", (double)node.weight_bytes);
        cJSON_AddNumberToObject(item, "activation_bytes", (double)node.activation_bytes);
        cJSON_AddNumberToObject(item, "workspace_bytes", (double)node.workspace_bytes);
        cJSON_AddNumberToObject(item, "bytes",
                                (double)(node.weight_bytes + node.activation_bytes + node.workspace_bytes));
        cJSON_AddNumberToObject(item, "launches", node.launches);
        cJSON_AddBoolToObject(item, "host", node.is_host);
        cJSON_AddItemToArray(layers, item);
    }
    return WCL__DONE;
}

static int print_json(const wcl__options *options, int64_t batch, const wcl_plan *plan,
                      const wcl_plan_bytes *bytes, const wcl_plan_rates *rates)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema", 1);
    cJSON_AddStringToObject(root, "version", wcl_version());
    cJSON_AddStringToObject(root, "model", options->operands[0]);
    cJSON_AddNumberToObject(root, "batch", (double)batch);
    if (wcl__plan_as_name(options->plan_as))
        cJSON_AddStringToObject(root, "plan_as", wcl__plan_as_name(options->plan_as));
    cJSON *total = cJSON_AddObjectToObject(root, "bytes");
    cJSON_AddNumberToObject(total, "weights", (double)bytes->weights);
    cJSON_AddNumberToObject(total, "activations", (double)bytes->activations);
    cJSON_AddNumberToObject(total, "workspace", (double)bytes->workspace);
    cJSON_AddNumberToObject(total, "total", (double)bytes->total);
    cJSON_AddNumberToObject(root, "host_steps", wcl_plan_host_steps(plan));
    cJSON *used = cJSON_AddObjectToObject(root, "rates");
    cJSON_AddNumberToObject(used, "gflops", rates->gflops);
    cJSON_AddNumberToObject(used, "gigabytes_per_second", rates->gigabytes_per_second);
    cJSON_AddNumberToObject(used, "launch_us", rates->launch_microseconds);
    cJSON_AddBoolToObject(used, "measured", rates->measured);
    cJSON *notes = cJSON_AddArrayToObject(root, "notes");
    for (int i = 0; i < wcl_plan_note_count(plan); i++)
        cJSON_AddItemToArray(notes, cJSON_CreateString(wcl_plan_note(plan, i)));
    const int result = add_json(plan, cJSON_AddArrayToObject(root, "layers"));
    if (result == WCL__DONE)
        return wcl__print_json(root);
    cJSON_Delete(root);
    return result;
}

/* The smallest float32 input without values; -1: there is none. */
static int smallest_empty(const wcl__inputs *inputs)
{
    int found = -1;
    for (int i = 0; i < inputs->count; i++) {
        const wcl_tensor *tensor = &inputs->tensors[i];
        if (tensor->data || tensor->type != WCL_FLOAT32 || wcl__tensor_elements(tensor) < 0)
            continue;
        if (found < 0 || wcl__tensor_elements(tensor) < wcl__tensor_elements(&inputs->tensors[found]))
            found = i;
    }
    return found;
}

/* Is it a setting that the library does not take, and not an input without values? */
static bool settings_are_bad(const wcl__engine *engine, const wcl_session_options *session,
                             const wcl__inputs *inputs)
{
    wcl_session_options others = *session;
    wcl_plan *plan = NULL;
    if (session->setting_count == 0)
        return false;
    others.settings = NULL;
    others.setting_count = 0;
    const wcl_status status = wcl_plan_create(engine->device, engine->model, &others, inputs->tensors, &plan);
    wcl_plan_destroy(plan);
    return status != WCL_BAD_ARGUMENT;
}

/* Values are made for those inputs alone that planning needs them of, such as filters: the library names one
 * at a time, and large ones, such as pictures, are not among them. */
static int make_plan(const wcl__engine *engine, const wcl_session_options *session, wcl__inputs *inputs,
                     wcl_plan **plan)
{
    int result = WCL__DONE;
    for (;;) {
        wcl_status status = wcl_plan_create(engine->device, engine->model, session, inputs->tensors, plan);
        int next = status == WCL_BAD_ARGUMENT ? smallest_empty(inputs) : -1;
        if (next >= 0 && settings_are_bad(engine, session, inputs)) {
            status = wcl_plan_create(engine->device, engine->model, session, inputs->tensors, plan);
            next = -1;
        }
        if (next < 0)
            return wcl__complain_about(engine->name, status);
        if ((result = wcl__inputs_fill_one(engine->model, next, inputs)) != WCL__DONE)
            return result;
    }
}

int wcl__cmd_plan(const wcl__options *options)
{
    wcl__engine engine = {0};
    wcl__inputs inputs = {0};
    wcl_plan *plan = NULL;
    wcl_plan_bytes bytes = WCL_PLAN_BYTES_INIT;
    wcl_plan_rates rates = WCL_PLAN_RATES_INIT;
    const wcl_session_options session = wcl__engine_options(options);
    int result = WCL__DONE;
    if ((result = wcl__engine_load(&engine, options->operands[0], options)) != WCL__DONE ||
        (result = wcl__engine_device(&engine, options)) != WCL__DONE ||
        (result = wcl__inputs_create(engine.model, wcl__options_batch(options, 0), &inputs)) != WCL__DONE ||
        (result = make_plan(&engine, &session, &inputs, &plan)) != WCL__DONE ||
        (result = wcl__complain_library(wcl_plan_get_bytes(plan, &bytes))) != WCL__DONE ||
        (result = wcl__complain_library(wcl_plan_get_rates(plan, &rates))) != WCL__DONE)
        goto cleanup;
    const int64_t batch = inputs.count && inputs.tensors[0].rank ? inputs.tensors[0].dims[0] : 1;
    result = options->json ? print_json(options, batch, plan, &bytes, &rates)
                           : print_text(options, plan, &bytes, &rates);
cleanup:
    wcl_plan_destroy(plan);
    wcl__inputs_clear(&inputs);
    wcl__engine_close(&engine);
    return result;
}
