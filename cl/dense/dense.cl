/* Dense layers.
 *
 *   y[m][o] = act(bias[o] + sum over i of x[m][i] * w[o][i])
 *
 *   x     [M][I]
 *   w     [O][I], halves with HALF = 1
 *   bias  [O]
 *   y     [M][row], o from `first` on: a dense layer whose weights are too large for one buffer is run in
 *         slices of outputs, each a call
 *
 * A work-item computes OUTPUTS outputs for BATCH inputs: each weight that it reads serves BATCH times, each
 * input OUTPUTS times. Its sums are CB lanes wide and added at the end. Global size (ceil(O / OUTPUTS),
 * ceil(M / BATCH)).
 * Local memory: none.
 */
#if !defined(CB) || !defined(OUTPUTS) || !defined(BATCH) || !defined(HALF)
#error "dense.cl: CB, OUTPUTS, BATCH and HALF come from wcl__dense_params"
#endif
#include "weights.clh"
#include "pointwise/activation.clh"
#include "multiply_add.clh"

/* host/kernels/dense/dense.c has the same struct */
typedef struct {
    int m, inputs, outputs, row, first;
    float a, b;
} dense_shape;

#if CB == 1
#define lane_sum(v) (v)
#elif CB == 4
#define lane_sum(v) ((v).x + (v).y + (v).z + (v).w)
#elif CB == 8
#define lane_sum(v) sum4((v).lo + (v).hi)
#else
#define lane_sum(v) sum4((v).lo.lo + (v).lo.hi + ((v).hi.lo + (v).hi.hi))
#endif

static inline float sum4(const float4 v)
{
    return (v.x + v.y) + (v.z + v.w);
}

kernel void dense(global const float *restrict x, global const stored_weight *restrict w,
                  global const float *restrict bias, global float *restrict y, const dense_shape s)
{
    const int o0 = (int)get_global_id(0) * OUTPUTS, m0 = (int)get_global_id(1) * BATCH;
    if (o0 >= s.outputs || m0 >= s.m)
        return;
    vec acc[OUTPUTS][BATCH];
    global const stored_weight *wp[OUTPUTS];
    global const float *xp[BATCH];
    /* rows beyond the last one repeat it; their sums are not stored */
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++)
        wp[o] = w + (size_t)min(o0 + o, s.outputs - 1) * s.inputs;
#pragma unroll
    for (int m = 0; m < BATCH; m++)
        xp[m] = x + (size_t)min(m0 + m, s.m - 1) * s.inputs;
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++)
#pragma unroll
        for (int m = 0; m < BATCH; m++)
            acc[o][m] = (vec)(0.0f);
    const int whole = s.inputs / CB * CB;
    for (int i = 0; i < whole; i += CB) {
        /* the fewer of the two operands wait in registers while the others pass by */
#if OUTPUTS < BATCH
        vec weight[OUTPUTS];
#pragma unroll
        for (int o = 0; o < OUTPUTS; o++)
            weight[o] = weights_load(wp[o] + i);
#pragma unroll
        for (int m = 0; m < BATCH; m++) {
            const vec value = vec_load(xp[m] + i);
#pragma unroll
            for (int o = 0; o < OUTPUTS; o++)
                acc[o][m] = multiply_add(weight[o], value, acc[o][m]);
        }
#else
        vec value[BATCH];
#pragma unroll
        for (int m = 0; m < BATCH; m++)
            value[m] = vec_load(xp[m] + i);
#pragma unroll
        for (int o = 0; o < OUTPUTS; o++) {
            const vec weight = weights_load(wp[o] + i);
#pragma unroll
            for (int m = 0; m < BATCH; m++)
                acc[o][m] = multiply_add(weight, value[m], acc[o][m]);
        }
#endif
    }
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++)
#pragma unroll
        for (int m = 0; m < BATCH; m++) {
            float sum = lane_sum(acc[o][m]);
            for (int i = whole; i < s.inputs; i++)
                sum = multiply_add(weights_one(wp[o] + i), xp[m][i], sum);
            if (o0 + o < s.outputs && m0 + m < s.m) {
                const float v = sum + bias[o0 + o];
                y[(size_t)(m0 + m) * s.row + s.first + o0 + o] = activate(v, s.a, s.b);
            }
        }
}
