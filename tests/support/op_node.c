#include "support/op_node.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ref/ref.h"
#include "support/support.h"
#include "base/random.h"

static size_t attr_count(const op_case *test)
{
    size_t count = 0;
    while (count < OP_MOST_ATTRS && test->attrs[count].name)
        count++;
    return count;
}

static void make_attrs(const op_case *test, op_fixture *f)
{
    f->node.attrs = f->attrs;
    f->node.attr_count = attr_count(test);
    for (size_t i = 0; i < f->node.attr_count; i++) {
        const op_attr *from = &test->attrs[i];
        f->attrs[i] = (wcl__attr){.name = (char *)from->name,
                                  .kind = from->kind,
                                  .i = from->i,
                                  .f = from->f,
                                  .s = (char *)from->s,
                                  .ints = (int64_t *)from->ints,
                                  .count = from->count};
    }
}

static void fill_floats(const op_input *input, float *values, int64_t count, size_t ordinal)
{
    if (input->floats) {
        memcpy(values, input->floats, (size_t)count * sizeof *values);
        return;
    }
    wcl_random_fill(values, count, wcl__random_key(test_seed(), ordinal), 1.0);
    for (int64_t i = 0; i < count && input->fill == OP_POSITIVE; i++)
        values[i] = fabsf(values[i]) + 0.5f;
}

/* Values of input i; a constant's are the node's to know. */
static void make_input(const op_case *test, op_fixture *f, size_t i)
{
    const op_input *input = &test->inputs[i];
    wcl__source *source = &f->sources[i];
    wcl__value *value = &f->inputs[i];
    if (input->absent)
        return;
    const int64_t count = wcl__shape_count(&input->shape);
    source->type = value->type = input->type ? input->type : WCL_FLOAT32;
    source->shape = value->shape = input->shape;
    source->bytes = (size_t)count * wcl_type_size(source->type);
    source->owned = malloc(source->bytes + 1);
    assert_non_null(source->owned);
    source->data = source->owned;
    if (source->type == WCL_FLOAT32) {
        fill_floats(input, source->owned, count, i);
        f->floats[i] = source->data;
    } else {
        assert_int_equal(source->type, WCL_INT64);
        memcpy(source->owned, input->ints, source->bytes);
    }
    snprintf(f->keys[i], sizeof f->keys[i], "input%zu", i);
    value->name = f->keys[i];
    if (input->constant || source->type != WCL_FLOAT32 || (f->node.op->known >> i & 1)) {
        value->source = source;
        value->key = f->keys[i];
    }
    f->input_pointers[i] = value;
}

static void make_epilogue(const op_case *test, op_fixture *f)
{
    const size_t channels = test->output.rank > 1 ? (size_t)test->output.dims[1] : 1;
    f->node.epilogue.act = test->act;
    f->node.epilogue.pool = test->pool;
    if (test->scale)
        f->node.epilogue.scale = malloc(channels * sizeof(float));
    if (test->shift)
        f->node.epilogue.shift = malloc(channels * sizeof(float));
    assert_true((!test->scale || f->node.epilogue.scale) && (!test->shift || f->node.epilogue.shift));
    if (test->scale)
        wcl_random_fill(f->node.epilogue.scale, (int64_t)channels, wcl__random_key(test_seed(), 100), 1.0);
    if (test->shift)
        wcl_random_fill(f->node.epilogue.shift, (int64_t)channels, wcl__random_key(test_seed(), 101), 1.0);
}

static wcl__profile profile_of(const op_case *test, const wcl_device *device)
{
    wcl__facts facts = device->facts;
    if (test->vector)
        facts.vector_width = test->vector;
    if (test->max_alloc)
        facts.max_alloc = test->max_alloc;
    if (test->cache)
        facts.cache_bytes = test->cache;
    if (test->gpu)
        facts.type = CL_DEVICE_TYPE_GPU;
    return wcl__profile_of(&facts);
}

void op_make_node(const op_case *test, op_options options, op_fixture *f)
{
    memset(f, 0, sizeof *f);
    f->test = test;
    f->options = options;
    if (!options.device)
        f->options.device = test_device();
    f->profile = profile_of(test, f->options.device);
    f->node.name = test->name;
    f->node.op = wcl__op_find(test->op);
    if (!f->node.op)
        fail_msg("%s: there is no operator %s", test->name, test->op);
    f->node.opset = test->opset ? test->opset : WCL__OPSET_LAST;
    make_attrs(test, f);
    f->node.inputs = f->input_pointers;
    f->node.input_count = test->input_count;
    for (size_t i = 0; i < test->input_count; i++)
        make_input(test, f, i);
    f->node.outputs = f->output_pointers;
    f->node.output_count = test->output_count ? test->output_count : 1;
    for (size_t i = 0; i < f->node.output_count; i++) {
        f->outputs[i].name = i == 0 ? "output" : "second output";
        f->output_pointers[i] = &f->outputs[i];
    }
    memcpy(f->node.flatten, test->flatten, sizeof test->flatten);
    make_epilogue(test, f);
}

void op_clear_node(op_fixture *f)
{
    for (size_t i = 0; i < OP_MOST_INPUTS; i++)
        free(f->sources[i].owned);
    for (size_t i = 0; i < f->node.output_count; i++)
        if (f->outputs[i].owns_source)
            wcl__value_forget(&f->outputs[i]);
    free(f->node.epilogue.scale);
    free(f->node.epilogue.shift);
    free(f->expected);
}

/* The largest of each 2 x 2 pixels of y, in place. */
static void pool_expected(const wcl__shape *from, const wcl__shape *to, double *y)
{
    const int64_t h = from->dims[2], w = from->dims[3], oh = to->dims[2], ow = to->dims[3];
    for (int64_t i = 0; i < wcl__shape_count(to); i++) {
        const double *at = y + i / (oh * ow) * h * w + i / ow % oh * 2 * w + i % ow * 2;
        y[i] = fmax(fmax(at[0], at[1]), fmax(at[w], at[w + 1]));
    }
}

void op_make_expected(op_fixture *f)
{
    const wcl__epilogue *epilogue = &f->node.epilogue;
    const wcl__shape *shape = f->test->pool ? &f->test->unpooled : &f->test->output;
    const int64_t channels = shape->rank > 1 ? shape->dims[1] : 1, count = wcl__shape_count(shape);
    const int64_t image = shape->rank > 0 ? count / shape->dims[0] : 1;
    f->output_size = wcl__shape_count(&f->test->output);
    f->expected = malloc((size_t)count * sizeof(double));
    assert_non_null(f->expected);
    for (int64_t i = 0; i < count; i++)
        f->expected[i] = NAN;
    f->test->reference(f->test, f->floats, f->expected);
    for (int64_t i = 0; i < count; i++) {
        const int64_t c = i % image / (image / channels);
        const double scale = epilogue->scale ? epilogue->scale[c] : 1,
                     shift = epilogue->shift ? epilogue->shift[c] : 0;
        f->expected[i] = wcl__ref_activate(&epilogue->act, f->expected[i] * scale + shift);
    }
    if (f->test->pool)
        pool_expected(shape, &f->test->output, f->expected);
}
