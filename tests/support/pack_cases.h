/* Cases of packing weights, and what stands at each place of the packed tensor: a definition that goes the
 * other way than the kernels and the host code do. */
#ifndef WCL_TESTS_PACK_CASES_H
#define WCL_TESTS_PACK_CASES_H

#include "ops/steps.h"

/* k filters of c channels and `taps` cells; or a dense layer's `k` outputs from `first` on of `outputs`, with
 * `c` inputs. */
typedef struct pack_case {
    const char *name;
    wcl__pack_kind kind;
    int64_t k, c, taps;
    int cb, kb, half, m;
    int64_t step, block;     /* gemm and dense; dense */
    int64_t first, outputs;  /* dense; outputs 0: k */
    bool by_input, to_input; /* dense */
    int64_t hwc[3];          /* dense: the inputs' order; 0: as it is */
    const float *values;     /* of the source; NULL: random. The scale is 1 then */
} pack_case;
extern const pack_case pack_cases[];
extern const size_t pack_case_total;

int64_t pack_case_count(const pack_case *t); /* of packed elements, tails included */
/* As operators make it; owns nothing. */
wcl__packing pack_case_packing(const pack_case *t, const wcl__source *source, float *scale);

typedef struct pack_source {
    float *values, *scale;
    wcl__source view;
} pack_source;
/* Seeded, or the case's own; cleared by the caller. */
pack_source pack_source_make(const pack_case *t);
void pack_source_clear(pack_source *s);

/* False: `where` says which element is wrong. Copies must have the same bits, Winograd's transforms may be
 * off by a bound that follows from their filter. */
bool pack_is_right(const pack_case *t, const pack_source *s, const void *packed, char *where, size_t bytes);

#endif
