/* Networks by name, from tables, through the public builder. Weights are seeded (He et al., arXiv:1502.01852:
 * deviation sqrt(2 / inputs of a unit)); each random tensor's key comes from the seed and its place in the
 * order of creation.
 *
 *   lenet5   LeCun et al., Gradient-based learning applied to document recognition, 1998 (with average pools,
 * tanh and padding) alexnet  Krizhevsky et al., ImageNet classification with deep convolutional neural
 * networks, 2012 (groups and LRN as there) vgg      Simonyan, Zisserman, arXiv:1409.1556, table 1:
 * configurations A, B, D, E */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/desc.h"
#include "formats/formats.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/random.h"

enum kind {
    END,
    CONV,
    RELU,
    TANH,
    SOFTMAX,
    MAX_POOL,
    AVERAGE_POOL,
    LRN,
    FLATTEN,
    DENSE,
    DROPOUT,
    NORM,
    KIND_COUNT
};

/* units: channels or outputs, 0: the number of classes */
struct layer {
    enum kind kind;
    int units, kernel, stride, pad, groups;
};

/* clang-format off */
static const struct layer lenet5[] = {
    {CONV, 6, 5, 1, 2, 1}, {.kind = TANH}, {AVERAGE_POOL, 0, 2, 2, 0, 1},
    {CONV, 16, 5, 1, 0, 1}, {.kind = TANH}, {AVERAGE_POOL, 0, 2, 2, 0, 1},
    {.kind = FLATTEN},
    {DENSE, .units = 120}, {.kind = TANH},
    {DENSE, .units = 84}, {.kind = TANH},
    {.kind = DENSE}, {.kind = SOFTMAX}, {.kind = END},
};
static const struct layer alexnet[] = {
    {CONV, 96, 11, 4, 0, 1}, {.kind = RELU}, {.kind = LRN}, {MAX_POOL, 0, 3, 2, 0, 1},
    {CONV, 256, 5, 1, 2, 2}, {.kind = RELU}, {.kind = LRN}, {MAX_POOL, 0, 3, 2, 0, 1},
    {CONV, 384, 3, 1, 1, 1}, {.kind = RELU},
    {CONV, 384, 3, 1, 1, 2}, {.kind = RELU},
    {CONV, 256, 3, 1, 1, 2}, {.kind = RELU}, {MAX_POOL, 0, 3, 2, 0, 1}, {.kind = END},
};
/* what AlexNet and VGG share behind their last pool */
static const struct layer classifier[] = {
    {.kind = FLATTEN},
    {DENSE, .units = 4096}, {.kind = RELU}, {.kind = DROPOUT},
    {DENSE, .units = 4096}, {.kind = RELU}, {.kind = DROPOUT},
    {.kind = DENSE}, {.kind = SOFTMAX}, {.kind = END},
};
/* clang-format on */

enum { STAGES = 5 };
static const int vgg_channels[STAGES] = {64, 128, 256, 512, 512};

static const struct network {
    const char *name;
    const struct layer *layers, *tail; /* layers NULL: VGG with so many convolutions in each stage */
    int convolutions[STAGES];
    int channels, size, classes; /* input channels; the standard size and number of classes */
    const char *preprocess;
} networks[] = {
    {"lenet5", lenet5, NULL, {0}, 1, 28, 10, "unit"},
    {"alexnet", alexnet, classifier, {0}, 3, 227, 1000, "torchvision"},
    {"vgg11", NULL, classifier, {1, 1, 2, 2, 2}, 3, 224, 1000, "torchvision"},
    {"vgg13", NULL, classifier, {2, 2, 2, 2, 2}, 3, 224, 1000, "torchvision"},
    {"vgg16", NULL, classifier, {2, 2, 3, 3, 3}, 3, 224, 1000, "torchvision"},
    {"vgg19", NULL, classifier, {2, 2, 4, 4, 4}, 3, 224, 1000, "torchvision"},
};

