/* What must hold of a whole model before anybody plans it. */
#ifndef WCL_MODEL_CHECK_H
#define WCL_MODEL_CHECK_H

#include "model/model.h"

/* Of a model whose operators are all known: checks counts of inputs, that everything is defined and nothing
 * is cyclic; sorts the nodes; marks the inputs whose values planning needs. */
wcl_status wcl__model_check(wcl_model *model);
/* The last two of these, for a model that has operators which are not known. WCL_BAD_MODEL for a circle. */
wcl_status wcl__model_sort(wcl_model *model);
/* The counts of the inputs and outputs of a node whose operator is known, and that each input comes from
 * somewhere. */
wcl_status wcl__model_check_node(const wcl_model *model, const wcl__model_node *node);

#endif
