/* Networks whose pictures are NHWC, as TensorFlow has them: their Transposes are views of the same memory, so
 * that what comes in is converted once, into the format of the first layer, and what goes out likewise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/network.h"
#include "support/support.h"

static const int64_t to_nchw[] = {0, 3, 1, 2}, to_nhwc[] = {0, 2, 3, 1};

/* x, 1 x 1 convolution, Relu, y; with Transposes around it where the pictures are NHWC. */
typedef struct network {
    int64_t n, h, w, channels, filters;
    int64_t window;
    bool pool; /* a max-pool of 3 x 3 behind it, which has no blocks to write */
} network;

static wcl_model *build(const network *net, bool nhwc)
{
    wcl_builder *b = net_begin();
    if (nhwc) {
        net_input(b, "x", NET_DIMS(net->n, net->h, net->w, net->channels));
        net_node_ints(b, "Transpose", "enter", "x", "a", "perm", 4, to_nchw);
    } else {
        net_input(b, "a", NET_DIMS(net->n, net->channels, net->h, net->w));
    }
    net_conv(b, "conv", "a", "c", net->channels, net->filters, net->window, 300);
    net_node(b, "Relu", "relu", "c", "r");
    if (net->pool)
        net_node_ints(b, "MaxPool", "pool", "r", "p", "kernel_shape", 2, (const int64_t[]){3, 3});
    if (nhwc)
        net_node_ints(b, "Transpose", "leave", net->pool ? "p" : "r", "y", "perm", 4, to_nhwc);
    return net_end(b, nhwc ? "y" : net->pool ? "p" : "r");
}

/* From NCHW order into NHWC order. */
static float *turned(const float *values, int64_t n, int64_t c, int64_t pixels)
{
    float *out = malloc((size_t)(n * c * pixels) * sizeof *out);
    assert_non_null(out);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < c; k++)
            for (int64_t p = 0; p < pixels; p++)
                out[(i * pixels + p) * c + k] = values[(i * c + k) * pixels + p];
    return out;
}

static const struct {
    const char *name;
    network net;
    bool blocked; /* its convolution reads and writes blocks of channels, so that both Transposes are views */
} cases[] = {
    {"3 channels", {1, 17, 19, 3, 33, 3, false}, false},
    {"one channel, batch 3", {3, 9, 7, 1, 5, 3, false}, false},
    {"17 channels, 1x1", {2, 11, 13, 17, 16, 1, false}, true},
    {"5 channels, pooled", {3, 12, 10, 5, 18, 3, true}, false},
    {"a whole block", {1, 8, 8, 16, 32, 3, true}, true},
};

/* What a view shows is read back in the model's own order. */
static void check_kept(const char *name, wcl_session *session, const float *a, const float *y)
{
    int found = 0;
    for (int i = 0; i < wcl_session_tensor_count(session); i++) {
        const char *kept = NULL;
        wcl_tensor tensor;
        assert_int_equal(wcl_session_tensor(session, i, &kept, &tensor), WCL_OK);
        const float *wanted = strcmp(kept, "a") == 0 ? a : strcmp(kept, "y") == 0 ? y : NULL;
        if (wanted)
            check_values(name, tensor.data, wanted, (int64_t)(tensor.bytes / sizeof(float)), 1e-5);
        found += wanted != NULL;
        wcl_tensor_clear(&tensor);
    }
    assert_int_equal(found, 2);
}

static void check_case(size_t i, wcl_plan_as kind, bool keep_all)
{
    const network *net = &cases[i].net;
    const int64_t oh = net->h - 2 * net->pool, ow = net->w - 2 * net->pool, pixels = net->h * net->w;
    const int64_t inputs = pixels * net->channels, outputs = oh * ow * net->filters;
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.plan_as = kind;
    options.keep_all = keep_all;
    options.conv = cases[i].blocked ? WCL_CONV_GEMM : WCL_CONV_AUTO;
    wcl_model *models[2] = {build(net, false), build(net, true)};
    wcl_session *sessions[2] = {open_session(models[0], &options), open_session(models[1], &options)};
    float *plain = seeded_input(net->n * inputs), *nhwc = turned(plain, net->n, net->channels, pixels);
    float *expected = run_network(sessions[0], plain, net->n, net->n * outputs);
    float *wanted = turned(expected, net->n, net->filters, oh * ow);
    float *got = run_network(sessions[1], nhwc, net->n, net->n * outputs);
    check_values(cases[i].name, got, wanted, net->n * outputs, 1e-5);
    if (keep_all)
        check_kept(cases[i].name, sessions[1], plain, wanted);
    const wcl_plan *plan = wcl_session_plan(sessions[1]);
    const char *leave = plan_algorithm(plan, "leave"), *enter = plan_algorithm(plan, "enter");
    if (cases[i].blocked && (strcmp(leave, "view") != 0 || strcmp(enter, "view") != 0))
        fail_msg("%s: the Transposes run as %s and %s", cases[i].name, enter, leave);
    for (int s = 0; s < 2; s++) {
        wcl_session_destroy(sessions[s]);
        wcl_model_destroy(models[s]);
    }
    free(plain);
    free(nhwc);
    free(expected);
    free(wanted);
    free(got);
}

static void test_pictures(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(cases); i++)
        for (int kind = WCL_PLAN_AS_DEVICE; kind <= WCL_PLAN_AS_GPU; kind++)
            for (int keep_all = 0; keep_all < 2; keep_all++)
                check_case(i, (wcl_plan_as)kind, keep_all != 0);
}

/* A Transpose alone, of an input to an output; and one that two read, one of them an output. */
static void test_ends(void **state)
{
    static const struct {
        const char *name, *outputs;
        bool relu;
    } rows[] = {{"from input to output", "a", false}, {"an output that is read, too", "a r", true}};
    enum { N = 2, H = 3, W = 5, C = 7, COUNT = N * H * W * C };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        float x[COUNT], a[COUNT], r[COUNT];
        wcl_builder *b = net_begin();
        net_input(b, "x", NET_DIMS(N, H, W, C));
        net_node_ints(b, "Transpose", "t", "x", "a", "perm", 4, to_nchw);
        if (rows[i].relu)
            net_node(b, "Relu", "relu", "a", "r");
        wcl_model *model = net_end(b, rows[i].outputs);
        wcl_session *session = open_session(model, NULL);
        for (int k = 0; k < COUNT; k++) {
            x[k] = (float)(k % 2 ? k : -k);
            a[k] = r[k] = NAN;
        }
        const wcl_tensor input = {
            .type = WCL_FLOAT32, .rank = 4, .dims = {N, H, W, C}, .data = x, .bytes = sizeof x};
        wcl_tensor outputs[2] = {{.data = a, .bytes = sizeof a}, {.data = r, .bytes = sizeof r}};
        if (wcl_session_run_tensors(session, &input, outputs) != WCL_OK)
            fail_msg("%s: %s", rows[i].name, wcl_last_error()->message);
        for (int n = 0; n < N; n++)
            for (int k = 0; k < C; k++)
                for (int p = 0; p < H * W; p++) {
                    const float from = x[(n * H * W + p) * C + k];
                    assert_true(a[(n * C + k) * H * W + p] == from);
                    assert_true(!rows[i].relu || r[(n * C + k) * H * W + p] == fmaxf(from, 0));
                }
        wcl_session_destroy(session);
        wcl_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pictures), cmocka_unit_test(test_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