/* What the name asks for. */
struct request {
    const struct network *network;
    bool norm; /* batch normalisation after each convolution */
    uint64_t size, classes, seed;
};
enum { MAX_SIZE = 16384, MAX_CLASSES = 1000000 };

typedef struct {
    char text[64];
} name_text;

/* The network so far. */
struct state {
    wcl_builder *builder;
    uint64_t seed, ordinal;          /* of the next random tensor */
    int64_t channels, height, width; /* of the tip; a vector is channels x 1 x 1 */
    name_text tip;                   /* the tensor that the next layer reads */
    int counts[KIND_COUNT];          /* layers of each name */
    int64_t classes;
};

/* ONNX's operator, the layer's name as Keras gives it, and the kind that counts it */
static const struct {
    const char *op, *name;
    enum kind counter;
} kinds[KIND_COUNT] = {
    [CONV] = {"Conv", "conv2d", CONV},
    [RELU] = {"Relu", "activation", RELU},
    [TANH] = {"Tanh", "activation", RELU},
    [SOFTMAX] = {"Softmax", "activation", RELU},
    [MAX_POOL] = {"MaxPool", "max_pooling2d", MAX_POOL},
    [AVERAGE_POOL] = {"AveragePool", "average_pooling2d", AVERAGE_POOL},
    [LRN] = {"LRN", "lrn", LRN},
    [FLATTEN] = {"Flatten", "flatten", FLATTEN},
    [DENSE] = {"Gemm", "dense", DENSE},
    [DROPOUT] = {"Dropout", "dropout", DROPOUT},
    [NORM] = {"BatchNormalization", "batch_normalization", NORM},
};

static const char output_name[] = "predictions";

static name_text join(const char *layer, const char *part)
{
    name_text name;
    snprintf(name.text, sizeof name.text, "%.40s/%.20s", layer, part);
    return name;
}

static wcl_status random_tensor(struct state *state, const char *name, int rank, const int64_t *dims,
                                double deviation)
{
    return wcl_builder_random(state->builder, name, rank, dims,
                              wcl__random_key(state->seed, state->ordinal++), deviation);
}

/* A node that reads the tip and its parameters, and becomes the tip. */
struct node {
    enum kind kind;
    const name_text *name;
    const name_text *parameters; /* behind the tip, at most MAX_PARAMETERS */
    size_t parameter_count;
    const wcl_attribute *attributes;
    size_t attribute_count;
};
enum { MAX_PARAMETERS = 4 };

static wcl_status add_node(struct state *state, const struct node *node)
{
    const name_text input = state->tip;
    const char *inputs[1 + MAX_PARAMETERS] = {input.text};
    const char *output;
    for (size_t i = 0; i < node->parameter_count; i++)
        inputs[i + 1] = node->parameters[i].text;
    state->tip = *node->name;
    if (node->kind == SOFTMAX)
        snprintf(state->tip.text, sizeof state->tip.text, "%s", output_name);
    output = state->tip.text;
    return wcl_builder_node(state->builder, kinds[node->kind].op, node->name->text, inputs,
                            node->parameter_count + 1, &output, 1, node->attributes, node->attribute_count);
}

/* The tip's size behind a window; WCL_BAD_ARGUMENT if the window is larger than the tip. */
static wcl_status shrink(struct state *state, const struct layer *layer, const char *name)
{
    wcl__window_axis axis = {.size = state->height,
                             .kernel = layer->kernel,
                             .stride = layer->stride,
                             .dilation = 1,
                             .pad_before = layer->pad,
                             .pad_after = layer->pad};
    const int64_t height = wcl__window_output(&axis);
    axis.size = state->width;
    const int64_t width = wcl__window_output(&axis);
    if (height < 1 || width < 1)
        return wcl__fail(WCL_BAD_ARGUMENT, "size is too small: %s has a %dx%d window for %lldx%lld", name,
                         layer->kernel, layer->kernel, (long long)state->height, (long long)state->width);
    state->height = height;
    state->width = width;
    return WCL_OK;
}

