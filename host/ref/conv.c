/* Convolution, as its formula says (base/desc.h). */
#include "ref/ref.h"

typedef struct place {
    int64_t n, k, oy, ox;
} place;

static double output_at(const wcl__conv *conv, const float *x, const float *w, place at)
{
    const int64_t cg = conv->c / conv->groups, first = at.k / (conv->k / conv->groups) * cg;
    double sum = 0;
    for (int64_t c = 0; c < cg; c++) {
        for (int64_t r = 0; r < conv->kh; r++) {
            for (int64_t s = 0; s < conv->kw; s++) {
                const int64_t iy = at.oy * conv->stride_h - conv->pad_top + r * conv->dilation_h;
                const int64_t ix = at.ox * conv->stride_w - conv->pad_left + s * conv->dilation_w;
                if (iy < 0 || iy >= conv->h || ix < 0 || ix >= conv->w)
                    continue;
                sum += (double)x[((at.n * conv->c + first + c) * conv->h + iy) * conv->w + ix] *
                       w[((at.k * cg + c) * conv->kh + r) * conv->kw + s];
            }
        }
    }
    return sum;
}

void wcl__ref_conv(const wcl__conv *conv, const float *x, const float *w, const float *bias, double *y)
{
    place at;
    for (at.n = 0; at.n < conv->n; at.n++)
        for (at.k = 0; at.k < conv->k; at.k++)
            for (at.oy = 0; at.oy < conv->oh; at.oy++)
                for (at.ox = 0; at.ox < conv->ow; at.ox++)
                    *y++ = wcl__ref_activate(&conv->act, output_at(conv, x, w, at) + (bias ? bias[at.k] : 0));
}
