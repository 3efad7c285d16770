/* The plan: what runs, where every tensor lies, and how many bytes that takes. Immutable; no OpenCL object in
 * it. */
#ifndef WCL_PLAN_PLAN_H
#define WCL_PLAN_PLAN_H

#include "graph/graph.h"
#include "runtime/rates.h"

/* What `winocl plan` prints of a node, or of a layout conversion between two. */
typedef struct wcl__planned {
    char *name, *reason;
    const char *op, *algorithm;
    int64_t graph_node; /* its place in the plan's graph; -1: none (a layout conversion, a known output) */
    char parameters[160], layout[48];
    wcl__shape shape;
    double flops, least_flops;
    int64_t least_bytes;
    int64_t weight_bytes, activation_bytes, workspace_bytes;
    int launches;
    bool is_host;
} wcl__planned;

struct wcl_plan {
    int references;
    pthread_mutex_t lock;
    wcl__facts facts;            /* of the device that it is for */
    wcl__rates rates;            /* that costs were computed with */
    wcl_session_options options; /* that it was made with */
    wcl_model *model;            /* retained: packings point into it */
    wcl__graph graph;            /* owns what was folded */
    wcl__steps steps;
    wcl__planned *nodes;
    size_t node_count, node_capacity;
    int *input_slots, *output_slots; /* -1: known while planning (graph.inputs, graph.outputs) */
    size_t *buffers; /* bytes of each buffer for activations and scratch; tensors that do not live together
                        share one */
    size_t buffer_count;
    uint64_t buffer_bytes, workspace_bytes,
        weight_bytes; /* of all buffers; the part of them that is scratch; packed weights */
};

/* A variant that failed on this device. */
typedef struct wcl__denied {
    char *node;
    const char *variant;
    char *reason;
} wcl__denied;

typedef struct wcl__plan_request {
    const wcl__facts *facts;
    wcl_model *model;
    const wcl_session_options *options;
    const wcl_tensor *inputs;
    const wcl__denied *denied;
    size_t denied_count;
    const wcl__rates *rates; /* NULL: those that the facts suggest */
} wcl__plan_request;

void wcl__plan_retain(wcl_plan *plan); /* wcl_plan_destroy releases */
wcl_status wcl__plan_make(const wcl__plan_request *request, wcl_plan **out);
uint64_t wcl__plan_total(const wcl_plan *plan);
/* The slot whose buffer this slot uses. */
int wcl__plan_root(const wcl__steps *steps, int slot);
/* Calls `visit` for every slot that a step reads or writes. */
void wcl__step_slots(const wcl__step *step, void (*visit)(void *user, int slot), void *user);

/* ---- the planner's parts */

/* One way to run a node. */
typedef struct wcl__option {
    const wcl__variant *variant;
    wcl__blocks blocks;
    double own;  /* seconds */
    double best; /* with the cheapest way to here */
} wcl__option;

typedef struct wcl__choice {
    wcl__option *options;
    int count, chosen;
    char *reason; /* why the forced or a denied variant is not among them; NULL: nothing to say */
} wcl__choice;

/* choose.c: an option for each node of the graph, in its order; *choices has node_count elements. */
wcl_status wcl__choose(const wcl__plan_request *request, const wcl__graph *graph, wcl__choice **choices);
void wcl__choices_free(wcl__choice *choices, size_t count);
/* Why the variant may not run the node: it cannot, or it is denied. NULL: it may. */
const char *wcl__refusal(const wcl__plan_request *request, const wcl__op_node *node,
                         const wcl__variant *variant);
/* May any variant but this one run the node? */
bool wcl__has_alternative(const wcl__plan_request *request, const wcl__op_node *node, const char *variant);

/* place.c: lifetimes, and the buffer of each tensor. */
wcl_status wcl__place(wcl_plan *plan, const wcl_session_options *options);

#endif
