#include "seal/sealed.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"

enum { MARK = sizeof TL_SEALED_BEGIN - 1, HEAD_SIZE = 16 };

struct tl_text tl_sealed_context(const char *place, const char *id,
                                 char buffer[TL_SEALED_CONTEXT_SIZE])
{
    int size = snprintf(buffer, TL_SEALED_CONTEXT_SIZE, "%s:%s", place, id);
    return (struct tl_text){ buffer,
                             size < 0 || size >= TL_SEALED_CONTEXT_SIZE ? 0 : (size_t)size };
}

enum tl_error tl_sealed_write(uint32_t key_id, const uint8_t key[TL_SEAL_KEY_SIZE],
                              const char *place, const char *id, struct tl_text plain,
                              char **ret_text)
{
    char buffer[TL_SEALED_CONTEXT_SIZE];
    struct tl_text context = tl_sealed_context(place, id, buffer);
    tl_autofree uint8_t *sealed = NULL;
    size_t size = 0;
    if (!context.size || plain.size > TL_SEALED_PLAIN_LIMIT)
        return TL_ERROR_LIMIT;
    enum tl_error error =
        tl_seal_with(key, context, tl_bytes(plain.data, plain.size), &sealed, &size);
    if (error)
        return error;
    tl_autofree char *text = malloc(HEAD_SIZE + (size * 4 + 2) / 3 + 1);
    if (!text)
        return TL_ERROR_MEMORY;
    int head = snprintf(text, HEAD_SIZE, TL_SEALED_PREFIX "%u:", key_id);
    tl_base64url_write(tl_bytes(sealed, size), text + head);
    *ret_text = TL_TAKE(text);
    return TL_OK;
}

enum tl_error tl_sealed_write_answer(struct tl_text column, const char *place, const char *id,
                                     char **ret_text)
{
    size_t room = column.size + strlen(place) + strlen(id) + 2 * MARK + 3;
    char *text = malloc(room);
    if (!text)
        return TL_ERROR_MEMORY;
    snprintf(text, room, TL_SEALED_BEGIN "%s:%s:%.*s" TL_SEALED_END, place, id,
             (int)column.size, column.data);
    *ret_text = text;
    return TL_OK;
}

/* S1:<number>:<digits>, taken apart. */
static enum tl_error take_apart(struct tl_text column, uint32_t *ret_key_id,
                                struct tl_text *ret_digits)
{
    struct tl_text rest = column, prefix, number;
    uint64_t id;
    if (!tl_text_starts_with(column, TL_SEALED_PREFIX) || !tl_text_split(&rest, ':', &prefix) ||
        !tl_text_split(&rest, ':', &number) || tl_text_u64(number, INT32_MAX, &id))
        return TL_ERROR_FORMAT;
    *ret_key_id = (uint32_t)id;
    *ret_digits = rest;
    return TL_OK;
}

enum tl_error tl_sealed_key(struct tl_text column, uint32_t *ret_key_id)
{
    struct tl_text digits;
    return take_apart(column, ret_key_id, &digits);
}

enum tl_error tl_sealed_read(struct tl_text column, const uint8_t key[TL_SEAL_KEY_SIZE],
                             const char *place, const char *id, char **ret_plain,
                             size_t *ret_size)
{
    char buffer[TL_SEALED_CONTEXT_SIZE];
    struct tl_text context = tl_sealed_context(place, id, buffer);
    struct tl_text digits;
    uint8_t *plain = NULL;
    size_t size = 0, plain_size = 0;
    uint32_t key_id;
    if (!context.size || take_apart(column, &key_id, &digits))
        return TL_ERROR_FORMAT;
    size_t room = digits.size / 4 * 3 + 3;
    tl_autofree uint8_t *bytes = malloc(room);
    if (!bytes)
        return TL_ERROR_MEMORY;
    enum tl_error error = tl_base64url_read(digits, bytes, room, &size);
    if (!error)
        error = tl_unseal_with(key, context, tl_bytes(bytes, size), &plain, &plain_size);
    if (error)
        return error;
    *ret_plain = (char *)plain;
    *ret_size = plain_size;
    return TL_OK;
}

