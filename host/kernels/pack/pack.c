/* The calls of the packing kernels. */
#include "kernels/pack/pack.h"

#include "base/error.h"

WCL__PARAM_TABLE(wcl__pack_table, "pack", WCL__PACK_PARAMS, NULL);
static const wcl__kernel direct = {"pack_direct", "cb kb"};
static const wcl__kernel gemm = {"pack_gemm", "cb kb half"};
static const wcl__kernel winograd = {"pack_winograd", "cb kb wino_m half"};
static const wcl__kernel dense_rows = {"pack_dense_rows", "cb half"};
static const wcl__kernel dense_columns = {"pack_dense_columns", "cb half"};

enum { SLOT_SOURCE = 0, SLOT_PACKED = 1, SLOT_SCALE = 2 };

int64_t wcl__pack_row_elements(const wcl__pack_recipe *recipe)
{
    if (recipe->kind != WCL__PACK_DENSE)
        return recipe->channels * recipe->taps;
    return recipe->dense.by_input ? recipe->dense.source_outputs : recipe->dense.inputs;
}

wcl__packed_dense wcl__packed_dense_of(const wcl__dense_packing *dense)
{
    const bool by_input = dense->to_input || dense->block > 0;
    const int64_t block = dense->block ? dense->block : dense->outputs;
    const int64_t inputs = dense->step ? wcl__round_up(dense->inputs, dense->step) : dense->inputs;
    return (wcl__packed_dense){
        .inputs = (cl_int)dense->inputs,
        .outputs = (cl_int)dense->outputs,
        .row = (cl_int)(dense->by_input ? dense->source_outputs : dense->inputs),
        .first_output = (cl_int)dense->first_output,
        .output_stride = (cl_int)(by_input ? 1 : inputs),
        .input_stride = (cl_int)(by_input ? block : 1),
        .block = (cl_int)block,
        .block_stride = (cl_int)(dense->block ? inputs * block : 0),
        .hw = (cl_int)dense->hw,
        .c = (cl_int)dense->c,
    };
}

/* `items`: work-items for each row; the store sets the range's third size to the rows of each chunk. */
static void begin(wcl__call *call, const wcl__kernel *kernel, const wcl__pack_params *params, int64_t items)
{
    const size_t local[3] = {64, 1, 1};
    *call = (wcl__call){.kernel = kernel->name};
    wcl__params_options(&wcl__pack_table, params, kernel->reads, call->options, sizeof call->options);
    wcl__call_slot(call, SLOT_SOURCE);
    wcl__call_slot(call, SLOT_PACKED);
    wcl__call_slot(call, SLOT_SCALE);
    wcl__call_range(call, items, 1, 1, local);
}

static void add_ints(wcl__call *call, int count, const int64_t *values)
{
    for (int i = 0; i < count; i++) {
        const cl_int value = (cl_int)values[i];
        WCL__CALL_VALUE(call, value);
    }
}

static void dense_call(wcl__call *call, const wcl__pack_recipe *recipe)
{
    const wcl__packed_dense shape = wcl__packed_dense_of(&recipe->dense);
    if (recipe->dense.by_input)
        begin(call, &dense_columns, &recipe->params, recipe->dense.outputs);
    else
        begin(call, &dense_rows, &recipe->params, recipe->dense.inputs);
    WCL__CALL_VALUE(call, shape);
}

wcl_status wcl__pack_call(wcl__call *call, const wcl__pack_recipe *recipe)
{
    const int64_t row = wcl__pack_row_elements(recipe);
    const wcl_status status = wcl__params_validate(&wcl__pack_table, &recipe->params);
    if (status != WCL_OK)
        return status;
    switch (recipe->kind) {
    case WCL__PACK_AS_IT_IS:
        break;
    case WCL__PACK_DIRECT:
        begin(call, &direct, &recipe->params, row);
        add_ints(call, 1, &row);
        return WCL_OK;
    case WCL__PACK_GEMM:
        begin(call, &gemm, &recipe->params, row);
        add_ints(call, 3, (const int64_t[]){row, recipe->taps, recipe->step});
        return WCL_OK;
    case WCL__PACK_WINOGRAD:
        begin(call, &winograd, &recipe->params, recipe->channels);
        add_ints(call, 3, (const int64_t[]){recipe->channels, recipe->c_padded, recipe->k_padded});
        return WCL_OK;
    case WCL__PACK_DENSE:
        dense_call(call, recipe);
        return WCL_OK;
    }
    return wcl__fail(WCL_BAD_ARGUMENT, "no kernel packs what stays as it is");
}
