#include "options.h"

#include "suggest.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* name, short form, argument's name (NULL: none), meaning. A name's place is its bit in wcl__options.given.
 */
#define OPTION_TABLE(X)                                                                                   \
    X(device, 0, "SPEC", "gpu, cpu, accelerator, PLATFORM:DEVICE or part of a name (also WINOCL_DEVICE)") \
    X(conv, 0, "ALGORITHM", "of convolutions, where it can be used: auto, direct, gemm, f2, f4, f6")      \
    X(dense, 0, "ALGORITHM", "of dense layers, where it can be used: auto, clblast, gemv, gemm")          \
    X(precision, 0, "TYPE", "of stored weights: fp32, half-weights (sums are fp32 always)")               \
    X(set, 0, "FAMILY[:NODE]=VALUES",                                                                     \
      "kernel parameters by hand, \"conv_gemm:conv1=pb=12 kb=2\"; see winocl families")                   \
    X(plan_as, 0, "KIND", "plan as for such a device, on whatever device: cpu, gpu")                      \
    X(batch, 0, "N", "pictures at a time; bench takes a list: 1,8")                                       \
    X(memory, 0, "BYTES", "most device memory to use, with k, M or G")                                    \
    X(cache, 0, "DIR", "of compiled kernels (also WINOCL_CACHE); empty: none")                            \
    X(no_mmap, 0, NULL, "read the model's files into memory: they may change afterwards")                 \
    X(rtol, 0, "X", "relative tolerance (1e-3)")                                                          \
    X(atol, 0, "X", "absolute tolerance (1e-7)")                                                          \
    X(log, 0, "LEVEL", "error, warning (the default), info or debug")                                     \
    X(quiet, 0, NULL, "neither log nor progress")                                                         \
    X(json, 0, NULL, "JSON instead of text")                                                              \
    X(shapes, 0, "ORDER", "keras (channels last, the default) or nchw")                                   \
    X(input, 'i', "[NAME=]FILE.npy", "an input's values; without, seeded random ones")                    \
    X(output, 'o', "[NAME=]FILE.npy", "where an output's values go")                                      \
    X(dump, 0, "DIR", "write every intermediate tensor as .npy")                                          \
    X(compare, 0, "DIR", "compare every intermediate tensor with a dump")                                 \
    X(check_finite, 0, NULL, "fail if a tensor holds an infinity or a NaN")                               \
    X(top, 0, "N", "classes to print (5)")                                                                \
    X(labels, 0, "FILE", "classify: class names, a line each; evaluate: an IDX file")                     \
    X(preprocess, 0, "METHOD", "caffe, torchvision, tf or unit; default: the model's, else torchvision")  \
    X(images, 0, "FILE", "an IDX file, plain or .gz, or a folder with one sub-folder a class")            \
    X(limit, 0, "N", "evaluate: pictures to take; cache: bytes to keep, with k, M or G")                  \
    X(expect, 0, "ACCURACY", "fail below this accuracy (0.9 or 90%)")                                     \
    X(predictions, 0, "FILE", "write the predicted classes, a number a line")                             \
    X(runs, 0, "N", "timed runs (10)")                                                                    \
    X(warmup, 0, "N", "runs before them (2)")                                                             \
    X(layers, 0, NULL, "time each layer, too")                                                            \
    X(trace, 0, "FILE.json", "write a Chrome trace of a run")                                             \
    X(svg, 0, "FILE.svg", "draw each layer's time and its roofline")                                      \
    X(clear, 0, NULL, "remove everything")                                                                \
    X(help, 'h', NULL, "this text")                                                                       \
    X(version, 'V', NULL, "the program's version")

enum {
#define OPTION_ENUM(name, letter, argument, text) OPTION_##name,
    OPTION_TABLE(OPTION_ENUM)
#undef OPTION_ENUM
        OPTION_COUNT
};

typedef struct option_row {
    const char *name, *argument, *text;
    int letter;
} option_row;

static const option_row rows[OPTION_COUNT] = {
#define OPTION_ROW(name, letter, argument, text) {#name, argument, text, letter},
    OPTION_TABLE(OPTION_ROW)
#undef OPTION_ROW
};

enum { FIRST_CODE = 256 }; /* getopt's answer for row i is FIRST_CODE + i, so that no letter collides */

