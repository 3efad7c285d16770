/* Faults in the planner, on demand: what random networks must notice. The linker sends the planner's calls
 * through here. */
#ifndef WCL_TESTS_FAKE_PLAN_H
#define WCL_TESTS_FAKE_PLAN_H

typedef enum fake_plan_fault {
    FAKE_PLAN_NONE = 0,
    FAKE_PLAN_SHORT_ALIAS,    /* a tensor's life does not know of the views of it */
    FAKE_PLAN_SHORT_LIFE,     /* a tensor's life ends a step before its last one */
    FAKE_PLAN_LATE_LIFE,      /* a tensor's life begins a step after its first one */
    FAKE_PLAN_SHORT_OUTPUT,   /* an output's life ends with the last step that touches it */
    FAKE_PLAN_DROPPED_LAYOUT, /* a conversion copies what it should convert */
    FAKE_PLAN_KEY_OF_SOURCE,  /* packed weights with one source and as many bytes are taken for the same */
    FAKE_PLAN_KEY_OF_KERNEL,  /* the same, where the packing kernel and its options are the same, too */
    FAKE_PLAN_FAULTS
} fake_plan_fault;

/* From now on; FAKE_PLAN_NONE ends it. Not thread-safe. */
void fake_plan_break(fake_plan_fault fault);

#endif
