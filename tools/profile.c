#include "profile.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double wcl__median(double *values, int64_t count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double work_ms(const wcl_plan_node *node, const wcl_device_rates *rates)
{
    return node->least_gflop / rates->gflops * 1e3;
}

static double bytes_ms(const wcl_plan_node *node, const wcl_device_rates *rates)
{
    return (double)node->least_bytes / rates->gigabytes_per_second * 1e-6;
}

bool wcl__is_bound_by_work(const wcl_plan_node *node, const wcl_device_rates *rates)
{
    return work_ms(node, rates) > bytes_ms(node, rates);
}

double wcl__bound_ms(const wcl_plan_node *node, const wcl_device_rates *rates)
{
    return fmax(work_ms(node, rates), bytes_ms(node, rates));
}

static int run_once(const wcl__engine *engine, const wcl__inputs *inputs, wcl_tensor *outputs, double *ms)
{
    const double start = wcl__now_ms();
    const int result =
        wcl__complain_about(engine->name, wcl_session_run_tensors(engine->session, inputs->tensors, outputs));
    *ms = wcl__now_ms() - start;
    return result;
}

/* samples: `runs` of each launch, then of the run as a whole */
static int time_runs(const wcl__engine *engine, const wcl__options *options, const wcl__inputs *inputs,
                     wcl__times *p, wcl_tensor *outputs, double *samples)
{
    const int64_t runs = options->runs;
    int result = WCL__DONE;
    double ms = 0;
    for (int64_t i = 0; i <= options->warmup && result == WCL__DONE;
         i++) /* the first run pays for what is made lazily */
        result = run_once(engine, inputs, outputs, &ms);
    for (int64_t r = 0; r < runs && result == WCL__DONE; r++) {
        wcl__progress("profiling", r, runs);
        result = run_once(engine, inputs, outputs, &samples[p->launch_count * runs + r]);
        for (int i = 0; i < p->launch_count && result == WCL__DONE; i++) {
            p->launches[i].entry = (wcl_profile_entry)WCL_PROFILE_ENTRY_INIT;
            result = wcl__complain_library(wcl_session_profile(engine->session, i, &p->launches[i].entry));
            samples[i * runs + r] = p->launches[i].entry.ms;
        }
    }
    wcl__progress("profiling", runs, runs);
    return result;
}

static void add_up(wcl__times *p, double *samples, int64_t runs)
{
    for (int i = 0; i < p->launch_count; i++) {
        wcl__launch_time *launch = &p->launches[i];
        launch->ms = launch->entry.ms < 0 ? (double)NAN : wcl__median(&samples[i * runs], runs);
        p->total_ms += launch->ms;
        if (launch->entry.plan_node >= 0 && launch->entry.plan_node < p->node_count)
            p->node_ms[launch->entry.plan_node] += launch->ms;
    }
    p->run_ms = wcl__median(&samples[p->launch_count * runs], runs);
}

static int read_nodes(const wcl_plan *plan, wcl__times *p)
{
    int result = WCL__DONE;
    for (int i = 0; i < p->node_count && result == WCL__DONE; i++) {
        p->nodes[i] = (wcl_plan_node)WCL_PLAN_NODE_INIT;
        result = wcl__complain_library(wcl_plan_get_node(plan, i, &p->nodes[i]));
    }
    return result;
}

int wcl__profile_take(wcl__engine *engine, const wcl__options *options, const wcl__inputs *inputs,
                      wcl__times *profile)
{
    const int output_count = wcl_model_output_count(engine->model);
    wcl_session_options session = wcl__engine_options(options);
    wcl_tensor *outputs = calloc((size_t)output_count + 1, sizeof *outputs);
    double *samples = NULL;
    int result = WCL__DONE;
    session.profile = 1;
    *profile = (wcl__times){0};
    if (!outputs) {
        result = wcl__complain_memory();
        goto cleanup;
    }
    if ((result = wcl__engine_session(engine, &session)) != WCL__DONE ||
        (result = wcl__complain_about(engine->name, wcl_session_prepare(engine->session, inputs->tensors))) !=
            WCL__DONE)
        goto cleanup;
    profile->node_count = wcl_plan_node_count(wcl_session_plan(engine->session));
    profile->launch_count = wcl_session_profile_count(engine->session);
    profile->nodes = calloc((size_t)profile->node_count + 1, sizeof *profile->nodes);
    profile->node_ms = calloc((size_t)profile->node_count + 1, sizeof *profile->node_ms);
    profile->launches = calloc((size_t)profile->launch_count + 1, sizeof *profile->launches);
    samples = calloc(((size_t)profile->launch_count + 1) * (size_t)options->runs, sizeof *samples);
    if (!profile->nodes || !profile->node_ms || !profile->launches || !samples) {
        result = wcl__complain_memory();
        goto cleanup;
    }
    if ((result = read_nodes(wcl_session_plan(engine->session), profile)) == WCL__DONE &&
        (result = time_runs(engine, options, inputs, profile, outputs, samples)) == WCL__DONE)
        add_up(profile, samples, options->runs);
cleanup:
    for (int i = 0; outputs && i < output_count; i++)
        wcl_tensor_clear(&outputs[i]);
    free(outputs);
    free(samples);
    return result;
}

void wcl__profile_clear(wcl__times *profile)
{
    free(profile->launches);
    free(profile->nodes);
    free(profile->node_ms);
    *profile = (wcl__times){0};
}
