/* Reading and writing STUN messages; the wire is drawn in media/stun.h. */
#include "media/stun.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/secret.h"

enum {
    MAGIC_COOKIE = 0x2112A442,
    FINGERPRINT_XOR = 0x5354554e,
    INTEGRITY_SIZE = TL_STUN_INTEGRITY_SIZE,
    ATTRIBUTE_HEADER = 4
};

enum attribute {
    MAPPED_ADDRESS = 0x0001,
    USERNAME = 0x0006,
    MESSAGE_INTEGRITY = 0x0008,
    ERROR_CODE = 0x0009,
    UNKNOWN_ATTRIBUTES = 0x000A,
    XOR_MAPPED_ADDRESS = 0x0020,
    PRIORITY = 0x0024,
    USE_CANDIDATE = 0x0025,
    FINGERPRINT = 0x8028,
    ICE_CONTROLLED = 0x8029,
    ICE_CONTROLLING = 0x802A,
};

/* CRC-32 of ISO 3309 (RFC 8489 section 14.7), a nibble at a time: short messages, small table. */
static uint32_t crc32(struct tl_bytes bytes)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < bytes.size; i++) {
        crc = (crc >> 4) ^ table[(crc ^ bytes.data[i]) & 15];
        crc = (crc >> 4) ^ table[(crc ^ (uint32_t)(bytes.data[i] >> 4)) & 15];
    }
    return ~crc;
}

bool tl_stun_is_message(struct tl_bytes datagram)
{
    if (datagram.size < TL_STUN_HEADER_SIZE || datagram.data[0] > 3)
        return false;
    struct tl_reader r = tl_reader(datagram);
    tl_read_skip(&r, 2);
    uint16_t length = tl_read_u16(&r);
    return tl_read_u32(&r) == MAGIC_COOKIE && length % 4 == 0 &&
           (size_t)length + TL_STUN_HEADER_SIZE == datagram.size;
}

enum tl_error tl_stun_read_address(struct tl_bytes value, const uint8_t *transaction,
                                   struct tl_address *ret_address)
{
    struct tl_reader r = tl_reader(value);
    tl_read_skip(&r, 1);
    uint8_t family = tl_read_u8(&r);
    uint16_t port = tl_read_u16(&r) ^ (MAGIC_COOKIE >> 16);
    uint8_t key[16] = { 0x21, 0x12, 0xA4, 0x42 };
    memcpy(key + 4, transaction, TL_STUN_TRANSACTION_SIZE);
    struct tl_bytes ip = tl_read_bytes(&r, family == 1 ? 4 : 16);
    if (r.failed || r.left || (family != 1 && family != 2))
        return TL_ERROR_FORMAT;
    uint8_t plain[16];
    for (size_t i = 0; i < ip.size; i++)
        plain[i] = ip.data[i] ^ key[i];
    if (family == 1) {
        *ret_address = tl_address_ipv4(plain[0], plain[1], plain[2], plain[3], port);
    } else {
        *ret_address = (struct tl_address){ .port = port };
        memcpy(ret_address->ip, plain, sizeof plain);
    }
    return TL_OK;
}

static void note_unknown(struct tl_stun_message *message, uint16_t type)
{
    /* RFC 8489 section 14: below 0x8000 must be understood, the others may be passed over */
    if (type < 0x8000 && message->unknown_count < TL_STUN_UNKNOWN_LIMIT)
        message->unknown[message->unknown_count++] = type;
}

static enum tl_error read_attribute(struct tl_stun_message *message, uint16_t type,
                                    struct tl_bytes value)
{
    struct tl_reader r = tl_reader(value);
    switch (type) {
    case USERNAME:
        if (value.size > TL_STUN_USERNAME_LIMIT)
            return TL_ERROR_FORMAT;
        message->username = (struct tl_text){ (const char *)value.data, value.size };
        return TL_OK;
    case PRIORITY:
        message->priority = tl_read_u32(&r);
        message->has_priority = true;
        break;
    case USE_CANDIDATE: message->use_candidate = true; break;
    case ICE_CONTROLLING:
        message->tie_breaker = tl_read_u64(&r);
        message->has_controlling = true;
        break;
    case ICE_CONTROLLED:
        message->tie_breaker = tl_read_u64(&r);
        message->has_controlled = true;
        break;
    case ERROR_CODE: {
        tl_read_skip(&r, 2);
        uint8_t hundreds = tl_read_u8(&r) & 7;
        uint8_t rest = tl_read_u8(&r);
        if (r.failed || hundreds < 3 || hundreds > 6 || rest > 99)
            return TL_ERROR_FORMAT;
        message->error_code = hundreds * 100u + rest;
        return TL_OK;
    }
    case XOR_MAPPED_ADDRESS:
        if (tl_stun_read_address(value, message->transaction, &message->mapped))
            return TL_ERROR_FORMAT;
        message->has_mapped = true;
        return TL_OK;
    case MAPPED_ADDRESS:
    case UNKNOWN_ATTRIBUTES: return TL_OK;
    default: note_unknown(message, type); return TL_OK;
    }
    return r.failed || r.left ? TL_ERROR_FORMAT : TL_OK;
}

