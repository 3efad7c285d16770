/* winocl devices: what the ICD loader finds. */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "engine.h"
#include "escape.h"
#include "table.h"

typedef struct device_list {
    wcl_device_info *infos;
    int count, chosen; /* chosen: the program's default, -1: none */
    const char *reason;
} device_list;

static bool same_device(const wcl_device_info *a, const wcl_device_info *b)
{
    return a->platform_index == b->platform_index && a->device_index == b->device_index;
}

/* WINOCL_DEVICE goes before what the library would take. */
static int choose(const wcl__options *options, device_list *list)
{
    wcl_device *device = NULL;
    wcl_device_info wanted = WCL_DEVICE_INFO_INIT;
    int result = WCL__DONE;
    if (!options->device || !*options->device) {
        for (int i = 0; i < list->count; i++)
            if (list->infos[i].is_default)
                list->chosen = i;
        if (list->chosen >= 0) {
            const cl_device_type type = list->infos[list->chosen].type;
            list->reason = type & CL_DEVICE_TYPE_GPU   ? "a GPU"
                           : type & CL_DEVICE_TYPE_CPU ? "a CPU, and there is no GPU"
                                                       : "there is neither a GPU nor a CPU";
        }
        return WCL__DONE;
    }
    if ((result = wcl__complain_device(wcl_device_open(options->device, &device))) != WCL__DONE ||
        (result = wcl__complain_library(wcl_device_get_info(device, &wanted))) != WCL__DONE)
        goto cleanup;
    for (int i = 0; i < list->count; i++)
        if (same_device(&list->infos[i], &wanted))
            list->chosen = i;
    list->reason = "WINOCL_DEVICE names it";
cleanup:
    wcl_device_destroy(device);
    return result;
}

static int print_text(const device_list *list)
{
    static const char *const heads[] = {"",      "Device", "Name",   "Platform", "Driver", "Type",
                                        "Units", "MHz",    "Memory", "Local",    "Notes"};
    wcl__table table;
    wcl__table_start(&table, heads, "lllllrrrrrl");
    for (int i = 0; i < list->count; i++) {
        const wcl_device_info *d = &list->infos[i];
        wcl__table_cell(&table, "%s", i == list->chosen ? "*" : "");
        wcl__table_cell(&table, "%d:%d", d->platform_index, d->device_index);
        wcl__table_cell(&table, "%s", d->name);
        wcl__table_cell(&table, "%s", d->platform);
        wcl__table_cell(&table, "%s", d->driver);
        wcl__table_cell(&table, "%s", wcl__device_type(d->type));
        wcl__table_cell(&table, "%u", d->compute_units);
        wcl__table_cell(&table, "%u", d->clock_mhz);
        wcl__table_take(&table, wcl__format_bytes((double)d->global_bytes));
        wcl__table_take(&table, wcl__format_bytes((double)d->local_bytes));
        wcl__table_cell(&table, "float%u%s%s%s", d->vector_width, d->has_fma ? ", fma" : "",
                        d->unified_memory ? ", shares the host's memory" : "",
                        d->has_compiler ? "" : ", no compiler");
    }
    const int result = wcl__table_print(&table);
    if (result != WCL__DONE || list->chosen < 0)
        return result;
    putchar('\n');
    wcl__print_line("* %d:%d is the default: %s", list->infos[list->chosen].platform_index,
                    list->infos[list->chosen].device_index, list->reason);
    return WCL__DONE;
}

static int print_json(const device_list *list)
{
    cJSON *root = cJSON_CreateObject(), *devices = cJSON_AddArrayToObject(root, "devices");
    for (int i = 0; i < list->count; i++) {
        const wcl_device_info *d = &list->infos[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "platform_index", d->platform_index);
        cJSON_AddNumberToObject(item, "device_index", d->device_index);
        cJSON_AddStringToObject(item, "name", d->name);
        cJSON_AddStringToObject(item, "platform", d->platform);
        cJSON_AddStringToObject(item, "vendor", d->vendor);
        cJSON_AddStringToObject(item, "driver", d->driver);
        cJSON_AddStringToObject(item, "version", d->version);
        cJSON_AddStringToObject(item, "type", wcl__device_type(d->type));
        cJSON_AddNumberToObject(item, "compute_units", d->compute_units);
        cJSON_AddNumberToObject(item, "clock_mhz", d->clock_mhz);
        cJSON_AddNumberToObject(item, "vector_width", d->vector_width);
        cJSON_AddNumberToObject(item, "global_bytes", (double)d->global_bytes);
        cJSON_AddNumberToObject(item, "max_alloc", (double)d->max_alloc);
        cJSON_AddNumberToObject(item, "local_bytes", (double)d->local_bytes);
        cJSON_AddNumberToObject(item, "max_work_group", (double)d->max_work_group);
        cJSON_AddBoolToObject(item, "has_compiler", d->has_compiler);
        cJSON_AddBoolToObject(item, "has_fma", d->has_fma);
        cJSON_AddBoolToObject(item, "unified_memory", d->unified_memory);
        cJSON_AddBoolToObject(item, "default", i == list->chosen);
        cJSON_AddItemToArray(devices, item);
    }
    if (list->chosen >= 0)
        cJSON_AddStringToObject(root, "reason", list->reason);
    return wcl__print_json(root);
}

int wcl__cmd_devices(const wcl__options *options)
{
    device_list list = {.chosen = -1};
    int result = wcl__complain_device(wcl_device_count(&list.count));
    if (result != WCL__DONE)
        return result;
    if (!(list.infos = calloc((size_t)list.count + 1, sizeof *list.infos)))
        return wcl__complain_memory();
    for (int i = 0; i < list.count && result == WCL__DONE; i++) {
        list.infos[i] = (wcl_device_info)WCL_DEVICE_INFO_INIT;
        result = wcl__complain_device(wcl_device_list(i, &list.infos[i]));
    }
    if (result == WCL__DONE)
        result = choose(options, &list);
    if (result == WCL__DONE)
        result = options->json ? print_json(&list) : print_text(&list);
    free(list.infos);
    return result;
}
