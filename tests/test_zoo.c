/* The networks by name: parameters, layers, seeded values, options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"
#include "support/fake_memory.h"
#include "base/hash.h"
#include "base/random.h"

static wcl_model *load(const char *name)
{
    wcl_model *model = NULL;
    if (wcl_model_load(name, &model) != WCL_OK)
        fail_msg("%s: %s", name, wcl_last_error()->message);
    return model;
}

/* Elements of all constants. */
static int64_t parameters(const wcl_model *model)
{
    int64_t sum = 0;
    for (size_t i = 0; i < model->value_count; i++)
        if (model->values[i].source)
            sum += wcl__shape_count(&model->values[i].source->shape);
    return sum;
}

static const struct {
    const char *name;
    int64_t parameters; /* a batch-norm's means and variances included */
    int channels, size, classes;
    const char *preprocess;
} networks[] = {
    {"zoo:lenet5", 61706, 1, 28, 10, "unit"},
    {"zoo:lenet5?classes=3&size=32", 82231, 1, 32, 3, "unit"},
    {"zoo:alexnet", 60965224, 3, 227, 1000, "torchvision"},
    {"zoo:vgg11", 132863336, 3, 224, 1000, "torchvision"},
    {"zoo:vgg13", 133047848, 3, 224, 1000, "torchvision"},
    {"zoo:vgg16", 138357544, 3, 224, 1000, "torchvision"},
    {"zoo:vgg19", 143667240, 3, 224, 1000, "torchvision"},
    {"zoo:vgg11-bn", 132874344, 3, 224, 1000, "torchvision"},
    {"zoo:vgg13-bn", 133059624, 3, 224, 1000, "torchvision"},
    {"zoo:vgg16-bn", 138374440, 3, 224, 1000, "torchvision"},
    {"zoo:vgg19-bn", 143689256, 3, 224, 1000, "torchvision"},
    {"zoo:vgg11-bn?classes=10&size=64", 34446474, 3, 64, 10, "torchvision"},
    {"zoo:vgg13?size=32", 32384552, 3, 32, 1000, "torchvision"},
    {"zoo:vgg19?size=32&seed=7", 43003944, 3, 32, 1000, "torchvision"},
};

static void test_networks(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(networks); i++) {
        wcl_model *model = load(networks[i].name);
        wcl_layer last = WCL_LAYER_INIT;
        wcl_tensor input;
        const int count = wcl_model_layer_count(model);
        if (parameters(model) != networks[i].parameters)
            fail_msg("%s: %lld parameters", networks[i].name, (long long)parameters(model));
        assert_int_equal(wcl_model_input_info(model, 0, &input), WCL_OK);
        if (input.rank != 4 || input.dims[0] != -1 || input.dims[1] != networks[i].channels ||
            input.dims[2] != networks[i].size || input.dims[3] != networks[i].size)
            fail_msg("%s: another input", networks[i].name);
        assert_int_equal(wcl_model_input_count(model), 1);
        assert_int_equal(wcl_model_output_count(model), 1);
        assert_string_equal(wcl_model_input_name(model, 0), "input_1");
        assert_string_equal(wcl_model_output_name(model, 0), "predictions");
        assert_string_equal(wcl_model_metadata(model, "winocl.preprocess"), networks[i].preprocess);
        assert_int_equal(wcl_model_is_untrained(model), 1);
        if (wcl_model_layer(model, count - 1, &last) != WCL_OK)
            fail_msg("%s: %s", networks[i].name, wcl_last_error()->message);
        assert_string_equal(last.op, "Softmax");
        assert_int_equal(last.rank, 2);
        assert_int_equal(last.dims[0], -1);
        assert_int_equal(last.dims[1], networks[i].classes);
        wcl_model_destroy(model);
    }
}

static void test_trainable(void **state)
{
    static const struct {
        const char *name;
        int64_t trainable;
    } cases[] = {{"zoo:vgg11-bn", 132868840}, {"zoo:vgg16-bn", 138365992}, {"zoo:vgg19", 143667240}};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        wcl_model *model = load(cases[i].name);
        int64_t sum = 0;
        for (int l = 0; l < wcl_model_layer_count(model); l++) {
            wcl_layer layer = WCL_LAYER_INIT;
            assert_int_equal(wcl_model_layer(model, l, &layer), WCL_OK);
            sum += layer.trainable;
        }
        if (sum != cases[i].trainable)
            fail_msg("%s: %lld trainable parameters", cases[i].name, (long long)sum);
        wcl_model_destroy(model);
    }
}

