#include "client/ice.h"

#include <string.h>

#include "base/secret.h"

enum {
    SILENCE_US = 5 * TL_SECOND_US,
    CONSENT_US = 30 * TL_SECOND_US, /* RFC 7675 section 5.1 */
    HOST_PRIORITY = 126 << 24 | 65535 << 8 | 255
};

void tl_ice_client_init(struct tl_ice_client *ice)
{
    memset(ice, 0, sizeof *ice);
    uint8_t random[20];
    tl_random_bytes(random, sizeof random);
    tl_hex_write(tl_bytes(random, 4), ice->ufrag);
    tl_hex_write(tl_bytes(random + 4, 16), ice->password);
    tl_random_bytes(&ice->tie_breaker, sizeof ice->tie_breaker);
    ice->chosen = -1;
}

void tl_ice_client_start(struct tl_ice_client *ice, tl_time_us now,
                         const struct tl_seat_answer *answer)
{
    memcpy(ice->remote_ufrag, answer->ufrag, sizeof ice->remote_ufrag);
    memcpy(ice->remote_password, answer->password, sizeof ice->remote_password);
    ice->check_count = answer->candidate_count;
    for (size_t i = 0; i < answer->candidate_count; i++)
        ice->checks[i] = (struct tl_ice_check){
            .address = answer->candidates[i],
            .next = now + (tl_time_us)i * 20 * TL_MILLISECOND_US, /* Ta, RFC 8445 section 14 */
            .retry = TL_ICE_CLIENT_FIRST_RETRY_US,
        };
    /* a connection belongs to this session: the door sends each where its first user name says */
    for (size_t i = 0; i < answer->candidate_count; i++)
        if (ice->checks[i].address.stream)
            ice->checks[i].address.stream |= (uint32_t)ice->tie_breaker << 8;
    ice->chosen = -1;
    ice->confirmed = false;
    ice->started = ice->heard = now;
}

static void answered(struct tl_ice_client *ice, tl_time_us now, struct tl_ice_check *check,
                     tl_time_us sent, bool nominating)
{
    check->works = true;
    ice->heard = now;
    ice->rtt = ice->rtt ? (7 * ice->rtt + (now - sent)) / 8 : now - sent;
    if (ice->chosen < 0) {
        ice->chosen = (int)(check - ice->checks);
        check->next = now; /* nominate at once (RFC 8445 section 8.1.1) */
    } else if (nominating && ice->chosen == check - ice->checks) {
        ice->confirmed = true;
        check->next = now + TL_ICE_CLIENT_CONSENT_EVERY_US;
        check->retry = TL_ICE_CLIENT_FIRST_RETRY_US;
    }
}

void tl_ice_client_input(struct tl_ice_client *ice, tl_time_us now,
                         const struct tl_address *from, struct tl_bytes datagram)
{
    struct tl_stun_message message;
    if (tl_stun_read(datagram, &message) || message.class_ != TL_STUN_SUCCESS ||
        message.method != TL_STUN_BINDING ||
        tl_stun_verify(datagram, &message, tl_text(ice->remote_password)))
        return;
    for (size_t i = 0; i < ice->check_count; i++) {
        struct tl_ice_check *check = &ice->checks[i];
        /* RFC 8445 section 7.2.5.2.1: the answer comes from where the request went. */
        if (!tl_address_equal(&check->address, from))
            continue;
        for (unsigned p = 0; p < TL_ICE_CLIENT_PENDING; p++)
            if (check->pending[p].used &&
                memcmp(check->pending[p].transaction, message.transaction,
                       TL_STUN_TRANSACTION_SIZE) == 0) {
                check->pending[p].used = false;
                answered(ice, now, check, check->pending[p].sent, check->pending[p].nominating);
                return;
            }
    }
}

void tl_ice_client_hear(struct tl_ice_client *ice, tl_time_us now)
{
    ice->heard = now;
}

static bool write_request(struct tl_ice_client *ice, tl_time_us now, struct tl_ice_check *check,
                          bool nominating, uint8_t *buffer, size_t *ret_size)
{
    char username[2 * TL_SEAT_CREDENTIAL_SIZE];
    struct tl_writer w = tl_writer(username, sizeof username);
    tl_write_format(&w, "%s:%s", ice->remote_ufrag, ice->ufrag);
    struct tl_stun_message message = { .class_ = TL_STUN_REQUEST,
                                       .method = TL_STUN_BINDING,
                                       .username = { username, w.used },
                                       .has_priority = true,
                                       .priority = HOST_PRIORITY,
                                       .has_controlling = true,
                                       .tie_breaker = ice->tie_breaker,
                                       .use_candidate = nominating };
    tl_random_bytes(message.transaction, sizeof message.transaction);
    unsigned p = check->latest++ % TL_ICE_CLIENT_PENDING;
    memcpy(check->pending[p].transaction, message.transaction, sizeof message.transaction);
    check->pending[p].sent = now;
    check->pending[p].nominating = nominating;
    check->pending[p].used = true;
    return tl_stun_write(&message, tl_text(ice->remote_password), buffer, TL_STUN_MESSAGE_LIMIT,
                         ret_size) == TL_OK;
}

/* Others rest once one is chosen. */
static bool is_active(const struct tl_ice_client *ice, size_t i)
{
    return ice->chosen < 0 || ice->chosen == (int)i;
}

bool tl_ice_client_next_output(struct tl_ice_client *ice, tl_time_us now,
                               uint8_t buffer[TL_STUN_MESSAGE_LIMIT], size_t *ret_size,
                               struct tl_address *ret_to)
{
    for (size_t i = 0; i < ice->check_count; i++) {
        struct tl_ice_check *check = &ice->checks[i];
        if (!is_active(ice, i) || now < check->next)
            continue;
        check->next = now + (ice->confirmed ? TL_ICE_CLIENT_CONSENT_EVERY_US : check->retry);
        if (check->retry < TL_ICE_CLIENT_LAST_RETRY_US)
            check->retry *= 2;
        *ret_to = check->address;
        return write_request(ice, now, check, ice->chosen == (int)i, buffer, ret_size);
    }
    return false;
}

tl_time_us tl_ice_client_next_deadline(const struct tl_ice_client *ice)
{
    tl_time_us first = INT64_MAX;
    for (size_t i = 0; i < ice->check_count; i++)
        if (is_active(ice, i) && ice->checks[i].next < first)
            first = ice->checks[i].next;
    return first;
}

enum tl_ice_client_state tl_ice_client_state(const struct tl_ice_client *ice, tl_time_us now)
{
    if (ice->check_count == 0)
        return TL_ICE_CLIENT_NEW;
    if (now - ice->heard > CONSENT_US)
        return TL_ICE_CLIENT_FAILED;
    if (!ice->confirmed)
        return TL_ICE_CLIENT_CHECKING;
    return now - ice->heard > SILENCE_US ? TL_ICE_CLIENT_SILENT : TL_ICE_CLIENT_CONNECTED;
}

const struct tl_address *tl_ice_client_address(const struct tl_ice_client *ice)
{
    return ice->confirmed ? &ice->checks[ice->chosen].address : NULL;
}
