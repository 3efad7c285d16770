/* Every kernel family with every parameter that a user may set: the value is in the plan, and either in a
 * kernel's build options or in what is launched, and the network's result stays what it was. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/registry.h"
#include "runtime/kernel_set.h"
#include "support/network.h"
#include "support/support.h"
#include "base/text.h"

/* ---- networks, each with a node "node"; all inputs have whole shapes */

static wcl_builder *with_input(int rank, const int64_t *dims)
{
    wcl_builder *builder = net_begin();
    net_input(builder, "x", rank, dims);
    return builder;
}

static wcl_model *flat_sum(void)
{
    wcl_builder *builder = with_input(NET_DIMS(3, 5, 7));
    net_input(builder, "z", NET_DIMS(3, 5, 7));
    net_node(builder, "Add", "node", "x z", "y");
    return net_end(builder, "y");
}

static wcl_model *channel_product(void)
{
    wcl_builder *builder = with_input(NET_DIMS(2, 7, 5, 9));
    net_random(builder, "scale", NET_DIMS(1, 7, 1, 1), 1, 1.0);
    net_node(builder, "Mul", "node", "x scale", "y");
    return net_end(builder, "y");
}

static wcl_model *broadcast_sum(void)
{
    wcl_builder *builder = with_input(NET_DIMS(3, 5, 7));
    net_input(builder, "z", NET_DIMS(5, 1));
    net_node(builder, "Add", "node", "x z", "y");
    return net_end(builder, "y");
}

static wcl_model *max_pool(void)
{
    wcl_builder *builder = with_input(NET_DIMS(2, 7, 9, 11));
    net_node_ints(builder, "MaxPool", "node", "x", "y", "kernel_shape", 2, (int64_t[]){3, 3});
    return net_end(builder, "y");
}

static wcl_model *global_pool(void)
{
    wcl_builder *builder = with_input(NET_DIMS(2, 7, 9, 11));
    net_node(builder, "GlobalAveragePool", "node", "x", "y");
    return net_end(builder, "y");
}

static wcl_model *batch_norm(void)
{
    static const float positive[7] = {1, 2, 3, 4, 5, 6, 7};
    wcl_builder *builder = with_input(NET_DIMS(2, 7, 5, 9));
    for (int i = 0; i < 3; i++)
        net_random(builder, i == 0 ? "scale" : i == 1 ? "shift" : "mean", NET_DIMS(7), (uint64_t)i, 1.0);
    net_floats(builder, "variance", NET_DIMS(7), positive);
    net_node(builder, "BatchNormalization", "node", "x scale shift mean variance", "y");
    return net_end(builder, "y");
}

static wcl_model *one_node(const char *op, int rank, const int64_t *dims)
{
    wcl_builder *builder = with_input(rank, dims);
    net_node(builder, op, "node", "x", "y");
    return net_end(builder, "y");
}

static wcl_model *activation(void)
{
    return one_node("Tanh", NET_DIMS(2, 7, 5, 9));
}

static wcl_model *softmax(void)
{
    return one_node("Softmax", NET_DIMS(9, 700));
}

static wcl_model *topk(void)
{
    wcl_builder *builder = with_input(NET_DIMS(9, 70));
    net_ints(builder, "k", 1, (int64_t[]){3});
    net_node(builder, "TopK", "node", "x k", "y");
    return net_end(builder, "y");
}

/* The dimensions that it joins leave five to walk. */
static wcl_model *slice(void)
{
    wcl_builder *builder = with_input(NET_DIMS(4, 9, 5, 6, 7));
    net_ints(builder, "starts", 2, (int64_t[]){1, 2});
    net_ints(builder, "ends", 2, (int64_t[]){9, 6});
    net_ints(builder, "axes", 2, (int64_t[]){1, 4});
    net_node(builder, "Slice", "node", "x starts ends axes", "y");
    return net_end(builder, "y");
}

static wcl_model *gather(void)
{
    wcl_builder *builder = with_input(NET_DIMS(4, 9, 5));
    net_ints(builder, "indices", 3, (int64_t[]){8, 0, 3});
    net_node_int(builder, "Gather", "node", "x indices", "y", "axis", 1);
    return net_end(builder, "y");
}

