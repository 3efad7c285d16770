/* A pull reader of protobuf's wire format over memory: no allocation, every length and varint checked,
 * nesting bounded.
 *
 *     wcl__pb_field field;
 *     while ((status = wcl__pb_next(&reader, &field)) == WCL_OK && field.number)
 *         switch (field.number) {
 *         case 1: status = wcl__pb_int(&reader, &field, &version); break;
 *         ...
 *
 * Unknown fields need no case. Everything that a field points to lies in the memory that is read. A damaged
 * message is WCL_BAD_FILE with the offset of the place. Reference:
 * https://protobuf.dev/programming-guides/encoding/ */
#ifndef WCL_FORMATS_PROTOBUF_H
#define WCL_FORMATS_PROTOBUF_H

#include "base/base.h"

enum { WCL__PB_MAX_DEPTH = 16 };

typedef enum wcl__pb_wire {
    WCL__PB_VARINT = 0,
    WCL__PB_FIXED64 = 1,
    WCL__PB_BYTES = 2, /* strings, messages, packed scalars */
    WCL__PB_FIXED32 = 5
} wcl__pb_wire;

typedef struct wcl__pb {
    const unsigned char *base; /* of the whole memory: offsets in messages count from here */
    const unsigned char *at, *end;
    int depth;
} wcl__pb;

typedef struct wcl__pb_field {
    uint32_t number; /* 0: the message is at its end */
    wcl__pb_wire wire;
    uint64_t value;            /* of a varint or fixed field */
    const unsigned char *data; /* of a BYTES field */
    size_t bytes;
} wcl__pb_field;

/* Scalars of one occurrence of a repeated field, packed or not. */
typedef struct wcl__pb_run {
    const unsigned char *at, *end;
    wcl__pb_wire wire;
    uint64_t single;
    size_t left;
} wcl__pb_run;

void wcl__pb_open(wcl__pb *reader, const void *data, size_t bytes);
wcl_status wcl__pb_next(wcl__pb *reader, wcl__pb_field *field);

/* The field as what the caller expects of it; WCL_BAD_FILE if it is encoded otherwise. */
wcl_status wcl__pb_int(const wcl__pb *reader, const wcl__pb_field *field, int64_t *value);
wcl_status wcl__pb_float(const wcl__pb *reader, const wcl__pb_field *field, float *value);
wcl_status wcl__pb_bytes(const wcl__pb *reader, const wcl__pb_field *field, const unsigned char **data,
                         size_t *bytes);
wcl_status wcl__pb_message(const wcl__pb *reader, const wcl__pb_field *field, wcl__pb *message);
/* Opens a run of scalars of the given encoding, all of them checked; adds their number to *count. */
wcl_status wcl__pb_scalars(const wcl__pb *reader, const wcl__pb_field *field, wcl__pb_wire wire,
                           wcl__pb_run *run, size_t *count);
/* The next scalar of a run; false: that was all. */
bool wcl__pb_scalar(wcl__pb_run *run, uint64_t *value);

#endif
