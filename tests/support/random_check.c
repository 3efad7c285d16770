#include "support/random_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/session.h"
#include "support/support.h"
#include "base/random.h"

/* ---- combinations */

enum { DEVICE_CPU, DEVICE_GPU, DEVICE_SMALL, DEVICE_NARROW };
enum { SETTINGS_NONE, SETTINGS_LAUNCH, SETTINGS_ANY };

static const struct {
    const char *name, *levels[FACTOR_LEVELS];
} factors[FACTORS] = {
    [FACTOR_CONV] = {"conv", {"auto", "direct", "gemm", "f2", "f4", "f6"}},
    [FACTOR_DENSE] = {"dense", {"auto", "clblast", "gemv", "gemm"}},
    [FACTOR_DEVICE] = {"device", {"cpu", "gpu", "small", "narrow"}},
    [FACTOR_BUFFERS] = {"buffers", {"shared", "separate"}},
    [FACTOR_KEEP] = {"keep", {"outputs", "all"}},
    [FACTOR_WEIGHTS] = {"weights", {"fp32", "half"}},
    [FACTOR_MEMORY] = {"memory", {"any", "capped"}},
    [FACTOR_SETTINGS] = {"settings", {"none", "launch", "any"}},
};

int factor_levels(int factor)
{
    int count = 0;
    while (count < FACTOR_LEVELS && factors[factor].levels[count])
        count++;
    return count;
}

const char *factor_name(int factor)
{
    return factors[factor].name;
}

const char *level_name(int factor, int level)
{
    return factors[factor].levels[level];
}

bool level_is_rare(int factor, int level)
{
    return (factor == FACTOR_DEVICE && level == DEVICE_NARROW) ||
           (factor == FACTOR_SETTINGS && level == SETTINGS_ANY);
}

const char *combination_print(const combination *c)
{
    static char text[256];
    size_t length = 0;
    for (int i = 0; i < FACTORS; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s=%s", i ? " " : "",
                                   factors[i].name, factors[i].levels[c->level[i]]);
    return text;
}

static bool parse_word(const char *word, combination *c)
{
    for (int i = 0; i < FACTORS; i++)
        for (int level = 0; level < factor_levels(i); level++) {
            char wanted[64];
            snprintf(wanted, sizeof wanted, "%s=%s", factors[i].name, factors[i].levels[level]);
            if (strcmp(wanted, word) == 0) {
                c->level[i] = level;
                return true;
            }
        }
    return false;
}

bool combination_parse(const char *text, combination *c)
{
    char copy[256], *rest = NULL;
    *c = (combination){{0}};
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        if (!parse_word(word, c))
            return false;
    return true;
}

/* ---- running */

/* A GPU with room in local memory for the tiled products, whatever the device is. */
static void pretend_gpu(wcl__facts *facts)
{
    facts->type = CL_DEVICE_TYPE_GPU;
    facts->vector_width = 1;
    facts->compute_units = 20;
    facts->local_bytes = WCL__MIN(facts->local_bytes, (uint64_t)32768);
    facts->max_work_group = WCL__MIN(facts->max_work_group, (uint64_t)256);
    facts->cache_bytes = 2 << 20;
    facts->unified_memory = false;
}

/* What the network takes without limits: bytes in all, and of its largest tensor that is no scratch or
 * weight. */
typedef struct needs {
    uint64_t total, largest;
} needs;

static needs bytes_needed(const graph_check *check, const wcl_session_options *options,
                          const wcl_tensor *inputs)
{
    wcl_plan *plan = NULL;
    needs out = {0, 0};
    if (wcl_plan_create(test_device(), check->model, options, inputs, &plan) != WCL_OK)
        return out;
    out.total = wcl__plan_total(plan);
    for (size_t i = 0; i < plan->steps.tensor_count; i++)
        if (plan->steps.tensors[i].kind == WCL__TENSOR_ACTIVATION)
            out.largest = WCL__MAX(out.largest, (uint64_t)plan->steps.tensors[i].bytes);
    wcl_plan_destroy(plan);
    return out;
}

static uint64_t part(uint64_t bytes, uint64_t seed)
{
    static const double parts[] = {0.5, 0.8, 0.95, 1.0, 1.0, 1.1};
    return (uint64_t)((double)bytes * parts[seed % WCL__COUNT(parts)]);
}

