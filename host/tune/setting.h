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
 * settings give nothing. */
void wcl__settings_apply(const wcl__settings *settings, const wcl__param_table *family, const char *node,
                         void *params);

#endif
