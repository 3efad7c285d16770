/* From choices to steps. */
#ifndef WCL_PLAN_EMIT_H
#define WCL_PLAN_EMIT_H

#include "plan/choose.h"

/* Fills the plan's nodes, steps, and slots of inputs and outputs, by a choice for each node of its graph. */
wcl_status wcl__plan_emit(const wcl__plan_request *request, wcl_plan *plan, const wcl__choice *choices);

#endif
