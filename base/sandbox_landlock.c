/* Landlock by its system calls (Linux Documentation/userspace-api/landlock.rst): files below the
 * named folders and nothing else, no TCP that the role does not need, no signal and no abstract
 * UNIX socket outside its own domain. What an older kernel does not know is left out. */
#include "sandbox_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Written out: the headers of Debian 12 know the first versions only. */
enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_MAKE_SYM = 1 << 12,
    FS_REFER = 1 << 13,    /* version 2 */
    FS_TRUNCATE = 1 << 14, /* version 3 */
    FS_IOCTL_DEV = 1 << 15 /* version 5 */
};
enum { NET_BIND_TCP = 1 << 0, NET_CONNECT_TCP = 1 << 1 };            /* version 4 */
enum { SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0, SCOPE_SIGNAL = 1 << 1 }; /* version 6 */
enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

struct ruleset {
    uint64_t fs, net, scoped;
};

struct path_beneath {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

static uint64_t fs_of_version(long version)
{
    uint64_t all = (1 << 13) - 1;
    if (version >= 2)
        all |= FS_REFER;
    if (version >= 3)
        all |= FS_TRUNCATE;
    if (version >= 5)
        all |= FS_IOCTL_DEV;
    return all;
}

static size_t ruleset_size(long version)
{
    return version >= 6   ? sizeof(struct ruleset)
           : version >= 4 ? 2 * sizeof(uint64_t)
                          : sizeof(uint64_t);
}

static enum tl_error allow_path(int ruleset, const char *path, uint64_t access)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? TL_OK : TL_ERROR_IO;
    struct stat status;
    enum tl_error error = fstat(fd, &status) == 0 ? TL_OK : TL_ERROR_IO;
    if (!error && !S_ISDIR(status.st_mode))
        access &= FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE;
    struct path_beneath rule = { .allowed = access, .parent_fd = fd };
    if (!error && syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0)
        error = TL_ERROR_IO;
    close(fd);
    return error;
}

static enum tl_error allow_paths(int ruleset, const char *const *paths, uint64_t access)
{
    for (; paths && *paths; paths++) {
        enum tl_error error = **paths ? allow_path(ruleset, *paths, access) : TL_OK;
        if (error)
            return error;
    }
    return TL_OK;
}

#ifdef TL_SANITIZED
/* The folder AddressSanitizer is told to report to, or its findings would be lost. */
static enum tl_error allow_reports(int ruleset, uint64_t access)
{
    const char *options = getenv("ASAN_OPTIONS");
    const char *path = options ? strstr(options, "log_path=") : NULL;
    char folder[1024];
    if (!path)
        return TL_OK;
    snprintf(folder, sizeof folder, "%.*s", (int)strcspn(path + 9, ":"), path + 9);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
    return allow_path(ruleset, folder, access);
}
#endif

enum tl_error tl_landlock_enter(const struct tl_sandbox *sandbox, int *ret_landlock)
{
    const uint64_t reading = FS_READ_FILE | FS_READ_DIR;
    const uint64_t writing = reading | FS_WRITE_FILE | FS_REMOVE_FILE | FS_REMOVE_DIR |
                             FS_MAKE_DIR | FS_MAKE_REG | FS_REFER | FS_TRUNCATE;
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    if (version < 1)
        return TL_OK;
    struct ruleset rules = { .fs = fs_of_version(version),
                             .net = NET_BIND_TCP,
                             .scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL };
    if (!(sandbox->allow & TL_SANDBOX_INET_OUT))
        rules.net |= NET_CONNECT_TCP;
    if (sandbox->allow & TL_SANDBOX_SPAWN)
        rules.scoped = 0, rules.net = 0;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, ruleset_size(version), 0);
    if (ruleset < 0)
        return TL_ERROR_IO;
    enum tl_error error = allow_paths(ruleset, sandbox->read_paths, reading & rules.fs);
    if (!error)
        error = allow_paths(ruleset, sandbox->write_paths, writing & rules.fs);
#ifdef TL_SANITIZED
    if (!error)
        error = allow_reports(ruleset, writing & rules.fs);
#endif
    if (!error && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        error = TL_ERROR_IO;
    close(ruleset);
    if (!error)
        *ret_landlock = 1;
    return error;
}
