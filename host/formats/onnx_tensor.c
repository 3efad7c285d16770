/* TensorProto: raw bytes stay where they are; typed lists are decoded. */
#include "formats/onnx_read.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* How each type is stored when it is not raw bytes: the list, the encoding of its scalars, and the range of a
 * value. */
static const struct storage {
    wcl_type type;
    uint32_t field;
    wcl__pb_wire wire;
    bool ranged;
    int64_t least, most;
} storages[] = {
    {WCL_FLOAT32, wcl__TensorProto_float_data, WCL__PB_FIXED32, false, 0, 0},
    {WCL_UINT8, wcl__TensorProto_int32_data, WCL__PB_VARINT, true, 0, UINT8_MAX},
    {WCL_INT8, wcl__TensorProto_int32_data, WCL__PB_VARINT, true, INT8_MIN, INT8_MAX},
    {WCL_UINT16, wcl__TensorProto_int32_data, WCL__PB_VARINT, true, 0, UINT16_MAX},
    {WCL_INT16, wcl__TensorProto_int32_data, WCL__PB_VARINT, true, INT16_MIN, INT16_MAX},
    {WCL_INT32, wcl__TensorProto_int32_data, WCL__PB_VARINT, true, INT32_MIN, INT32_MAX},
    {WCL_INT64, wcl__TensorProto_int64_data, WCL__PB_VARINT, false, 0, 0},
    {WCL_BOOL, wcl__TensorProto_int32_data, WCL__PB_VARINT, true, 0, 1},
    {WCL_FLOAT16, wcl__TensorProto_int32_data, WCL__PB_VARINT, true, 0, UINT16_MAX},
    {WCL_FLOAT64, wcl__TensorProto_double_data, WCL__PB_FIXED64, false, 0, 0},
    {WCL_UINT32, wcl__TensorProto_uint64_data, WCL__PB_VARINT, true, 0, UINT32_MAX},
    {WCL_UINT64, wcl__TensorProto_uint64_data, WCL__PB_VARINT, false, 0, 0},
};

/* ONNX's types that winocl has no room for, by number. */
static const struct foreign {
    int64_t number;
    const char *name;
} foreigners[] = {{WCL_STRING, "string"}, {14, "complex64"},      {15, "complex128"}, {16, "bfloat16"},
                  {17, "float8e4m3fn"},   {21, "uint4"},          {22, "int4"},       {18, "float8e4m3fnuz"},
                  {19, "float8e5m2"},     {20, "float8e5m2fnuz"}, {23, "float4e2m1"}, {24, "float8e8m0"}};

static const struct storage *storage_of(int64_t number)
{
    for (size_t i = 0; i < WCL__COUNT(storages); i++)
        if ((int64_t)storages[i].type == number)
            return &storages[i];
    return NULL;
}

wcl_status wcl__onnx_type(int64_t number, const char *what, wcl_type *type)
{
    const struct storage *storage = storage_of(number);
    if (storage) {
        *type = storage->type;
        return WCL_OK;
    }
    for (size_t i = 0; i < WCL__COUNT(foreigners); i++)
        if (foreigners[i].number == number)
            return wcl__fail(WCL_UNSUPPORTED, "%s has elements of type %s", what, foreigners[i].name);
    return wcl__fail(number ? WCL_UNSUPPORTED : WCL_BAD_MODEL, "%s has elements of type number %lld", what,
                     (long long)number);
}

/* What a pass over the message finds. */
struct found {
    const char *name;
    int64_t type, location;
    wcl__shape shape;
    size_t rank; /* as stored, may be over WCL_MAX_RANK */
    const unsigned char *raw;
    size_t raw_bytes;
    wcl__onnx_external external;
};

static wcl_status read_dims(const wcl__pb *message, const wcl__pb_field *field, struct found *found)
{
    wcl__pb_run run;
    uint64_t value;
    size_t count = 0;
    wcl_status status = wcl__pb_scalars(message, field, WCL__PB_VARINT, &run, &count);
    while (status == WCL_OK && wcl__pb_scalar(&run, &value)) {
        if (found->rank < WCL_MAX_RANK)
            found->shape.dims[found->rank] = (int64_t)value;
        found->rank++;
    }
    return status;
}

