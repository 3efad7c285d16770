/* How a camera was held: the orientation that EXIF gives for a JPEG picture. Called by image.c. */
#ifndef WINOCL_TOOLS_ORIENTATION_H
#define WINOCL_TOOLS_ORIENTATION_H

#include <stddef.h>

#include "image.h"

/* EXIF's value, 1 to 8; 1, upright, where the file has none or it is damaged. */
int wcl__orientation(const unsigned char *jpeg, size_t length);
/* Turns the picture upright; its width and height change places from 5 on. Exit status; on failure it stays
 * as it was. */
int wcl__orientation_apply(int orientation, wcl__image *image);

#endif
