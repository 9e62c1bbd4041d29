/* Text people write, measured as they count it: in characters, so that a name with accents gets
 * the room of one without. tl_field_text (base/json.h) measures bytes, for what machines write. */
#ifndef TL_RECORDS_CHARACTERS_H
#define TL_RECORDS_CHARACTERS_H

#include "base/json.h"

/* What a text may hold beside plain characters. Neither holds other control characters, nor signs
 * that turn the direction of writing (Unicode TR 36 section 2.5: a name must read as it is). */
enum tl_lines {
    TL_ONE_LINE,     /* a tab, as a pasted cell has it */
    TL_SEVERAL_LINES /* and line ends */
};

/* Characters of valid UTF-8: its code points. */
size_t tl_characters(struct tl_text text);
bool tl_characters_are_plain(struct tl_text text, enum tl_lines lines);

/* Lengths in characters. Wrong reasons: those of tl_field_text and "sign". */
struct tl_text tl_field_characters(struct tl_fields *fields, const char *name, size_t least,
                                   size_t most, enum tl_lines lines);
/* Absent or null gives an empty text with data NULL. */
struct tl_text tl_field_characters_or_none(struct tl_fields *fields, const char *name,
                                           size_t most, enum tl_lines lines);
/* A name of spaces is no name ("missing"); the database would refuse it without saying which. */
void tl_field_check_name(struct tl_fields *fields, const char *name, struct tl_text text);

#endif
