/* A session: queues, kernels with their arguments set, and a few shape instances. */
#ifndef WCL_SESSION_SESSION_H
#define WCL_SESSION_SESSION_H

#include "base/names.h"
#include "plan/request.h"
#include "session/store.h"
#include "base/error.h"

/* Everything for one set of input shapes (and known input values). */
typedef struct wcl__instance {
    wcl_plan *plan;
    cl_mem *buffers;       /* the plan's, owned */
    cl_mem *slots;         /* one for each tensor of the plan: one of the buffers, or a weight of the store */
    wcl__launch *launches; /* one for each step; only kernels have one */
    wcl__span *spans;      /* of the last profiled run, one for each step; NULL: none */
    void *staging; /* host memory of all outputs, one behind the other: a run's wait here until every one is
                      there */
    bool flushed;  /* its programs are in the disk cache */
    uint64_t used; /* the session's clock at its last use */
    wcl__store *store;
} wcl__instance;

enum { WCL__INSTANCES = 4 };

struct wcl_session {
    wcl_device *device;
    wcl_model *model;
    wcl_session_options options; /* its settings are these: */
    char **settings;
    wcl__store *store;
    cl_command_queue queue;
    bool out_of_order, profiling;
    bool lost;     /* the device is gone: only destroy is left */
    int cancelled; /* atomic: the call in progress is to end */
    wcl__instance *instances[WCL__INSTANCES];
    wcl__instance *current;
    wcl__denied *denied;
    size_t denied_count, denied_capacity;
    uint64_t clock;
    double prepare_ms;
    bool *made;            /* one for each output: whether the run made its memory */
    wcl__names text_names; /* of `texts`: names that the caller was given, which outlive the shape that they
                              came from */
    char **texts;
    size_t text_count, text_capacity;
    cl_event pending; /* the last asynchronous run's end */
    wcl_tensor *bound_inputs,
        *bound_outputs; /* one each; those not bound have neither data nor mem. NULL: none was bound */
};

/* What an instance that could not be made leaves to the next attempt. */
typedef struct wcl__failures {
    /* The variants that are to blame, where another one could run each of their nodes; else none. */
    wcl__denied *list;
    size_t count, capacity;
    wcl__instance *weights; /* holds the weights that were packed; for wcl__instance_destroy. NULL: none */
} wcl__failures;

void wcl__denied_clear(wcl__denied *denied);
void wcl__failures_clear(wcl__failures *failures);

/* instance.c: builds, allocates and warms up for this plan, which it takes over. On failure *failed, empty
 * before, tells why. */
wcl_status wcl__instance_create(wcl_session *session, wcl_plan *plan, wcl__instance **out,
                                wcl__failures *failed);
void wcl__instance_destroy(wcl__instance *instance);
bool wcl__instance_matches(const wcl__instance *instance, const wcl_tensor *inputs);

/* session.c: WCL_CANCELLED once wcl_session_cancel was called since the call began. */
wcl_status wcl__session_check_cancelled(wcl_session *session);
/* texts.c: keeps copies of the names in a plan that the caller may ask for, as long as the session; each text
 * once. */
wcl_status wcl__session_keep_texts(wcl_session *session, const wcl_plan *plan);
/* The session's copy of a kept text. */
const char *wcl__session_text(const wcl_session *session, const char *text);
void wcl__session_free_texts(wcl_session *session);

/* session.c: makes the instance for these inputs the current one. */
wcl_status wcl__session_select(wcl_session *session, const wcl_tensor *inputs);

#endif
