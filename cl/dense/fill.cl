/* Fills a buffer with a value.
 *
 *   x[i] = value for 0 <= i < count
 *
 *   x  count floats
 *
 * A work-item writes up to 16 neighbouring floats. Global size ceil(count / 16), any local size.
 * Local memory: none.
 */
kernel void fill(global float *restrict x, const float value, const int count)
{
    const size_t first = get_global_id(0) * 16;
    const size_t last = min(first + 16, (size_t)count);
    for (size_t i = first; i < last; i++)
        x[i] = value;
}
