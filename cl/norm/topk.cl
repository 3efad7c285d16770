/* The K largest elements of each row, or the smallest, and where they stand.
 *
 *   values[o][j][i]  = x[o][l][i]   with l the j-th in the row's order: by value, of equal ones the lower l
 *   indices[o][j][i] = l            NaN counts as larger than every number
 *
 *   x        [OUTER][LENGTH][INNER], packed
 *   values   [OUTER][K][INNER]
 *   indices  [OUTER][K][INNER], 64-bit integers
 *
 * A work-item makes one row, all j of one (o, i). It goes over the elements once, and puts each that belongs
 * to the first K so far in its place among them, in values and indices themselves: LENGTH comparisons and few
 * moves, unless the row is sorted the wrong way round, which takes up to LENGTH * K. Neighbours have
 * neighbouring i. Global size: OUTER * INNER. Local memory: none.
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
    x += outer * length * inner + column;
    values += outer * k * inner + column;
    indices += outer * k * inner + column;
    int kept = 0;
    float last = 0.0f; /* of those that are kept */
    for (int l = 0; l < length; l++) {
        const float value = x[l * inner];
        if (kept == k && !before(value, last))
            continue;
        int at = kept < k ? kept++ : k - 1;
        for (; at > 0 && before(value, values[(at - 1) * inner]); at--) {
            values[at * inner] = values[(at - 1) * inner];
            indices[at * inner] = indices[(at - 1) * inner];
        }
        values[at * inner] = value;
        indices[at * inner] = l;
        last = values[(kept - 1) * inner];
    }
}
