/* Max and average pooling, as base/desc.h defines them. */
#include "ref/ref.h"

#include <math.h>

static bool inside(int64_t i, int64_t before, int64_t size, int64_t after)
{
    return i >= -before && i < size + after;
}

static double window_at(const wcl__pool *pool, const float *plane, int64_t oy, int64_t ox)
{
    double most = -INFINITY, sum = 0, cells = 0;
    for (int64_t r = 0; r < pool->kh; r++) {
        for (int64_t s = 0; s < pool->kw; s++) {
            const int64_t iy = oy * pool->stride_h - pool->pad_top + r * pool->dilation_h;
            const int64_t ix = ox * pool->stride_w - pool->pad_left + s * pool->dilation_w;
            const bool in_picture = inside(iy, 0, pool->h, 0) && inside(ix, 0, pool->w, 0);
            const bool in_padded = inside(iy, pool->pad_top, pool->h, pool->pad_bottom) &&
                                   inside(ix, pool->pad_left, pool->w, pool->pad_right);
            if (in_picture || (in_padded && pool->count_include_pad))
                cells++;
            if (in_picture) {
                sum += plane[iy * pool->w + ix];
                most = fmax(most, plane[iy * pool->w + ix]);
            }
        }
    }
    return pool->average ? sum / cells : most;
}

void wcl__ref_pool(const wcl__pool *pool, const float *x, double *y)
{
    for (int64_t plane = 0; plane < pool->n * pool->c; plane++)
        for (int64_t oy = 0; oy < pool->oh; oy++)
            for (int64_t ox = 0; ox < pool->ow; ox++)
                *y++ = window_at(pool, x + plane * pool->h * pool->w, oy, ox);
}
