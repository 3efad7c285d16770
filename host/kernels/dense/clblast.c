/* Calls of CLBlast: the only ones. */
#include "kernels/dense/clblast.h"
#include "base/error.h"

#include <clblast_c.h>

/* One for the process: CLBlast's caches and parameters are. */
static pthread_mutex_t blas_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *fits(const wcl__profile *profile, const int *values)
{
    (void)values;
    return profile->has_compiler ? NULL : "CLBlast needs a device with a compiler";
}

WCL__PARAM_TABLE(wcl__blas_table, "clblast", WCL__BLAS_PARAMS, .fits = fits);

/* CLBlast copies an operand into scratch where its sides are no multiples of the kernel's tiles, or where it
 * must be transposed. For row-major operands that is a and c, and b where it is transposed. No tile is larger
 * than this. */
enum { LARGEST_TILE = 256, COMMON_TILE = 128 };

size_t wcl__blas_workspace(const wcl__blas_call *call)
{
    if (call->m == 1)
        return 0;
    const size_t m = (size_t)wcl__round_up((int64_t)call->m, LARGEST_TILE),
                 n = (size_t)wcl__round_up((int64_t)call->n, LARGEST_TILE);
    const size_t k = (size_t)wcl__round_up((int64_t)call->k, LARGEST_TILE);
    const bool b_as_it_is = !call->trans_b && call->k % COMMON_TILE == 0 && call->n % COMMON_TILE == 0;
    return sizeof(float) * (m * k + m * n + (b_as_it_is ? 0 : n * k));
}

static wcl_status translate(CLBlastStatusCode code, const char *what)
{
    if (code == CLBlastSuccess)
        return WCL_OK;
    if (code == CLBlastInsufficientMemoryTemp)
        return wcl__fail(WCL_NO_MEMORY, "%s needs a larger temporary buffer than was planned", what);
    if (code < -100 || code == CLBlastUnexpectedError)
        return wcl__fail(WCL_DEVICE_ERROR, "%s: CLBlast status %d", what, (int)code);
    return wcl__fail_cl_running((cl_int)code, what);
}

static CLBlastStatusCode gemv(const wcl__blas_call *call, const cl_mem *slots, cl_command_queue queue,
                              cl_event *event)
{
    const size_t rows = call->trans_b ? call->n : call->k, columns = call->trans_b ? call->k : call->n;
    return CLBlastSgemv(CLBlastLayoutRowMajor, call->trans_b ? CLBlastTransposeNo : CLBlastTransposeYes, rows,
                        columns, call->alpha, slots[call->b], call->b_offset, columns, slots[call->a],
                        call->a_offset, 1, call->beta, slots[call->c], call->c_offset, 1, &queue, event);
}

static CLBlastStatusCode gemm(const wcl__blas_call *call, const cl_mem *slots, cl_command_queue queue,
                              cl_event *event)
{
    const size_t a_row = call->trans_a ? call->m : call->k, b_row = call->trans_b ? call->k : call->n;
    return CLBlastSgemmWithTempBuffer(
        CLBlastLayoutRowMajor, call->trans_a ? CLBlastTransposeYes : CLBlastTransposeNo,
        call->trans_b ? CLBlastTransposeYes : CLBlastTransposeNo, call->m, call->n, call->k, call->alpha,
        slots[call->a], call->a_offset, a_row, slots[call->b], call->b_offset, b_row, call->beta,
        slots[call->c], call->c_offset, call->c_row, &queue, event,
        call->workspace >= 0 ? slots[call->workspace] : NULL);
}

wcl_status wcl__blas_enqueue(wcl_device *device, const wcl__blas_call *call, const cl_mem *slots,
                             cl_command_queue queue, cl_event *event)
{
    const bool vector = call->m == 1;
    (void)device;
    pthread_mutex_lock(&blas_lock);
    const CLBlastStatusCode code = vector ? gemv(call, slots, queue, event) : gemm(call, slots, queue, event);
    pthread_mutex_unlock(&blas_lock);
    return translate(code, vector ? "CLBlastSgemv" : "CLBlastSgemm");
}
