#include "ops/shape/region.h"

#include <string.h>

#include "ops/value.h"
#include "base/memory.h"

int64_t wcl__packed_steps(const wcl__shape *shape, int64_t steps[WCL_MAX_RANK])
{
    int64_t step = 1;
    for (int d = shape->rank - 1; d >= 0; d--) {
        steps[d] = step;
        step *= shape->dims[d];
    }
    return step;
}

void wcl__region_copy(const wcl__region *region, size_t size, const void *from, void *to)
{
    wcl__nd walk = region->walk;
    wcl__nd_cursor cursor = {{0}, {0}};
    int64_t count = 1;
    for (int d = 0; d < walk.rank; d++)
        count *= walk.dims[d];
    for (; count > 0; count--) {
        memcpy((char *)to + (size_t)(region->to_first + cursor.at[1]) * size,
               (const char *)from + (size_t)(region->from_first + cursor.at[0]) * size, size);
        wcl__nd_next(&walk, &cursor);
    }
}

wcl_status wcl__region_fold(wcl__op_node *node,
                            void (*region_of)(const wcl__op_node *node, wcl__region *region))
{
    wcl__region region;
    const void *from = NULL;
    void *to = NULL, *scratch = NULL;
    wcl_status status = wcl__value_data(node->inputs[0], &from, &scratch);
    if (status == WCL_OK)
        status = wcl__output_known(node, 0, &to);
    if (status != WCL_OK || wcl__shape_count(&node->outputs[0]->shape) == 0)
        goto cleanup; /* an empty tensor's other dimensions may be of any size: it has no steps */
    region_of(node, &region);
    wcl__region_copy(&region, wcl_type_size(node->outputs[0]->type), from, to);
cleanup:
    wcl__free(scratch);
    return status;
}

wcl_status wcl__region_emit(const wcl__emit *emit, int from, int to, const wcl__region *region)
{
    wcl__call *call = NULL;
    wcl_status status = wcl__steps_kernel(emit->steps, "strided_copy", &call);
    if (status != WCL_OK)
        return status;
    return wcl__strided_call(call, from, to, region);
}

wcl_status wcl__copy_emit(const wcl__emit *emit)
{
    return wcl__steps_copy(emit->steps, emit->in[0], 0, emit->out[0], 0,
                           emit->steps->tensors[emit->out[0]].bytes);
}
