/* TURN's messages on the wire: STUN's header with attributes of its own, and ChannelData. */
#include <openssl/evp.h>

#include "base/secret.h"
#include "media/turn.h"

enum { COOKIE = 0x2112A442, ATTRIBUTE_HEADER = 4, CHANNEL_HEADER = 4 };

enum attribute {
    USERNAME = 0x0006,
    MESSAGE_INTEGRITY = 0x0008,
    ERROR_CODE = 0x0009,
    UNKNOWN_ATTRIBUTES = 0x000A,
    CHANNEL_NUMBER = 0x000C,
    LIFETIME = 0x000D,
    XOR_PEER_ADDRESS = 0x0012,
    DATA = 0x0013,
    REALM = 0x0014,
    NONCE = 0x0015,
    XOR_RELAYED_ADDRESS = 0x0016,
    REQUESTED_FAMILY = 0x0017,
    REQUESTED_TRANSPORT = 0x0019,
    XOR_MAPPED_ADDRESS = 0x0020,
};

/* ---- reading ---- */

static void note_unknown(struct tl_turn_message *message, uint16_t type)
{
    if (type < 0x8000 && message->unknown_count < TL_STUN_UNKNOWN_LIMIT)
        message->unknown[message->unknown_count++] = type;
}

static struct tl_text text_of(struct tl_bytes value)
{
    return (struct tl_text){ (const char *)value.data, value.size };
}

static enum tl_error read_error(struct tl_bytes value, unsigned *ret_code)
{
    struct tl_reader r = tl_reader(value);
    tl_read_skip(&r, 2);
    unsigned hundreds = tl_read_u8(&r) & 7, rest = tl_read_u8(&r);
    if (r.failed || hundreds < 3 || hundreds > 6 || rest > 99)
        return TL_ERROR_FORMAT;
    *ret_code = hundreds * 100 + rest;
    return TL_OK;
}

static enum tl_error read_attribute(struct tl_turn_message *m, uint16_t type,
                                    struct tl_bytes value)
{
    struct tl_reader r = tl_reader(value);
    switch (type) {
    case USERNAME: m->username = text_of(value); return TL_OK;
    case REALM: m->realm = text_of(value); return TL_OK;
    case NONCE: m->nonce = text_of(value); return TL_OK;
    case DATA:
        m->data = value;
        m->has_data = true;
        return TL_OK;
    case ERROR_CODE: return read_error(value, &m->error_code);
    case XOR_PEER_ADDRESS:
        if (m->peer_count == TL_TURN_PEERS_LIMIT)
            return TL_ERROR_FORMAT;
        return tl_stun_read_address(value, m->transaction, &m->peers[m->peer_count++]);
    case XOR_RELAYED_ADDRESS:
        m->has_relayed = true;
        return tl_stun_read_address(value, m->transaction, &m->relayed);
    case LIFETIME:
        m->lifetime = tl_read_u32(&r);
        m->has_lifetime = true;
        break;
    case CHANNEL_NUMBER:
        m->channel = tl_read_u16(&r);
        tl_read_skip(&r, 2);
        m->has_channel = true;
        break;
    case REQUESTED_TRANSPORT:
        m->transport = tl_read_u8(&r);
        tl_read_skip(&r, 3);
        m->has_transport = true;
        break;
    case REQUESTED_FAMILY:
        m->family = tl_read_u8(&r);
        tl_read_skip(&r, 3);
        m->has_family = true;
        break;
    case XOR_MAPPED_ADDRESS:
    case UNKNOWN_ATTRIBUTES: return TL_OK;
    default: note_unknown(m, type); return TL_OK;
    }
    return r.failed || r.left ? TL_ERROR_FORMAT : TL_OK;
}