static wcl_model *depthwise(void)
{
    const int64_t pads[] = {1, 1, 1, 1};
    const wcl_attribute list[] = {{.name = "pads", .kind = WCL_ATTRIBUTE_INTS, .ints = pads, .count = 4},
                                  {.name = "group", .kind = WCL_ATTRIBUTE_INT, .i = 20}};
    wcl_builder *builder = with_input(NET_DIMS(2, 20, 9, 13));
    net_random(builder, "w", NET_DIMS(20, 1, 3, 3), 1, 0.3);
    assert_int_equal(net_try(builder, "Conv", "node", "x w", "y", list, 2), WCL_OK);
    return net_end(builder, "y");
}

/* Of odd sizes, with filters for more than one block. */
static wcl_model *conv3(void)
{
    wcl_builder *builder = with_input(NET_DIMS(2, 20, 11, 13));
    net_conv(builder, "node", "x", "y", 20, 36, 3, 1);
    return net_end(builder, "y");
}

/* Many sums for few pixels: on a GPU they are made in parts. */
static wcl_model *deep_conv(void)
{
    wcl_builder *builder = with_input(NET_DIMS(1, 600, 5, 5));
    net_conv(builder, "node", "x", "y", 600, 36, 1, 1);
    return net_end(builder, "y");
}

static wcl_model *dense(int64_t vectors)
{
    wcl_builder *builder = with_input(NET_DIMS(vectors, 260));
    net_random(builder, "w", NET_DIMS(260, 44), 1, 0.1);
    net_random(builder, "b", NET_DIMS(44), 2, 0.1);
    net_node(builder, "Gemm", "node", "x w b", "y");
    return net_end(builder, "y");
}

static wcl_model *dense_vector(void)
{
    return dense(1);
}

static wcl_model *dense_vectors(void)
{
    return dense(5);
}

static wcl_model *product(void)
{
    wcl_builder *builder = with_input(NET_DIMS(6, 33));
    net_input(builder, "z", NET_DIMS(33, 21));
    net_node(builder, "MatMul", "node", "x z", "y");
    return net_end(builder, "y");
}

static wcl_model *lrn(void)
{
    wcl_builder *builder = with_input(NET_DIMS(2, 20, 5, 7));
    net_node_int(builder, "LRN", "node", "x", "y", "size", 5);
    return net_end(builder, "y");
}

/* A convolution's output goes from blocks to C order: the conversion has the tensor's name. */
static wcl_model *conversion(void)
{
    wcl_builder *builder = with_input(NET_DIMS(2, 20, 11, 13));
    net_conv(builder, "conv", "x", "node", 20, 36, 3, 1);
    return net_end(builder, "node");
}

/* ---- cases */

#define TILED "pb=16 kb=16 ks=16 ip=4 ik=4 buffering=0 unroll=4 lanes=1 subgroup=0"
#define TILED_VALUES "pb=32|kb=8|ks=32|ip=8|ik=8|buffering=1|buffering=2|unroll=8|lanes=4|subgroup=16"

