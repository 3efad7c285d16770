/* Models from files, from memory and by name. */
#include <string.h>

#include "formats/formats.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

/* What stands before the last slash; "." for a bare name. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = wcl__strdup(slash ? path : ".");
    if (folder && slash)
        folder[WCL__MAX(slash - path, 1)] = '\0';
    return folder;
}

static wcl_status load_file(const char *path, bool copy, wcl_model **out)
{
    wcl__file *file = NULL;
    char *folder = NULL;
    wcl_status status = copy ? wcl__file_copy(path, &file) : wcl__file_map(path, &file);
    if (status != WCL_OK)
        goto cleanup;
    if (!(folder = folder_of(path))) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    status = wcl__onnx_read(file, folder, out);
cleanup:
    wcl__free(folder);
    wcl__file_release(file); /* the model's constants keep their own references */
    return status;
}

wcl_status wcl_model_load(const char *path, wcl_model **out)
{
    return wcl_model_load_with(path, NULL, out);
}

wcl_status wcl_model_load_with(const char *path, const wcl_model_options *options, wcl_model **out)
{
    wcl_status status;
    wcl_model_options known;
    wcl__clear_error();
    if (!out)
        return wcl__fail(WCL_BAD_ARGUMENT, "no place for the model");
    *out = NULL;
    if (!path || !*path)
        return wcl__fail(WCL_BAD_ARGUMENT, "a model needs a file's name or zoo:NAME");
    if ((status = wcl__options_read(options, &known, sizeof known)) != WCL_OK)
        return status;
    status =
        strncmp(path, "zoo:", 4) == 0 ? wcl__zoo_build(path + 4, out) : load_file(path, known.in_memory, out);
    return wcl__in_file(status, path);
}

wcl_status wcl_model_load_memory(const void *data, size_t bytes, void (*release)(void *user), void *user,
                                 wcl_model **out)
{
    wcl__file *file = NULL;
    wcl_status status;
    wcl__clear_error();
    if (!out) {
        if (release)
            release(user);
        return wcl__fail(WCL_BAD_ARGUMENT, "no place for the model");
    }
    *out = NULL;
    status = wcl__file_of_memory(data, bytes, release, user, &file);
    if (status == WCL_OK)
        status = wcl__onnx_read(file, NULL, out);
    wcl__file_release(file);
    return wcl__in_file(status, "model in memory");
}
