#include "escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the UTF-8 character at `at`, which may be shown as it is; 0: control characters (C0, DEL, C1) and
 * what is no UTF-8. */
static size_t shown_bytes(const unsigned char *at)
{
    static const unsigned least[] = {0, 0, 0xA0, 0x800, 0x10000};
    const size_t length = *at < 0x80 ? 1 : *at >> 5 == 6 ? 2 : *at >> 4 == 14 ? 3 : *at >> 3 == 30 ? 4 : 0;
    if (length == 1)
        return *at >= ' ' && *at != 0x7F;
    unsigned code = length ? *at & (0x7Fu >> length) : 0;
    for (size_t i = 1; i < length; i++) {
        if (at[i] >> 6 != 2) /* the text's end, too */
            return 0;
        code = code << 6 | (at[i] & 0x3F);
    }
    return code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? 0 : length;
}

static void put(FILE *stream, const char *text, const char *kept)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        const size_t shown = strchr(kept, *at) ? 1 : shown_bytes(at);
        if (shown)
            fwrite(at, 1, shown, stream);
        else
            fprintf(stream, "\\x%02x", *at);
        at += shown + !shown;
    }
}

void wcl__put_escaped(FILE *stream, const char *text)
{
    put(stream, text, "");
}

void wcl__put_escaped_lines(FILE *stream, const char *text)
{
    const size_t length = strlen(text);
    put(stream, text, "\n\t");
    if (length > 0 && text[length - 1] != '\n')
        fputc('\n', stream);
}

char *wcl__escape(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    char *escaped = malloc(4 * strlen(text) + 1), *out = escaped;
    while (escaped && *at) {
        const size_t shown = shown_bytes(at);
        if (shown)
            memcpy(out, at, shown);
        else
            snprintf(out, 5, "\\x%02x", *at);
        out += shown ? shown : 4;
        at += shown + !shown;
    }
    if (escaped)
        *out = '\0';
    return escaped;
}

char *wcl__encode_json(const char *json)
{
    const unsigned char *at = (const unsigned char *)json;
    char *encoded = malloc(6 * strlen(json) + 1), *out = encoded;
    while (encoded && *at) {
        const bool is_c1 = at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0;
        const size_t shown = *at == '\n' || *at == '\t' ? 1 : shown_bytes(at);
        if (shown)
            memcpy(out, at, shown);
        else
            snprintf(out, 7, "\\u%04x", is_c1 ? at[1] : *at < 0x80 ? *at : 0xFFFDu);
        out += shown ? shown : 6;
        at += shown ? shown : is_c1 ? 2 : 1;
    }
    if (encoded)
        *out = '\0';
    return encoded;
}

void wcl__print_line(const char *format, ...)
{
    char text[16384];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    wcl__put_escaped(stdout, text);
    putchar('\n');
}