/* given: values that all runs of the case have. values: each in turn, beside them. */
static const struct {
    const char *family;
    wcl_model *(*build)(void);
    const char *given, *values;
    wcl_plan_as kind;
    wcl_conv_choice conv;
    wcl_dense_choice dense;
    wcl_precision precision;
} cases[] = {
    {"binary_flat", flat_sum, "cb=4 group=64", "cb=1|cb=2|cb=8|cb=16|group=1|group=7",
     .kind = WCL_PLAN_AS_CPU},
    {"binary_channel", channel_product, "group_x=4 group_y=1", "group_x=3|group_y=5",
     .kind = WCL_PLAN_AS_CPU},
    {"binary_broadcast", broadcast_sum, "group_x=4 group_y=1", "group_x=3|group_y=5",
     .kind = WCL_PLAN_AS_CPU},
    {"pool", max_pool, "group=64", "group=1|group=7", .kind = WCL_PLAN_AS_CPU},
    {"pool_global", global_pool, "group=1", "group=7", .kind = WCL_PLAN_AS_CPU},
    {"pool_group", global_pool, "items=32", "items=2|items=64", .kind = WCL_PLAN_AS_GPU},
    {"affine", batch_norm, "group=64", "group=1|group=7", .kind = WCL_PLAN_AS_CPU},
    {"activation", activation, "cb=4 group=64", "cb=1|cb=2|cb=8|cb=16|group=1|group=7",
     .kind = WCL_PLAN_AS_CPU},
    {"strided", slice, "group_x=4 group_y=1", "group_x=3|group_y=5", .kind = WCL_PLAN_AS_CPU},
    {"gather", gather, "group_x=4 group_y=1", "group_x=3|group_y=5", .kind = WCL_PLAN_AS_CPU},
    {"conv_depthwise", depthwise, "out_w=4 group_x=1 group_y=1 group_z=1",
     "out_w=1|out_w=16|group_x=3|group_y=2|group_z=5", .kind = WCL_PLAN_AS_CPU, .conv = WCL_CONV_DIRECT},
    {"conv_direct", conv3, "out_w=4 kb=1 group_x=1 group_y=1 group_z=1",
     "out_w=1|out_w=16|kb=2|kb=3|group_x=3|group_y=2|group_z=5", .kind = WCL_PLAN_AS_CPU,
     .conv = WCL_CONV_DIRECT},
    {"conv_gemm", conv3, "pb=4 kb=1 gather=1 filters_first=0", "pb=1|pb=7|kb=2|kb=3|kb=4|filters_first=1",
     .kind = WCL_PLAN_AS_CPU, .conv = WCL_CONV_GEMM},
    {"conv_gemm", deep_conv, "pb=4 kb=1 gather=1 filters_first=0", "gather=0", .kind = WCL_PLAN_AS_CPU,
     .conv = WCL_CONV_GEMM},
    {"conv_tiled", conv3, TILED " parts=1", TILED_VALUES, .kind = WCL_PLAN_AS_GPU, .conv = WCL_CONV_GEMM},
    {"conv_tiled", deep_conv, TILED " parts=4", "parts=2|parts=32", .kind = WCL_PLAN_AS_GPU,
     .conv = WCL_CONV_GEMM},
    {"conv_tiled", conv3, TILED " parts=1", "kb=8|ks=32", .kind = WCL_PLAN_AS_GPU, .conv = WCL_CONV_GEMM,
     .precision = WCL_HALF_WEIGHTS},
    {"conv_tiled", dense_vectors, TILED " parts=1", TILED_VALUES, .kind = WCL_PLAN_AS_GPU,
     .dense = WCL_DENSE_GEMM},
    {"winograd", conv3, "pb=4 kb=1 written_out=0 group=1 chunk=1024",
     "pb=8|kb=2|part_lanes=1|written_out=1|group=7|chunk=4|chunk=12", .kind = WCL_PLAN_AS_CPU,
     .conv = WCL_CONV_F2},
    {"winograd", conv3, "pb=4 kb=1 part_lanes=1 written_out=1 group=1 chunk=1024",
     "pb=8|kb=3|written_out=0|chunk=8", .kind = WCL_PLAN_AS_CPU, .conv = WCL_CONV_F2,
     .precision = WCL_HALF_WEIGHTS},
    {"winograd_tiled", conv3, TILED " part_lanes=1 written_out=1 group=16 chunk=1024",
     TILED_VALUES "|part_lanes=4|written_out=0|group=7|chunk=32", .kind = WCL_PLAN_AS_GPU,
     .conv = WCL_CONV_F2},
    {"winograd_tiled", conv3, TILED " part_lanes=1 written_out=1 group=16 chunk=1024", "kb=8|chunk=16",
     .kind = WCL_PLAN_AS_GPU, .conv = WCL_CONV_F4, .precision = WCL_HALF_WEIGHTS},
    {"winograd_tiled", conv3, TILED " part_lanes=1 written_out=1 group=16 chunk=1024",
     "pb=32|written_out=0|chunk=16", .kind = WCL_PLAN_AS_GPU, .conv = WCL_CONV_F6},
    {"winograd_fused", conv3, "pb=2 kb=1 chunk=4", "pb=1|pb=4|kb=2|chunk=2|chunk=8", .kind = WCL_PLAN_AS_CPU,
     .conv = WCL_CONV_F4},
    {"winograd_fused", conv3, "pb=2 kb=1 chunk=4", "pb=1|pb=4|kb=2|chunk=2|chunk=8", .kind = WCL_PLAN_AS_CPU,
     .conv = WCL_CONV_F6},
    {"dense", dense_vector, "cb=4 outputs=4 batch=1 slice=44", "cb=1|cb=16|outputs=3|batch=2|slice=7|slice=1",
     .kind = WCL_PLAN_AS_CPU, .dense = WCL_DENSE_GEMV},
    {"dense", dense_vectors, "cb=4 outputs=4 batch=1 slice=44", "cb=8|outputs=1|batch=4|slice=13",
     .kind = WCL_PLAN_AS_CPU, .dense = WCL_DENSE_GEMM, .precision = WCL_HALF_WEIGHTS},
    {"dense_group", dense_vector, "items=32 outputs=2 batch=1 unroll=4 slice=44",
     "items=8|items=64|outputs=3|batch=2|unroll=1|slice=8", .kind = WCL_PLAN_AS_GPU, .dense = WCL_DENSE_GEMV},
    {"dense_group", dense_vector, "items=32 outputs=2 batch=1 unroll=4 slice=44",
     "items=64|outputs=8|unroll=2|slice=1|slice=5", .kind = WCL_PLAN_AS_GPU, .dense = WCL_DENSE_GEMV,
     .precision = WCL_HALF_WEIGHTS},
    {"clblast", dense_vector, "slice=44", "slice=7", .kind = WCL_PLAN_AS_CPU, .dense = WCL_DENSE_CLBLAST},
    {"clblast", dense_vectors, "slice=44", "slice=7", .kind = WCL_PLAN_AS_CPU, .dense = WCL_DENSE_CLBLAST},
    {"matmul", product, "group=16", "group=1|group=5", .kind = WCL_PLAN_AS_CPU},
    {"lrn", lrn, "group=64", "group=1|group=7", .kind = WCL_PLAN_AS_CPU},
    {"softmax", softmax, "group=1", "group=5", .kind = WCL_PLAN_AS_CPU},
    {"topk", topk, "group=1", "group=5", .kind = WCL_PLAN_AS_CPU},
    {"softmax_group", softmax, "items=64", "items=2|items=256", .kind = WCL_PLAN_AS_GPU},
    {"convert", conversion, "group=64", "group=1|group=7", .kind = WCL_PLAN_AS_CPU, .conv = WCL_CONV_GEMM},
};

