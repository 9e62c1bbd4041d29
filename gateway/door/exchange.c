/* A request between its client and its worker: pieces of the body one way, of the answer the other,
 * each side waiting for the slower one; and who frees it when one of the two is gone. */
#include "exchange.h"

#include <stdlib.h>

#include "channels/types.h"

/* ---- its life ---- */

static void exchange_free(struct tl_exchange *exchange)
{
    exchange->door->exchange_count--;
    tl_answer_free_pieces(exchange);
    tl_answer_release(&exchange->answer);
    free(exchange->head);
    free(exchange->body);
    free(exchange);
}

static void say_aborted(struct tl_exchange *exchange)
{
    static const char aborted[] = "{\"abort\":true}";
    struct tl_channel_message message = { .type = TL_MESSAGE_HTTP_REQUEST_BODY,
                                          .request = exchange->request,
                                          .json = tl_bytes(aborted, sizeof aborted - 1) };
    (void)tl_peer_send(exchange->worker, &message);
}

void tl_exchange_leave(struct tl_exchange *exchange)
{
    exchange->wsi = NULL;
    if (exchange->job.state == TL_JOB_RUNNING) {
        if (exchange->started && exchange->received < exchange->length)
            say_aborted(exchange);
        tl_answer_free_pieces(exchange);
        if (exchange->worker)
            tl_peer_pause(exchange->worker, false);
        return; /* tl_exchange_failed or the last piece frees it */
    }
    (void)tl_pool_withdraw(&exchange->door->pool, &exchange->job);
    exchange_free(exchange);
}

/* ---- the body's pieces ---- */

bool tl_exchange_is_whole(const struct tl_exchange *exchange)
{
    return exchange->received >= exchange->length;
}

static void take_from_body(struct tl_exchange *exchange, size_t size)
{
    exchange->body_used -= size;
    memmove(exchange->body, exchange->body + size, exchange->body_used);
}

static bool send_piece(struct tl_exchange *exchange, bool head)
{
    size_t size = exchange->body_used < TL_EXCHANGE_PIECE_BYTES ? exchange->body_used
                                                                : TL_EXCHANGE_PIECE_BYTES;
    bool more = !tl_exchange_is_whole(exchange) || size < exchange->body_used;
    struct tl_channel_message message = {
        .type = head ? TL_MESSAGE_HTTP_REQUEST : TL_MESSAGE_HTTP_REQUEST_BODY,
        .flags = more ? TL_CHANNEL_MORE : 0,
        .request = exchange->request,
        .json = head ? tl_bytes(exchange->head, exchange->head_size) : tl_bytes("{}", 2),
        .raw = tl_bytes(exchange->body, size)
    };
    if (!tl_peer_send(exchange->worker, &message))
        return false;
    take_from_body(exchange, size);
    return true;
}

void tl_exchange_read_on(struct tl_exchange *exchange, bool on)
{
    if (exchange->reading_stopped == !on || !exchange->wsi)
        return;
    exchange->reading_stopped = !on;
    lws_rx_flow_control(exchange->wsi, on ? 1 : 0);
}

void tl_exchange_pump(struct tl_exchange *exchange)
{
    if (!exchange->started || !exchange->wsi || !exchange->worker)
        return;
    while (exchange->body_used &&
           tl_channel_queued_bytes(exchange->worker->channel) < TL_EXCHANGE_WORKER_QUEUE_BYTES)
        if (!send_piece(exchange, false))
            return;
    tl_pool_extend(&exchange->job, tl_clock_monotonic());
    tl_exchange_read_on(exchange, exchange->body_used < TL_EXCHANGE_PIECE_BYTES);
}

void tl_exchange_start(struct tl_exchange *exchange, struct tl_peer *worker)
{
    exchange->worker = worker;
    exchange->request = worker->request;
    exchange->started = true;
    if (send_piece(exchange, true))
        tl_exchange_pump(exchange);
}

void tl_exchange_failed(struct tl_exchange *exchange, enum tl_error why)
{
    exchange->worker = NULL;
    if (!exchange->wsi) {
        exchange_free(exchange);
        return;
    }
    /* A worker that died may have done its work or not: the same idempotency key tells. */
    if (why == TL_ERROR_TIMEOUT)
        tl_answer_problem(exchange, exchange->started ? 504 : 503, "away");
    else
        tl_answer_problem(exchange, 503, "away");
}

/* ---- the answer's pieces ---- */

static void answer_is_bad(struct tl_exchange *exchange)
{
    exchange->door->counts.bad_answers++;
    tl_answer_problem(exchange, 502, "away");
}

bool tl_exchange_answered(struct tl_exchange *exchange,
                          const struct tl_channel_message *message)
{
    bool last = !(message->flags & TL_CHANNEL_MORE);
    if (!exchange->wsi || exchange->complete || exchange->broken)
        return last; /* the rest of what nobody will read */
    if (!exchange->answered) {
        if (message->type != TL_MESSAGE_HTTP_RESPONSE &&
            message->type != TL_MESSAGE_HTTP_REQUEST) {
            answer_is_bad(exchange);
            return last;
        }
        if (message->flags & TL_CHANNEL_ERROR ||
            tl_answer_read(message->json, &exchange->answer)) {
            answer_is_bad(exchange);
            return last;
        }
        exchange->answered = true;
    }
    bool whole = exchange->answer.length < 0;
    if (message->raw.size && tl_answer_append(exchange, message->raw, false) != TL_OK)
        answer_is_bad(exchange);
    else if (exchange->buffered > TL_EXCHANGE_WHOLE_ANSWER_BYTES)
        answer_is_bad(exchange);
    else if (!last && !whole && exchange->buffered > TL_EXCHANGE_ANSWER_BYTES)
        tl_peer_pause(exchange->worker, true);
    exchange->complete |= last;
    lws_callback_on_writable(exchange->wsi);
    return last;
}
