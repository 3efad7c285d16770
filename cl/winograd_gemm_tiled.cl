/* The Winograd domain's batched product for GPUs: the same formula and buffers as winograd.cl's winograd_gemm, by work-groups that share
 * their operands in local memory (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, 4.1; Volkov and Demmel, "Benchmarking GPUs to Tune Dense Linear Algebra", 2008; register
 * prefetch and double buffering as in Lavin's maxas SGEMM).
 *
 *   M[xi][p][k] = sum over c of V[xi][p][c] * U[xi][k][c]
 *
 *   V  [XI][P/PB][C/CB][PB][CB]   P is a multiple of PB, C of CB
 *   U  [XI][K/(CB KB)][C][KB][CB]
 *   M  [XI][P][K/CB][CB]
 *
 * A work-group makes PB tiles by FILTERS = CB KB filters for one xi, in steps of KS channels: a step's part of V is one contiguous run, so
 * is that of U. V's is transposed on its way into local memory, so that both are read as float4s there. A work-item makes IP x IK sums;
 * its tiles and filters are groups of 4, as far apart as the work-group has items in that direction: neighbours read neighbouring words
 * of local memory, and write neighbouring words of M.
 *
 *   PB tiles                  local memory                registers of an item
 *   +-----------+ KS          a [KS][PB]                  IP floats of a, IK of b, IP x IK sums
 *   |  V        |       x     b [KS][FILTERS]
 *   +-----------+
 *
 * The first step takes what C / KS leaves over, so that all others are whole and the loop needs no bounds.
 * BUFFERING 0: load, share, multiply;  1: the next step is loaded into registers while this one is multiplied;  2: so it is, and
 * shared in a second buffer, which saves a barrier.
 * Global size (K/FILTERS * FILTERS/IK, P/PB * PB/IP, XI), work-group (FILTERS/IK, PB/IP). V, U and M are aligned to 16 bytes.
 * Local memory: 4 KS (PB + FILTERS) bytes, twice that with BUFFERING 2.
 */
#if !defined(CB) || !defined(PB) || !defined(KB) || !defined(KS) || !defined(IP) || !defined(IK)
#error "winograd_gemm_tiled.cl: CB, PB, KB, KS, IP and IK come from wcl__winograd_tiled_params"
#endif
#if !defined(BUFFERING) || !defined(UNROLL) || !defined(LANES) || !defined(SUBGROUP)
#error "winograd_gemm_tiled.cl: BUFFERING, UNROLL, LANES and SUBGROUP come from wcl__winograd_tiled_params"
#endif
#include "multiply_add.clh"

#define FILTERS (CB * KB)
#define GROUP_K (FILTERS / IK)
#define GROUP_P (PB / IP)
#define ITEMS (GROUP_K * GROUP_P)
#define A4 (KS * PB / 4) /* float4s of a step */
#define B4 (KS * FILTERS / 4)
#define LOAD_A (A4 / ITEMS) /* of an item */
#define LOAD_B (B4 / ITEMS)
#define BUFFERS (BUFFERING == 2 ? 2 : 1)

#if LANES == 4
typedef float4 sum;
#elif LANES == 1
typedef float sum;
#else
#error "winograd_gemm_tiled.cl: LANES must be 1 or 4"
#endif
#if SUBGROUP > 0 && defined(cl_intel_required_subgroup_size)
#define SUBGROUP_ATTRIBUTE __attribute__((intel_reqd_sub_group_size(SUBGROUP)))
#else
#define SUBGROUP_ATTRIBUTE
#endif

/* host/kernels/winograd_tiled.c has the same struct */
typedef struct {
    int padded, channels, k_blocks; /* tiles, a multiple of PB; channels, of CB; blocks of CB filters, of KB */
} tiled_shape;

typedef struct {
    float4 a[LOAD_A], b[LOAD_B];
} loaded;

/* `count` channels; 0 for those beyond. A constant count of KS leaves no test behind. */
static inline void load_step(loaded *next, global const float4 *v, global const float4 *u, int item, int count)
{
#pragma unroll
    for (int i = 0; i < LOAD_A; i++) {
        next->a[i] = (float4)(0.0f);
        if (count == KS || item + i * ITEMS < count * (PB / 4))
            next->a[i] = v[item + i * ITEMS];
    }
#pragma unroll
    for (int i = 0; i < LOAD_B; i++) {
        next->b[i] = (float4)(0.0f);
        if (count == KS || item + i * ITEMS < count * (FILTERS / 4))
            next->b[i] = u[item + i * ITEMS];
    }
}

