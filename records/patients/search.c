/* Patients looked for by what people type: a part of a name, a date of birth, an INS. Names are sealed
 * in the database, so that parts of them are compared here, over the patients the structures of who
 * asks have known most recently; a whole birth name with its date, and an INS, find anybody they know. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "http/limits.h"
#include "http/time_text.h"
#include "patients/handlers.h"
#include "patients/identity.h"
#include "records/identifiers.h"
#include "seal/sealed.h"

enum {
    ITEMS = 20,
    LOOKED_AT = 5000, /* patients opened for one search */
    CHARACTERS = 100,
    INS_SIZE = 15
};

struct query {
    char name[4 * CHARACTERS + 1], date[11], ins[INS_SIZE + 1], after[TL_UUID_SIZE];
    int most;
    bool by_ins;
    char *folded; /* of the name */
};

struct found {
    char id[TL_UUID_SIZE];
    char *words; /* what they are sorted by */
};

struct list {
    struct found *items;
    size_t count, room;
};

/* 12/04/1956 as people here write it, into 1956-04-12; false when it is neither form. */
static bool read_query_date(struct tl_text q, char ret_date[11])
{
    struct tl_date date;
    if (q.size != 10)
        return false;
    if (q.data[2] == '/' && q.data[5] == '/')
        snprintf(ret_date, 11, "%.4s-%.2s-%.2s", q.data + 6, q.data + 3, q.data);
    else
        snprintf(ret_date, 11, "%.10s", q.data);
    return tl_date_read(tl_text(ret_date), &date) == TL_OK;
}

/* "Moreau, 12/04/1956": the date is taken off the end, what is left is the name. */
static bool take_query_date(struct tl_text *q, char ret_date[11])
{
    enum { DATE = 10 };
    struct tl_text end = { q->data + (q->size < DATE ? 0 : q->size - DATE), DATE };
    bool apart =
        q->size == DATE || (q->size > DATE && (end.data[-1] == ' ' || end.data[-1] == ','));
    if (!apart || !read_query_date(end, ret_date))
        return false;
    q->size -= DATE;
    while (q->size && (q->data[q->size - 1] == ' ' || q->data[q->size - 1] == ','))
        q->size--;
    return true;
}

/* The fifteen characters of an INS, with or without spaces between them. */
static bool read_query_ins(struct tl_text q, char ret_ins[INS_SIZE + 1])
{
    size_t used = 0;
    for (size_t i = 0; i < q.size && used <= INS_SIZE; i++) {
        if (q.data[i] == ' ')
            continue;
        char c = q.data[i];
        if (used < INS_SIZE)
            ret_ins[used] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        used++;
    }
    ret_ins[INS_SIZE] = 0;
    return used == INS_SIZE && ret_ins[0] >= '0' && ret_ins[0] <= '9';
}

static bool read_query(struct tl_call *call, struct query *ret_query)
{
    struct tl_fields f;
    struct query query = { .most = ITEMS };
    if (!tl_call_body(call, &f))
        return false;
    struct tl_text q = tl_field_characters(&f, "q", 2, CHARACTERS, TL_ONE_LINE);
    tl_field_uuid(&f, "after", true, query.after);
    query.most = (int)tl_field_integer_or(&f, "limit", 1, TL_CALL_MOST_ITEMS, ITEMS);
    if (tl_fields_end(&f))
        return tl_refuse_fields(call, &f);
    if (!take_query_date(&q, query.date)) {
        query.date[0] = 0;
        query.by_ins = read_query_ins(q, query.ins);
    }
    (void)tl_text_copy(q, query.name, sizeof query.name); /* without what was taken off */
    if (tl_fold(query.by_ins ? TL_TEXT("") : q, &query.folded))
        return tl_refuse(call, TL_PROBLEM_FIELD, "q",
                         TL_SAY("Ce texte n'est pas lisible.", "This text is not readable."));
    *ret_query = query;
    return true;
}

static void list_free(struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        tl_secret_wipe(list->items[i].words, strlen(list->items[i].words));
        free(list->items[i].words);
    }
    free(list->items);
}

static enum tl_error list_add(struct list *list, const char *id, const char *words)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        struct found *items = reallocarray(list->items, room, sizeof *items);
        if (!items)
            return TL_ERROR_MEMORY;
        list->items = items;
        list->room = room;
    }
    struct found *found = &list->items[list->count];
    if (tl_text_copy(tl_text(id), found->id, sizeof found->id))
        return TL_ERROR_FORMAT;
    found->words = strdup(words);
    if (!found->words)
        return TL_ERROR_MEMORY;
    list->count++;
    return TL_OK;
}

/* Compares one patient as the database's answer holds them, opened: a JSON object. */
static enum tl_error look_at(const struct query *q, const char *id, const char *identity,
                             struct list *list)
{
    tl_autojson json_t *object = NULL;
    enum tl_error error =
        tl_json_read(tl_bytes(identity, strlen(identity)), TL_SEALED_PLAIN_LIMIT, &object);
    if (error)
        return error;
    const char *words = json_string_value(json_object_get(object, "search"));
    const char *date = json_string_value(json_object_get(object, "birth_date"));
    const char *ins = json_string_value(json_object_get(object, "ins"));
    bool is = words && (!q->date[0] || (date && strcmp(q->date, date) == 0)) &&
              (!q->by_ins || (ins && strcmp(q->ins, ins) == 0)) &&
              tl_folded_has(words, q->folded);
    return is ? list_add(list, id, words) : TL_OK;
}

