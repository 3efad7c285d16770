#include "support/op_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/channels.h"
#include "support/fake_cl.h"
#include "support/guarded.h"
#include "support/op_node.h"
#include "support/support.h"
#include "base/error.h"

/* ---- layouts on the host */

/* Place in the allocation of element `flat` of a tensor in C order. */
static int64_t place_of(const wcl__format *layout, const wcl__shape *shape, const wcl__view *view,
                        int64_t flat)
{
    int64_t nchw[4], at[4];
    if (wcl__format_is_plain(layout))
        return flat;
    wcl__shape_nchw(shape, nchw);
    for (int i = 3; i >= 0; i--) {
        at[i] = flat % nchw[i];
        flat /= nchw[i];
    }
    return view->origin + at[0] * view->image + at[1] / layout->block * view->plane + at[2] * view->row +
           at[3] * view->pixel + at[1] % layout->block;
}

static void make_view(const wcl__format *layout, const wcl__shape *shape, wcl__view *view)
{
    memset(view, 0, sizeof *view);
    if (!wcl__format_is_plain(layout))
        assert_int_equal(wcl__format_view(layout, shape, view), WCL_OK);
}

/* ---- one run */

typedef struct run {
    op_fixture *f;
    const wcl__variant *variant;
    wcl__way way;
    wcl_device *device;
    cl_command_queue queue;
    wcl__steps steps;
    guarded *buffers; /* one for each tensor; an alias has none */
    cl_mem *slots;
    int in[OP_MOST_INPUTS], out[2];
    wcl__text *report;
    bool failed;
} run;

static void complain(run *r, const char *format, ...) WCL__PRINTF(2, 3);
static void complain(run *r, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    wcl__text_add(r->report, "%s: %s %s %d->%d (seed %llu): %s\n", r->f->test->name, r->f->node.op->name,
                  r->variant->name, wcl__block_in(&r->way.offer), wcl__block_out(&r->way.offer),
                  (unsigned long long)test_seed(), text);
    r->failed = true;
}

/* WCL_OK, or complains with the library's own words. */
static bool succeeded(run *r, wcl_status status, const char *what)
{
    if (status != WCL_OK)
        complain(r, "%s: %s", what, wcl_last_error()->message);
    return status == WCL_OK;
}

/* Slots as the planner makes them: in the formats of the offer, none for what the operator knows or the
 * variant packs. */
static bool make_slots(run *r)
{
    const wcl__op_node *node = &r->f->node;
    for (size_t i = 0; i < node->input_count; i++) {
        wcl__value *value = node->inputs[i];
        const wcl__format layout = wcl__format_of(wcl__offer_in(&r->way.offer, i));
        r->in[i] = -1;
        if (!value || (value->source && ((node->op->packs | node->op->known) >> i & 1)) ||
            value->type != WCL_FLOAT32)
            continue;
        if (!succeeded(r,
                       wcl__steps_tensor(&r->steps, WCL__TENSOR_ACTIVATION, value->name, &value->shape,
                                         &layout, &r->in[i]),
                       "input"))
            return false;
    }
    for (size_t i = 0; i < node->output_count; i++) {
        const wcl__format layout = wcl__format_of(wcl__offer_out(&r->way.offer, i));
        const wcl__value *value = node->outputs[i];
        if (!succeeded(r,
                       wcl__steps_tensor(&r->steps, WCL__TENSOR_ACTIVATION, value->name, &value->shape,
                                         &layout, &r->out[i]),
                       "output"))
            return false;
    }
    return true;
}

static bool emit_steps(run *r)
{
    const wcl__emit emit = {
        .steps = &r->steps, .way = &r->way, .node = &r->f->node, .in = r->in, .out = r->out};
    if (!make_slots(r))
        return false;
    /* a view's output is its input's memory: here a copy of it */
    const wcl_status status = r->variant->is_view ? wcl__copy_emit(&emit) : r->variant->emit(&emit);
    if (!succeeded(r, status, "emit"))
        return false;
    if (r->steps.step_count == 0)
        complain(r, "emits no step");
    return !r->failed;
}

static bool make_buffers(run *r)
{
    const size_t count = r->steps.tensor_count;
    r->buffers = calloc(count, sizeof *r->buffers);
    r->slots = calloc(count, sizeof *r->slots);
    assert_true(r->buffers && r->slots);
    for (size_t i = 0; i < count; i++) {
        const wcl__plan_tensor *tensor = &r->steps.tensors[i];
        if (tensor->alias >= 0) {
            r->slots[i] = r->slots[tensor->alias];
            continue;
        }
        guarded_create(r->device, tensor->bytes, &r->buffers[i]);
        r->slots[i] = r->buffers[i].memory;
        if (tensor->kind == WCL__TENSOR_WEIGHT &&
            !succeeded(r, wcl__pack(r->device, &r->steps.packings[tensor->weight], r->slots[i]), "packing"))
            return false;
    }
    return true;
}

