/* The model: nodes, values and constants as the file or the builder gave them; immutable once finished,
 * shared by sessions. */
#ifndef WCL_MODEL_MODEL_H
#define WCL_MODEL_MODEL_H

#include <pthread.h>

#include "ops/op.h"

typedef struct wcl__model_value {
    char *name;
    wcl__source *source; /* a constant's */
    int producer;        /* node that makes it, -1: an input or a constant */
    bool is_input;
    bool known;                    /* an input whose values must be there when planning */
    wcl_type type;                 /* of an input */
    wcl__shape shape;              /* of an input; -1: free */
    char *dim_names[WCL_MAX_RANK]; /* names of free dimensions, NULL: none. Equal names are equal sizes */
    bool measured;                 /* `largest` is known; both under the model's lock */
    double largest;                /* of a constant: wcl__source_largest */
} wcl__model_value;

typedef struct wcl__model_node {
    char *name;
    const wcl__op *op; /* NULL: unsupported */
    char *op_name, *domain;
    wcl__attr *attrs;
    size_t attr_count;
    int *inputs; /* values; -1: absent */
    size_t input_count;
    int *outputs;
    size_t output_count;
} wcl__model_node;

typedef struct wcl__metadata {
    char *key, *value;
} wcl__metadata;

/* What wcl_model_layer and wcl_model_output_info answer with. */
typedef struct wcl__layer_cache {
    wcl_layer *layers;
    int count;
    wcl_tensor *outputs; /* types and dimensions */
} wcl__layer_cache;

struct wcl_model {
    int references;
    pthread_mutex_t lock;
    int opset;
    bool untrained;
    wcl__model_value *values;
    size_t value_count, value_capacity;
    wcl__model_node *nodes; /* topologically sorted once finished */
    size_t node_count, node_capacity;
    int *inputs, *outputs; /* values */
    size_t input_count, input_capacity, output_count, output_capacity;
    wcl__metadata *metadata;
    size_t metadata_count, metadata_capacity;
    wcl__layer_cache *layers; /* made once, under the lock; NULL: nobody has asked */
};

void wcl__layer_cache_free(wcl__layer_cache *layers);
void wcl__model_retain(wcl_model *model); /* wcl_model_destroy releases */
/* WCL_BAD_FILE where a file that constants lie in was cut: before a pass over the model, which reads some of
 * them. */
wcl_status wcl__model_check_files(const wcl_model *model);
/* wcl__source_largest, read once for each of the model's constants. */
double wcl__model_largest(wcl_model *model, const wcl__source *source);

/* The model that the builder has so far, made where there is none; the builder keeps it. */
wcl_status wcl__builder_model(wcl_builder *builder, wcl_model **model);
/* The builder lets its model go: it is finished, and the builder is empty. */
void wcl__builder_release(wcl_builder *builder);

/* What readers use beside the public builder (builder.c): a constant that is a view of a mapped file,
 * retained. */
wcl_status wcl__builder_source(wcl_builder *builder, const char *name, const wcl__source *source);
/* dim_names may be NULL; an element NULL: unnamed. */
wcl_status wcl__builder_input_named(wcl_builder *builder, const char *name, wcl_type type, int rank,
                                    const int64_t *dims, const char *const *dim_names);
/* What wcl_builder_node is told, for an operator of `domain`: NULL, "" and "ai.onnx" are ONNX's. */
typedef struct wcl__node_spec {
    const char *domain, *op, *name; /* name: NULL or "": one is made up */
    const char *const *inputs;      /* values' names; NULL or "": absent */
    size_t input_count;
    const char *const *outputs;
    size_t output_count;
    const wcl_attribute *attributes;
    size_t attribute_count;
} wcl__node_spec;

/* As wcl_builder_node; an unknown operator is noted, and _finish lists them all. */
wcl_status wcl__builder_node_in(wcl_builder *builder, const wcl__node_spec *spec);

#endif
