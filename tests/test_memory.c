/* The weights of an ONNX file are never in memory twice: the peak resident memory of running VGG-16, less
 * that of a session with an empty network, is at most what the plan says and 64 MB. The test writes the file
 * (553 MB) and runs itself on it. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "formats/onnx_fields.h"
#include "support/network.h"
#include "support/onnx_writer.h"
#include "support/support.h"
#include "base/random.h"

enum { SIDE = 224, CLASSES = 1000, FEATURES = 512 * 7 * 7, DENSE = 4096, POOL = 0 };
#define MARGIN (64LL << 20)
#define FILE_ROOM (600ULL << 20)

#if defined(__SANITIZE_ADDRESS__)
#define MEASURABLE 0 /* the sanitizer's own memory is larger than the margin */
#elif defined(__has_feature)
#define MEASURABLE !__has_feature(address_sanitizer)
#else
#define MEASURABLE 1
#endif

/* ---- the file. Each part is put twice: once for its size, which stands before it, and once for good. */

typedef struct output {
    FILE *file; /* NULL: count only */
    uint64_t bytes;
} output;

static void put(output *out, const proto *part)
{
    if (out->file)
        assert_int_equal(fwrite(part->data, 1, part->bytes, out->file), part->bytes);
    out->bytes += part->bytes;
}

static void put_values(output *out, int64_t count, uint64_t key, double deviation)
{
    enum { CHUNK = 1 << 18 };
    static float values[CHUNK];
    for (int64_t first = 0; out->file && first < count; first += CHUNK) {
        const int64_t part = WCL__MIN(count - first, (int64_t)CHUNK);
        wcl__random_range(values, first, part, key, deviation);
        assert_int_equal(fwrite(values, sizeof *values, (size_t)part, out->file), part);
    }
    out->bytes += (uint64_t)count * sizeof *values;
}

/* The tag and length of a message of `bytes`. */
static void put_head(output *out, uint32_t field, uint64_t bytes)
{
    proto head = {.bytes = 0};
    proto_varint(&head, (uint64_t)field << 3 | 2);
    proto_varint(&head, bytes);
    put(out, &head);
}

static void put_weight(output *out, const char *name, int rank, const int64_t *dims, uint64_t key,
                       double deviation)
{
    proto head = {.bytes = 0};
    int64_t count = 1;
    for (int d = 0; d < rank; d++) {
        proto_int(&head, wcl__TensorProto_dims, dims[d]);
        count *= dims[d];
    }
    proto_int(&head, wcl__TensorProto_data_type, WCL_FLOAT32);
    proto_text(&head, wcl__TensorProto_name, name);
    proto_varint(&head, (uint64_t)wcl__TensorProto_raw_data << 3 | 2);
    proto_varint(&head, (uint64_t)count * sizeof(float));
    put_head(out, wcl__GraphProto_initializer, head.bytes + (uint64_t)count * sizeof(float));
    put(out, &head);
    put_values(out, count, key, deviation);
}

static void put_attribute(proto *node, const char *name, int64_t value, int count)
{
    proto attribute = {.bytes = 0};
    proto_text(&attribute, wcl__AttributeProto_name, name);
    for (int i = 0; i < count; i++)
        proto_int(&attribute, wcl__AttributeProto_ints, value);
    if (count == 0)
        proto_int(&attribute, wcl__AttributeProto_i, value);
    proto_int(&attribute, wcl__AttributeProto_type, count ? WCL_ATTRIBUTE_INTS : WCL_ATTRIBUTE_INT);
    proto_message(node, wcl__NodeProto_attribute, &attribute);
}

typedef struct network {
    output *out;
    char tip[32];
    int nodes, weights;
} network;

