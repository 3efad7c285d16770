/* winocl evaluate: accuracy on a labelled set. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "classifier.h"
#include "command.h"
#include "dataset.h"

typedef struct evaluation {
    wcl__classifier classifier;
    wcl__dataset dataset;
    int64_t *predicted; /* a class for each picture */
    double seconds;     /* in all: reading, resizing, running */
} evaluation;

/* The first of the largest; a NaN is never it. */
static int64_t likeliest(const float *scores, int64_t classes)
{
    int64_t best = 0;
    for (int64_t i = 1; i < classes; i++)
        if (scores[i] > scores[best] || (isnan(scores[best]) && !isnan(scores[i])))
            best = i;
    return best;
}

static int evaluate_batch(evaluation *e, int64_t first, int64_t count)
{
    wcl__classifier *c = &e->classifier;
    const float *scores = NULL;
    int result = WCL__DONE;
    for (int64_t i = 0; i < count && result == WCL__DONE; i++) {
        wcl__image image = {0};
        result = wcl__dataset_image(&e->dataset, first + i, &image);
        if (result == WCL__DONE)
            result = wcl__classifier_put(c, i, &image);
        wcl__image_clear(&image);
    }
    if (result == WCL__DONE)
        result = wcl__classifier_run(c, count, &scores);
    for (int64_t i = 0; i < count && result == WCL__DONE; i++)
        e->predicted[first + i] = likeliest(scores + i * c->classes, c->classes);
    return result;
}

static int evaluate_all(evaluation *e)
{
    const int64_t count = e->dataset.count, batch = e->classifier.batch;
    const double start = wcl__now_ms();
    int result = WCL__DONE;
    if (!(e->predicted = malloc((size_t)count * sizeof *e->predicted)))
        return wcl__complain_memory();
    for (int64_t done = 0; done < count && result == WCL__DONE; done += batch) {
        wcl__progress("evaluating", done, count);
        result = evaluate_batch(e, done, count - done < batch ? count - done : batch);
    }
    wcl__progress("evaluating", count, count);
    e->seconds = (wcl__now_ms() - start) / 1e3;
    return result;
}

static int write_predictions(const evaluation *e, const char *path)
{
    enum { LINE = 24 };
    size_t used = 0;
    const size_t bytes = (size_t)e->dataset.count * LINE + 1;
    char *text = malloc(bytes);
    if (!text)
        return wcl__complain_memory();
    for (int64_t i = 0; i < e->dataset.count; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%lld\n", (long long)e->predicted[i]);
    const int result = wcl__write_file(path, text, used);
    free(text);
    return result;
}

static int report(const wcl__options *options, const evaluation *e)
{
    int64_t right = 0;
    const int64_t folders = e->dataset.folders, known = e->classifier.classes;
    if (folders && folders != known && !options->quiet)
        wcl__complain(WCL__DONE,
                      "warning: %s: %lld sub-folders for the network's %lld classes: the nth folder by name "
                      "counts as class n - 1",
                      options->images, (long long)folders, (long long)known);
    for (int64_t i = 0; i < e->dataset.count; i++)
        right += e->predicted[i] == e->dataset.classes[i];
    const double accuracy = (double)right / (double)e->dataset.count;
    printf("accuracy %.4f (%lld of %lld), %.1f images/s%s\n", accuracy, (long long)right,
           (long long)e->dataset.count, (double)e->dataset.count / fmax(e->seconds, 1e-9),
           wcl_model_is_untrained(e->classifier.engine.model) ? " (untrained)" : "");
    if (options->predictions) {
        const int result = write_predictions(e, options->predictions);
        if (result != WCL__DONE)
            return result;
    }
    if (accuracy < options->expect)
        return wcl__complain(WCL__DIFFERS, "%s: accuracy %.4f is less than the expected %.4f",
                             options->operands[0], accuracy, options->expect);
    return WCL__DONE;
}

int wcl__cmd_evaluate(const wcl__options *options)
{
    evaluation e = {0};
    int result = WCL__DONE;
    if (!options->images)
        return wcl__complain(WCL__USAGE, "evaluate: --images is missing: see winocl help evaluate");
    if (options->limit == 0)
        return wcl__complain(WCL__USAGE, "--limit 0: at least one picture");
    if ((result = wcl__dataset_open(options->images, options->labels, options->limit, &e.dataset)) ==
            WCL__DONE &&
        (result = wcl__classifier_open(options, e.dataset.count, NULL, &e.classifier)) == WCL__DONE &&
        (result = evaluate_all(&e)) == WCL__DONE)
        result = report(options, &e);
    free(e.predicted);
    wcl__classifier_close(&e.classifier);
    wcl__dataset_close(&e.dataset);
    return result;
}
