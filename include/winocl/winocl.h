/* winocl: convolutional networks on any OpenCL device, from C.
 *
 * Objects are opaque handles. A function named _create, _open or _load sets *out to NULL when it fails; every
 * _destroy accepts NULL. Nothing here exits, aborts or prints. Every fallible function returns a wcl_status,
 * and wcl_last_error tells the rest.
 *
 * Threads: devices, models and plans may be used from any thread at once; a session or a builder from one
 * thread at a time. For concurrency, make several sessions: sessions on one device and one model share their
 * weights.
 *
 * Strings that a function returns live as long as the object they were asked of. Sizes are int64_t; tensors
 * are packed in C order.
 */
#ifndef WINOCL_WINOCL_H
#define WINOCL_WINOCL_H

#include <stddef.h>
#include <stdint.h>

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#ifdef __APPLE__
#include <OpenCL/cl.h>
#else
#include <CL/cl.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define WCL_VERSION_MAJOR 0
#define WCL_VERSION_MINOR 1
#define WCL_VERSION_PATCH 0

#if defined(__GNUC__)
#define WCL_API __attribute__((visibility("default")))
#define WCL_WARN_UNUSED __attribute__((warn_unused_result))
#else
#define WCL_API
#define WCL_WARN_UNUSED
#endif

/* The value of the _INIT macros: the struct's size, and zeros. */
#ifdef __cplusplus
#define WCL_SIZED(type) \
    {                   \
        sizeof(type)    \
    }
#else
#define WCL_SIZED(type)      \
    {                        \
        .size = sizeof(type) \
    }
#endif

/* ------------------------------------------------------------------ status */

/* name, value, text; append only */
#define WCL_STATUS_TABLE(X)                          \
    X(WCL_OK, 0, "success")                          \
    X(WCL_BAD_ARGUMENT, 1, "bad argument")           \
    X(WCL_NOT_FOUND, 2, "not found")                 \
    X(WCL_BAD_FILE, 3, "unreadable or damaged file") \
    X(WCL_BAD_MODEL, 4, "invalid model")             \
    X(WCL_BAD_SHAPE, 5, "shapes do not fit")         \
    X(WCL_UNSUPPORTED, 6, "not supported")           \
    X(WCL_NO_MEMORY, 7, "out of memory")             \
    X(WCL_DEVICE_ERROR, 8, "device or driver error") \
    X(WCL_DEVICE_LOST, 9, "device lost")             \
    X(WCL_BUILD_FAILED, 10, "kernel build failed")   \
    X(WCL_CANCELLED, 11, "cancelled")

typedef enum wcl_status {
#define WCL_STATUS_ENUM(name, value, text) name = value,
    WCL_STATUS_TABLE(WCL_STATUS_ENUM)
#undef WCL_STATUS_ENUM
} wcl_status;

/* What went wrong in this thread's last failed call; pointers live until the next call of winocl in this
 * thread. Absent parts are empty strings. `message` is the one-line form WHERE: WHAT: WHY, built from the
 * parts that are present. */
typedef struct wcl_error {
    wcl_status status;
    cl_int cl_code;        /* the driver's code, 0 if none */
    const char *file;      /* the file that was read or written */
    const char *node;      /* the network's node */
    const char *kernel;    /* the OpenCL kernel */
    const char *reason;    /* the first cause */
    const char *build_log; /* the compiler's log, several lines */
    const char *message;
} wcl_error;

WCL_API const char *wcl_version(void);
WCL_API const char *wcl_status_string(wcl_status status); /* the table's text; "unknown status" for others */
WCL_API const wcl_error *wcl_last_error(void);            /* never NULL */

/* A node that this thread's last failed call refused. */
typedef struct wcl_unsupported {
    size_t size;        /* of this struct: set by WCL_UNSUPPORTED_INIT */
    const char *node;   /* its name in the model; a node without one has a name made up from its operator */
    const char *op;     /* "Conv"; of another domain than ONNX's: "com.microsoft.FusedConv" */
    const char *reason; /* "unknown operator", "opset 5, known from 7 on", "unknown attribute fused", or the
                           limit, "3-D convolution" */
} wcl_unsupported;
#define WCL_UNSUPPORTED_INIT WCL_SIZED(wcl_unsupported)
/* The nodes behind a WCL_UNSUPPORTED of wcl_model_load and its kin, wcl_builder_finish, or what infers a
 * model's shapes (wcl_plan_create, wcl_session_create and prepare, wcl_model_layer_count,
 * wcl_model_output_info), in an order in which they would run. All that can be known at once: a node behind
 * one of them, whose shapes are not known, is looked at for what does not depend on shapes only. 0: the last
 * failure was about something else. The list is a part of the thread's error: it and its strings live as long
 * as wcl_last_error's, these two functions do not end it, and other threads do not see it. */