/* Those an index points at, or, with none, the latest. */
static bool look(struct tl_call *call, const struct query *q, const uint8_t *name_index,
                 const uint8_t *ins_index, struct list *list)
{
    tl_autorows struct tl_rows rows = { 0 };
    char most[12];
    snprintf(most, sizeof most, "%d", LOOKED_AT);
    if (!tl_call_ask(call, TL_SQL_PATIENTS_FOR_SEARCH, &rows, tl_value(call->who.id),
                     tl_index_value(name_index, name_index),
                     tl_index_value(ins_index, ins_index), tl_value(most)))
        return false;
    for (size_t n = 0; n < rows.count; n++) {
        enum tl_error error =
            look_at(q, tl_rows_text(&rows, n, 0), tl_rows_text(&rows, n, 1), list);
        if (error)
            return tl_refuse_error(call, error);
    }
    return true;
}

/* A matricule is somebody's under one of the authorities that give them. */
static bool look_by_ins(struct tl_call *call, const struct query *q, struct list *list)
{
    for (size_t n = 0; n < tl_ins_oid_count; n++) {
        const struct tl_identity asked = { .ins = tl_text(q->ins),
                                           .ins_oid = tl_text(tl_ins_oids[n]) };
        struct tl_identity_indexes i;
        enum tl_error error = tl_identity_index(call->db, &asked, &i);
        if (error)
            return tl_refuse_error(call, error);
        if (!look(call, q, NULL, i.ins, list))
            return false;
    }
    return true;
}

static bool look_by_name(struct tl_call *call, const struct query *q, struct list *list)
{
    const struct tl_identity asked = { .birth_name = tl_text(q->name),
                                       .birth_date = tl_text(q->date) };
    struct tl_identity_indexes i = { .has_name = false };
    if (!look(call, q, NULL, NULL, list))
        return false;
    if (!asked.birth_name.size || !asked.birth_date.size)
        return true;
    enum tl_error error = tl_identity_index(call->db, &asked, &i);
    return error ? tl_refuse_error(call, error) : look(call, q, i.name, NULL, list);
}

static int by_words(const void *left, const void *right)
{
    const struct found *a = left, *b = right;
    int order = strcmp(a->words, b->words);
    return order ? order : strcmp(a->id, b->id);
}

/* Sorted, and each once: the two ways of looking may find the same. */
static void tidy(struct list *list)
{
    size_t kept = 0;
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, by_words);
    for (size_t i = 0; i < list->count; i++) {
        if (kept && strcmp(list->items[i].id, list->items[kept - 1].id) == 0)
            free(list->items[i].words);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* Where the page begins; false: the place asked for after is not in the list. */
static bool find_start(const struct list *list, const char *after, size_t *ret_start)
{
    *ret_start = 0;
    for (size_t i = 0; after[0] && i < list->count; i++)
        if (strcmp(list->items[i].id, after) == 0) {
            *ret_start = i + 1;
            return true;
        }
    return !after[0];
}

static void answer_page(struct tl_call *call, const struct query *q, const struct list *list)
{
    char ids[TL_CALL_MOST_ITEMS * TL_UUID_SIZE + 3];
    struct tl_writer w = tl_writer(ids, sizeof ids - 1);
    tl_autorows struct tl_rows page = { 0 };
    size_t start, end;
    if (!find_start(list, q->after, &start)) {
        (void)tl_refuse_no_such_place(call);
        return;
    }
    end = start + (size_t)q->most < list->count ? start + (size_t)q->most : list->count;
    tl_write_u8(&w, '{');
    for (size_t i = start; i < end; i++)
        tl_write_format(&w, "%s%s", i > start ? "," : "", list->items[i].id);
    tl_write_u8(&w, '}');
    ids[w.used] = 0;
    if (!tl_call_ask(call, TL_SQL_PATIENTS_FOUND, &page, tl_value(ids)))
        return;
    tl_answer_object(call, 200,
                     json_pack("{s:o,s:s?}", "items",
                               json_loads(tl_rows_text(&page, 0, 0), 0, NULL), "next",
                               end < list->count ? list->items[end - 1].id : NULL));
    call->audit_each = "patient.listed";
}

void tl_post_patients_search(struct tl_call *call)
{
    struct query query = { .most = 0 };
    struct list list = { 0 };
    if (!read_query(call, &query))
        return;
    if (query.by_ins ? look_by_ins(call, &query, &list) : look_by_name(call, &query, &list)) {
        tidy(&list);
        answer_page(call, &query, &list);
    }
    list_free(&list);
    tl_secret_free_text(query.folded);
    tl_secret_wipe(&query, sizeof query);
}
