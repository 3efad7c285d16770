/* Files: mapped for reading, reference-counted; written whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/file.h"

static wcl_status map_descriptor(int descriptor, wcl__file *file)
{
    void *data = mmap(NULL, file->bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data == MAP_FAILED)
        return wcl__fail_errno(WCL_BAD_FILE, "cannot map");
    file->data = data;
    file->mapped = true;
    return WCL_OK;
}

static wcl_status copy_descriptor(int descriptor, wcl__file *file)
{
    unsigned char *data = wcl__alloc(file->bytes, 1);
    if (!data)
        return wcl__fail_memory();
    file->data = data;
    file->release = wcl__free;
    file->user = data;
    for (size_t done = 0; done < file->bytes;) {
        const ssize_t got = read(descriptor, data + done, file->bytes - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return wcl__fail_errno(WCL_BAD_FILE, "cannot read");
        if (got == 0)
            return wcl__fail(WCL_BAD_FILE, "was cut from %zu to %zu bytes while it was read", file->bytes,
                             done);
        done += (size_t)got;
    }
    return WCL_OK;
}

static wcl_status open_regular(const char *path, int *descriptor, wcl__file *file)
{
    struct stat info;
    *descriptor =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO without a writer must not stop us */
    if (*descriptor < 0)
        return wcl__fail_errno(errno == ENOENT || errno == ENOTDIR ? WCL_NOT_FOUND : WCL_BAD_FILE,
                               "cannot open");
    if (fstat(*descriptor, &info) != 0)
        return wcl__fail_errno(WCL_BAD_FILE, "cannot read");
    if (S_ISDIR(info.st_mode))
        return wcl__fail(WCL_BAD_FILE, "is a folder");
    if (!S_ISREG(info.st_mode))
        return wcl__fail(WCL_BAD_FILE, "is not a regular file");
    if (info.st_size == 0)
        return wcl__fail(WCL_BAD_FILE, "is empty");
    file->bytes = (size_t)info.st_size;
    file->device = (uint64_t)info.st_dev;
    file->inode = (uint64_t)info.st_ino;
    return WCL_OK;
}

static wcl_status open_file(const char *path, bool copy, wcl__file **out)
{
    wcl_status status = WCL_OK;
    int descriptor = -1;
    *out = NULL;
    wcl__file *file = wcl__alloc(1, sizeof *file);
    if (!file)
        return wcl__in_file(wcl__fail_memory(), path);
    file->references = 1;
    if (!(file->path = wcl__strdup(path))) {
        status = wcl__fail_memory();
        goto cleanup;
    }
    if ((status = open_regular(path, &descriptor, file)) != WCL_OK)
        goto cleanup;
    status = copy ? copy_descriptor(descriptor, file) : map_descriptor(descriptor, file);
    if (status != WCL_OK)
        goto cleanup;
    *out = file;
    file = NULL;
cleanup:
    if (descriptor >= 0)
        close(descriptor);
    wcl__file_release(file);
    return wcl__in_file(status, path);
}

wcl_status wcl__file_map(const char *path, wcl__file **out)
{
    return open_file(path, false, out);
}

wcl_status wcl__file_copy(const char *path, wcl__file **out)
{
    return open_file(path, true, out);
}

wcl_status wcl__file_check(const wcl__file *file)
{
    struct stat info;
    if (!file->mapped || stat(file->path, &info) != 0 || (size_t)info.st_size >= file->bytes)
        return WCL_OK;
    if ((uint64_t)info.st_dev != file->device ||
        (uint64_t)info.st_ino != file->inode) /* another file took its name */
        return WCL_OK;
    return wcl__in_file(wcl__fail(WCL_BAD_FILE, "was cut from %zu to %zu bytes while it was in use",
                                  file->bytes, (size_t)info.st_size),
                        file->path);
}

wcl_status wcl__file_of_memory(const void *data, size_t bytes, void (*release)(void *), void *user,
                               wcl__file **out)
{
    wcl_status status = WCL_OK;
    *out = NULL;
    wcl__file *file = NULL;
    if (!data || bytes == 0)
        status = wcl__fail(WCL_BAD_FILE, "is empty");
    else if (!(file = wcl__alloc(1, sizeof *file)))
        status = wcl__fail_memory();
    if (status != WCL_OK) {
        if (release)
            release(user);
        return status;
    }
    *file = (wcl__file){.data = data, .bytes = bytes, .references = 1, .release = release, .user = user};
    *out = file;
    return WCL_OK;
}

