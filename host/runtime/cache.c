/* The disk cache: entries that are checked when read, replaced by rename, dropped when old. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/cache.h"
#include "runtime/trust.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/hash.h"
#include "base/options.h"
#include "base/file.h"

enum { SCHEMA = 1, KEY_DIGITS = WCL__SHA256_HEX - 1 };
static const uint64_t standard_limit = 256u << 20;
static const int64_t largest_entry = 1 << 30;
static const time_t stale_seconds = 3600; /* a temporary file this old was left by a process that died */

/* What an entry begins with; in the machine's own byte order, since a program binary belongs to a machine. */
typedef struct header {
    char magic[8];
    uint32_t schema, header_bytes;
    uint64_t length;
    char key[KEY_DIGITS], hash[KEY_DIGITS];
} header;
static const char magic[8] = {'W', 'I', 'N', 'O', 'C', 'L', 'P', '\n'};
static const char *const suffixes[] = {[WCL__CACHE_PROGRAM] = ".bin", [WCL__CACHE_RATES] = ".rates"};

/* The folder that `path` means; *out is "" where there is none. */
static wcl_status resolve_path(const char *path, char **out)
{
    const char *own = getenv("WINOCL_CACHE"), *shared = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    wcl__text text = {0};
    if (path || own)
        wcl__text_add(&text, "%s", path ? path : own);
    else if (shared && shared[0] == '/') /* the XDG specification: ignore relative ones */
        wcl__text_add(&text, "%s/winocl", shared);
    else if (home && home[0])
        wcl__text_add(&text, "%s/.cache/winocl", home);
    else
        wcl__text_add(&text, "%s", "");
    if (text.failed) {
        wcl__text_clear(&text);
        return wcl__fail_memory();
    }
    *out = text.data;
    return WCL_OK;
}

wcl_status wcl__cache_set(wcl__cache *cache, const char *path, uint64_t limit)
{
    char *resolved = NULL;
    wcl_status status = resolve_path(path, &resolved);
    if (status != WCL_OK)
        return status;
    wcl__free(cache->path);
    *cache = (wcl__cache){.path = resolved, .named = path != NULL, .limit = limit ? limit : standard_limit};
    return WCL_OK;
}

void wcl__cache_clear(wcl__cache *cache)
{
    wcl__free(cache->path);
    *cache = (wcl__cache){0};
}

enum { NAME_BYTES = KEY_DIGITS + 8 };

static void entry_name(char name[NAME_BYTES], wcl__cache_kind kind, const char *key)
{
    snprintf(name, NAME_BYTES, "%s%s", key, suffixes[kind]);
}

/* One warning is enough: what follows goes to the log. */
static void warn(wcl__cache *cache, const char *what, const char *reason)
{
    wcl__log(cache->warned ? WCL_LOG_INFO : WCL_LOG_WARNING, "%s: %s: %s", cache->path, what, reason);
    cache->warned = true;
}

/* The folder, for close; -1: not there, or not to be used. */
static int open_folder(wcl__cache *cache)
{
    wcl__distrust why;
    const int folder = wcl__trusted_folder(cache->path, &why);
    if (folder < 0 && why.reason[0]) {
        warn(cache, "the program cache is not trusted, kernels are compiled anew by every process",
             why.reason);
        cache->unusable = true;
    }
    return folder;
}

/* ------------------------------------------------------------------ one entry */

