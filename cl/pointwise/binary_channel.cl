/* Element-wise Add, Sub, Mul and Div of a tensor and one value for each channel, with an activation behind.
 *
 *   y[n][c][h][w] = activate(x[n][c][h][w] OP b[c * step])    OP by binary.clh; with REVERSE: b OP x
 *
 *   x, y  [N][C/CB][H][W][CB] in one layout (view.clh); the tail lanes of y's last block become 0. y may be
 *         x's own memory: a work-item reads only the elements that it writes
 *   b     [C], with step 1, or one value for all, with step 0
 *
 * A work-item computes a block of one pixel. Global size (W, H, N * ceil(C / CB)). Local memory: none.
 */
#include "pointwise/activation.clh"
#include "pointwise/binary.clh"
#include "vector.clh"
#include "view.clh"
#ifndef REVERSE
#error "binary_channel.cl: REVERSE comes from wcl__binary_params"
#endif

#if REVERSE
#define ordered(x, b) compute(b, x)
#else
#define ordered(x, b) compute(x, b)
#endif

kernel void binary_channel(global const float *x, global const float *b, global float *y, const view vx,
                           const view vy, const int b_step, const float act_a, const float act_b)
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