enum tl_error tl_stun_read(struct tl_bytes datagram, struct tl_stun_message *ret_message)
{
    if (!tl_stun_is_message(datagram) || datagram.size > TL_STUN_MESSAGE_LIMIT)
        return TL_ERROR_FORMAT;
    struct tl_reader r = tl_reader(datagram);
    uint16_t type = tl_read_u16(&r);
    tl_read_skip(&r, 6);
    /* RFC 8489 section 5: M11..M7 C1 M6 M5 M4 C0 M3..M0 */
    struct tl_stun_message message = {
        .class_ = (enum tl_stun_class)(((type >> 7) & 2) | ((type >> 4) & 1)),
        .method = (uint16_t)(((type >> 2) & 0x0f80) | ((type >> 1) & 0x0070) | (type & 0x000f)),
    };
    memcpy(message.transaction, tl_read_bytes(&r, TL_STUN_TRANSACTION_SIZE).data,
           TL_STUN_TRANSACTION_SIZE);
    while (r.left > 0) {
        size_t offset = datagram.size - r.left;
        uint16_t attribute = tl_read_u16(&r);
        uint16_t size = tl_read_u16(&r);
        struct tl_bytes value = tl_read_bytes(&r, size);
        tl_read_skip(&r, (4u - size % 4u) % 4u);
        if (r.failed)
            return TL_ERROR_FORMAT;
        if (attribute == FINGERPRINT) {
            struct tl_reader f = tl_reader(value);
            uint32_t given = tl_read_u32(&f);
            if (f.failed || r.left > 0 ||
                given != (crc32(tl_bytes(datagram.data, offset)) ^ FINGERPRINT_XOR))
                return TL_ERROR_FORMAT;
            message.has_fingerprint = true;
        } else if (message.integrity_offset) {
            continue; /* section 14.5: what follows the integrity is not covered by it */
        } else if (attribute == MESSAGE_INTEGRITY) {
            if (size != INTEGRITY_SIZE)
                return TL_ERROR_FORMAT;
            message.integrity_offset = offset;
        } else if (read_attribute(&message, attribute, value)) {
            return TL_ERROR_FORMAT;
        }
    }
    *ret_message = message;
    return TL_OK;
}

/* HMAC-SHA1 over the message up to the attribute, with the header's length as if the message ended
 * behind the attribute (RFC 8489 section 14.5). */
enum tl_error tl_stun_integrity(struct tl_bytes before, struct tl_text password,
                                uint8_t ret_hmac[TL_STUN_INTEGRITY_SIZE])
{
    uint8_t copy[TL_STUN_MESSAGE_LIMIT];
    if (before.size > sizeof copy || before.size < TL_STUN_HEADER_SIZE)
        return TL_ERROR_LIMIT;
    memcpy(copy, before.data, before.size);
    struct tl_writer w = tl_writer(copy + 2, 2);
    tl_write_u16(
        &w, (uint16_t)(before.size - TL_STUN_HEADER_SIZE + ATTRIBUTE_HEADER + INTEGRITY_SIZE));
    unsigned size = INTEGRITY_SIZE;
    return HMAC(EVP_sha1(), password.data, (int)password.size, copy, before.size, ret_hmac,
                &size)
               ? TL_OK
               : TL_ERROR_CRYPTO;
}

enum tl_error tl_stun_verify(struct tl_bytes datagram, const struct tl_stun_message *message,
                             struct tl_text password)
{
    if (!message->integrity_offset)
        return TL_ERROR_MISSING;
    uint8_t expected[INTEGRITY_SIZE];
    if (tl_stun_integrity(tl_bytes(datagram.data, message->integrity_offset), password,
                          expected))
        return TL_ERROR_CRYPTO;
    struct tl_bytes given =
        tl_bytes(datagram.data + message->integrity_offset + ATTRIBUTE_HEADER, INTEGRITY_SIZE);
    return tl_secret_equal(given, tl_bytes(expected, sizeof expected)) ? TL_OK : TL_ERROR_AUTH;
}

/* ---- writing ---- */

static void write_attribute(struct tl_writer *w, uint16_t type, struct tl_bytes value)
{
    tl_write_u16(w, type);
    tl_write_u16(w, (uint16_t)value.size);
    tl_write_bytes(w, value);
    tl_write_zeros(w, (4 - value.size % 4) % 4);
}

