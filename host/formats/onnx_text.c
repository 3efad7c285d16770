/* Strings of a message, and the memory that they live in. */
#include "formats/onnx_read.h"
#include "base/error.h"
#include "base/memory.h"

#include <string.h>

bool wcl__scratch_keep(wcl__scratch *scratch, void *block)
{
    if (!WCL__GROW(scratch->blocks, scratch->count, scratch->capacity)) {
        wcl__free(block);
        return false;
    }
    scratch->blocks[scratch->count++] = block;
    return true;
}

void *wcl__scratch_alloc(wcl__scratch *scratch, size_t count, size_t size)
{
    void *block = wcl__alloc(WCL__MAX(count, 1), size);
    return block && wcl__scratch_keep(scratch, block) ? block : NULL;
}

void wcl__scratch_clear(wcl__scratch *scratch)
{
    for (size_t i = 0; i < scratch->count; i++)
        wcl__free(scratch->blocks[i]);
    wcl__free(scratch->blocks);
    *scratch = (wcl__scratch){0};
}

/* Bytes of the UTF-8 character at `at`; 0: it is none. */
static size_t utf8(const unsigned char *at, const unsigned char *end)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = *at < 0x80 ? 1 : *at >> 5 == 6 ? 2 : *at >> 4 == 14 ? 3 : *at >> 3 == 30 ? 4 : 0;
    uint32_t code = length == 1 ? *at : *at & (0x7fu >> length);
    if (length == 0 || (size_t)(end - at) < length)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (at[i] >> 6 != 2)
            return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    return code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : length;
}

static wcl_status copy(wcl__scratch *scratch, const wcl__pb *message, const wcl__pb_field *field,
                       bool one_line, const char **out)
{
    const unsigned char *data, *end;
    size_t bytes;
    char *text;
    wcl_status status = wcl__pb_bytes(message, field, &data, &bytes);
    if (status != WCL_OK)
        return status;
    end = data + bytes;
    for (const unsigned char *at = data; at < end;) {
        const size_t length = utf8(at, end);
        if (!length || !*at || (one_line && (*at < 0x20 || *at == 0x7f)))
            return wcl__fail(WCL_BAD_FILE, "damaged: a string with bytes that are no text at byte %zu",
                             (size_t)(at - message->base));
        at += length;
    }
    if (!(text = wcl__scratch_alloc(scratch, bytes + 1, 1)))
        return wcl__fail_memory();
    memcpy(text, data, bytes);
    *out = text;
    return WCL_OK;
}

wcl_status wcl__onnx_name(wcl__scratch *scratch, const wcl__pb *message, const wcl__pb_field *field,
                          const char **name)
{
    return copy(scratch, message, field, true, name);
}

wcl_status wcl__onnx_text(wcl__scratch *scratch, const wcl__pb *message, const wcl__pb_field *field,
                          const char **text)
{
    return copy(scratch, message, field, false, text);
}

wcl_status wcl__onnx_entry(wcl__scratch *scratch, const wcl__pb *message, const wcl__pb_field *field,
                           const char **key, const char **value)
{
    wcl__pb entry;
    wcl__pb_field part;
    wcl_status status = wcl__pb_message(message, field, &entry);
    *key = *value = "";
    if (status != WCL_OK)
        return status;
    while ((status = wcl__pb_next(&entry, &part)) == WCL_OK && part.number) {
        if (part.number == wcl__StringStringEntryProto_key)
            status = wcl__onnx_name(scratch, &entry, &part, key);
        else if (part.number == wcl__StringStringEntryProto_value)
            status = wcl__onnx_text(scratch, &entry, &part, value);
        if (status != WCL_OK)
            return status;
    }
    return status;
}
