#include "kernels/pack/pack.h"

WCL__PARAM_TABLE(wcl__pack_table, "pack", WCL__PACK_PARAMS, NULL);

enum { SLOT_SOURCE = 0, SLOT_PACKED = 1, SLOT_SCALE = 2 };

/* cl/pack/dense.clh: packed_dense */
typedef struct packed_dense {
    cl_int inputs, outputs, row, first_output, output_stride, input_stride, block, block_stride, hw, c;
} packed_dense;

/* The store sets the third size to the rows of each chunk. */
static wcl_status begin(wcl__call *call, const char *kernel, const wcl__pack_params *params, int64_t row)
{
    const size_t local[3] = {64, 1, 1};
    const wcl_status status = wcl__params_validate(&wcl__pack_table, params);
    if (status != WCL_OK)
        return status;
    *call = (wcl__call){.kernel = kernel};
    wcl__params_options(&wcl__pack_table, params, call->options, sizeof call->options);
    wcl__call_slot(call, SLOT_SOURCE);
    wcl__call_slot(call, SLOT_PACKED);
    wcl__call_slot(call, SLOT_SCALE);
    wcl__call_range(call, row, 1, 1, local);
    return WCL_OK;
}

wcl_status wcl__pack_direct_call(wcl__call *call, const wcl__pack_params *params, int64_t row)
{
    const cl_int elements = (cl_int)row;
    const wcl_status status = begin(call, "pack_direct", params, row);
    if (status == WCL_OK)
        WCL__CALL_VALUE(call, elements);
    return status;
}

wcl_status wcl__pack_gemm_call(wcl__call *call, const wcl__pack_params *params, int64_t row, int64_t taps,
                               int64_t step)
{
    const cl_int sizes[3] = {(cl_int)row, (cl_int)taps, (cl_int)step};
    const wcl_status status = begin(call, "pack_gemm", params, row);
    for (int i = 0; i < 3 && status == WCL_OK; i++)
        WCL__CALL_VALUE(call, sizes[i]);
    return status;
}

wcl_status wcl__pack_winograd_call(wcl__call *call, const wcl__pack_params *params, int64_t channels,
                                   int64_t c_padded, int64_t k_padded)
{
    const cl_int sizes[3] = {(cl_int)channels, (cl_int)c_padded, (cl_int)k_padded};
    const wcl_status status = begin(call, "pack_winograd", params, channels);
    for (int i = 0; i < 3 && status == WCL_OK; i++)
        WCL__CALL_VALUE(call, sizes[i]);
    return status;
}

wcl_status wcl__pack_dense_call(wcl__call *call, const wcl__dense_packing *packing)
{
    wcl__pack_params params;
    const bool by_input = packing->to_input || packing->block > 0;
    const int64_t block = packing->block ? packing->block : packing->outputs;
    const int64_t inputs = packing->step ? wcl__round_up(packing->inputs, packing->step) : packing->inputs;
    wcl__params_standard(&wcl__pack_table, &params);
    params.half = packing->half;
    const packed_dense shape = {
        .inputs = (cl_int)packing->inputs,
        .outputs = (cl_int)packing->outputs,
        .row = (cl_int)(packing->by_input ? packing->source_outputs : packing->inputs),
        .first_output = (cl_int)packing->first_output,
        .output_stride = (cl_int)(by_input ? 1 : inputs),
        .input_stride = (cl_int)(by_input ? block : 1),
        .block = (cl_int)block,
        .block_stride = (cl_int)(packing->block ? inputs * block : 0),
        .hw = (cl_int)packing->hw,
        .c = (cl_int)packing->c,
    };
    const wcl_status status = begin(call, packing->by_input ? "pack_dense_columns" : "pack_dense_rows",
                                    &params, packing->by_input ? packing->outputs : packing->inputs);
    if (status == WCL_OK)
        WCL__CALL_VALUE(call, shape);
    return status;
}
