#include "classifier.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { STANDARD_BATCH = 8, MAX_LABEL_BYTES = 1 << 24 };

/* The picture that the model's input takes, from its declared dimensions and those with the free ones filled
 * in. */
static int read_shape(wcl__classifier *c, const wcl_tensor *input)
{
    const wcl_model *model = c->engine.model;
    const char *name = wcl_model_input_name(model, 0);
    if (wcl_model_input_count(model) != 1 || input->rank != 4 || input->type != WCL_FLOAT32)
        return wcl__complain(
            WCL__BAD_INPUT,
            "input %s: no picture fits: the model must have one float32 input of 4 dimensions",
            name ? name : "");
    const int64_t *d = input->dims;
    const bool first = d[1] == 1 || d[1] == 3, last = d[3] == 1 || d[3] == 3;
    const int64_t height = d[first ? 2 : 1], width = d[first ? 3 : 2];
    if ((!first && !last) || height < 1 || width < 1 || height > 65535 || width > 65535) {
        char *shape = wcl__format_shape(d, 4);
        const int result =
            wcl__complain(WCL__BAD_INPUT, "input %s: no picture fits its shape %s: it needs 1 or 3 channels",
                          name, shape ? shape : "");
        free(shape);
        return result;
    }
    c->shape = (wcl__picture_shape){(int)width, (int)height, (int)d[first ? 1 : 3], !first};
    return WCL__DONE;
}

static int choose_preprocess(wcl__classifier *c, const wcl__options *options)
{
    const char *name = wcl_model_metadata(c->engine.model, "winocl.preprocess");
    c->preprocess = options->has_preprocess ? options->preprocess : WCL__TORCHVISION;
    if (!options->has_preprocess && name && !wcl__preprocess_parse(name, &c->preprocess))
        return wcl__complain(
            WCL__BAD_INPUT,
            "%s: the model asks for preprocessing \"%s\", which is unknown: choose --preprocess",
            options->operands[0], name);
    return WCL__DONE;
}

static int read_labels(const char *path, char **text)
{
    int result = WCL__DONE;
    struct stat facts;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &facts) != 0)
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot open: %s", path, strerror(errno));
    else if (!S_ISREG(facts.st_mode) || facts.st_size > MAX_LABEL_BYTES)
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot read: not a list of class names", path);
    else if (!(*text = calloc((size_t)facts.st_size + 1, 1)))
        result = wcl__complain_memory();
    else if (fread(*text, 1, (size_t)facts.st_size, file) != (size_t)facts.st_size)
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot read: %s", path, strerror(errno));
    if (file)
        fclose(file);
    return result;
}

static int split_labels(wcl__classifier *c)
{
    int64_t lines = 1;
    for (const char *at = c->label_text; *at; at++)
        lines += *at == '\n';
    if (!(c->labels = calloc((size_t)lines + 1, sizeof *c->labels)))
        return wcl__complain_memory();
    for (char *line = c->label_text; line && *line;) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        const size_t length = strlen(line);
        if (length && line[length - 1] == '\r')
            line[length - 1] = '\0';
        c->labels[c->label_count++] = line;
        line = end ? end + 1 : NULL;
    }
    while (c->label_count > 0 && !*c->labels[c->label_count - 1]) /* blank lines at the end */
        c->label_count--;
    return WCL__DONE;
}

static int find_labels(wcl__classifier *c, const char *labels)
{
    const char *own = wcl_model_metadata(c->engine.model, "winocl.labels");
    int result = WCL__DONE;
    if (labels)
        result = read_labels(labels, &c->label_text);
    else if (own && !(c->label_text = wcl__formatted("%s", own)))
        result = wcl__complain_memory();
    return result == WCL__DONE && c->label_text ? split_labels(c) : result;
}

