/* Winograd F(2x2, 3x3) in three kernels: cl/winograd.cl. */
#ifndef WCL_KERNELS_WINOGRAD_H
#define WCL_KERNELS_WINOGRAD_H

#include "kernels/conv_direct.h"

/* field, least, most, standard, meaning */
#define WCL__WINOGRAD_PARAMS(X)                                         \
    X(cb, 1, 16, 16, "channels in a vector: both layouts' block")       \
    X(pb, 1, 32, 6, "tiles that a work-item of the product multiplies") \
    X(kb, 1, 4, 1, "vectors of filters that it multiplies")             \
    X(act, 0, 5, 0, "wcl__act_kind")

typedef struct wcl__winograd_params {
    WCL__WINOGRAD_PARAMS(WCL__PARAM_MEMBER)
} wcl__winograd_params;
extern const wcl__param_table wcl__winograd_table;

enum { WCL__F2_OUT = 2, WCL__F2_XI = 16 };

/* Sizes that follow from the convolution and the parameters. */
typedef struct wcl__winograd_sizes {
    int64_t tiles_y, tiles_x, tiles, padded; /* padded: tiles rounded up to pb */
    int64_t c_padded, k_padded;              /* to cb, to cb * kb */
    int64_t v_bytes, m_bytes, u_bytes;
} wcl__winograd_sizes;

/* pb and kb from the device's vector registers, cb as given: sums must stay in registers (docs/winograd.md). */
void wcl__winograd_defaults(const wcl__facts *facts, int cb, int act, wcl__winograd_params *params);
wcl__winograd_sizes wcl__winograd_sizes_of(const wcl__winograd_params *params, const wcl__conv *conv);

typedef struct wcl__winograd_slots {
    wcl__operand x, y;
    int u, v, m, bias; /* bias rounded up to cb */
} wcl__winograd_slots;

/* The three launches, in this order. */
wcl_status wcl__winograd_calls(wcl__call calls[3], const wcl__winograd_params *params, const wcl__conv *conv,
                               const wcl__winograd_slots *slots);

#endif
