#include "support/network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/support.h"
#include "base/random.h"

static void need(wcl_status status, const char *what)
{
    if (status != WCL_OK)
        fail_msg("%s: %s: %s", what, wcl_status_string(status), wcl_last_error()->message);
}

const char *data_path(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/tests/data/%s", WINOCL_SOURCE_DIR, name);
    return path;
}

wcl_tensor load_values(const char *name)
{
    wcl_tensor tensor = {0};
    need(wcl_tensor_load(data_path(name), &tensor), name);
    return tensor;
}

wcl_model *load_network(const char *path)
{
    wcl_model *model = NULL;
    need(wcl_model_load(path, &model), path);
    return model;
}

wcl_session *open_session(wcl_model *model, const wcl_session_options *options)
{
    wcl_session *session = NULL;
    need(wcl_session_create(test_device(), model, options, &session), "wcl_session_create");
    return session;
}

wcl__facts cpu_facts(unsigned width)
{
    wcl__facts facts = test_device()->facts;
    facts.type = CL_DEVICE_TYPE_CPU;
    facts.compute_units = 2;
    facts.clock_mhz = 3000;
    facts.vector_width = width;
    facts.cache_bytes = 32 << 20;
    facts.local_bytes = 1 << 20;
    facts.max_work_group = 4096;
    return facts;
}

wcl_session_options cpu_options(wcl_conv_choice conv, wcl_dense_choice dense)
{
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.conv = conv;
    options.dense = dense;
    options.plan_as = WCL_PLAN_AS_CPU;
    return options;
}

wcl_plan *make_plan(wcl_model *model, const wcl_session_options *options, const wcl_tensor *inputs)
{
    wcl_plan *plan = NULL;
    need(wcl_plan_create(test_device(), model, options, inputs, &plan), "wcl_plan_create");
    return plan;
}

float *seeded_input(int64_t count)
{
    float *values = malloc((size_t)count * sizeof *values);
    assert_non_null(values);
    wcl_random_fill(values, count, wcl__mix64(0x696E707574), 1.0);
    return values;
}

float *run_network(wcl_session *session, const float *input, int64_t count, int64_t outputs)
{
    float *output = malloc((size_t)outputs * sizeof *output);
    assert_non_null(output);
    for (int64_t i = 0; i < outputs; i++)
        output[i] = NAN;
    need(wcl_session_run(session, input, count, output), "wcl_session_run");
    return output;
}

void check_values(const char *name, const float *got, const float *expected, int64_t count, double tolerance)
{
    double largest = 0, worst = -1;
    int64_t at = 0;
    for (int64_t i = 0; i < count; i++) {
        const double error = fabs((double)got[i] - (double)expected[i]);
        largest = fmax(largest, fabs((double)expected[i]));
        if (!(error <= worst)) { /* NaN too */
            worst = isnan(error) ? INFINITY : error;
            at = i;
        }
    }
    if (!(worst <= tolerance * largest))
        fail_msg("%s: element %lld is %.9g, expected %.9g; the largest is %.9g", name, (long long)at,
                 (double)got[at], (double)expected[at], largest);
}

/* ---- plans */

static int find_node(const wcl_plan *plan, const char *node, wcl_plan_node *found)
{
    for (int i = 0; i < wcl_plan_node_count(plan); i++) {
        *found = (wcl_plan_node)WCL_PLAN_NODE_INIT;
        need(wcl_plan_get_node(plan, i, found), "wcl_plan_get_node");
        if (strcmp(found->name, node) == 0 && strcmp(found->op, "Layout") != 0)
            return i;
    }
    return -1;
}

const char *plan_algorithm(const wcl_plan *plan, const char *node)
{
    wcl_plan_node found;
    return find_node(plan, node, &found) >= 0 ? found.algorithm : "";
}

wcl_plan_node plan_find(const wcl_plan *plan, const char *node)
{
    wcl_plan_node found = WCL_PLAN_NODE_INIT;
    if (find_node(plan, node, &found) < 0)
        fail_msg("the plan has no node %s", node);
    return found;
}

int plan_count(const wcl_plan *plan, const char *op, const char *algorithm)
{
    int count = 0;
    for (int i = 0; i < wcl_plan_node_count(plan); i++) {
        wcl_plan_node node = WCL_PLAN_NODE_INIT;
        need(wcl_plan_get_node(plan, i, &node), "wcl_plan_get_node");
        count += (!op || strcmp(node.op, op) == 0) && (!algorithm || strcmp(node.algorithm, algorithm) == 0);
    }
    return count;
}

