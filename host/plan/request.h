/* What a plan is asked for, and what it may not use. */
#ifndef WCL_PLAN_REQUEST_H
#define WCL_PLAN_REQUEST_H

#include "plan/plan.h"

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
    /* Worked out by wcl__plan_make: the facts' profile, and the options' settings. */
    const wcl__profile *profile;
    const wcl__settings *settings; /* NULL: none */
} wcl__plan_request;

#endif
