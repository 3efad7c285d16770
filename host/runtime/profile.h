/* What planning asks about a device: worked out of its facts once, in one place. Nothing else asks for a
 * device's type, vendor or name. */
#ifndef WCL_RUNTIME_PROFILE_H
#define WCL_RUNTIME_PROFILE_H

#include "runtime/device.h"

/* What suits a device's compiler in a product by work-groups (cl/conv/tiled.clh; docs/gpu.md has what was
 * found). */
typedef struct wcl__product_code {
    int step;        /* least channels between two barriers */
    int unroll;      /* of a step's channels, how many are written out; 0: all */
    int ahead_large; /* BUFFERING of work-groups of 256 work-items; of smaller ones */
    int ahead_small;
    int lanes; /* floats that one instruction adds up: 4 where it makes two multiply-adds of neighbours, else
                  1 */
    int subgroup; /* work-items of a hardware thread; 0: the compiler's choice */
} wcl__product_code;

typedef struct wcl__profile {
    /* How work-items run. simd: as loops of vector instructions, whose lanes are the kernel's vectors, and
     * local memory is a cache: CPUs. simt: side by side, each of them one lane, and work-groups share fast
     * local memory: GPUs. Neither (an accelerator): it gets what runs anywhere. */
    bool simd, simt;
    int block;          /* the channel block that suits it: 16, 8 or 4 */
    int width;          /* floats of a vector register */
    int registers;      /* vector registers that a work-item's code can use: 32 or 16 */
    unsigned units;     /* compute units, at least 1 */
    unsigned clock_mhz; /* 0: not known */
    /* Memory in bytes; 0: not known. */
    uint64_t global_bytes, max_alloc, local_bytes;
    uint64_t cache_bytes; /* of the largest cache before the global memory */
    uint64_t own_cache;   /* the part of it that counts as the device's own; other users share the rest */
    /* What a work-group may be. */
    uint64_t max_group, max_item[3];
    bool has_compiler;
    wcl__product_code product;
} wcl__profile;

wcl__profile wcl__profile_of(const wcl__facts *facts);
/* The work-items that a work-group of one dimension may have. */
uint64_t wcl__profile_row(const wcl__profile *profile);

#endif
