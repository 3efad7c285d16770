/* Runs the passes, one after the other. */
#include "graph/passes.h"

wcl_status wcl__graph_run_passes(wcl__graph *graph)
{
#define WCL__PASS_ADDRESS(name) wcl__pass_##name,
    static wcl_status (*const passes[])(wcl__graph *) = {WCL__PASSES(WCL__PASS_ADDRESS)};
#undef WCL__PASS_ADDRESS
    wcl_status status = WCL_OK;
    for (size_t i = 0; i < WCL__COUNT(passes) && status == WCL_OK; i++) {
        status = passes[i](graph);
        if (status == WCL_OK)
            wcl__graph_drop_unread(graph);
    }
    return status;
}