/* check_finite is --check-finite */
static void option_name(const option_row *row, char name[32])
{
    snprintf(name, 32, "%s", row->name);
    for (char *c = name; *c; c++)
        if (*c == '_')
            *c = '-';
}

static int bad_value(const char *option, const char *value, const char *reason)
{
    return wcl__complain(WCL__USAGE, "--%s %s: %s", option, value, reason);
}

static bool parse_whole(const char *text, int64_t *value, const char **rest)
{
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    *value = number;
    *rest = end;
    return isdigit((unsigned char)*text) && errno == 0;
}

static int parse_number(const char *option, const char *text, int64_t least, int64_t most, int64_t *value)
{
    const char *rest = NULL;
    if (!parse_whole(text, value, &rest) || *rest || *value < least || *value > most)
        return wcl__complain(WCL__USAGE, "--%s %s: not a whole number from %lld to %lld", option, text,
                             (long long)least, (long long)most);
    return WCL__DONE;
}

static int parse_bytes(const char *option, const char *text, uint64_t *bytes)
{
    static const char units[] = "kMGT";
    const char *rest = NULL;
    int64_t number = 0, scale = 1;
    const bool is_number = parse_whole(text, &number, &rest);
    const char *unit = is_number && *rest ? strchr(units, *rest == 'K' ? 'k' : *rest) : NULL;
    for (const char *u = units; unit && u <= unit; u++)
        scale *= 1024;
    if (!is_number || (*rest && (!unit || rest[1])) || number > INT64_MAX / scale)
        return bad_value(option, text, "not a number of bytes, such as 500M");
    *bytes = (uint64_t)(number * scale);
    return WCL__DONE;
}

static int parse_real(const char *option, const char *text, double *value)
{
    char *end = NULL;
    *value = strtod(text, &end);
    if (end == text || *end || !isfinite(*value) || *value < 0)
        return bad_value(option, text, "not a number, zero or more");
    return WCL__DONE;
}

static int parse_fraction(const char *option, const char *text, double *value)
{
    char *end = NULL;
    *value = strtod(text, &end);
    if (end != text && *end == '%') {
        *value /= 100;
        end++;
    }
    if (end == text || *end || !(*value >= 0 && *value <= 1))
        return bad_value(option, text, "not an accuracy from 0 to 1, or in %");
    return WCL__DONE;
}

static int parse_batches(const char *text, wcl__options *options)
{
    const char *rest = text;
    options->batch_count = 0;
    do {
        int64_t batch = 0;
        const char *start = options->batch_count ? rest + 1 : rest;
        if (!parse_whole(start, &batch, &rest) || (*rest && *rest != ',') || batch < 1 || batch > 1 << 20)
            return bad_value("batch", text, "not a whole number from 1 to 1048576");
        if (options->batch_count == WCL__MAX_BATCHES)
            return bad_value("batch", text, "too many batch sizes");
        options->batches[options->batch_count++] = batch;
    } while (*rest);
    return WCL__DONE;
}

typedef struct choice {
    const char *name;
    int value;
} choice;

static const choice conv_choices[] = {{"auto", WCL_CONV_AUTO},
                                      {"direct", WCL_CONV_DIRECT},
                                      {"gemm", WCL_CONV_GEMM},
                                      {"f2", WCL_CONV_F2},
                                      {"f4", WCL_CONV_F4},
                                      {"f6", WCL_CONV_F6},
                                      {0}};
static const choice dense_choices[] = {{"auto", WCL_DENSE_AUTO},
                                       {"clblast", WCL_DENSE_CLBLAST},
                                       {"gemv", WCL_DENSE_GEMV},
                                       {"gemm", WCL_DENSE_GEMM},
                                       {0}};
static const choice precisions[] = {{"fp32", WCL_FP32}, {"half-weights", WCL_HALF_WEIGHTS}, {0}};
static const choice plan_kinds[] = {{"cpu", WCL_PLAN_AS_CPU}, {"gpu", WCL_PLAN_AS_GPU}, {0}};
static const choice log_levels[] = {{"error", WCL_LOG_ERROR},
                                    {"warning", WCL_LOG_WARNING},
                                    {"info", WCL_LOG_INFO},
                                    {"debug", WCL_LOG_DEBUG},
                                    {0}};
static const choice shape_orders[] = {{"keras", 0}, {"nchw", 1}, {0}};

