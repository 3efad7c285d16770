#include "support/cached.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/support.h"

wcl_device *cached_device(const char *folder, uint64_t limit)
{
    wcl_device *device, *own = test_device();
    if (wcl_device_wrap(own->context, own->id, &device) != WCL_OK ||
        wcl_device_set_cache(device, folder, limit) != WCL_OK)
        fail_msg("%s", wcl_last_error()->message);
    return device;
}

wcl_cache_info cached_query(const char *folder)
{
    wcl_cache_info info = WCL_CACHE_INFO_INIT;
    assert_int_equal(wcl_cache_query(folder, &info), WCL_OK);
    return info;
}

const char *cached_only_entry(const char *folder)
{
    static char path[1600];
    struct dirent *item;
    int count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    while ((item = readdir(directory))) {
        if (item->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, item->d_name);
        count++;
    }
    closedir(directory);
    assert_int_equal(count, 1);
    return path;
}

size_t cached_size(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return (size_t)info.st_size;
}

void cached_flip_bit(const char *path, size_t offset)
{
    unsigned char byte;
    const int descriptor = open(path, O_RDWR);
    assert_true(descriptor >= 0);
    assert_int_equal(pread(descriptor, &byte, 1, (off_t)offset), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(descriptor, &byte, 1, (off_t)offset), 1);
    close(descriptor);
}
