/* Values while planning, for the operators and the graph alike: beside what op.h declares. */
#ifndef WCL_OPS_VALUE_H
#define WCL_OPS_VALUE_H

#include "ops/op.h"

/* What a fold may make: shape arithmetic and small constants, never a tensor that belongs on the device. */
enum { WCL__FOLD_BYTES = 64 << 20 };

/* Gives a value that a fold made its key, from its contents, type and shape. Call it after every successful
 * fold; a value that has a key, or is not known, is left alone. */
wcl_status wcl__value_seal(wcl__value *value);
/* Frees the key, and the source if a fold made it; the value is no longer known. */
void wcl__value_forget(wcl__value *value);
/* Makes output i known with `from`'s values, in the output's shape: a view where they live in the model, else
 * a copy. */
wcl_status wcl__output_view(wcl__op_node *node, size_t i, const wcl__value *from);

/* The bytes of a known value: in place, or, where they are seeded, in memory that the caller frees. */
wcl_status wcl__value_data(const wcl__value *value, const void **data, void **scratch);

/* Is output 0 what input 0 is? Asks the row's moves_nothing, and a view's shapes. */
bool wcl__moves_nothing(const wcl__op_node *node);
/* Asks the row's has_weights. */
bool wcl__has_weights(const wcl__op_node *node);
/* The dimension of output 0 that an epilogue's scale and shift run over, and its size. */
int wcl__channel_axis(const wcl__op_node *node);
int64_t wcl__channels(const wcl__op_node *node);
/* A row's moves_nothing, of operators that combine their inputs. */
bool wcl__has_one_input(const wcl__op_node *node);
/* All inputs that are there are known. */
bool wcl__inputs_known(const wcl__op_node *node);
/* All outputs that were asked for are known. */
bool wcl__outputs_known(const wcl__op_node *node);
/* What the device computes must be float32; what is known is for the host and may be of any type. */
wcl_status wcl__need_float_or_known(const wcl__op_node *node);

#endif
