/* A text that grows, and lists of words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

void wcl__text_add(wcl__text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int added = text->failed ? -1 : vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (added < 0) {
        text->failed = true;
        return;
    }
    size_t needed = text->length + (size_t)added + 1;
    if (needed > text->capacity) {
        size_t capacity = WCL__MAX(needed, text->capacity * 2);
        char *data = wcl__resize(text->data, text->capacity, capacity, 1);
        if (!data) {
            text->failed = true;
            return;
        }
        text->data = data;
        text->capacity = capacity;
    }
    va_start(arguments, format);
    vsnprintf(text->data + text->length, text->capacity - text->length, format, arguments);
    va_end(arguments);
    text->length += (size_t)added;
}

void wcl__text_clear(wcl__text *text)
{
    wcl__free(text->data);
    *text = (wcl__text){0};
}

bool wcl__has_word(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; at && (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' '))
            return true;
    return false;
}