/* Input i as it lies on the device: in its layout, tail lanes zero. The caller frees it. */
static float *input_image(const run *r, size_t i)
{
    const wcl__plan_tensor *tensor = &r->steps.tensors[r->in[i]];
    wcl__view view;
    make_view(&tensor->format, &tensor->shape, &view);
    float *values = calloc(tensor->bytes + 1, 1);
    assert_non_null(values);
    for (int64_t flat = 0; flat < wcl__shape_count(&tensor->shape); flat++)
        values[place_of(&tensor->format, &tensor->shape, &view, flat)] = r->f->floats[i][flat];
    return values;
}

static void write_inputs(run *r)
{
    for (size_t i = 0; i < r->f->node.input_count; i++) {
        if (r->in[i] < 0)
            continue;
        float *values = input_image(r, i);
        assert_int_equal(clEnqueueWriteBuffer(r->queue, r->slots[r->in[i]], CL_TRUE, 0,
                                              r->steps.tensors[r->in[i]].bytes, values, 0, NULL, NULL),
                         CL_SUCCESS);
        free(values);
    }
}

static wcl_status run_kernel(run *r, const wcl__step *step)
{
    wcl__launch launch = {0};
    wcl_status status = wcl__launch_create(r->device, &step->call, r->slots, &launch);
    if (status == WCL_OK)
        status = wcl__launch_enqueue(&launch, r->queue, 0, NULL, NULL);
    if (status == WCL_OK)
        clFinish(r->queue);
    wcl__launch_destroy(&launch);
    return status;
}

static wcl_status run_step(run *r, const wcl__step *step)
{
    switch (step->kind) {
    case WCL__STEP_KERNEL:
        return run_kernel(r, step);
    case WCL__STEP_BLAS:
        return wcl__blas_enqueue(r->device, &step->blas, r->slots, r->queue, NULL);
    case WCL__STEP_COPY:
        if (clEnqueueCopyBuffer(r->queue, r->slots[step->copy_from], r->slots[step->copy_to],
                                step->copy_from_offset, step->copy_to_offset, step->copy_bytes, 0, NULL,
                                NULL) != CL_SUCCESS)
            return wcl__fail(WCL_DEVICE_ERROR, "copy of %zu bytes from slot %d to %d", step->copy_bytes,
                             step->copy_from, step->copy_to);
        return WCL_OK;
    case WCL__STEP_HOST:
        break;
    }
    return wcl__fail(WCL_UNSUPPORTED, "a host step on the device");
}

static bool run_steps(run *r)
{
    for (size_t i = 0; i < r->steps.step_count; i++) {
        const wcl_status status = run_step(r, &r->steps.steps[i]);
        r->f->refused = status == WCL_UNSUPPORTED && fake_cl_limited();
        if (r->f->refused || !succeeded(r, status, "step"))
            return false;
    }
    return succeeded(r, clFinish(r->queue) == CL_SUCCESS ? WCL_OK : wcl__fail(WCL_DEVICE_ERROR, "clFinish"),
                     "finish");
}

/* ---- what came out */

static void check_weight(run *r, size_t slot, const unsigned char *content)
{
    const wcl__plan_tensor *tensor = &r->steps.tensors[slot];
    const bool half = r->f->test->half && r->steps.packings[tensor->weight].recipe.kind; /* not the bias */
    const size_t size = half ? 2 : 4, count = tensor->bytes / size;
    for (size_t i = 0; i < count; i++) {
        if (memcmp(content + size * i, (const char *)&guarded_poison + size * i % 4, size) == 0) {
            complain(r, "packed weight %s: element %zu of %zu was not written", tensor->name, i, count);
            return;
        }
    }
}

static void check_input(run *r, size_t i, const unsigned char *content)
{
    float *values = input_image(r, i);
    if (memcmp(content, values, r->steps.tensors[r->in[i]].bytes) != 0)
        complain(r, "input %zu was written to", i);
    free(values);
}

