#include "orientation.h"

#include <stdbool.h>
#include <string.h>

#include <libexif/exif-data.h>

#include "report.h"

enum { UPRIGHT = 1, TRANSPOSED = 5, LAST = 8 };
enum { START_OF_SCAN = 0xDA, APP1 = 0xE1, FILL = 0xFF };

/* EXIF's segment, from its head "Exif\0\0" on. libexif would look for it, too, but stops at another APP1,
 * such as XMP's. */
static const unsigned char *find_exif(const unsigned char *jpeg, size_t length, unsigned *bytes)
{
    static const unsigned char head[6] = "Exif\0";
    size_t at = 2; /* behind the start of the image */
    while (at + 4 <= length && jpeg[at] == FILL) {
        const unsigned marker = jpeg[at + 1];
        if (marker == FILL) {
            at++;
            continue;
        }
        const size_t size = (size_t)jpeg[at + 2] << 8 | jpeg[at + 3]; /* with its own two bytes */
        if (marker == START_OF_SCAN || size < 2 || size > length - at - 2)
            return NULL;
        if (marker == APP1 && size >= 2 + sizeof head && memcmp(jpeg + at + 4, head, sizeof head) == 0) {
            *bytes = (unsigned)size - 2;
            return jpeg + at + 4;
        }
        at += 2 + size;
    }
    return NULL;
}

int wcl__orientation(const unsigned char *jpeg, size_t length)
{
    int orientation = UPRIGHT;
    unsigned bytes = 0;
    const unsigned char *exif = find_exif(jpeg, length, &bytes);
    ExifData *data = exif ? exif_data_new() : NULL;
    if (!data)
        return UPRIGHT;
    exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION); /* it would add and change tags */
    exif_data_load_data(data, exif, bytes);
    const ExifEntry *entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
    if (entry && entry->format == EXIF_FORMAT_SHORT && entry->components == 1 && entry->data &&
        entry->size >= 2)
        orientation = exif_get_short(entry->data, exif_data_get_byte_order(data));
    exif_data_unref(data);
    return orientation < UPRIGHT || orientation > LAST ? UPRIGHT : orientation;
}

int wcl__orientation_apply(int orientation, wcl__image *image)
{
    /* where an upright pixel lies in the file: rows and columns change places, then are counted from the end
     */
    static const struct {
        bool from_right, from_bottom;
    } ways[LAST + 1] = {[2] = {true, false}, [3] = {true, true}, [4] = {false, true},
                        [6] = {false, true}, [7] = {true, true}, [8] = {true, false}};
    const bool transposed = orientation >= TRANSPOSED;
    const int width = image->width, height = image->height, channels = image->channels;
    wcl__image upright;
    if (orientation <= UPRIGHT || orientation > LAST)
        return WCL__DONE;
    const int result =
        wcl__image_create(transposed ? height : width, transposed ? width : height, channels, &upright);
    if (result != WCL__DONE)
        return result;
    unsigned char *out = upright.pixels;
    for (int y = 0; y < upright.height; y++)
        for (int x = 0; x < upright.width; x++, out += channels) {
            int column = transposed ? y : x, row = transposed ? x : y;
            column = ways[orientation].from_right ? width - 1 - column : column;
            row = ways[orientation].from_bottom ? height - 1 - row : row;
            memcpy(out, image->pixels + ((size_t)row * (size_t)width + (size_t)column) * (size_t)channels,
                   (size_t)channels);
        }
    wcl__image_clear(image);
    *image = upright;
    return WCL__DONE;
}
