#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "channels/types.h"

enum { PATH_SIZE = 4096 };

/* In the new process: only descriptors 0 to 2 and the channel stay; it dies with its parent. */
__attribute__((noreturn)) static void become(const char *path, const char *config_path,
                                             int index, int channel_fd, pid_t parent)
{
    char number[16];
    snprintf(number, sizeof number, "%d", index);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT,
           SIG_IGN); /* Ctrl-C reaches the whole group; the supervisor stops us in order */
    setpgid(0, 0);
    if (channel_fd == TL_SUPERVISOR_FD)
        (void)fcntl(channel_fd, F_SETFD, 0);
    else
        dup2(channel_fd, TL_SUPERVISOR_FD);
    close_range(TL_SUPERVISOR_FD + 1, ~0u, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    execl(path, path, "--config", config_path, "--index", number, (char *)NULL);
    _exit(127);
}

enum tl_error tl_child_start(struct tl_child *child, const char *folder,
                             const char *config_path, tl_time_us now)
{
    char path[PATH_SIZE];
    const char *name = tl_role_kind_name(child->process.kind);
    if (snprintf(path, sizeof path, "%s/teleloire-%s", folder, name) >= PATH_SIZE)
        return TL_ERROR_LIMIT;
    int fds[2];
    if (tl_channel_pair(fds))
        return TL_ERROR_IO;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(path, config_path, child->process.index, fds[1], parent);
    close(fds[1]);
    child->channel = pid > 0 ? tl_channel_new(fds[0]) : NULL;
    if (!child->channel) {
        close(fds[0]);
        if (pid > 0)
            kill(pid, SIGKILL); /* reaped, and tried again, as any other end */
        return TL_ERROR_IO;
    }
    child->pid = pid;
    child->bad = 0;
    child->ready = child->told_silent = false;
    child->ping_at = now + TL_CHILD_PING_EVERY_US;
    child->pong_by = 0;
    tl_restart_started(&child->restart, now);
    tl_log(TL_LOG_INFO, "supervisor.started", TL_WORD("child", name),
           TL_INTEGER("child_index", child->process.index), TL_INTEGER("pid", pid));
    return TL_OK;
}

void tl_child_ended(struct tl_child *child, tl_time_us now)
{
    child->channel = tl_channel_free(child->channel);
    child->pid = 0;
    child->ready = child->told_silent = false;
    child->pong_by = 0;
    child->restarts++;
    child->drain_by = 0;
    tl_restart_ended(&child->restart, now);
}

bool tl_child_send_all(struct tl_child *child, uint16_t type, const json_t *body,
                       uint32_t request, const int *fds, unsigned count)
{
    tl_autofree char *text = NULL;
    size_t size = 0;
    if (!child->channel || count > TL_CHANNEL_FDS_LIMIT || tl_json_write(body, &text, &size))
        return false;
    struct tl_channel_message message = {
        .type = type, .request = request, .json = tl_bytes(text, size), .fd_count = count
    };
    for (unsigned i = 0; i < count; i++)
        message.fds[i] = fds[i];
    return tl_channel_send(child->channel, &message) == TL_OK;
}

bool tl_child_send(struct tl_child *child, uint16_t type, const json_t *body, uint32_t request,
                   const int *fd)
{
    return tl_child_send_all(child, type, body, request, fd, fd ? 1 : 0);
}

void tl_child_drain(struct tl_child *child, tl_time_us now)
{
    if (!child->drain_by || !child->pid || now < child->drain_by)
        return;
    if (now >= child->drain_by + TL_CHILD_STOP_WITHIN_US) {
        tl_child_kill(child);
        return;
    }
    tl_autojson json_t *empty = json_object();
    (void)tl_child_send(child, TL_MESSAGE_STOP, empty, 0, NULL);
}

void tl_child_kill(struct tl_child *child)
{
    if (child->pid > 0)
        kill(child->pid, SIGKILL);
}

void tl_child_keep_alive(struct tl_child *child, tl_time_us now)
{
    if (!child->pid)
        return;
    if (child->pong_by && now >= child->pong_by) {
        tl_log(TL_LOG_WARNING, "supervisor.unresponsive",
               TL_WORD("child", tl_role_kind_name(child->process.kind)),
               TL_INTEGER("child_index", child->process.index));
        child->pong_by = now + TL_CHILD_PONG_WITHIN_US;
        tl_child_kill(child);
        return;
    }
    if (child->pong_by || now < child->ping_at)
        return;
    tl_autojson json_t *empty = json_object();
    child->ping_at = now + TL_CHILD_PING_EVERY_US;
    if (tl_child_send(child, TL_MESSAGE_PING, empty, ++child->ping_number, NULL))
        child->pong_by = now + TL_CHILD_PONG_WITHIN_US;
}

bool tl_child_is_silent(const struct tl_child *child, tl_time_us now)
{
    return child->pong_by &&
           now + TL_CHILD_PONG_WITHIN_US - TL_CHILD_SILENT_AFTER_US >= child->pong_by;
}