/* A layer as Keras' summary has it. */
static void print_row(const wcl_layer *layer, char *out, size_t bytes)
{
    static const char *const types[][2] = {
        {"Conv", "Conv2D"}, {"MaxPool", "MaxPooling2D"}, {"Gemm", "Dense"}};
    const char *type = layer->op;
    for (size_t i = 0; i < WCL__COUNT(types); i++)
        if (strcmp(layer->op, types[i][0]) == 0)
            type = types[i][1];
    if (layer->rank == 4)
        snprintf(out, bytes, "%s\t%s\t(None, %lld, %lld, %lld)\t%lld\n", layer->name, type,
                 (long long)layer->dims[2], (long long)layer->dims[3], (long long)layer->dims[1],
                 (long long)layer->parameters);
    else
        snprintf(out, bytes, "%s\t%s\t(None, %lld)\t%lld\n", layer->name, type, (long long)layer->dims[1],
                 (long long)layer->parameters);
}

static void test_vgg16_table(void **state)
{
    FILE *file = fopen(WINOCL_SOURCE_DIR "/tests/data/vgg16_summary.tsv", "r");
    wcl_model *model = load("zoo:vgg16");
    char expected[256], got[256];
    int rows = 0;
    (void)state;
    assert_non_null(file);
    assert_non_null(fgets(expected, sizeof expected, file));
    for (int l = 0; l < wcl_model_layer_count(model); l++) {
        wcl_layer layer = WCL_LAYER_INIT;
        assert_int_equal(wcl_model_layer(model, l, &layer), WCL_OK);
        if (strcmp(layer.op, "Relu") == 0 || strcmp(layer.op, "Softmax") == 0)
            continue;
        assert_int_equal(layer.dims[0], -1);
        print_row(&layer, got, sizeof got);
        assert_non_null(fgets(expected, sizeof expected, file));
        assert_string_equal(got, expected);
        rows++;
    }
    assert_int_equal(rows, 24);
    assert_null(fgets(expected, sizeof expected, file));
    fclose(file);
    wcl_model_destroy(model);
}

static void test_layer_names(void **state)
{
    static const char *const names[] = {"conv2d_1",    "activation_1", "average_pooling2d_1",
                                        "conv2d_2",    "activation_2", "average_pooling2d_2",
                                        "flatten_1",   "dense_1",      "activation_3",
                                        "dense_2",     "activation_4", "dense_3",
                                        "activation_5"};
    wcl_model *model = load("zoo:lenet5");
    wcl_layer layer = WCL_LAYER_INIT;
    (void)state;
    assert_int_equal(wcl_model_layer_count(model), WCL__COUNT(names));
    for (size_t l = 0; l < WCL__COUNT(names); l++) {
        assert_int_equal(wcl_model_layer(model, (int)l, &layer), WCL_OK);
        assert_string_equal(layer.name, names[l]);
    }
    wcl_model_destroy(model);
    model = load("zoo:alexnet");
    assert_int_equal(wcl_model_layer(model, 2, &layer), WCL_OK);
    assert_string_equal(layer.name, "lrn_1");
    assert_int_equal(layer.dims[2], 55);
    wcl_model_destroy(model);
    model = load("zoo:vgg13-bn");
    assert_int_equal(wcl_model_layer(model, 1, &layer), WCL_OK);
    assert_string_equal(layer.name, "batch_normalization_1");
    assert_int_equal(layer.parameters, 256);
    assert_int_equal(layer.trainable, 128);
    wcl_model_destroy(model);
}

/* ------------------------------------------------------------------ values: tests/data/zoo/README.md */

static const wcl__source *find_constant(const wcl_model *model, const char *name)
{
    for (size_t i = 0; i < model->value_count; i++)
        if (strcmp(model->values[i].name, name) == 0)
            return model->values[i].source;
    fail_msg("no constant %s", name);
    return NULL;
}

