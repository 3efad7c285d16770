#include "preprocess.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "report.h"

/* value = ((p / divisor) - mean[c]) / deviation[c], one float operation after the other, so that the origin's
 * bits come out */
typedef struct normalisation {
    const char *name;
    float divisor, mean[3], deviation[3]; /* channels in the network's order */
    float gray_mean, gray_deviation;
    bool bgr;
    wcl__image_filter filter;
    bool crops;
} normalisation;

static const normalisation methods[] = {
    [WCL__CAFFE] =
        {"caffe", 1, {103.939f, 116.779f, 123.68f}, {1, 1, 1}, 114.799f, 1, true, WCL__NEAREST, false},
    [WCL__TORCHVISION] = {"torchvision",
                          255,
                          {0.485f, 0.456f, 0.406f},
                          {0.229f, 0.224f, 0.225f},
                          0.449f,
                          0.226f,
                          false,
                          WCL__BILINEAR,
                          true},
    [WCL__TF] = {"tf", 127.5f, {1, 1, 1}, {1, 1, 1}, 1, 1, false, WCL__NEAREST, false},
    [WCL__UNIT] = {"unit", 255, {0, 0, 0}, {1, 1, 1}, 0, 1, false, WCL__BILINEAR, false},
};

bool wcl__preprocess_parse(const char *name, wcl__preprocess *method)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(name, methods[i].name) == 0) {
            *method = (wcl__preprocess)i;
            return true;
        }
    return false;
}

/* torchvision's Resize: the longer side is cut to an integer. For a crop that is not square, the smallest
 * size that covers it. */
static void covering_size(const wcl__image *image, const wcl__picture_shape *shape, int64_t *width,
                          int64_t *height)
{
    const int64_t box_width = (int64_t)shape->width * 256 / 224,
                  box_height = (int64_t)shape->height * 256 / 224;
    if (image->width * box_height <= image->height * box_width) {
        *width = box_width;
        *height = box_width * image->height / image->width;
    } else {
        *width = box_height * image->width / image->height;
        *height = box_height;
    }
}

static int resize_and_crop(const wcl__image *image, const wcl__picture_shape *shape, wcl__image *out)
{
    int64_t width = 0, height = 0;
    wcl__image covering = {0};
    covering_size(image, shape, &width, &height);
    if (width * height > INT32_MAX / 4)
        return wcl__complain(WCL__BAD_INPUT,
                             "a picture of %d x %d pixels is too narrow to be cropped to %d x %d",
                             image->width, image->height, shape->width, shape->height);
    int result = wcl__image_resize(image, (int)width, (int)height, WCL__BILINEAR, &covering);
    if (result == WCL__DONE) {
        /* Python's round: halves go to the even number */
        const int left = (int)nearbyint((double)(width - shape->width) / 2),
                  top = (int)nearbyint((double)(height - shape->height) / 2);
        result = wcl__image_crop(&covering, left, top, shape->width, shape->height, out);
    }
    wcl__image_clear(&covering);
    return result;
}

int wcl__preprocess_fit(const wcl__image *image, wcl__preprocess method, const wcl__picture_shape *shape,
                        wcl__image *out)
{
    int result = WCL__DONE;
    wcl__image gray = {0};
    *out = (wcl__image){0};
    if (shape->channels == 1 && image->channels != 1) {
        if ((result = wcl__image_gray(image, &gray)) != WCL__DONE)
            return result;
        image = &gray;
    }
    if (methods[method].crops)
        result = resize_and_crop(image, shape, out);
    else
        result = wcl__image_resize(image, shape->width, shape->height, methods[method].filter, out);
    wcl__image_clear(&gray);
    return result;
}

void wcl__preprocess_normalise(const wcl__image *image, wcl__preprocess method,
                               const wcl__picture_shape *shape, float *out)
{
    const normalisation *n = &methods[method];
    const size_t pixels = (size_t)shape->width * (size_t)shape->height, channels = (size_t)shape->channels;
    for (size_t c = 0; c < channels; c++) {
        const float mean = channels == 1 ? n->gray_mean : n->mean[c],
                    deviation = channels == 1 ? n->gray_deviation : n->deviation[c];
        const size_t source = image->channels == 1 ? 0 : n->bgr ? 2 - c : c;
        for (size_t i = 0; i < pixels; i++) {
            const float value =
                ((float)image->pixels[i * (size_t)image->channels + source] / n->divisor - mean) / deviation;
            out[shape->channels_last ? i * channels + c : c * pixels + i] = value;
        }
    }
}
