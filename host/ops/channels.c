/* What operators along (N, C, spatial...) tensors share. */
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

int wcl__any_block(const wcl__op_node *node, const wcl__target *target, wcl__offer out[WCL__MAX_OFFERS])
{
    const int rank = node->inputs[0]->shape.rank, block = target->profile->block;
    int count = 0;
    out[count++] = wcl__offer_plain();
    if (rank >= 2 && rank <= 4)
        out[count++] = wcl__offer_blocks(block, block);
    return count;
}

int wcl__offer_same(const wcl__op_node *node, const wcl__target *target, wcl__offer out[WCL__MAX_OFFERS])
{
    const wcl__format_id plain = wcl__format_id_plain(node->inputs[0]->type);
    (void)target;
    out[0] = wcl__offer_of(plain, plain);
    return 1;
}

wcl_status wcl__copy_emit(const wcl__emit *emit)
{
    const size_t bytes = emit->steps->tensors[emit->out[0]].bytes;
    return wcl__steps_copy(emit->steps, emit->in[0], 0, emit->out[0], 0, bytes);
}

wcl_status wcl__emit_view(const wcl__emit *emit, int slot, const wcl__shape *shape, wcl__view *view)
{
    const wcl__shape four = wcl__channel_shape(shape);
    return wcl__format_view(&emit->steps->tensors[slot].format, &four, view);
}

wcl_status wcl__emit_call(const wcl__emit *emit, const wcl__call *call)
{
    return wcl__steps_kernel(emit->steps, call);
}
