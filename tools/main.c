/* winocl: the command table, help, and the way from a command line to a command. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "suggest.h"

#define ALWAYS " log quiet help version"
#define DEVICE "device conv dense precision set plan-as memory cache no-mmap"

typedef struct command {
    const char *name, *operands;
    int least, most; /* operands; most -1: any number */
    int (*run)(const wcl__options *options);
    const char *allowed; /* options */
    const char *text;
} command;

static int help(const wcl__options *options);

static const command commands[] = {
    {"devices", "", 0, 0, wcl__cmd_devices, "json" ALWAYS,
     "the OpenCL devices, and which one is the default"},
    {"summary", "MODEL", 1, 1, wcl__cmd_summary, "batch shapes no-mmap json" ALWAYS,
     "the layers of a network, as Keras' model.summary()"},
    {"plan", "MODEL", 1, 1, wcl__cmd_plan, "batch json " DEVICE ALWAYS,
     "what would run on the device, and the memory it takes"},
    {"families", "[FAMILY]...", 0, -1, wcl__cmd_families, "json" ALWAYS,
     "the kernel families and their parameters, for --set"},
    {"run", "MODEL", 1, 1, wcl__cmd_run,
     "input output dump compare check-finite rtol atol batch " DEVICE ALWAYS, "tensors in, tensors out"},
    {"classify", "MODEL IMAGE...", 2, -1, wcl__cmd_classify,
     "top labels preprocess json batch " DEVICE ALWAYS, "what PNG and JPEG pictures show"},
    {"evaluate", "MODEL", 1, 1, wcl__cmd_evaluate,
     "images labels limit expect predictions preprocess batch " DEVICE ALWAYS,
     "accuracy on a labelled set of pictures"},
    {"verify", "DIR...", 1, -1, wcl__cmd_verify, "rtol atol " DEVICE ALWAYS, "run ONNX backend-test folders"},
    {"bench", "MODEL", 1, 1, wcl__cmd_bench, "batch runs warmup layers json " DEVICE ALWAYS,
     "time inference"},
    {"profile", "MODEL", 1, 1, wcl__cmd_profile, "batch runs warmup trace svg " DEVICE ALWAYS,
     "the time of each kernel"},
    {"roofline", "", 0, 0, wcl__cmd_roofline, "json device cache" ALWAYS,
     "the device's FMA rate and memory bandwidth"},
    {"cache", "", 0, 0, wcl__cmd_cache, "clear limit cache" ALWAYS, "the cache of compiled kernels"},
    {"help", "[COMMAND]", 0, 1, help, "" ALWAYS, "this text, or a command's options"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const command *find_command(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    wcl__suggestion suggestion = {.given = name};
    for (int i = 0; i < COMMAND_COUNT; i++)
        wcl__suggest(&suggestion, commands[i].name);
    if (suggestion.best)
        return wcl__complain(WCL__USAGE, "%s: unknown command: did you mean %s?", name, suggestion.best);
    return wcl__complain(WCL__USAGE, "%s: unknown command: see winocl help", name);
}

static int help_all(void)
{
    puts("usage: winocl COMMAND [OPTION]... [OPERAND]...\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        printf("  %-9s %-15s %s\n", commands[i].name, commands[i].operands, commands[i].text);
    puts(
        "\nMODEL is an ONNX file or zoo:NAME[?classes=N&size=N&seed=N] with NAME one of lenet5, alexnet,\n"
        "vgg11, vgg13, vgg16, vgg19 and these with -bn; zoo networks have seeded weights, not trained ones.\n"
        "winocl help COMMAND lists a command's options. More in the manual page winocl(1).");
    return WCL__DONE;
}

static int help_one(const command *about)
{
    printf("usage: winocl %s%s%s [OPTION]...\n\n%s\n\n", about->name, *about->operands ? " " : "",
           about->operands, about->text);
    wcl__options_print(about->allowed);
    return WCL__DONE;
}

static int help(const wcl__options *options)
{
    if (options->operand_count == 0)
        return help_all();
    const command *about = find_command(options->operands[0]);
    return about ? help_one(about) : unknown_command(options->operands[0]);
}

static int dispatch(const wcl__options *options)
{
    if (options->version) {
        printf("winocl %s\n", wcl_version());
        return WCL__DONE;
    }
    if (!options->command)
        return options->help ? help_all() : wcl__complain(WCL__USAGE, "no command: see winocl help");
    const command *found = find_command(options->command);
    if (!found)
        return unknown_command(options->command);
    if (options->help)
        return help_one(found);
    const int result = wcl__options_check(options, found->allowed);
    if (result != WCL__DONE)
        return result;
    if (options->batch_count > 1 && found->run != wcl__cmd_bench)
        return wcl__complain(WCL__USAGE, "--batch: %s takes one size", found->name);
    if (options->operand_count < found->least || (found->most >= 0 && options->operand_count > found->most))
        return wcl__complain(WCL__USAGE, "%s: %s: usage: winocl %s %s", found->name,
                             options->operand_count < found->least ? "an operand is missing"
                                                                   : "too many operands",
                             found->name, found->operands);
    wcl__report_start(options->log, options->quiet);
    return found->run(options);
}

int main(int argc, char **argv)
{
    wcl__options options;
    int result = wcl__options_parse(argc, argv, &options);
    if (result == WCL__DONE)
        result = dispatch(&options);
    const int flushed = wcl__flush_output();
    return result != WCL__DONE ? result : flushed;
}
