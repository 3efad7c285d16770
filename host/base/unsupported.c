/* The nodes that the thread's last failed call refused: a part of its error record (error.c), which starts
 * and ends with it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

/* The records, and after the last one (of no node) the bytes of their texts. One block, so that a thread that
 * ends frees it with free. */
static _Thread_local wcl_unsupported *last;
static _Thread_local int last_count;

static pthread_once_t exit_once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key; /* frees the records of a thread that ends */
static bool exit_key_made;

static void make_exit_key(void)
{
    exit_key_made = pthread_key_create(&exit_key, free) == 0;
}

static void keep(wcl_unsupported *records, int count)
{
    if (!records && !last)
        return;
    wcl__free(last);
    last = records;
    last_count = count;
    pthread_once(&exit_once, make_exit_key);
    if (exit_key_made)
        pthread_setspecific(exit_key, records);
}

void wcl__clear_unsupported(void)
{
    keep(NULL, 0);
}

/* Copies `text` to *end and moves *end behind it. */
static const char *put_text(char **end, const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *const start = *end;
    memcpy(start, text, bytes);
    *end += bytes;
    return start;
}

bool wcl__set_unsupported(const wcl_unsupported *records, int count)
{
    size_t bytes = (size_t)count * sizeof *records;
    for (int i = 0; i < count; i++)
        bytes += strlen(records[i].node) + strlen(records[i].op) + strlen(records[i].reason) + 3;
    wcl_unsupported *copy = wcl__alloc(bytes, 1);
    if (!copy)
        return false;
    char *end = (char *)(copy + count);
    for (int i = 0; i < count; i++)
        copy[i] = (wcl_unsupported){.size = sizeof *copy,
                                    .node = put_text(&end, records[i].node),
                                    .op = put_text(&end, records[i].op),
                                    .reason = put_text(&end, records[i].reason)};
    keep(copy, count);
    return true;
}

int wcl_last_unsupported_count(void)
{
    return last_count;
}

wcl_status wcl_last_unsupported(int index, wcl_unsupported *record)
{
    if (index < 0 || index >= last_count || record->size < sizeof record->size)
        return WCL_BAD_ARGUMENT; /* without a record of its own: that would end the list */
    return wcl__info_write(record, &last[index], sizeof *record);
}