enum tl_error tl_turn_read(struct tl_bytes bytes, struct tl_turn_message *ret_message)
{
    if (!tl_stun_is_message(bytes) || bytes.size > TL_TURN_MESSAGE_LIMIT)
        return TL_ERROR_FORMAT;
    struct tl_reader r = tl_reader(bytes);
    uint16_t type = tl_read_u16(&r);
    tl_read_skip(&r, 6);
    struct tl_turn_message message = {
        .class_ = (enum tl_stun_class)(((type >> 7) & 2) | ((type >> 4) & 1)),
        .method = (uint16_t)(((type >> 2) & 0x0f80) | ((type >> 1) & 0x0070) | (type & 0x000f)),
    };
    memcpy(message.transaction, tl_read_bytes(&r, TL_STUN_TRANSACTION_SIZE).data,
           TL_STUN_TRANSACTION_SIZE);
    /* what follows the integrity is not covered by it (RFC 8489 section 14.5) */
    while (r.left > 0 && !message.integrity_offset) {
        size_t offset = bytes.size - r.left;
        uint16_t attribute = tl_read_u16(&r), size = tl_read_u16(&r);
        struct tl_bytes value = tl_read_bytes(&r, size);
        tl_read_skip(&r, (4u - size % 4u) % 4u);
        if (r.failed)
            return TL_ERROR_FORMAT;
        if (attribute == MESSAGE_INTEGRITY) {
            if (size != TL_STUN_INTEGRITY_SIZE)
                return TL_ERROR_FORMAT;
            message.integrity_offset = offset;
        } else if (read_attribute(&message, attribute, value)) {
            return TL_ERROR_FORMAT;
        }
    }
    *ret_message = message;
    return TL_OK;
}

/* ---- writing ---- */

static void write_attribute(struct tl_writer *w, uint16_t type, struct tl_bytes value)
{
    tl_write_u16(w, type);
    tl_write_u16(w, (uint16_t)value.size);
    tl_write_bytes(w, value);
    tl_write_zeros(w, (4 - value.size % 4) % 4);
}

static void write_text(struct tl_writer *w, uint16_t type, struct tl_text text)
{
    if (text.data)
        write_attribute(w, type, tl_bytes(text.data, text.size));
}

static void write_u32_attribute(struct tl_writer *w, uint16_t type, uint32_t value)
{
    tl_write_u16(w, type);
    tl_write_u16(w, 4);
    tl_write_u32(w, value);
}

static void write_error(struct tl_writer *w, const struct tl_turn_message *m)
{
    write_u32_attribute(w, ERROR_CODE,
                        (uint32_t)(m->error_code / 100 << 8 | m->error_code % 100));
    if (m->error_code != 420 || m->unknown_count == 0)
        return;
    tl_write_u16(w, UNKNOWN_ATTRIBUTES);
    tl_write_u16(w, (uint16_t)(2 * m->unknown_count));
    for (size_t i = 0; i < m->unknown_count; i++)
        tl_write_u16(w, m->unknown[i]);
    if (m->unknown_count % 2)
        tl_write_u16(w, 0);
}

static void write_attributes(struct tl_writer *w, const struct tl_turn_message *m)
{
    if (m->error_code)
        write_error(w, m);
    if (m->has_transport)
        write_u32_attribute(w, REQUESTED_TRANSPORT, (uint32_t)m->transport << 24);
    if (m->has_family)
        write_u32_attribute(w, REQUESTED_FAMILY, (uint32_t)m->family << 24);
    if (m->has_channel)
        write_u32_attribute(w, CHANNEL_NUMBER, (uint32_t)m->channel << 16);
    if (m->has_relayed)
        tl_stun_write_address(w, XOR_RELAYED_ADDRESS, m->transaction, &m->relayed);
    for (size_t i = 0; i < m->peer_count; i++)
        tl_stun_write_address(w, XOR_PEER_ADDRESS, m->transaction, &m->peers[i]);
    if (m->has_lifetime)
        write_u32_attribute(w, LIFETIME, m->lifetime);
    if (m->has_mapped)
        tl_stun_write_address(w, XOR_MAPPED_ADDRESS, m->transaction, &m->mapped);
    if (m->has_data)
        write_attribute(w, DATA, m->data);
    write_text(w, USERNAME, m->username);
    write_text(w, REALM, m->realm);
    write_text(w, NONCE, m->nonce);
}

