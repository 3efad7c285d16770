/* Direct convolution of each channel with a window of its own: groups = C = K; any window, stride, dilation
 * and padding.
 *
 *   y[n][k][oy][ox] = act(bias[k] + sum over r, s of
 *       x[n][k][oy SH - PT + r DH][ox SW - PL + s DW] * w[k][r][s])
 *
 *   x     [N][C/CB][H][W][CB] by its view; cells outside read as 0
 *   w     [ceil(K/CB)][KH][KW][CB]   packed by pack_direct; tail filters are 0
 *   bias  [K rounded up to CB]
 *   y     [N][K/CB][OH][OW][CB] by its view; tail lanes become 0
 *
 * A work-item computes OUT_W neighbouring pixels of CB channels: KB is 1.
 * Global size (ceil(OW / OUT_W), OH, N * ceil(K / CB)). Local memory: none.
 */
#if !defined(CB) || !defined(OUT_W) || !defined(KB)
#error "conv_depthwise.cl: CB, OUT_W and KB come from wcl__conv_direct_params"
#endif
#include "conv/conv_direct.clh"
#include "multiply_add.clh"

kernel void conv_depthwise(global const float *restrict x, global const float *restrict w,
                           global const float *restrict bias, global float *restrict y, const view xv,
                           const view yv, const conv_shape s)
{
    const int ox = (int)get_global_id(0) * OUT_W, oy = (int)get_global_id(1);
    const int blocks = CHUNKS(yv.c, CB), n = (int)get_global_id(2) / blocks,
              kb = (int)get_global_id(2) % blocks;
    if (ox >= yv.w || oy >= yv.h || n >= yv.n)
        return;
    global const float *filter = w + (size_t)kb * s.kh * s.kw * CB;
    vec acc[OUT_W][KB];
    clear_row(acc);
    for (int r = 0; r < s.kh; r++) {
        const int iy = oy * s.stride_h - s.pad_top + r * s.dilation_h;
        if (iy < 0 || iy >= xv.h)
            continue;
        for (int t = 0; t < s.kw; t++) {
            const vec weight = vec_load(filter + (size_t)(r * s.kw + t) * CB);
            const int ix = ox * s.stride_w - s.pad_left + t * s.dilation_w;
#pragma unroll
            for (int i = 0; i < OUT_W; i++) {
                const int at = ix + i * s.stride_w;
                if (at >= 0 && at < xv.w)
                    acc[i][0] = multiply_add(vec_load(x + view_at(xv, n, kb, iy, at)), weight, acc[i][0]);
            }
        }
    }
    store_row(acc, bias, y, yv, s, (int4)(n, kb, oy, ox));
}
