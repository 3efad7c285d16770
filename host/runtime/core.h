/* What handles of one device share while they are open: its context, and for those with the same cache folder
 * the programs, rates, packed weights and the queue that packs them. Wrapped devices share nothing. Private
 * to runtime/, and to the store of weights. */
#ifndef WCL_RUNTIME_CORE_H
#define WCL_RUNTIME_CORE_H

#include "runtime/provider.h"

typedef struct wcl__opened wcl__opened; /* a device that is open, and its context */

typedef struct wcl__core {
    int references;         /* handles; under the process lock */
    wcl__opened *opened;    /* NULL: of a wrapped device */
    pthread_mutex_t lock;   /* of `stores` and lazy making of `queue` */
    cl_command_queue queue; /* winocl's own, for packing weights */
    wcl__provider *provider;
    void *stores; /* graph/: weight stores of the models in use; NULL when there is none */
    struct wcl__core *next;
} wcl__core;

wcl_status wcl__core_wrap(wcl__core **out);
/* The core of the device with the standard cache folder, and the device's context, which lives as long as the
 * core. */
wcl_status wcl__core_open(cl_platform_id platform, cl_device_id id, wcl__core **out, cl_context *context);
void wcl__core_close(wcl__core *core);
/* The handle's; lives as long as the handle, even when that changes its folder. */
static inline wcl__core *wcl__device_core(const wcl_device *device)
{
    return __atomic_load_n(&device->core, __ATOMIC_ACQUIRE);
}

#endif
