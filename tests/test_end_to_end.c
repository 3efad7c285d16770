/* Whole networks against the values of ONNX Runtime that tests/data keeps, in every way that the planner can
 * be told to run them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "support/network.h"
#include "support/support.h"

/* `input`: a file of tests/data; NULL: the seeded one. `before`: stored values of the tensor before the last
 * node (tests/data/zoo/README.md says why); NULL: none. */
typedef struct network_row {
    const char *name, *model, *input, *output, *before;
    int64_t batch;
    wcl_conv_choice conv;
    wcl_dense_choice dense;
} network_row;

#define LENET "zoo:lenet5", NULL, "zoo/lenet5_s28_c10_b1_probs.npy", "zoo/lenet5_s28_c10_b1_logits.npy", 1
#define LENET3 "zoo:lenet5", NULL, "zoo/lenet5_s28_c10_b3_probs.npy", "zoo/lenet5_s28_c10_b3_logits.npy", 3
#define ALEXNET \
    "zoo:alexnet", NULL, "zoo/alexnet_s227_c1000_b1_probs.npy", "zoo/alexnet_s227_c1000_b1_logits.npy", 1
#define VGG11                                                                     \
    "zoo:vgg11-bn?size=64&classes=10", NULL, "zoo/vgg11-bn_s64_c10_b2_probs.npy", \
        "zoo/vgg11-bn_s64_c10_b2_logits.npy", 2
#define VGG13 \
    "zoo:vgg13?size=32", NULL, "zoo/vgg13_s32_c1000_b1_probs.npy", "zoo/vgg13_s32_c1000_b1_logits.npy", 1
#define VGG19 \
    "zoo:vgg19?size=32", NULL, "zoo/vgg19_s32_c1000_b1_probs.npy", "zoo/vgg19_s32_c1000_b1_logits.npy", 1
#define NARROW                                                                      \
    "zoo/narrow_vgg.onnx", "zoo/narrow_vgg_input.npy", "zoo/narrow_vgg_output.npy", \
        "zoo/narrow_vgg_logits.npy", 2
#define PYTORCH "exports/pytorch.onnx", "exports/input_nchw.npy", "exports/output.npy", NULL, 3
#define TF "exports/tf2onnx.onnx", "exports/input_nhwc.npy", "exports/output.npy", NULL, 3
#define TF_PLAIN "exports/tf2onnx_noopt.onnx", "exports/input_nhwc.npy", "exports/output.npy", NULL, 3

static const network_row rows[] = {
    {"lenet5", LENET, WCL_CONV_AUTO, WCL_DENSE_AUTO},
    {"lenet5, three pictures", LENET3, WCL_CONV_AUTO, WCL_DENSE_AUTO},
    {"lenet5, direct, gemv", LENET, WCL_CONV_DIRECT, WCL_DENSE_GEMV},
    {"lenet5, f2 (its windows are 5x5), clblast", LENET3, WCL_CONV_F2, WCL_DENSE_CLBLAST},
    {"alexnet", ALEXNET, WCL_CONV_AUTO, WCL_DENSE_AUTO},
    {"alexnet, f2", ALEXNET, WCL_CONV_F2, WCL_DENSE_AUTO},
    {"vgg11-bn", VGG11, WCL_CONV_AUTO, WCL_DENSE_AUTO},
    {"vgg11-bn, direct, clblast", VGG11, WCL_CONV_DIRECT, WCL_DENSE_CLBLAST},
    {"vgg11-bn, f2, gemm", VGG11, WCL_CONV_F2, WCL_DENSE_GEMM},
    {"vgg11-bn, f2, gemv", VGG11, WCL_CONV_F2, WCL_DENSE_GEMV},
    {"vgg13, direct", VGG13, WCL_CONV_DIRECT, WCL_DENSE_AUTO},
    {"vgg13, f2", VGG13, WCL_CONV_F2, WCL_DENSE_CLBLAST},
    {"vgg19, f2", VGG19, WCL_CONV_F2, WCL_DENSE_AUTO},
    {"narrow VGG", NARROW, WCL_CONV_AUTO, WCL_DENSE_AUTO},
    {"narrow VGG, direct, clblast", NARROW, WCL_CONV_DIRECT, WCL_DENSE_CLBLAST},
    {"narrow VGG, direct, gemm", NARROW, WCL_CONV_DIRECT, WCL_DENSE_GEMM},
    {"narrow VGG, f2, clblast", NARROW, WCL_CONV_F2, WCL_DENSE_CLBLAST},
    {"narrow VGG, f2, gemv", NARROW, WCL_CONV_F2, WCL_DENSE_GEMV},
    {"PyTorch's export", PYTORCH, WCL_CONV_AUTO, WCL_DENSE_AUTO},
    {"PyTorch's export, f2, clblast", PYTORCH, WCL_CONV_F2, WCL_DENSE_CLBLAST},
    {"tf2onnx's export", TF, WCL_CONV_AUTO, WCL_DENSE_AUTO},
    {"tf2onnx's export, f2, clblast", TF, WCL_CONV_F2, WCL_DENSE_CLBLAST},
    {"tf2onnx's export, not optimised", TF_PLAIN, WCL_CONV_AUTO, WCL_DENSE_AUTO},
    {"tf2onnx's export, not optimised, f2, gemm", TF_PLAIN, WCL_CONV_F2, WCL_DENSE_GEMM},
};

/* Single precision summed in another order: see the README of the stored values. */
static const double tolerances[] = {[WCL_FP32] = 1e-4, [WCL_HALF_WEIGHTS] = 3e-3};

