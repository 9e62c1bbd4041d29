/* One DTLS association. */
#include "media/dtls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/secret.h"
#include "dtls/bio.h"
#include "dtls/identity.h"

struct tl_dtls {
    SSL *ssl;
    enum tl_dtls_role role;
    enum tl_dtls_state state;
    const char *reason;
    uint8_t expected[TL_DTLS_FINGERPRINT_SIZE];
    struct tl_srtp_keys keys;
    struct tl_dtls_queue *queue; /* as ssl, NULL once settled */
    uint8_t farewell[TL_DTLS_FAREWELL_LIMIT];
    size_t farewell_size;
    bool farewell_due;
};

/* A second (RFC 6347 section 4.2.4.1) is long for somebody who waits to be heard; a flight repeated
 * to a slow line costs two datagrams. Microseconds, 0 asks for the first. */
static unsigned repeat_after(SSL *ssl, unsigned last_us)
{
    (void)ssl;
    unsigned next_us = last_us ? 2 * last_us : TL_DTLS_FIRST_REPEAT_US;
    return next_us < TL_DTLS_LAST_REPEAT_US ? next_us : TL_DTLS_LAST_REPEAT_US;
}

enum tl_error tl_dtls_new(struct tl_dtls_identity *identity, enum tl_dtls_role role,
                          const uint8_t remote_fingerprint[TL_DTLS_FINGERPRINT_SIZE],
                          struct tl_dtls **ret_dtls)
{
    struct tl_dtls *dtls = calloc(1, sizeof *dtls);
    if (!dtls)
        return TL_ERROR_MEMORY;
    dtls->role = role;
    memcpy(dtls->expected, remote_fingerprint, sizeof dtls->expected);
    dtls->ssl = SSL_new(identity->context);
    dtls->queue = calloc(1, sizeof *dtls->queue);
    BIO *bio = dtls->ssl && dtls->queue ? tl_dtls_bio_new(dtls->queue) : NULL;
    if (!bio || !SSL_set_ex_data(dtls->ssl, tl_dtls_expectation_index(), dtls->expected)) {
        BIO_free(bio);
        tl_dtls_free(dtls);
        return TL_ERROR_MEMORY;
    }
    SSL_set_bio(dtls->ssl, bio, bio);
    (void)SSL_set_mtu(dtls->ssl, TL_DTLS_DATAGRAM_LIMIT);
    DTLS_set_timer_cb(dtls->ssl, repeat_after);
    if (role == TL_DTLS_SERVER)
        SSL_set_accept_state(dtls->ssl);
    else
        SSL_set_connect_state(dtls->ssl);
    *ret_dtls = dtls;
    return TL_OK;
}

struct tl_dtls *tl_dtls_free(struct tl_dtls *dtls)
{
    if (!dtls)
        return NULL;
    SSL_free(dtls->ssl);
    free(dtls->queue);
    tl_secret_wipe(dtls, sizeof *dtls);
    free(dtls);
    return NULL;
}

static void fail(struct tl_dtls *dtls, const char *reason)
{
    dtls->state = TL_DTLS_FAILED;
    dtls->reason = reason;
}

/* RFC 5764 section 4.2: client key, server key, client salt, server salt. */
static bool export_keys(struct tl_dtls *dtls)
{
    const SRTP_PROTECTION_PROFILE *chosen = SSL_get_selected_srtp_profile(dtls->ssl);
    size_t key = 0, salt = 0;
    /* without a common profile there is no SRTP, and never a null context instead */
    if (!chosen || tl_srtp_profile_sizes((enum tl_srtp_profile)chosen->id, &key, &salt))
        return false;
    static const char label[] = "EXTRACTOR-dtls_srtp";
    uint8_t material[2 * TL_SRTP_KEY_LIMIT];
    if (SSL_export_keying_material(dtls->ssl, material, 2 * (key + salt), label,
                                   sizeof label - 1, NULL, 0, 0) != 1)
        return false;
    uint8_t *client = dtls->role == TL_DTLS_CLIENT ? dtls->keys.local : dtls->keys.remote;
    uint8_t *server = dtls->role == TL_DTLS_CLIENT ? dtls->keys.remote : dtls->keys.local;
    memcpy(client, material, key);
    memcpy(server, material + key, key);
    memcpy(client + key, material + 2 * key, salt);
    memcpy(server + key, material + 2 * key + salt, salt);
    dtls->keys.profile = (enum tl_srtp_profile)chosen->id;
    tl_secret_wipe(material, sizeof material);
    return true;
}

/* Whatever path led here, the certificate is looked at again. */
static bool fingerprint_matches(const struct tl_dtls *dtls)
{
    uint8_t digest[TL_DTLS_FINGERPRINT_SIZE];
    X509 *certificate = SSL_get1_peer_certificate(dtls->ssl);
    bool matches = certificate && !tl_dtls_certificate_digest(certificate, digest) &&
                   tl_secret_equal(tl_bytes(digest, sizeof digest),
                                   tl_bytes(dtls->expected, sizeof dtls->expected));
    X509_free(certificate);
    return matches;
}

