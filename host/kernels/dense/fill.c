/* Fills a buffer with one number. */
#include "kernels/dense/fill.h"

wcl_status wcl__fill_call(wcl__call *call, int slot, int64_t count, float value)
{
    enum { FLOATS_OF_AN_ITEM = 16 }; /* cl/dense/fill.cl */
    const cl_float number = value;
    const cl_int elements = (cl_int)count;
    const size_t local[3] = {64, 1, 1};
    *call = (wcl__call){.kernel = "fill"};
    wcl__call_slot(call, slot);
    WCL__CALL_VALUE(call, number);
    WCL__CALL_VALUE(call, elements);
    wcl__call_range(call, wcl__ceil_div(count, FLOATS_OF_AN_ITEM), 1, 1, local);
    return WCL_OK;
}
