/* Whom the cache believes: compiled programs run in this process, so that only the user's own files, or
 * root's, may be loaded. Private to runtime/. */
#ifndef WCL_RUNTIME_TRUST_H
#define WCL_RUNTIME_TRUST_H

#include <sys/stat.h>

#include "base/base.h"

/* Why a file or folder is not believed: "belongs to user 1001". Empty: it is. */
typedef struct wcl__distrust {
    char reason[640];
} wcl__distrust;

/* A regular file of the user's or of root's that nobody else may write. */
wcl__distrust wcl__distrust_file(const struct stat *info);
/* Opens the folder for openat and fdopendir; -1 with errno where it cannot be opened, or with the reason in
 * *why where it is not believed: it must belong to the user or to root, nobody else may write to it, no
 * symbolic link of another user may lead there, and no folder above it may be writable by everybody (without
 * the sticky bit, as /tmp has it). */
int wcl__trusted_folder(const char *path, wcl__distrust *why);

#endif
