/* What becomes of the settings that a user gives (tune/setting.h). */
#ifndef WCL_PLAN_SETTINGS_H
#define WCL_PLAN_SETTINGS_H

#include "plan/request.h"

/* Notes in the plan on which nodes a setting is not legal, and why. WCL_BAD_ARGUMENT for one that is legal
 * nowhere, or not on the node that it names: with the rule that it breaks. */
wcl_status wcl__settings_check(const wcl__plan_request *request, wcl_plan *plan);
/* Notes the settings that no chosen variant uses. */
wcl_status wcl__settings_note_unused(const wcl__plan_request *request, wcl_plan *plan);

#endif
