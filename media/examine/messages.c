#include "examine/messages.h"

#include <math.h>

#include "base/json.h"

enum { MESSAGE_LIMIT = 1024 };

enum tl_error tl_examine_begin_read(struct tl_bytes json, struct tl_examine_begin *ret_begin)
{
    tl_autojson json_t *object = NULL;
    enum tl_error error = tl_json_read(json, MESSAGE_LIMIT, &object);
    if (error)
        return error;
    struct tl_fields f = tl_fields(object);
    struct tl_examine_begin begin = {
        .test = (uint32_t)tl_field_integer(&f, "test", 0, UINT32_MAX),
        .opus = tl_field_boolean(&f, "opus"),
        .vp8 = tl_field_boolean(&f, "vp8"),
        .seconds = (unsigned)tl_field_integer(&f, "seconds", 1, TL_EXAMINE_SECONDS_LIMIT),
    };
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_begin = begin;
    return TL_OK;
}

enum tl_error tl_examine_end_read(struct tl_bytes json, uint32_t *ret_test)
{
    tl_autojson json_t *object = NULL;
    enum tl_error error = tl_json_read(json, MESSAGE_LIMIT, &object);
    if (error)
        return error;
    struct tl_fields f = tl_fields(object);
    uint32_t test = (uint32_t)tl_field_integer(&f, "test", 0, UINT32_MAX);
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_test = test;
    return TL_OK;
}

/* People read these: one digit behind the point is plenty. */
static double rounded(double value)
{
    return round(value * 10) / 10;
}

json_t *tl_examine_event_write(const struct tl_examine_event *event)
{
    if (event->kind == TL_EXAMINE_PROGRESS)
        return json_pack("{s:I,s:f,s:f}", "test", (json_int_t)event->test, "level_dbfs",
                         rounded(event->level_dbfs), "brightness", rounded(event->brightness));
    const struct tl_sound_report *sound = &event->report.sound;
    const struct tl_picture_report *picture = &event->report.picture;
    return json_pack(
        "{s:I,s:{s:s,s:f,s:f,s:f,s:i},s:{s:s,s:f,s:f,s:f,s:i,s:i,s:i}}", "test",
        (json_int_t)event->test, "audio", "verdict", tl_sound_verdict_word(sound->verdict),
        "level_dbfs", rounded(sound->level_dbfs), "peak_dbfs", rounded(sound->peak_dbfs),
        "clipped_share", round(sound->clipped_share * 10000) / 10000, "decoded_ms",
        (int)sound->decoded_ms, "video", "verdict", tl_picture_verdict_word(picture->verdict),
        "brightness", rounded(picture->brightness), "contrast", rounded(picture->contrast),
        "motion", rounded(picture->motion), "frames", (int)picture->frames, "width",
        (int)picture->width, "height", (int)picture->height);
}
