/* What a device does at most: kernels that measure it, and how their times become rates. */
#include "kernels/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/provider.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

static const char *constraint(const int *values)
{
    return (values[0] & (values[0] - 1)) == 0 ? NULL : "cb must be 1, 2, 4, 8 or 16";
}

WCL__PARAM_TABLE(wcl__measure_table, "measure", WCL__MEASURE_PARAMS, .constraint = constraint);

/* Of the groups that a unit gets one after the other, a late one costs little. A GPU's unit holds some 2048
 * items at once. */
enum {
    CPU_GROUPS = 8,
    GPU_GROUPS = 64,
    GPU_LOCAL = 64,
    CPU_STRETCH = 1 << 20 /* bytes of an item, at most */
};

static int lanes(const wcl__profile *profile)
{
    int cb = 1;
    while (cb < 16 && 2u * (unsigned)cb <= (unsigned)profile->width)
        cb *= 2;
    return cb;
}

static int64_t gpu_local(const wcl__profile *profile)
{
    return (int64_t)WCL__MIN(wcl__profile_row(profile), (uint64_t)GPU_LOCAL);
}

void wcl__measure_fma_defaults(const wcl__profile *profile, wcl__measure *measure)
{
    const bool gpu = profile->simt;
    *measure = (wcl__measure){.local = gpu ? gpu_local(profile) : 1, .steps = WCL__MEASURE_UNROLL};
    measure->items = (int64_t)profile->units * (gpu ? GPU_GROUPS * measure->local : CPU_GROUPS);
    wcl__params_standard(&wcl__measure_table, &measure->params);
    measure->params.cb = lanes(profile);
    if (!gpu) /* two pipes of latency 4 to 5, and registers for what they need: 16 where vectors are short */
        measure->params.chains = 12;
}

void wcl__measure_read_defaults(const wcl__profile *profile, uint64_t bytes, bool streams,
                                wcl__measure *measure)
{
    const bool gpu = profile->simt;
    *measure = (wcl__measure){.local = gpu ? gpu_local(profile) : 1};
    wcl__params_standard(&wcl__measure_table, &measure->params);
    if (!gpu)
        measure->params.cb = WCL__MAX(lanes(profile), 4);
    const int64_t unit = (int64_t)sizeof(float) * measure->params.cb * measure->params.chains;
    const int64_t units = (int64_t)profile->units;
    const int64_t groups =
        gpu ? units * GPU_GROUPS : WCL__MAX((int64_t)(bytes / CPU_STRETCH), units * CPU_GROUPS);
    measure->items = WCL__MAX(WCL__MIN(groups * measure->local, (int64_t)bytes / unit), 1);
    measure->local = measure->items < measure->local ? 1 : measure->local;
    measure->items = measure->items / measure->local * measure->local;
    measure->count = (int64_t)bytes / measure->items / unit;
    const int64_t next = gpu ? measure->items * measure->params.cb
                             : measure->params.cb; /* floats to what is read side by side */
    measure->item_step = gpu ? measure->params.cb : measure->count * measure->params.chains * next;
    measure->chain_step = streams ? measure->count * next : next;
    measure->step = streams ? next : measure->params.chains * next;
}

static const wcl__kernel fma_kernel = {"measure_fma", "cb chains"};
static const wcl__kernel read_kernel = {"measure_read", "cb chains"};

static wcl_status begin(wcl__call *call, const wcl__kernel *kernel, const wcl__measure *measure)
{
    const size_t local[3] = {(size_t)measure->local, 1, 1};
    const wcl_status status = wcl__call_begin(call, kernel, &wcl__measure_table, &measure->params);
    wcl__call_slot(call, 0);
    wcl__call_slot(call, 1);
    wcl__call_range(call, measure->items, 1, 1, local);
    return status;
}

wcl_status wcl__measure_fma_call(wcl__call *call, const wcl__measure *measure)
{
    const wcl_status status = begin(call, &fma_kernel, measure);
    const cl_int steps = (cl_int)measure->steps;
    const cl_float one = 1;
    WCL__CALL_VALUE(call, steps);
    WCL__CALL_VALUE(call, one);
    WCL__CALL_VALUE(call, one);
    return status;
}

wcl_status wcl__measure_read_call(wcl__call *call, const wcl__measure *measure)
{
    const wcl_status status = begin(call, &read_kernel, measure);
    const cl_ulong steps[] = {(cl_ulong)measure->item_step, (cl_ulong)measure->chain_step,
                              (cl_ulong)measure->step};
    const cl_int count = (cl_int)measure->count;
    for (size_t i = 0; i < WCL__COUNT(steps); i++)
        WCL__CALL_VALUE(call, steps[i]);
    WCL__CALL_VALUE(call, count);
    return status;
}