static void test_first_values(void **state)
{
    static const struct {
        const char *model, *constant;
        uint32_t bits[4];
    } cases[] = {
        {"zoo:lenet5", "conv2d_1/kernel", {0x3e1c4511, 0x3e970aab, 0x3ee28634, 0xbcdb5a11}},
        {"zoo:lenet5", "conv2d_1/bias", {0xba7911a4, 0xbc2c1c0c, 0x3cb9a807, 0xbc910bd8}},
        {"zoo:lenet5", "conv2d_2/kernel", {0xbda94800, 0x3dec719a, 0xbb15cccd, 0xbdcd4ccd}},
        {"zoo:vgg11-bn", "batch_normalization_3/gamma", {0x3f800000, 0x3f800000, 0x3f800000, 0x3f800000}},
        {"zoo:vgg11-bn", "batch_normalization_3/variance", {0x3f800000, 0x3f800000, 0x3f800000, 0x3f800000}},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        wcl_model *model = load(cases[i].model);
        float values[4];
        wcl__source_read(find_constant(model, cases[i].constant), 0, 4, values);
        if (memcmp(values, cases[i].bits, sizeof values) != 0)
            fail_msg("%s %s: %.9g %.9g %.9g %.9g", cases[i].model, cases[i].constant, values[0], values[1],
                     values[2], values[3]);
        wcl_model_destroy(model);
    }
}

static void test_digests(void **state)
{
    static const struct {
        const char *model, *constant;
        int64_t count;
        const char *sha256;
    } cases[] = {
        {"zoo:vgg16", "conv2d_1/kernel", 1000,
         "e6cf5995e526d778e658aa0ca086a5fe37c441134638a272bd12a4c55d63f988"},
        {"zoo:lenet5", "conv2d_1/kernel", 150,
         "ae4237c8d787e61dc4c4443a09d9b13277edba6b1cbc4eacc3bd360b9fab2a5b"},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        wcl_model *model = load(cases[i].model);
        float values[1000];
        char hex[WCL__SHA256_HEX];
        wcl__source_read(find_constant(model, cases[i].constant), 0, cases[i].count, values);
        wcl__sha256(values, (size_t)cases[i].count * sizeof *values, hex);
        assert_string_equal(hex, cases[i].sha256);
        wcl_model_destroy(model);
    }
}

/* Keys count random tensors in the order of the layers; ones are not random. */
static void test_keys(void **state)
{
    static const struct {
        const char *model, *constant;
        uint64_t seed, ordinal;
        double inputs; /* deviation sqrt(2 / inputs); 0: the deviation itself follows */
        double deviation;
    } cases[] = {
        {"zoo:lenet5", "dense_3/bias", 0, 9, 0, 0.01},
        {"zoo:lenet5?seed=18446744073709551615", "dense_3/bias", UINT64_MAX, 9, 0, 0.01},
        {"zoo:alexnet", "conv2d_2/kernel", 0, 2, 48 * 25, 0},
        {"zoo:alexnet", "dense_1/kernel", 0, 10, 9216, 0},
        {"zoo:vgg11-bn?seed=5", "conv2d_2/kernel", 5, 4, 64 * 9, 0},
        {"zoo:vgg11-bn?seed=5", "batch_normalization_2/beta", 5, 6, 0, 0.01},
        {"zoo:vgg11-bn?seed=5", "batch_normalization_2/mean", 5, 7, 0, 0.1},
        {"zoo:vgg16", "dense_3/kernel", 0, 30, 4096, 0},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        wcl_model *model = load(cases[i].model);
        const wcl__source *source = find_constant(model, cases[i].constant);
        const double square =
            cases[i].inputs > 0 ? 2 / cases[i].inputs : cases[i].deviation * cases[i].deviation;
        if (source->data || source->key != wcl__random_key(cases[i].seed, cases[i].ordinal))
            fail_msg("%s %s: another key", cases[i].model, cases[i].constant);
        assert_float_equal(source->deviation * source->deviation / square, 1, 1e-6);
        wcl_model_destroy(model);
    }
}

/* ------------------------------------------------------------------ names and options that are wrong */

