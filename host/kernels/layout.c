#include "kernels/layout.h"
#include "base/error.h"

#include <stdio.h>

wcl__layout wcl__layout_plain(void)
{
    const wcl__layout plain = WCL__PLAIN;
    return plain;
}

wcl__layout wcl__layout_blocked(int block)
{
    wcl__layout layout = WCL__PLAIN;
    layout.block = block;
    return layout;
}

/* Each part's bits, from the lowest on: more than any part needs. */
enum { TYPE_BITS = 6, ORDER_BITS = 2, PART_BITS = 8 };

wcl__format_id wcl__format_intern(const wcl__layout *layout)
{
    const int parts[] = {layout->block,       layout->row_align,     layout->border_top,
                         layout->border_left, layout->border_bottom, layout->border_right};
    wcl__format_id id = 0;
    for (size_t i = WCL__COUNT(parts); i-- > 0;)
        id = id << PART_BITS | (wcl__format_id)parts[i];
    return (id << ORDER_BITS | (wcl__format_id)layout->order) << TYPE_BITS | (wcl__format_id)layout->type;
}

static int take(wcl__format_id *id, int bits)
{
    const int part = (int)(*id & ((1u << bits) - 1));
    *id >>= bits;
    return part;
}

wcl__layout wcl__format_of(wcl__format_id id)
{
    wcl__layout layout;
    layout.type = (wcl_type)take(&id, TYPE_BITS);
    layout.order = (wcl__order)take(&id, ORDER_BITS);
    layout.block = take(&id, PART_BITS);
    layout.row_align = take(&id, PART_BITS);
    layout.border_top = take(&id, PART_BITS);
    layout.border_left = take(&id, PART_BITS);
    layout.border_bottom = take(&id, PART_BITS);
    layout.border_right = take(&id, PART_BITS);
    return layout;
}

wcl__format_id wcl__format_plain(wcl_type type)
{
    wcl__layout layout = WCL__PLAIN;
    layout.type = type;
    return wcl__format_intern(&layout);
}

wcl__format_id wcl__format_blocked(int block)
{
    const wcl__layout layout = wcl__layout_blocked(block);
    return wcl__format_intern(&layout);
}

bool wcl__layout_equal(const wcl__layout *a, const wcl__layout *b)
{
    return wcl__format_intern(a) == wcl__format_intern(b);
}

bool wcl__layout_is_plain(const wcl__layout *layout)
{
    return wcl__format_intern(layout) == wcl__format_plain(layout->type);
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

static extent layout_extent(const wcl__layout *layout, const int64_t nchw[4])
{
    const extent e = {nchw[0], wcl__ceil_div(nchw[1], layout->block),
                      nchw[2] + layout->border_top + layout->border_bottom,
                      wcl__round_up(nchw[3] + layout->border_left + layout->border_right, layout->row_align)};
    return e;
}

int64_t wcl__layout_count(const wcl__layout *layout, const wcl__shape *shape)
{
    if (wcl__layout_is_plain(layout))
        return wcl__shape_count(shape);
    int64_t nchw[4];
    wcl__shape_nchw(shape, nchw);
    const extent e = layout_extent(layout, nchw);
    const wcl__shape allocated = {5, {e.images, e.blocks, e.rows, e.row, layout->block}};
    return wcl__shape_count(&allocated);
}

void wcl__layout_print(const wcl__layout *layout, char *out, size_t bytes)
{
    char border[64] = "", block[16] = "";
    if (layout->block > 1)
        snprintf(block, sizeof block, "%dc", layout->block);
    if (layout->border_top || layout->border_left || layout->border_bottom || layout->border_right)
        snprintf(border, sizeof border, " border %d,%d,%d,%d", layout->border_top, layout->border_left,
                 layout->border_bottom, layout->border_right);
    snprintf(out, bytes, "%s%s%s", layout->order == WCL__NHWC ? "NHWC" : "NCHW", block, border);
}

wcl_status wcl__layout_view(const wcl__layout *layout, const wcl__shape *shape, wcl__view *view)
{
    int64_t nchw[4];
    if (shape->rank > 4)
        return wcl__fail(WCL_UNSUPPORTED, "a tensor of %d dimensions has no channels and planes",
                         shape->rank);
    wcl__shape_nchw(shape, nchw);
    const extent e = layout_extent(layout, nchw);
    const int64_t block = layout->block;
    int64_t pixel, row, plane, image;
    if (layout->order == WCL__NHWC) {
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
    if (image > INT32_MAX || nchw[0] > INT32_MAX || wcl__layout_count(layout, shape) < 0)
        return wcl__fail(WCL_UNSUPPORTED,
                         "%lld images of %lld elements are too large: the most is %d of either",
                         (long long)nchw[0], (long long)image, INT32_MAX);
    view->origin = (cl_int)(layout->border_top * row + layout->border_left * pixel);
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
