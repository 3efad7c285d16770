/* From a device's facts to what planning asks: the one place that knows types, vendors and names. */
#include "runtime/profile.h"

#include <string.h>

static bool is_named(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* What differs between the vendors' compilers, which only names tell apart. A wrong guess costs
 * speed alone. */
static wcl__product_code product_code(const wcl__facts *facts)
{
    wcl__product_code code = {.step = 8, .unroll = 4, .lanes = 1};
    if (strstr(facts->vendor, "NVIDIA")) {
        code.unroll = 0;
        code.ahead_large = 2; /* of small work-groups enough are there to hide each other's loads */
    } else if (strstr(facts->vendor, "Intel")) {
        code.step = 16; /* each step's barriers cost more here; prefetched operands spill */
        code.unroll = 0;
        code.subgroup = strstr(facts->name, "GPU Max") ? 16 : 0; /* its compiler prefers 32, and spills */
    } else if (strstr(facts->vendor, "Advanced Micro Devices")) {
        code.ahead_large = code.ahead_small = 1;
        /* GCN and CDNA: a whole step takes more registers than two waves may have */
        code.unroll = is_named(facts->name, "gfx9") ? 4 : 0;
        code.lanes = is_named(facts->name, "gfx90a") || is_named(facts->name, "gfx94") ? 4 : 1;
    }
    return code;
}

/* A device may report several types: one that is a CPU, too, counts as one. */
wcl__profile wcl__profile_of(const wcl__facts *facts)
{
    enum {
        CACHE_OF_A_UNIT = 16 << 20
    }; /* a virtual machine's last cache is shared with the cores of others */
    const bool cpu = facts->type & CL_DEVICE_TYPE_CPU;
    wcl__profile p = {.simd = cpu,
                      .simt = !cpu && facts->type & CL_DEVICE_TYPE_GPU,
                      .block = !cpu                       ? 4
                               : facts->vector_width <= 4 ? 8
                                                          : 16, /* 4 floats are a GPU's wide load */
                      .width = (int)WCL__MAX(facts->vector_width, 1u),
                      .registers =
                          facts->vector_width >= 16 ? 32 : 16, /* AVX-512 and its like have twice as many */
                      .units = WCL__MAX(facts->compute_units, 1u),
                      .clock_mhz = facts->clock_mhz,
                      .global_bytes = facts->global_bytes,
                      .max_alloc = facts->max_alloc,
                      .local_bytes = facts->local_bytes,
                      .cache_bytes = facts->cache_bytes,
                      .max_group = facts->max_work_group,
                      .has_compiler = facts->has_compiler,
                      .product = product_code(facts)};
    memcpy(p.max_item, facts->max_item, sizeof p.max_item);
    p.own_cache = WCL__MIN(p.cache_bytes, (uint64_t)p.units * CACHE_OF_A_UNIT);
    return p;
}

uint64_t wcl__profile_row(const wcl__profile *profile)
{
    return WCL__MIN(profile->max_group, profile->max_item[0]);
}
