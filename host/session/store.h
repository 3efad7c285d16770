/* Packed weights, once for each device and model: sessions and shapes share them. */
#ifndef WCL_SESSION_STORE_H
#define WCL_SESSION_STORE_H

#include "model/model.h"

typedef struct wcl__store wcl__store;

/* The store of this device and model (both are retained); the same one while anybody has it open. */
wcl_status wcl__store_open(wcl_device *device, wcl_model *model, wcl__store **out);
void wcl__store_close(wcl__store *store);
/* The packed tensor, packed now if it is not there yet; give it back with _put. The last user's _put frees
 * it. */
wcl_status wcl__store_get(wcl__store *store, const wcl__packing *packing, cl_mem *memory);
void wcl__store_put(wcl__store *store, cl_mem memory);

/* Packs into `memory` (packing->bytes) with the device's own queue, chunk by chunk, and waits. Where the
 * packing's kernel cannot be had (wcl__packs_on_host), the host packs. */
wcl_status wcl__pack(wcl_device *device, const wcl__packing *packing, cl_mem memory);
/* True: a packing whose program, or kernel, fails so is packed by the host: the device has no compiler and no
 * binary, or its compiler refuses the source. */
bool wcl__packs_on_host(wcl_status status);

#endif
