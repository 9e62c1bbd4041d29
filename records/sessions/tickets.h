/* Tickets open one WebSocket, once, within a minute. */
#ifndef TL_RECORDS_TICKETS_H
#define TL_RECORDS_TICKETS_H

#include "http/call.h"

/* For the present principal; act NULL for a watch. */
bool tl_ticket_make(struct tl_call *call, const char *kind, const char *act,
                    char ret_ticket[TL_TOKEN_SIZE]);

/* Of nobody, for an equipment test without an act; answered when it is refused. */
bool tl_ticket_make_probe(struct tl_call *call, char ret_ticket[TL_TOKEN_SIZE]);

/* TICKET_REDEEM of docs/channels.md: the answer's body, released by the caller. TL_ERROR_MISSING:
 * unknown, used, expired, or its session is over. */
enum tl_error tl_ticket_redeem(struct tl_db *db, const char *writer, json_t *body,
                               json_t **ret_answer);

#endif
