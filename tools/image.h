/* Pictures: decoding and resizing with Pillow's results. */
#ifndef WINOCL_TOOLS_IMAGE_H
#define WINOCL_TOOLS_IMAGE_H

/* height x width x channels, 8 bits each */
typedef struct wcl__image {
    int width, height, channels; /* channels: 3 = RGB, 1 = gray */
    unsigned char *pixels;
} wcl__image;

typedef enum wcl__image_filter {
    WCL__NEAREST,
    WCL__BILINEAR /* antialiased when it shrinks */
} wcl__image_filter;

/* Reads a PNG or JPEG file as RGB, as Pillow's convert("RGB") does: alpha is dropped, not blended; of 16 bits
 * the upper 8 are taken. A JPEG's EXIF orientation is applied, as Pillow's ImageOps.exif_transpose does; a
 * damaged one is not. A picture that is cut short is an error, and so is one of more than 100 million pixels.
 * Exit status, see report.h. */
int wcl__image_load(const char *path, wcl__image *image);
/* Makes an image of undefined pixels. */
int wcl__image_create(int width, int height, int channels, wcl__image *image);
int wcl__image_resize(const wcl__image *image, int width, int height, wcl__image_filter filter,
                      wcl__image *out);
int wcl__image_crop(const wcl__image *image, int left, int top, int width, int height, wcl__image *out);
int wcl__image_gray(const wcl__image *image, wcl__image *out); /* ITU-R 601 luma, as Pillow's convert("L") */
void wcl__image_clear(wcl__image *image);

#endif