/* ---- answers ---- */

/* Text that grows; after a failure it stays as it is. */
struct grown {
    char *data;
    size_t used, room;
    bool failed;
};

static void grown_add(struct grown *g, const char *data, size_t size)
{
    if (g->failed || !g->data || g->used + size + 1 > g->room) {
        size_t room = (g->used + size + 1) * 2;
        char *wider = g->failed ? NULL : malloc(room);
        if (!wider) {
            g->failed = true;
            return;
        }
        if (g->data) {
            memcpy(wider, g->data, g->used);
            tl_secret_wipe(g->data, g->used);
            free(g->data);
        }
        g->data = wider;
        g->room = room;
    }
    if (size)
        memcpy(g->data + g->used, data, size);
    g->used += size;
    g->data[g->used] = 0;
}

static void grown_add_json(struct grown *g, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text) {
        g->failed = true;
        return;
    }
    grown_add(g, text, strlen(text));
    tl_secret_free_text(text);
}

static void grown_free(struct grown *g)
{
    if (g->data)
        tl_secret_wipe(g->data, g->used);
    free(g->data);
}

/* What stands between the marks. */
struct mark {
    char place[TL_SEALED_PLACE_LIMIT], id[TL_SEALED_ID_LIMIT];
    bool has_members;
    struct tl_text members, column;
};

static bool read_mark(struct tl_text inside, struct mark *ret_mark)
{
    struct mark m = { .has_members = false };
    struct tl_text rest = inside, name, id;
    if (!tl_text_split(&rest, ':', &name) || !tl_text_split(&rest, ':', &id))
        return false;
    m.column = rest;
    m.members = name;
    m.has_members = memchr(name.data, '/', name.size) != NULL;
    struct tl_text place;
    (void)tl_text_split(&m.members, '/', &place);
    if (tl_text_copy(place, m.place, sizeof m.place) || tl_text_copy(id, m.id, sizeof m.id))
        return false;
    *ret_mark = m;
    return true;
}

struct opening {
    struct grown out;
    bool json, is_null;
    tl_sealed_find *find;
    void *context;
};

/* Takes `"$": "` off the end of what was written: members come in its place. */
static bool take_dollar(struct grown *g)
{
    static const char quoted[] = "\"$\"";
    size_t at = g->used;
    if (!at || g->data[--at] != '"')
        return false;
    while (at && g->data[at - 1] == ' ')
        at--;
    if (!at || g->data[--at] != ':')
        return false;
    while (at && g->data[at - 1] == ' ')
        at--;
    if (at < sizeof quoted - 1 ||
        memcmp(g->data + at - (sizeof quoted - 1), quoted, sizeof quoted - 1) != 0)
        return false;
    g->used = at - (sizeof quoted - 1);
    return true;
}

/* The members asked for, or all; never none, for a comma may follow. */
static enum tl_error splice(struct opening *o, json_t *object, struct tl_text members)
{
    struct tl_text rest = members, name;
    size_t count = 0;
    const char *key;
    json_t *value;
    if (!take_dollar(&o->out))
        return TL_ERROR_FORMAT;
    if (!members.size) {
        json_object_foreach(object, key, value)
        {
            if (count++)
                grown_add(&o->out, ",", 1);
            grown_add(&o->out, "\"", 1);
            grown_add(&o->out, key, strlen(key));
            grown_add(&o->out, "\":", 2);
            grown_add_json(&o->out, value);
        }
        return count ? TL_OK : TL_ERROR_FORMAT;
    }
    for (bool more = true; more;) {
        more = tl_text_split(&rest, ',', &name);
        if (count++)
            grown_add(&o->out, ",", 1);
        grown_add(&o->out, "\"", 1);
        grown_add(&o->out, name.data, name.size);
        grown_add(&o->out, "\":", 2);
        value = json_object_getn(object, name.data, name.size);
        if (value)
            grown_add_json(&o->out, value);
        else
            grown_add(&o->out, "null", 4);
    }
    return TL_OK;
}