static wcl_session_options set_up(const graph_check *check, const combination *c, const wcl_tensor *inputs)
{
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl__facts *facts = &test_device()->facts;
    const uint64_t seed = wcl__mix64(check->graph->seed);
    options.conv = (wcl_conv_choice)c->level[FACTOR_CONV];
    options.dense = (wcl_dense_choice)c->level[FACTOR_DENSE];
    options.separate_buffers = c->level[FACTOR_BUFFERS];
    options.keep_all = c->level[FACTOR_KEEP];
    options.precision = c->level[FACTOR_WEIGHTS] ? WCL_HALF_WEIGHTS : WCL_FP32;
    if (c->level[FACTOR_DEVICE] == DEVICE_GPU)
        pretend_gpu(facts);
    if (c->level[FACTOR_DEVICE] == DEVICE_NARROW)
        facts->vector_width = facts->vector_width > 4 ? 4 : 16;
    if (c->level[FACTOR_DEVICE] == DEVICE_SMALL) {
        const needs least = bytes_needed(check, &options, inputs);
        facts->max_alloc =
            WCL__MAX(least.largest, least.total / (2 + seed % 4)); /* then tensors don't lie in one arena */
    }
    if (c->level[FACTOR_MEMORY]) {
        const needs least = bytes_needed(check, &options, inputs);
        options.memory_cap = WCL__MAX(part(least.total, seed >> 8), (uint64_t)1);
        if (bytes_needed(check, &options, inputs).total == 0) /* nothing that takes less */
            options.memory_cap = WCL__MAX(least.total, (uint64_t)1);
    }
    return options;
}

static int model_inputs(const graph_check *check, wcl_tensor inputs[GRAPH_VALUES])
{
    const random_graph *graph = check->graph;
    int count = 0;
    for (int i = 0; i < graph->value_count; i++) {
        const graph_value *value = &graph->values[i];
        if (value->kind != GRAPH_INPUT || !graph_reads(graph, i))
            continue;
        wcl_tensor *tensor = &inputs[count++];
        *tensor = (wcl_tensor){.type = value->type, .rank = value->shape.rank, .data = check->data.values[i]};
        memcpy(tensor->dims, value->shape.dims, sizeof tensor->dims);
        tensor->bytes = (size_t)wcl__shape_count(&value->shape) * sizeof(float);
    }
    return count;
}

/* ---- bounds */

/* The rounding errors of a node as a part of its output's rms: by the algorithm that the plan has for it, and
 * how many values it adds. */
static double node_level(const graph_check *check, int index, const wcl_plan_node *planned)
{
    static const char *const windows[] = {"f2", "f4", "f6"};
    static const wcl__bound algorithms[] = {WCL__F2, WCL__F4, WCL__F6};
    wcl__bound algorithm = check->data.reduction[index] > 0 ? WCL__SUM : WCL__EXACT;
    double l2, max, half_l2 = 0;
    const char *name = planned ? planned->algorithm : "";
    for (size_t i = 0; i < WCL__COUNT(windows); i++)
        if (strcmp(strncmp(name, "fused-", 6) == 0 ? name + 6 : name, windows[i]) == 0)
            algorithm = algorithms[i];
    test_tolerance(algorithm, check->data.reduction[index], &l2, &max);
    if (planned && strstr(planned->parameters, "half=1"))
        test_half_tolerance(algorithm, &half_l2, &max);
    return l2 + half_l2;
}

static void noise_of(const graph_check *check, const wcl_plan *plan, graph_noise *noise)
{
    for (int i = 0; i < check->graph->node_count; i++) {
        char name[16];
        wcl_plan_node planned = WCL_PLAN_NODE_INIT;
        bool found = false;
        snprintf(name, sizeof name, "n%d", check->graph->nodes[i].id);
        for (int k = 0; k < wcl_plan_node_count(plan) && !found; k++) {
            planned = (wcl_plan_node)WCL_PLAN_NODE_INIT;
            found = wcl_plan_get_node(plan, k, &planned) == WCL_OK && strcmp(planned.name, name) == 0 &&
                    strcmp(planned.op, "Layout") != 0;
        }
        noise->level[i] = node_level(check, i, found ? &planned : NULL);
    }
}

/* L2 and largest error of `other` against the clean values, as parts of their L2 norm and rms. */
static void distance(const double *clean, const double *other, int64_t count, double out[2])
{
    double size = 0, error = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        const double e = fabs(other[i] - clean[i]);
        size += clean[i] * clean[i];
        error += e * e;
        largest = fmax(largest, e);
    }
    out[0] = sqrt(error / fmax(size, 1e-30));
    out[1] = largest / sqrt(fmax(size / (double)count, 1e-30));
}

