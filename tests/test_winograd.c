/* The Winograd transforms of the kernels against matrices computed from their points. The kernels' lines are
 * macros that are C as well: applied to unit vectors they give their matrices' columns. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/ref.h"

enum { R = 3, MOST_M = 6, MOST_TILE = MOST_M + R - 1 };

/* winograd.clh's transforms of one WINO_M, as C. */
typedef struct transforms {
    int m;
    double points[MOST_TILE]; /* and infinity */
    void (*bt)(const double *in, double *out), (*g)(const double *in, double *out),
        (*at)(const double *in, double *out);
} transforms;

#define S(i) in[i]
#define D(i, e) out[i] = (double)(e);
#define TRANSFORMS(name)                                 \
    static void name##_bt(const double *in, double *out) \
    {                                                    \
        WINO_BT(D, S)                                    \
    }                                                    \
    static void name##_g(const double *in, double *out)  \
    {                                                    \
        WINO_G(D, S)                                     \
    }                                                    \
    static void name##_at(const double *in, double *out) \
    {                                                    \
        WINO_AT(D, S)                                    \
    }

#define WINO_M 2
#include "cl/conv/winograd.clh"
TRANSFORMS(f2)
#include "cl/conv/winograd_again.clh"
#define WINO_M 4
#include "cl/conv/winograd.clh"
TRANSFORMS(f4)
#include "cl/conv/winograd_again.clh"
#define WINO_M 6
#include "cl/conv/winograd.clh"
TRANSFORMS(f6)

#define SQRT_HALF 0.70710678118654752440
#define SQRT_TWO 1.41421356237309504880
static const transforms forms[] = {
    {2, {0, 1, -1}, f2_bt, f2_g, f2_at},
    {4, {0, SQRT_HALF, -SQRT_HALF, SQRT_TWO, -SQRT_TWO}, f4_bt, f4_g, f4_at},
    {6, {0, 1, -1, 2, -2, 0.5, -0.5}, f6_bt, f6_g, f6_at},
};

typedef struct matrices {
    double at[MOST_M][MOST_TILE], g[MOST_TILE][R], bt[MOST_TILE][MOST_TILE];
} matrices;

/* Unit vectors give the columns. */
static matrices kernels_matrices(const transforms *form)
{
    const int tile = form->m + R - 1;
    matrices made;
    for (int column = 0; column < tile; column++) {
        double unit[MOST_TILE] = {0}, out[MOST_TILE];
        unit[column] = 1;
        form->bt(unit, out);
        for (int i = 0; i < tile; i++)
            made.bt[i][column] = out[i];
        form->at(unit, out);
        for (int i = 0; i < form->m; i++)
            made.at[i][column] = out[i];
        if (column >= R)
            continue;
        form->g(unit, out);
        for (int i = 0; i < tile; i++)
            made.g[i][column] = out[i];
    }
    return made;
}

/* The constants are floats. */
static bool same(double got, double expected)
{
    return fabs(got - expected) <= 4e-7 * fmax(1, fabs(expected));
}

/* A point's rows may be scaled against each other, their product may not. */
static void check_points(const transforms *form)
{
    const int tile = form->m + R - 1;
    const matrices kernels = kernels_matrices(form);
    wcl__ref_winograd made;
    wcl__ref_winograd_make(form->m, R, form->points, &made);
    for (int j = 0; j < tile; j++)
        for (int i = 0; i < form->m; i++)
            for (int k = 0; k < R; k++)
                for (int l = 0; l < tile; l++) {
                    const double got = kernels.at[i][j] * kernels.g[j][k] * kernels.bt[j][l];
                    const double expected = made.at[i][j] * made.g[j][k] * made.bt[j][l];
                    if (!same(got, expected))
                        fail_msg("F%d, point %d: A[%d] G[%d] B[%d] is %.9g, not %.9g", form->m, j, i, k, l,
                                 got, expected);
                }
}

/* y[i] = sum over k of g[k] d[i + k], for every pair of unit vectors. */
static void check_correlation(const transforms *form)
{
    const int tile = form->m + R - 1;
    const matrices kernels = kernels_matrices(form);
    for (int i = 0; i < form->m; i++)
        for (int k = 0; k < R; k++)
            for (int l = 0; l < tile; l++) {
                double sum = 0, size = 1;
                for (int j = 0; j < tile; j++) {
                    const double term = kernels.at[i][j] * kernels.g[j][k] * kernels.bt[j][l];
                    sum += term;
                    size += fabs(term);
                }
                if (!(fabs(sum - (l == i + k)) <= 2e-7 * size))
                    fail_msg("F%d: output %d takes %.9g times g[%d] d[%d]", form->m, i, sum, k, l);
            }
}

static void test_each_point(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        check_points(&forms[i]);
}

static void test_correlation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        check_correlation(&forms[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_point),
        cmocka_unit_test(test_correlation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
