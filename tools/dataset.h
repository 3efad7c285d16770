/* Labelled pictures: IDX files, or a folder with one sub-folder a class. */
#ifndef WINOCL_TOOLS_DATASET_H
#define WINOCL_TOOLS_DATASET_H

#include <stdint.h>

#include "image.h"

typedef struct wcl__dataset {
    int64_t count;
    int64_t *classes;      /* of each picture */
    int64_t folders;       /* sub-folders, classes of a folder; 0 for IDX */
    char **files;          /* a folder's pictures; NULL for IDX */
    unsigned char *pixels; /* an IDX file's: count x height x width x channels */
    int width, height, channels;
} wcl__dataset;

/* images: an IDX file of bytes (count x height x width, or with x 3 at the end), plain or .gz, with `labels`,
 * an IDX file of count bytes; or a folder, with labels NULL, whose sub-folders are the classes in the order
 * of their names. limit: pictures to take at most, the first ones; negative: all. Exit status, see report.h.
 */
int wcl__dataset_open(const char *images, const char *labels, int64_t limit, wcl__dataset *dataset);
/* The pixels are the image's own, also for IDX. */
int wcl__dataset_image(const wcl__dataset *dataset, int64_t index, wcl__image *image);
void wcl__dataset_close(wcl__dataset *dataset);

#endif
