/* The examiner's messages (docs/channels.md, door and examiner), between JSON and structures. */
#ifndef TL_EXAMINE_MESSAGES_H
#define TL_EXAMINE_MESSAGES_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/error.h"
#include "examine/examine.h"

struct tl_examine_begin {
    uint32_t test;
    bool opus, vp8;
    unsigned seconds;
};

/* TL_ERROR_FORMAT: a field missing, unknown or out of range. */
enum tl_error tl_examine_begin_read(struct tl_bytes json, struct tl_examine_begin *ret_begin);
enum tl_error tl_examine_end_read(struct tl_bytes json, uint32_t *ret_test);
/* The caller releases; NULL when out of memory. */
json_t *tl_examine_event_write(const struct tl_examine_event *event);

#endif
