/* Formats of tensors: ids, sizes, texts, and the strides that kernels see. */
#include "kernels/format.h"
#include "base/error.h"

#include <stdio.h>

wcl__format wcl__plain_format(void)
{
    const wcl__format plain = WCL__PLAIN;
    return plain;
}

wcl__format wcl__blocked_format(int block)
{
    wcl__format format = WCL__PLAIN;
    format.block = block;
    return format;
}

/* Each part's bits, from the lowest on: more than any part needs. */
enum { TYPE_BITS = 6, ORDER_BITS = 2, PART_BITS = 8 };

wcl__format_id wcl__format_intern(const wcl__format *format)
{
    const int parts[] = {format->block,       format->row_align,     format->border_top,
                         format->border_left, format->border_bottom, format->border_right};
    wcl__format_id id = 0;
    for (size_t i = WCL__COUNT(parts); i-- > 0;)
        id = id << PART_BITS | (wcl__format_id)parts[i];
    return (id << ORDER_BITS | (wcl__format_id)format->order) << TYPE_BITS | (wcl__format_id)format->type;
}

static int take(wcl__format_id *id, int bits)
{
    const int part = (int)(*id & ((1u << bits) - 1));
    *id >>= bits;
    return part;
}

wcl__format wcl__format_of(wcl__format_id id)
{
    wcl__format format;
    format.type = (wcl_type)take(&id, TYPE_BITS);
    format.order = (wcl__order)take(&id, ORDER_BITS);
    format.block = take(&id, PART_BITS);
    format.row_align = take(&id, PART_BITS);
    format.border_top = take(&id, PART_BITS);
    format.border_left = take(&id, PART_BITS);
    format.border_bottom = take(&id, PART_BITS);
    format.border_right = take(&id, PART_BITS);
    return format;
}

wcl__format_id wcl__format_id_plain(wcl_type type)
{
    wcl__format format = WCL__PLAIN;
    format.type = type;
    return wcl__format_intern(&format);
}

wcl__format_id wcl__format_id_nhwc(void)
{
    wcl__format format = WCL__PLAIN;
    format.order = WCL__NHWC;
    return wcl__format_intern(&format);
}

wcl__format_id wcl__format_id_blocked(int block)
{
    const wcl__format format = wcl__blocked_format(block);
    return wcl__format_intern(&format);
}

bool wcl__format_equal(const wcl__format *a, const wcl__format *b)
{
    return wcl__format_intern(a) == wcl__format_intern(b);
}

bool wcl__format_is_plain(const wcl__format *format)
{
    return wcl__format_intern(format) == wcl__format_id_plain(format->type);
}

void wcl__shape_nchw(const wcl__shape *shape, int64_t nchw[4])
{
    nchw[0] = shape->rank > 0 ? shape->dims[0] : 1;
    nchw[1] = shape->rank > 1 ? shape->dims[1] : 1;
    nchw[2] = shape->rank > 3 ? shape->dims[2] : 1;
    nchw[3] = shape->rank > 3 ? shape->dims[3] : shape->rank > 2 ? shape->dims[2] : 1;
}

/* Allocated sizes: images, channel blocks, rows and pixels of a row. */
typedef struct extent {
    int64_t images, blocks, rows, row;
} extent;

static extent extent_of(const wcl__format *format, const int64_t nchw[4])
{
    const extent e = {nchw[0], wcl__ceil_div(nchw[1], format->block),
                      nchw[2] + format->border_top + format->border_bottom,
                      wcl__round_up(nchw[3] + format->border_left + format->border_right, format->row_align)};
    return e;
}

int64_t wcl__format_count(const wcl__format *format, const wcl__shape *shape)
{
    if (wcl__format_is_plain(format))
        return wcl__shape_count(shape);
    int64_t nchw[4];
    wcl__shape_nchw(shape, nchw);
    const extent e = extent_of(format, nchw);
    const wcl__shape allocated = {5, {e.images, e.blocks, e.rows, e.row, format->block}};
    return wcl__shape_count(&allocated);
}

void wcl__format_print(const wcl__format *format, char *out, size_t bytes)
{
    char border[64] = "", block[16] = "";
    if (format->block > 1)
        snprintf(block, sizeof block, "%dc", format->block);
    if (format->border_top || format->border_left || format->border_bottom || format->border_right)
        snprintf(border, sizeof border, " border %d,%d,%d,%d", format->border_top, format->border_left,
                 format->border_bottom, format->border_right);
    snprintf(out, bytes, "%s%s%s", format->order == WCL__NHWC ? "NHWC" : "NCHW", block, border);
}

wcl_status wcl__format_view(const wcl__format *format, const wcl__shape *shape, wcl__view *view)
{
    int64_t nchw[4];
    if (shape->rank > 4)
        return wcl__fail(WCL_UNSUPPORTED, "a tensor of %d dimensions has no channels and planes",
                         shape->rank);
    wcl__shape_nchw(shape, nchw);
    const extent e = extent_of(format, nchw);
    const int64_t block = format->block;
    int64_t pixel, row, plane, image;
    if (format->order == WCL__NHWC) {
        plane = block;
        pixel = e.blocks * block;
        row = e.row * pixel;
        image = e.rows * row;
    } else {
        pixel = block;
        row = e.row * pixel;
        plane = e.rows * row;
        image = e.blocks * plane;
    }
    if (image > INT32_MAX || nchw[0] > INT32_MAX || wcl__format_count(format, shape) < 0)
        return wcl__fail(WCL_UNSUPPORTED,
                         "%lld images of %lld elements are too large: the most is %d of either",
                         (long long)nchw[0], (long long)image, INT32_MAX);
    view->origin = (cl_int)(format->border_top * row + format->border_left * pixel);
    view->image = (cl_int)image;
    view->plane = (cl_int)plane;
    view->row = (cl_int)row;
    view->pixel = (cl_int)pixel;
    view->n = (cl_int)nchw[0];
    view->c = (cl_int)nchw[1];
    view->h = (cl_int)nchw[2];
    view->w = (cl_int)nchw[3];
    return WCL_OK;
}
