/* ModelProto and GraphProto. The model is walked twice: the opset has a higher field number than the graph,
 * and may come after it. */
#include "formats/formats.h"
#include "formats/onnx_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "base/error.h"
#include "base/memory.h"

/* IR 3 is the first with opset_import; 13 is the newest published one. What later ones added are types and
 * fields that are refused or ignored by themselves. */
enum { IR_FIRST = 3, IR_LAST = 13 };

/* A name in the file, not NUL-terminated. */
struct view {
    const unsigned char *data;
    size_t bytes;
};

struct views {
    struct view *items;
    size_t count, capacity;
};

static int compare_views(const void *a, const void *b)
{
    const struct view *left = a, *right = b;
    const size_t bytes = WCL__MIN(left->bytes, right->bytes);
    const int order = bytes ? memcmp(left->data, right->data, bytes) : 0;
    return order ? order : (left->bytes > right->bytes) - (left->bytes < right->bytes);
}

static wcl_status read_opset(wcl__onnx *onnx, const wcl__pb *message, const wcl__pb_field *field)
{
    const char *domain = "";
    int64_t version = 0;
    wcl__pb entry;
    wcl__pb_field part;
    wcl_status status = wcl__pb_message(message, field, &entry);
    if (status != WCL_OK)
        return status;
    while ((status = wcl__pb_next(&entry, &part)) == WCL_OK && part.number) {
        if (part.number == wcl__OperatorSetIdProto_domain)
            status = wcl__onnx_name(&onnx->scratch, &entry, &part, &domain);
        else if (part.number == wcl__OperatorSetIdProto_version)
            status = wcl__pb_int(&entry, &part, &version);
        if (status != WCL_OK)
            return status;
    }
    if (status != WCL_OK || (*domain && strcmp(domain, "ai.onnx") != 0))
        return status; /* another domain's version matters to nobody: its operators are not supported */
    if (version < WCL__OPSET_FIRST || version > WCL__OPSET_LAST)
        return wcl__fail(WCL_UNSUPPORTED, "opset %lld: versions %d to %d are supported", (long long)version,
                         WCL__OPSET_FIRST, WCL__OPSET_LAST);
    if (onnx->opset && onnx->opset != version)
        return wcl__fail(WCL_BAD_MODEL, "two versions of ONNX's operators, %lld and %lld",
                         (long long)onnx->opset, (long long)version);
    onnx->opset = version;
    return wcl_builder_opset(onnx->builder, (int)version);
}

static wcl_status read_metadata(wcl__onnx *onnx, const wcl__pb *message, const wcl__pb_field *field)
{
    const char *key, *value;
    wcl_status status = wcl__onnx_entry(&onnx->scratch, message, field, &key, &value);
    return status == WCL_OK ? wcl_builder_metadata(onnx->builder, key, value) : status;
}

/* Hands one constant to the builder, and its name to `names`. */
static wcl_status read_initializer(wcl__onnx *onnx, wcl__pb message, struct views *names)
{
    wcl__onnx_tensor tensor;
    wcl_status status = wcl__onnx_read_tensor(onnx, &onnx->scratch, message, &tensor);
    wcl__source source;
    if (status != WCL_OK)
        return status;
    source = (wcl__source){.type = tensor.type,
                           .shape = tensor.shape,
                           .bytes = tensor.bytes,
                           .data = tensor.data,
                           .file = tensor.file};
    if (!*tensor.name) {
        wcl__free(tensor.owned);
        return wcl__fail(WCL_BAD_MODEL, "an initializer has no name");
    }
    if (tensor.owned) {
        wcl_tensor view = {
            .type = tensor.type, .rank = tensor.shape.rank, .data = tensor.owned, .bytes = tensor.bytes};
        memcpy(view.dims, tensor.shape.dims, sizeof view.dims);
        status = wcl_builder_constant_view(onnx->builder, tensor.name, &view, wcl__free, tensor.owned);
    } else {
        status = wcl__builder_source(onnx->builder, tensor.name, &source);
    }
    if (status != WCL_OK)
        return status;
    if (!WCL__GROW(names->items, names->count, names->capacity))
        return wcl__fail_memory();
    /* the last name counts, as in any protobuf reader */
    for (wcl__pb_field field; (status = wcl__pb_next(&message, &field)) == WCL_OK && field.number;)
        if (field.number == wcl__TensorProto_name)
            names->items[names->count] = (struct view){field.data, field.bytes};
    names->count++;
    return status;
}

static wcl_status read_initializers(wcl__onnx *onnx, wcl__pb graph, struct views *names)
{
    wcl__pb_field field;
    wcl__pb message;
    wcl_status status;
    while ((status = wcl__pb_next(&graph, &field)) == WCL_OK && field.number) {
        if (field.number == wcl__GraphProto_sparse_initializer)
            return wcl__fail(WCL_UNSUPPORTED, "sparse initializers are not supported");
        if (field.number != wcl__GraphProto_initializer)
            continue;
        if ((status = wcl__pb_message(&graph, &field, &message)) == WCL_OK)
            status = read_initializer(onnx, message, names);
        wcl__scratch_clear(&onnx->scratch);
        if (status != WCL_OK)
            return status;
    }
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, compare_views);
    return status;
}

