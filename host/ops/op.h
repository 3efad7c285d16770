/* An operator is a registry row: its name and opsets, shape inference, an optional host fold, and the
 * variants that compute it on a device. A variant says what it can do and what it costs; the planner alone
 * decides. All functions but emit are pure.
 *
 * A new operator is one row here, one file in ops/ (or a row of a table there), one kernel family, one
 * reference and one test row: docs/adding-an-operator.md. */
#ifndef WCL_OPS_OP_H
#define WCL_OPS_OP_H

#include "base/desc.h"
#include "base/source.h"
#include "ops/steps.h"
#include "tune/setting.h"

typedef struct wcl__op wcl__op;

/* An attribute of the model's node; owned by the model. */
typedef struct wcl__attr {
    char *name;
    wcl_attribute_kind kind;
    int64_t i;
    float f;
    char *s;
    int64_t *ints;
    float *floats;
    size_t count;
    wcl__source *tensor;
} wcl__attr;

/* A tensor while planning. All dimensions are known; `source` is set where the values are too. */
typedef struct wcl__value {
    char *name;
    char *key; /* of a constant: the same key, the same values (within a model); NULL elsewhere */
    wcl_type type;
    wcl__shape shape;
    const wcl__source *source;
    bool owns_source;   /* made by a fold: source and key are freed with the value */
    wcl__reorder order; /* of the model's tensor of this name */
    bool lost;          /* neither type nor shape: what makes it is not supported, or follows what is not */
} wcl__value;

/* Fused behind an operator, in this order: y = act(y * scale[channel] + shift[channel]), then the largest of
 * each 2 x 2 pixels (an odd last row or column is dropped). */
typedef struct wcl__epilogue {
    float *scale, *shift; /* owned; NULL: 1 and 0 */
    wcl__act act;
    bool pool;
} wcl__epilogue;

/* What infer found out; which member, the operator knows. */
typedef union wcl__desc {
    wcl__conv conv;
    wcl__pool pool;
    wcl__gemm gemm;
    wcl__lrn lrn;
    wcl__softmax softmax;
    wcl__topk topk;
    wcl__act act;
    int64_t axis;               /* Concat, Gather */
    int64_t perm[WCL_MAX_RANK]; /* Transpose */
    struct {
        int64_t start[WCL_MAX_RANK], step[WCL_MAX_RANK];
    } slice;
} wcl__desc;

/* A node while planning: the model's node, or what fusion made of it. */
typedef struct wcl__op_node {
    const char *name;
    const wcl__op *op;
    int opset;
    const wcl__attr *attrs;
    size_t attr_count;
    wcl__value **inputs; /* NULL: an optional input that is absent */
    size_t input_count;
    wcl__value **outputs; /* NULL: an optional output that nobody asked for */
    size_t output_count;
    wcl__desc desc;
    wcl__epilogue epilogue;
    int64_t flatten[3]; /* dense: the weight's rows are in (H, W, C) order of this H, W, C and are to be
                           packed as (C, H, W); 0: no */
} wcl__op_node;

/* Formats in which a variant reads each input and writes each output; inputs behind the last one listed have
 * its format. An input that the variant packs has the type of the packed weights. */
enum { WCL__OFFER_INPUTS = 4, WCL__OFFER_OUTPUTS = 2, WCL__MAX_OFFERS = 4 };
typedef struct wcl__offer {
    wcl__format_id in[WCL__OFFER_INPUTS], out[WCL__OFFER_OUTPUTS];
} wcl__offer;

/* What a node is to run on, and what was asked for. */
typedef struct wcl__target {
    const wcl__profile *profile;
    const wcl__settings *settings; /* NULL: none */
    bool half; /* the node's weights fit into halves and were asked for so: a variant offers them so, offers
                  floats, or refuses */
} wcl__target;

/* One way to run a node: everything that decides it, so that nobody works it out again. */
typedef struct wcl__way {
    const wcl__op_node *node;
    wcl__offer offer;
    wcl__config config;
} wcl__way;

typedef struct wcl__cost {
    double flops, bytes;
    double efficiency; /* of the device's peak, 0..1 */
    int launches;
} wcl__cost;

/* How the error of a result grows: by which bound of winograd.md (see tests' tolerance). */
typedef enum wcl__bound { WCL__EXACT = 0, WCL__SUM = 1, WCL__F2 = 2, WCL__F4 = 4, WCL__F6 = 6 } wcl__bound;

typedef struct wcl__emit {
    wcl__steps *steps;
    const wcl__way *way;
    const wcl__op_node *node; /* the way's */
    /* Slots of the inputs, -1: absent, or a constant that the variant packs itself (op->packs). */
    const int *in;
    const int *out; /* slots of the outputs, -1: not asked for */
} wcl__emit;

