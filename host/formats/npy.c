/* Reading and writing .npy files. */
#include "formats/npy.h"
#include "base/error.h"
#include "base/shape.h"

#include <string.h>

static const char magic[] = "\x93NUMPY";
enum { MAGIC = 6, ALIGNMENT = 64 };

static const struct {
    wcl_type type;
    const char *descr;
} types[] = {{WCL_FLOAT32, "<f4"}, {WCL_FLOAT64, "<f8"}, {WCL_FLOAT16, "<f2"}, {WCL_UINT8, "|u1"},
             {WCL_INT8, "|i1"},    {WCL_BOOL, "|b1"},    {WCL_UINT16, "<u2"},  {WCL_INT16, "<i2"},
             {WCL_UINT32, "<u4"},  {WCL_INT32, "<i4"},   {WCL_UINT64, "<u8"},  {WCL_INT64, "<i8"}};

/* The header: a Python dictionary of three keys, as text. */
struct header {
    const char *at, *end;
};

static wcl_status bad_header(const char *what)
{
    return wcl__fail(WCL_BAD_FILE, "damaged .npy header: %s", what);
}

static char peek(struct header *header)
{
    while (header->at < header->end && (*header->at == ' ' || *header->at == '\n' || *header->at == '\t'))
        header->at++;
    return header->at < header->end ? *header->at : '\0';
}

static bool take(struct header *header, char c)
{
    if (peek(header) != c)
        return false;
    header->at++;
    return true;
}

static bool take_word(struct header *header, const char *word)
{
    const size_t length = strlen(word);
    (void)peek(header);
    if ((size_t)(header->end - header->at) < length || memcmp(header->at, word, length) != 0)
        return false;
    header->at += length;
    return true;
}

/* A quoted string without escapes. */
static bool take_string(struct header *header, char *out, size_t bytes)
{
    const char quote = peek(header);
    size_t length = 0;
    if (quote != '\'' && quote != '"')
        return false;
    for (header->at++; header->at < header->end && *header->at != quote; header->at++) {
        if (length + 1 >= bytes || *header->at == '\\' || *header->at < ' ' || *header->at > '~')
            return false;
        out[length++] = *header->at;
    }
    out[length] = '\0';
    return take(header, quote);
}

