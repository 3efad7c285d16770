/* "Did you mean": the known name that is nearest to one that was mistyped. */
#ifndef WINOCL_TOOLS_SUGGEST_H
#define WINOCL_TOOLS_SUGGEST_H

typedef struct wcl__suggestion {
    const char *given;
    const char *best; /* NULL: nothing is near */
    int distance;
} wcl__suggestion;

/* Takes the name into account; the first of the nearest stays. */
void wcl__suggest(wcl__suggestion *suggestion, const char *name);

#endif