void wcl__file_retain(wcl__file *file)
{
    __atomic_add_fetch(&file->references, 1, __ATOMIC_RELAXED);
}

void wcl__file_release(wcl__file *file)
{
    if (!file || __atomic_sub_fetch(&file->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (file->mapped)
        munmap((void *)(uintptr_t)file->data, file->bytes);
    if (file->release)
        file->release(file->user);
    wcl__free(file->path);
    wcl__free(file);
}

void wcl__file_drop_pages(const wcl__file *file, const void *data, size_t bytes)
{
    if (!file->mapped || bytes == 0)
        return;
    /* Whole pages around the bytes: what a neighbour still needs is read again. */
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = (uintptr_t)data / page * page;
    uintptr_t last = WCL__MIN(((uintptr_t)data + bytes + page - 1) / page * page,
                              ((uintptr_t)file->data + file->bytes + page - 1) / page * page);
    if (first >= (uintptr_t)file->data && first < last)
        (void)madvise((void *)first, last - first,
                      MADV_DONTNEED); /* advice: its failure costs memory, nothing else */
}

/* ------------------------------------------------------------------ writing */

static bool write_all(int descriptor, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    while (bytes > 0) {
        ssize_t written = write(descriptor, at, bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        bytes -= (size_t)written;
    }
    return true;
}

static bool write_parts(int descriptor, const void *const *parts, const size_t *sizes, int count)
{
    for (int i = 0; i < count; i++)
        if (!write_all(descriptor, parts[i], sizes[i]))
            return false;
    return true;
}

/* A new file beside `path`. Not mkstemp, whose mode would leave the finished file unreadable for others
 * whatever the umask is. */
static int open_temporary(int folder, const char *path, mode_t mode, char *name, size_t bytes)
{
    int descriptor = -1;
    for (int attempt = 0; attempt < 100 && descriptor < 0; attempt++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(name, bytes, "%s.%ld-%lx-%d.tmp", path, (long)getpid(), (unsigned long)now.tv_nsec, attempt);
        descriptor = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (descriptor < 0 && errno != EEXIST)
            break;
    }
    return descriptor;
}

/* /dev/null, a pipe: there is nothing to replace. */
static wcl_status write_special(const char *path, const void *const *parts, const size_t *sizes, int count)
{
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    bool done = descriptor >= 0 && write_parts(descriptor, parts, sizes, count);
    wcl_status status = done ? WCL_OK : wcl__fail_errno(WCL_BAD_FILE, "cannot write");
    if (descriptor >= 0)
        close(descriptor);
    return wcl__in_file(status, path);
}

wcl_status wcl__file_replace(int folder, const char *name, unsigned mode, const void *const *parts,
                             const size_t *sizes, int count)
{
    wcl_status status = WCL_OK;
    const size_t bytes = strlen(name) + 64;
    char *temporary = wcl__alloc(bytes, 1);
    if (!temporary)
        return wcl__in_file(wcl__fail_memory(), name);
    const int descriptor = open_temporary(folder, name, (mode_t)mode, temporary, bytes);
    if (descriptor < 0) {
        status = wcl__fail_errno(WCL_BAD_FILE, "cannot write");
        goto cleanup;
    }
    bool written = write_parts(descriptor, parts, sizes, count);
    int code = errno;
    if (close(descriptor) != 0 && written) { /* a full disk or quota may show here first */
        written = false;
        code = errno;
    }
    errno = code;
    if (!written || renameat(folder, temporary, folder, name) != 0) {
        status = wcl__fail_errno(WCL_BAD_FILE, "cannot write");
        unlinkat(folder, temporary, 0);
    }
cleanup:
    wcl__free(temporary);
    return wcl__in_file(status, name);
}

wcl_status wcl__file_write(const char *path, const void *const *parts, const size_t *sizes, int count)
{
    struct stat info;
    const bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode))
        return wcl__in_file(wcl__fail(WCL_BAD_FILE, "cannot write: is a folder"), path);
    if (exists && !S_ISREG(info.st_mode))
        return write_special(path, parts, sizes, count);
    return wcl__file_replace(AT_FDCWD, path, 0666, parts, sizes, count);
}
