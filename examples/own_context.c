/* Runs a network inside the caller's own OpenCL context and queue, on buffers of the caller's: nothing is
 * copied to the host.
 *
 *   own_context [MODEL.onnx]     a model of 28 x 28 pictures and ten classes
 */
#include <math.h>
#include <stdio.h>

#include <winocl/winocl.h>

enum { BATCH = 3, PIXELS = 28 * 28, CLASSES = 10 };

/* What a program that already uses OpenCL has. */
typedef struct ours {
    cl_context context;
    cl_device_id id;
    cl_command_queue queue;
    cl_mem pictures, scores;
} ours;

static cl_int make_ours(ours *o)
{
    static float pixels[BATCH * PIXELS];
    cl_platform_id platform;
    cl_int code = clGetPlatformIDs(1, &platform, NULL);
    if (!code)
        code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &o->id, NULL);
    if (!code)
        o->context = clCreateContext(NULL, 1, &o->id, NULL, NULL, &code);
    if (!code)
        o->queue = clCreateCommandQueue(o->context, o->id, 0, &code);
    if (!code)
        o->pictures = clCreateBuffer(o->context, CL_MEM_READ_ONLY, sizeof pixels, NULL, &code);
    if (!code)
        o->scores =
            clCreateBuffer(o->context, CL_MEM_WRITE_ONLY, BATCH * CLASSES * sizeof(float), NULL, &code);
    wcl_random_fill(pixels, BATCH * PIXELS, 1, 0.5);
    if (!code)
        code = clEnqueueWriteBuffer(o->queue, o->pictures, CL_TRUE, 0, sizeof pixels, pixels, 0, NULL, NULL);
    return code;
}

/* Enqueues the network on our queue and gives the event of its end. */
static wcl_status enqueue(wcl_session *session, const ours *o, cl_event *done)
{
    const wcl_tensor input = {.type = WCL_FLOAT32,
                              .rank = 4,
                              .dims = {BATCH, 1, 28, 28},
                              .mem = o->pictures,
                              .bytes = BATCH * PIXELS * sizeof(float)};
    const wcl_tensor output = {.type = WCL_FLOAT32,
                               .rank = 2,
                               .dims = {BATCH, CLASSES},
                               .mem = o->scores,
                               .bytes = BATCH * CLASSES * sizeof(float)};
    return wcl_session_run_async(session, &input, &output, NULL, 0, done);
}

int main(int argc, char **argv)
{
    ours o = {.context = NULL};
    wcl_device *device = NULL;
    wcl_model *model = NULL;
    wcl_session *session = NULL;
    wcl_session_options options = WCL_SESSION_OPTIONS_INIT;
    cl_event done = NULL;
    float scores[BATCH * CLASSES], sum = NAN;
    cl_int code = make_ours(&o);
    options.queue = o.queue;

    wcl_status status = code ? WCL_DEVICE_ERROR : wcl_device_wrap(o.context, o.id, &device);
    if (!status)
        status = wcl_model_load(argc > 1 ? argv[1] : "models/fashion.onnx", &model);
    if (!status)
        status = wcl_session_create(device, model, &options, &session);
    if (!status)
        status = enqueue(session, &o, &done);
    if (!status) /* a kernel of the caller's could be enqueued here, behind `done` */
        code = clEnqueueReadBuffer(o.queue, o.scores, CL_TRUE, 0, sizeof scores, scores, 1, &done, NULL);
    if (!status)
        status = wcl_session_wait(session); /* says whether the run itself failed */
    if (status || code)
        fprintf(stderr, "%s (OpenCL %d)\n", code ? "OpenCL failed" : wcl_last_error()->message, code);

    sum = status || code ? NAN : 0;
    for (int i = 0; i < BATCH * CLASSES && !status && !code; i++)
        sum += scores[i];
    printf("the probabilities of %d pictures sum to %.5f\n", BATCH, (double)sum);
    if (done)
        clReleaseEvent(done);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    wcl_device_destroy(device);
    cl_mem buffers[] = {o.pictures, o.scores};
    for (int i = 0; i < 2; i++)
        if (buffers[i])
            clReleaseMemObject(buffers[i]);
    if (o.queue)
        clReleaseCommandQueue(o.queue);
    if (o.context)
        clReleaseContext(o.context);
    return !(fabsf(sum - BATCH) < 1e-4f * BATCH);
}
