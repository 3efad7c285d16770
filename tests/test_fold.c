/* Shape inference and host folds, operator by operator: nodes made by hand, values worked by hand. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ops/registry.h"
#include "ops/value.h"
#include "support/fake_memory.h"

enum { MAX_TENSORS = 5, MAX_ATTRS = 3 };

/* values NULL: not known before the network runs. type 0: absent. */
typedef struct tensor {
    wcl_type type;
    wcl__shape shape;
    const double *values;
} tensor;

typedef struct fold_case {
    const char *name, *op;
    int opset;
    tensor inputs[MAX_TENSORS];
    wcl__attr attrs[MAX_ATTRS];
    tensor output;      /* expected; values NULL: infer's shape only */
    wcl_status status;  /* of infer or of the fold behind it */
    const char *reason; /* a part of it */
} fold_case;

/* clang-format off */
#define DIMS(...) {(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}}
#define SCALAR {0, {0}}
#define KNOWN(type, shape, ...) {type, shape, (const double[]){__VA_ARGS__}}
#define DEVICE(type, shape) {type, shape, NULL}
#define F32 WCL_FLOAT32
#define F64 WCL_FLOAT64
#define I64 WCL_INT64
#define I32 WCL_INT32
#define ABSENT {0, SCALAR, NULL}
#define INT(key, value) {.name = key, .kind = WCL_ATTRIBUTE_INT, .i = value}
#define FLOAT(key, value) {.name = key, .kind = WCL_ATTRIBUTE_FLOAT, .f = value}
#define INTS(key, ...) {.name = key, .kind = WCL_ATTRIBUTE_INTS, .ints = (int64_t[]){__VA_ARGS__}, .count = sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)}
#define FLOATS(key, ...) {.name = key, .kind = WCL_ATTRIBUTE_FLOATS, .floats = (float[]){__VA_ARGS__}, .count = sizeof((float[]){__VA_ARGS__}) / sizeof(float)}
#define TENSOR(key, source) {.name = key, .kind = WCL_ATTRIBUTE_TENSOR, .tensor = source}

static wcl__source tensor_2x2 = {.type = WCL_INT64, .shape = DIMS(2, 2), .bytes = 32, .data = (const int64_t[]){1, -2, 3, -4}};
static wcl__source tensor_seven = {.type = WCL_INT32, .shape = DIMS(1), .bytes = 4, .data = (const int32_t[]){7}};
static wcl__source tensor_text = {.type = WCL_STRING, .shape = DIMS(1)};
static wcl__source tensor_pair = {.type = WCL_FLOAT32, .shape = DIMS(2), .bytes = 8, .data = (const float[]){1, 2}};

#define X234 KNOWN(F32, DIMS(2, 3, 4), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23)
#define X23 KNOWN(I64, DIMS(2, 3), 1, 2, 3, 4, 5, 6)
#define D234 DEVICE(F32, DIMS(2, 3, 4))

static const fold_case binary_cases[] = {
    {"int64 of one shape", "Add", 13, {KNOWN(I64, DIMS(3), 1, -2, 3), KNOWN(I64, DIMS(3), 10, 20, 30)}, {{0}}, KNOWN(I64, DIMS(3), 11, 18, 33), WCL_OK, NULL},
    {"a scalar behind", "Mul", 13, {X23, KNOWN(I64, SCALAR, -2)}, {{0}}, KNOWN(I64, DIMS(2, 3), -2, -4, -6, -8, -10, -12), WCL_OK, NULL},
    {"a scalar in front", "Sub", 7, {KNOWN(I64, SCALAR, 10), KNOWN(I64, DIMS(2), 1, 20)}, {{0}}, KNOWN(I64, DIMS(2), 9, -10), WCL_OK, NULL},
    {"both broadcast", "Add", 14, {KNOWN(I32, DIMS(2, 1), 10, 20), KNOWN(I32, DIMS(3), 1, 2, 3)}, {{0}}, KNOWN(I32, DIMS(2, 3), 11, 12, 13, 21, 22, 23), WCL_OK, NULL},
    {"division truncates", "Div", 13, {KNOWN(I64, DIMS(4), 7, -7, 7, -7), KNOWN(I64, DIMS(4), 2, 2, -2, -2)}, {{0}}, KNOWN(I64, DIMS(4), 3, -3, -3, 3), WCL_OK, NULL},
    {"the least integer by -1", "Div", 13, {KNOWN(I64, SCALAR, -9223372036854775808.0), KNOWN(I64, SCALAR, -1)}, {{0}}, KNOWN(I64, SCALAR, -9223372036854775808.0), WCL_OK, NULL},
    {"int32 wraps", "Add", 13, {KNOWN(I32, SCALAR, INT32_MAX), KNOWN(I32, SCALAR, 1)}, {{0}}, KNOWN(I32, SCALAR, INT32_MIN), WCL_OK, NULL},
    {"float32 rounds once", "Add", 13, {KNOWN(F32, SCALAR, 16777216), KNOWN(F32, SCALAR, 1)}, {{0}}, KNOWN(F32, SCALAR, 16777216), WCL_OK, NULL},
    {"float32 by zero", "Div", 13, {KNOWN(F32, DIMS(2), 1, -1), KNOWN(F32, SCALAR, 0)}, {{0}}, KNOWN(F32, DIMS(2), INFINITY, -INFINITY), WCL_OK, NULL},
    {"empty", "Add", 13, {KNOWN(I64, DIMS(0), 0), KNOWN(I64, DIMS(1), 1)}, {{0}}, KNOWN(I64, DIMS(0), 0), WCL_OK, NULL},
    {"empty, and too large otherwise", "Add", 13, {KNOWN(I64, DIMS(0, 1LL << 62, 1LL << 62), 0), KNOWN(I64, DIMS(1), 1)}, {{0}}, KNOWN(I64, DIMS(0, 1LL << 62, 1LL << 62), 0), WCL_OK, NULL},
    {"eight dimensions", "Mul", 13, {KNOWN(I64, DIMS(1, 2, 1, 1, 1, 1, 1, 2), 1, 2, 3, 4), KNOWN(I64, DIMS(2, 1, 1, 1, 1, 1, 1, 1), 1, 10)}, {{0}},
     KNOWN(I64, DIMS(2, 2, 1, 1, 1, 1, 1, 2), 1, 2, 3, 4, 10, 20, 30, 40), WCL_OK, NULL},
    {"on the device", "Add", 13, {DEVICE(F32, DIMS(2, 1, 4)), DEVICE(F32, DIMS(3, 1))}, {{0}}, DEVICE(F32, DIMS(2, 3, 4)), WCL_OK, NULL},
    {"integer by zero", "Div", 13, {X23, KNOWN(I64, SCALAR, 0)}, {{0}}, ABSENT, WCL_BAD_MODEL, "division by zero"},
    {"shapes that don't broadcast", "Add", 13, {DEVICE(F32, DIMS(2, 3)), DEVICE(F32, DIMS(2))}, {{0}}, ABSENT, WCL_BAD_SHAPE, "2x3 and 2 do not broadcast"},
    {"mixed types", "Add", 13, {X23, KNOWN(F32, SCALAR, 0)}, {{0}}, ABSENT, WCL_BAD_MODEL, "int64 and float32"},
    {"integers on the device", "Add", 13, {DEVICE(I64, DIMS(2)), KNOWN(I64, SCALAR, 1)}, {{0}}, ABSENT, WCL_UNSUPPORTED, "int64 on the device"},
    {"a type that is not folded", "Add", 13, {KNOWN(WCL_UINT8, SCALAR, 1), KNOWN(WCL_UINT8, SCALAR, 1)}, {{0}}, ABSENT, WCL_UNSUPPORTED, "uint8"},
    {"a product that overflows", "Add", 13, {DEVICE(F32, DIMS(1LL << 40, 1)), DEVICE(F32, DIMS(1, 1LL << 40))}, {{0}}, ABSENT, WCL_BAD_SHAPE, "too large"},
    {"one input", "Sum", 8, {X23}, {{0}}, X23, WCL_OK, NULL},
    {"three inputs", "Sum", 8, {KNOWN(F32, DIMS(2, 1), 1, 2), KNOWN(F32, DIMS(2), 10, 20), KNOWN(F32, SCALAR, 0.5)}, {{0}}, KNOWN(F32, DIMS(2, 2), 11.5, 21.5, 12.5, 22.5), WCL_OK, NULL},
    {"a missing operand", "Sum", 8, {X23, ABSENT, X23}, {{0}}, ABSENT, WCL_BAD_MODEL, "input 1 is missing"},
};

