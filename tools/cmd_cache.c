/* winocl cache: where compiled kernels and measured rates are kept. */
#define _XOPEN_SOURCE 700 /* nftw */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "command.h"
#include "escape.h"

enum { OPEN_FOLDERS = 16 };

static double walked_bytes;

static int add_size(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)path;
    (void)place;
    if (kind == FTW_F)
        walked_bytes += (double)info->st_size;
    return 0;
}

/* PoCL keeps what it compiles in a folder of its own; NULL: no memory, or no home. */
static char *pocl_folder(void)
{
    const char *own = getenv("POCL_CACHE_DIR"), *shared = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (own && *own)
        return wcl__formatted("%s", own);
    if (shared && *shared)
        return wcl__formatted("%s/pocl/kcache", shared);
    return home && *home ? wcl__formatted("%s/.cache/pocl/kcache", home) : NULL;
}

static int print_pocl(void)
{
    struct stat info;
    char *folder = pocl_folder(), *bytes = NULL;
    int result = WCL__DONE;
    if (!folder || stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        goto cleanup;
    walked_bytes = 0;
    (void)nftw(folder, add_size, OPEN_FOLDERS, FTW_PHYS); /* what cannot be read is not counted */
    if (!(bytes = wcl__format_bytes(walked_bytes)))
        result = wcl__complain_memory();
    else
        wcl__print_line("PoCL keeps kernels of its own, which winocl does not clear: %s: %s", folder, bytes);
cleanup:
    free(bytes);
    free(folder);
    return result;
}

int wcl__cmd_cache(const wcl__options *options)
{
    wcl_cache_info info = WCL_CACHE_INFO_INIT;
    int result = WCL__DONE;
    if (options->clear || options->limit >= 0)
        result =
            wcl__complain_library(wcl_cache_trim(options->cache, options->clear ? 0 : options->limit_bytes));
    if (result == WCL__DONE)
        result = wcl__complain_library(wcl_cache_query(options->cache, &info));
    if (result != WCL__DONE)
        return result;
    char *bytes = wcl__format_bytes((double)info.bytes);
    if (!bytes)
        return wcl__complain_memory();
    if (*info.path)
        wcl__print_line("%s: %lld programs, %s", info.path, (long long)info.entries, bytes);
    else
        puts("the cache is switched off");
    if (info.rates > 0)
        printf("measured rates of %lld device%s\n", (long long)info.rates, info.rates == 1 ? "" : "s");
    free(bytes);
    return print_pocl();
}
