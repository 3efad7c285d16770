#include "dataset.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <zlib.h>

#include "report.h"

#define MAX_SET_BYTES (INT64_C(1) << 40)
enum { MAX_SIDE = 65535, CHUNK = 1 << 20, IDX_BYTES = 8 /* the type number */, MAX_IDX_RANK = 4 };

/* ------------------------------------------------------------------ IDX */

typedef struct idx_file {
    int rank;
    int64_t dims[MAX_IDX_RANK];
    unsigned char *data;
} idx_file;

static int cut_short(const char *path)
{
    return wcl__complain(WCL__BAD_INPUT, "%s: cannot read: the file is cut short", path);
}

static int read_header(gzFile file, const char *path, idx_file *idx)
{
    unsigned char bytes[4 + 4 * MAX_IDX_RANK];
    if (gzread(file, bytes, 4) != 4)
        return cut_short(path);
    if (bytes[0] || bytes[1] || bytes[2] != IDX_BYTES || bytes[3] < 1 || bytes[3] > MAX_IDX_RANK)
        return wcl__complain(WCL__BAD_INPUT, "%s: cannot read: not an IDX file of bytes", path);
    idx->rank = bytes[3];
    if (gzread(file, bytes, 4u * (unsigned)idx->rank) != 4 * idx->rank)
        return cut_short(path);
    for (int i = 0; i < idx->rank; i++)
        idx->dims[i] =
            (int64_t)bytes[4 * i] << 24 | bytes[4 * i + 1] << 16 | bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
    return WCL__DONE;
}

/* The memory grows with what is really there, so that a header cannot claim more than the file holds. */
static int read_data(gzFile file, const char *path, int64_t length, unsigned char **data)
{
    int64_t filled = 0, capacity = 0;
    while (filled < length) {
        if (filled == capacity) {
            capacity = capacity ? 2 * capacity : CHUNK;
            capacity = capacity < length ? capacity : length;
            unsigned char *grown = realloc(*data, (size_t)capacity);
            if (!grown)
                return wcl__complain_memory();
            *data = grown;
        }
        const int64_t wanted = capacity - filled < CHUNK ? capacity - filled : CHUNK;
        const int got = gzread(file, *data + filled, (unsigned)wanted);
        if (got <= 0)
            return cut_short(path);
        filled += got;
    }
    return WCL__DONE;
}

/* The checksum of a .gz comes after the data. */
static int check_end(gzFile file, const char *path)
{
    unsigned char more;
    int code = Z_OK;
    gzread(file, &more, 1);
    const char *reason = gzerror(file, &code);
    return code == Z_OK || code == Z_STREAM_END
               ? WCL__DONE
               : wcl__complain(WCL__BAD_INPUT, "%s: cannot read: %s", path, reason);
}

/* Takes at most `limit` of the first dimension. */
static int read_idx(const char *path, int64_t limit, idx_file *idx)
{
    int result = WCL__DONE;
    int64_t length = 1;
    gzFile file = gzopen(path, "rb");
    if (!file)
        return wcl__complain(WCL__BAD_INPUT, "%s: cannot open: %s", path, strerror(errno ? errno : ENOMEM));
    if ((result = read_header(file, path, idx)) != WCL__DONE)
        goto cleanup;
    const bool whole = limit < 0 || limit >= idx->dims[0];
    if (!whole)
        idx->dims[0] = limit;
    for (int i = 0; i < idx->rank; i++)
        length = idx->dims[i] > 0 && length > MAX_SET_BYTES / idx->dims[i] ? MAX_SET_BYTES + 1
                                                                           : length * idx->dims[i];
    if (length > MAX_SET_BYTES) {
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot read: its dimensions are too large", path);
        goto cleanup;
    }
    if ((result = read_data(file, path, length, &idx->data)) == WCL__DONE && whole)
        result = check_end(file, path);
cleanup:
    gzclose_r(file);
    return result;
}

static int take_pictures(const char *path, idx_file *idx, wcl__dataset *dataset)
{
    const bool color = idx->rank == 4 && idx->dims[3] == 3;
    if (idx->rank != 3 && !color)
        return wcl__complain(WCL__BAD_INPUT, "%s: has %d dimensions: pictures have 3, or 4 with 3 colours",
                             path, idx->rank);
    if (idx->dims[1] < 1 || idx->dims[2] < 1 || idx->dims[1] > MAX_SIDE || idx->dims[2] > MAX_SIDE)
        return wcl__complain(WCL__BAD_INPUT, "%s: its pictures have %lld x %lld pixels: at most %d a side",
                             path, (long long)idx->dims[2], (long long)idx->dims[1], MAX_SIDE);
    dataset->count = idx->dims[0];
    dataset->height = (int)idx->dims[1];
    dataset->width = (int)idx->dims[2];
    dataset->channels = color ? 3 : 1;
    dataset->pixels = idx->data;
    idx->data = NULL;
    return WCL__DONE;
}

