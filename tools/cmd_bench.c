/* winocl bench: how long inference takes, and each layer of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "escape.h"
#include "kernels.h"
#include "profile.h"
#include "table.h"

enum { REPEATS = 9 }; /* of what the host does, apart from the runs: its times vary little */

typedef struct batch_result {
    int64_t batch;
    double *times; /* ms of each run, sorted */
    double median, build_ms, first_run_ms;
    double plan_ms, enqueue_ms; /* medians */
    wcl_plan_bytes bytes;
} batch_result;

typedef struct bench {
    const wcl__options *options;
    wcl__engine engine;
    wcl_device_info device;
    wcl_device_rates rates; /* with --layers */
    wcl_tensor *outputs;
    int output_count;
    cJSON *json, *results; /* NULL: text */
} bench;

static int run_once(bench *b, const wcl__inputs *inputs, double *ms)
{
    const double start = wcl__now_ms();
    const int result = wcl__complain_about(
        b->engine.name, wcl_session_run_tensors(b->engine.session, inputs->tensors, b->outputs));
    *ms = wcl__now_ms() - start;
    return result;
}

/* Planning as a session does it, which build_ms has along with all else that prepares a shape. */
static int time_planning(const bench *b, const wcl__inputs *inputs, double *median)
{
    const wcl_session_options session = wcl__engine_options(b->options);
    double times[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
        wcl_plan *plan = NULL;
        const double start = wcl__now_ms();
        const wcl_status status =
            wcl_plan_create(b->engine.device, b->engine.model, &session, inputs->tensors, &plan);
        times[i] = wcl__now_ms() - start;
        wcl_plan_destroy(plan);
        if (status != WCL_OK)
            return wcl__complain_about(b->engine.name, status);
    }
    *median = wcl__median(times, REPEATS);
    return WCL__DONE;
}

/* The host's part of a run: until wcl_session_run_async is back, whatever the device still has to do. The
 * outputs have memory from earlier runs. */
static int time_enqueueing(const bench *b, const wcl__inputs *inputs, double *median)
{
    double times[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
        const double start = wcl__now_ms();
        wcl_status status =
            wcl_session_run_async(b->engine.session, inputs->tensors, b->outputs, NULL, 0, NULL);
        times[i] = wcl__now_ms() - start;
        if (status == WCL_OK)
            status = wcl_session_wait(b->engine.session);
        if (status != WCL_OK)
            return wcl__complain_about(b->engine.name, status);
    }
    *median = wcl__median(times, REPEATS);
    return WCL__DONE;
}

static int time_runs(bench *b, const wcl__inputs *inputs, batch_result *r)
{
    const wcl__options *options = b->options;
    double ms = 0;
    int result = wcl__complain_about(b->engine.name, wcl_session_prepare(b->engine.session, inputs->tensors));
    if (result != WCL__DONE)
        return result;
    r->build_ms = wcl_session_prepare_ms(b->engine.session);
    r->bytes = (wcl_plan_bytes)WCL_PLAN_BYTES_INIT;
    if ((result = wcl__complain_library(
             wcl_plan_get_bytes(wcl_session_plan(b->engine.session), &r->bytes))) != WCL__DONE ||
        (result = run_once(b, inputs, &r->first_run_ms)) != WCL__DONE)
        return result;
    for (int64_t i = 0; i < options->warmup && result == WCL__DONE; i++)
        result = run_once(b, inputs, &ms);
    for (int64_t i = 0; i < options->runs && result == WCL__DONE; i++) {
        wcl__progress("timing", i, options->runs);
        result = run_once(b, inputs, &r->times[i]);
    }
    wcl__progress("timing", options->runs, options->runs);
    r->median = wcl__median(r->times, options->runs);
    return result == WCL__DONE ? time_enqueueing(b, inputs, &r->enqueue_ms) : result;
}

static void close_session(bench *b)
{
    for (int i = 0; i < b->output_count; i++)
        wcl_tensor_clear(&b->outputs[i]);
    wcl_session_destroy(b->engine.session);
    b->engine.session = NULL;
}

