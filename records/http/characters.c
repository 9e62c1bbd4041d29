#include "http/characters.h"

#include "base/memory.h"

enum { BYTES_A_CHARACTER = 4 };

size_t tl_characters(struct tl_text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((uint8_t)text.data[i] & 0xc0) != 0x80;
    return count;
}

/* One code point of valid UTF-8. */
static uint32_t next_point(struct tl_text text, size_t *at)
{
    const uint8_t *data = (const uint8_t *)text.data;
    uint8_t first = data[(*at)++];
    unsigned extra = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t point = extra ? first & (0x3fu >> extra) : first;
    for (; extra && *at < text.size; extra--)
        point = point << 6 | (data[(*at)++] & 0x3f);
    return point;
}

bool tl_characters_are_plain(struct tl_text text, enum tl_lines lines)
{
    static const struct {
        uint32_t first, last;
        bool in_lines; /* allowed where there are several */
    } others[] = {
        { 0x00, 0x08, false },     { 0x0a, 0x0a, true },      { 0x0b, 0x0c, false },
        { 0x0d, 0x0d, true },      { 0x0e, 0x1f, false },     { 0x7f, 0x9f, false },
        { 0x061c, 0x061c, false }, { 0x200e, 0x200f, false }, { 0x2028, 0x2029, true },
        { 0x202a, 0x202e, false }, { 0x2066, 0x206f, false }, { 0xfeff, 0xfeff, false },
        { 0xfff9, 0xfffb, false },
    };
    for (size_t at = 0; at < text.size;) {
        uint32_t point = next_point(text, &at);
        for (size_t i = 0; i < TL_COUNT_OF(others); i++)
            if (point >= others[i].first && point <= others[i].last &&
                !(others[i].in_lines && lines == TL_SEVERAL_LINES))
                return false;
    }
    return true;
}

static struct tl_text check(struct tl_fields *fields, const char *name, struct tl_text text,
                            size_t least, size_t most, enum tl_lines lines)
{
    size_t count = tl_characters(text);
    if (!text.data)
        return text;
    if (count < least)
        tl_field_is_wrong(fields, name, "too short");
    else if (count > most)
        tl_field_is_wrong(fields, name, "too long");
    else if (!tl_characters_are_plain(text, lines))
        tl_field_is_wrong(fields, name, "sign");
    else
        return text;
    return (struct tl_text){ NULL, 0 };
}

struct tl_text tl_field_characters(struct tl_fields *fields, const char *name, size_t least,
                                   size_t most, enum tl_lines lines)
{
    struct tl_text text = tl_field_text(fields, name, least, most * BYTES_A_CHARACTER);
    return check(fields, name, text, least, most, lines);
}

struct tl_text tl_field_characters_or_none(struct tl_fields *fields, const char *name,
                                           size_t most, enum tl_lines lines)
{
    struct tl_text text = tl_field_text_or_none(fields, name, most * BYTES_A_CHARACTER);
    return check(fields, name, text, 0, most, lines);
}

void tl_field_check_name(struct tl_fields *fields, const char *name, struct tl_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != ' ' && text.data[i] != '\t')
            return;
    if (text.data)
        tl_field_is_wrong(fields, name, "missing");
}
