/* JPEG pictures whose EXIF says how they are turned: each of the eight orientations against the upright
 * pixels; whatever is wrong with the EXIF, the picture is read as it lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/support.h"
#include "tools/image.h"
#include "tools/report.h"

#define STORED WINOCL_SOURCE_DIR "/tests/data/preprocess/rgb.jpg"
enum { MOST_BYTES = 1 << 15 };

typedef struct bytes {
    unsigned char data[MOST_BYTES];
    size_t length;
} bytes;

static void add(bytes *to, const void *data, size_t length)
{
    assert_true(length <= sizeof to->data - to->length);
    memcpy(to->data + to->length, data, length);
    to->length += length;
}

static void add_number(bytes *to, bool big, int width, uint32_t value)
{
    for (int i = 0; i < width; i++) {
        const unsigned char byte = (unsigned char)(value >> 8 * (big ? width - 1 - i : i));
        add(to, &byte, 1);
    }
}

static const bytes *stored_picture(void)
{
    static bytes picture;
    FILE *file = fopen(STORED, "rb");
    assert_non_null(file);
    picture.length = fread(picture.data, 1, sizeof picture.data, file);
    fclose(file);
    assert_true(picture.length > 2 && picture.length < sizeof picture.data);
    return &picture;
}

/* What the EXIF says; 0 is the usual: one tag, a SHORT, in the first directory. */
typedef struct exif {
    unsigned orientation;
    bool big_endian, with_xmp; /* XMP's APP1 comes first */
    unsigned tag, format, count,
        directory; /* the tag's number, its format, how many values, where the directory is */
    int lost;      /* bytes cut off at the segment's end */
    bool no_next;  /* the directory ends without the number of the next one */
} exif;

static void add_segment(bytes *to, const bytes *content)
{
    static const unsigned char marker[2] = {0xFF, 0xE1};
    add(to, marker, 2);
    add_number(to, true, 2, (uint32_t)content->length + 2);
    add(to, content->data, content->length);
}

static void add_exif(bytes *to, const exif *e)
{
    static bytes content;
    content.length = 0;
    add(&content, "Exif\0", 6);
    add(&content, e->big_endian ? "MM" : "II", 2);
    add_number(&content, e->big_endian, 2, 42);
    add_number(&content, e->big_endian, 4, e->directory ? e->directory : 8);
    add_number(&content, e->big_endian, 2, 1);
    add_number(&content, e->big_endian, 2, e->tag ? e->tag : 0x112);
    add_number(&content, e->big_endian, 2, e->format ? e->format : 3);
    add_number(&content, e->big_endian, 4, e->count ? e->count : 1);
    add_number(&content, e->big_endian, 2, e->orientation);
    add_number(&content, e->big_endian, 2, 0);
    if (!e->no_next)
        add_number(&content, e->big_endian, 4, 0);
    content.length -= (size_t)e->lost;
    add_segment(to, &content);
}

/* The stored picture with segments behind its start. */
static void make_picture(const exif *e, bytes *to)
{
    const bytes *stored = stored_picture();
    to->length = 0;
    add(to, stored->data, 2);
    if (e->with_xmp) {
        static bytes xmp;
        xmp.length = 0;
        add(&xmp, "http://ns.adobe.com/xap/1.0/\0<x/>", 33);
        add_segment(to, &xmp);
    }
    add_exif(to, e);
    add(to, stored->data + 2, stored->length - 2);
}

static int load(const bytes *picture, wcl__image *image)
{
    const char *path = test_path("turned.jpg");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(picture->data, 1, picture->length, file), picture->length);
    assert_int_equal(fclose(file), 0);
    return wcl__image_load(path, image);
}

/* Where the stored picture's row 0 and column 0 are to be seen, in the words of the specification. */
typedef enum side { TOP, RIGHT, BOTTOM, LEFT } side;
static const struct {
    side row, column;
} sides[9] = {[1] = {TOP, LEFT}, [2] = {TOP, RIGHT}, [3] = {BOTTOM, RIGHT}, [4] = {BOTTOM, LEFT},
              [5] = {LEFT, TOP}, [6] = {RIGHT, TOP}, [7] = {RIGHT, BOTTOM}, [8] = {LEFT, BOTTOM}};

/* A pixel `distance` from a side: its place along that side's axis. */
static void place(const wcl__image *seen, side from, int distance, int *x, int *y)
{
    *(from == LEFT || from == RIGHT ? x : y) = from == LEFT || from == TOP ? distance
                                               : from == RIGHT             ? seen->width - 1 - distance
                                                                           : seen->height - 1 - distance;
}

