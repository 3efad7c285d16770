/* What most commands start with: a model, a device, a session, and inputs of the right shapes. */
#ifndef WINOCL_TOOLS_ENGINE_H
#define WINOCL_TOOLS_ENGINE_H

#include "options.h"

typedef struct wcl__engine {
    const char *name; /* of the model, as given */
    wcl_model *model;
    wcl_device *device;
    wcl_session *session;
    double load_ms; /* of the model */
} wcl__engine;

/* Half-made engines may be closed; every function says why it failed. */
int wcl__engine_load(wcl__engine *engine, const char *model, const wcl__options *options);
int wcl__engine_device(wcl__engine *engine, const wcl__options *options);
/* The options of a session: what the command line says. They point into `options`. */
wcl_session_options wcl__engine_options(const wcl__options *options);
int wcl__engine_session(wcl__engine *engine, const wcl_session_options *options);
void wcl__engine_close(wcl__engine *engine);

/* A tensor for each of the model's inputs. */
typedef struct wcl__inputs {
    int count;
    wcl_tensor *tensors;
    bool *loaded; /* from a file, by the library */
} wcl__inputs;

/* Types and dimensions, no data: a free batch becomes `batch` (0: 1), a free height or width 224, any other
 * free dimension 1. A batch other than 0 must fit a model whose batch is fixed. */
int wcl__inputs_create(const wcl_model *model, int64_t batch, wcl__inputs *inputs);
/* Gives memory and seeded values to the inputs that have no data, or to one of them. One that is not float32
 * is an error. */
int wcl__inputs_fill(const wcl_model *model, wcl__inputs *inputs);
int wcl__inputs_fill_one(const wcl_model *model, int index, wcl__inputs *inputs);
void wcl__inputs_clear(wcl__inputs *inputs);

int64_t wcl__tensor_elements(const wcl_tensor *tensor); /* -1: too many to count */
cJSON *wcl__json_shape(const int64_t *dims, int rank);  /* [2,3,5]; a free dimension is null */
cJSON *wcl__json_device(const wcl_device_info *device);
const char *wcl__device_type(cl_device_type type); /* "gpu", ... */

#endif
