/* Names that a session hands out (wcl_session_profile, wcl_session_tensor): they live as long as the session,
 * not as the shape whose plan they come from. */
#include "session/session.h"
#include "base/memory.h"

static wcl_status keep(wcl_session *session, const char *text)
{
    if (wcl__names_find(&session->text_names, text) >= 0)
        return WCL_OK;
    if (!WCL__GROW(session->texts, session->text_count, session->text_capacity))
        return wcl__fail_memory();
    char *copy = wcl__strdup(text);
    if (!copy)
        return wcl__fail_memory();
    session->texts[session->text_count++] = copy;
    return wcl__names_add(&session->text_names, copy, (int)session->text_count - 1);
}

wcl_status wcl__session_keep_texts(wcl_session *session, const wcl_plan *plan)
{
    wcl_status status = WCL_OK;
    for (size_t i = 0; i < plan->node_count && session->options.profile && status == WCL_OK; i++)
        status = keep(session, plan->nodes[i].name);
    for (size_t i = 0; i < plan->steps.tensor_count && session->options.keep_all && status == WCL_OK; i++)
        if (plan->steps.tensors[i].kind == WCL__TENSOR_ACTIVATION)
            status = keep(session, plan->steps.tensors[i].name);
    return status;
}

const char *wcl__session_text(const wcl_session *session, const char *text)
{
    const int index = wcl__names_find(&session->text_names, text);
    return index >= 0 ? session->texts[index] : NULL;
}

void wcl__session_free_texts(wcl_session *session)
{
    for (size_t i = 0; i < session->text_count; i++)
        wcl__free(session->texts[i]);
    wcl__free(session->texts);
    wcl__names_clear(&session->text_names);
}
