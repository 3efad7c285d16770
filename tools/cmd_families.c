/* winocl families: the kernel families and their parameters, which --set can name. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "suggest.h"
#include "table.h"

/* -1, having said so: there is none of this name. */
static int find_family(const char *name)
{
    wcl__suggestion suggestion = {.given = name};
    for (int i = 0; i < wcl_family_count(); i++) {
        if (strcmp(wcl_family_name(i), name) == 0)
            return i;
        wcl__suggest(&suggestion, wcl_family_name(i));
    }
    if (suggestion.best)
        wcl__complain(WCL__USAGE, "%s: unknown kernel family: did you mean %s?", name, suggestion.best);
    else
        wcl__complain(WCL__USAGE, "%s: unknown kernel family: see winocl families", name);
    return -1;
}

/* "Gemm, MatMul" */
static void join_operators(int family, char *text, size_t bytes)
{
    size_t used = 0;
    const char *name;
    *text = '\0';
    for (int i = 0; (name = wcl_family_operator(family, i)) != NULL && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? ", " : "", name);
}

static int add_rows(int family, wcl__table *table)
{
    char operators[256];
    join_operators(family, operators, sizeof operators);
    for (int i = 0; i < wcl_family_parameter_count(family); i++) {
        wcl_parameter parameter = WCL_PARAMETER_INIT;
        const int result = wcl__complain_library(wcl_family_parameter(family, i, &parameter));
        if (result != WCL__DONE)
            return result;
        wcl__table_cell(table, "%s", i ? "" : wcl_family_name(family));
        wcl__table_cell(table, "%s", i ? "" : operators);
        wcl__table_cell(table, "%s", parameter.name);
        if (parameter.follows)
            wcl__table_cell(table, "by the node");
        else if (parameter.most == INT32_MAX)
            wcl__table_cell(table, "%d or more", parameter.least);
        else
            wcl__table_cell(table, "%d to %d", parameter.least, parameter.most);
        wcl__table_cell(table, "%s", parameter.meaning);
    }
    return WCL__DONE;
}

static int json_family(int family, cJSON *target)
{
    const char *name;
    cJSON *item = cJSON_CreateObject();
    cJSON_AddItemToArray(target, item);
    cJSON_AddStringToObject(item, "family", wcl_family_name(family));
    cJSON *operators = cJSON_AddArrayToObject(item, "operators");
    for (int i = 0; (name = wcl_family_operator(family, i)) != NULL; i++)
        cJSON_AddItemToArray(operators, cJSON_CreateString(name));
    cJSON *parameters = cJSON_AddArrayToObject(item, "parameters");
    for (int i = 0; i < wcl_family_parameter_count(family); i++) {
        wcl_parameter parameter = WCL_PARAMETER_INIT;
        const int result = wcl__complain_library(wcl_family_parameter(family, i, &parameter));
        if (result != WCL__DONE)
            return result;
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "name", parameter.name);
        cJSON_AddNumberToObject(row, "least", parameter.least);
        cJSON_AddNumberToObject(row, "most", parameter.most);
        cJSON_AddNumberToObject(row, "standard", parameter.standard);
        cJSON_AddBoolToObject(row, "follows", parameter.follows);
        cJSON_AddStringToObject(row, "meaning", parameter.meaning);
        cJSON_AddItemToArray(parameters, row);
    }
    return WCL__DONE;
}

static int add_family(int family, wcl__table *table, cJSON *json)
{
    return json ? json_family(family, json) : add_rows(family, table);
}

/* The families that are named, or all of them. */
static int add_families(const wcl__options *options, wcl__table *table, cJSON *json)
{
    int result = WCL__DONE;
    for (int i = 0; i < wcl_family_count() && options->operand_count == 0 && result == WCL__DONE; i++)
        result = add_family(i, table, json);
    for (int i = 0; i < options->operand_count && result == WCL__DONE; i++) {
        const int family = find_family(options->operands[i]);
        result = family < 0 ? WCL__USAGE : add_family(family, table, json);
    }
    return result;
}

static int print_text(const wcl__options *options)
{
    static const char *const heads[] = {"Family", "Operators", "Parameter", "Values", "Meaning"};
    wcl__table table;
    wcl__table_start(&table, heads, "lllll");
    table.width = wcl__terminal_width();
    int result = add_families(options, &table, NULL);
    if (result == WCL__DONE)
        result = wcl__table_print(&table);
    wcl__table_clear(&table);
    return result;
}

static int print_json(const wcl__options *options)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema", 1);
    cJSON_AddStringToObject(root, "version", wcl_version());
    const int result = add_families(options, NULL, cJSON_AddArrayToObject(root, "families"));
    if (result == WCL__DONE)
        return wcl__print_json(root);
    cJSON_Delete(root);
    return result;
}

int wcl__cmd_families(const wcl__options *options)
{
    return options->json ? print_json(options) : print_text(options);
}
