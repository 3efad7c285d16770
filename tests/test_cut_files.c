/* Model files that get shorter while they are in use. What is mapped and gone would end the process with
 * SIGBUS: it must be an error that names the file, and nothing at all where the files were read
 * into memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/network.h"
#include "support/support.h"

enum { COUNT = 2, CLASSES = 10 };

typedef enum moment { BEFORE_PLANNING, BEFORE_PACKING, BEFORE_THE_NEXT_SHAPE } moment;

static const struct {
    const char *name;
    moment moment;
    double left; /* of the file */
    bool in_memory;
} rows[] = {
    {"emptied before planning", BEFORE_PLANNING, 0, false},
    {"halved before planning", BEFORE_PLANNING, 0.5, false},
    {"one byte short before planning", BEFORE_PLANNING, -1, false},
    {"emptied before packing", BEFORE_PACKING, 0, false},
    {"one byte short before packing", BEFORE_PACKING, -1, false},
    {"emptied before the next shape", BEFORE_THE_NEXT_SHAPE, 0, false},
    {"in memory, emptied before planning", BEFORE_PLANNING, 0, true},
    {"in memory, emptied before packing", BEFORE_PACKING, 0, true},
    {"in memory, emptied before the next shape", BEFORE_THE_NEXT_SHAPE, 0, true},
};

static size_t copy_file(const char *from, const char *to)
{
    char command[3000];
    FILE *file;
    snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    assert_int_equal(system(command), 0);
    assert_non_null(file = fopen(to, "rb"));
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long bytes = ftell(file);
    fclose(file);
    return (size_t)bytes;
}

static void cut(const char *path, size_t bytes, double left)
{
    assert_int_equal(truncate(path, left < 0 ? (off_t)bytes - 1 : (off_t)((double)bytes * left)), 0);
}

static void check_row(size_t i, const char *path, const float *expected)
{
    wcl_model_options loading = WCL_MODEL_OPTIONS_INIT;
    wcl_model *model = NULL;
    wcl_plan *plan = NULL;
    wcl_session *session = NULL;
    wcl_tensor input = load_values("zoo/narrow_vgg_input.npy");
    float output[COUNT * CLASSES] = {0};
    const size_t bytes = copy_file(data_path("zoo/narrow_vgg.onnx"), path);
    loading.in_memory = rows[i].in_memory;
    assert_int_equal(wcl_model_load_with(path, &loading, &model), WCL_OK);
    if (rows[i].moment == BEFORE_PACKING)
        plan = make_plan(model, NULL, &input);
    if (rows[i].moment == BEFORE_THE_NEXT_SHAPE) {
        session = open_session(model, NULL);
        assert_int_equal(wcl_session_run(session, input.data, 1, output), WCL_OK);
    }
    cut(path, bytes, rows[i].left);
    wcl_status status = WCL_OK;
    if (!session)
        status = plan ? wcl_session_create_from_plan(test_device(), plan, NULL, &session)
                      : wcl_session_create(test_device(), model, NULL, &session);
    if (status == WCL_OK)
        status = wcl_session_run(session, input.data, COUNT, output);
    const wcl_error *error = wcl_last_error();
    if (status != (rows[i].in_memory ? WCL_OK : WCL_BAD_FILE))
        fail_msg("%s: %s: %s", rows[i].name, wcl_status_string(status), error->message);
    if (rows[i].in_memory)
        check_values(rows[i].name, output, expected, COUNT * CLASSES, 1e-3);
    else if (strcmp(error->file, path) != 0 || !strstr(error->message, "was cut from"))
        fail_msg("%s: %s", rows[i].name, error->message);
    wcl_session_destroy(session);
    wcl_plan_destroy(plan);
    wcl_model_destroy(model);
    wcl_tensor_clear(&input);
}

static void test_cut(void **state)
{
    (void)state;
    wcl_tensor expected = load_values("zoo/narrow_vgg_output.npy");
    char path[1200];
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        snprintf(path, sizeof path, "%s_%zu.onnx", test_path("cut"), i);
        check_row(i, path, expected.data);
    }
    wcl_tensor_clear(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
