/* Files: mapped for reading, reference-counted; written whole or not at all. */
#ifndef WCL_BASE_FILE_H
#define WCL_BASE_FILE_H

#include "base/base.h"

typedef struct wcl__file {
    const unsigned char *data;
    size_t bytes;
    bool mapped;
    uint64_t device, inode; /* of a mapped file, to see whether it was cut; no descriptor is kept, since a
                               model may have many files */
    int references;
    void (*release)(void *user);
    void *user;
    char *path;
} wcl__file;
/* Maps a file for reading; *out is reference-counted (wcl__file_retain, wcl__file_release). */
wcl_status wcl__file_map(const char *path, wcl__file **out);
/* The same, read into memory: what happens to the file afterwards does not matter. */
wcl_status wcl__file_copy(const char *path, wcl__file **out);
/* WCL_BAD_FILE where a mapped file has become shorter: touching what is gone would end the process with
 * SIGBUS. To be called just before its bytes are read; the file may still be cut in between. */
wcl_status wcl__file_check(const wcl__file *file);
wcl_status wcl__file_of_memory(const void *data, size_t bytes, void (*release)(void *), void *user,
                               wcl__file **out);
void wcl__file_retain(wcl__file *file);
void wcl__file_release(wcl__file *file);
/* Tells the system that these bytes of a mapped file are no longer needed in memory (they can be
 * read again). */
void wcl__file_drop_pages(const wcl__file *file, const void *data, size_t bytes);
/* Writes a whole file through a temporary one beside it and a rename: the file is complete or untouched. */
wcl_status wcl__file_write(const char *path, const void *const *parts, const size_t *sizes, int count);
/* The same for a name in an open folder (AT_FDCWD: a path), whatever had that name, with these rights at
 * most. */
wcl_status wcl__file_replace(int folder, const char *name, unsigned mode, const void *const *parts,
                             const size_t *sizes, int count);

#endif
