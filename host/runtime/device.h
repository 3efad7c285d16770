/* Devices, and what is known of one. */
#ifndef WCL_RUNTIME_DEVICE_H
#define WCL_RUNTIME_DEVICE_H

#include <pthread.h>

#include "base/base.h"

/* Read once when the device is opened; plain data, so that planning needs no device. */
typedef struct wcl__facts {
    char platform[128], platform_version[128], name[128], vendor[128], driver[64], version[128];
    cl_device_type type;
    unsigned compute_units, clock_mhz, vector_width;
    uint64_t global_bytes, max_alloc, local_bytes, max_work_group, max_item[3];
    uint64_t cache_bytes; /* of the largest cache before the global memory; 0: not known */
    size_t alignment;     /* of a sub-buffer's origin, bytes; at least 4096 */
    bool has_compiler, has_fma, unified_memory;
    bool keeps_programs; /* the driver keeps what it compiled on disk, by itself */
} wcl__facts;

/* The facts of such a device with this one's limits; of a device that is one, its own. */
wcl__facts wcl__facts_as(const wcl__facts *facts, wcl_plan_as kind);

typedef struct wcl__provider wcl__provider;     /* provider.h */
typedef struct wcl__kernel_set wcl__kernel_set; /* kernel_set.h */

struct wcl_device {
    int references;
    pthread_mutex_t lock; /* of `references` */
    cl_context context;
    cl_device_id id;
    wcl__facts facts;
    const wcl__kernel_set *kernels;   /* that its calls are resolved by */
    int platform_index, device_index; /* -1: wrapped */
    bool is_default;
    struct wcl__core *core;    /* what handles share, core.h */
    struct wcl__core **former; /* cores of earlier cache folders */
    size_t former_count, former_capacity;
};

void wcl__device_retain(wcl_device *device); /* wcl_device_destroy releases */
/* The device's own in-order queue, made on first use and owned by the device. */
wcl_status wcl__device_queue(wcl_device *device, cl_command_queue *queue);

#endif
