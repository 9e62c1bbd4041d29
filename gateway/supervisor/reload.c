#include "reload.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "channels/types.h"

enum { FILES = 2, PATH_SIZE = 4096 };

#define AT(section, name) offsetof(struct tl_config, section.name)

/* Who is given what: one file or two. A row without a path in the configuration is left out. */
static const struct {
    enum tl_role_kind role;
    const char *what;
    size_t files[FILES];
} rows[] = {
    { TL_ROLE_DOOR, "web", { AT(tls, certificate), AT(tls, key) } },
    { TL_ROLE_DOOR, "clients", { AT(tls, client_authority), AT(tls, client_crl) } },
    { TL_ROLE_RELAY, "turn", { AT(relay, turn_certificate), AT(relay, turn_key) } },
    { TL_ROLE_API, "database", { AT(database, api_password_file) } },
    { TL_ROLE_COURIER, "database", { AT(database, courier_password_file) } },
};

static void note(struct tl_reload *reload, const struct tl_child *child, const char *what,
                 bool good, const char *reason, int64_t ends_s)
{
    const char *role = tl_role_kind_name(child->process.kind);
    json_array_append_new(reload->results,
                          json_pack("{s:s,s:i,s:s,s:b,s:s,s:I}", "role", role, "index",
                                    child->process.index, "what", what, "good", (int)good,
                                    "reason", reason, "ends", (json_int_t)ends_s));
    tl_log(good ? TL_LOG_INFO : TL_LOG_ERROR, "supervisor.reloaded", TL_WORD("child", role),
           TL_INTEGER("child_index", child->process.index), TL_WORD("what", what),
           TL_BOOLEAN("good", good), TL_WORD("reason", reason));
}

static void give(struct tl_reload *reload, struct tl_child *child, size_t row)
{
    int fds[FILES] = { -1, -1 };
    const char *problem = NULL;
    unsigned count = 0;
    for (size_t i = 0; i < FILES && rows[row].files[i] && !problem; i++, count++) {
        const char *path = (const char *)reload->config + rows[row].files[i];
        /* a pipe in its place is no file to wait for */
        fds[i] = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fds[i] < 0)
            problem = errno == ENOENT   ? "a file of it is not there"
                      : errno == EACCES ? "a file of it may not be read"
                                        : "a file of it cannot be opened";
    }
    if (!problem) {
        tl_autojson json_t *body = json_pack("{s:I,s:s}", "number", (json_int_t)reload->number,
                                             "what", rows[row].what);
        if (tl_child_send_all(child, TL_MESSAGE_RELOAD, body, 0, fds, count))
            reload->awaited++;
        else
            problem = "the process cannot be told";
    }
    for (size_t i = 0; i < FILES; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (problem)
        note(reload, child, rows[row].what, false, problem, 0);
}

void tl_reload_begin(struct tl_reload *reload, int asked_by, tl_time_us now)
{
    if (asked_by && asked_by == reload->asked_by)
        return;
    if (reload->results) {
        reload->again |= !asked_by; /* who has a number asks again */
        return;
    }
    reload->results = json_array();
    if (!reload->results)
        return;
    reload->number++;
    reload->asked_by = asked_by;
    reload->awaited = 0;
    reload->until = now + TL_RELOAD_WITHIN_US;
    for (size_t i = 0; i < reload->child_count; i++)
        for (size_t row = 0; row < TL_COUNT_OF(rows); row++) {
            struct tl_child *child = &reload->children[i];
            const char *first = (const char *)reload->config + rows[row].files[0];
            /* one that starts just now reads the files itself */
            if (child->process.kind == rows[row].role && child->ready && *first)
                give(reload, child, row);
        }
}

void tl_reload_hear(struct tl_reload *reload, const struct tl_child *child,
                    const struct tl_child_said *said)
{
    if (!reload->results || said->reloaded.number != reload->number || !reload->awaited)
        return;
    reload->awaited--;
    note(reload, child, said->reloaded.what, said->reloaded.good, said->reason,
         said->reloaded.ends_s);
}

static void write_outcome(const struct tl_reload *reload)
{
    char path[PATH_SIZE], beside[PATH_SIZE];
    bool good = reload->awaited == 0;
    size_t i;
    json_t *result;
    json_array_foreach(reload->results, i, result)
    {
        good = good && json_is_true(json_object_get(result, "good"));
    }
    tl_autojson json_t *outcome =
        json_pack("{s:i,s:b,s:i,s:O}", "asked_by", reload->asked_by, "good", (int)good,
                  "silent", (int)reload->awaited, "results", reload->results);
    const char *folder = reload->config->server.state_dir;
    if (!outcome || snprintf(path, sizeof path, "%s/reload.json", folder) >= PATH_SIZE ||
        snprintf(beside, sizeof beside, "%s/reload.json.new", folder) >= PATH_SIZE)
        return;
    if (json_dump_file(outcome, beside, JSON_COMPACT) != 0 || rename(beside, path) != 0)
        tl_log(TL_LOG_ERROR, "supervisor.reload_unwritten", TL_INTEGER("errno", errno));
}

void tl_reload_tick(struct tl_reload *reload, tl_time_us now)
{
    if (!reload->results || (reload->awaited && now < reload->until))
        return;
    write_outcome(reload);
    json_decref(reload->results);
    reload->results = NULL;
    if (reload->again) {
        reload->again = false;
        tl_reload_begin(reload, 0, now);
    }
}
