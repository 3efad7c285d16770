/* Typed kernel parameters, each family's written once as an X-macro of (field, least, most, standard,
 * meaning):
 *
 *     #define WCL__POOL_PARAMS(X) X(cb, 1, 16, 16, "channels in a vector: the layout's block") ...
 *     typedef struct { WCL__POOL_PARAMS(WCL__PARAM_MEMBER) } wcl__pool_params;
 *     WCL__PARAM_TABLE(wcl__pool_table, wcl__pool_params, WCL__POOL_PARAMS, constraint)
 *
 * and generic code that validates, prints, parses, enumerates and makes -D options of them ("-DCB=16"). */
#ifndef WCL_TUNE_PARAMS_H
#define WCL_TUNE_PARAMS_H

#include "base/base.h"

#define WCL__PARAM_MEMBER(field, least, most, standard, meaning) int field;
#define WCL__PARAM_ROW(field, least, most, standard, meaning) {#field, least, most, standard, meaning},

typedef struct wcl__param_field {
    const char *name;
    int least, most, standard;
    const char *meaning;
} wcl__param_field;

typedef struct wcl__param_table {
    const char *family;
    const wcl__param_field *fields;
    int count; /* the struct is `count` ints in the fields' order */
    const char *(*constraint)(
        const int *values); /* NULL, or the reason why a combination is illegal (NULL: legal) */
} wcl__param_table;

#define WCL__PARAM_TABLE(table, name, PARAMS, check)                           \
    static const wcl__param_field table##_fields[] = {PARAMS(WCL__PARAM_ROW)}; \
    const wcl__param_table table = {name, table##_fields, (int)WCL__COUNT(table##_fields), check}

void wcl__params_standard(const wcl__param_table *table, void *params);
/* WCL_BAD_ARGUMENT names the family, the field, its value and range. */
wcl_status wcl__params_validate(const wcl__param_table *table, const void *params);
/* "cb=16 pb=12" */
void wcl__params_print(const wcl__param_table *table, const void *params, char *out, size_t bytes);
/* Reads what print writes; fields that are not named keep their value. */
wcl_status wcl__params_parse(const wcl__param_table *table, const char *text, void *params);
/* "-DCB=16 -DPB=12", of the fields that are in the list `reads` ("cb pb"; NULL: all). */
void wcl__params_options(const wcl__param_table *table, const void *params, const char *reads, char *out,
                         size_t bytes);

#endif
