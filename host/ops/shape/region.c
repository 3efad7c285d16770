/* Regions: copied on the host in a fold, on the device in a step. */
#include "ops/shape/region.h"

#include <string.h>

#include "ops/channels.h"
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

wcl_status wcl__region_emit(const wcl__emit *emit, const wcl__strided_params *params, int from, int to,
                            const wcl__region *region)
{
    wcl__call call;
    const wcl_status status = wcl__strided_call(&call, params, from, to, region);
    return status == WCL_OK ? wcl__emit_call(emit, &call) : status;
}
