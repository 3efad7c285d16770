/* What the files of the ONNX reader share. */
#ifndef WCL_FORMATS_ONNX_READ_H
#define WCL_FORMATS_ONNX_READ_H

#include "formats/onnx_fields.h"
#include "formats/protobuf.h"
#include "base/shape.h"
#include "base/file.h"

/* Memory that lives until the message at hand is done with; all of it is released at once. */
typedef struct wcl__scratch {
    void **blocks;
    size_t count, capacity;
} wcl__scratch;
void *wcl__scratch_alloc(wcl__scratch *scratch, size_t count, size_t size); /* zeroed; NULL: no memory */
/* Takes over memory of wcl__alloc; false, and freed: no memory. */
bool wcl__scratch_keep(wcl__scratch *scratch, void *block);
void wcl__scratch_clear(wcl__scratch *scratch);

typedef struct wcl__onnx {
    wcl__file *file;
    const char *folder; /* of external data; NULL: refused */
    wcl_builder *builder;
    int64_t opset;         /* of ONNX's own domain; 0: not imported */
    wcl__scratch scratch;  /* of one node, initializer, input, ... */
    wcl__file **externals; /* each external file that was mapped, once */
    size_t external_count, external_capacity;
} wcl__onnx;

/* A string field as a NUL-terminated copy in `scratch`. A name must be UTF-8 without control characters,
 * since messages show it. */
wcl_status wcl__onnx_name(wcl__scratch *scratch, const wcl__pb *message, const wcl__pb_field *field,
                          const char **name);
/* The same without the rule about control characters. */
wcl_status wcl__onnx_text(wcl__scratch *scratch, const wcl__pb *message, const wcl__pb_field *field,
                          const char **text);
/* Reads a StringStringEntryProto. */
wcl_status wcl__onnx_entry(wcl__scratch *scratch, const wcl__pb *message, const wcl__pb_field *field,
                           const char **key, const char **value);

/* A TensorProto's contents. */
typedef struct wcl__onnx_tensor {
    const char *name; /* "" if it has none; in scratch */
    wcl_type type;
    wcl__shape shape;
    size_t bytes;
    const void *data; /* never NULL; any alignment */
    void *owned;      /* what `data` points to if it was decoded: the caller frees it with wcl__free */
    wcl__file *file;  /* what `data` lies in otherwise; not retained. NULL: the memory that was read */
} wcl__onnx_tensor;

/* onnx_tensor.c. `onnx` may be NULL where external data is not allowed. */
wcl_status wcl__onnx_read_tensor(wcl__onnx *onnx, wcl__scratch *scratch, wcl__pb message,
                                 wcl__onnx_tensor *tensor);
/* The type of this number, if winocl has it: else WCL_UNSUPPORTED naming `what` and the type. */
wcl_status wcl__onnx_type(int64_t number, const char *what, wcl_type *type);
/* onnx_external.c: the bytes of an external file that the entries of `external_data` name, checked against
 * `bytes`. */
typedef struct wcl__onnx_external {
    const char *location, *offset, *length; /* NULL: absent */
} wcl__onnx_external;
wcl_status wcl__onnx_read_external(wcl__onnx *onnx, const wcl__onnx_external *external, const char *name,
                                   size_t bytes, wcl__onnx_tensor *tensor);
/* onnx_node.c: one NodeProto, handed to the builder. */
wcl_status wcl__onnx_read_node(wcl__onnx *onnx, wcl__pb message);

#endif