static const struct {
    const char *name;
    wcl_status status;
    const char *text;
} wrong[] = {
    {"zoo:", WCL_NOT_FOUND, "lenet5, alexnet, vgg11, vgg13, vgg16, vgg19, vgg11-bn"},
    {"zoo:vgg12", WCL_NOT_FOUND, "vgg12"},
    {"zoo:VGG16", WCL_NOT_FOUND, "VGG16"},
    {"zoo:vgg16-bn-bn", WCL_NOT_FOUND, "vgg16-bn-bn"},
    {"zoo:-bn", WCL_NOT_FOUND, "-bn"},
    {"zoo:lenet5-bn", WCL_NOT_FOUND, "lenet5-bn"},
    {"zoo:vgg16?", WCL_BAD_ARGUMENT, "unknown option"},
    {"zoo:vgg16?width=3", WCL_BAD_ARGUMENT, "unknown option width=3"},
    {"zoo:vgg16?classes", WCL_BAD_ARGUMENT, "classes is a whole number"},
    {"zoo:vgg16?classes=", WCL_BAD_ARGUMENT, "classes is a whole number"},
    {"zoo:vgg16?classes=0", WCL_BAD_ARGUMENT, "classes is a whole number from 1"},
    {"zoo:vgg16?classes=-1", WCL_BAD_ARGUMENT, "classes=-1"},
    {"zoo:vgg16?classes=10x", WCL_BAD_ARGUMENT, "classes=10x"},
    {"zoo:vgg16?classes=1000001", WCL_BAD_ARGUMENT, "to 1000000"},
    {"zoo:vgg16?size=1000000", WCL_BAD_ARGUMENT, "size is a whole number"},
    {"zoo:vgg16?size=64&", WCL_BAD_ARGUMENT, "unknown option"},
    {"zoo:vgg16?seed=18446744073709551616", WCL_BAD_ARGUMENT, "seed is a whole number"},
    {"zoo:vgg16?seed=1.5", WCL_BAD_ARGUMENT, "seed=1.5"},
    {"zoo:vgg16?size=31", WCL_BAD_ARGUMENT, "size is too small: max_pooling2d_5"},
    {"zoo:lenet5?size=11", WCL_BAD_ARGUMENT, "size is too small"},
    {"zoo:alexnet?size=10", WCL_BAD_ARGUMENT, "size is too small: conv2d_1"},
    {"zoo:vgg16?weights=vgg16.h5", WCL_UNSUPPORTED, "weights=vgg16.h5"},
    {"zoo:vgg16?size=64&weights=a", WCL_UNSUPPORTED, "weights=a"},
};

static void test_wrong_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(wrong); i++) {
        wcl_model *model = NULL;
        const wcl_status status = wcl_model_load(wrong[i].name, &model);
        if (status != wrong[i].status || !strstr(wcl_last_error()->message, wrong[i].text))
            fail_msg("%s: status %d: %s", wrong[i].name, status, wcl_last_error()->message);
        assert_null(model);
        assert_string_equal(wcl_last_error()->file, wrong[i].name);
    }
}

/* Each allocation of a load fails once. */
static void test_no_memory(void **state)
{
    static const char *const names[] = {"zoo:lenet5", "zoo:vgg11-bn", "zoo:none"};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(names); i++)
        for (int nth = 1;; nth++) {
            wcl_model *model = NULL;
            wcl_status status;
            bool failed;
            fake_memory_fail(nth, false);
            status = wcl_model_load(names[i], &model);
            failed = fake_memory_failed();
            fake_memory_fail(0, false);
            if (failed != (status == WCL_NO_MEMORY) || (status == WCL_OK) != (model != NULL))
                fail_msg("%s, allocation %d: status %d: %s", names[i], nth, status,
                         wcl_last_error()->message);
            wcl_model_destroy(model);
            if (!failed)
                break;
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),     cmocka_unit_test(test_trainable),
        cmocka_unit_test(test_vgg16_table),  cmocka_unit_test(test_layer_names),
        cmocka_unit_test(test_first_values), cmocka_unit_test(test_digests),
        cmocka_unit_test(test_keys),         cmocka_unit_test(test_wrong_names),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