WCL_API int wcl_last_unsupported_count(void);
/* WCL_BAD_ARGUMENT: no such index, or a record without its _INIT. */
WCL_API wcl_status wcl_last_unsupported(int index, wcl_unsupported *record) WCL_WARN_UNUSED;

typedef enum wcl_log_level {
    WCL_LOG_ERROR = 0,
    WCL_LOG_WARNING = 1,
    WCL_LOG_INFO = 2,
    WCL_LOG_DEBUG = 3
} wcl_log_level;
typedef void (*wcl_log_function)(void *user, wcl_log_level level, const char *text);

/* Sends messages up to `level` to `function`, which may be called from any thread; NULL, the initial state,
 * silences the log. Process-wide: set it before the threads start. */
WCL_API void wcl_set_log(wcl_log_function function, void *user, wcl_log_level level);

/* ------------------------------------------------------------------ tensors */

#define WCL_MAX_RANK 8

typedef enum wcl_type { /* ONNX's numbers */
                        WCL_FLOAT32 = 1,
                        WCL_UINT8 = 2,
                        WCL_INT8 = 3,
                        WCL_UINT16 = 4,
                        WCL_INT16 = 5,
                        WCL_INT32 = 6,
                        WCL_INT64 = 7,
                        WCL_STRING = 8,
                        WCL_BOOL = 9,
                        WCL_FLOAT16 = 10,
                        WCL_FLOAT64 = 11,
                        WCL_UINT32 = 12,
                        WCL_UINT64 = 13
} wcl_type;

WCL_API size_t wcl_type_size(wcl_type type);      /* bytes of an element; 0 for strings and unknown types */
WCL_API const char *wcl_type_name(wcl_type type); /* "float32", ... */

/* A tensor in host memory (`data`) or in device memory (`mem` + `offset` bytes; `data` is NULL). A dimension
 * of -1 is free. */
typedef struct wcl_tensor {
    wcl_type type;
    int rank;
    int64_t dims[WCL_MAX_RANK];
    void *data;
    cl_mem mem;
    size_t offset;
    size_t bytes;
} wcl_tensor;

/* Reads a tensor from a .npy file or from a .pb file (an ONNX TensorProto) into memory of its own, released
 * with wcl_tensor_clear. WCL_NOT_FOUND, WCL_BAD_FILE, WCL_UNSUPPORTED (type, Fortran order, byte order),
 * WCL_NO_MEMORY. */
WCL_API wcl_status wcl_tensor_load(const char *path, wcl_tensor *tensor) WCL_WARN_UNUSED;
/* Writes a host tensor as .npy: a temporary file beside `path`, renamed when complete. */
WCL_API wcl_status wcl_tensor_save(const char *path, const wcl_tensor *tensor) WCL_WARN_UNUSED;
/* Fills float32 host memory with winocl's seeded normal-like values (an integer generator: the same bits on
 * every machine). */
WCL_API void wcl_random_fill(float *values, int64_t count, uint64_t key, double deviation);
WCL_API void wcl_tensor_clear(wcl_tensor *tensor); /* for tensors that winocl filled */

/* ------------------------------------------------------------------ devices */

typedef struct wcl_device wcl_device;

typedef struct wcl_device_info {
    size_t size; /* of this struct: set by WCL_DEVICE_INFO_INIT */
    int platform_index, device_index;
    char platform[128], name[128], vendor[128], driver[64], version[128];
    cl_device_type type;
    unsigned compute_units;
    unsigned clock_mhz;
    unsigned vector_width; /* native float lanes */
    uint64_t global_bytes; /* memory in all */
    uint64_t max_alloc;    /* bytes of the largest buffer */
    uint64_t local_bytes;  /* of a work-group */
    uint64_t max_work_group;
    int has_compiler, has_fma, unified_memory;
    int is_default; /* what NULL opens */
} wcl_device_info;
#define WCL_DEVICE_INFO_INIT WCL_SIZED(wcl_device_info)

/* Devices of all platforms, in the ICD loader's order. WCL_NOT_FOUND when there is no platform. */
WCL_API wcl_status wcl_device_count(int *count) WCL_WARN_UNUSED;
WCL_API wcl_status wcl_device_list(int index, wcl_device_info *info) WCL_WARN_UNUSED;

