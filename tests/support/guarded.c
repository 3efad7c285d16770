#include "support/guarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

const uint32_t guarded_poison = 0x7fc0dead;

void guarded_create(wcl_device *device, size_t bytes, guarded *out)
{
    enum { GUARD = 1 << 16 }; /* mutants write several planes of pixels too many */
    const bool exact = getenv("WINOCL_TEST_EXACT") != NULL;
    cl_int code = CL_SUCCESS;
    out->bytes = bytes;
    out->origin = exact ? 0 : device->facts.alignment;
    out->total = exact ? bytes : out->origin + (bytes + 3) / 4 * 4 + GUARD;
    uint32_t *poison = malloc(out->total + 4);
    assert_non_null(poison);
    for (size_t i = 0; i < out->total / 4 + 1; i++)
        poison[i] = guarded_poison;
    out->parent =
        clCreateBuffer(device->context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, out->total, poison, &code);
    free(poison);
    if (code != CL_SUCCESS)
        fail_msg("no buffer of %zu bytes: %d", out->total, code);
    if (exact) {
        clRetainMemObject(out->parent);
        out->memory = out->parent;
        return;
    }
    const cl_buffer_region region = {out->origin, bytes};
    out->memory =
        clCreateSubBuffer(out->parent, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    if (code != CL_SUCCESS)
        fail_msg("no sub-buffer of %zu bytes: %d", bytes, code);
}

void guarded_release(guarded *buffer)
{
    if (buffer->memory)
        clReleaseMemObject(buffer->memory);
    if (buffer->parent)
        clReleaseMemObject(buffer->parent);
}

unsigned char *guarded_read(cl_command_queue queue, const guarded *buffer)
{
    unsigned char *all = malloc(buffer->total + 1);
    assert_non_null(all);
    assert_int_equal(
        clEnqueueReadBuffer(queue, buffer->parent, CL_TRUE, 0, buffer->total, all, 0, NULL, NULL),
        CL_SUCCESS);
    return all;
}

bool guarded_whole(const guarded *buffer, const unsigned char *all, int64_t *place)
{
    for (size_t i = 0; i < buffer->total; i++) {
        const bool content = i >= buffer->origin && i < buffer->origin + buffer->bytes;
        if (!content && all[i] != ((const unsigned char *)&guarded_poison)[i % 4]) {
            *place = (int64_t)i - (int64_t)buffer->origin;
            return false;
        }
    }
    return true;
}