static wcl_attribute ints_attribute(const char *name, const int64_t *values, size_t count)
{
    return (wcl_attribute){.name = name, .kind = WCL_ATTRIBUTE_INTS, .ints = values, .count = count};
}

static wcl_attribute int_attribute(const char *name, int64_t value)
{
    return (wcl_attribute){.name = name, .kind = WCL_ATTRIBUTE_INT, .i = value};
}

static wcl_attribute float_attribute(const char *name, float value)
{
    return (wcl_attribute){.name = name, .kind = WCL_ATTRIBUTE_FLOAT, .f = value};
}

static wcl_status add_window(struct state *state, const struct layer *layer, const name_text *name)
{
    const int64_t kernel[] = {layer->kernel, layer->kernel}, strides[] = {layer->stride, layer->stride};
    const int64_t pads[] = {layer->pad, layer->pad, layer->pad, layer->pad};
    const int64_t weight[] = {layer->units, state->channels / layer->groups, layer->kernel, layer->kernel};
    const wcl_attribute attributes[] = {
        ints_attribute("kernel_shape", kernel, 2), ints_attribute("strides", strides, 2),
        ints_attribute("pads", pads, 4), int_attribute("group", layer->groups)};
    const name_text parameters[] = {join(name->text, "kernel"), join(name->text, "bias")};
    struct node node = {.kind = layer->kind, .name = name, .attributes = attributes, .attribute_count = 3};
    wcl_status status = shrink(state, layer, name->text);
    if (status != WCL_OK)
        return status;
    if (layer->kind != CONV)
        return add_node(state, &node);
    state->channels = layer->units;
    status = random_tensor(state, parameters[0].text, 4, weight,
                           sqrt(2.0 / (double)(weight[1] * weight[2] * weight[3])));
    if (status == WCL_OK)
        status = random_tensor(state, parameters[1].text, 1, weight, 0.01);
    node.parameters = parameters;
    node.parameter_count = WCL__COUNT(parameters);
    node.attribute_count = WCL__COUNT(attributes);
    return status == WCL_OK ? add_node(state, &node) : status;
}

static wcl_status add_dense(struct state *state, const struct layer *layer, const name_text *name)
{
    const int64_t units = layer->units ? layer->units : state->classes;
    const int64_t weight[] = {units, state->channels};
    const wcl_attribute attributes[] = {int_attribute("transB", 1)};
    const name_text parameters[] = {join(name->text, "kernel"), join(name->text, "bias")};
    const struct node node = {.kind = DENSE,
                              .name = name,
                              .parameters = parameters,
                              .parameter_count = WCL__COUNT(parameters),
                              .attributes = attributes,
                              .attribute_count = WCL__COUNT(attributes)};
    wcl_status status =
        random_tensor(state, parameters[0].text, 2, weight, sqrt(2.0 / (double)state->channels));
    if (status == WCL_OK)
        status = random_tensor(state, parameters[1].text, 1, weight, 0.01);
    state->channels = units;
    return status == WCL_OK ? add_node(state, &node) : status;
}

/* Ones for as many channels as the tip has. */
static wcl_status add_ones(struct state *state, const char *name)
{
    wcl_tensor tensor = {.type = WCL_FLOAT32, .rank = 1, .dims = {state->channels}};
    float *ones = wcl__alloc((size_t)state->channels, sizeof *ones);
    wcl_status status;
    if (!ones)
        return wcl__fail_memory();
    for (int64_t i = 0; i < state->channels; i++)
        ones[i] = 1;
    tensor.data = ones;
    tensor.bytes = (size_t)state->channels * sizeof *ones;
    status = wcl_builder_constant(state->builder, name, &tensor);
    wcl__free(ones);
    return status;
}