/* Opens a device. spec: NULL or "" for the best one (a GPU, else a CPU, else an accelerator), "gpu", "cpu",
 * "accelerator", "PLATFORM:DEVICE" numbers, or part of a platform's or device's name, without regard to case.
 * Handles of one device share its context, and while they have the same cache folder also programs, measured
 * rates and packed weights. WCL_NOT_FOUND (no platform, no match, or matches that differ: the reason lists
 * what there is), WCL_DEVICE_ERROR. */
WCL_API wcl_status wcl_device_open(const char *spec, wcl_device **out) WCL_WARN_UNUSED;
/* Uses the caller's context and device (both are retained). */
WCL_API wcl_status wcl_device_wrap(cl_context context, cl_device_id id, wcl_device **out) WCL_WARN_UNUSED;
WCL_API wcl_status wcl_device_get_info(const wcl_device *device, wcl_device_info *info) WCL_WARN_UNUSED;
WCL_API cl_context wcl_device_context(const wcl_device *device);
WCL_API cl_device_id wcl_device_id(const wcl_device *device);
/* Sessions keep their device alive; the caller's reference ends here. */
WCL_API void wcl_device_destroy(wcl_device *device);

typedef struct wcl_device_rates {
    size_t size; /* of this struct: set by WCL_DEVICE_RATES_INIT */
    /* 1e9 float32 multiplications and additions a second, by independent fused multiply-adds. */
    double gflops;
    double gigabytes_per_second; /* 1e9 bytes a second, read from the device's memory */
    uint64_t buffer_bytes; /* what was read, again and again: larger than the caches where it could be had */
    double launch_microseconds; /* that a launch takes besides its work: from one to the next of small ones in
                                   a queue */
    int kept;   /* plans keep the rates of an earlier measurement, since these are near them */
    int stored; /* the rates of plans are in the cache folder, for later processes */
} wcl_device_rates;
#define WCL_DEVICE_RATES_INIT WCL_SIZED(wcl_device_rates)
/* Measures what the device can do at most by kernels that do nothing else: the device's roofline. Takes one
 * to two seconds; anything else that runs on the device makes the rates lower. From any thread.
 *
 * From then on, plans for this handle choose by measured rates instead of rates guessed from the device's
 * facts; through the cache folder so do plans of other handles and processes, for the same device, driver and
 * number of compute units, until the cache is cleared. Measured rates that are known already stay unless one
 * differs by more than measuring twice does: plans should not change because the device was busier this time.
 * WCL_NO_MEMORY, WCL_BUILD_FAILED, WCL_UNSUPPORTED (a device without compiler), WCL_DEVICE_ERROR (also when a
 * kernel's results are wrong). */
WCL_API wcl_status wcl_device_measure(wcl_device *device, wcl_device_rates *rates) WCL_WARN_UNUSED;

/* The on-disk cache of compiled programs and measured rates. path NULL: $WINOCL_CACHE, $XDG_CACHE_HOME/winocl
 * or ~/.cache/winocl; "" switches it off. limit_bytes 0: 256 MiB. Holds for programs built afterwards. Where
 * the driver keeps what it compiled on disk itself (PoCL), programs go only to a folder that `path` names.
 * What is in it runs in the caller's process, so that folder and entries must belong to the user or to root
 * and be writable by nobody else; else they are ignored, with one warning in the log (docs/security.md). */
WCL_API wcl_status wcl_device_set_cache(wcl_device *device, const char *path,
                                        uint64_t limit_bytes) WCL_WARN_UNUSED;

typedef struct wcl_cache_info {
    size_t size; /* of this struct: set by WCL_CACHE_INFO_INIT */
    char path[1024];
    int64_t entries, bytes; /* programs; bytes of everything */
    int64_t rates;          /* devices whose measured rates are kept */
} wcl_cache_info;
#define WCL_CACHE_INFO_INIT WCL_SIZED(wcl_cache_info)
/* path as above. A folder that does not exist yet is empty. */
WCL_API wcl_status wcl_cache_query(const char *path, wcl_cache_info *info) WCL_WARN_UNUSED;
/* Removes the least recently used programs, at last measured rates, until at most `keep_bytes` are left. */
WCL_API wcl_status wcl_cache_trim(const char *path, uint64_t keep_bytes) WCL_WARN_UNUSED;

/* ------------------------------------------------------------------ models */

typedef struct wcl_model wcl_model;

