/* Public structs that begin with their size: callers may be older or newer than this library. */
#include <string.h>

#include "base/error.h"
#include "base/options.h"

wcl_status wcl__options_read(const void *options, void *copy, size_t known)
{
    memset(copy, 0, known);
    if (!options)
        return WCL_OK;
    size_t size;
    memcpy(&size, options, sizeof size);
    if (size < sizeof size)
        return wcl__fail(WCL_BAD_ARGUMENT,
                         "an options struct has size %zu: initialise it with its _INIT macro", size);
    for (size_t i = known; i < size; i++)
        if (((const unsigned char *)options)[i])
            return wcl__fail(WCL_BAD_ARGUMENT,
                             "an options struct of %zu bytes sets a field that this version does not know",
                             size);
    memcpy(copy, options, WCL__MIN(size, known));
    return WCL_OK;
}

wcl_status wcl__info_write(void *out, const void *info, size_t known)
{
    size_t size;
    memcpy(&size, out, sizeof size);
    if (size < sizeof size)
        return wcl__fail(WCL_BAD_ARGUMENT, "an info struct has size %zu: initialise it with its _INIT macro",
                         size);
    memset((unsigned char *)out + sizeof size, 0, size - sizeof size);
    memcpy((unsigned char *)out + sizeof size, (const unsigned char *)info + sizeof size,
           WCL__MIN(size, known) - sizeof size);
    return WCL_OK;
}
