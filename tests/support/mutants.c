#include "support/mutants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/device.h"
#include "runtime/provider.h"
#include "support/fake_cl.h"
#include "support/support.h"

static const mutant_list *list;
static const mutant *current;
static int rewritten;

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

static char *replace(const char *source)
{
    const char *at = strstr(source, current->from);
    if (!at)
        return NULL;
    const size_t before = (size_t)(at - source), from = strlen(current->from), to = strlen(current->to);
    char *text = malloc(strlen(source) - from + to + 1);
    assert_non_null(text);
    memcpy(text, source, before);
    memcpy(text + before, current->to, to);
    strcpy(text + before + to, at + from);
    rewritten++;
    return text;
}

/* Runs a table on a device of its own, so that nothing is left of other mutants' programs. False: some case
 * failed. */
static bool run_table(const mutant_table *table, wcl__text *report)
{
    op_options options = {.stop = true};
    bool good = true;
    if (wcl_device_open(getenv("WINOCL_DEVICE"), &options.device) != WCL_OK)
        fail_msg("no device: %s", wcl_last_error()->message);
    assert_int_equal(wcl_device_set_cache(options.device, "", 0), WCL_OK);
    /* the same kernel parameters on every device, so that the tables have tails in all of them */
    options.device->facts.type = CL_DEVICE_TYPE_CPU;
    options.device->facts.vector_width = 16;
    for (size_t i = 0; i < table->count && good; i++) {
        int runs;
        good = op_run(&table->cases[i], options, report, &runs);
        good = good && runs > 0;
    }
    wcl_device_destroy(options.device);
    return good;
}

static void test_unchanged_kernels_pass(void **state)
{
    (void)state;
    for (size_t at = 0; at < list->table_count; at++) {
        wcl__text report = {0};
        if (!run_table(&list->tables[at], &report))
            fail_msg("table %zu: %s", at, report.data ? report.data : "nothing ran");
        wcl__text_clear(&report);
    }
}

static void test_targets_are_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < list->count; i++) {
        const mutant *m = &list->mutants[i];
        const wcl__cl_file *file = wcl__cl_files;
        while (file->name && strcmp(file->name, m->file) != 0)
            file++;
        if (!file->name)
            fail_msg("%s: there is no %s", m->name, m->file);
        const size_t found = occurrences(file->text, m->from);
        if (found != 1)
            fail_msg("%s: %s has \"%s\" %zu times, not once", m->name, file->name, m->from, found);
    }
}

/* What is wrong with how a mutant fared; NULL: it was noticed. */
static const char *fate(const mutant *m, const mutant_table *table, wcl__text *report)
{
    current = m;
    rewritten = 0;
    fake_cl_rewrite(replace);
    const bool good = run_table(table, report);
    fake_cl_rewrite(NULL);
    if (rewritten == 0)
        return "its kernel did not run";
    if (good)
        return "nobody noticed it";
    /* The harness' words for what did not even run. */
    if (!report->data || strstr(report->data, ": step: ") || strstr(report->data, ": packing: ") ||
        strstr(report->data, ": emit: "))
        return "it does not compile or run";
    return NULL;
}

static void test_each_mutant_is_noticed(void **state)
{
    size_t survivors = 0;
    (void)state;
    for (size_t i = 0; i < list->count; i++) {
        const mutant *m = &list->mutants[i];
        wcl__text report = {0};
        const char *wrong = fate(m, &list->tables[m->table], &report);
        if (wrong) {
            print_error("%s, %s: %s\n%.400s\n", m->file, m->name, wrong, report.data ? report.data : "");
            survivors++;
        }
        wcl__text_clear(&report);
    }
    if (survivors > 0)
        fail_msg("%zu of %zu mutants were not noticed as they should be", survivors, list->count);
    print_message("             %zu mutants\n", list->count);
}

int mutants_run(const mutant_list *mutants, int (*make_tables)(void **state))
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets_are_there),
        cmocka_unit_test(test_unchanged_kernels_pass),
        cmocka_unit_test(test_each_mutant_is_noticed),
    };
    list = mutants;
    return test_device()->facts.type & CL_DEVICE_TYPE_CPU ? cmocka_run_group_tests(tests, make_tables, NULL)
                                                          : 0;
}