static void assert_turned(const char *name, const wcl__image *stored, const wcl__image *seen,
                          unsigned orientation)
{
    const bool across = sides[orientation].row == LEFT || sides[orientation].row == RIGHT;
    assert_int_equal(seen->channels, 3);
    if (seen->width != (across ? stored->height : stored->width) ||
        seen->height != (across ? stored->width : stored->height))
        fail_msg("%s: %d x %d pixels", name, seen->width, seen->height);
    for (int row = 0; row < stored->height; row++)
        for (int column = 0; column < stored->width; column++) {
            int x = 0, y = 0;
            place(seen, sides[orientation].row, row, &x, &y);
            place(seen, sides[orientation].column, column, &x, &y);
            if (memcmp(seen->pixels + 3 * (y * seen->width + x),
                       stored->pixels + 3 * (row * stored->width + column), 3) != 0)
                fail_msg("%s: the stored pixel of row %d, column %d is not at row %d, column %d", name, row,
                         column, y, x);
        }
}

static void test_orientations(void **state)
{
    (void)state;
    wcl__image stored;
    assert_int_equal(wcl__image_load(STORED, &stored), WCL__DONE);
    assert_int_not_equal(stored.width, stored.height);
    for (unsigned orientation = 1; orientation <= 8; orientation++)
        for (int way = 0; way < 4; way++) {
            static bytes picture;
            char name[80];
            wcl__image seen;
            const exif e = {.orientation = orientation, .big_endian = way & 1, .with_xmp = way & 2};
            snprintf(name, sizeof name, "orientation %u%s%s", orientation, way & 1 ? ", big-endian" : "",
                     way & 2 ? ", XMP" : "");
            make_picture(&e, &picture);
            assert_int_equal(load(&picture, &seen), WCL__DONE);
            assert_turned(name, &stored, &seen, orientation);
            wcl__image_clear(&seen);
        }
    wcl__image_clear(&stored);
}

static const struct {
    const char *name;
    exif exif;
    unsigned orientation;
} odd[] = {
    {"no next directory", {6, .no_next = true}, 6},
    {"orientation 0", {0, .big_endian = true}, 1},
    {"orientation 9", {9, .big_endian = false}, 1},
    {"orientation 65535", {65535, .big_endian = true}, 1},
    {"another tag", {6, .tag = 0x100}, 1},
    {"bytes", {6, .format = 1}, 1},
    {"text", {6, .format = 2, .count = 2}, 1},
    {"an unknown format", {6, .format = 99}, 1},
    {"two values", {6, .count = 2}, 1},
    {"more values than there are bytes", {6, .count = 0x7FFFFFFF}, 1},
    {"a directory behind the end", {6, .directory = 0x10000}, 1},
    {"a directory at the largest place", {6, .directory = 0xFFFFFFFF}, 1},
    {"a directory before its head", {6, .directory = 1}, 1},
    {"cut in the value", {6, .lost = 7}, 1},
    {"cut in the tag", {6, .lost = 15}, 1},
    {"cut behind the head", {6, .lost = 26}, 1},
};

static void test_odd_exif(void **state)
{
    (void)state;
    wcl__image stored;
    assert_int_equal(wcl__image_load(STORED, &stored), WCL__DONE);
    for (size_t i = 0; i < WCL__COUNT(odd); i++) {
        static bytes picture;
        wcl__image seen;
        make_picture(&odd[i].exif, &picture);
        if (load(&picture, &seen) != WCL__DONE)
            fail_msg("%s: not read", odd[i].name);
        assert_turned(odd[i].name, &stored, &seen, odd[i].orientation);
        wcl__image_clear(&seen);
    }
    wcl__image_clear(&stored);
}

/* Whatever bit of the EXIF is wrong, the picture is read, in one of the two shapes. */
static void test_damaged_exif(void **state)
{
    (void)state;
    static bytes picture;
    const exif e = {.orientation = 6};
    wcl__image stored;
    assert_int_equal(wcl__image_load(STORED, &stored), WCL__DONE);
    make_picture(&e, &picture);
    for (size_t bit = 8 * 6; bit < 8 * (6 + 32); bit++) { /* behind the marker and the length */
        wcl__image seen;
        picture.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (load(&picture, &seen) != WCL__DONE)
            fail_msg("bit %zu flipped: not read", bit);
        const bool turned = seen.width == stored.height;
        if (seen.width != (turned ? stored.height : stored.width) ||
            seen.height != (turned ? stored.width : stored.height))
            fail_msg("bit %zu flipped: %d x %d pixels", bit, seen.width, seen.height);
        picture.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        wcl__image_clear(&seen);
    }
    wcl__image_clear(&stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orientations),
        cmocka_unit_test(test_odd_exif),
        cmocka_unit_test(test_damaged_exif),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
