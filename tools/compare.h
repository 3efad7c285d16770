/* Tensors compared, and looked at, element by element. */
#ifndef WINOCL_TOOLS_COMPARE_H
#define WINOCL_TOOLS_COMPARE_H

#include "report.h"

double wcl__tensor_value(const wcl_tensor *tensor, int64_t index);

typedef struct wcl__tensor_range {
    double min, max, mean; /* of the finite elements; 0 if there is none */
    double largest;        /* magnitude */
    int64_t not_finite, first_not_finite;
} wcl__tensor_range;

void wcl__tensor_measure(const wcl_tensor *tensor, wcl__tensor_range *range);

/* As numpy.allclose(got, wanted, rtol, atol, equal_nan=True) with the same type and shape; integers must be
 * equal. false: `reason` is filled in. */
bool wcl__tensor_agrees(const wcl_tensor *got, const wcl_tensor *wanted, double rtol, double atol,
                        char *reason, size_t bytes);

#endif