static void complete(struct tl_dtls *dtls)
{
    if (SSL_session_reused(dtls->ssl) || !fingerprint_matches(dtls))
        fail(dtls, "fingerprint");
    else if (!export_keys(dtls))
        fail(dtls, "profile");
    else
        dtls->state = TL_DTLS_CONNECTED;
}

static void handshake(struct tl_dtls *dtls)
{
    ERR_clear_error();
    int result = SSL_do_handshake(dtls->ssl);
    if (result == 1) {
        complete(dtls);
        return;
    }
    int error = SSL_get_error(dtls->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return;
    bool rejected = SSL_get_verify_result(dtls->ssl) == X509_V_ERR_CERT_REJECTED;
    fail(dtls, rejected ? "fingerprint" : "handshake");
    ERR_clear_error();
}

/* After the handshake: alerts, and repeats of the peer's last flight. Nothing else is expected,
 * since no data channel is ever negotiated. */
static void read_records(struct tl_dtls *dtls)
{
    uint8_t ignored[2048];
    ERR_clear_error();
    int got = SSL_read(dtls->ssl, ignored, sizeof ignored);
    if (got <= 0 && SSL_get_error(dtls->ssl, got) == SSL_ERROR_ZERO_RETURN)
        dtls->state = TL_DTLS_CLOSED;
    ERR_clear_error();
}

void tl_dtls_start(struct tl_dtls *dtls)
{
    if (dtls->role == TL_DTLS_CLIENT && dtls->state == TL_DTLS_HANDSHAKING)
        handshake(dtls);
}

void tl_dtls_input(struct tl_dtls *dtls, struct tl_bytes datagram)
{
    if (dtls->state == TL_DTLS_FAILED || dtls->state == TL_DTLS_CLOSED || !dtls->ssl)
        return;
    dtls->queue->input = datagram;
    if (dtls->state == TL_DTLS_HANDSHAKING)
        handshake(dtls);
    else
        read_records(dtls);
    dtls->queue->input =
        tl_bytes(NULL, 0); /* whatever was not read is gone with the datagram */
}

bool tl_dtls_next_output(struct tl_dtls *dtls, struct tl_bytes *ret_datagram)
{
    struct tl_dtls_queue *queue = dtls->queue;
    if (dtls->farewell_due) {
        dtls->farewell_due = false;
        *ret_datagram = tl_bytes(dtls->farewell, dtls->farewell_size);
        return true;
    }
    if (!queue || queue->count == 0)
        return false;
    *ret_datagram =
        tl_bytes(queue->output[queue->first].data, queue->output[queue->first].size);
    queue->first = (queue->first + 1) % TL_DTLS_OUTPUT_LIMIT;
    queue->count--;
    return true;
}

tl_time_us tl_dtls_timeout(struct tl_dtls *dtls)
{
    struct timeval left;
    if (dtls->state != TL_DTLS_HANDSHAKING || !DTLSv1_get_timeout(dtls->ssl, &left))
        return -1;
    return (tl_time_us)left.tv_sec * TL_SECOND_US + left.tv_usec;
}

void tl_dtls_tick(struct tl_dtls *dtls)
{
    if (dtls->state != TL_DTLS_HANDSHAKING)
        return;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(dtls->ssl) < 0)
        fail(dtls, "handshake"); /* OpenSSL gave up repeating */
    ERR_clear_error();
}

void tl_dtls_close(struct tl_dtls *dtls)
{
    if (dtls->state != TL_DTLS_CONNECTED)
        return;
    if (dtls->ssl) {
        ERR_clear_error();
        (void)SSL_shutdown(dtls->ssl);
        ERR_clear_error();
    } else {
        dtls->farewell_due = dtls->farewell_size > 0;
    }
    dtls->state = TL_DTLS_CLOSED;
}

void tl_dtls_settle(struct tl_dtls *dtls)
{
    if (dtls->state != TL_DTLS_CONNECTED || !dtls->ssl)
        return;
    struct tl_dtls_queue *queue = dtls->queue;
    queue->count = 0; /* a flight that nobody waits for */
    ERR_clear_error();
    (void)SSL_shutdown(dtls->ssl); /* sealed now, sent when we close */
    ERR_clear_error();
    size_t size = queue->count ? queue->output[queue->first].size : 0;
    if (size > 0 && size <= sizeof dtls->farewell) {
        memcpy(dtls->farewell, queue->output[queue->first].data, size);
        dtls->farewell_size = size;
    }
    SSL_free(dtls->ssl);
    dtls->ssl = NULL;
    free(dtls->queue);
    dtls->queue = NULL;
}

enum tl_dtls_state tl_dtls_state(const struct tl_dtls *dtls)
{
    return dtls->state;
}

const char *tl_dtls_reason(const struct tl_dtls *dtls)
{
    return dtls->reason;
}

enum tl_error tl_dtls_keys(struct tl_dtls *dtls, struct tl_srtp_keys *ret_keys)
{
    if (dtls->keys.profile == TL_SRTP_NONE)
        return TL_ERROR_STATE;
    *ret_keys = dtls->keys;
    return TL_OK;
}