static const fold_case move_cases[] = {
    {"first axis", "Concat", 13, {KNOWN(I64, DIMS(1), 1), KNOWN(I64, DIMS(2), 2, 3), KNOWN(I64, DIMS(0), 0)}, {INT("axis", 0)}, KNOWN(I64, DIMS(3), 1, 2, 3), WCL_OK, NULL},
    {"an empty one of another rank", "Concat", 13, {KNOWN(I64, DIMS(0), 0), X23}, {INT("axis", 1)}, X23, WCL_OK, NULL},
    {"empty ones alone", "Concat", 13, {KNOWN(I64, DIMS(0), 0), KNOWN(I64, DIMS(0), 0)}, {INT("axis", 0)}, KNOWN(I64, DIMS(0), 0), WCL_OK, NULL},
    {"last axis", "Concat", 13, {X23, KNOWN(I64, DIMS(2, 1), 9, 8)}, {INT("axis", -1)}, KNOWN(I64, DIMS(2, 4), 1, 2, 3, 9, 4, 5, 6, 8), WCL_OK, NULL},
    {"bool", "Concat", 13, {KNOWN(WCL_BOOL, DIMS(2), 1, 0), KNOWN(WCL_BOOL, DIMS(1), 1)}, {INT("axis", 0)}, KNOWN(WCL_BOOL, DIMS(3), 1, 0, 1), WCL_OK, NULL},
    {"one input", "Concat", 7, {X23}, {INT("axis", 1)}, X23, WCL_OK, NULL},
    {"on the device", "Concat", 13, {D234, DEVICE(F32, DIMS(2, 5, 4))}, {INT("axis", 1)}, DEVICE(F32, DIMS(2, 8, 4)), WCL_OK, NULL},
    {"no axis", "Concat", 13, {X23}, {{0}}, ABSENT, WCL_BAD_MODEL, "axis must be given"},
    {"axis out of range", "Concat", 13, {X23}, {INT("axis", 2)}, ABSENT, WCL_BAD_SHAPE, "axis 2"},
    {"axis of a scalar", "Concat", 13, {KNOWN(I64, SCALAR, 1)}, {INT("axis", 0)}, ABSENT, WCL_BAD_SHAPE, "axis 0"},
    {"other sizes differ", "Concat", 13, {D234, DEVICE(F32, DIMS(2, 3, 5))}, {INT("axis", 1)}, ABSENT, WCL_BAD_SHAPE, "do not fit"},
    {"ranks differ", "Concat", 13, {D234, DEVICE(F32, DIMS(2, 3))}, {INT("axis", 1)}, ABSENT, WCL_BAD_SHAPE, "do not fit"},
    {"types differ", "Concat", 13, {X23, KNOWN(I32, DIMS(2, 3), 0, 0, 0, 0, 0, 0)}, {INT("axis", 0)}, ABSENT, WCL_BAD_MODEL, "int64 and int32"},
    {"sum overflows", "Concat", 13, {DEVICE(F32, DIMS(INT64_MAX)), DEVICE(F32, DIMS(1))}, {INT("axis", 0)}, ABSENT, WCL_BAD_SHAPE, "too large"},
    {"reversed without perm", "Transpose", 13, {X23}, {{0}}, KNOWN(I64, DIMS(3, 2), 1, 4, 2, 5, 3, 6), WCL_OK, NULL},
    {"NHWC to NCHW", "Transpose", 7, {KNOWN(F32, DIMS(1, 2, 2, 3), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)}, {INTS("perm", 0, 3, 1, 2)}, KNOWN(F32, DIMS(1, 3, 2, 2), 0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11), WCL_OK, NULL},
    {"three dimensions round", "Transpose", 13, {KNOWN(WCL_BOOL, DIMS(2, 1, 3), 1, 0, 0, 1, 1, 0)}, {INTS("perm", 2, 0, 1)}, KNOWN(WCL_BOOL, DIMS(3, 2, 1), 1, 1, 0, 1, 0, 0), WCL_OK, NULL},
    {"a scalar", "Transpose", 13, {KNOWN(I64, SCALAR, 5)}, {{0}}, KNOWN(I64, SCALAR, 5), WCL_OK, NULL},
    {"empty", "Transpose", 13, {KNOWN(I64, DIMS(0, 1LL << 62, 1LL << 62), 0)}, {{0}}, KNOWN(I64, DIMS(1LL << 62, 1LL << 62, 0), 0), WCL_OK, NULL},
    {"perm too short", "Transpose", 13, {X23}, {INTS("perm", 0)}, ABSENT, WCL_BAD_SHAPE, "1 entries"},
    {"perm with an axis twice", "Transpose", 13, {X23}, {INTS("perm", 1, 1)}, ABSENT, WCL_BAD_SHAPE, "no permutation"},
    {"perm out of range", "Transpose", 13, {X23}, {INTS("perm", 0, 2)}, ABSENT, WCL_BAD_SHAPE, "no permutation"},
    {"a scalar index", "Gather", 13, {KNOWN(I64, DIMS(4), 10, 11, 12, 13), KNOWN(I64, SCALAR, 2)}, {{0}}, KNOWN(I64, SCALAR, 12), WCL_OK, NULL},
    {"rows, one from the end", "Gather", 13, {X23, KNOWN(I64, DIMS(3), 1, -1, 0)}, {INT("axis", 0)}, KNOWN(I64, DIMS(3, 3), 4, 5, 6, 4, 5, 6, 1, 2, 3), WCL_OK, NULL},
    {"columns by a table", "Gather", 11, {X23, KNOWN(I32, DIMS(2, 2), 0, 2, -3, 1)}, {INT("axis", -1)}, KNOWN(I64, DIMS(2, 2, 2), 1, 3, 1, 2, 4, 6, 4, 5), WCL_OK, NULL},
    {"no indices", "Gather", 13, {X23, KNOWN(I64, DIMS(0), 0)}, {{0}}, KNOWN(I64, DIMS(0, 3), 0), WCL_OK, NULL},
    {"known indices, data on the device", "Gather", 13, {D234, KNOWN(I64, DIMS(2), 0, 2)}, {INT("axis", 1)}, DEVICE(F32, DIMS(2, 2, 4)), WCL_OK, NULL},
    {"index too large", "Gather", 13, {D234, KNOWN(I64, SCALAR, 3)}, {INT("axis", 1)}, ABSENT, WCL_BAD_SHAPE, "index 3 of a dimension of 3"},
    {"index too small", "Gather", 13, {D234, KNOWN(I64, SCALAR, -4)}, {INT("axis", 1)}, ABSENT, WCL_BAD_SHAPE, "index -4"},
    {"unknown indices", "Gather", 13, {D234, DEVICE(I64, DIMS(2))}, {{0}}, ABSENT, WCL_UNSUPPORTED, "not known"},
    {"indices of a wrong type", "Gather", 13, {D234, KNOWN(F32, SCALAR, 0)}, {{0}}, ABSENT, WCL_BAD_MODEL, "float32"},
    {"data is a scalar", "Gather", 13, {KNOWN(I64, SCALAR, 1), KNOWN(I64, SCALAR, 0)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "axis 0"},
    {"more than eight dimensions", "Gather", 13, {DEVICE(F32, DIMS(1, 1, 1, 1, 1, 1, 1, 1)), KNOWN(I64, DIMS(1, 1), 0)}, {{0}}, ABSENT, WCL_UNSUPPORTED, "8 dimensions"},
};

static const fold_case slice_cases[] = {
    {"attributes", "Slice", 9, {X23}, {INTS("starts", 0, 1), INTS("ends", 1, 3)}, KNOWN(I64, DIMS(1, 2), 2, 3), WCL_OK, NULL},
    {"attributes with axes", "Slice", 7, {X23}, {INTS("starts", -1), INTS("ends", INT_MAX), INTS("axes", 1)}, KNOWN(I64, DIMS(2, 1), 3, 6), WCL_OK, NULL},
    {"inputs", "Slice", 10, {X23, KNOWN(I64, DIMS(1), 1), KNOWN(I64, DIMS(1), 3), KNOWN(I64, DIMS(1), 1)}, {{0}}, KNOWN(I64, DIMS(2, 2), 2, 3, 5, 6), WCL_OK, NULL},
    {"int32 bounds, no axes", "Slice", 11, {X23, KNOWN(I32, DIMS(1), 1), KNOWN(I32, DIMS(1), 2)}, {{0}}, KNOWN(I64, DIMS(1, 3), 4, 5, 6), WCL_OK, NULL},
    {"steps without axes", "Slice", 13, {KNOWN(I32, DIMS(5), 0, 1, 2, 3, 4), KNOWN(I64, DIMS(1), 0), KNOWN(I64, DIMS(1), 5), ABSENT, KNOWN(I64, DIMS(1), 2)}, {{0}}, KNOWN(I32, DIMS(3), 0, 2, 4), WCL_OK, NULL},
    {"backwards to the start", "Slice", 13, {KNOWN(F32, DIMS(5), 0, 1, 2, 3, 4), KNOWN(I64, DIMS(1), -1), KNOWN(I64, DIMS(1), INT64_MIN), KNOWN(I64, DIMS(1), 0), KNOWN(I64, DIMS(1), -1)}, {{0}}, KNOWN(F32, DIMS(5), 4, 3, 2, 1, 0), WCL_OK, NULL},
    {"backwards by 2", "Slice", 13, {KNOWN(F32, DIMS(5), 0, 1, 2, 3, 4), KNOWN(I64, DIMS(1), 10), KNOWN(I64, DIMS(1), 0), KNOWN(I64, DIMS(1), 0), KNOWN(I64, DIMS(1), -2)}, {{0}}, KNOWN(F32, DIMS(2), 4, 2), WCL_OK, NULL},
    {"far out of bounds", "Slice", 13, {X23, KNOWN(I64, DIMS(2), -9223372036854775808.0, -100), KNOWN(I64, DIMS(2), 9223372036854774784.0, 100)}, {{0}}, X23, WCL_OK, NULL},
    {"a step beyond the end", "Slice", 13, {KNOWN(I64, DIMS(3), 7, 8, 9), KNOWN(I64, DIMS(1), 1), KNOWN(I64, DIMS(1), 3), KNOWN(I64, DIMS(1), 0), KNOWN(I64, DIMS(1), 9223372036854774784.0)}, {{0}}, KNOWN(I64, DIMS(1), 8), WCL_OK, NULL},
    {"the least step", "Slice", 13, {KNOWN(I64, DIMS(3), 7, 8, 9), KNOWN(I64, DIMS(1), 1), KNOWN(I64, DIMS(1), -100), KNOWN(I64, DIMS(1), 0), KNOWN(I64, DIMS(1), -9223372036854775808.0)}, {{0}}, KNOWN(I64, DIMS(1), 8), WCL_OK, NULL},
    {"nothing left", "Slice", 13, {X23, KNOWN(I64, DIMS(1), 2), KNOWN(I64, DIMS(1), 1), KNOWN(I64, DIMS(1), 1)}, {{0}}, KNOWN(I64, DIMS(2, 0), 0), WCL_OK, NULL},
    {"of nothing", "Slice", 13, {KNOWN(I64, DIMS(0), 0), KNOWN(I64, DIMS(1), 0), KNOWN(I64, DIMS(1), 5)}, {{0}}, KNOWN(I64, DIMS(0), 0), WCL_OK, NULL},
    {"bool", "Slice", 13, {KNOWN(WCL_BOOL, DIMS(3), 1, 0, 1), KNOWN(I64, DIMS(1), 1), KNOWN(I64, DIMS(1), 3)}, {{0}}, KNOWN(WCL_BOOL, DIMS(2), 0, 1), WCL_OK, NULL},
    {"on the device", "Slice", 13, {D234, KNOWN(I64, DIMS(2), 0, -1), KNOWN(I64, DIMS(2), 3, 0), KNOWN(I64, DIMS(2), 1, 2), KNOWN(I64, DIMS(2), 2, -1)}, {{0}}, DEVICE(F32, DIMS(2, 2, 3)), WCL_OK, NULL},
    {"step 0", "Slice", 13, {X23, KNOWN(I64, DIMS(1), 0), KNOWN(I64, DIMS(1), 1), KNOWN(I64, DIMS(1), 0), KNOWN(I64, DIMS(1), 0)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "step of 0"},
    {"lists of different length", "Slice", 13, {X23, KNOWN(I64, DIMS(1), 0), KNOWN(I64, DIMS(2), 1, 1)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "differ in length"},
    {"more starts than dimensions", "Slice", 13, {X23, KNOWN(I64, DIMS(3), 0, 0, 0), KNOWN(I64, DIMS(3), 1, 1, 1)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "axis 2"},
    {"an axis twice", "Slice", 13, {X23, KNOWN(I64, DIMS(2), 0, 0), KNOWN(I64, DIMS(2), 1, 1), KNOWN(I64, DIMS(2), 1, -1)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "twice"},
    {"unknown starts", "Slice", 13, {D234, DEVICE(I64, DIMS(1)), KNOWN(I64, DIMS(1), 1)}, {{0}}, ABSENT, WCL_UNSUPPORTED, "not known"},
    {"no ends", "Slice", 13, {D234, KNOWN(I64, DIMS(1), 1)}, {{0}}, ABSENT, WCL_BAD_MODEL, "must be given"},
    {"no attributes", "Slice", 9, {D234}, {INTS("starts", 0)}, ABSENT, WCL_BAD_MODEL, "must be given"},
    {"inputs before opset 10", "Slice", 9, {D234, KNOWN(I64, DIMS(1), 1), KNOWN(I64, DIMS(1), 1)}, {{0}}, ABSENT, WCL_BAD_MODEL, "opset 10"},
};

static const fold_case view_cases[] = {
    {"sizes given", "Reshape", 13, {X23, KNOWN(I64, DIMS(2), 3, 2)}, {{0}}, KNOWN(I64, DIMS(3, 2), 1, 2, 3, 4, 5, 6), WCL_OK, NULL},
    {"-1 and 0", "Reshape", 7, {D234, KNOWN(I64, DIMS(2), 0, -1)}, {{0}}, DEVICE(F32, DIMS(2, 12)), WCL_OK, NULL},
    {"to a scalar", "Reshape", 13, {KNOWN(I64, DIMS(1, 1), 4), KNOWN(I64, DIMS(0), 0)}, {{0}}, KNOWN(I64, SCALAR, 4), WCL_OK, NULL},
    {"0 with allowzero", "Reshape", 14, {KNOWN(I64, DIMS(0, 3), 0), KNOWN(I64, DIMS(2), 7, 0)}, {INT("allowzero", 1)}, KNOWN(I64, DIMS(7, 0), 0), WCL_OK, NULL},
    {"allowzero before opset 14 is nothing", "Reshape", 13, {X23, KNOWN(I64, DIMS(2), 0, 3)}, {INT("allowzero", 1)}, X23, WCL_OK, NULL},
    {"-1 of an empty tensor", "Reshape", 13, {KNOWN(I64, DIMS(0, 3), 0), KNOWN(I64, DIMS(2), -1, 3)}, {{0}}, KNOWN(I64, DIMS(0, 3), 0), WCL_OK, NULL},
    {"-1 beside 0 elements", "Reshape", 13, {KNOWN(I64, DIMS(0, 3), 0), KNOWN(I64, DIMS(2), 0, -1)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "cannot reshape"},
    {"elements differ", "Reshape", 13, {D234, KNOWN(I64, DIMS(2), 5, 5)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "cannot reshape 2x3x4 to 5x5"},
    {"-1 does not divide", "Reshape", 13, {D234, KNOWN(I64, DIMS(2), 5, -1)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "cannot reshape"},
    {"-1 twice", "Reshape", 13, {D234, KNOWN(I64, DIMS(2), -1, -1)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "-1 twice"},
    {"negative", "Reshape", 13, {D234, KNOWN(I64, DIMS(2), -2, 12)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "negative"},
    {"0 beyond the input", "Reshape", 13, {KNOWN(I64, DIMS(6), 1, 2, 3, 4, 5, 6), KNOWN(I64, DIMS(2), 6, 0)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "only 1 to copy"},
    {"0 and -1 with allowzero", "Reshape", 14, {KNOWN(I64, DIMS(0, 3), 0), KNOWN(I64, DIMS(2), 0, -1)}, {INT("allowzero", 1)}, ABSENT, WCL_BAD_SHAPE, "both 0 and -1"},
    {"overflow", "Reshape", 13, {D234, KNOWN(I64, DIMS(2), 4294967296, 4294967296)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "cannot reshape"},
    {"nine dimensions", "Reshape", 13, {D234, KNOWN(I64, DIMS(9), 1, 1, 1, 1, 1, 1, 1, 1, 24)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "at most 8"},
    {"a shape of rank 2", "Reshape", 13, {D234, KNOWN(I64, DIMS(1, 1), 24)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "must have 1"},
    {"a float shape", "Reshape", 13, {D234, KNOWN(F32, DIMS(1), 24)}, {{0}}, ABSENT, WCL_BAD_MODEL, "must be int64"},
    {"an unknown shape", "Reshape", 13, {D234, DEVICE(I64, DIMS(1))}, {{0}}, ABSENT, WCL_UNSUPPORTED, "not known"},
    {"int64 on the device", "Reshape", 13, {DEVICE(I64, DIMS(6)), KNOWN(I64, DIMS(2), 2, 3)}, {{0}}, DEVICE(I64, DIMS(2, 3)), WCL_OK, NULL},
    {"axis 1", "Flatten", 13, {D234}, {{0}}, DEVICE(F32, DIMS(2, 12)), WCL_OK, NULL},
    {"axis 0", "Flatten", 9, {D234}, {INT("axis", 0)}, DEVICE(F32, DIMS(1, 24)), WCL_OK, NULL},
    {"axis behind the last", "Flatten", 13, {D234}, {INT("axis", 3)}, DEVICE(F32, DIMS(24, 1)), WCL_OK, NULL},
    {"axis -1, known", "Flatten", 13, {X23}, {INT("axis", -1)}, X23, WCL_OK, NULL},
    {"a scalar", "Flatten", 13, {DEVICE(F32, SCALAR)}, {INT("axis", 0)}, DEVICE(F32, DIMS(1, 1)), WCL_OK, NULL},
    {"axis out of range", "Flatten", 13, {D234}, {INT("axis", 4)}, ABSENT, WCL_BAD_SHAPE, "axis 4"},
    {"too large", "Flatten", 13, {KNOWN(I64, DIMS(0, 1LL << 62, 1LL << 62), 0)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "too large"},
    {"all ones", "Squeeze", 11, {DEVICE(F32, DIMS(1, 3, 1))}, {{0}}, DEVICE(F32, DIMS(3)), WCL_OK, NULL},
    {"an attribute", "Squeeze", 11, {DEVICE(F32, DIMS(1, 3, 1))}, {INTS("axes", -1)}, DEVICE(F32, DIMS(1, 3)), WCL_OK, NULL},
    {"an input", "Squeeze", 13, {KNOWN(I64, DIMS(1, 1), 5), KNOWN(I64, DIMS(2), 0, 1)}, {{0}}, KNOWN(I64, SCALAR, 5), WCL_OK, NULL},
    {"no axes is not empty axes", "Squeeze", 13, {DEVICE(F32, DIMS(1, 3)), KNOWN(I64, DIMS(0), 0)}, {{0}}, DEVICE(F32, DIMS(1, 3)), WCL_OK, NULL},
    {"not 1", "Squeeze", 13, {D234, KNOWN(I64, DIMS(1), 1)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "dimension 1 of 2x3x4 is not 1"},
    {"an axis twice", "Squeeze", 13, {DEVICE(F32, DIMS(1, 3)), KNOWN(I64, DIMS(2), 0, -2)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "twice"},
    {"the attribute of old in opset 13", "Squeeze", 13, {D234}, {INTS("axes", 0)}, ABSENT, WCL_BAD_MODEL, "opset 13"},
    {"the input of new in opset 12", "Squeeze", 12, {D234, KNOWN(I64, DIMS(1), 1)}, {{0}}, ABSENT, WCL_BAD_MODEL, "opset 13"},
    {"a scalar", "Unsqueeze", 13, {KNOWN(I64, SCALAR, 5), KNOWN(I64, DIMS(1), 0)}, {{0}}, KNOWN(I64, DIMS(1), 5), WCL_OK, NULL},
    {"an attribute", "Unsqueeze", 11, {D234}, {INTS("axes", 0, 4)}, DEVICE(F32, DIMS(1, 2, 3, 4, 1)), WCL_OK, NULL},
    {"unsorted and negative", "Unsqueeze", 13, {D234, KNOWN(I64, DIMS(3), -1, 0, 2)}, {{0}}, DEVICE(F32, DIMS(1, 2, 1, 3, 4, 1)), WCL_OK, NULL},
    {"no axes", "Unsqueeze", 13, {D234}, {{0}}, ABSENT, WCL_BAD_MODEL, "must be given"},
    {"axis out of range", "Unsqueeze", 13, {D234, KNOWN(I64, DIMS(1), 4)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "axis 4"},
    {"nine dimensions", "Unsqueeze", 13, {DEVICE(F32, DIMS(1, 1, 1, 1, 1, 1, 1, 1)), KNOWN(I64, DIMS(1), 0)}, {{0}}, ABSENT, WCL_UNSUPPORTED, "8 dimensions"},
    {"known", "Identity", 14, {X23}, {{0}}, X23, WCL_OK, NULL},
    {"on the device", "Identity", 7, {D234}, {{0}}, D234, WCL_OK, NULL},
    {"old", "Dropout", 7, {D234}, {FLOAT("ratio", 0.3f)}, D234, WCL_OK, NULL},
    {"ratio", "Dropout", 13, {D234, KNOWN(F32, SCALAR, 0.5)}, {INT("seed", 1)}, D234, WCL_OK, NULL},
    {"not training", "Dropout", 13, {D234, ABSENT, KNOWN(WCL_BOOL, SCALAR, 0)}, {{0}}, D234, WCL_OK, NULL},
    {"training that drops nothing", "Dropout", 13, {D234, KNOWN(F32, SCALAR, 0), KNOWN(WCL_BOOL, SCALAR, 1)}, {{0}}, D234, WCL_OK, NULL},
    {"training", "Dropout", 13, {D234, KNOWN(F32, SCALAR, 0.1), KNOWN(WCL_BOOL, SCALAR, 1)}, {{0}}, ABSENT, WCL_UNSUPPORTED, "training"},
    {"training at the standard ratio", "Dropout", 12, {D234, ABSENT, KNOWN(WCL_BOOL, SCALAR, 1)}, {{0}}, ABSENT, WCL_UNSUPPORTED, "training"},
    {"unknown mode", "Dropout", 13, {D234, ABSENT, DEVICE(WCL_BOOL, SCALAR)}, {{0}}, ABSENT, WCL_UNSUPPORTED, "not known"},
    {"two inputs of old", "Dropout", 11, {D234, KNOWN(F32, SCALAR, 0.1)}, {{0}}, ABSENT, WCL_BAD_MODEL, "one input"},
};

static const fold_case constant_cases[] = {
    {"of a tensor on the device", "Shape", 13, {D234}, {{0}}, KNOWN(I64, DIMS(3), 2, 3, 4), WCL_OK, NULL},
    {"of a scalar", "Shape", 13, {KNOWN(F32, SCALAR, 1)}, {{0}}, KNOWN(I64, DIMS(0), 0), WCL_OK, NULL},
    {"of integers", "Shape", 7, {DEVICE(I64, DIMS(5))}, {{0}}, KNOWN(I64, DIMS(1), 5), WCL_OK, NULL},
    {"start and end", "Shape", 15, {D234}, {INT("start", 1), INT("end", -1)}, KNOWN(I64, DIMS(1), 3), WCL_OK, NULL},
    {"start and end are bounded", "Shape", 15, {D234}, {INT("start", -10), INT("end", 10)}, KNOWN(I64, DIMS(3), 2, 3, 4), WCL_OK, NULL},
    {"nothing", "Shape", 15, {D234}, {INT("start", 2), INT("end", 1)}, KNOWN(I64, DIMS(0), 0), WCL_OK, NULL},
    {"value", "Constant", 9, {ABSENT}, {TENSOR("value", &tensor_2x2)}, KNOWN(I64, DIMS(2, 2), 1, -2, 3, -4), WCL_OK, NULL},
    {"value_float", "Constant", 12, {ABSENT}, {FLOAT("value_float", 0.5f)}, KNOWN(F32, SCALAR, 0.5), WCL_OK, NULL},
    {"value_floats", "Constant", 12, {ABSENT}, {FLOATS("value_floats", 0.5f, -1)}, KNOWN(F32, DIMS(2), 0.5, -1), WCL_OK, NULL},
    {"value_int", "Constant", 13, {ABSENT}, {INT("value_int", -7)}, KNOWN(I64, SCALAR, -7), WCL_OK, NULL},
    {"value_ints", "Constant", 13, {ABSENT}, {INTS("value_ints", 1, 2, 3)}, KNOWN(I64, DIMS(3), 1, 2, 3), WCL_OK, NULL},
    {"no value_ints", "Constant", 13, {ABSENT}, {{.name = "value_ints", .kind = WCL_ATTRIBUTE_INTS}}, KNOWN(I64, DIMS(0), 0), WCL_OK, NULL},
    {"strings", "Constant", 13, {ABSENT}, {TENSOR("value", &tensor_text)}, ABSENT, WCL_UNSUPPORTED, "string"},
    {"no value", "Constant", 13, {ABSENT}, {{0}}, ABSENT, WCL_UNSUPPORTED, "without a numeric value"},
    {"a value of the wrong kind", "Constant", 13, {ABSENT}, {INT("value_float", 1)}, ABSENT, WCL_UNSUPPORTED, "without a numeric value"},
    {"zeros", "ConstantOfShape", 9, {KNOWN(I64, DIMS(2), 2, 1)}, {{0}}, KNOWN(F32, DIMS(2, 1), 0, 0), WCL_OK, NULL},
    {"sevens", "ConstantOfShape", 9, {KNOWN(I64, DIMS(1), 3)}, {TENSOR("value", &tensor_seven)}, KNOWN(I32, DIMS(3), 7, 7, 7), WCL_OK, NULL},
    {"a scalar", "ConstantOfShape", 9, {KNOWN(I64, DIMS(0), 0)}, {TENSOR("value", &tensor_seven)}, KNOWN(I32, SCALAR, 7), WCL_OK, NULL},
    {"nothing", "ConstantOfShape", 9, {KNOWN(I64, DIMS(1), 0)}, {TENSOR("value", &tensor_seven)}, KNOWN(I32, DIMS(0), 0), WCL_OK, NULL},
    {"negative", "ConstantOfShape", 9, {KNOWN(I64, DIMS(1), -1)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "-1 is negative"},
    {"overflow", "ConstantOfShape", 9, {KNOWN(I64, DIMS(3), 4294967296, 4294967296, 2)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "too large"},
    {"bytes overflow", "ConstantOfShape", 9, {KNOWN(I64, DIMS(1), 4611686018427387904)}, {{0}}, ABSENT, WCL_BAD_SHAPE, "too large"},
    {"over the limit", "ConstantOfShape", 9, {KNOWN(I64, DIMS(1), (WCL__FOLD_BYTES >> 2) + 1)}, {{0}}, ABSENT, WCL_UNSUPPORTED, "limit"},
    {"two values", "ConstantOfShape", 9, {KNOWN(I64, DIMS(1), 1)}, {TENSOR("value", &tensor_pair)}, ABSENT, WCL_BAD_MODEL, "one element"},
    {"unknown shape", "ConstantOfShape", 9, {DEVICE(I64, DIMS(1))}, {{0}}, ABSENT, WCL_UNSUPPORTED, "not known"},
    {"float to int truncates", "Cast", 13, {KNOWN(F32, DIMS(4), 1.9, -1.9, 3e9, NAN)}, {INT("to", WCL_INT32)}, KNOWN(I32, DIMS(4), 1, -1, INT32_MAX, 0), WCL_OK, NULL},
    {"int to float", "Cast", 9, {KNOWN(I64, DIMS(2), 16777217, -3)}, {INT("to", F32)}, KNOWN(F32, DIMS(2), 16777216, -3), WCL_OK, NULL},
    {"int64 to int32 wraps", "Cast", 13, {KNOWN(I64, DIMS(2), 4294967297, -1)}, {INT("to", I32)}, KNOWN(I32, DIMS(2), 1, -1), WCL_OK, NULL},
    {"int to bool", "Cast", 13, {KNOWN(I64, DIMS(3), 256, 0, -1)}, {INT("to", WCL_BOOL)}, KNOWN(WCL_BOOL, DIMS(3), 1, 0, 1), WCL_OK, NULL},
    {"float to bool", "Cast", 13, {KNOWN(F32, DIMS(2), 0.25, 0)}, {INT("to", WCL_BOOL)}, KNOWN(WCL_BOOL, DIMS(2), 1, 0), WCL_OK, NULL},
    {"bool to float", "Cast", 13, {KNOWN(WCL_BOOL, DIMS(2), 1, 0)}, {INT("to", F32)}, KNOWN(F32, DIMS(2), 1, 0), WCL_OK, NULL},
    {"float64 to float32", "Cast", 13, {KNOWN(F64, DIMS(1), 0.1)}, {INT("to", F32)}, KNOWN(F32, DIMS(1), 0.1f), WCL_OK, NULL},
    {"float to uint64", "Cast", 13, {KNOWN(F64, DIMS(2), 18446744073709549568.0, -1)}, {INT("to", WCL_UINT64)}, KNOWN(WCL_UINT64, DIMS(2), 18446744073709549568.0, 0), WCL_OK, NULL},
    {"uint64 to float", "Cast", 13, {KNOWN(WCL_UINT64, DIMS(1), 18446744073709549568.0)}, {INT("to", F64)}, KNOWN(F64, DIMS(1), 18446744073709549568.0), WCL_OK, NULL},
    {"float to uint8 is bounded", "Cast", 13, {KNOWN(F32, DIMS(2), 300, -5)}, {INT("to", WCL_UINT8)}, KNOWN(WCL_UINT8, DIMS(2), 255, 0), WCL_OK, NULL},
    {"to its own type", "Cast", 13, {X23}, {INT("to", I64)}, X23, WCL_OK, NULL},
    {"float32 to float32 on the device", "Cast", 13, {D234}, {INT("to", F32)}, D234, WCL_OK, NULL},
    {"on the device", "Cast", 13, {D234}, {INT("to", I64)}, ABSENT, WCL_UNSUPPORTED, "Cast from float32 to int64 on the device"},
    {"to strings", "Cast", 13, {X23}, {INT("to", WCL_STRING)}, ABSENT, WCL_UNSUPPORTED, "string"},
    {"to an unknown type", "Cast", 13, {X23}, {INT("to", 99)}, ABSENT, WCL_UNSUPPORTED, "unknown"},
    {"no type", "Cast", 13, {X23}, {{0}}, ABSENT, WCL_BAD_MODEL, "to must be given"},
};
/* clang-format on */

/* ---- the loop over a table */

/* A value of the graph, with its source and data at an odd address: a file's tensors have any alignment. */
typedef struct made_value {
    wcl__value value;
    wcl__source source;
    unsigned char *memory;
} made_value;

static void write_element(wcl_type type, void *data, int64_t i, double number)
{
    const int64_t integer = number >= 9223372036854775808.0 ? (int64_t)(uint64_t)number : (int64_t)number;
    const float single = (float)number;
    const int32_t integer32 = (int32_t)integer;
    const size_t size = wcl_type_size(type);
    const void *from = type == WCL_FLOAT32   ? (const void *)&single
                       : type == WCL_FLOAT64 ? (const void *)&number
                                             : &integer;
    if (type == WCL_INT32)
        from = &integer32;
    unsigned char byte = (unsigned char)integer;
    memcpy((unsigned char *)data + (size_t)i * size, size == 1 ? &byte : from, size);
}

static void make_value(const tensor *from, const char *name, made_value *out)
{
    memset(out, 0, sizeof *out);
    out->value.name = (char *)name;
    out->value.type = from->type;
    out->value.shape = from->shape;
    if (!from->values)
        return;
    const int64_t count = wcl__shape_count(&from->shape);
    const size_t bytes = (size_t)count * wcl_type_size(from->type);
    out->memory = test_malloc(bytes + 1);
    for (int64_t i = 0; i < count; i++)
        write_element(from->type, out->memory + 1, i, from->values[i]);
    out->source =
        (wcl__source){.type = from->type, .shape = from->shape, .bytes = bytes, .data = out->memory + 1};
    out->value.source = &out->source;
}

static bool expect_output(const fold_case *c, const wcl__value *y)
{
    bool ok = y->type == c->output.type && wcl__shape_equal(&y->shape, &c->output.shape);
    if (!ok)
        print_error("%s: %s: output is %s %s, expected %s %s\n", c->op, c->name, wcl_type_name(y->type),
                    wcl__shape_print(&y->shape).text, wcl_type_name(c->output.type),
                    wcl__shape_print(&c->output.shape).text);
    if (!ok || !c->output.values)
        return ok;
    if (!y->source || !y->key) {
        print_error("%s: %s: the output is not known or has no key\n", c->op, c->name);
        return false;
    }
    const int64_t count = wcl__shape_count(&y->shape);
    for (int64_t i = 0; i < count; i++) {
        const double got = wcl__read_number(y->type, y->source->data, i);
        if (got == c->output.values[i])
            continue;
        print_error("%s: %s: element %lld is %.17g, expected %.17g\n", c->op, c->name, (long long)i, got,
                    c->output.values[i]);
        ok = false;
    }
    return ok;
}

static wcl_status infer_and_fold(wcl__op_node *node)
{
    wcl_status status = node->op->infer(node);
    const bool ready = wcl__inputs_known(node) || (node->op->flags & WCL__FOLDS_SHAPE);
    if (status == WCL_OK && ready && node->op->fold)
        status = node->op->fold(node);
    return status == WCL_OK ? wcl__value_seal(node->outputs[0]) : status;
}

/* Every allocation fails once: an error that says so, and nothing left known. */
static bool survive_no_memory(const fold_case *c, wcl__op_node *node)
{
    for (int nth = 1;; nth++) {
        wcl__value_forget(node->outputs[0]);
        fake_memory_fail(nth, false);
        const wcl_status status = infer_and_fold(node);
        const bool failed = fake_memory_failed();
        fake_memory_fail(0, false);
        if (!failed)
            return status == WCL_OK;
        if (status != WCL_NO_MEMORY || node->outputs[0]->key) {
            print_error("%s: %s: status %d when allocation %d fails\n", c->op, c->name, status, nth);
            return false;
        }
    }
}

static bool run_case(const fold_case *c)
{
    made_value made[MAX_TENSORS];
    wcl__value *inputs[MAX_TENSORS] = {NULL},
               y = {.name = (char *)"y", .shape = {WCL_MAX_RANK, {-7, -7, -7, -7, -7, -7, -7, -7}}};
    wcl__value *outputs[1] = {&y};
    wcl__op_node node = {.name = "node",
                         .op = wcl__op_find(c->op),
                         .opset = c->opset,
                         .attrs = c->attrs,
                         .inputs = inputs,
                         .outputs = outputs};
    bool ok = true;
    for (size_t i = 0; i < MAX_TENSORS; i++) {
        make_value(&c->inputs[i], "x", &made[i]);
        inputs[i] = c->inputs[i].type ? &made[i].value : NULL;
        node.input_count = c->inputs[i].type ? i + 1 : node.input_count;
    }
    while (node.attr_count < MAX_ATTRS && c->attrs[node.attr_count].name)
        node.attr_count++;
    node.output_count = 1;
    const wcl_status status = infer_and_fold(&node);
    if (status != c->status) {
        print_error("%s: %s: status %d (%s), expected %d\n", c->op, c->name, status, wcl_last_error()->reason,
                    c->status);
        ok = false;
    } else if (status == WCL_OK) {
        ok = expect_output(c, &y) && survive_no_memory(c, &node);
    } else if (!strstr(wcl_last_error()->reason, c->reason)) {
        print_error("%s: %s: reason \"%s\" does not say \"%s\"\n", c->op, c->name, wcl_last_error()->reason,
                    c->reason);
        ok = false;
    } else if (y.source) {
        print_error("%s: %s: failed, but left its output known\n", c->op, c->name);
        ok = false;
    }
    wcl__value_forget(&y);
    for (size_t i = 0; i < MAX_TENSORS; i++)
        test_free(made[i].memory);
    return ok;
}

static void run_table(const fold_case *cases, size_t count)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++)
        failed += !run_case(&cases[i]);
    assert_int_equal(failed, 0);
}

static void test_binary(void **state)
{
    (void)state;
    run_table(binary_cases, WCL__COUNT(binary_cases));
}

static void test_moves(void **state)
{
    (void)state;
    run_table(move_cases, WCL__COUNT(move_cases));
}

static void test_slice(void **state)
{
    (void)state;
    run_table(slice_cases, WCL__COUNT(slice_cases));
}

static void test_views(void **state)
{
    (void)state;
    run_table(view_cases, WCL__COUNT(view_cases));
}

static void test_constants(void **state)
{
    (void)state;
    run_table(constant_cases, WCL__COUNT(constant_cases));
}

/* ---- what a table cannot say */

static void released(void *user)
{
    ++*(int *)user;
}

static void test_weights_are_not_copied(void **state)
{
    static const float weights[6] = {1, 2, 3, 4, 5, 6};
    const int64_t shape_values[] = {3, 2};
    int releases = 0;
    wcl__file *file = NULL;
    (void)state;
    assert_int_equal(wcl__file_of_memory(weights, sizeof weights, released, &releases, &file), WCL_OK);
    const wcl__source in_file = {
        .type = WCL_FLOAT32, .shape = DIMS(2, 3), .bytes = sizeof weights, .data = weights, .file = file};
    const wcl__source shape = {
        .type = WCL_INT64, .shape = DIMS(2), .bytes = sizeof shape_values, .data = shape_values};
    wcl__value w = {.name = "w", .key = "c0", .type = WCL_FLOAT32, .shape = DIMS(2, 3), .source = &in_file};
    wcl__value s = {.name = "s", .key = "c1", .type = WCL_INT64, .shape = DIMS(2), .source = &shape};
    wcl__value y = {.name = "y"};
    wcl__value *inputs[] = {&w, &s}, *outputs[] = {&y};
    wcl__op_node node = {.op = &wcl__op_reshape,
                         .opset = 13,
                         .inputs = inputs,
                         .input_count = 2,
                         .outputs = outputs,
                         .output_count = 1};
    assert_int_equal(infer_and_fold(&node), WCL_OK);
    assert_ptr_equal(y.source->data, weights);
    assert_int_equal(y.source->shape.dims[0], 3);
    assert_string_not_equal(y.key, w.key); /* other rows: a packing of one is not a packing of the other */
    wcl__file_release(file);
    assert_int_equal(releases, 0); /* the view holds the file */
    wcl__value_forget(&y);
    assert_int_equal(releases, 1);
}

static void test_view_of_seeded_values(void **state)
{
    const wcl__source seeded = {
        .type = WCL_FLOAT32, .shape = DIMS(4), .bytes = 16, .key = 5, .deviation = 1.0};
    float expected[4], got[4] = {NAN, NAN, NAN, NAN};
    wcl__value x = {.name = "x", .key = "c0", .type = WCL_FLOAT32, .shape = DIMS(4), .source = &seeded};
    wcl__value y = {.name = "y"}, z = {.name = "z"};
    wcl__value *inputs[] = {&x, &x}, *outputs[] = {&y};
    (void)state;
    wcl__source_read(&seeded, 0, 4, expected);
    wcl__op_node node = {.op = &wcl__op_identity,
                         .opset = 13,
                         .inputs = inputs,
                         .input_count = 1,
                         .outputs = outputs,
                         .output_count = 1};
    assert_int_equal(infer_and_fold(&node), WCL_OK);
    assert_null(y.source->data);
    wcl__source_read(y.source, 0, 4, got);
    assert_memory_equal(got, expected, sizeof got);
    node.op = &wcl__op_add;
    node.input_count = 2;
    outputs[0] = &z;
    assert_int_equal(infer_and_fold(&node), WCL_OK);
    for (int i = 0; i < 4; i++)
        assert_true(wcl__read_number(WCL_FLOAT32, z.source->data, i) == 2.0 * (double)expected[i]);
    wcl__value_forget(&y);
    wcl__value_forget(&z);
}

static void test_view_of_a_folded_value(void **state)
{
    const int64_t two[] = {2};
    const wcl__source shape = {.type = WCL_INT64, .shape = DIMS(1), .bytes = 8, .data = two};
    wcl__value s = {.name = "s", .key = "c0", .type = WCL_INT64, .shape = DIMS(1), .source = &shape};
    wcl__value zeros = {.name = "zeros"}, y = {.name = "y"};
    wcl__value *inputs[] = {&s}, *outputs[] = {&zeros};
    (void)state;
    wcl__op_node node = {.op = &wcl__op_constant_of_shape,
                         .opset = 13,
                         .inputs = inputs,
                         .input_count = 1,
                         .outputs = outputs,
                         .output_count = 1};
    assert_int_equal(infer_and_fold(&node), WCL_OK);
    node.op = &wcl__op_identity;
    inputs[0] = &zeros;
    outputs[0] = &y;
    assert_int_equal(infer_and_fold(&node), WCL_OK);
    assert_string_equal(y.key, zeros.key); /* the same type, shape and values */
    wcl__value_forget(&zeros);
    assert_true(wcl__read_number(WCL_FLOAT32, y.source->data, 1) == 0.0); /* a copy: its origin may be gone */
    wcl__value_forget(&y);
}

static void test_dropout_mask(void **state)
{
    wcl__value x = {.name = "x", .type = WCL_FLOAT32, .shape = DIMS(2, 2)}, y = {.name = "y"},
               mask = {.name = "mask"};
    wcl__value *inputs[] = {&x}, *outputs[] = {&y, &mask};
    (void)state;
    wcl__op_node node = {.op = &wcl__op_dropout,
                         .opset = 13,
                         .inputs = inputs,
                         .input_count = 1,
                         .outputs = outputs,
                         .output_count = 2};
    assert_int_equal(wcl__op_dropout.infer(&node), WCL_OK);
    assert_null(y.source);
    assert_int_equal(mask.type, WCL_BOOL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(wcl__read_int(WCL_BOOL, mask.source->data, i), 1);
    wcl__value_forget(&mask);
    node.opset = 9;
    assert_int_equal(wcl__op_dropout.infer(&node), WCL_UNSUPPORTED);
    outputs[1] = NULL;
    assert_int_equal(wcl__op_dropout.infer(&node), WCL_OK);
}

static void test_registry(void **state)
{
#define ROW(row) &wcl__op_##row,
    const wcl__op *const rows[] = {WCL__OPS(ROW)};
#undef ROW
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const wcl__op *op = rows[i];
        assert_ptr_equal(wcl__op_find(op->name), op); /* also: no name stands twice */
        assert_non_null(op->infer);
        assert_true(op->fold || op->variant_count > 0);
        assert_true(op->min_inputs <= op->max_inputs && op->max_outputs >= 1);
        assert_true(op->since >= 1 && op->since <= WCL__OPSET_LAST);
        assert_true(op->max_inputs >= 32 || ((op->known | op->packs) >> op->max_inputs) == 0);
        for (size_t v = 0; v < op->variant_count; v++)
            assert_true(op->variants[v].name && (op->variants[v].emit || op->variants[v].is_view));
    }
    assert_null(wcl__op_find("NoSuchOperator"));
    assert_null(wcl__op_find(""));
}

static void test_block(void **state)
{
    static const struct {
        cl_device_type type;
        unsigned width;
        int block;
    } cases[] = {
        {CL_DEVICE_TYPE_CPU, 16, 16}, {CL_DEVICE_TYPE_CPU, 8, 16}, {CL_DEVICE_TYPE_CPU, 4, 8},
        {CL_DEVICE_TYPE_GPU, 1, 4},   {CL_DEVICE_TYPE_GPU, 16, 4}, {CL_DEVICE_TYPE_ACCELERATOR, 16, 4},
    };
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(cases); i++) {
        const wcl__facts facts = {.type = cases[i].type, .vector_width = cases[i].width};
        assert_int_equal(wcl__profile_of(&facts).block, cases[i].block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_weights_are_not_copied),
        cmocka_unit_test(test_view_of_seeded_values),
        cmocka_unit_test(test_view_of_a_folded_value),
        cmocka_unit_test(test_dropout_mask),
        cmocka_unit_test(test_registry),
        cmocka_unit_test(test_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
