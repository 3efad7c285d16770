/* Walks over up to eight dimensions in which each operand has its own steps: what strided copies and
 * broadcasting share. cl/shape/nd.clh has the same struct. */
#ifndef WCL_KERNELS_SHAPE_ND_H
#define WCL_KERNELS_SHAPE_ND_H

#include "runtime/launch.h"

enum { WCL__ND_OPERANDS = 3 };

/* Steps are in elements: 0 repeats, negative walks backwards. */
typedef struct wcl__nd {
    int rank;
    int64_t dims[WCL_MAX_RANK];
    int64_t step[WCL__ND_OPERANDS][WCL_MAX_RANK];
} wcl__nd;

typedef struct wcl__nd_arg {
    cl_int dims[WCL_MAX_RANK];
    cl_int step[WCL__ND_OPERANDS][WCL_MAX_RANK];
} wcl__nd_arg;

/* Where a walk on the host is: at[k] is operand k's offset. Starts as zeros. */
typedef struct wcl__nd_cursor {
    int64_t index[WCL_MAX_RANK], at[WCL__ND_OPERANDS];
} wcl__nd_cursor;
/* The next element, innermost dimension first; after the last one it starts again. */
void wcl__nd_next(const wcl__nd *walk, wcl__nd_cursor *cursor);

/* Drops dimensions of 1 and joins neighbours that every operand walks as one. */
void wcl__nd_collapse(wcl__nd *walk);
/* RANK for the kernel: 4 or 8. */
int wcl__nd_rank(const wcl__nd *walk);
/* The kernel's argument; WCL_UNSUPPORTED where a dimension, a step, or the number of places in all but the
 * last two dimensions does not fit 31 bits. */
wcl_status wcl__nd_pack(const wcl__nd *walk, wcl__nd_arg *out);
/* The work-group of the families that walk so: rows of x elements. */
#define WCL__ND_GROUP(X)                                                                                 \
    X(group_x, 1, 1024, 64, "work-items of a work-group along the last dimension: neighbours in memory") \
    X(group_y, 1, 1024, 1, "along the dimension before")
/* 64 work-items, as they suit rows of x elements. */
void wcl__nd_group(int64_t x, int *group_x, int *group_y);
/* Sets the call's range: a work-item for each element. */
void wcl__nd_range(wcl__call *call, const wcl__nd_arg *walk, int group_x, int group_y);

#endif
