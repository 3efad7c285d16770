/* The commands: one function each, in cmd_NAME.c, called with options that the command knows and operands of
 * the right number. */
#ifndef WINOCL_TOOLS_COMMAND_H
#define WINOCL_TOOLS_COMMAND_H

#include "options.h"

int wcl__cmd_devices(const wcl__options *options);
int wcl__cmd_summary(const wcl__options *options);
int wcl__cmd_plan(const wcl__options *options);
int wcl__cmd_families(const wcl__options *options);
int wcl__cmd_run(const wcl__options *options);
int wcl__cmd_classify(const wcl__options *options);
int wcl__cmd_evaluate(const wcl__options *options);
int wcl__cmd_verify(const wcl__options *options);
int wcl__cmd_bench(const wcl__options *options);
int wcl__cmd_profile(const wcl__options *options);
int wcl__cmd_roofline(const wcl__options *options);
int wcl__cmd_cache(const wcl__options *options);

#endif