static bool take_number(struct header *header, int64_t *value)
{
    const char *start = (peek(header), header->at);
    *value = 0;
    for (; header->at < header->end && *header->at >= '0' && *header->at <= '9'; header->at++) {
        const int64_t digit = *header->at - '0';
        if (*value > (INT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    if (header->at > start && header->at < header->end && *header->at == 'L')
        header->at++; /* Python 2 wrote long integers so */
    return header->at > start;
}

static wcl_status read_descr(struct header *header, wcl_tensor *tensor)
{
    char descr[32];
    if (peek(header) == '[')
        return wcl__fail(WCL_UNSUPPORTED, "its elements are records");
    if (!take_string(header, descr, sizeof descr))
        return bad_header("no element type");
    for (size_t i = 0; i < WCL__COUNT(types); i++) {
        const bool same = strcmp(descr + (*descr != '\0'), types[i].descr + 1) == 0;
        if (same && (*descr == types[i].descr[0] || (types[i].descr[0] == '|' && strchr("<>=", *descr)))) {
            tensor->type = types[i].type;
            return WCL_OK;
        }
        if (same && *descr == '>')
            return wcl__fail(WCL_UNSUPPORTED, "its elements (%s) are big-endian", descr);
    }
    return wcl__fail(WCL_UNSUPPORTED, "its elements are of type %s", descr);
}

static wcl_status read_order(struct header *header)
{
    if (take_word(header, "False"))
        return WCL_OK;
    if (take_word(header, "True"))
        return wcl__fail(WCL_UNSUPPORTED, "it is in Fortran order");
    return bad_header("fortran_order is neither True nor False");
}

static wcl_status read_shape(struct header *header, wcl_tensor *tensor)
{
    if (!take(header, '('))
        return bad_header("no shape");
    while (!take(header, ')')) {
        int64_t size;
        if (!take_number(header, &size))
            return bad_header("a bad dimension");
        if (tensor->rank == WCL_MAX_RANK)
            return wcl__fail(WCL_UNSUPPORTED, "it has more than %d dimensions", WCL_MAX_RANK);
        tensor->dims[tensor->rank++] = size;
        if (!take(header, ',') && peek(header) != ')')
            return bad_header("a bad shape");
    }
    return WCL_OK;
}

static wcl_status read_header(struct header *header, wcl_tensor *tensor)
{
    unsigned seen = 0;
    if (!take(header, '{'))
        return bad_header("no dictionary");
    while (!take(header, '}')) {
        char key[32];
        unsigned bit;
        wcl_status status;
        if (!take_string(header, key, sizeof key) || !take(header, ':'))
            return bad_header("no key");
        bit = strcmp(key, "descr") == 0           ? 1
              : strcmp(key, "fortran_order") == 0 ? 2
              : strcmp(key, "shape") == 0         ? 4
                                                  : 0;
        if (!bit || (seen & bit))
            return bad_header(bit ? "a key stands there twice" : "an unknown key");
        seen |= bit;
        status = bit == 1   ? read_descr(header, tensor)
                 : bit == 2 ? read_order(header)
                            : read_shape(header, tensor);
        if (status != WCL_OK)
            return status;
        if (!take(header, ',') && peek(header) != '}')
            return bad_header("keys without a comma");
    }
    if (seen != 7)
        return bad_header("descr, fortran_order or shape is missing");
    return peek(header) ? bad_header("something stands behind the dictionary") : WCL_OK;
}

bool wcl__npy_is(const wcl__file *file)
{
    return file->bytes >= MAGIC && memcmp(file->data, magic, MAGIC) == 0;
}

wcl_status wcl__npy_read(const wcl__file *file, wcl_tensor *tensor)
{
    const int version = file->bytes > MAGIC ? file->data[MAGIC] : 0;
    const size_t start = version == 1 ? 10 : 12; /* versions 2 and 3 count the header in four bytes */
    size_t length = 0, left;
    int64_t count, bytes;
    wcl__shape shape;
    struct header header;
    wcl_status status;
    *tensor = (wcl_tensor){0};
    if (!wcl__npy_is(file))
        return wcl__fail(WCL_BAD_FILE, "not a .npy file");
    if (version < 1 || version > 3)
        return wcl__fail(version ? WCL_UNSUPPORTED : WCL_BAD_FILE,
                         ".npy version %d: versions 1 to 3 are supported", version);
    if (file->bytes < start)
        return bad_header("cut short");
    memcpy(&length, file->data + 8, start - 8);
    if (length > file->bytes - start)
        return bad_header("longer than the file");
    header = (struct header){(const char *)file->data + start, (const char *)file->data + start + length};
    if ((status = read_header(&header, tensor)) != WCL_OK)
        return status;
    left = file->bytes - start - length;
    shape = wcl__tensor_shape(tensor);
    count = wcl__shape_count(&shape);
    if (count < 0 || wcl__mul_overflow(count, (int64_t)wcl_type_size(tensor->type), &bytes))
        return wcl__fail(WCL_BAD_FILE, "its shape %s overflows", wcl__shape_print(&shape).text);
    if ((uint64_t)bytes != left)
        return wcl__fail(WCL_BAD_FILE, "its shape %s (%s) needs %lld bytes of values, the file has %zu",
                         wcl__shape_print(&shape).text, wcl_type_name(tensor->type), (long long)bytes, left);
    tensor->data = (void *)(uintptr_t)(file->data + start + length);
    tensor->bytes = left;
    return WCL_OK;
}

static const char *descr_of(wcl_type type)
{
    for (size_t i = 0; i < WCL__COUNT(types); i++)
        if (types[i].type == type)
            return types[i].descr;
    return NULL;
}

wcl_status wcl__npy_header(const wcl_tensor *tensor, wcl__text *header)
{
    const char *descr = descr_of(tensor->type);
    size_t length;
    if (!descr)
        return wcl__fail(WCL_UNSUPPORTED, "a .npy file has no type %s", wcl_type_name(tensor->type));
    wcl__text_add(header, "%s", magic);
    wcl__text_add(header, "\x01---{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int i = 0; i < tensor->rank; i++)
        wcl__text_add(header, "%s%lld", i ? ", " : "", (long long)tensor->dims[i]);
    wcl__text_add(header, tensor->rank == 1 ? ",), }" : "), }");
    while (!header->failed && header->length % ALIGNMENT != ALIGNMENT - 1)
        wcl__text_add(header, " ");
    wcl__text_add(header, "\n");
    if (header->failed)
        return wcl__fail_memory();
    length = header->length - 10;
    header->data[7] = 0; /* minor version */
    header->data[8] = (char)(length & 0xff);
    header->data[9] = (char)(length >> 8);
    return WCL_OK;
}
