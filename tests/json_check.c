/* json_check PATH...: is standard input one JSON value, and is there something at each path
 * ("results.0.ms.median")? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cJSON.h>

enum { MOST = 1 << 24 };

static const cJSON *find(const cJSON *at, const char *path)
{
    char part[128];
    while (at && *path) {
        const size_t length = strcspn(path, ".");
        if (length >= sizeof part)
            return NULL;
        memcpy(part, path, length);
        part[length] = '\0';
        at = cJSON_IsArray(at) ? cJSON_GetArrayItem(at, atoi(part))
                               : cJSON_GetObjectItemCaseSensitive(at, part);
        path += length + (path[length] == '.');
    }
    return at;
}

int main(int argc, char **argv)
{
    char *text = calloc(MOST + 1, 1);
    const size_t length = text ? fread(text, 1, MOST, stdin) : 0;
    const char *end = NULL;
    cJSON *json = length ? cJSON_ParseWithOpts(text, &end, 1) : NULL; /* 1: nothing but space may follow */
    int missing = json == NULL;
    if (!json)
        fprintf(stderr, "not JSON\n");
    for (int i = 1; i < argc && json; i++)
        if (!find(json, argv[i])) {
            fprintf(stderr, "nothing at %s\n", argv[i]);
            missing = 1;
        }
    cJSON_Delete(json);
    free(text);
    return missing;
}
