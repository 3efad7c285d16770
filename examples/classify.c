/* Loads a network from an ONNX file and runs it: the way from pixels to a class.
 *
 *   classify MODEL.onnx [PIXELS.npy]
 *
 * PIXELS.npy holds float32 values in the network's input shape, as numpy.save writes them. Without it, a
 * shape that fashion.onnx should know is drawn: a pair of trousers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <winocl/winocl.h>

enum { SIDE = 28, CLASSES = 10, TROUSERS = 1 };

/* Bright legs on black, as the pictures that fashion.onnx was trained on: values 0 to 1. */
static void draw_trousers(float pixels[SIDE * SIDE])
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int from_middle = x < SIDE / 2 ? SIDE / 2 - 1 - x : x - SIDE / 2;
            const int is_leg = from_middle < 5 && (y < 7 || from_middle > y / 14);
            pixels[y * SIDE + x] = is_leg && y >= 1 && y < SIDE - 1 ? 0.7f : 0.0f;
        }
}

/* The length of line `number` of a text, and where it starts. */
static int find_line(const char *text, int number, const char **line)
{
    for (*line = text; number > 0; number--)
        *line += strcspn(*line, "\n") + 1;
    return (int)strcspn(*line, "\n");
}

int main(int argc, char **argv)
{
    wcl_device *device = NULL;
    wcl_model *model = NULL;
    wcl_session *session = NULL;
    wcl_tensor file = {.data = NULL};
    float drawn[SIDE * SIDE], probabilities[CLASSES], sum = 0;
    int best = 0;
    draw_trousers(drawn);

    wcl_status status = wcl_device_open(NULL, &device); /* NULL: the best one */
    if (!status)
        status = wcl_model_load(argc > 1 ? argv[1] : "models/fashion.onnx", &model);
    if (!status && argc > 2)
        status = wcl_tensor_load(argv[2], &file);
    if (!status)
        status = wcl_session_create(device, model, NULL, &session); /* NULL: the standard options */
    if (!status && file.data && (file.type != WCL_FLOAT32 || file.bytes != sizeof drawn)) {
        fprintf(stderr, "%s: not %d float32 values\n", argv[2], SIDE * SIDE);
        status = WCL_BAD_SHAPE;
    } else if (!status) {
        status = wcl_session_run_checked(session, file.data ? file.data : drawn, SIDE * SIDE, 1,
                                         probabilities, CLASSES);
    }
    if (status) {
        fprintf(stderr, "%s\n", wcl_last_error()->message);
    } else {
        const char *labels = wcl_model_metadata(model, "winocl.labels"), *name = "";
        for (int i = 0; i < CLASSES; i++) {
            sum += probabilities[i];
            best = probabilities[i] > probabilities[best] ? i : best;
        }
        const int length = labels ? find_line(labels, best, &name) : 0;
        printf("class %d (%.*s) with probability %.4f\n", best, length, name, (double)probabilities[best]);
    }

    wcl_tensor_clear(&file);
    wcl_session_destroy(session);
    wcl_model_destroy(model);
    wcl_device_destroy(device);
    return status || !(fabsf(sum - 1.0f) < 1e-4f) || (argc < 3 && best != TROUSERS);
}
