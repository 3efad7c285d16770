/* Two threads, each with a session of its own; the sessions share the device and the packed weights.
 *
 *   threads [MODEL.onnx]     a model of 28 x 28 pictures and ten classes
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <winocl/winocl.h>

enum { THREADS = 2, RUNS = 8, PIXELS = 28 * 28, CLASSES = 10 };

typedef struct work {
    wcl_session *session; /* used by one thread at a time */
    float pixels[RUNS][PIXELS], scores[RUNS][CLASSES];
    wcl_status status;
    char message[256];
} work;

static void *run(void *argument)
{
    work *mine = argument;
    for (int i = 0; i < RUNS && !mine->status; i++)
        mine->status = wcl_session_run(mine->session, mine->pixels[i], 1, mine->scores[i]);
    if (mine->status) /* the last error is the thread's own, so it is asked for here */
        snprintf(mine->message, sizeof mine->message, "%s", wcl_last_error()->message);
    return NULL;
}

static int run_all(work works[THREADS])
{
    pthread_t threads[THREADS];
    int started = 0, failed = 0;
    while (started < THREADS && pthread_create(&threads[started], NULL, run, &works[started]) == 0)
        started++;
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < started; i++)
        if (works[i].status) {
            fprintf(stderr, "thread %d: %s\n", i, works[i].message);
            failed = 1;
        }
    return failed || started < THREADS;
}

int main(int argc, char **argv)
{
    static work works[THREADS];
    wcl_device *device = NULL;
    wcl_model *model = NULL;
    int failed = 1;
    for (int t = 0; t < THREADS; t++) /* the same pictures for both */
        for (int i = 0; i < RUNS; i++)
            wcl_random_fill(works[t].pixels[i], PIXELS, (uint64_t)i, 0.5);

    wcl_status status = wcl_device_open(NULL, &device);
    if (!status)
        status = wcl_model_load(argc > 1 ? argv[1] : "models/fashion.onnx", &model);
    if (!status)
        status = wcl_session_create(device, model, NULL, &works[0].session);
    for (int t = 1; t < THREADS && !status; t++)
        status = wcl_session_clone(works[0].session, &works[t].session);
    if (status)
        fprintf(stderr, "%s\n", wcl_last_error()->message);
    else
        failed = run_all(works);

    const int agree = memcmp(works[0].scores, works[1].scores, sizeof works[0].scores) == 0;
    if (!failed)
        printf("%d threads, %d runs each: %s\n", THREADS, RUNS,
               agree ? "the same scores, bit for bit" : "the scores differ");
    for (int t = 0; t < THREADS; t++)
        wcl_session_destroy(works[t].session);
    wcl_model_destroy(model); /* sessions keep what they need; the order does not matter */
    wcl_device_destroy(device);
    return failed || !agree;
}