static wcl_status add_norm(struct state *state, const name_text *name)
{
    const wcl_attribute attributes[] = {float_attribute("epsilon", 1e-5f)};
    const name_text parameters[] = {join(name->text, "gamma"), join(name->text, "beta"),
                                    join(name->text, "mean"), join(name->text, "variance")};
    const struct node node = {.kind = NORM,
                              .name = name,
                              .parameters = parameters,
                              .parameter_count = WCL__COUNT(parameters),
                              .attributes = attributes,
                              .attribute_count = WCL__COUNT(attributes)};
    wcl_status status = add_ones(state, parameters[0].text);
    if (status == WCL_OK)
        status = random_tensor(state, parameters[1].text, 1, &state->channels, 0.01);
    if (status == WCL_OK)
        status = random_tensor(state, parameters[2].text, 1, &state->channels, 0.1);
    if (status == WCL_OK)
        status = add_ones(state, parameters[3].text);
    return status == WCL_OK ? add_node(state, &node) : status;
}

static wcl_status add_layer(struct state *state, const struct layer *layer)
{
    const wcl_attribute lrn[] = {int_attribute("size", 5), float_attribute("alpha", 1e-4f),
                                 float_attribute("beta", 0.75f), float_attribute("bias", 2.0f)};
    const wcl_attribute axis = int_attribute("axis", 1);
    name_text name;
    struct node node = {.kind = layer->kind, .name = &name};
    snprintf(name.text, sizeof name.text, "%s_%d", kinds[layer->kind].name,
             ++state->counts[kinds[layer->kind].counter]);
    switch (layer->kind) {
    case CONV:
    case MAX_POOL:
    case AVERAGE_POOL:
        return add_window(state, layer, &name);
    case DENSE:
        return add_dense(state, layer, &name);
    case NORM:
        return add_norm(state, &name);
    case LRN:
        node.attributes = lrn;
        node.attribute_count = WCL__COUNT(lrn);
        break;
    case FLATTEN:
        state->channels *= state->height * state->width;
        state->height = state->width = 1;
        node.attributes = &axis;
        node.attribute_count = 1;
        break;
    case SOFTMAX:
        node.attributes = &axis;
        node.attribute_count = 1;
        break;
    default:
        break;
    }
    return add_node(state, &node);
}

static wcl_status add_layers(struct state *state, const struct layer *layers)
{
    wcl_status status = WCL_OK;
    for (; layers && layers->kind != END && status == WCL_OK; layers++)
        status = add_layer(state, layers);
    return status;
}

/* VGG's convolutions: each stage's, then a pool. */
static wcl_status add_stages(struct state *state, const struct request *request)
{
    const struct layer norm = {.kind = NORM}, relu = {.kind = RELU}, pool = {MAX_POOL, 0, 2, 2, 0, 1};
    wcl_status status = WCL_OK;
    for (int stage = 0; stage < STAGES && status == WCL_OK; stage++) {
        const struct layer conv = {CONV, vgg_channels[stage], 3, 1, 1, 1};
        for (int i = 0; i < request->network->convolutions[stage] && status == WCL_OK; i++) {
            status = add_layer(state, &conv);
            if (status == WCL_OK && request->norm)
                status = add_layer(state, &norm);
            if (status == WCL_OK)
                status = add_layer(state, &relu);
        }
        if (status == WCL_OK)
            status = add_layer(state, &pool);
    }
    return status;
}

static wcl_status build(const struct request *request, wcl_model **out)
{
    const struct network *network = request->network;
    const int64_t dims[] = {-1, network->channels, (int64_t)request->size, (int64_t)request->size};
    struct state state = {.seed = request->seed,
                          .channels = network->channels,
                          .height = (int64_t)request->size,
                          .width = (int64_t)request->size,
                          .tip = {"input_1"},
                          .classes = (int64_t)request->classes};
    wcl_status status = wcl_builder_create(&state.builder);
    if (status != WCL_OK)
        goto cleanup;
    if ((status = wcl_builder_input(state.builder, state.tip.text, WCL_FLOAT32, 4, dims)) != WCL_OK)
        goto cleanup;
    status = network->layers ? add_layers(&state, network->layers) : add_stages(&state, request);
    if (status == WCL_OK)
        status = add_layers(&state, network->tail);
    if (status == WCL_OK)
        status = wcl_builder_output(state.builder, state.tip.text);
    if (status == WCL_OK)
        status = wcl_builder_metadata(state.builder, "winocl.preprocess", network->preprocess);
    if (status == WCL_OK)
        status = wcl_builder_finish(state.builder, out);
cleanup:
    wcl_builder_destroy(state.builder);
    return status;
}

