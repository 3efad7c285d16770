/* Layout conversion: cl/shape/convert.cl. */
#ifndef WCL_KERNELS_SHAPE_CONVERT_H
#define WCL_KERNELS_SHAPE_CONVERT_H

#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__CONVERT_PARAMS(X)                    \
    X(from, 1, 16, 1, "channels in a block of x") \
    X(to, 1, 16, 1, "channels in a block of y")

typedef struct wcl__convert_params {
    WCL__CONVERT_PARAMS(WCL__PARAM_MEMBER)
} wcl__convert_params;
extern const wcl__param_table wcl__convert_table;

/* Fills `call`: slot `to` becomes the tensor of slot `from` in another layout. Both have rank 0 to 4. */
wcl_status wcl__convert_call(wcl__call *call, int from, const wcl__layout *from_layout, int to,
                             const wcl__layout *to_layout, const wcl__shape *shape);

#endif