static inline void share_step(const loaded *next, local float *a, local float4 *b, int item)
{
    /* no pragma: unrolled early, PoCL 3.1 vectorises these stores wrongly; all compilers unroll so short a loop by themselves */
    for (int i = 0; i < LOAD_A; i++) {
        const int at = 4 * (item + i * ITEMS), channel = at / (PB * CB) * CB + at % CB, tile = at / CB % PB;
        a[(channel + 0) * PB + tile] = next->a[i].s0;
        a[(channel + 1) * PB + tile] = next->a[i].s1;
        a[(channel + 2) * PB + tile] = next->a[i].s2;
        a[(channel + 3) * PB + tile] = next->a[i].s3;
    }
#pragma unroll
    for (int i = 0; i < LOAD_B; i++)
        b[item + i * ITEMS] = next->b[i];
}

/* a and b: the item's first float4 of the step. */
static inline void multiply_step(sum acc[IP][IK / LANES], local const float4 *a, local const float4 *b)
{
#pragma unroll UNROLL
    for (int c = 0; c < KS; c++) {
        float tile[IP];
        sum filter[IK / LANES];
#pragma unroll
        for (int i = 0; i < IP / 4; i++) {
            const float4 t = a[c * (PB / 4) + i * GROUP_P];
            tile[4 * i] = t.s0, tile[4 * i + 1] = t.s1, tile[4 * i + 2] = t.s2, tile[4 * i + 3] = t.s3;
        }
#pragma unroll
        for (int j = 0; j < IK / 4; j++) {
            const float4 t = b[c * (FILTERS / 4) + j * GROUP_K];
#if LANES == 4
            filter[j] = t;
#else
            filter[4 * j] = t.s0, filter[4 * j + 1] = t.s1, filter[4 * j + 2] = t.s2, filter[4 * j + 3] = t.s3;
#endif
        }
#if LANES == 4
#pragma unroll
        for (int j = 0; j < IK / LANES; j++)
#pragma unroll
            for (int i = 0; i < IP; i++)
                acc[i][j] = multiply_add((sum)(tile[i]), filter[j], acc[i][j]);
#else
#pragma unroll
        for (int i = 0; i < IP; i++)
#pragma unroll
            for (int j = 0; j < IK / LANES; j++)
                acc[i][j] = multiply_add((sum)(tile[i]), filter[j], acc[i][j]);
#endif
    }
}

kernel __attribute__((reqd_work_group_size(GROUP_K, GROUP_P, 1))) SUBGROUP_ATTRIBUTE void
winograd_gemm_tiled(global const float4 *restrict v, global const float4 *restrict u, global float4 *restrict m,
                    const tiled_shape s)
{
    local float4 a[BUFFERS * A4], b[BUFFERS * B4];
    const int x = (int)get_local_id(0), y = (int)get_local_id(1), item = y * GROUP_K + x;
    const int kb = (int)get_group_id(0), pb = (int)get_group_id(1), xi = (int)get_group_id(2);
    const int head = (s.channels - 1) % KS + 1;
    global const float4 *vp = v + ((size_t)xi * s.padded + (size_t)pb * PB) * s.channels / 4;
    global const float4 *up = u + ((size_t)xi * s.k_blocks + (size_t)kb * KB) * CB * s.channels / 4;
    sum acc[IP][IK / LANES];
    loaded next;
    int buffer = 0;
#pragma unroll
    for (int i = 0; i < IP; i++)
#pragma unroll
        for (int j = 0; j < IK / LANES; j++)
            acc[i][j] = (sum)(0.0f);
    load_step(&next, vp, up, item, head);
    vp += head * (PB / 4), up += head * (FILTERS / 4);
#if BUFFERING == 0
    share_step(&next, (local float *)a, b, item);
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    for (int c = head;; c += KS) {
#if BUFFERING > 0
        share_step(&next, (local float *)(a + buffer * A4), b + buffer * B4, item);
        barrier(CLK_LOCAL_MEM_FENCE);
        if (c < s.channels)
            load_step(&next, vp, up, item, KS);
#endif
        multiply_step(acc, a + buffer * A4 + y, b + buffer * B4 + x);
        if (c >= s.channels)
            break;
#if BUFFERING == 2
        buffer ^= 1;
#else
        barrier(CLK_LOCAL_MEM_FENCE);
#endif
#if BUFFERING == 0
        load_step(&next, vp, up, item, KS);
        share_step(&next, (local float *)a, b, item);
        barrier(CLK_LOCAL_MEM_FENCE);
#endif
        vp += A4, up += B4;
    }
    global float4 *mp = m + (((size_t)xi * s.padded + (size_t)pb * PB) * s.k_blocks + (size_t)kb * KB) * (CB / 4) + x;
#pragma unroll
    for (int i = 0; i < IP; i++) {
        const int tile = (i / 4 * GROUP_P + y) * 4 + i % 4;
#pragma unroll
        for (int j = 0; j < IK / 4; j++) {
#if LANES == 4
            const float4 t = acc[i][j];
#else
            const float4 t = (float4)(acc[i][4 * j], acc[i][4 * j + 1], acc[i][4 * j + 2], acc[i][4 * j + 3]);
#endif
            mp[(size_t)tile * s.k_blocks * (CB / 4) + j * GROUP_K] = t;
        }
    }
}
