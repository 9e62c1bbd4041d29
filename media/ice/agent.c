#include "media/ice.h"

static enum tl_error set(struct tl_ice_credentials *credentials, struct tl_text ufrag,
                         struct tl_text password, struct tl_text remote_ufrag)
{
    struct tl_ice_credentials fresh = { .ufrag = "" };
    if (tl_text_copy(ufrag, fresh.ufrag, sizeof fresh.ufrag) ||
        tl_text_copy(password, fresh.password, sizeof fresh.password) ||
        tl_text_copy(remote_ufrag, fresh.remote_ufrag, sizeof fresh.remote_ufrag))
        return TL_ERROR_LIMIT;
    *credentials = fresh;
    return TL_OK;
}

static bool is_destination(const struct tl_ice *ice, const struct tl_ice_tuple *tuple)
{
    return ice->has_destination && tl_address_equal(&tuple->address, &ice->destination);
}

enum tl_error tl_ice_init(struct tl_ice *ice, struct tl_text ufrag, struct tl_text password,
                          struct tl_text remote_ufrag, tl_time_us now)
{
    struct tl_ice fresh = { .started = now };
    enum tl_error error = set(&fresh.local, ufrag, password, remote_ufrag);
    if (!error)
        *ice = fresh;
    return error;
}

enum tl_error tl_ice_restart(struct tl_ice *ice, struct tl_text ufrag, struct tl_text password,
                             struct tl_text remote_ufrag, tl_time_us now)
{
    struct tl_ice_credentials fresh;
    enum tl_error error = set(&fresh, ufrag, password, remote_ufrag);
    if (error)
        return error;
    if (tl_text_is(remote_ufrag, ice->local.remote_ufrag) ||
        tl_text_is(remote_ufrag, ice->before.remote_ufrag))
        return TL_ERROR_EXISTS;
    bool again = tl_ice_is_restarting(ice);
    for (size_t i = 0; i < ice->tuple_count; i++) {
        struct tl_ice_tuple *tuple = &ice->tuples[i];
        if (again && !tuple->before && !is_destination(ice, tuple))
            tuple->until = now; /* of the restart that came to nothing */
        tuple->before = true;
    }
    if (!again)
        ice->before = ice->local;
    ice->local = fresh;
    return TL_OK;
}

bool tl_ice_is_restarting(const struct tl_ice *ice)
{
    return ice->before.ufrag[0] != 0;
}

bool tl_ice_owns(const struct tl_ice *ice, struct tl_text ufrag)
{
    return tl_text_is(ufrag, ice->local.ufrag) ||
           (tl_ice_is_restarting(ice) && tl_text_is(ufrag, ice->before.ufrag));
}

static struct tl_ice_tuple *find(struct tl_ice *ice, const struct tl_address *address)
{
    for (size_t i = 0; i < ice->tuple_count; i++)
        if (tl_address_equal(&ice->tuples[i].address, address))
            return &ice->tuples[i];
    return NULL;
}

/* The place for a new tuple: a free one, else that of the address whose consent ends first and
 * which is not where we send to. */
static struct tl_ice_tuple *make_room(struct tl_ice *ice, struct tl_ice_result *result)
{
    if (ice->tuple_count < TL_ICE_TUPLES_LIMIT)
        return &ice->tuples[ice->tuple_count++];
    struct tl_ice_tuple *oldest = &ice->tuples[0];
    for (size_t i = 1; i < ice->tuple_count; i++) {
        struct tl_ice_tuple *tuple = &ice->tuples[i];
        if (is_destination(ice, tuple))
            continue;
        if (is_destination(ice, oldest) || tuple->until < oldest->until)
            oldest = tuple;
    }
    result->removed = true;
    result->removed_address = oldest->address;
    return oldest;
}

static void reply(const struct tl_stun_message *request, unsigned error_code,
                  const struct tl_address *from, struct tl_text password,
                  struct tl_ice_result *result)
{
    struct tl_stun_message answer = {
        .class_ = error_code ? TL_STUN_ERROR : TL_STUN_SUCCESS,
        .method = request->method,
        .error_code = error_code,
        .unknown_count = request->unknown_count,
    };
    memcpy(answer.transaction, request->transaction, sizeof answer.transaction);
    memcpy(answer.unknown, request->unknown, sizeof answer.unknown);
    if (!error_code) {
        answer.has_mapped = true;
        answer.mapped = *from;
    }
    result->error_code = error_code;
    if (tl_stun_write(&answer, password, result->reply, sizeof result->reply,
                      &result->reply_size))
        result->reply_size = 0;
}

void tl_ice_refuse(const struct tl_stun_message *message, struct tl_ice_result *ret_result)
{
    *ret_result = (struct tl_ice_result){ 0 };
    if (message->class_ != TL_STUN_REQUEST || message->method != TL_STUN_BINDING)
        return;
    /* RFC 8489 section 9.1.3: without both, 400; with a user we do not know, 401 */
    bool complete = message->integrity_offset && message->username.data;
    reply(message, complete ? 401 : 400, NULL, (struct tl_text){ 0 }, ret_result);
}

/* RFC 8445 section 7.3: the username is ours, a colon, theirs. NULL: of no generation. */
static const struct tl_ice_credentials *generation_of(const struct tl_ice *ice,
                                                      struct tl_text username)
{
    struct tl_text rest = username, ours;
    if (!tl_text_split(&rest, ':', &ours))
        return NULL;
    const struct tl_ice_credentials *both[] = { &ice->local, &ice->before };
    for (size_t i = 0; i < 2; i++)
        if (both[i]->ufrag[0] && tl_text_is(ours, both[i]->ufrag) &&
            tl_text_is(rest, both[i]->remote_ufrag))
            return both[i];
    return NULL;
}

