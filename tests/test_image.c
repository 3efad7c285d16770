/* Pictures: decoding, resizing and normalising, against what Pillow, torchvision and Keras make of them
 * (data/preprocess). */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <winocl/winocl.h>

#include "tools/preprocess.h"
#include "tools/report.h"

#define DATA WINOCL_SOURCE_DIR "/tests/data/preprocess/"
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *data_path(const char *name)
{
    static char path[1024];
    snprintf(path, sizeof path, DATA "%s", name);
    return path;
}

static void load_expected(const char *name, wcl_type type, wcl_tensor *tensor)
{
    *tensor = (wcl_tensor){0};
    if (wcl_tensor_load(data_path(name), tensor) != WCL_OK)
        fail_msg("%s", wcl_last_error()->message);
    assert_int_equal(tensor->type, type);
}

static void load_picture(const char *name, wcl__image *image)
{
    assert_int_equal(wcl__image_load(data_path(name), image), WCL__DONE);
}

/* Expected complaints would hide unexpected ones. */
static int hush(void)
{
    fflush(stderr);
    const int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    close(null);
    return saved;
}

static void unhush(int saved)
{
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

/* height x width x channels, or height x width */
static void assert_pixels(const char *name, const wcl__image *image, const char *expected_name, int most,
                          double mean)
{
    wcl_tensor expected;
    double sum = 0;
    int largest = 0;
    load_expected(expected_name, WCL_UINT8, &expected);
    assert_int_equal(expected.dims[0], image->height);
    assert_int_equal(expected.dims[1], image->width);
    assert_int_equal(expected.rank == 3 ? expected.dims[2] : 1, image->channels);
    const unsigned char *wanted = expected.data;
    for (size_t i = 0; i < expected.bytes; i++) {
        const int difference = abs(image->pixels[i] - wanted[i]);
        largest = difference > largest ? difference : largest;
        sum += difference;
    }
    if (largest > most || sum / (double)expected.bytes > mean)
        fail_msg("%s: differs from %s by %d at most, %.4f in the mean", name, expected_name, largest,
                 sum / (double)expected.bytes);
    wcl_tensor_clear(&expected);
}

static const struct {
    const char *picture, *expected;
} decoded[] = {
    {"rgb.png", "rgb_png_decoded.npy"},
    {"gray.png", "gray_png_decoded.npy"},
    {"rgba.png", "rgba_png_decoded.npy"},
    {"palette.png", "palette_png_decoded.npy"},
    {"rgb16.png", "rgb16_png_decoded.npy"},
    {"gray16.png", "gray16_png_high.npy"},
    {"interlaced.png", "interlaced_png_decoded.npy"},
    {"rgb.jpg", "rgb_jpg_decoded.npy"},
    {"gray.jpg", "gray_jpg_decoded.npy"},
};

static void test_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(decoded); i++) {
        wcl__image image;
        load_picture(decoded[i].picture, &image);
        assert_int_equal(image.channels, 3);
        assert_pixels(decoded[i].picture, &image, decoded[i].expected, 0, 0);
        wcl__image_clear(&image);
    }
}

static void test_gray(void **state)
{
    static const char *const pictures[][2] = {{"rgb.png", "rgb_png_luma.npy"},
                                              {"gray.png", "gray_png_luma.npy"}};
    (void)state;
    for (size_t i = 0; i < COUNT(pictures); i++) {
        wcl__image image, gray;
        load_picture(pictures[i][0], &image);
        assert_int_equal(wcl__image_gray(&image, &gray), WCL__DONE);
        assert_pixels(pictures[i][0], &gray, pictures[i][1], 0, 0);
        wcl__image_clear(&gray);
        wcl__image_clear(&image);
    }
}

static void test_refused(void **state)
{
    static const char *const files[] = {"cut.png", "cut.jpg", "huge.png", "missing.png", "README.md", "."};
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        wcl__image image;
        const int saved = hush(), result = wcl__image_load(data_path(files[i]), &image);
        unhush(saved);
        if (result != WCL__BAD_INPUT || image.pixels)
            fail_msg("%s: status %d, expected %d and no pixels", files[i], result, WCL__BAD_INPUT);
    }
}

static unsigned char *read_all(const char *name, size_t *length)
{
    FILE *file = fopen(data_path(name), "rb");
    assert_non_null(file);
    unsigned char *bytes = malloc(1 << 16);
    assert_non_null(bytes);
    *length = fread(bytes, 1, 1 << 16, file);
    fclose(file);
    assert_true(*length > 0 && *length < 1 << 16);
    return bytes;
}

