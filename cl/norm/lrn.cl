/* Local response normalisation across channels (Krizhevsky, Sutskever, Hinton 2012, section 3.3; ONNX's
 * definition).
 *
 *   y[n][c][h][w] = x[n][c][h][w] / (bias + factor * s)^beta
 *   s = sum over d, -before <= d <= after, of x[n][c + d][h][w]^2
 *
 * with factor = alpha / size, before = (size - 1) / 2, after = size - 1 - before; channels outside are left
 * out.
 *
 *   x, y  [N][C/CB][H][W][CB] (view.clh); the tail lanes of y's last block become 0
 *
 * A work-item computes one element: lanes of a block are neighbours. Global size: CB times the cells of y
 * (cells.clh). Local memory: none.
 */
#if !defined(CB)
#error "lrn.cl: CB comes from wcl__lrn_params"
#endif
#include "vector.clh"
#include "cells.clh"

kernel void lrn(global const float *restrict x, global float *restrict y, const view xv, const view yv,
                const int before, const int after, const float factor, const float beta, const float bias)
{
    cell at;
    if (!find_cell(yv, CHUNKS(yv.c, CB), get_global_id(0) / CB, &at))
        return;
    const int lane = (int)(get_global_id(0) % CB), channel = at.chunk * CB + lane;
    const size_t target = view_at(yv, at.n, at.chunk, at.y, at.x) + lane;
    if (channel >= yv.c) {
        y[target] = 0.0f;
        return;
    }
    const size_t pixel = view_at(xv, at.n, 0, at.y, at.x);
    const int first = channel > before ? channel - before : 0,
              last = after < yv.c - 1 - channel ? channel + after : yv.c - 1;
    float sum = 0.0f;
    for (int c = first; c <= last; c++) {
        const float near = x[pixel + (size_t)(c / CB) * xv.plane + c % CB];
        sum += near * near;
    }
    const float here = x[pixel + (size_t)at.chunk * xv.plane + lane];
    y[target] = here / pow(bias + factor * sum, beta);
}
