/* Constants on the device: weights that several nodes share, each in its own packing, and constants as data.
 * Each output of a network must be what it is, bit for bit or nearly so, in a network of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/network.h"
#include "support/support.h"

enum { READERS = 2, ROW = 24 };

/* ---- dense layers that share a matrix of ROW x ROW numbers */

/* One reader of `w`: the nodes from x to its output, "y0" or "y1". */
typedef struct reader {
    const char *op;
    float alpha;
    bool trans_b;
    const char *scaled_by; /* a constant that multiplies the output; NULL: none */
    int64_t nhwc[3];       /* H, W, C of x before it is flattened; 0: a plain row */
} reader;

static void add_transposed(wcl_builder *b, const reader *r, const char *input, const char *prefix)
{
    static const int64_t to_nhwc[4] = {0, 2, 3, 1};
    const int64_t nchw[4] = {-1, r->nhwc[2], r->nhwc[0], r->nhwc[1]}, row[2] = {-1, ROW};
    char shape[24], flat[24], names[64], as_nchw[24], tanh[24], as_nhwc[24];
    snprintf(shape, sizeof shape, "%sshape", prefix);
    snprintf(flat, sizeof flat, "%sflat", prefix);
    snprintf(as_nchw, sizeof as_nchw, "%snchw", prefix);
    snprintf(tanh, sizeof tanh, "%stanh", prefix);
    snprintf(as_nhwc, sizeof as_nhwc, "%snhwc", prefix);
    net_ints(b, shape, 4, nchw);
    net_ints(b, flat, 2, row);
    snprintf(names, sizeof names, "%s %s", input, shape);
    net_node(b, "Reshape", as_nchw, names, as_nchw);
    net_node(b, "Tanh", tanh, as_nchw, tanh);
    net_node_ints(b, "Transpose", as_nhwc, tanh, as_nhwc, "perm", 4, to_nhwc);
    snprintf(names, sizeof names, "%s %s", as_nhwc, flat);
    char out[24];
    snprintf(out, sizeof out, "%srow", prefix);
    net_node(b, "Reshape", out, names, out);
}

static void add_reader(wcl_builder *b, const reader *r, int index)
{
    char prefix[8], input[24] = "x", inputs[64], product[24], output[8];
    snprintf(prefix, sizeof prefix, "r%d", index);
    snprintf(output, sizeof output, "y%d", index);
    snprintf(product, sizeof product, "%sproduct", prefix);
    if (r->nhwc[0]) {
        add_transposed(b, r, "x", prefix);
        snprintf(input, sizeof input, "%srow", prefix);
    }
    snprintf(inputs, sizeof inputs, "%s w", input);
    const char *to = r->scaled_by ? product : output;
    const wcl_attribute gemm[] = {{.name = "alpha", .kind = WCL_ATTRIBUTE_FLOAT, .f = r->alpha},
                                  {.name = "transB", .kind = WCL_ATTRIBUTE_INT, .i = r->trans_b}};
    const bool is_gemm = strcmp(r->op, "Gemm") == 0;
    assert_int_equal(net_try(b, r->op, prefix, inputs, to, is_gemm ? gemm : NULL, is_gemm ? 2 : 0), WCL_OK);
    if (r->scaled_by) {
        snprintf(inputs, sizeof inputs, "%s %s", product, r->scaled_by);
        net_node(b, "Mul", output, inputs, output);
    }
}

/* The readers from `first` on, `count` of them. */
static wcl_model *make_readers(const reader *readers, int first, int count)
{
    static const float factors[ROW] = {0.5f, -2, 3, 1, 0.25f, 7};
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(-1, ROW));
    net_random(b, "w", NET_DIMS(ROW, ROW), 3, 0.5);
    net_floats(b, "factors", NET_DIMS(ROW), factors);
    for (int i = first; i < first + count; i++)
        add_reader(b, &readers[i], i);
    return net_end(b, count == READERS ? "y0 y1" : first == 0 ? "y0" : "y1");
}

static void run(wcl_model *model, const wcl_session_options *options, const float *input,
                const wcl_tensor *like, wcl_tensor *outputs)
{
    wcl_session *session = open_session(model, options);
    wcl_tensor in = *like;
    in.data = (void *)input;
    if (wcl_session_run_tensors(session, &in, outputs) != WCL_OK)
        fail_msg("%s", wcl_last_error()->message);
    wcl_session_destroy(session);
}

static void check_readers(const char *name, const reader *readers, const wcl_session_options *options,
                          int64_t batch)
{
    const wcl_tensor like = {WCL_FLOAT32, 2, {batch, ROW}, NULL, NULL, 0, 0};
    float *input = seeded_input(batch * ROW);
    wcl_tensor together[READERS] = {0};
    wcl_model *model = make_readers(readers, 0, READERS);
    run(model, options, input, &like, together);
    wcl_model_destroy(model);
    for (int i = 0; i < READERS; i++) {
        wcl_tensor alone = {0};
        model = make_readers(readers, i, 1);
        run(model, options, input, &like, &alone);
        assert_int_equal(alone.bytes, together[i].bytes);
        check_values(name, together[i].data, alone.data, batch * ROW, 1e-6);
        wcl_tensor_clear(&alone);
        wcl_tensor_clear(&together[i]);
        wcl_model_destroy(model);
    }
    free(input);
}

