/* Random networks against an interpreter in double precision, in combinations of options and devices:
 * docs/testing.md.
 *
 *   test_random                      300 networks of WINOCL_TEST_SEED, each in four combinations
 *   test_random --count N            other networks of that seed
 *   test_random --seconds N          networks of fresh seeds, each in many combinations, for that long
 *   test_random --graph SEED [--combination "conv=f2 device=gpu"]   one network again, in its four
 * combinations or this one; with --seconds 1 in the eight that it has in a run for a time */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ops/registry.h"
#include "support/fake_plan.h"
#include "support/random_shrink.h"
#include "support/support.h"
#include "base/random.h"

enum { GRAPHS = 300, COMBINATIONS = 4 };

static struct {
    const char *graph, *combination;
    int count, seconds;
} asked = {.count = GRAPHS};

static struct {
    int runs, refused, findings, outputs_weak, settings;
    int operators[64]; /* of the registry, in networks that ran */
    int met[FACTORS][FACTOR_LEVELS][FACTORS][FACTOR_LEVELS];
} total;

/* ---- what runs now, for a crash to tell */

static char now[512];

static void tell(int number)
{
    const ssize_t written = write(STDOUT_FILENO, now, strlen(now));
    (void)written;
    signal(number, SIG_DFL);
    raise(number);
}

static void note(const random_graph *graph, const combination *c)
{
    snprintf(now, sizeof now, "crashed in: test_random --graph %llu --combination \"%s\"\n",
             (unsigned long long)graph->seed, combination_print(c));
}

/* ---- one network */

#define OPERATOR_ADDRESS(row) &wcl__op_##row,
static const wcl__op *const operators[] = {WCL__OPS(OPERATOR_ADDRESS)};

static void count_operators(const random_graph *graph)
{
    for (int i = 0; i < graph->node_count; i++)
        for (size_t k = 0; k < WCL__COUNT(operators); k++)
            total.operators[k] += strcmp(graph->nodes[i].op, operators[k]->name) == 0;
}

static void count_pairs(const combination *c)
{
    for (int i = 0; i < FACTORS; i++)
        for (int k = 0; k < FACTORS; k++)
            total.met[i][c->level[i]][k][c->level[k]]++;
}

static bool fails_alike(const random_graph *graph, const combination *c, void *user)
{
    const outcome *first = user;
    outcome out;
    check_once(graph, c, &out);
    return out.verdict == first->verdict;
}

static void print_settings(const outcome *out)
{
    for (size_t i = 0; i < out->settings.count; i++)
        printf("  --set \"%s\"\n", out->settings.text[i]);
}

/* As it was found, and as small as it can be. */
static void report(const random_graph *graph, const combination *c, outcome *out)
{
    random_graph *small = malloc(sizeof *small);
    combination plain = *c;
    assert_non_null(small);
    total.findings++;
    printf("\n%s\n  test_random --graph %llu --combination \"%s\"\n", out->text,
           (unsigned long long)graph->seed, combination_print(c));
    print_settings(out);
    fflush(stdout);
    *small = *graph;
    if (!graph_shrink(small, &plain, fails_alike, out)) {
        printf("  only after the combinations before it, since sessions share weights: test_random --graph "
               "%llu%s\n",
               (unsigned long long)graph->seed, asked.seconds ? " --seconds 1" : "");
    } else {
        check_once(small, &plain, out);
        printf("smaller, with \"%s\": %s\n", combination_print(&plain), out->text);
        print_settings(out);
    }
    graph_print(small);
    free(small);
}

static void run_one(graph_check *check, const combination *c)
{
    outcome out;
    note(check->graph, c);
    check_run(check, c, &out);
    total.runs++;
    total.refused += out.verdict == REFUSED;
    total.settings += (int)out.settings.count;
    if (out.verdict == AGREES) {
        count_pairs(c);
        total.outputs_weak += out.bound > 0.3;
    } else if (out.verdict != REFUSED) {
        report(check->graph, c, &out);
    }
}

static combination drawn(uint64_t seed, uint64_t ordinal)
{
    combination c;
    bool again = true;
    while (again) {
        again = false;
        for (int i = 0; i < FACTORS; i++) {
            c.level[i] = (int)(wcl__random_key(seed, 4000000 + ordinal++) >> 33) % factor_levels(i);
            again = again || (!asked.seconds && level_is_rare(i, c.level[i]));
        }
    }
    return c;
}

/* In the combination that was asked for, or in as many as `combinations`. */
static void run_graph(const random_graph *graph, int combinations)
{
    graph_check check;
    outcome out;
    combination c = {{0}};
    check_open(graph, &check, &out);
    count_operators(graph);
    if (out.verdict != AGREES)
        report(graph, &c, &out);
    else if (asked.combination && combination_parse(asked.combination, &c))
        run_one(&check, &c);
    else
        for (int i = 0; i < combinations; i++) {
            c = drawn(graph->seed, (uint64_t)i * 1000);
            run_one(&check, &c);
        }
    check_close(&check);
}

/* ---- the test */

