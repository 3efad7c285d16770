/* What a plan runs, as plain data: tensors, packed weights and steps. Operators add to it while planning
 * (emit), a session gives it buffers and kernels. No OpenCL object in it. */
#ifndef WCL_OPS_STEPS_H
#define WCL_OPS_STEPS_H

#include "base/source.h"
#include "kernels/dense/clblast.h"
#include "kernels/format.h"
#include "kernels/pack/pack.h"
#include "runtime/launch.h"

typedef enum wcl__tensor_kind {
    WCL__TENSOR_ACTIVATION = 1, /* made and read by steps, in a buffer that several may share */
    WCL__TENSOR_WORKSPACE = 2,  /* one node's scratch, in a buffer that several may share */
    WCL__TENSOR_WEIGHT = 3      /* packed once, in the weight store */
} wcl__tensor_kind;

/* How the model has a value that a pass made: in C order, `from` transposed by perm, of shape `shape`.
 * from.rank 0: as it is. */
typedef struct wcl__reorder {
    wcl__shape from, shape;
    int64_t perm[WCL_MAX_RANK];
    bool none; /* not at all, so that it is not read back */
} wcl__reorder;

/* A tensor of the plan; its index is the slot that calls refer to. */
typedef struct wcl__plan_tensor {
    wcl__tensor_kind kind;
    char *name;
    wcl_type type;
    wcl__shape shape;
    wcl__format format;
    const wcl__reorder *order; /* of the value that it holds, in the plan's graph; NULL: none */
    size_t bytes;
    int alias;                 /* -1, or the slot whose buffer this one shares (a view) */
    int first_step, last_step; /* lifetime; first_step -1: never written by a step (an input) */
    int buffer; /* index of the plan's buffers; meaningless for a WEIGHT, an alias and an input that nobody
                   reads */
    int weight; /* index of a WEIGHT's packing */
} wcl__plan_tensor;

/* How a packed weight is made. The source's rows are read in chunks, and each is packed by the recipe: the
 * store launches its kernel (wcl__pack_call) on the chunk in a staging buffer, or packs it by host code
 * (wcl__pack_host) where the device has no such kernel. WCL__PACK_AS_IT_IS, in which nothing else is set: the
 * bytes are copied, of whatever type they are. */
typedef struct wcl__packing {
    char *key;                 /* names the packed tensor: the source's key, the packing and its parameters */
    const wcl__source *source; /* what is packed; NULL: `data` */
    void *data;                /* owned small constant (a bias), `bytes` long */
    size_t bytes;              /* of the packed tensor */
    bool zero_first;           /* the packed buffer starts as zeros (the recipe leaves tails out) */
    wcl__pack_recipe recipe;
    int64_t source_first; /* the first source element (a slice of rows) */
    float *scale;         /* owned; one factor for each filter, or NULL */
    size_t scale_count;
} wcl__packing;

typedef enum wcl__step_kind {
    WCL__STEP_KERNEL = 1,
    WCL__STEP_BLAS = 2,
    WCL__STEP_HOST = 3, /* a shape computation's result, known since planning, is a graph output */
    WCL__STEP_COPY = 4  /* slot 0 of `copy` to slot 1, whole */
} wcl__step_kind;

typedef struct wcl__step {
    wcl__step_kind kind;
    int node; /* index of the plan's node */
    wcl__call call;
    wcl__blas_call blas;
    int copy_from, copy_to;
    size_t copy_from_offset, copy_to_offset, copy_bytes;
} wcl__step;

typedef struct wcl__steps {
    wcl__plan_tensor *tensors;
    size_t tensor_count, tensor_capacity;
    wcl__packing *packings;
    size_t packing_count, packing_capacity;
    wcl__step *steps;
    size_t step_count, step_capacity;
    int node; /* of the steps that are added now */
} wcl__steps;

void wcl__steps_clear(wcl__steps *steps);
/* Adds a tensor of the format's type; *slot is its index. */
wcl_status wcl__steps_tensor(wcl__steps *steps, wcl__tensor_kind kind, const char *name,
                             const wcl__shape *shape, const wcl__format *format, int *slot);
/* Scratch of `bytes` for the current node. */
wcl_status wcl__steps_workspace(wcl__steps *steps, const char *name, size_t bytes, int *slot);
/* Takes over the packing (its key, data and scale; also on failure); a key that is there already gives that
 * slot. */
wcl_status wcl__steps_weight(wcl__steps *steps, const char *name, wcl__packing *packing, int *slot);
/* Small float constants made while planning (a folded bias): copied; the key comes from their contents. */
wcl_status wcl__steps_constant(wcl__steps *steps, const char *name, const float *values, size_t count,
                               int *slot);
/* Adds a kernel step: a copy of the finished call. */
wcl_status wcl__steps_kernel(wcl__steps *steps, const wcl__call *call);
wcl_status wcl__steps_blas(wcl__steps *steps, wcl__blas_call **call);
wcl_status wcl__steps_copy(wcl__steps *steps, int from, size_t from_offset, int to, size_t to_offset,
                           size_t bytes);

#endif
