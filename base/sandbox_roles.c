#include "base/sandbox_roles.h"

#include <stddef.h>

enum { MIB = 1024 * 1024, KEYS = 3, FOLDERS = 5 };

/* A path is a folder of the system or a key of the configuration (0: none; the first key of the
 * structure is no path). */
struct role {
    const char *name;
    unsigned allow;
    const char *reads[FOLDERS + 1]; /* NULL-ended */
    size_t reads_at[KEYS], writes_at[KEYS];
    size_t memory_limit_bytes;
    unsigned descriptors_limit;
};

#define AT(section, name) offsetof(struct tl_config, section.name)
_Static_assert(AT(server, listen) == 0, "offset 0 stands for no path");

static const struct role roles[] = {
    /* Its children read their own files before they narrow themselves further. */
    [TL_SANDBOX_SUPERVISOR] = { .name = "supervisor", .allow = TL_SANDBOX_SPAWN },
    /* The pages are in memory, the key and the listeners in its hands. */
    [TL_SANDBOX_DOOR] = { .name = "door", .allow = TL_SANDBOX_MESSAGES | TL_SANDBOX_ACCEPT },
    /* PostgreSQL's socket, and the journal for when PostgreSQL is away. */
    [TL_SANDBOX_API] = { .name = "api",
                         .allow =
                             TL_SANDBOX_MESSAGES | TL_SANDBOX_UNIX_OUT | TL_SANDBOX_FILES_WRITE,
                         .writes_at = { AT(api, journal_dir) },
                         .memory_limit_bytes = (size_t)1024 * MIB,
                         .descriptors_limit = 64 },
    /* TCP connections for media, those of TURN and the addresses it lends, and its own. */
    [TL_SANDBOX_RELAY] = { .name = "relay",
                           .allow = TL_SANDBOX_MESSAGES | TL_SANDBOX_ACCEPT,
                           .descriptors_limit = 64 + 1024 + 2 * 256 },
    [TL_SANDBOX_EXAMINER] = { .name = "examiner",
                              .allow = TL_SANDBOX_MESSAGES,
                              .memory_limit_bytes = (size_t)1536 * MIB,
                              .descriptors_limit = 256 },
    /* Resolving names and checking certificates reads the system's files; curl does it on a
     * thread. */
    [TL_SANDBOX_COURIER] = { .name = "courier",
                             .allow = TL_SANDBOX_MESSAGES | TL_SANDBOX_UNIX_OUT |
                                      TL_SANDBOX_INET_OUT | TL_SANDBOX_FILES_READ |
                                      TL_SANDBOX_FILES_WRITE | TL_SANDBOX_THREADS,
                             .reads = { "/etc", "/usr/share", "/usr/lib", "/lib", "/run" },
                             .reads_at = { AT(database, socket_dir), AT(courier, smtp_ca_file),
                                           AT(psc, ca_file) },
                             .writes_at = { AT(courier, mailbox_dir),
                                            AT(courier, sms_mailbox_dir) },
                             .descriptors_limit = 256 },
};
_Static_assert((int)FOLDERS + (int)KEYS <= (int)TL_SANDBOX_PATHS_LIMIT, "all paths fit");

static void add_named(const struct tl_config *config, const size_t at[KEYS],
                      const char *paths[TL_SANDBOX_PATHS_LIMIT + 1])
{
    size_t count = 0;
    while (paths[count])
        count++;
    for (size_t i = 0; config && i < KEYS && at[i]; i++) {
        const char *path = (const char *)config + at[i];
        if (*path)
            paths[count++] = path;
    }
}

void tl_sandbox_of_role(enum tl_sandbox_role role, const struct tl_config *config,
                        struct tl_sandbox_of_role *ret_sandbox)
{
    const struct role *row = &roles[role];
    *ret_sandbox =
        (struct tl_sandbox_of_role){ .sandbox = { .allow = row->allow,
                                                  .memory_limit_bytes = row->memory_limit_bytes,
                                                  .descriptors_limit =
                                                      row->descriptors_limit } };
    for (size_t i = 0; i < FOLDERS; i++)
        ret_sandbox->read_paths[i] = row->reads[i];
    add_named(config, row->reads_at, ret_sandbox->read_paths);
    add_named(config, row->writes_at, ret_sandbox->write_paths);
    if (row->allow & TL_SANDBOX_SPAWN)
        return; /* no landlock: its children would have no file */
    ret_sandbox->sandbox.read_paths = ret_sandbox->read_paths;
    ret_sandbox->sandbox.write_paths = ret_sandbox->write_paths;
}

enum tl_error tl_sandbox_enter_role(enum tl_sandbox_role role, const struct tl_config *config,
                                    int *ret_landlock)
{
    struct tl_sandbox_of_role of_role;
    tl_sandbox_of_role(role, config, &of_role);
    return tl_sandbox_enter(&of_role.sandbox, ret_landlock);
}

const char *tl_sandbox_role_name(enum tl_sandbox_role role)
{
    return roles[role].name;
}
