/* The K largest elements of each row, or the smallest, and where they stand.
 *
 *   values[o][j][i]  = x[o][l][i]   with l the j-th in the row's order: by value, of equal ones the lower l
 *   indices[o][j][i] = l            NaN counts as larger than every number
 *
 *   x        [OUTER][LENGTH][INNER], packed
 *   values   [OUTER][K][INNER]
 *   indices  [OUTER][K][INNER], 64-bit integers
 *
 * A work-item makes one row, all j of one (o, i), by a pass over its elements for each j: the first in the
 * order of those that come after the last one found. Global size: OUTER * INNER. Local memory: none.
 */
#if !defined(LARGEST)
#error "topk.cl: LARGEST comes from wcl__topk_params"
#endif

/* Does a come before b, by value alone? */
static inline bool before(const float a, const float b)
{
    const bool a_above = isnan(a) ? !isnan(b) : a > b, b_above = isnan(b) ? !isnan(a) : b > a;
    return LARGEST ? a_above : b_above;
}

kernel void topk(global const float *restrict x, global float *restrict values, global long *restrict indices,
                 const ulong rows, const ulong inner, const int length, const int k)
{
    const size_t row = get_global_id(0);
    if (row >= rows)
        return;
    const size_t outer = row / inner, column = row - outer * inner;
    global const float *from = x + outer * length * inner + column;
    const size_t to = outer * k * inner + column;
    float last = 0.0f;
    int last_at = -1;
    for (int j = 0; j < k; j++) {
        float best = 0.0f;
        int best_at = -1;
        for (int i = 0; i < length; i++) {
            const float value = from[(size_t)i * inner];
            const bool same = !before(last, value);
            const bool taken = last_at >= 0 && (before(value, last) || (same && i <= last_at));
            if (!taken && (best_at < 0 || before(value, best))) {
                best = value;
                best_at = i;
            }
        }
        values[to + (size_t)j * inner] = best;
        indices[to + (size_t)j * inner] = best_at;
        last = best;
        last_at = best_at;
    }
}
