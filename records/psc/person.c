/* An answer holds many claims we do not ask about; of those we do, none is guessed or mended. */
#include "psc/person.h"

#include "base/json.h"
#include "records/identifiers.h"

static struct tl_text text_of(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return (struct tl_text){ json_string_value(value), json_string_length(value) };
}

/* Absent leaves it empty. */
static enum tl_error read_name(json_t *object, const char *name,
                               char ret_name[TL_PSC_PERSON_NAME_SIZE])
{
    struct tl_text text = text_of(object, name);
    if (!json_object_get(object, name))
        return TL_OK;
    return text.data ? tl_text_copy(text, ret_name, TL_PSC_PERSON_NAME_SIZE) : TL_ERROR_FORMAT;
}

enum tl_error tl_psc_person_read(struct tl_bytes answer, const char *sub,
                                 struct tl_psc_person *ret_person)
{
    struct tl_psc_person person = { 0 };
    tl_autojson json_t *object = NULL;
    enum tl_error e = tl_json_read(answer, TL_PSC_ANSWER_LIMIT, &object);
    if (e)
        return e;
    struct tl_text subject = text_of(object, "sub");
    struct tl_text identifier = text_of(object, "SubjectNameID");
    if (!subject.data || !identifier.data)
        return TL_ERROR_FORMAT;
    if (!subject.size || !tl_text_is(subject, sub))
        return TL_ERROR_AUTH;
    if (identifier.size != TL_PSC_RPPS_SIZE || identifier.data[0] != '8')
        return TL_ERROR_UNSUPPORTED;
    struct tl_text rpps = { identifier.data + 1, identifier.size - 1 };
    e = tl_rpps_check(rpps);
    if (!e)
        e = tl_text_copy(rpps, person.rpps, sizeof person.rpps);
    if (!e)
        e = read_name(object, "given_name", person.given_name);
    if (!e)
        e = read_name(object, "family_name", person.family_name);
    if (!e)
        *ret_person = person;
    return e;
}
