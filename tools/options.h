/* The command line: which options there are, what was given. */
#ifndef WINOCL_TOOLS_OPTIONS_H
#define WINOCL_TOOLS_OPTIONS_H

#include "preprocess.h"
#include "report.h"

enum { WCL__MAX_BATCHES = 16, WCL__MAX_TEXTS = 64 /* of an option that may be repeated */ };

typedef struct wcl__options {
    const char *command; /* the first operand, NULL: none */
    char **operands;     /* after the command */
    int operand_count;
    uint64_t given; /* a bit for each row of the option table */

    const char *device; /* --device or WINOCL_DEVICE; NULL: the best */
    const char *cache;  /* --cache; NULL: the library's default */
    wcl_conv_choice conv;
    wcl_dense_choice dense;
    wcl_precision precision;
    wcl_plan_as plan_as;
    const char *settings[WCL__MAX_TEXTS]; /* --set */
    int setting_count;
    int64_t batches[WCL__MAX_BATCHES];
    int batch_count; /* 0: not given */
    uint64_t memory, limit_bytes;
    double rtol, atol; /* negative: not given */
    wcl_log_level log;
    bool quiet, json, layers, clear, check_finite, no_mmap, help, version;

    bool shapes_nchw;
    const char *inputs[WCL__MAX_TEXTS], *outputs[WCL__MAX_TEXTS]; /* [NAME=]FILE */
    int input_count, output_count;
    const char *dump, *compare;
    int64_t top, runs, warmup, limit;
    const char *images, *labels, *predictions;
    const char *trace, *svg;
    bool has_preprocess;
    wcl__preprocess preprocess;
    double expect; /* negative: not given */
} wcl__options;

/* Fills the options; argv is permuted: options may stand before or after operands. WCL__USAGE with the
 * reason. */
int wcl__options_parse(int argc, char **argv, wcl__options *options);
/* Are all given options among the names in `allowed` ("device batch json")? */
int wcl__options_check(const wcl__options *options, const char *allowed);
/* A line for each option of `allowed`, for help. */
void wcl__options_print(const char *allowed);
/* As --precision takes it. */
const char *wcl__precision_name(wcl_precision precision);
/* As --plan-as takes it; NULL: it was not given. */
const char *wcl__plan_as_name(wcl_plan_as kind);
int64_t wcl__options_batch(const wcl__options *options, int64_t standard);

#endif
