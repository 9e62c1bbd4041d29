#include "http/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/log.h"
#include "http/idempotency.h"
#include "sign_in/handlers.h"
#include "sign_in/step_up.h"

/* What the first {} of a path stands for, by the folder it is in. */
static enum tl_object object_of_path(const char *path)
{
    static const struct {
        const char *folder;
        enum tl_object object;
    } folders[] = { { "/api/acts/{}", TL_OBJECT_ACT },
                    { "/api/patients/{}", TL_OBJECT_PATIENT },
                    { "/api/structures/{}", TL_OBJECT_STRUCTURE } };
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (strncmp(path, folders[i].folder, strlen(folders[i].folder)) == 0)
            return folders[i].object;
    return TL_OBJECT_NOTHING;
}

static bool is_sound(const struct tl_route *route)
{
    if (!route->handler || !route->path || route->action <= TL_ACTION_UNSET ||
        route->action >= TL_ACTION_COUNT || !tl_access_roles(route->action))
        return false;
    enum tl_object object = tl_action_object(route->action);
    bool clinical = object == TL_OBJECT_ACT || object == TL_OBJECT_PATIENT ||
                    tl_route_asks(route) == TL_ROLE_VISITOR ||
                    tl_route_asks(route) == TL_ROLE_RECIPIENT ||
                    strncmp(route->path, "/api/acts", 9) == 0 ||
                    strncmp(route->path, "/api/patients", 13) == 0;
    /* An object in the path is the one the table is asked about, and no other. */
    return object == object_of_path(route->path) && (!clinical || route->audit) &&
           (route->method != TL_GET || !route->body_limit);
}

bool tl_routes_are_sound(const struct tl_route *routes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_sound(&routes[i]))
            return false;
    return true;
}

static bool path_matches(const char *pattern, struct tl_text path, char ids[2][TL_UUID_SIZE])
{
    size_t at = 0;
    unsigned id = 0;
    for (; *pattern; pattern++) {
        if (pattern[0] == '{' && pattern[1] == '}') {
            struct tl_text text = { path.data + at, TL_UUID_SIZE - 1 };
            if (id == 2 || path.size - at < text.size || !tl_uuid_is_valid(text) ||
                tl_text_copy(text, ids[id], TL_UUID_SIZE))
                return false;
            id++;
            at += text.size;
            pattern++;
        } else if (at == path.size || path.data[at++] != *pattern) {
            return false;
        }
    }
    return at == path.size;
}

enum tl_error tl_route_find(const struct tl_route *routes, size_t count, enum tl_method method,
                            struct tl_text path, const struct tl_route **ret_route,
                            char ret_ids[2][TL_UUID_SIZE])
{
    enum tl_error error = TL_ERROR_MISSING;
    for (size_t i = 0; i < count; i++) {
        char ids[2][TL_UUID_SIZE] = { { 0 } };
        if (!path_matches(routes[i].path, path, ids))
            continue;
        if (routes[i].method != method) {
            error = TL_ERROR_UNSUPPORTED;
            continue;
        }
        *ret_route = &routes[i];
        memcpy(ret_ids, ids, sizeof ids);
        return TL_OK;
    }
    return error;
}

/* Query parameters belong to those who read them; a call that reads none takes none. */
static bool nothing_unread(struct tl_call *call)
{
    if (call->query || !call->request->query.size)
        return true;
    return tl_refuse(call, TL_PROBLEM_FIELD, NULL,
                     TL_SAY("Cette adresse ne prend pas de paramètre.",
                            "This address takes no parameters."));
}

static bool write_audit(struct tl_call *call)
{
    static const char *const kinds[] = { [TL_PRINCIPAL_NOBODY] = "door",
                                         [TL_PRINCIPAL_PERSON] = "person",
                                         [TL_PRINCIPAL_VISITOR] = "visitor",
                                         [TL_PRINCIPAL_RECIPIENT] = "visitor" };
    if (!call->route->audit)
        return true;
    struct tl_audit audit = {
        .writer = call->settings->writer,
        .actor_kind = kinds[call->who.kind],
        .actor = call->who.id,
        .action = call->audit_as ? call->audit_as : call->route->audit,
        .act = call->act.id,
        .patient = call->audit_patient,
        .object = call->audit_object,
    };
    enum tl_error error = tl_audit_add(call->db, &audit);
    if (!error && call->audit_each && call->answer.status < 400)
        error = tl_audit_add_each(call->db, &audit, call->audit_each, call->answer.body);
    return error ? tl_refuse_error(call, error) : true;
}

static void answer_in_transaction(struct tl_call *call)
{
    bool change = call->request->method != TL_GET;
    if (!tl_principal_find(call) || !tl_principal_check(call, change))
        return;
    /* Before the rights: who handed an act over may not do it again, and is not doing it again. The
     * key belongs to the person, so that nobody else is ever given the answer. */
    struct tl_once once = { 0 };
    if (!tl_once_begin(call, &once))
        return;
    if (once.answered) { /* read again, if not done again */
        (void)write_audit(call);
        call->keep = true;
        return;
    }
    if (!tl_policy_check(call, change) || !tl_step_up_check(call, call->route->action))
        return;
    call->route->handler(call);
    if (call->answer.status < 400)
        (void)nothing_unread(call);
    if (call->answer.status < 400 || call->keep)
        if (!write_audit(call) || !tl_once_end(call, &once))
            call->keep = false;
}

static void forget_notices(struct tl_call *call)
{
    for (size_t i = 0; i < call->notice_count; i++)
        json_decref(call->notices[i]);
    call->notice_count = 0;
}

static bool find_route(struct tl_call *call)
{
    enum tl_error error = tl_route_find(tl_routes, tl_route_count, call->request->method,
                                        call->request->path, &call->route, call->ids);
    if (error == TL_ERROR_UNSUPPORTED)
        return tl_refuse(call, TL_PROBLEM_METHOD, NULL,
                         TL_SAY("Cette adresse ne prend pas cette méthode.",
                                "This address does not take this method."));
    if (error)
        return tl_refuse(call, TL_PROBLEM_MISSING, NULL,
                         TL_SAY("Aucune page à cette adresse.", "Nothing at this address."));
    if (call->request->body.size > call->route->body_limit)
        return tl_refuse(call, TL_PROBLEM_TOO_BIG, NULL,
                         TL_SAY("Le contenu dépasse la taille admise.",
                                "The content is over the size allowed."));
    return true;
}

void tl_dispatch(struct tl_call *call)
{
    if (!find_route(call) ||
        (call->route->handler == tl_post_sign_in && !tl_sign_in_front(call)))
        return;
    enum tl_error error = tl_db_begin_as(call->db, tl_route_db_role(call->route));
    if (error) {
        (void)tl_refuse_error(call, error);
        return;
    }
    answer_in_transaction(call);
    bool keep =
        !call->undo && (call->answer.status < 400 || (call->keep && call->answer.status < 500));
    if (!keep) {
        tl_db_rollback(call->db);
        forget_notices(call);
        tl_answer_no_cookies(call);
        return;
    }
    error = tl_db_commit(call->db);
    if (error) {
        /* Told nothing was recorded: sent again under the same key, it happens once. */
        forget_notices(call);
        tl_answer_no_cookies(call);
        (void)tl_refuse_error(call, error);
    }
}
