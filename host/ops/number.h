/* Elements of host tensors by type: what folds compute with, beside wcl__read_int and wcl__read_number. */
#ifndef WCL_OPS_NUMBER_H
#define WCL_OPS_NUMBER_H

#include "base/base.h"

bool wcl__type_is_integer(wcl_type type); /* bool is one */
bool wcl__type_is_float(wcl_type type);   /* float32 and float64, which folds compute with */

/* Element i of an integer type, cut to its width as numpy does; bool: not 0. */
void wcl__write_int(wcl_type type, void *data, int64_t i, int64_t value);
/* Element i of any type above: an integer type gets the value without its fraction, the nearest bound if it
 * does not fit, and 0 for NaN. */
void wcl__write_number(wcl_type type, void *data, int64_t i, double value);

#endif
