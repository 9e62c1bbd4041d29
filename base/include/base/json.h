/* Strict JSON (jansson): parsing with limits, and a reader of objects that remembers the first
 * field that was wrong, so that a message reader reads straight down and tests once:
 *
 *     struct tl_fields f = tl_fields(json);
 *     struct tl_text sdp = tl_field_text(&f, "sdp", 1, 65536);
 *     bool audio_only    = tl_field_boolean_or(&f, "audio_only", false);
 *     if (tl_fields_end(&f))
 *         return refuse(f.wrong_field, f.wrong_reason);
 *
 * Spans point into the json_t and live as long as it. */
#ifndef TL_BASE_JSON_H
#define TL_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

enum { TL_JSON_DEPTH_LIMIT = 16, TL_JSON_NAME_LIMIT = 64 };

/* One object, no duplicate names, no trailing bytes, nested at most TL_JSON_DEPTH_LIMIT deep.
 * TL_ERROR_FORMAT, TL_ERROR_LIMIT. The caller releases with json_decref. */
enum tl_error tl_json_read(struct tl_bytes bytes, size_t limit, json_t **ret_object);
/* Compact text in malloc'ed memory; TL_ERROR_MEMORY. */
enum tl_error tl_json_write(const json_t *object, char **ret_text, size_t *ret_size);

static inline void tl_json_release(json_t **object)
{
    json_decref(*object);
}
#define tl_autojson __attribute__((cleanup(tl_json_release)))

enum { TL_FIELDS_LIMIT = 40 };

struct tl_fields {
    json_t *object;
    const char *asked[TL_FIELDS_LIMIT];
    size_t asked_count;
    const char *wrong_field; /* NULL while all is well */
    const char
        *wrong_reason; /* "missing", "not a text", "too long", "out of range", "unknown" ... */
};

struct tl_fields tl_fields(json_t *object);
/* Lengths in bytes; the text must be valid UTF-8 without NUL. */
struct tl_text tl_field_text(struct tl_fields *fields, const char *name, size_t least,
                             size_t most);
/* Absent or null gives an empty text with data NULL. */
struct tl_text tl_field_text_or_none(struct tl_fields *fields, const char *name, size_t most);
int64_t tl_field_integer(struct tl_fields *fields, const char *name, int64_t least,
                         int64_t most);
int64_t tl_field_integer_or(struct tl_fields *fields, const char *name, int64_t least,
                            int64_t most, int64_t otherwise);
double tl_field_number_or(struct tl_fields *fields, const char *name, double least, double most,
                          double otherwise);
bool tl_field_boolean(struct tl_fields *fields, const char *name);
bool tl_field_boolean_or(struct tl_fields *fields, const char *name, bool otherwise);
/* Borrowed. NULL (and wrong) when missing; the _or_none form gives NULL when absent. */
json_t *tl_field_object(struct tl_fields *fields, const char *name);
json_t *tl_field_object_or_none(struct tl_fields *fields, const char *name);
json_t *tl_field_array(struct tl_fields *fields, const char *name, size_t most);
json_t *tl_field_array_or_none(struct tl_fields *fields, const char *name, size_t most);
/* One of the words of a table; gives its index. */
size_t tl_field_word(struct tl_fields *fields, const char *name, const char *const words[],
                     size_t count);
/* Lets a field be there without reading it. */
void tl_field_ignore(struct tl_fields *fields, const char *name);
/* For checks of the caller's own: the first wrong one is kept. */
void tl_field_is_wrong(struct tl_fields *fields, const char *name, const char *reason);
/* Refuses fields nobody asked for; TL_ERROR_FORMAT when anything was wrong. */
enum tl_error tl_fields_end(struct tl_fields *fields);

#endif