/* A graph input, or as much of it as an output needs. */
struct info {
    const char *name;
    struct view view;
    const char *kind; /* of the type, "sequence", ...; NULL: not given */
    int64_t type;
    bool has_shape;
    size_t rank;
    int64_t dims[WCL_MAX_RANK];
    const char *dim_names[WCL_MAX_RANK];
};

static wcl_status read_dim(wcl__onnx *onnx, wcl__pb message, struct info *info)
{
    int64_t size = -1;
    const char *name = NULL;
    wcl__pb_field field;
    wcl_status status;
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        if (field.number == wcl__Dimension_dim_value)
            status = wcl__pb_int(&message, &field, &size);
        else if (field.number == wcl__Dimension_dim_param)
            status = wcl__onnx_name(&onnx->scratch, &message, &field, &name);
        if (status != WCL_OK)
            return status;
    }
    if (status != WCL_OK)
        return status;
    if (size < -1) /* -1 is how some exporters write a free dimension */
        return wcl__fail(WCL_BAD_MODEL, "input %s has the dimension %lld", info->name, (long long)size);
    if (info->rank >= WCL_MAX_RANK)
        return wcl__fail(WCL_UNSUPPORTED, "input %s has more than %d dimensions", info->name, WCL_MAX_RANK);
    info->dim_names[info->rank] = size == -1 && name && *name ? name : NULL;
    info->dims[info->rank++] = size;
    return WCL_OK;
}

/* The shape of a tensor type. */
static wcl_status read_shape(wcl__onnx *onnx, wcl__pb message, struct info *info)
{
    wcl__pb_field field;
    wcl__pb dim;
    wcl_status status;
    info->has_shape = true;
    info->rank = 0;
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        if (field.number != wcl__TensorShapeProto_dim)
            continue;
        if ((status = wcl__pb_message(&message, &field, &dim)) == WCL_OK)
            status = read_dim(onnx, dim, info);
        if (status != WCL_OK)
            return status;
    }
    return status;
}

static wcl_status read_tensor_type(wcl__onnx *onnx, wcl__pb message, struct info *info)
{
    wcl__pb_field field;
    wcl__pb shape;
    wcl_status status;
    info->kind = "tensor";
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        if (field.number == wcl__Tensor_elem_type)
            status = wcl__pb_int(&message, &field, &info->type);
        else if (field.number == wcl__Tensor_shape &&
                 (status = wcl__pb_message(&message, &field, &shape)) == WCL_OK)
            status = read_shape(onnx, shape, info);
        if (status != WCL_OK)
            return status;
    }
    return status;
}

static wcl_status read_type(wcl__onnx *onnx, wcl__pb message, struct info *info)
{
    wcl__pb_field field;
    wcl__pb tensor;
    wcl_status status;
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        switch (field.number) {
        case wcl__TypeProto_tensor_type:
            if ((status = wcl__pb_message(&message, &field, &tensor)) == WCL_OK)
                status = read_tensor_type(onnx, tensor, info);
            break;
        case wcl__TypeProto_sequence_type:
            info->kind = "sequence";
            break;
        case wcl__TypeProto_map_type:
            info->kind = "map";
            break;
        case wcl__TypeProto_sparse_tensor_type:
            info->kind = "sparse tensor";
            break;
        case wcl__TypeProto_optional_type:
            info->kind = "optional";
            break;
        }
        if (status != WCL_OK)
            return status;
    }
    return status;
}

/* The name first, since what is wrong with the type is said of it. */
static wcl_status read_info_name(wcl__onnx *onnx, wcl__pb message, struct info *info)
{
    wcl__pb_field field;
    wcl_status status;
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        if (field.number != wcl__ValueInfoProto_name)
            continue;
        if ((status = wcl__onnx_name(&onnx->scratch, &message, &field, &info->name)) != WCL_OK)
            return status;
        info->view = (struct view){field.data, field.bytes};
    }
    if (status == WCL_OK && !*info->name)
        return wcl__fail(WCL_BAD_MODEL, "an input or output of the graph has no name");
    return status;
}