/* An ONNX file, or "zoo:NAME[?classes=N&size=N&seed=N]" with NAME one of lenet5, alexnet, vgg11, vgg13,
 * vgg16, vgg19 and vggN-bn. Weights stay in the (memory-mapped) file: it may be renamed or deleted while the
 * model lives, but must not be changed in place. Where it has become shorter, planning and packing weights
 * fail with WCL_BAD_FILE; a cut in the very moment in which a part is read still ends the process with
 * SIGBUS. wcl_model_load_with can rule that out. WCL_BAD_FILE, WCL_BAD_MODEL, WCL_UNSUPPORTED (the reason
 * lists every unsupported node), WCL_NOT_FOUND (no such file or zoo name), WCL_NO_MEMORY. */
WCL_API wcl_status wcl_model_load(const char *path, wcl_model **out) WCL_WARN_UNUSED;

typedef struct wcl_model_options {
    size_t size;   /* of this struct: set by WCL_MODEL_OPTIONS_INIT; zero elsewhere means default */
    int in_memory; /* read files into memory once instead of mapping them: they may change afterwards, and
                      take memory while the model lives */
} wcl_model_options;
#define WCL_MODEL_OPTIONS_INIT WCL_SIZED(wcl_model_options)
/* The same with options; NULL: all defaults. */
WCL_API wcl_status wcl_model_load_with(const char *path, const wcl_model_options *options,
                                       wcl_model **out) WCL_WARN_UNUSED;
/* An ONNX model in memory, used in place: `release` (may be NULL) is called with `user` when the model needs
 * it no longer, also when loading fails. External data files are refused. */
WCL_API wcl_status wcl_model_load_memory(const void *data, size_t bytes, void (*release)(void *user),
                                         void *user, wcl_model **out) WCL_WARN_UNUSED;
WCL_API void wcl_model_destroy(wcl_model *model);

WCL_API int wcl_model_input_count(const wcl_model *model);
WCL_API int wcl_model_output_count(const wcl_model *model);
WCL_API const char *wcl_model_input_name(const wcl_model *model, int index); /* NULL if there is none */
WCL_API const char *wcl_model_output_name(const wcl_model *model, int index);
/* The index of the input or output of this name; -1 if there is none. */
WCL_API int wcl_model_find_input(const wcl_model *model, const char *name);
WCL_API int wcl_model_find_output(const wcl_model *model, const char *name);
/* Type and declared dimensions; -1 where free. */
WCL_API wcl_status wcl_model_input_info(const wcl_model *model, int index, wcl_tensor *info) WCL_WARN_UNUSED;
/* Type and inferred dimensions; -1 where one follows a free dimension of the inputs. WCL_BAD_ARGUMENT (no
 * such output, or shapes that depend on an input's values), WCL_BAD_SHAPE, WCL_UNSUPPORTED: what is wrong
 * with the shapes. wcl_session_output_info has the dimensions of a prepared shape. */
WCL_API wcl_status wcl_model_output_info(const wcl_model *model, int index, wcl_tensor *info) WCL_WARN_UNUSED;
/* A value of the model's metadata, NULL if absent. */
WCL_API const char *wcl_model_metadata(const wcl_model *model, const char *key);
/* Not 0: its weights are seeded, and what it predicts means nothing. */
WCL_API int wcl_model_is_untrained(const wcl_model *model);

/* A layer, as a summary shows it: a node that is not shape arithmetic. */
typedef struct wcl_layer {
    size_t size; /* of this struct: set by WCL_LAYER_INIT */
    const char *name, *op;
    int rank;
    int64_t dims[WCL_MAX_RANK]; /* output shape, ONNX order (N, C, H, W); -1 where it follows a free batch */
    int64_t parameters;         /* elements of its weights */
    int64_t trainable;          /* of these; a batch-norm's mean and variance are not */
} wcl_layer;
#define WCL_LAYER_INIT WCL_SIZED(wcl_layer)
/* -1 where the shapes don't fit: wcl_last_error tells. */
WCL_API int wcl_model_layer_count(const wcl_model *model);
/* A layer with its output shape; a dimension that follows a free one of the inputs is -1. */
WCL_API wcl_status wcl_model_layer(const wcl_model *model, int index, wcl_layer *layer) WCL_WARN_UNUSED;

/* Building a network in code. Names are copied. Errors of a node come at once, those of the whole graph (a
 * cycle, an input that nothing makes) from _finish. Shapes are checked when a session is made, once the
 * input's are known. */
typedef struct wcl_builder wcl_builder;