/* A way to compute an operator: one kernel family, and what it needs around it. */
typedef struct wcl__variant {
    const char *name;               /* its own within the operator */
    const char *algorithm;          /* what options force and plans print; NULL: the name */
    const wcl__param_table *family; /* NULL: its kernels have nothing to choose */
    wcl__bound bound;
    bool is_view; /* moves no data: output 0 is input 0's memory in another format; no emit, no cost */
    /* The formats that it can run the node in; 0: none. NULL: plain floats only. */
    int (*offers)(const wcl__op_node *node, const wcl__target *target, wcl__offer out[WCL__MAX_OFFERS]);
    /* Sets all of the family's values, which come as the standard ones, for one offer; NULL, or why the
     * variant cannot run the node. Where one value follows from others, it takes in what is given
     * (wcl__target_given) before. NULL function: always, with the standard values. */
    const char *(*configure)(const wcl__op_node *node, const wcl__target *target, const wcl__offer *offer,
                             void *params);
    /* The time it takes is the planner's to work out. NULL: bound by the bytes of its inputs and outputs. */
    void (*cost)(const wcl__way *way, const wcl__profile *profile, wcl__cost *cost);
    /* Bytes on the device beside inputs and outputs: scratch, and packed weights where the variants differ in
     * them; NULL: none */
    size_t (*memory)(const wcl__way *way);
    wcl_status (*emit)(const wcl__emit *emit);
} wcl__variant;

enum {
    WCL__ABSORBS_ACT = 1,    /* takes an activation into its epilogue */
    WCL__ABSORBS_AFFINE = 2, /* takes scale and shift by channel into its epilogue, where it has weights */
    WCL__IS_VIEW = 4,        /* moves no data: output 0 is input 0 with another shape */
    /* Output 0 at an index depends on the inputs at that index (after broadcasting). */
    WCL__IS_ELEMENTWISE = 8,
    WCL__IS_SHAPE = 16,        /* shape arithmetic: not a layer of a summary */
    WCL__ZERO_KEEPS = 32,      /* f(0, 0...) = 0: the tail lanes of a blocked format stay zero */
    WCL__FOLDS_SHAPE = 64,     /* folds without its inputs' values (Shape) */
    WCL__ABSORBS_POOL = 128,   /* takes a 2x2 max-pool into its epilogue */
    WCL__PACKS_HALF = 256,     /* input 1 is weights, which some variant can store as halves */
    WCL__IS_TRANSPOSE = 512,   /* output 0 is input 0 with its dimensions in the order of desc.perm */
    WCL__IS_ACTIVATION = 1024, /* output 0 is desc.act of input 0: the operator before may absorb it */
    WCL__CHANNELS_LAST = 2048, /* the epilogue's channels are output 0's last dimension, not dimension 1 */
    WCL__HEEDS_FLATTEN = 4096  /* packs its weights by node->flatten, where it has weights */
};

/* Which of a session's options may force an operator's variant. */
typedef enum wcl__forced_by {
    WCL__FORCED_BY_NONE = 0,
    WCL__FORCED_BY_CONV,
    WCL__FORCED_BY_DENSE
} wcl__forced_by;

struct wcl__op {
    const char *name; /* ONNX's, domain "" */
    int since;        /* first opset we know; newer ones up to WCL__OPSET_LAST are known too */
    int min_inputs, max_inputs, max_outputs;
    unsigned flags;
    /* Bits of inputs: input i's is 1u << i. */
    unsigned known;         /* must be known while planning (a shape, a bound, a weight): ask wcl__op_knows */
    unsigned packs;         /* packed by the variants, the planner makes no slot: ask wcl__op_packs */
    unsigned measured;      /* measured in training, not learned, so not trainable: ask wcl__op_measured */
    unsigned int64_outputs; /* bit i: its variants make output i, of int64 */
    wcl__forced_by forced_by;
    const char *attributes; /* "axis keepdims": any other is unsupported */
    /* The part of infer's checks that needs no input's type or shape: for nodes behind one that is not
     * supported. Reads attributes, which outputs there are, and inputs that have a source. NULL: there is
     * nothing to check. */
    wcl_status (*check)(const wcl__op_node *node);
    /* Checks inputs and attributes; sets desc and the outputs' type and shape. */
    wcl_status (*infer)(wcl__op_node *node);
    /* Computes the outputs on the host when all inputs are known: shape arithmetic. NULL: never.
     * WCL_UNSUPPORTED: not this type. */
    wcl_status (*fold)(wcl__op_node *node);
    /* The fewest multiplications and additions that any algorithm we know does it with, padding aside. NULL:
     * too few to count. */
    double (*work)(const wcl__op_node *node);
    /* Is output 0 what input 0 is? Ask wcl__moves_nothing, which knows of views, too. NULL: never. */
    bool (*moves_nothing)(const wcl__op_node *node);
    /* Is output 0 = x * scale[channel] + shift[channel], x being this input, with constants, and the channels
     * its dimension `axis`? Then sets *scale, *shift or both: a number for each channel, the caller's to free
     * (wcl__free). NULL stays for 1 and for 0; both stay NULL where it is not so. NULL: it never is. */
    wcl_status (*by_channel)(const wcl__op_node *node, size_t input, int axis, float **scale, float **shift);
    /* Is output 0 what an epilogue's pool makes of input 0? NULL: never. */
    bool (*is_epilogue_pool)(const wcl__op_node *node);
    /* Is each number of output 0 the largest of some of input 0's, one at least? NULL: never. */
    bool (*takes_largest)(const wcl__op_node *node);
    /* Has the node weights that scale, shift and another order of input 0 can go into? Asked of operators
     * with WCL__ABSORBS_AFFINE or WCL__HEEDS_FLATTEN only. NULL: always. */
    bool (*has_weights)(const wcl__op_node *node);
    /* What the weights are multiplied by while they are packed, the epilogue's scale aside. NULL: by 1. */
    float (*weight_factor)(const wcl__op_node *node);
    const wcl__variant *variants;
    size_t variant_count;
};
enum { WCL__OPSET_FIRST = 1, WCL__OPSET_LAST = 21 };