static int load_bytes(const char *path, const unsigned char *bytes, size_t length)
{
    wcl__image image;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    const int saved = hush(), result = wcl__image_load(path, &image);
    unhush(saved);
    wcl__image_clear(&image);
    return result;
}

/* Wherever a file is cut, it is refused, save in the checksum at a PNG's very end; whatever bit is wrong,
 * nothing crashes. */
static void test_damaged(void **state)
{
    static const char *const files[] = {"gray.png", "palette.png", "interlaced.png", "rgb16.png", "gray.jpg"};
    char path[] = "/tmp/winocl-image-XXXXXX";
    const int descriptor = mkstemp(path);
    (void)state;
    assert_true(descriptor >= 0);
    close(descriptor);
    for (size_t f = 0; f < COUNT(files); f++) {
        size_t length = 0;
        unsigned char *bytes = read_all(files[f], &length);
        const size_t needed = length - (strstr(files[f], ".png") ? 4 : 0);
        for (size_t cut = 0; cut < needed; cut += cut < 128 || cut + 64 > needed ? 1 : 29)
            if (load_bytes(path, bytes, cut) != WCL__BAD_INPUT)
                fail_msg("%s: cut to %zu of %zu bytes, not refused", files[f], cut, length);
        for (size_t bit = 0; bit < 8 * length; bit += bit < 1024 ? 1 : 61) {
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            const int result = load_bytes(path, bytes, length);
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            if (result != WCL__DONE && result != WCL__BAD_INPUT)
                fail_msg("%s: bit %zu flipped, status %d", files[f], bit, result);
        }
        free(bytes);
    }
    unlink(path);
}

static const struct {
    const char *picture, *stem;
} resized_pictures[] = {{"rgb.png", "rgb_png"}, {"rgb.jpg", "rgb_jpg"}};
static const int resized_sizes[][2] = {{32, 32}, {24, 40}, {128, 96}};

static void test_resize(void **state)
{
    (void)state;
    for (size_t p = 0; p < COUNT(resized_pictures); p++) {
        wcl__image image, out;
        load_picture(resized_pictures[p].picture, &image);
        for (size_t s = 0; s < COUNT(resized_sizes); s++) {
            for (int nearest = 0; nearest < 2; nearest++) {
                const int width = resized_sizes[s][0], height = resized_sizes[s][1];
                char name[128];
                snprintf(name, sizeof name, "%s_%s_%dx%d.npy", resized_pictures[p].stem,
                         nearest ? "nearest" : "bilinear", width, height);
                assert_int_equal(
                    wcl__image_resize(&image, width, height, nearest ? WCL__NEAREST : WCL__BILINEAR, &out),
                    WCL__DONE);
                assert_pixels("resized", &out, name, nearest ? 0 : 2, nearest ? 0 : 0.25);
                wcl__image_clear(&out);
            }
        }
        wcl__image_clear(&image);
    }
}

/* Pillow's filter along one axis, in double. in and out: `lines` lines of `m` and `n` samples, `step` apart
 * along the axis. */
static void filter_axis(const double *in, int m, double *out, int n, int lines, int in_line, int out_line,
                        int in_step, int out_step)
{
    const double scale = (double)m / n, support = scale > 1 ? scale : 1;
    for (int x = 0; x < n; x++) {
        const double center = (x + 0.5) * scale;
        const int least = (int)fmax(0, center - support + 0.5), most = (int)fmin(m, center + support + 0.5);
        for (int line = 0; line < lines; line++) {
            double sum = 0, weights = 0;
            for (int i = least; i < most; i++) {
                const double weight = fmax(0, 1 - fabs((i - center + 0.5) / support));
                sum += weight * in[line * in_line + i * in_step];
                weights += weight;
            }
            out[line * out_line + x * out_step] = sum / weights;
        }
    }
}

static const struct {
    const char *name;
    int width, height, to_width, to_height;
} extremes[] = {
    {"one pixel grows", 1, 1, 7, 5},
    {"to one pixel", 37, 23, 1, 1},
    {"one row", 64, 1, 9, 3},
    {"one column", 1, 64, 3, 9},
    {"odd, both ways", 31, 17, 13, 29},
    {"by a hair", 100, 100, 99, 101},
    {"far down", 2000, 3, 2, 2},
    {"far up", 2, 3, 611, 401},
    {"as wide as allowed", 65535, 1, 224, 2},
    {"as high as allowed", 1, 65535, 2, 224},
    {"tall, to a column", 5, 4001, 1, 7},
};

