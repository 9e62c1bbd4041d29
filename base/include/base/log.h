/* Logs: one JSON object a line on standard error, typed fields, from shells only. Identity has no
 * macro at all: there is no way to log a name by mistake of format string. Ids are ours and
 * random; text is for words we wrote, never for what a peer sent. */
#ifndef TL_BASE_LOG_H
#define TL_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum tl_log_level { TL_LOG_DEBUG, TL_LOG_INFO, TL_LOG_WARNING, TL_LOG_ERROR };

struct tl_log_field {
    const char *name;
    enum { TL_LOG_FIELD_INTEGER, TL_LOG_FIELD_WORD, TL_LOG_FIELD_BOOLEAN } kind;
    int64_t integer;
    const char *word;
};

#define TL_INTEGER(name_, value_)                                                              \
    ((struct tl_log_field){                                                                    \
        .name = (name_), .kind = TL_LOG_FIELD_INTEGER, .integer = (int64_t)(value_) })
#define TL_BOOLEAN(name_, value_)                                                              \
    ((struct tl_log_field){                                                                    \
        .name = (name_), .kind = TL_LOG_FIELD_BOOLEAN, .integer = (value_) ? 1 : 0 })
/* A constant word of ours, an enum's name, a random id, a file of the configuration. */
#define TL_WORD(name_, value_)                                                                 \
    ((struct tl_log_field){ .name = (name_), .kind = TL_LOG_FIELD_WORD, .word = (value_) })

/* Once at the start of a role: "door", 0. Lines below the level are not written. */
void tl_log_open(const char *role, int index, enum tl_log_level lowest);
void tl_log_write(enum tl_log_level level, const char *event, const struct tl_log_field *fields,
                  size_t count);

/* tl_log(TL_LOG_INFO, "relay.ready", TL_INTEGER("port", port)); at least one field. */
#define tl_log(level, event, ...)                                                              \
    tl_log_write((level), (event), (const struct tl_log_field[]){ __VA_ARGS__ },               \
                 sizeof((const struct tl_log_field[]){ __VA_ARGS__ }) /                        \
                     sizeof(struct tl_log_field))

#endif
