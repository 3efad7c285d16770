/* Element-wise Add, Sub, Mul and Div of two operands, with an activation behind.
 *
 *   y = activate(a OP b)      OP: 0 a + b, 1 a - b, 2 a * b, 3 a / b
 *
 * y may be a's or b's own memory: a work-item reads only the elements that it writes.
 *
 *   binary_flat       a, b, y of `count` floats in one and the same layout.
 *                     A work-item computes CB neighbours. Global size (ceil(count / CB)).
 *   binary_channel    x, y in one layout of blocks of CB channels; b has one value for each channel (step 1) or one in all
 *                     (step 0). REVERSE: b OP x. Lanes past the last channel are written as zeros.
 *                     A work-item computes a block of one pixel. Global size (W, H, N * ceil(C / CB)).
 *   binary_broadcast  y packed, a and b with steps of their own (operands 0 and 1 of the walk; 2 is y).
 *                     A work-item computes one element. Global size: the innermost dimension, the next one, all others.
 *
 * Local memory: none.
 */
#include "pointwise/activation.clh"
#include "shape/nd.clh"
#include "vector.clh"
#include "view.clh"

#ifndef OP
#error "binary.cl: OP comes from wcl__binary_params"
#endif
#ifndef REVERSE
#error "binary.cl: REVERSE comes from wcl__binary_params"
#endif

#if OP == 0
#define compute(a, b) ((a) + (b))
#elif OP == 1
#define compute(a, b) ((a) - (b))
#elif OP == 2
#define compute(a, b) ((a) * (b))
#elif OP == 3
#define compute(a, b) ((a) / (b))
#else
#error "binary.cl: unknown OP"
#endif

#if REVERSE
#define ordered(x, b) compute(b, x)
#else
#define ordered(x, b) compute(x, b)
#endif

kernel void binary_flat(global const float *a, global const float *b, global float *y, const ulong count, const float act_a,
                        const float act_b)
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

kernel void binary_channel(global const float *x, global const float *b, global float *y, const view vx, const view vy,
                           const int b_step, const float act_a, const float act_b)
{
    const int px = get_global_id(0), py = get_global_id(1), z = get_global_id(2);
    if (px >= vy.w || py >= vy.h)
        return;
    const int blocks = (vy.c + CB - 1) / CB, n = z / blocks, block = z % blocks;
    global const float *from = x + view_at(vx, n, block, py, px);
    global float *to = y + view_at(vy, n, block, py, px);
    if ((block + 1) * CB <= vy.c) {
        const vec operand = b_step ? vec_load(b + block * CB) : (vec)(b[0]);
        const vec v = ordered(vec_load(from), operand);
        vec_store(activate(v, act_a, act_b), to);
        return;
    }
    for (int lane = 0; lane < CB; lane++) {
        if (block * CB + lane >= vy.c) {
            to[lane] = 0.0f;
            continue;
        }
        const float v = ordered(from[lane], b[(block * CB + lane) * b_step]);
        to[lane] = activate(v, act_a, act_b);
    }
}

kernel void binary_broadcast(global const float *a, global const float *b, global float *y, const nd walk, const float act_a,
                             const float act_b)
{
    if (nd_outside(walk))
        return;
    const float v = compute(a[nd_offset(walk, 0)], b[nd_offset(walk, 1)]);
    y[nd_offset(walk, 2)] = activate(v, act_a, act_b);
}