static int parse_choice(const char *option, const char *text, const choice *choices, int *value)
{
    char names[128] = "";
    for (const choice *c = choices; c->name; c++) {
        if (strcmp(c->name, text) == 0) {
            *value = c->value;
            return WCL__DONE;
        }
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", c == choices ? "" : ", ",
                 c->name);
    }
    return wcl__complain(WCL__USAGE, "--%s %s: no implementation; there is %s", option, text, names);
}

static int add_text(const char *option, const char *text, const char **texts, int *count)
{
    if (*count == WCL__MAX_TEXTS)
        return bad_value(option, text, "given too often");
    texts[(*count)++] = text;
    return WCL__DONE;
}

static int parse_option(int index, const char *text, wcl__options *o)
{
    const char *name = rows[index].name;
    int value = 0, result = WCL__DONE;
    switch (index) {
    case OPTION_device:
        o->device = text;
        return WCL__DONE;
    case OPTION_conv:
        result = parse_choice(name, text, conv_choices, &value);
        o->conv = (wcl_conv_choice)value;
        return result;
    case OPTION_dense:
        result = parse_choice(name, text, dense_choices, &value);
        o->dense = (wcl_dense_choice)value;
        return result;
    case OPTION_precision:
        result = parse_choice(name, text, precisions, &value);
        o->precision = (wcl_precision)value;
        return result;
    case OPTION_set:
        return add_text(name, text, o->settings, &o->setting_count);
    case OPTION_plan_as:
        result = parse_choice("plan-as", text, plan_kinds, &value);
        o->plan_as = (wcl_plan_as)value;
        return result;
    case OPTION_batch:
        return parse_batches(text, o);
    case OPTION_memory:
        return parse_bytes(name, text, &o->memory);
    case OPTION_cache:
        o->cache = text;
        return WCL__DONE;
    case OPTION_no_mmap:
        o->no_mmap = true;
        return WCL__DONE;
    case OPTION_rtol:
        return parse_real(name, text, &o->rtol);
    case OPTION_atol:
        return parse_real(name, text, &o->atol);
    case OPTION_log:
        result = parse_choice(name, text, log_levels, &value);
        o->log = (wcl_log_level)value;
        return result;
    case OPTION_quiet:
        o->quiet = true;
        return WCL__DONE;
    case OPTION_json:
        o->json = true;
        return WCL__DONE;
    case OPTION_shapes:
        result = parse_choice(name, text, shape_orders, &value);
        o->shapes_nchw = value != 0;
        return result;
    case OPTION_input:
        return add_text(name, text, o->inputs, &o->input_count);
    case OPTION_output:
        return add_text(name, text, o->outputs, &o->output_count);
    case OPTION_dump:
        o->dump = text;
        return WCL__DONE;
    case OPTION_compare:
        o->compare = text;
        return WCL__DONE;
    case OPTION_check_finite:
        o->check_finite = true;
        return WCL__DONE;
    case OPTION_top:
        return parse_number(name, text, 1, 1000000, &o->top);
    case OPTION_labels:
        o->labels = text;
        return WCL__DONE;
    case OPTION_preprocess:
        o->has_preprocess = wcl__preprocess_parse(text, &o->preprocess);
        return o->has_preprocess
                   ? WCL__DONE
                   : bad_value(name, text, "no implementation; there is caffe, torchvision, tf, unit");
    case OPTION_images:
        o->images = text;
        return WCL__DONE;
    case OPTION_limit: /* pictures, or bytes */
        result = parse_bytes(name, text, &o->limit_bytes);
        o->limit = (int64_t)o->limit_bytes;
        return result;
    case OPTION_expect:
        return parse_fraction(name, text, &o->expect);
    case OPTION_predictions:
        o->predictions = text;
        return WCL__DONE;
    case OPTION_runs:
        return parse_number(name, text, 1, 1000000, &o->runs);
    case OPTION_warmup:
        return parse_number(name, text, 0, 1000000, &o->warmup);
    case OPTION_layers:
        o->layers = true;
        return WCL__DONE;
    case OPTION_trace:
        o->trace = text;
        return WCL__DONE;
    case OPTION_svg:
        o->svg = text;
        return WCL__DONE;
    case OPTION_clear:
        o->clear = true;
        return WCL__DONE;
    case OPTION_help:
        o->help = true;
        return WCL__DONE;
    default:
        o->version = true;
        return WCL__DONE;
    }
}