typedef enum wcl_attribute_kind {
    WCL_ATTRIBUTE_FLOAT = 1,
    WCL_ATTRIBUTE_INT = 2,
    WCL_ATTRIBUTE_STRING = 3,
    WCL_ATTRIBUTE_TENSOR = 4,
    WCL_ATTRIBUTE_FLOATS = 6,
    WCL_ATTRIBUTE_INTS = 7
} wcl_attribute_kind;

typedef struct wcl_attribute {
    const char *name;
    wcl_attribute_kind kind;
    int64_t i;
    float f;
    const char *s;
    const int64_t *ints;
    const float *floats;
    size_t count; /* of ints or floats */
    const wcl_tensor *tensor;
} wcl_attribute;

WCL_API wcl_status wcl_builder_create(wcl_builder **out) WCL_WARN_UNUSED;
WCL_API void wcl_builder_destroy(wcl_builder *builder);
WCL_API wcl_status wcl_builder_input(wcl_builder *builder, const char *name, wcl_type type, int rank,
                                     const int64_t *dims) WCL_WARN_UNUSED;
/* A constant, copied. */
WCL_API wcl_status wcl_builder_constant(wcl_builder *builder, const char *name,
                                        const wcl_tensor *tensor) WCL_WARN_UNUSED;
/* A constant used in place; `release` as in wcl_model_load_memory. */
WCL_API wcl_status wcl_builder_constant_view(wcl_builder *builder, const char *name, const wcl_tensor *tensor,
                                             void (*release)(void *user), void *user) WCL_WARN_UNUSED;
/* A float32 constant of seeded values with the given standard deviation, made when it is needed
 * (wcl_random_fill's values). It marks the model as untrained. */
WCL_API wcl_status wcl_builder_random(wcl_builder *builder, const char *name, int rank, const int64_t *dims,
                                      uint64_t key, double deviation) WCL_WARN_UNUSED;
/* A node of ONNX's operator `op` (newest supported opset unless wcl_builder_opset said otherwise). An absent
 * optional input is NULL or "". name NULL: one is made up. */
WCL_API wcl_status wcl_builder_node(wcl_builder *builder, const char *op, const char *name,
                                    const char *const *inputs, size_t input_count, const char *const *outputs,
                                    size_t output_count, const wcl_attribute *attributes,
                                    size_t attribute_count) WCL_WARN_UNUSED;
WCL_API wcl_status wcl_builder_output(wcl_builder *builder, const char *name) WCL_WARN_UNUSED;
WCL_API wcl_status wcl_builder_opset(wcl_builder *builder, int opset) WCL_WARN_UNUSED;
WCL_API wcl_status wcl_builder_metadata(wcl_builder *builder, const char *key,
                                        const char *value) WCL_WARN_UNUSED;
/* Makes the model and empties the builder. */
WCL_API wcl_status wcl_builder_finish(wcl_builder *builder, wcl_model **out) WCL_WARN_UNUSED;

/* ------------------------------------------------------------------ plans */

typedef struct wcl_plan wcl_plan;

typedef enum wcl_conv_choice {
    WCL_CONV_AUTO = 0,
    WCL_CONV_DIRECT = 1,
    WCL_CONV_GEMM = 2, /* an implicit matrix product */
    WCL_CONV_F2 = 3,   /* Winograd F(2x2,3x3); larger tiles multiply less and round more: docs/winograd.md */
    WCL_CONV_F4 = 4,
    WCL_CONV_F6 = 5
} wcl_conv_choice;

typedef enum wcl_dense_choice {
    WCL_DENSE_AUTO = 0,
    WCL_DENSE_CLBLAST = 1,
    WCL_DENSE_GEMV = 2,
    WCL_DENSE_GEMM = 3
} wcl_dense_choice;

/* How weights are stored on the device; sums are fp32 always. Halves take half the memory and its bandwidth;
 * layers whose weights don't fit into a half's range, direct convolutions, and CLBlast and F6 where they are
 * forced keep fp32: the plan says which. */
typedef enum wcl_precision { WCL_FP32 = 0, WCL_HALF_WEIGHTS = 1 } wcl_precision;

/* The kind of device that plans are made for. A plan for another kind than the device's runs all the same,
 * only slower: for tests, and to see what would run elsewhere. The device's limits stay as they are; the
 * rates that choices are made by are guessed. */
typedef enum wcl_plan_as { WCL_PLAN_AS_DEVICE = 0, WCL_PLAN_AS_CPU = 1, WCL_PLAN_AS_GPU = 2 } wcl_plan_as;