/* A node that reads the tip and up to two weights, and becomes the tip. */
static void put_op(network *n, const char *op, const char *weight, const char *bias, const char *attribute,
                   int64_t value, int count)
{
    proto node = {.bytes = 0}, whole = {.bytes = 0};
    proto_text(&node, wcl__NodeProto_input, n->tip);
    if (weight) {
        proto_text(&node, wcl__NodeProto_input, weight);
        proto_text(&node, wcl__NodeProto_input, bias);
    }
    snprintf(n->tip, sizeof n->tip, "t%d", ++n->nodes);
    proto_text(&node, wcl__NodeProto_output, n->tip);
    proto_text(&node, wcl__NodeProto_op_type, op);
    if (attribute)
        put_attribute(&node, attribute, value, count);
    if (strcmp(op, "MaxPool") == 0)
        put_attribute(&node, "strides", value, count);
    proto_message(&whole, wcl__GraphProto_node, &node);
    put(n->out, &whole);
}

static void put_layer(network *n, const char *op, int rank, const int64_t *dims, const char *attribute,
                      int64_t value, int count)
{
    char weight[16], bias[16];
    const double fan_in = (double)dims[1] * (rank == 4 ? 9 : 1);
    snprintf(weight, sizeof weight, "w%d", n->weights);
    snprintf(bias, sizeof bias, "b%d", n->weights);
    put_weight(n->out, weight, rank, dims, wcl__random_key(0, (uint64_t)n->weights * 2), sqrt(2.0 / fan_in));
    put_weight(n->out, bias, 1, dims, wcl__random_key(0, (uint64_t)n->weights * 2 + 1), 0.01);
    n->weights++;
    put_op(n, op, weight, bias, attribute, value, count);
}

static void put_value(output *out, uint32_t field, const char *name, int rank, const int64_t *dims)
{
    proto shape = {.bytes = 0}, tensor = {.bytes = 0}, type = {.bytes = 0}, value = {.bytes = 0},
          whole = {.bytes = 0};
    for (int d = 0; d < rank; d++) {
        proto dim = {.bytes = 0};
        proto_int(&dim, wcl__Dimension_dim_value, dims[d]);
        proto_message(&shape, wcl__TensorShapeProto_dim, &dim);
    }
    proto_int(&tensor, wcl__Tensor_elem_type, WCL_FLOAT32);
    proto_message(&tensor, wcl__Tensor_shape, &shape);
    proto_message(&type, wcl__TypeProto_tensor_type, &tensor);
    proto_text(&value, wcl__ValueInfoProto_name, name);
    proto_message(&value, wcl__ValueInfoProto_type, &type);
    proto_message(&whole, field, &value);
    put(out, &whole);
}

static void put_graph(output *out)
{
    static const int64_t filters[] = {64,   64,  POOL, 128, 128,  POOL, 256, 256, 256,
                                      POOL, 512, 512,  512, POOL, 512,  512, 512, POOL};
    static const int64_t dense[] = {FEATURES, DENSE, DENSE, CLASSES}, picture[] = {1, 3, SIDE, SIDE},
                         scores[] = {1, CLASSES};
    network n = {out, "x", 0, 0};
    int64_t channels = 3;
    for (size_t i = 0; i < WCL__COUNT(filters); i++) {
        if (filters[i] == POOL) {
            put_op(&n, "MaxPool", NULL, NULL, "kernel_shape", 2, 2);
            continue;
        }
        put_layer(&n, "Conv", 4, (int64_t[]){filters[i], channels, 3, 3}, "pads", 1, 4);
        put_op(&n, "Relu", NULL, NULL, NULL, 0, 0);
        channels = filters[i];
    }
    put_op(&n, "Flatten", NULL, NULL, NULL, 0, 0);
    for (size_t i = 1; i < WCL__COUNT(dense); i++) {
        put_layer(&n, "Gemm", 2, (int64_t[]){dense[i], dense[i - 1]}, "transB", 1, 0);
        if (i + 1 < WCL__COUNT(dense))
            put_op(&n, "Relu", NULL, NULL, NULL, 0, 0);
    }
    put_op(&n, "Softmax", NULL, NULL, "axis", 1, 0);
    put_value(out, wcl__GraphProto_input, "x", 4, picture);
    put_value(out, wcl__GraphProto_output, n.tip, 2, scores);
}

