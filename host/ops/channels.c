#include "ops/channels.h"

wcl__shape wcl__channel_shape(const wcl__shape *shape)
{
    wcl__shape four = *shape;
    if (shape->rank < 2) {
        four.dims[0] = shape->rank == 1 ? shape->dims[0] : 1;
        four.dims[1] = 1;
        four.rank = 2;
    } else if (shape->rank > 4) {
        four.dims[2] = 1;
        four.dims[3] = 1;
        for (int i = 2; i < shape->rank; i++)
            four.dims[3] *= shape->dims[i];
        four.rank = 4;
    }
    return four;
}

int wcl__any_block(const wcl__op_node *node, const wcl__facts *facts, wcl__blocks out[WCL__MAX_BLOCKS])
{
    const int rank = node->inputs[0]->shape.rank, block = wcl__facts_block(facts);
    int count = 0;
    out[count++] = (wcl__blocks){1, 1};
    if (rank >= 2 && rank <= 4)
        out[count++] = (wcl__blocks){block, block};
    return count;
}

wcl_status wcl__emit_view(const wcl__emit *emit, int slot, const wcl__shape *shape, wcl__view *view)
{
    const wcl__shape four = wcl__channel_shape(shape);
    return wcl__layout_view(&emit->steps->tensors[slot].layout, &four, view);
}

wcl_status wcl__emit_call(const wcl__emit *emit, const wcl__call *call)
{
    wcl__call *step = NULL;
    const wcl_status status = wcl__steps_kernel(emit->steps, call->kernel, &step);
    if (!status)
        *step = *call;
    return status;
}
