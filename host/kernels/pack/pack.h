/* Packing of weights: a recipe as plain data, and what is made from it: the call of a kernel of cl/pack/
 * (pack.c), or the packed weights themselves by host code (pack_host.c). */
#ifndef WCL_KERNELS_PACK_PACK_H
#define WCL_KERNELS_PACK_PACK_H

#include "runtime/launch.h"
#include "tune/params.h"

/* field, least, most, standard, meaning */
#define WCL__PACK_PARAMS(X)                                               \
    X(cb, 1, 16, 16, "filters in a vector")                               \
    X(kb, 1, 32, 1, "vectors of filters a work-item multiplies")          \
    X(wino_m, 2, 6, 2, "Winograd's outputs along a dimension: 2, 4 or 6") \
    X(half, 0, 1, 0, "1: packed as halves")

typedef struct wcl__pack_params {
    WCL__PACK_PARAMS(WCL__PARAM_MEMBER)
} wcl__pack_params;
extern const wcl__param_table wcl__pack_table;

typedef enum wcl__pack_kind {
    WCL__PACK_AS_IT_IS = 0, /* copied; no kernel */
    WCL__PACK_DIRECT = 1,   /* filters [K][C][TAPS] for the direct convolution: cl/pack/pack_direct.cl */
    WCL__PACK_GEMM = 2,     /* the same for a product: pack_gemm.cl */
    WCL__PACK_WINOGRAD = 3, /* 3x3 filters, transformed: pack_winograd.cl */
    WCL__PACK_DENSE = 4     /* a dense layer's matrix: pack_dense_rows.cl, pack_dense_columns.cl */
} wcl__pack_kind;

/* A dense layer's packed weights: `outputs` of them from `first_output` on. */
typedef struct wcl__dense_packing {
    int64_t inputs, outputs, first_output;
    int64_t source_outputs; /* of the whole layer */
    bool by_input;          /* the source is [I][O], not [O][I] */
    bool to_input;          /* packed is [I][O], not [O][I] */
    int64_t block;          /* 0; or packed is [O/block][I][block] */
    int64_t step;           /* 0; or I is rounded up to a step, not with to_input */
    int64_t hw, c;          /* hw = 0: the inputs keep their order; else from (H, W, C) to (C, H, W) */
} wcl__dense_packing;

/* What the kernel and the host code do with rows of the source, which are floats. */
typedef struct wcl__pack_recipe {
    wcl__pack_kind kind;
    wcl__pack_params params;    /* the standard ones where the kind does not read them */
    int64_t rows;               /* of the source: filters, or a dense layer's outputs or inputs */
    int64_t channels, taps;     /* filters: of a row, and the cells of a window */
    int64_t step;               /* gemm: channels that lie together for each tap */
    int64_t c_padded, k_padded; /* winograd */
    wcl__dense_packing dense;
} wcl__pack_recipe;

int64_t wcl__pack_row_elements(const wcl__pack_recipe *recipe);

/* Slots of the call: 0 source rows, 1 packed, 2 scale. It lacks its last two values, the first row and the
 * number of rows (int), and the range's z, which are those of each chunk. WCL_BAD_ARGUMENT: parameters out of
 * range. */
wcl_status wcl__pack_call(wcl__call *call, const wcl__pack_recipe *recipe);

/* Rows of the source, ready to be packed. */
typedef struct wcl__pack_rows {
    const float *source; /* its row `first` and `rows - 1` more */
    int64_t first, rows;
    const float *scale; /* one factor for each filter or output that is packed; not where it stays as it is */
} wcl__pack_rows;

/* Does what the call would. `packed` is the whole packed tensor, and starts as zeros where it has tails. */
void wcl__pack_host(const wcl__pack_recipe *recipe, const wcl__pack_rows *rows, void *packed);

/* cl/pack/dense.clh: packed_dense. Where a dense layer's weights lie. */
typedef struct wcl__packed_dense {
    cl_int inputs, outputs, row, first_output, output_stride, input_stride, block, block_stride, hw, c;
} wcl__packed_dense;
wcl__packed_dense wcl__packed_dense_of(const wcl__dense_packing *dense);

#endif
