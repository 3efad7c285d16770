/* The calls of the packing kernels. */
#include "kernels/pack/pack.h"

#include "base/error.h"

WCL__PARAM_TABLE(wcl__pack_table, "pack", WCL__PACK_PARAMS, .follows = "cb kb wino_m half");

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

static void add_ints(wcl__call *call, int count, const int64_t *values)
{
    for (int i = 0; i < count; i++) {
        const cl_int value = (cl_int)values[i];
        WCL__CALL_VALUE(call, value);
    }
}

static const wcl__kernel kernels[] = {[WCL__PACK_DIRECT] = {"pack_direct", "cb kb"},
                                      [WCL__PACK_GEMM] = {"pack_gemm", "cb kb half"},
                                      [WCL__PACK_WINOGRAD] = {"pack_winograd", "cb kb wino_m half"},
                                      [WCL__PACK_DENSE] = {"pack_dense_rows", "cb half"}};
static const wcl__kernel columns_kernel = {"pack_dense_columns", "cb half"};

static const wcl__kernel *kernel_of(const wcl__pack_recipe *recipe)
{
    return recipe->kind == WCL__PACK_DENSE && recipe->dense.by_input ? &columns_kernel
                                                                     : &kernels[recipe->kind];
}

/* Work-items for each row. */
static int64_t items_of(const wcl__pack_recipe *recipe)
{
    if (recipe->kind == WCL__PACK_WINOGRAD)
        return recipe->channels;
    if (recipe->kind != WCL__PACK_DENSE)
        return wcl__pack_row_elements(recipe);
    return recipe->dense.by_input ? recipe->dense.outputs : recipe->dense.inputs;
}

static void add_dense(wcl__call *call, const wcl__dense_packing *dense)
{
    const wcl__packed_dense shape = wcl__packed_dense_of(dense);
    WCL__CALL_VALUE(call, shape);
}

static void add_shape(wcl__call *call, const wcl__pack_recipe *recipe)
{
    const int64_t row = wcl__pack_row_elements(recipe);
    switch (recipe->kind) {
    case WCL__PACK_AS_IT_IS:
        break;
    case WCL__PACK_DIRECT:
        add_ints(call, 1, &row);
        break;
    case WCL__PACK_GEMM:
        add_ints(call, 3, (const int64_t[]){row, recipe->taps, recipe->step});
        break;
    case WCL__PACK_WINOGRAD:
        add_ints(call, 3, (const int64_t[]){recipe->channels, recipe->c_padded, recipe->k_padded});
        break;
    case WCL__PACK_DENSE:
        add_dense(call, &recipe->dense);
        break;
    }
}

wcl_status wcl__pack_call(wcl__call *call, const wcl__pack_recipe *recipe)
{
    const size_t local[3] = {64, 1, 1};
    if (recipe->kind == WCL__PACK_AS_IT_IS)
        return wcl__fail(WCL_BAD_ARGUMENT, "no kernel packs what stays as it is");
    const wcl_status status = wcl__call_begin(call, kernel_of(recipe), &wcl__pack_table, &recipe->params);
    if (status != WCL_OK)
        return status;
    wcl__call_slot(call, SLOT_SOURCE);
    wcl__call_slot(call, SLOT_PACKED);
    wcl__call_slot(call, SLOT_SCALE);
    add_shape(call, recipe);
    wcl__call_range(call, items_of(recipe), 1, 1, local); /* the store sets z to the rows of each chunk */
    return WCL_OK;
}
