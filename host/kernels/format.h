/* How a tensor lies in memory. Tail lanes of a channel block hold zeros; borders hold zeros, written by the
 * producer. */
#ifndef WCL_KERNELS_FORMAT_H
#define WCL_KERNELS_FORMAT_H

#include "base/shape.h"

typedef enum wcl__order { WCL__NCHW = 0, WCL__NHWC = 1 } wcl__order;

/* A packed tensor in C order, of any rank, has block = 1, row_align = 1 and no border. Anything else is for
 * ranks 3 and 4 (N, C, [H,] W) and 2 (N, C). */
typedef struct wcl__format {
    wcl_type type; /* of an element */
    wcl__order order;
    int block; /* channels in a block, innermost: NCHW16c has 16 */
    int border_top, border_left, border_bottom,
        border_right; /* rows and columns of zeros around each plane */
    int row_align;    /* a row's pixels, border included, are a multiple of this */
} wcl__format;
#define WCL__PLAIN                               \
    {                                            \
        WCL_FLOAT32, WCL__NCHW, 1, 0, 0, 0, 0, 1 \
    }

/* A format as one number: equal formats have equal ids, in every plan and every record. 0: none. */
typedef uint64_t wcl__format_id;
wcl__format_id wcl__format_intern(const wcl__format *format);
wcl__format wcl__format_of(wcl__format_id id);
/* In C order, and in blocks of channels (1: C order), of this type. */
wcl__format_id wcl__format_id_plain(wcl_type type);
wcl__format_id wcl__format_id_blocked(int block);
/* Floats of ranks 3 and 4 with the channels of a pixel side by side, as NHWC frameworks have them. */
wcl__format_id wcl__format_id_nhwc(void);

wcl__format wcl__plain_format(void);
wcl__format wcl__blocked_format(int block);
bool wcl__format_equal(const wcl__format *a, const wcl__format *b);
bool wcl__format_is_plain(const wcl__format *format);
/* Elements of the allocation, tails and borders included; -1 on overflow. */
int64_t wcl__format_count(const wcl__format *format, const wcl__shape *shape);
/* "NCHW16c", "NCHW", "NHWC", "NCHW16c border 1,1,1,1" */
void wcl__format_print(const wcl__format *format, char *out, size_t bytes);

/* What kernels are told of a tensor: element (n, c, y, x) is at
 *     origin + n * image + (c / block) * plane + y * row + x * pixel + c % block      (floats)
 * passed by value; cl/view.clh has the same struct. */
typedef struct wcl__view {
    cl_int origin, image, plane, row, pixel;
    cl_int n, c, h, w; /* logical sizes */
} wcl__view;
/* WCL_UNSUPPORTED where a stride does not fit 31 bits. */
wcl_status wcl__format_view(const wcl__format *format, const wcl__shape *shape, wcl__view *view);
/* The four logical sizes of a shape of rank 0 to 4: N, C, H, W, missing ones 1 (rank 3: H = 1). */
void wcl__shape_nchw(const wcl__shape *shape, int64_t nchw[4]);

#endif
