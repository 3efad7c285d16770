/* Whose folder and files the cache believes. */
#include "runtime/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_ours(uid_t owner)
{
    return owner == geteuid() || owner == 0;
}

/* Rights that an access-control list grants show in the group's bits. */
static wcl__distrust distrust_owner(const struct stat *info)
{
    wcl__distrust why = {""};
    if (!is_ours(info->st_uid))
        snprintf(why.reason, sizeof why.reason, "it belongs to user %ld", (long)info->st_uid);
    else if (info->st_mode & (S_IWGRP | S_IWOTH))
        snprintf(why.reason, sizeof why.reason, "others may write to it (mode %03o)",
                 (unsigned)info->st_mode & 0777);
    return why;
}

wcl__distrust wcl__distrust_file(const struct stat *info)
{
    return S_ISREG(info->st_mode) ? distrust_owner(info) : (wcl__distrust){"it is not a regular file"};
}

typedef void (*check_prefix)(const char *prefix, wcl__distrust *why);

/* Calls `check` for "/", "/a" and "/a/b" of "/a/b/c", and for itself where `whole`, until one finds
 * a reason. */
static void each_prefix(const char *path, bool whole, check_prefix check, wcl__distrust *why)
{
    char prefix[PATH_MAX];
    const size_t length = strlen(path);
    if (length >= sizeof prefix)
        return;
    for (size_t i = 1; i <= length && !why->reason[0]; i++) {
        if (i == length ? !whole : path[i] != '/' && !(i == 1 && path[0] == '/'))
            continue;
        memcpy(prefix, path, i);
        prefix[i] = '\0';
        check(prefix, why);
    }
}

static void check_above(const char *folder, wcl__distrust *why)
{
    struct stat info;
    if (stat(folder, &info) == 0 && (info.st_mode & S_IWOTH) && !(info.st_mode & S_ISVTX))
        snprintf(why->reason, sizeof why->reason,
                 "everybody may replace it: %.512s above it is writable by all", folder);
}

static void check_link(const char *path, wcl__distrust *why)
{
    struct stat info;
    if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode) && !is_ours(info.st_uid))
        snprintf(why->reason, sizeof why->reason, "%.512s is a symbolic link of user %ld", path,
                 (long)info.st_uid);
}

int wcl__trusted_folder(const char *path, wcl__distrust *why)
{
    char real[PATH_MAX];
    struct stat info;
    *why = (wcl__distrust){""};
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -1;
    if (fstat(folder, &info) != 0 || !realpath(path, real)) {
        const int code = errno;
        close(folder);
        errno = code;
        return -1;
    }
    *why = distrust_owner(&info);
    each_prefix(path, true, check_link, why);
    each_prefix(real, false, check_above, why);
    if (!why->reason[0])
        return folder;
    close(folder);
    return -1;
}