/* ---- building */

wcl_builder *net_begin(void)
{
    wcl_builder *builder = NULL;
    need(wcl_builder_create(&builder), "wcl_builder_create");
    return builder;
}

void net_input(wcl_builder *builder, const char *name, int rank, const int64_t *dims)
{
    need(wcl_builder_input(builder, name, WCL_FLOAT32, rank, dims), name);
}

void net_random(wcl_builder *builder, const char *name, int rank, const int64_t *dims, uint64_t ordinal,
                double deviation)
{
    need(wcl_builder_random(builder, name, rank, dims, wcl__random_key(test_seed(), ordinal), deviation),
         name);
}

static void add_constant(wcl_builder *builder, const char *name, wcl_type type, int rank, const int64_t *dims,
                         const void *values)
{
    wcl_tensor tensor = {.type = type, .rank = rank, .data = (void *)values};
    for (int d = 0; d < rank; d++)
        tensor.dims[d] = dims[d];
    need(wcl_builder_constant(builder, name, &tensor), name);
}

void net_floats(wcl_builder *builder, const char *name, int rank, const int64_t *dims, const float *values)
{
    add_constant(builder, name, WCL_FLOAT32, rank, dims, values);
}

void net_ints(wcl_builder *builder, const char *name, int64_t count, const int64_t *values)
{
    add_constant(builder, name, WCL_INT64, 1, &count, values);
}

enum { MOST_NAMES = 8 };

typedef struct words {
    char text[256];
    const char *list[MOST_NAMES];
    size_t count;
} words;

static void split(const char *text, words *out)
{
    out->count = 0;
    assert_true(strlen(text) < sizeof out->text);
    strcpy(out->text, text);
    char *rest = NULL;
    for (char *word = strtok_r(out->text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        assert_true(out->count < MOST_NAMES);
        out->list[out->count++] = strcmp(word, "-") == 0 ? "" : word;
    }
}

wcl_status net_try(wcl_builder *builder, const char *op, const char *name, const char *inputs,
                   const char *outputs, const wcl_attribute *attributes, size_t count)
{
    words in, out;
    split(inputs, &in);
    split(outputs, &out);
    return wcl_builder_node(builder, op, name, in.list, in.count, out.list, out.count, attributes, count);
}

void net_node(wcl_builder *builder, const char *op, const char *name, const char *inputs, const char *outputs)
{
    need(net_try(builder, op, name, inputs, outputs, NULL, 0), name);
}

void net_node_ints(wcl_builder *builder, const char *op, const char *name, const char *inputs,
                   const char *outputs, const char *attribute, size_t count, const int64_t *values)
{
    const wcl_attribute list = {
        .name = attribute, .kind = WCL_ATTRIBUTE_INTS, .ints = values, .count = count};
    need(net_try(builder, op, name, inputs, outputs, &list, 1), name);
}

void net_node_int(wcl_builder *builder, const char *op, const char *name, const char *inputs,
                  const char *outputs, const char *attribute, int64_t value)
{
    const wcl_attribute one = {.name = attribute, .kind = WCL_ATTRIBUTE_INT, .i = value};
    need(net_try(builder, op, name, inputs, outputs, &one, 1), name);
}

void net_conv(wcl_builder *builder, const char *name, const char *input, const char *output, int64_t channels,
              int64_t filters, int64_t k, uint64_t ordinal)
{
    char weight[64], bias[64], inputs[200];
    const int64_t pad[] = {k / 2, k / 2, k / 2, k / 2};
    snprintf(weight, sizeof weight, "%s_w", name);
    snprintf(bias, sizeof bias, "%s_b", name);
    snprintf(inputs, sizeof inputs, "%s %s %s", input, weight, bias);
    net_random(builder, weight, NET_DIMS(filters, channels, k, k), ordinal,
               sqrt(2.0 / (double)(channels * k * k)));
    net_random(builder, bias, NET_DIMS(filters), ordinal + 1, 0.1);
    net_node_ints(builder, "Conv", name, inputs, output, "pads", 4, pad);
}

wcl_model *net_end(wcl_builder *builder, const char *outputs)
{
    words out;
    wcl_model *model = NULL;
    split(outputs, &out);
    for (size_t i = 0; i < out.count; i++)
        need(wcl_builder_output(builder, out.list[i]), out.list[i]);
    need(wcl_builder_finish(builder, &model), "wcl_builder_finish");
    wcl_builder_destroy(builder);
    return model;
}