/* Both norms against the tolerance, and what lies between the elements (tail lanes, borders) against zero. */
static void check_output(run *r, const float *content)
{
    const wcl__plan_tensor *tensor = &r->steps.tensors[r->out[0]];
    const int64_t allocated = (int64_t)(tensor->bytes / sizeof(float)), count = r->f->output_size;
    bool *used = calloc((size_t)allocated + 1, sizeof *used);
    float *got = malloc((size_t)count * sizeof *got);
    wcl__view view;
    double bounds[2];
    char where[512];
    assert_true(used && got);
    make_view(&tensor->format, &tensor->shape, &view);
    for (int64_t flat = 0; flat < count; flat++) {
        const int64_t place = place_of(&tensor->format, &tensor->shape, &view, flat);
        got[flat] = content[place];
        used[place] = true;
    }
    const int64_t reduction = r->f->test->reduction ? r->f->test->reduction : 1;
    if (r->f->test->half)
        test_half_tolerance(r->variant->bound, &bounds[0], &bounds[1]);
    else
        test_tolerance(r->variant->bound, reduction, &bounds[0], &bounds[1]);
    if (!test_within(got, r->f->expected, &tensor->shape, bounds, where, sizeof where))
        complain(r, "%s", where);
    for (int64_t i = 0; i < allocated; i++) {
        if (!used[i] && content[i] != 0.0f) {
            complain(r, "lane %lld behind the last channel holds %g, not 0", (long long)i, content[i]);
            break;
        }
    }
    free(used);
    free(got);
}

/* The second output, element by element: in C order, nothing rounds. */
static void check_indices(run *r, const int64_t *content)
{
    const int64_t count = wcl__shape_count(&r->f->node.outputs[1]->shape);
    int64_t *expected = calloc((size_t)count + 1, sizeof *expected);
    assert_non_null(expected);
    r->f->test->indices(r->f->test, r->f->floats, expected);
    for (int64_t i = 0; i < count; i++)
        if (content[i] != expected[i]) {
            complain(r, "index %lld is %lld, not %lld", (long long)i, (long long)content[i],
                     (long long)expected[i]);
            break;
        }
    free(expected);
}

static void check_run(run *r)
{
    for (size_t slot = 0; slot < r->steps.tensor_count; slot++) {
        const wcl__plan_tensor *tensor = &r->steps.tensors[slot];
        int64_t place = 0;
        if (tensor->alias >= 0)
            continue;
        unsigned char *all = guarded_read(r->queue, &r->buffers[slot]);
        const unsigned char *content = all + r->buffers[slot].origin;
        if (!guarded_whole(&r->buffers[slot], all, &place))
            complain(r, "wrote byte %lld of %s, which has %zu", (long long)place, tensor->name,
                     tensor->bytes);
        if (tensor->kind == WCL__TENSOR_WEIGHT)
            check_weight(r, slot, content);
        for (size_t i = 0; i < r->f->node.input_count; i++)
            if (r->in[i] == (int)slot)
                check_input(r, i, content);
        if (r->out[0] == (int)slot)
            check_output(r, (const float *)(const void *)content);
        if (r->f->test->indices && r->out[1] == (int)slot)
            check_indices(r, (const int64_t *)(const void *)content);
        free(all);
    }
}

static bool run_once(op_fixture *f, const wcl__variant *variant, const wcl__way *way, wcl__text *report)
{
    run r = {.f = f, .variant = variant, .way = *way, .device = f->options.device, .report = report};
    if (!succeeded(&r, wcl__device_queue(r.device, &r.queue), "queue"))
        return false;
    if (emit_steps(&r) && make_buffers(&r)) {
        write_inputs(&r);
        if (run_steps(&r))
            check_run(&r);
    }
    for (size_t i = 0; r.buffers && i < r.steps.tensor_count; i++)
        guarded_release(&r.buffers[i]);
    free(r.buffers);
    free(r.slots);
    wcl__steps_clear(&r.steps);
    return !r.failed;
}

/* ---- cases */

static bool infer_case(op_fixture *f, wcl__text *report)
{
    const char *name = f->test->name;
    const wcl__shape *wanted = f->test->pool ? &f->test->unpooled : &f->test->output;
    const wcl_status status = f->node.op->infer(&f->node);
    if (status != WCL_OK)
        wcl__text_add(report, "%s: infer: %s\n", name, wcl_last_error()->message);
    else if (!wcl__shape_equal(&f->outputs[0].shape, wanted))
        wcl__text_add(report, "%s: infer gives %s, not %s\n", name,
                      wcl__shape_print(&f->outputs[0].shape).text, wcl__shape_print(wanted).text);
    else {
        f->outputs[0].shape = f->test->output; /* fusion gives a convolution its pool's output */
        return true;
    }
    return false;
}

/* The ways in which the variant can run the node; none: *reason says why. */
static int make_ways(const op_fixture *f, const wcl__variant *variant, wcl__way *ways, char *reason)
{
    const wcl__target target = {&f->profile, NULL, f->test->half};
    wcl__offer offers[WCL__MAX_OFFERS];
    const int offered = wcl__variant_offers(variant, &f->node, &target, offers);
    int count = 0;
    snprintf(reason, WCL__REASON_BYTES, "offers no format");
    for (int i = 0; i < offered; i++) {
        char text[WCL__REASON_BYTES];
        const char *wrong = wcl__way_make(variant, &f->node, &target, &offers[i], &ways[count], text);
        if (wrong)
            snprintf(reason, WCL__REASON_BYTES, "%s", wrong);
        count += !wrong;
    }
    return count;
}

