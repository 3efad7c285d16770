/* Layout conversion: cl/shape/convert.cl. */
#ifndef WCL_KERNELS_SHAPE_CONVERT_H
#define WCL_KERNELS_SHAPE_CONVERT_H

#include "kernels/cells.h"

/* field, least, most, standard, meaning */
#define WCL__CONVERT_PARAMS(X)                    \
    X(from, 1, 16, 1, "channels in a block of x") \
    X(to, 1, 16, 1, "channels in a block of y")   \
    WCL__GROUP_FIELD(X)

typedef struct wcl__convert_params {
    WCL__CONVERT_PARAMS(WCL__PARAM_MEMBER)
} wcl__convert_params;
extern const wcl__param_table wcl__convert_table;

/* The parameters, but for the group, of a conversion between these formats. */
void wcl__convert_configure(const wcl__format *from, const wcl__format *to, wcl__convert_params *params);
/* NULL, or why there is no conversion between them. */
const char *wcl__convert_refuses(const wcl__format *from, const wcl__format *to, const wcl__shape *shape);
/* Fills `call`: slot `to` becomes the tensor of slot `from` in another format. Both have rank 0 to 4. */
wcl_status wcl__convert_call(wcl__call *call, const wcl__convert_params *params, const wcl__operand *from,
                             const wcl__operand *to);

#endif
