/* Softmax and its logarithm along one axis, shifted by the largest element so that no exponential overflows.
 *
 *   LOG 0   y[o][l][i] = exp(x[o][l][i] - m) / s
 *   LOG 1   y[o][l][i] = x[o][l][i] - m - log(s)
 *
 * with m = max over l of x[o][l][i] and s = sum over l of exp(x[o][l][i] - m).
 *
 *   x, y  [OUTER][LENGTH][INNER], packed
 *
 * A work-item computes one row: all l of one (o, i); neighbours have neighbouring i. Global size: OUTER *
 * INNER. Local memory: none.
 */
#if !defined(LOG)
#error "softmax.cl: LOG comes from wcl__softmax_params"
#endif

#define FOUR(p, step) (float4)((p)[0], (p)[step], (p)[2 * (step)], (p)[3 * (step)])

kernel void softmax(global const float *restrict x, global float *restrict y, const ulong rows,
                    const ulong length, const ulong inner)
{
    const size_t row = get_global_id(0), step = inner;
    if (row >= rows)
        return;
    const size_t outer = row / inner, first = outer * inner * length + (row - outer * inner);
    const size_t fours = length / 4;
    global const float *p = x + first;

    float4 most4 = (float4)(-INFINITY);
    for (size_t i = 0; i < fours; i++, p += 4 * step)
        most4 = fmax(most4, FOUR(p, step));
    float most = fmax(fmax(fmax(most4.x, most4.y), most4.z), most4.w);
    for (size_t l = 4 * fours; l < length; l++, p += step)
        most = fmax(most, *p);

    p = x + first;
    global float *q = y + first;
    float4 sum4 = (float4)(0.0f); /* four chains: less rounding, and the exponentials are vectors */
    for (size_t i = 0; i < fours; i++, p += 4 * step, q += 4 * step) {
        const float4 e = exp(FOUR(p, step) - most);
        sum4 += e;
#if !LOG
        q[0] = e.x;
        q[step] = e.y;
        q[2 * step] = e.z;
        q[3 * step] = e.w;
#endif
    }
    float sum = dot(sum4, (float4)(1.0f));
    for (size_t l = 4 * fours; l < length; l++, p += step, q += step) {
        const float e = exp(*p - most);
        sum += e;
#if !LOG
        *q = e;
#endif
    }

    p = x + first;
    q = y + first;
    const float log_sum = log(sum);
    for (size_t l = 0; l < length; l++, p += step, q += step)
        *q = LOG ? *p - most - log_sum : *q / sum;
}
