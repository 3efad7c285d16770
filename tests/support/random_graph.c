#include "support/random_graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const graph_attr *graph_attr_find(const graph_node *node, const char *name)
{
    for (int i = 0; i < node->attr_count; i++)
        if (strcmp(node->attrs[i].name, name) == 0)
            return &node->attrs[i];
    return NULL;
}

bool graph_reads(const random_graph *graph, int value)
{
    for (int i = 0; i < graph->node_count; i++)
        for (int k = 0; k < graph->nodes[i].input_count; k++)
            if (graph->nodes[i].inputs[k] == value)
                return true;
    for (int i = 0; i < graph->output_count; i++)
        if (graph->outputs[i] == value)
            return true;
    return false;
}

const graph_node *graph_node_of_second(const random_graph *graph, int value)
{
    for (int i = 0; i < graph->node_count; i++)
        if (graph->nodes[i].second && graph->nodes[i].second == value)
            return &graph->nodes[i];
    return NULL;
}

void graph_drop_dead(random_graph *graph)
{
    for (int i = graph->node_count - 1; i >= 0; i--) {
        const graph_node *node = &graph->nodes[i];
        if (graph_reads(graph, node->output) || (node->second && graph_reads(graph, node->second)))
            continue;
        graph->node_count--;
        memmove(&graph->nodes[i], &graph->nodes[i + 1],
                (size_t)(graph->node_count - i) * sizeof graph->nodes[0]);
    }
}

/* ---- the model */

typedef struct name {
    char text[16];
} name;

static name value_name(int value)
{
    name out = {""};
    if (value >= 0)
        snprintf(out.text, sizeof out.text, "v%d", value);
    return out;
}

static wcl_status add_constant(wcl_builder *builder, const random_graph *graph, int index)
{
    const graph_value *value = &graph->values[index];
    wcl_tensor tensor = {.type = value->type, .rank = value->shape.rank, .data = (void *)value->ints};
    float *floats = NULL;
    for (int d = 0; d < tensor.rank; d++)
        tensor.dims[d] = value->shape.dims[d];
    if (value->type == WCL_FLOAT32) {
        graph_data data;
        random_graph *one = malloc(sizeof *one); /* too large for a stack */
        assert_non_null(one);
        *one = *graph;
        one->node_count = 0;
        graph_data_begin(one, &data);
        floats = data.values[index];
        data.values[index] = NULL;
        graph_data_clear(&data);
        free(one);
        tensor.data = floats;
    }
    const wcl_status status = wcl_builder_constant(builder, value_name(index).text, &tensor);
    free(floats);
    return status;
}

static wcl_status add_leaf(wcl_builder *builder, const random_graph *graph, int index)
{
    const graph_value *value = &graph->values[index];
    wcl__shape shape = value->shape;
    if (value->kind == GRAPH_COMPUTED || !graph_reads(graph, index))
        return WCL_OK;
    if (value->kind == GRAPH_CONSTANT)
        return add_constant(builder, graph, index);
    if (graph->free_batch && shape.rank > 0)
        shape.dims[0] = -1;
    return wcl_builder_input(builder, value_name(index).text, value->type, shape.rank, shape.dims);
}

static wcl_status add_node(wcl_builder *builder, const graph_node *node)
{
    name names[NODE_INPUTS], label, output = value_name(node->output), second = value_name(node->second);
    const char *inputs[NODE_INPUTS], *outputs[] = {output.text, second.text};
    wcl_attribute attrs[NODE_ATTRS];
    for (int i = 0; i < node->input_count; i++) {
        names[i] = value_name(node->inputs[i]);
        inputs[i] = names[i].text;
    }
    wcl_tensor element = {.type = WCL_FLOAT32, .rank = 1, .dims = {1}};
    for (int i = 0; i < node->attr_count; i++) {
        const graph_attr *from = &node->attrs[i];
        attrs[i] = (wcl_attribute){.name = from->name,
                                   .kind = from->kind,
                                   .i = from->i,
                                   .f = from->f,
                                   .s = from->s,
                                   .ints = from->ints,
                                   .floats = from->floats,
                                   .count = (size_t)from->count};
        if (from->kind == WCL_ATTRIBUTE_TENSOR) { /* ConstantOfShape's: one float */
            element.data = (void *)from->floats;
            attrs[i].tensor = &element;
        }
    }
    snprintf(label.text, sizeof label.text, "n%d", node->id);
    return wcl_builder_node(builder, node->op, label.text, inputs, (size_t)node->input_count, outputs,
                            node->second ? 2 : 1, attrs, (size_t)node->attr_count);
}

