/* CLBlast, called from this family alone, under one process-wide lock: its parameters are per device and
 * process, and its program cache has races in 1.5.3. */
#ifndef WCL_KERNELS_DENSE_CLBLAST_H
#define WCL_KERNELS_DENSE_CLBLAST_H

#include "runtime/launch.h"

/* c = alpha * op(a) * op(b) + beta * c; row-major. m = 1 uses GEMV on b. Slots are the plan's. Offsets in
 * floats. */
typedef struct wcl__blas_call {
    int a, b, c;
    int workspace; /* GEMM's temporary buffer; -1: none is needed */
    size_t m, n, k;
    size_t a_offset, b_offset, c_offset;
    size_t c_row; /* floats between c's rows */
    bool trans_a, trans_b;
    float alpha, beta;
} wcl__blas_call;

/* field, least, most, standard, meaning */
#define WCL__BLAS_PARAMS(X) \
    X(slice, 1, INT32_MAX, INT32_MAX, "outputs of a call, at most: their weights are one buffer")

typedef struct wcl__blas_params {
    WCL__BLAS_PARAMS(WCL__PARAM_MEMBER)
} wcl__blas_params;
extern const wcl__param_table wcl__blas_table;

/* Bytes of the temporary buffer that GEMM needs for this shape; an upper bound that needs no device. */
size_t wcl__blas_workspace(const wcl__blas_call *call);
/* Enqueues; `slots` as for wcl__launch_create. event may be NULL. */
wcl_status wcl__blas_enqueue(wcl_device *device, const wcl__blas_call *call, const cl_mem *slots,
                             cl_command_queue queue, cl_event *event);

#endif
