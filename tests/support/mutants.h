/* Broken kernels must be noticed: each mutant is a small change of a kernel's source, made on its way to the
 * compiler, and at least one case of its table has to fail then. What a mutant replaces must still be there,
 * exactly once in its file, and what it makes must compile. */
#ifndef WCL_TESTS_MUTANTS_H
#define WCL_TESTS_MUTANTS_H

#include "support/op_run.h"

enum { MUTANT_CASES = 4 };
typedef struct mutant_table {
    op_case cases[MUTANT_CASES];
    size_t count;
} mutant_table;

typedef struct mutant {
    const char *name, *file;
    int table; /* index */
    const char *from, *to;
} mutant;

typedef struct mutant_list {
    const mutant *mutants;
    size_t count;
    const mutant_table *tables;
    size_t table_count;
} mutant_list;

/* The whole program: that what the mutants replace is there, that all cases pass with the kernels as they
 * are, and that each mutant is noticed. `make_tables` fills the tables first. Runs on CPUs alone, where the
 * fused kernels run and what lies past a buffer can be seen: a GPU may end the context of whoever writes
 * there. */
int mutants_run(const mutant_list *list, int (*make_tables)(void **state));

#endif
