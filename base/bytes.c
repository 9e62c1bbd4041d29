#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>

bool tl_text_equal(struct tl_text a, struct tl_text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool tl_text_is(struct tl_text text, const char *string)
{
    return tl_text_equal(text, tl_text(string));
}

bool tl_text_starts_with(struct tl_text text, const char *prefix)
{
    size_t size = strlen(prefix);
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

bool tl_text_split(struct tl_text *rest, char separator, struct tl_text *ret_part)
{
    const char *found = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
    if (!found) {
        *ret_part = *rest;
        *rest = (struct tl_text){ rest->data + rest->size, 0 };
        return false;
    }
    size_t size = (size_t)(found - rest->data);
    *ret_part = (struct tl_text){ rest->data, size };
    *rest = (struct tl_text){ found + 1, rest->size - size - 1 };
    return true;
}

enum tl_error tl_text_u64(struct tl_text text, uint64_t maximum, uint64_t *ret_value)
{
    if (text.size == 0 || text.size > 20)
        return TL_ERROR_FORMAT;
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return TL_ERROR_FORMAT;
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return TL_ERROR_RANGE;
        value = value * 10 + digit;
    }
    if (value > maximum)
        return TL_ERROR_RANGE;
    *ret_value = value;
    return TL_OK;
}

enum tl_error tl_text_copy(struct tl_text text, char *buffer, size_t size)
{
    if (text.size >= size || (text.size && memchr(text.data, 0, text.size)))
        return TL_ERROR_LIMIT;
    if (text.size)
        memcpy(buffer, text.data, text.size);
    buffer[text.size] = 0;
    return TL_OK;
}

struct tl_reader tl_reader(struct tl_bytes bytes)
{
    return (struct tl_reader){ .next = bytes.data, .left = bytes.size };
}

struct tl_bytes tl_read_bytes(struct tl_reader *reader, size_t size)
{
    if (reader->failed || reader->left < size) {
        reader->failed = true;
        return (struct tl_bytes){ reader->next, 0 };
    }
    struct tl_bytes bytes = { reader->next, size };
    if (size) {
        reader->next += size;
        reader->left -= size;
    }
    return bytes;
}

void tl_read_skip(struct tl_reader *reader, size_t size)
{
    (void)tl_read_bytes(reader, size);
}

static uint64_t read_integer(struct tl_reader *reader, size_t size)
{
    struct tl_bytes bytes = tl_read_bytes(reader, size);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++)
        value = value << 8 | bytes.data[i];
    return value;
}

uint8_t tl_read_u8(struct tl_reader *reader)
{
    return (uint8_t)read_integer(reader, 1);
}

uint16_t tl_read_u16(struct tl_reader *reader)
{
    return (uint16_t)read_integer(reader, 2);
}

uint32_t tl_read_u24(struct tl_reader *reader)
{
    return (uint32_t)read_integer(reader, 3);
}

uint32_t tl_read_u32(struct tl_reader *reader)
{
    return (uint32_t)read_integer(reader, 4);
}

uint64_t tl_read_u64(struct tl_reader *reader)
{
    return read_integer(reader, 8);
}

struct tl_writer tl_writer(void *data, size_t size)
{
    return (struct tl_writer){ .data = data, .size = size };
}

static uint8_t *room_for(struct tl_writer *writer, size_t size)
{
    if (writer->failed || writer->size - writer->used < size) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *room = writer->data + writer->used;
    writer->used += size;
    return room;
}

static void write_integer(struct tl_writer *writer, uint64_t value, size_t size)
{
    uint8_t *room = room_for(writer, size);
    for (size_t i = 0; room && i < size; i++)
        room[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

void tl_write_u8(struct tl_writer *writer, uint8_t value)
{
    write_integer(writer, value, 1);
}

void tl_write_u16(struct tl_writer *writer, uint16_t value)
{
    write_integer(writer, value, 2);
}

void tl_write_u24(struct tl_writer *writer, uint32_t value)
{
    write_integer(writer, value, 3);
}

void tl_write_u32(struct tl_writer *writer, uint32_t value)
{
    write_integer(writer, value, 4);
}

void tl_write_u64(struct tl_writer *writer, uint64_t value)
{
    write_integer(writer, value, 8);
}

void tl_write_bytes(struct tl_writer *writer, struct tl_bytes bytes)
{
    uint8_t *room = room_for(writer, bytes.size);
    if (room && bytes.size)
        memcpy(room, bytes.data, bytes.size);
}

void tl_write_zeros(struct tl_writer *writer, size_t size)
{
    uint8_t *room = room_for(writer, size);
    if (room && size)
        memset(room, 0, size);
}

void tl_write_format(struct tl_writer *writer, const char *format, ...)
{
    if (writer->failed)
        return;
    va_list arguments;
    va_start(arguments, format);
    size_t room = writer->size - writer->used;
    int size = vsnprintf((char *)writer->data + writer->used, room, format, arguments);
    va_end(arguments);
    /* vsnprintf needs a byte for its NUL: text that fills the room exactly does not fit. */
    if (size < 0 || (size_t)size >= room)
        writer->failed = true;
    else
        writer->used += (size_t)size;
}

struct tl_bytes tl_writer_bytes(const struct tl_writer *writer)
{
    return (struct tl_bytes){ writer->data, writer->used };
}