static void test_shared_matrix(void **state)
{
    static const struct {
        const char *name;
        reader readers[READERS];
    } rows[] = {
        {"two orientations", {{.op = "MatMul", .alpha = 1}, {.op = "Gemm", .alpha = 1, .trans_b = true}}},
        {"two orientations and alphas",
         {{.op = "Gemm", .alpha = 0.5f}, {.op = "Gemm", .alpha = 3, .trans_b = true}}},
        {"two alphas",
         {{.op = "Gemm", .alpha = 1, .trans_b = true}, {.op = "Gemm", .alpha = 3, .trans_b = true}}},
        {"a scale for each output", {{.op = "MatMul"}, {.op = "MatMul", .scaled_by = "factors"}}},
        {"two orders of a flattened picture",
         {{.op = "MatMul", .nhwc = {2, 3, 4}}, {.op = "MatMul", .nhwc = {3, 2, 4}}}},
        {"a flattened picture and a row",
         {{.op = "Gemm", .alpha = 1, .trans_b = true, .nhwc = {2, 4, 3}},
          {.op = "Gemm", .alpha = 1, .trans_b = true}}},
    };
    static const wcl_dense_choice choices[] = {WCL_DENSE_AUTO, WCL_DENSE_GEMV, WCL_DENSE_CLBLAST};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++)
        for (size_t k = 0; k < WCL__COUNT(choices); k++)
            for (int way = 0; way < 4; way++) {
                wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
                options.dense = choices[k];
                options.precision = way % 2 ? WCL_HALF_WEIGHTS : WCL_FP32;
                check_readers(rows[i].name, rows[i].readers, &options, way / 2 ? 3 : 1);
            }
}

/* ---- a constant as data: the same network with the constant as its input must give the same */

typedef struct constant_row {
    const char *name, *before; /* nodes between the constant and the convolution */
    int64_t channels, filters;
    wcl_conv_choice conv;
} constant_row;

static wcl_model *make_constant(const constant_row *row, bool constant, const float *values)
{
    const int64_t dims[4] = {1, row->channels, 8, 8};
    wcl_builder *b = net_begin();
    if (constant)
        net_floats(b, "x", 4, dims, values);
    else
        net_input(b, "x", 4, dims);
    net_input(b, "z", NET_DIMS(1, 1));
    const char *data = "x";
    if (row->before) {
        if (strcmp(row->before, "LRN") == 0)
            net_node_int(b, "LRN", "before", "x", "t", "size", 3);
        else if (strcmp(row->before, "MaxPool") == 0)
            net_node_ints(b, "MaxPool", "before", "x", "t", "kernel_shape", 2, (const int64_t[]){1, 1});
        else
            net_node(b, row->before, "before", "x", "t");
        data = "t";
    }
    net_conv(b, "conv", data, "c", row->channels, row->filters, 3, 5);
    net_node(b, "Add", "add", "c z", "y");
    return net_end(b, "y");
}

static void test_constant_data(void **state)
{
    static const constant_row rows[] = {
        {"gemm, whole blocks", NULL, 16, 16, WCL_CONV_GEMM},
        {"gemm, 3 channels", NULL, 3, 17, WCL_CONV_GEMM},
        {"f2, whole blocks", NULL, 16, 16, WCL_CONV_F2},
        {"f2, 3 channels", NULL, 3, 17, WCL_CONV_F2},
        {"direct, 5 channels", NULL, 5, 5, WCL_CONV_DIRECT},
        {"after Relu", "Relu", 17, 16, WCL_CONV_GEMM},
        {"after MaxPool", "MaxPool", 16, 16, WCL_CONV_F4},
        {"after LRN", "LRN", 5, 16, WCL_CONV_F2},
        {"whatever is the cheapest", "Sigmoid", 33, 16, WCL_CONV_AUTO},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const int64_t count = rows[i].channels * 64;
        const float z = 0.25f;
        float *values = seeded_input(count);
        wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        wcl_tensor in[2] = {{WCL_FLOAT32, 4, {1, rows[i].channels, 8, 8}, values, NULL, 0, 0},
                            {WCL_FLOAT32, 2, {1, 1}, (void *)&z, NULL, 0, 0}};
        wcl_tensor expected = {0}, got = {0};
        options.conv = rows[i].conv;
        for (int constant = 0; constant < 2; constant++) {
            wcl_model *model = make_constant(&rows[i], constant, values);
            wcl_session *session = open_session(model, &options);
            if (wcl_session_run_tensors(session, in + constant, constant ? &got : &expected) != WCL_OK)
                fail_msg("%s: %s", rows[i].name, wcl_last_error()->message);
            wcl_session_destroy(session);
            wcl_model_destroy(model);
        }
        check_values(rows[i].name, got.data, expected.data, rows[i].filters * 64, 1e-5);
        wcl_tensor_clear(&got);
        wcl_tensor_clear(&expected);
        free(values);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared_matrix),
        cmocka_unit_test(test_constant_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
