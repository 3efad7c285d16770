/* Reading the protobuf wire format: as much of it as ONNX's files need. */
#include "formats/protobuf.h"
#include "base/error.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "model files hold little-endian values, which are used in place");

static wcl_status damaged(const wcl__pb *reader, const unsigned char *place, const char *what)
{
    return wcl__fail(WCL_BAD_FILE, "damaged, or not protobuf: %s at byte %zu", what,
                     (size_t)(place - reader->base));
}

/* NULL: cut short, or longer than the 64 bits that fit in ten bytes. */
static const unsigned char *varint(const unsigned char *at, const unsigned char *end, uint64_t *value)
{
    uint64_t result = 0;
    for (int shift = 0; shift < 70 && at < end; shift += 7) {
        const unsigned char byte = *at++;
        if (shift == 63 && byte > 1)
            return NULL;
        result |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *value = result;
            return at;
        }
    }
    return NULL;
}

static const unsigned char *fixed(const unsigned char *at, const unsigned char *end, size_t bytes,
                                  uint64_t *value)
{
    if ((size_t)(end - at) < bytes)
        return NULL;
    *value = 0;
    memcpy(value, at, bytes);
    return at + bytes;
}

static const unsigned char *scalar(const unsigned char *at, const unsigned char *end, wcl__pb_wire wire,
                                   uint64_t *value)
{
    if (wire == WCL__PB_VARINT)
        return varint(at, end, value);
    return fixed(at, end, wire == WCL__PB_FIXED64 ? 8 : 4, value);
}

void wcl__pb_open(wcl__pb *reader, const void *data, size_t bytes)
{
    reader->base = reader->at = data;
    reader->end = reader->at + bytes;
    reader->depth = 0;
}

wcl_status wcl__pb_next(wcl__pb *reader, wcl__pb_field *field)
{
    const unsigned char *start = reader->at, *at;
    uint64_t tag = 0;
    memset(field, 0, sizeof *field);
    if (start == reader->end)
        return WCL_OK;
    if (!(at = varint(start, reader->end, &tag)))
        return damaged(reader, start, "a bad field tag");
    if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return damaged(reader, start, "an impossible field number");
    field->wire = (wcl__pb_wire)(tag & 7);
    switch (field->wire) {
    case WCL__PB_VARINT:
    case WCL__PB_FIXED64:
    case WCL__PB_FIXED32:
        if (!(at = scalar(at, reader->end, field->wire, &field->value)))
            return damaged(reader, start, "a bad number");
        break;
    case WCL__PB_BYTES:
        if (!(at = varint(at, reader->end, &field->value)))
            return damaged(reader, start, "a bad length");
        if (field->value > (uint64_t)(reader->end - at))
            return damaged(reader, start, "a field longer than what is left");
        field->data = at;
        field->bytes = (size_t)field->value;
        at += field->bytes;
        break;
    default:
        return damaged(reader, start, "a field of unknown encoding");
    }
    field->number = (uint32_t)(tag >> 3);
    reader->at = at;
    return WCL_OK;
}

static wcl_status other_encoding(const wcl__pb *reader, const wcl__pb_field *field)
{
    return wcl__fail(WCL_BAD_FILE, "damaged: field %u is encoded as another type before byte %zu",
                     field->number, (size_t)(reader->at - reader->base));
}

wcl_status wcl__pb_int(const wcl__pb *reader, const wcl__pb_field *field, int64_t *value)
{
    if (field->wire != WCL__PB_VARINT)
        return other_encoding(reader, field);
    *value = (int64_t)field->value;
    return WCL_OK;
}

wcl_status wcl__pb_float(const wcl__pb *reader, const wcl__pb_field *field, float *value)
{
    if (field->wire != WCL__PB_FIXED32)
        return other_encoding(reader, field);
    memcpy(value, &field->value, sizeof *value);
    return WCL_OK;
}

wcl_status wcl__pb_bytes(const wcl__pb *reader, const wcl__pb_field *field, const unsigned char **data,
                         size_t *bytes)
{
    if (field->wire != WCL__PB_BYTES)
        return other_encoding(reader, field);
    *data = field->data;
    *bytes = field->bytes;
    return WCL_OK;
}

wcl_status wcl__pb_message(const wcl__pb *reader, const wcl__pb_field *field, wcl__pb *message)
{
    if (field->wire != WCL__PB_BYTES)
        return other_encoding(reader, field);
    if (reader->depth >= WCL__PB_MAX_DEPTH)
        return damaged(reader, field->data, "messages nested too deeply");
    *message = (wcl__pb){reader->base, field->data, field->data + field->bytes, reader->depth + 1};
    return WCL_OK;
}

wcl_status wcl__pb_scalars(const wcl__pb *reader, const wcl__pb_field *field, wcl__pb_wire wire,
                           wcl__pb_run *run, size_t *count)
{
    uint64_t ignored;
    *run = (wcl__pb_run){.wire = wire, .single = field->value};
    if (field->wire == wire) {
        run->left = 1;
    } else if (field->wire == WCL__PB_BYTES) {
        run->at = field->data;
        run->end = field->data + field->bytes;
        for (const unsigned char *at = run->at; at < run->end; run->left++)
            if (!(at = scalar(at, run->end, wire, &ignored)))
                return damaged(reader, field->data, "a bad number in the list");
    } else {
        return other_encoding(reader, field);
    }
    *count += run->left;
    return WCL_OK;
}

bool wcl__pb_scalar(wcl__pb_run *run, uint64_t *value)
{
    if (!run->left)
        return false;
    run->left--;
    if (run->at)
        run->at = scalar(run->at, run->end, run->wire, value);
    else
        *value = run->single;
    return true;
}