/* The largest magnitude over the root mean square: of a Softmax, sqrt(count) where one class has it all. */
static double peak(const double *values, int64_t count)
{
    double largest = 0, size = 0;
    for (int64_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(values[i]));
        size += values[i] * values[i];
    }
    return largest / sqrt(fmax(size / (double)count, 1e-30));
}

/* The floats by which an output is judged: of indices, the values that they point at. */
static int judged_value(const random_graph *graph, int output)
{
    const graph_node *node = graph_node_of_second(graph, graph->outputs[output]);
    return node ? node->output : graph->outputs[output];
}

/* How far outputs may be off: as far as they move in the interpreter when every node's output is off at
 * random by its bound, four times over; and at least the bounds of all nodes together, since chance may be
 * kind. An output's largest element may be off by all that the output may be. */
static bool bounds_of(const graph_check *check, graph_noise *noise, double bounds[GRAPH_OUTPUTS][2])
{
    enum { RUNS = 3 };
    const double margin = 4;
    double all = 0;
    bool valid = true;
    for (int i = 0; i < check->graph->node_count; i++)
        all += noise->level[i];
    for (int i = 0; i < check->graph->output_count; i++) {
        bounds[i][0] = all + 1e-7;
        bounds[i][1] = 10 * all + 1e-6;
    }
    for (int run = 0; run < RUNS && valid; run++) {
        graph_data moved;
        noise->key = wcl__random_key(check->graph->seed, (uint64_t)run);
        valid = graph_run(check->graph, &moved, noise);
        for (int i = 0; i < check->graph->output_count && valid; i++) {
            const int value = judged_value(check->graph, i);
            double off[2];
            distance(check->data.wide[value], moved.wide[value],
                     wcl__shape_count(&check->graph->values[value].shape), off);
            bounds[i][0] = fmax(bounds[i][0], margin * off[0]);
            bounds[i][1] = fmax(bounds[i][1], margin * off[1]);
        }
        graph_data_clear(&moved);
    }
    for (int i = 0; i < check->graph->output_count; i++) {
        const int value = judged_value(check->graph, i);
        const int64_t count = wcl__shape_count(&check->graph->values[value].shape);
        bounds[i][1] = fmax(bounds[i][1], bounds[i][0] * peak(check->data.wide[value], count));
        for (int b = 0; b < 2 && value != check->graph->outputs[i]; b++)
            bounds[i][b] *= 2; /* what is pointed at may be off as well as what it is compared with */
    }
    return valid;
}

/* ---- the verdict */

static void fail_with(outcome *out, verdict verdict, const char *what)
{
    out->verdict = verdict;
    snprintf(out->text, sizeof out->text, "%s: %s: %s", what, wcl_status_string(wcl_last_error()->status),
             wcl_last_error()->message);
}

/* The elements that indices point at, as the interpreter has them. NULL: an index is none of a row's, or
 * stands there twice; the caller frees them. */
static float *pointed_at(const graph_check *check, const graph_node *node, const int64_t *indices)
{
    const int x = node->inputs[0];
    const wcl__shape *from = &check->graph->values[x].shape, *to = &check->graph->values[node->output].shape;
    const graph_attr *attr = graph_attr_find(node, "axis");
    const int axis = attr ? (int)(attr->i < 0 ? attr->i + from->rank : attr->i) : from->rank - 1;
    const int64_t count = wcl__shape_count(to), length = from->dims[axis], k = to->dims[axis];
    int64_t inner = 1;
    for (int d = axis + 1; d < from->rank; d++)
        inner *= from->dims[d];
    float *out = malloc((size_t)count * sizeof *out);
    bool valid = true;
    assert_non_null(out);
    for (int64_t i = 0; i < count && valid; i++) {
        const int64_t outer = i / (k * inner), place = i / inner % k, within = i % inner;
        valid = indices[i] >= 0 && indices[i] < length;
        for (int64_t before = 1; before <= place && valid; before++)
            valid = indices[i - before * inner] != indices[i];
        if (valid)
            out[i] = check->data.values[x][(outer * length + indices[i]) * inner + within];
    }
    if (valid)
        return out;
    free(out);
    return NULL;
}

