#include "base/json.h"

#include <stdlib.h>

/* jansson recurses; the depth is bounded before it sees the text. Strings are skipped over. */
static bool depth_is_bounded(struct tl_bytes bytes)
{
    size_t depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t c = bytes.data[i];
        if (in_text) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_text = false;
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' || c == '[') {
            if (++depth > TL_JSON_DEPTH_LIMIT)
                return false;
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    return true;
}

enum tl_error tl_json_read(struct tl_bytes bytes, size_t limit, json_t **ret_object)
{
    if (bytes.size > limit || !depth_is_bounded(bytes))
        return TL_ERROR_LIMIT;
    json_error_t where;
    json_t *object =
        json_loadb((const char *)bytes.data, bytes.size, JSON_REJECT_DUPLICATES, &where);
    if (!object)
        return TL_ERROR_FORMAT;
    if (!json_is_object(object)) {
        json_decref(object);
        return TL_ERROR_FORMAT;
    }
    *ret_object = object;
    return TL_OK;
}

enum tl_error tl_json_write(const json_t *object, char **ret_text, size_t *ret_size)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII * 0);
    if (!text)
        return TL_ERROR_MEMORY;
    *ret_text = text;
    *ret_size = strlen(text);
    return TL_OK;
}

struct tl_fields tl_fields(json_t *object)
{
    struct tl_fields fields = { .object = object };
    if (!json_is_object(object))
        tl_field_is_wrong(&fields, "", "not an object");
    return fields;
}

void tl_field_is_wrong(struct tl_fields *fields, const char *name, const char *reason)
{
    if (fields->wrong_field)
        return;
    fields->wrong_field = name;
    fields->wrong_reason = reason;
}

static json_t *ask(struct tl_fields *fields, const char *name)
{
    if (fields->asked_count < TL_FIELDS_LIMIT)
        fields->asked[fields->asked_count++] = name;
    else
        tl_field_is_wrong(fields, name, "too many fields");
    json_t *value = fields->wrong_field ? NULL : json_object_get(fields->object, name);
    return json_is_null(value) ? NULL : value;
}

static json_t *need(struct tl_fields *fields, const char *name)
{
    json_t *value = ask(fields, name);
    if (!value)
        tl_field_is_wrong(fields, name, "missing");
    return value;
}

static struct tl_text read_text(struct tl_fields *fields, const char *name, json_t *value,
                                size_t least, size_t most)
{
    struct tl_text none = { NULL, 0 };
    if (!value)
        return none;
    if (!json_is_string(value)) {
        tl_field_is_wrong(fields, name, "not a text");
        return none;
    }
    struct tl_text text = { json_string_value(value), json_string_length(value) };
    if (text.size < least)
        tl_field_is_wrong(fields, name, "too short");
    else if (text.size > most)
        tl_field_is_wrong(fields, name, "too long");
    else if (!tl_utf8_is_valid(text))
        tl_field_is_wrong(fields, name, "not UTF-8");
    else
        return text;
    return none;
}

struct tl_text tl_field_text(struct tl_fields *fields, const char *name, size_t least,
                             size_t most)
{
    return read_text(fields, name, need(fields, name), least, most);
}

struct tl_text tl_field_text_or_none(struct tl_fields *fields, const char *name, size_t most)
{
    return read_text(fields, name, ask(fields, name), 0, most);
}

static int64_t read_integer(struct tl_fields *fields, const char *name, json_t *value,
                            int64_t least, int64_t most)
{
    if (!json_is_integer(value)) {
        tl_field_is_wrong(fields, name, "not an integer");
        return least;
    }
    int64_t integer = json_integer_value(value);
    if (integer < least || integer > most) {
        tl_field_is_wrong(fields, name, "out of range");
        return least;
    }
    return integer;
}

int64_t tl_field_integer(struct tl_fields *fields, const char *name, int64_t least,
                         int64_t most)
{
    json_t *value = need(fields, name);
    return value ? read_integer(fields, name, value, least, most) : least;
}

int64_t tl_field_integer_or(struct tl_fields *fields, const char *name, int64_t least,
                            int64_t most, int64_t otherwise)
{
    json_t *value = ask(fields, name);
    return value ? read_integer(fields, name, value, least, most) : otherwise;
}

double tl_field_number_or(struct tl_fields *fields, const char *name, double least, double most,
                          double otherwise)
{
    json_t *value = ask(fields, name);
    if (!value)
        return otherwise;
    double number = json_number_value(value);
    if (!json_is_number(value))
        tl_field_is_wrong(fields, name, "not a number");
    else if (!(number >= least && number <= most))
        tl_field_is_wrong(fields, name, "out of range");
    else
        return number;
    return otherwise;
}

static bool read_boolean(struct tl_fields *fields, const char *name, json_t *value)
{
    if (!json_is_boolean(value))
        tl_field_is_wrong(fields, name, "not true or false");
    return json_is_true(value);
}

bool tl_field_boolean(struct tl_fields *fields, const char *name)
{
    json_t *value = need(fields, name);
    return value && read_boolean(fields, name, value);
}

bool tl_field_boolean_or(struct tl_fields *fields, const char *name, bool otherwise)
{
    json_t *value = ask(fields, name);
    return value ? read_boolean(fields, name, value) : otherwise;
}

static json_t *check_object(struct tl_fields *fields, const char *name, json_t *value)
{
    if (value && !json_is_object(value)) {
        tl_field_is_wrong(fields, name, "not an object");
        return NULL;
    }
    return value;
}

json_t *tl_field_object(struct tl_fields *fields, const char *name)
{
    return check_object(fields, name, need(fields, name));
}

json_t *tl_field_object_or_none(struct tl_fields *fields, const char *name)
{
    return check_object(fields, name, ask(fields, name));
}

static json_t *check_array(struct tl_fields *fields, const char *name, json_t *value,
                           size_t most)
{
    if (value && !json_is_array(value))
        tl_field_is_wrong(fields, name, "not a list");
    else if (value && json_array_size(value) > most)
        tl_field_is_wrong(fields, name, "too many");
    else
        return value;
    return NULL;
}

json_t *tl_field_array(struct tl_fields *fields, const char *name, size_t most)
{
    return check_array(fields, name, need(fields, name), most);
}

json_t *tl_field_array_or_none(struct tl_fields *fields, const char *name, size_t most)
{
    return check_array(fields, name, ask(fields, name), most);
}

size_t tl_field_word(struct tl_fields *fields, const char *name, const char *const words[],
                     size_t count)
{
    struct tl_text text = tl_field_text(fields, name, 1, TL_JSON_NAME_LIMIT);
    for (size_t i = 0; text.data && i < count; i++)
        if (tl_text_is(text, words[i]))
            return i;
    tl_field_is_wrong(fields, name, "not one of the words allowed");
    return 0;
}

void tl_field_ignore(struct tl_fields *fields, const char *name)
{
    (void)ask(fields, name);
}

enum tl_error tl_fields_end(struct tl_fields *fields)
{
    const char *name;
    json_t *value;
    if (fields->wrong_field)
        return TL_ERROR_FORMAT;
    json_object_foreach(fields->object, name, value)
    {
        bool known = false;
        for (size_t i = 0; i < fields->asked_count && !known; i++)
            known = strcmp(name, fields->asked[i]) == 0;
        if (!known)
            tl_field_is_wrong(fields, name, "unknown");
    }
    return fields->wrong_field ? TL_ERROR_FORMAT : TL_OK;
}
