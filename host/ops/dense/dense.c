/* Gemm and MatMul with known weights: what their variants share. */
#include "ops/dense/dense.h"

#include <string.h>

#include "kernels/conv/conv_tiled.h"
#include "kernels/dense/dense_group.h"
#include "kernels/pack/pack.h"
#include "ops/weights.h"

/* ---- what is a dense layer */

static bool bias_fits(const wcl__value *bias, int64_t outputs)
{
    if (!bias)
        return true;
    const int rank = bias->shape.rank;
    const int64_t count = wcl__shape_count(&bias->shape);
    return bias->source && (count == 1 || (count == outputs && bias->shape.dims[rank - 1] == outputs));
}

const char *wcl__dense_read(const wcl__op_node *node, wcl__dense *dense)
{
    const wcl__gemm *gemm = &node->desc.gemm;
    const wcl__value *b = wcl__input(node, WCL__DENSE_B);
    *dense = (wcl__dense){.m = gemm->batch * gemm->m,
                          .inputs = gemm->k,
                          .outputs = gemm->n,
                          .by_input = !gemm->trans_b,
                          .alpha = gemm->alpha,
                          .beta = gemm->beta};
    if (!b->source || b->shape.rank != 2)
        return "the weights are not a known matrix";
    if (gemm->trans_a && gemm->m != 1)
        return "the input is transposed";
    if (!bias_fits(wcl__input(node, WCL__DENSE_C), dense->outputs))
        return "the bias is not a known row";
    return NULL;
}

wcl__dense wcl__dense_of(const wcl__way *way)
{
    wcl__dense dense;
    wcl__dense_read(way->node, &dense);
    dense.half = wcl__offer_half(&way->offer);
    return dense;
}

/* Plain tensors; weights as they were asked for. */
static int weights_as_asked(const wcl__op_node *node, const wcl__target *target,
                            wcl__offer out[WCL__MAX_OFFERS])
{
    (void)node;
    out[0] = wcl__offer_plain();
    wcl__offer_weights(&out[0], target->half);
    return 1;
}

static size_t weight_size(const wcl__dense *dense)
{
    return dense->half ? sizeof(cl_half) : sizeof(float);
}

int wcl__dense_slice_of(const wcl__profile *profile, const wcl__dense *dense, int64_t step)
{
    const uint64_t bytes = (uint64_t)wcl__round_up(dense->inputs, step) * weight_size(dense);
    const uint64_t most = WCL__MIN(profile->max_alloc / bytes, (uint64_t)INT32_MAX);
    return (int)WCL__MIN(dense->outputs, WCL__MAX((int64_t)most, 1));
}

void wcl__dense_cost(const wcl__dense *dense, bool at_home, wcl__cost *cost)
{
    const double weights = (double)dense->inputs * (double)dense->outputs;
    const double penalty = at_home ? 1 : WCL__AWAY_FROM_HOME;
    cost->flops = 2 * weights * (double)dense->m;
    cost->bytes = penalty * ((double)weight_size(dense) * weights +
                             sizeof(float) * (double)dense->m * (double)(dense->inputs + dense->outputs));
    cost->efficiency = 0.4 / penalty;
    cost->launches = 1;
}

/* ---- weights */

wcl_status wcl__dense_weights(const wcl__emit *emit, const wcl__dense *dense, const wcl__dense_form *form,
                              int *slot)
{
    const int64_t first = form->first, count = form->count;
    const bool to_input = form->to_input;
    const int64_t padded_inputs = form->step ? wcl__round_up(dense->inputs, form->step) : dense->inputs;
    const int64_t padded_count = form->block ? wcl__round_up(count, form->block) : count;
    const wcl__op_node *node = emit->node;
    const wcl__value *weight = node->inputs[WCL__DENSE_B];
    const bool whole = count == dense->outputs;
    const bool as_it_is = !dense->half && !node->epilogue.scale && dense->alpha == 1.0f &&
                          node->flatten[0] == 0 && dense->by_input == to_input && (whole || !to_input) &&
                          form->block == 0 && padded_inputs == dense->inputs;
    wcl__packing packing = {.bytes = weight_size(dense) * (size_t)(padded_inputs * padded_count)};
    if (as_it_is) {
        packing.source_first = first * dense->inputs;
        return wcl__weight_slot(emit, weight, &(wcl__output_slice){first, count, 1.0f}, &packing, slot);
    }
    const wcl__dense_packing how = {.inputs = dense->inputs,
                                    .outputs = count,
                                    .first_output = dense->by_input ? first : 0,
                                    .source_outputs = dense->outputs,
                                    .by_input = dense->by_input,
                                    .to_input = to_input,
                                    .block = form->block,
                                    .step = form->step,
                                    .hw = node->flatten[0] * node->flatten[1],
                                    .c = node->flatten[2]};
    packing.recipe = (wcl__pack_recipe){
        .kind = WCL__PACK_DENSE, .rows = dense->by_input ? dense->inputs : count, .dense = how};
    wcl__params_standard(&wcl__pack_table, &packing.recipe.params);
    packing.recipe.params.half = dense->half;
    packing.source_first = dense->by_input ? 0 : first * dense->inputs;
    packing.zero_first = padded_inputs != dense->inputs || padded_count != count;
    return wcl__weight_slot(emit, weight, &(wcl__output_slice){first, count, dense->alpha}, &packing, slot);
}

/* Of those with one algorithm, the first that can run is taken. */
const wcl__variant wcl__dense_variants[WCL__DENSE_VARIANTS] = {
    {.name = "gemv-group",
     .algorithm = "gemv",
     .family = &wcl__dense_group_table,
     .bound = WCL__SUM,
     .offers = weights_as_asked,
     .configure = wcl__gemv_group_configure,
     .cost = wcl__group_cost,
     .emit = wcl__group_emit},
    {.name = "gemv",
     .family = &wcl__dense_table,
     .bound = WCL__SUM,
     .offers = weights_as_asked,
     .configure = wcl__gemv_configure,
     .cost = wcl__own_cost,
     .emit = wcl__own_emit},
    {.name = "gemm-group",
     .algorithm = "gemm",
     .family = &wcl__dense_group_table,
     .bound = WCL__SUM,
     .offers = weights_as_asked,
     .configure = wcl__gemm_group_configure,
     .cost = wcl__group_cost,
     .emit = wcl__group_emit},
    {.name = "gemm-tiled",
     .algorithm = "gemm",
     .family = &wcl__conv_tiled_table,
     .bound = WCL__SUM,
     .offers = weights_as_asked,
     .configure = wcl__gemm_tiled_configure,
     .cost = wcl__gemm_tiled_cost,
     .memory = wcl__gemm_tiled_memory,
     .emit = wcl__gemm_tiled_emit},
    {.name = "gemm",
     .family = &wcl__dense_table,
     .bound = WCL__SUM,
     .offers = weights_as_asked,
     .configure = wcl__gemm_configure,
     .cost = wcl__own_cost,
     .emit = wcl__own_emit},
    {.name = "clblast",
     .family = &wcl__blas_table,
     .bound = WCL__SUM,
     .configure = wcl__blas_configure,
     .cost = wcl__blas_cost,
     .memory = wcl__blas_memory,
     .emit = wcl__blas_emit},
    {.name = "direct",
     .family = &wcl__matmul_table,
     .bound = WCL__SUM,
     .configure = wcl__matmul_configure,
     .cost = wcl__matmul_cost,
     .emit = wcl__matmul_emit},
};
