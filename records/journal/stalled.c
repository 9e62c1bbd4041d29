#include "journal/stalled.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

struct acts {
    char ids[TL_STALLED_ACTS_LIMIT][TL_UUID_SIZE];
    size_t count;
    bool all; /* more than there is room for */
};

struct tl_stalled {
    struct tl_journal *journal;
    struct acts acts;
    tl_time_us next_try, pause;
};

static bool has(const struct acts *acts, struct tl_text act)
{
    for (size_t i = 0; i < acts->count && !acts->all; i++)
        if (tl_text_is(act, acts->ids[i]))
            return true;
    return acts->all;
}

static void add(struct acts *acts, struct tl_text act)
{
    if (has(acts, act))
        return;
    if (acts->count == TL_STALLED_ACTS_LIMIT ||
        tl_text_copy(act, acts->ids[acts->count], TL_UUID_SIZE))
        acts->all = true;
    else
        acts->count++;
}

/* The act's span lives as long as the body. */
static struct tl_text act_of(struct tl_bytes plain, json_t **ret_body)
{
    if (tl_json_read(plain, TL_JOURNAL_RECORD_LIMIT, ret_body))
        return tl_text("");
    const char *act = json_string_value(json_object_get(*ret_body, "act"));
    return tl_text(act ? act : "");
}

static enum tl_error load_one(void *context, struct tl_bytes plain)
{
    tl_autojson json_t *body = NULL;
    add(context, act_of(plain, &body));
    return TL_OK;
}

enum tl_error tl_stalled_open(const char *folder, int index,
                              const uint8_t key[TL_SEAL_KEY_SIZE], size_t limit_bytes,
                              struct tl_stalled **ret_stalled)
{
    struct tl_stalled *stalled = calloc(1, sizeof *stalled);
    if (!stalled)
        return TL_ERROR_MEMORY;
    stalled->pause = (tl_time_us)TL_STALLED_FIRST_PAUSE_S * TL_SECOND_US;
    enum tl_error error =
        tl_journal_open(folder, "stalled", index, key, limit_bytes, &stalled->journal);
    if (!error)
        error = tl_journal_each(stalled->journal, load_one, &stalled->acts);
    if (error)
        tl_stalled_free(stalled);
    else
        *ret_stalled = stalled;
    return error;
}

struct tl_stalled *tl_stalled_free(struct tl_stalled *stalled)
{
    if (!stalled)
        return NULL;
    tl_journal_free(stalled->journal);
    free(stalled);
    return NULL;
}

size_t tl_stalled_count(const struct tl_stalled *stalled)
{
    return stalled ? tl_journal_count(stalled->journal) : 0;
}

size_t tl_stalled_acts(const struct tl_stalled *stalled)
{
    return stalled ? stalled->acts.count : 0;
}

bool tl_stalled_has(const struct tl_stalled *stalled, struct tl_text act)
{
    return stalled && has(&stalled->acts, act);
}

enum tl_error tl_stalled_add(struct tl_stalled *stalled, struct tl_text act,
                             struct tl_bytes plain, tl_time_us now)
{
    bool first = tl_stalled_count(stalled) == 0;
    enum tl_error error = tl_journal_append(stalled->journal, plain);
    if (error)
        return error;
    add(&stalled->acts, act);
    if (first)
        stalled->next_try = now + stalled->pause;
    return TL_OK;
}

struct pass {
    struct acts failing;
    enum tl_error (*record)(void *context, struct tl_bytes plain);
    void *context;
};

static enum tl_error try_one(void *context, struct tl_bytes plain)
{
    struct pass *pass = context;
    tl_autojson json_t *body = NULL;
    struct tl_text act = act_of(plain, &body);
    if (has(&pass->failing, act))
        return TL_OK;
    enum tl_error error = pass->record(pass->context, plain);
    if (error == TL_ERROR_AWAY)
        return error;
    if (error)
        add(&pass->failing, act);
    return TL_OK;
}

bool tl_stalled_try(struct tl_stalled *stalled, tl_time_us now,
                    enum tl_error (*record)(void *context, struct tl_bytes plain),
                    void *context)
{
    const tl_time_us first = (tl_time_us)TL_STALLED_FIRST_PAUSE_S * TL_SECOND_US,
                     longest = (tl_time_us)TL_STALLED_LONGEST_PAUSE_S * TL_SECOND_US;
    if (!tl_stalled_count(stalled) || now < stalled->next_try)
        return false;
    tl_autofree struct pass *pass = calloc(1, sizeof *pass);
    enum tl_error error = pass ? TL_OK : TL_ERROR_MEMORY;
    if (!error) {
        pass->record = record;
        pass->context = context;
        error = tl_journal_each(stalled->journal, try_one, pass);
    }
    if (!error && !pass->failing.count && !pass->failing.all)
        error = tl_journal_empty(stalled->journal);
    if (!error)
        stalled->acts = pass->failing;
    bool done = tl_stalled_count(stalled) == 0;
    if (done)
        stalled->pause = first;
    else if (error != TL_ERROR_AWAY && stalled->pause < longest)
        stalled->pause *= 2;
    if (stalled->pause > longest)
        stalled->pause = longest;
    stalled->next_try = now + stalled->pause;
    return true;
}