static bool run_variant(op_fixture *f, const wcl__variant *variant, wcl__text *report, int *runs)
{
    wcl__way ways[WCL__MAX_OFFERS];
    char reason[WCL__REASON_BYTES];
    const int count = make_ways(f, variant, ways, reason);
    bool good = count > 0;
    f->refused = false;
    for (int i = 0; i < count && (good || !f->options.stop); i++, ++*runs)
        good = run_once(f, variant, &ways[i], report) && good;
    return good;
}

static bool can_run(const op_fixture *f, const wcl__variant *variant, char *reason)
{
    wcl__way ways[WCL__MAX_OFFERS];
    return make_ways(f, variant, ways, reason) > 0;
}

/* Fused kernels need the local memory of a CPU, which is a cache: no other device has to run them. */
static bool is_excused(const op_fixture *f, const wcl__variant *variant)
{
    return strncmp(variant->name, "fused-", 6) == 0 && !(f->options.device->facts.type & CL_DEVICE_TYPE_CPU);
}

bool op_run(const op_case *test, op_options options, wcl__text *report, int *runs)
{
    op_fixture f;
    char reason[WCL__REASON_BYTES];
    int ran = 0, musts = 0;
    *runs = 0;
    op_make_node(test, options, &f);
    const bool inferred = infer_case(&f, report);
    bool good = inferred;
    if (inferred)
        op_make_expected(&f);
    for (size_t i = 0; inferred && i < f.node.op->variant_count && (good || !options.stop); i++) {
        const wcl__variant *variant = &f.node.op->variants[i];
        if (test->only && !fake_cl_limited() && !test_listed(test->only, variant->name))
            continue;
        if (!can_run(&f, variant, reason)) {
            musts += test_listed(test->must, variant->name) && (is_excused(&f, variant) || fake_cl_limited());
            continue;
        }
        good = run_variant(&f, variant, report, runs) && good;
        ran += !f.refused;
        musts += test_listed(test->must, variant->name) || fake_cl_limited();
    }
    if (good && (ran == 0 || musts < test_words(test->must))) {
        wcl__text_add(report, "%s: variants of %s that had to run did not (%s)\n", test->name, test->op,
                      test->must ? test->must : "any");
        good = false;
    }
    op_clear_node(&f);
    return good;
}

void op_check(const op_case *cases, size_t count)
{
    wcl__text report = {0};
    size_t failed = 0;
    int all = 0;
    for (size_t i = 0; i < count; i++) {
        int runs;
        failed += !op_run(&cases[i], (op_options){NULL, false}, &report, &runs);
        all += runs;
    }
    print_message("             %zu cases, %d runs\n", count, all);
    if (failed > 0)
        fputs(report.data ? report.data : "out of memory\n",
              stderr); /* cmocka's print_error cuts long texts */
    wcl__text_clear(&report);
    if (failed > 0)
        fail_msg("%zu of %zu cases failed", failed, count);
}

/* The reason why nothing runs: infer's, or that of the variants which would have to. */
static wcl_status refuse(op_fixture *f, char *reason)
{
    const wcl_status status = f->node.op->infer(&f->node);
    snprintf(reason, WCL__REASON_BYTES, "%s",
             status == WCL_OK ? "nothing refuses it" : wcl_last_error()->reason);
    for (size_t i = 0; status == WCL_OK && i < f->node.op->variant_count; i++) {
        const wcl__variant *variant = &f->node.op->variants[i];
        char why[WCL__REASON_BYTES];
        if (test_listed(f->test->must, variant->name) && !can_run(f, variant, why))
            snprintf(reason, WCL__REASON_BYTES, "%s", why);
    }
    return status;
}

void op_check_refused(const op_refusal *refusals, size_t count)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        op_fixture f;
        char reason[WCL__REASON_BYTES];
        op_make_node(&refusals[i].test, (op_options){NULL, false}, &f);
        const wcl_status status = refuse(&f, reason);
        if (status != refusals[i].status || !strstr(reason, refusals[i].part)) {
            print_error("%s: %s: \"%s\" instead of %s: \"...%s...\"\n", refusals[i].test.name,
                        wcl_status_string(status), reason, wcl_status_string(refusals[i].status),
                        refusals[i].part);
            failed++;
        }
        op_clear_node(&f);
    }
    if (failed > 0)
        fail_msg("%zu of %zu cases were not refused as they should be", failed, count);
}
