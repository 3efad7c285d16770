/* Values that a user gives to a kernel family's parameters (--set), instead of those that the planner would
 * choose. Tuning records take the same way. */
#ifndef WCL_TUNE_SETTING_H
#define WCL_TUNE_SETTING_H

#include "tune/params.h"

enum { WCL__NOT_GIVEN = INT32_MIN }; /* no text says this number */

typedef struct wcl__setting {
    const wcl__param_table *family;
    char *text;                     /* as it was given */
    char *node;                     /* NULL: every node that the family can run with these values */
    int values[WCL__CONFIG_FIELDS]; /* WCL__NOT_GIVEN: the field is not named */
} wcl__setting;

typedef struct wcl__settings {
    wcl__setting *list;
    size_t count;
    bool own; /* only those count that name their node */
} wcl__settings;

/* The family of this name; NULL: there is none. What a program's families are, only rooms above know. */
typedef const wcl__param_table *(*wcl__find_family)(const char *name, size_t length);

/* Reads texts of the form FAMILY:NODE=NAME=VALUE NAME=VALUE..., or without :NODE. *out is empty on failure.
 * WCL_BAD_ARGUMENT quotes the text and says what is wrong with it. */
wcl_status wcl__settings_read(const char *const *texts, size_t count, wcl__find_family find,
                              wcl__settings *out);
void wcl__settings_clear(wcl__settings *settings);

/* Is the setting about this family on this node? */
bool wcl__setting_is_for(const wcl__setting *setting, const wcl__param_table *family, const char *node);
/* Writes what is given for the family on the node over `params`, the more general settings first. NULL
 * settings give nothing.
 *
 * What is given for any node is used on a node where all of it is legal, together with what is given for that
 * node alone; where it is not, that alone is tried, and then nothing. */
enum { WCL__SETTING_TRIES = 3 };
/* The settings of one try: 0 all, 1 those for a node alone, 2 none (NULL). `own` is memory for them. */
const wcl__settings *wcl__settings_try(const wcl__settings *settings, int attempt, wcl__settings *own);
void wcl__settings_apply(const wcl__settings *settings, const wcl__param_table *family, const char *node,
                         void *params);

#endif
