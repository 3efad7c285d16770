/* winocl summary: a network's layers as Keras prints them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "escape.h"
#include "engine.h"

/* ONNX operator, Keras layer; where the rank makes a difference, for 4-D tensors. NULL: part of the layer
 * before it. */
static const struct layer_name {
    const char *op, *keras, *keras_1d;
} layer_names[] = {
    {"Conv", "Conv2D", "Conv1D"},
    {"MaxPool", "MaxPooling2D", "MaxPooling1D"},
    {"AveragePool", "AveragePooling2D", "AveragePooling1D"},
    {"GlobalAveragePool", "GlobalAveragePooling2D", "GlobalAveragePooling1D"},
    {"GlobalMaxPool", "GlobalMaxPooling2D", "GlobalMaxPooling1D"},
    {"Gemm", "Dense", NULL},
    {"MatMul", "Dense", NULL},
    {"Concat", "Concatenate", NULL},
    {"Mul", "Multiply", NULL},
    {"Sub", "Subtract", NULL},
    {"Transpose", "Permute", NULL},
    {"Relu", NULL, NULL},
    {"LeakyRelu", NULL, NULL},
    {"Clip", NULL, NULL},
    {"Sigmoid", NULL, NULL},
    {"HardSigmoid", NULL, NULL},
    {"Tanh", NULL, NULL},
    {"Softmax", NULL, NULL},
    {"LogSoftmax", NULL, NULL},
};

typedef struct layer_row {
    char *name;
    char *left;  /* "name (Type)" */
    char *shape; /* "(None, 224, 224, 64)" */
    const char *type;
    int64_t parameters;
    int rank;
    int64_t dims[WCL_MAX_RANK];
} layer_row;

typedef struct summary {
    layer_row *rows;
    int count;
    int64_t parameters, trainable;
} summary;

static const struct layer_name *find_name(const char *op)
{
    for (size_t i = 0; i < sizeof layer_names / sizeof *layer_names; i++)
        if (strcmp(layer_names[i].op, op) == 0)
            return &layer_names[i];
    return NULL;
}

/* Convolutions, pools and what follows them carry their channels in the second dimension; rank 3 may be
 * anything else. */
static bool has_channels(const wcl_layer *layer, const struct layer_name *name)
{
    return layer->rank == 4 ||
           (layer->rank >= 3 && ((name && name->keras_1d) || strcmp(layer->op, "BatchNormalization") == 0));
}

static int add_row(const wcl__options *options, const wcl_layer *layer, summary *all)
{
    const struct layer_name *name = find_name(layer->op);
    layer_row *row = &all->rows[all->count];
    all->parameters += layer->parameters;
    all->trainable += layer->trainable;
    if (name && !name->keras)
        return WCL__DONE;
    row->type = !name ? layer->op : layer->rank == 3 && name->keras_1d ? name->keras_1d : name->keras;
    row->parameters = layer->parameters;
    row->rank = layer->rank;
    memcpy(row->dims, layer->dims, sizeof row->dims);
    if (!options->shapes_nchw && has_channels(layer, name)) {
        memmove(&row->dims[1], &layer->dims[2], sizeof *row->dims * (size_t)(layer->rank - 2));
        row->dims[layer->rank - 1] = layer->dims[1];
    }
    if (options->batch_count && row->rank > 0 && row->dims[0] < 0)
        row->dims[0] = options->batches[0];
    all->count++;
    row->name = wcl__formatted("%s", layer->name);
    row->left = wcl__formatted("%s (%s)", layer->name, row->type);
    row->shape = wcl__format_shape(row->dims, row->rank);
    return row->name && row->left && row->shape ? WCL__DONE : wcl__complain_memory();
}

static void thousands(int64_t value, char text[32])
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%lld", (long long)value);
    int used = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0 && digits[i - 1] != '-')
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
}

static void rule(char c, int width)
{
    for (int i = 0; i < width; i++)
        putchar(c);
    putchar('\n');
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strncmp(path, "zoo:", 4) == 0 ? path + 4 : slash ? slash + 1 : path;
}

static void print_text(const char *model, const summary *all)
{
    int left = 29, middle = 26; /* Keras' columns, wider where a name needs it */
    char number[3][32];
    for (int i = 0; i < all->count; i++) {
        left = (int)strlen(all->rows[i].left) >= left ? (int)strlen(all->rows[i].left) + 1 : left;
        middle = (int)strlen(all->rows[i].shape) >= middle ? (int)strlen(all->rows[i].shape) + 1 : middle;
    }
    const int width = left + middle + 10;
    wcl__print_line("Model: \"%s\"", base_name(model));
    rule('_', width);
    printf("%-*s%-*s%-10s\n", left, "Layer (type)", middle, "Output Shape", "Param #");
    rule('=', width);
    for (int i = 0; i < all->count; i++) {
        if (i)
            rule('_', width);
        wcl__print_line("%-*s%-*s%-10lld", left, all->rows[i].left, middle, all->rows[i].shape,
                        (long long)all->rows[i].parameters);
    }
    rule('=', width);
    thousands(all->parameters, number[0]);
    thousands(all->trainable, number[1]);
    thousands(all->parameters - all->trainable, number[2]);
    printf("Total params: %s\nTrainable params: %s\nNon-trainable params: %s\n", number[0], number[1],
           number[2]);
    rule('_', width);
}

static int print_json(const summary *all)
{
    cJSON *root = cJSON_CreateObject(), *layers = cJSON_AddArrayToObject(root, "layers");
    for (int i = 0; i < all->count; i++) {
        const layer_row *row = &all->rows[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", row->name);
        cJSON_AddStringToObject(item, "type", row->type);
        cJSON_AddItemToObject(item, "output_shape", wcl__json_shape(row->dims, row->rank));
        cJSON_AddNumberToObject(item, "parameters", (double)row->parameters);
        cJSON_AddItemToArray(layers, item);
    }
    cJSON_AddNumberToObject(root, "parameters", (double)all->parameters);
    cJSON_AddNumberToObject(root, "trainable", (double)all->trainable);
    cJSON_AddNumberToObject(root, "non_trainable", (double)(all->parameters - all->trainable));
    return wcl__print_json(root);
}

int wcl__cmd_summary(const wcl__options *options)
{
    wcl__engine engine = {0};
    summary all = {0};
    int result = wcl__engine_load(&engine, options->operands[0], options);
    if (result != WCL__DONE)
        return result;
    const int layers = wcl_model_layer_count(engine.model);
    all.rows = calloc((size_t)layers + 1, sizeof *all.rows);
    if (!all.rows)
        result = wcl__complain_memory();
    for (int i = 0; i < layers && result == WCL__DONE; i++) {
        wcl_layer layer = WCL_LAYER_INIT;
        result = wcl__complain_about(engine.name, wcl_model_layer(engine.model, i, &layer));
        if (result == WCL__DONE)
            result = add_row(options, &layer, &all);
    }
    if (result == WCL__DONE && options->json)
        result = print_json(&all);
    else if (result == WCL__DONE)
        print_text(options->operands[0], &all);
    for (int i = 0; i < all.count; i++) {
        free(all.rows[i].name);
        free(all.rows[i].left);
        free(all.rows[i].shape);
    }
    free(all.rows);
    wcl__engine_close(&engine);
    return result;
}