static wcl_status read_external(wcl__scratch *scratch, const wcl__pb *message, const wcl__pb_field *field,
                                wcl__onnx_external *external)
{
    const char *key, *value;
    wcl_status status = wcl__onnx_entry(scratch, message, field, &key, &value);
    if (status != WCL_OK)
        return status;
    if (strcmp(key, "location") == 0)
        external->location = value;
    else if (strcmp(key, "offset") == 0)
        external->offset = value;
    else if (strcmp(key, "length") == 0)
        external->length = value;
    return WCL_OK;
}

static wcl_status scan(wcl__scratch *scratch, wcl__pb message, struct found *found)
{
    wcl__pb_field field;
    wcl_status status;
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        switch (field.number) {
        case wcl__TensorProto_dims:
            status = read_dims(&message, &field, found);
            break;
        case wcl__TensorProto_data_type:
            status = wcl__pb_int(&message, &field, &found->type);
            break;
        case wcl__TensorProto_name:
            status = wcl__onnx_name(scratch, &message, &field, &found->name);
            break;
        case wcl__TensorProto_raw_data:
            status = wcl__pb_bytes(&message, &field, &found->raw, &found->raw_bytes);
            break;
        case wcl__TensorProto_external_data:
            status = read_external(scratch, &message, &field, &found->external);
            break;
        case wcl__TensorProto_data_location:
            status = wcl__pb_int(&message, &field, &found->location);
            break;
        }
        if (status != WCL_OK)
            return status;
    }
    return status;
}

/* Elements of the list that belongs to the type; a list of another type is an error. */
static wcl_status count_list(wcl__pb message, const struct storage *storage, const char *name, size_t *count)
{
    wcl__pb_field field;
    wcl__pb_run run;
    wcl_status status;
    *count = 0;
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        switch (field.number) {
        case wcl__TensorProto_float_data:
        case wcl__TensorProto_int32_data:
        case wcl__TensorProto_string_data:
        case wcl__TensorProto_int64_data:
        case wcl__TensorProto_double_data:
        case wcl__TensorProto_uint64_data:
            if (field.number == storage->field)
                status = wcl__pb_scalars(&message, &field, storage->wire, &run, count);
            else if (field.wire != WCL__PB_BYTES || field.bytes)
                status = wcl__fail(WCL_BAD_MODEL,
                                   "tensor %s of type %s has its values in the list of another type", name,
                                   wcl_type_name(storage->type));
            break;
        }
        if (status != WCL_OK)
            return status;
    }
    return status;
}

static wcl_status decode_list(wcl__pb message, const struct storage *storage, const char *name,
                              unsigned char *out)
{
    const size_t size = wcl_type_size(storage->type);
    wcl__pb_field field;
    wcl__pb_run run;
    uint64_t value;
    size_t count = 0;
    wcl_status status;
    while ((status = wcl__pb_next(&message, &field)) == WCL_OK && field.number) {
        if (field.number != storage->field)
            continue;
        if ((status = wcl__pb_scalars(&message, &field, storage->wire, &run, &count)) != WCL_OK)
            return status;
        while (wcl__pb_scalar(&run, &value)) {
            if (storage->field == wcl__TensorProto_int32_data)
                value = (uint64_t)(int32_t)(uint32_t)value; /* negative ones come in five bytes or in ten */
            if (storage->ranged && ((int64_t)value < storage->least || (int64_t)value > storage->most))
                return wcl__fail(WCL_BAD_MODEL, "tensor %s has the value %lld, which is no %s", name,
                                 (long long)value, wcl_type_name(storage->type));
            memcpy(out, &value, size);
            out += size;
        }
    }
    return status;
}

