/* Random networks through the library: ways to run one, and the comparison with the interpreter. */
#ifndef WCL_TESTS_RANDOM_CHECK_H
#define WCL_TESTS_RANDOM_CHECK_H

#include "support/random_graph.h"
#include "support/random_set.h"

/* What is forced or set, each by a number of its own: a row of factors in random_check.c. */
enum {
    FACTOR_CONV,
    FACTOR_DENSE,
    FACTOR_DEVICE,
    FACTOR_BUFFERS,
    FACTOR_KEEP,
    FACTOR_WEIGHTS,
    FACTOR_MEMORY,
    FACTOR_SETTINGS,
    FACTORS
};
enum { FACTOR_LEVELS = 6 };
typedef struct combination {
    int level[FACTORS];
} combination;

/* Levels of a factor; names of both. */
int factor_levels(int factor);
const char *factor_name(int factor);
const char *level_name(int factor, int level);
/* Has kernels of its own, so that it is left to long runs. */
bool level_is_rare(int factor, int level);
/* "conv=auto dense=gemm device=gpu ..."; a static text. Parsing: what is not named is the first level; false:
 * an unknown word. */
const char *combination_print(const combination *c);
bool combination_parse(const char *text, combination *c);

typedef enum verdict {
    AGREES,
    REFUSED, /* it does not fit the memory that the combination leaves */
    DIFFERS,
    FAILS,  /* the library gives an error */
    INVALID /* no network: the interpreter refuses it */
} verdict;

typedef struct outcome {
    verdict verdict;
    int output;   /* that differs */
    double bound; /* the widest L2 bound of the outputs */
    char text[512];
    random_settings settings; /* that it ran with */
} outcome;

/* A network under test. Its sessions stay open until it is closed, so that they share what they pack. */
enum { SESSIONS_MOST = 8 };
typedef struct graph_check {
    const random_graph *graph;
    wcl_model *model;
    graph_data data; /* the interpreter's values */
    wcl_session *sessions[SESSIONS_MOST];
    int session_count;
} graph_check;

/* FAILS or INVALID, with the text, where the builder or the interpreter refuses the network; else AGREES. */
void check_open(const random_graph *graph, graph_check *check, outcome *out);
void check_run(graph_check *check, const combination *c, outcome *out);
void check_close(graph_check *check);
/* All three for one combination. */
void check_once(const random_graph *graph, const combination *c, outcome *out);

#endif
