#include "kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *wcl__format_kernels(const wcl_plan_node *node)
{
    return wcl__formatted("%s%s%s", node->family, *node->family && *node->parameters ? ": " : "",
                          node->parameters);
}

/* Reads "cb=16 pb=12". */
static void add_numbers(cJSON *object, const char *text)
{
    while (*text) {
        char name[64], *end = NULL;
        const size_t length = strcspn(text, "=");
        snprintf(name, sizeof name, "%.*s", (int)length, text);
        text += length + (text[length] == '=');
        const long value = strtol(text, &end, 10);
        cJSON_AddNumberToObject(object, name, (double)value);
        text = end + strspn(end, " ");
    }
}

void wcl__json_kernels(cJSON *item, const wcl_plan_node *node)
{
    cJSON_AddStringToObject(item, "family", node->family);
    add_numbers(cJSON_AddObjectToObject(item, "configuration"), node->parameters);
    cJSON_AddStringToObject(item, "format", node->format);
}
