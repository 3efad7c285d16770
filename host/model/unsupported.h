/* What of a model cannot run, gathered while its nodes are looked at one by one, so that one error tells all
 * of it. */
#ifndef WCL_MODEL_UNSUPPORTED_H
#define WCL_MODEL_UNSUPPORTED_H

#include "model/model.h"

typedef struct wcl__unsupported {
    wcl_unsupported *records; /* with texts of the list's own */
    size_t count, capacity;
    /* The least that all operators which came later than the model's opset need; 0: there is none. */
    int opset;
    bool operators; /* some operator or attribute is not known at all */
    bool failed;    /* out of memory */
} wcl__unsupported;

void wcl__unsupported_clear(wcl__unsupported *list);
/* Adds one record if the node's operator, its opset or an attribute is not known; false where there is
 * nothing to add. Out of memory: true, and the list has failed. */
bool wcl__unsupported_row(wcl__unsupported *list, const wcl_model *model, const wcl__model_node *node);
/* Adds the thread's error, a limit that the operator's checks found, and clears it. */
void wcl__unsupported_limit(wcl__unsupported *list, const char *node, const char *op);
/* WCL_OK for an empty list; else WCL_UNSUPPORTED with all nodes, grouped by operator and reason, in the
 * reason and each in wcl_last_unsupported. */
wcl_status wcl__unsupported_fail(const wcl__unsupported *list);

#endif
