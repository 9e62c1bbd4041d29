/* The health of the platform for its operator: what PostgreSQL and the outbox say, and what the door
 * knows of processes and certificates, which it sends along with the operator's requests
 * (docs/channels.md). */
#include "http/policy.h"
#include "structures/handlers.h"

void tl_get_operator_health(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_PLATFORM_DATABASE, &rows, tl_value(NULL)))
        return;
    const char *database = tl_rows_text(&rows, 0, 0), *outbox = tl_rows_text(&rows, 0, 1);
    tl_answer_object(call, 200,
                     json_pack("{s:s,s:o?,s:o?,s:O?}", "version", call->settings->version,
                               "database", database ? json_loads(database, 0, NULL) : NULL,
                               "outbox", outbox ? json_loads(outbox, 0, NULL) : NULL,
                               "processes", call->request->platform));
}

void tl_get_operator_certificates(struct tl_call *call)
{
    json_t *items = json_object_get(call->request->platform, "certificates");
    tl_answer_object(
        call, 200,
        json_pack("{s:o,s:O?}", "items", items ? json_incref(items) : json_array(), "refused",
                  json_object_get(call->request->platform, "certificates_refused")));
}
