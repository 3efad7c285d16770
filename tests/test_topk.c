/* TopK: two outputs, one of them int64, on the device against the naive reference, and through sessions: as
 * outputs, behind views, kept, in a caller's buffer. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ref/ref.h"
#include "runtime/device.h"
#include "support/network.h"
#include "support/op_run.h"
#include "support/support.h"

/* ---- the operator */

static void values_reference(const op_case *test, const float *const *inputs, double *y)
{
    const wcl__topk *topk = &test->desc.topk;
    int64_t *indices = calloc((size_t)(topk->outer * topk->k * topk->inner) + 1, sizeof *indices);
    assert_non_null(indices);
    wcl__ref_topk(topk, inputs[0], y, indices);
    free(indices);
}

static void indices_reference(const op_case *test, const float *const *inputs, int64_t *y)
{
    const wcl__topk *topk = &test->desc.topk;
    double *values = calloc((size_t)(topk->outer * topk->k * topk->inner) + 1, sizeof *values);
    assert_non_null(values);
    wcl__ref_topk(topk, inputs[0], values, y);
    free(values);
}

static const float ties[] = {2, 1, 2, 2, 0, 1, -3, -3, -3, -3, 7, 7};
static const float odd[] = {1, INFINITY, -INFINITY, 0, -0.0f, 5, INFINITY, 1e-40f};

static const struct {
    const char *name;
    wcl__shape shape, output;
    const float *values; /* NULL: seeded */
    int64_t axis, k;
    wcl__topk topk;
    bool smallest, no_indices;
    int opset;
} rows[] = {
    {"one of a row", OP_SHAPE(3, 10), OP_SHAPE(3, 1), NULL, -1, 1, {3, 10, 1, 1, true}, .opset = 0},
    {"all of a row", OP_SHAPE(2, 7), OP_SHAPE(2, 7), NULL, -1, 7, {2, 7, 1, 7, true}, .opset = 0},
    {"five of 1000 classes",
     OP_SHAPE(2, 1000),
     OP_SHAPE(2, 5),
     NULL,
     1,
     5,
     {2, 1000, 1, 5, true},
     .opset = 0},
    {"many rows", OP_SHAPE(1500, 3), OP_SHAPE(1500, 2), NULL, 1, 2, {1500, 3, 1, 2, true}, .opset = 0},
    {"an axis inside", OP_SHAPE(2, 9, 5), OP_SHAPE(2, 4, 5), NULL, 1, 4, {2, 9, 5, 4, true}, .opset = 0},
    {"the first axis, the smallest",
     OP_SHAPE(6, 5),
     OP_SHAPE(3, 5),
     NULL,
     0,
     3,
     {1, 6, 5, 3, false},
     .smallest = true},
    {"equal values", OP_SHAPE(2, 6), OP_SHAPE(2, 4), ties, 1, 4, {2, 6, 1, 4, true}, .opset = 0},
    {"equal values, the smallest",
     OP_SHAPE(2, 6),
     OP_SHAPE(2, 5),
     ties,
     1,
     5,
     {2, 6, 1, 5, false},
     .smallest = true},
    {"infinities and zeros of both signs",
     OP_SHAPE(1, 8),
     OP_SHAPE(1, 8),
     odd,
     1,
     8,
     {1, 8, 1, 8, true},
     .opset = 0},
    {"k is an attribute", OP_SHAPE(3, 10), OP_SHAPE(3, 2), NULL, 1, 2, {3, 10, 1, 2, true}, .opset = 9},
    {"opset 10", OP_SHAPE(3, 10), OP_SHAPE(3, 2), NULL, 1, 2, {3, 10, 1, 2, true}, .opset = 10},
    {"nobody asks for the indices",
     OP_SHAPE(3, 10),
     OP_SHAPE(3, 2),
     NULL,
     1,
     2,
     {3, 10, 1, 2, true},
     .no_indices = true},
};