typedef struct wcl_session_options {
    size_t size;          /* of this struct: set by WCL_SESSION_OPTIONS_INIT; zero elsewhere means default */
    int64_t max_batch;    /* largest batch that wcl_session_run accepts; 0: any */
    uint64_t memory_cap;  /* bytes of device memory the session may use; 0: no cap */
    wcl_conv_choice conv; /* forced where a layer can use it */
    wcl_dense_choice dense;
    cl_command_queue queue; /* the caller's; NULL: a queue of the session's own */
    int separate_buffers;   /* a buffer for each tensor, none shared (for memory checkers) */
    int profile;            /* time every kernel, see wcl_session_profile */
    int keep_all;           /* every tensor can be read after a run, see wcl_session_tensor */
    wcl_precision precision;
    wcl_plan_as plan_as;
    /* Called while a shape is prepared, in the thread that prepares it, before each of `total` parts: `done`
     * are over, and `what` (until the function returns) is next, a program to build or a weight to pack. What
     * is shared or cached passes quickly; where a variant failed, the new plan's parts begin anew. Not 0:
     * prepare, or the run that prepares, ends with WCL_CANCELLED. May call wcl_session_cancel and nothing
     * else of the session. NULL: none. A clone has the same function. */
    int (*progress)(void *user, int64_t done, int64_t total, const char *what);
    void *progress_user;
    /* Values for kernels' parameters, instead of those that winocl chooses: texts of the form
     * FAMILY:NODE=NAME=VALUE NAME=VALUE... ("conv_gemm:conv1_1=pb=12 kb=2"), or without :NODE for every node
     * where they are legal. wcl_family_name and its kin tell what there is, wcl_plan_get_node what is used,
     * wcl_plan_note what is not used and why. Values that break a rule of the kernel are refused:
     * WCL_BAD_ARGUMENT says which. Copied. */
    const char *const *settings;
    size_t setting_count;
} wcl_session_options;
#define WCL_SESSION_OPTIONS_INIT WCL_SIZED(wcl_session_options)

/* One step, as `winocl plan` prints it. */
typedef struct wcl_plan_node {
    size_t size; /* of this struct: set by WCL_PLAN_NODE_INIT */
    const char *name, *op;
    const char *algorithm;  /* "f2", "direct", "clblast", "view", "host", ... */
    const char *parameters; /* the kernels' parameters, "cb=16 pb=12" */
    const char *layout;     /* of the output, "NCHW16c" */
    const char *reason;     /* why a forced or better choice was not taken; "" if none */
    int rank;
    int64_t dims[WCL_MAX_RANK];
    double gflop; /* multiplications and additions that it does / 1e9 */
    int64_t weight_bytes, activation_bytes, workspace_bytes;
    int launches;
    int is_host;
    /* What the layer's roofline is made of, whatever the algorithm and layout: the fewest multiplications and
     * additions / 1e9 that winocl knows an algorithm for, padding aside (a quarter of the definition's for
     * 3x3 windows of stride 1, as F(4x4,3x3) does), 0: too few to count; and the bytes of its inputs, weights
     * and outputs, each once, in float32, indices in int64. */
    double least_gflop;
    int64_t least_bytes;
    const char *family; /* of the kernels, whose parameters these are; "" if there is nothing to choose */
    const char *format; /* of the output, the layout with the elements' type: "float32 NCHW16c" */
} wcl_plan_node;
#define WCL_PLAN_NODE_INIT WCL_SIZED(wcl_plan_node)

typedef struct wcl_plan_bytes {
    size_t size; /* of this struct: set by WCL_PLAN_BYTES_INIT */
    uint64_t weights, activations, workspace, total;
} wcl_plan_bytes;
#define WCL_PLAN_BYTES_INIT WCL_SIZED(wcl_plan_bytes)

/* Plans a run with the given inputs (type and dims of each, -1: as declared; data of those whose values
 * decide shapes). inputs NULL: declared dimensions with free ones 1. Allocates nothing on the device.
 * WCL_BAD_SHAPE, WCL_UNSUPPORTED, WCL_NO_MEMORY (over the cap or the device's memory: the reason has the
 * bytes that are needed). */
WCL_API wcl_status wcl_plan_create(const wcl_device *device, const wcl_model *model,
                                   const wcl_session_options *options, const wcl_tensor *inputs,
                                   wcl_plan **out) WCL_WARN_UNUSED;
