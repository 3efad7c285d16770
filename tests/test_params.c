/* host/tune/params.c, and what a kernel gets of the parameters, over an invented family. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/kernel_set.h"

#define TILE_PARAMS(X)                                 \
    X(cb, 1, 16, 8, "channels in a vector")            \
    X(out_w, 1, 8, 2, "output columns of a work-item") \
    X(shift, -4, 4, 0, "an offset")

typedef struct {
    TILE_PARAMS(WCL__PARAM_MEMBER)
} tile_params;

static const char *tile_constraint(const int *values)
{
    return values[0] * values[1] > 64 ? "cb * out_w is over 64 registers" : NULL;
}

WCL__PARAM_TABLE(tile_table, "tile", TILE_PARAMS, .constraint = tile_constraint);

static void test_standard(void **state)
{
    (void)state;
    tile_params params;
    wcl__params_standard(&tile_table, &params);
    assert_int_equal(params.cb, 8);
    assert_int_equal(params.out_w, 2);
    assert_int_equal(params.shift, 0);
    assert_int_equal(wcl__params_validate(&tile_table, &params), WCL_OK);
}

static const struct {
    const char *name;
    tile_params params;
    const char *message; /* NULL: legal */
} validations[] = {
    {"legal", {16, 4, -4}, NULL},
    {"too small", {0, 2, 0}, "tile: cb=0 is not in 1...16 (channels in a vector)"},
    {"too large", {8, 9, 0}, "tile: out_w=9 is not in 1...8 (output columns of a work-item)"},
    {"below a negative", {8, 2, -5}, "tile: shift=-5 is not in -4...4 (an offset)"},
    {"a combination", {16, 8, 0}, "tile: cb=16 out_w=8 shift=0: cb * out_w is over 64 registers"},
};

static void test_validate(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(validations); i++) {
        const wcl_status status = wcl__params_validate(&tile_table, &validations[i].params);
        assert_int_equal(status, validations[i].message ? WCL_BAD_ARGUMENT : WCL_OK);
        if (validations[i].message)
            assert_string_equal(wcl_last_error()->message, validations[i].message);
    }
}

static void test_print(void **state)
{
    (void)state;
    const tile_params params = {16, 2, -3};
    char text[64], small[8];
    wcl__params_print(&tile_table, &params, text, sizeof text);
    assert_string_equal(text, "cb=16 out_w=2 shift=-3");
    wcl__params_options(&tile_table, &params, NULL, text, sizeof text);
    assert_string_equal(text, "-DCB=16 -DOUT_W=2 -DSHIFT=-3");
    wcl__params_options(&tile_table, &params, "shift out_w", text, sizeof text);
    assert_string_equal(text, "-DOUT_W=2 -DSHIFT=-3");
    wcl__params_options(&tile_table, &params, "out", text, sizeof text);
    assert_string_equal(text, "");
    wcl__params_print(&tile_table, &params, small, sizeof small);
    assert_string_equal(small, "cb=16 o");
    wcl__params_options(&tile_table, &params, NULL, small, 1);
    assert_string_equal(small, "");
}

static const char *options_of(const wcl__kernel *kernel, const tile_params *params)
{
    static wcl__resolved resolved;
    wcl__call call;
    assert_int_equal(wcl__call_begin(&call, kernel, &tile_table, params), WCL_OK);
    assert_int_equal(wcl__portable_kernels.resolve(&call, &resolved), WCL_OK);
    assert_string_equal(resolved.program, kernel->name);
    assert_string_equal(resolved.entry, kernel->name);
    return resolved.options;
}

/* Parameters that a kernel does not read do not change its build. */
static void test_a_kernel_gets_what_it_reads(void **state)
{
    (void)state;
    static const wcl__kernel reader = {"reader", "cb shift"}, other = {"other", NULL};
    static const tile_params params = {8, 2, 1}, unread = {8, 4, 1}, illegal = {16, 8, 1};
    wcl__call call;
    assert_string_equal(options_of(&reader, &params), "-DCB=8 -DSHIFT=1");
    assert_string_equal(options_of(&reader, &unread), "-DCB=8 -DSHIFT=1");
    assert_string_equal(options_of(&other, &unread), "-DCB=8 -DOUT_W=4 -DSHIFT=1");
    assert_int_equal(wcl__call_begin(&call, &reader, &tile_table, &illegal), WCL_BAD_ARGUMENT);
    assert_string_equal(wcl_last_error()->kernel, "reader");
}

static const struct {
    const char *text;
    tile_params result;
    const char *message; /* NULL: good */
} parses[] = {
    {"cb=4 out_w=1 shift=-2", {4, 1, -2}, NULL},
    {"shift=3", {8, 2, 3}, NULL},
    {"  cb=1   ", {1, 2, 0}, NULL},
    {"", {8, 2, 0}, NULL},
    {"cb=4 kb=1", {8, 2, 0}, "tile: no parameter \"kb\""},
    {"c=4", {8, 2, 0}, "tile: no parameter \"c\""},
    {"cb", {8, 2, 0}, "tile: cb: the value is no number"},
    {"cb=", {8, 2, 0}, "tile: cb: the value is no number"},
    {"cb=4x", {8, 2, 0}, "tile: cb: the value is no number"},
    {"cb=-", {8, 2, 0}, "tile: cb: the value is no number"},
    {"cb=99999999999999999999", {8, 2, 0}, "tile: cb: the value is no number"},
    {"out_w=4 cb= 4", {8, 2, 0}, "tile: cb: the value is no number"},
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(parses); i++) {
        tile_params params;
        wcl__params_standard(&tile_table, &params);
        const wcl_status status = wcl__params_parse(&tile_table, parses[i].text, &params);
        assert_int_equal(status, parses[i].message ? WCL_BAD_ARGUMENT : WCL_OK);
        if (parses[i].message)
            assert_string_equal(wcl_last_error()->message, parses[i].message);
        assert_memory_equal(&params, &parses[i].result, sizeof params); /* a bad text changes nothing */
    }
}

static void test_print_and_parse_agree(void **state)
{
    (void)state;
    char text[64];
    for (int cb = 1; cb <= 16; cb++) {
        for (int shift = -4; shift <= 4; shift++) {
            const tile_params params = {cb, 3, shift};
            tile_params back = {0, 0, 0};
            wcl__params_print(&tile_table, &params, text, sizeof text);
            assert_int_equal(wcl__params_parse(&tile_table, text, &back), WCL_OK);
            assert_memory_equal(&params, &back, sizeof params);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standard), cmocka_unit_test(test_validate),
        cmocka_unit_test(test_print),    cmocka_unit_test(test_a_kernel_gets_what_it_reads),
        cmocka_unit_test(test_parse),    cmocka_unit_test(test_print_and_parse_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
