/* The Winograd transforms of the kernels against matrices computed from their points. The kernels' lines are macros that are C as
 * well: applied to unit vectors they give their matrices' columns. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cl/winograd.clh"
#include "ref/ref.h"

enum { M = WINO_M, TILE = WINO_TILE, R = TILE - M + 1 };

static const double points[] = {0, 1, -1}; /* and infinity */

typedef struct matrices {
    double at[M][TILE], g[TILE][R], bt[TILE][TILE];
} matrices;

static matrices kernels_matrices(void)
{
    matrices out;
    for (int column = 0; column < TILE; column++) {
        double unit[TILE] = {0};
        unit[column] = 1;
        WINO_BT(unit[0], unit[1], unit[2], unit[3], out.bt[0][column], out.bt[1][column], out.bt[2][column], out.bt[3][column]);
        WINO_AT(unit[0], unit[1], unit[2], unit[3], out.at[0][column], out.at[1][column]);
        if (column < R)
            WINO_G(unit[0], unit[1], unit[2], out.g[0][column], out.g[1][column], out.g[2][column], out.g[3][column]);
    }
    return out;
}

/* A point's rows may be scaled against each other, their product may not. */
static void test_each_point(void **state)
{
    (void)state;
    const matrices kernels = kernels_matrices();
    wcl__ref_winograd made;
    wcl__ref_winograd_make(M, R, points, &made);
    for (int j = 0; j < TILE; j++)
        for (int i = 0; i < M; i++)
            for (int k = 0; k < R; k++)
                for (int l = 0; l < TILE; l++) {
                    const double got = kernels.at[i][j] * kernels.g[j][k] * kernels.bt[j][l];
                    const double expected = made.at[i][j] * made.g[j][k] * made.bt[j][l];
                    if (!(fabs(got - expected) <= 1e-12))
                        fail_msg("point %d: A[%d] G[%d] B[%d] is %g, not %g", j, i, k, l, got, expected);
                }
}

/* y[i] = sum over k of g[k] d[i + k], for every pair of unit vectors. */
static void test_correlation(void **state)
{
    (void)state;
    const matrices kernels = kernels_matrices();
    for (int i = 0; i < M; i++)
        for (int k = 0; k < R; k++)
            for (int l = 0; l < TILE; l++) {
                double sum = 0;
                for (int j = 0; j < TILE; j++)
                    sum += kernels.at[i][j] * kernels.g[j][k] * kernels.bt[j][l];
                if (!(fabs(sum - (l == i + k)) <= 1e-12))
                    fail_msg("output %d takes %g times g[%d] d[%d]", i, sum, k, l);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_point),
        cmocka_unit_test(test_correlation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
