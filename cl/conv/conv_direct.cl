/* Direct convolution: any window, stride, dilation, padding and grouping.
 *
 *   y[n][k][oy][ox] = act(bias[k] + sum over c, r, s of
 *       x[n][g cg + c][oy SH - PT + r DH][ox SW - PL + s DW] * w[k][c][r][s])
 *   g = k / (K / groups), cg = C / groups
 *
 *   x     [N][C/CBI][H][W][CBI] by its view; cells outside read as 0
 *   w     [ceil(K/(CB KB))][cg][KH][KW][KB][CB]   packed by pack_direct; tail filters are 0
 *   bias  [K rounded up to CB]
 *   y     [N][K/CB][OH][OW][CB] by its view; tail lanes become 0
 *
 * A work-item computes OUT_W neighbouring pixels of KB vectors of CB filters; the lanes are filters, so x is
 * read as scalars. Windows that lie inside the picture's columns are read without asking, STRIDE_W apart (0:
 * the stride is not known here).
 * Global size (ceil(OW / OUT_W), OH, N * ceil(K / (CB KB))). With groups, CB KB divides K / groups or is 1.
 * Local memory: none.
 */
#if !defined(CB) || !defined(CBI) || !defined(OUT_W) || !defined(KB) || !defined(STRIDE_W)
#error "conv_direct.cl: CB, CBI, OUT_W, KB and STRIDE_W come from wcl__conv_direct_params"
#endif
#include "conv/conv_direct.clh"
#include "multiply_add.clh"

#if STRIDE_W
#define COLUMNS STRIDE_W
#else
#define COLUMNS s.stride_w
#endif

/* The sums over channels and taps, from `filter` on and for channels from `first` on. inside: a constant, so
 * that each way has loops of its own, whose sums stay in registers. */
static inline void sum_row(vec (*acc)[KB], global const float *x, global const float *filter, const view xv,
                           const conv_shape s, int n, int first, int y0, int x0, const bool inside)
{
    for (int c = first; c < first + s.group_channels; c++) {
        global const float *plane = x + view_at(xv, n, c / CBI, 0, 0) + c % CBI;
        for (int r = 0; r < s.kh; r++) {
            const int iy = y0 + r * s.dilation_h;
            if (iy < 0 || iy >= xv.h) {
                filter += s.kw * (KB * CB);
                continue;
            }
            for (int t = 0; t < s.kw; t++) {
                const int ix = x0 + t * s.dilation_w;
                global const float *cell = plane + ((size_t)iy * xv.row + ix * CBI);
                vec weight[KB];
#pragma unroll
                for (int k = 0; k < KB; k++)
                    weight[k] = vec_load(filter + k * CB);
#pragma unroll
                for (int i = 0; i < OUT_W; i++) {
                    const int at = ix + i * COLUMNS;
                    const vec value =
                        (vec)(inside || (at >= 0 && at < xv.w) ? cell[i * COLUMNS * CBI] : 0.0f);
#pragma unroll
                    for (int k = 0; k < KB; k++)
                        acc[i][k] = multiply_add(value, weight[k], acc[i][k]);
                }
                filter += KB * CB;
            }
        }
    }
}

kernel void conv_direct(global const float *restrict x, global const float *restrict w,
                        global const float *restrict bias, global float *restrict y, const view xv,
                        const view yv, const conv_shape s)
{
    const int ox = (int)get_global_id(0) * OUT_W, oy = (int)get_global_id(1);
    const int blocks = CHUNKS(yv.c, CB * KB), n = (int)get_global_id(2) / blocks,
              kb = (int)get_global_id(2) % blocks * KB;
    if (ox >= yv.w || oy >= yv.h || n >= yv.n)
        return;
    const int first = kb * CB / s.group_filters * s.group_channels;
    const int y0 = oy * s.stride_h - s.pad_top, x0 = ox * s.stride_w - s.pad_left;
    global const float *filter = w + (size_t)kb * CB * s.group_channels * s.kh * s.kw;
    vec acc[OUT_W][KB];
    clear_row(acc);
    if (x0 >= 0 && x0 + (OUT_W - 1) * s.stride_w + (s.kw - 1) * s.dilation_w < xv.w)
        sum_row(acc, x, filter, xv, s, n, first, y0, x0, true);
    else
        sum_row(acc, x, filter, xv, s, n, first, y0, x0, false);
    store_row(acc, bias, y, yv, s, (int4)(n, kb, oy, ox));
}