static void check_operators(void)
{
    for (size_t k = 0; k < WCL__COUNT(operators); k++)
        if (total.operators[k] == 0)
            fail_msg("no network had a %s", operators[k]->name);
}

static void check_pairs(void)
{
    for (int i = 0; i < FACTORS; i++)
        for (int k = 0; k < i; k++)
            for (int a = 0; a < factor_levels(i); a++)
                for (int b = 0; b < factor_levels(k); b++)
                    if (!level_is_rare(i, a) && !level_is_rare(k, b) && total.met[i][a][k][b] == 0)
                        fail_msg("no network ran with %s=%s and %s=%s", factor_name(i), level_name(i, a),
                                 factor_name(k), level_name(k, b));
}

static void test_random(void **state)
{
    const int signals[] = {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL};
    random_graph *graph = malloc(sizeof *graph);
    (void)state;
    assert_non_null(graph);
    for (size_t i = 0; i < WCL__COUNT(signals); i++)
        signal(signals[i], tell);
    const time_t end = time(NULL) + asked.seconds;
    const uint64_t seed = asked.seconds && !getenv("WINOCL_TEST_SEED") ? (uint64_t)time(NULL) : test_seed();
    int graphs = 0;
    for (bool more = true; more;) {
        graph_make(asked.graph ? strtoull(asked.graph, NULL, 0) : wcl__random_key(seed, (uint64_t)graphs),
                   graph);
        if (asked.graph)
            graph_print(graph);
        run_graph(graph, asked.seconds ? 2 * COMBINATIONS : COMBINATIONS);
        graphs++;
        more = !asked.graph && (asked.seconds ? time(NULL) < end : graphs < asked.count);
    }
    free(graph);
    printf("%d graphs, %d runs, %d settings, %d did not fit, %d with wide bounds, %d findings\n", graphs,
           total.runs, total.settings, total.refused, total.outputs_weak, total.findings);
    if (total.findings > 0)
        fail_msg("%d findings", total.findings);
    if (graphs >= GRAPHS) {
        check_pairs();
        check_operators();
    }
}

/* ---- faults of the planner */

static bool is_noticed(const random_graph *graph)
{
    graph_check check;
    outcome out;
    bool noticed = false;
    check_open(graph, &check, &out);
    for (int i = 0; i < COMBINATIONS && out.verdict <= REFUSED; i++) {
        const combination c = drawn(graph->seed, (uint64_t)i * 1000);
        note(graph, &c);
        check_run(&check, &c, &out);
        noticed = out.verdict == DIFFERS;
    }
    check_close(&check);
    return noticed;
}

/* Graphs until one notices; it must agree without the fault. */
static int graphs_until_noticed(fake_plan_fault fault)
{
    random_graph *graph = malloc(sizeof *graph);
    bool noticed = false;
    int graphs = 0;
    assert_non_null(graph);
    for (; graphs < GRAPHS / 3 && !noticed; graphs++) {
        graph_make(wcl__random_key(test_seed(), (uint64_t)graphs), graph);
        fake_plan_break(fault);
        noticed = is_noticed(graph);
        fake_plan_break(FAKE_PLAN_NONE);
        noticed = noticed && !is_noticed(graph);
    }
    free(graph);
    return noticed ? graphs : 0;
}

static void test_faults(void **state)
{
    static const struct {
        fake_plan_fault fault;
        const char *name;
    } rows[] = {
        {FAKE_PLAN_SHORT_ALIAS, "an alias that lives too short"},
        {FAKE_PLAN_SHORT_LIFE, "a life that ends a step too early"},
        {FAKE_PLAN_LATE_LIFE, "a life that begins a step too late"},
        {FAKE_PLAN_SHORT_OUTPUT, "an output that ends where it begins"},
        {FAKE_PLAN_DROPPED_LAYOUT, "a dropped layout conversion"},
        {FAKE_PLAN_KEY_OF_SOURCE, "a weight's key without its packing"},
        {FAKE_PLAN_KEY_OF_KERNEL, "a weight's key without the packing's arguments and scale"},
    };
    (void)state;
    assert_int_equal(WCL__COUNT(rows), FAKE_PLAN_FAULTS - 1);
    if (asked.graph || asked.seconds)
        skip();
    for (size_t i = 0; i < WCL__COUNT(rows); i++) {
        const int graphs = graphs_until_noticed(rows[i].fault);
        if (graphs == 0)
            fail_msg("%s: no network notices", rows[i].name);
        printf("%s: noticed by network %d\n", rows[i].name, graphs);
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (value && strcmp(argv[i], "--graph") == 0)
            asked.graph = value;
        else if (value && strcmp(argv[i], "--combination") == 0)
            asked.combination = value;
        else if (value && strcmp(argv[i], "--count") == 0)
            asked.count = atoi(value);
        else if (value && strcmp(argv[i], "--seconds") == 0)
            asked.seconds = atoi(value);
        else {
            fprintf(stderr,
                    "usage: test_random [--count N | --seconds N | --graph SEED [--combination \"...\"]]\n");
            return 2;
        }
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random), cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