static void write_vgg16(const char *path)
{
    output size = {NULL, 0}, out = {fopen(path, "wb"), 0};
    proto opset = {.bytes = 0}, head = {.bytes = 0};
    assert_non_null(out.file);
    proto_int(&head, wcl__ModelProto_ir_version, 8);
    proto_int(&opset, wcl__OperatorSetIdProto_version, 13);
    proto_message(&head, wcl__ModelProto_opset_import, &opset);
    put(&out, &head);
    put_graph(&size);
    put_head(&out, wcl__ModelProto_graph, size.bytes);
    put_graph(&out);
    assert_int_equal(fclose(out.file), 0);
}

/* ---- the runs */

/* In a process of its own: makes a session, runs it, writes the plan's total into a file. */
static int run_model(wcl_model *model, int64_t inputs, int64_t outputs, const char *report)
{
    wcl_session *session = open_session(model, NULL);
    float *input = seeded_input(inputs), *scores = run_network(session, input, 1, outputs);
    wcl_plan_bytes bytes = WCL_PLAN_BYTES_INIT;
    FILE *file = fopen(report, "w");
    int status =
        !file || !isfinite(scores[0]) || wcl_plan_get_bytes(wcl_session_plan(session), &bytes) != WCL_OK;
    if (file && fprintf(file, "%llu\n", (unsigned long long)bytes.total) < 0)
        status = 1;
    if (file && fclose(file) != 0)
        status = 1;
    free(scores);
    free(input);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    return status;
}

static int run_empty(const char *report)
{
    wcl_builder *builder = net_begin();
    net_input(builder, "x", NET_DIMS(1));
    net_node(builder, "Relu", "relu", "x", "y");
    return run_model(net_end(builder, "y"), 1, 1, report);
}

typedef struct peak {
    long long resident, planned; /* bytes */
} peak;

static peak measure(const char *what, const char *report)
{
    char program[] = "/proc/self/exe";
    char *const arguments[] = {program, (char *)what, (char *)report, NULL};
    extern char **environ;
    struct rusage used;
    pid_t child;
    int status = 0;
    peak p = {0, 0};
    assert_int_equal(posix_spawn(&child, program, NULL, NULL, arguments, environ), 0);
    while (wait4(child, &status, 0, &used) < 0)
        assert_int_equal(errno, EINTR);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s: the run ended with status %d", what, status);
    FILE *file = fopen(report, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lld", &p.planned), 1);
    fclose(file);
    p.resident = (long long)used.ru_maxrss * 1024;
    return p;
}

static void test_peak(void **state)
{
    struct statvfs room;
    (void)state;
    if (!MEASURABLE || statvfs(test_folder(), &room) != 0 ||
        (unsigned long long)room.f_bavail * room.f_frsize < FILE_ROOM) {
        print_message("not measured: a sanitizer, or no room for the file\n");
        skip();
    }
    const char *path = test_path("vgg16.onnx"), *report = test_path("report");
    setenv("WINOCL_TEST_CACHE",
           getenv("WINOCL_TEST_CACHE") ? getenv("WINOCL_TEST_CACHE") : test_path("cache"), 1);
    write_vgg16(path);
    measure(path, report); /* a driver that compiles needs memory for that */
    measure("empty", report);
    const peak empty = measure("empty", report), vgg16 = measure(path, report);
    print_message("VGG-16: %lld MB at most, %lld MB with an empty network; the plan says %lld MB\n",
                  vgg16.resident >> 20, empty.resident >> 20, vgg16.planned >> 20);
    assert_true(vgg16.planned > 553LL * 1000 * 1000); /* the weights alone */
    if (vgg16.resident - empty.resident > vgg16.planned + MARGIN)
        fail_msg("%lld bytes more than the plan and the margin",
                 vgg16.resident - empty.resident - vgg16.planned - MARGIN);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peak),
    };
    if (argc == 3)
        return strcmp(argv[1], "empty") == 0
                   ? run_empty(argv[2])
                   : run_model(load_network(argv[1]), 3 * SIDE * SIDE, CLASSES, argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
