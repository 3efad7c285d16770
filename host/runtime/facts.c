/* What is known of a device: read once, so that nobody asks the driver later. */
#include <stdlib.h>
#include <string.h>

#include "runtime/select.h"
#include "base/error.h"
#include "base/memory.h"

enum { LEAST_ALIGNMENT = 4096, MAX_DIMENSIONS = 16 };

/* One of the two queries that give texts. */
typedef struct text_query {
    cl_platform_id platform; /* NULL: of the device */
    cl_device_id device;
    cl_uint name;
} text_query;

static cl_int query_text(const text_query *query, size_t bytes, void *out, size_t *needed)
{
    if (query->platform)
        return clGetPlatformInfo(query->platform, query->name, bytes, out, needed);
    return clGetDeviceInfo(query->device, query->name, bytes, out, needed);
}

/* Some drivers pad their names with spaces. */
static void copy_trimmed(char *out, size_t bytes, const char *text)
{
    while (*text == ' ')
        text++;
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    length = WCL__MIN(length, bytes - 1);
    memcpy(out, text, length);
    out[length] = '\0';
}

static wcl_status read_text(text_query query, char *out, size_t bytes)
{
    size_t needed = 0;
    cl_int code = query_text(&query, 0, NULL, &needed);
    if (code != CL_SUCCESS)
        return wcl__fail_cl(code, "cannot ask the driver for a name");
    char *text = wcl__alloc(needed + 1, 1);
    if (!text)
        return wcl__fail_memory();
    code = query_text(&query, needed, text, NULL);
    if (code == CL_SUCCESS)
        copy_trimmed(out, bytes, text);
    wcl__free(text);
    return code == CL_SUCCESS ? WCL_OK : wcl__fail_cl(code, "cannot ask the driver for a name");
}

static wcl_status read_texts(cl_platform_id platform, cl_device_id id, wcl__facts *facts)
{
    const struct {
        text_query query;
        char *out;
        size_t bytes;
    } texts[] = {
        {{platform, NULL, CL_PLATFORM_NAME}, facts->platform, sizeof facts->platform},
        {{platform, NULL, CL_PLATFORM_VERSION}, facts->platform_version, sizeof facts->platform_version},
        {{NULL, id, CL_DEVICE_NAME}, facts->name, sizeof facts->name},
        {{NULL, id, CL_DEVICE_VENDOR}, facts->vendor, sizeof facts->vendor},
        {{NULL, id, CL_DRIVER_VERSION}, facts->driver, sizeof facts->driver},
        {{NULL, id, CL_DEVICE_VERSION}, facts->version, sizeof facts->version},
    };
    wcl_status status = WCL_OK;
    for (size_t i = 0; i < WCL__COUNT(texts) && status == WCL_OK; i++)
        status = read_text(texts[i].query, texts[i].out, texts[i].bytes);
    return status;
}

static void read_item_limits(cl_device_id id, wcl__facts *facts)
{
    size_t limits[MAX_DIMENSIONS] = {0}, bytes = 0;
    if (clGetDeviceInfo(id, CL_DEVICE_MAX_WORK_ITEM_SIZES, 0, NULL, &bytes) != CL_SUCCESS ||
        bytes > sizeof limits ||
        clGetDeviceInfo(id, CL_DEVICE_MAX_WORK_ITEM_SIZES, bytes, limits, NULL) != CL_SUCCESS)
        memset(limits, 0, sizeof limits);
    for (int i = 0; i < 3; i++)
        facts->max_item[i] = limits[i] ? limits[i] : facts->max_work_group;
}

/* Numbers that a driver does not know are 0 afterwards; the ones that we divide by or multiply with get a
 * floor of 1. */
