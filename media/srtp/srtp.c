/* Under AES-GCM srtp/fast.h and srtp/control.h, everything else libsrtp behind our interface: one
 * session a direction; foreign SSRCs are counted by us, because libsrtp makes a stream for every SSRC
 * that authenticates and has no limit of its own. */
#include "media/srtp.h"

#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "base/secret.h"
#include "srtp/control.h"
#include "srtp/fast.h"

enum { REPLAY_WINDOW = 1024, RTCP_SSRC_OFFSET = 4, RTP_SSRC_OFFSET = 8 };

struct tl_srtp {
    struct fast_srtp *fast;       /* RTP; NULL: libsrtp has all packets */
    struct control_srtp *control; /* RTCP, where there is a fast path */
    srtp_t inbound, outbound;     /* NULL where there is one */
    struct tl_srtp_keys keys;
    uint32_t streams[TL_SRTP_STREAMS_LIMIT]; /* foreign SSRCs that authenticated */
    size_t stream_count;
};

enum tl_error tl_srtp_profile_sizes(enum tl_srtp_profile profile, size_t *ret_key,
                                    size_t *ret_salt)
{
    switch (profile) {
    case TL_SRTP_AES128_CM_SHA1_80: *ret_key = 16, *ret_salt = 14; return TL_OK;
    case TL_SRTP_AEAD_AES_128_GCM: *ret_key = 16, *ret_salt = 12; return TL_OK;
    case TL_SRTP_AEAD_AES_256_GCM: *ret_key = 32, *ret_salt = 12; return TL_OK;
    case TL_SRTP_NONE: break;
    }
    return TL_ERROR_UNSUPPORTED;
}

/* Without libsrtp? */
static bool is_direct(const struct tl_srtp_keys *keys)
{
    return !keys->library && (keys->profile == TL_SRTP_AEAD_AES_128_GCM ||
                              keys->profile == TL_SRTP_AEAD_AES_256_GCM);
}

static enum tl_error library_start(void)
{
    static bool started;
    if (started)
        return TL_OK;
    if (srtp_init() != srtp_err_status_ok)
        return TL_ERROR_CRYPTO;
    started = true;
    return TL_OK;
}

static enum tl_error fill_policy(srtp_policy_t *policy, enum tl_srtp_profile profile,
                                 uint8_t *key)
{
    *policy = (srtp_policy_t){ .key = key, .window_size = REPLAY_WINDOW };
    switch (profile) {
    case TL_SRTP_AES128_CM_SHA1_80:
        srtp_crypto_policy_set_rtp_default(&policy->rtp);
        srtp_crypto_policy_set_rtcp_default(&policy->rtcp);
        return TL_OK;
    case TL_SRTP_AEAD_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
        return TL_OK;
    case TL_SRTP_AEAD_AES_256_GCM:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtcp);
        return TL_OK;
    case TL_SRTP_NONE: break;
    }
    return TL_ERROR_UNSUPPORTED;
}

static enum tl_error library_open(struct tl_srtp *srtp)
{
    srtp_policy_t policy;
    enum tl_error error = fill_policy(&policy, srtp->keys.profile, srtp->keys.remote);
    policy.ssrc.type = ssrc_any_inbound;
    if (!error && srtp_create(&srtp->inbound, &policy) != srtp_err_status_ok)
        error = TL_ERROR_CRYPTO;
    if (!error && srtp_create(&srtp->outbound, NULL) != srtp_err_status_ok)
        error = TL_ERROR_CRYPTO;
    return error;
}

enum tl_error tl_srtp_reserve(bool library, size_t senders, struct tl_srtp **ret_srtp)
{
    enum tl_error error = library_start();
    if (error)
        return error;
    struct tl_srtp *srtp = calloc(1, sizeof *srtp);
    if (!srtp)
        return TL_ERROR_MEMORY;
    if (!library)
        error = fast_srtp_reserve(senders, &srtp->fast);
    if (!library && !error)
        error = control_srtp_reserve(senders, &srtp->control);
    if (error) {
        tl_srtp_free(srtp);
        return error;
    }
    *ret_srtp = srtp;
    return TL_OK;
}

enum tl_error tl_srtp_start(struct tl_srtp *srtp, const struct tl_srtp_keys *keys)
{
    srtp->keys = *keys;
    if (srtp->fast && is_direct(keys)) {
        enum tl_error error = fast_srtp_start(srtp->fast, keys);
        return error ? error : control_srtp_start(srtp->control, keys);
    }
    srtp->fast = fast_srtp_free(srtp->fast);
    srtp->control = control_srtp_free(srtp->control);
    return library_open(srtp);
}

enum tl_error tl_srtp_new(const struct tl_srtp_keys *keys, struct tl_srtp **ret_srtp)
{
    struct tl_srtp *srtp;
    enum tl_error error = tl_srtp_reserve(!is_direct(keys), 0, &srtp);
    if (error)
        return error;
    error = tl_srtp_start(srtp, keys);
    if (error) {
        tl_srtp_free(srtp);
        return error;
    }
    *ret_srtp = srtp;
    return TL_OK;
}

struct tl_srtp *tl_srtp_free(struct tl_srtp *srtp)
{
    if (!srtp)
        return NULL;
    if (srtp->inbound)
        (void)srtp_dealloc(srtp->inbound);
    if (srtp->outbound)
        (void)srtp_dealloc(srtp->outbound);
    fast_srtp_free(srtp->fast);
    control_srtp_free(srtp->control);
    tl_secret_wipe(srtp, sizeof *srtp);
    free(srtp);
    return NULL;
}

bool tl_srtp_is_direct(const struct tl_srtp *srtp)
{
    return srtp->fast != NULL;
}