static int open_idx(const char *images, const char *labels, int64_t limit, wcl__dataset *dataset)
{
    idx_file pictures = {0}, classes = {0};
    int result = WCL__DONE;
    if ((result = read_idx(labels, limit, &classes)) != WCL__DONE ||
        (result = read_idx(images, limit, &pictures)) != WCL__DONE ||
        (result = take_pictures(images, &pictures, dataset)) != WCL__DONE)
        goto cleanup;
    if (classes.rank != 1 || classes.dims[0] != dataset->count) {
        result = wcl__complain(WCL__BAD_INPUT,
                               "%s: holds %lld labels in %d dimensions, %s holds %lld pictures", labels,
                               (long long)classes.dims[0], classes.rank, images, (long long)dataset->count);
        goto cleanup;
    }
    if (!(dataset->classes = malloc((size_t)dataset->count * sizeof *dataset->classes + 1))) {
        result = wcl__complain_memory();
        goto cleanup;
    }
    for (int64_t i = 0; i < dataset->count; i++)
        dataset->classes[i] = classes.data[i];
cleanup:
    free(pictures.data);
    free(classes.data);
    return result;
}

/* ------------------------------------------------------------------ folders */

static int is_picture(const struct dirent *entry)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    const char *dot = strrchr(entry->d_name, '.');
    for (size_t i = 0; dot && dot != entry->d_name && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return 1;
    return 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* In the order of bytes whatever the locale, as Python's sorted. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void free_entries(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

static bool is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static bool grow_lists(wcl__dataset *dataset, int added)
{
    const size_t count = (size_t)dataset->count + (size_t)added;
    char **files = realloc(dataset->files, (count + 1) * sizeof *files);
    if (files)
        dataset->files = files;
    int64_t *classes = realloc(dataset->classes, (count + 1) * sizeof *classes);
    if (classes)
        dataset->classes = classes;
    return files && classes;
}

static int add_class(const char *folder, int64_t class_index, wcl__dataset *dataset)
{
    struct dirent **entries = NULL;
    int result = WCL__DONE;
    const int count = scandir(folder, &entries, is_picture, by_name);
    if (count < 0)
        return wcl__complain(WCL__BAD_INPUT, "%s: cannot open: %s", folder, strerror(errno));
    if (!grow_lists(dataset, count))
        result = wcl__complain_memory();
    for (int i = 0; i < count && result == WCL__DONE; i++) {
        char *path = wcl__formatted("%s/%s", folder, entries[i]->d_name);
        if (!path) {
            result = wcl__complain_memory();
            break;
        }
        dataset->files[dataset->count] = path;
        dataset->classes[dataset->count++] = class_index;
    }
    free_entries(entries, count);
    return result;
}

static int open_folder(const char *folder, wcl__dataset *dataset)
{
    struct dirent **entries = NULL;
    int result = WCL__DONE;
    int64_t classes = 0;
    const int count = scandir(folder, &entries, is_visible, by_name);
    if (count < 0)
        return wcl__complain(WCL__BAD_INPUT, "%s: cannot open: %s", folder, strerror(errno));
    for (int i = 0; i < count && result == WCL__DONE; i++) {
        char *path = wcl__formatted("%s/%s", folder, entries[i]->d_name);
        if (!path)
            result = wcl__complain_memory();
        else if (is_folder(path))
            result = add_class(path, classes++, dataset);
        free(path);
    }
    free_entries(entries, count);
    dataset->folders = classes;
    if (result == WCL__DONE && dataset->count == 0)
        result = wcl__complain(WCL__BAD_INPUT,
                               "%s: no pictures: it needs a sub-folder of PNG or JPEG files for each class",
                               folder);
    return result;
}

int wcl__dataset_open(const char *images, const char *labels, int64_t limit, wcl__dataset *dataset)
{
    *dataset = (wcl__dataset){0};
    const bool folder = is_folder(images);
    if (folder && labels)
        return wcl__complain(WCL__USAGE, "--labels %s: a folder's classes are its sub-folders", labels);
    if (!folder && !labels)
        return wcl__complain(WCL__USAGE, "--images %s: an IDX file needs --labels", images);
    int result = folder ? open_folder(images, dataset) : open_idx(images, labels, limit, dataset);
    for (; folder && limit >= 0 && dataset->count > limit; dataset->count--)
        free(dataset->files[dataset->count - 1]);
    if (result == WCL__DONE && dataset->count == 0)
        result = wcl__complain(WCL__BAD_INPUT, "%s: no pictures: it is empty", images);
    return result;
}

int wcl__dataset_image(const wcl__dataset *dataset, int64_t index, wcl__image *image)
{
    if (dataset->files)
        return wcl__image_load(dataset->files[index], image);
    const size_t bytes = (size_t)dataset->width * (size_t)dataset->height * (size_t)dataset->channels;
    const int result = wcl__image_create(dataset->width, dataset->height, dataset->channels, image);
    if (result == WCL__DONE)
        memcpy(image->pixels, dataset->pixels + (size_t)index * bytes, bytes);
    return result;
}

void wcl__dataset_close(wcl__dataset *dataset)
{
    for (int64_t i = 0; dataset->files && i < dataset->count; i++)
        free(dataset->files[i]);
    free(dataset->files);
    free(dataset->classes);
    free(dataset->pixels);
    *dataset = (wcl__dataset){0};
}
