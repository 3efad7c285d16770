/* winocl cache: where compiled kernels and measured rates are kept. */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "escape.h"

int wcl__cmd_cache(const wcl__options *options)
{
    wcl_cache_info info = WCL_CACHE_INFO_INIT;
    int result = WCL__DONE;
    if (options->clear || options->limit >= 0)
        result = wcl__complain_library(wcl_cache_trim(options->cache, options->clear ? 0 : options->limit_bytes));
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
    return WCL__DONE;
}
