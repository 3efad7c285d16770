/* A network that takes pictures and gives scores for classes. */
#ifndef WINOCL_TOOLS_CLASSIFIER_H
#define WINOCL_TOOLS_CLASSIFIER_H

#include "engine.h"

typedef struct wcl__classifier {
    wcl__engine engine;
    wcl__picture_shape shape;
    wcl__preprocess preprocess;
    int64_t batch; /* pictures at a time */
    bool fixed;    /* the model takes exactly that many */
    float *values; /* batch pictures */
    wcl_tensor input;
    wcl_tensor *outputs;
    int output_count;
    int64_t classes;  /* known after the first run */
    char *label_text; /* one string; labels point into it */
    char **labels;    /* NULL: none */
    int64_t label_count;
} wcl__classifier;

/* Loads the model, opens the device and makes a session; half-made classifiers may be closed. count: pictures
 * there will be, so that a batch isn't larger. labels: a file of class names, a line each; NULL: the model's
 * own, if it has them. */
int wcl__classifier_open(const wcl__options *options, int64_t count, const char *labels,
                         wcl__classifier *classifier);
/* Fits the picture to the network and puts it in place `slot` of the batch. */
int wcl__classifier_put(wcl__classifier *classifier, int64_t slot, const wcl__image *image);
/* Runs the first `count` slots; *scores is count x classes, until the next run. */
int wcl__classifier_run(wcl__classifier *classifier, int64_t count, const float **scores);
/* Turns a row of scores into probabilities: a softmax, unless it is a distribution already. */
void wcl__classifier_probabilities(const float *scores, int64_t classes, double *probabilities);
/* "" where there is none. */
const char *wcl__classifier_label(const wcl__classifier *classifier, int64_t class_index);
void wcl__classifier_close(wcl__classifier *classifier);

#endif
