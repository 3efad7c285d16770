/* Whole networks in tests: loading and building them, opening sessions, reading stored values. Everything
 * fails the test where it cannot do its work. */
#ifndef WCL_TESTS_NETWORK_H
#define WCL_TESTS_NETWORK_H

#include "plan/plan.h"

/* tests/data/NAME; one of 8 static texts in turn. */
const char *data_path(const char *name);
wcl_tensor load_values(const char *name); /* of tests/data; cleared by the caller */
wcl_model *load_network(const char *path);
wcl_session *open_session(wcl_model *model, const wcl_session_options *options); /* on test_device() */
/* Facts to plan with: a CPU of two cores whose vectors have so many floats, whatever the test device is. */
wcl__facts cpu_facts(unsigned width);
/* Plans as for a CPU, for what only its variants do. */
wcl_session_options cpu_options(wcl_conv_choice conv, wcl_dense_choice dense);
wcl_plan *make_plan(wcl_model *model, const wcl_session_options *options, const wcl_tensor *inputs);

/* The seeded picture that the stored values of tests/data/zoo belong to; freed by the caller. */
float *seeded_input(int64_t count);
/* Runs `count` inputs; the output is freed by the caller and started as NaN. */
float *run_network(wcl_session *session, const float *input, int64_t count, int64_t outputs);
/* The largest difference is at most `tolerance` times the largest expected value, and nothing is NaN. */
void check_values(const char *name, const float *got, const float *expected, int64_t count, double tolerance);

/* How the plan runs the node of this name: "" if it has none. Names are matched whole. */
const char *plan_algorithm(const wcl_plan *plan, const char *node);
wcl_plan_node plan_find(const wcl_plan *plan, const char *node); /* fails the test if there is none */
/* Nodes of this operator, or of this algorithm; NULL: any. */
int plan_count(const wcl_plan *plan, const char *op, const char *algorithm);

/* ---- building. Lists of names are separated by spaces; "-" is an absent input. */
wcl_builder *net_begin(void);
void net_input(wcl_builder *builder, const char *name, int rank, const int64_t *dims);
void net_random(wcl_builder *builder, const char *name, int rank, const int64_t *dims, uint64_t ordinal,
                double deviation);
void net_floats(wcl_builder *builder, const char *name, int rank, const int64_t *dims, const float *values);
void net_ints(wcl_builder *builder, const char *name, int64_t count, const int64_t *values);
wcl_status net_try(wcl_builder *builder, const char *op, const char *name, const char *inputs,
                   const char *outputs, const wcl_attribute *attributes, size_t count);
void net_node(wcl_builder *builder, const char *op, const char *name, const char *inputs,
              const char *outputs);
void net_node_ints(wcl_builder *builder, const char *op, const char *name, const char *inputs,
                   const char *outputs, const char *attribute, size_t count, const int64_t *values);
void net_node_int(wcl_builder *builder, const char *op, const char *name, const char *inputs,
                  const char *outputs, const char *attribute, int64_t value);
/* A convolution of `filters` filters of k x k over `channels`, padded by k / 2, with the constants NAME_w and
 * NAME_b, seeded by the two ordinals from `ordinal` on. */
void net_conv(wcl_builder *builder, const char *name, const char *input, const char *output, int64_t channels,
              int64_t filters, int64_t k, uint64_t ordinal);
wcl_model *net_end(wcl_builder *builder, const char *outputs); /* destroys the builder */
#define NET_DIMS(...)                                                      \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]) \
    {                                                                      \
        __VA_ARGS__                                                        \
    }

#endif