/* ------------------------------------------------------------------ timing */

static const uint64_t least_buffer = (uint64_t)256 << 20;
enum {
    CACHES = 8,           /* the buffer read is so many times the last cache, if it can be had, */
    LEAST_CACHES = 2,     /* and at least so many times */
    LEAST_MIB = 16,       /* and this */
    MOST_STEPS = 1 << 22, /* start + steps + sum of i stays exact in a float */
    RUN_MS = 2, /* of a launch: long against what starting it takes, short against what else is done */
    MOST_RUNS = 200,
    TOTAL_MS = 250, /* of a pass: after that no further run starts */
    LEAST_PASSES = 2,
    MOST_PASSES = 5, /* of all measurements, so that one busy moment does not spoil them */
    LAUNCHES = 64,   /* in a row: what a queue with work to do takes for one more */
    LAUNCH_ROUNDS = 15
};

typedef struct bench {
    wcl_device *device;
    cl_command_queue queue;
    cl_mem slots[2];
    float *results; /* `items` vectors of the kernel's */
} bench;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void release(cl_mem *memory)
{
    if (*memory)
        clReleaseMemObject(*memory);
    *memory = NULL;
}

static void clear(bench *b)
{
    release(&b->slots[0]);
    release(&b->slots[1]);
    wcl__free(b->results);
    b->results = NULL;
}

/* Slot 1 and the host's copy of it. */
static wcl_status make_results(bench *b, const wcl__measure *m)
{
    const size_t count = (size_t)(m->items * m->params.cb);
    b->results = wcl__alloc(count, sizeof *b->results);
    if (!b->results)
        return wcl__fail_memory();
    return wcl__buffer_create(b->device, CL_MEM_READ_WRITE, count * sizeof *b->results, NULL,
                              "results of a measurement", &b->slots[1]);
}

/* The device's time where the queue measures, else the host's. */
static wcl_status time_launch(const bench *b, const wcl__launch *launch, double *ms)
{
    cl_event event = NULL;
    const double start = now_ms();
    wcl_status status = wcl__launch_enqueue(launch, b->queue, 0, NULL, &event);
    if (status != WCL_OK)
        return status;
    const cl_int code = clFinish(b->queue);
    *ms = wcl__event_ms(event);
    if (*ms < 0)
        *ms = now_ms() - start;
    clReleaseEvent(event);
    return code == CL_SUCCESS
               ? WCL_OK
               : wcl__in_kernel(wcl__fail_cl_running(code, "cannot run"), launch->call->kernel);
}

/* Every result is first + lane * per_lane, or the device did not do what it was timed for. */
static wcl_status check_results(const bench *b, const wcl__measure *m, float first, float per_lane)
{
    const size_t count = (size_t)(m->items * m->params.cb);
    const cl_int code = clEnqueueReadBuffer(b->queue, b->slots[1], CL_TRUE, 0, count * sizeof *b->results,
                                            b->results, 0, NULL, NULL);
    if (code != CL_SUCCESS)
        return wcl__fail_cl_running(code, "cannot read the results of a measurement");
    for (size_t i = 0; i < count; i++) {
        const float expected = first + (float)(i % (size_t)m->params.cb) * per_lane;
        if (b->results[i] != expected)
            return wcl__fail(WCL_DEVICE_ERROR, "wrong result %zu: %.9g in place of %.9g", i,
                             (double)b->results[i], (double)expected);
    }
    return WCL_OK;
}

