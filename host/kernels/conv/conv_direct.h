/* Direct convolution: cl/conv/conv_direct.cl, conv_depthwise.cl. */
#ifndef WCL_KERNELS_CONV_CONV_DIRECT_H
#define WCL_KERNELS_CONV_CONV_DIRECT_H

#include "base/desc.h"
#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__CONV_DIRECT_PARAMS(X)                                         \
    X(cb, 1, 16, 16, "filters in a vector: the output layout's block")     \
    X(cbi, 1, 16, 16, "the input layout's block")                          \
    X(out_w, 1, 16, 4, "output columns of a work-item")                    \
    X(kb, 1, 4, 1, "vectors of filters of a work-item")                    \
    X(stride_w, 0, 16, 0, "the stride along the columns; 0: a larger one") \
    X(act, 0, 5, 0, "wcl__act_kind")

typedef struct wcl__conv_direct_params {
    WCL__CONV_DIRECT_PARAMS(WCL__PARAM_MEMBER)
} wcl__conv_direct_params;
extern const wcl__param_table wcl__conv_direct_table;

/* cb and cbi as given; out_w and kb from the device's vector registers, the convolution's width and its
 * filters. */
void wcl__conv_direct_defaults(const wcl__facts *facts, const wcl__conv *conv,
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

typedef struct wcl__conv_way {
    bool depthwise; /* groups = channels = filters, cbi = cb and kb = 1 */
    bool groups;    /* work-groups of many work-items: what GPUs need; CPUs like one */
} wcl__conv_way;

wcl_status wcl__conv_direct_call(wcl__call *call, const wcl__conv_direct_params *params,
                                 const wcl__conv *conv, const wcl__conv_way *way,
                                 const wcl__conv_slots *slots);

#endif
