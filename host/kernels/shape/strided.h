/* Copies of regions with any steps (cl/shape/strided_copy.cl). */
#ifndef WCL_KERNELS_SHAPE_STRIDED_H
#define WCL_KERNELS_SHAPE_STRIDED_H

#include "kernels/shape/nd.h"
#include "tune/params.h"

/* field, least, most, standard, meaning */
#define WCL__STRIDED_PARAMS(X)                                   \
    X(rank, 4, 8, 4, "dimensions that the kernel walks: 4 or 8") \
    WCL__ND_GROUP(X)

typedef struct wcl__strided_params {
    WCL__STRIDED_PARAMS(WCL__PARAM_MEMBER)
} wcl__strided_params;
extern const wcl__param_table wcl__strided_table;

/* Operand 0 of the walk is read, 1 is written; each starts at its first element. */
typedef struct wcl__region {
    wcl__nd walk;
    int64_t from_first, to_first;
} wcl__region;

void wcl__strided_configure(const wcl__region *region, wcl__strided_params *params);
/* Fills `call`. */
wcl_status wcl__strided_call(wcl__call *call, const wcl__strided_params *params, int from, int to,
                             const wcl__region *region);

#endif
