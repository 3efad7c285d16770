/* Build-time tool: embed OUT.c FILE.cl FILE.clh... writes the kernel sources as C strings
 * (host/runtime/provider.h, wcl__cl_files). Includes of .clh files are resolved here, once a kernel file, so
 * that the run-time compiler needs no include path; #line keeps the names and numbers that its log shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 4096, MAX_INCLUDED = 32 };

static char **paths;
static int path_count;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The file of an include: "conv/winograd.clh" is named from cl/ on. */
static const char *find(const char *name)
{
    const size_t length = strlen(name);
    for (int i = 0; i < path_count; i++) {
        const size_t all = strlen(paths[i]);
        if (all > length && paths[i][all - length - 1] == '/' && strcmp(paths[i] + all - length, name) == 0)
            return paths[i];
    }
    return NULL;
}

static void put_line(FILE *out, const char *line)
{
    fputs("    \"", out);
    for (; *line && *line != '\n'; line++) {
        if (*line == '"' || *line == '\\')
            fputc('\\', out);
        fputc(*line, out);
    }
    fputs("\\n\"\n", out);
}

typedef struct included {
    const char *names[MAX_INCLUDED];
    int count;
} included;

/* The name in `#include "name"`, cut out of the line in place; NULL for any other line. */
static char *include_name(char *line)
{
    while (*line == ' ' || *line == '\t')
        line++;
    if (strncmp(line, "#include", 8) != 0)
        return NULL;
    char *first = strchr(line, '"');
    char *last = first ? strchr(first + 1, '"') : NULL;
    if (!last)
        return NULL;
    *last = '\0';
    return first + 1;
}

static int embed(FILE *out, const char *path, included *seen)
{
    char line[LINE_BYTES];
    FILE *in = fopen(path, "r");
    if (!in) {
        fprintf(stderr, "embed: %s: cannot open\n", path);
        return 1;
    }
    fprintf(out, "    \"#line 1 \\\"%s\\\"\\n\"\n", base_name(path));
    int failed = 0;
    for (int number = 1; !failed && fgets(line, sizeof line, in); number++) {
        char copy[LINE_BYTES];
        strcpy(copy, line);
        const char *name = include_name(copy);
        if (!name) {
            put_line(out, line);
            continue;
        }
        const char *include = find(name);
        if (!include || seen->count == MAX_INCLUDED) {
            fprintf(stderr, "embed: %s:%d: no such file: %s\n", path, number, name);
            failed = 1;
            break;
        }
        int known = 0;
        for (int i = 0; i < seen->count; i++)
            known |= strcmp(seen->names[i], include) == 0;
        if (!known) {
            seen->names[seen->count++] = include;
            failed = embed(out, include, seen);
        }
        fprintf(out, "    \"#line %d \\\"%s\\\"\\n\"\n", number + 1, base_name(path));
    }
    fclose(in);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: embed OUT.c FILE...\n");
        return 2;
    }
    paths = argv + 2;
    path_count = argc - 2;
    FILE *out = fopen(argv[1], "w");
    if (!out) {
        fprintf(stderr, "embed: %s: cannot write\n", argv[1]);
        return 1;
    }
    int failed = 0;
    fprintf(out, "/* Made from cl/ by cl/embed.c. */\n#include \"runtime/provider.h\"\n\nconst wcl__cl_file "
                 "wcl__cl_files[] = {\n");
    for (int i = 0; i < path_count && !failed; i++) {
        const char *end = strrchr(paths[i], '.');
        if (!end || strcmp(end, ".cl") != 0)
            continue;
        included seen = {{0}, 0};
        fprintf(out, "    {\"%s\",\n", base_name(paths[i]));
        failed = embed(out, paths[i], &seen);
        fprintf(out, "    },\n");
    }
    fprintf(out, "    {NULL, NULL},\n};\n");
    if (fclose(out) != 0)
        failed = 1;
    if (failed)
        remove(argv[1]);
    return failed;
}
