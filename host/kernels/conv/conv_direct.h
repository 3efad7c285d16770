/* Direct convolution: cl/conv/conv_direct.cl, conv_depthwise.cl. */
#ifndef WCL_KERNELS_CONV_CONV_DIRECT_H
#define WCL_KERNELS_CONV_CONV_DIRECT_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__CONV_DIRECT_PARAMS(X)                                         \
    X(cb, 1, 16, 16, "filters in a vector: the output format's block")     \
    X(cbi, 1, 16, 16, "the input format's block")                          \
    X(out_w, 1, 16, 4, "output columns of a work-item")                    \
    X(kb, 1, 4, 1, "vectors of filters of a work-item")                    \
    X(stride_w, 0, 16, 0, "the stride along the columns; 0: a larger one") \
    WCL__ACT_FIELD(X)                                                      \
    X(group_x, 1, 1024, 1, "work-items of a work-group along the columns") \
    X(group_y, 1, 1024, 1, "along the rows")                               \
    X(group_z, 1, 64, 1, "along pictures and filters")

typedef struct wcl__conv_direct_params {
    WCL__CONV_DIRECT_PARAMS(WCL__PARAM_MEMBER)
} wcl__conv_direct_params;
extern const wcl__param_table wcl__conv_direct_table;
/* The same parameters with cbi = cb and kb = 1: groups = channels = filters. */
extern const wcl__param_table wcl__conv_depthwise_table;

/* cb and cbi as given; out_w and kb from the device's vector registers, the convolution's width and its
 * filters. */
void wcl__conv_direct_defaults(const wcl__profile *profile, const wcl__conv *conv,
                               wcl__conv_direct_params *params);
/* The work-group, which follows from the other parameters: of many work-items on GPUs; CPUs like one. */
void wcl__conv_direct_group(const wcl__profile *profile, const wcl__conv *conv,
                            wcl__conv_direct_params *params);

/* How a window moves over x: members of the kernels' shapes, in their order. */
typedef struct wcl__conv_window {
    cl_int kh, kw, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
} wcl__conv_window;
wcl__conv_window wcl__conv_window_of(const wcl__conv *conv);

typedef struct wcl__conv_slots {
    wcl__operand x, y;
    int weights, bias; /* packed by pack_direct.cl; bias rounded up to cb */
} wcl__conv_slots;

wcl_status wcl__conv_direct_call(wcl__call *call, const wcl__conv_direct_params *params,
                                 const wcl__conv *conv, bool depthwise, const wcl__conv_slots *slots);

#endif