static op_case case_of(size_t i)
{
    op_case test = {.name = rows[i].name,
                    .op = "TopK",
                    .opset = rows[i].opset,
                    .attrs = {OP_INT("axis", rows[i].axis)},
                    .inputs = {{.shape = rows[i].shape, .floats = rows[i].values}, OP_INT64(rows[i].k)},
                    .input_count = 2,
                    .output_count = rows[i].no_indices ? 1 : 2,
                    .output = rows[i].output,
                    .must = "rows",
                    .reference = values_reference,
                    .indices = rows[i].no_indices ? NULL : indices_reference,
                    .desc = {.topk = rows[i].topk}};
    test.inputs[1].ints[0] = rows[i].k;
    if (rows[i].smallest)
        test.attrs[1] = (op_attr)OP_INT("largest", 0);
    if (rows[i].opset == 9) {
        test.attrs[1] = (op_attr)OP_INT("k", rows[i].k);
        test.input_count = 1;
    }
    return test;
}

static void test_operator(void **state)
{
    op_case cases[WCL__COUNT(rows)];
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++)
        cases[i] = case_of(i);
    op_check(cases, WCL__COUNT(rows));
}

static const op_refusal refusals[] = {
    {{.name = "k beyond the axis",
      .op = "TopK",
      .inputs = {OP_RANDOM(2, 4), OP_INT64(5)},
      .input_count = 2,
      .output_count = 2},
     WCL_BAD_SHAPE,
     "the axis has 4"},
    {{.name = "no such axis",
      .op = "TopK",
      .attrs = {OP_INT("axis", 2)},
      .inputs = {OP_RANDOM(2, 4), OP_INT64(1)},
      .input_count = 2,
      .output_count = 2},
     WCL_BAD_SHAPE,
     "axis 2"},
    {{.name = "a negative k",
      .op = "TopK",
      .inputs = {OP_RANDOM(2, 4), OP_INT64(-1)},
      .input_count = 2,
      .output_count = 2},
     WCL_BAD_MODEL,
     "not negative"},
    {{.name = "k as an attribute of today",
      .op = "TopK",
      .attrs = {OP_INT("k", 1)},
      .inputs = {OP_RANDOM(2, 4), OP_INT64(1)},
      .input_count = 2,
      .output_count = 2},
     WCL_BAD_MODEL,
     "since opset 10"},
};

static void test_refusals(void **state)
{
    (void)state;
    op_check_refused(refusals, WCL__COUNT(refusals));
}

/* ---- in networks */

enum { ROWS = 3, LENGTH = 11, K = 4, FOUND = ROWS * K };

/* values and indices, the latter behind a Reshape and a Flatten too. */
static wcl_model *build(const char *outputs)
{
    wcl_builder *b = net_begin();
    net_input(b, "x", NET_DIMS(ROWS, LENGTH));
    net_ints(b, "k", 1, (const int64_t[]){K});
    net_ints(b, "shape", 3, (const int64_t[]){2, 3, 2});
    net_node(b, "TopK", "topk", "x k", "values indices");
    net_node(b, "Reshape", "reshape", "indices shape", "reshaped");
    net_node(b, "Flatten", "flatten", "reshaped", "flat");
    net_node(b, "Relu", "relu", "values", "positive");
    return net_end(b, outputs);
}

static void expect(const float *x, double *values, int64_t *indices)
{
    const wcl__topk topk = {ROWS, LENGTH, 1, K, true};
    wcl__ref_topk(&topk, x, values, indices);
}

/* Outputs in memory that the run makes, with the types and shapes that it tells. */
static void test_outputs(void **state)
{
    (void)state;
    float *x = seeded_input(ROWS * LENGTH);
    double values[FOUND];
    int64_t indices[FOUND];
    wcl_model *model = build("values flat indices positive");
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl_session *session = open_session(model, &options);
    const wcl_tensor input = {.type = WCL_FLOAT32, .rank = 2, .dims = {ROWS, LENGTH}, .data = x};
    wcl_tensor out[4] = {{0}, {0}, {0}, {0}};
    expect(x, values, indices);
    assert_int_equal(wcl_session_run_tensors(session, &input, out), WCL_OK);
    assert_int_equal(out[1].type, WCL_INT64);
    assert_int_equal(out[1].rank, 2);
    assert_int_equal(out[1].dims[0], 2);
    assert_int_equal(out[1].dims[1], 6);
    assert_int_equal(out[2].type, WCL_INT64);
    assert_int_equal(out[2].bytes, sizeof indices);
    assert_memory_equal(out[1].data, indices, sizeof indices);
    assert_memory_equal(out[2].data, indices, sizeof indices);
    for (int i = 0; i < FOUND; i++) {
        assert_true((double)((const float *)out[0].data)[i] == values[i]);
        assert_true((double)((const float *)out[3].data)[i] == fmax(values[i], 0));
    }
    assert_int_equal(plan_count(wcl_session_plan(session), NULL, "convert"), 0);
    for (int i = 0; i < 4; i++)
        wcl_tensor_clear(&out[i]);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    free(x);
}

