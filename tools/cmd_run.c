/* winocl run: tensors in, tensors out. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "escape.h"
#include "compare.h"
#include "engine.h"

enum { SHOWN = 6, NAME_BYTES = 200 };

typedef struct run {
    const wcl__options *options;
    wcl__engine engine;
    wcl__inputs inputs;
    wcl_tensor *outputs;
    int output_count;
    const char *output_files[WCL__MAX_TEXTS]; /* for each output, NULL: none */
} run;

typedef const char *(*name_function)(const wcl_model *model, int index);

/* Which input or output "[NAME=]FILE" means: without a name, the first that has none yet. */
static int resolve(const run *r, const char *text, name_function name_of, int count, const bool *taken,
                   int *index, const char **file)
{
    for (int i = 0; i < count; i++) {
        const char *name = name_of(r->engine.model, i);
        const size_t length = strlen(name);
        if (strncmp(text, name, length) == 0 && text[length] == '=') {
            *index = i;
            *file = text + length + 1;
            return WCL__DONE;
        }
    }
    *file = text;
    for (*index = 0; *index < count && taken[*index];)
        ++*index;
    if (*index == count)
        return wcl__complain(WCL__USAGE, "%s: the model has no more than %d", text, count);
    return WCL__DONE;
}

/* The file's tensor must be what the model declares. */
static int check_input(const wcl_model *model, int index, const char *file, const wcl_tensor *tensor)
{
    wcl_tensor info;
    int result = wcl__complain_library(wcl_model_input_info(model, index, &info));
    if (result != WCL__DONE)
        return result;
    bool fits = info.type == tensor->type && info.rank == tensor->rank;
    for (int i = 0; i < info.rank && fits; i++)
        fits = info.dims[i] < 0 || info.dims[i] == tensor->dims[i];
    if (fits)
        return WCL__DONE;
    char *has = wcl__format_shape(tensor->dims, tensor->rank),
         *needs = wcl__format_shape(info.dims, info.rank);
    result = wcl__complain(WCL__BAD_INPUT, "%s: input %s: the file has %s %s, the model takes %s %s", file,
                           wcl_model_input_name(model, index), wcl_type_name(tensor->type), has ? has : "",
                           wcl_type_name(info.type), needs ? needs : "");
    free(has);
    free(needs);
    return result;
}

/* Inputs without a file get the batch of those with one. */
static int follow_batch(const run *r)
{
    int64_t batch = 0;
    for (int i = 0; i < r->inputs.count && !batch; i++)
        if (r->inputs.loaded[i] && r->inputs.tensors[i].rank > 0)
            batch = r->inputs.tensors[i].dims[0];
    if (batch && r->options->batch_count && r->options->batches[0] != batch)
        return wcl__complain(WCL__BAD_INPUT, "--batch %lld: the input's batch is %lld",
                             (long long)r->options->batches[0], (long long)batch);
    for (int i = 0; i < r->inputs.count && batch; i++) {
        wcl_tensor info;
        const int result = wcl__complain_library(wcl_model_input_info(r->engine.model, i, &info));
        if (result != WCL__DONE)
            return result;
        if (!r->inputs.loaded[i] && info.rank > 0 && info.dims[0] < 0)
            r->inputs.tensors[i].dims[0] = batch;
    }
    return WCL__DONE;
}

static int load_inputs(run *r)
{
    const wcl_model *model = r->engine.model;
    int result = wcl__inputs_create(model, wcl__options_batch(r->options, 0), &r->inputs);
    for (int i = 0; i < r->options->input_count && result == WCL__DONE; i++) {
        const char *file = NULL;
        int index = 0;
        wcl_tensor tensor = {0};
        result = resolve(r, r->options->inputs[i], wcl_model_input_name, r->inputs.count, r->inputs.loaded,
                         &index, &file);
        if (result == WCL__DONE)
            result = wcl__complain_library(wcl_tensor_load(file, &tensor));
        if (result != WCL__DONE)
            return result;
        if (r->inputs.loaded[index])
            wcl_tensor_clear(&r->inputs.tensors[index]);
        r->inputs.tensors[index] = tensor;
        r->inputs.loaded[index] = true;
        result = check_input(model, index, file, &tensor);
    }
    if (result == WCL__DONE)
        result = follow_batch(r);
    return result == WCL__DONE ? wcl__inputs_fill(model, &r->inputs) : result;
}

