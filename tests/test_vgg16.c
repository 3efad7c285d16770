/* VGG-16 itself, at its own size, against ONNX Runtime's values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/network.h"
#include "support/support.h"

enum { SIDE = 224, CLASSES = 1000 };

/* With keep_all the tensor before the Softmax can be read: the one made last but one. */
static void check_logits(const char *name, wcl_session *session, double tolerance)
{
    wcl_tensor expected = load_values("zoo/vgg16_s224_c1000_b1_logits.npy"), got = {0};
    const char *tensor;
    assert_int_equal(wcl_session_tensor(session, wcl_session_tensor_count(session) - 2, &tensor, &got),
                     WCL_OK);
    assert_int_equal(got.bytes, expected.bytes);
    check_values(name, got.data, expected.data, CLASSES, tolerance);
    wcl_tensor_clear(&got);
    wcl_tensor_clear(&expected);
}

static void test_values(void **state)
{
    static const struct {
        const char *name;
        wcl_conv_choice conv;
        wcl_dense_choice dense;
        wcl_precision precision;
        double tolerance;
    } rows[] = {
        {"VGG-16", WCL_CONV_AUTO, WCL_DENSE_AUTO, WCL_FP32, 1e-4},
        {"VGG-16, direct, clblast", WCL_CONV_DIRECT, WCL_DENSE_CLBLAST, WCL_FP32, 1e-4},
        {"VGG-16, f2, gemv", WCL_CONV_F2, WCL_DENSE_GEMV, WCL_FP32, 1e-4},
        {"VGG-16, half-stored weights", WCL_CONV_AUTO, WCL_DENSE_AUTO, WCL_HALF_WEIGHTS, 3e-3},
    };
    (void)state;
    wcl_model *model = load_network("zoo:vgg16");
    wcl_tensor expected = load_values("zoo/vgg16_s224_c1000_b1_probs.npy");
    float *input = seeded_input(3 * SIDE * SIDE);
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        options.conv = rows[i].conv;
        options.dense = rows[i].dense;
        options.precision = rows[i].precision;
        options.keep_all = 1;
        wcl_session *session = open_session(model, &options);
        float *output = run_network(session, input, 1, CLASSES);
        check_values(rows[i].name, output, expected.data, CLASSES, rows[i].tolerance);
        check_logits(rows[i].name, session, rows[i].tolerance);
        free(output);
        wcl_session_destroy(session);
    }
    free(input);
    wcl_tensor_clear(&expected);
    wcl_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
