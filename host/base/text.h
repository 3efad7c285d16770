/* A text that grows, and lists of words. */
#ifndef WCL_BASE_TEXT_H
#define WCL_BASE_TEXT_H

#include "base/base.h"

/* After a failed allocation `failed` is set and appends do nothing.
 */
typedef struct wcl__text {
    char *data; /* never NULL once something was appended without failure */
    size_t length, capacity;
    bool failed;
} wcl__text;
void wcl__text_add(wcl__text *text, const char *format, ...) WCL__PRINTF(2, 3);
void wcl__text_clear(wcl__text *text);

/* Is `word` one of the words of `list`, which single spaces separate? NULL: a list of none. */
bool wcl__has_word(const char *list, const char *word);

#endif
