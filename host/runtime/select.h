/* Finding devices: what the ICD loader lists, and which of them a SPEC means. Private to runtime/. */
#ifndef WCL_RUNTIME_SELECT_H
#define WCL_RUNTIME_SELECT_H

#include "runtime/device.h"

typedef struct wcl__found {
    cl_platform_id platform;
    cl_device_id id;
    int platform_index, device_index;
    bool available;
    wcl__facts facts;
} wcl__found;

typedef struct wcl__found_list {
    wcl__found *items;
    size_t count, capacity;
} wcl__found_list;

/* All devices of all platforms. A platform that fails is left out with a warning. WCL_NOT_FOUND: there is no
 * platform. */
wcl_status wcl__devices_scan(wcl__found_list *list);
void wcl__devices_clear(wcl__found_list *list);
/* The index of what a NULL spec opens, -1 if there is no device. */
int wcl__devices_best(const wcl__found_list *list);
wcl_status wcl__devices_match(const wcl__found_list *list, const char *spec, int *index);

/* facts.c */
wcl_status wcl__facts_read(cl_platform_id platform, cl_device_id id, wcl__facts *facts);

#endif
