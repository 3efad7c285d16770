/* Tensors whose values lie in a file beside the model. */
#include "formats/onnx_read.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <string.h>

/* A decimal number and nothing else. */
static bool parse_size(const char *text, size_t *value)
{
    size_t result = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        const size_t digit = (size_t)(*text - '0');
        if (*text < '0' || *text > '9' || result > (SIZE_MAX - digit) / 10)
            return false;
        result = result * 10 + digit;
    }
    *value = result;
    return true;
}

/* A model must not reach files outside its folder. */
static bool stays_inside(const char *location)
{
    if (!*location || *location == '/')
        return false;
    for (const char *part = location; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

static wcl_status map_once(wcl__onnx *onnx, const char *location, wcl__file **out)
{
    wcl__text path = {0};
    wcl__file *file = NULL;
    wcl_status status = WCL_OK;
    wcl__text_add(&path, "%s/%s", onnx->folder, location);
    if (path.failed) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    for (size_t i = 0; i < onnx->external_count; i++)
        if (strcmp(onnx->externals[i]->path, path.data) == 0) {
            *out = onnx->externals[i];
            goto cleanup;
        }
    status = onnx->file->mapped ? wcl__file_map(path.data, &file)
                                : wcl__file_copy(path.data, &file); /* as the model itself */
    if (status != WCL_OK)
        goto cleanup;
    if (!WCL__GROW(onnx->externals, onnx->external_count, onnx->external_capacity)) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    *out = onnx->externals[onnx->external_count++] = file;
    file = NULL;
cleanup:
    wcl__file_release(file);
    wcl__text_clear(&path);
    return status;
}

wcl_status wcl__onnx_read_external(wcl__onnx *onnx, const wcl__onnx_external *external, const char *name,
                                   size_t bytes, wcl__onnx_tensor *tensor)
{
    size_t offset = 0, length;
    wcl__file *file = NULL;
    wcl_status status;
    if (!external->location)
        return wcl__fail(WCL_BAD_MODEL, "tensor %s: its external file has no name", name);
    if (!onnx || !onnx->folder)
        return wcl__fail(WCL_UNSUPPORTED,
                         "tensor %s lies in the file %s: external data needs a model that is a file itself",
                         name, external->location);
    if (!stays_inside(external->location))
        return wcl__fail(WCL_BAD_MODEL, "tensor %s: the external file %s is not in the model's folder", name,
                         external->location);
    if (external->offset && !parse_size(external->offset, &offset))
        return wcl__fail(WCL_BAD_MODEL, "tensor %s: bad offset %s in its external file", name,
                         external->offset);
    if ((status = map_once(onnx, external->location, &file)) != WCL_OK)
        return status;
    if (offset > file->bytes)
        return wcl__in_file(wcl__fail(WCL_BAD_FILE, "tensor %s begins behind the end of the file", name),
                            file->path);
    length = file->bytes - offset;
    if (external->length && !parse_size(external->length, &length))
        return wcl__fail(WCL_BAD_MODEL, "tensor %s: bad length %s in its external file", name,
                         external->length);
    if (length > file->bytes - offset)
        return wcl__in_file(wcl__fail(WCL_BAD_FILE, "tensor %s ends behind the end of the file", name),
                            file->path);
    if (length != bytes)
        return wcl__fail(WCL_BAD_MODEL, "tensor %s of %s elements (%s) needs %zu bytes and has %zu", name,
                         wcl__shape_print(&tensor->shape).text, wcl_type_name(tensor->type), bytes, length);
    tensor->data = file->data + offset;
    tensor->file = file;
    return WCL_OK;
}