/* Runs the call `runs` times or until the time is up, and keeps the shortest. */
static wcl_status best_of(const bench *b, const wcl__call *call, int runs, double *best)
{
    wcl__launch launch;
    const double start = now_ms();
    wcl_status status = wcl__launch_create(b->device, call, b->slots, &launch);
    for (int i = 0; i < runs && status == WCL_OK && (i == 0 || now_ms() - start < TOTAL_MS); i++) {
        double ms;
        status = time_launch(b, &launch, &ms);
        if (status == WCL_OK && (i == 0 || ms < *best))
            *best = ms;
    }
    wcl__launch_destroy(&launch);
    return status;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Time from one launch to the next: the median, since now and then the host's threads are elsewhere. */
static wcl_status time_row(const bench *b, const wcl__call *call, double *ms)
{
    double rounds[LAUNCH_ROUNDS];
    wcl__launch launch;
    wcl_status status = wcl__launch_create(b->device, call, b->slots, &launch);
    for (int r = 0; r < LAUNCH_ROUNDS && status == WCL_OK; r++) {
        const double start = now_ms();
        for (int i = 0; i < LAUNCHES && status == WCL_OK; i++)
            status = wcl__launch_enqueue(&launch, b->queue, 0, NULL, NULL);
        const cl_int code = clFinish(b->queue);
        rounds[r] = (now_ms() - start) / LAUNCHES;
        if (status == WCL_OK && code != CL_SUCCESS)
            status = wcl__in_kernel(wcl__fail_cl_running(code, "cannot run"), call->kernel);
    }
    wcl__launch_destroy(&launch);
    if (status == WCL_OK) {
        qsort(rounds, LAUNCH_ROUNDS, sizeof *rounds, by_value);
        *ms = rounds[LAUNCH_ROUNDS / 2];
    }
    return status;
}

/* ------------------------------------------------------------------ the measurements */

static wcl_status run_fma(const bench *b, const wcl__measure *m, int runs, double *ms)
{
    const int chains = m->params.chains;
    wcl__call call;
    wcl_status status = wcl__measure_fma_call(&call, m);
    if (status == WCL_OK)
        status = best_of(b, &call, runs, ms);
    if (status == WCL_OK)
        status = wcl__in_kernel(check_results(b, m, (float)(m->steps + chains * (chains - 1) / 2), 1),
                                call.kernel);
    return status;
}

/* The FMA kernel without steps, in a group for each unit. `m` is what the buffers were made for. */
static wcl_status measure_launch(const bench *b, wcl__measure m, double *microseconds)
{
    const int chains = m.params.chains;
    double ms = 0;
    wcl__call call;
    m.steps = 0;
    m.items = m.local * (int64_t)b->device->facts.compute_units;
    wcl_status status = wcl__measure_fma_call(&call, &m);
    if (status == WCL_OK)
        status = time_row(b, &call, &ms);
    if (status == WCL_OK)
        status = wcl__in_kernel(check_results(b, &m, (float)(chains * (chains - 1) / 2), 1), call.kernel);
    *microseconds = ms * 1e3;
    return status;
}

/* More steps until a launch is long enough, then the best of many. */
static wcl_status measure_fma(wcl_device *device, cl_command_queue queue, wcl_device_rates *rates)
{
    bench b = {.device = device, .queue = queue};
    float start[16];
    double ms = 0;
    wcl__measure m;
    const wcl__profile profile = wcl__profile_of(&device->facts);
    wcl__measure_fma_defaults(&profile, &m);
    for (size_t i = 0; i < WCL__COUNT(start); i++)
        start[i] = (float)i;
    wcl_status status = wcl__buffer_create(device, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, sizeof start,
                                           start, "first values of a measurement", &b.slots[0]);
    if (status == WCL_OK)
        status = make_results(&b, &m);
    if (status == WCL_OK)
        status = run_fma(&b, &m, 1, &ms);
    while (status == WCL_OK && ms < RUN_MS && m.steps < MOST_STEPS) {
        m.steps *= 2;
        status = run_fma(&b, &m, 1, &ms);
    }
    if (status == WCL_OK)
        status = run_fma(&b, &m, MOST_RUNS, &ms);
    if (status == WCL_OK)
        status = measure_launch(&b, m, &rates->launch_microseconds);
    if (status == WCL_OK)
        rates->gflops = 2.0 * (double)m.items * m.params.cb * m.params.chains * (double)m.steps /
                        WCL__MAX(ms, 1e-6) * 1e-6;
    clear(&b);
    return status;
}

static wcl_status run_read(const bench *b, const wcl__measure *m, double *gigabytes)
{
    double ms = 0;
    wcl__call call;
    wcl_status status = wcl__measure_read_call(&call, m);
    if (status == WCL_OK)
        status = best_of(b, &call, MOST_RUNS, &ms);
    if (status == WCL_OK)
        status = wcl__in_kernel(check_results(b, m, (float)(m->count * m->params.chains), 0), call.kernel);
    const double bytes = (double)(m->items * m->count * m->params.chains * m->params.cb) * sizeof(float);
    *gigabytes = WCL__MAX(*gigabytes, bytes / WCL__MAX(ms, 1e-6) * 1e-6);
    return status;
}

static wcl_status read_buffer(bench *b, uint64_t bytes, double *gigabytes)
{
    const cl_float one = 1;
    wcl__measure m;
    const wcl__profile profile = wcl__profile_of(&b->device->facts);
    wcl__measure_read_defaults(&profile, bytes, false, &m);
    wcl_status status = wcl__buffer_create(b->device, CL_MEM_READ_WRITE, (size_t)bytes, NULL,
                                           "the buffer of a measurement", &b->slots[0]);
    if (status == WCL_OK)
        status = make_results(b, &m);
    if (status == WCL_OK) {
        const cl_int code =
            clEnqueueFillBuffer(b->queue, b->slots[0], &one, sizeof one, 0, (size_t)bytes, 0, NULL, NULL);
        status = code == CL_SUCCESS ? WCL_OK : wcl__fail_cl(code, "cannot fill the buffer of a measurement");
    }
    *gigabytes = 0;
    for (int streams = 0; streams < 2 && status == WCL_OK;
         streams++) { /* prefetchers like the one or the other better */
        wcl__measure_read_defaults(&profile, bytes, streams != 0, &m);
        status = run_read(b, &m, gigabytes);
    }
    return status;
}

/* A buffer that does not fit is halved, as long as what it reads is the memory and not the cache. */
static wcl_status measure_read(wcl_device *device, cl_command_queue queue, wcl_device_rates *rates)
{
    const wcl__facts *facts = &device->facts;
    const uint64_t least = WCL__MAX(LEAST_CACHES * facts->cache_bytes, (uint64_t)LEAST_MIB << 20);
    uint64_t bytes = WCL__MAX(CACHES * facts->cache_bytes, least_buffer);
    wcl_status status;
    while (bytes / 2 >= least && (bytes > facts->max_alloc || bytes > facts->global_bytes / 8))
        bytes /= 2;
    do {
        bench b = {.device = device, .queue = queue};
        wcl__clear_error();
        rates->buffer_bytes = bytes;
        status = read_buffer(&b, bytes, &rates->gigabytes_per_second);
        clear(&b);
        bytes /= 2;
    } while (status == WCL_NO_MEMORY && bytes >= least);
    return status;
}

static void plan_by(wcl_device *device, wcl_device_rates *rates)
{
    const wcl__rates measured = {rates->gflops * 1e9, rates->gigabytes_per_second * 1e9,
                                 rates->launch_microseconds * 1e-6, true};
    const wcl__rates_use use = wcl__provider_measured(device, &measured);
    rates->kept = use.kept;
    rates->stored = use.stored;
}

bool wcl__measure_add(wcl_device_rates *best, const wcl_device_rates *pass, const wcl__rates *known)
{
    static const double close = 0.9;
    const bool first = best->gflops == 0;
    const double flops = first ? 0 : WCL__MIN(pass->gflops / best->gflops, best->gflops / pass->gflops),
                 bytes = first ? 0
                               : WCL__MIN(pass->gigabytes_per_second / best->gigabytes_per_second,
                                          best->gigabytes_per_second / pass->gigabytes_per_second);
    best->gflops = WCL__MAX(best->gflops, pass->gflops);
    best->gigabytes_per_second = WCL__MAX(best->gigabytes_per_second, pass->gigabytes_per_second);
    best->launch_microseconds =
        first ? pass->launch_microseconds : WCL__MIN(best->launch_microseconds, pass->launch_microseconds);
    best->buffer_bytes = first ? pass->buffer_bytes : WCL__MIN(best->buffer_bytes, pass->buffer_bytes);
    const wcl__rates so_far = {best->gflops * 1e9, best->gigabytes_per_second * 1e9,
                               best->launch_microseconds * 1e-6, true};
    return flops >= close && bytes >= close && (!known->measured || wcl__rates_are_near(known, &so_far));
}

/* What others do on the device can only lower a rate: so the highest of several passes counts, and there are
 * more of them as long as they disagree with each other or with what is known of the device. */
wcl_status wcl_device_measure(wcl_device *device, wcl_device_rates *rates)
{
    wcl_device_rates full = WCL_DEVICE_RATES_INIT;
    cl_command_queue queue;
    bool agreed = false;
    wcl__clear_error();
    const wcl__rates known = wcl__provider_rates(device);
    wcl_status status = wcl__device_queue(device, &queue);
    for (int i = 0; status == WCL_OK && i < (agreed ? LEAST_PASSES : MOST_PASSES); i++) {
        wcl_device_rates pass = WCL_DEVICE_RATES_INIT;
        status = measure_fma(device, queue, &pass);
        if (status == WCL_OK)
            status = measure_read(device, queue, &pass);
        if (status == WCL_OK)
            agreed = wcl__measure_add(&full, &pass, &known);
    }
    if (status != WCL_OK)
        return status;
    wcl__provider_flush(device);
    plan_by(device, &full);
    return wcl__info_write(rates, &full, sizeof full);
}