static const network_row half_rows[] = {
    {"narrow VGG, half-stored weights", NARROW, WCL_CONV_AUTO, WCL_DENSE_AUTO},
    {"narrow VGG, half-stored weights, f2, gemm", NARROW, WCL_CONV_F2, WCL_DENSE_GEMM},
    {"vgg11-bn, half-stored weights, f2", VGG11, WCL_CONV_F2, WCL_DENSE_AUTO},
    {"alexnet, half-stored weights", ALEXNET, WCL_CONV_AUTO, WCL_DENSE_AUTO},
};

static float *read_input(const network_row *row, wcl_model *model)
{
    if (row->input) {
        wcl_tensor stored = load_values(row->input);
        return stored.data;
    }
    wcl_tensor info;
    assert_int_equal(wcl_model_input_info(model, 0, &info), WCL_OK);
    info.dims[0] = row->batch;
    const wcl__shape shape = wcl__tensor_shape(&info);
    return seeded_input(wcl__shape_count(&shape));
}

/* The tensor that the last node reads is the one made last but one. */
static void check_before(const network_row *row, wcl_session *session, const wcl_tensor *expected,
                         double tolerance)
{
    const int count = wcl_session_tensor_count(session);
    const char *name;
    wcl_tensor before = {0};
    if (count < 2 || wcl_session_tensor(session, count - 2, &name, &before) != WCL_OK)
        fail_msg("%s: %d tensors were kept", row->name, count);
    assert_int_equal(before.bytes, expected->bytes);
    check_values(row->name, before.data, expected->data, (int64_t)(before.bytes / sizeof(float)), tolerance);
    wcl_tensor_clear(&before);
}

static void check_network(const network_row *row, wcl_precision precision)
{
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.conv = row->conv;
    options.dense = row->dense;
    options.precision = precision;
    options.keep_all = row->before != NULL;
    wcl_model *model = load_network(strncmp(row->model, "zoo:", 4) == 0 ? row->model : data_path(row->model));
    wcl_session *session = open_session(model, &options);
    float *input = read_input(row, model);
    wcl_tensor expected = load_values(row->output);
    float *output = run_network(session, input, row->batch, (int64_t)(expected.bytes / sizeof(float)));
    check_values(row->name, output, expected.data, (int64_t)(expected.bytes / sizeof(float)),
                 tolerances[precision]);
    if (row->before) {
        wcl_tensor before = load_values(row->before);
        check_before(row, session, &before, tolerances[precision]);
        wcl_tensor_clear(&before);
    }
    free(output);
    wcl_tensor_clear(&expected);
    free(input);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

static void test_networks(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++)
        check_network(&rows[i], WCL_FP32);
}

static void test_half_weights(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(half_rows); i++)
        check_network(&half_rows[i], WCL_HALF_WEIGHTS);
}

/* ---- the trained model on its whole test set */

enum { PICTURES = 10000, SIDE = 28, CLASSES = 10, BATCH = 500, IDX_HEADER = 16, MOST_OTHERS = 2 };

static const char pictures_path[] = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";

static unsigned char *read_pictures(void)
{
    const size_t bytes = (size_t)PICTURES * SIDE * SIDE + IDX_HEADER;
    gzFile file = gzopen(pictures_path, "rb");
    if (!file)
        return NULL;
    unsigned char *all = malloc(bytes);
    assert_non_null(all);
    const int got = gzread(file, all, (unsigned)bytes);
    gzclose(file);
    assert_int_equal(got, (int)bytes);
    return all;
}

static int *read_predictions(void)
{
    int *classes = malloc(PICTURES * sizeof *classes), count = 0;
    FILE *file = fopen(WINOCL_SOURCE_DIR "/models/fashion_predictions.txt", "r");
    assert_non_null(classes);
    assert_non_null(file);
    while (count < PICTURES && fscanf(file, "%d", &classes[count]) == 1)
        count++;
    fclose(file);
    assert_int_equal(count, PICTURES);
    return classes;
}

static int largest_of(const float *scores)
{
    int best = 0;
    for (int i = 1; i < CLASSES; i++)
        best = scores[i] > scores[best] ? i : best;
    return best;
}

/* Pixels from 0 to 1: the model's preprocessing says "unit". */
static int count_others(wcl_session *session, const unsigned char *pixels, const int *predictions)
{
    float *input = malloc((size_t)BATCH * SIDE * SIDE * sizeof *input);
    int others = 0;
    assert_non_null(input);
    for (int first = 0; first < PICTURES; first += BATCH) {
        for (size_t i = 0; i < (size_t)BATCH * SIDE * SIDE; i++)
            input[i] = (float)pixels[(size_t)first * SIDE * SIDE + i] / 255.0f;
        float *scores = run_network(session, input, BATCH, BATCH * CLASSES);
        for (int i = 0; i < BATCH; i++)
            others += largest_of(scores + (size_t)i * CLASSES) != predictions[first + i];
        free(scores);
    }
    free(input);
    return others;
}

static void test_fashion(void **state)
{
    (void)state;
    unsigned char *pictures = read_pictures();
    if (!pictures) {
        print_message("%s is not there: Debian's dataset-fashion-mnist\n", pictures_path);
        skip();
    }
    wcl_model *model = load_network(WINOCL_SOURCE_DIR "/models/fashion.onnx");
    assert_string_equal(wcl_model_metadata(model, "winocl.preprocess"), "unit");
    wcl_session *session = open_session(model, NULL);
    int *predictions = read_predictions();
    const int others = count_others(session, pictures + IDX_HEADER, predictions);
    if (others > MOST_OTHERS)
        fail_msg("%d of %d pictures are of another class than ONNX Runtime says", others, PICTURES);
    free(predictions);
    free(pictures);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_half_weights),
        cmocka_unit_test(test_fashion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