static wcl_status read_input(wcl__onnx *onnx, wcl__pb message, const struct views *constants)
{
    struct info info = {.name = ""};
    char what[160];
    wcl_type type;
    wcl__pb_field field;
    wcl__pb part;
    wcl_status status = read_info_name(onnx, message, &info);
    if (status != WCL_OK)
        return status;
    if (constants->count &&
        bsearch(&info.view, constants->items, constants->count, sizeof info.view, compare_views))
        return WCL_OK; /* before IR 4 every initializer is listed as an input, too */
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        if (field.number != wcl__ValueInfoProto_type)
            continue;
        if ((status = wcl__pb_message(&message, &field, &part)) == WCL_OK)
            status = read_type(onnx, part, &info);
        if (status != WCL_OK)
            return status;
    }
    if (status != WCL_OK)
        return status;
    if (!info.kind)
        return wcl__fail(WCL_BAD_MODEL, "input %s has no type", info.name);
    if (strcmp(info.kind, "tensor") != 0)
        return wcl__fail(WCL_UNSUPPORTED, "input %s is of type %s, only tensors are supported", info.name,
                         info.kind);
    snprintf(what, sizeof what, "input %s", info.name);
    if ((status = wcl__onnx_type(info.type, what, &type)) != WCL_OK)
        return status;
    if (!info.has_shape)
        return wcl__fail(WCL_UNSUPPORTED, "input %s has no declared number of dimensions", info.name);
    return wcl__builder_input_named(onnx->builder, info.name, type, (int)info.rank, info.dims,
                                    info.dim_names);
}

static wcl_status read_output(wcl__onnx *onnx, wcl__pb message)
{
    struct info info = {.name = ""};
    wcl_status status = read_info_name(onnx, message, &info);
    return status == WCL_OK ? wcl_builder_output(onnx->builder, info.name) : status;
}

static wcl_status read_graph(wcl__onnx *onnx, wcl__pb graph)
{
    struct views constants = {0};
    wcl__pb_field field;
    wcl__pb again = graph, message;
    wcl_status status = read_initializers(onnx, graph, &constants);
    if (status != WCL_OK)
        goto cleanup;
    while ((status = wcl__pb_next(&again, &field)) == WCL_OK && field.number) {
        if (field.number != wcl__GraphProto_node && field.number != wcl__GraphProto_input &&
            field.number != wcl__GraphProto_output)
            continue;
        if ((status = wcl__pb_message(&again, &field, &message)) != WCL_OK)
            goto cleanup;
        if (field.number == wcl__GraphProto_node)
            status = wcl__onnx_read_node(onnx, message);
        else if (field.number == wcl__GraphProto_input)
            status = read_input(onnx, message, &constants);
        else
            status = read_output(onnx, message);
        wcl__scratch_clear(&onnx->scratch);
        if (status != WCL_OK)
            goto cleanup;
    }
cleanup:
    wcl__free(constants.items);
    return status;
}

static wcl_status read_model(wcl__onnx *onnx, wcl__pb model)
{
    int64_t version = 0;
    wcl__pb graph = {0};
    wcl__pb_field field;
    wcl_status status;
    while ((status = wcl__pb_next(&model, &field)) == WCL_OK && field.number) {
        switch (field.number) {
        case wcl__ModelProto_ir_version:
            status = wcl__pb_int(&model, &field, &version);
            break;
        case wcl__ModelProto_graph:
            status = graph.base ? wcl__fail(WCL_BAD_FILE, "damaged: it has two graphs")
                                : wcl__pb_message(&model, &field, &graph);
            break;
        case wcl__ModelProto_opset_import:
            status = read_opset(onnx, &model, &field);
            break;
        case wcl__ModelProto_metadata_props:
            status = read_metadata(onnx, &model, &field);
            break;
        case wcl__ModelProto_functions:
            status = wcl__fail(WCL_UNSUPPORTED, "functions of the model's own are not supported");
            break;
        }
        wcl__scratch_clear(&onnx->scratch);
        if (status != WCL_OK)
            return status;
    }
    if (status != WCL_OK)
        return status;
    if (!graph.base)
        return wcl__fail(WCL_BAD_FILE, "not an ONNX model: it has no graph");
    if (version < IR_FIRST || version > IR_LAST)
        return wcl__fail(version ? WCL_UNSUPPORTED : WCL_BAD_FILE,
                         "IR version %lld: versions %d to %d are supported", (long long)version, IR_FIRST,
                         IR_LAST);
    return read_graph(onnx, graph);
}

wcl_status wcl__onnx_read(wcl__file *file, const char *folder, wcl_model **out)
{
    wcl__onnx onnx = {.file = file, .folder = folder};
    wcl__pb model;
    wcl_status status;
    *out = NULL;
    if (!file->bytes)
        return wcl__fail(WCL_BAD_FILE, "is empty");
    if ((status = wcl_builder_create(&onnx.builder)) != WCL_OK)
        goto cleanup;
    wcl__pb_open(&model, file->data, file->bytes);
    if ((status = read_model(&onnx, model)) != WCL_OK)
        goto cleanup;
    status = wcl_builder_finish(onnx.builder, out);
cleanup:
    wcl_builder_destroy(onnx.builder);
    for (size_t i = 0; i < onnx.external_count; i++)
        wcl__file_release(onnx.externals[i]);
    wcl__free(onnx.externals);
    wcl__scratch_clear(&onnx.scratch);
    return status;
}
