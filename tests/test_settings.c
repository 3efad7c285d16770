/* Settings, values that a user gives to kernels' parameters: how texts are read, where they are legal, which
 * of several counts, and how long they hold. What each value does: test_families. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/network.h"
#include "support/support.h"
#include "base/text.h"

/* ---- reading */

static const struct {
    const char *text, *family, *node, *values; /* node NULL: any; values: "pb=3 ", those that are given */
} good[] = {
    {"conv_gemm=pb=3", "conv_gemm", NULL, "pb=3 "},
    {"conv_gemm:conv1=pb=3 kb=2", "conv_gemm", "conv1", "pb=3 kb=2 "},
    {"conv_gemm:conv1=kb=2   pb=3 ", "conv_gemm", "conv1", "pb=3 kb=2 "},
    {"conv_gemm:conv1=pb=3 pb=4", "conv_gemm", "conv1", "pb=4 "},
    {"conv_gemm:conv1=pb=-3", "conv_gemm", "conv1", "pb=-3 "}, /* out of range, but a number */
    {"conv_gemm:a:b=pb=3", "conv_gemm", "a:b", "pb=3 "},
    {"conv_gemm:a/b=pb=3", "conv_gemm", "a/b", "pb=3 "},
    {"conv_gemm:a b=pb=3", "conv_gemm", "a b", "pb=3 "},
    {"conv_gemm:a=b=pb=3", "conv_gemm", "a=b", "pb=3 "},
    {"conv_gemm:a=b c=d e=pb=3 kb=2", "conv_gemm", "a=b c=d e", "pb=3 kb=2 "},
    {"conv_gemm:=pb=3", "conv_gemm", "", "pb=3 "},
    {"conv_direct=pb=3", NULL, NULL, "conv_direct: no parameter \"pb\""},
    {"conv_gemm=", NULL, NULL, "\"conv_gemm=\" is not of the form FAMILY[:NODE]=NAME=VALUE..."},
    {"conv_gemm", NULL, NULL, "\"conv_gemm\" is not of the form FAMILY[:NODE]=NAME=VALUE..."},
    {"conv_gemm:conv1", NULL, NULL, "\"conv_gemm:conv1\" is not of the form FAMILY[:NODE]=NAME=VALUE..."},
    {"", NULL, NULL, "\"\" is not of the form FAMILY[:NODE]=NAME=VALUE..."},
    {"pb=3", NULL, NULL, "\"pb=3\" is not of the form FAMILY[:NODE]=NAME=VALUE..."},
    {"conv_gem=pb=3", NULL, NULL, "\"conv_gem=pb=3\": there is no kernel family conv_gem"},
    {":conv1=pb=3", NULL, NULL, "\":conv1=pb=3\": there is no kernel family "},
    {"conv_gemm=pb=x", NULL, NULL, "conv_gemm: pb: the value is no number"},
    {"conv_gemm=pb=3x", NULL, NULL, "conv_gemm: pb: the value is no number"},
    {"conv_gemm=pb=", NULL, NULL, "conv_gemm: pb: the value is no number"},
    {"conv_gemm:conv1=pb=3 kb", NULL, NULL,
     "\"conv_gemm:conv1=pb=3 kb\" is not of the form FAMILY[:NODE]=NAME=VALUE..."},
};

static void print_given(const wcl__setting *setting, char *out, size_t bytes)
{
    size_t used = 0;
    *out = '\0';
    for (int i = 0; i < setting->family->count; i++)
        if (setting->values[i] != WCL__NOT_GIVEN)
            used += (size_t)snprintf(out + used, bytes - used, "%s=%d ", setting->family->fields[i].name,
                                     setting->values[i]);
}

static void test_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(good); i++) {
        const char *texts[] = {"pool=group=3", good[i].text};
        wcl__settings settings;
        char given[200];
        const wcl_status status = wcl__settings_read(texts, 2, wcl__family_find, &settings);
        if (!good[i].family) {
            assert_int_equal(status, WCL_BAD_ARGUMENT);
            assert_string_equal(wcl_last_error()->message, good[i].values);
            assert_int_equal(settings.count, 0);
            assert_null(settings.list);
            continue;
        }
        if (status != WCL_OK)
            fail_msg("%s: %s", good[i].text, wcl_last_error()->message);
        assert_int_equal(settings.count, 2);
        const wcl__setting *setting = &settings.list[1];
        print_given(setting, given, sizeof given);
        assert_string_equal(setting->text, good[i].text);
        assert_string_equal(setting->family->family, good[i].family);
        assert_string_equal(given, good[i].values);
        assert_true((setting->node == NULL) == (good[i].node == NULL));
        if (good[i].node)
            assert_string_equal(setting->node, good[i].node);
        wcl__settings_clear(&settings);
    }
}

