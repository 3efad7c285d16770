/* Convolution as an implicit matrix product: cl/conv/conv_gemm.cl. */
#ifndef WCL_KERNELS_CONV_CONV_GEMM_H
#define WCL_KERNELS_CONV_CONV_GEMM_H

#include "kernels/conv/conv_direct.h"

/* field, least, most, standard, meaning */
#define WCL__CONV_GEMM_PARAMS(X)                                               \
    X(cb, 1, 16, 16, "channels in a vector: both formats' block")              \
    X(pb, 1, 32, 6, "output pixels of a work-item")                            \
    X(kb, 1, 4, 1, "vectors of filters of a work-item")                        \
    X(gather, 0, 1, 1, "1: cells are copied to local memory before a product") \
    X(filters_first, 0, 1, 0, "1: filters vary faster than pixels")            \
    WCL__ACT_FIELD(X)

typedef struct wcl__conv_gemm_params {
    WCL__CONV_GEMM_PARAMS(WCL__PARAM_MEMBER)
} wcl__conv_gemm_params;
extern const wcl__param_table wcl__conv_gemm_table;

/* NULL, or why the convolution cannot be computed with these parameters. */
const char *wcl__conv_gemm_refuses(const wcl__conv_gemm_params *params, const wcl__conv *conv);
/* cb as given; pb and kb from the device's vector registers and, so that few are wasted, from the number of
 * output pixels. */
void wcl__conv_gemm_defaults(const wcl__profile *profile, int cb, const wcl__conv *conv,
                             wcl__conv_gemm_params *params);

/* What is computed, tails included. */
typedef struct wcl__conv_gemm_sizes {
    int64_t pixels, c_padded, k_padded; /* to pb, to cb, to cb * kb */
    int64_t weight_bytes;
} wcl__conv_gemm_sizes;
wcl__conv_gemm_sizes wcl__conv_gemm_sizes_of(const wcl__conv_gemm_params *params, const wcl__conv *conv);

/* One group. slots->weights by pack_gemm.cl; with gather 0, x has no border. */
wcl_status wcl__conv_gemm_call(wcl__call *call, const wcl__conv_gemm_params *params, const wcl__conv *conv,
                               const wcl__conv_slots *slots);

#endif
