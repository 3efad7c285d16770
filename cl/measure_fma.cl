/* The most multiply-adds that the device can do, for its roofline (Williams, Waterman and Patterson,
 * "Roofline: an Insightful Visual Performance Model for Multicore Architectures", 2009).
 *
 *   v[i] = start + i for 0 <= i < CHAINS, then `steps` times v[i] = v[i] * a + b, all chains side by side
 *   y[item] = v[0] + sum over i of (v[i] - v[0])
 *
 * With a = b = 1 the result is start + steps + CHAINS * (CHAINS - 1) / 2, exactly. The compiler knows
 * neither.
 *
 *   start  [CB]             one value a lane
 *   y      [items][CB]
 *
 * A work-item computes one vector of y. `steps` is a multiple of UNROLL. Global size: items, any local size.
 * Local memory: none.
 */
#include "vector.clh"
#if !defined(CHAINS)
#error "measure_fma.cl: CHAINS comes from wcl__measure_params"
#endif
#if !defined(WCL_HAS_FMA)
#error "measure_fma.cl: WCL_HAS_FMA comes from the program provider"
#endif

#if WCL_HAS_FMA
#define MULTIPLY_ADD(v, a, b) fma((v), (a), (b))
#else
#define MULTIPLY_ADD(v, a, b) ((v) * (a) + (b))
#endif
#define UNROLL 8 /* steps in a row, so that the loop's own work does not count */

kernel void measure_fma(global const float *restrict start, global float *restrict y, const int steps,
                        const float a, const float b)
{
    vec v[CHAINS];
#pragma unroll
    for (int i = 0; i < CHAINS; i++)
        v[i] = vec_load(start) + (vec)(i);
    for (int t = 0; t < steps; t += UNROLL) {
#pragma unroll
        for (int u = 0; u < UNROLL; u++)
#pragma unroll
            for (int i = 0; i < CHAINS; i++)
                v[i] = MULTIPLY_ADD(v[i], (vec)(a), (vec)(b));
    }
    vec sum = v[0];
#pragma unroll
    for (int i = 1; i < CHAINS; i++)
        sum += v[i] - v[0];
    vec_store(sum, y + get_global_id(0) * CB);
}