/* ---- what a plan has for "node" */

static const wcl__planned *planned_by(const wcl_plan *plan, const char *family, int *index)
{
    for (size_t i = 0; i < plan->node_count; i++)
        if (plan->nodes[i].config.family && strcmp(plan->nodes[i].name, "node") == 0 &&
            strcmp(plan->nodes[i].config.family->family, family) == 0) {
            *index = (int)i;
            return &plan->nodes[i];
        }
    fail_msg("%s: nothing runs by it", family);
    return NULL;
}

static void add_bytes(wcl__text *text, const void *data, size_t count)
{
    for (size_t i = 0; i < count; i++)
        wcl__text_add(text, "%02x", ((const unsigned char *)data)[i]);
    wcl__text_add(text, "\n");
}

static void add_call(wcl__text *text, const wcl__call *call, const wcl__resolved *resolved)
{
    wcl__text_add(text, "%s %s\n", resolved->program, resolved->options);
    for (int i = 0; i < 3; i++)
        wcl__text_add(text, "%zu of %zu, ", resolved->range.local[i], resolved->range.global[i]);
    for (int i = 0; i < call->arg_count; i++) {
        wcl__text_add(text, "%d %d %zu ", call->args[i].kind, call->args[i].slot, call->args[i].size);
        if (call->args[i].kind == WCL__ARG_VALUE)
            add_bytes(text, call->args[i].value, call->args[i].size);
    }
    wcl__text_add(text, "\n");
}

static bool reads(const wcl__call *call, const char *field)
{
    const wcl__param_table *family = call->config.family;
    for (int i = 0; family && i < family->count; i++)
        if (strcmp(family->fields[i].name, field) == 0)
            return !call->reads || wcl__has_word(call->reads, field);
    return false;
}

/* All that is launched for the node. *read: some kernel's code depends on the field; *built: one is built
 * with "-DFIELD=VALUE". */
static void describe(const wcl_plan *plan, int node, const char *field, const char *option, wcl__text *text,
                     bool *read, bool *built)
{
    wcl__resolved resolved;
    *text = (wcl__text){0};
    *read = *built = false;
    for (size_t i = 0; i < plan->steps.step_count; i++) {
        const wcl__step *step = &plan->steps.steps[i];
        if (step->node != node)
            continue;
        wcl__text_add(text, "step of kind %d\n", step->kind);
        if (step->kind == WCL__STEP_BLAS)
            add_bytes(text, &step->blas, sizeof step->blas);
        if (!step->call.kernel)
            continue;
        assert_int_equal(wcl__portable_kernels.resolve(&step->call, &resolved), WCL_OK);
        add_call(text, &step->call, &resolved);
        *read = *read || reads(&step->call, field);
        *built = *built || wcl__has_word(resolved.options, option);
    }
    assert_false(text->failed);
}

