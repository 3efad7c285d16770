/* The plan: what runs, where every tensor lies, and how many bytes that takes. Immutable; no OpenCL object in
 * it. */
#ifndef WCL_PLAN_PLAN_H
#define WCL_PLAN_PLAN_H

#include "graph/graph.h"
#include "runtime/rates.h"

/* What `winocl plan` prints of a node, or of a conversion of formats between two. */
typedef struct wcl__planned {
    char *name, *reason;
    const char *op, *algorithm;
    const char *variant; /* NULL: none (a view, a conversion) */
    /* Its place in the plan's graph; -1: none (a conversion of formats, a known output). */
    int64_t graph_node;
    char layout[48], format[64]; /* of the output, without and with the elements' type */
    wcl__config config;          /* of its variant, or of the conversion */
    char *parameters;            /* the same as a text; NULL: there are none */
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
    wcl__profile profile;        /* of these facts */
    wcl__rates rates;            /* that costs were computed with */
    wcl_session_options options; /* that it was made with, but for the settings: */
    wcl__settings settings;
    wcl_model *model; /* retained: packings point into it */
    wcl__graph graph; /* owns what was folded */
    wcl__steps steps;
    wcl__planned *nodes;
    size_t node_count, node_capacity;
    int *input_slots, *output_slots; /* -1: known while planning (graph.inputs, graph.outputs) */
    char **notes;                    /* on settings that are not used everywhere; see wcl_plan_note */
    size_t note_count, note_capacity;
    size_t *buffers; /* bytes of each buffer for activations and scratch; tensors that do not live together
                        share one */
    size_t buffer_count;
    uint64_t buffer_bytes, workspace_bytes; /* of all buffers; the part of them that is scratch */
    uint64_t weight_bytes;                  /* packed weights */
};

void wcl__plan_retain(wcl_plan *plan); /* wcl_plan_destroy releases */
uint64_t wcl__plan_total(const wcl_plan *plan);
wcl_status wcl__plan_add_note(wcl_plan *plan, const char *format, ...) WCL__PRINTF(2, 3);
/* The slot whose buffer this slot uses. */
int wcl__plan_root(const wcl__steps *steps, int slot);
/* Calls `visit` for every slot that a step reads or writes. */
void wcl__step_slots(const wcl__step *step, void (*visit)(void *user, int slot), void *user);

#endif
