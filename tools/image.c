#include "image.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <spng.h>
#include <turbojpeg.h>

#include "orientation.h"
#include "report.h"
#include "resample.h"

#define MAX_PIXELS 100000000LL
#define MAX_SIDE 65535
#define MAX_FILE_BYTES (1LL << 30)

typedef struct file_bytes {
    unsigned char *data;
    size_t length;
} file_bytes;

static int read_file(const char *path, file_bytes *bytes)
{
    int result = WCL__DONE;
    struct stat facts;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &facts) != 0) {
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot open: %s", path, strerror(errno));
        goto cleanup;
    }
    if (!S_ISREG(facts.st_mode) || facts.st_size > MAX_FILE_BYTES) {
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot read: %s", path,
                               S_ISREG(facts.st_mode) ? "a picture of more than 1 GiB" : "not a file");
        goto cleanup;
    }
    if (!(bytes->data = malloc((size_t)facts.st_size + 1))) {
        result = wcl__complain_memory();
        goto cleanup;
    }
    bytes->length = fread(bytes->data, 1, (size_t)facts.st_size, file);
    if (bytes->length != (size_t)facts.st_size)
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot read: %s", path,
                               ferror(file) ? strerror(errno) : "it became shorter");
cleanup:
    if (file)
        fclose(file);
    return result;
}

int wcl__image_create(int width, int height, int channels, wcl__image *image)
{
    *image = (wcl__image){.width = width, .height = height, .channels = channels};
    image->pixels = malloc((size_t)width * (size_t)height * (size_t)channels);
    return image->pixels ? WCL__DONE : wcl__complain_memory();
}

/* Before anything of the claimed size is allocated. */
static int check_size(const char *path, int64_t width, int64_t height)
{
    if (width < 1 || height < 1)
        return wcl__complain(WCL__BAD_INPUT, "%s: cannot decode: an empty picture", path);
    if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
        return wcl__complain(
            WCL__BAD_INPUT,
            "%s: cannot decode: %lld x %lld pixels are more than the limit of %lld million, or %d a side",
            path, (long long)width, (long long)height, MAX_PIXELS / 1000000, MAX_SIDE);
    return WCL__DONE;
}

static int decode_png(const char *path, const file_bytes *bytes, wcl__image *image)
{
    int result = WCL__DONE, code = 0;
    struct spng_ihdr header;
    size_t length = 0;
    spng_ctx *png = spng_ctx_new(0);
    if (!png)
        return wcl__complain_memory();
    if ((code = spng_set_png_buffer(png, bytes->data, bytes->length)) != 0 ||
        (code = spng_get_ihdr(png, &header)) != 0)
        goto cleanup;
    if ((result = check_size(path, header.width, header.height)) != WCL__DONE)
        goto cleanup;
    if ((code = spng_decoded_image_size(png, SPNG_FMT_RGB8, &length)) != 0)
        goto cleanup;
    if ((result = wcl__image_create((int)header.width, (int)header.height, 3, image)) != WCL__DONE)
        goto cleanup;
    if (length != (size_t)header.width * header.height * 3) {
        code = SPNG_EINTERNAL;
        goto cleanup;
    }
    if ((code = spng_decode_image(png, image->pixels, length, SPNG_FMT_RGB8, 0)) == 0)
        code = spng_decode_chunks(png); /* the end must be there, too */
cleanup:
    if (result == WCL__DONE && code == SPNG_EMEM)
        result = wcl__complain_memory();
    else if (result == WCL__DONE && code != 0)
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot decode: %s", path,
                               code == SPNG_IO_EOF || code == SPNG_EOF ? "the file is cut short"
                                                                       : spng_strerror(code));
    spng_ctx_free(png);
    return result;
}

/* libjpeg fills what is missing with gray and warns; other warnings (stray bytes between segments) cost no
 * pixel. */
static bool jpeg_lacks_data(tjhandle jpeg)
{
    return tjGetErrorCode(jpeg) == TJERR_FATAL || strstr(tjGetErrorStr2(jpeg), "remature end") != NULL;
}

static int decode_jpeg(const char *path, const file_bytes *bytes, wcl__image *image)
{
    int result = WCL__DONE, width = 0, height = 0, sampling = 0, space = 0;
    tjhandle jpeg = tjInitDecompress();
    if (!jpeg)
        return wcl__complain_memory();
    if (tjDecompressHeader3(jpeg, bytes->data, (unsigned long)bytes->length, &width, &height, &sampling,
                            &space) != 0 &&
        tjGetErrorCode(jpeg) == TJERR_FATAL) {
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot decode: %s", path, tjGetErrorStr2(jpeg));
        goto cleanup;
    }
    if (space == TJCS_CMYK || space == TJCS_YCCK) {
        result =
            wcl__complain(WCL__BAD_INPUT, "%s: cannot decode: a CMYK picture, convert it to RGB first", path);
        goto cleanup;
    }
    if ((result = check_size(path, width, height)) != WCL__DONE ||
        (result = wcl__image_create(width, height, 3, image)) != WCL__DONE)
        goto cleanup;
    if (tjDecompress2(jpeg, bytes->data, (unsigned long)bytes->length, image->pixels, width, 0, height,
                      TJPF_RGB, 0) != 0 &&
        jpeg_lacks_data(jpeg))
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot decode: %s", path, tjGetErrorStr2(jpeg));
    else
        result = wcl__orientation_apply(wcl__orientation(bytes->data, bytes->length), image);
cleanup:
    tjDestroy(jpeg);
    return result;
}

