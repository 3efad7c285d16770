/* Fills a buffer with one number: cl/dense/fill.cl. */
#ifndef WCL_KERNELS_DENSE_FILL_H
#define WCL_KERNELS_DENSE_FILL_H

#include "runtime/launch.h"

/* Fills `call`. `count` floats, at most 2^31 - 1. */
wcl_status wcl__fill_call(wcl__call *call, int slot, int64_t count, float value);

#endif
