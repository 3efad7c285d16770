/* The picture of a deep network: the slowest layers have a row each, the others share one, and long names
 * lose their middle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/support.h"
#include "tools/picture.h"

enum { MOST_NODES = 200, NAME_BYTES = 128 };

/* The picture's bounds are profile.c's, which needs a device: none here. */
double wcl__bound_ms(const wcl_plan_node *node, const wcl_device_rates *rates)
{
    (void)node;
    (void)rates;
    return 0;
}

bool wcl__is_bound_by_work(const wcl_plan_node *node, const wcl_device_rates *rates)
{
    (void)node;
    (void)rates;
    return false;
}

/* Draws layers of 1, 2, 3... ms. */
static char *draw(int count, const char *name_format)
{
    static wcl_plan_node nodes[MOST_NODES];
    static double node_ms[MOST_NODES];
    static char names[MOST_NODES][NAME_BYTES];
    static char text[1 << 18];
    const char *path = test_path("picture.svg");
    wcl_device_info device = WCL_DEVICE_INFO_INIT;
    wcl_device_rates rates = WCL_DEVICE_RATES_INIT;
    for (int i = 0; i < count; i++) {
        nodes[i] = (wcl_plan_node)WCL_PLAN_NODE_INIT;
        snprintf(names[i], sizeof names[i], "%s_%03d", name_format, i);
        nodes[i].name = names[i];
        nodes[i].op = "Conv";
        nodes[i].algorithm = "gemm";
        nodes[i].launches = 1;
        node_ms[i] = i + 1;
    }
    const wcl__times profile = {
        .nodes = nodes, .node_ms = node_ms, .node_count = count, .total_ms = 1, .run_ms = 1};
    const wcl__picture picture = {"deep", &device, &rates, &profile};
    assert_int_equal(wcl__picture_write(path, &picture), WCL__DONE);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t bytes = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[bytes] = '\0';
    return text;
}

static int times(const char *text, const char *part)
{
    int count = 0;
    for (; (text = strstr(text, part)); text++)
        count++;
    return count;
}

static const struct {
    const char *name;
    int layers, rows;
    const char *rest; /* NULL: no row of the others */
    const char *hidden, *shown;
} rows[] = {
    {"few", 3, 3, NULL, NULL, ">layer_000<"},
    {"40 of 40", 40, 40, NULL, NULL, ">layer_000<"},
    {"40 of 41", 41, 41, ">1 other layers<", ">layer_000<", ">layer_001<"},
    {"40 of 150", 150, 41, ">110 other layers<", ">layer_109<", ">layer_110<"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = draw(rows[i].layers, "layer");
        if (times(text, "<g>") != rows[i].rows || times(text, "other layers") != (rows[i].rest != NULL))
            fail_msg("%s: %d rows", rows[i].name, times(text, "<g>"));
        assert_true(!rows[i].rest || strstr(text, rows[i].rest));
        assert_true(!rows[i].hidden || !strstr(text, rows[i].hidden));
        assert_non_null(strstr(text, rows[i].shown));
    }
    assert_non_null(strstr(draw(150, "layer"), ">6105.00 ms together")); /* 1 + 2 + ... + 110 */
}

static void test_names(void **state)
{
    (void)state;
    const char *text = draw(2, "/model/features/block_of_some_depth/conv");
    assert_non_null(strstr(text, ">/model/features\342\200\246") ? strstr(text, "/conv_001<") : NULL);
    assert_int_equal(times(text, ">/model/features/block_of_some_depth"),
                     2); /* the titles, which a pointer shows */
    text = draw(2, "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
                   "\303\244\303\244\303\244"
                   "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
                   "\303\244\303\244\303\244");
    assert_non_null(strstr(text, "\303\244\342\200\246\303\244"));
    assert_null(strstr(text, "?"));
    assert_non_null(strstr(draw(2, "just_thirty_characters_lo"), ">just_thirty_characters_lo_001<"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
