/* A failing random network made smaller, until every node of it is needed. */
#ifndef WCL_TESTS_RANDOM_SHRINK_H
#define WCL_TESTS_RANDOM_SHRINK_H

#include "support/random_check.h"

/* Says whether the network still fails as it did at first. */
typedef bool (*shrink_test)(const random_graph *graph, const combination *c, void *user);

/* Makes *graph and *c as simple as they can be with `fails` still true: fewer outputs, nodes replaced by
 * inputs, constants or what they read, absent operands and attributes, and the first level of each factor.
 * False: it does not fail at all, nothing is changed. */
bool graph_shrink(random_graph *graph, combination *c, shrink_test fails, void *user);

#endif
