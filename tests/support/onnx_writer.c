#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/onnx_writer.h"

void proto_raw(proto *out, const void *data, size_t bytes)
{
    assert_true(out->bytes + bytes <= PROTO_BYTES);
    if (bytes)
        memcpy(out->data + out->bytes, data, bytes);
    out->bytes += bytes;
}

void proto_varint(proto *out, uint64_t value)
{
    do {
        const unsigned char byte = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        proto_raw(out, &byte, 1);
        value >>= 7;
    } while (value);
}

void proto_int(proto *out, uint32_t field, int64_t value)
{
    proto_varint(out, (uint64_t)field << 3);
    proto_varint(out, (uint64_t)value);
}

void proto_float(proto *out, uint32_t field, float value)
{
    proto_varint(out, (uint64_t)field << 3 | 5);
    proto_raw(out, &value, sizeof value);
}

void proto_bytes(proto *out, uint32_t field, const void *data, size_t bytes)
{
    proto_varint(out, (uint64_t)field << 3 | 2);
    proto_varint(out, bytes);
    proto_raw(out, data, bytes);
}

void proto_text(proto *out, uint32_t field, const char *text)
{
    proto_bytes(out, field, text, strlen(text));
}

void proto_message(proto *out, uint32_t field, const proto *message)
{
    proto_bytes(out, field, message->data, message->bytes);
}

void proto_entry(proto *out, uint32_t field, const char *key, const char *value)
{
    proto entry = {.bytes = 0};
    proto_text(&entry, 1, key);
    proto_text(&entry, 2, value);
    proto_message(out, field, &entry);
}

/* ------------------------------------------------------------------ temporary files */

enum { MAX_FILES = 64, PATH_BYTES = 512 };
static char folder[PATH_BYTES];
static char files[MAX_FILES][PATH_BYTES + 64];
static int file_count;

const char *temporary_path(const char *name)
{
    static char path[PATH_BYTES + 64];
    const char *base = getenv("TMPDIR");
    if (!*folder) {
        snprintf(folder, sizeof folder, "%s/winocl-test-XXXXXX", base && *base ? base : "/tmp");
        assert_non_null(mkdtemp(folder));
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

void write_file(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    int known = 0;
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
    for (int i = 0; i < file_count; i++)
        known |= strcmp(files[i], path) == 0;
    if (known)
        return;
    assert_true(file_count < MAX_FILES);
    snprintf(files[file_count++], sizeof files[0], "%s", path);
}

void clean_files(void)
{
    for (int i = 0; i < file_count; i++)
        remove(files[i]);
    file_count = 0;
    if (*folder)
        rmdir(folder);
    folder[0] = '\0';
}
