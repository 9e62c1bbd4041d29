/* The other end of reload.c: asks under a number, waits for the file that answers it. */
#include "gateway/reload.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"
#include "house.h"

enum { PATH_SIZE = 4096, LOOK_EVERY_MS = 100, ASK_EVERY = 10, LOOKS = 200 };

/* NULL: not there yet. */
static json_t *read_outcome(const char *path, int number)
{
    json_t *outcome = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    if (outcome && json_integer_value(json_object_get(outcome, "asked_by")) == number)
        return outcome;
    json_decref(outcome);
    return NULL;
}

static void print_result(json_t *result)
{
    const char *role, *what, *reason;
    int index, good;
    json_int_t ends;
    if (json_unpack(result, "{s:s,s:i,s:s,s:b,s:s,s:I}", "role", &role, "index", &index, "what",
                    &what, "good", &good, "reason", &reason, "ends", &ends) != 0)
        return;
    char until[TL_TIMESTAMP_SIZE] = "";
    if (ends > 0)
        tl_timestamp_write(ends * TL_SECOND_US, until);
    FILE *out = good ? stdout : stderr;
    fprintf(out, "%s %d: %s: %s%s%s%s%s\n", role, index, what,
            good ? "new one in use" : "refused, the old one kept", *reason ? ": " : "", reason,
            good && *until ? ", good until " : "", good ? until : "");
}

static int print_outcome(json_t *outcome)
{
    size_t i;
    json_t *result;
    json_t *results = json_object_get(outcome, "results");
    json_array_foreach(results, i, result)
    {
        print_result(result);
    }
    json_int_t silent = json_integer_value(json_object_get(outcome, "silent"));
    if (silent > 0)
        fprintf(stderr, "teleloire: %" PRIu64 " answers have not come\n", (uint64_t)silent);
    if (json_array_size(results) == 0)
        printf("nothing to reload\n");
    return json_is_true(json_object_get(outcome, "good")) ? 0 : 1;
}

int tl_reload(const char *state_dir, const char *config_path)
{
    char path[PATH_SIZE];
    pid_t pid;
    int number = (int)tl_random_below(INT32_MAX - 1) + 1;
    if (snprintf(path, sizeof path, "%s/reload.json", state_dir) >= PATH_SIZE)
        return 2;
    int supervisor = tl_house_hold(state_dir, config_path, &pid);
    if (supervisor < 0) {
        fprintf(stderr, "teleloire: no server runs with %s\n", config_path);
        return 1;
    }
    json_t *outcome = NULL;
    /* Asked again while another's reload is going on: the same number is heard once. */
    for (int look = 0; !outcome && look < LOOKS; look++) {
        if (look % ASK_EVERY == 0 && !tl_house_signal(supervisor, SIGHUP, number))
            break;
        poll(NULL, 0, LOOK_EVERY_MS);
        outcome = read_outcome(path, number);
    }
    close(supervisor);
    if (!outcome) {
        fprintf(stderr, "teleloire: the server does not answer\n");
        return 1;
    }
    int result = print_outcome(outcome);
    json_decref(outcome);
    return result;
}
