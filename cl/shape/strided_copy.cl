/* Copies a region between two tensors with any steps: Transpose, Slice and Concat.
 *
 *   y[y_first + sum over d of i[d] * step_y[d]] = x[x_first + sum over d of i[d] * step_x[d]]
 *
 * x, y: floats, anywhere in their tensors; operand 0 of the walk is x, 1 is y.
 * A work-item copies one element. Global size: the innermost dimension, the next one, all others.
 * Local memory: none.
 */
#include "shape/nd.clh"

kernel void strided_copy(global const float *restrict x, global float *restrict y, const nd walk,
                         const long x_first, const long y_first)
{
    if (nd_outside(walk))
        return;
    y[y_first + nd_offset(walk, 1)] = x[x_first + nd_offset(walk, 0)];
}