enum tl_error tl_turn_write(const struct tl_turn_message *message, const uint8_t *key,
                            void *buffer, size_t room, size_t *ret_size)
{
    struct tl_writer w = tl_writer(buffer, room);
    unsigned m = message->method, c = message->class_;
    tl_write_u16(&w, (uint16_t)((m & 0x0f80) << 2 | (m & 0x0070) << 1 | (m & 0x000f) |
                                (c & 2) << 7 | (c & 1) << 4));
    tl_write_u16(&w, 0);
    tl_write_u32(&w, COOKIE);
    tl_write_bytes(&w, tl_bytes(message->transaction, TL_STUN_TRANSACTION_SIZE));
    write_attributes(&w, message);
    if (w.failed)
        return TL_ERROR_LIMIT;
    if (key) {
        uint8_t hmac[TL_STUN_INTEGRITY_SIZE];
        enum tl_error error = tl_stun_integrity(
            tl_writer_bytes(&w), (struct tl_text){ (const char *)key, TL_TURN_KEY_SIZE }, hmac);
        if (error)
            return error;
        write_attribute(&w, MESSAGE_INTEGRITY, tl_bytes(hmac, sizeof hmac));
    }
    if (w.failed)
        return TL_ERROR_LIMIT;
    struct tl_writer length = tl_writer(w.data + 2, 2);
    tl_write_u16(&length, (uint16_t)(w.used - TL_STUN_HEADER_SIZE));
    *ret_size = w.used;
    return TL_OK;
}

enum tl_error tl_turn_key(struct tl_text user, struct tl_text realm, struct tl_text password,
                          uint8_t ret_key[TL_TURN_KEY_SIZE])
{
    char text[512];
    struct tl_writer w = tl_writer(text, sizeof text);
    tl_write_bytes(&w, tl_bytes(user.data, user.size));
    tl_write_u8(&w, ':');
    tl_write_bytes(&w, tl_bytes(realm.data, realm.size));
    tl_write_u8(&w, ':');
    tl_write_bytes(&w, tl_bytes(password.data, password.size));
    enum tl_error error = w.failed ? TL_ERROR_LIMIT : TL_OK;
    /* MD5 is what the protocol's browsers speak; the password is 128 random bits */
    if (!error && !EVP_Digest(text, w.used, ret_key, NULL, EVP_md5(), NULL))
        error = TL_ERROR_CRYPTO;
    tl_secret_wipe(text, sizeof text);
    return error;
}

/* ---- streams ---- */

enum tl_error tl_turn_length(struct tl_bytes stream, size_t *ret_size)
{
    if (stream.size < 4)
        return TL_ERROR_AGAIN;
    size_t length = (size_t)stream.data[2] << 8 | stream.data[3], size;
    switch (stream.data[0] >> 6) {
    case 0: size = TL_STUN_HEADER_SIZE + length; break;
    case 1: size = CHANNEL_HEADER + (length + 3) / 4 * 4; break;
    default: return TL_ERROR_FORMAT;
    }
    if (size > TL_TURN_MESSAGE_LIMIT)
        return TL_ERROR_FORMAT;
    *ret_size = size;
    return TL_OK;
}

enum tl_error tl_turn_channel_write(uint16_t channel, struct tl_bytes data, void *buffer,
                                    size_t room, size_t *ret_size)
{
    struct tl_writer w = tl_writer(buffer, room);
    if (data.size > TL_TURN_MESSAGE_LIMIT - CHANNEL_HEADER - 3)
        return TL_ERROR_LIMIT;
    tl_write_u16(&w, channel);
    tl_write_u16(&w, (uint16_t)data.size);
    tl_write_bytes(&w, data);
    tl_write_zeros(&w, (4 - data.size % 4) % 4);
    if (w.failed)
        return TL_ERROR_LIMIT;
    *ret_size = w.used;
    return TL_OK;
}
