/* tools/isa's targets, and what its table of kernels must list. */
#ifndef WCL_TESTS_ISA_H
#define WCL_TESTS_ISA_H

#include "runtime/device.h"
#include "tune/params.h"

extern const size_t isa_target_count;
/* Vendor and name of a target, as clGetDeviceInfo says them. */
void isa_facts(size_t target, wcl__facts *facts);
/* Fails unless tools/isa/kernels.txt has the line of these parameters, of those that the kernel reads. */
void isa_check_listed(const char *source, size_t target, const char *group, const wcl__param_table *table,
                      const void *params, const char *reads);

#endif