enum tl_error tl_srtp_add_sender(struct tl_srtp *srtp, uint32_t ssrc)
{
    if (srtp->fast) {
        enum tl_error direct = fast_srtp_add_sender(srtp->fast, ssrc);
        return direct ? direct : control_srtp_add_sender(srtp->control, ssrc);
    }
    srtp_policy_t policy;
    enum tl_error error = fill_policy(&policy, srtp->keys.profile, srtp->keys.local);
    if (error)
        return error;
    policy.ssrc.type = ssrc_specific;
    policy.ssrc.value = ssrc;
    /* the same packet may be sealed once only; RTX has its own SSRC, so repeats are not needed */
    policy.allow_repeat_tx = 0;
    return srtp_add_stream(srtp->outbound, &policy) == srtp_err_status_ok ? TL_OK
                                                                          : TL_ERROR_CRYPTO;
}

static bool stream_known(const struct tl_srtp *srtp, uint32_t ssrc)
{
    for (size_t i = 0; i < srtp->stream_count; i++)
        if (srtp->streams[i] == ssrc)
            return true;
    return false;
}

static enum tl_error error_of(srtp_err_status_t status)
{
    switch (status) {
    case srtp_err_status_ok: return TL_OK;
    case srtp_err_status_auth_fail: return TL_ERROR_AUTH;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old: return TL_ERROR_EXISTS;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err: return TL_ERROR_FORMAT;
    case srtp_err_status_no_ctx: return TL_ERROR_MISSING;
    default: return TL_ERROR_CRYPTO;
    }
}

typedef srtp_err_status_t library_call(srtp_t, void *, int *);

static enum tl_error open_packet(struct tl_srtp *srtp, library_call *call, size_t ssrc_offset,
                                 uint8_t *packet, size_t *size)
{
    struct tl_reader r = tl_reader(tl_bytes(packet, *size));
    tl_read_skip(&r, ssrc_offset);
    uint32_t ssrc = tl_read_u32(&r);
    /* libsrtp reads a full header before it checks */
    if (r.failed || *size < 12 || *size > INT32_MAX)
        return TL_ERROR_FORMAT;
    bool known = stream_known(srtp, ssrc);
    if (!known && srtp->stream_count == TL_SRTP_STREAMS_LIMIT)
        return TL_ERROR_LIMIT;
    int length = (int)*size;
    enum tl_error error = error_of(call(srtp->inbound, packet, &length));
    if (error)
        return error;
    if (!known)
        srtp->streams[srtp->stream_count++] = ssrc;
    *size = (size_t)length;
    return TL_OK;
}

static enum tl_error seal_packet(struct tl_srtp *srtp, library_call *call, uint8_t *packet,
                                 size_t room, size_t *size)
{
    if (room < TL_SRTP_OVERHEAD || *size > room - TL_SRTP_OVERHEAD || *size < 8)
        return TL_ERROR_LIMIT;
    int length = (int)*size;
    enum tl_error error = error_of(call(srtp->outbound, packet, &length));
    if (!error)
        *size = (size_t)length;
    return error;
}

enum tl_error tl_srtp_open_rtp(struct tl_srtp *srtp, uint8_t *packet, size_t *size)
{
    if (srtp->fast)
        return fast_srtp_open(srtp->fast, packet, size);
    return open_packet(srtp, srtp_unprotect, RTP_SSRC_OFFSET, packet, size);
}

enum tl_error tl_srtp_open_rtcp(struct tl_srtp *srtp, uint8_t *packet, size_t *size)
{
    if (srtp->control)
        return control_srtp_open(srtp->control, packet, size);
    return open_packet(srtp, srtp_unprotect_rtcp, RTCP_SSRC_OFFSET, packet, size);
}

enum tl_error tl_srtp_seal_rtp(struct tl_srtp *srtp, uint8_t *packet, size_t room, size_t *size)
{
    if (srtp->fast)
        return fast_srtp_seal(srtp->fast, packet, room, size);
    return seal_packet(srtp, srtp_protect, packet, room, size);
}

enum tl_error tl_srtp_seal_rtcp(struct tl_srtp *srtp, uint8_t *packet, size_t room,
                                size_t *size)
{
    if (srtp->control)
        return control_srtp_seal(srtp->control, packet, room, size);
    return seal_packet(srtp, srtp_protect_rtcp, packet, room, size);
}

enum tl_error tl_srtp_warm_up(void)
{
    static const enum tl_srtp_profile profiles[] = { TL_SRTP_AEAD_AES_128_GCM,
                                                     TL_SRTP_AEAD_AES_256_GCM,
                                                     TL_SRTP_AES128_CM_SHA1_80 };
    /* kept for the life of the process: with its last session gone NSS unloads what it opened */
    static struct tl_srtp *kept[2 * TL_COUNT_OF(profiles)];
    for (size_t i = 0; i < TL_COUNT_OF(kept); i++) {
        struct tl_srtp_keys keys = { .profile = profiles[i / 2], .library = i % 2 };
        struct tl_srtp *srtp = NULL;
        if (kept[i])
            continue;
        enum tl_error error = tl_srtp_new(&keys, &srtp);
        if (!error)
            error = tl_srtp_add_sender(srtp, 1);
        uint8_t packet[64] = { 0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 'w', 'a', 'r', 'm' };
        size_t size = 16;
        if (!error)
            error = tl_srtp_seal_rtp(srtp, packet, sizeof packet, &size);
        if (!error)
            error = tl_srtp_open_rtp(srtp, packet, &size);
        if (error) {
            tl_srtp_free(srtp);
            return error;
        }
        kept[i] = srtp;
    }
    return TL_OK;
}