static int make_batch(wcl__classifier *c, const wcl__options *options, int64_t count)
{
    wcl_tensor declared;
    wcl__inputs inputs = {0};
    int64_t wanted = wcl__options_batch(options, 0);
    int result = wcl__inputs_create(c->engine.model, wanted, &inputs);
    if (result != WCL__DONE ||
        (result = wcl__complain_library(wcl_model_input_info(c->engine.model, 0, &declared))) != WCL__DONE ||
        (result = read_shape(c, &inputs.tensors[0])) != WCL__DONE)
        goto cleanup;
    c->fixed = declared.dims[0] >= 0;
    wanted = wanted ? wanted : STANDARD_BATCH;
    c->batch = c->fixed ? declared.dims[0] : wanted < count ? wanted : count;
    c->input = inputs.tensors[0];
    c->input.dims[0] = c->batch;
    const int64_t elements = wcl__tensor_elements(&c->input);
    c->output_count = wcl_model_output_count(c->engine.model);
    c->outputs = calloc((size_t)c->output_count + 1, sizeof *c->outputs);
    c->values = elements < 1 ? NULL : calloc((size_t)elements, sizeof *c->values);
    if (!c->outputs || !c->values)
        result = wcl__complain_memory();
cleanup:
    wcl__inputs_clear(&inputs);
    return result;
}

int wcl__classifier_open(const wcl__options *options, int64_t count, const char *labels, wcl__classifier *c)
{
    const wcl_session_options session = wcl__engine_options(options);
    int result = WCL__DONE;
    if ((result = wcl__engine_load(&c->engine, options->operands[0], options)) != WCL__DONE ||
        (result = make_batch(c, options, count)) != WCL__DONE ||
        (result = choose_preprocess(c, options)) != WCL__DONE ||
        (result = find_labels(c, labels)) != WCL__DONE ||
        (result = wcl__engine_device(&c->engine, options)) != WCL__DONE)
        return result;
    return wcl__engine_session(&c->engine, &session);
}

static int64_t picture_values(const wcl__classifier *c)
{
    return (int64_t)c->shape.width * c->shape.height * c->shape.channels;
}

int wcl__classifier_put(wcl__classifier *c, int64_t slot, const wcl__image *image)
{
    wcl__image fitted = {0};
    const int result = wcl__preprocess_fit(image, c->preprocess, &c->shape, &fitted);
    if (result == WCL__DONE)
        wcl__preprocess_normalise(&fitted, c->preprocess, &c->shape, c->values + slot * picture_values(c));
    wcl__image_clear(&fitted);
    return result;
}

static void clear_outputs(wcl__classifier *c)
{
    for (int i = 0; c->outputs && i < c->output_count; i++)
        wcl_tensor_clear(&c->outputs[i]);
}

int wcl__classifier_run(wcl__classifier *c, int64_t count, const float **scores)
{
    const int64_t batch = c->fixed ? c->batch : count;
    c->input.dims[0] = batch;
    c->input.data = c->values;
    c->input.bytes = (size_t)(batch * picture_values(c)) * sizeof(float);
    clear_outputs(c);
    const int result = wcl__complain_about(c->engine.name,
                                           wcl_session_run_tensors(c->engine.session, &c->input, c->outputs));
    if (result != WCL__DONE)
        return result;
    const wcl_tensor *output = &c->outputs[0];
    const int64_t elements = wcl__tensor_elements(output);
    if (output->type != WCL_FLOAT32 || elements < batch || elements % batch != 0 ||
        (output->rank > 0 && output->dims[0] != batch))
        return wcl__complain(
            WCL__BAD_INPUT,
            "output %s: no scores of classes: it must be float32, with a row for each picture",
            wcl_model_output_name(c->engine.model, 0));
    c->classes = elements / batch;
    *scores = output->data;
    return WCL__DONE;
}

void wcl__classifier_probabilities(const float *scores, int64_t classes, double *probabilities)
{
    double sum = 0, largest = -INFINITY, least = INFINITY, total = 0;
    for (int64_t i = 0; i < classes; i++) {
        sum += scores[i];
        largest = fmax(largest, scores[i]);
        least = fmin(least, scores[i]);
    }
    const bool distribution = least >= 0 && fabs(sum - 1) < 1e-2;
    for (int64_t i = 0; i < classes; i++)
        total += probabilities[i] = distribution ? scores[i] : exp(scores[i] - largest);
    for (int64_t i = 0; i < classes && !distribution; i++)
        probabilities[i] /= total;
}

const char *wcl__classifier_label(const wcl__classifier *c, int64_t class_index)
{
    return class_index < c->label_count ? c->labels[class_index] : "";
}

void wcl__classifier_close(wcl__classifier *c)
{
    clear_outputs(c);
    free(c->outputs);
    free(c->values);
    free(c->labels);
    free(c->label_text);
    wcl__engine_close(&c->engine);
    *c = (wcl__classifier){0};
}
