/* From a picture to a network's input, as the network's origin does it. */
#ifndef WINOCL_TOOLS_PREPROCESS_H
#define WINOCL_TOOLS_PREPROCESS_H

#include <stdbool.h>

#include "image.h"

/* name, value; the numbers are in preprocess.c */
#define WCL__PREPROCESS_TABLE(X)       \
    X("caffe", WCL__CAFFE)             \
    X("torchvision", WCL__TORCHVISION) \
    X("tf", WCL__TF)                   \
    X("unit", WCL__UNIT)

typedef enum wcl__preprocess {
#define WCL__PREPROCESS_ENUM(name, value) value,
    WCL__PREPROCESS_TABLE(WCL__PREPROCESS_ENUM)
#undef WCL__PREPROCESS_ENUM
} wcl__preprocess;

typedef struct wcl__picture_shape {
    int width, height, channels; /* channels: 1 or 3 */
    bool channels_last;          /* height x width x channels, else channels x height x width */
} wcl__picture_shape;

bool wcl__preprocess_parse(const char *name, wcl__preprocess *method);

/* Gray or not, resized and cropped to the shape: *out is an image of that size. torchvision: the shorter side
 * to 256/224 of the crop, bilinear, then the crop from the centre; caffe and tf: straight to the size,
 * nearest, as Keras' load_img; unit: straight to the size, bilinear. Exit status, see report.h. */
int wcl__preprocess_fit(const wcl__image *image, wcl__preprocess method, const wcl__picture_shape *shape,
                        wcl__image *out);

/* Writes width x height x channels floats. A gray image is repeated where the shape has three channels; a
 * network of one channel gets the mean of the three channels' constants. */
void wcl__preprocess_normalise(const wcl__image *image, wcl__preprocess method,
                               const wcl__picture_shape *shape, float *out);

#endif
