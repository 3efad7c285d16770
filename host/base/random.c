/* The seeded generator: integers until one float multiplication, so that every machine makes the same bits.
 *
 *   h = mix(key + (i + 1) * golden);  s = sum of h's four 16-bit fields
 *   element i = (s - 131070) * (deviation / 37837.227)
 *
 * The sum of four uniform fields is close to normal: its mean is 4 * 65535 / 2 = 131070 and its deviation
 * sqrt(4 * (65536^2 - 1) / 12) = 37837.227. The mixer is splitmix64's finaliser (Steele, Lea and Flood, "Fast
 * splittable pseudorandom number generators", 2014). */
#include "base/random.h"

static const uint64_t golden = 0x9E3779B97F4A7C15u; /* 2^64 / golden ratio */

uint64_t wcl__mix64(uint64_t z)
{
    z ^= z >> 30;
    z *= 0xBF58476D1CE4E5B9u;
    z ^= z >> 27;
    z *= 0x94D049BB133111EBu;
    z ^= z >> 31;
    return z;
}

uint64_t wcl__random_key(uint64_t seed, uint64_t ordinal)
{
    return wcl__mix64(seed + (ordinal + 1) * golden);
}

void wcl__random_range(float *values, int64_t first, int64_t count, uint64_t key, double deviation)
{
    const float scale = (float)(deviation / 37837.227);
    for (int64_t i = 0; i < count; i++) {
        uint64_t h = wcl__mix64(key + ((uint64_t)(first + i) + 1) * golden);
        int sum = (int)(h & 0xFFFF) + (int)(h >> 16 & 0xFFFF) + (int)(h >> 32 & 0xFFFF) + (int)(h >> 48);
        values[i] = (float)(sum - 131070) * scale;
    }
}

double wcl__random_bound(double deviation)
{
    return 131070 * (deviation / 37837.227);
}

void wcl_random_fill(float *values, int64_t count, uint64_t key, double deviation)
{
    wcl__random_range(values, 0, count, key, deviation);
}
