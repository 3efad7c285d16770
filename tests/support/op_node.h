/* One operator's node of an op_case, built by hand, with its values and what it should give: for op_run.c. */
#ifndef WCL_TESTS_OP_NODE_H
#define WCL_TESTS_OP_NODE_H

#include "session/store.h"
#include "ops/value.h"
#include "support/op_run.h"

typedef struct op_fixture {
    const op_case *test;
    op_options options;
    wcl__profile profile;
    wcl__op_node node;
    wcl__attr attrs[OP_MOST_ATTRS];
    wcl__value inputs[OP_MOST_INPUTS], outputs[2];
    wcl__value *input_pointers[OP_MOST_INPUTS], *output_pointers[2];
    wcl__source sources[OP_MOST_INPUTS];
    char keys[OP_MOST_INPUTS][32];
    const float *floats[OP_MOST_INPUTS]; /* what the reference reads */
    double *expected;
    int64_t output_size;
    bool refused; /* under fake_cl_limits: the launch of the variant that ran last, which a session would
                     replace by another */
} op_fixture;

/* The node, not inferred yet, and its inputs' values. Pointers in it lead back into *f, which therefore stays
 * where it is. */
void op_make_node(const op_case *test, op_options options, op_fixture *f);
/* What the operator should give: the reference's values behind the epilogue. */
void op_make_expected(op_fixture *f);
void op_clear_node(op_fixture *f);

#endif
