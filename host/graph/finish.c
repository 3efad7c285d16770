/* The end of building a model: the one step that needs shapes, since what is not supported is listed as far
 * as shapes tell. */
#include "model/check.h"
#include "graph/survey.h"
#include "base/error.h"

/* Fails where a node is of no row of the registry, and then tells of all that is not supported. */
static wcl_status check_supported(wcl_model *model)
{
    wcl__unsupported rows = {0}, all = {0};
    wcl_status status = WCL_OK;
    for (size_t i = 0; i < model->node_count; i++)
        wcl__unsupported_row(&rows, model, &model->nodes[i]);
    const bool survey = rows.count > 0 && !rows.failed;
    if (survey) {
        status = wcl__model_sort(model);
        if (status == WCL_OK)
            status = wcl__graph_survey(model, &all);
    }
    if (status != WCL_NO_MEMORY) /* in a circle of nodes, say, the rows are all that can be known */
        status = wcl__unsupported_fail(survey && status == WCL_OK ? &all : &rows);
    wcl__unsupported_clear(&rows);
    wcl__unsupported_clear(&all);
    return status;
}

wcl_status wcl_builder_finish(wcl_builder *builder, wcl_model **out)
{
    wcl__clear_error();
    wcl_model *model;
    *out = NULL;
    wcl_status status = wcl__builder_model(builder, &model);
    if (status == WCL_OK)
        status = check_supported(model);
    if (status == WCL_OK)
        status = wcl__model_check(model);
    if (status != WCL_OK)
        return status;
    wcl__builder_release(builder);
    *out = model;
    return WCL_OK;
}
