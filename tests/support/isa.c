#include "support/isa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/launch.h"

static const struct {
    const char *target, *vendor, *name;
} targets[] = {
    {"gfx900", "Advanced Micro Devices, Inc.", "gfx900:xnack-"},
    {"gfx90a", "Advanced Micro Devices, Inc.", "gfx90a:sramecc+:xnack-"},
    {"gfx1030", "Advanced Micro Devices, Inc.", "gfx1030"},
    {"gfx1100", "Advanced Micro Devices, Inc.", "gfx1100"},
    {"sm_80", "NVIDIA Corporation", "NVIDIA A100-SXM4-40GB"},
    {"sm_89", "NVIDIA Corporation", "NVIDIA GeForce RTX 4090"},
    {"sm_90", "NVIDIA Corporation", "NVIDIA H100 80GB HBM3"},
    {"skl", "Intel(R) Corporation", "Intel(R) HD Graphics 530"},
    {"tgllp", "Intel(R) Corporation", "Intel(R) Iris(R) Xe Graphics"},
    {"dg2", "Intel(R) Corporation", "Intel(R) Arc(TM) A770 Graphics"},
    {"pvc", "Intel(R) Corporation", "Intel(R) Data Center GPU Max 1550"},
};

const size_t isa_target_count = WCL__COUNT(targets);

void isa_facts(size_t target, wcl__facts *facts)
{
    snprintf(facts->vendor, sizeof facts->vendor, "%s", targets[target].vendor);
    snprintf(facts->name, sizeof facts->name, "%s", targets[target].name);
}

/* "SOURCE TARGET GROUP OPTIONS" with single spaces. */
static bool listed(const char *line)
{
    FILE *file = fopen(WINOCL_SOURCE_DIR "/tools/isa/kernels.txt", "r");
    char text[512], words[512];
    bool found = false;
    assert_non_null(file);
    while (!found && fgets(text, sizeof text, file)) {
        size_t length = 0;
        for (const char *word = strtok(text, " \n"); word; word = strtok(NULL, " \n"))
            length +=
                (size_t)snprintf(words + length, sizeof words - length, "%s%s", length ? " " : "", word);
        found = length > 0 && strcmp(words, line) == 0;
    }
    fclose(file);
    return found;
}

void isa_check_listed(const char *source, size_t target, const char *group, const wcl__param_table *table,
                      const void *params, const char *reads)
{
    char options[512], line[512];
    wcl__params_options(table, params, reads, options, sizeof options);
    size_t length = (size_t)snprintf(line, sizeof line, "%s %s %s", source, targets[target].target, group);
    for (const char *word = strtok(options, " "); word; word = strtok(NULL, " "))
        length += (size_t)snprintf(line + length, sizeof line - length, " %s", word + strlen("-D"));
    if (!listed(line))
        fail_msg("tools/isa/kernels.txt lacks: %s", line);
}
