/* softmax.cl's formula by work-groups, for GPUs: few rows, or long ones of neighbouring elements.
 *
 *   LOG 0   y[o][l][i] = exp(x[o][l][i] - m) / s
 *   LOG 1   y[o][l][i] = x[o][l][i] - m - log(s)
 *
 * with m = max over l of x[o][l][i] and s = sum over l of exp(x[o][l][i] - m).
 *
 *   x, y  [OUTER][LENGTH][INNER], packed
 *
 * A work-group computes one row, each item every ITEMS-th element of it; maximum and sum are found in local
 * memory, pairwise.
 * Global size: OUTER * INNER * ITEMS, work-group (ITEMS). Local memory: 4 ITEMS bytes.
 */
#if !defined(LOG) || !defined(ITEMS)
#error "softmax_group.cl: LOG and ITEMS come from wcl__softmax_group_params"
#endif

/* Leaves the largest, or the sum, of all items' values in shared[0] for all of them to read; a second call
 * may follow at once. */
static inline float reduce(local float *shared, int item, float value, bool sum)
{
    shared[item] = value;
    for (int width = ITEMS / 2; width > 0; width /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < width)
            shared[item] = sum ? shared[item] + shared[item + width]
                               : fmax(shared[item], shared[item + width]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    const float result = shared[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    return result;
}

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
softmax_group(global const float *restrict x, global float *restrict y, const int length, const ulong inner)
{
    local float shared[ITEMS];
    const int item = (int)get_local_id(0);
    const size_t row = get_group_id(0), outer = row / inner,
                 first = outer * inner * (size_t)length + (row - outer * inner);
    float most = -INFINITY, sum = 0.0f;
    x += first;
    y += first;
    for (int l = item; l < length; l += ITEMS)
        most = fmax(most, x[l * inner]);
    most = reduce(shared, item, most, false);
    for (int l = item; l < length; l += ITEMS)
        sum += exp(x[l * inner] - most);
    sum = reduce(shared, item, sum, true);
    const float log_sum = log(sum);
    for (int l = item; l < length; l += ITEMS) {
        const float shifted = x[l * inner] - most;
        y[l * inner] = LOG ? shifted - log_sum : exp(shifted) / sum;
    }
}
