/* Gather along an axis (cl/shape/gather.cl). */
#ifndef WCL_KERNELS_SHAPE_GATHER_H
#define WCL_KERNELS_SHAPE_GATHER_H

#include "runtime/launch.h"

typedef struct wcl__gather {
    int64_t outer, length, count, inner;
} wcl__gather;

/* Fills the call of a kernel step; index: `count` of cl_int, each within 0 ... length - 1. */
wcl_status wcl__gather_call(wcl__call *call, const wcl__gather *gather, int x, int index, int y);

#endif
