/* A network made in code: a 3x3 convolution with bias, and a Relu behind it. The result is checked
 * by hand. */
#include <math.h>
#include <stdio.h>

#include <winocl/winocl.h>

enum { COUNT = 4 };

/* y = relu(conv(x, kernel) + bias), for any number of pictures of one channel */
static wcl_status build(wcl_model **out)
{
    static const float kernel[9] = {0, 1, 0, 1, -4, 1, 0, 1, 0}; /* Laplace's operator */
    static const float bias[1] = {1};
    const wcl_tensor kernel_tensor = {
        .type = WCL_FLOAT32, .rank = 4, .dims = {1, 1, 3, 3}, .data = (void *)kernel, .bytes = sizeof kernel};
    const wcl_tensor bias_tensor = {
        .type = WCL_FLOAT32, .rank = 1, .dims = {1}, .data = (void *)bias, .bytes = sizeof bias};
    const int64_t input[4] = {-1, 1, 4, 4}; /* N, C, H, W; -1: free */
    const int64_t pads[4] = {0, 0, 0, 0};
    const wcl_attribute attributes[] = {
        {.name = "pads", .kind = WCL_ATTRIBUTE_INTS, .ints = pads, .count = 4}};
    const char *conv_inputs[] = {"x", "kernel", "bias"}, *conv_outputs[] = {"edges"};
    const char *relu_inputs[] = {"edges"}, *relu_outputs[] = {"y"};
    wcl_builder *builder = NULL;

    *out = NULL;
    wcl_status status = wcl_builder_create(&builder);
    if (!status)
        status = wcl_builder_input(builder, "x", WCL_FLOAT32, 4, input);
    if (!status)
        status = wcl_builder_constant(builder, "kernel", &kernel_tensor);
    if (!status)
        status = wcl_builder_constant(builder, "bias", &bias_tensor);
    if (!status)
        status = wcl_builder_node(builder, "Conv", "conv", conv_inputs, 3, conv_outputs, 1, attributes, 1);
    if (!status)
        status = wcl_builder_node(builder, "Relu", "relu", relu_inputs, 1, relu_outputs, 1, NULL, 0);
    if (!status)
        status = wcl_builder_output(builder, "y");
    if (!status)
        status = wcl_builder_finish(builder, out);
    wcl_builder_destroy(builder);
    return status;
}

int main(void)
{
    static const float x[16] = {
        0, 0, 0, 0, /**/
        0, 1, 2, 0, /**/
        0, 3, 1, 0, /**/
        0, 0, 0, 0, /**/
    };
    /* Top left: 2 + 3 - 4 * 1 + bias 1 = 2. Top right: 1 + 1 - 4 * 2 + 1 = -5, so 0; below it 1 + 1 - 4 * 3 +
     * 1, so 0, and 2 + 3 - 4 * 1 + 1. */
    static const float expected[COUNT] = {2, 0, 0, 2};
    float y[COUNT] = {NAN, NAN, NAN, NAN};
    wcl_device *device = NULL;
    wcl_model *model = NULL;
    wcl_session *session = NULL;

    wcl_status status = build(&model);
    if (!status)
        status = wcl_device_open(NULL, &device);
    if (!status)
        status = wcl_session_create(device, model, NULL, &session);
    if (!status)
        status = wcl_session_run(session, x, 1, y);
    if (status)
        fprintf(stderr, "%s\n", wcl_last_error()->message);
    else
        printf("y = %g %g %g %g\n", (double)y[0], (double)y[1], (double)y[2], (double)y[3]);

    int wrong = 0;
    for (int i = 0; i < COUNT; i++)
        wrong += !(fabsf(y[i] - expected[i]) < 1e-5f);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    wcl_device_destroy(device);
    return status || wrong;
}
