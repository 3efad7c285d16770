/* Uses an installed winocl: LeNet-5 by name, on the default device. */
#include <math.h>
#include <stdio.h>

#include <winocl/winocl.h>

enum { PIXELS = 32 * 32, CLASSES = 10 };

int main(void)
{
    static float pixels[PIXELS];
    float scores[CLASSES], sum = 0;
    wcl_device *device = NULL;
    wcl_model *model = NULL;
    wcl_session *session = NULL;
    wcl_random_fill(pixels, PIXELS, 1, 1.0);
    wcl_status status = wcl_device_open(NULL, &device);
    if (!status)
        status = wcl_model_load("zoo:lenet5", &model);
    if (!status)
        status = wcl_session_create(device, model, NULL, &session);
    if (!status)
        status = wcl_session_run(session, pixels, 1, scores);
    if (status)
        fprintf(stderr, "%s\n", wcl_last_error()->message);
    for (int i = 0; i < CLASSES && !status; i++)
        sum += scores[i];
    if (!status)
        printf("winocl %s: probabilities sum to %.6f\n", wcl_version(), (double)sum);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    wcl_device_destroy(device);
    return status || !(fabsf(sum - 1.0f) < 1e-4f);
}
