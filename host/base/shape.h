/* Shapes: the dimensions of a tensor. */
#ifndef WCL_BASE_SHAPE_H
#define WCL_BASE_SHAPE_H

#include "base/base.h"

typedef struct wcl__shape {
    int rank;
    int64_t dims[WCL_MAX_RANK];
} wcl__shape;

/* Elements; -1 on overflow or a negative dimension. */
int64_t wcl__shape_count(const wcl__shape *shape);
bool wcl__shape_equal(const wcl__shape *a, const wcl__shape *b);
/* "2x3x4"; "scalar" for rank 0 */
typedef struct wcl__shape_text {
    char text[WCL_MAX_RANK * 21 + 8];
} wcl__shape_text;
wcl__shape_text wcl__shape_print(const wcl__shape *shape);
/* numpy's broadcasting; false if the shapes don't fit. */
bool wcl__shape_broadcast(const wcl__shape *a, const wcl__shape *b, wcl__shape *out);
wcl__shape wcl__shape_of(int rank, const int64_t *dims);
/* Public tensor <-> shape */
wcl__shape wcl__tensor_shape(const wcl_tensor *tensor);

#endif