/* ---- a network: two convolutions that gemm takes, the second of 1x1, one of two groups, a dense layer */

static wcl_model *network(void)
{
    const wcl_attribute groups = {.name = "group", .kind = WCL_ATTRIBUTE_INT, .i = 2};
    wcl_builder *builder = net_begin();
    net_input(builder, "x", NET_DIMS(-1, 16, 8, 8));
    net_conv(builder, "first", "x", "a", 16, 32, 3, 1);
    net_random(builder, "second_w", NET_DIMS(32, 32, 1, 1), 3, 0.2);
    net_node(builder, "Conv", "b:c=d e/f", "a second_w", "b");
    net_random(builder, "grouped_w", NET_DIMS(32, 16, 3, 3), 5, 0.1);
    assert_int_equal(net_try(builder, "Conv", "grouped", "b grouped_w", "c", &groups, 1), WCL_OK);
    net_node(builder, "Flatten", "flat", "c", "d");
    net_random(builder, "dense_w", NET_DIMS(32 * 6 * 6, 12), 6, 0.05);
    net_node(builder, "Gemm", "dense", "d dense_w", "y");
    return net_end(builder, "y");
}

enum { INPUTS = 16 * 8 * 8, OUTPUTS = 12, MOST_TEXTS = 4 };

static wcl_session_options options_with(const char *const *texts)
{
    wcl_session_options options = cpu_options(WCL_CONV_GEMM, WCL_DENSE_GEMV);
    options.settings = texts;
    while (options.setting_count < MOST_TEXTS && texts[options.setting_count])
        options.setting_count++;
    return options;
}

/* ---- legality: messages and notes */

#define ODD "conv_gemm:b:c=d e/f"

static const struct {
    const char *texts[MOST_TEXTS];
    const char *message;           /* NULL: legal */
    const char *notes[MOST_TEXTS]; /* how each starts */
} legality[] = {
    {{"conv_gemm:first=pb=3"}, NULL, {NULL}},
    {{ODD "=pb=3 gather=0"}, NULL, {NULL}},
    {{"conv_gemm:first=pb=33"},
     "conv_gemm:first=pb=33: pb=33 is not in 1...32 (output pixels of a work-item)",
     {NULL}},
    {{"conv_gemm=pb=0"}, "conv_gemm=pb=0: pb=0 is not in 1...32 (output pixels of a work-item)", {NULL}},
    {{"conv_gemm:first=gather=0"},
     "conv_gemm:first=gather=0: gather must be 1: pb pixels do not always lie one behind the other",
     {NULL}},
    {{"conv_gemm:first=act=3"},
     "conv_gemm:first=act=3: act is 0 here: it follows from the node and its formats",
     {NULL}},
    {{"conv_gemm:first=act=0"}, NULL, {NULL}},
    {{"conv_gemm:second=pb=3"},
     "conv_gemm:second=pb=3: the network as it runs has no node of this name",
     {NULL}},
    {{"conv_gemm:grouped=pb=3"},
     "conv_gemm:grouped=pb=3: conv_gemm cannot run this node: only one group",
     {NULL}},
    {{"conv_gemm:dense=pb=3"}, "conv_gemm:dense=pb=3: conv_gemm cannot run this node", {NULL}},
    {{"lrn=group=3"}, "lrn=group=3: lrn cannot run any node", {NULL}},
    {{"conv_tiled:first=parts=2"},
     "conv_tiled:first=parts=2: conv_tiled cannot run this node: only on GPUs",
     {NULL}},
    {{"conv_direct:grouped=kb=3"},
     "conv_direct:grouped=kb=3: a group's filters must be a multiple of cb * kb",
     {NULL}},
    {{"winograd:first=chunk=7 pb=3"}, "winograd:first=chunk=7 pb=3: chunk must be a multiple of pb", {NULL}},
    {{"conv_gemm=gather=0"},
     NULL,
     {"conv_gemm=gather=0: not on first: gather must be 1: pb pixels do not always lie one behind"}},
    {{"winograd:first=chunk=6 pb=3"},
     NULL,
     {"winograd:first=chunk=6 pb=3: not used: nothing runs by winograd here"}},
    {{"pool=group=3"}, "pool=group=3: pool cannot run any node", {NULL}},
    {{"convert=group=3"}, NULL, {NULL}},
    {{"convert:c=group=3"}, NULL, {NULL}},
    {{"convert=to=4"}, "convert=to=4: to follows from the formats", {NULL}},
    {{"convert=group=0"}, "convert: group=0 is not in 1...1024 (work-items of a work-group)", {NULL}},
    {{"convert:z=group=3"}, "convert:z=group=3: the network as it runs has no tensor of this name", {NULL}},
    {{"winograd=pb=5", "winograd:first=chunk=10"},
     NULL,
     {"winograd=pb=5: not used: nothing runs by winograd here",
      "winograd:first=chunk=10: not used: nothing runs by winograd here"}},
    /* each is legal, not together: what is given for the node wins */
    {{"winograd=pb=4 chunk=8", "winograd:first=pb=5"},
     "winograd=pb=4 chunk=8: chunk must be a multiple of pb",
     {NULL}},
    {{"dense=slice=1", "conv_gemm:first=gather=0"},
     "conv_gemm:first=gather=0: gather must be 1: pb pixels do not always lie one behind the other",
     {NULL}},
    {{"dense=half=1"}, "dense=half=1: half is 0 here: it follows from the node and its formats", {NULL}},
};