/* Every tensor, and the caller's memory of either type. */
static void test_kept(void **state)
{
    (void)state;
    float *x = seeded_input(ROWS * LENGTH), got[FOUND];
    double values[FOUND];
    int64_t indices[FOUND], mine[FOUND];
    bool seen = false;
    wcl_model *model = build("values indices");
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    options.keep_all = 1;
    wcl_session *session = open_session(model, &options);
    const wcl_tensor input = {.type = WCL_FLOAT32, .rank = 2, .dims = {ROWS, LENGTH}, .data = x};
    wcl_tensor out[2] = {{.data = got, .bytes = sizeof got}, {.data = mine, .bytes = sizeof mine}};
    memset(mine, 0xFF, sizeof mine);
    expect(x, values, indices);
    assert_int_equal(wcl_session_run_tensors(session, &input, out), WCL_OK);
    assert_memory_equal(mine, indices, sizeof indices);
    for (int i = 0; i < wcl_session_tensor_count(session); i++) {
        const char *name;
        wcl_tensor tensor;
        assert_int_equal(wcl_session_tensor(session, i, &name, &tensor), WCL_OK);
        if (strcmp(name, "indices") == 0) {
            seen = true;
            assert_int_equal(tensor.type, WCL_INT64);
            assert_int_equal(tensor.bytes, sizeof indices);
            assert_memory_equal(tensor.data, indices, sizeof indices);
        }
        wcl_tensor_clear(&tensor);
    }
    assert_true(seen);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    free(x);
}

/* Bound, without waiting, into the caller's memory and into buffers. */
static void check_bound(bool buffers)
{
    float *x = seeded_input(ROWS * LENGTH), got[FOUND];
    double values[FOUND];
    int64_t indices[FOUND], mine[3][FOUND];
    wcl_model *model = build("values indices flat");
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl_session *session = open_session(model, &options);
    const wcl_tensor input = {.type = WCL_FLOAT32,
                              .rank = 2,
                              .dims = {ROWS, LENGTH},
                              .data = x,
                              .bytes = ROWS * LENGTH * sizeof *x};
    wcl_tensor out[3];
    cl_command_queue queue;
    expect(x, values, indices);
    memset(mine, 0xFF, sizeof mine);
    assert_int_equal(wcl__device_queue(test_device(), &queue), WCL_OK);
    assert_int_equal(wcl_session_prepare(session, &input), WCL_OK);
    assert_int_equal(wcl_session_bind_input(session, 0, &input), WCL_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wcl_session_output_info(session, i, &out[i]), WCL_OK);
        assert_int_equal(out[i].bytes, i ? sizeof mine[i] : sizeof got);
        out[i].data = i ? (void *)mine[i] : got;
        if (buffers) {
            out[i].data = NULL;
            assert_int_equal(wcl__buffer_create(test_device(), CL_MEM_READ_WRITE, out[i].bytes, NULL,
                                                "an output", &out[i].mem),
                             WCL_OK);
        }
        assert_int_equal(wcl_session_bind_output(session, i, &out[i]), WCL_OK);
    }
    assert_int_equal(wcl_session_run_async(session, NULL, NULL, NULL, 0, NULL), WCL_OK);
    assert_int_equal(wcl_session_wait(session), WCL_OK);
    for (int i = 0; i < 3 && buffers; i++)
        assert_int_equal(clEnqueueReadBuffer(queue, out[i].mem, CL_TRUE, 0, out[i].bytes,
                                             i ? (void *)mine[i] : got, 0, NULL, NULL),
                         CL_SUCCESS);
    for (int i = 0; i < FOUND; i++)
        assert_true((double)got[i] == values[i]);
    assert_memory_equal(mine[1], indices, sizeof indices);
    assert_memory_equal(mine[2], indices, sizeof indices);
    wcl_session_destroy(session);
    for (int i = 0; i < 3 && buffers; i++)
        clReleaseMemObject(out[i].mem);
    wcl_model_destroy(model);
    free(x);
}