static int name_outputs(run *r)
{
    bool taken[WCL__MAX_TEXTS] = {false};
    int result = WCL__DONE;
    r->output_count = wcl_model_output_count(r->engine.model);
    if (!(r->outputs = calloc((size_t)r->output_count + 1, sizeof *r->outputs)))
        return wcl__complain_memory();
    const int nameable = r->output_count < WCL__MAX_TEXTS ? r->output_count : WCL__MAX_TEXTS;
    for (int i = 0; i < r->options->output_count && result == WCL__DONE; i++) {
        const char *file = NULL;
        int index = 0;
        result = resolve(r, r->options->outputs[i], wcl_model_output_name, nameable, taken, &index, &file);
        if (result == WCL__DONE) {
            taken[index] = true;
            r->output_files[index] = file;
        }
    }
    return result;
}

static int print_output(const run *r, int index)
{
    const wcl_tensor *tensor = &r->outputs[index];
    const int64_t count = wcl__tensor_elements(tensor);
    wcl__tensor_range range;
    char *shape = wcl__format_shape(tensor->dims, tensor->rank);
    if (!shape)
        return wcl__complain_memory();
    wcl__tensor_measure(tensor, &range);
    wcl__put_escaped(stdout, wcl_model_output_name(r->engine.model, index));
    printf("  %s %s  min %.6g  max %.6g  mean %.6g", wcl_type_name(tensor->type), shape, range.min, range.max,
           range.mean);
    if (range.not_finite)
        printf("  %lld not finite", (long long)range.not_finite);
    fputs("\n ", stdout);
    for (int64_t i = 0; i < count && i < SHOWN; i++)
        printf(" %.6g", wcl__tensor_value(tensor, i));
    puts(count > SHOWN ? " ..." : "");
    free(shape);
    return WCL__DONE;
}

/* A tensor's name as a file's: what a file system may not like is written %XX, and a name that is too long
 * ends in its hash. */
