/* The browsers signed in to one's account: seen, ended one by one, or all at once. */
#include "http/policy.h"
#include "sign_in/handlers.h"
#include "sign_in/tokens.h"

static void digest_of_this(struct tl_call *call, uint8_t ret_digest[TL_DIGEST_SIZE])
{
    struct tl_text token = { NULL, 0 };
    (void)tl_cookie_read(call->request->cookie, TL_COOKIE_ACCOUNT, &token);
    tl_token_digest(token, ret_digest);
}

bool tl_sessions_tell_ended(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_run(call, TL_SQL_BROWSERS_ENDED_NOW, NULL, 0, &rows))
        return false;
    json_t *browsers = json_loads(tl_rows_text(&rows, 0, 0), 0, NULL);
    if (json_array_size(browsers) == 0 || call->notice_count == TL_CALL_NOTICES_LIMIT) {
        json_decref(browsers);
        return true;
    }
    call->notices[call->notice_count++] =
        json_pack("{s:n,s:s,s:o}", "act", "kind", "browser.ended", "people", browsers);
    return true;
}

void tl_get_me_sessions(struct tl_call *call)
{
    uint8_t here[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    digest_of_this(call, here);
    if (tl_call_ask(call, TL_SQL_WEB_SESSIONS_MINE, &rows, tl_value(call->who.account),
                    tl_value_raw(here, sizeof here)))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

void tl_post_me_session_revoke(struct tl_call *call)
{
    uint8_t here[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_empty_body(call))
        return;
    digest_of_this(call, here);
    if (!tl_call_ask(call, TL_SQL_WEB_SESSION_REVOKE, &rows, tl_value(call->who.account),
                     tl_value(call->ids[0]), tl_value_raw(here, sizeof here)))
        return;
    if (!rows.count) {
        (void)tl_refuse_missing(call);
        return;
    }
    if (!tl_sessions_tell_ended(call))
        return;
    tl_answer_empty(call, 204);
    if (tl_rows_text(&rows, 0, 0)[0] == 't')
        tl_answer_cookie(call, TL_COOKIE_ACCOUNT, "");
}

void tl_post_me_sign_out_everywhere(struct tl_call *call)
{
    if (!tl_call_empty_body(call) ||
        !tl_call_ask(call, TL_SQL_WEB_SESSIONS_END, NULL, tl_value(call->who.account)) ||
        !tl_sessions_tell_ended(call))
        return;
    tl_answer_empty(call, 204);
    tl_answer_cookie(call, TL_COOKIE_ACCOUNT, "");
}
