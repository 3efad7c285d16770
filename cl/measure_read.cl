/* The most bytes a second that the device can read, for its roofline (Williams, Waterman and Patterson,
 * "Roofline: an Insightful Visual Performance Model for Multicore Architectures", 2009).
 *
 *   y[item] = sum over i < CHAINS, t < count of x[item * item_step + i * chain_step + t * step]
 *
 *   x  [any]           vectors of CB floats; steps are in floats
 *   y  [items][CB]
 *
 * A work-item computes one vector of y. Global size: items, any local size. Local memory: none.
 */
#include "vector.clh"
#if !defined(CHAINS)
#error "measure_read.cl: CHAINS comes from wcl__measure_params"
#endif

kernel void measure_read(global const float *restrict x, global float *restrict y, const ulong item_step,
                         const ulong chain_step, const ulong step, const int count)
{
    global const float *p = x + get_global_id(0) * item_step;
    vec sum[CHAINS];
#pragma unroll
    for (int i = 0; i < CHAINS; i++)
        sum[i] = (vec)(0.0f);
    for (int t = 0; t < count; t++) {
#pragma unroll
        for (int i = 0; i < CHAINS; i++)
            sum[i] += vec_load(p + i * chain_step);
        p += step;
    }
#pragma unroll
    for (int i = 1; i < CHAINS; i++)
        sum[0] += sum[i];
    vec_store(sum[0], y + get_global_id(0) * CB);
}
