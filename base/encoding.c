/* Hexadecimal, base64url (RFC 4648) and UTF-8 (RFC 3629). */
#include "base/bytes.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void tl_hex_write(struct tl_bytes bytes, char *buffer)
{
    for (size_t i = 0; i < bytes.size; i++) {
        buffer[2 * i] = hex_digits[bytes.data[i] >> 4];
        buffer[2 * i + 1] = hex_digits[bytes.data[i] & 15];
    }
    buffer[2 * bytes.size] = 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum tl_error tl_hex_read(struct tl_text text, uint8_t *buffer, size_t size)
{
    if (text.size % 2 || text.size / 2 != size)
        return TL_ERROR_FORMAT;
    for (size_t i = 0; i < text.size; i++)
        if (hex_value(text.data[i]) < 0)
            return TL_ERROR_FORMAT;
    for (size_t i = 0; i < size; i++)
        buffer[i] =
            (uint8_t)(hex_value(text.data[2 * i]) * 16 + hex_value(text.data[2 * i + 1]));
    return TL_OK;
}

void tl_base64url_write(struct tl_bytes bytes, char *buffer)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        bits = bits << 8 | bytes.data[i];
        for (count += 8; count >= 6; count -= 6)
            *buffer++ = base64url_digits[bits >> (count - 6) & 63];
    }
    if (count)
        *buffer++ = base64url_digits[bits << (6 - count) & 63];
    *buffer = 0;
}

static int base64url_value(char c)
{
    const char *found = c ? strchr(base64url_digits, c) : NULL;
    return found ? (int)(found - base64url_digits) : -1;
}

enum tl_error tl_base64url_read(struct tl_text text, uint8_t *buffer, size_t size,
                                size_t *ret_size)
{
    size_t bytes = text.size / 4 * 3 + (text.size % 4 ? text.size % 4 - 1 : 0);
    if (text.size % 4 == 1)
        return TL_ERROR_FORMAT;
    if (bytes > size)
        return TL_ERROR_LIMIT;
    uint32_t bits = 0;
    unsigned count = 0;
    size_t used = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = base64url_value(text.data[i]);
        if (value < 0)
            return TL_ERROR_FORMAT;
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            buffer[used++] = (uint8_t)(bits >> count);
        }
    }
    if (bits & ((1u << count) - 1))
        return TL_ERROR_FORMAT; /* bits left over: a second spelling of the same bytes */
    *ret_size = used;
    return TL_OK;
}

/* Length of the UTF-8 sequence at data, or 0 when it is malformed. */
static size_t utf8_sequence(const uint8_t *data, size_t left)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high, length;
    } forms[] = {
        { 0x01, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
        { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
        { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t length = forms[i].length;
        if (data[0] < forms[i].first_low || data[0] > forms[i].first_high || left < length)
            continue;
        if (length > 1 && (data[1] < forms[i].second_low || data[1] > forms[i].second_high))
            return 0;
        for (size_t j = 2; j < length; j++)
            if ((data[j] & 0xc0) != 0x80)
                return 0;
        return length;
    }
    return 0;
}

bool tl_utf8_is_valid(struct tl_text text)
{
    const uint8_t *data = (const uint8_t *)text.data;
    for (size_t i = 0; i < text.size;) {
        size_t length = utf8_sequence(data + i, text.size - i);
        if (!length)
            return false;
        i += length;
    }
    return true;
}

size_t tl_utf8_length(struct tl_text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((uint8_t)text.data[i] & 0xc0) != 0x80;
    return count;
}
