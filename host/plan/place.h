/* Where the tensors of a plan lie. */
#ifndef WCL_PLAN_PLACE_H
#define WCL_PLAN_PLACE_H

#include "plan/plan.h"

/* Lifetimes, and the buffer of each tensor. */
wcl_status wcl__place(wcl_plan *plan, const wcl_session_options *options);

#endif