int wcl__image_load(const char *path, wcl__image *image)
{
    static const unsigned char png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'},
                               jpeg[3] = {0xFF, 0xD8, 0xFF};
    int result = WCL__DONE;
    file_bytes bytes = {0};
    *image = (wcl__image){0};
    if ((result = read_file(path, &bytes)) != WCL__DONE)
        goto cleanup;
    if (bytes.length >= sizeof png && memcmp(bytes.data, png, sizeof png) == 0)
        result = decode_png(path, &bytes, image);
    else if (bytes.length >= sizeof jpeg && memcmp(bytes.data, jpeg, sizeof jpeg) == 0)
        result = decode_jpeg(path, &bytes, image);
    else
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot decode: %s", path,
                               bytes.length ? "neither a PNG nor a JPEG picture" : "the file is empty");
cleanup:
    free(bytes.data);
    if (result != WCL__DONE)
        wcl__image_clear(image);
    return result;
}

static void resize_nearest(const wcl__image *image, wcl__image *out)
{
    const int channels = image->channels;
    const double step_x = (double)image->width / out->width, step_y = (double)image->height / out->height;
    for (int y = 0; y < out->height; y++) {
        const unsigned char *row =
            image->pixels + (size_t)((y + 0.5) * step_y) * (size_t)image->width * (size_t)channels;
        for (int x = 0; x < out->width; x++) {
            const size_t to = ((size_t)y * (size_t)out->width + (size_t)x) * (size_t)channels;
            memcpy(out->pixels + to, row + (size_t)((x + 0.5) * step_x) * (size_t)channels, (size_t)channels);
        }
    }
}

/* One plane at a time: a large picture as floats needs four times its bytes. */
static int resize_bilinear(const wcl__image *image, wcl__image *out)
{
    const size_t channels = (size_t)image->channels, from = (size_t)image->width * (size_t)image->height,
                 to = (size_t)out->width * (size_t)out->height;
    float *plane = malloc(from * sizeof *plane), *resized = malloc(to * sizeof *resized);
    int result = plane && resized ? WCL__DONE : wcl__complain_memory();
    for (size_t c = 0; c < channels && result == WCL__DONE; c++) {
        for (size_t i = 0; i < from; i++)
            plane[i] = image->pixels[i * channels + c];
        if (!wcl__resample(plane, image->width, image->height, resized, out->width, out->height))
            result = wcl__complain_memory();
        for (size_t i = 0; i < to && result == WCL__DONE; i++)
            out->pixels[i * channels + c] = (unsigned char)fminf(fmaxf(floorf(resized[i] + 0.5f), 0), 255);
    }
    free(plane);
    free(resized);
    return result;
}

int wcl__image_resize(const wcl__image *image, int width, int height, wcl__image_filter filter,
                      wcl__image *out)
{
    int result = wcl__image_create(width, height, image->channels, out);
    if (result != WCL__DONE)
        return result;
    if (width == image->width && height == image->height)
        memcpy(out->pixels, image->pixels, (size_t)width * (size_t)height * (size_t)image->channels);
    else if (filter == WCL__NEAREST)
        resize_nearest(image, out);
    else
        result = resize_bilinear(image, out);
    if (result != WCL__DONE)
        wcl__image_clear(out);
    return result;
}

int wcl__image_crop(const wcl__image *image, int left, int top, int width, int height, wcl__image *out)
{
    const size_t channels = (size_t)image->channels;
    const int result = wcl__image_create(width, height, image->channels, out);
    for (int y = 0; y < height && result == WCL__DONE; y++)
        memcpy(out->pixels + (size_t)y * (size_t)width * channels,
               image->pixels + ((size_t)(top + y) * (size_t)image->width + (size_t)left) * channels,
               (size_t)width * channels);
    return result;
}

int wcl__image_gray(const wcl__image *image, wcl__image *out)
{
    const size_t channels = (size_t)image->channels, count = (size_t)image->width * (size_t)image->height;
    const int result = wcl__image_create(image->width, image->height, 1, out);
    for (size_t i = 0; i < count && result == WCL__DONE; i++) {
        const unsigned char *rgb = image->pixels + i * channels;
        out->pixels[i] =
            channels == 1
                ? rgb[0]
                : (unsigned char)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
    }
    return result;
}

void wcl__image_clear(wcl__image *image)
{
    free(image->pixels);
    *image = (wcl__image){0};
}
