/* Writes protobuf messages into fixed memory, for tests of readers. A message that does not fit ends the
 * test. */
#ifndef WCL_TESTS_ONNX_WRITER_H
#define WCL_TESTS_ONNX_WRITER_H

#include <stddef.h>
#include <stdint.h>

enum { PROTO_BYTES = 8192 };

typedef struct proto {
    unsigned char data[PROTO_BYTES];
    size_t bytes;
} proto;

void proto_raw(proto *out, const void *data, size_t bytes); /* as it is */
void proto_varint(proto *out, uint64_t value);              /* without a tag */
void proto_int(proto *out, uint32_t field, int64_t value);
void proto_float(proto *out, uint32_t field, float value);
void proto_bytes(proto *out, uint32_t field, const void *data, size_t bytes);
void proto_text(proto *out, uint32_t field, const char *text);
void proto_message(proto *out, uint32_t field, const proto *message);
void proto_entry(proto *out, uint32_t field, const char *key, const char *value); /* StringStringEntryProto */

/* A file of these bytes in its place; fails the test if it cannot be written. */
void write_file(const char *path, const void *data, size_t bytes);
/* "FOLDER/NAME"; the folder is made on first use and removed, with the files that write_file made, by
 * clean_files. */
const char *temporary_path(const char *name);
void clean_files(void);

#endif
