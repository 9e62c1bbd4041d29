/* Spans of bytes and text we do not own, and cursors over them that remember failure, so that a
 * parser reads straight down and tests once. All multi-byte integers are network order. */
#ifndef TL_BASE_BYTES_H
#define TL_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

/* Not owned; valid as long as what it points into. */
struct tl_bytes {
    const uint8_t *data;
    size_t size;
};

/* The same for text: not NUL-terminated. */
struct tl_text {
    const char *data;
    size_t size;
};

#define TL_TEXT(literal) ((struct tl_text){ (literal), sizeof(literal) - 1 })

static inline struct tl_bytes tl_bytes(const void *data, size_t size)
{
    return (struct tl_bytes){ data, size };
}

static inline struct tl_text tl_text(const char *string)
{
    return (struct tl_text){ string, string ? strlen(string) : 0 };
}

static inline bool tl_bytes_equal(struct tl_bytes a, struct tl_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool tl_text_equal(struct tl_text a, struct tl_text b);
bool tl_text_is(struct tl_text text, const char *string);
bool tl_text_starts_with(struct tl_text text, const char *prefix);
/* Splits at the first separator: ret gets what stands before it, *rest what follows. False, with
 * the whole of *rest given and *rest emptied, when no separator is left. */
bool tl_text_split(struct tl_text *rest, char separator, struct tl_text *ret_part);
/* Decimal digits only, all of the text, at most maximum. */
enum tl_error tl_text_u64(struct tl_text text, uint64_t maximum, uint64_t *ret_value);
/* Copies with a NUL; TL_ERROR_LIMIT when it does not fit, or holds a NUL. */
enum tl_error tl_text_copy(struct tl_text text, char *buffer, size_t size);

/* ---- reading ---- */

struct tl_reader {
    const uint8_t *next;
    size_t left;
    bool failed; /* a read went past the end; every later read gives zero */
};

struct tl_reader tl_reader(struct tl_bytes bytes);
uint8_t tl_read_u8(struct tl_reader *reader);
uint16_t tl_read_u16(struct tl_reader *reader);
uint32_t tl_read_u24(struct tl_reader *reader);
uint32_t tl_read_u32(struct tl_reader *reader);
uint64_t tl_read_u64(struct tl_reader *reader);
/* The next size bytes, or an empty span and failure. */
struct tl_bytes tl_read_bytes(struct tl_reader *reader, size_t size);
void tl_read_skip(struct tl_reader *reader, size_t size);

/* ---- writing ---- */

struct tl_writer {
    uint8_t *data;
    size_t size; /* room */
    size_t used;
    bool failed; /* a write did not fit; later writes do nothing */
};

struct tl_writer tl_writer(void *data, size_t size);
void tl_write_u8(struct tl_writer *writer, uint8_t value);
void tl_write_u16(struct tl_writer *writer, uint16_t value);
void tl_write_u24(struct tl_writer *writer, uint32_t value);
void tl_write_u32(struct tl_writer *writer, uint32_t value);
void tl_write_u64(struct tl_writer *writer, uint64_t value);
void tl_write_bytes(struct tl_writer *writer, struct tl_bytes bytes);
void tl_write_zeros(struct tl_writer *writer, size_t size);
/* Text for people and protocols, printf-like, without a NUL. */
void tl_write_format(struct tl_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct tl_bytes tl_writer_bytes(const struct tl_writer *writer);

/* ---- encodings ---- */

/* Lower-case hexadecimal with a NUL; buffer holds 2 * size + 1. */
void tl_hex_write(struct tl_bytes bytes, char *buffer);
/* Both cases; the text must be exactly 2 * size digits. */
enum tl_error tl_hex_read(struct tl_text text, uint8_t *buffer, size_t size);

/* base64url without padding (RFC 4648 section 5), with a NUL; room for (size * 4 + 2) / 3 + 1. */
void tl_base64url_write(struct tl_bytes bytes, char *buffer);
enum tl_error tl_base64url_read(struct tl_text text, uint8_t *buffer, size_t size,
                                size_t *ret_size);

/* Well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms, no NUL. */
bool tl_utf8_is_valid(struct tl_text text);
/* Code points in valid UTF-8. */
size_t tl_utf8_length(struct tl_text text);

#endif
