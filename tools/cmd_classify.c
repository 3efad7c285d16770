/* winocl classify: what pictures show. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "classifier.h"
#include "command.h"
#include "escape.h"

typedef struct ranked {
    double probability;
    int64_t class_index;
} ranked;

/* The likeliest first; ties go to the smaller number, and a NaN is never likely. */
static int by_probability(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    const double p = isnan(x->probability) ? -1 : x->probability,
                 q = isnan(y->probability) ? -1 : y->probability;
    if (p != q)
        return p < q ? 1 : -1;
    return (x->class_index > y->class_index) - (x->class_index < y->class_index);
}

static cJSON *json_picture(const wcl__classifier *c, const char *file, const ranked *top, int64_t count)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "file", file);
    if (wcl_model_is_untrained(c->engine.model))
        cJSON_AddTrueToObject(item, "untrained");
    cJSON *list = cJSON_AddArrayToObject(item, "top");
    for (int64_t i = 0; i < count; i++) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddNumberToObject(entry, "class", (double)top[i].class_index);
        cJSON_AddStringToObject(entry, "label", wcl__classifier_label(c, top[i].class_index));
        cJSON_AddNumberToObject(entry, "probability", top[i].probability);
        cJSON_AddItemToArray(list, entry);
    }
    return item;
}

static void print_picture(const wcl__classifier *c, const char *file, const ranked *top, int64_t count)
{
    wcl__print_line("%s%s", file,
                    wcl_model_is_untrained(c->engine.model)
                        ? "  (untrained: the weights are seeded, so this means nothing)"
                        : "");
    for (int64_t i = 0; i < count; i++) {
        const char *label = wcl__classifier_label(c, top[i].class_index);
        wcl__print_line("  %6.2f%%  %s%sclass %lld%s", 100 * top[i].probability, label, *label ? " (" : "",
                        (long long)top[i].class_index, *label ? ")" : "");
    }
}

static int show(const wcl__options *options, const wcl__classifier *c, const char *file, const float *scores,
                cJSON *json)
{
    const int64_t shown = options->top < c->classes ? options->top : c->classes;
    double *probabilities = malloc((size_t)c->classes * sizeof *probabilities);
    ranked *top = malloc((size_t)c->classes * sizeof *top);
    int result = WCL__DONE;
    if (!probabilities || !top) {
        result = wcl__complain_memory();
        goto cleanup;
    }
    wcl__classifier_probabilities(scores, c->classes, probabilities);
    for (int64_t i = 0; i < c->classes; i++)
        top[i] = (ranked){probabilities[i], i};
    qsort(top, (size_t)c->classes, sizeof *top, by_probability);
    if (json)
        cJSON_AddItemToArray(json, json_picture(c, file, top, shown));
    else
        print_picture(c, file, top, shown);
cleanup:
    free(probabilities);
    free(top);
    return result;
}

static int classify_batch(const wcl__options *options, wcl__classifier *c, char **files, int64_t count,
                          cJSON *json)
{
    const float *scores = NULL;
    int result = WCL__DONE;
    for (int64_t i = 0; i < count && result == WCL__DONE; i++) {
        wcl__image image = {0};
        result = wcl__image_load(files[i], &image);
        if (result == WCL__DONE)
            result = wcl__classifier_put(c, i, &image);
        wcl__image_clear(&image);
    }
    if (result == WCL__DONE)
        result = wcl__classifier_run(c, count, &scores);
    if (result == WCL__DONE && options->labels && c->label_count != c->classes)
        result =
            wcl__complain(WCL__BAD_INPUT, "%s: holds %lld class names, %s has %lld classes", options->labels,
                          (long long)c->label_count, options->operands[0], (long long)c->classes);
    for (int64_t i = 0; i < count && result == WCL__DONE; i++)
        result = show(options, c, files[i], scores + i * c->classes, json);
    return result;
}

int wcl__cmd_classify(const wcl__options *options)
{
    wcl__classifier c = {0};
    cJSON *json = NULL;
    char **files = options->operands + 1;
    const int64_t count = options->operand_count - 1;
    int result = wcl__classifier_open(options, count, options->labels, &c);
    if (result == WCL__DONE && options->json && !(json = cJSON_CreateArray()))
        result = wcl__complain_memory();
    for (int64_t done = 0; done < count && result == WCL__DONE; done += c.batch) {
        const int64_t now = count - done < c.batch ? count - done : c.batch;
        if (count > c.batch)
            wcl__progress("classifying", done, count);
        result = classify_batch(options, &c, files + done, now, json);
    }
    wcl__progress("classifying", count, count);
    wcl__classifier_close(&c);
    if (result == WCL__DONE && json)
        return wcl__print_json(json);
    cJSON_Delete(json);
    return result;
}