static void test_legality(void **state)
{
    wcl_model *model = network();
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(legality); i++) {
        const wcl_session_options options = options_with(legality[i].texts);
        wcl_plan *plan = NULL;
        const wcl_status status = wcl_plan_create(test_device(), model, &options, NULL, &plan);
        if (legality[i].message) {
            assert_int_equal(status, WCL_BAD_ARGUMENT);
            assert_string_equal(wcl_last_error()->message, legality[i].message);
            assert_null(plan);
            continue;
        }
        if (status != WCL_OK)
            fail_msg("%s: %s", legality[i].texts[0], wcl_last_error()->message);
        int count = 0;
        for (; count < MOST_TEXTS && legality[i].notes[count]; count++) {
            const char *note = wcl_plan_note(plan, count), *wanted = legality[i].notes[count];
            if (!note || strncmp(note, wanted, strlen(wanted)) != 0)
                fail_msg("%s: the note is %s", wanted, note ? note : "missing");
        }
        if (wcl_plan_note_count(plan) != count)
            fail_msg("%s: a note too many: %s", legality[i].texts[0], wcl_plan_note(plan, count));
        assert_null(wcl_plan_note(plan, count));
        assert_null(wcl_plan_note(plan, -1));
        wcl_plan_destroy(plan);
    }
    wcl_model_destroy(model);
}

/* ---- precedence */

static const struct {
    const char *name, *texts[MOST_TEXTS];
    const char *first, *second; /* what is among the parameters of the two convolutions */
} precedence[] = {
    {"general", {"conv_gemm=pb=3"}, "pb=3", "pb=3"},
    {"the later of two", {"conv_gemm=pb=3", "conv_gemm=pb=5"}, "pb=5", "pb=5"},
    {"one for a node behind", {"conv_gemm=pb=3", "conv_gemm:first=pb=5"}, "pb=5", "pb=3"},
    {"one for a node before", {"conv_gemm:first=pb=5", "conv_gemm=pb=3"}, "pb=5", "pb=3"},
    {"other fields stay", {"conv_gemm:first=kb=2", "conv_gemm=pb=3 kb=1"}, "pb=3 kb=2", "pb=3 kb=1"},
    {"not legal on one", {"conv_gemm=pb=3 kb=1 gather=0"}, "gather=1", "pb=3 kb=1 gather=0"},
    {"not legal on one that has its own",
     {"conv_gemm=gather=0 kb=3", "conv_gemm:first=pb=5"},
     "pb=5",
     "kb=3 gather=0"},
    {"other families", {"dense=outputs=3", "conv_gemm=pb=3"}, "pb=3", "pb=3"},
};

static void test_precedence(void **state)
{
    wcl_model *model = network();
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(precedence); i++) {
        const wcl_session_options options = options_with(precedence[i].texts);
        wcl_plan *plan = make_plan(model, &options, NULL);
        const wcl_plan_node first = plan_find(plan, "first"), second = plan_find(plan, "b:c=d e/f");
        assert_string_equal(first.family, "conv_gemm");
        assert_string_equal(second.family, "conv_gemm");
        if (!strstr(first.parameters, precedence[i].first) ||
            !strstr(second.parameters, precedence[i].second))
            fail_msg("%s: %s, %s", precedence[i].name, first.parameters, second.parameters);
        wcl_plan_destroy(plan);
    }
    wcl_model_destroy(model);
}

/* ---- how long they hold */

static void expect_first(const wcl_session *session, const char *value)
{
    const wcl_plan_node node = plan_find(wcl_session_plan(session), "first");
    if (!wcl__has_word(node.parameters, value))
        fail_msg("%s: the session's plan has %s", value, node.parameters);
}

static float *run_batch(wcl_session *session, int64_t batch)
{
    float *input = seeded_input(batch * INPUTS),
          *output = run_network(session, input, batch, batch * OUTPUTS);
    free(input);
    return output;
}