WCL_API void wcl_plan_destroy(wcl_plan *plan);
WCL_API int wcl_plan_node_count(const wcl_plan *plan);
WCL_API wcl_status wcl_plan_get_node(const wcl_plan *plan, int index, wcl_plan_node *node) WCL_WARN_UNUSED;
WCL_API wcl_status wcl_plan_get_bytes(const wcl_plan *plan, wcl_plan_bytes *bytes) WCL_WARN_UNUSED;
WCL_API int wcl_plan_host_steps(const wcl_plan *plan);
/* What there is to say of the options' settings: on which nodes one is not legal, and by which rule, and
 * which one nothing uses, since other kernels run. NULL for an index that is none. */
WCL_API int wcl_plan_note_count(const wcl_plan *plan);
WCL_API const char *wcl_plan_note(const wcl_plan *plan, int index);

/* The kernel families, by index: what the options' settings can name. Strings live as long as the program. */
WCL_API int wcl_family_count(void);
WCL_API const char *wcl_family_name(int family); /* NULL for an index that is none, here and below */
/* The operators that it can run; "Layout" is a change of formats between two nodes. */
WCL_API const char *wcl_family_operator(int family, int index);
WCL_API int wcl_family_parameter_count(int family);

typedef struct wcl_parameter {
    size_t size; /* of this struct: set by WCL_PARAMETER_INIT */
    const char *name, *meaning;
    int least, most, standard;
    int follows; /* not 0: it follows from the node and its formats, and no setting changes it */
} wcl_parameter;
#define WCL_PARAMETER_INIT WCL_SIZED(wcl_parameter)
WCL_API wcl_status wcl_family_parameter(int family, int index, wcl_parameter *parameter) WCL_WARN_UNUSED;

/* The device's rates that the plan's choices were made by. */
typedef struct wcl_plan_rates {
    size_t size; /* of this struct: set by WCL_PLAN_RATES_INIT */
    double gflops, gigabytes_per_second, launch_microseconds;
    int measured; /* by wcl_device_measure; 0: guessed from the device's facts */
} wcl_plan_rates;
#define WCL_PLAN_RATES_INIT WCL_SIZED(wcl_plan_rates)
WCL_API wcl_status wcl_plan_get_rates(const wcl_plan *plan, wcl_plan_rates *rates) WCL_WARN_UNUSED;

/* ------------------------------------------------------------------ sessions */

typedef struct wcl_session wcl_session;

WCL_API wcl_status wcl_session_create(wcl_device *device, wcl_model *model,
                                      const wcl_session_options *options, wcl_session **out) WCL_WARN_UNUSED;
WCL_API void wcl_session_destroy(wcl_session *session);
/* Another session on the same device, model and options: it shares the weights and may be used from another
 * thread. A queue that the caller gave is shared too. */
WCL_API wcl_status wcl_session_clone(const wcl_session *session, wcl_session **out) WCL_WARN_UNUSED;

/* A session that starts with this plan, as it is: its shape is prepared at once; further shapes are planned
 * as usual. The plan must have been made for this device, with the same memory_cap, conv, dense,
 * separate_buffers, keep_all, precision and plan_as; the other options are the session's alone.
 * WCL_BAD_ARGUMENT: another device's plan, or one made with another of these options (the reason
 * names it). */
WCL_API wcl_status wcl_session_create_from_plan(wcl_device *device, wcl_plan *plan,
                                                const wcl_session_options *options,
                                                wcl_session **out) WCL_WARN_UNUSED;

/* Plans, builds and allocates for these input shapes (wcl_plan_create's `inputs`), so that a run only
 * enqueues. */
WCL_API wcl_status wcl_session_prepare(wcl_session *session, const wcl_tensor *inputs) WCL_WARN_UNUSED;

/* Runs the network on `count` inputs and waits for the result.
 *
 * input   count x (the model's input shape without its batch; further free dimensions are 1), float32,
 * packed; read before the call returns output  count x (the model's output shape without its batch), float32;
 * written only on success
 *
 * WCL_BAD_ARGUMENT  count < 1 or > max_batch, or the model has several inputs or outputs (see
 * wcl_session_run_tensors) WCL_NO_MEMORY     the first run at this batch size did not fit; earlier sizes
 * still work WCL_DEVICE_ERROR  the driver refuses a launch, or reports a fault; of CL_OUT_OF_RESOURCES after
 * a launch it says no more WCL_DEVICE_LOST   the session can only be destroyed
 *
 * How large `output` is, only the caller knows: wcl_session_run_checked is told. */
WCL_API wcl_status wcl_session_run(wcl_session *session, const float *input, int64_t count,
                                   float *output) WCL_WARN_UNUSED;
/* The same, with the number of floats that `input` and `output` have room for. WCL_BAD_ARGUMENT, before
 * anything runs, where the network's are not exactly as many: the reason has both numbers. */
