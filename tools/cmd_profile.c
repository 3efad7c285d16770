/* winocl profile: the time of each kernel, as a table, a Chrome trace and a picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "escape.h"
#include "picture.h"
#include "profile.h"
#include "table.h"

typedef struct profile_command {
    const wcl__options *options;
    wcl__engine engine;
    wcl_device_info device;
    wcl__times profile;
    char *title;
} profile_command;

/* ---- the table */

static void cell_ms(wcl__table *table, double ms)
{
    if (isnan(ms))
        wcl__table_cell(table, "unsupported");
    else
        wcl__table_cell(table, "%.3f", ms);
}

static int print_table(const profile_command *c)
{
    static const char *const heads[] = {"  Node", "Operator", "Algorithm", "Kernel", "ms", "share"};
    const wcl__times *p = &c->profile;
    wcl__table table;
    wcl__print_line("%s on %s (%s, %s)", c->title, c->device.name, c->device.platform, c->device.driver);
    wcl__table_start(&table, heads, "llllrr");
    for (int i = 0; i < p->launch_count; i++) {
        const wcl__launch_time *launch = &p->launches[i];
        const wcl_plan_node *node = &p->nodes[launch->entry.plan_node];
        wcl__table_cell(&table, "  %s", node->name);
        wcl__table_cell(&table, "%s", node->op);
        wcl__table_cell(&table, "%s", node->algorithm);
        wcl__table_cell(&table, "%s", launch->entry.kernel);
        cell_ms(&table, launch->ms);
        if (launch->ms >= 0 && p->total_ms > 0)
            wcl__table_cell(&table, "%.1f %%", 100 * launch->ms / p->total_ms);
        else
            wcl__table_cell(&table, "%s", "");
    }
    const int result = wcl__table_print(&table);
    if (result == WCL__DONE && !isnan(p->total_ms))
        printf("kernels %.2f ms, a whole run %.2f ms (medians of %lld runs)\n", p->total_ms, p->run_ms,
               (long long)c->options->runs);
    return result;
}

/* ---- the trace, as chrome://tracing and Perfetto read it: times in microseconds, a row for each queue */

enum { PROCESS = 1, QUEUE = 1 };

static cJSON *trace_event(const char *phase, const char *name)
{
    cJSON *event = cJSON_CreateObject();
    cJSON_AddStringToObject(event, "ph", phase);
    cJSON_AddStringToObject(event, "name", name);
    cJSON_AddNumberToObject(event, "pid", PROCESS);
    cJSON_AddNumberToObject(event, "tid", QUEUE);
    return event;
}

static cJSON *trace_label(const char *what, const char *text)
{
    cJSON *event = trace_event("M", what);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(event, "args"), "name", text);
    return event;
}

static cJSON *trace_launch(const profile_command *c, const wcl_profile_entry *entry)
{
    const wcl_plan_node *node = &c->profile.nodes[entry->plan_node];
    cJSON *event = trace_event("X", node->name);
    cJSON_AddStringToObject(event, "cat", "kernel");
    cJSON_AddNumberToObject(event, "ts", entry->start_ms * 1e3);
    cJSON_AddNumberToObject(event, "dur", entry->ms * 1e3);
    cJSON *arguments = cJSON_AddObjectToObject(event, "args");
    cJSON_AddStringToObject(arguments, "kernel", entry->kernel);
    cJSON_AddStringToObject(arguments, "op", node->op);
    cJSON_AddStringToObject(arguments, "algorithm", node->algorithm);
    cJSON_AddStringToObject(arguments, "parameters", node->parameters);
    cJSON_AddItemToObject(arguments, "output_shape", wcl__json_shape(node->dims, node->rank));
    return event;
}

static int write_trace(const profile_command *c, const char *path)
{
    cJSON *root = cJSON_CreateObject();
    if (isnan(c->profile.total_ms)) {
        cJSON_Delete(root);
        return wcl__complain(WCL__BAD_DEVICE, "%s: the device measures no times", path);
    }
    cJSON_AddStringToObject(root, "displayTimeUnit", "ms");
    cJSON *other = cJSON_AddObjectToObject(root, "otherData");
    cJSON_AddStringToObject(other, "version", wcl_version());
    cJSON_AddStringToObject(other, "model", c->title);
    cJSON *events = cJSON_AddArrayToObject(root, "traceEvents");
    cJSON_AddItemToArray(events, trace_label("process_name", c->device.name));
    cJSON_AddItemToArray(events, trace_label("thread_name", "queue 1"));
    for (int i = 0; i < c->profile.launch_count; i++)
        if (c->profile.launches[i].entry.start_ms >= 0)
            cJSON_AddItemToArray(events, trace_launch(c, &c->profile.launches[i].entry));
    return wcl__write_json(path, root);
}

/* ---- the picture */

static int write_picture(const profile_command *c, const char *path)
{
    wcl_device_rates rates = WCL_DEVICE_RATES_INIT;
    const int result = wcl__complain_about(c->device.name, wcl_device_measure(c->engine.device, &rates));
    const wcl__picture picture = {c->title, &c->device, &rates, &c->profile};
    return result == WCL__DONE ? wcl__picture_write(path, &picture) : result;
}

static char *make_title(const wcl__engine *engine, const wcl__inputs *inputs)
{
    const int64_t batch = inputs->count && inputs->tensors[0].rank ? inputs->tensors[0].dims[0] : 1;
    return wcl__formatted("%s, batch %lld, fp32%s", engine->name, (long long)batch,
                          wcl_model_is_untrained(engine->model) ? ", untrained" : "");
}

int wcl__cmd_profile(const wcl__options *options)
{
    profile_command c = {.options = options, .device = WCL_DEVICE_INFO_INIT};
    wcl__inputs inputs = {0};
    int result = WCL__DONE;
    if ((result = wcl__engine_load(&c.engine, options->operands[0], options)) != WCL__DONE ||
        (result = wcl__engine_device(&c.engine, options)) != WCL__DONE ||
        (result = wcl__complain_library(wcl_device_get_info(c.engine.device, &c.device))) != WCL__DONE ||
        (result = wcl__inputs_create(c.engine.model, wcl__options_batch(options, 0), &inputs)) != WCL__DONE ||
        (result = wcl__inputs_fill(c.engine.model, &inputs)) != WCL__DONE)
        goto cleanup;
    if (!(c.title = make_title(&c.engine, &inputs))) {
        result = wcl__complain_memory();
        goto cleanup;
    }
    result = wcl__profile_take(&c.engine, options, &inputs, &c.profile);
    if (result == WCL__DONE && options->trace)
        result = write_trace(&c, options->trace);
    if (result == WCL__DONE && options->svg)
        result = write_picture(&c, options->svg);
    if (result == WCL__DONE)
        result = print_table(&c);
cleanup:
    wcl__profile_clear(&c.profile);
    free(c.title);
    wcl__inputs_clear(&inputs);
    wcl__engine_close(&c.engine);
    return result;
}
