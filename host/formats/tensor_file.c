/* Tensors from and to files: .npy, and .pb (an ONNX TensorProto). */
#include <string.h>

#include "formats/npy.h"
#include "formats/onnx_read.h"
#include "base/error.h"
#include "base/memory.h"

/* The tensor's data may be a view of the file; *owned is what it points to if it is not. */
static wcl_status read_proto(const wcl__file *file, wcl_tensor *tensor, void **owned)
{
    wcl__onnx_tensor contents;
    wcl__scratch scratch = {0};
    wcl__pb message;
    wcl_status status;
    wcl__pb_open(&message, file->data, file->bytes);
    if ((status = wcl__onnx_read_tensor(NULL, &scratch, message, &contents)) != WCL_OK)
        goto cleanup;
    *tensor = (wcl_tensor){.type = contents.type, .rank = contents.shape.rank, .bytes = contents.bytes};
    memcpy(tensor->dims, contents.shape.dims, sizeof tensor->dims);
    tensor->data = (void *)(uintptr_t)contents.data;
    *owned = contents.owned;
cleanup:
    wcl__scratch_clear(&scratch);
    return status;
}

static bool ends_with(const char *text, const char *tail)
{
    const size_t length = strlen(text), tail_length = strlen(tail);
    return length >= tail_length && strcmp(text + length - tail_length, tail) == 0;
}

wcl_status wcl_tensor_load(const char *path, wcl_tensor *tensor)
{
    wcl__file *file = NULL;
    wcl_tensor view = {0};
    void *owned = NULL;
    wcl_status status;
    wcl__clear_error();
    if (!tensor)
        return wcl__fail(WCL_BAD_ARGUMENT, "no place for the tensor");
    *tensor = (wcl_tensor){0};
    if (!path)
        return wcl__fail(WCL_BAD_ARGUMENT, "a tensor needs a file's name");
    if ((status = wcl__file_map(path, &file)) != WCL_OK)
        goto cleanup;
    if (wcl__npy_is(file) || ends_with(path, ".npy"))
        status = wcl__npy_read(file, &view);
    else
        status = read_proto(file, &view, &owned);
    if (status != WCL_OK)
        goto cleanup;
    if (!owned) {
        if (!(owned = wcl__alloc(WCL__MAX(view.bytes, 1), 1))) {
            status = wcl__fail_memory();
            goto cleanup;
        }
        memcpy(owned, view.data, view.bytes);
    }
    *tensor = view;
    tensor->data = owned;
cleanup:
    wcl__file_release(file);
    return wcl__in_file(status, path);
}

wcl_status wcl_tensor_save(const char *path, const wcl_tensor *tensor)
{
    wcl__text header = {0};
    wcl__shape shape;
    int64_t count, bytes;
    wcl_status status;
    wcl__clear_error();
    if (!path || !tensor || tensor->rank < 0 || tensor->rank > WCL_MAX_RANK)
        return wcl__fail(WCL_BAD_ARGUMENT, "a file's name and a tensor of at most %d dimensions are needed",
                         WCL_MAX_RANK);
    shape = wcl__tensor_shape(tensor);
    count = wcl__shape_count(&shape);
    if (count < 0 || wcl__mul_overflow(count, (int64_t)wcl_type_size(tensor->type), &bytes) ||
        (uint64_t)bytes != tensor->bytes) {
        status = wcl__fail(WCL_BAD_ARGUMENT, "a tensor of %s elements (%s) has %zu bytes",
                           wcl__shape_print(&shape).text, wcl_type_name(tensor->type), tensor->bytes);
        goto cleanup;
    }
    if (!tensor->data && tensor->bytes) {
        status = wcl__fail(WCL_BAD_ARGUMENT, "the tensor is not in host memory");
        goto cleanup;
    }
    if ((status = wcl__npy_header(tensor, &header)) != WCL_OK)
        goto cleanup;
    status = wcl__file_write(path, (const void *const[]){header.data, tensor->data},
                             (const size_t[]){header.length, tensor->bytes}, 2);
cleanup:
    wcl__text_clear(&header);
    return wcl__in_file(status, path);
}

void wcl_tensor_clear(wcl_tensor *tensor)
{
    if (!tensor)
        return;
    wcl__free(tensor->data);
    *tensor = (wcl_tensor){0};
}