static char *dump_path(const char *folder, const char *name)
{
    char text[NAME_BYTES + 32];
    size_t used = 0;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    for (const char *c = name; *c && used < NAME_BYTES; c++) {
        const bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                           *c == '_' || *c == '-' || (*c == '.' && c != name);
        used += (size_t)snprintf(text + used, sizeof text - used, plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
    text[used] = '\0';
    if (used >= NAME_BYTES)
        snprintf(text + used, sizeof text - used, "-%016llx", (unsigned long long)hash);
    return wcl__formatted("%s/%s.npy", folder, text);
}

typedef struct tensor_visit {
    const run *run;
    int compared, missing;
} tensor_visit;

static int dump_tensor(const run *r, const char *name, const wcl_tensor *tensor)
{
    char *path = dump_path(r->options->dump, name);
    const int result = path ? wcl__complain_library(wcl_tensor_save(path, tensor)) : wcl__complain_memory();
    free(path);
    return result;
}

/* Another algorithm's rounding near zero is no difference: without --atol, a part of the layer's largest
 * value is allowed. */
static int compare_tensor(tensor_visit *visit, const char *name, const wcl_tensor *tensor)
{
    const wcl__options *options = visit->run->options;
    wcl_tensor wanted = {0};
    wcl__tensor_range range;
    char reason[512];
    char *path = dump_path(options->compare, name);
    int result = path ? WCL__DONE : wcl__complain_memory();
    if (result != WCL__DONE)
        goto cleanup;
    if (access(path, F_OK) != 0) {
        visit->missing++;
        goto cleanup;
    }
    if ((result = wcl__complain_library(wcl_tensor_load(path, &wanted))) != WCL__DONE)
        goto cleanup;
    wcl__tensor_measure(&wanted, &range);
    visit->compared++;
    if (!wcl__tensor_agrees(tensor, &wanted, options->rtol < 0 ? 1e-3 : options->rtol,
                            options->atol < 0 ? 1e-4 * range.largest : options->atol, reason, sizeof reason))
        result = wcl__complain(WCL__DIFFERS, "%s: the first tensor that differs: %s", name, reason);
cleanup:
    wcl_tensor_clear(&wanted);
    free(path);
    return result;
}

static int check_tensor(const char *name, const wcl_tensor *tensor)
{
    wcl__tensor_range range;
    wcl__tensor_measure(tensor, &range);
    if (!range.not_finite)
        return WCL__DONE;
    return wcl__complain(WCL__DIFFERS,
                         "%s: the first tensor that is not finite: %lld elements, first element %lld: %g",
                         name, (long long)range.not_finite, (long long)range.first_not_finite,
                         wcl__tensor_value(tensor, range.first_not_finite));
}

static int visit_tensor(tensor_visit *visit, int index)
{
    const run *r = visit->run;
    const char *name = NULL;
    wcl_tensor tensor = {0};
    int result = wcl__complain_library(wcl_session_tensor(r->engine.session, index, &name, &tensor));
    if (result == WCL__DONE && r->options->dump)
        result = dump_tensor(r, name, &tensor);
    if (result == WCL__DONE && r->options->compare)
        result = compare_tensor(visit, name, &tensor);
    if (result == WCL__DONE && r->options->check_finite)
        result = check_tensor(name, &tensor);
    wcl_tensor_clear(&tensor);
    return result;
}

static int visit_tensors(const run *r)
{
    tensor_visit visit = {.run = r};
    int result = WCL__DONE;
    if (r->options->dump && mkdir(r->options->dump, 0777) != 0 && errno != EEXIST)
        return wcl__complain(WCL__BAD_INPUT, "%s: cannot create: %s", r->options->dump, strerror(errno));
    for (int i = 0; i < wcl_session_tensor_count(r->engine.session) && result == WCL__DONE; i++)
        result = visit_tensor(&visit, i);
    if (result != WCL__DONE || !r->options->compare)
        return result;
    if (visit.compared == 0)
        return wcl__complain(WCL__BAD_INPUT, "%s: nothing to compare: it holds no tensor of this network",
                             r->options->compare);
    wcl__print_line("%d tensors agree, %d are not in %s", visit.compared, visit.missing, r->options->compare);
    return WCL__DONE;
}

static int write_outputs(const run *r)
{
    int result = WCL__DONE;
    for (int i = 0; i < r->output_count && result == WCL__DONE; i++) {
        result = print_output(r, i);
        if (result == WCL__DONE && i < WCL__MAX_TEXTS && r->output_files[i])
            result = wcl__complain_library(wcl_tensor_save(r->output_files[i], &r->outputs[i]));
    }
    if (result == WCL__DONE && wcl_model_is_untrained(r->engine.model))
        puts("untrained: the weights are seeded, so the values mean nothing");
    return result;
}

int wcl__cmd_run(const wcl__options *options)
{
    run r = {.options = options};
    wcl_session_options session = wcl__engine_options(options);
    const bool visits = options->dump || options->compare || options->check_finite;
    int result = WCL__DONE;
    session.keep_all = visits;
    if ((result = wcl__engine_load(&r.engine, options->operands[0], options)) != WCL__DONE ||
        (result = name_outputs(&r)) != WCL__DONE || (result = load_inputs(&r)) != WCL__DONE ||
        (result = wcl__engine_device(&r.engine, options)) != WCL__DONE ||
        (result = wcl__engine_session(&r.engine, &session)) != WCL__DONE ||
        (result = wcl__complain_about(
             r.engine.name, wcl_session_run_tensors(r.engine.session, r.inputs.tensors, r.outputs))) !=
            WCL__DONE ||
        (result = write_outputs(&r)) != WCL__DONE)
        goto cleanup;
    if (visits)
        result = visit_tensors(&r);
cleanup:
    for (int i = 0; r.outputs && i < r.output_count; i++)
        wcl_tensor_clear(&r.outputs[i]);
    free(r.outputs);
    wcl__inputs_clear(&r.inputs);
    wcl__engine_close(&r.engine);
    return result;
}
