#include "patients/identity.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"
#include "db/sealing.h"

static const struct {
    const char *name;
    size_t at;
    bool trimmed;
} members[] = {
    { "birth_name", offsetof(struct tl_identity, birth_name), true },
    { "used_name", offsetof(struct tl_identity, used_name), true },
    { "first_names", offsetof(struct tl_identity, first_names), true },
    { "birth_date", offsetof(struct tl_identity, birth_date), false },
    { "sex", offsetof(struct tl_identity, sex), false },
    { "birth_place_code", offsetof(struct tl_identity, birth_place_code), false },
    { "ins", offsetof(struct tl_identity, ins), false },
    { "ins_oid", offsetof(struct tl_identity, ins_oid), false },
    { "phone", offsetof(struct tl_identity, phone), false },
    { "email", offsetof(struct tl_identity, email), false },
};

static struct tl_text trim(struct tl_text text)
{
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

static struct tl_text member(const struct tl_identity *identity, size_t i)
{
    struct tl_text text;
    memcpy(&text, (const char *)identity + members[i].at, sizeof text);
    return members[i].trimmed ? trim(text) : text;
}

/* First given name and name in use. */
static json_t *display_name(const struct tl_identity *identity)
{
    struct tl_text first = trim(identity->first_names), given;
    struct tl_text used = trim(identity->used_name);
    struct tl_text name = used.size ? used : trim(identity->birth_name);
    (void)tl_text_split(&first, ' ', &given);
    return json_sprintf("%.*s %.*s", (int)given.size, given.data, (int)name.size, name.data);
}

/* All names, folded: what a search looks in. */
static enum tl_error search_words(const struct tl_identity *identity, json_t **ret_words)
{
    char names[3 * 4 * 100 + 3], *folded = NULL;
    struct tl_writer w = tl_writer(names, sizeof names);
    tl_write_format(&w, "%.*s %.*s %.*s", (int)identity->birth_name.size,
                    identity->birth_name.data, (int)identity->used_name.size,
                    identity->used_name.data ? identity->used_name.data : "",
                    (int)identity->first_names.size, identity->first_names.data);
    enum tl_error error =
        w.failed ? TL_ERROR_LIMIT : tl_fold((struct tl_text){ names, w.used }, &folded);
    tl_secret_wipe(names, sizeof names);
    if (error)
        return error;
    *ret_words = json_string(folded);
    tl_secret_free_text(folded);
    return *ret_words ? TL_OK : TL_ERROR_MEMORY;
}

enum tl_error tl_identity_write(const struct tl_identity *identity, char **ret_json)
{
    json_t *search = NULL;
    if (!identity->birth_name.size || !identity->first_names.size)
        return TL_ERROR_FORMAT;
    enum tl_error error = search_words(identity, &search);
    if (error)
        return error;
    tl_autojson json_t *object = json_object();
    for (size_t i = 0; i < TL_COUNT_OF(members); i++) {
        struct tl_text text = member(identity, i);
        json_object_set_new(object, members[i].name,
                            text.size ? json_stringn(text.data, text.size) : json_null());
    }
    json_object_set_new(object, "display_name", display_name(identity));
    json_object_set_new(object, "search", search);
    char *json = json_dumps(object, JSON_COMPACT);
    if (!json)
        return TL_ERROR_MEMORY;
    *ret_json = json;
    return TL_OK;
}

struct tl_identity tl_identity_read(const json_t *object)
{
    struct tl_identity identity = { 0 };
    for (size_t i = 0; i < TL_COUNT_OF(members); i++) {
        const json_t *value = json_object_get(object, members[i].name);
        struct tl_text text = { json_string_value(value), json_string_length(value) };
        memcpy((char *)&identity + members[i].at, &text, sizeof text);
    }
    return identity;
}

enum tl_error tl_identity_index(struct tl_db *db, const struct tl_identity *t,
                                struct tl_identity_indexes *ret_indexes)
{
    struct tl_identity_indexes i = { .has_traits = false };
    const struct tl_text traits[] = { t->birth_name, t->first_names, t->birth_date, t->sex,
                                      t->birth_place_code };
    const struct tl_text ins[] = { t->ins_oid, t->ins };
    enum tl_error error = TL_OK;
    i.has_name = t->birth_name.size && t->birth_date.size;
    i.has_traits = i.has_name && t->first_names.size && t->sex.size && t->birth_place_code.size;
    i.has_ins = t->ins.size && t->ins_oid.size;
    if (i.has_traits)
        error =
            tl_db_blind_index(db, "patient traits 1", traits, TL_COUNT_OF(traits), i.traits);
    if (!error && i.has_name) {
        const struct tl_text name[] = { t->birth_name, t->birth_date };
        error = tl_db_blind_index(db, "patient name 1", name, TL_COUNT_OF(name), i.name);
    }
    if (!error && i.has_ins)
        error = tl_db_blind_index(db, "patient ins 1", ins, TL_COUNT_OF(ins), i.ins);
    if (!error)
        *ret_indexes = i;
    return error;
}
