#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static bool write_whole(int fd, struct tl_bytes content)
{
    while (content.size) {
        ssize_t written = write(fd, content.data, content.size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        content.data += written;
        content.size -= (size_t)written;
    }
    return fsync(fd) == 0;
}

enum tl_error tl_mailbox_write(const char *folder, const char *id, const char *ending,
                               struct tl_bytes content)
{
    char draft[PATH_SIZE], path[PATH_SIZE];
    int draft_size = snprintf(draft, sizeof draft, "%s/.%s.%s", folder, id, ending);
    int path_size = snprintf(path, sizeof path, "%s/%s.%s", folder, id, ending);
    if (draft_size >= PATH_SIZE || path_size >= PATH_SIZE)
        return TL_ERROR_LIMIT;
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return TL_ERROR_IO;
    bool well = write_whole(fd, content);
    well = close(fd) == 0 && well && rename(draft, path) == 0;
    if (!well) {
        (void)unlink(draft);
        return TL_ERROR_IO;
    }
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        well = fsync(directory) == 0;
        close(directory);
    }
    return well ? TL_OK : TL_ERROR_IO;
}
