/* Convolution of one group as an implicit matrix product in local memory, for GPUs:
 * cl/conv/conv_gemm_tiled.cl. */
#ifndef WCL_KERNELS_CONV_CONV_TILED_H
#define WCL_KERNELS_CONV_CONV_TILED_H

#include "kernels/conv/conv_direct.h"
#include "kernels/conv/tiled.h"

/* field, least, most, standard, meaning */
#define WCL__CONV_TILED_PARAMS(X)                                                    \
    WCL__TILED_PARAMS(X)                                                             \
    WCL__ACT_FIELD(X)                                                                \
    X(split, 0, 1, 0, "1: the sums are made in parts, which another kernel adds up") \
    X(parts, 1, 32, 1, "parts of the sums, at most")

typedef struct wcl__conv_tiled_params {
    wcl__tiled_params tiled;
    int act, split, parts;
} wcl__conv_tiled_params;
extern const wcl__param_table wcl__conv_tiled_table;

/* False: its input or output is of more vectors of 4 floats than the kernel's offsets, of 31 bits, reach: 32
 * GiB. To be asked before the defaults, which count bytes. */
bool wcl__conv_tiled_reaches(const wcl__conv *conv);
/* All but the parts. */
void wcl__conv_tiled_defaults(const wcl__profile *profile, const wcl__conv *conv, bool half,
                              wcl__conv_tiled_params *params);
/* The parts, which follow from the others: enough work-groups for all compute units. */
void wcl__conv_tiled_split(const wcl__profile *profile, const wcl__conv *conv,
                           wcl__conv_tiled_params *params);

/* What is computed, tails included. */
typedef struct wcl__conv_tiled_sizes {
    int64_t pixels, c_padded, k_padded; /* to pb, to ks, to cb * kb */
    int64_t weight_bytes;
    int64_t steps, part_steps, parts; /* of the reduction: all, those of a part, and parts; 1 without split */
    int64_t part_bytes;               /* of what the parts leave; 0 without split */
    int64_t groups;                   /* work-groups */
} wcl__conv_tiled_sizes;
wcl__conv_tiled_sizes wcl__conv_tiled_sizes_of(const wcl__conv_tiled_params *params, const wcl__conv *conv);

/* Of the device's peak: as Winograd's product, while there are work-groups for all compute units. */
double wcl__conv_tiled_efficiency(const wcl__conv_tiled_sizes *sizes, const wcl__profile *profile);

/* The product; behind it, with several parts, their sum: `parts` is the slot of what lies between.
 * slots->weights by pack_gemm.cl; bias rounded up to 4. The views' strides, and their buffers, are aligned to
 * 4 floats. */
wcl_status wcl__conv_tiled_call(wcl__call *call, const wcl__conv_tiled_params *params, const wcl__conv *conv,
                                const wcl__conv_tiled_sizes *sizes, const wcl__conv_slots *slots, int parts);
wcl_status wcl__sum_parts_call(wcl__call *call, const wcl__conv *conv, const wcl__conv_tiled_sizes *sizes,
                               const wcl__conv_slots *slots, int parts);

#endif
