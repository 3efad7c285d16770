/* stb_image_resize's only home: its warnings are switched off here alone. */
#include "resample.h"

#include <stdint.h>
#include <stdlib.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#define STBIR_ASSERT(condition) ((void)0) /* no picture ends the program */
#define STB_IMAGE_RESIZE_STATIC
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb/stb_image_resize.h>
#pragma GCC diagnostic pop

/* stb computes the size of its buffers in int: the widest, a ring of output rows as high as the filter, must
 * fit. */
static bool fits(int in_width, int in_height, int out_width, int out_height)
{
    const double filter = 4.0 + 2.0 * (in_height > out_height ? (double)in_height / out_height : 1);
    const double ring = filter * out_width * sizeof(float);
    const double weights = 16.0 * ((double)in_width + in_height + out_width + out_height) * sizeof(float);
    return ring + weights < INT32_MAX / 4;
}

static bool triangle(const float *in, int in_width, int in_height, float *out, int out_width, int out_height)
{
    return stbir_resize_float_generic(in, in_width, in_height, 0, out, out_width, out_height, 0, 1,
                                      STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_ZERO, STBIR_FILTER_TRIANGLE,
                                      STBIR_COLORSPACE_LINEAR, NULL) != 0;
}

/* What the filter makes of a line of ones: less than one where it reaches over the edge. */
static bool edge_weights(int in_length, int out_length, float *ones, float *weights)
{
    for (int i = 0; i < in_length; i++)
        ones[i] = 1;
    return triangle(ones, in_length, 1, weights, out_length, 1);
}

bool wcl__resample(const float *in, int in_width, int in_height, float *out, int out_width, int out_height)
{
    const int longest = in_width > in_height ? in_width : in_height;
    float *ones = malloc((size_t)longest * sizeof *ones),
          *across = malloc((size_t)out_width * sizeof *across),
          *down = malloc((size_t)out_height * sizeof *down);
    bool done = ones && across && down && fits(in_width, in_height, out_width, out_height) &&
                edge_weights(in_width, out_width, ones, across) &&
                edge_weights(in_height, out_height, ones, down) &&
                triangle(in, in_width, in_height, out, out_width, out_height);
    for (int y = 0; y < out_height && done; y++)
        for (int x = 0; x < out_width; x++)
            out[(size_t)y * (size_t)out_width + (size_t)x] /= across[x] * down[y];
    free(ones);
    free(across);
    free(down);
    return done;
}