static void test_extremes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(extremes); i++) {
        const int w = extremes[i].width, h = extremes[i].height, tw = extremes[i].to_width,
                  th = extremes[i].to_height;
        uint32_t random = 12345;
        wcl__image image, out;
        assert_int_equal(wcl__image_create(w, h, 1, &image), WCL__DONE);
        double *values = malloc((size_t)w * (size_t)h * sizeof *values),
               *across = malloc((size_t)tw * (size_t)h * sizeof *across),
               *wanted = malloc((size_t)tw * (size_t)th * sizeof *wanted);
        assert_true(values && across && wanted);
        for (int k = 0; k < w * h; k++) {
            random = random * 1664525u + 1013904223u;
            image.pixels[k] = (unsigned char)(random >> 24);
            values[k] = image.pixels[k];
        }
        filter_axis(values, w, across, tw, h, w, tw, 1, 1);
        filter_axis(across, h, wanted, th, tw, 1, 1, tw, tw);
        assert_int_equal(wcl__image_resize(&image, tw, th, WCL__BILINEAR, &out), WCL__DONE);
        for (int k = 0; k < tw * th; k++)
            if (!(fabs(out.pixels[k] - wanted[k]) <= 0.51))
                fail_msg("%s: element %d is %d, expected %.4f", extremes[i].name, k, out.pixels[k],
                         wanted[k]);
        free(values);
        free(across);
        free(wanted);
        wcl__image_clear(&out);
        wcl__image_clear(&image);
    }
}

static void assert_values(const char *name, const wcl__image *image, wcl__preprocess method,
                          const char *expected_name)
{
    wcl_tensor expected;
    load_expected(expected_name, WCL_FLOAT32, &expected);
    const float *wanted = expected.data;
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    assert_int_equal(expected.bytes, pixels * 3 * sizeof(float));
    for (int last = 0; last < 2; last++) {
        const wcl__picture_shape shape = {image->width, image->height, 3, last != 0};
        float *out = malloc(expected.bytes);
        assert_non_null(out);
        for (size_t i = 0; i < pixels * 3; i++)
            out[i] = NAN;
        wcl__preprocess_normalise(image, method, &shape, out);
        for (size_t c = 0; c < 3; c++)
            for (size_t i = 0; i < pixels; i++) {
                const float got = out[last ? i * 3 + c : c * pixels + i];
                if (!(fabsf(got - wanted[c * pixels + i]) <= 1e-5f))
                    fail_msg("%s: channel %zu, pixel %zu is %.9g, expected %.9g", name, c, i, got,
                             wanted[c * pixels + i]);
            }
        free(out);
    }
    wcl_tensor_clear(&expected);
}

static const struct {
    const char *name, *expected;
} methods[] = {{"unit", "norm_unit.npy"},
               {"torchvision", "norm_torchvision.npy"},
               {"caffe", "norm_caffe.npy"},
               {"tf", "norm_tf.npy"}};

static void test_normalise(void **state)
{
    wcl_tensor pixels;
    (void)state;
    load_expected("norm_pixels.npy", WCL_UINT8, &pixels);
    const wcl__image image = {(int)pixels.dims[1], (int)pixels.dims[0], 3, pixels.data};
    for (size_t i = 0; i < COUNT(methods); i++) {
        wcl__preprocess method;
        assert_true(wcl__preprocess_parse(methods[i].name, &method));
        assert_values(methods[i].name, &image, method, methods[i].expected);
    }
    wcl_tensor_clear(&pixels);
}

/* From the file to the network's pixels; the normalisation, of Pillow's own pixels, is exact. */
static const struct {
    const char *picture, *method, *pixels;
    int most;
} pipelines[] = {
    {"rgb.png", "torchvision", "rgb_png_torchvision_pixels.npy", 2},
    {"rgb.jpg", "torchvision", "rgb_jpg_torchvision_pixels.npy", 2},
    {"rgb.png", "caffe", "rgb_png_keras_pixels.npy", 0},
    {"rgb.jpg", "caffe", "rgb_jpg_keras_pixels.npy", 0},
    {"rgb.jpg", "tf", "rgb_jpg_keras_pixels.npy", 0},
    {"rgb.png", "unit", "rgb_png_bilinear_32x32.npy", 2},
};

