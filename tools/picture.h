/* A picture (SVG) of a network's time: a bar for each layer, and in it the part that the device's rates
 * cannot do without. */
#ifndef WINOCL_TOOLS_PICTURE_H
#define WINOCL_TOOLS_PICTURE_H

#include "profile.h"

typedef struct wcl__picture {
    const char *title; /* the network, the batch */
    const wcl_device_info *device;
    const wcl_device_rates *rates;
    const wcl__times *profile;
} wcl__picture;

/* WCL__BAD_DEVICE where nothing was measured. */
int wcl__picture_write(const char *path, const wcl__picture *picture);

#endif
