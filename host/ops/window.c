/* The window of a convolution or a pool, read from a node's attributes. */
#include "ops/window.h"
#include "base/error.h"

#include <string.h>

enum { WINDOW_LIMIT = 1 << 30 };

typedef enum auto_pad { NOTSET, VALID, SAME_UPPER, SAME_LOWER } auto_pad;

static wcl_status read_auto_pad(const wcl__op_node *node, auto_pad *out)
{
    static const char *const names[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    const char *text = wcl__attr_string(node, "auto_pad", "NOTSET");
    for (size_t i = 0; i < WCL__COUNT(names); i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (auto_pad)i;
            return WCL_OK;
        }
    return wcl__fail(WCL_BAD_MODEL, "auto_pad is \"%s\"", text);
}

/* `wanted` values of an optional attribute, all at least `least`; absent: `standard`. */
static wcl_status read_ints(const wcl__op_node *node, const char *name, size_t wanted, int64_t least,
                            int64_t standard, int64_t *out)
{
    size_t count = 0;
    const int64_t *values = wcl__attr_ints(node, name, &count);
    if (values && count != wanted)
        return wcl__fail(WCL_BAD_MODEL, "%s has %zu values, %zu are needed", name, count, wanted);
    for (size_t i = 0; i < wanted; i++) {
        out[i] = values ? values[i] : standard;
        if (out[i] < least)
            return wcl__fail(WCL_BAD_MODEL, "%s has %lld, the least is %lld", name, (long long)out[i],
                             (long long)least);
        if (out[i] >= WINDOW_LIMIT)
            return wcl__fail(WCL_UNSUPPORTED, "%s has %lld, which is too large", name, (long long)out[i]);
    }
    return WCL_OK;
}

/* Padding, then output size, along dimension d. */
static wcl_status fit(wcl__window *window, int d, int64_t size, auto_pad mode, bool ceil)
{
    const int64_t kernel = window->kernel[d], stride = window->stride[d], dilation = window->dilation[d];
    if (kernel < 1)
        return wcl__fail(WCL_BAD_SHAPE, "a window has a size of %lld", (long long)kernel);
    if (size >= WINDOW_LIMIT || kernel >= WINDOW_LIMIT || (kernel - 1) * dilation + 1 >= WINDOW_LIMIT)
        return wcl__fail(WCL_UNSUPPORTED, "size %lld, window %lld, dilation %lld: too large", (long long)size,
                         (long long)kernel, (long long)dilation);
    if (mode == SAME_UPPER || mode == SAME_LOWER) {
        const int64_t positions = wcl__ceil_div(size, stride);
        const int64_t pad = WCL__MAX((positions - 1) * stride + (kernel - 1) * dilation + 1 - size, 0);
        window->before[d] = mode == SAME_UPPER ? pad / 2 : pad - pad / 2;
        window->after[d] = pad - window->before[d];
        window->out[d] = positions;
    } else {
        window->out[d] = wcl__window_output(&(wcl__window_axis){.size = size,
                                                                .kernel = kernel,
                                                                .stride = stride,
                                                                .dilation = dilation,
                                                                .pad_before = window->before[d],
                                                                .pad_after = window->after[d],
                                                                .ceil_mode = ceil});
    }
    if (size + window->before[d] + window->after[d] >= WINDOW_LIMIT)
        return wcl__fail(WCL_UNSUPPORTED, "size %lld, padding %lld and %lld: too large", (long long)size,
                         (long long)window->before[d], (long long)window->after[d]);
    if (window->out[d] < 1)
        return wcl__fail(
            WCL_BAD_SHAPE,
            "a window of %lld (dilation %lld) does not fit a size of %lld with padding %lld and %lld",
            (long long)kernel, (long long)dilation, (long long)size, (long long)window->before[d],
            (long long)window->after[d]);
    return WCL_OK;
}

wcl_status wcl__window_read(const wcl__op_node *node, int spatial_rank, const int64_t *sizes,
                            const int64_t *kernel, bool ceil, wcl__window *out)
{
    const size_t rank = (size_t)spatial_rank;
    int64_t strides[2], dilations[2], pads[4];
    auto_pad mode = NOTSET;
    wcl_status status = read_auto_pad(node, &mode);
    if (!status)
        status = read_ints(node, "strides", rank, 1, 1, strides);
    if (!status)
        status = read_ints(node, "dilations", rank, 1, 1, dilations);
    if (!status && mode == NOTSET)
        status = read_ints(node, "pads", 2 * rank, 0, 0, pads);
    *out = (wcl__window){.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .out = {1, 1}};
    for (int i = 0; !status && i < spatial_rank; i++) {
        const int d = 2 - spatial_rank + i;
        out->kernel[d] = kernel[i];
        out->stride[d] = strides[i];
        out->dilation[d] = dilations[i];
        out->before[d] = mode == NOTSET ? pads[i] : 0;
        out->after[d] = mode == NOTSET ? pads[spatial_rank + i] : 0;
        status = fit(out, d, sizes[i], mode, ceil);
    }
    return status;
}
