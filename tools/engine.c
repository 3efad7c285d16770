#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"

#define ZOO "zoo:"
enum { FREE_SIDE = 224 }; /* for networks that take any height and width */

/* What the library's error says, and the named network that is nearest to `given`, "NAME?OPTIONS". */
static int unknown_network(const char *given)
{
    /* of equally near ones the first counts */
    static const char *const names[] = {"vgg16",   "vgg16-bn", "vgg11",    "vgg13",    "vgg19",
                                        "alexnet", "lenet5",   "vgg11-bn", "vgg13-bn", "vgg19-bn"};
    char name[40];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(given, "?"), given);
    wcl__suggestion suggestion = {.given = name};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        wcl__suggest(&suggestion, names[i]);
    if (!suggestion.best)
        return wcl__complain_library(WCL_NOT_FOUND);
    return wcl__complain(WCL__BAD_INPUT, "%s: did you mean " ZOO "%s?", wcl_last_error()->message,
                         suggestion.best);
}

int wcl__engine_load(wcl__engine *engine, const char *model, const wcl__options *options)
{
    const double start = wcl__now_ms();
    wcl_model_options loading = WCL_MODEL_OPTIONS_INIT;
    loading.in_memory = options->no_mmap;
    const wcl_status status = wcl_model_load_with(model, &loading, &engine->model);
    engine->name = model;
    engine->load_ms = wcl__now_ms() - start;
    if (status == WCL_NOT_FOUND && strncmp(model, ZOO, strlen(ZOO)) == 0)
        return unknown_network(model + strlen(ZOO));
    return wcl__complain_about(model, status);
}

int wcl__engine_device(wcl__engine *engine, const wcl__options *options)
{
    const int result = wcl__complain_device(wcl_device_open(options->device, &engine->device));
    if (result != WCL__DONE)
        return result;
    return wcl__complain_library(wcl_device_set_cache(engine->device, options->cache, 0));
}

wcl_session_options wcl__engine_options(const wcl__options *options)
{
    wcl_session_options session = WCL_SESSION_OPTIONS_INIT;
    session.memory_cap = options->memory;
    session.conv = options->conv;
    session.dense = options->dense;
    session.precision = options->precision;
    session.plan_as = options->plan_as;
    session.settings = options->settings;
    session.setting_count = (size_t)options->setting_count;
    return session;
}

int wcl__engine_session(wcl__engine *engine, const wcl_session_options *options)
{
    return wcl__complain_about(engine->name,
                               wcl_session_create(engine->device, engine->model, options, &engine->session));
}

void wcl__engine_close(wcl__engine *engine)
{
    wcl_session_destroy(engine->session);
    wcl_device_destroy(engine->device);
    wcl_model_destroy(engine->model);
    *engine = (wcl__engine){0};
}

static bool is_spatial(const wcl_tensor *tensor, int axis)
{
    if (tensor->rank != 4 || axis == 0)
        return false;
    const bool channels_last =
        tensor->dims[1] != 1 && tensor->dims[1] != 3 && (tensor->dims[3] == 1 || tensor->dims[3] == 3);
    return axis != (channels_last ? 3 : 1);
}

int wcl__inputs_create(const wcl_model *model, int64_t batch, wcl__inputs *inputs)
{
    int result = WCL__DONE;
    inputs->count = wcl_model_input_count(model);
    inputs->tensors = calloc((size_t)inputs->count + 1, sizeof *inputs->tensors);
    inputs->loaded = calloc((size_t)inputs->count + 1, sizeof *inputs->loaded);
    if (!inputs->tensors || !inputs->loaded)
        return wcl__complain_memory();
    for (int i = 0; i < inputs->count && result == WCL__DONE; i++) {
        wcl_tensor *tensor = &inputs->tensors[i];
        result = wcl__complain_library(wcl_model_input_info(model, i, tensor));
        if (result == WCL__DONE && batch && i == 0 && tensor->rank > 0 && tensor->dims[0] >= 0 &&
            tensor->dims[0] != batch)
            result = wcl__complain(
                WCL__BAD_INPUT, "input %s: its batch is fixed at %lld: --batch %lld does not fit",
                wcl_model_input_name(model, i), (long long)tensor->dims[0], (long long)batch);
        for (int axis = 0; axis < tensor->rank; axis++)
            if (tensor->dims[axis] < 0)
                tensor->dims[axis] = axis == 0                  ? (batch ? batch : 1)
                                     : is_spatial(tensor, axis) ? FREE_SIDE
                                                                : 1;
    }
    return result;
}

int64_t wcl__tensor_elements(const wcl_tensor *tensor)
{
    int64_t count = 1;
    for (int i = 0; i < tensor->rank; i++) {
        if (tensor->dims[i] < 0 || (tensor->dims[i] > 0 && count > INT64_MAX / 16 / tensor->dims[i]))
            return -1;
        count *= tensor->dims[i];
    }
    return count;
}

/* The generator's finaliser (splitmix64), so that other programs can make the same inputs. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

int wcl__inputs_fill_one(const wcl_model *model, int index, wcl__inputs *inputs)
{
    static const uint64_t seed = UINT64_C(0x696E707574); /* "input" */
    wcl_tensor *tensor = &inputs->tensors[index];
    const int64_t count = wcl__tensor_elements(tensor);
    if (tensor->type != WCL_FLOAT32)
        return wcl__complain(WCL__BAD_INPUT, "input %s: has no values: those of type %s must be given",
                             wcl_model_input_name(model, index), wcl_type_name(tensor->type));
    if (count < 0 || !(tensor->data = malloc((size_t)count * sizeof(float) + 1)))
        return wcl__complain_memory();
    tensor->bytes = (size_t)count * sizeof(float);
    wcl_random_fill(tensor->data, count, mix(seed + (uint64_t)index), 1.0);
    return WCL__DONE;
}

int wcl__inputs_fill(const wcl_model *model, wcl__inputs *inputs)
{
    int result = WCL__DONE;
    for (int i = 0; i < inputs->count && result == WCL__DONE; i++)
        if (!inputs->tensors[i].data)
            result = wcl__inputs_fill_one(model, i, inputs);
    return result;
}

void wcl__inputs_clear(wcl__inputs *inputs)
{
    for (int i = 0; inputs->tensors && inputs->loaded && i < inputs->count; i++) {
        if (inputs->loaded[i])
            wcl_tensor_clear(&inputs->tensors[i]);
        else
            free(inputs->tensors[i].data);
    }
    free(inputs->tensors);
    free(inputs->loaded);
    *inputs = (wcl__inputs){0};
}

cJSON *wcl__json_shape(const int64_t *dims, int rank)
{
    cJSON *shape = cJSON_CreateArray();
    for (int i = 0; i < rank; i++)
        cJSON_AddItemToArray(shape, dims[i] < 0 ? cJSON_CreateNull() : cJSON_CreateNumber((double)dims[i]));
    return shape;
}

cJSON *wcl__json_device(const wcl_device_info *device)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "name", device->name);
    cJSON_AddStringToObject(item, "platform", device->platform);
    cJSON_AddStringToObject(item, "driver", device->driver);
    cJSON_AddStringToObject(item, "type", wcl__device_type(device->type));
    return item;
}

const char *wcl__device_type(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU)
        return "gpu";
    if (type & CL_DEVICE_TYPE_CPU)
        return "cpu";
    return type & CL_DEVICE_TYPE_ACCELERATOR ? "accelerator" : "other";
}