/* Near ties may swap: indices are right where they point at the right values. */
static bool output_agrees(const graph_check *check, int i, const wcl_tensor *got, const double bounds[2],
                          char *where, size_t bytes)
{
    const int output = check->graph->outputs[i], value = judged_value(check->graph, i);
    const graph_node *node = graph_node_of_second(check->graph, output);
    const wcl__shape *shape = &check->graph->values[output].shape, has = wcl__shape_of(got->rank, got->dims);
    if (!wcl__shape_equal(shape, &has) || got->type != check->graph->values[output].type) {
        snprintf(where, bytes, "%s %s, expected %s", wcl_type_name(got->type), wcl__shape_print(&has).text,
                 wcl__shape_print(shape).text);
        return false;
    }
    if (!node)
        return test_within(got->data, check->data.wide[value], shape, bounds, where, bytes);
    float *values = pointed_at(check, node, got->data);
    const bool agrees = values && test_within(values, check->data.wide[value], shape, bounds, where, bytes);
    if (!values)
        snprintf(where, bytes, "an index that is none of its row's, or stands there twice");
    free(values);
    return agrees;
}

static void compare(const graph_check *check, const wcl_tensor *outputs, double bounds[GRAPH_OUTPUTS][2],
                    outcome *out)
{
    for (int i = 0; i < check->graph->output_count; i++) {
        char where[400];
        out->bound = fmax(out->bound, bounds[i][0]);
        if (out->verdict != AGREES || output_agrees(check, i, &outputs[i], bounds[i], where, sizeof where))
            continue;
        out->verdict = DIFFERS;
        out->output = i;
        snprintf(out->text, sizeof out->text, "output v%d: %s", check->graph->outputs[i], where);
    }
}

static void run_session(graph_check *check, wcl_session *session, const wcl_tensor *inputs, outcome *out)
{
    wcl_tensor outputs[GRAPH_OUTPUTS];
    double bounds[GRAPH_OUTPUTS][2];
    graph_noise noise = {{0}, 0};
    bool known = false;
    for (int run = 0; run < 2 && out->verdict == AGREES;
         run++) { /* what a run leaves behind must not matter */
        memset(outputs, 0, sizeof outputs);
        const wcl_status status = wcl_session_run_tensors(session, inputs, outputs);
        if (status != WCL_OK) {
            fail_with(out, status == WCL_NO_MEMORY ? REFUSED : FAILS, "wcl_session_run_tensors");
        } else if (!known) {
            noise_of(check, wcl_session_plan(session), &noise);
            known = bounds_of(check, &noise, bounds);
            if (!known)
                fail_msg("graph %llu: the interpreter refuses it with noise",
                         (unsigned long long)check->graph->seed);
        }
        if (status == WCL_OK)
            compare(check, outputs, bounds, out);
        for (int i = 0; i < check->graph->output_count; i++)
            wcl_tensor_clear(&outputs[i]);
    }
}

void check_open(const random_graph *graph, graph_check *check, outcome *out)
{
    *check = (graph_check){.graph = graph};
    *out = (outcome){.verdict = AGREES};
    if (!graph_run(graph, &check->data, NULL)) {
        out->verdict = INVALID;
        snprintf(out->text, sizeof out->text, "the interpreter refuses the network");
        return;
    }
    check->model = graph_model(graph);
    if (!check->model)
        fail_with(out, FAILS, "the builder");
}

void check_run(graph_check *check, const combination *c, outcome *out)
{
    wcl_device *device = test_device();
    const wcl__facts facts = device->facts;
    wcl_tensor inputs[GRAPH_VALUES];
    wcl_session *session = NULL;
    *out = (outcome){.verdict = AGREES};
    model_inputs(check, inputs);
    wcl_session_options options = set_up(check, c, inputs);
    if (c->level[FACTOR_SETTINGS] != SETTINGS_NONE)
        random_settings_draw(check->model, inputs, check->graph->seed,
                             c->level[FACTOR_SETTINGS] == SETTINGS_LAUNCH, &options, &out->settings);
    const bool limited = c->level[FACTOR_MEMORY] || c->level[FACTOR_DEVICE] == DEVICE_SMALL;
    if (wcl_session_create(device, check->model, &options, &session) != WCL_OK)
        fail_with(out, FAILS, "wcl_session_create");
    else
        run_session(check, session, inputs, out);
    if (out->verdict == REFUSED && !limited)
        out->verdict = FAILS;
    if (session && check->session_count < SESSIONS_MOST)
        check->sessions[check->session_count++] = session;
    else
        wcl_session_destroy(session);
    device->facts = facts;
}

void check_close(graph_check *check)
{
    for (int i = 0; i < check->session_count; i++)
        wcl_session_destroy(check->sessions[i]);
    wcl_model_destroy(check->model);
    graph_data_clear(&check->data);
}

void check_once(const random_graph *graph, const combination *c, outcome *out)
{
    graph_check check;
    check_open(graph, &check, out);
    if (out->verdict == AGREES)
        check_run(&check, c, out);
    check_close(&check);
}
