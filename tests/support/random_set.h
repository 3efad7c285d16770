/* Random settings of kernels' parameters for a random network. */
#ifndef WCL_TESTS_RANDOM_SET_H
#define WCL_TESTS_RANDOM_SET_H

#include "plan/plan.h"

enum { RANDOM_SETTINGS = 48, RANDOM_SETTING_BYTES = 80 };
typedef struct random_settings {
    char text[RANDOM_SETTINGS][RANDOM_SETTING_BYTES];
    const char *list[RANDOM_SETTINGS]; /* for wcl_session_options */
    size_t count;
} random_settings;

/* Draws values for about half of the nodes that the options plan, of those that are legal; `launch` draws
 * only parameters that change no kernel's code, so that nothing new is built. Each node's values depend on
 * the seed and its name alone. Sets options->settings, which live in `out`. */
void random_settings_draw(wcl_model *model, const wcl_tensor *inputs, uint64_t seed, bool launch,
                          wcl_session_options *options, random_settings *out);

#endif
