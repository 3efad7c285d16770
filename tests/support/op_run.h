/* The operators' harness: runs one node on the test device, in every variant that says it can and in every
 * pair of layouts that the variant offers, and compares with a naive reference.
 *
 * Every buffer is exactly as large as the plan says, lies between guard bands and starts as NaN. After the
 * run the guards must be whole, packed weights without a NaN left, both error norms within support.h's
 * tolerance, and the tail lanes of the output's last channel block zero. (WINOCL_TEST_EXACT=1: no guard bands
 * but a buffer of its own for each tensor, for checkers such as Oclgrind that see an overrun only at a
 * buffer's end.)
 *
 * Under fake_cl_limits (WINOCL_TEST_LIMITS) any variants will do, and one whose launch is refused counts as
 * not run; some variant must. */
#ifndef WCL_TESTS_OP_RUN_H
#define WCL_TESTS_OP_RUN_H

#include "ops/op.h"
#include "base/text.h"

enum { OP_MOST_INPUTS = 8, OP_MOST_ATTRS = 8, OP_MOST_LIST = 8 };

/* OP_SHAPE(2, 3): a shape of rank 2 */
#define OP_RANK(...) ((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))
#define OP_SHAPE(...)                                         \
    {                                                         \
        .rank = OP_RANK(__VA_ARGS__), .dims = { __VA_ARGS__ } \
    }
#define OP_SCALAR \
    {             \
        .rank = 0 \
    }

typedef struct op_attr {
    const char *name;
    wcl_attribute_kind kind;
    int64_t i;
    float f;
    const char *s;
    int64_t ints[OP_MOST_LIST];
    size_t count;
} op_attr;
#define OP_INT(attr, value)                                 \
    {                                                       \
        .name = attr, .kind = WCL_ATTRIBUTE_INT, .i = value \
    }
#define OP_FLOAT(attr, value)                                 \
    {                                                         \
        .name = attr, .kind = WCL_ATTRIBUTE_FLOAT, .f = value \
    }
#define OP_STRING(attr, value)                                 \
    {                                                          \
        .name = attr, .kind = WCL_ATTRIBUTE_STRING, .s = value \
    }
#define OP_INTS(attr, ...)                                               \
    {                                                                    \
        .name = attr, .kind = WCL_ATTRIBUTE_INTS, .ints = {__VA_ARGS__}, \
        .count = (size_t)OP_RANK(__VA_ARGS__)                            \
    }

typedef enum op_fill { OP_NORMAL = 0, OP_POSITIVE = 1 } op_fill; /* of values that are not given */

typedef struct op_input {
    bool absent;
    bool constant; /* known while planning though the operator does not ask for it */
    wcl_type type; /* 0: float32 */
    wcl__shape shape;
    op_fill fill;
    const float *floats;        /* given values; NULL: seeded ones */
    int64_t ints[OP_MOST_LIST]; /* values of an int64 input */
} op_input;
#define OP_RANDOM(...)                 \
    {                                  \
        .shape = OP_SHAPE(__VA_ARGS__) \
    }
#define OP_INT64(...)                                                                       \
    {                                                                                       \
        .type = WCL_INT64, .shape = OP_SHAPE(OP_RANK(__VA_ARGS__)), .ints = { __VA_ARGS__ } \
    }
#define OP_ABSENT      \
    {                  \
        .absent = true \
    }

typedef struct op_case op_case;
struct op_case {
    const char *name, *op;
    int opset; /* 0: the newest */
    op_attr attrs[OP_MOST_ATTRS];
    op_input inputs[OP_MOST_INPUTS];
    size_t input_count;
    size_t output_count; /* 0: one */
    wcl__shape output;   /* what infer must find */
    bool scale, shift;   /* an epilogue by channel, seeded */
    wcl__act act;        /* the epilogue's */
    bool pool; /* the epilogue's 2x2 max-pool: `output` is its output, `unpooled` what infer must find */
    wcl__shape unpooled;
    int64_t flatten[3]; /* of wcl__op_node */
    bool half;          /* of wcl__target: variants that can store the weights as halves */
    unsigned vector;    /* the device's vector width, made another; 0: as it is */
    uint64_t max_alloc; /* the device's largest buffer, made smaller; 0: as it is */
    uint64_t cache;     /* bytes of the device's cache; 0: as it is */
    bool gpu;           /* plan as for a GPU of the device's other facts */
    int64_t reduction;  /* values added up for one output; 0: 1 */
    const char *must;   /* variants that have to run, "direct f2"; NULL: any one */
    const char *only;   /* variants that may run; NULL: all */
    /* The output without its epilogue; inputs[i] is NULL unless input i is float32. */
    void (*reference)(const op_case *test, const float *const *inputs, double *y);
    /* The second output, of int64, of as many elements as the first; NULL: there is none. */
    void (*indices)(const op_case *test, const float *const *inputs, int64_t *y);
    union {
        wcl__conv conv;
        wcl__pool pool;
        wcl__gemm gemm;
        wcl__lrn lrn;
        wcl__softmax softmax;
        wcl__topk topk;
        wcl__act act;
        int64_t list[2 * OP_MOST_LIST];
    } desc; /* what the reference computes */
};

typedef struct op_options {
    wcl_device *device; /* NULL: test_device() */
    bool stop;          /* at the first failure */
} op_options;

/* Runs the case in all ways. False: `report` says what failed, with the case, variant, blocks, seed and the
 * worst element's place. `runs` counts variants times layouts. */
bool op_run(const op_case *test, op_options options, wcl__text *report, int *runs);
/* Runs a table and fails the test, after the last case, with everything that was wrong. */
void op_check(const op_case *cases, size_t count);

/* An operator that must be refused by infer, or, with status WCL_OK and a variant's name, by that variant's
 * offers or configure. */
typedef struct op_refusal {
    op_case test;
    wcl_status status;
    const char *part; /* of the reason */
} op_refusal;
void op_check_refused(const op_refusal *refusals, size_t count);

#endif
