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

/* Each fails the test; the first: unless all cases pass with the kernels as they are. */
void mutants_check_unchanged(const mutant_table *tables, size_t count);
void mutants_check_targets(const mutant *mutants, size_t count);
void mutants_check(const mutant *mutants, size_t count, const mutant_table *tables);

#endif