static void test_copies(void **state)
{
    char text[] = "conv_gemm:first=pb=3";
    const char *list[MOST_TEXTS] = {text};
    const char *none[MOST_TEXTS] = {NULL};
    wcl_session_options options = options_with(list), plain = options_with(none);
    wcl_model *model = network();
    wcl_session *clone = NULL, *session = open_session(model, &options), *other = open_session(model, &plain);
    (void)state;
    memset(text, '?', sizeof text - 1);
    list[0] = NULL;
    float *got = run_batch(session, 1), *expected = run_batch(other, 1);
    expect_first(session, "pb=3");
    check_values("one picture", got, expected, OUTPUTS, 1e-4);
    free(got);
    free(expected);
    got = run_batch(session, 3); /* planned now */
    expected = run_batch(other, 3);
    expect_first(session, "pb=3");
    check_values("three pictures", got, expected, 3 * OUTPUTS, 1e-4);
    free(got);
    assert_int_equal(wcl_session_clone(session, &clone), WCL_OK);
    wcl_session_destroy(session);
    got = run_batch(clone, 3);
    expect_first(clone, "pb=3");
    check_values("a clone", got, expected, 3 * OUTPUTS, 1e-4);
    free(got);
    free(expected);
    wcl_session_destroy(clone);
    wcl_session_destroy(other);
    wcl_model_destroy(model);
}

/* A session that starts with a plan has the plan's settings, or is refused; what it plans later has them,
 * too.
 */
static void test_from_plan(void **state)
{
    const char *const same[MOST_TEXTS] = {"conv_gemm:first=pb=3"}, *const other[MOST_TEXTS] = {
                                                                       "conv_gemm:first=pb=5"};
    const char *const more[MOST_TEXTS] = {"conv_gemm:first=pb=3", "conv_gemm=kb=2"}, *const none[MOST_TEXTS] =
                                                                                         {NULL};
    const char *const *const refused[] = {other, more, none};
    wcl_model *model = network();
    const wcl_session_options options = options_with(same);
    wcl_plan *plan = make_plan(model, &options, NULL);
    wcl_session *session = NULL;
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(refused); i++) {
        const wcl_session_options wrong = options_with(refused[i]);
        assert_int_equal(wcl_session_create_from_plan(test_device(), plan, &wrong, &session),
                         WCL_BAD_ARGUMENT);
        assert_null(session);
        assert_non_null(strstr(wcl_last_error()->message, "settings"));
    }
    assert_int_equal(wcl_session_create_from_plan(test_device(), plan, &options, &session), WCL_OK);
    wcl_plan_destroy(plan);
    free(run_batch(session, 1));
    expect_first(session, "pb=3");
    free(run_batch(session, 2));
    expect_first(session, "pb=3");
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* What is wrong is told at once, or where the shapes are known. */
static void test_refused_session(void **state)
{
    const char *const bad[MOST_TEXTS] = {"conv_gemm:first=pb=33"};
    const wcl_session_options options = options_with(bad);
    wcl_model *model = network();
    wcl_session *session = NULL;
    float input[INPUTS] = {0}, output[OUTPUTS];
    (void)state;
    wcl_status status = wcl_session_create(test_device(), model, &options, &session);
    if (status == WCL_OK)
        status = wcl_session_run(session, input, 1, output);
    assert_int_equal(status, WCL_BAD_ARGUMENT);
    assert_non_null(strstr(wcl_last_error()->message, "pb=33 is not in 1...32"));
    wcl_session_destroy(session);
    wcl_model_destroy(model);
}

/* The fields that plans have of them. */
static void test_public_fields(void **state)
{
    const char *const none[MOST_TEXTS] = {NULL};
    const wcl_session_options options = options_with(none);
    wcl_model *model = network();
    wcl_plan *plan = make_plan(model, &options, NULL);
    const wcl_plan_node conv = plan_find(plan, "first"), dense = plan_find(plan, "dense"),
                        flat = plan_find(plan, "flat");
    (void)state;
    char blocked[64];
    snprintf(blocked, sizeof blocked, "float32 %s", conv.layout);
    assert_string_equal(conv.format, blocked);
    assert_non_null(strstr(conv.format, "NCHW"));
    assert_string_equal(dense.family, "dense");
    assert_string_equal(dense.format, "float32 NCHW");
    assert_string_equal(flat.family, "");
    assert_string_equal(flat.parameters, "");
    assert_int_equal(wcl_plan_note_count(plan), 0);
    wcl_plan_destroy(plan);
    wcl_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),       cmocka_unit_test(test_legality),
        cmocka_unit_test(test_precedence),    cmocka_unit_test(test_copies),
        cmocka_unit_test(test_from_plan),     cmocka_unit_test(test_refused_session),
        cmocka_unit_test(test_public_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
