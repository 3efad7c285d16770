/* Typed kernel parameters, each family's written once as an X-macro of (field, least, most, standard,
 * meaning):
 *
 *     #define WCL__POOL_PARAMS(X) X(cb, 1, 16, 16, "channels in a vector: the format's block") ...
 *     typedef struct { WCL__POOL_PARAMS(WCL__PARAM_MEMBER) } wcl__pool_params;
 *     WCL__PARAM_TABLE(wcl__pool_table, "pool", WCL__POOL_PARAMS, .follows = "cb", .constraint = constraint);
 *
 * and generic code that validates, prints, parses, enumerates and makes -D options of them ("-DCB=16"). */
#ifndef WCL_TUNE_PARAMS_H
#define WCL_TUNE_PARAMS_H

#include "base/base.h"

typedef struct wcl__profile wcl__profile; /* runtime/profile.h */

#define WCL__PARAM_MEMBER(field, least, most, standard, meaning) int field;
#define WCL__PARAM_ROW(field, least, most, standard, meaning) {#field, least, most, standard, meaning},

typedef struct wcl__param_field {
    const char *name;
    int least, most, standard;
    const char *meaning;
} wcl__param_field;

/* A kernel family's parameters: a struct of `count` ints in the fields' order. */
typedef struct wcl__param_table {
    const char *family;
    const wcl__param_field *fields;
    int count;
    const char *follows; /* "cb act": fields that follow from the node and its formats; nobody may choose
                            them. NULL: none */
    /* NULL, or the rule that a combination of values breaks. NULL function: there is no rule. */
    const char *(*constraint)(const int *values);
    /* NULL, or why a device cannot run it with these values. NULL function: any can. */
    const char *(*fits)(const wcl__profile *profile, const int *values);
} wcl__param_table;

/* Behind PARAMS: the other members, such as `.constraint = check`. */
#define WCL__PARAM_TABLE(table, name, PARAMS, ...)                             \
    static const wcl__param_field table##_fields[] = {PARAMS(WCL__PARAM_ROW)}; \
    const wcl__param_table table = {                                           \
        .family = name, .fields = table##_fields, .count = (int)WCL__COUNT(table##_fields), __VA_ARGS__}

/* What a variant runs with: every number that decides which code is built and what is launched. */
enum { WCL__CONFIG_FIELDS = 24 };
typedef struct wcl__config {
    const wcl__param_table *family; /* NULL: there is nothing to choose */
    int values[WCL__CONFIG_FIELDS]; /* the family's struct */
} wcl__config;
/* A family's struct is ints alone, so its members are these ints. */
#define WCL__CONFIG(type, config) ((const type *)(const void *)(config)->values)

void wcl__params_standard(const wcl__param_table *table, void *params);
/* WCL_BAD_ARGUMENT names the family, the field, its value and range, or the rule that is broken. */
wcl_status wcl__params_validate(const wcl__param_table *table, const void *params);
/* "cb=16 pb=12"; WCL__VALUES_BYTES have room for any family. */
enum { WCL__VALUES_BYTES = 512 };
void wcl__params_print(const wcl__param_table *table, const void *params, char *out, size_t bytes);
/* Reads what print writes; fields that are not named keep their value. */
wcl_status wcl__params_parse(const wcl__param_table *table, const char *text, void *params);
/* "-DCB=16 -DPB=12": the fields in `reads`, "cb pb"; NULL: all. */
void wcl__params_options(const wcl__param_table *table, const void *params, const char *reads, char *out,
                         size_t bytes);
/* The value of a field that the family has. */
int wcl__params_value(const wcl__param_table *table, const void *params, const char *name);

#endif
