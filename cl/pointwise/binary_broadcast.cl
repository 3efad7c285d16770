/* Element-wise Add, Sub, Mul and Div of two operands that are broadcast, with an activation behind.
 *
 *   y[i] = activate(a[...] OP b[...])    i over all places of the walk (nd.clh); OP by binary.clh
 *
 *   y     packed: operand 2 of the walk
 *   a, b  operands 0 and 1, with steps of their own: 0 along the dimensions in which they are repeated
 *
 * A work-item computes one element. Global size: the innermost dimension, the next one, all others.
 * Local memory: none.
 */
#include "pointwise/activation.clh"
#include "pointwise/binary.clh"
#include "shape/nd.clh"

kernel void binary_broadcast(global const float *a, global const float *b, global float *y, const nd walk,
                             const float act_a, const float act_b)
{
    if (nd_outside(walk))
        return;
    const float v = compute(a[nd_offset(walk, 0)], b[nd_offset(walk, 1)]);
    y[nd_offset(walk, 2)] = activate(v, act_a, act_b);
}
