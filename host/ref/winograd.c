/* The Winograd matrices from their points: evaluation of filter and data at the points, interpolation by
 * Lagrange's polynomials, transposed (the matrix exchange theorem) so that the product of polynomials becomes
 * a correlation. */
#include "ref/ref.h"

#include <math.h>
#include <string.h>

/* Coefficients, lowest first, of the product of (x - points[l]) over l != without. */
static void product_without(const double *points, int count, int without, double coefficients[WCL__REF_TILE])
{
    int degree = 0;
    memset(coefficients, 0, WCL__REF_TILE * sizeof *coefficients);
    coefficients[0] = 1;
    for (int l = 0; l < count; l++) {
        if (l == without)
            continue;
        degree++;
        for (int i = degree; i >= 0; i--)
            coefficients[i] = (i > 0 ? coefficients[i - 1] : 0) - points[l] * coefficients[i];
    }
}

void wcl__ref_winograd_make(int m, int r, const double *points, wcl__ref_winograd *out)
{
    const int tile = m + r - 1, finite = tile - 1;
    memset(out, 0, sizeof *out);
    out->m = m;
    out->r = r;
    out->tile = tile;
    for (int j = 0; j < finite; j++) {
        double norm = 1;
        for (int l = 0; l < finite; l++)
            norm *= l == j ? 1 : points[j] - points[l];
        for (int i = 0; i < m; i++)
            out->at[i][j] = pow(points[j], i);
        for (int k = 0; k < r; k++)
            out->g[j][k] = pow(points[j], k) / fabs(norm);
        product_without(points, finite, j, out->bt[j]);
        for (int l = 0; l < tile && norm < 0; l++)
            out->bt[j][l] = -out->bt[j][l];
    }
    out->at[m - 1][finite] = 1;
    out->g[finite][r - 1] = 1;
    product_without(points, finite, -1, out->bt[finite]);
}

typedef double square[WCL__REF_TILE][WCL__REF_TILE];

/* out (rows x rows) = matrix (rows x columns) * in (columns x columns, packed) * matrix^T */
static void sandwich(square matrix, int rows, int columns, const double *in, square out)
{
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < rows; j++) {
            out[i][j] = 0;
            for (int p = 0; p < columns; p++)
                for (int q = 0; q < columns; q++)
                    out[i][j] += matrix[i][p] * in[p * columns + q] * matrix[j][q];
        }
    }
}

void wcl__ref_winograd_tile(const wcl__ref_winograd *matrices, const double *filter, const double *data,
                            double *y)
{
    const int tile = matrices->tile, m = matrices->m;
    wcl__ref_winograd copy = *matrices;
    double product[WCL__REF_TILE * WCL__REF_TILE];
    square u, v, result;
    sandwich(copy.g, tile, matrices->r, filter, u);
    sandwich(copy.bt, tile, tile, data, v);
    for (int i = 0; i < tile; i++)
        for (int j = 0; j < tile; j++)
            product[i * tile + j] = u[i][j] * v[i][j];
    sandwich(copy.at, m, tile, product, result);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < m; j++)
            y[i * m + j] = result[i][j];
}