void tl_stun_write_address(struct tl_writer *w, uint16_t type, const uint8_t *transaction,
                           const struct tl_address *address)
{
    uint8_t key[16] = { 0x21, 0x12, 0xA4, 0x42 };
    memcpy(key + 4, transaction, TL_STUN_TRANSACTION_SIZE);
    bool ipv4 = tl_address_is_ipv4(address);
    const uint8_t *ip = ipv4 ? address->ip + 12 : address->ip;
    size_t size = ipv4 ? 4 : 16;
    tl_write_u16(w, type);
    tl_write_u16(w, (uint16_t)(4 + size));
    tl_write_u16(w, ipv4 ? 1 : 2);
    tl_write_u16(w, (uint16_t)(address->port ^ (MAGIC_COOKIE >> 16)));
    for (size_t i = 0; i < size; i++)
        tl_write_u8(w, ip[i] ^ key[i]);
}

static struct tl_text reason_of(unsigned code)
{
    switch (code) {
    case 400: return TL_TEXT("Bad Request");
    case 401: return TL_TEXT("Unauthenticated");
    case 420: return TL_TEXT("Unknown Attribute");
    case 487: return TL_TEXT("Role Conflict");
    default: return TL_TEXT("Error");
    }
}

static void write_error(struct tl_writer *w, const struct tl_stun_message *message)
{
    struct tl_text reason = reason_of(message->error_code);
    uint8_t value[64] = { 0, 0, (uint8_t)(message->error_code / 100),
                          (uint8_t)(message->error_code % 100) };
    memcpy(value + 4, reason.data, reason.size);
    write_attribute(w, ERROR_CODE, tl_bytes(value, 4 + reason.size));
    if (message->error_code == 420 && message->unknown_count) {
        uint8_t list[2 * TL_STUN_UNKNOWN_LIMIT];
        struct tl_writer l = tl_writer(list, sizeof list);
        for (size_t i = 0; i < message->unknown_count; i++)
            tl_write_u16(&l, message->unknown[i]);
        write_attribute(w, UNKNOWN_ATTRIBUTES, tl_writer_bytes(&l));
    }
}

static void write_u64_attribute(struct tl_writer *w, uint16_t type, uint64_t value)
{
    tl_write_u16(w, type);
    tl_write_u16(w, 8);
    tl_write_u64(w, value);
}

static void set_length(uint8_t *message, size_t length)
{
    struct tl_writer w = tl_writer(message + 2, 2);
    tl_write_u16(&w, (uint16_t)length);
}

enum tl_error tl_stun_write(const struct tl_stun_message *message, struct tl_text password,
                            void *buffer, size_t room, size_t *ret_size)
{
    struct tl_writer w =
        tl_writer(buffer, room < TL_STUN_MESSAGE_LIMIT ? room : TL_STUN_MESSAGE_LIMIT);
    unsigned c = (unsigned)message->class_, m = message->method;
    tl_write_u16(&w, (uint16_t)((m & 0x0f80) << 2 | (m & 0x0070) << 1 | (m & 0x000f) |
                                (c & 2) << 7 | (c & 1) << 4));
    tl_write_u16(&w, 0);
    tl_write_u32(&w, MAGIC_COOKIE);
    tl_write_bytes(&w, tl_bytes(message->transaction, TL_STUN_TRANSACTION_SIZE));
    if (message->username.data)
        write_attribute(&w, USERNAME, tl_bytes(message->username.data, message->username.size));
    if (message->error_code)
        write_error(&w, message);
    if (message->has_mapped)
        tl_stun_write_address(&w, XOR_MAPPED_ADDRESS, message->transaction, &message->mapped);
    if (message->has_priority) {
        tl_write_u16(&w, PRIORITY);
        tl_write_u16(&w, 4);
        tl_write_u32(&w, message->priority);
    }
    if (message->has_controlling)
        write_u64_attribute(&w, ICE_CONTROLLING, message->tie_breaker);
    if (message->has_controlled)
        write_u64_attribute(&w, ICE_CONTROLLED, message->tie_breaker);
    if (message->use_candidate)
        write_attribute(&w, USE_CANDIDATE, tl_bytes(NULL, 0));
    if (password.data && !w.failed) {
        uint8_t hmac[INTEGRITY_SIZE];
        enum tl_error error = tl_stun_integrity(tl_writer_bytes(&w), password, hmac);
        if (error)
            return error;
        write_attribute(&w, MESSAGE_INTEGRITY, tl_bytes(hmac, sizeof hmac));
    }
    if (w.failed || w.used + 8 > w.size)
        return TL_ERROR_LIMIT;
    /* the length already counts the fingerprint, whose CRC covers the header */
    set_length(buffer, w.used + 8 - TL_STUN_HEADER_SIZE);
    uint32_t crc = crc32(tl_writer_bytes(&w)) ^ FINGERPRINT_XOR;
    tl_write_u16(&w, FINGERPRINT);
    tl_write_u16(&w, 4);
    tl_write_u32(&w, crc);
    *ret_size = w.used;
    return TL_OK;
}