static void json_layers(const bench *b, const wcl__times *profile, cJSON *target)
{
    for (int i = 0; i < profile->node_count; i++) {
        const wcl_plan_node *node = &profile->nodes[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", node->name);
        cJSON_AddStringToObject(item, "op", node->op);
        cJSON_AddStringToObject(item, "algorithm", node->algorithm);
        cJSON_AddStringToObject(item, "parameters", node->parameters);
        wcl__json_kernels(item, node);
        cJSON_AddNumberToObject(item, "ms", profile->node_ms[i]);
        cJSON_AddNumberToObject(item, "gflop", node->gflop);
        cJSON_AddNumberToObject(
            item, "bytes", (double)(node->weight_bytes + node->activation_bytes + node->workspace_bytes));
        cJSON_AddNumberToObject(item, "least_gflop", node->least_gflop);
        cJSON_AddNumberToObject(item, "least_bytes", (double)node->least_bytes);
        cJSON_AddNumberToObject(item, "bound_ms", wcl__bound_ms(node, &b->rates));
        cJSON_AddItemToArray(target, item);
    }
}

static int print_layers(const bench *b, const wcl__times *profile)
{
    static const char *const heads[] = {"  Layer", "Operator", "Algorithm", "Output", "ms",
                                        "GFLOP",   "GFLOP/s",  "bound",     "Kernels"};
    wcl__table table;
    wcl__table_start(&table, heads, "llllrrrrl");
    table.width = wcl__terminal_width();
    for (int i = 0; i < profile->node_count; i++) {
        const wcl_plan_node *node = &profile->nodes[i];
        const double ms = profile->node_ms[i];
        wcl__table_cell(&table, "  %s", node->name);
        wcl__table_cell(&table, "%s", node->op);
        wcl__table_cell(&table, "%s", node->algorithm);
        wcl__table_take(&table, wcl__format_shape(node->dims, node->rank));
        if (isnan(ms))
            wcl__table_cell(&table, "unsupported");
        else
            wcl__table_cell(&table, "%.3f", ms);
        wcl__table_cell(&table, "%.4g", node->gflop);
        if (node->gflop > 0 && ms > 0)
            wcl__table_cell(&table, "%.1f", node->gflop / ms * 1e3);
        else
            wcl__table_cell(&table, "%s", "");
        if (ms > 0)
            wcl__table_cell(&table, "%.0f %%", 100 * wcl__bound_ms(node, &b->rates) / ms);
        else
            wcl__table_cell(&table, "%s", "");
        wcl__table_take(&table, wcl__format_kernels(node));
    }
    const int result = wcl__table_print(&table);
    if (result == WCL__DONE)
        printf("  bound: the time of a layer's fewest operations at %.1f GFLOP/s, or of its bytes at %.1f "
               "GB/s, over its own\n",
               b->rates.gflops, b->rates.gigabytes_per_second);
    return result;
}

/* A session of its own, whose queue takes times, so that the runs that are reported as a whole are not slowed
 * by it. */
static int time_layers(bench *b, const wcl__inputs *inputs, cJSON *target)
{
    wcl__times profile;
    int result = wcl__profile_take(&b->engine, b->options, inputs, &profile);
    if (result == WCL__DONE && target)
        json_layers(b, &profile, target);
    else if (result == WCL__DONE)
        result = print_layers(b, &profile);
    wcl__profile_clear(&profile);
    close_session(b);
    return result;
}

static cJSON *json_result(const bench *b, const batch_result *r)
{
    const int64_t runs = b->options->runs;
    cJSON *item = cJSON_CreateObject();
    cJSON_AddNumberToObject(item, "batch", (double)r->batch);
    cJSON_AddNumberToObject(item, "runs", (double)runs);
    cJSON *ms = cJSON_AddObjectToObject(item, "ms");
    cJSON_AddNumberToObject(ms, "min", r->times[0]);
    cJSON_AddNumberToObject(ms, "median", r->median);
    cJSON_AddNumberToObject(ms, "max", r->times[runs - 1]);
    cJSON_AddNumberToObject(item, "images_per_second", (double)r->batch / r->median * 1e3);
    cJSON_AddNumberToObject(item, "load_ms", b->engine.load_ms);
    cJSON_AddNumberToObject(item, "build_ms", r->build_ms);
    cJSON_AddNumberToObject(item, "first_run_ms", r->first_run_ms);
    cJSON_AddNumberToObject(item, "plan_ms", r->plan_ms);
    cJSON_AddNumberToObject(item, "enqueue_ms", r->enqueue_ms);
    cJSON *bytes = cJSON_AddObjectToObject(item, "bytes");
    cJSON_AddNumberToObject(bytes, "weights", (double)r->bytes.weights);
    cJSON_AddNumberToObject(bytes, "activations", (double)r->bytes.activations);
    cJSON_AddNumberToObject(bytes, "workspace", (double)r->bytes.workspace);
    cJSON_AddNumberToObject(bytes, "total", (double)r->bytes.total);
    return item;
}

static int print_result(const bench *b, const batch_result *r)
{
    const int64_t runs = b->options->runs;
    char *memory = wcl__format_bytes((double)r->bytes.total);
    if (!memory)
        return wcl__complain_memory();
    printf("batch %lld: %.2f ms (%.2f to %.2f, %lld runs), %.1f images/s, %s; load %.0f ms, build %.0f ms, "
           "first run %.0f ms\n",
           (long long)r->batch, r->median, r->times[0], r->times[runs - 1], (long long)runs,
           (double)r->batch / r->median * 1e3, memory, b->engine.load_ms, r->build_ms, r->first_run_ms);
    printf("  planning %.2f ms, enqueueing a run %.2f ms\n", r->plan_ms, r->enqueue_ms);
    free(memory);
    return WCL__DONE;
}

static int bench_batch(bench *b, int64_t batch)
{
    const wcl_session_options session = wcl__engine_options(b->options);
    wcl__inputs inputs = {0};
    batch_result r = {0};
    cJSON *item = NULL;
    int result = WCL__DONE;
    if ((result = wcl__inputs_create(b->engine.model, batch, &inputs)) != WCL__DONE ||
        (result = wcl__inputs_fill(b->engine.model, &inputs)) != WCL__DONE)
        goto cleanup;
    r.batch = inputs.count && inputs.tensors[0].rank ? inputs.tensors[0].dims[0] : 1;
    if (!(r.times = calloc((size_t)b->options->runs, sizeof *r.times))) {
        result = wcl__complain_memory();
        goto cleanup;
    }
    if ((result = time_planning(b, &inputs, &r.plan_ms)) != WCL__DONE ||
        (result = wcl__engine_session(&b->engine, &session)) != WCL__DONE ||
        (result = time_runs(b, &inputs, &r)) != WCL__DONE)
        goto cleanup;
    close_session(b);
    if (b->json)
        cJSON_AddItemToArray(b->results, item = json_result(b, &r));
    else
        result = print_result(b, &r);
    if (result == WCL__DONE && b->options->layers)
        result = time_layers(b, &inputs, b->json ? cJSON_AddArrayToObject(item, "layers") : NULL);
cleanup:
    close_session(b);
    free(r.times);
    wcl__inputs_clear(&inputs);
    return result;
}

static int start(bench *b)
{
    const char *planned_as = wcl__plan_as_name(b->options->plan_as);
    if (!b->options->json) {
        wcl__print_line("%s on %s (%s, %s), %s%s%s%s", b->options->operands[0], b->device.name,
                        b->device.platform, b->device.driver, wcl__precision_name(b->options->precision),
                        wcl_model_is_untrained(b->engine.model) ? ", untrained" : "",
                        planned_as ? ", planned as for a " : "", planned_as ? planned_as : "");
        return WCL__DONE;
    }
    if (!(b->json = cJSON_CreateObject()))
        return wcl__complain_memory();
    cJSON_AddNumberToObject(b->json, "schema", 1);
    cJSON_AddStringToObject(b->json, "version", wcl_version());
    cJSON_AddStringToObject(b->json, "model", b->options->operands[0]);
    cJSON_AddItemToObject(b->json, "device", wcl__json_device(&b->device));
    cJSON_AddStringToObject(b->json, "precision", wcl__precision_name(b->options->precision));
    if (planned_as)
        cJSON_AddStringToObject(b->json, "plan_as", planned_as);
    if (b->options->layers) {
        cJSON *roofline = cJSON_AddObjectToObject(b->json, "roofline");
        cJSON_AddNumberToObject(roofline, "gflops", b->rates.gflops);
        cJSON_AddNumberToObject(roofline, "gigabytes_per_second", b->rates.gigabytes_per_second);
    }
    b->results = cJSON_AddArrayToObject(b->json, "results");
    return WCL__DONE;
}

int wcl__cmd_bench(const wcl__options *options)
{
    bench b = {.options = options, .device = WCL_DEVICE_INFO_INIT, .rates = WCL_DEVICE_RATES_INIT};
    int result = WCL__DONE;
    if ((result = wcl__engine_load(&b.engine, options->operands[0], options)) != WCL__DONE ||
        (result = wcl__engine_device(&b.engine, options)) != WCL__DONE ||
        (result = wcl__complain_library(wcl_device_get_info(b.engine.device, &b.device))) != WCL__DONE)
        goto cleanup;
    if (options->layers && (result = wcl__complain_about(
                                b.device.name, wcl_device_measure(b.engine.device, &b.rates))) != WCL__DONE)
        goto cleanup;
    b.output_count = wcl_model_output_count(b.engine.model);
    if (!(b.outputs = calloc((size_t)b.output_count + 1, sizeof *b.outputs))) {
        b.output_count = 0;
        result = wcl__complain_memory();
        goto cleanup;
    }
    result = start(&b);
    for (int i = 0; (i < options->batch_count || i == 0) && result == WCL__DONE; i++)
        result = bench_batch(&b, options->batch_count ? options->batches[i] : 0);
    if (result == WCL__DONE && b.json) {
        result = wcl__print_json(b.json);
        b.json = NULL;
    }
cleanup:
    cJSON_Delete(b.json);
    free(b.outputs);
    wcl__engine_close(&b.engine);
    return result;
}
