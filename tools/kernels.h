/* What a node of a plan runs by: its kernel family and their parameters, as text and as JSON. */
#ifndef WINOCL_TOOLS_KERNELS_H
#define WINOCL_TOOLS_KERNELS_H

#include "report.h"

/* "conv_gemm: cb=16 pb=12", "" where there is nothing to choose; memory of its own, NULL when there is none.
 */
char *wcl__format_kernels(const wcl_plan_node *node);
/* Adds "family", "configuration" (an object of numbers) and "format" to the node's object. */
void wcl__json_kernels(cJSON *item, const wcl_plan_node *node);

#endif