static void test_pipelines(void **state)
{
    static const wcl__picture_shape shape = {32, 32, 3, false};
    (void)state;
    for (size_t i = 0; i < COUNT(pipelines); i++) {
        wcl__image image, fitted;
        wcl__preprocess method;
        assert_true(wcl__preprocess_parse(pipelines[i].method, &method));
        load_picture(pipelines[i].picture, &image);
        assert_int_equal(wcl__preprocess_fit(&image, method, &shape, &fitted), WCL__DONE);
        assert_pixels(pipelines[i].method, &fitted, pipelines[i].pixels, pipelines[i].most, 0.25);
        wcl__image_clear(&fitted);
        wcl__image_clear(&image);
    }
}

/* The whole way, where the pixels agree exactly: values that Keras computed. */
static void test_keras_values(void **state)
{
    static const wcl__picture_shape shape = {32, 32, 3, false};
    wcl__image image, fitted;
    (void)state;
    load_picture("rgb.jpg", &image);
    assert_int_equal(wcl__preprocess_fit(&image, WCL__CAFFE, &shape, &fitted), WCL__DONE);
    assert_values("caffe", &fitted, WCL__CAFFE, "rgb_jpg_keras_caffe.npy");
    wcl__image_clear(&fitted);
    wcl__image_clear(&image);
}

static const struct {
    const char *name, *method;
    int channels;        /* of the network */
    unsigned char pixel; /* of a gray picture */
    float expected[3];
} grays[] = {
    {"unit, one channel", "unit", 1, 51, {0.2f}},
    {"unit, three channels", "unit", 3, 51, {0.2f, 0.2f, 0.2f}},
    {"caffe, three channels", "caffe", 3, 100, {100 - 103.939f, 100 - 116.779f, 100 - 123.68f}},
    {"caffe, one channel", "caffe", 1, 100, {100 - 114.799f}},
    {"torchvision, one channel", "torchvision", 1, 255, {(1 - 0.449f) / 0.226f}},
    {"tf, one channel", "tf", 1, 0, {-1}},
};

static void test_gray_pictures(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(grays); i++) {
        const wcl__picture_shape shape = {1, 1, grays[i].channels, false};
        const wcl__image image = {1, 1, 1, (unsigned char[]){grays[i].pixel}};
        wcl__preprocess method;
        float out[3] = {NAN, NAN, NAN};
        assert_true(wcl__preprocess_parse(grays[i].method, &method));
        wcl__preprocess_normalise(&image, method, &shape, out);
        for (int c = 0; c < 3; c++)
            if (c < grays[i].channels ? !(fabsf(out[c] - grays[i].expected[c]) <= 1e-5f) : !isnan(out[c]))
                fail_msg("%s: channel %d is %g", grays[i].name, c, out[c]);
    }
}

/* A crop that is not square covers the box; a square picture of the right size stays as it is. */
static void test_fitted_sizes(void **state)
{
    static const int sizes[][2] = {{28, 28}, {32, 32}, {48, 16}, {16, 48}, {1, 1}, {224, 224}};
    static const char *const names[] = {"torchvision", "unit", "caffe"};
    wcl__image image;
    (void)state;
    load_picture("rgb.jpg", &image);
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t m = 0; m < COUNT(names); m++) {
            const wcl__picture_shape shape = {sizes[i][0], sizes[i][1], 1, false};
            wcl__preprocess method;
            wcl__image fitted;
            assert_true(wcl__preprocess_parse(names[m], &method));
            assert_int_equal(wcl__preprocess_fit(&image, method, &shape, &fitted), WCL__DONE);
            assert_int_equal(fitted.width, shape.width);
            assert_int_equal(fitted.height, shape.height);
            assert_int_equal(fitted.channels, 1);
            wcl__image_clear(&fitted);
        }
    wcl__image_clear(&image);
    wcl__preprocess method;
    assert_false(wcl__preprocess_parse("imagenet", &method));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),       cmocka_unit_test(test_gray),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_resize),       cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_normalise),    cmocka_unit_test(test_pipelines),
        cmocka_unit_test(test_keras_values), cmocka_unit_test(test_gray_pictures),
        cmocka_unit_test(test_fitted_sizes),
    };
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