/* "--formt" or "--formt=x" */
static int unknown_option(const char *given, char names[OPTION_COUNT][32])
{
    char bare[32] = "";
    const size_t dashes = strspn(given, "-");
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(given + dashes, "="), given + dashes);
    wcl__suggestion suggestion = {.given = bare};
    for (int i = 0; i < OPTION_COUNT; i++)
        wcl__suggest(&suggestion, names[i]);
    if (suggestion.best)
        return wcl__complain(WCL__USAGE, "%s: unknown or ambiguous option: did you mean --%s?", given,
                             suggestion.best);
    return wcl__complain(WCL__USAGE, "%s: unknown or ambiguous option: see winocl help", given);
}

int wcl__options_parse(int argc, char **argv, wcl__options *options)
{
    static char names[OPTION_COUNT][32];
    struct option table[OPTION_COUNT + 1] = {{0}};
    char letters[2 * OPTION_COUNT + 2] = ":";
    int code = 0;
    for (int i = 0; i < OPTION_COUNT; i++) {
        option_name(&rows[i], names[i]);
        table[i] = (struct option){names[i], rows[i].argument ? required_argument : no_argument, NULL,
                                   FIRST_CODE + i};
        if (rows[i].letter)
            snprintf(letters + strlen(letters), sizeof letters - strlen(letters), "%c%s", rows[i].letter,
                     rows[i].argument ? ":" : "");
    }
    *options = (wcl__options){
        .rtol = -1, .atol = -1, .expect = -1, .log = WCL_LOG_WARNING, .top = 5, .runs = 10, .warmup = 2};
    options->limit = -1;
    options->device = getenv("WINOCL_DEVICE");
    opterr = 0;
    while ((code = getopt_long(argc, argv, letters, table, NULL)) != -1) {
        if (code == ':')
            return wcl__complain(WCL__USAGE, "%s: needs a value: see winocl help", argv[optind - 1]);
        if (code == '?' && optopt && optopt < FIRST_CODE)
            return wcl__complain(WCL__USAGE, "-%c: unknown option: see winocl help", optopt);
        if (code == '?' && optopt)
            return wcl__complain(WCL__USAGE, "%s: takes no value: see winocl help", argv[optind - 1]);
        if (code == '?')
            return unknown_option(argv[optind - 1], names);
        int index = code - FIRST_CODE;
        for (int i = 0; i < OPTION_COUNT && code < FIRST_CODE; i++)
            if (rows[i].letter == code)
                index = i;
        const int result = parse_option(index, optarg, options);
        if (result != WCL__DONE)
            return result;
        options->given |= UINT64_C(1) << index;
    }
    options->command = optind < argc ? argv[optind] : NULL;
    options->operands = argv + optind + (optind < argc);
    options->operand_count = optind < argc ? argc - optind - 1 : 0;
    return WCL__DONE;
}

static bool listed(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

int wcl__options_check(const wcl__options *options, const char *allowed)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        char name[32];
        option_name(&rows[i], name);
        if ((options->given >> i & 1) && !listed(allowed, name))
            return wcl__complain(WCL__USAGE, "--%s: not an option of %s: see winocl help %s", name,
                                 options->command, options->command);
    }
    return WCL__DONE;
}

void wcl__options_print(const char *allowed)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        char name[32], left[64], letter[8] = "    ";
        option_name(&rows[i], name);
        if (!listed(allowed, name))
            continue;
        if (rows[i].letter)
            snprintf(letter, sizeof letter, "-%c, ", rows[i].letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, name, rows[i].argument ? " " : "",
                 rows[i].argument ? rows[i].argument : "");
        printf("  %-32s %s\n", left, rows[i].text);
    }
}

const char *wcl__precision_name(wcl_precision precision)
{
    return precisions[precision].name;
}

const char *wcl__plan_as_name(wcl_plan_as kind)
{
    return kind == WCL_PLAN_AS_CPU ? "cpu" : kind == WCL_PLAN_AS_GPU ? "gpu" : NULL;
}

int64_t wcl__options_batch(const wcl__options *options, int64_t standard)
{
    return options->batch_count ? options->batches[0] : standard;
}
