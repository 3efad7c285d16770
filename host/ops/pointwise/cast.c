/* Cast: on the host; on the device only where the type stays. */
#include "ops/number.h"
#include "ops/channels.h"
#include "ops/registry.h"
#include "ops/value.h"
#include "base/error.h"
#include "base/memory.h"

static bool castable(wcl_type type)
{
    return wcl__type_is_integer(type) || wcl__type_is_float(type);
}

static wcl_status infer(wcl__op_node *node)
{
    const wcl__value *x = node->inputs[0];
    const wcl_type to = (wcl_type)wcl__attr_int(node, "to", 0);
    if (to == 0)
        return wcl__fail(WCL_BAD_MODEL, "to must be given");
    if (!castable(to) || (!castable(x->type) && x->type != WCL_FLOAT16))
        return wcl__fail(WCL_UNSUPPORTED, "Cast from %s to %s", wcl_type_name(x->type), wcl_type_name(to));
    if (!x->source && to != x->type)
        return wcl__fail(WCL_UNSUPPORTED, "Cast from %s to %s on the device", wcl_type_name(x->type),
                         wcl_type_name(to));
    wcl__output_set(node, 0, to, &x->shape);
    return wcl__need_float_or_known(node);
}

static wcl_status fold(wcl__op_node *node)
{
    const wcl__value *x = node->inputs[0];
    const wcl_type to = node->outputs[0]->type;
    const void *from = NULL;
    void *data = NULL, *scratch = NULL;
    if (to == x->type)
        return wcl__output_view(node, 0, x);
    wcl_status status = wcl__value_data(x, &from, &scratch);
    if (status == WCL_OK)
        status = wcl__output_known(node, 0, &data);
    if (status != WCL_OK)
        goto cleanup;
    const int64_t count = wcl__shape_count(&x->shape);
    const bool exact = wcl__type_is_integer(x->type) && wcl__type_is_integer(to);
    for (int64_t i = 0; i < count; i++) {
        if (exact)
            wcl__write_int(to, data, i, wcl__read_int(x->type, from, i));
        else
            wcl__write_number(to, data, i, wcl__read_number(x->type, from, i));
    }
cleanup:
    wcl__free(scratch);
    return status;
}

static const wcl__variant copies[] = {{.name = "copy", .offers = wcl__offer_same, .emit = wcl__copy_emit}};

const wcl__op wcl__op_cast = {.name = "Cast",
                              .since = 6,
                              .min_inputs = 1,
                              .max_inputs = 1,
                              .max_outputs = 1,
                              .flags = WCL__IS_VIEW | WCL__IS_SHAPE,
                              .attributes = "to saturate",
                              .infer = infer,
                              .fold = fold,
                              .variants = copies,
                              .variant_count = WCL__COUNT(copies)};
