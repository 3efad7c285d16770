/* Choosing how each node runs: the options, and the cheapest way through the graph. */
#ifndef WCL_PLAN_CHOOSE_H
#define WCL_PLAN_CHOOSE_H

#include "plan/request.h"

/* One way to run a node, and its time. */
typedef struct wcl__option {
    const wcl__variant *variant;
    wcl__way way;
    double own;  /* seconds */
    double best; /* with the cheapest way to here */
} wcl__option;

typedef struct wcl__choice {
    wcl__option *options;
    int count, chosen;
    char *reason; /* why the forced or a denied variant is not among them; NULL: nothing to say */
} wcl__choice;

/* An option for each node of the graph, in its order; *choices has node_count elements. */
wcl_status wcl__choose(const wcl__plan_request *request, const wcl__graph *graph, wcl__choice **choices);
void wcl__choices_free(wcl__choice *choices, size_t count);

/* The ways in which one variant can run a node; `text` may hold the reason why there is none. */
typedef struct wcl__option_list {
    wcl__option options[WCL__MAX_OFFERS];
    int count;
    char text[WCL__REASON_BYTES];
} wcl__option_list;
/* NULL, or why the variant may not run the node: it cannot, or it is denied. Settings count where they are
 * legal. */
const char *wcl__option_make(const wcl__plan_request *request, const wcl__op_node *node,
                             const wcl__variant *variant, bool half, wcl__option_list *list);
/* May any variant but this one run the node? */
bool wcl__has_alternative(const wcl__plan_request *request, const wcl__op_node *node, const char *variant);

#endif
