/* Packing of weights: cl/pack/. Each function fills a wcl__packing's call, rows and bytes; the
 * caller sets source, key and scale. */
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

/* A dense layer's packed weights: `outputs` of them from `first_output` on. */
typedef struct wcl__dense_packing {
    int64_t inputs, outputs, first_output;
    int64_t source_outputs; /* of the whole layer */
    bool by_input;          /* the source is [I][O], not [O][I] */
    bool to_input;          /* packed is [I][O], not [O][I] */
    int64_t block;          /* 0; or packed is [O/block][I][block] */
    int64_t step;           /* 0; or I is rounded up to a step, not with to_input */
    bool half;              /* packed as halves */
    int64_t hw, c;          /* hw = 0: the inputs keep their order; else from (H, W, C) to (C, H, W) */
} wcl__dense_packing;

/* Slots of the calls: 0 source rows, 1 packed, 2 scale. */
wcl_status wcl__pack_direct_call(wcl__call *call, const wcl__pack_params *params, int64_t row);
/* `taps`: cells of a window; row = channels * taps; `step`: channels that lie together for each tap. */
wcl_status wcl__pack_gemm_call(wcl__call *call, const wcl__pack_params *params, int64_t row, int64_t taps,
                               int64_t step);
wcl_status wcl__pack_winograd_call(wcl__call *call, const wcl__pack_params *params, int64_t channels,
                                   int64_t c_padded, int64_t k_padded);
wcl_status wcl__pack_dense_call(wcl__call *call, const wcl__dense_packing *packing);

#endif
