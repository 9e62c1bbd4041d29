#include "first_bytes.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum {
    TLS_HANDSHAKE = 0x16,
    TLS_RECORD_LIMIT = 16384,
    CLIENT_HELLO = 1,
    SERVER_NAME = 0,
    HOST_NAME = 0,
    STUN_HEADER = 20,
    STUN_COOKIE = 0x2112A442,
    STUN_BINDING_REQUEST = 1,
    STUN_USERNAME = 6
};

/* ---- framed STUN ---- */

/* Two hexadecimal digits at the front of every user name our relays give out. */
static bool read_relay(struct tl_bytes username, unsigned *ret_relay)
{
    uint8_t relay;
    if (username.size < 2 ||
        tl_hex_read((struct tl_text){ (const char *)username.data, 2 }, &relay, 1))
        return false;
    *ret_relay = relay;
    return true;
}

static enum tl_first_bytes sort_stun(struct tl_bytes bytes, unsigned *ret_relay)
{
    struct tl_reader r = tl_reader(bytes);
    uint16_t frame = tl_read_u16(&r), type = tl_read_u16(&r), length = tl_read_u16(&r);
    uint32_t cookie = tl_read_u32(&r);
    if (r.failed)
        return TL_FIRST_BYTES_MORE;
    if (type != STUN_BINDING_REQUEST || cookie != STUN_COOKIE ||
        frame > TL_FIRST_BYTES_FRAME_LIMIT || frame != STUN_HEADER + length)
        return TL_FIRST_BYTES_NONE;
    if (bytes.size < 2 + (size_t)frame)
        return TL_FIRST_BYTES_MORE;
    struct tl_reader a =
        tl_reader(tl_bytes(bytes.data + 2 + STUN_HEADER, (size_t)frame - STUN_HEADER));
    while (a.left && !a.failed) {
        uint16_t attribute = tl_read_u16(&a), size = tl_read_u16(&a);
        struct tl_bytes value = tl_read_bytes(&a, size);
        tl_read_skip(&a, (4u - size % 4u) % 4u);
        if (!a.failed && attribute == STUN_USERNAME)
            return read_relay(value, ret_relay) ? TL_FIRST_BYTES_ICE : TL_FIRST_BYTES_NONE;
    }
    return TL_FIRST_BYTES_NONE;
}

/* ---- ClientHello ---- */

/* The handshake bytes of the records that are there (RFC 8446 section 5.1 lets a message be cut
 * into any of them). False: what follows is none of it. */
static bool unwrap(struct tl_bytes bytes, struct tl_writer *handshake)
{
    struct tl_reader r = tl_reader(bytes);
    while (r.left >= 5) {
        uint8_t type = tl_read_u8(&r), major = tl_read_u8(&r);
        tl_read_skip(&r, 1);
        size_t size = tl_read_u16(&r);
        if (type != TLS_HANDSHAKE || major != 3 || size == 0 || size > TLS_RECORD_LIMIT)
            return false;
        tl_write_bytes(handshake, tl_read_bytes(&r, size < r.left ? size : r.left));
    }
    return true;
}

static bool is_name(struct tl_bytes list, const char *turn_name)
{
    struct tl_reader r = tl_reader(list);
    struct tl_reader names = tl_reader(tl_read_bytes(&r, tl_read_u16(&r)));
    uint8_t type = tl_read_u8(&names);
    struct tl_bytes name = tl_read_bytes(&names, tl_read_u16(&names));
    return !names.failed && type == HOST_NAME && name.size == strlen(turn_name) &&
           strncasecmp((const char *)name.data, turn_name, name.size) == 0;
}

/* hello is as much of the message as is there; whole: all of it. */
static enum tl_first_bytes sort_hello(struct tl_bytes hello, bool whole, const char *turn_name)
{
    struct tl_reader r = tl_reader(hello);
    tl_read_skip(&r, 2 + 32);          /* version, random */
    tl_read_skip(&r, tl_read_u8(&r));  /* session */
    tl_read_skip(&r, tl_read_u16(&r)); /* cipher suites */
    tl_read_skip(&r, tl_read_u8(&r));  /* compression */
    (void)tl_read_u16(&r);             /* size of the extensions: to the end */
    while (r.left && !r.failed) {
        uint16_t type = tl_read_u16(&r);
        struct tl_bytes value = tl_read_bytes(&r, tl_read_u16(&r));
        if (!r.failed && type == SERVER_NAME)
            return is_name(value, turn_name) ? TL_FIRST_BYTES_TURN : TL_FIRST_BYTES_HTTPS;
    }
    return whole ? TL_FIRST_BYTES_HTTPS : TL_FIRST_BYTES_MORE;
}

static enum tl_first_bytes sort_handshake(struct tl_bytes handshake, const char *turn_name)
{
    struct tl_reader r = tl_reader(handshake);
    uint8_t type = tl_read_u8(&r);
    size_t size = tl_read_u24(&r);
    if (r.failed)
        return TL_FIRST_BYTES_MORE;
    if (type != CLIENT_HELLO || size > TLS_RECORD_LIMIT)
        return TL_FIRST_BYTES_HTTPS;
    bool whole = r.left >= size;
    return sort_hello(tl_read_bytes(&r, whole ? size : r.left), whole, turn_name);
}

static enum tl_first_bytes sort_tls(struct tl_bytes bytes, const char *turn_name)
{
    uint8_t buffer[TL_FIRST_BYTES_LIMIT];
    struct tl_writer handshake = tl_writer(buffer, sizeof buffer);
    bool goes_on = unwrap(bytes, &handshake);
    enum tl_first_bytes verdict = sort_handshake(tl_writer_bytes(&handshake), turn_name);
    /* what follows a hello changes nothing of what it said */
    return verdict == TL_FIRST_BYTES_MORE && !goes_on ? TL_FIRST_BYTES_HTTPS : verdict;
}

enum tl_first_bytes tl_first_bytes_sort(struct tl_bytes bytes, const char *turn_name,
                                        unsigned *ret_relay)
{
    enum tl_first_bytes verdict = TL_FIRST_BYTES_HTTPS;
    if (bytes.size == 0)
        return TL_FIRST_BYTES_MORE;
    if (bytes.data[0] <= TL_FIRST_BYTES_FRAME_LIMIT >> 8)
        verdict = sort_stun(bytes, ret_relay);
    else if (bytes.data[0] == TLS_HANDSHAKE && turn_name && *turn_name)
        verdict = sort_tls(bytes, turn_name);
    /* whatever is still not said by then is TLS with a very long hello */
    if (verdict == TL_FIRST_BYTES_MORE && bytes.size >= TL_FIRST_BYTES_LIMIT)
        return TL_FIRST_BYTES_HTTPS;
    return verdict;
}
