/* Layouts: where elements stand, and conversion between any two of them on the device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/shape/convert.h"
#include "support/guarded.h"
#include "support/support.h"

#define PLAIN WCL__PLAIN
#define BLOCKED(b)                               \
    {                                            \
        WCL_FLOAT32, WCL__NCHW, b, 0, 0, 0, 0, 1 \
    }
#define NHWC                                     \
    {                                            \
        WCL_FLOAT32, WCL__NHWC, 1, 0, 0, 0, 0, 1 \
    }
#define BORDERED                                 \
    {                                            \
        WCL_FLOAT32, WCL__NCHW, 4, 1, 2, 3, 4, 8 \
    }

static const struct {
    const char *name;
    wcl__format layout;
    wcl__shape shape;
    int64_t count;
    wcl__view view;
} places[] = {
    {"NCHW", PLAIN, {4, {2, 17, 5, 3}}, 510, {0, 255, 15, 3, 1, 2, 17, 5, 3}},
    {"NCHW16c", BLOCKED(16), {4, {2, 17, 5, 3}}, 960, {0, 480, 240, 48, 16, 2, 17, 5, 3}},
    {"NHWC", NHWC, {4, {2, 17, 5, 3}}, 510, {0, 255, 1, 51, 17, 2, 17, 5, 3}},
    {"NCHW8c", BLOCKED(8), {3, {2, 8, 7}}, 112, {0, 56, 56, 56, 8, 2, 8, 1, 7}},
    {"NCHW4c", BLOCKED(4), {2, {3, 5}}, 24, {0, 8, 4, 4, 4, 3, 5, 1, 1}},
    /* rows of 2 + 3 + 4 = 9 pixels, aligned to 16; 1 + 5 + 3 = 9 of them */
    {"NCHW4c border 1,2,3,4", BORDERED, {4, {1, 6, 5, 3}}, 1152, {72, 1152, 576, 64, 4, 1, 6, 5, 3}},
};

static void test_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(places); i++) {
        wcl__view view;
        char name[64];
        assert_int_equal(wcl__format_count(&places[i].layout, &places[i].shape), places[i].count);
        assert_int_equal(wcl__format_view(&places[i].layout, &places[i].shape, &view), WCL_OK);
        if (memcmp(&view, &places[i].view, sizeof view) != 0)
            fail_msg("%s: the view is %d %d %d %d %d", places[i].name, view.origin, view.image, view.plane,
                     view.row, view.pixel);
        wcl__format_print(&places[i].layout, name, sizeof name);
        assert_string_equal(name, places[i].name);
        const wcl__format again = wcl__format_of(wcl__format_intern(&places[i].layout));
        assert_memory_equal(&again, &places[i].layout, sizeof again);
        for (size_t k = 0; k < WCL__COUNT(places); k++)
            assert_int_equal(wcl__format_equal(&places[i].layout, &places[k].layout),
                             memcmp(&places[i].layout, &places[k].layout, sizeof again) == 0);
    }
}

static void test_equality(void **state)
{
    (void)state;
    for (size_t i = 0; i < WCL__COUNT(places); i++) {
        for (size_t j = 0; j < WCL__COUNT(places); j++)
            assert_int_equal(wcl__format_equal(&places[i].layout, &places[j].layout), i == j);
        assert_int_equal(wcl__format_is_plain(&places[i].layout), i == 0);
    }
}

static void test_too_large(void **state)
{
    (void)state;
    const wcl__format blocked = wcl__blocked_format(16), plain = wcl__plain_format();
    const wcl__shape image = {4, {1, 65, 8192, 8192}}, images = {4, {1ll << 31, 1, 2, 2}};
    const wcl__shape overflow = {4, {1ll << 31, 1ll << 31, 2, 2}}, five = {5, {1, 1, 1, 1, 1}};
    wcl__view view;
    assert_int_equal(wcl__format_view(&blocked, &image, &view), WCL_UNSUPPORTED);
    assert_int_equal(wcl__format_view(&plain, &images, &view), WCL_UNSUPPORTED);
    assert_string_equal(wcl_last_error()->reason,
                        "2147483648 images of 4 elements are too large: the most is 2147483647 of either");
    assert_int_equal(wcl__format_view(&plain, &overflow, &view), WCL_UNSUPPORTED);
    assert_int_equal(wcl__format_view(&plain, &five, &view), WCL_UNSUPPORTED);
    assert_int_equal(wcl__format_count(&blocked, &overflow), -1);
    assert_int_equal(wcl__format_count(&plain, &overflow), -1);
}

/* ---- conversion */

