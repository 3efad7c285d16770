/* winocl verify: ONNX backend-test folders. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "escape.h"
#include "compare.h"
#include "engine.h"

typedef enum verdict {
    PASSED,
    FAILED,
    SKIPPED,
    STOPPED /* the device is gone or memory is, or a setting is not taken, and that has been reported */
} verdict;

typedef struct test {
    const wcl__options *options;
    wcl__engine engine;
    wcl_tensor *inputs, *outputs;
    int input_count, output_count;
    char reason[4096];
    int exit_status; /* when stopped */
} test;

static verdict fail(test *t, const char *reason)
{
    snprintf(t->reason, sizeof t->reason, "%s", reason);
    return FAILED;
}

static verdict stop(test *t, int exit_status)
{
    t->exit_status = exit_status;
    return STOPPED;
}

/* What the library's last error means for the test. */
static verdict judge(test *t, wcl_status status)
{
    const wcl_error *error = wcl_last_error();
    if (status == WCL_OK)
        return PASSED;
    if (status == WCL_DEVICE_LOST || (status == WCL_BAD_ARGUMENT && t->options->setting_count > 0))
        return stop(t, wcl__complain_library(status));
    fail(t, *error->reason ? error->reason : wcl_status_string(status));
    return status == WCL_UNSUPPORTED ? SKIPPED : FAILED;
}

static verdict load_tensor(test *t, const char *folder, const char *kind, int index, wcl_tensor *tensor)
{
    char *path = wcl__formatted("%s/%s_%d.pb", folder, kind, index);
    const verdict result = path ? judge(t, wcl_tensor_load(path, tensor)) : stop(t, wcl__complain_memory());
    free(path);
    return result;
}

static int count_files(const char *folder, const char *kind)
{
    int count = 0;
    for (bool there = true; there;) {
        char *path = wcl__formatted("%s/%s_%d.pb", folder, kind, count);
        there = path && access(path, F_OK) == 0;
        count += there;
        free(path);
    }
    return count;
}

static verdict check_output(test *t, const char *folder, int index)
{
    wcl_tensor wanted = {0};
    char reason[512];
    const double rtol = t->options->rtol < 0 ? 1e-3 : t->options->rtol,
                 atol = t->options->atol < 0 ? 1e-7 : t->options->atol;
    verdict result = load_tensor(t, folder, "output", index, &wanted);
    if (result == PASSED &&
        !wcl__tensor_agrees(&t->outputs[index], &wanted, rtol, atol, reason, sizeof reason)) {
        snprintf(t->reason, sizeof t->reason, "output %s: %s", wcl_model_output_name(t->engine.model, index),
                 reason);
        result = FAILED;
    }
    wcl_tensor_clear(&wanted);
    return result;
}

static void clear_tensors(test *t)
{
    for (int i = 0; i < t->input_count; i++)
        wcl_tensor_clear(&t->inputs[i]);
    for (int i = 0; i < t->output_count; i++)
        wcl_tensor_clear(&t->outputs[i]);
}

static verdict run_data_set(test *t, const char *folder)
{
    verdict result = PASSED;
    const int inputs = count_files(folder, "input"), outputs = count_files(folder, "output");
    if (inputs != t->input_count || outputs > t->output_count || outputs == 0) {
        snprintf(t->reason, sizeof t->reason, "the test has %d inputs and %d outputs, the model %d and %d",
                 inputs, outputs, t->input_count, t->output_count);
        return FAILED;
    }
    for (int i = 0; i < inputs && result == PASSED; i++)
        result = load_tensor(t, folder, "input", i, &t->inputs[i]);
    if (result == PASSED)
        result = judge(t, wcl_session_run_tensors(t->engine.session, t->inputs, t->outputs));
    for (int i = 0; i < outputs && result == PASSED; i++)
        result = check_output(t, folder, i);
    clear_tensors(t);
    return result;
}

static int is_data_set(const struct dirent *entry)
{
    return strncmp(entry->d_name, "test_data_set_", 14) == 0;
}

