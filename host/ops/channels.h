/* What operators along (N, C, spatial...) tensors share: the formats that they offer, and their steps. */
#ifndef WCL_OPS_CHANNELS_H
#define WCL_OPS_CHANNELS_H

#include "kernels/format.h"
#include "ops/op.h"

/* The same elements with channels in dimension 1 and at most 4 dimensions: a vector becomes (N, 1),
 * dimensions beyond the third of a tensor of 5 and more become one. */
wcl__shape wcl__channel_shape(const wcl__shape *shape);
/* A variant's offers: plain, and blocked on both sides for ranks 2 to 4. */
int wcl__any_block(const wcl__op_node *node, const wcl__target *target, wcl__offer out[WCL__MAX_OFFERS]);
/* The view of a slot of the plan that holds `shape`. */
wcl_status wcl__emit_view(const wcl__emit *emit, int slot, const wcl__shape *shape, wcl__view *view);
/* Input 0 and the output in C order, of input 0's type: for what only tells a shape. */
int wcl__offer_same(const wcl__op_node *node, const wcl__target *target, wcl__offer out[WCL__MAX_OFFERS]);
/* Adds a step that copies input 0 to output 0 as it is. */
wcl_status wcl__copy_emit(const wcl__emit *emit);
/* Adds the finished call as a step. */
wcl_status wcl__emit_call(const wcl__emit *emit, const wcl__call *call);

#endif