static wcl_status check_shape(const struct found *found, wcl__onnx_tensor *tensor, size_t *count)
{
    const size_t size = wcl_type_size(tensor->type);
    int64_t elements, bytes;
    tensor->shape = found->shape;
    tensor->shape.rank = (int)found->rank;
    for (int i = 0; i < tensor->shape.rank; i++)
        if (tensor->shape.dims[i] < 0)
            return wcl__fail(WCL_BAD_MODEL, "tensor %s has the dimension %lld", tensor->name,
                             (long long)tensor->shape.dims[i]);
    elements = wcl__shape_count(&tensor->shape);
    if (elements < 0 || wcl__mul_overflow(elements, (int64_t)size, &bytes) || (uint64_t)bytes > SIZE_MAX)
        return wcl__fail(WCL_BAD_MODEL, "tensor %s of %s elements overflows", tensor->name,
                         wcl__shape_print(&tensor->shape).text);
    *count = (size_t)elements;
    tensor->bytes = (size_t)bytes;
    return WCL_OK;
}

static wcl_status take_list(wcl__pb message, const struct storage *storage, size_t count,
                            wcl__onnx_tensor *tensor)
{
    size_t stored = 0;
    wcl_status status = count_list(message, storage, tensor->name, &stored);
    if (status != WCL_OK)
        return status;
    if (stored != count) /* checked before the allocation: no more than eight times the file's bytes */
        return wcl__fail(WCL_BAD_MODEL, "tensor %s of %s elements holds %zu values", tensor->name,
                         wcl__shape_print(&tensor->shape).text, stored);
    if (!count) {
        tensor->data = ""; /* empty, but there */
        return WCL_OK;
    }
    if (!(tensor->owned = wcl__alloc(count, wcl_type_size(tensor->type))))
        return wcl__fail_memory();
    tensor->data = tensor->owned;
    if ((status = decode_list(message, storage, tensor->name, tensor->owned)) != WCL_OK) {
        wcl__free(tensor->owned);
        tensor->owned = NULL;
    }
    return status;
}

static wcl_status take_raw(wcl__pb message, const struct storage *storage, const struct found *found,
                           wcl__onnx_tensor *tensor)
{
    size_t stored = 0;
    wcl_status status = count_list(message, storage, tensor->name, &stored);
    if (status != WCL_OK)
        return status;
    if (stored)
        return wcl__fail(WCL_BAD_MODEL, "tensor %s holds its values twice", tensor->name);
    if (found->raw_bytes != tensor->bytes)
        return wcl__fail(WCL_BAD_MODEL, "tensor %s of %s elements (%s) needs %zu bytes and has %zu",
                         tensor->name, wcl__shape_print(&tensor->shape).text, wcl_type_name(tensor->type),
                         tensor->bytes, found->raw_bytes);
    tensor->data = found->raw;
    return WCL_OK;
}

wcl_status wcl__onnx_read_tensor(wcl__onnx *onnx, wcl__scratch *scratch, wcl__pb message,
                                 wcl__onnx_tensor *tensor)
{
    struct found found = {.name = ""};
    size_t count = 0;
    char what[160];
    wcl_status status = scan(scratch, message, &found);
    memset(tensor, 0, sizeof *tensor);
    if (status != WCL_OK)
        return status;
    tensor->name = found.name;
    snprintf(what, sizeof what, "tensor %s", found.name);
    if ((status = wcl__onnx_type(found.type, what, &tensor->type)) != WCL_OK)
        return status;
    if (found.rank > WCL_MAX_RANK)
        return wcl__fail(WCL_UNSUPPORTED, "tensor %s has %zu dimensions, at most %d are supported",
                         found.name, found.rank, WCL_MAX_RANK);
    if ((status = check_shape(&found, tensor, &count)) != WCL_OK)
        return status;
    tensor->file = onnx ? onnx->file : NULL;
    if (found.location == 1)
        return wcl__onnx_read_external(onnx, &found.external, found.name, tensor->bytes, tensor);
    if (found.location != 0)
        return wcl__fail(WCL_BAD_MODEL, "tensor %s lies in place number %lld", found.name,
                         (long long)found.location);
    if (found.raw)
        return take_raw(message, storage_of(found.type), &found, tensor);
    return take_list(message, storage_of(found.type), count, tensor);
}