static bool read_all(int descriptor, void *out, size_t bytes)
{
    unsigned char *at = out;
    while (bytes > 0) {
        ssize_t got = read(descriptor, at, bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        bytes -= (size_t)got;
    }
    return true;
}

/* The whole file in memory of our own: a mapping could change, or be cut, between the check and the driver's
 * look at it. NULL: not of a legal size, or out of memory. */
static unsigned char *read_file(int descriptor, const struct stat *info, size_t *bytes)
{
    if (info->st_size < (off_t)sizeof(header) || info->st_size > largest_entry)
        return NULL;
    unsigned char *data = wcl__alloc((size_t)info->st_size, 1);
    if (data && !read_all(descriptor, data, (size_t)info->st_size)) {
        wcl__free(data);
        data = NULL;
    }
    *bytes = (size_t)info->st_size;
    return data;
}

static bool is_intact(const unsigned char *data, size_t bytes, const char *key)
{
    header head;
    char hash[WCL__SHA256_HEX];
    memcpy(&head, data, sizeof head);
    if (memcmp(head.magic, magic, sizeof magic) != 0 || head.schema != SCHEMA ||
        head.header_bytes != sizeof head || head.length != bytes - sizeof head ||
        memcmp(head.key, key, KEY_DIGITS) != 0)
        return false;
    wcl__sha256(data + sizeof head, bytes - sizeof head, hash);
    return memcmp(head.hash, hash, KEY_DIGITS) == 0;
}

/* Opens an entry that is believed; -1 where there is none. A symbolic link is none: nobody made one. */
static int open_entry(wcl__cache *cache, int folder, const char *name, struct stat *info)
{
    wcl__distrust why = {""};
    const int descriptor =
        openat(folder, name,
               O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW); /* O_NONBLOCK: a FIFO must not stop us */
    if (descriptor >= 0 && fstat(descriptor, info) == 0)
        why = wcl__distrust_file(info);
    else if (errno != ENOENT)
        snprintf(why.reason, sizeof why.reason, "%s",
                 errno == ELOOP ? "it is a symbolic link" : strerror(errno));
    if (!why.reason[0])
        return descriptor;
    char what[NAME_BYTES + 32];
    snprintf(what, sizeof what, "%s is ignored", name);
    warn(cache, what, why.reason);
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

void *wcl__cache_load(wcl__cache *cache, wcl__cache_kind kind, const char *key, size_t *bytes)
{
    unsigned char *data = NULL;
    int descriptor = -1;
    char name[NAME_BYTES];
    struct stat info;
    struct timespec times[2];
    const int folder = wcl__cache_is_on(cache) && !cache->unusable ? open_folder(cache) : -1;
    if (folder < 0)
        return NULL;
    entry_name(name, kind, key);
    descriptor = open_entry(cache, folder, name, &info);
    if (descriptor < 0)
        goto cleanup;
    data = read_file(descriptor, &info, bytes);
    if (!data || !is_intact(data, *bytes, key)) {
        wcl__log(WCL_LOG_INFO, "%s/%s is damaged or foreign: it will be replaced", cache->path, name);
        wcl__free(data);
        data = NULL;
        goto cleanup;
    }
    *bytes -= sizeof(header);
    memmove(data, data + sizeof(header), *bytes);
    /* Failing costs the order of dropping, nothing else. The kernel's own "now" is a tick old: two uses in a
     * row would look the same. */
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[1] = times[0];
    (void)futimens(descriptor, times);
cleanup:
    if (descriptor >= 0)
        close(descriptor);
    close(folder);
    return data;
}

/* mkdir -p; what exists is left as it is. */
static bool make_folder(const char *path)
{
    bool made = true;
    char *copy = wcl__strdup(path);
    if (!copy)
        return false;
    for (char *c = copy + 1; *c && made; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        made = mkdir(copy, 0700) == 0 || errno == EEXIST || errno == EROFS ||
               errno == EACCES; /* the last one tells */
        *c = '/';
    }
    made = made && (mkdir(copy, 0700) == 0 || errno == EEXIST);
    int code = errno; /* wcl__free may change it */
    wcl__free(copy);
    errno = code;
    return made;
}

static void give_up_writing(wcl__cache *cache, const char *reason)
{
    warn(cache, "the program cache is not writable, kernels are compiled anew by every process", reason);
    cache->unwritable = true;
}

static int64_t trim_folder(int folder, uint64_t keep_bytes, wcl_cache_info *left);

static bool write_entry(wcl__cache *cache, int folder, const char *name, const char *key, const void *data,
                        size_t bytes)
{
    header head = {.schema = SCHEMA, .header_bytes = sizeof head, .length = bytes};
    char hash[WCL__SHA256_HEX];
    const void *parts[] = {&head, data};
    const size_t sizes[] = {sizeof head, bytes};
    wcl__sha256(data, bytes, hash);
    memcpy(head.magic, magic, sizeof magic);
    memcpy(head.key, key, KEY_DIGITS);
    memcpy(head.hash, hash, KEY_DIGITS);
    if (wcl__file_replace(folder, name, S_IRUSR | S_IWUSR, parts, sizes, 2) == WCL_OK)
        return true;
    give_up_writing(cache, wcl_last_error()->reason);
    wcl__clear_error();
    return false;
}

bool wcl__cache_store(wcl__cache *cache, wcl__cache_kind kind, const char *key, const void *data,
                      size_t bytes)
{
    char name[NAME_BYTES];
    if (!wcl__cache_is_on(cache) || cache->unusable ||
        cache->unwritable) /* what failed once is not tried for each program */
        return false;
    const int folder = make_folder(cache->path) ? open_folder(cache) : -1;
    if (folder < 0) {
        if (!cache->unusable)
            give_up_writing(cache, strerror(errno));
        return false;
    }
    entry_name(name, kind, key);
    const bool written = write_entry(cache, folder, name, key, data, bytes);
    if (written)
        trim_folder(folder, cache->limit, NULL);
    close(folder);
    return written;
}

/* ------------------------------------------------------------------ the folder */

typedef struct entry {
    char name[NAME_BYTES];
    wcl__cache_kind kind;
    struct timespec used;
    int64_t bytes;
} entry;

static bool starts_with_key(const char *name)
{
    for (int i = 0; i < KEY_DIGITS; i++)
        if (!isxdigit((unsigned char)name[i]))
            return false;
    return true;
}

/* Is it the name of an entry (*temporary: of one in the making), and of which kind? */
static bool is_entry(const char *name, wcl__cache_kind *kind, bool *temporary)
{
    const size_t length = strlen(name);
    for (size_t i = 0; i < WCL__COUNT(suffixes) && starts_with_key(name); i++) {
        const size_t suffix = strlen(suffixes[i]);
        const char *rest = name + KEY_DIGITS + suffix;
        if (strncmp(name + KEY_DIGITS, suffixes[i], suffix) != 0 || (*rest && *rest != '.'))
            continue;
        *kind = (wcl__cache_kind)i;
        *temporary = *rest != '\0';
        return !*temporary || strcmp(name + length - 4, ".tmp") == 0;
    }
    return false;
}

/* Rates come last: they take next to nothing, and plans depend on them. */
static int by_use(const void *a, const void *b)
{
    const struct timespec *x = &((const entry *)a)->used, *y = &((const entry *)b)->used;
    const wcl__cache_kind x_kind = ((const entry *)a)->kind, y_kind = ((const entry *)b)->kind;
    if (x_kind != y_kind)
        return x_kind < y_kind ? -1 : 1;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

/* Our entries, in the order of dropping; temporary files of dead processes are removed on the way. */
static entry *list_folder(int folder, size_t *count)
{
    entry *list = NULL;
    size_t capacity = 0;
    struct dirent *item;
    *count = 0;
    const int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* closedir closes it */
    DIR *directory = own < 0 ? NULL : fdopendir(own);
    if (!directory) {
        if (own >= 0)
            close(own);
        return NULL;
    }
    while ((item = readdir(directory))) {
        struct stat info;
        wcl__cache_kind kind;
        bool temporary;
        if (!is_entry(item->d_name, &kind, &temporary) ||
            fstatat(dirfd(directory), item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(info.st_mode))
            continue;
        if (temporary) {
            if (time(NULL) - info.st_mtime > stale_seconds)
                (void)unlinkat(dirfd(directory), item->d_name, 0);
            continue;
        }
        if (!WCL__GROW(list, *count, capacity))
            break;
        entry *added = &list[(*count)++];
        memcpy(added->name, item->d_name, strlen(item->d_name) + 1);
        added->kind = kind;
        added->used = info.st_mtim;
        added->bytes = info.st_size;
    }
    closedir(directory);
    if (list)
        qsort(list, *count, sizeof *list, by_use);
    return list;
}

/* Removes the oldest-used entries until at most keep_bytes are left, all for 0, which is more than those with
 * bytes; returns what is left, with the numbers of entries in *left, which may be NULL. */
static int64_t trim_folder(int folder, uint64_t keep_bytes, wcl_cache_info *left)
{
    size_t count;
    int64_t total = 0, counts[WCL__COUNT(suffixes)] = {0};
    entry *list = list_folder(folder, &count);
    for (size_t i = 0; i < count; i++) {
        total += list[i].bytes;
        counts[list[i].kind]++;
    }
    for (size_t i = 0; i < count && (keep_bytes == 0 || (uint64_t)total > keep_bytes); i++)
        if (unlinkat(folder, list[i].name, 0) == 0 || errno == ENOENT) { /* gone: another process trims too */
            total -= list[i].bytes;
            counts[list[i].kind]--;
        }
    wcl__free(list);
    if (left) {
        left->entries = counts[WCL__CACHE_PROGRAM];
        left->rates = counts[WCL__CACHE_RATES];
    }
    return total;
}

/* The same for a path; a folder that is not there is empty. */
static void trim_path(const char *path, uint64_t keep_bytes, wcl_cache_info *left)
{
    const int folder = path[0] ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (folder < 0)
        return;
    left->bytes = trim_folder(folder, keep_bytes, left);
    close(folder);
}

/* Says what a device that uses the folder would say. */
static void warn_of_distrust(char *path)
{
    wcl__cache cache = {.path = path};
    const int folder = path[0] ? open_folder(&cache) : -1;
    if (folder >= 0)
        close(folder);
}

wcl_status wcl_cache_query(const char *path, wcl_cache_info *info)
{
    char *folder = NULL;
    wcl_cache_info full = WCL_CACHE_INFO_INIT;
    wcl__clear_error();
    wcl_status status = resolve_path(path, &folder);
    if (status != WCL_OK)
        return status;
    if (strlen(folder) >= sizeof full.path) {
        status = wcl__in_file(wcl__fail(WCL_BAD_ARGUMENT, "the cache's path is too long"), folder);
    } else {
        memcpy(full.path, folder, strlen(folder) + 1);
        trim_path(folder, UINT64_MAX, &full);
        warn_of_distrust(folder);
        status = wcl__info_write(info, &full, sizeof full);
    }
    wcl__free(folder);
    return status;
}

wcl_status wcl_cache_trim(const char *path, uint64_t keep_bytes)
{
    char *folder = NULL;
    wcl_cache_info left = WCL_CACHE_INFO_INIT;
    wcl__clear_error();
    wcl_status status = resolve_path(path, &folder);
    if (status != WCL_OK)
        return status;
    trim_path(folder, keep_bytes, &left);
    if ((uint64_t)left.bytes > keep_bytes || (keep_bytes == 0 && left.entries + left.rates > 0))
        status = wcl__in_file(wcl__fail(WCL_BAD_FILE, "cannot remove the cache's entries"), folder);
    wcl__free(folder);
    return status;
}
