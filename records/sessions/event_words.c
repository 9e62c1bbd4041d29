#include "sessions/event_words.h"

#include "base/json.h"
#include "base/memory.h"
#include "db/sealing.h"
#include "seal/sealed.h"

static const char *const words[] = { "name", "title", "comment", "report" };

enum tl_error tl_event_detail_write(struct tl_db *db, const char *event, const char *structure,
                                    const char *act, const json_t *detail, char **ret_json)
{
    const struct tl_place place = { "act_event.detail", event, structure, act };
    tl_autojson json_t *open = detail ? json_copy((json_t *)detail) : json_object();
    tl_autojson json_t *sealed = NULL;
    json_t *hidden = json_object();
    for (size_t i = 0; i < TL_COUNT_OF(words); i++) {
        json_t *value = json_object_get(open, words[i]);
        if (!value)
            continue;
        json_object_set(hidden, words[i], value);
        json_object_del(open, words[i]);
    }
    tl_autofree char *shown = json_dumps(open, JSON_COMPACT);
    if (!shown || tl_sealed_is_in(tl_text(shown))) {
        json_decref(hidden);
        return shown ? TL_ERROR_RANGE : TL_ERROR_MEMORY; /* nobody's to write: seal/sealed.h */
    }
    if (!json_object_size(hidden)) {
        json_decref(hidden);
        *ret_json = TL_TAKE(shown);
        return TL_OK;
    }
    enum tl_error error = tl_db_seal_members(db, &place, hidden, &sealed);
    if (error)
        return error;
    json_object_update(open, sealed);
    *ret_json = json_dumps(open, JSON_COMPACT);
    return *ret_json ? TL_OK : TL_ERROR_MEMORY;
}
