/* Antialiased bilinear resampling of one plane of floats. */
#ifndef WINOCL_TOOLS_RESAMPLE_H
#define WINOCL_TOOLS_RESAMPLE_H

#include <stdbool.h>

/* A triangle filter as wide as an output pixel (an input pixel, when enlarging), renormalised at the edges as
 * Pillow does. false: out of memory. */
bool wcl__resample(const float *in, int in_width, int in_height, float *out, int out_width, int out_height);

#endif
