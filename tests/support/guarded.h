/* Device buffers of an exact size between guard bands, full of NaN at first. */
#ifndef WCL_TESTS_GUARDED_H
#define WCL_TESTS_GUARDED_H

#include "runtime/device.h"

extern const uint32_t guarded_poison; /* a NaN that arithmetic does not make */

typedef struct guarded {
    cl_mem parent, memory; /* memory: the sub-buffer to work with */
    size_t origin, bytes, total;
} guarded;

/* With WINOCL_TEST_EXACT in the environment: no guard bands, the buffer ends where its contents do. */
void guarded_create(wcl_device *device, size_t bytes, guarded *out);
void guarded_release(guarded *buffer); /* half-made ones too */
/* Reads the whole parent; the contents start at origin. The caller frees it. */
unsigned char *guarded_read(cl_command_queue queue, const guarded *buffer);
/* False: *place is the first broken byte, counted from the contents' start. */
bool guarded_whole(const guarded *buffer, const unsigned char *all, int64_t *place);

#endif