/* ---- running */

typedef struct values {
    wcl_tensor tensor;
    float *data[2]; /* of the inputs */
} values;

static void fill_inputs(wcl_model *model, wcl_tensor inputs[2], values *out)
{
    for (int i = 0; i < wcl_model_input_count(model); i++) {
        int64_t count = 1;
        assert_int_equal(wcl_model_input_info(model, i, &inputs[i]), WCL_OK);
        for (int d = 0; d < inputs[i].rank; d++)
            count *= inputs[i].dims[d];
        out->data[i] = malloc((size_t)count * sizeof(float));
        assert_non_null(out->data[i]);
        test_fill(out->data[i], count, (uint64_t)(100 + i), 1.0);
        inputs[i].data = out->data[i];
        inputs[i].bytes = (size_t)count * sizeof(float);
    }
}

static wcl_tensor run(wcl_model *model, const wcl_session_options *options)
{
    wcl_tensor inputs[2] = {0}, output = {0};
    values v = {0};
    fill_inputs(model, inputs, &v);
    wcl_session *session = open_session(model, options);
    if (wcl_session_run_tensors(session, inputs, &output) != WCL_OK)
        fail_msg("%s: %s", options->settings[options->setting_count - 1], wcl_last_error()->message);
    wcl_session_destroy(session);
    free(v.data[0]);
    free(v.data[1]);
    return output;
}

/* ---- the checks */

static wcl_session_options options_of(size_t c, const char *const *settings, size_t count)
{
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.plan_as = cases[c].kind;
    options.conv = cases[c].conv;
    options.dense = cases[c].dense;
    options.precision = cases[c].precision;
    options.settings = settings;
    options.setting_count = count;
    return options;
}

static void check_result(const char *name, const wcl_tensor *got, const wcl_tensor *expected,
                         wcl__bound bound)
{
    enum { REDUCTION = 1024 };
    const wcl__shape shape = wcl__shape_of(expected->rank, expected->dims);
    assert_int_equal(got->bytes, expected->bytes);
    test_compare_floats(name, got->data, expected->data, &shape, bound, REDUCTION);
}

static wcl__bound bound_of(size_t c)
{
    return cases[c].conv == WCL_CONV_F6   ? WCL__F6
           : cases[c].conv == WCL_CONV_F4 ? WCL__F4
           : cases[c].conv == WCL_CONV_F2 ? WCL__F2
                                          : WCL__SUM;
}

/* "pb=7": as a plan prints it, and as a kernel is built with it. */
static void check_value(size_t c, wcl_model *model, const char *given, const char *value,
                        const wcl_tensor *expected)
{
    char setting[200], field[32], option[48] = "-D", message[256];
    const char *settings[] = {given, setting};
    wcl__text before, after;
    int node = -1;
    bool read, built, was_built;
    snprintf(setting, sizeof setting, "%s:node=%s", cases[c].family, value);
    snprintf(message, sizeof message, "case %zu: %s", c, setting);
    snprintf(field, sizeof field, "%.*s", (int)strcspn(value, "="), value);
    for (size_t i = 0; i <= strlen(value); i++)
        option[2 + i] = (char)(value[i] >= 'a' && value[i] <= 'z' ? value[i] - 'a' + 'A' : value[i]);
    const wcl_session_options with = options_of(c, settings, 2), without = options_of(c, settings, 1);
    wcl_plan *plan = make_plan(model, &without, NULL);
    planned_by(plan, cases[c].family, &node);
    describe(plan, node, field, option, &before, &read, &was_built);
    wcl_plan_destroy(plan);
    plan = make_plan(model, &with, NULL);
    const wcl__planned *planned = planned_by(plan, cases[c].family, &node);
    if (wcl_plan_note_count(plan) > 0 || !wcl__has_word(planned->parameters, value))
        fail_msg("%s: the plan has \"%s\"", message, planned->parameters);
    describe(plan, node, field, option, &after, &read, &built);
    if (read ? was_built || !built : strcmp(before.data, after.data) == 0)
        fail_msg("%s: nothing else is %s: %s", message, read ? "built" : "launched", after.data);
    wcl_plan_destroy(plan);
    wcl__text_clear(&before);
    wcl__text_clear(&after);
    wcl_tensor got = run(model, &with);
    check_result(message, &got, expected, bound_of(c));
    wcl_tensor_clear(&got);
}