static verdict run_data_sets(test *t, const char *folder)
{
    struct dirent **entries = NULL;
    verdict result = PASSED;
    const int count = scandir(folder, &entries, is_data_set, alphasort);
    if (count < 1)
        result = fail(t, "it has no test_data_set_*");
    for (int i = 0; i < count; i++) {
        if (result == PASSED) {
            char *path = wcl__formatted("%s/%s", folder, entries[i]->d_name);
            result = path ? run_data_set(t, path) : stop(t, wcl__complain_memory());
            free(path);
        }
        free(entries[i]);
    }
    free(entries);
    return result;
}

static verdict run_model(test *t, const char *folder, const char *path)
{
    const wcl_session_options session = wcl__engine_options(t->options);
    wcl_model_options loading = WCL_MODEL_OPTIONS_INIT;
    loading.in_memory = t->options->no_mmap;
    verdict result = judge(t, wcl_model_load_with(path, &loading, &t->engine.model));
    if (result != PASSED)
        return result;
    t->input_count = wcl_model_input_count(t->engine.model);
    t->output_count = wcl_model_output_count(t->engine.model);
    t->inputs = calloc((size_t)t->input_count + 1, sizeof *t->inputs);
    t->outputs = calloc((size_t)t->output_count + 1, sizeof *t->outputs);
    if (!t->inputs || !t->outputs)
        return stop(t, wcl__complain_memory());
    result = judge(t, wcl_session_create(t->engine.device, t->engine.model, &session, &t->engine.session));
    return result == PASSED ? run_data_sets(t, folder) : result;
}

/* "a/b/test_x/" is called test_x. */
static const char *test_name(const char *folder, char name[256])
{
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && folder[start - 1] != '/')
        start--;
    snprintf(name, 256, "%.*s", (int)(end - start), folder + start);
    return name;
}

static int run_test(const wcl__options *options, wcl_device *device, const char *folder, int counts[3])
{
    static const char *const words[] = {"PASS", "FAIL", "SKIP"};
    char name[256];
    test t = {.options = options, .engine.device = device};
    char *path = wcl__formatted("%s/model.onnx", folder);
    const verdict result = path ? run_model(&t, folder, path) : stop(&t, wcl__complain_memory());
    if (result == PASSED)
        wcl__print_line("PASS %s", test_name(folder, name));
    else if (result != STOPPED)
        wcl__print_line("%s %s: %s", words[result], test_name(folder, name), t.reason);
    if (result != STOPPED)
        counts[result]++;
    free(t.inputs);
    free(t.outputs);
    t.engine.device = NULL; /* the caller's */
    wcl__engine_close(&t.engine);
    free(path);
    return t.exit_status;
}

/* A folder that isn't there is a mistake on the command line, not a failed test. */
static int check_folder(const char *folder)
{
    char *path = wcl__formatted("%s/model.onnx", folder);
    int result = path ? WCL__DONE : wcl__complain_memory();
    if (path && access(path, R_OK) != 0)
        result = wcl__complain(WCL__BAD_INPUT, "%s: cannot open: %s", path, strerror(errno));
    free(path);
    return result;
}

int wcl__cmd_verify(const wcl__options *options)
{
    wcl__engine engine = {0};
    int counts[3] = {0}, result = WCL__DONE;
    for (int i = 0; i < options->operand_count && result == WCL__DONE; i++)
        result = check_folder(options->operands[i]);
    if (result == WCL__DONE)
        result = wcl__engine_device(&engine, options);
    for (int i = 0; i < options->operand_count && result == WCL__DONE; i++) {
        result = run_test(options, engine.device, options->operands[i], counts);
        fflush(stdout);
    }
    wcl__engine_close(&engine);
    if (result != WCL__DONE)
        return result;
    printf("%d passed, %d failed, %d skipped\n", counts[PASSED], counts[FAILED], counts[SKIPPED]);
    return counts[FAILED] ? WCL__DIFFERS : WCL__DONE;
}