/* Media has a pair of the new generation: the old credentials are nobody's any more. */
static void finish_restart(struct tl_ice *ice, tl_time_us now)
{
    ice->before = (struct tl_ice_credentials){ .ufrag = "" };
    for (size_t i = 0; i < ice->tuple_count; i++) {
        struct tl_ice_tuple *tuple = &ice->tuples[i];
        if (tuple->before && tuple->until > now + TL_ICE_LEAVING_US)
            tuple->until = now + TL_ICE_LEAVING_US;
        tuple->before = false;
    }
}

static void accept_request(struct tl_ice *ice, tl_time_us now, const struct tl_address *from,
                           bool before, bool nominates, struct tl_ice_result *result)
{
    struct tl_ice_tuple *tuple = find(ice, from);
    if (!tuple) {
        tuple = make_room(ice, result);
        *tuple = (struct tl_ice_tuple){ .address = *from, .before = before };
        result->added = true;
    }
    tuple->until = now + TL_ICE_CONSENT_US;
    tuple->before = tuple->before && before; /* what the new generation validated stays */
    ice->heard = now;
    /* Section 8.2.2 has one nomination; Firefox makes several and may change its mind, so the
     * latest counts. Before the first, answering where we were asked gets DTLS going early. */
    if (nominates || !ice->nominated) {
        result->moved = !ice->has_destination || !tl_address_equal(&ice->destination, from);
        ice->destination = *from;
        ice->has_destination = true;
        ice->nominated |= nominates;
    }
    if (nominates && !before && tl_ice_is_restarting(ice)) {
        finish_restart(ice, now);
        result->restarted = true;
    }
}

void tl_ice_input(struct tl_ice *ice, tl_time_us now, const struct tl_address *from,
                  struct tl_bytes datagram, const struct tl_stun_message *message,
                  struct tl_ice_result *ret_result)
{
    *ret_result = (struct tl_ice_result){ 0 };
    if (message->class_ != TL_STUN_REQUEST || message->method != TL_STUN_BINDING)
        return;
    const struct tl_ice_credentials *generation =
        message->username.data ? generation_of(ice, message->username) : NULL;
    if (!message->integrity_offset || !generation ||
        tl_stun_verify(datagram, message, tl_text(generation->password))) {
        tl_ice_refuse(message, ret_result);
        return;
    }
    ret_result->authenticated = true;
    char kept[TL_ICE_LOCAL_PASSWORD_SIZE]; /* a nomination may forget the generation */
    memcpy(kept, generation->password, sizeof kept);
    struct tl_text password = tl_text(kept);
    if (message->unknown_count) {
        reply(message, 420, from, password, ret_result);
        return;
    }
    if (message->has_controlled) {
        /* section 7.3.1.1: a lite agent never controls, so the other side must */
        reply(message, 487, from, password, ret_result);
        return;
    }
    accept_request(ice, now, from, generation == &ice->before, message->use_candidate,
                   ret_result);
    reply(message, 0, from, password, ret_result);
}

bool tl_ice_is_validated(const struct tl_ice *ice, const struct tl_address *from,
                         tl_time_us now)
{
    for (size_t i = 0; i < ice->tuple_count; i++)
        if (tl_address_equal(&ice->tuples[i].address, from))
            return now < ice->tuples[i].until;
    return false;
}

void tl_ice_hear(struct tl_ice *ice, tl_time_us now)
{
    ice->heard = now;
}

/* RFC 7675 section 5.1: consent is of the address it is sent to; a request from another one says
 * nothing of it. */
static tl_time_us consent_end(const struct tl_ice *ice)
{
    for (size_t i = 0; i < ice->tuple_count; i++)
        if (is_destination(ice, &ice->tuples[i]))
            return ice->tuples[i].until;
    return ice->started;
}

bool tl_ice_follow(struct tl_ice *ice, tl_time_us now)
{
    if (!ice->has_destination || now < consent_end(ice))
        return false;
    const struct tl_ice_tuple *latest = NULL;
    for (size_t i = 0; i < ice->tuple_count; i++)
        if (now < ice->tuples[i].until && (!latest || ice->tuples[i].until > latest->until))
            latest = &ice->tuples[i];
    if (!latest)
        return false;
    ice->destination = latest->address;
    return true;
}

enum tl_ice_state tl_ice_state(const struct tl_ice *ice, tl_time_us now)
{
    if (!ice->has_destination)
        return now - ice->started < TL_ICE_CONSENT_US ? TL_ICE_WAITING : TL_ICE_FAILED;
    if (now >= consent_end(ice))
        return TL_ICE_FAILED;
    return now - ice->heard >= TL_ICE_SILENCE_US ? TL_ICE_RECONNECTING : TL_ICE_CONNECTED;
}

tl_time_us tl_ice_next_deadline(const struct tl_ice *ice, tl_time_us now)
{
    switch (tl_ice_state(ice, now)) {
    case TL_ICE_WAITING: return ice->started + TL_ICE_CONSENT_US;
    case TL_ICE_CONNECTED: {
        tl_time_us silence = ice->heard + TL_ICE_SILENCE_US;
        tl_time_us consent = consent_end(ice);
        return silence < consent ? silence : consent;
    }
    case TL_ICE_RECONNECTING: return consent_end(ice);
    case TL_ICE_FAILED: break;
    }
    return INT64_MAX;
}
