/* An activation over a whole allocation, whatever its layout.
 *
 *   y[i] = act(x[i])    i < count; act by ACT (activation.clh)
 *
 * Where the layout has tail lanes or borders, act(0) must be 0 (the planner sees to it), and they stay 0.
 *
 * A work-item computes CB neighbouring elements. Global size: ceil(count / CB). Local memory: none.
 */
#if !defined(CB) || !defined(ACT)
#error "activation.cl: CB and ACT come from wcl__activation_params"
#endif
#include "vector.clh"
#include "pointwise/activation.clh"

kernel void activation(global const float *restrict x, global float *restrict y, const ulong count,
                       const float a, const float b)
{
    const size_t first = get_global_id(0) * CB;
    if (first + CB <= count) {
        const vec v = vec_load(x + first);
        vec_store(activate(v, a, b), y + first);
        return;
    }
    for (size_t i = first; i < count; i++) {
        const float v = x[i];
        y[i] = activate(v, a, b);
    }
}
