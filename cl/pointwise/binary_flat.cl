/* Element-wise Add, Sub, Mul and Div of two operands in one and the same layout, with an activation behind.
 *
 *   y[i] = activate(a[i] OP b[i])    i < count; OP by binary.clh
 *
 *   a, b, y  `count` floats; y may be a's or b's own memory: a work-item reads only the elements that
 *            it writes
 *
 * A work-item computes CB neighbours. Global size (ceil(count / CB)). Local memory: none.
 */
#include "pointwise/activation.clh"
#include "pointwise/binary.clh"
#include "vector.clh"

kernel void binary_flat(global const float *a, global const float *b, global float *y, const ulong count,
                        const float act_a, const float act_b)
{
    const size_t first = get_global_id(0) * CB;
    if (first >= count)
        return;
    if (first + CB <= count) {
        const vec v = compute(vec_load(a + first), vec_load(b + first));
        vec_store(activate(v, act_a, act_b), y + first);
        return;
    }
    for (size_t i = first; i < count; i++) {
        const float v = compute(a[i], b[i]);
        y[i] = activate(v, act_a, act_b);
    }
}
