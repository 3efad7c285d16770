/* Making a plan. */
#ifndef WCL_PLAN_PLANNER_H
#define WCL_PLAN_PLANNER_H

#include "plan/request.h"

wcl_status wcl__plan_make(const wcl__plan_request *request, wcl_plan **out);

#endif