WCL_API wcl_status wcl_session_run_checked(wcl_session *session, const float *input, int64_t input_count,
                                           int64_t count, float *output,
                                           int64_t output_count) WCL_WARN_UNUSED;

/* The general form: one tensor for each input and output, in host or device memory; NULL: the bound ones. An
 * output tensor with NULL data and mem is given host memory (wcl_tensor_clear); one with memory must have
 * exactly the right bytes, its type and dims are filled in. Outputs in host memory change only when the whole
 * run succeeded, all of them; those in device memory change after the network has run without failure, and
 * may have changed if copying to one of them fails. After any return nothing of the run is in flight, unless
 * waiting itself failed twice (a device that is lost): then inputs in host memory must stay valid until the
 * session is destroyed. */
WCL_API wcl_status wcl_session_run_tensors(wcl_session *session, const wcl_tensor *inputs,
                                           wcl_tensor *outputs) WCL_WARN_UNUSED;

/* Binds an input or output, for runs that are given NULL inputs or outputs: the tensor's memory must stay
 * valid until it is bound anew or the session ends; its contents are read or written at each run. NULL
 * unbinds. */
WCL_API wcl_status wcl_session_bind_input(wcl_session *session, int index,
                                          const wcl_tensor *tensor) WCL_WARN_UNUSED;
WCL_API wcl_status wcl_session_bind_output(wcl_session *session, int index,
                                           const wcl_tensor *tensor) WCL_WARN_UNUSED;

/* wcl_session_run_tensors without waiting: every tensor must be in device memory of the session's context, or
 * in host memory that stays valid until the event is complete; outputs must have exactly the right bytes. The
 * run starts after `waits`. *event (may be NULL) is released by the caller; it is NULL on failure. A failure
 * while running is reported by wcl_session_wait. Outputs may have been written by a run that failed; once an
 * error is returned, nothing of the run is in flight (the call waits for what it had enqueued, and so for
 * `waits`). */
WCL_API wcl_status wcl_session_run_async(wcl_session *session, const wcl_tensor *inputs,
                                         const wcl_tensor *outputs, const cl_event *waits, cl_uint wait_count,
                                         cl_event *event) WCL_WARN_UNUSED;
WCL_API wcl_status wcl_session_wait(wcl_session *session) WCL_WARN_UNUSED;

/* From any thread: ends the session's prepare or run that is in progress with WCL_CANCELLED, at the next
 * program, weight or kernel; what was enqueued is waited for, and outputs are as after any failure. A call
 * that begins later is not concerned, nor is an asynchronous run that was enqueued. The session can be used
 * again at once; what was built stays built. */
WCL_API void wcl_session_cancel(wcl_session *session);

/* Type and dims of an output for the last prepared or run shape. */
WCL_API wcl_status wcl_session_output_info(const wcl_session *session, int index,
                                           wcl_tensor *info) WCL_WARN_UNUSED;
/* The plan of the last prepared or run shape; lives as long as the session keeps that shape. */
WCL_API const wcl_plan *wcl_session_plan(const wcl_session *session);
WCL_API cl_command_queue wcl_session_queue(const wcl_session *session);

/* With options.keep_all: how many tensors the last run made, and each with its name and a copy of its values,
 * in the order and shape that the model has for that name, wherever Transposes went. */
WCL_API int wcl_session_tensor_count(const wcl_session *session);
WCL_API wcl_status wcl_session_tensor(wcl_session *session, int index, const char **name,
                                      wcl_tensor *tensor) WCL_WARN_UNUSED;

/* With options.profile: device time of each launch of the last run. ms and start_ms are -1 where the queue
 * does not measure. */
typedef struct wcl_profile_entry {
    size_t size; /* of this struct: set by WCL_PROFILE_ENTRY_INIT */
    const char *node, *kernel;
    int plan_node; /* index for wcl_plan_get_node */
    double ms;
    double start_ms; /* after the start of the run's first launch */
} wcl_profile_entry;
#define WCL_PROFILE_ENTRY_INIT WCL_SIZED(wcl_profile_entry)
WCL_API int wcl_session_profile_count(const wcl_session *session);
WCL_API wcl_status wcl_session_profile(const wcl_session *session, int index,
                                       wcl_profile_entry *entry) WCL_WARN_UNUSED;

/* Milliseconds that preparing the last new shape took: planning, building programs, packing weights. */
WCL_API double wcl_session_prepare_ms(const wcl_session *session);

#ifdef __cplusplus
}
#endif
#endif
