/* Matrix products (base/desc.h). */
#include "ref/ref.h"

void wcl__ref_gemm(const wcl__gemm *gemm, const float *a, const float *b, const float *bias,
                   const int64_t bias_strides[2], double *y)
{
    const int64_t m = gemm->m, n = gemm->n, k = gemm->k;
    for (int64_t batch = 0; batch < gemm->batch; batch++, a += m * k, b += k * n) {
        for (int64_t i = 0; i < m; i++) {
            for (int64_t j = 0; j < n; j++) {
                double sum = 0;
                for (int64_t l = 0; l < k; l++)
                    sum += (double)(gemm->trans_a ? a[l * m + i] : a[i * k + l]) *
                           (gemm->trans_b ? b[j * k + l] : b[l * n + j]);
                sum *= gemm->alpha;
                if (bias)
                    sum += (double)gemm->beta * bias[i * bias_strides[0] + j * bias_strides[1]];
                *y++ = wcl__ref_activate(&gemm->act, sum);
            }
        }
    }
}
