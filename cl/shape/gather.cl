/* Gather along an axis.
 *
 *   y[o][i][k] = x[o][index[i]][k]      o before the axis (OUTER), k behind it (INNER)
 *
 *   x      [OUTER][LENGTH][INNER]
 *   index  [COUNT] of int, each within 0 ... LENGTH - 1
 *   y      [OUTER][COUNT][INNER]
 *
 * A work-item copies one element. Global size (INNER, COUNT, OUTER), any local size. Local memory: none.
 */
kernel void gather(global const float *restrict x, global const int *restrict index, global float *restrict y,
                   const int length, const int count, const int inner)
{
    const size_t k = get_global_id(0), i = get_global_id(1), o = get_global_id(2);
    if (k >= (size_t)inner || i >= (size_t)count)
        return; /* the global size is padded to the work-group's */
    y[(o * count + i) * inner + k] = x[(o * length + index[i]) * inner + k];
}