wcl_model *graph_model(const random_graph *graph)
{
    wcl_builder *builder = NULL;
    wcl_model *model = NULL;
    wcl_status status = wcl_builder_create(&builder);
    if (status == WCL_OK)
        status = wcl_builder_opset(builder, graph->opset);
    for (int i = 0; i < graph->value_count && status == WCL_OK; i++)
        status = add_leaf(builder, graph, i);
    for (int i = 0; i < graph->node_count && status == WCL_OK; i++)
        status = add_node(builder, &graph->nodes[i]);
    for (int i = 0; i < graph->output_count && status == WCL_OK; i++)
        status = wcl_builder_output(builder, value_name(graph->outputs[i]).text);
    if (status == WCL_OK)
        status = wcl_builder_finish(builder, &model);
    wcl_builder_destroy(builder);
    return model;
}

/* ---- printing */

static void print_ints(const int64_t *ints, int count)
{
    printf("{");
    for (int i = 0; i < count; i++)
        printf("%s%lld", i ? ", " : "", (long long)ints[i]);
    printf("}");
}

static void print_value(const random_graph *graph, int index)
{
    static const char *const kinds[] = {"input", "constant"};
    const graph_value *value = &graph->values[index];
    if (value->kind == GRAPH_COMPUTED || !graph_reads(graph, index))
        return;
    printf("    {\"%s\", \"v%d\", ", kinds[value->kind], index);
    print_ints(value->shape.dims, value->shape.rank);
    if (value->type == WCL_INT64) {
        printf(", .ints = ");
        print_ints(value->ints, (int)wcl__shape_count(&value->shape));
    } else {
        printf(", .key = 0x%llx, .deviation = %.9g%s", (unsigned long long)value->key, value->deviation,
               value->positive ? ", .positive = true" : "");
    }
    printf("},\n");
}

static void print_attr(const graph_attr *attr)
{
    printf(", .%s = ", attr->name);
    switch (attr->kind) {
    case WCL_ATTRIBUTE_INT:
        printf("%lld", (long long)attr->i);
        break;
    case WCL_ATTRIBUTE_FLOAT:
        printf("%.9g", (double)attr->f);
        break;
    case WCL_ATTRIBUTE_STRING:
        printf("\"%s\"", attr->s);
        break;
    case WCL_ATTRIBUTE_INTS:
        print_ints(attr->ints, attr->count);
        break;
    case WCL_ATTRIBUTE_FLOATS:
    case WCL_ATTRIBUTE_TENSOR:
        printf("{");
        for (int i = 0; i < WCL__MAX(attr->count, 1); i++)
            printf("%s%.9g", i ? ", " : "", (double)attr->floats[i]);
        printf("}");
        break;
    }
}

void graph_print(const random_graph *graph)
{
    printf("/* graph %llu, opset %d%s */\n", (unsigned long long)graph->seed, graph->opset,
           graph->free_batch ? ", inputs with a free first dimension" : "");
    for (int i = 0; i < graph->value_count; i++)
        print_value(graph, i);
    for (int i = 0; i < graph->node_count; i++) {
        const graph_node *node = &graph->nodes[i];
        printf("    {\"%s\", \"n%d\", \"", node->op, node->id);
        for (int k = 0; k < node->input_count; k++) {
            const name input = value_name(node->inputs[k]);
            printf("%s%s", k ? " " : "", node->inputs[k] < 0 ? "-" : input.text);
        }
        printf("\", \"v%d", node->output);
        if (node->second)
            printf(" v%d", node->second);
        printf("\"");
        for (int k = 0; k < node->attr_count; k++)
            print_attr(&node->attrs[k]);
        printf("}, /* ");
        print_ints(graph->values[node->output].shape.dims, graph->values[node->output].shape.rank);
        printf(" */\n");
    }
    printf("    outputs:");
    for (int i = 0; i < graph->output_count; i++)
        printf(" v%d", graph->outputs[i]);
    printf("\n");
    fflush(stdout);
}