static const wcl__format layouts[] = {PLAIN, BLOCKED(4), BLOCKED(8), BLOCKED(16), NHWC};
static const wcl__shape shapes[] = {
    {4, {2, 17, 5, 3}}, {4, {1, 1, 1, 1}}, {4, {1, 16, 3, 4}}, {4, {5, 3, 2, 2}},
    {4, {1, 33, 7, 9}}, {3, {2, 5, 11}},   {2, {3, 10}},
};

typedef struct cell_walk {
    wcl__view view;
    int block;
} cell_walk;

static size_t place(const cell_walk *walk, int64_t n, int64_t c, int64_t y, int64_t x)
{
    const wcl__view *v = &walk->view;
    return (size_t)(v->origin + n * v->image + c / walk->block * v->plane + y * v->row + x * v->pixel +
                    c % walk->block);
}

/* The values 1, 2, ... in C order, in a layout; zeros elsewhere. The caller frees it. */
static float *lay_out(const wcl__format *layout, const wcl__shape *shape)
{
    cell_walk walk = {.block = layout->block};
    float *values = calloc((size_t)wcl__format_count(layout, shape), sizeof *values), next = 1;
    assert_non_null(values);
    assert_int_equal(wcl__format_view(layout, shape, &walk.view), WCL_OK);
    for (int n = 0; n < walk.view.n; n++)
        for (int c = 0; c < walk.view.c; c++)
            for (int y = 0; y < walk.view.h; y++)
                for (int x = 0; x < walk.view.w; x++)
                    values[place(&walk, n, c, y, x)] = next++;
    return values;
}

static void run_call(wcl_device *device, cl_command_queue queue, const wcl__call *call, const cl_mem *slots)
{
    wcl__launch launch = {0};
    if (wcl__launch_create(device, call, slots, &launch) != WCL_OK ||
        wcl__launch_enqueue(&launch, queue, 0, NULL, NULL) != WCL_OK)
        fail_msg("%s", wcl_last_error()->message);
    assert_int_equal(clFinish(queue), CL_SUCCESS);
    wcl__launch_destroy(&launch);
}

static void convert(const wcl__format *from, const wcl__format *to, const wcl__shape *shape)
{
    wcl_device *device = test_device();
    cl_command_queue queue;
    guarded x, y;
    wcl__call call;
    char names[2][64];
    int64_t broken;
    const size_t x_bytes = (size_t)wcl__format_count(from, shape) * sizeof(float);
    const size_t y_bytes = (size_t)wcl__format_count(to, shape) * sizeof(float);
    float *source = lay_out(from, shape), *expected = lay_out(to, shape);
    wcl__format_print(from, names[0], sizeof names[0]);
    wcl__format_print(to, names[1], sizeof names[1]);
    assert_int_equal(wcl__device_queue(device, &queue), WCL_OK);
    guarded_create(device, x_bytes, &x);
    guarded_create(device, y_bytes, &y);
    assert_int_equal(clEnqueueWriteBuffer(queue, x.memory, CL_TRUE, 0, x_bytes, source, 0, NULL, NULL),
                     CL_SUCCESS);
    wcl__operand from_x = {.slot = 0}, to_y = {.slot = 1};
    wcl__convert_params params;
    assert_null(wcl__convert_refuses(from, to, shape));
    wcl__convert_configure(from, to, &params);
    assert_int_equal(wcl__format_view(from, shape, &from_x.view), WCL_OK);
    assert_int_equal(wcl__format_view(to, shape, &to_y.view), WCL_OK);
    assert_int_equal(wcl__convert_call(&call, &params, &from_x, &to_y), WCL_OK);
    run_call(device, queue, &call, (const cl_mem[]){x.memory, y.memory});
    unsigned char *all = guarded_read(queue, &y);
    if (!guarded_whole(&y, all, &broken))
        fail_msg("%s to %s, %s: wrote byte %lld of %zu", names[0], names[1], wcl__shape_print(shape).text,
                 (long long)broken, y_bytes);
    if (memcmp(all + y.origin, expected, y_bytes) != 0)
        fail_msg("%s to %s, %s: wrong values", names[0], names[1], wcl__shape_print(shape).text);
    free(all);
    free(source);
    free(expected);
    guarded_release(&x);
    guarded_release(&y);
}

static void test_convert(void **state)
{
    (void)state;
    for (size_t from = 0; from < WCL__COUNT(layouts); from++)
        for (size_t to = 0; to < WCL__COUNT(layouts); to++)
            for (size_t i = 0; i < WCL__COUNT(shapes); i++)
                convert(&layouts[from], &layouts[to], &shapes[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_equality),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_convert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