/* registry.c: NULL if there is none. */
const wcl__op *wcl__op_find(const char *name);
/* families.c: all kernel families, each once, and the one of this name, of the first `length` characters;
 * NULL if there is none. */
const wcl__param_table *wcl__family_at(size_t index);
const wcl__param_table *wcl__family_find(const char *name, size_t length);

/* attr.c */
int64_t wcl__attr_int(const wcl__op_node *node, const char *name, int64_t standard);
float wcl__attr_float(const wcl__op_node *node, const char *name, float standard);
const char *wcl__attr_string(const wcl__op_node *node, const char *name, const char *standard);
/* NULL and 0 if absent. */
const int64_t *wcl__attr_ints(const wcl__op_node *node, const char *name, size_t *count);
const wcl__attr *wcl__attr_find(const wcl__op_node *node, const char *name);
/* WCL_BAD_MODEL if the node has an attribute that opset `since` took away. */
wcl_status wcl__attr_dropped(const wcl__op_node *node, const char *name, int since);

/* way.c */
/* An offer of plain float tensors; of floats in blocks of channels on both sides. */
wcl__offer wcl__offer_plain(void);
wcl__offer wcl__offer_blocks(int in, int out);
/* Floats in these formats, for all inputs and all outputs. */
wcl__offer wcl__offer_of(wcl__format_id in, wcl__format_id out);
wcl__format_id wcl__offer_in(const wcl__offer *offer, size_t input);
wcl__format_id wcl__offer_out(const wcl__offer *offer, size_t output);
/* Stores the weights (input 1) as halves, or as floats. */
void wcl__offer_weights(wcl__offer *offer, bool half);
/* Are they stored as halves? */
bool wcl__offer_half(const wcl__offer *offer);
/* The channel blocks of input 0 and output 0. */
int wcl__block_in(const wcl__offer *offer);
int wcl__block_out(const wcl__offer *offer);
/* Writes what is given for the family on this node over its values. */
void wcl__target_given(const wcl__target *target, const wcl__op_node *node, const wcl__param_table *family,
                       void *params);
/* One way for one offer of the variant. NULL, or why there is none: the variant cannot run the node, or its
 * values break a rule; a text of the variant's, or in `text`. */
enum { WCL__REASON_BYTES = 256 };
const char *wcl__way_make(const wcl__variant *variant, const wcl__op_node *node, const wcl__target *target,
                          const wcl__offer *offer, wcl__way *way, char text[WCL__REASON_BYTES]);
/* The variant's offers for the node. */
int wcl__variant_offers(const wcl__variant *variant, const wcl__op_node *node, const wcl__target *target,
                        wcl__offer out[WCL__MAX_OFFERS]);
const char *wcl__variant_algorithm(const wcl__variant *variant);
/* Does the node, run by this variant, move no data? */
bool wcl__is_view(const wcl__op_node *node, const wcl__variant *variant);

/* value.c: helpers of infer and fold */
/* Are these inputs in the row's bits? Those past the last bit are in none: Concat has any number. */
bool wcl__op_knows(const wcl__op *op, size_t input);
bool wcl__op_packs(const wcl__op *op, size_t input);
bool wcl__op_measured(const wcl__op *op, size_t input);
/* Input i, or NULL when it is absent. */
const wcl__value *wcl__input(const wcl__op_node *node, size_t i);
/* The integers of a known input (rank 0 or 1) into out[capacity]; WCL_BAD_SHAPE, WCL_UNSUPPORTED if not
 * known. */
wcl_status wcl__input_ints(const wcl__op_node *node, size_t i, int64_t *out, size_t capacity, size_t *count);
/* Which output of the node the value is; it is one. */
size_t wcl__output_index(const wcl__op_node *node, const wcl__value *value);
void wcl__output_set(wcl__op_node *node, size_t i, wcl_type type, const wcl__shape *shape);
/* Memory for output i's values, zeroed; the output becomes known. */
wcl_status wcl__output_known(wcl__op_node *node, size_t i, void **data);
/* -rank <= axis < rank made positive; WCL_BAD_SHAPE */
wcl_status wcl__axis(int64_t axis, int rank, int64_t *out);
/* WCL_UNSUPPORTED unless the type is float32. */
wcl_status wcl__need_float(const wcl__value *value, const char *what);

#endif
