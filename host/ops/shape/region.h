/* Operators that move elements (Transpose, Slice, Concat) describe what they move as a region; the host
 * copies it in a fold, the device in a step. */
#ifndef WCL_OPS_SHAPE_REGION_H
#define WCL_OPS_SHAPE_REGION_H

#include "kernels/shape/strided.h"
#include "ops/op.h"

/* Steps of a packed tensor's dimensions; returns its elements. */
int64_t wcl__packed_steps(const wcl__shape *shape, int64_t steps[WCL_MAX_RANK]);
/* Copies elements of `size` bytes. */
void wcl__region_copy(const wcl__region *region, size_t size, const void *from, void *to);
/* Output 0 as the region of input 0 that `region_of` gives, computed on the host. */
wcl_status wcl__region_fold(wcl__op_node *node,
                            void (*region_of)(const wcl__op_node *node, wcl__region *region));
/* Adds the step that copies the region. */
wcl_status wcl__region_emit(const wcl__emit *emit, const wcl__strided_params *params, int from, int to,
                            const wcl__region *region);

#endif
