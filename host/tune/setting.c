/* Values that a user gives to a kernel family's parameters. */
#include "tune/setting.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

void wcl__settings_clear(wcl__settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        wcl__free(settings->list[i].text);
        wcl__free(settings->list[i].node);
    }
    wcl__free(settings->list);
    *settings = (wcl__settings){0};
}

/* Does the text look like NAME=VALUE NAME=VALUE...? Then what stands before it is FAMILY and NODE. */
static bool is_values(const char *text)
{
    do {
        const char *name = text;
        while (isalnum((unsigned char)*text) || *text == '_')
            text++;
        if (text == name || *text != '=')
            return false;
        text++;
        text += strcspn(text, " =");
        if (*text == '=')
            return false;
        text += strspn(text, " ");
    } while (*text);
    return true;
}

/* Where NAME=VALUE... starts: behind the first '=' that such a list follows. A node's name may have an '=', a
 * space or a ':' in it, a family's has none. NULL: there is no list. */
static const char *find_values(const char *text)
{
    const char *at = strchr(text, '=');
    while (at && !is_values(at + 1))
        at = strchr(at + 1, '=');
    return at ? at + 1 : NULL;
}

static wcl_status read_setting(const char *text, wcl__find_family find, wcl__setting *setting)
{
    const char *values = find_values(text);
    const size_t name = strcspn(text, ":=");
    if (!values)
        return wcl__fail(WCL_BAD_ARGUMENT, "\"%s\" is not of the form FAMILY[:NODE]=NAME=VALUE...", text);
    setting->family = find(text, name);
    if (!setting->family)
        return wcl__fail(WCL_BAD_ARGUMENT, "\"%s\": there is no kernel family %.*s", text, (int)name, text);
    setting->text = wcl__strdup(text);
    if (text[name] == ':')
        setting->node = wcl__strdup(text + name + 1);
    if (!setting->text || (text[name] == ':' && !setting->node))
        return wcl__fail_memory();
    if (setting->node)
        setting->node[values - 1 - (text + name + 1)] = '\0';
    for (int i = 0; i < setting->family->count; i++)
        setting->values[i] = WCL__NOT_GIVEN;
    return wcl__params_parse(setting->family, values, setting->values);
}

wcl_status wcl__settings_read(const char *const *texts, size_t count, wcl__find_family find,
                              wcl__settings *out)
{
    wcl_status status = WCL_OK;
    *out = (wcl__settings){.list = wcl__alloc(count + 1, sizeof *out->list)};
    if (!out->list)
        return wcl__fail_memory();
    for (size_t i = 0; i < count && status == WCL_OK; i++) {
        out->count++;
        status = read_setting(texts[i], find, &out->list[i]);
    }
    if (status != WCL_OK)
        wcl__settings_clear(out);
    return status;
}

bool wcl__setting_is_for(const wcl__setting *setting, const wcl__param_table *family, const char *node)
{
    return setting->family == family && (!setting->node || strcmp(setting->node, node) == 0);
}

const wcl__settings *wcl__settings_try(const wcl__settings *settings, int attempt, wcl__settings *own)
{
    if (!settings || attempt == 0)
        return settings;
    *own = *settings;
    own->own = true;
    return attempt == 1 ? own : NULL;
}

void wcl__settings_apply(const wcl__settings *settings, const wcl__param_table *family, const char *node,
                         void *params)
{
    int *values = params;
    for (int own = settings && settings->own; own <= 1 && settings; own++)
        for (size_t i = 0; i < settings->count; i++) {
            const wcl__setting *setting = &settings->list[i];
            if ((setting->node != NULL) != own || !wcl__setting_is_for(setting, family, node))
                continue;
            for (int k = 0; k < family->count; k++)
                if (setting->values[k] != WCL__NOT_GIVEN)
                    values[k] = setting->values[k];
        }
}
