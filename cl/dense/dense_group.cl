/* Dense layers of few inputs by work-groups, for GPUs: dense.cl's formula, whose time is that of reading the
 * weights once.
 *
 *   y[m][o] = act(bias[o] + sum over i of x[m][i] * w[o][i])
 *
 *   x     [M][I]
 *   w     [O][I rounded up to WORD], halves with HALF = 1; WORD weights are 16 bytes
 *   bias  [O]
 *   y     [M][row], o from `first` on
 *
 * A work-group makes OUTPUTS outputs for BATCH inputs. Its ITEMS work-items read neighbouring words of a row,
 * so that a load of all of them is one run of memory, and UNROLL such runs of each row are in flight before
 * the first is used. Each item's sums are then added up in local memory, pairwise.
 *
 *   row o    | word 0 | word 1 | ... | word ITEMS - 1 | word ITEMS | ...
 *   item          0        1              ITEMS - 1        0
 *
 * Weights beyond the last whole word are added one by one. Buffers are aligned to 16 bytes; with ALIGNED = 1
 * all rows of x are, too.
 * Global size (ceil(O / OUTPUTS) * ITEMS, ceil(M / BATCH)), work-group (ITEMS).
 * Local memory: 4 OUTPUTS BATCH ITEMS bytes.
 */
#if !defined(CB) || !defined(ITEMS) || !defined(OUTPUTS) || !defined(BATCH) || !defined(UNROLL)
#error "dense_group.cl: CB, ITEMS, OUTPUTS, BATCH and UNROLL come from wcl__dense_group_params"
#endif
#if !defined(ALIGNED) || !defined(ACT) || !defined(HALF)
#error "dense_group.cl: ALIGNED, ACT and HALF come from wcl__dense_group_params"
#endif
#include "weights.clh"
#include "pointwise/activation.clh"
#include "multiply_add.clh"
#if CB != 4
#error "dense_group.cl: CB must be 4"
#endif

/* host/kernels/dense/dense_group.c has the same struct */
typedef struct {
    int m, inputs, stride, outputs, row, first; /* stride: weights from one row to the next */
    float a, b;
} group_shape;

/* A word waits as it is: to convert halves is to wait for their load. */
#if HALF
#define PARTS 2
typedef uint4 word;
static inline float4 word_part(const word w, int part)
{
    const uint2 four = part ? w.hi : w.lo;
    return vload_half4(0, (const half *)&four);
}
#else
#define PARTS 1
typedef float4 word;
#define word_part(w, part) (w)
#endif
#define WORD (4 * PARTS)

#if ALIGNED
#define x_load(p) (*(global const float4 *)(p))
#else
#define x_load(p) vload4(0, (p))
#endif

typedef struct {
    float4 at[OUTPUTS][BATCH];
} sums;

typedef struct {
    word at[OUTPUTS];
} words;

/* Rows that a work-group reads; those beyond the last one repeat it, and their sums are not stored. */
typedef struct {
    global const stored_weight *w[OUTPUTS];
    global const float *x[BATCH];
} operands;

static inline void load_words(words *next, const operands *from, int i)
{
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++)
        next->at[o] = ((global const word *)from->w[o])[i];
}

static inline void add_words(sums *acc, const words *weights, const operands *from, int i)
{
#pragma unroll
    for (int part = 0; part < PARTS; part++)
#pragma unroll
        for (int m = 0; m < BATCH; m++) {
            const float4 value = x_load(from->x[m] + i * WORD + 4 * part);
#pragma unroll
            for (int o = 0; o < OUTPUTS; o++)
                acc->at[o][m] = multiply_add(word_part(weights->at[o], part), value, acc->at[o][m]);
        }
}

static inline void find_operands(operands *from, global const float *x, global const stored_weight *w,
                                 const group_shape s, int o0, int m0)
{
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++)
        from->w[o] = w + (size_t)min(o0 + o, s.outputs - 1) * s.stride;
#pragma unroll
    for (int m = 0; m < BATCH; m++)
        from->x[m] = x + (size_t)min(m0 + m, s.m - 1) * s.inputs;
}

/* One item's sum of an output for an input, tail included. */
static inline float item_sum(const float4 v, const operands *from, int o, int m, int tail, int inputs)
{
    float sum = (v.x + v.y) + (v.z + v.w);
    for (int i = tail; i < inputs; i += ITEMS)
        sum = multiply_add(weights_one(from->w[o] + i), from->x[m][i], sum);
    return sum;
}

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
dense_group(global const float *restrict x, global const stored_weight *restrict w,
            global const float *restrict bias, global float *restrict y, const group_shape s)
{
    local float part[OUTPUTS * BATCH][ITEMS];
    const int item = (int)get_local_id(0), o0 = (int)get_group_id(0) * OUTPUTS,
              m0 = (int)get_group_id(1) * BATCH;
    const int whole = s.inputs / WORD;
    operands from;
    sums acc;
    find_operands(&from, x, w, s, o0, m0);
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++)
#pragma unroll
        for (int m = 0; m < BATCH; m++)
            acc.at[o][m] = (float4)(0.0f);
    int i = item;
    for (; i + (UNROLL - 1) * ITEMS < whole; i += UNROLL * ITEMS) {
        words next[UNROLL];
#pragma unroll
        for (int u = 0; u < UNROLL; u++)
            load_words(&next[u], &from, i + u * ITEMS);
#pragma unroll
        for (int u = 0; u < UNROLL; u++)
            add_words(&acc, &next[u], &from, i + u * ITEMS);
    }
    for (; i < whole; i += ITEMS) {
        words next;
        load_words(&next, &from, i);
        add_words(&acc, &next, &from, i);
    }
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++)
#pragma unroll
        for (int m = 0; m < BATCH; m++)
            part[o * BATCH + m][item] = item_sum(acc.at[o][m], &from, o, m, whole * WORD + item, s.inputs);
    for (int width = ITEMS / 2; width > 0; width /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < width)
#pragma unroll
            for (int sum = 0; sum < OUTPUTS * BATCH; sum++)
                part[sum][item] += part[sum][item + width];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    const int o = o0 + item / BATCH, m = m0 + item % BATCH;
    if (item < OUTPUTS * BATCH && o < s.outputs && m < s.m) {
        const float v = part[item][0] + bias[o];
        y[(size_t)m * s.row + s.first + o] = activate(v, s.a, s.b);
    }
}