/* ------------------------------------------------------------------ the name */

static bool same(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

static wcl_status unknown_name(const char *name, size_t length)
{
    wcl_status status;
    wcl__text known = {0};
    for (size_t i = 0; i < WCL__COUNT(networks); i++)
        wcl__text_add(&known, "%s%s", i ? ", " : "", networks[i].name);
    for (size_t i = 0; i < WCL__COUNT(networks); i++)
        if (!networks[i].layers)
            wcl__text_add(&known, ", %s-bn", networks[i].name);
    status = known.failed ? wcl__fail_memory()
                          : wcl__fail(WCL_NOT_FOUND, "no network is called %.*s; there are %s",
                                      (int)WCL__MIN(length, 80), name, known.data);
    wcl__text_clear(&known);
    return status;
}

static wcl_status find_network(const char *name, size_t length, struct request *request)
{
    const bool norm = length > 3 && memcmp(name + length - 3, "-bn", 3) == 0;
    for (size_t i = 0; i < WCL__COUNT(networks); i++) {
        if (!same(name, norm ? length - 3 : length, networks[i].name) || (norm && networks[i].layers))
            continue;
        *request = (struct request){&networks[i], norm, (uint64_t)networks[i].size,
                                    (uint64_t)networks[i].classes, 0};
        return WCL_OK;
    }
    return unknown_name(name, length);
}

/* One NAME=VALUE, `length` long. */
static wcl_status read_option(const char *option, size_t length, struct request *request)
{
    const struct {
        const char *name;
        uint64_t least, most, *value;
    } options[] = {{"classes", 1, MAX_CLASSES, &request->classes},
                   {"size", 1, MAX_SIZE, &request->size},
                   {"seed", 0, UINT64_MAX, &request->seed}};
    const char *equals = memchr(option, '=', length);
    const size_t name_length = equals ? (size_t)(equals - option) : length;
    const char *digit = option + name_length + 1, *end = option + length;
    const int shown = (int)WCL__MIN(length, 80);
    if (same(option, name_length, "weights"))
        return wcl__fail(WCL_UNSUPPORTED, "option %.*s: weights of a file cannot be put into a named network",
                         shown, option);
    for (size_t i = 0; i < WCL__COUNT(options); i++) {
        uint64_t value = 0;
        bool good = equals && digit < end;
        if (!same(option, name_length, options[i].name))
            continue;
        for (; good && digit < end; digit++) {
            good = *digit >= '0' && *digit <= '9' && value <= (UINT64_MAX - (uint64_t)(*digit - '0')) / 10;
            value = value * 10 + (uint64_t)(*digit - '0');
        }
        if (!good || value < options[i].least || value > options[i].most)
            return wcl__fail(WCL_BAD_ARGUMENT, "option %.*s: %s is a whole number from %llu to %llu", shown,
                             option, options[i].name, (unsigned long long)options[i].least,
                             (unsigned long long)options[i].most);
        *options[i].value = value;
        return WCL_OK;
    }
    return wcl__fail(WCL_BAD_ARGUMENT, "unknown option %.*s; there are classes, size and seed", shown,
                     option);
}

wcl_status wcl__zoo_build(const char *name, wcl_model **out)
{
    struct request request;
    const size_t length = strcspn(name, "?");
    wcl_status status = find_network(name, length, &request);
    *out = NULL;
    if (status != WCL_OK)
        return status;
    for (const char *option = name + length; *option; option += strcspn(option, "&")) {
        option++; /* over the ? or & */
        if ((status = read_option(option, strcspn(option, "&"), &request)) != WCL_OK)
            return status;
    }
    return build(&request, out);
}