static void test_values(void **state)
{
    (void)state;
    for (size_t c = 0; c < WCL__COUNT(cases); c++) {
        char given[300], list[300], *rest = NULL;
        const char *settings[] = {given};
        wcl_model *model = cases[c].build();
        snprintf(given, sizeof given, "%s=%s", cases[c].family, cases[c].given);
        snprintf(list, sizeof list, "%s", cases[c].values);
        const wcl_session_options none = options_of(c, settings, 0), base = options_of(c, settings, 1);
        wcl_tensor expected = run(model, &none), got = run(model, &base);
        check_result(given, &got, &expected, bound_of(c));
        for (char *value = strtok_r(list, "|", &rest); value; value = strtok_r(NULL, "|", &rest))
            check_value(c, model, given, value, &expected);
        wcl_tensor_clear(&expected);
        wcl_tensor_clear(&got);
        wcl_model_destroy(model);
    }
}

/* ---- every field has a case */

static bool has_case(const wcl__param_table *family, const char *field)
{
    char first[40], later[40];
    snprintf(first, sizeof first, "%s=", field);
    snprintf(later, sizeof later, "|%s=", field);
    for (size_t c = 0; c < WCL__COUNT(cases); c++)
        if (strcmp(cases[c].family, family->family) == 0 &&
            (strncmp(cases[c].values, first, strlen(first)) == 0 || strstr(cases[c].values, later)))
            return true;
    return false;
}

static void test_all_are_covered(void **state)
{
    const wcl__param_table *family;
    (void)state;
    for (size_t i = 0; (family = wcl__family_at(i)) != NULL; i++)
        for (int k = 0; k < family->count; k++) {
            const wcl__param_field *field = &family->fields[k];
            const bool free = field->least < field->most && !wcl__has_word(family->follows, field->name);
            if (free != has_case(family, field->name))
                fail_msg("%s: %s %s", family->family, field->name,
                         free ? "is in no case" : "cannot be set, but is in a case");
        }
}

/* ---- what the header tells of them */

static void test_public(void **state)
{
    wcl_parameter parameter = WCL_PARAMETER_INIT;
    int seen = 0;
    (void)state;
    for (int i = 0; i < wcl_family_count(); i++) {
        const wcl__param_table *family = wcl__family_at((size_t)i);
        assert_string_equal(wcl_family_name(i), family->family);
        assert_ptr_equal(wcl__family_find(family->family, strlen(family->family)), family);
        assert_non_null(wcl_family_operator(i, 0));
        assert_int_equal(wcl_family_parameter_count(i), family->count);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(wcl_family_name(k), family->family);
        for (int k = 0; k < family->count; k++) {
            parameter.size = sizeof parameter;
            assert_int_equal(wcl_family_parameter(i, k, &parameter), WCL_OK);
            assert_string_equal(parameter.name, family->fields[k].name);
            assert_string_equal(parameter.meaning, family->fields[k].meaning);
            assert_int_equal(parameter.least, family->fields[k].least);
            assert_int_equal(parameter.most, family->fields[k].most);
            assert_int_equal(parameter.standard, family->fields[k].standard);
            seen += !parameter.follows;
        }
    }
    assert_true(seen > 50);
    for (int i = -1; i <= wcl_family_count(); i += wcl_family_count() + 1) {
        assert_null(wcl_family_name(i));
        assert_null(wcl_family_operator(i, 0));
        assert_int_equal(wcl_family_parameter_count(i), 0);
        assert_int_equal(wcl_family_parameter(i, 0, &parameter), WCL_BAD_ARGUMENT);
    }
    assert_int_equal(wcl_family_parameter(0, -1, &parameter), WCL_BAD_ARGUMENT);
    assert_int_equal(wcl_family_parameter(0, wcl_family_parameter_count(0), &parameter), WCL_BAD_ARGUMENT);
    parameter.size = 0;
    assert_int_equal(wcl_family_parameter(0, 0, &parameter), WCL_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public),
        cmocka_unit_test(test_all_are_covered),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