/* One member in the place of the text it was asked for by. */
static enum tl_error put_member(struct opening *o, const json_t *value)
{
    if (o->json) {
        if (!o->out.used || o->out.data[o->out.used - 1] != '"')
            return TL_ERROR_FORMAT;
        o->out.used--;
        if (value)
            grown_add_json(&o->out, value);
        else
            grown_add(&o->out, "null", 4);
        return TL_OK;
    }
    o->is_null = !json_is_string(value);
    if (!o->is_null)
        grown_add(&o->out, json_string_value(value), json_string_length(value));
    return TL_OK;
}

static enum tl_error put_text(struct opening *o, const char *plain, size_t size)
{
    if (!o->json) {
        grown_add(&o->out, plain, size);
        return TL_OK;
    }
    json_t *value = json_stringn(plain, size);
    if (!value)
        return TL_ERROR_FORMAT;
    enum tl_error error = put_member(o, value);
    json_decref(value);
    return error;
}

static enum tl_error put(struct opening *o, const struct mark *m)
{
    uint8_t key[TL_SEAL_KEY_SIZE];
    char *plain = NULL;
    size_t size = 0;
    uint32_t key_id;
    if (!m->column.size && !m->has_members)
        return put_text(o, "", 0);
    enum tl_error error = tl_sealed_key(m->column, &key_id);
    if (!error)
        error = o->find(o->context, key_id, key);
    if (!error)
        error = tl_sealed_read(m->column, key, m->place, m->id, &plain, &size);
    tl_secret_wipe(key, sizeof key);
    if (error)
        return error;
    if (!m->has_members) {
        error = put_text(o, plain, size);
    } else {
        tl_autojson json_t *object = NULL;
        error = tl_json_read(tl_bytes(plain, size), TL_SEALED_PLAIN_LIMIT, &object);
        if (!error && (!m->members.size || memchr(m->members.data, ',', m->members.size)))
            error = o->json ? splice(o, object, m->members) : TL_ERROR_FORMAT;
        else if (!error)
            error = put_member(o, json_object_getn(object, m->members.data, m->members.size));
    }
    tl_secret_wipe(plain, size);
    free(plain);
    return error;
}

static enum tl_error open_all(struct opening *o, struct tl_text rest)
{
    for (;;) {
        const char *begin = memmem(rest.data, rest.size, TL_SEALED_BEGIN, MARK);
        if (!begin) {
            grown_add(&o->out, rest.data, rest.size);
            return o->out.failed ? TL_ERROR_MEMORY : TL_OK;
        }
        grown_add(&o->out, rest.data, (size_t)(begin - rest.data));
        struct tl_text inside = { begin + MARK,
                                  rest.size - MARK - (size_t)(begin - rest.data) };
        const char *end = memmem(inside.data, inside.size, TL_SEALED_END, MARK);
        struct mark mark;
        if (!end)
            return TL_ERROR_FORMAT;
        rest = (struct tl_text){ end + MARK, inside.size - MARK - (size_t)(end - inside.data) };
        inside.size = (size_t)(end - inside.data);
        /* In JSON the text's own quotes go with it. */
        if (o->json && (!rest.size || rest.data[0] != '"'))
            return TL_ERROR_FORMAT;
        if (!read_mark(inside, &mark))
            return TL_ERROR_FORMAT;
        enum tl_error error = put(o, &mark);
        if (error)
            return error;
        if (o->json) {
            rest.data++;
            rest.size--;
        }
    }
}

enum tl_error tl_sealed_open(struct tl_text answer, bool json, tl_sealed_find *find,
                             void *context, char **ret_text, size_t *ret_size)
{
    struct opening o = { .json = json, .find = find, .context = context };
    enum tl_error error = open_all(&o, answer);
    /* Nothing opened makes another mark, neither alone nor with what stands beside it. */
    if (!error && tl_sealed_is_in((struct tl_text){ o.out.data, o.out.used }))
        error = TL_ERROR_FORMAT;
    if (error) {
        grown_free(&o.out);
        return error;
    }
    if (o.is_null && !o.out.used) {
        grown_free(&o.out);
        *ret_text = NULL;
        *ret_size = 0;
        return TL_OK;
    }
    *ret_text = o.out.data;
    *ret_size = o.out.used;
    return TL_OK;
}
