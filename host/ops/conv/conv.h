/* Conv: what its variants share (conv_direct.c, conv_gemm.c, conv_winograd.c). */
#ifndef WCL_OPS_CONV_CONV_H
#define WCL_OPS_CONV_CONV_H

#include "kernels/conv/conv_tiled.h"
#include "ops/channels.h"
#include "ops/weights.h"

enum { WCL__CONV_X = 0, WCL__CONV_W = 1, WCL__CONV_B = 2 };

/* The convolution with its epilogue. */
wcl__conv wcl__conv_of(const wcl__op_node *node);
double wcl__conv_macs(const wcl__conv *conv);
/* Why kernels that count the output pixels of all pictures, or their tiles, in 31 bits cannot compute it;
 * NULL: they can. */
const char *wcl__conv_many_pixels(const wcl__conv *conv);
/* Bytes of the input, and of the output behind the epilogue. */
double wcl__conv_io_bytes(const wcl__op_node *node);
/* The input's and the output's slot and view. */
wcl_status wcl__conv_operands(const wcl__emit *emit, wcl__operand *x, wcl__operand *y);
/* For a variant that cannot pool: where it writes (*out is y, or scratch where the epilogue pools), and the
 * pool's step behind it. */
size_t wcl__conv_unpooled_bytes(const wcl__way *way); /* of that scratch; 0: none */
wcl_status wcl__conv_unpooled(const wcl__emit *emit, const wcl__operand *y, wcl__operand *out);
wcl_status wcl__conv_pool(const wcl__emit *emit, const wcl__operand *from, const wcl__operand *y);
/* The filters packed, and the bias rounded up to cb. */
wcl_status wcl__conv_weights(const wcl__emit *emit, wcl__packing *packing, int *slot);
wcl_status wcl__conv_bias(const wcl__emit *emit, int cb, int *slot);

/* conv_gemm.c: the tiled product's steps, slots->y behind them. */
wcl_status wcl__conv_tiled_steps(const wcl__emit *emit, const wcl__conv_tiled_params *params,
                                 const wcl__conv *conv, const wcl__conv_slots *slots);

/* conv_winograd.c: why Winograd cannot compute it, on any device; NULL: it can. */
const char *wcl__conv_winograd_refuses(const wcl__op_node *node);

/* The functions of the variants; conv.c has the table. */
#define WCL__CONV_OFFERS(form)                                                         \
    int wcl__conv_##form##_offers(const wcl__op_node *node, const wcl__target *target, \
                                  wcl__offer out[WCL__MAX_OFFERS]);
#define WCL__CONV_CONFIGURE(form)                                                                 \
    const char *wcl__conv_##form##_configure(const wcl__op_node *node, const wcl__target *target, \
                                             const wcl__offer *offer, void *params);
#define WCL__CONV_WAY(form)                                                                          \
    void wcl__conv_##form##_cost(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost); \
    size_t wcl__conv_##form##_memory(const wcl__way *way);                                           \
    wcl_status wcl__conv_##form##_emit(const wcl__emit *emit);
WCL__CONV_OFFERS(direct)
WCL__CONV_OFFERS(depthwise)
WCL__CONV_OFFERS(gemm)
WCL__CONV_OFFERS(tiled)
WCL__CONV_OFFERS(f2)
WCL__CONV_OFFERS(f4)
WCL__CONV_OFFERS(f6)
WCL__CONV_CONFIGURE(direct)
WCL__CONV_CONFIGURE(depthwise)
WCL__CONV_CONFIGURE(gemm)
WCL__CONV_CONFIGURE(tiled)
WCL__CONV_CONFIGURE(f2)
WCL__CONV_CONFIGURE(f4)
WCL__CONV_CONFIGURE(f6)
WCL__CONV_CONFIGURE(f2_tiled)
WCL__CONV_CONFIGURE(f4_tiled)
WCL__CONV_CONFIGURE(f6_tiled)
WCL__CONV_CONFIGURE(fused_f4)
WCL__CONV_CONFIGURE(fused_f6)
WCL__CONV_WAY(direct)
WCL__CONV_WAY(gemm)
WCL__CONV_WAY(tiled)
WCL__CONV_WAY(winograd)

#endif