static void read_numbers(cl_device_id id, wcl__facts *facts)
{
    cl_uint units = 0, clock = 0, native = 0, preferred = 0, alignment_bits = 0;
    cl_ulong global = 0, alloc = 0, local = 0, cache = 0;
    cl_bool compiler = CL_FALSE, unified = CL_FALSE;
    cl_device_fp_config fp = 0;
    size_t group = 0;
    const struct {
        cl_device_info name;
        size_t bytes;
        void *out;
    } numbers[] = {
        {CL_DEVICE_TYPE, sizeof facts->type, &facts->type},
        {CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units},
        {CL_DEVICE_MAX_CLOCK_FREQUENCY, sizeof clock, &clock},
        {CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof native, &native},
        {CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, sizeof preferred, &preferred},
        {CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof alignment_bits, &alignment_bits},
        {CL_DEVICE_GLOBAL_MEM_SIZE, sizeof global, &global},
        {CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof alloc, &alloc},
        {CL_DEVICE_LOCAL_MEM_SIZE, sizeof local, &local},
        {CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, sizeof cache, &cache},
        {CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler},
        {CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof unified, &unified},
        {CL_DEVICE_SINGLE_FP_CONFIG, sizeof fp, &fp},
        {CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof group, &group},
    };
    for (size_t i = 0; i < WCL__COUNT(numbers); i++)
        if (clGetDeviceInfo(id, numbers[i].name, numbers[i].bytes, numbers[i].out, NULL) != CL_SUCCESS)
            memset(numbers[i].out, 0, numbers[i].bytes);
    facts->compute_units = WCL__MAX(units, 1u);
    facts->clock_mhz = clock;
    facts->vector_width = native ? native : WCL__MAX(preferred, 1u);
    facts->global_bytes = global;
    facts->max_alloc = alloc ? alloc : global / 4; /* the least that OpenCL promises */
    facts->local_bytes = local;
    facts->cache_bytes = cache;
    facts->max_work_group = WCL__MAX(group, (size_t)1);
    facts->alignment = WCL__MAX((size_t)alignment_bits / 8, (size_t)LEAST_ALIGNMENT);
    facts->has_compiler = compiler == CL_TRUE;
    facts->unified_memory = unified == CL_TRUE;
    facts->has_fma = (fp & CL_FP_FMA) != 0;
}

/* PoCL keeps every kernel that it compiled in a folder of its own, unless told otherwise. */
static bool keeps_programs(const wcl__facts *facts)
{
    const char *cache = getenv("POCL_KERNEL_CACHE");
    return strcmp(facts->platform, "Portable Computing Language") == 0 && !(cache && strcmp(cache, "0") == 0);
}

wcl_status wcl__facts_read(cl_platform_id platform, cl_device_id id, wcl__facts *facts)
{
    memset(facts, 0, sizeof *facts);
    wcl_status status = read_texts(platform, id, facts);
    if (status != WCL_OK)
        return status;
    read_numbers(id, facts);
    facts->keeps_programs = keeps_programs(facts);
    read_item_limits(id, facts);
    return WCL_OK;
}

/* A device may report several type bits: one that is a CPU, too, counts as one. */
static bool is_kind(const wcl__facts *facts, wcl_plan_as kind)
{
    const bool cpu = facts->type & CL_DEVICE_TYPE_CPU, gpu = facts->type & CL_DEVICE_TYPE_GPU;
    return kind == WCL_PLAN_AS_CPU ? cpu : kind == WCL_PLAN_AS_GPU ? gpu && !cpu : true;
}

wcl__facts wcl__facts_as(const wcl__facts *facts, wcl_plan_as kind)
{
    enum { CPU_LANES = 8, CPU_CACHE = 1 << 20 }; /* a GPU's cache says nothing about a core's */
    wcl__facts as = *facts;
    if (is_kind(facts, kind))
        return as;
    as.type = kind == WCL_PLAN_AS_CPU ? CL_DEVICE_TYPE_CPU : CL_DEVICE_TYPE_GPU;
    as.vector_width = kind == WCL_PLAN_AS_CPU ? WCL__MAX(facts->vector_width, (unsigned)CPU_LANES) : 1;
    if (kind == WCL_PLAN_AS_CPU)
        as.cache_bytes = CPU_CACHE;
    return as;
}