static void test_bound(void **state)
{
    (void)state;
    check_bound(false);
    check_bound(true);
}

/* The short form gives floats only. What a layer must move counts 8 bytes for an index. */
static void test_bytes(void **state)
{
    (void)state;
    float *x = seeded_input(ROWS * LENGTH), got[2 * FOUND];
    wcl_model *model = build("indices");
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    wcl_session *session = open_session(model, &options);
    assert_int_equal(wcl_session_run(session, x, ROWS, got), WCL_BAD_ARGUMENT);
    assert_non_null(strstr(wcl_last_error()->message, "int64: use wcl_session_run_tensors"));
    const wcl_plan_node node = plan_find(wcl_session_plan(session), "topk");
    assert_int_equal(node.least_bytes, ROWS * LENGTH * 4 + FOUND * (4 + 8));
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    free(x);
}

/* NaN counts as larger than every number; of several, the first comes first. */
static void test_nan(void **state)
{
    static const struct {
        bool largest;
        int64_t order[6];
    } nans[] = {{true, {1, 4, 5, 2, 0, 3}}, {false, {3, 0, 2, 5, 1, 4}}};
    const float x[] = {1, NAN, 3, -INFINITY, NAN, INFINITY};
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(nans); i++) {
        wcl_builder *b = net_begin();
        net_input(b, "x", NET_DIMS(1, 6));
        net_ints(b, "k", 1, (const int64_t[]){6});
        net_node_int(b, "TopK", "topk", "x k", "values indices", "largest", nans[i].largest);
        wcl_model *model = net_end(b, "indices");
        wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
        wcl_session *session = open_session(model, &options);
        int64_t got[6] = {-1, -1, -1, -1, -1, -1};
        const wcl_tensor input = {.type = WCL_FLOAT32, .rank = 2, .dims = {1, 6}, .data = (void *)x};
        wcl_tensor out = {.data = got, .bytes = sizeof got};
        assert_int_equal(wcl_session_run_tensors(session, &input, &out), WCL_OK);
        assert_memory_equal(got, nans[i].order, sizeof got);
        wcl_session_destroy(session);
        wcl_model_destroy(model);
    }
}

/* What would compute with an int64 tensor on the device is refused, as before. */
static void test_readers(void **state)
{
    static const struct {
        const char *op, *inputs, *reason;
        wcl_attribute attr;
    } readers[] = {
        {"Relu", "indices", "int64 on the device", {0}},
        {"Transpose", "indices", "int64 on the device", {0}},
        {"Softmax", "indices", "int64 on the device", {0}},
        {"Add", "indices k", "int64 on the device", {0}},
        {"TopK", "indices k", "int64 on the device", {0}},
        {"TopK", "x indices", "not known before the network runs", {0}},
        {"Reshape", "x indices", "not known before the network runs", {0}},
        {"Concat",
         "indices indices",
         "int64 on the device",
         {.name = "axis", .kind = WCL_ATTRIBUTE_INT, .i = 1}},
        {"Cast",
         "indices",
         "from int64 to float32 on the device",
         {.name = "to", .kind = WCL_ATTRIBUTE_INT, .i = WCL_FLOAT32}},
        {"Gather", "indices k", "int64 on the device", {0}},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(readers); i++) {
        wcl_plan *plan = NULL;
        wcl_builder *b = net_begin();
        net_input(b, "x", NET_DIMS(ROWS, LENGTH));
        net_ints(b, "k", 1, (const int64_t[]){1});
        net_node(b, "TopK", "topk", "x k", "values indices");
        assert_int_equal(net_try(b, readers[i].op, "reader", readers[i].inputs, "y", &readers[i].attr,
                                 readers[i].attr.name != NULL),
                         WCL_OK);
        wcl_model *model = net_end(b, "y");
        assert_int_equal(wcl_plan_create(test_device(), model, NULL, NULL, &plan), WCL_UNSUPPORTED);
        if (!strstr(wcl_last_error()->message, readers[i].reason))
            fail_msg("%s of %s: %s", readers[i].op, readers[i].inputs, wcl_last_error()->message);
        wcl_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operator), cmocka_unit_test(test_refusals), cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_kept),     cmocka_unit_test(test_bound),    cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_nan),      cmocka_unit_test(test_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
