/* Naive operators: the truth for tests and for checking a device. Plain C-order arrays, float in, everything
 * computed and given back in double, one loop a formula, no care for speed. They depend on base/ alone and
 * share nothing with what they check. */
#ifndef WCL_REF_REF_H
#define WCL_REF_REF_H

#include "base/desc.h"
#include "base/shape.h"

double wcl__ref_activate(const wcl__act *act, double x);

/* x [n][c][h][w], w [k][c / groups][kh][kw], bias [k] or NULL, y [n][k][oh][ow]; the formula stands at
 * wcl__conv. */
void wcl__ref_conv(const wcl__conv *conv, const float *x, const float *w, const float *bias, double *y);
/* x [n][c][h][w], y [n][c][oh][ow]. A global pool has the picture as its window. */
void wcl__ref_pool(const wcl__pool *pool, const float *x, double *y);
/* a [batch][m][k], b [batch][k][n] (each transposed where it says so), y [batch][m][n]. bias NULL: none; else
 * element (i, j) of each matrix has bias[i * bias_strides[0] + j * bias_strides[1]] added, so that {n, 1} is
 * a full matrix, {0, 1} a row, {1, 0} a column and {0, 0} a single number. */
void wcl__ref_gemm(const wcl__gemm *gemm, const float *a, const float *b, const float *bias,
                   const int64_t bias_strides[2], double *y);

void wcl__ref_act(const wcl__act *act, const float *x, int64_t count, double *y);
void wcl__ref_softmax(const wcl__softmax *softmax, const float *x, double *y);
/* values and indices: [outer][k][inner] */
void wcl__ref_topk(const wcl__topk *topk, const float *x, double *values, int64_t *indices);
void wcl__ref_lrn(const wcl__lrn *lrn, const float *x, double *y);

typedef struct wcl__ref_batchnorm {
    int64_t n, c, inner; /* x and y are [n][c][inner] */
    const float *scale, *bias, *mean, *variance;
    double epsilon;
} wcl__ref_batchnorm;
/* y = scale (x - mean) / sqrt(variance + epsilon) + bias, by channel */
void wcl__ref_batchnorm_run(const wcl__ref_batchnorm *norm, const float *x, double *y);

typedef struct wcl__ref_array {
    wcl__shape shape;
    const float *data;
} wcl__ref_array;
/* kind: '+', '-', '*' or '/'. y has the broadcast shape; the shapes must fit. */
void wcl__ref_binary(char kind, const wcl__ref_array *a, const wcl__ref_array *b, double *y);

void wcl__ref_concat(const wcl__ref_array *inputs, size_t count, int axis, double *y);
/* Dimension i of y is dimension perm[i] of x. */
void wcl__ref_transpose(const wcl__ref_array *x, const int64_t *perm, double *y);
/* y has x's shape with dimension `axis` replaced by `count`, one for each index; a negative index counts from
 * the end. */
void wcl__ref_gather(const wcl__ref_array *x, int axis, const int64_t *indices, int64_t count, double *y);
/* y[i, j, ...] = x[start[0] + i * step[0], start[1] + j * step[1], ...] for the indices of y's shape. */
void wcl__ref_slice(const wcl__ref_array *x, const int64_t *start, const int64_t *step,
                    const wcl__shape *y_shape, double *y);

/* The matrices of the one-dimensional Winograd correlation F(m, r) with `tile` = m + r - 1 products:
 *
 *     y[i] = sum over j of at[i][j] * (sum over k of g[j][k] * filter[k]) * (sum over l of bt[j][l] *
 * data[l]) = sum over k of filter[k] * data[i + k]
 *
 * made from tile - 1 different finite points and infinity (Cook and Toom; Lavin and Gray 2015, Barabasz et
 * al. 2020). Row j of each belongs to point j, the last to infinity. A point's rows are unique up to factors
 * whose product is 1; here at has plain powers of the points, g the (positive) denominators and bt whole
 * numbers and the sign, where the points are whole. */
enum { WCL__REF_TILE = 10 };
typedef struct wcl__ref_winograd {
    int m, r, tile;
    double at[WCL__REF_TILE][WCL__REF_TILE]; /* m x tile */
    double g[WCL__REF_TILE][WCL__REF_TILE];  /* tile x r */
    double bt[WCL__REF_TILE][WCL__REF_TILE]; /* tile x tile */
} wcl__ref_winograd;
/* tile <= WCL__REF_TILE */
void wcl__ref_winograd_make(int m, int r, const double *points, wcl__ref_winograd *out);
/* The nested two-dimensional form on one tile: y (m x m) = A^T [(G f G^T) . (B^T d B)] A; filter r x r, data
 * tile x tile. */
void wcl__ref_winograd_tile(const wcl__ref_winograd *matrices, const double *filter, const double *data,
                            double *y);

#endif
