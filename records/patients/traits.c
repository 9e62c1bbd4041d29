#include "patients/traits.h"

#include "http/characters.h"
#include "http/time_text.h"
#include "records/identifiers.h"

static void check_birth(struct tl_fields *f, const struct tl_identity *t, tl_time_us now)
{
    struct tl_date date;
    if (f->wrong_field)
        return;
    if (tl_date_read(t->birth_date, &date))
        tl_field_is_wrong(f, "birth_date", "not a date");
    else if (tl_date_days(date) * 86400 > now / TL_SECOND_US)
        tl_field_is_wrong(f, "birth_date", "future");
    if (tl_place_code_check(t->birth_place_code))
        tl_field_is_wrong(f, "birth_place_code", "place");
}

static void check_ins(struct tl_fields *f, const struct tl_identity *t)
{
    if (f->wrong_field || (!t->ins.size && !t->ins_oid.size))
        return;
    enum tl_error error = tl_ins_check(t->ins);
    if (error)
        tl_field_is_wrong(f, "ins", error == TL_ERROR_RANGE ? "key" : "not a matricule");
    else if (tl_ins_oid_check(t->ins_oid))
        tl_field_is_wrong(f, "ins_oid", "not one of the words allowed");
    else if (tl_ins_wrong_trait(t->ins, t->sex.data[0], t->birth_date, t->birth_place_code))
        tl_field_is_wrong(
            f, tl_ins_wrong_trait(t->ins, t->sex.data[0], t->birth_date, t->birth_place_code),
            "mismatch");
}

void tl_traits_read(struct tl_fields *f, tl_time_us now, struct tl_identity *ret_traits)
{
    static const char *const sexes[] = { "F", "M", "U" };
    struct tl_identity *t = ret_traits;
    t->birth_name = tl_field_characters(f, "birth_name", 1, 100, TL_ONE_LINE);
    t->first_names = tl_field_characters(f, "first_names", 1, 100, TL_ONE_LINE);
    t->birth_date = tl_field_text(f, "birth_date", 1, 10);
    t->sex = tl_text(sexes[tl_field_word(f, "sex", sexes, 3)]);
    t->birth_place_code = tl_field_text(f, "birth_place_code", 1, 5);
    t->ins = tl_field_text_or_none(f, "ins", 15);
    t->ins_oid = tl_field_text_or_none(f, "ins_oid", 30);
    tl_field_check_name(f, "birth_name", t->birth_name);
    tl_field_check_name(f, "first_names", t->first_names);
    check_birth(f, t, now);
    check_ins(f, t);
}
